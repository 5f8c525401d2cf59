# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What CloudTrail writes down of a call, and how it is looked up."""
from __future__ import annotations

import datetime
import json

import boto3
import pytest
from helpers.aws.trails import ARCHIVE, MANAGEMENT, MEMBER, REGION, document
from botocore.config import Config
from botocore.exceptions import ClientError
from clouds.session import Session

US = "us-east-1"
ROLE = f"arn:aws:iam::{MEMBER}:role/OrganizationAccountAccessRole"
UNCHECKED = Config(parameter_validation=False)


@pytest.fixture
def session(aws):
    return aws.session()


def events(session, region=REGION, **options):
    """Records of an account's history, oldest first."""
    client = session.client("cloudtrail", region_name=region)
    pages = client.get_paginator("lookup_events").paginate(**options)
    found = [json.loads(event["CloudTrailEvent"]) for page in pages for event in page["Events"]]
    return found[::-1]


def last(session, name, region=REGION):
    """The newest event of a name."""
    return [event for event in events(session, region) if event["eventName"] == name][-1]


def request_id(answer):
    return answer["ResponseMetadata"]["RequestId"]


# Records

def test_record_of_a_user(aws, session):
    answer = session.client("cloudtrail").describe_trails(trailNameList=["some-trail"])
    record = last(session, "DescribeTrails")
    seconds = datetime.datetime.fromisoformat(record["eventTime"]).timestamp()
    assert abs(seconds - aws.clock.now()) < 10
    user = session.client("iam").get_user(UserName="administrator")["User"]
    assert record == {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "IAMUser", "principalId": user["UserId"], "arn": user["Arn"], "accountId": MANAGEMENT,
            "accessKeyId": aws.environment["AWS_ACCESS_KEY_ID"], "userName": "administrator",
        },
        "eventTime": record["eventTime"],
        "eventSource": "cloudtrail.amazonaws.com",
        "eventName": "DescribeTrails",
        "awsRegion": REGION,
        "sourceIPAddress": "127.0.0.1",
        "userAgent": record["userAgent"],
        "requestParameters": {"trailNameList": ["some-trail"]},
        "responseElements": None,
        "requestID": request_id(answer),
        "eventID": record["eventID"],
        "readOnly": True,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": MANAGEMENT,
        "eventCategory": "Management",
    }
    assert "Botocore" in record["userAgent"]


def test_identity_of_a_role(aws):
    member = aws.session(MEMBER)
    member.client("cloudtrail").describe_trails()
    identity = last(member, "DescribeTrails")["userIdentity"]
    issuer = identity["sessionContext"]["sessionIssuer"]
    assert (identity["type"], identity["arn"], identity["accountId"]) == (
        "AssumedRole", f"arn:aws:sts::{MEMBER}:assumed-role/OrganizationAccountAccessRole/local-aws", MEMBER)
    assert identity["principalId"] == f"{issuer['principalId']}:local-aws"
    assert identity["accessKeyId"].startswith("ASIA")
    assert (issuer["type"], issuer["arn"], issuer["userName"]) == ("Role", ROLE, "OrganizationAccountAccessRole")
    assert identity["sessionContext"]["attributes"]["mfaAuthenticated"] == "false"


