# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether names of policies depend on case."""
from __future__ import annotations

from ..check import OTHERWISE, Check, Observation
from .account import PREFIX, ROLE, Alibaba, Refused


def run(alibaba: Alibaba) -> Observation:
    """Create two policies whose names differ only in case."""
    statement = {"Effect": "Allow", "Action": "ram:GetRole", "Resource": "*"}
    name = f"{alibaba.name()}x"
    alibaba.policy(statement, name=name)
    code = ""
    try:
        alibaba.policy(statement, name=PREFIX + name.removeprefix(PREFIX).upper())
    except Refused as error:
        code = error.code
    return Observation.of(code.startswith("EntityAlreadyExist"), code=code)


CHECK = Check(
    entry="alibaba-policy-name-case",
    question="May an account have two policies whose names differ only in case?",
    creates=("RAM policy",),
    permissions=ROLE,
    seconds=10,
    cents=0,
    run=run,
    local_answer=OTHERWISE,
)
