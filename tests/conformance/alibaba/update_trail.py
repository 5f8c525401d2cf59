# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which settings of a trail UpdateTrail resets if it does not get them."""
from __future__ import annotations

from ..check import Check, Observation
from .account import PROJECT, ROLE, TRAIL, Alibaba


def run(alibaba: Alibaba) -> Observation:
    """Update a trail with nothing but its name and its destination."""
    project = alibaba.project()
    role = alibaba.writer(project, "log:*")
    trail = alibaba.trail(project, role, logging=False, EventRW="All", TrailRegion=alibaba.region)
    alibaba.until(lambda: alibaba.described_trail(trail), 60)
    alibaba.surely("actiontrail", "UpdateTrail", Name=trail, SlsProjectArn=alibaba.project_arn(project))
    # Nothing says when an update can be seen.
    alibaba.clock.sleep(10)
    after = alibaba.described_trail(trail)
    facts = {"EventRW": after.get("EventRW"), "TrailRegion": after.get("TrailRegion"), "keeps_the_role": after.get("SlsWriteRoleArn") == role}
    return Observation.of(facts == {"EventRW": "Write", "TrailRegion": "All", "keeps_the_role": True}, **facts)


CHECK = Check(
    entry="alibaba-actiontrail-update-resets",
    question="Does UpdateTrail reset EventRW and TrailRegion if it does not get them?",
    creates=("RAM policy", "RAM role", "project", "trail"),
    permissions=(*PROJECT, *ROLE, *TRAIL, "actiontrail:DescribeTrails", "actiontrail:UpdateTrail"),
    seconds=90,
    cents=1,
    run=run,
)
