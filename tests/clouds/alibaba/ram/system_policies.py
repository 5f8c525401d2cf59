# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policies that Alibaba Cloud has ready in every account."""
from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

CREATED = 1_430_438_400.0  # 2015-05-01


@dataclass(frozen=True)
class SystemPolicy:
    """A policy of the system.

    :param document: JSON.
    """

    description: str
    document: str


def _policy(description: str, *statements: dict[str, Any]) -> SystemPolicy:
    return SystemPolicy(description, json.dumps({"Version": "1", "Statement": list(statements)}, indent=2))


def _allow(actions: str | list[str], resource: str | list[str] = "*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resource}


POLICIES = {
    "AdministratorAccess": _policy("Provides full access to Alibaba Cloud services and resources.", _allow("*")),
    "AliyunRAMFullAccess": _policy("Provides full access to RAM.", _allow(["ram:*"])),
    "AliyunSTSAssumeRoleAccess": _policy("Provides access to the AssumeRole operation of STS.",
                                         _allow("sts:AssumeRole")),
}
