# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verification of a bucket whose policy goes by the organization: one thing in it broken, and the cause that is named.

The deployment is set up once. Each test breaks the policy and mends it by setup.yml; that members pass which a test does not
break, and all at the end, shows that the mends held.
"""
from __future__ import annotations

import pytest
from helpers.aws.deployments import BUCKET, MANAGEMENT, MEMBERS, REGION, inventory_of
from helpers.aws.verifications import AwsDeployment

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import policies

from clouds.aws import USUAL, LocalAws

TEAM_A = MEMBERS["team-a"]
ARN = f"arn:aws:s3:::{BUCKET}"


class OrganizationDeployment(AwsDeployment):
    """An archive and two members whose bucket is for the organization."""

    def __init__(self, aws, folder):
        organizations = aws.session(MANAGEMENT).client("organizations")
        super().__init__(aws, folder, inventory_of(
            2, aws_trail_bucket_policy_form="organization",
            aws_trail_bucket_organization_id=organizations.describe_organization()["Organization"]["Id"],
        ))
        said = self.setup().output
        assert "only AWS can evaluate" not in said  # whether an account is of the organization is not asked

    def failed(self):
        """Reasons and causes of those that failed, by name."""
        return {
            found["name"]: [found["reason"], *(found["probe"] or {"causes": []})["causes"]]
            for found in self.verify()["accounts"] if found["state"] == "failed"
        }


@pytest.fixture(scope="module", name="deployment")
def fixture_deployment(tmp_path_factory):
    """A deployment that is set up, in a local AWS of its own."""
    with LocalAws(windows=USUAL) as aws:
        yield OrganizationDeployment(aws, tmp_path_factory.mktemp("verify"))


def delivers(statements):
    return next(one for one in statements if one["Sid"] == "CloudTrailDelivers")


def another_organization(statements):
    delivers(statements)["Condition"]["StringEquals"]["aws:SourceOrgID"] = "o-zzzzzzzzzz"


def no_folder_of_the_account(statements):
    delivers(statements)["Resource"] = [ARN, f"{ARN}/AWSLogs/*"]


def other_form(statements):
    """As somebody would write it who knows of one account."""
    return policies.bucket_policy(BUCKET, REGION, [{"account_id": TEAM_A}])["Statement"]


BREAKS = {
    "organization": (another_organization, {"team-a", "team-b"}, "aws:SourceOrgID o-zzzzzzzzzz"),
    "path": (no_folder_of_the_account, {"team-a", "team-b"}, f"its Resource is {ARN}, {ARN}/AWSLogs/*"),
    "form": (other_form, {"team-b"}, "no statement that allows cloudtrail.amazonaws.com s3:GetBucketAcl"),
}


@pytest.mark.parametrize("what", BREAKS)
def test_the_policy_of_the_bucket_broken(deployment, what):
    change, members, cause = BREAKS[what]
    deployment.change_bucket_policy(change)
    failed = deployment.failed()
    deployment.setup()
    assert set(failed) - {"log-archive"} == members
    assert all(any(cause in text for text in failed[name]) for name in members), failed


def test_all_is_mended(deployment):
    assert deployment.failed() == {}
