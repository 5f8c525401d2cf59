# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks on Alibaba Cloud."""
from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
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
    "actiontrail": ["*"],  # ActionTrail has no permissions for single trails
    "log": [f"acs:log:*:*:project/{PREFIX}-*", f"acs:log:*:*:collectionpolicy/{PREFIX}-*"],
    "ram": [f"acs:ram:*:*:policy/{PREFIX}-*", f"acs:ram:*:*:role/{PREFIX}-*"],
    "sts": [f"acs:ram:*:*:role/{PREFIX}-*"],
}
# Fixed names of Log Audit Service.
_OF_LOG_AUDIT = {
    "log": ["acs:log:*:*:app/audit", "acs:log:*:*:project/slsaudit-*"],
    "ram": ["acs:ram:*:*:role/aliyunserviceroleforslsaudit", "acs:ram:*:*:role/sls-audit-service-monitor"],
}
_EVERYWHERE = (
    "actiontrail:DescribeTrails", "actiontrail:LookupEvents", "log:GetSlsService", "log:ListProject", "ram:CreateServiceLinkedRole",
)


def policies(checks: Sequence[Check], _account: Alibaba) -> dict[str, dict[str, Any]]:
    """The policies that callers need, by the account in which they need them."""
    found = {"in the account": policy(checks)}
    if any(check.member_permissions for check in checks):
        found["in the member account"] = policy(checks, in_member=True)
    return found


def policy(checks: Sequence[Check], *, in_member: bool = False) -> dict[str, Any]:
    """The permissions that some checks need, as a policy of RAM."""
    actions = {action for check in checks for action in (check.member_permissions if in_member else check.permissions)}
    fixed = _OF_LOG_AUDIT if any(check.member_permissions for check in checks) else {}
    statements = []
    for service, resources in _RESOURCES.items():
        own = sorted(action for action in actions if action.startswith(f"{service}:") and action not in _EVERYWHERE)
        if own:
            statements.append({"Effect": "Allow", "Action": own, "Resource": [*resources, *fixed.get(service, [])]})
    others = sorted(action for action in actions if action in _EVERYWHERE or action.partition(":")[0] not in _RESOURCES)
    if others:
        statements.append({"Effect": "Allow", "Action": others, "Resource": "*"})
    return {"Version": "1", "Statement": statements}
