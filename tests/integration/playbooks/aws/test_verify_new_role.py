# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verification right after setup has created the role that validates log files: STS does not see the role yet."""
from __future__ import annotations

from datetime import timedelta

from clouds.aws import LocalAws, Windows
from clouds.aws.accounts import iam
from helpers.aws.deployments import ARCHIVE, BUCKET, inventory_of
from helpers.aws.verifications import AwsDeployment

ROLE = f"{BUCKET}-cloudtrail-validation"


def test_a_new_role_is_waited_for(tmp_path):
    # Longer than the calls of verify in the archive account take before it assumes the role.
    with LocalAws(delivery_interval=1, windows=Windows(iam=25)) as aws:
        deployment = AwsDeployment(aws, tmp_path, inventory_of(
            1, audit_logs_aws_validation_role=ROLE, aws_trail_validation_principals=[f"arn:aws:iam::{ARCHIVE}:root"]))
        deployment.playbooks.clouds = []  # otherwise the next run begins after all windows
        deployment.setup()
        [role] = [role for role in iam(ARCHIVE).roles.values() if role.name == ROLE]
        role.create_date += timedelta(hours=1)  # windows pass by calls: a slow machine must not make the role old
        aws.calls.clear()
        report = deployment.verify("-e", "audit_logs_probe_deadline=40")
        tries = [call.error for call in aws.calls if call.action == "AssumeRole" and call.account == ARCHIVE]
    found = {account["name"]: account for account in report["accounts"]}
    assert "AccessDenied" in tries and tries[-1] is None, tries
    assert found["log-archive"]["phase"] != "digests" and found["log-archive"]["state"] != "failed", found["log-archive"]
