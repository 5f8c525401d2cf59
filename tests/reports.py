# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verifications that tests run, and their reports."""
from __future__ import annotations

import json

# What arrives in a local cloud arrives at once.
SOON = ("-e", "audit_logs_probe_deadline=5", "-e", "audit_logs_probe_interval=1")


def verify(playbooks, inventory, *arguments) -> dict:
    """Run verify.yml; returns report.json. Exit status and report have to agree."""
    run = playbooks.run("verify", *SOON, *arguments, inventory=inventory)
    path = playbooks.folder / "audit-logs-report" / "report.json"
    assert path.exists(), run.output
    report = json.loads(path.read_text(encoding="utf-8"))
    path.unlink()
    assert (run.status != 0) == (report["summary"]["failed"] > 0), run.output
    return report
