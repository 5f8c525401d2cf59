# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of an account: nothing missed, nothing invented, nothing changed."""

from __future__ import annotations

import copy
import json
from types import SimpleNamespace
from unittest import mock

from botocore.endpoint import Endpoint
from botocore.exceptions import ConnectTimeoutError
from clouds.aws import mends
from clouds.aws.accounts import MANAGEMENT_ACCOUNT as MANAGEMENT
from clouds.aws.errors import AwsError
import pytest
from clouds.aws import mends
from clouds.aws.errors import AwsError
from helpers.aws.modules import (
    ACCESS_LOGS,
    ACCOUNT,
    ALIAS,
    BUCKET,
    LOG_GROUP,
    LOG_GROUP_ARN,
    OTHER,
    DEPLOYMENT,
    OURS,
    REGION,
    ROLE,
    ROLE_ARN,
    TRAIL,
    TRAIL_ARN,
    TRUST,
    WRITE_EVENTS,
    Account,
    throttle,
)

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import policies

TRAILS = [{"account_id": ACCOUNT}]
POLICY = policies.bucket_policy(BUCKET, REGION, TRAILS)
MORE_TRAILS = [*TRAILS, {"account_id": "999999999999"}]
SMALLER = {"Version": "2012-10-17", "Statement": POLICY["Statement"][:1]}
ALL_BLOCKED = dict.fromkeys(
    ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"], True
)
DEFAULT_SELECTOR = {"read_write_type": "All", "include_management_events": True, "data_resources": []}
ADVANCED = [{"name": "all", "field_selectors": [{"field": "eventCategory", "equals": ["Management"]}]}]
# What the account of the fixture "converged" was set up with.
ASKED = {
    "kms_key": {
        "alias": ALIAS,
        "policy": policies.key_policy(ACCOUNT, REGION, TRAILS),
        "enable_key_rotation": True,
        "tags": OURS,
    },
    "s3_bucket": {
        "name": BUCKET,
        "policy": POLICY,
        "versioning": True,
        "encryption": "aws:kms",
        "public_access": ALL_BLOCKED,
        "object_ownership": "BucketOwnerEnforced",
        "object_lock_enabled": True,
        "object_lock_default_retention": {"mode": "GOVERNANCE", "days": 30},
        "lifecycle": {
            "transition_days": 90,
            "storage_class": "GLACIER",
            "minimum_object_size": 1,
            "expiration_days": 400,
            "noncurrent_version_expiration_days": 400,
        },
        "logging": {"target_bucket": "access-logs", "target_prefix": "x/"},
        "tags": OURS,
    },
    "log_group": {"name": LOG_GROUP, "retention": 731, "tags": OURS},
    "iam_role": {
        "name": ROLE,
        "assume_role_policy_document": TRUST,
        "policy_name": "write",
        "policy": WRITE_EVENTS,
        "description": "CloudTrail writes",
        "tags": OURS,
    },
    "trail": {
        "name": TRAIL,
        "s3_bucket_name": BUCKET,
        "s3_key_prefix": ACCOUNT,
        "sns_topic_name": "",
        "is_multi_region_trail": True,
        "is_organization_trail": False,
        "include_global_events": True,
        "enable_log_file_validation": True,
        "enable_logging": True,
        "cloudwatch_logs_log_group_arn": LOG_GROUP_ARN,
        "cloudwatch_logs_role_arn": ROLE_ARN,
        "tags": OURS,
    },
}
SELECTORS = {"event_selectors": [{**DEFAULT_SELECTOR}], "insight_types": ["ApiErrorRateInsight", "ApiCallRateInsight"]}
TITLES = {
    "kms_key": f"kms key {ALIAS}",
    "s3_bucket": f"s3 bucket {BUCKET}",
    "log_group": f"log group {LOG_GROUP}",
    "iam_role": f"iam role {ROLE}",
    "trail": f"trail {TRAIL}",
}
CALLS = {
    "kms_key": ["kms:DescribeKey", "kms:GetKeyPolicy", "kms:ListResourceTags", "kms:GetKeyRotationStatus"],
    "s3_bucket": [
        "s3:HeadBucket",
        "s3:GetBucketEncryption",
        "s3:GetBucketLifecycleConfiguration",
        "s3:GetBucketLogging",
        "s3:GetObjectLockConfiguration",
        "s3:GetBucketOwnershipControls",
        "s3:GetBucketPolicy",
        "s3:GetPublicAccessBlock",
        "s3:GetBucketTagging",
        "s3:GetBucketVersioning",
    ],
    "log_group": ["logs:DescribeLogGroups", "logs:ListTagsLogGroup"],
    "iam_role": ["iam:GetRole", "iam:GetRolePolicy"],
    "trail": ["cloudtrail:DescribeTrails", "cloudtrail:ListTags", "cloudtrail:GetTrailStatus"],
}


def asked(**resources):
    """Options for everything in ASKED with some settings replaced; for some resources only, if they are given."""
    wanted = copy.deepcopy(ASKED)
    for name, settings in resources.items():
        wanted[name].update(settings)
    return {"account_id": ACCOUNT, "deployment": DEPLOYMENT, **{name: wanted[name] for name in resources or wanted}}


def plan(account, **options):
    if options.get("state") == "absent":
        options.setdefault("deployment", DEPLOYMENT)
    return account.run("aws_plan", **options)


def build(account):
    """Make everything in ASKED and SELECTORS, with boto3."""
    kms_arn = account.make_key()
    account.make_bucket("access-logs", policy=ACCESS_LOGS)
    account.make_bucket(lock=True, tags={**OURS, "team": "x"})
    s3 = account.client("s3")
    s3.put_bucket_encryption(
        Bucket=BUCKET,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": kms_arn}}]
        },
    )
    s3.put_public_access_block(
        Bucket=BUCKET,
        PublicAccessBlockConfiguration={
            name: True for name in ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"]
        },
    )
    s3.put_object_lock_configuration(
        Bucket=BUCKET,
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 30}},
        },
    )
    somebody = {"ID": "somebody's", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 1}}
    ours = {
        "ID": "crossaccount.audit_logs",
        "Status": "Enabled",
        "Filter": {"And": {"Prefix": "", "ObjectSizeGreaterThan": 1}},
        "Transitions": [{"Days": 90, "StorageClass": "GLACIER"}],
        "Expiration": {"Days": 400},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 400},
    }
    s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": [somebody, ours]})
    s3.put_bucket_logging(
        Bucket=BUCKET, BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": "access-logs", "TargetPrefix": "x/"}}
    )
    account.make_log_group()
    account.make_role()
    account.make_trail(
        tags={**OURS, "team": "x"},
        KmsKeyId=kms_arn,
        IsMultiRegionTrail=True,
        EnableLogFileValidation=True,
        CloudWatchLogsLogGroupArn=LOG_GROUP_ARN,
        CloudWatchLogsRoleArn=ROLE_ARN,
    )
    account.client("cloudtrail").put_insight_selectors(
        TrailName=TRAIL,
        InsightSelectors=[{"InsightType": "ApiCallRateInsight"}, {"InsightType": "ApiErrorRateInsight"}],
    )
    return account


@pytest.fixture(name="account")
def fixture_account(aws):
    """An empty account."""
    return Account(aws)


@pytest.fixture(scope="class", name="converged")
def fixture_converged(aws_server):
    """An account that is as ASKED; for tests that only read."""
    aws_server.reset()
    return build(Account(aws_server))


