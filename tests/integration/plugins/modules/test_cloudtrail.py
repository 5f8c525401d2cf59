# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules that write, and the one that reads them back: what they say, what they do, what they call."""

from __future__ import annotations

import json

import pytest
from helpers.aws.modules import ACCESS_LOGS, ACCOUNT, BUCKET, LOG_GROUP_ARN, OTHER, ROLE_ARN, TRAIL, TRAIL_ARN, Account, throttle

DEFAULT = {
    "read_write_type": "All",
    "include_management_events": True,
    "data_resources": [],
    "exclude_management_event_sources": [],
}
OBJECTS = {
    "read_write_type": "WriteOnly",
    "include_management_events": True,
    "data_resources": [{"type": "AWS::S3::Object", "values": ["arn:aws:s3:::a/", "arn:aws:s3:::b/"]}],
    "exclude_management_event_sources": ["kms.amazonaws.com"],
}
ADVANCED = [
    {"name": "management", "field_selectors": [{"field": "eventCategory", "equals": ["Management"]}]},
    {
        "name": "writes to objects",
        "field_selectors": [
            {"field": "eventCategory", "equals": ["Data"]},
            {"field": "readOnly", "equals": ["false"]},
            {"field": "resources.type", "equals": ["AWS::S3::Object"]},
        ],
    },
]
READS = ["cloudtrail:GetEventSelectors"]
WRITES = ["cloudtrail:PutEventSelectors"]
MODULES = {
    "cloudtrail_event_selectors": {"name": TRAIL, "event_selectors": [OBJECTS]},
    "cloudtrail_insight_selectors": {"name": TRAIL, "insight_types": ["ApiCallRateInsight"]},
    "cloudtrail_selectors_info": {"name": TRAIL},
    "cloudtrail_trail_settings": {"name": TRAIL, "unset": ["s3_key_prefix"]},
    "s3_bucket_logging": {"name": BUCKET, "target_bucket": "access-logs"},
}


@pytest.fixture(name="account")
def fixture_account(aws):
    """An account with a bucket and a trail."""
    account = Account(aws)
    account.make_bucket()
    account.make_bucket("access-logs", policy=ACCESS_LOGS)
    account.make_trail()
    return account


