# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether ActionTrail creates the logstore of a trail again."""
from __future__ import annotations

from ..check import Check, Observation
from .account import DELIVERED, PROJECT, ROLE, TRAIL, Alibaba

WAITED = 600  # seconds


def run(alibaba: Alibaba) -> Observation:
    """Delete the logstore of a trail, and change the trail in all ways but deletion."""
    project = alibaba.project()
    role = alibaba.writer(project, "log:*")
    trail = alibaba.trail(project, role, EventRW="All")
    logstore = f"actiontrail_{trail}"

    def is_there() -> bool:
        alibaba.mark()
        return not alibaba.code("sls", "GetLogStore", project, logstore)

    if not alibaba.until(is_there, DELIVERED, every=20)[0]:
        return Observation.undecided("the trail creates no logstore")
    alibaba.call("sls", "DeleteLogStore", project, logstore)
    alibaba.until(lambda: alibaba.code("sls", "GetLogStore", project, logstore), 60)
    changes = {
        "events": (),
        "an update": (("UpdateTrail", {"SlsProjectArn": alibaba.project_arn(project), "SlsWriteRoleArn": role, "EventRW": "All"}),),
        "a restart": (("StopLogging", {}), ("StartLogging", {})),
    }
    created_after = []
    for what, calls in changes.items():
        for operation, parameters in calls:
            alibaba.surely("actiontrail", operation, Name=trail, **parameters)
        if alibaba.until(is_there, WAITED, every=20)[0]:
            created_after.append(what)
            break
    return Observation.of(not created_after, created_after=created_after)


CHECK = Check(
    entry="alibaba-actiontrail-deleted-logstore",
    question="Does ActionTrail create the logstore of a trail again after somebody deleted it?",
    creates=("RAM policy", "RAM role", "project", "trail"),
    permissions=(
        *PROJECT, *ROLE, *TRAIL, "actiontrail:DescribeTrails", "actiontrail:StopLogging", "actiontrail:UpdateTrail", "log:DeleteLogStore",
        "log:GetLogStore",
    ),
    seconds=2100,
    cents=3,
    run=run,
)