@pytest.mark.parametrize("state", ["present", "verified"])
@pytest.mark.parametrize("wanted", [None, True])
def test_the_key_allows_decrypt_if_the_bucket_has_a_bucket_key(account, wanted, state):
    """The key of the deployment is changed; for a key of somebody else, the plan stops."""
    arn = account.make_key()
    account.make_bucket(tags=OURS)
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": arn}
    rules = [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": not wanted}]
    account.client("s3").put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": rules})
    options = {"account_id": ACCOUNT, "deployment": DEPLOYMENT, "trails": TRAILS, "state": state}
    its_bucket = {"name": BUCKET, "encryption": "aws:kms", "bucket_key_enabled": wanted, "tags": OURS}
    found = plan(account, s3_bucket=its_bucket, kms_key=ASKED["kms_key"], **options)
    assert found["kms_key"]["changes"] == ["policy"] and found["s3_bucket"]["bucket_key_enabled"] is True
    assert found["s3_bucket"]["changes"] == (["bucket_key_enabled"] if wanted else [])
    assert found["kms_key"]["after"]["policy"]["Statement"] == policies.with_decrypt(ASKED["kms_key"]["policy"])["Statement"]
    said = plan(account, s3_bucket={**its_bucket, "encryption_key_id": arn}, **options)
    text = said["msg"] if state == "present" else " ".join(said["undeliverable"].get(ACCOUNT, []))
    assert ("kms:Decrypt" in text) is (state == "present" or not wanted)


def test_an_organization_trail_that_cannot_be_created_is_refused(aws, monkeypatch):
    """Before anything is changed, and with what to do."""
    settings = {"name": TRAIL, "s3_bucket_name": BUCKET, "is_organization_trail": True, "tags": OURS}

    def said(account_id, **more):
        options = {"account_id": account_id, "deployment": DEPLOYMENT, "trail": {**settings, "owner_id": MANAGEMENT, **more}}
        return plan(Account(aws, None if account_id == MANAGEMENT else account_id), **options)

    member = said(ACCOUNT)
    assert f"account {ACCOUNT} may not call organizations:DescribeOrganization" in member["msg"]
    assert "let the management account have the trail (audit_logs_aws_trail_account_id), or register this account" in member["msg"]
    aws.session().client("organizations").register_delegated_administrator(
        AccountId=ACCOUNT, ServicePrincipal="guardduty.amazonaws.com")
    member = said(ACCOUNT)
    assert f"account {ACCOUNT} is neither the management account {MANAGEMENT} nor a delegated administrator of CloudTrail" in member["msg"]
    assert f"aws cloudtrail register-organization-delegated-admin --member-account-id {ACCOUNT}" in member["msg"]
    registered = said(ACCOUNT, administrator_is_new=True)  # by this run, and Organizations may not know it yet
    assert registered["trail"]["changes"] == ["create"] and registered["calls"][-1] == "organizations:DescribeOrganization"
    wrong = plan(Account(aws, ACCOUNT), account_id=ACCOUNT, deployment=DEPLOYMENT, trail=settings)
    assert "the management account of organization o-" in wrong["msg"] and f"is {MANAGEMENT}, not {ACCOUNT}" in wrong["msg"]
    assert "does not trust CloudTrail: run 'aws organizations enable-aws-service-access --service-principal" in said(MANAGEMENT)["msg"]
    aws.session().client("organizations").enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
    assert said(MANAGEMENT)["trail"]["changes"] == ["create"]
    denied = mock.Mock(side_effect=AwsError("AccessDeniedException", "not allowed"))
    monkeypatch.setitem(mends.BEFORE, ("organizations", "ListAWSServiceAccessForOrganization"), [denied])
    assert "may not call organizations:DescribeOrganization" in said(MANAGEMENT)["msg"]


class TestConverged:
    def test_nothing_to_do(self, converged):
        found = plan(converged, **asked(), **SELECTORS)
        assert found["changed"] is False
        assert found["changes"] == [] and found["retained"] == [] and found["diff"] == []
        for name in ASKED:
            expected = {"exists": True, "changes": [], "before": {}, "after": {}}
            assert {key: found[name][key] for key in expected} == expected
        assert found["s3_bucket"]["mfa_delete"] is False
        assert found["kms_key"]["arn"].startswith(f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/")
        assert found["log_group"]["arn"] == LOG_GROUP_ARN and found["iam_role"]["arn"] == ROLE_ARN
        assert found["calls"] == [
            *CALLS["s3_bucket"], *CALLS["kms_key"], *CALLS["log_group"], *CALLS["iam_role"], *CALLS["trail"],
            "cloudtrail:GetEventSelectors", "cloudtrail:GetInsightSelectors",
        ]  # fmt: skip

    @pytest.mark.parametrize("resource", ASKED)
    def test_one_resource_costs_its_own_calls(self, converged, resource):
        found = plan(converged, check=True, **asked(**{resource: {}}))
        assert found["calls"] == CALLS[resource]
        assert set(ASKED) & set(found) == {resource}

    @pytest.mark.parametrize(
        ("resource", "calls"),
        [
            ({"kms_key": {"alias": ALIAS}}, CALLS["kms_key"][:1]),
            ({"s3_bucket": {"name": BUCKET}}, CALLS["s3_bucket"][:1]),
            ({"log_group": {"name": LOG_GROUP}}, CALLS["log_group"][:1]),
            ({"iam_role": {"name": ROLE}}, CALLS["iam_role"][:1]),
            ({"trail": {"name": TRAIL}}, [call for call in CALLS["trail"] if call != "cloudtrail:ListTags"]),
        ],
    )
    def test_settings_that_are_not_given_are_left_alone(self, converged, resource, calls):
        found = plan(converged, account_id=ACCOUNT, **resource)
        assert found["changed"] is False
        assert found["calls"] == calls

    @pytest.mark.parametrize(
        ("resource", "setting", "value", "before"),
        [
            ("kms_key", "policy", policies.key_policy(ACCOUNT, REGION, MORE_TRAILS), ASKED["kms_key"]["policy"]),
            ("kms_key", "enable_key_rotation", False, True),
            ("kms_key", "tags", {**OURS, "new": "1"}, OURS),
            ("s3_bucket", "policy", policies.bucket_policy(BUCKET, REGION, MORE_TRAILS), POLICY),
            ("s3_bucket", "versioning", False, True),
            ("s3_bucket", "encryption_key_id", "arn:aws:kms:eu-west-1:1:key/x", None),
            ("s3_bucket", "public_access", {**ALL_BLOCKED, "ignore_public_acls": False}, ALL_BLOCKED),
            ("s3_bucket", "object_ownership", "ObjectWriter", "BucketOwnerEnforced"),
            (
                "s3_bucket",
                "object_lock_default_retention",
                {"mode": "GOVERNANCE", "days": 31},
                {"mode": "GOVERNANCE", "days": 30},
            ),
            (
                "s3_bucket",
                "object_lock_default_retention",
                {"mode": "COMPLIANCE", "days": 30},
                {"mode": "GOVERNANCE", "days": 30},
            ),
            ("s3_bucket", "lifecycle", {}, ASKED["s3_bucket"]["lifecycle"]),
            ("s3_bucket", "lifecycle", {"expiration_days": 400}, ASKED["s3_bucket"]["lifecycle"]),
            ("s3_bucket", "logging", {}, ASKED["s3_bucket"]["logging"]),
            ("s3_bucket", "logging", {"target_bucket": "access-logs"}, ASKED["s3_bucket"]["logging"]),
            ("s3_bucket", "tags", {**OURS, "team": "y"}, {**OURS, "team": "x"}),
            ("log_group", "retention", 1827, 731),
            ("log_group", "tags", {**OURS, "new": "1"}, OURS),
            ("iam_role", "assume_role_policy_document", {**TRUST, "Statement": []}, TRUST),
            ("iam_role", "policy", {**WRITE_EVENTS, "Statement": []}, WRITE_EVENTS),
            ("iam_role", "description", "other", "CloudTrail writes"),
            ("iam_role", "tags", {**OURS, "a": "b"}, OURS),
            ("trail", "s3_bucket_name", "other-bucket", BUCKET),
            ("trail", "s3_key_prefix", "", ACCOUNT),
            ("trail", "sns_topic_name", "topic", None),
            ("trail", "is_multi_region_trail", False, True),
            ("trail", "include_global_events", False, True),
            ("trail", "enable_log_file_validation", False, True),
            ("trail", "enable_logging", False, True),
            ("trail", "cloudwatch_logs_log_group_arn", "", LOG_GROUP_ARN),
            ("trail", "cloudwatch_logs_role_arn", f"{ROLE_ARN}2", ROLE_ARN),
            ("trail", "kms_key_id", "", None),
            ("trail", "tags", {**OURS, "team": "y"}, {**OURS, "team": "x"}),
        ],
    )
    def test_one_setting_differs(self, converged, resource, setting, value, before):
        found = plan(converged, **asked(**{resource: {setting: value}}))
        if setting in ("encryption_key_id", "kms_key_id"):
            before = plan(converged, **asked(kms_key={}))["kms_key"]["arn"]
        if setting == "logging" and value:
            value = {**value, "target_prefix": ""}
        assert found["changed"] is True
        assert found["changes"] == [f"{TITLES[resource]}: {setting}"]
        assert found[resource]["changes"] == [setting]
        assert found["diff"] == [
            {
                "before_header": TITLES[resource],
                "after_header": f"{TITLES[resource]} ({setting})",
                "before": {setting: before},
                "after": {setting: value},
            }
        ]
        assert found["calls"] == CALLS[resource]

    @pytest.mark.parametrize(
        ("options", "changes", "before"),
        [
            ({"event_selectors": [{"read_write_type": "ReadOnly"}]}, ["event_selectors"], [DEFAULT_SELECTOR]),
            (
                {"advanced_event_selectors": ADVANCED},
                ["event_selectors", "advanced_event_selectors"],
                [DEFAULT_SELECTOR],
            ),
            ({"insight_types": []}, ["insight_types"], ["ApiCallRateInsight", "ApiErrorRateInsight"]),
            (
                {"insight_types": ["ApiCallRateInsight"]},
                ["insight_types"],
                ["ApiCallRateInsight", "ApiErrorRateInsight"],
            ),
            ({"insight_types": ["ApiCallRateInsight", "ApiErrorRateInsight", "ApiCallRateInsight"]}, [], None),
            ({"event_selectors": [{}]}, [], None),
        ],
    )
    def test_selectors(self, converged, options, changes, before):
        found = plan(converged, **asked(trail={}), **options)
        assert found["trail"]["changes"] == changes
        if changes:
            shown = found["diff"][0]["before"][changes[0]]
            if changes[0] == "event_selectors":
                shown = [{key: one[key] for key in DEFAULT_SELECTOR} for one in shown]
            assert shown == before
            assert found["changes"] == [f"trail {TRAIL}: {', '.join(changes)}"]

    def test_other_words_for_the_same_policy_are_no_change(self, converged):
        turned = {"Statement": POLICY["Statement"][::-1], "Version": POLICY["Version"]}
        assert plan(converged, **asked(s3_bucket={"policy": json.dumps(turned, indent=2)}))["changed"] is False

    @pytest.mark.parametrize(
        "settings",
        [
            {"object_lock_default_retention": {"mode": "GOVERNANCE", "days": 30}},
            {"encryption": "aws:kms"},
            {"logging": {"target_bucket": "access-logs", "target_prefix": "x/"}},
        ],
    )
    def test_a_setting_alone_is_read(self, converged, settings):
        assert plan(converged, s3_bucket={"name": BUCKET, **settings})["changed"] is False

    def test_the_key_of_the_bucket_alone_is_read(self, converged):
        arn = plan(converged, **asked(kms_key={}))["kms_key"]["arn"]
        assert plan(converged, s3_bucket={"name": BUCKET, "encryption_key_id": arn})["changed"] is False

    def test_several_resources_differ(self, converged):
        found = plan(converged, check=True, **asked(log_group={"retention": 1827}, trail={"enable_logging": False}))
        assert found["changes"] == [f"log group {LOG_GROUP}: retention", f"trail {TRAIL}: enable_logging"]
        assert len(found["diff"]) == 2

    def test_object_lock_cannot_be_switched(self, converged):
        failed = plan(converged, **asked(s3_bucket={"object_lock_enabled": False}))
        assert failed["failed"] and "\n" not in failed["msg"]
        assert failed["msg"].startswith(f"bucket {BUCKET} exists with object lock on. ")

    def test_the_key_of_a_log_group_cannot_be_changed(self, converged):
        failed = plan(converged, **asked(log_group={"kms_key_id": "arn:aws:kms:eu-west-1:1:key/x"}))
        assert failed["msg"].startswith(
            f"log group {LOG_GROUP} exists with no KMS key, and this run cannot change the key: "
        )

    def test_a_bucket_in_another_region(self, converged):
        converged.make_bucket("far-away", region="us-east-1")
        failed = plan(converged, **asked(s3_bucket={"name": "far-away"}))
        assert failed["msg"] == (
            "bucket far-away is in us-east-1, not in eu-west-1: give its region, or choose another name"
        )

    def test_a_bucket_of_another_account(self, converged):
        Account(converged.aws, OTHER).make_bucket("not-ours")
        failed = plan(converged, **asked(s3_bucket={"name": "not-ours"}))
        assert failed["msg"].startswith("bucket not-ours: S3 denied access to it. If another account owns the bucket")

    def test_a_name_that_begins_another_name(self, converged):
        assert plan(converged, log_group={"name": LOG_GROUP[:-1]})["changes"] == [f"log group {LOG_GROUP[:-1]}: create"]

    def test_absent_is_what_it_would_delete(self, converged):
        found = plan(converged, state="absent", delete_logs=True, **asked())
        assert found["changes"] == [
            f"trail {TRAIL}: delete", f"iam role {ROLE}: delete", f"log group {LOG_GROUP}: delete"
        ]  # fmt: skip
        assert found["retained"] == [f"s3 bucket {BUCKET}: it has object lock", f"kms key {ALIAS}: its bucket is retained"]
        assert found["writes"] == []


class TestEmpty:
    def test_everything_is_to_make(self, account):
        found = plan(account, check=True, **asked(), **SELECTORS)
        assert found["changes"] == [f"{TITLES[name]}: create" for name in ASKED]
        assert found["writes"] == []
        for name, options in ASKED.items():
            assert found[name]["exists"] is False and found[name]["before"] == {}
            for setting, value in options.items():
                if setting not in ("name", "alias", "policy_name") and value != "":
                    assert found[name]["after"][setting] == value, (name, setting)
        assert found["kms_key"]["arn"] == "(known when it is created)"
        assert found["log_group"]["arn"] == LOG_GROUP_ARN and found["iam_role"]["arn"] == ROLE_ARN
        assert found["s3_bucket"]["after"]["encryption_key_id"] == "(known when it is created)"
        assert found["calls"] == [
            "s3:HeadBucket", "kms:DescribeKey", "logs:DescribeLogGroups", "iam:GetRole", "cloudtrail:DescribeTrails"
        ]  # fmt: skip

    def test_nothing_to_delete(self, account):
        found = plan(account, state="absent", delete_logs=True, **asked())
        assert found["changed"] is False and found["retained"] == []
        assert all(found[name]["exists"] is False for name in ASKED)
        assert "arn" not in found["log_group"] and "arn" not in found["iam_role"]

    def test_without_an_account_there_are_no_arns(self, account):
        found = account.run("aws_plan", log_group={"name": LOG_GROUP}, iam_role={"name": ROLE})
        assert "arn" not in found["log_group"] and "arn" not in found["iam_role"]

    def test_nothing_asked_for(self, account):
        found = plan(account)
        assert found["changed"] is False and found["calls"] == []

    def test_a_bucket_with_nothing_set(self, account):
        account.client("s3").create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}, ObjectOwnership="ObjectWriter"
        )
        account.client("s3").delete_public_access_block(Bucket=BUCKET)
        settings = {key: value for key, value in ASKED["s3_bucket"].items() if not key.startswith("object_lock")}
        found = plan(account, s3_bucket=settings)
        assert found["s3_bucket"]["changes"] == [name for name in settings if name != "name"]
        assert found["s3_bucket"]["before"]["policy"] is None
        assert found["s3_bucket"]["before"]["versioning"] is False
        nothing = {"name": BUCKET, "policy": "", "versioning": False, "lifecycle": {}, "logging": {}}
        assert plan(account, s3_bucket=nothing)["changes"] == []
        failed = plan(account, s3_bucket={"name": BUCKET, "object_lock_enabled": True})
        assert failed["msg"].startswith(f"bucket {BUCKET} exists with object lock off. ")

    def test_a_role_without_its_inline_policy(self, account):
        account.make_role()
        account.client("iam").delete_role_policy(RoleName=ROLE, PolicyName="write")
        found = plan(account, **asked(iam_role={}))
        assert found["changes"] == [f"iam role {ROLE}: policy"]
        assert found["diff"][0]["before"] == {"policy": None}

    def test_a_log_group_that_keeps_everything(self, account):
        account.client("logs").create_log_group(logGroupName=LOG_GROUP, tags=OURS)
        found = plan(account, **asked(log_group={}))
        assert found["changes"] == [f"log group {LOG_GROUP}: retention"]
        assert found["diff"][0]["before"] == {"retention": None}

    def test_a_key_that_waits_for_its_deletion(self, account):
        arn = account.make_key()
        account.client("kms").schedule_key_deletion(KeyId=arn)
        found = plan(account, **asked(kms_key={"enable_key_rotation": None}))
        assert found["kms_key"]["changes"] == ["enabled"]
        gone = plan(account, state="absent", **asked(kms_key={}))
        assert gone["changed"] is False and gone["retained"] == []

    def test_a_key_that_got_no_alias(self, account):
        """As a run leaves it that was killed; but no key of another bucket, or that waits for its deletion."""
        kms = account.client("kms")

        def make(**tags):
            tags = [{"TagKey": key, "TagValue": value} for key, value in {**OURS, **tags}.items()]
            return kms.create_key(Tags=tags)["KeyMetadata"]["Arn"]

        make(bucket="other")
        kms.schedule_key_deletion(KeyId=make(bucket=BUCKET))
        options = asked(kms_key={"tags": {**OURS, "bucket": BUCKET}, "enable_key_rotation": None, "policy": None})
        assert plan(account, **options)["kms_key"]["changes"] == ["create"]
        kms.create_alias(AliasName="alias/other", TargetKeyId=make(bucket=BUCKET))
        assert plan(account, **options)["kms_key"]["changes"] == ["create"]
        arn = make(bucket=BUCKET)
        found = plan(account, **options)["kms_key"]
        assert (found["changes"], found["arn"], found["before"]) == (["alias"], arn, {"alias": None})

    def test_an_alias_needs_no_prefix(self, account):
        account.make_key()
        found = plan(account, kms_key={"alias": BUCKET, "enable_key_rotation": True})
        assert found["kms_key"]["exists"] is True and found["changes"] == []

    def test_a_topic_by_name_or_arn(self, account):
        account.make_bucket()
        arn = account.client("sns").create_topic(Name="topic")["TopicArn"]
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "cloudtrail.amazonaws.com"},
                    "Action": "sns:Publish",
                    "Resource": arn,
                }
            ],
        }
        account.client("sns").set_topic_attributes(
            TopicArn=arn, AttributeName="Policy", AttributeValue=json.dumps(policy)
        )
        account.make_trail(SnsTopicName="topic")
        for name in ("topic", arn):
            assert plan(account, account_id=ACCOUNT, trail={"name": TRAIL, "sns_topic_name": name})["changed"] is False
        for name in ("other", f"{arn}2"):
            found = plan(account, account_id=ACCOUNT, trail={"name": TRAIL, "sns_topic_name": name})
            assert found["trail"]["changes"] == ["sns_topic_name"]

    def test_a_stopped_trail(self, account):
        account.make_bucket()
        account.make_trail()
        account.client("cloudtrail").stop_logging(Name=TRAIL)
        found = plan(account, account_id=ACCOUNT, trail={"name": TRAIL, "enable_logging": True})
        assert found["trail"]["changes"] == ["enable_logging"]

    @pytest.mark.parametrize("state", ["present", "absent"])
    def test_the_trail_of_another_region_with_the_same_name(self, account, state):
        account.make_bucket(trails=[{"account_id": ACCOUNT, "region": "us-east-1"}])
        account.client("cloudtrail", "us-east-1").create_trail(
            Name=TRAIL, S3BucketName=BUCKET, S3KeyPrefix=ACCOUNT, IsMultiRegionTrail=True
        )
        failed = plan(account, state=state, account_id=ACCOUNT, trail={"name": TRAIL})
        assert failed["msg"].startswith(
            f"trail {TRAIL}: in eu-west-1, {TRAIL_ARN.replace('eu-west', 'us-east')} already has this name "
        )