@pytest.fixture(name="powerless")
def fixture_powerless(account):
    """The same account, by way of a role that may do nothing."""
    iam = account.client("iam")
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
        ],
    }
    role = iam.create_role(RoleName="powerless", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    answer = account.client("sts").assume_role(RoleArn=role, RoleSessionName="powerless")
    return account.with_credentials(answer["Credentials"])


@pytest.fixture(name="throttled")
def fixture_throttled(monkeypatch):
    """See module_runs.throttle."""
    return throttle(monkeypatch)


def trail_of(account):
    return account.client("cloudtrail").get_trail(Name=TRAIL)["Trail"]


class TestEventSelectors:
    def run(self, account, **options):
        return account.run("cloudtrail_event_selectors", **{"name": TRAIL, **options})

    @pytest.mark.parametrize("name", [TRAIL, TRAIL_ARN])
    def test_basic(self, account, name):
        plan = self.run(account, check=True, name=name, event_selectors=[OBJECTS])
        assert plan["changed"]
        assert plan["calls"] == READS
        assert plan["diff"] == {
            "before": {"event_selectors": [DEFAULT], "advanced_event_selectors": []},
            "after": {"event_selectors": [OBJECTS], "advanced_event_selectors": []},
        }
        done = self.run(account, name=name, event_selectors=[OBJECTS])
        assert {**done, "calls": [], "writes": []} == {**plan, "calls": [], "writes": []}
        assert done["calls"] == READS + WRITES
        assert account.client("cloudtrail").get_event_selectors(TrailName=TRAIL)["EventSelectors"] == [
            {
                "ReadWriteType": "WriteOnly",
                "IncludeManagementEvents": True,
                "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::a/", "arn:aws:s3:::b/"]}],
                "ExcludeManagementEventSources": ["kms.amazonaws.com"],
            }
        ]
        again = self.run(account, name=name, event_selectors=[OBJECTS])
        assert not again["changed"]
        assert again["calls"] == READS
        assert again["event_selectors"] == [OBJECTS]
        assert again["diff"]["before"] == again["diff"]["after"]

    def test_advanced_replaces_basic_and_back(self, account):
        self.run(account, event_selectors=[OBJECTS])
        plan = self.run(account, check=True, advanced_event_selectors=ADVANCED)
        assert plan["changed"] and plan["writes"] == []
        done = self.run(account, advanced_event_selectors=ADVANCED)
        assert done["changed"] and done["writes"] == WRITES
        assert done["advanced_event_selectors"] == ADVANCED and done["event_selectors"] == []
        assert done["diff"]["before"] == {"event_selectors": [OBJECTS], "advanced_event_selectors": []}
        answer = account.client("cloudtrail").get_event_selectors(TrailName=TRAIL)
        assert [selector["Name"] for selector in answer["AdvancedEventSelectors"]] == [
            "management",
            "writes to objects",
        ]
        assert not answer.get("EventSelectors")
        again = self.run(account, advanced_event_selectors=ADVANCED)
        assert not again["changed"] and again["calls"] == READS
        back = self.run(account, event_selectors=[{}])
        assert back["changed"] and back["event_selectors"] == [DEFAULT] and back["advanced_event_selectors"] == []

    def test_order_without_meaning_is_no_change(self, account):
        self.run(account, advanced_event_selectors=ADVANCED)
        turned = [{**one, "field_selectors": one["field_selectors"][::-1]} for one in ADVANCED]
        assert not self.run(account, advanced_event_selectors=turned)["changed"]

    def test_absent(self, account):
        self.run(account, advanced_event_selectors=ADVANCED)
        plan = self.run(account, check=True, state="absent")
        assert plan["changed"] and plan["writes"] == []
        done = self.run(account, state="absent")
        assert done["changed"] and done["event_selectors"] == [DEFAULT] and done["advanced_event_selectors"] == []
        again = self.run(account, state="absent")
        assert not again["changed"] and again["calls"] == READS

    def test_a_missing_trail_in_check_mode_is_one_just_made(self, account):
        plan = self.run(account, check=True, name="missing", event_selectors=[OBJECTS])
        assert plan["changed"] and plan["diff"]["before"]["event_selectors"] == [DEFAULT]
        assert not self.run(account, check=True, name="missing", event_selectors=[{}])["changed"]
        assert not self.run(account, check=True, name="missing", state="absent")["changed"]

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({}, "state is present but any of the following are missing: event_selectors, advanced_event_selectors"),
            (
                {"event_selectors": [{}], "advanced_event_selectors": ADVANCED},
                "parameters are mutually exclusive: event_selectors|advanced_event_selectors",
            ),
            ({"event_selectors": []}, "an empty list of selectors"),
            ({"advanced_event_selectors": []}, "an empty list of selectors"),
            (
                {"advanced_event_selectors": [{"field_selectors": [{"field": "eventNam", "equals": ["x"]}]}]},
                "value of field must be one of: errorCode, ",
            ),
            (
                {"advanced_event_selectors": [{"field_selectors": [{"field": "readOnly", "equals": ["x"]}]}]},
                "advanced event selector number 1 does not say which events it is about: ",
            ),
            ({"event_selectors": [{"read_write": "All"}]}, "Unsupported parameters for "),
            ({"name": None, "event_selectors": [{}]}, "missing required arguments: name"),
        ],
    )
    def test_bad_arguments(self, account, options, words):
        arguments = {key: value for key, value in {"name": TRAIL, **options}.items() if value is not None}
        failed = account.run("cloudtrail_event_selectors", **arguments)
        assert failed["failed"] and failed["calls"] == []
        assert words in failed["msg"]

    @pytest.mark.parametrize(
        "options",
        [
            {"event_selectors": [{}] * 6},
            {"event_selectors": [{"exclude_management_event_sources": ["ec2.amazonaws.com"]}]},
            {
                "advanced_event_selectors": [
                    {
                        "field_selectors": [
                            {"field": "eventCategory", "equals": ["Management"]},
                            {"field": "vpcEndpointId", "equals": ["x"]},
                        ]
                    }
                ]
            },
        ],
    )
    def test_what_aws_refuses(self, account, options):
        failed = self.run(account, **options)
        assert failed["msg"].startswith(
            "Failed to set the event selectors of trail audit-logs: An error occurred (Invalid"
        )
        assert failed["error"]["code"] == "InvalidEventSelectorsException"


