# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a session may last that was opened by another session."""
from __future__ import annotations

from ..check import Check, Observation
from .account import ROLE, VISIBLE, Alibaba

DURATION = 7200  # seconds


def run(alibaba: Alibaba) -> Observation:
    """Assume a role that allows two hours, in the session of another role."""
    first = alibaba.role(alibaba.trusting_itself())
    second = alibaba.role(alibaba.trusting_itself(), MaxSessionDuration=DURATION)
    alibaba.attach(alibaba.policy({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": alibaba.arn(second)}), first)
    session = alibaba.session(first)

    def code(duration: int) -> str:
        return session.code("sts", "AssumeRole", RoleArn=alibaba.arn(second), RoleSessionName=second, DurationSeconds=duration)

    alibaba.until(lambda: not code(900), VISIBLE)
    if code(900):
        return Observation.undecided("a session can't assume the role for 900 seconds", code=code(900))
    refused = code(DURATION)
    return Observation.of(not refused, code=refused, seconds=DURATION)


CHECK = Check(
    entry="alibaba-chained-session-duration",
    question="May a session that was opened by another session last two hours?",
    creates=("RAM policy", "RAM role"),
    permissions=(*ROLE, "sts:AssumeRole"),
    seconds=60,
    cents=0,
    run=run,
)
