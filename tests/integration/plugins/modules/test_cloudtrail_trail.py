# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A trail: of an account, or of an organization, managed by the management account or by a delegated administrator."""
from __future__ import annotations

import json

import pytest
from clouds.aws import Windows
from helpers.aws.deployments import MANAGEMENT
from helpers.aws.modules import ACCOUNT, BUCKET, LOG_GROUP_ARN, REGION, ROLE_ARN, Account

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import policies

CLOUDTRAIL = "cloudtrail.amazonaws.com"
NAME = "of-all"
SETTINGS = {
    "name": NAME, "account_id": MANAGEMENT, "is_organization_trail": True, "s3_bucket_name": BUCKET, "s3_key_prefix": MANAGEMENT,
    "is_multi_region_trail": True, "include_global_events": True, "enable_log_file_validation": True, "tags": {"by": "us", "year": "2026"},
}
READS = ["cloudtrail:DescribeTrails", "cloudtrail:ListTags", "cloudtrail:GetTrailStatus"]


class Alone:
    """An account that has a trail of its own, with a bucket that lets it deliver."""

    def __init__(self, aws):
        self.management = self.account = Account(aws)
        self.owner = ACCOUNT
        self.settings = {**SETTINGS, "account_id": ACCOUNT, "is_organization_trail": False, "s3_key_prefix": ACCOUNT}
        self.account.make_bucket(trails=[{"account_id": ACCOUNT, "name": NAME}])

    @property
    def arn(self):
        return f"arn:aws:cloudtrail:{REGION}:{self.owner}:trail/{NAME}"

    def run(self, **options):
        return self.account.run("cloudtrail_trail", **{**self.settings, **options})

    def trail(self):
        return next(iter(self.management.client("cloudtrail").describe_trails(trailNameList=[NAME])["trailList"]), None)

    def is_logging(self):
        return self.management.client("cloudtrail").get_trail_status(Name=NAME)["IsLogging"]


class Organization(Alone):
    """An organization whose trail an account manages."""

    # pylint: disable-next=super-init-not-called
    def __init__(self, aws, administrator):
        self.management, self.account = Account(aws, MANAGEMENT), Account(aws, administrator)
        self.owner, self.settings = MANAGEMENT, SETTINGS
        organizations = self.management.client("organizations")
        organizations.enable_aws_service_access(ServicePrincipal=CLOUDTRAIL)
        if administrator != MANAGEMENT:
            organizations.register_delegated_administrator(AccountId=administrator, ServicePrincipal=CLOUDTRAIL)
        organization = organizations.describe_organization()["Organization"]["Id"]
        trail = {"account_id": MANAGEMENT, "name": NAME, "organization_id": organization}
        self.management.make_bucket(trails=[trail, {"account_id": MANAGEMENT, "name": NAME}])


@pytest.fixture(name="administrator", params=[MANAGEMENT, ACCOUNT, None], ids=["management", "delegated", "alone"])
def fixture_administrator(request):
    """The account that manages the trail of an organization; None for a trail of an account."""
    return request.param


@pytest.fixture(name="organization")
def fixture_organization(aws, administrator):
    """The organization or the account, without a trail."""
    return Organization(aws, administrator) if administrator else Alone(aws)


def test_create(organization):
    plan = organization.run(check=True)
    assert plan["changed"] and plan["writes"] == [] and plan["trail"] == {"arn": organization.arn}
    assert plan["diff"]["before"] == {} and plan["diff"]["after"]["s3_bucket_name"] == BUCKET
    done = organization.run()
    assert done["changed"] and done["diff"] == plan["diff"]
    assert done["calls"] == [f"cloudtrail:{call}" for call in ("DescribeTrails", "CreateTrail", "StartLogging", "DescribeTrails")]
    trail = organization.trail()
    assert (trail["TrailARN"], trail["IsOrganizationTrail"], trail["IsMultiRegionTrail"], trail["LogFileValidationEnabled"]) == (
        organization.arn, organization.settings["is_organization_trail"], True, True)
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
        "before": {"s3_key_prefix": organization.owner, "is_multi_region_trail": True, "tags": {"by": "us"}, "enable_logging": True},
        "after": wanted,
    }
    policy = json.loads(organization.management.client("s3").get_bucket_policy(Bucket=BUCKET)["Policy"].replace(f"{organization.owner}/AWSLogs", "AWSLogs"))
    organization.management.client("s3").put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))
    done = organization.run(**wanted)
    assert done["writes"] == ["cloudtrail:UpdateTrail", "cloudtrail:AddTags", "cloudtrail:StopLogging"]
    assert "S3KeyPrefix" not in organization.trail() and not organization.is_logging()
    assert not organization.run(**wanted)["changed"]


def test_what_is_not_given_is_left_alone(organization):
    organization.run()
    done = organization.account.run(
        "cloudtrail_trail", name=NAME, account_id=organization.owner, enable_log_file_validation=False)
    assert done["writes"] == ["cloudtrail:UpdateTrail"] and done["diff"]["after"] == {"enable_log_file_validation": False}
    assert organization.trail()["S3KeyPrefix"] == organization.owner