@pytest.mark.parametrize(("service", "region", "call", "name", "source"), [
    ("iam", US, lambda client: client.list_roles(), "ListRoles", "iam"),
    ("organizations", US, lambda client: client.describe_organization(), "DescribeOrganization", "organizations"),
    ("sts", REGION, lambda client: client.get_caller_identity(), "GetCallerIdentity", "sts"),
    ("kms", REGION, lambda client: client.list_keys(), "ListKeys", "kms"),
    ("logs", REGION, lambda client: client.describe_log_groups(), "DescribeLogGroups", "logs"),
    ("cloudwatch", REGION, lambda client: client.describe_alarms(), "DescribeAlarms", "monitoring"),
    ("resourcegroupstaggingapi", REGION, lambda client: client.get_resources(), "GetResources", "tagging"),
    ("sns", REGION, lambda client: client.list_topics(), "ListTopics", "sns"),
    ("sqs", REGION, lambda client: client.list_queues(), "ListQueues", "sqs"),
    ("s3", REGION, lambda client: client.list_buckets(), "ListBuckets", "s3"),
])
def test_services(session, service, region, call, name, source):
    answer = call(session.client(service))
    record = last(session, name, region)
    assert (record["eventSource"], record["awsRegion"], record["readOnly"], record["requestID"]) == (
        f"{source}.amazonaws.com", region, True, request_id(answer))


def test_global_endpoint_of_sts(session):
    session.client("sts", region_name=US).get_caller_identity()
    assert last(session, "GetCallerIdentity", US)["awsRegion"] == US


def test_writes(session):
    iam, logs = session.client("iam"), session.client("logs")
    trust = document({"Effect": "Allow", "Principal": {"AWS": MANAGEMENT}, "Action": "sts:AssumeRole"})
    iam.create_role(RoleName="some-role", AssumeRolePolicyDocument=trust)
    record = last(session, "CreateRole", US)
    assert (record["readOnly"], record["requestParameters"]) == (
        False, {"roleName": "some-role", "assumeRolePolicyDocument": trust})
    logs.create_log_group(logGroupName="some-group", tags={"Team": "a"})
    assert last(session, "CreateLogGroup")["requestParameters"] == {
        "logGroupName": "some-group", "tags": {"Team": "a"}}
    arn = session.client("kms").create_key(Description="mine")["KeyMetadata"]["Arn"]
    assert last(session, "CreateKey")["responseElements"]["keyMetadata"]["arn"] == arn


def test_bucket(aws, session):
    s3 = session.client("s3", region_name="eu-central-1")
    s3.create_bucket(Bucket="some-bucket", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    # The region is that of the bucket.
    policy = {"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": MANAGEMENT}, "Action": "s3:*", "Resource": "arn:aws:s3:::some-bucket"}]}
    session.client("s3").put_bucket_policy(Bucket="some-bucket", Policy=json.dumps(policy))
    record = last(session, "PutBucketPolicy", "eu-central-1")
    assert record["requestParameters"]["bucketName"] == "some-bucket"
    assert record["requestParameters"]["bucketPolicy"] == policy
    assert record["resources"] == [
        {"type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::some-bucket", "accountId": MANAGEMENT}]
    session.client("s3").get_public_access_block(Bucket="some-bucket")
    assert last(session, "GetBucketPublicAccessBlock", "eu-central-1")["managementEvent"] is True


@pytest.mark.parametrize("service", ["cloudtrail", "iam", "s3"])
def test_error(session, service):
    calls = {
        "cloudtrail": ("GetTrail", REGION, lambda client: client.get_trail(Name="nothing")),
        "iam": ("GetRole", US, lambda client: client.get_role(RoleName="nothing")),
        "s3": ("GetBucketPolicy", REGION, lambda client: client.get_bucket_policy(Bucket="nothing")),
    }
    name, region, call = calls[service]
    with pytest.raises(ClientError) as caught:
        call(session.client(service))
    record = last(session, name, region)
    error = caught.value.response
    assert (record["errorCode"], record["errorMessage"], record["responseElements"], record["requestID"]) == (
        error["Error"]["Code"], error["Error"]["Message"], None, request_id(error))


def test_denied(aws, session, refused):
    iam = session.client("iam")
    iam.create_user(UserName="nobody")
    key = iam.create_access_key(UserName="nobody")["AccessKey"]
    nobody = Session(aws.url, aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"],
                     region_name=REGION)
    with refused("AccessDeniedException"):
        nobody.client("kms").list_keys()
    record = last(session, "ListKeys")
    assert (record["errorCode"], record["userIdentity"]["userName"]) == ("AccessDeniedException", "nobody")
    assert "is not authorized to perform: kms:ListKeys" in record["errorMessage"]


