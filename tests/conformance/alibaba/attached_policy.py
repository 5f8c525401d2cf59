# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""With which code RAM refuses to delete a policy that a role has."""
from __future__ import annotations

from ..check import Check, Observation
from .account import ROLE, Alibaba


def run(alibaba: Alibaba) -> Observation:
    """Delete an attached policy."""
    role = alibaba.role(alibaba.trusting_itself())
    policy = alibaba.policy({"Effect": "Allow", "Action": "ram:GetRole", "Resource": "*"})
    alibaba.attach(policy, role)
    code = alibaba.code("ram", "DeletePolicy", PolicyName=policy)
    return Observation.of(code == "DeleteConflict.Role.Policy", code=code)


CHECK = Check(
    entry="alibaba-attached-policy-code",
    question="With which code does DeletePolicy refuse a policy that a role has?",
    creates=("RAM policy", "RAM role"),
    permissions=ROLE,
    seconds=10,
    cents=0,
    run=run,
)