class TestAbsent:
    def test_without_logs_asked_for_the_bucket_and_its_key_stay(self, account):
        account.make_key()
        account.make_bucket(tags=OURS)
        found = plan(account, state="absent", **asked(kms_key={}, s3_bucket={}))
        assert found["changed"] is False
        assert found["retained"] == [
            f"s3 bucket {BUCKET}: it holds logs and audit_logs_delete_logs is not true",
            f"kms key {ALIAS}: its bucket is retained",
        ]
        assert found["s3_bucket"]["retained"] == "it holds logs and audit_logs_delete_logs is not true"

    def test_with_logs_asked_for_they_go(self, account):
        arn = account.make_key(tags={**OURS, "bucket": BUCKET})
        account.make_bucket(tags=OURS)
        options = {"state": "absent", "delete_logs": True, **asked(kms_key={}, s3_bucket={})}
        found = plan(account, check=True, destroyed_accounts=[ACCOUNT], **options)
        assert found["changes"] == [f"s3 bucket {BUCKET}: delete", f"kms key {ALIAS}: delete"]
        assert found["announced"] == [f"s3 bucket {BUCKET} with 0 versions of objects"]
        assert found["retained"] == [] and found["kms_key"]["arn"] == arn
        assert found["diff"][0]["after"] == {} and found["diff"][0]["before"]["tags"] == OURS

    @pytest.mark.parametrize("key, retained", [
        ("x/AWSLogs/{}/CloudTrail/eu-west-1/2020/01/31/a.gz", ""),
        ("AWSLogs/o-a1b2c3d4e5/{}/CloudTrail-Digest/eu-west-1/2020/01/31/a.gz", ""),
        ("x/AWSLogs/", ""),  # as the console makes a folder
        ("x/AWSLogs/{}/", ""),
        ("report.csv", "it holds objects that are not log files of CloudTrail, such as report.csv"),
        ("x/y/z/report.csv", "it holds objects that are not log files of CloudTrail, such as x/y/z/report.csv"),
        ("AWSLogs/{}/Config/a.gz", "it holds objects that are not log files of CloudTrail, such as AWSLogs/{}/Config/"),
        ("AWSLogs/other/CloudTrail/a.gz", "it holds objects that are not log files of CloudTrail, such as AWSLogs/other/"),
        ("x/AWSLogs/{}/a.gz", "it holds objects that are not log files of CloudTrail, such as x/AWSLogs/{}/a.gz"),
    ])
    @pytest.mark.parametrize("version", ["current", "deleted"])
    def test_what_is_in_the_bucket(self, account, key, retained, version):
        """An older version of a deleted object counts as well."""
        account.make_bucket(tags=OURS)
        s3 = account.client("s3")
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        s3.put_object(Bucket=BUCKET, Key=key.format(ACCOUNT), Body=b"")
        if version == "deleted":
            s3.delete_object(Bucket=BUCKET, Key=key.format(ACCOUNT))
        found = plan(account, check=True, state="absent", delete_logs=True, **asked(s3_bucket={}),
                     destroyed_accounts=[ACCOUNT, "o-a1b2c3d4e5"])
        assert found["s3_bucket"].get("retained", "") == retained.format(ACCOUNT)
        assert found["s3_bucket"]["changes"] == ([] if retained else ["delete"])

    def test_whoever_delivers_keeps_the_bucket(self, account):
        """Nobody names the account 999999999999: neither the policy nor the inventory."""
        account.make_bucket(tags=OURS)
        account.client("s3").put_object(Bucket=BUCKET, Key="AWSLogs/999999999999/CloudTrail/eu-west-1/2099/01/31/a.gz", Body=b"1")
        options = {"state": "absent", "delete_logs": True, "destroyed_accounts": [ACCOUNT], **asked(s3_bucket={})}
        assert plan(account, **options)["s3_bucket"]["retained"] == (
            "999999999999, which this run did not destroy, delivers to it: the newest object is"
            " AWSLogs/999999999999/CloudTrail/eu-west-1/2099/01/31/a.gz"
        )
        found = plan(account, **{**options, "destroyed_accounts": [ACCOUNT, "999999999999"]})
        assert found["announced"] == [f"s3 bucket {BUCKET} with 1 version of objects from 2099-01-31 to 2099-01-31 of 999999999999"]

    @pytest.mark.parametrize("form", policies.POLICY_FORMS)
    def test_whoever_the_policy_names_keeps_the_bucket(self, account, form):
        policy = policies.bucket_policy(BUCKET, REGION, MORE_TRAILS, form, "o-a1b2c3d4e5")
        account.make_bucket(tags=OURS, policy=policy)
        options = {"state": "absent", "delete_logs": True, "destroyed_accounts": [ACCOUNT], **asked(s3_bucket={})}
        source = "o-a1b2c3d4e5" if form == "organization" else "999999999999"
        assert plan(account, **options)["s3_bucket"]["retained"] == (
            f"its policy allows deliveries for {source}, which this run did not destroy: destroy them, or if their logs may end, add"
            " them to audit_logs_removed_accounts"
        )
        assert plan(account, **options, removed_accounts=[source])["s3_bucket"]["changes"] == ["delete"]

    def test_more_folders_than_can_be_listed(self, account, monkeypatch):
        account.make_bucket(tags=OURS)
        for number in range(6):
            account.client("s3").put_object(Bucket=BUCKET, Key=f"{number}/AWSLogs/", Body=b"")
        monkeypatch.setattr("ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.contents.MOST_CALLS", -5)
        found = plan(account, state="absent", delete_logs=True, destroyed_accounts=[ACCOUNT], **asked(s3_bucket={}))
        assert found["s3_bucket"]["retained"].startswith("it has more folders than destroy can list with -5 calls and five for each")

    def test_trails_that_may_still_deliver_keep_bucket_and_key(self, account):
        account.make_key(tags={**OURS, "bucket": BUCKET})
        account.make_bucket(tags=OURS)
        options = asked(kms_key={}, s3_bucket={})
        found = plan(account, state="absent", delete_logs=True, pending_accounts=["333333333333"], **options)
        assert found["retained"] == [
            f"s3 bucket {BUCKET}: trails of 333333333333 may still deliver to it",
            f"kms key {ALIAS}: its bucket is retained",
        ]

    def test_mfa_delete_stays(self, account, monkeypatch):
        account.make_bucket(tags=OURS)
        from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import bucket

        monkeypatch.setitem(bucket._READERS, "versioning", lambda *_: {"versioning": True, "mfa_delete": True})
        found = plan(account, state="absent", delete_logs=True, **asked(s3_bucket={}))
        assert found["retained"] == [f"s3 bucket {BUCKET}: it has MFA delete, which only the root user can switch off"]

    def test_an_empty_log_group_goes_a_used_one_stays(self, account):
        account.make_log_group()
        assert plan(account, state="absent", **asked(log_group={}))["changes"] == [f"log group {LOG_GROUP}: delete"]
        for stream in (f"{ACCOUNT}_CloudTrail_{REGION}", f"o-a1b2c3d4e5_{ACCOUNT}_CloudTrail_{REGION}_2"):
            account.client("logs").create_log_stream(logGroupName=LOG_GROUP, logStreamName=stream)
        retained = plan(account, state="absent", **asked(log_group={}))
        assert retained["changed"] is False
        assert retained["retained"] == [f"log group {LOG_GROUP}: it holds logs and audit_logs_delete_logs is not true"]
        gone = plan(account, state="absent", delete_logs=True, **asked(log_group={}))
        assert gone["changes"] == [f"log group {LOG_GROUP}: delete"]
        account.client("logs").create_log_stream(logGroupName=LOG_GROUP, logStreamName="events")
        retained = plan(account, state="absent", delete_logs=True, **asked(log_group={}))
        assert retained["retained"] == [f"log group {LOG_GROUP}: it has log streams that do not come from CloudTrail, such as events"]

    @pytest.mark.parametrize("tags", [{}, {"managed-by": "terraform"}])
    def test_what_others_created_stays(self, account, tags):
        account.make_key(tags=tags)
        account.make_bucket(tags=tags)
        account.make_log_group(tags=tags)
        account.make_role(tags=tags)
        account.make_trail(tags=tags)
        found = plan(account, state="absent", delete_logs=True, **asked())
        assert found["changed"] is False and found["writes"] == []
        assert found["retained"] == [
            f"{TITLES[name]}: it does not carry the tag managed-by: crossaccount.audit_logs"
            for name in ("trail", "iam_role", "log_group", "s3_bucket", "kms_key")
        ]

    @pytest.mark.parametrize(
        "tags, delete_logs, retained",
        [
            ({"bucket": BUCKET}, True, None),
            ({"bucket": BUCKET}, False, "it may encrypt logs, and audit_logs_delete_logs is not true"),
            ({"bucket": "other"}, True, f"its tag bucket does not say that it is the key of {BUCKET}"),
            ({}, True, f"its tag bucket does not say that it is the key of {BUCKET}"),
        ],
    )
    def test_a_key_without_a_bucket(self, account, tags, delete_logs, retained):
        """The bucket may be gone, or its name be written wrong."""
        account.make_key(tags={**OURS, **tags})
        found = plan(account, state="absent", delete_logs=delete_logs, **asked(kms_key={}, s3_bucket={}))
        assert found["kms_key"].get("retained") == retained
        assert found["changed"] is (retained is None)

    @pytest.mark.parametrize(
        "options",
        [
            {"s3_bucket": {"name": BUCKET, "policy": "{"}},
            {"kms_key": {"alias": ALIAS, "policy": "{"}},
            {"iam_role": {"name": ROLE, "policy_name": "x", "policy": "{", "assume_role_policy_document": "{"}},
            {"log_group": {"name": LOG_GROUP, "retention": 100}},
        ],
    )
    def test_what_goes_need_not_be_described_well(self, account, options):
        found = plan(account, state="absent", account_id=ACCOUNT, **options)
        assert found["changed"] is False

    def test_the_account_of_a_log_group(self, account):
        """Without it, nobody knows which trails write to the log group."""
        failed = plan(account, state="absent", log_group={"name": LOG_GROUP})
        assert failed["msg"].startswith("account_id is missing: with state=absent and log_group") and failed["calls"] == []


