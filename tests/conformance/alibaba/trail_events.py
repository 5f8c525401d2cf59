# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a log of a trail looks like, and after how many seconds it arrives."""
from __future__ import annotations

import json

from ..check import Check, Observation
from .account import DELIVERED, LOGS, PROJECT, ROLE, TRAIL, Alibaba


def run(alibaba: Alibaba) -> Observation:
    """Search for a probe in the logstore of a trail."""
    project = alibaba.project()
    trail = alibaba.trail(project, alibaba.writer(project, "log:*"), EventRW="All")
    marks: list[str] = []

    def arrived() -> list[dict[str, str]]:
        marks.append(alibaba.mark())
        return [log for mark in marks[-10:] for log in alibaba.logs(project, trail, mark)]

    logs, seconds = alibaba.until(arrived, DELIVERED, every=20)
    if not logs:
        return Observation.of(False, arrived=False)
    log = logs[0]
    topic, event = log.get("__topic__"), json.loads(log.get("event", "{}"))
    facts = {"seconds": seconds, "topic": topic, "event_is_json": "eventName" in event, "fields": sorted(log)}
    return Observation.of(topic == "actiontrail_audit_event" and "eventName" in event, **facts)


CHECK = Check(
    entry="alibaba-event-forms",
    question="Does a log of a trail have the topic actiontrail_audit_event, and the event as JSON in the field event?",
    creates=("RAM policy", "RAM role", "project", "trail"),
    permissions=(*LOGS, *PROJECT, *ROLE, *TRAIL),
    seconds=180,
    cents=2,
    run=run,
)