class TestInsightSelectors:
    READS = ["cloudtrail:GetInsightSelectors"]
    WRITES = ["cloudtrail:PutInsightSelectors"]

    def run(self, account, *types, **options):
        return account.run("cloudtrail_insight_selectors", **{"name": TRAIL, "insight_types": list(types), **options})

    def test_on_changed_and_off(self, account):
        plan = self.run(account, "ApiErrorRateInsight", check=True)
        assert plan["changed"] and plan["calls"] == self.READS
        assert plan["diff"] == {"before": {"insight_types": []}, "after": {"insight_types": ["ApiErrorRateInsight"]}}
        done = self.run(account, "ApiErrorRateInsight")
        assert done["changed"] and done["calls"] == self.READS + self.WRITES
        assert done["insight_types"] == ["ApiErrorRateInsight"]
        assert not self.run(account, "ApiErrorRateInsight")["changed"]

        more = self.run(account, "ApiErrorRateInsight", "ApiCallRateInsight", "ApiErrorRateInsight")
        assert more["changed"] and more["insight_types"] == ["ApiCallRateInsight", "ApiErrorRateInsight"]
        again = self.run(account, "ApiErrorRateInsight", "ApiCallRateInsight")
        assert not again["changed"] and again["calls"] == self.READS

        plan = self.run(account, check=True)
        assert plan["changed"] and plan["writes"] == []
        off = self.run(account)
        assert off["changed"] and off["insight_types"] == [] and off["writes"] == self.WRITES
        again = self.run(account)
        assert not again["changed"] and again["calls"] == self.READS

    def test_a_missing_trail_in_check_mode_is_one_just_made(self, account):
        assert self.run(account, "ApiCallRateInsight", check=True, name="missing")["changed"]
        assert not self.run(account, check=True, name="missing")["changed"]

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"name": TRAIL}, "missing required arguments: insight_types"),
            (
                {"name": TRAIL, "insight_types": ["Rates"]},
                "value of insight_types must be one or more of: ApiCallRateInsight",
            ),
        ],
    )
    def test_bad_arguments(self, account, options, words):
        failed = account.run("cloudtrail_insight_selectors", **options)
        assert failed["failed"] and failed["calls"] == []
        assert words in failed["msg"]


class TestSelectorsInfo:
    CALLS = ["cloudtrail:GetEventSelectors", "cloudtrail:GetInsightSelectors"]

    def test_of_a_new_trail(self, account):
        found = account.run("cloudtrail_selectors_info", name=TRAIL)
        assert not found["changed"] and found["calls"] == self.CALLS
        assert found["event_selectors"] == [DEFAULT]
        assert found["advanced_event_selectors"] == [] and found["insight_types"] == []

    @pytest.mark.parametrize("options", [{"event_selectors": [OBJECTS]}, {"advanced_event_selectors": ADVANCED}])
    def test_what_it_returns_can_be_set(self, account, options):
        account.run("cloudtrail_event_selectors", name=TRAIL, **options)
        account.run("cloudtrail_insight_selectors", name=TRAIL, insight_types=["ApiCallRateInsight"])
        found = account.run("cloudtrail_selectors_info", name=TRAIL_ARN, check=True)
        assert found["insight_types"] == ["ApiCallRateInsight"]
        (kind,) = options
        assert found[kind] == options[kind]
        assert not account.run("cloudtrail_event_selectors", name=TRAIL, **{kind: found[kind]})["changed"]


