# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether ActionTrail records a call that was denied."""
from __future__ import annotations

from ..check import Check, Observation
from .account import DELIVERED, LOGS, ROLE, Alibaba


def run(alibaba: Alibaba) -> Observation:
    """Call DescribeTrails in a session without permissions, and look the call up."""
    session = alibaba.session(alibaba.role(alibaba.trusting_itself()))
    mark = alibaba.name()
    code = session.code("actiontrail", "DescribeTrails", NameList=mark)
    if not code:
        return Observation.undecided("a role without permissions may call DescribeTrails")

    def recorded() -> list[dict[str, str]]:
        found = alibaba.call("actiontrail", "LookupEvents", LookupAttribute=[{"Key": "EventName", "Value": "DescribeTrails"}], MaxResults="50")
        return [event for event in found.get("Events", []) if mark in str(event)]

    events, seconds = alibaba.until(recorded, DELIVERED, every=20)
    return Observation.of(bool(events), code=code, seconds=seconds, code_in_event=events[0].get("errorCode") if events else None)


CHECK = Check(
    entry="alibaba-actiontrail-denied-calls",
    question="Does ActionTrail record a denied DescribeTrails, with its parameters?",
    creates=("RAM role",),
    permissions=(*LOGS, *ROLE, "actiontrail:LookupEvents", "sts:AssumeRole"),
    seconds=300,
    cents=0,
    run=run,
)
