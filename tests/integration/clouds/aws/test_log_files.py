# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Log files and log events: they arrive where and when they may, and else GetTrailStatus says why not."""
from __future__ import annotations

import json
import re
import time
from datetime import datetime, timedelta, timezone

import pytest
from helpers.aws.trails import (
    ACL, ARCHIVE, BUCKET, DESCRIBE, ENCRYPT, MANAGEMENT, MEMBER, PUT, REGION, SERVICE, TLS_ONLY, TRAIL, WRITE, Trails,
    allow, changed, document,
)
from clouds.aws import LocalAws

OTHER, US = "eu-central-1", "us-east-1"
STREAM = f"{MEMBER}_CloudTrail_{REGION}"


@pytest.fixture
def trails(aws):
    return Trails(aws)


def stream(trails, mark, name=STREAM, session=None):
    """Records with a mark in a log stream."""
    logs = (session or trails.member).client("logs")
    try:
        found = logs.get_log_events(logGroupName="group", logStreamName=name)["events"]
    except logs.exceptions.ResourceNotFoundException:
        return []
    records = [json.loads(event["message"]) for event in found]
    return [record for record in records if trails.has([record], mark)]


# Log files

def test_log_file(trails):
    trails.log()
    trails.probe("probe-1")
    [(key, records)] = [(key, records) for key, records in trails.log_files() if trails.has(records, "probe-1")]
    match = re.fullmatch(
        rf"AWSLogs/{MEMBER}/CloudTrail/{REGION}/(\d{{4}})/(\d\d)/(\d\d)/{MEMBER}_CloudTrail_{REGION}_"
        r"(\d{8})T\d{4}Z_[A-Za-z0-9]{16}\.json\.gz", key)
    assert match[4] == match[1] + match[2] + match[3]
    [record] = records
    assert (record["eventName"], record["recipientAccountId"], record["awsRegion"]) == ("DescribeTrails", MEMBER, REGION)
    head = trails.archive.client("s3").head_object(Bucket=BUCKET, Key=key)
    assert (head["ContentType"], head["ContentEncoding"], head["ServerSideEncryption"]) == (
        "application/json", "gzip", "AES256")


def test_prefix(trails):
    trails.policy(ACL, changed(PUT, Resource=f"arn:aws:s3:::{BUCKET}/some/prefix/AWSLogs/{MEMBER}/*"))
    trails.log(S3KeyPrefix="some/prefix")
    trails.probe("probe-1")
    assert trails.arrived("probe-1")
    assert all(key.startswith(f"some/prefix/AWSLogs/{MEMBER}/CloudTrail/{REGION}/") for key in trails.keys())


def test_key(trails):
    key = trails.key(ENCRYPT, DESCRIBE)
    trails.log(KmsKeyId=key)
    head = trails.archive.client("s3").head_object(Bucket=BUCKET, Key=trails.keys()[0])
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key)


def test_policy_that_wants_the_key(trails):
    key = trails.key(ENCRYPT, DESCRIBE)
    deny = changed(PUT, Effect="Deny", Condition={"StringNotEquals": {
        "s3:x-amz-server-side-encryption-aws-kms-key-id": key}})
    trails.policy(ACL, PUT, deny)
    trails.log(KmsKeyId=key)
    assert trails.keys()