def test_strangers_are_not_recorded(aws, session, refused):
    stranger = boto3.client("cloudtrail", endpoint_url=aws.url, region_name=REGION, aws_secret_access_key="wrong",
                            aws_access_key_id=aws.environment["AWS_ACCESS_KEY_ID"])
    with refused("SignatureDoesNotMatch"):
        stranger.describe_trails()
    assert events(session) == []


def test_what_nobody_understands_is_not_recorded(session):
    client = session.client("cloudtrail", config=Config(retries={"total_max_attempts": 1}))
    client.meta.events.register("before-call", lambda params, **_more: params.update(body=b"[]"))
    with pytest.raises(ClientError):
        client.describe_trails()
    assert events(session) == []


def test_operations_on_data_are_not_in_the_history(session):
    s3, logs = session.client("s3"), session.client("logs")
    s3.create_bucket(Bucket="some-bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="some-bucket", Key="key", Body=b"secret")
    s3.get_object(Bucket="some-bucket", Key="key")
    s3.list_objects_v2(Bucket="some-bucket")
    s3.head_bucket(Bucket="some-bucket")
    s3.delete_objects(Bucket="some-bucket", Delete={"Objects": [{"Key": "key"}]})
    session.client("cloudwatch").list_metrics()
    logs.create_log_group(logGroupName="some-group")
    logs.filter_log_events(logGroupName="some-group")
    topic = session.client("sns").create_topic(Name="some-topic")["TopicArn"]
    session.client("sns").publish(TopicArn=topic, Message="text")
    names = {event["eventName"] for event in events(session)}
    assert names == {"CreateBucket", "CreateLogGroup", "CreateTopic"}


# Across accounts

def test_assume_role_is_in_both_accounts(aws, session):
    answer = session.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="some-session")
    here, there = last(session, "AssumeRole"), [
        event for event in events(aws.session(MEMBER)) if event["requestID"] == request_id(answer)][-1]
    assert (here["recipientAccountId"], there["recipientAccountId"]) == (MANAGEMENT, MEMBER)
    assert here["userIdentity"]["type"] == "IAMUser"
    assert there["userIdentity"] == {
        "type": "AWSAccount", "principalId": here["userIdentity"]["principalId"], "accountId": MANAGEMENT}
    for record in (here, there):
        assert record["sharedEventID"] == here["sharedEventID"]
        assert record["requestParameters"] == {"roleArn": ROLE, "roleSessionName": "some-session"}
        assert record["responseElements"]["assumedRoleUser"]["arn"] == answer["AssumedRoleUser"]["Arn"]
        assert record["resources"] == [{"accountId": MEMBER, "type": "AWS::IAM::Role", "ARN": ROLE}]
    assert here["eventID"] != there["eventID"]
    inside = aws.session(MEMBER)
    inside.client("cloudtrail").describe_trails()
    assert "sharedEventID" not in last(inside, "DescribeTrails")


def test_refused_assume_role_is_in_the_callers_account(aws, session, refused):
    role = ROLE.replace("OrganizationAccountAccessRole", "nothing")
    aws.session(MEMBER)
    with refused("AccessDenied"):
        session.client("sts").assume_role(RoleArn=role, RoleSessionName="some-session")
    assert last(session, "AssumeRole")["errorCode"] == "AccessDenied"
    assert role not in {(event["requestParameters"] or {}).get("roleArn") for event in events(aws.session(MEMBER))}


