# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan that verifies: it reads and reports everything, refuses nothing and evaluates policies for each trail."""
from __future__ import annotations

import json

import pytest
from helpers.aws.modules import (
    ACCOUNT,
    BUCKET,
    LOG_GROUP,
    LOG_GROUP_ARN,
    OTHER,
    OURS,
    REGION,
    ROLE,
    ROLE_ARN,
    TRAIL,
    TRAIL_ARN,
    TRUST,
    WRITE_EVENTS,
    Account,
)

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import policies

TRAILS = [{"account_id": ACCOUNT}, {"account_id": OTHER}]
BUCKET_POLICY = policies.bucket_policy(BUCKET, REGION, TRAILS)
KEY_POLICY = policies.key_policy(ACCOUNT, REGION, TRAILS)
ALL_SELECTORS = {"event_selectors": [{"read_write_type": "All", "include_management_events": True, "data_resources": [],
                                      "exclude_management_event_sources": []}], "advanced_event_selectors": []}
ROLE_ASKED = {"name": ROLE, "assume_role_policy_document": TRUST, "policy_name": "write", "policy": WRITE_EVENTS}
WRITE_ONLY = {"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}
DATA = {"ReadWriteType": "All", "IncludeManagementEvents": False,
        "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}]}


def advanced(*fields):
    """Advanced selectors: one, of management events, with more fields."""
    return [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}, *fields]}]


@pytest.fixture(name="account")
def fixture_account(aws):
    """An account with all that a plan looks at."""
    account = Account(aws)
    account.make_bucket(trails=TRAILS, tags=OURS)
    account.make_log_group()
    account.make_role()
    account.make_trail(tags=OURS, CloudWatchLogsLogGroupArn=LOG_GROUP_ARN, CloudWatchLogsRoleArn=ROLE_ARN)
    return account


@pytest.fixture(name="warnings")
def fixture_warnings(monkeypatch):
    """What modules warn of."""
    said = []
    monkeypatch.setattr(AnsibleAWSModule, "warn", lambda module, text, **options: said.append(text))
    return said


def plan(account, **options):
    """The plan, which must not write."""
    result = account.run("aws_plan", **{"state": "verified", "account_id": ACCOUNT, **options})
    assert not result["writes"]
    return result


def test_everything_is_read(account):
    result = plan(account, s3_bucket={"name": BUCKET}, trail={"name": TRAIL})
    assert not result["changed"] and result["undeliverable"] == {}
    bucket, trail = result["s3_bucket"], result["trail"]
    assert (bucket["title"], bucket["name"]) == (f"bucket {BUCKET}", BUCKET)
    assert {"policy", "logging", "mfa_delete", "object_lock_enabled", "public_access", "tags"} <= set(bucket["current"])
    assert trail["records"] == ["read", "write"] and "elsewhere" not in trail
    assert trail["current"]["event_selectors"] == ALL_SELECTORS["event_selectors"]
    assert trail["current"]["status"]["logging"] and trail["current"]["status"]["latest_delivery_error"] is None


def test_what_is_refused_otherwise_is_reported(account):
    account.client("s3").put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": [{"Key": "owner", "Value": "others"}]})
    account.client("cloudtrail").remove_tags(ResourceId=TRAIL_ARN, TagsList=[{"Key": "managed-by"}])
    wanted = {
        "s3_bucket": {"name": BUCKET, "object_lock_enabled": True, "tags": OURS},
        "trail": {"name": TRAIL, "tags": OURS},
    }
    refused = account.run("aws_plan", account_id=ACCOUNT, **wanted)
    assert refused["failed"]
    result = plan(account, **wanted)
    assert set(result["s3_bucket"]["changes"]) == {"object_lock_enabled", "tags"}
    assert result["trail"]["changes"] == ["tags"]


def test_what_is_not_there(account):
    result = plan(account, s3_bucket={"name": "nobody-has-this"}, trail={"name": "nothing"},
                  log_group={"name": "nothing"}, iam_role={"name": "nothing"}, kms_key={"alias": "alias/nothing"})
    for resource in ("s3_bucket", "trail", "log_group", "iam_role", "kms_key"):
        assert not result[resource]["exists"] and result[resource]["current"] is None, resource
    assert result["trail"]["records"] == []


