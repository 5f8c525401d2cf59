# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verifications that tests run, and their reports."""
from __future__ import annotations

import json

# What arrives in a local cloud arrives at once.
SOON = ("-e", "audit_logs_probe_deadline=5", "-e", "audit_logs_probe_interval=1")


def verify_with_output(playbooks, inventory, *arguments, **environment) -> tuple[dict, str]:
    """Run verify.yml; returns report.json and what was printed. Exit status and report have to agree."""
    run = playbooks.run("verify", *SOON, *arguments, inventory=inventory, **environment)
    path = playbooks.folder / "audit-logs-report" / "report.json"
    assert path.exists(), run.output
    report = json.loads(path.read_text(encoding="utf-8"))
    path.unlink()
    assert (run.status != 0) == (report["summary"]["failed"] > 0), run.output
    return report, run.output


def verify(playbooks, inventory, *arguments) -> dict:
    """Run verify.yml; returns report.json."""
    return verify_with_output(playbooks, inventory, *arguments)[0]


class Deployment:
    """A deployment on a local cloud that tests set up, break, verify and repair."""

    def __init__(self, playbooks, inventory):
        self.playbooks, self.inventory = playbooks, inventory

    def setup(self, *arguments, inventory=None):
        """Run setup.yml, which must succeed; returns its run."""
        run = self.playbooks.run("setup", *arguments, inventory=inventory or self.inventory)
        assert run.status == 0, run.output
        return run

    def destroy(self, *arguments):
        """Run destroy.yml, which must succeed."""
        run = self.playbooks.run("destroy", *arguments, inventory=self.inventory)
        assert run.status == 0, run.output

    def verify(self, *arguments, inventory=None) -> dict:
        """Run verify.yml; returns report.json."""
        return verify(self.playbooks, inventory or self.inventory, *arguments)