def test_default_retention_of_the_bucket(trails):
    s3 = trails.archive.client("s3")
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object_lock_configuration(Bucket=BUCKET, ObjectLockConfiguration={
        "ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}})
    trails.log()
    assert s3.head_object(Bucket=BUCKET, Key=trails.keys()[0])["ObjectLockMode"] == "GOVERNANCE"


def test_first_and_last_event(trails):
    """"Events up to and including the StopLogging event", says the User Guide."""
    trails.create()
    trails.probe("before")
    trails.cloudtrail.start_logging(Name="logs")
    trails.probe("between")
    trails.cloudtrail.stop_logging(Name="logs")
    trails.probe("after")
    names = [record["eventName"] for _key, records in trails.log_files() for record in records]
    assert sorted(names) == ["DescribeTrails", "StartLogging", "StopLogging"]
    assert trails.arrived("between")


def test_deleted_trail(trails):
    trails.log()
    trails.cloudtrail.delete_trail(Name="logs")
    trails.probe("after")
    names = [record["eventName"] for _key, records in trails.log_files() for record in records]
    assert sorted(names) == ["DeleteTrail", "StartLogging"]


def test_delivery_is_no_call(aws, trails):
    """What CloudTrail itself does in the bucket's account is not taken for somebody's call."""
    trails.log()
    del aws.calls[:]
    trails.probe("probe-1")
    assert [call.action for call in aws.calls] == ["DescribeTrails"]
    history = trails.archive.client("cloudtrail").lookup_events()["Events"]
    assert not {"PutObject", "GenerateDataKey"} & {event["EventName"] for event in history}


# Regions

def test_region(trails):
    trails.log()
    trails.probe("elsewhere", region_name=OTHER)
    trails.member.client("iam").list_roles()
    assert not trails.arrived("elsewhere")
    assert trails.keys(prefix=f"AWSLogs/{MEMBER}/CloudTrail/{US}/") == []


def test_multi_region(trails):
    trails.log(IsMultiRegionTrail=True)
    trails.probe("elsewhere", region_name=OTHER)
    trails.member.client("iam").list_roles()
    [(key, _records)] = [(key, records) for key, records in trails.log_files() if trails.has(records, "elsewhere")]
    assert key.startswith(f"AWSLogs/{MEMBER}/CloudTrail/{OTHER}/")
    [(key, [record])] = trails.log_files(prefix=f"AWSLogs/{MEMBER}/CloudTrail/{US}/")
    assert (record["eventName"], record["awsRegion"]) == ("ListRoles", US)


@pytest.mark.parametrize("included", [True, False])
def test_global_services(trails, included):
    arn = TRAIL.replace(REGION, US)
    trails.policy(*(changed(statement, Condition={"StringEquals": {"aws:SourceArn": arn}}) for statement in (ACL, PUT)))
    cloudtrail = trails.member.client("cloudtrail", region_name=US)
    cloudtrail.create_trail(Name="logs", S3BucketName=BUCKET, IncludeGlobalServiceEvents=included)
    cloudtrail.start_logging(Name="logs")
    trails.member.client("iam").list_roles()
    trails.member.client("kms", region_name=US).list_keys()
    names = {record["eventName"] for _key, records in trails.log_files() for record in records}
    assert names == {"StartLogging", "ListKeys", *(["ListRoles"] if included else [])}


def test_no_other_account(aws, trails):
    trails.log()
    aws.session("333333333333").client("cloudtrail").describe_trails(trailNameList=["stranger"])
    assert not trails.arrived("stranger")


# Organization

@pytest.fixture
def organization_trail(aws, trails):
    """A trail of the organization that logs, with log group; gives the id of the organization."""
    management = aws.session()
    organizations, cloudtrail = management.client("organizations"), management.client("cloudtrail")
    organizations.enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
    organization = organizations.describe_organization()["Organization"]["Id"]
    trails.policy(allow(SERVICE, "s3:GetBucketAcl", f"arn:aws:s3:::{BUCKET}"), *(
        allow(SERVICE, "s3:PutObject", f"arn:aws:s3:::{BUCKET}/AWSLogs/{owner}/*") for owner in (MANAGEMENT, organization)))
    group = f"arn:aws:logs:{REGION}:{MANAGEMENT}:log-group:group:*"
    management.client("logs").create_log_group(logGroupName="group")
    iam = management.client("iam")
    role = iam.create_role(RoleName="writer", AssumeRolePolicyDocument=document(
        {"Effect": "Allow", "Principal": SERVICE, "Action": "sts:AssumeRole"}))["Role"]["Arn"]
    iam.put_role_policy(RoleName="writer", PolicyName="p", PolicyDocument=document(changed(WRITE, Resource=group)))
    cloudtrail.create_trail(Name="logs", S3BucketName=BUCKET, IsOrganizationTrail=True, IsMultiRegionTrail=True,
                            CloudWatchLogsLogGroupArn=group, CloudWatchLogsRoleArn=role)
    cloudtrail.start_logging(Name="logs")
    return organization


def test_organization(aws, trails, organization_trail):
    trails.probe("of-member", region_name=OTHER)
    aws.session().client("cloudtrail").describe_trails(trailNameList=["of-management"])
    keys = {mark: key for key, records in trails.log_files() for mark in ("of-member", "of-management")
            if trails.has(records, mark)}
    start = f"AWSLogs/{organization_trail}"
    assert keys["of-member"].startswith(f"{start}/{MEMBER}/CloudTrail/{OTHER}/")
    assert keys["of-management"].startswith(f"{start}/{MANAGEMENT}/CloudTrail/{REGION}/")
    own = f"{organization_trail}_{MEMBER}_CloudTrail_{REGION}"
    assert len(stream(trails, "of-member", own, aws.session())) == 1
    # The members see how the trail fares.
    assert "LatestDeliveryTime" in trails.status()


# Selectors

BASIC = {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []}
OBJECTS = {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::data/in/"]}


def field(name, **conditions):
    return {"Field": name, **conditions}


def advanced(*fields):
    return {"AdvancedEventSelectors": [{"FieldSelectors": list(fields)}]}


MANAGEMENT_EVENTS = field("eventCategory", Equals=["Management"])
DATA_EVENTS = [field("eventCategory", Equals=["Data"]), field("resources.type", Equals=["AWS::S3::Object"])]


@pytest.mark.parametrize(("selectors", "expected"), [
    ({"EventSelectors": [BASIC]}, {"ListKeys", "CreateKey", "DescribeTrails"}),
    ({"EventSelectors": [{**BASIC, "ReadWriteType": "ReadOnly"}]}, {"ListKeys", "DescribeTrails"}),
    ({"EventSelectors": [{**BASIC, "ReadWriteType": "WriteOnly"}]}, {"CreateKey"}),
    ({"EventSelectors": [{**BASIC, "ExcludeManagementEventSources": ["kms.amazonaws.com"]}]}, {"DescribeTrails"}),
    ({"EventSelectors": [{**BASIC, "IncludeManagementEvents": False, "DataResources": [OBJECTS]}]},
     {"PutObject", "GetObject"}),
    ({"EventSelectors": [{**BASIC, "ReadWriteType": "ReadOnly", "DataResources": [OBJECTS]}]},
     {"ListKeys", "DescribeTrails", "GetObject"}),
    ({"EventSelectors": [{**BASIC, "IncludeManagementEvents": False, "DataResources": [
        {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}]}]}, {"PutObject", "GetObject", "ListObjects"}),
    (advanced(MANAGEMENT_EVENTS), {"ListKeys", "CreateKey", "DescribeTrails"}),
    (advanced(MANAGEMENT_EVENTS, field("readOnly", Equals=["false"])), {"CreateKey"}),
    (advanced(MANAGEMENT_EVENTS, field("eventSource", NotEquals=["kms.amazonaws.com"])), {"DescribeTrails"}),
    (advanced(*DATA_EVENTS), {"PutObject", "GetObject", "ListObjects"}),
    (advanced(*DATA_EVENTS, field("eventName", StartsWith=["Put"])), {"PutObject"}),
    (advanced(*DATA_EVENTS, field("eventName", NotStartsWith=["Put", "List"])), {"GetObject"}),
    (advanced(*DATA_EVENTS, field("resources.ARN", StartsWith=["arn:aws:s3:::data/in/"], NotEndsWith=["key"])), set()),
    (advanced(*DATA_EVENTS, field("resources.ARN", EndsWith=["key"])), {"PutObject", "GetObject"}),
    (advanced(*DATA_EVENTS, field("userIdentity.arn", Equals=["arn:aws:iam::1:user/nobody"])), set()),
])
def test_selectors(trails, selectors, expected):
    s3, kms = trails.member.client("s3"), trails.member.client("kms")
    s3.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": REGION})
    trails.create()
    trails.cloudtrail.put_event_selectors(TrailName="logs", **selectors)
    trails.cloudtrail.start_logging(Name="logs")
    kms.list_keys()
    kms.create_key()
    trails.probe("probe")
    s3.put_object(Bucket="data", Key="in/key", Body=b"")
    s3.get_object(Bucket="data", Key="in/key")
    s3.list_objects_v2(Bucket="data")
    names = {record["eventName"] for _key, records in trails.log_files() for record in records}
    assert names - {"StartLogging"} == expected


def test_data_event(trails):
    trails.member.client("s3").create_bucket(
        Bucket="data", CreateBucketConfiguration={"LocationConstraint": REGION})
    trails.create()
    trails.cloudtrail.put_event_selectors(TrailName="logs", **advanced(*DATA_EVENTS))
    trails.cloudtrail.start_logging(Name="logs")
    trails.member.client("s3").put_object(Bucket="data", Key="key", Body=b"the-body")
    [(_key, [record])] = trails.log_files()
    assert (record["managementEvent"], record["eventCategory"], record["requestParameters"]["key"]) == (
        False, "Data", "key")
    assert record["resources"][0] == {"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::data/key"}
    assert "the-body" not in json.dumps(record)


# CloudWatch Logs

def test_log_events(aws, trails):
    trails.log(CloudWatchLogsLogGroupArn=trails.log_group(), CloudWatchLogsRoleArn=trails.role(WRITE),
               IsMultiRegionTrail=True)
    trails.probe("here")
    trails.probe("elsewhere", region_name=OTHER)
    # All regions come into the stream of the home region, which is the only one that the role is for.
    assert [record["awsRegion"] for mark in ("here", "elsewhere") for record in stream(trails, mark)] == [REGION, OTHER]
    aws.clock.advance(30 * 24 * 3600)
    trails.probe("later")
    assert len(stream(trails, "later")) == 1
    status = trails.status()
    assert status["LatestCloudWatchLogsDeliveryTime"].timestamp() > time.time() + 29 * 24 * 3600


# In time

@pytest.fixture
def slow():
    """A local AWS that delivers every five minutes."""
    with LocalAws(delivery_interval=300) as aws:
        yield Trails(aws)


def test_interval(slow):
    slow.log(IsMultiRegionTrail=True)
    slow.probe("first")
    slow.probe("second")
    slow.probe("elsewhere", region_name=OTHER)
    assert slow.keys() == []
    assert "LatestDeliveryTime" not in slow.status()
    slow.aws.clock.advance(299)
    assert slow.keys() == []
    slow.aws.clock.advance(1)
    files = dict(slow.log_files())
    assert len(files) == 2
    [records] = [records for key, records in files.items() if f"/{REGION}/" in key]
    assert slow.has(records, "first") and slow.has(records, "second")
    # Nothing twice.
    slow.aws.clock.advance(300)
    slow.keys()
    slow.aws.clock.advance(300)
    assert sum(slow.has(records, "first") for _key, records in slow.log_files()) == 1


def test_when_s3_stored_a_log_file(slow):
    """S3 and CloudTrail have the same time."""
    slow.log()
    slow.aws.clock.advance(-24 * 3600)
    slow.probe("yesterday")
    slow.aws.clock.advance(300)
    [key] = slow.keys()
    stored = slow.archive.client("s3").head_object(Bucket=BUCKET, Key=key)["LastModified"]
    expected = datetime.now(timezone.utc) - timedelta(days=1, seconds=-300)
    assert abs(stored - expected) < timedelta(seconds=60)


def test_interval_that_passes_by_itself():
    with LocalAws(delivery_interval=0.1) as aws:
        trails = Trails(aws)
        trails.log()
        trails.probe("probe")
        time.sleep(0.2)
        assert trails.arrived("probe")


def test_what_decides_is_the_moment_of_delivery(slow):
    slow.log()
    slow.probe("probe")
    slow.policy(ACL)
    slow.aws.clock.advance(301)
    assert slow.keys() == []
    assert slow.status()["LatestDeliveryError"] == "AccessDenied"


# What keeps it from arriving

@pytest.fixture
def whole(trails):
    """Everything that a trail can have, and it logs."""
    trails.kms_key = trails.key(ENCRYPT, DESCRIBE)
    trails.log(KmsKeyId=trails.kms_key, CloudWatchLogsLogGroupArn=trails.log_group(),
               CloudWatchLogsRoleArn=trails.role(WRITE))
    trails.kms, trails.iam = trails.archive.client("kms"), trails.member.client("iam")
    return trails


def key_policy(trails, *statements):
    own = allow({"AWS": f"arn:aws:iam::{ARCHIVE}:root"}, "kms:*")
    trails.kms.put_key_policy(KeyId=trails.kms_key, PolicyName="default", Policy=document(own, *statements))


def remake_bucket(trails):
    trails.bucket(BUCKET, ACL, PUT, TLS_ONLY)


def delete_bucket(trails):
    s3 = trails.archive.client("s3")
    for key in trails.keys():
        s3.delete_object(Bucket=BUCKET, Key=key)
    s3.delete_bucket(Bucket=BUCKET)


def cancel_deletion(trails):
    trails.kms.cancel_key_deletion(KeyId=trails.kms_key)
    trails.kms.enable_key(KeyId=trails.kms_key)


def trust(trails, *principals):
    trails.iam.update_assume_role_policy(RoleName="writer", PolicyDocument=document(
        *({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"} for principal in principals)))


def role_policy(trails, *statements):
    trails.iam.put_role_policy(RoleName="writer", PolicyName="p", PolicyDocument=document(*statements))


def repaired_policy(trails):
    trails.policy(ACL, PUT, TLS_ONLY)


def repaired_key(trails):
    key_policy(trails, ENCRYPT, DESCRIBE)


def other_trail(statement):
    return changed(statement, Condition={"StringEquals": {"aws:SourceArn": TRAIL.replace("logs", "other")}})


FOLDER = f"arn:aws:s3:::{BUCKET}/{MEMBER}/AWSLogs/{MEMBER}/*"
BUCKET_BREAKS = {
    "no policy": (lambda trails: trails.policy(), repaired_policy, "AccessDenied"),
    "no statement for writing": (lambda trails: trails.policy(ACL, TLS_ONLY), repaired_policy, "AccessDenied"),
    "no statement for the ACL": (lambda trails: trails.policy(PUT), repaired_policy, "AccessDenied"),
    "SourceArn of another trail": (lambda trails: trails.policy(ACL, other_trail(PUT)), repaired_policy, "AccessDenied"),
    "SourceAccount of another account": (
        lambda trails: trails.policy(ACL, changed(PUT, Condition={"StringEquals": {"aws:SourceAccount": ARCHIVE}})),
        repaired_policy, "AccessDenied"),
    "other path": (lambda trails: trails.policy(ACL, changed(PUT, Resource=FOLDER)), repaired_policy, "AccessDenied"),
    "other service": (
        lambda trails: trails.policy(ACL, changed(PUT, Principal={"Service": "config.amazonaws.com"})),
        repaired_policy, "AccessDenied"),
    "denied": (lambda trails: trails.policy(ACL, PUT, changed(PUT, Effect="Deny", Condition={})), repaired_policy,
               "AccessDenied"),
    "wants SSE-S3": (
        lambda trails: trails.policy(ACL, PUT, changed(PUT, Effect="Deny", Condition={
            "StringNotEquals": {"s3:x-amz-server-side-encryption": "AES256"}})), repaired_policy, "AccessDenied"),
    "key policy without CloudTrail": (key_policy, repaired_key, "AccessDenied"),
    "key policy for another trail": (
        lambda trails: key_policy(trails, other_trail(ENCRYPT), DESCRIBE), repaired_key, "AccessDenied"),
    "key policy with another context": (
        lambda trails: key_policy(trails, changed(ENCRYPT, Condition={"StringLike": {
            "kms:EncryptionContext:aws:cloudtrail:arn": f"arn:aws:cloudtrail:*:{ARCHIVE}:trail/*"}}), DESCRIBE),
        repaired_key, "AccessDenied"),
    "key policy without DescribeKey": (lambda trails: key_policy(trails, ENCRYPT), repaired_key, "AccessDenied"),
    "key disabled": (lambda trails: trails.kms.disable_key(KeyId=trails.kms_key),
                     lambda trails: trails.kms.enable_key(KeyId=trails.kms_key), "KMS.DisabledException"),
    "key to be deleted": (
        lambda trails: trails.kms.schedule_key_deletion(KeyId=trails.kms_key, PendingWindowInDays=7), cancel_deletion,
        "KMS.KMSInvalidStateException"),
    "bucket deleted": (delete_bucket, remake_bucket, "NoSuchBucket"),
}


@pytest.mark.parametrize("name", BUCKET_BREAKS)
def test_bucket_and_key(whole, name):
    break_it, repair, error = BUCKET_BREAKS[name]
    whole.probe("works")
    assert whole.arrived("works")
    assert "LatestDeliveryError" not in whole.status()
    break_it(whole)
    whole.probe("lost")
    status = whole.status()
    assert status["LatestDeliveryError"] == error
    assert whole.status()["LatestDeliveryTime"] == status["LatestDeliveryTime"]
    # The log group is independent.
    assert "LatestCloudWatchLogsDeliveryError" not in status
    assert stream(whole, "lost")
    if name != "bucket deleted":
        assert not whole.arrived("lost")
    repair(whole)
    whole.probe("again")
    assert "LatestDeliveryError" not in whole.status()
    # CloudTrail tries again what it could not deliver.
    assert whole.arrived("again") and whole.arrived("lost")


ROLE = f"arn:aws:iam::{MEMBER}:role/writer"


def repaired_role(trails):
    trust(trails, SERVICE)
    role_policy(trails, WRITE)


def delete_role(trails):
    trails.iam.delete_role_policy(RoleName="writer", PolicyName="p")
    trails.iam.delete_role(RoleName="writer")


GROUP_BREAKS = {
    "trust of another service": (
        lambda trails: trust(trails, {"Service": "config.amazonaws.com"}), repaired_role, "trust"),
    "role policy gone": (lambda trails: trails.iam.delete_role_policy(RoleName="writer", PolicyName="p"), repaired_role,
                         "CreateLogStream"),
    "role policy without PutLogEvents": (
        lambda trails: role_policy(trails, changed(WRITE, Action="logs:CreateLogStream")), repaired_role, "PutLogEvents"),
    "role policy for the group without its streams": (
        lambda trails: role_policy(trails, changed(
            WRITE, Resource=f"arn:aws:logs:{REGION}:{MEMBER}:log-group:group")), repaired_role, "CreateLogStream"),
    "denied": (lambda trails: role_policy(trails, WRITE, changed(WRITE, Effect="Deny")), repaired_role, "CreateLogStream"),
    "role deleted": (delete_role, lambda trails: trails.role(WRITE), "does not exist"),
    "group deleted": (lambda trails: trails.member.client("logs").delete_log_group(logGroupName="group"),
                      lambda trails: trails.log_group(), "does not exist"),
}


@pytest.mark.parametrize("name", GROUP_BREAKS)
def test_log_group(whole, name):
    break_it, repair, error = GROUP_BREAKS[name]
    whole.probe("works")
    assert stream(whole, "works")
    assert "LatestCloudWatchLogsDeliveryError" not in whole.status()
    break_it(whole)
    whole.probe("lost")
    assert error in whole.status()["LatestCloudWatchLogsDeliveryError"]
    assert not stream(whole, "lost")
    # The bucket is independent.
    assert "LatestDeliveryError" not in whole.status()
    assert whole.arrived("lost")
    repair(whole)
    whole.probe("again")
    assert "LatestCloudWatchLogsDeliveryError" not in whole.status()
    assert stream(whole, "again")


def test_stopped(whole):
    whole.cloudtrail.stop_logging(Name="logs")
    whole.probe("lost")
    assert whole.status()["IsLogging"] is False
    assert "LatestDeliveryError" not in whole.status()
    assert not whole.arrived("lost")
    whole.cloudtrail.start_logging(Name="logs")
    whole.probe("again")
    assert whole.arrived("again") and not whole.arrived("lost")


def test_times_are_of_the_clock(aws, trails):
    aws.clock.advance(24 * 3600)
    trails.log()
    trails.cloudtrail.stop_logging(Name="logs")
    status = trails.status()
    for name in ("StartLoggingTime", "StopLoggingTime", "LatestDeliveryTime"):
        assert abs(status[name].timestamp() - aws.clock.now()) < 60


def test_selectors_without_management_events(whole):
    whole.cloudtrail.put_event_selectors(TrailName="logs", **advanced(*DATA_EVENTS))
    whole.probe("lost")
    assert not whole.arrived("lost") and not stream(whole, "lost")
    assert "LatestDeliveryError" not in whole.status()
    whole.cloudtrail.put_event_selectors(TrailName="logs", EventSelectors=[BASIC])
    whole.probe("again")
    assert whole.arrived("again") and not whole.arrived("lost")


def test_other_region_only(whole):
    whole.probe("lost", region_name=OTHER)
    assert not whole.arrived("lost")
    whole.cloudtrail.update_trail(Name="logs", IsMultiRegionTrail=True)
    whole.probe("again", region_name=OTHER)
    assert whole.arrived("again") and not whole.arrived("lost")


def test_another_bucket(whole):
    """What waits goes to the new one."""
    whole.policy(ACL)
    whole.probe("waits")
    policy = [json.loads(json.dumps(statement).replace(f":::{BUCKET}", ":::another")) for statement in (ACL, PUT)]
    whole.bucket("another", *policy)
    whole.cloudtrail.update_trail(Name="logs", S3BucketName="another")
    assert whole.arrived("waits", "another") and not whole.arrived("waits")


def test_tried_again_after_some_time(aws, whole):
    whole.policy(ACL)
    whole.probe("waits")
    whole.cloudtrail.stop_logging(Name="logs")
    repaired_policy(whole)
    assert not whole.arrived("waits")
    aws.clock.advance(300)
    assert whole.arrived("waits")
    assert "LatestDeliveryError" not in whole.status()


def test_tried_for_thirty_days(aws, whole):
    whole.policy(ACL)
    whole.probe("waits")
    aws.clock.advance(31 * 24 * 3600)
    whole.probe("waits-too")
    repaired_policy(whole)
    whole.probe("again")
    assert whole.arrived("again") and whole.arrived("waits-too") and not whole.arrived("waits")


def test_not_tried_again_without_the_trail(aws, whole):
    whole.policy(ACL)
    whole.probe("waits")
    whole.cloudtrail.delete_trail(Name="logs")
    repaired_policy(whole)
    aws.clock.advance(3600)
    assert not whole.arrived("waits")


def test_two_trails(trails):
    """Each has its own files and its own status."""
    trails.policy(ACL, PUT, *(changed(statement, Condition={"StringEquals": {
        "aws:SourceArn": TRAIL.replace("logs", "more")}}) for statement in (ACL, PUT)))
    trails.log()
    trails.create(Name="more")
    trails.cloudtrail.start_logging(Name="more")
    trails.policy(ACL, PUT)
    trails.probe("probe")
    assert sum(trails.has(records, "probe") for _key, records in trails.log_files()) == 1
    assert "LatestDeliveryError" not in trails.status()
    assert trails.cloudtrail.get_trail_status(Name="more")["LatestDeliveryError"] == "AccessDenied"