def test_a_trail_of_that_name_in_another_region(account):
    account.client("cloudtrail").update_trail(Name=TRAIL, IsMultiRegionTrail=False)
    result = account.run("aws_plan", state="verified", account_id=ACCOUNT, trail={"name": TRAIL}, region="us-east-1")
    assert result["trail"]["elsewhere"] == [TRAIL_ARN]


@pytest.mark.parametrize("selectors, records", [
    ({"EventSelectors": [WRITE_ONLY]}, ["write"]),
    ({"EventSelectors": [DATA]}, []),
    ({"EventSelectors": [DATA, WRITE_ONLY]}, ["write"]),
    ({"AdvancedEventSelectors": advanced()}, ["read", "write"]),
    ({"AdvancedEventSelectors": advanced({"Field": "readOnly", "Equals": ["true"]})}, ["read"]),
    ({"AdvancedEventSelectors": advanced({"Field": "readOnly", "Equals": ["false"]})}, ["write"]),
    ({"AdvancedEventSelectors": advanced({"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]})}, ["read", "write"]),
    ({"AdvancedEventSelectors": advanced({"Field": "eventSource", "NotEquals": ["cloudtrail.amazonaws.com"]})}, []),
    ({"AdvancedEventSelectors": [{"FieldSelectors": [
        {"Field": "eventCategory", "Equals": ["Data"]}, {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
    ]}]}, []),
])
def test_which_probe_the_selectors_record(account, selectors, records):
    account.client("cloudtrail").put_event_selectors(TrailName=TRAIL, **selectors)
    assert plan(account, trail={"name": TRAIL})["trail"]["records"] == records


def test_policies_that_let_every_trail_deliver(account):
    result = plan(account, trails=TRAILS, s3_bucket={"name": BUCKET, "policy": BUCKET_POLICY})
    assert result["undeliverable"] == {} and not result["changed"]


@pytest.mark.parametrize("rule, found", [
    ({"Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}, {"prefix": "", "days": 1, "noncurrent_days": None}),
    ({"Prefix": f"{OTHER}/AWSLogs/{OTHER}/CloudTrail/", "Expiration": {"Date": "2026-01-01T00:00:00Z"}},
     {"prefix": f"{OTHER}/AWSLogs/{OTHER}/CloudTrail/", "days": 0, "noncurrent_days": None}),
    ({"Filter": {"And": {"Prefix": ACCOUNT[:3], "ObjectSizeGreaterThan": 1}}, "NoncurrentVersionExpiration": {
        "NoncurrentDays": 7}}, {"prefix": ACCOUNT[:3], "days": None, "noncurrent_days": 7}),
    ({"Filter": {"Prefix": "others/"}, "Expiration": {"Days": 1}}, None),
    ({"Filter": {"Tag": {"Key": "a", "Value": "b"}}, "Expiration": {"Days": 1}}, None),
    ({"Filter": {"Prefix": ""}, "Expiration": {"Days": 1}, "Status": "Disabled"}, None),
    ({"Filter": {"Prefix": ""}, "Expiration": {"Days": 1}, "ID": "crossaccount.audit_logs"}, None),
    ({"Filter": {"Prefix": ""}, "Expiration": {"ExpiredObjectDeleteMarker": True}}, None),
])
def test_rules_of_others_that_delete_log_files(account, rule, found):
    account.client("s3").put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={
        "Rules": [{"ID": "theirs", "Status": "Enabled", **rule}]})
    result = plan(account, trails=TRAILS, s3_bucket={"name": BUCKET, "policy": BUCKET_POLICY})
    assert result["s3_bucket"]["current"]["expiring"] == ([{"id": "theirs", **found}] if found else [])


def test_the_trail_that_a_bucket_policy_leaves_out_is_named(account):
    statements = [one for one in BUCKET_POLICY["Statement"] if one["Sid"] != f"CloudTrailWrite{OTHER}"]
    account.client("s3").put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({**BUCKET_POLICY, "Statement": statements}))
    result = plan(account, trails=TRAILS, s3_bucket={"name": BUCKET, "policy": BUCKET_POLICY})
    assert list(result["undeliverable"]) == [OTHER]
    assert "s3:PutObject" in result["undeliverable"][OTHER][0]


def test_the_trail_that_a_key_policy_leaves_out_is_named(account):
    account.make_key(policy=policies.key_policy(ACCOUNT, REGION, TRAILS[:1]))
    result = plan(account, trails=TRAILS, kms_key={"alias": f"alias/{BUCKET}", "policy": KEY_POLICY})
    assert list(result["undeliverable"]) == [OTHER]


def test_the_role_that_cloudtrail_can_no_longer_use(account):
    policy = json.dumps({**WRITE_EVENTS, "Statement": [{**WRITE_EVENTS["Statement"][0], "Action": "logs:CreateLogStream"}]})
    account.client("iam").put_role_policy(RoleName=ROLE, PolicyName="write", PolicyDocument=policy)
    result = plan(account, trails=TRAILS[:1], log_group={"name": LOG_GROUP}, iam_role=ROLE_ASKED)
    assert list(result["undeliverable_events"]) == [ACCOUNT]
    assert "logs:PutLogEvents" in result["undeliverable_events"][ACCOUNT][0]


@pytest.mark.parametrize("state", ["present", "verified"])
def test_a_given_key_is_checked_before_it_is_used(account, state):
    arn = account.make_key(policy=policies.key_policy(ACCOUNT, REGION, TRAILS[:1]))
    bucket = {"name": BUCKET, "policy": BUCKET_POLICY, "encryption": "aws:kms", "encryption_key_id": arn, "tags": OURS}
    result = account.run("aws_plan", state=state, trails=TRAILS, s3_bucket=bucket)
    said = result["msg"] if state == "present" else " ".join(result["undeliverable"][OTHER])
    assert bool(result.get("failed")) == (state == "present")
    assert arn in said and OTHER in said


def test_a_given_key_that_does_not_exist(account):
    arn = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/00000000-0000-0000-0000-000000000000"
    bucket = {"name": BUCKET, "encryption": "aws:kms", "encryption_key_id": arn}
    result = account.run("aws_plan", trails=TRAILS, s3_bucket=bucket)
    assert result["failed"] and result["msg"] == (
        f"KMS key {arn} does not exist: give the ARN of one that does, or leave it out")


def test_a_given_key_that_may_not_be_read_is_left_to_aws(aws, account, warnings):
    other = Account(aws, OTHER)
    arn = other.make_key(policy=policies.key_policy(OTHER, REGION, TRAILS))
    bucket = {"name": BUCKET, "encryption": "aws:kms", "encryption_key_id": arn, "tags": OURS}
    result = account.run("aws_plan", trails=TRAILS, s3_bucket=bucket)
    sentence = f"cannot check whether KMS key {arn} lets the trail encrypt, because these credentials may not read the key"
    assert not result.get("failed") and result["undecided"] == {ACCOUNT: [sentence], OTHER: [sentence]}
    assert warnings == [f"{sentence}; likewise for 1 more: verify.yml shows whether logs arrive"]


BAD_KEYS = {
    "disabled": "cannot be used because its state is Disabled: enable it, or give another key",
    "to be deleted": "cannot be used because its state is PendingDeletion: cancel its deletion and enable it, or give another key",
    "asymmetric": "is for SIGN_VERIFY with RSA_2048: give a symmetric key for encryption",
}


def bad_key(account, what):
    """A key that does not encrypt log files, although its policy lets CloudTrail use it."""
    kms = account.client("kms")
    if what == "asymmetric":
        options = {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"}
        return kms.create_key(Policy=json.dumps(KEY_POLICY), **options)["KeyMetadata"]["Arn"]
    arn = account.make_key(policy=KEY_POLICY)
    if what == "disabled":
        kms.disable_key(KeyId=arn)
    else:
        kms.schedule_key_deletion(KeyId=arn, PendingWindowInDays=7)
    return arn


@pytest.mark.parametrize("what", BAD_KEYS)
def test_a_given_key_that_can_not_be_used(account, what):
    arn = bad_key(account, what)
    bucket = {"name": BUCKET, "encryption": "aws:kms", "encryption_key_id": arn}
    result = account.run("aws_plan", trails=TRAILS, s3_bucket=bucket)
    assert result["failed"] and result["msg"] == f"KMS key {arn} {BAD_KEYS[what]}"
    said = plan(account, trails=TRAILS, s3_bucket=bucket)["undeliverable"]
    assert said == {name: [f"KMS key {arn} {BAD_KEYS[what]}"] for name in (ACCOUNT, OTHER)}


def test_a_given_key_of_another_region(account):
    arn = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/00000000-0000-0000-0000-000000000000"
    bucket = {"name": BUCKET, "encryption": "aws:kms", "encryption_key_id": arn}
    result = account.run("aws_plan", trails=TRAILS, s3_bucket=bucket)
    assert result["failed"] and result["msg"] == (
        f"KMS key {arn} is in us-east-1, but CloudTrail needs a key in {REGION}, the region of the bucket")


def plan_of_trail(account, key, state="present"):
    options = {"trails": TRAILS[:1], "trail": {"name": TRAIL, "kms_key_id": key}}
    return account.run("aws_plan", state=state, account_id=ACCOUNT, **options)


def test_the_key_of_a_trail_is_checked_before_it_is_used(account):
    arn = account.make_key(policy=policies.key_policy(ACCOUNT, REGION, TRAILS[1:]))
    result = plan_of_trail(account, arn)
    assert result["failed"] and "no statement that allows cloudtrail.amazonaws.com kms:GenerateDataKey" in result["msg"]
    assert list(plan_of_trail(account, arn, "verified")["undeliverable"]) == [ACCOUNT]
    account.client("kms").put_key_policy(KeyId=arn, PolicyName="default", Policy=json.dumps(KEY_POLICY))
    assert plan_of_trail(account, arn)["changes"] == [f"trail {TRAIL}: kms_key_id"]
    assert not plan_of_trail(account, arn, "verified")["undeliverable"]
    account.client("cloudtrail").update_trail(Name=TRAIL, KmsKeyId=arn)
    account.client("kms").disable_key(KeyId=arn)
    # A trail that has the key is left alone; what is wrong with it, a verification says.
    again = plan_of_trail(account, arn)
    assert not again["changed"] and not [call for call in again["calls"] if call.startswith("kms")]
    assert "its state is Disabled" in plan_of_trail(account, arn, "verified")["undeliverable"][ACCOUNT][0]


def test_the_key_of_a_trail_in_another_account_is_not_read(aws, account, warnings):
    arn = Account(aws, OTHER).make_key(policy=policies.key_policy(OTHER, REGION, TRAILS))
    result = plan_of_trail(account, arn)
    assert result["changed"] and not [call for call in result["calls"] if call.startswith("kms")]
    assert warnings == [
        f"cannot check whether KMS key {arn} lets the trail encrypt, because the key is in another account:"
        " verify.yml shows whether logs arrive"
    ]
    trail = {"name": TRAIL, "kms_key_id": arn, "kms_key_checked": True}
    result = account.run("aws_plan", account_id=ACCOUNT, trails=TRAILS[:1], trail=trail)
    assert result["changed"] and not result["undecided"]


def test_what_is_undecided_is_a_warning_as_long_as_there_is_something_to_do(account, warnings):
    office = {"Sid": "Office", "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject",
              "Resource": f"arn:aws:s3:::{BUCKET}/*", "Condition": {"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}
    policy = {**BUCKET_POLICY, "Statement": [*BUCKET_POLICY["Statement"], office]}
    bucket = {"name": BUCKET, "policy": policy, "tags": OURS}
    result = account.run("aws_plan", trails=TRAILS, s3_bucket=bucket)
    assert warnings == [
        "only AWS can evaluate whether statement Office of the policy of bucket example-audit-logs denies cloudtrail.amazonaws.com"
        " s3:PutObject on example-audit-logs/222222222222/AWSLogs/222222222222/*, because of its"
        " condition NotIpAddress aws:SourceIp 192.0.2.0/24; likewise for 1 more: verify.yml shows whether logs arrive"
    ]
    account.client("s3").put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))
    again = account.run("aws_plan", trails=TRAILS, s3_bucket=bucket)
    assert not again["changed"] and not again["undecided"]
    verified = plan(account, trails=TRAILS, s3_bucket=bucket)
    assert set(verified["undecided"]) == {ACCOUNT, OTHER} and not verified["undeliverable"]
    assert len(warnings) == 1


def test_an_organization_is_undecided_and_is_no_warning(account):
    organization = account.client("organizations").describe_organization()["Organization"]["Id"]
    policy = policies.bucket_policy(BUCKET, REGION, TRAILS, "organization", organization)
    bucket = {"name": BUCKET, "policy": policy, "tags": OURS}
    result = account.run("aws_plan", trails=TRAILS, s3_bucket=bucket)
    assert result["changed"] and not result["undecided"]
    account.client("s3").put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))
    assert "aws:SourceOrgID" in plan(account, trails=TRAILS, s3_bucket=bucket)["undecided"][OTHER][0]


def test_a_bad_trail(account):
    result = account.run("aws_plan", trails=[{"account_id": "1"}], s3_bucket={"name": BUCKET})
    assert result["failed"] and result["msg"].startswith("trails: account id '1' is not")
    assert not result["calls"]


@pytest.mark.parametrize("prefix", ["999999999999/", "x/y/", ""])
@pytest.mark.parametrize("day, delivers", [("2099/01/31", True), (None, False)])
def test_whether_a_retained_account_delivers(account, prefix, day, delivers):
    gone = {"account_id": "999999999999", "prefix": prefix.rstrip("/")}
    s3 = account.client("s3")
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policies.bucket_policy(BUCKET, REGION, [*TRAILS, gone])))
    if day:
        s3.put_object(Bucket=BUCKET, Key=f"{prefix}AWSLogs/999999999999/CloudTrail/eu-west-1/{day}/a.gz", Body=b"1")
    options = {"s3_bucket": {"name": BUCKET, "policy": policies.bucket_policy(BUCKET, REGION, TRAILS)}}
    assert plan(account, **options)["s3_bucket"]["recent"] == {"999999999999": delivers}
    deny = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:ListBucketVersions", "Resource": "*"}]}
    iam = account.client("iam")
    iam.create_user(UserName="reader")
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}, *deny["Statement"]]}
    iam.put_user_policy(UserName="reader", PolicyName="read", PolicyDocument=json.dumps(everything))
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    reader = account.with_credentials({**key, "SessionToken": None})
    found = plan(reader, **options)
    assert found["s3_bucket"]["recent"] == {} and "because s3:ListBucketVersions is denied" in str(found["warnings"])


