# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ActionTrail checks of a role before it creates a trail."""
from __future__ import annotations

from ..check import Check, Observation
from .account import PROJECT, ROLE, TRAIL, Alibaba

REFUSED = "InsufficientSlsPolicyException"


def run(alibaba: Alibaba) -> Observation:
    """Create trails with roles that lack something."""
    project = alibaba.project()
    roles = {
        "without trust": alibaba.writer(project, "log:*", service="ecs.aliyuncs.com"),
        "may do nothing": alibaba.writer(project, "log:GetIndex"),
        "may not write": alibaba.writer(project, "log:GetProject"),
    }
    # If this role, the newest, can be used, the others can be seen as well.
    alibaba.trail(project, alibaba.writer(project, "log:*"), logging=False)
    codes = {what: alibaba.trail_code(project, role) for what, role in roles.items()}
    return Observation.of(codes == {"without trust": REFUSED, "may do nothing": REFUSED, "may not write": ""}, codes=codes)


CHECK = Check(
    entry="alibaba-actiontrail-creation-checks",
    question="Does CreateTrail check the trust of the role, and whether the role may read the project, but not whether it may write?",
    creates=("RAM policy", "RAM role", "project", "trail"),
    permissions=(*PROJECT, *ROLE, *TRAIL),
    seconds=120,
    cents=1,
    run=run,
)
