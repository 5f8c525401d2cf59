# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Consistency windows: what is not in effect yet."""
from __future__ import annotations

import json

import pytest
from clouds.aws import LocalAws, Windows
from clouds.session import Session
from helpers.aws.trails import (
    ACL, ARCHIVE, BUCKET, DESCRIBE, ENCRYPT, MANAGEMENT, MEMBER, PUT, REGION, SERVICE, TRAIL, WRITE, Trails, allow, document,
)

WINDOWS = Windows(cloudtrail=8, iam=8, kms=4, logs=4, s3=4, trail=12, new_trail=6)
TRUST = document({"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{MANAGEMENT}:root"}, "Action": "sts:AssumeRole"})


@pytest.fixture(scope="module", name="slow")
def fixture_slow():
    with LocalAws(windows=WINDOWS) as aws:
        yield aws


@pytest.fixture(name="aws")
def fixture_aws(slow):
    slow.reset()
    return slow


@pytest.fixture(name="client")
def fixture_client(aws):
    """Clients in accounts that are not those of an observer."""
    keys = {name.lower(): aws.environment[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    sts = Session(aws.url, region_name=REGION, **keys).client("sts")

    def make(account, service, role="OrganizationAccountAccessRole"):
        arn = f"arn:aws:iam::{account}:role/{role}"
        given = sts.assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
        session = Session(aws.url, region_name=REGION, aws_access_key_id=given["AccessKeyId"],
                          aws_secret_access_key=given["SecretAccessKey"], aws_session_token=given["SessionToken"])
        return session.client(service)

    return make


def test_a_new_delegated_administrator(aws, client, refused):
    """It is refused as before."""
    Trails(aws)
    aws.session().client("organizations").enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
    own, organizations = client(MEMBER, "cloudtrail"), client(MEMBER, "organizations")
    keys = {name.lower(): aws.environment[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
    management = Session(aws.url, region_name=REGION, **keys).client("cloudtrail")
    management.register_organization_delegated_admin(MemberAccountId=MEMBER)
    with refused("AccessDeniedException"):
        organizations.list_delegated_administrators(ServicePrincipal="cloudtrail.amazonaws.com")
    with refused("NotOrganizationMasterAccountException"):
        own.create_trail(Name="of-all", S3BucketName=BUCKET, IsOrganizationTrail=True)
    # That took two times five seconds.
    listed = organizations.list_delegated_administrators(ServicePrincipal="cloudtrail.amazonaws.com")["DelegatedAdministrators"]
    assert [one["Id"] for one in listed] == [MEMBER]
    with refused("InsufficientS3BucketPolicyException"):
        own.create_trail(Name="of-all", S3BucketName=BUCKET, IsOrganizationTrail=True)


def test_a_new_trail(aws, client, refused):
    """It is not found, then it is not ready."""
    Trails(aws)
    cloudtrail = client(MEMBER, "cloudtrail")
    cloudtrail.create_trail(Name="logs", S3BucketName=BUCKET)
    assert cloudtrail.describe_trails(trailNameList=["logs"])["trailList"] == []
    with refused("TrailNotFoundException"):
        cloudtrail.get_trail_status(Name=TRAIL)
    # That took two times five seconds.
    assert not cloudtrail.get_trail_status(Name="logs")["IsLogging"]
    assert [trail["Name"] for trail in cloudtrail.describe_trails()["trailList"]] == ["logs"]
    with refused("ConflictException"):
        cloudtrail.start_logging(Name="logs")
    cloudtrail.start_logging(Name=TRAIL)
    assert cloudtrail.get_trail_status(Name="logs")["IsLogging"]


@pytest.mark.parametrize("change", [
    lambda trail: trail.add_tags(ResourceId=TRAIL, TagsList=[{"Key": "a", "Value": "b"}]),
    lambda trail: trail.delete_trail(Name=TRAIL),
    lambda trail: trail.put_event_selectors(TrailName="logs", EventSelectors=[{"ReadWriteType": "WriteOnly"}]),
    lambda trail: trail.put_insight_selectors(TrailName="logs", InsightSelectors=[]),
    lambda trail: trail.remove_tags(ResourceId=TRAIL, TagsList=[{"Key": "a"}]),
    lambda trail: trail.start_logging(Name="logs"),
    lambda trail: trail.stop_logging(Name="logs"),
    lambda trail: trail.update_trail(Name="logs", EnableLogFileValidation=True),
], ids=["AddTags", "DeleteTrail", "PutEventSelectors", "PutInsightSelectors", "RemoveTags", "StartLogging", "StopLogging", "UpdateTrail"])
def test_a_changed_trail(aws, client, refused, change):
    """Each change keeps the next away for a while, and only of the same trail."""
    trails = Trails(aws)
    trails.policy(allow(SERVICE, "s3:*", [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"]))
    trails.create()
    trails.create(Name="other")
    cloudtrail = client(MEMBER, "cloudtrail")
    change(cloudtrail)
    with refused("ConflictException"):
        change(cloudtrail)
    cloudtrail.update_trail(Name="other", IncludeGlobalServiceEvents=False)


def test_what_a_trail_needs(aws, client, refused):
    """CloudTrail sees bucket, policy, key, log group and role when their windows are over."""
    archive = aws.session(ARCHIVE)
    s3, kms = client(ARCHIVE, "s3"), client(ARCHIVE, "kms")
    logs, iam, cloudtrail = client(MEMBER, "logs"), client(MEMBER, "iam"), client(MEMBER, "cloudtrail")

    def tries(code, **settings):
        with refused(code):
            cloudtrail.create_trail(Name="logs", S3BucketName=BUCKET, **settings)

    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    tries("S3BucketDoesNotExistException")
    s3.put_bucket_policy(Bucket=BUCKET, Policy=document(ACL, PUT))
    tries("InsufficientS3BucketPolicyException")
    own = allow({"AWS": f"arn:aws:iam::{ARCHIVE}:root"}, "kms:*")
    key = kms.create_key(Policy=document(own))["KeyMetadata"]["Arn"]
    tries("KmsKeyNotFoundException", KmsKeyId=key)
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=document(own, ENCRYPT, DESCRIBE))
    tries("InsufficientEncryptionPolicyException", KmsKeyId=key)
    logs.create_log_group(logGroupName="group")
    trust = {"Effect": "Allow", "Principal": SERVICE, "Action": "sts:AssumeRole"}
    role = iam.create_role(RoleName="writer", AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    to_group = {"CloudWatchLogsLogGroupArn": f"arn:aws:logs:{REGION}:{MEMBER}:log-group:group:*", "CloudWatchLogsRoleArn": role}
    tries("InvalidCloudWatchLogsLogGroupArnException", KmsKeyId=key, **to_group)
    iam.put_role_policy(RoleName="writer", PolicyName="p", PolicyDocument=document(WRITE))
    tries("InvalidCloudWatchLogsRoleArnException", KmsKeyId=key, **to_group)
    tries("InvalidCloudWatchLogsRoleArnException", KmsKeyId=key, **to_group)
    cloudtrail.create_trail(Name="logs", S3BucketName=BUCKET, KmsKeyId=key, **to_group)
    assert archive.client("s3").get_bucket_policy(Bucket=BUCKET)


def test_sessions_and_permissions(aws, client, refused):
    """STS and authorization see IAM as it was before a change."""
    iam = client(MEMBER, "iam")
    iam.create_role(RoleName="reader", AssumeRolePolicyDocument=TRUST)
    with refused("AccessDenied"):
        client(MEMBER, "iam", role="reader")
    aws.clock.advance(8)
    reader = client(MEMBER, "iam", role="reader")
    with refused("AccessDenied"):
        reader.list_roles()
    policy = document({"Effect": "Allow", "Action": "iam:ListRoles", "Resource": "*"})
    iam.put_role_policy(RoleName="reader", PolicyName="p", PolicyDocument=policy)
    assert iam.get_role_policy(RoleName="reader", PolicyName="p")
    with refused("AccessDenied"):
        reader.list_roles()
    aws.clock.advance(8)
    assert reader.list_roles()["Roles"]
    iam.delete_role_policy(RoleName="reader", PolicyName="p")
    assert reader.list_roles()["Roles"]
    aws.clock.advance(8)
    with refused("AccessDenied"):
        reader.list_roles()


def test_principals_of_policies(aws, client, refused):
    """A resource policy may name a new role only when its window is over."""
    role = client(MEMBER, "iam").create_role(RoleName="reader", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    s3 = client(ARCHIVE, "s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    policy = document(allow({"AWS": role}, "s3:GetObject", f"arn:aws:s3:::{BUCKET}/*"))
    for _try in range(2):
        with refused("MalformedPolicy"):
            s3.put_bucket_policy(Bucket=BUCKET, Policy=policy)
    s3.put_bucket_policy(Bucket=BUCKET, Policy=policy)


def test_permissions_of_keys_and_buckets(aws, client, refused):
    s3, kms = client(ARCHIVE, "s3"), client(ARCHIVE, "kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    with refused("NotFoundException"):
        kms.describe_key(KeyId=key)
    aws.clock.advance(4)
    own = allow({"AWS": f"arn:aws:iam::{ARCHIVE}:root"}, "kms:*")
    deny = {**allow({"AWS": "*"}, ["kms:ListResourceTags"]), "Effect": "Deny"}
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=document(own, deny))
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
        {**allow({"AWS": "*"}, "s3:ListBucket", f"arn:aws:s3:::{BUCKET}"), "Effect": "Deny"},
    ]}))
    kms.list_resource_tags(KeyId=key)
    s3.list_objects_v2(Bucket=BUCKET)
    aws.clock.advance(4)
    with refused("AccessDeniedException"):
        kms.list_resource_tags(KeyId=key)
    with refused("AccessDenied"):
        s3.list_objects_v2(Bucket=BUCKET)


def test_what_does_not_end_a_window(aws, client, refused):
    """Calls in other accounts, calls that succeed, and errors that have nothing to do with it."""
    iam, cloudtrail = client(MEMBER, "iam"), client(MEMBER, "cloudtrail")
    iam.create_role(RoleName="reader", AssumeRolePolicyDocument=TRUST)
    others = client(ARCHIVE, "s3")
    for _number in range(100):
        others.list_buckets()
    for _number in range(5):
        with refused("NoSuchEntity"):
            iam.get_role(RoleName="missing")
        with refused("TrailNotFoundException"):
            cloudtrail.get_trail_status(Name="missing")
        cloudtrail.describe_trails()
    with refused("AccessDenied"):
        client(MEMBER, "iam", role="reader")


def test_an_observer_ends_windows(aws, client, refused):
    client(MEMBER, "iam").create_role(RoleName="reader", AssumeRolePolicyDocument=TRUST)
    with refused("AccessDenied"):
        client(MEMBER, "iam", role="reader")
    assert aws.session(MEMBER).client("iam").get_role(RoleName="reader")
    assert client(MEMBER, "iam", role="reader")