def test_bucket_of_another_account(aws, session):
    archive, member = aws.session(ARCHIVE), aws.session(MEMBER)
    archive.client("s3").create_bucket(Bucket="some-bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
    archive.client("s3").put_bucket_policy(Bucket="some-bucket", Policy=document({
        "Effect": "Allow", "Principal": {"AWS": MEMBER}, "Action": "s3:*", "Resource": "arn:aws:s3:::some-bucket"}))
    member.client("s3").get_bucket_location(Bucket="some-bucket")
    here, there = last(member, "GetBucketLocation"), last(archive, "GetBucketLocation")
    assert here["sharedEventID"] == there["sharedEventID"]
    assert there["userIdentity"]["accountId"] == MEMBER


# Secrets

def test_no_secrets(aws, session):
    iam, kms = session.client("iam"), session.client("kms")
    session.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="some-session")
    iam.create_user(UserName="somebody")
    key = iam.create_access_key(UserName="somebody")["AccessKey"]
    iam.create_login_profile(UserName="somebody", Password="the-password")
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    kms.encrypt(KeyId=arn, Plaintext=b"the-plaintext")
    data_key = kms.generate_data_key(KeyId=arn, KeySpec="AES_256")
    text = json.dumps([events(session), events(session, US), events(aws.session(MEMBER))])
    secrets = [*aws.issued_secrets, key["SecretAccessKey"], aws.environment["AWS_SECRET_ACCESS_KEY"], "the-password",
               "the-plaintext", str(data_key["Plaintext"])]
    assert [secret for secret in secrets if secret in text] == []


# LookupEvents

@pytest.fixture
def cloudtrail(session):
    return session.client("cloudtrail")


def look_up(client, key, value, **options):
    answer = client.lookup_events(LookupAttributes=[{"AttributeKey": key, "AttributeValue": value}], **options)
    return [event["EventName"] for event in answer["Events"]]


def test_lookup(session, cloudtrail):
    cloudtrail.describe_trails()
    [event] = cloudtrail.lookup_events()["Events"]
    record = json.loads(event["CloudTrailEvent"])
    assert event == {
        "EventId": record["eventID"], "EventName": "DescribeTrails", "ReadOnly": "true", "Username": "administrator",
        "AccessKeyId": record["userIdentity"]["accessKeyId"], "EventSource": "cloudtrail.amazonaws.com",
        "EventTime": event["EventTime"], "Resources": [], "CloudTrailEvent": event["CloudTrailEvent"],
    }
    assert event["EventTime"] == datetime.datetime.fromisoformat(record["eventTime"])


def test_lookup_by_attribute(aws, session, cloudtrail):
    logs = session.client("logs")
    logs.create_log_group(logGroupName="some-group")
    cloudtrail.describe_trails()
    [described, created] = cloudtrail.lookup_events()["Events"]
    assert look_up(cloudtrail, "EventName", "CreateLogGroup") == ["CreateLogGroup"]
    assert look_up(cloudtrail, "EventId", created["EventId"]) == ["CreateLogGroup"]
    assert look_up(cloudtrail, "EventSource", "logs.amazonaws.com") == ["CreateLogGroup"]
    assert look_up(cloudtrail, "ReadOnly", "false") == ["CreateLogGroup"]
    assert look_up(cloudtrail, "ResourceName", "some-group") == ["CreateLogGroup"]
    assert look_up(cloudtrail, "ResourceType", "AWS::Logs::LogGroup") == ["CreateLogGroup"]
    assert look_up(cloudtrail, "Username", "administrator", MaxResults=50)[-2:] == ["DescribeTrails", "CreateLogGroup"]
    assert look_up(cloudtrail, "AccessKeyId", aws.environment["AWS_ACCESS_KEY_ID"])[-1] == "CreateLogGroup"
    assert look_up(cloudtrail, "Username", "nobody") == []
    member = aws.session(MEMBER).client("cloudtrail")
    member.describe_trails()
    assert look_up(member, "Username", "local-aws") == ["DescribeTrails"]