def test_a_log_group(organization, administrator):
    """It is in the account that manages the trail."""
    organization.account.make_log_group()
    organization.account.make_role()
    group, role = (arn.replace(ACCOUNT, administrator or ACCOUNT) for arn in (LOG_GROUP_ARN, ROLE_ARN))
    iam = organization.account.client("iam")
    iam.put_role_policy(RoleName=role.rpartition("/")[2], PolicyName="all", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}}))
    wanted = {"cloudwatch_logs_log_group_arn": group, "cloudwatch_logs_role_arn": role}
    assert organization.run(**wanted)["changed"]
    assert organization.trail()["CloudWatchLogsLogGroupArn"] == group
    removed = organization.run(cloudwatch_logs_log_group_arn="")  # without the role, which CloudTrail removes too
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


@pytest.mark.parametrize("administrator", [MANAGEMENT, ACCOUNT], indirect=True)
def test_an_account_that_may_not(organization):
    stranger = Account(organization.account.aws, "333333333333")
    failed = stranger.run("cloudtrail_trail", **SETTINGS)
    assert failed["msg"].startswith(f"Failed to create the trail {NAME}: ")
    assert failed["error"]["code"] == "NotOrganizationMasterAccountException" and organization.trail() is None


@pytest.mark.parametrize(("options", "said"), [
    ({"s3_bucket_name": None}, f"trail {NAME} does not exist: give the bucket of its log files, s3_bucket_name"),
    ({"name": "x"}, "trail name 'x': CloudTrail takes 3 to 128"),
    ({"account_id": "1"}, "account id '1' is not a string of 12 digits"),
    ({"cloudwatch_logs_log_group_arn": LOG_GROUP_ARN}, "CloudTrail needs both: give both or neither"),
    ({"s3_bucket_name": "nobody-has-this"}, f"Failed to create the trail {NAME}: "),
])
@pytest.mark.parametrize("administrator", [MANAGEMENT, None], indirect=True)
def test_bad_arguments(organization, options, said):
    failed = organization.run(**options)
    assert failed["failed"] and said in failed["msg"] and organization.trail() is None


def test_everything_is_removed(aws):
    """Settings that amazon.aws.cloudtrail can only set or change, in one call; all other settings stay."""
    alone = Alone(aws)
    account = alone.account
    policy = json.loads(account.client("s3").get_bucket_policy(Bucket=BUCKET)["Policy"].replace(f"{BUCKET}/{ACCOUNT}/", f"{BUCKET}/*/"))
    account.client("s3").put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy).replace("/*/AWSLogs", "/*AWSLogs"))
    account.make_log_group()
    account.make_role()
    topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:topic"
    account.client("sns").create_topic(Name="topic")
    account.client("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps({
        "Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": CLOUDTRAIL}, "Action": "sns:Publish", "Resource": topic}]}))
    key = account.make_key(policy=policies.key_policy(ACCOUNT, REGION, [{"account_id": ACCOUNT, "name": NAME}]))
    given = {
        "s3_key_prefix": ACCOUNT, "sns_topic_name": "topic", "kms_key_id": key,
        "cloudwatch_logs_log_group_arn": LOG_GROUP_ARN, "cloudwatch_logs_role_arn": ROLE_ARN}
    done = alone.run(**given)
    assert done["writes"] == ["cloudtrail:CreateTrail", "cloudtrail:StartLogging"], done
    before = alone.trail()
    removed = dict.fromkeys(given, "")
    plan = alone.run(check=True, **removed)
    assert plan["diff"] == {"before": given, "after": removed} and plan["writes"] == []
    assert alone.run(**removed)["writes"] == ["cloudtrail:UpdateTrail"]
    names = ("S3KeyPrefix", "SnsTopicName", "SnsTopicARN", "CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn", "KmsKeyId")
    after = alone.trail()
    assert [after.get(name) or "" for name in names] == [""] * 6
    assert {**after, **dict.fromkeys(names)} == {**before, **dict.fromkeys(names)}
    assert not alone.run(**removed)["changed"]


def test_recursive_logging_is_left_alone(aws):
    alone = Alone(aws)
    alone.run()
    cloudtrail = alone.account.client("cloudtrail")
    if "RecursiveLogging" not in cloudtrail.meta.service_model.operation_model("UpdateTrail").input_shape.members:
        pytest.skip("this botocore does not know it")
    cloudtrail.update_trail(Name=NAME, RecursiveLogging=False)
    assert alone.run(enable_log_file_validation=False)["changed"] and alone.trail()["RecursiveLogging"] is False


def test_a_trail_that_is_listed_later(aws, monkeypatch):
    """The module waits for it: a second run before that would create the trail again."""
    alone = Alone(aws)
    monkeypatch.setattr(aws, "windows", Windows(new_trail=3))
    done = alone.run()
    assert done["changed"] and done["calls"].count("cloudtrail:DescribeTrails") > 2 and not alone.run()["changed"]


def test_credentials_of_another_account(aws):
    """The trail is in the account of the credentials, and not in the one that is named."""
    alone = Alone(aws)
    failed = alone.run(account_id=MANAGEMENT)
    assert failed["msg"].startswith(f"Failed to create the trail {NAME}: CloudTrail has created {alone.arn}, because the credentials belong")
