# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether UpdateLogStore keeps the settings that it does not get."""
from __future__ import annotations

from ..check import Check, Observation
from .account import PROJECT, Alibaba

NAME = "conformance"
SETTINGS = {"autoSplit": True, "maxSplitShard": 3, "appendMeta": True, "enable_tracking": True}


def run(alibaba: Alibaba) -> Observation:
    """Change the retention of a logstore, and nothing else."""
    project = alibaba.project()
    alibaba.surely("sls", "CreateLogStore", project, logstoreName=NAME, ttl=7, shardCount=1, **SETTINGS)
    before = alibaba.surely("sls", "GetLogStore", project, NAME)
    alibaba.surely("sls", "UpdateLogStore", project, NAME, logstoreName=NAME, ttl=8)
    alibaba.until(lambda: alibaba.call("sls", "GetLogStore", project, NAME)["ttl"] == 8, 60)
    after = alibaba.call("sls", "GetLogStore", project, NAME)
    kept = {name: after.get(name) == before.get(name) for name in SETTINGS}
    return Observation.of(all(kept.values()) and after["ttl"] == 8, kept=kept, retention_changed=after["ttl"] == 8)


CHECK = Check(
    entry="alibaba-sls-update-logstore",
    question="Does UpdateLogStore keep the settings that it does not get?",
    creates=("project",),
    permissions=(*PROJECT, "log:CreateLogStore", "log:GetLogStore", "log:UpdateLogStore"),
    seconds=90,
    cents=1,
    run=run,
)
