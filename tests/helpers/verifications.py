# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verifications that tests run, and their reports."""
from __future__ import annotations

import json

from helpers.aws.deployments import REGION
from helpers.playbooks import Playbooks

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


class AwsDeployment:
    """Accounts on a local AWS that are set up, for tests that break what they have."""

    def __init__(self, aws, folder, inventory):
        self.aws, self.inventory = aws, inventory
        self.playbooks = Playbooks(folder, aws.environment)
        self.archive = inventory["all"]["children"]["aws_archive"]["hosts"]["log-archive"]["account_id"]
        self.bucket = inventory["all"]["vars"]["aws_trail_bucket_name"]

    def setup(self, *arguments, inventory=None):
        """Set up, or mend; returns what it said."""
        run = self.playbooks.run("setup", *arguments, inventory=inventory or self.inventory)
        assert run.status == 0, run.output
        return run.output

    def verify(self, *arguments, inventory=None):
        """The report of a verification; whether it failed is asserted to agree."""
        return verify(self.playbooks, inventory or self.inventory, *arguments)

    def client(self, account_id, service, region=REGION):
        """A client of boto3 in an account."""
        return self.aws.session(account_id).client(service, region_name=region)

    def change_bucket_policy(self, change):
        """Change the statements of the bucket's policy, or return others."""
        s3 = self.client(self.archive, "s3")
        policy = json.loads(s3.get_bucket_policy(Bucket=self.bucket)["Policy"])
        policy["Statement"] = change(policy["Statement"]) or policy["Statement"]
        s3.put_bucket_policy(Bucket=self.bucket, Policy=json.dumps(policy))
