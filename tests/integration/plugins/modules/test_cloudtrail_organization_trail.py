# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The trail of an organization, managed by the management account or by a delegated administrator."""
from __future__ import annotations

import json

import pytest
from helpers.aws.deployments import MANAGEMENT
from helpers.aws.modules import ACCOUNT, BUCKET, LOG_GROUP_ARN, REGION, ROLE_ARN, Account

CLOUDTRAIL = "cloudtrail.amazonaws.com"
NAME = "of-all"
ARN = f"arn:aws:cloudtrail:{REGION}:{MANAGEMENT}:trail/{NAME}"
SETTINGS = {
    "name": NAME, "management_account_id": MANAGEMENT, "s3_bucket_name": BUCKET, "s3_key_prefix": MANAGEMENT,
    "is_multi_region_trail": True, "include_global_events": True, "enable_log_file_validation": True, "tags": {"by": "us", "year": "2026"},
}
READS = ["cloudtrail:DescribeTrails", "cloudtrail:ListTags", "cloudtrail:GetTrailStatus"]


class Organization:
    """An organization whose trail an account manages, with a bucket that lets it deliver."""

    def __init__(self, aws, administrator):
        self.management, self.account = Account(aws, MANAGEMENT), Account(aws, administrator)
        organizations = self.management.client("organizations")
        organizations.enable_aws_service_access(ServicePrincipal=CLOUDTRAIL)
        if administrator != MANAGEMENT:
            organizations.register_delegated_administrator(AccountId=administrator, ServicePrincipal=CLOUDTRAIL)
        organization = organizations.describe_organization()["Organization"]["Id"]
        trail = {"account_id": MANAGEMENT, "name": NAME, "organization_id": organization}
        self.management.make_bucket(trails=[trail, {"account_id": MANAGEMENT, "name": NAME}])

    def run(self, **options):
        return self.account.run("cloudtrail_organization_trail", **{**SETTINGS, **options})

    def trail(self):
        return next(iter(self.management.client("cloudtrail").describe_trails(trailNameList=[NAME])["trailList"]), None)

    def is_logging(self):
        return self.management.client("cloudtrail").get_trail_status(Name=NAME)["IsLogging"]


@pytest.fixture(name="administrator", params=[MANAGEMENT, ACCOUNT], ids=["management", "delegated"])
def fixture_administrator(request):
    """The account that manages the trail."""
    return request.param


@pytest.fixture(name="organization")
def fixture_organization(aws, administrator):
    """The organization, without a trail."""
    return Organization(aws, administrator)


def test_create(organization):
    plan = organization.run(check=True)
    assert plan["changed"] and plan["writes"] == [] and plan["trail"] == {"arn": ARN}
    assert plan["diff"]["before"] == {} and plan["diff"]["after"]["s3_bucket_name"] == BUCKET
    done = organization.run()
    assert done["changed"] and done["diff"] == plan["diff"]
    assert done["calls"] == ["cloudtrail:DescribeTrails", "cloudtrail:CreateTrail", "cloudtrail:StartLogging"]
    trail = organization.trail()
    assert (trail["TrailARN"], trail["IsOrganizationTrail"], trail["IsMultiRegionTrail"], trail["LogFileValidationEnabled"]) == (ARN, True, True, True)
    assert organization.is_logging()
    for check in (True, False):
        again = organization.run(check=check)
        assert not again["changed"] and again["calls"] == READS and again["diff"] == {"before": {}, "after": {}}


def test_change(organization):
    organization.run()
    wanted = {"s3_key_prefix": "", "is_multi_region_trail": False, "tags": {"by": "them"}, "enable_logging": False}
    plan = organization.run(check=True, **wanted)
    assert plan["changed"] and plan["calls"] == READS
    assert plan["diff"] == {
        "before": {"s3_key_prefix": MANAGEMENT, "is_multi_region_trail": True, "tags": {"by": "us"}, "enable_logging": True},
        "after": wanted,
    }
    policy = json.loads(organization.management.client("s3").get_bucket_policy(Bucket=BUCKET)["Policy"].replace(f"{MANAGEMENT}/AWSLogs", "AWSLogs"))
    organization.management.client("s3").put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))
    done = organization.run(**wanted)
    assert done["writes"] == ["cloudtrail:UpdateTrail", "cloudtrail:AddTags", "cloudtrail:StopLogging"]
    assert "S3KeyPrefix" not in organization.trail() and not organization.is_logging()
    assert not organization.run(**wanted)["changed"]