class TestTrailSettings:
    READS = ["cloudtrail:GetTrail"]
    WRITES = ["cloudtrail:UpdateTrail"]

    def run(self, account, **options):
        return account.run("cloudtrail_trail_settings", **{"name": TRAIL, **options})

    def test_take_everything_off(self, aws):
        account = Account(aws)
        account.make_bucket(trails=[{"account_id": ACCOUNT}, {"account_id": ACCOUNT, "prefix": ""}])
        account.make_log_group()
        account.make_role()
        account.client("sns").create_topic(Name="topic")
        account.client("sns").set_topic_attributes(
            TopicArn=f"arn:aws:sns:eu-west-1:{ACCOUNT}:topic",
            AttributeName="Policy",
            AttributeValue=json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "cloudtrail.amazonaws.com"},
                            "Action": "sns:Publish",
                            "Resource": f"arn:aws:sns:eu-west-1:{ACCOUNT}:topic",
                        }
                    ],
                }
            ),
        )
        account.make_trail(
            SnsTopicName="topic",
            KmsKeyId=account.make_key(),
            CloudWatchLogsLogGroupArn=LOG_GROUP_ARN,
            CloudWatchLogsRoleArn=ROLE_ARN,
        )
        unset = ["s3_key_prefix", "sns_topic_name", "cloudwatch_logs", "kms_key_id"]
        plan = self.run(account, check=True, unset=unset)
        assert plan["changed"] and plan["calls"] == self.READS
        assert plan["diff"]["before"] == {
            "s3_key_prefix": ACCOUNT,
            "sns_topic_name": "topic",
            "cloudwatch_logs": LOG_GROUP_ARN,
            "kms_key_id": trail_of(account)["KmsKeyId"],
        }
        assert plan["diff"]["after"] == plan["trail"] == dict.fromkeys(unset, "")
        done = self.run(account, unset=unset)
        assert done["changed"] and done["calls"] == self.READS + self.WRITES
        assert done["trail"] == plan["trail"]
        trail = trail_of(account)
        names = ["S3KeyPrefix", "SnsTopicName", "CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn", "KmsKeyId"]
        assert [trail.get(name) or "" for name in names] == [""] * 5
        again = self.run(account, unset=unset)
        assert not again["changed"] and again["calls"] == self.READS

    def test_the_rest_stays(self, account):
        account.client("cloudtrail").update_trail(Name=TRAIL, IsMultiRegionTrail=True, EnableLogFileValidation=True)
        account.client("s3").put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(_both_prefixes()))
        before = trail_of(account)
        assert self.run(account, unset=["s3_key_prefix", "kms_key_id"])["changed"]
        assert {**before, "S3KeyPrefix": ""} == {"S3KeyPrefix": "", **trail_of(account)}

    def test_organization_trail(self, aws):
        management = Account(aws, None)
        management.account_id = management.client("sts").get_caller_identity()["Account"]
        organizations = management.client("organizations")
        organizations.enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
        organization = organizations.describe_organization()["Organization"]["Id"]
        management.make_bucket(trails=[{"account_id": management.account_id, "organization_id": organization}])
        management.make_trail(IsMultiRegionTrail=True)
        assert not self.run(management, is_organization_trail=False)["changed"]
        plan = self.run(management, check=True, is_organization_trail=True)
        assert plan["changed"] and plan["writes"] == []
        assert plan["diff"] == {"before": {"is_organization_trail": False}, "after": {"is_organization_trail": True}}
        assert self.run(management, is_organization_trail=True)["changed"]
        assert trail_of(management)["IsOrganizationTrail"] is True
        again = self.run(management, is_organization_trail=True)
        assert not again["changed"] and again["calls"] == self.READS
        assert self.run(management, is_organization_trail=False)["changed"]
        assert trail_of(management)["IsOrganizationTrail"] is False

    def test_organization_trail_in_a_member(self, account):
        failed = self.run(account, is_organization_trail=True)
        assert failed["msg"].startswith("Failed to set the settings of trail audit-logs: An error occurred (")
        assert "Organization" in failed["error"]["code"]

    def test_nothing_asked_for(self, account):
        found = self.run(account)
        assert not found["changed"] and found["writes"] == [] and found["trail"] == {}

    def test_a_missing_trail_in_check_mode_is_one_just_made(self, account):
        assert not self.run(account, check=True, name="missing", unset=["kms_key_id"])["changed"]
        assert self.run(account, check=True, name="missing", is_organization_trail=True)["changed"]

    def test_bad_arguments(self, account):
        failed = self.run(account, unset=["tags"])
        assert failed["calls"] == []
        assert "value of unset must be one or more of: s3_key_prefix, " in failed["msg"]


