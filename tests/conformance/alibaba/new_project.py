# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""After how many seconds a new project can be read."""
from __future__ import annotations

from ..check import Check, Observation
from .account import PROJECT, VISIBLE, Alibaba

ASSUMED = 60  # seconds


def run(alibaba: Alibaba) -> Observation:
    """Read a project at once after its creation."""
    name, codes = alibaba.name(), []

    def is_read() -> bool:
        codes.append(alibaba.code("sls", "GetProject", name))
        return not codes[-1]

    alibaba.create(
        "project", name, ("sls", "DeleteProject", name, {}), ("sls", "CreateProject", {"projectName": name, "description": name}))
    found, seconds = alibaba.until(is_read, VISIBLE)
    return Observation.of(found and seconds <= ASSUMED, seconds=seconds, codes=sorted(set(filter(None, codes))))


CHECK = Check(
    entry="alibaba-consistency",
    question="Can a new project be read within a minute, and with which code is it refused before?",
    creates=("project",),
    permissions=PROJECT,
    seconds=30,
    cents=1,
    run=run,
)
