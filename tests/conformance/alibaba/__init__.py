# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks on Alibaba Cloud."""
from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from typing import Any

from ..account import PREFIX
from ..check import Check
from .account import Alibaba

CLOUD = "Alibaba Cloud"
CHECKS = tuple(
    importlib.import_module(f"{__name__}.{module.name}").CHECK
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name) if module.name != "account"
)
# Where names of resources begin with the prefix. All other actions read, and are for all resources.
_RESOURCES = {
    "actiontrail": [f"acs:actiontrail:*:*:trail/{PREFIX}-*"],
    "log": [f"acs:log:*:*:project/{PREFIX}-*", f"acs:log:*:*:collectionpolicy/{PREFIX}-*"],
    "ram": [f"acs:ram:*:*:policy/{PREFIX}-*", f"acs:ram:*:*:role/{PREFIX}-*"],
}
_EVERYWHERE = ("actiontrail:DescribeTrails", "actiontrail:LookupEvents")


def policies(checks: Iterable[Check], _account: Alibaba) -> dict[str, dict[str, Any]]:
    """The policies that callers need, by the account in which they need them."""
    return {"in the account": policy({action for check in checks for action in check.permissions})}


def policy(actions: Iterable[str]) -> dict[str, Any]:
    """Permissions, as a policy of RAM."""
    statements = []
    for service, resources in _RESOURCES.items():
        own = sorted(action for action in actions if action.startswith(f"{service}:") and action not in _EVERYWHERE)
        if own:
            statements.append({"Effect": "Allow", "Action": own, "Resource": resources})
    others = sorted(action for action in actions if action in _EVERYWHERE or action.partition(":")[0] not in _RESOURCES)
    if others:
        statements.append({"Effect": "Allow", "Action": others, "Resource": "*"})
    return {"Version": "1", "Statement": statements}