class TestOptInRegions:
    """Regions that an account has enabled, and in which a trail of all regions has no copy yet."""

    FIRST, SECOND = "af-south-1", "me-south-1"

    @pytest.fixture(name="recorded")
    def fixture_recorded(self, account):
        """An account whose trail of all regions has a copy in the first region, and none in the second."""
        account.make_bucket(tags=OURS)
        account.make_trail(tags=OURS, IsMultiRegionTrail=True)
        for region, seconds in {self.FIRST: 601, self.SECOND: 301}.items():
            account.client("account").enable_region(RegionName=region)
            account.aws.clock.advance(seconds)
        return account

    def plan(self, account, **options):
        return plan(account, state="verified", **{**asked(trail={}), **options})

    def denied(self, account, action):
        """The account, as somebody who may not do one thing."""
        iam, root = account.client("iam"), f"arn:aws:iam::{ACCOUNT}:root"
        trust = json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": root}, "Action": "sts:AssumeRole"}]})
        role = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=trust)["Role"]
        elsewhere = {"StringNotEquals": {"aws:RequestedRegion": [REGION, self.FIRST]}} if action.startswith("cloudtrail") else {}
        may = [{"Effect": "Allow", "Action": ["account:*", "cloudtrail:*"], "Resource": "*"},
               {"Effect": "Deny", "Action": action, "Resource": "*", "Condition": elsewhere}]
        iam.put_role_policy(RoleName="reader", PolicyName="may", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": may}))
        answer = account.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="reader")
        return account.with_credentials(answer["Credentials"])

    def test_one_without_a_copy(self, recorded):
        found = self.plan(recorded)
        assert found["trail"]["unrecorded_regions"] == [self.SECOND] and not found.get("warnings")
        assert found["calls"].count("account:ListRegions") == 1 and found["calls"].count("cloudtrail:DescribeTrails") == 3
        recorded.aws.clock.advance(301)
        assert self.plan(recorded)["trail"]["unrecorded_regions"] == []

    def test_setup_does_not_look(self, recorded):
        assert "account:ListRegions" not in plan(recorded, **asked(trail={}))["calls"]

    def test_a_trail_of_one_region(self, recorded):
        """Verify says that of the trail itself."""
        recorded.client("cloudtrail").update_trail(Name=TRAIL, IsMultiRegionTrail=False)
        found = self.plan(recorded)
        assert found["trail"]["unrecorded_regions"] == [] and "account:ListRegions" not in found["calls"]

    @pytest.mark.parametrize("action, said", [
        ("account:ListRegions", "cannot check for opt-in regions that trails do not record, because account:ListRegions failed"
                                " (AccessDeniedException)"),
        ("cloudtrail:DescribeTrails", "cannot check whether trails record the opt-in region me-south-1, because cloudtrail:DescribeTrails"
                                      " failed (AccessDeniedException)"),
    ])
    def test_what_may_not_be_read(self, recorded, action, said):
        found = self.plan(self.denied(recorded, action))
        assert found["trail"]["unrecorded_regions"] == [] and len(found["warnings"]) == 1 and said in str(found["warnings"])

    def test_account_management_that_cannot_be_reached(self, recorded, monkeypatch):
        """As in a closed network."""
        original = Endpoint._get_response  # pylint: disable=protected-access

        def get_response(endpoint, request, operation_model, context):
            if operation_model.name == "ListRegions":
                return None, ConnectTimeoutError(endpoint_url=request.url)
            return original(endpoint, request, operation_model, context)

        monkeypatch.setattr(Endpoint, "_get_response", get_response)
        found = self.plan(recorded)
        assert found["trail"]["unrecorded_regions"] == []
        assert "because account:ListRegions failed (ConnectTimeoutError)" in str(found["warnings"])