def test_what_is_not_given_is_left_alone(organization):
    organization.run()
    done = organization.account.run(
        "cloudtrail_organization_trail", name=NAME, management_account_id=MANAGEMENT, enable_log_file_validation=False)
    assert done["writes"] == ["cloudtrail:UpdateTrail"] and done["diff"]["after"] == {"enable_log_file_validation": False}
    assert organization.trail()["S3KeyPrefix"] == MANAGEMENT


def test_a_log_group(organization, administrator):
    """It is in the account that manages the trail."""
    organization.account.make_log_group()
    organization.account.make_role()
    group, role = (arn.replace(ACCOUNT, administrator) for arn in (LOG_GROUP_ARN, ROLE_ARN))
    iam = organization.account.client("iam")
    iam.put_role_policy(RoleName=role.rpartition("/")[2], PolicyName="all", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}}))
    wanted = {"cloudwatch_logs_log_group_arn": group, "cloudwatch_logs_role_arn": role}
    assert organization.run(**wanted)["changed"]
    assert organization.trail()["CloudWatchLogsLogGroupArn"] == group
    removed = organization.run(**dict.fromkeys(wanted, ""))
    assert removed["writes"] == ["cloudtrail:UpdateTrail"]
    assert not organization.trail().get("CloudWatchLogsLogGroupArn")


def test_delete(organization):
    organization.run()
    plan = organization.run(check=True, state="absent")
    assert plan["changed"] and plan["writes"] == [] and plan["diff"]["before"]["s3_bucket_name"] == BUCKET
    done = organization.run(state="absent")
    assert done["writes"] == ["cloudtrail:DeleteTrail"] and organization.trail() is None
    again = organization.run(state="absent")
    assert not again["changed"] and again["calls"] == ["cloudtrail:DescribeTrails"]


def test_a_trail_that_does_not_start(organization, monkeypatch):
    """As it is when CloudTrail is not ready after CreateTrail: the next try starts the trail."""
    organization.run()
    organization.management.client("cloudtrail").stop_logging(Name=NAME)
    done = organization.run()
    assert done["writes"] == ["cloudtrail:StartLogging"] and organization.is_logging()


@pytest.mark.parametrize("administrator", [MANAGEMENT], indirect=True)
def test_a_trail_of_the_management_account_alone(organization):
    organization.management.make_trail(NAME)
    done = organization.run()
    assert done["changed"] and done["diff"]["before"]["is_organization_trail"] is False
    assert organization.trail()["IsOrganizationTrail"]


def test_an_account_that_may_not(organization):
    stranger = Account(organization.account.aws, "333333333333")
    failed = stranger.run("cloudtrail_organization_trail", **SETTINGS)
    assert failed["msg"].startswith(f"Failed to create the trail {NAME} of the organization: ")
    assert failed["error"]["code"] == "NotOrganizationMasterAccountException" and organization.trail() is None


@pytest.mark.parametrize(("options", "said"), [
    ({"s3_bucket_name": None}, f"trail {NAME} does not exist: give the bucket of its log files, s3_bucket_name"),
    ({"name": "x"}, "trail name 'x': CloudTrail takes 3 to 128"),
    ({"management_account_id": "1"}, "account id '1' is not a string of 12 digits"),
    ({"cloudwatch_logs_log_group_arn": LOG_GROUP_ARN}, "parameters are required together"),
    ({"s3_bucket_name": "nobody-has-this"}, f"Failed to create the trail {NAME} of the organization: "),
])
@pytest.mark.parametrize("administrator", [MANAGEMENT], indirect=True)
def test_bad_arguments(organization, options, said):
    failed = organization.run(**options)
    assert failed["failed"] and said in failed["msg"] and organization.trail() is None