@pytest.mark.parametrize("selectors, event", [(None, "DescribeTrails"), ([WRITE_ONLY], "RemoveTags")])
def test_a_probe_is_of_a_kind_that_the_trail_records(account, selectors, event):
    if selectors:
        account.client("cloudtrail").put_event_selectors(TrailName=TRAIL, EventSelectors=selectors)
    result = account.run("aws_plan", state="verified", account_id=ACCOUNT, trail={"name": TRAIL}, probe=True, check=True)
    probe = result["probe"]
    assert not result["changed"] and probe["event_name"] == event and probe["region"] == REGION
    assert [call.action for call in account.aws.calls if probe["mark"] in call.subject] == [event]


def test_no_probe_is_created_if_there_is_no_trail(account):
    result = plan(account, trail={"name": "nothing"}, probe=True)
    assert "probe" not in result and not [call for call in account.aws.calls if "probe-" in call.subject]


@pytest.mark.parametrize("options", [{"state": "present", "trail": {"name": TRAIL}}, {"state": "verified", "log_group": {"name": LOG_GROUP}}])
def test_a_probe_needs_a_trail_to_verify(account, options):
    result = account.run("aws_plan", account_id=ACCOUNT, probe=True, **options)
    assert result["msg"] == "probe: an event is created only with state=verified and a trail" and not result["calls"]


def test_a_probe_that_is_denied(account, aws):
    denied = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": "cloudtrail:RemoveTags", "Resource": "*"}]})
    account.client("cloudtrail").put_event_selectors(TrailName=TRAIL, EventSelectors=[WRITE_ONLY])
    aws.restrictions[ACCOUNT] = [denied]
    result = account.run("aws_plan", state="verified", account_id=ACCOUNT, trail={"name": TRAIL}, probe=True)
    assert result["failed"] and result["msg"].startswith("Failed to create the probe")
    assert result["trail"]["exists"] and result["undeliverable"] == {}, "what was read before is lost"