class TestLeftovers:
    """What the deployment manages, and the options do not name."""

    OLD = TRAIL_ARN.replace(TRAIL, "old")
    FAR = OLD.replace(REGION, "us-east-1").replace("/old", "/far")
    HIDDEN = FAR.replace("us-east-1", "us-west-2").replace("/far", "/hidden")

    @pytest.fixture(name="moved")
    def fixture_moved(self, account):
        """An account with four trails of this deployment, one of another deployment and one of nobody."""
        trails = [{"account_id": ACCOUNT, "name": name} for name in (TRAIL, "old", "other", "theirs")]
        regions = {"far": "us-east-1", "hidden": "us-west-2"}
        trails += [{"account_id": ACCOUNT, "name": name, "region": region} for name, region in regions.items()]
        account.make_bucket(tags=OURS, trails=trails)
        account.make_log_group()
        account.make_role()
        account.make_trail(tags=OURS)
        account.make_trail("old", tags=OURS, CloudWatchLogsLogGroupArn=LOG_GROUP_ARN, CloudWatchLogsRoleArn=ROLE_ARN)
        account.make_trail("other", tags={**OURS, "audit-logs-deployment": "other"})
        account.make_trail("theirs")
        for name, region in regions.items():
            account.client("cloudtrail", region).create_trail(
                Name=name, S3BucketName=BUCKET, S3KeyPrefix=ACCOUNT, IsMultiRegionTrail=name == "far",
                TagsList=[{"Key": key, "Value": value} for key, value in OURS.items()])
        return account

    @pytest.mark.parametrize("state", ["present", "verified", "absent"])
    def test_trails(self, moved, state):
        """Setup sees those of other regions that have a shadow in its own."""
        found = plan(moved, state=state, **asked(trail={}))
        leftovers = [self.OLD, self.FAR] if state == "present" else [self.OLD, self.FAR, self.HIDDEN]
        assert found["trail"]["leftovers"] == leftovers
        named = [(arn.rpartition("/")[2], arn.split(":")[3]) for arn in leftovers]
        said = [f"trail {name} in {region}, which also belongs to this deployment" for name, region in named]
        assert [sentence for sentence in found["retained"] if "belongs" in sentence] == said
        assert found["calls"].count("cloudtrail:ListTags") == 1 + len(leftovers)  # its own, and others in each home region

    def test_trails_that_may_not_be_listed(self, moved):
        """Verify then sees those that setup sees."""
        iam, trust = moved.client("iam"), {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
        role = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))["Role"]
        may = [{"Effect": "Allow", "Action": "cloudtrail:*", "Resource": "*"},
               {"Effect": "Deny", "Action": "cloudtrail:ListTrails", "Resource": "*"}]
        policy = json.dumps({"Version": "2012-10-17", "Statement": may})
        iam.put_role_policy(RoleName="reader", PolicyName="may", PolicyDocument=policy)
        answer = moved.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="reader")
        found = plan(moved.with_credentials(answer["Credentials"]), state="verified", **asked(trail={}))
        assert found["trail"]["leftovers"] == [self.OLD, self.FAR]

    def test_trails_whose_tags_cannot_be_read(self, moved, monkeypatch):
        """They are not looked at, also if one was deleted a moment ago."""
        original = Endpoint._get_response  # pylint: disable=protected-access

        def get_response(endpoint, request, operation_model, context):
            if operation_model.name == "ListTags" and TRAIL_ARN not in str(request.body):
                error = {"Code": "TrailNotFoundException", "Message": "Unknown trail"}
                answer = {"Error": error, "ResponseMetadata": {"HTTPStatusCode": 400, "HTTPHeaders": {}}}
                return (SimpleNamespace(status_code=400, headers={}), answer), None
            return original(endpoint, request, operation_model, context)

        monkeypatch.setattr(Endpoint, "_get_response", get_response)
        found = plan(moved, **asked(trail={}))
        assert found["trail"]["exists"] and found["trail"]["leftovers"] == []

    def test_nothing_is_left_over_without_a_deployment(self, moved):
        assert plan(moved, **{**asked(trail={}), "deployment": None})["trail"]["leftovers"] == []

    def test_a_destination_of_another_trail_stays(self, moved):
        """The trail old uses the log group, whoever else does not need it any more."""
        options = {"state": "absent", "delete_logs": True, **asked(log_group={}, iam_role={}, trail={})}
        found = plan(moved, **options)
        assert found["trail"]["changes"] == ["delete"]
        for resource, what in (("log_group", "to"), ("iam_role", "with")):
            assert (found[resource]["changes"], found[resource]["retained"]) == ([], f"trail old writes {what} it")
        alone = plan(moved, state="absent", delete_logs=True, **asked(log_group={}, iam_role={}))
        assert alone["changes"] == [] and alone["calls"].count("cloudtrail:DescribeTrails") == 2  # in the region of the hidden one as well
        options["trail"]["name"] = "old"
        assert plan(moved, **options)["iam_role"]["changes"] == ["delete"]

    @pytest.mark.parametrize("state", ["present", "verified"])
    def test_the_bucket_of_an_earlier_name(self, account, state):
        account.make_bucket(tags=OURS)
        account.make_bucket("old-logs", tags={**OURS, "audit-logs-deployment": "prod@old-logs"})
        account.make_bucket("their-logs", tags={**OURS, "audit-logs-deployment": "theirs"})
        options = {"state": state, **asked(s3_bucket={})}
        options["s3_bucket"].pop("object_lock_enabled")
        earlier = ["prod@old-logs", "gone-logs", "their-logs", BUCKET, "", " ", "No Bucket"]
        found = plan(account, previous_deployments=earlier, **options)
        assert found["s3_bucket"]["leftovers"] == ["old-logs"]
        assert found["retained"][-1] == "bucket old-logs, which belongs to this deployment under an earlier name"

    def test_keys_that_interrupted_runs_have_created(self, account):
        """They have no alias. Keys of other buckets and deployments are none of ours."""
        kms = account.client("kms")

        def make(**tags):
            tags = [{"TagKey": key, "TagValue": value} for key, value in {**OURS, "bucket": BUCKET, **tags}.items()]
            return kms.create_key(Tags=tags)["KeyMetadata"]["Arn"]

        account.make_key(tags={**OURS, "bucket": BUCKET})
        account.make_bucket(tags=OURS)
        make(bucket="other")
        make(**{"audit-logs-deployment": "other"})
        kms.disable_key(KeyId=make())
        orphan = make()
        options = asked(kms_key={"tags": {"bucket": BUCKET}}, s3_bucket={})
        options["s3_bucket"].pop("object_lock_enabled")
        assert plan(account, state="verified", **options)["kms_key"]["orphans"] == [orphan]
        absent = {"state": "absent", "destroyed_accounts": [ACCOUNT], **options}
        assert plan(account, **absent)["kms_key"]["orphans"] == []
        gone = plan(account, delete_logs=True, **absent)
        assert gone["changes"] == [f"s3 bucket {BUCKET}: delete", f"kms key {ALIAS}: delete", f"kms key {orphan}: delete"]
        in_use = [orphan, kms.describe_key(KeyId=ALIAS)["KeyMetadata"]["KeyId"]]
        kept = plan(account, delete_logs=True, keys_in_use=in_use, **absent)
        assert kept["changes"] == [f"s3 bucket {BUCKET}: delete"]
        assert kept["kms_key"]["retained"] == "a trail or another bucket encrypts with it"
        kms.delete_alias(AliasName=ALIAS)
        assert len(plan(account, delete_logs=True, **absent)["kms_key"]["orphans"]) == 2

    @pytest.mark.parametrize("action", ["ListAliases", "ListKeys"])
    def test_keys_that_may_not_be_listed_are_a_warning(self, account, monkeypatch, action):
        monkeypatch.setitem(mends.BEFORE, ("kms", action), [mock.Mock(side_effect=AwsError("AccessDeniedException", "not allowed"))])
        found = plan(account, kms_key={"alias": ALIAS, "tags": {**OURS, "bucket": BUCKET}})
        assert found["kms_key"]["changes"] == ["create"]
        [warning] = found["warnings"]
        assert f"cannot find KMS keys that an interrupted run left without an alias, because kms:{action} is denied" in str(warning)

    def test_a_key_that_is_listed_and_not_found(self, account, monkeypatch):
        """KMS may list a new key before it finds the key."""
        def refuse(request):
            raise AwsError("NotFoundException", f"Key '{request.parameters['KeyId']}' does not exist")

        account.client("kms").create_key()
        monkeypatch.setitem(mends.BEFORE, ("kms", "ListResourceTags"), [refuse])
        assert plan(account, kms_key={"alias": ALIAS, "tags": {**OURS, "bucket": BUCKET}})["kms_key"]["changes"] == ["create"]


