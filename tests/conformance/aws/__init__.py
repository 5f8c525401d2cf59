# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks on AWS."""
from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from typing import Any

from ..account import PREFIX
from ..check import Check
from .account import Aws

CLOUD = "AWS"
CHECKS = tuple(
    importlib.import_module(f"{__name__}.{module.name}").CHECK
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name) if module.name not in ("account", "conditions")
)
# Where names of resources begin with the prefix. All other actions read, or, as kms:CreateKey, create; they are for all resources.
_RESOURCES = {"cloudtrail": "*:*:trail/", "iam": ":*:role/", "logs": "*:*:log-group:", "s3": "::"}
_EVERYWHERE = ("cloudtrail:DescribeTrails", "cloudtrail:GetTrail", "cloudtrail:ListPublicKeys", "cloudtrail:LookupEvents")


def policies(checks: Iterable[Check], account: Aws) -> dict[str, dict[str, Any]]:
    """The policies that callers need, by the account in which they need them."""
    return {"in the account": policy(checks, account.partition)}


def policy(checks: Iterable[Check], partition: str) -> dict[str, Any]:
    """The permissions that some checks need, as an IAM policy."""
    actions = sorted({action for check in checks for action in check.permissions})
    statements = []
    for service, resource in _RESOURCES.items():
        own = [action for action in actions if action.startswith(f"{service}:") and action not in _EVERYWHERE]
        if own:
            statements.append({"Effect": "Allow", "Action": own, "Resource": f"arn:{partition}:{service}:{resource}{PREFIX}-*"})
    others = [action for action in actions if action in _EVERYWHERE or action.partition(":")[0] not in _RESOURCES]
    if others:
        statements.append({"Effect": "Allow", "Action": others, "Resource": "*"})
    return {"Version": "2012-10-17", "Statement": statements}
