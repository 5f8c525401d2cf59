# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Principals that policies name, and whether they exist."""
from __future__ import annotations

import re

from . import windows
from .accounts import iam
from .partition import partition
from .policy import Policy, principals

_OWNED = re.compile(r"arn:[\w-]+:iam::(\d{12}):(user|role)/.+")


def missing(policy: Policy) -> str | None:
    """The first principal that a policy names and that does not exist, or None.

    "AWS JSON policy elements: Principal" (IAM User Guide): a resource policy can only be saved if its principals
    exist. Accounts always do here, in this partition.
    """
    for statement in policy.statements:
        for name in principals(statement, "AWS"):
            if name.startswith("arn:") and name.split(":")[1] != partition():
                return name
            match = _OWNED.fullmatch(name)
            if not match:
                continue
            here = iam(match[1])
            owners = (*here.roles.values(), *here.users.values())
            if not any(owner.arn == name and windows.identity(match[1], owner) for owner in owners):
                return name
    return None