class TestBadInput:
    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"s3_bucket": {"name": "A"}}, "s3_bucket.name: bucket name 'A': "),
            ({"s3_bucket": {"name": ""}}, "s3_bucket.name: bucket name '': "),
            ({"s3_bucket": {"name": BUCKET, "policy": "{"}}, "s3_bucket.policy: the policy is not JSON: "),
            (
                {"s3_bucket": {"name": BUCKET, "policy": {"a": 1}}},
                "s3_bucket.policy: the policy is not a policy document: ",
            ),
            (
                {"s3_bucket": {"name": BUCKET, "lifecycle": {"transition_days": 90, "expiration_days": 30}}},
                "s3_bucket.lifecycle: log files expire after 30 days, but change their storage class only after 90: ",
            ),
            (
                {"s3_bucket": {"name": BUCKET, "object_lock_default_retention": {"mode": "GOVERNANCE", "days": 0}}},
                "s3_bucket.object_lock_default_retention: object lock for 0 days: ",
            ),
            (
                {
                    "iam_role": {
                        "name": ROLE,
                        "assume_role_policy_document": {"Statement": [{"Principal": {"AWS": []}}]},
                    }
                },
                "iam_role.assume_role_policy_document: the trust policy names nobody who may assume the role: ",
            ),
            ({"kms_key": {"alias": ALIAS, "policy": "{"}}, "kms_key.policy: the policy is not JSON: "),
            (
                {"iam_role": {"name": ROLE, "policy_name": "x", "policy": "{"}},
                "iam_role.policy: the policy is not JSON: ",
            ),
            (
                {"iam_role": {"name": ROLE, "assume_role_policy_document": "{"}},
                "iam_role.assume_role_policy_document: the policy is not JSON: ",
            ),
            ({"log_group": {"name": LOG_GROUP, "retention": 100}}, "log_group.retention: retention of 100 days: "),
            ({"log_group": {"name": LOG_GROUP, "retention": 0}}, "log_group.retention: retention of 0 days: "),
            ({"account_id": ACCOUNT, "trail": {"name": "a b"}}, "trail.name: trail name 'a b': "),
            (
                {"account_id": ACCOUNT, "trail": {"name": TRAIL, "s3_key_prefix": "/x"}},
                "trail.s3_key_prefix: key prefix '/x': ",
            ),
            (
                {"account_id": ACCOUNT, "trail": {"name": TRAIL, "s3_bucket_name": "A"}},
                "trail.s3_bucket_name: bucket name 'A': ",
            ),
            ({"account_id": "1", "trail": {"name": TRAIL}}, "account id '1' is not a string of 12 digits: "),
            ({"account_id": "", "trail": {"name": TRAIL}}, "account id '' is not a string of 12 digits: "),
            ({"trail": {"name": TRAIL}}, "missing parameter(s) required by 'trail': account_id"),
            (
                {"iam_role": {"name": ROLE, "policy": WRITE_EVENTS}},
                "missing parameter(s) required by 'policy': policy_name",
            ),
            (
                {
                    "account_id": ACCOUNT,
                    "trail": {"name": TRAIL},
                    "event_selectors": [{}],
                    "advanced_event_selectors": ADVANCED,
                },
                "parameters are mutually exclusive: event_selectors|advanced_event_selectors",
            ),
            (
                {
                    "account_id": ACCOUNT,
                    "trail": {"name": TRAIL},
                    "advanced_event_selectors": [{"field_selectors": [{"field": "eventName", "equals": ["x"]}]}],
                },
                "advanced event selector number 1 does not say which events it selects: ",
            ),
            (
                {"account_id": ACCOUNT, "trail": {"name": TRAIL}, "event_selectors": []},
                "an empty list of selectors would record nothing",
            ),
            ({"s3_bucket": {"name": BUCKET, "version": True}}, "Unsupported parameters for "),
        ],
    )
    def test_one_sentence_and_no_call(self, account, options, words):
        failed = plan(account, **options)
        assert failed["failed"] and failed["calls"] == []
        assert words in failed["msg"] and "\n" not in failed["msg"]