def test_lookup_in_pages(cloudtrail):
    for number in range(7):
        cloudtrail.describe_trails(trailNameList=[f"trail-{number}"])
    attribute = [{"AttributeKey": "EventName", "AttributeValue": "DescribeTrails"}]
    pages, token = [], {}
    for _page in range(5):
        page = cloudtrail.lookup_events(LookupAttributes=attribute, MaxResults=3, **token)
        pages.append([json.loads(event["CloudTrailEvent"])["requestParameters"]["trailNameList"][0]
                      for event in page["Events"]])
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
        # What happens meanwhile moves nothing.
        cloudtrail.describe_trails(trailNameList=["later"])
    assert pages == [["trail-6", "trail-5", "trail-4"], ["trail-3", "trail-2", "trail-1"], ["trail-0"]]


def test_lookup_gives_fifty_at_most(cloudtrail):
    for _number in range(51):
        cloudtrail.describe_trails()
    assert len(cloudtrail.lookup_events()["Events"]) == 50


@pytest.mark.parametrize(("options", "code"), [
    ({"MaxResults": 0}, "InvalidMaxResultsException"),
    ({"MaxResults": 51}, "InvalidMaxResultsException"),
    ({"StartTime": 2, "EndTime": 1}, "InvalidTimeRangeException"),
    ({"EventCategory": "management"}, "InvalidEventCategoryException"),
    ({"NextToken": "nonsense"}, "InvalidNextTokenException"),
    ({"LookupAttributes": [{"AttributeKey": "Nothing", "AttributeValue": "x"}]}, "InvalidLookupAttributesException"),
    ({"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "x"}] * 2},
     "InvalidLookupAttributesException"),
])
def test_bad_lookup(session, refused, options, code):
    with refused(code):
        session.client("cloudtrail", config=UNCHECKED).lookup_events(**options)


def test_token_of_another_lookup(cloudtrail, refused):
    for _number in range(3):
        cloudtrail.describe_trails()
    token = cloudtrail.lookup_events(MaxResults=1)["NextToken"]
    with refused("InvalidNextTokenException"):
        look_up(cloudtrail, "EventName", "DescribeTrails", NextToken=token)


def test_lookup_by_time(aws, cloudtrail):
    cloudtrail.describe_trails(trailNameList=["first"])
    middle = datetime.datetime.fromtimestamp(aws.clock.now() + 1800, datetime.timezone.utc)
    aws.clock.advance(3600)
    cloudtrail.describe_trails(trailNameList=["second"])

    def names(**options):
        events = cloudtrail.lookup_events(**options)["Events"]
        records = [json.loads(event["CloudTrailEvent"]) for event in events if event["EventName"] == "DescribeTrails"]
        return [record["requestParameters"]["trailNameList"][0] for record in records]

    assert names() == ["second", "first"]
    assert names(StartTime=middle) == ["second"]
    assert names(EndTime=middle) == ["first"]


def test_ninety_days(aws, cloudtrail):
    cloudtrail.describe_trails()
    aws.clock.advance(89 * 24 * 3600)
    assert look_up(cloudtrail, "EventName", "DescribeTrails") == ["DescribeTrails"]
    aws.clock.advance(24 * 3600)
    assert look_up(cloudtrail, "EventName", "DescribeTrails") == []


def test_accounts_and_regions_are_apart(aws, session, cloudtrail):
    cloudtrail.describe_trails()
    assert events(aws.session(MEMBER), US) == []
    assert not [event for event in events(aws.session(MEMBER)) if event["eventName"] == "DescribeTrails"]
    assert not [event for event in events(session, "eu-central-1") if event["eventName"] == "DescribeTrails"]


def test_insights(cloudtrail):
    assert cloudtrail.lookup_events(EventCategory="insight")["Events"] == []


def test_reset_forgets(aws, cloudtrail):
    cloudtrail.describe_trails()
    aws.clock.advance(3600)
    aws.reset()
    assert cloudtrail.lookup_events()["Events"] == []
    assert abs(aws.clock.now() - datetime.datetime.now().timestamp()) < 10
