# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deployments in China and in GovCloud: every ARN is of the partition of the region."""
from __future__ import annotations

import json

import pytest
from clouds.aws import LocalAws
from helpers.aws.deployments import ARCHIVE, MEMBERS, inventory_of
from helpers.playbooks import Playbooks
from helpers.verifications import SOON

TEAM_A = MEMBERS["team-a"]


@pytest.mark.parametrize("partition, region", [("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1")])
def test_setup_verify_destroy(partition, region, tmp_path):
    """With everything that names an ARN: a key, a log group and its role, selectors of data events, the role of validation."""
    inventory = inventory_of(
        audit_logs_aws_region=region, audit_logs_aws_cloudwatch=True, aws_trail_bucket_encryption="aws:kms",
        aws_trail_validation_principals=[f"arn:{partition}:iam::{ARCHIVE}:root"],
        aws_trail_event_selectors=[{"data_resources": [{"type": "AWS::S3::Object", "values": [f"arn:{partition}:s3"]}]}],
    )
    with LocalAws(partition=partition) as aws:
        playbooks = Playbooks(tmp_path, aws.environment, clouds=[aws])
        run = playbooks.run("setup", inventory=inventory)
        assert run.status == 0, run.output
        trail = aws.session(TEAM_A).client("cloudtrail").describe_trails()["trailList"][0]
        arns = [value for name, value in trail.items() if name.endswith(("ARN", "Arn", "KeyId"))]
        assert len(arns) == 4 and all(arn.startswith(f"arn:{partition}:") for arn in arns)
        again = playbooks.run("setup", inventory=inventory)
        assert set(again.changed.values()) == {0}, again.output
        run = playbooks.run("verify", *SOON, inventory=inventory)
        assert run.status == 0, run.output
        assert "arn:aws:" not in json.dumps([run.output, again.output])
        run = playbooks.run("destroy", "-e", "audit_logs_delete_logs=true", inventory=inventory)
        assert run.status == 0, run.output
        assert aws.session(TEAM_A).client("cloudtrail").describe_trails()["trailList"] == []
        assert aws.session(ARCHIVE).client("s3").list_buckets()["Buckets"] == []
