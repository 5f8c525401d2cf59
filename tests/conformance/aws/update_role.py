# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether UpdateRole keeps the description and the session duration that it does not get."""
from __future__ import annotations

from ..check import Check, Observation
from .account import ROLE, SERVICE, VISIBLE, Aws, document


def run(aws: Aws) -> Observation:
    """Update a role without any setting."""
    iam, name = aws.client("iam"), aws.name()
    trust = document({"Effect": "Allow", "Principal": {"Service": SERVICE}, "Action": "sts:AssumeRole"})
    aws.create_role(name, AssumeRolePolicyDocument=trust, Description=name, MaxSessionDuration=7200)
    aws.until(lambda: aws.attempt(iam.get_role, RoleName=name) != "NoSuchEntity", VISIBLE)
    iam.update_role(RoleName=name)
    role = iam.get_role(RoleName=name)["Role"]
    kept = {"description": role.get("Description") == name, "session_duration": role["MaxSessionDuration"] == 7200}
    return Observation.of(all(kept.values()), kept=kept)


CHECK = Check(
    entry="aws-iam-update-role-keeps",
    question="Does UpdateRole keep the settings that it does not get?",
    creates=("IAM role",),
    permissions=(*ROLE, "iam:GetRole", "iam:UpdateRole"),
    seconds=30,
    cents=0,
    run=run,
)