@pytest.mark.parametrize("resource", ASKED)
def test_throttling_is_waited_out(account, monkeypatch, resource):
    first = CALLS[resource][0].split(":")[1]
    throttled = throttle(monkeypatch)
    throttled.left[first] = 4  # botocore itself gives up after three
    found = plan(account, **asked(**{resource: {}}))
    assert found["changes"] == [f"{TITLES[resource]}: create"]
    assert throttled.tried == [first] * 5


@pytest.mark.parametrize(
    ("resource", "words"),
    [
        ("kms_key", "Failed to read the kms key: An error occurred (AccessDeniedException)"),
        ("s3_bucket", f"bucket {BUCKET}: S3 denied access to it. "),
        ("log_group", "Failed to read the log group: An error occurred (AccessDeniedException)"),
        ("iam_role", "Failed to read the iam role: An error occurred (AccessDenied)"),
        ("trail", "Failed to read the trail: An error occurred (AccessDeniedException)"),
    ],
)
def test_access_denied(account, resource, words):
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
        ],
    }
    role = account.client("iam").create_role(RoleName="powerless", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    answer = account.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="powerless")
    account.make_bucket()
    failed = plan(account.with_credentials(answer["Credentials"]), **asked(**{resource: {}}))
    assert failed["failed"]
    assert failed["msg"].startswith(words)


class TestAdopt:
    """What exists without our tag is taken over on request only."""

    @pytest.fixture(name="foreign")
    def fixture_foreign(self, account):
        """An account where somebody has created everything under our names, without our tag."""
        account.make_key(tags={})
        account.make_bucket(tags={"team": "x"})
        account.make_log_group(tags={"team": "x"})
        account.make_role(tags={"team": "x"})
        account.make_trail(tags={"team": "x"})
        return account

    @pytest.mark.parametrize(
        "resource, title",
        [
            ("s3_bucket", f"bucket {BUCKET}"),
            ("log_group", f"log group {LOG_GROUP}"),
            ("iam_role", f"IAM role {ROLE}"),
            ("trail", f"trail {TRAIL}"),
        ],
    )
    def test_refused_or_taken_over(self, foreign, resource, title):
        options = {**asked(**{resource: {}})}
        for check in (False, True):
            failed = plan(foreign, check=check, **options)
            assert failed["msg"] == (
                f"{title} exists and does not carry the tag managed-by: crossaccount.audit_logs: choose another name{self.NAMES.get(resource, '')}, or"
                " adopt it with audit_logs_adopt: true, which changes its settings and tags"
            )
        if resource == "s3_bucket":
            options["s3_bucket"].pop("object_lock_enabled")
        options[resource]["adopt"] = True
        options["shorten_retention"] = True
        adopted = plan(foreign, **options)
        assert "tags" in adopted[resource]["changes"]

    def test_a_key_is_never_taken_over(self, foreign):
        failed = plan(foreign, **asked(kms_key={}))
        assert failed["msg"] == (
            f"KMS key {ALIAS} exists and does not carry the tag managed-by: crossaccount.audit_logs: choose another name,"
            " or give the ARN of the key, to use it without changes"
        )

    OTHER = "belongs to the deployment other (tag audit-logs-deployment)"
    NAMES = {
        "s3_bucket": " (aws_trail_bucket_name)", "log_group": " (aws_trail_cloudwatch_log_group)", "trail": " (aws_trail_name)",
    }

    @pytest.fixture(name="of_other")
    def fixture_of_other(self, account):
        """An account in which another deployment has everything under our names."""
        tags = {**OURS, "audit-logs-deployment": "other"}
        account.make_key(tags={**tags, "bucket": BUCKET})
        account.make_bucket(tags=tags)
        account.make_log_group(tags=tags)
        account.make_role(tags=tags)
        account.make_trail(tags=tags)
        return account

    @pytest.mark.parametrize("resource", ASKED)
    @pytest.mark.parametrize("adopt", [False, True])
    def test_another_deployment_is_never_taken_over(self, of_other, resource, adopt):
        options = asked(**{resource: {} if resource == "kms_key" else {"adopt": adopt}})
        failed = plan(of_other, **options)
        assert failed["msg"].endswith(
            f" exists and {self.OTHER}: choose another name{self.NAMES.get(resource, '')}, or if that is an earlier name of this"
            " deployment, add it to audit_logs_previous_deployments"
        )
        retained = plan(of_other, state="absent", delete_logs=True, **options)
        assert retained["changes"] == [] and retained[resource]["retained"] == f"it {self.OTHER}"

    @pytest.mark.parametrize("resource", ASKED)
    def test_an_earlier_name_is_replaced(self, of_other, resource):
        options = {"previous_deployments": ["older", "other"], "shorten_retention": True, **asked(**{resource: {}})}
        if resource == "s3_bucket":
            options["s3_bucket"].pop("object_lock_enabled")
        found = plan(of_other, **options)[resource]
        assert found["before"]["tags"]["audit-logs-deployment"] == "other" and found["after"]["tags"] == OURS
        gone = plan(of_other, state="absent", delete_logs=True, destroyed_accounts=[ACCOUNT], **options, **(
            {"s3_bucket": {"name": BUCKET, "policy": POLICY}} if resource == "kms_key" else {}))
        assert gone[resource]["changes"] == ["delete"]

    def test_without_a_deployment_nothing_is_foreign(self, of_other):
        found = plan(of_other, log_group={"name": LOG_GROUP})
        assert found["changes"] == []
        failed = plan(of_other, state="absent", deployment=None, log_group={"name": LOG_GROUP})
        assert failed["msg"] == "deployment is missing: with state=absent, it determines which resources may be deleted"

    def test_statements_that_deliver_to_a_bucket_are_given_for_its_deletion(self, account):
        failed = plan(account, state="absent", delete_logs=True, s3_bucket={"name": BUCKET})
        assert failed["msg"] == (
            "s3_bucket.policy is missing: with state=absent and delete_logs, it determines which statements allow deliveries to the bucket"
        )

    @pytest.mark.parametrize("left_over", ["policy", "object", "tag"])
    def test_a_bucket_that_was_being_created(self, account, left_over):
        """amazon.aws.s3_bucket sets the tags last; what somebody else has used is not taken for incomplete."""
        options = {"deployment": DEPLOYMENT, "s3_bucket": {"name": BUCKET, "policy": POLICY}}
        account.make_bucket(policy=POLICY)
        assert plan(account, **options)["s3_bucket"]["changes"] == ["tags"]
        s3 = account.client("s3")
        if left_over == "policy":
            s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(SMALLER))
        elif left_over == "object":
            s3.put_object(Bucket=BUCKET, Key="report.csv", Body=b"1")
        else:
            s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": [{"Key": "team", "Value": "x"}]})
        assert plan(account, **options)["msg"].startswith(f"bucket {BUCKET} exists and does not carry the tag ")


