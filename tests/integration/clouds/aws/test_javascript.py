# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The local AWS answers SDKs that are not built on botocore: two versions of the AWS SDK for JavaScript."""
from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from clouds.aws import LocalAws
from helpers.aws.javascript import Sdk, SdkError, install
from helpers.aws.trails import MEMBER, REGION, document

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import policies

pytestmark = pytest.mark.skipif(not shutil.which("npm"), reason="needs Node.js and npm")
BUCKET = "javascript-logs"
TRUST = document({"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "sts:AssumeRole"})
WRITE = document({"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"})


@pytest.fixture(name="packages", scope="session")
def fixture_packages():
    """The folder with the packages."""
    return install(Path("build/javascript"))


@pytest.fixture(name="aws", scope="module")
def fixture_aws():
    """A local AWS for all tests."""
    with LocalAws() as aws:
        yield aws


@pytest.fixture(name="call", scope="module", params=[2, 3], ids=["version 2", "version 3"])
def fixture_call(request, aws, packages):
    """Makes calls in a member account."""
    aws.reset()
    sdk = Sdk(packages, request.param, aws.url, aws.session(MEMBER).get_credentials().get_frozen_credentials(), REGION)
    yield sdk.call
    sdk.end()


def refused(call, *arguments, **parameters):
    """The code of the error."""
    with pytest.raises(SdkError) as caught:
        call(*arguments, **parameters)
    return caught.value.code


def test_identity(call):
    assert call("sts", "GetCallerIdentity")["Account"] == MEMBER


def test_life_of_a_bucket(call):
    call("s3", "CreateBucket", Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    policy = policies.bucket_policy(BUCKET, REGION, [{"account_id": MEMBER, "name": f"trail-{number}"} for number in range(3)])
    call("s3", "PutBucketPolicy", Bucket=BUCKET, Policy=json.dumps(policy))
    assert json.loads(call("s3", "GetBucketPolicy", Bucket=BUCKET)["Policy"]) == policy
    call("s3", "PutBucketTagging", Bucket=BUCKET, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    assert call("s3", "GetBucketTagging", Bucket=BUCKET)["TagSet"] == [{"Key": "a", "Value": "b"}]
    call("s3", "PutBucketVersioning", Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    assert call("s3", "GetBucketVersioning", Bucket=BUCKET)["Status"] == "Enabled"
    for number in range(5):
        call("s3", "PutObject", Bucket=BUCKET, Key=f"folder/{number}", Body="text")
    pages = call("s3", "ListObjectsV2", pages=2, Bucket=BUCKET, **{"MaxKeys": 2})
    assert [len(page["Contents"]) for page in pages] == [2, 2, 1]
    assert refused(call, "s3", "DeleteBucket", Bucket=BUCKET) == "BucketNotEmpty"
    for one in call("s3", "ListObjectVersions", Bucket=BUCKET)["Versions"]:
        call("s3", "DeleteObject", Bucket=BUCKET, Key=one["Key"], VersionId=one["VersionId"])
    call("s3", "DeleteBucket", Bucket=BUCKET)
    assert refused(call, "s3", "GetBucketPolicy", Bucket=BUCKET) == "NoSuchBucket"


def test_life_of_a_role(call):
    for number in range(3):
        call("iam", "CreateRole", RoleName=f"role-{number}", AssumeRolePolicyDocument=TRUST)
    call("iam", "PutRolePolicy", RoleName="role-0", PolicyName="write", PolicyDocument=WRITE)
    call("iam", "TagRole", RoleName="role-0", Tags=[{"Key": "a", "Value": "b"}])
    call("iam", "UpdateRole", RoleName="role-0", Description="changed", MaxSessionDuration=7200)
    role = call("iam", "GetRole", RoleName="role-0")["Role"]
    assert (role["Description"], role["MaxSessionDuration"], role["Tags"]) == ("changed", 7200, [{"Key": "a", "Value": "b"}])
    pages = call("iam", "ListRoles", pages=2, **{"MaxItems": 2})
    names = [role["RoleName"] for page in pages for role in page["Roles"]]
    assert len(pages) > 1 and {"role-0", "role-1", "role-2"} <= {*names} and len(names) == len({*names})
    assert refused(call, "iam", "DeleteRole", RoleName="role-0").startswith("DeleteConflict")
    call("iam", "DeleteRolePolicy", RoleName="role-0", PolicyName="write")
    for number in range(3):
        call("iam", "DeleteRole", RoleName=f"role-{number}")
    assert refused(call, "iam", "GetRole", RoleName="role-0").startswith("NoSuchEntity")


def test_life_of_a_key(call):
    arns = [call("kms", "CreateKey", Description="logs")["KeyMetadata"]["Arn"] for _number in range(3)]
    call("kms", "CreateAlias", AliasName="alias/logs", TargetKeyId=arns[0])
    call("kms", "TagResource", KeyId=arns[0], Tags=[{"TagKey": "a", "TagValue": "b"}])
    call("kms", "EnableKeyRotation", KeyId=arns[0])
    assert call("kms", "GetKeyRotationStatus", KeyId=arns[0])["KeyRotationEnabled"] is True
    assert call("kms", "DescribeKey", KeyId="alias/logs")["KeyMetadata"]["Arn"] == arns[0]
    assert call("kms", "ListResourceTags", KeyId=arns[0])["Tags"] == [{"TagKey": "a", "TagValue": "b"}]
    pages = call("kms", "ListKeys", pages=2, **{"Limit": 2})
    assert sorted(key["KeyArn"] for page in pages for key in page["Keys"]) == sorted(arns) and len(pages) == 2
    for arn in arns:
        call("kms", "ScheduleKeyDeletion", KeyId=arn, PendingWindowInDays=7)
    assert call("kms", "DescribeKey", KeyId=arns[0])["KeyMetadata"]["KeyState"] == "PendingDeletion"
    assert refused(call, "kms", "DescribeKey", KeyId="alias/nothing").startswith("NotFound")


def test_life_of_a_log_group(call):
    for number in range(3):
        call("logs", "CreateLogGroup", logGroupName=f"group-{number}")
    call("logs", "PutRetentionPolicy", logGroupName="group-0", retentionInDays=30)
    call("logs", "CreateLogStream", logGroupName="group-0", logStreamName="stream")
    pages = call("logs", "DescribeLogGroups", pages=2, limit=2)
    groups = {group["logGroupName"]: group for page in pages for group in page["logGroups"]}
    assert sorted(groups) == ["group-0", "group-1", "group-2"] and groups["group-0"]["retentionInDays"] == 30 and len(pages) == 2
    for number in range(3):
        call("logs", "DeleteLogGroup", logGroupName=f"group-{number}")
    assert refused(call, "logs", "DeleteLogGroup", logGroupName="group-0") == "ResourceNotFoundException"


def test_life_of_a_trail(call):
    call("s3", "CreateBucket", Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    names = [f"trail-{number}" for number in range(3)]
    policy = policies.bucket_policy(BUCKET, REGION, [{"account_id": MEMBER, "name": name} for name in names])
    assert refused(call, "cloudtrail", "CreateTrail", Name=names[0], S3BucketName=BUCKET, S3KeyPrefix=MEMBER).startswith("InsufficientS3BucketPolicy")
    call("s3", "PutBucketPolicy", Bucket=BUCKET, Policy=json.dumps(policy))
    arns = [
        call("cloudtrail", "CreateTrail", Name=name, S3BucketName=BUCKET, S3KeyPrefix=MEMBER, EnableLogFileValidation=True)["TrailARN"]
        for name in names
    ]
    call("cloudtrail", "AddTags", ResourceId=arns[0], TagsList=[{"Key": "a", "Value": "b"}])
    assert call("cloudtrail", "ListTags", ResourceIdList=[arns[0]])["ResourceTagList"][0]["TagsList"] == [{"Key": "a", "Value": "b"}]
    call("cloudtrail", "StartLogging", Name=names[0])
    call("cloudtrail", "UpdateTrail", Name=names[0], IsMultiRegionTrail=True)
    call("cloudtrail", "PutEventSelectors", TrailName=names[0], EventSelectors=[{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}])
    assert call("cloudtrail", "GetEventSelectors", TrailName=names[0])["EventSelectors"][0]["ReadWriteType"] == "WriteOnly"
    assert call("cloudtrail", "GetTrailStatus", Name=names[0])["IsLogging"] is True
    trails = call("cloudtrail", "DescribeTrails")["trailList"]
    assert {trail["Name"]: trail["IsMultiRegionTrail"] for trail in trails} == {names[0]: True, names[1]: False, names[2]: False}
    listed = [one["TrailARN"] for page in call("cloudtrail", "ListTrails", pages=2) for one in page["Trails"]]
    assert sorted(listed) == arns
    events = call("cloudtrail", "LookupEvents", pages=2, MaxResults=2,
                  LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "CreateTrail"}])
    assert len(events) >= 2 and sum(len(page["Events"]) for page in events) >= 4
    for name in names:
        call("cloudtrail", "DeleteTrail", Name=name)
    assert refused(call, "cloudtrail", "GetTrailStatus", Name=names[0]).startswith("TrailNotFound")


def test_organization(call):
    assert call("organizations", "DescribeOrganization")["Organization"]["MasterAccountId"] == "123456789012"