class TestBucketLogging:
    READS = ["s3:GetBucketLogging"]
    WRITES = ["s3:PutBucketLogging"]

    @pytest.fixture(name="target")
    def fixture_target(self):
        return {"name": BUCKET, "target_bucket": "access-logs", "target_prefix": "x/"}

    def test_on_changed_and_off(self, account, target):
        wanted = {"target_bucket": "access-logs", "target_prefix": "x/"}
        plan = account.run("s3_bucket_logging", check=True, **target)
        assert plan["changed"] and plan["calls"] == self.READS
        assert plan["diff"] == {"before": {}, "after": wanted}
        done = account.run("s3_bucket_logging", **target)
        assert done["changed"] and done["calls"] == self.READS + self.WRITES and done["logging"] == wanted
        again = account.run("s3_bucket_logging", **target)
        assert not again["changed"] and again["calls"] == self.READS
        other = account.run("s3_bucket_logging", **{**target, "target_prefix": "y/"})
        assert other["changed"] and other["diff"]["before"] == wanted
        enabled = account.client("s3").get_bucket_logging(Bucket=BUCKET)["LoggingEnabled"]
        assert (enabled["TargetBucket"], enabled["TargetPrefix"]) == ("access-logs", "y/")
        assert account.run("s3_bucket_logging", check=True, name=BUCKET, target_bucket="")["writes"] == []
        off = account.run("s3_bucket_logging", name=BUCKET, target_bucket="")
        assert off["changed"] and off["logging"] == {}
        assert "LoggingEnabled" not in account.client("s3").get_bucket_logging(Bucket=BUCKET)
        again = account.run("s3_bucket_logging", name=BUCKET, target_bucket="")
        assert not again["changed"] and again["calls"] == self.READS

    def test_without_prefix(self, account, target):
        del target["target_prefix"]
        assert account.run("s3_bucket_logging", **target)["changed"]
        assert not account.run("s3_bucket_logging", **target)["changed"]

    def test_a_missing_bucket(self, account, target):
        target["name"] = "missing-bucket"
        assert account.run("s3_bucket_logging", check=True, **target)["changed"]
        failed = account.run("s3_bucket_logging", **target)
        assert failed["error"]["code"] == "NoSuchBucket"
        assert failed["msg"].startswith("There is no bucket missing-bucket in eu-west-1: create it first: ")

    def test_a_bucket_of_another_account(self, account, aws, target):
        Account(aws, OTHER).make_bucket("other-bucket")
        failed = account.run("s3_bucket_logging", **{**target, "name": "other-bucket"})
        assert failed["error"]["code"] == "AccessDenied" and failed["writes"] == []

    def test_bad_arguments(self, account):
        assert "missing required arguments: target_bucket" in account.run("s3_bucket_logging", name=BUCKET)["msg"]


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("cloudtrail")])
def test_a_missing_trail(account, module):
    failed = account.run(module, **{**MODULES[module], "name": "missing"})
    assert failed["failed"] and failed["writes"] == []
    assert failed["msg"].startswith("There is no trail missing in eu-west-1")
    assert failed["error"]["code"] == "TrailNotFoundException"


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("check", [False, True])
def test_access_denied(powerless, module, check):
    failed = powerless.run(module, check=check, **MODULES[module])
    assert failed["failed"] and failed["writes"] == []
    assert failed["error"]["code"] in ("AccessDenied", "AccessDeniedException")
    assert failed["msg"].startswith("Failed to ")
    assert "exception" not in failed["msg"].splitlines()[0].lower().replace("accessdeniedexception", "")


@pytest.mark.parametrize("module", MODULES)
def test_throttling_is_waited_out(account, throttled, module):
    operations = ["GetEventSelectors", "GetInsightSelectors", "GetTrail", "GetBucketLogging"]
    operations += ["PutEventSelectors", "PutInsightSelectors", "UpdateTrail", "PutBucketLogging"]
    throttled.left.update(dict.fromkeys(operations, 4))  # botocore itself gives up after three
    options = MODULES[module]
    if module == "cloudtrail_trail_settings":
        account.client("s3").put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(_both_prefixes()))
        throttled.tried.clear()
    done = account.run(module, **options)
    assert "failed" not in done, done["msg"]
    assert throttled.tried[:5] == [throttled.tried[0]] * 5
    assert done["changed"] is (module != "cloudtrail_selectors_info")


def test_throttling_without_end(account, throttled):
    throttled.left["GetEventSelectors"] = 1000
    failed = account.run("cloudtrail_selectors_info", name=TRAIL)
    assert failed["error"]["code"] == "ThrottlingException"
    assert failed["msg"].startswith("Failed to get the selectors of trail audit-logs: ")
    assert 20 < len(throttled.tried) <= 50  # ten of ours times five of botocore's


@pytest.mark.parametrize("module", MODULES)
def test_secrets_stay_out_of_the_result(account, module):
    for options in (MODULES[module], {**MODULES[module], "name": "missing"}):
        text = json.dumps(account.run(module, **options))
        assert account.credentials.secret_key not in text
        assert account.credentials.token not in text


def _both_prefixes():
    from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import policies

    trails = [{"account_id": ACCOUNT}, {"account_id": ACCOUNT, "prefix": ""}]
    return policies.bucket_policy(BUCKET, "eu-west-1", trails)