class TestWhoLeavesAPolicy:
    """Whoever the deployed policies let deliver, and is not named."""

    STATEMENT = {"Sid": "AWSConfigBucketDelivery", "Effect": "Allow", "Principal": {"Service": "config.amazonaws.com"},
                 "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{BUCKET}/AWSLogs/*/Config/*"}

    @pytest.mark.parametrize("resource", ["s3_bucket", "kms_key"])
    def test_nobody(self, account, resource):
        if resource == "s3_bucket":
            deployed = policies.bucket_policy(BUCKET, REGION, MORE_TRAILS)
            account.make_bucket(tags=OURS, policy=deployed)
            asked_for, title = {"s3_bucket": {"name": BUCKET, "policy": POLICY}}, f"bucket {BUCKET}"
        else:
            deployed = policies.key_policy(ACCOUNT, REGION, MORE_TRAILS)
            account.make_key(tags=OURS, policy=deployed)
            asked_for, title = {"kms_key": {"alias": ALIAS, "policy": ASKED["kms_key"]["policy"]}}, f"key {ALIAS}"
        found = plan(account, **asked_for)
        assert found["changes"] == [] and found["extended"] is False
        assert found[resource]["policy"] == deployed and found[resource]["retained_sources"] == ["999999999999"]
        assert found["retained"] == [
            f"in the policy of {title}: 999999999999, not in the inventory. To remove, use audit_logs_removed_accounts"
        ]
        named = plan(account, removed_accounts=["999999999999"], **asked_for)
        assert named[resource]["changes"] == ["policy"] and named[resource]["retained_sources"] == []
        assert named[resource]["policy"] == asked_for[resource]["policy"] and named["retained"] == []

    def test_trails_of_an_organization_that_had_another_name(self, account):
        """The inventory has the organization, so that the sentence is about what an earlier policy allowed to it."""
        earlier, now = (
            policies.bucket_policy(BUCKET, REGION, [{"account_id": ACCOUNT, "name": name}], "organization", "o-exampleorg1")
            for name in ("old", TRAIL)
        )
        account.make_bucket(tags=OURS, policy=earlier)
        options = {"s3_bucket": {"name": BUCKET, "policy": now}}
        found = plan(account, **options)
        assert found["s3_bucket"]["retained_sources"] == ["o-exampleorg1"]
        assert found["retained"] == [
            f"in the policy of bucket {BUCKET}: earlier permissions of o-exampleorg1. To remove, use audit_logs_removed_accounts"
        ]
        named = plan(account, removed_accounts=["o-exampleorg1"], **options)
        assert named["s3_bucket"]["policy"] == now and named["retained"] == []

    def test_no_foreign_statement(self, account):
        account.make_bucket(tags=OURS, policy={**POLICY, "Statement": [*POLICY["Statement"], self.STATEMENT]})
        bucket = {"s3_bucket": {"name": BUCKET, "policy": POLICY}}
        found = plan(account, **bucket)
        assert found["changes"] == [] and found["s3_bucket"]["foreign_statements"] == [self.STATEMENT]
        assert found["retained"] == [f"in the policy of bucket {BUCKET}: the foreign statement AWSConfigBucketDelivery"]
        named = plan(account, removed_statements=["AWSConfigBucketDelivery"], **bucket)
        assert named["s3_bucket"]["after"] == {"policy": POLICY}

    def test_old_and_new_do_not_fit(self, account):
        many = [{"account_id": str(number)} for number in range(600_000_000_000, 600_000_000_020)]
        account.make_bucket(tags=OURS, policy=policies.bucket_policy(BUCKET, REGION, many))
        others = [{"account_id": str(number)} for number in range(700_000_000_000, 700_000_000_020)]
        found = plan(account, s3_bucket={"name": BUCKET, "policy": policies.bucket_policy(BUCKET, REGION, others)})
        assert found["failed"] and found["msg"].startswith(f"bucket {BUCKET}: its policy would have 2")
        assert "It still allows what the deployed policy allows to 20 accounts or organizations, such as 600000000000, " in found["msg"]


class TestShorterRetention:
    """Existing logs that would be deleted earlier than now."""

    def test_of_a_bucket(self, account):
        account.make_bucket(tags=OURS)
        options = {"s3_bucket": {"name": BUCKET, "lifecycle": {"expiration_days": 30, "noncurrent_version_expiration_days": 30}}}
        assert plan(account, **options)["s3_bucket"]["changes"] == ["lifecycle"]  # there is nothing to lose
        s3 = account.client("s3")
        s3.put_object(Bucket=BUCKET, Key=f"x/AWSLogs/{ACCOUNT}/CloudTrail/{REGION}/2020/01/31/a.gz", Body=b"1")
        sentence = (
            f"s3 bucket {BUCKET}: logs older than 30 days (now none), of 1 version of objects from 2020-01-31 to 2020-01-31 of {ACCOUNT}"
        )
        for check in (True, False):
            assert plan(account, check=check, **options)["msg"] == (
                f"{sentence}, would be deleted. Give a longer retention, or to delete them, set audit_logs_shorten_retention: true"
            )
        meant = plan(account, shorten_retention=True, **options)
        assert meant["announced"] == [sentence] and meant["changed"]

    @pytest.mark.parametrize("now, then, refused", [(400, 30, True), (400, 399, True), (400, 401, False), (400, None, False)])
    def test_of_a_rule(self, account, now, then, refused):
        account.make_bucket(tags=OURS)
        s3 = account.client("s3")
        s3.put_object(Bucket=BUCKET, Key="a", Body=b"1")
        s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": [{
            "ID": "crossaccount.audit_logs", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": now}}]})
        found = plan(account, s3_bucket={"name": BUCKET, "lifecycle": {"expiration_days": then} if then else {}})
        assert ("audit_logs_shorten_retention" in found.get("msg", "")) is refused

    @pytest.mark.parametrize("days, refused", [(365, True), (1827, False)])
    def test_of_a_log_group(self, converged, days, refused):
        found = plan(converged, **asked(log_group={"retention": days}))
        assert found.get("failed", False) is refused
        if refused:
            assert found["msg"].startswith(f"log group {LOG_GROUP}: logs older than 365 days (now 731 days), of ")
            meant = plan(converged, shorten_retention=True, **asked(log_group={"retention": days}))
            assert meant["log_group"]["changes"] == ["retention"] and len(meant["announced"]) == 1


class TestTheKeyOfAnotherBucket:
    """Two deployments with the same alias."""

    def test_it_is_refused(self, account):
        account.make_key(tags={**OURS, "bucket": "other"})
        key = {"alias": ALIAS, "tags": {**OURS, "bucket": BUCKET}}
        assert plan(account, kms_key=key)["msg"] == (
            f"KMS key {ALIAS} is the key of bucket other: choose another alias, or give the ARN of the key, to use it without changes"
        )
        assert plan(account, kms_key={**key, "tags": {**OURS, "bucket": "other"}})["changes"] == []


class TestPendingAccounts:
    """Accounts whose trails may still be as they were go on to deliver."""

    MOVED = policies.bucket_policy(BUCKET, REGION, [{"account_id": ACCOUNT, "region": "us-east-1", "prefix": "new"}])

    def test_what_is_allowed_now_stays_allowed(self, account):
        account.make_bucket(tags=OURS)
        options = {"s3_bucket": {"name": BUCKET, "policy": self.MOVED}}
        found = plan(account, pending_accounts=[ACCOUNT], **options)
        assert found["extended"] is True
        write = {statement["Sid"]: statement for statement in found["s3_bucket"]["policy"]["Statement"]}[
            f"CloudTrailWrite{ACCOUNT}"
        ]
        assert write["Resource"] == [
            f"arn:aws:s3:::{BUCKET}/{ACCOUNT}/AWSLogs/{ACCOUNT}/*",
            f"arn:aws:s3:::{BUCKET}/new/AWSLogs/{ACCOUNT}/*",
        ]
        assert write["Condition"]["StringEquals"]["aws:SourceArn"] == [
            TRAIL_ARN,
            TRAIL_ARN.replace("eu-west-1", "us-east-1"),
        ]
        updated = plan(account, **options)
        assert updated["extended"] is False and updated["s3_bucket"]["policy"] == self.MOVED

    @pytest.mark.parametrize("change", [
        {},
        {"NotResource": f"arn:aws:s3:::{BUCKET}/other/*", "Resource": None},
        {"Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}},
    ])
    def test_a_policy_of_one_statement_without_a_list(self, account, change):
        sid = f"CloudTrailWrite{ACCOUNT}"
        statement = {**next(one for one in POLICY["Statement"] if one["Sid"] == sid), **change}
        statement = {key: value for key, value in statement.items() if value}
        account.make_bucket(tags=OURS, policy={"Version": "2012-10-17", "Statement": statement})
        found = plan(account, pending_accounts=[ACCOUNT], s3_bucket={"name": BUCKET, "policy": self.MOVED})
        assert found["s3_bucket"]["changes"] == ["policy"] and found["extended"] is not bool(change)

    def test_nothing_to_keep(self, account):
        account.make_bucket(tags=OURS)
        found = plan(account, pending_accounts=[ACCOUNT], s3_bucket={"name": BUCKET, "policy": POLICY})
        assert (found["changed"], found["extended"]) == (False, False)

    def test_the_key_too(self, account):
        account.make_key(tags=OURS)
        moved = policies.key_policy(ACCOUNT, REGION, [{"account_id": ACCOUNT, "region": "us-east-1"}])
        found = plan(account, pending_accounts=[ACCOUNT], kms_key={"alias": ALIAS, "policy": moved})
        sources = found["kms_key"]["policy"]["Statement"][1]["Condition"]["StringEquals"]["aws:SourceArn"]
        assert sources == [TRAIL_ARN, TRAIL_ARN.replace("eu-west-1", "us-east-1")]
