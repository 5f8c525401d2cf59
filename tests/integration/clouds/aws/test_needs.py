# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The permissions that calls need: actions and resources of the Service Authorization Reference."""
from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError
from clouds.aws import LocalAws, authorization
from helpers import policy_sentry

ACCOUNT, REGION = "222222222222", "eu-west-1"
TRAIL = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/logs"
GROUP = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:group"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/role"
KEYS = f"arn:aws:kms:{REGION}:{ACCOUNT}:key"
SERVICE_ROLE = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/cloudtrail.amazonaws.com/AWSServiceRoleForCloudTrail"
POLICY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
TAGS = [{"Key": "team", "Value": "a"}]
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
# Service, operation, parameters, and what is needed. KEY is the key of the test.
CASES = [
    ("account", "list_regions", {}, {"account:ListRegions": f"arn:aws:account::{ACCOUNT}:account"}),
    ("cloudtrail", "describe_trails", {}, {"cloudtrail:DescribeTrails": "*"}),
    ("cloudtrail", "list_tags", {"ResourceIdList": [TRAIL]}, {"cloudtrail:ListTags": TRAIL}),
    ("cloudtrail", "remove_tags", {"ResourceId": TRAIL, "TagsList": TAGS}, {"cloudtrail:RemoveTags": TRAIL}),
    ("cloudtrail", "get_trail_status", {"Name": "logs"}, {"cloudtrail:GetTrailStatus": TRAIL}),
    ("cloudtrail", "get_event_selectors", {"TrailName": TRAIL}, {"cloudtrail:GetEventSelectors": TRAIL}),
    ("cloudtrail", "create_trail", {"Name": "logs", "S3BucketName": "bucket"}, {"cloudtrail:CreateTrail": TRAIL}),
    ("cloudtrail", "create_trail", {"Name": "logs", "S3BucketName": "bucket", "TagsList": TAGS},
     {"cloudtrail:CreateTrail": TRAIL, "cloudtrail:AddTags": TRAIL}),
    ("iam", "create_role", {"RoleName": "role", "AssumeRolePolicyDocument": TRUST}, {"iam:CreateRole": ROLE}),
    ("iam", "create_role", {"RoleName": "role", "AssumeRolePolicyDocument": TRUST, "Tags": TAGS},
     {"iam:CreateRole": ROLE, "iam:TagRole": ROLE}),
    ("iam", "get_policy", {"PolicyArn": POLICY}, {"iam:GetPolicy": POLICY}),
    ("iam", "create_service_linked_role", {"AWSServiceName": "cloudtrail.amazonaws.com"}, {"iam:CreateServiceLinkedRole": SERVICE_ROLE}),
    ("kms", "create_key", {}, {"kms:CreateKey": "*"}),
    ("kms", "create_key", {"Tags": [{"TagKey": "team", "TagValue": "a"}]}, {"kms:CreateKey": "*", "kms:TagResource": f"{KEYS}/*"}),
    ("kms", "list_aliases", {}, {"kms:ListAliases": "*"}),
    ("kms", "describe_key", {"KeyId": "KEY"}, {"kms:DescribeKey": f"{KEYS}/KEY"}),
    ("kms", "create_alias", {"AliasName": "alias/logs", "TargetKeyId": "KEY"},
     {"kms:CreateAlias": [f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/logs", f"{KEYS}/KEY"]}),
    ("logs", "describe_log_groups", {}, {"logs:DescribeLogGroups": "*"}),
    ("logs", "filter_log_events", {"logGroupName": "group"}, {"logs:FilterLogEvents": f"{GROUP}:log-stream:"}),
    ("logs", "list_tags_for_resource", {"resourceArn": GROUP}, {"logs:ListTagsForResource": GROUP}),
    ("logs", "create_log_group", {"logGroupName": "group", "tags": {"team": "a"}},
     {"logs:CreateLogGroup": f"{GROUP}:log-stream:", "logs:TagResource": GROUP}),
    ("s3", "list_buckets", {}, {"s3:ListAllMyBuckets": "*"}),
    ("s3", "get_bucket_policy", {"Bucket": "bucket"}, {"s3:GetBucketPolicy": "arn:aws:s3:::bucket"}),
    ("s3", "list_bucket_inventory_configurations", {"Bucket": "bucket"}, {"s3:GetInventoryConfiguration": "arn:aws:s3:::bucket"}),
    ("s3", "delete_object", {"Bucket": "bucket", "Key": "a", "VersionId": "1"}, {"s3:DeleteObjectVersion": "arn:aws:s3:::bucket/a"}),
    ("s3", "create_bucket", {"Bucket": "bucket", "ObjectLockEnabledForBucket": True, "ObjectOwnership": "BucketOwnerEnforced"},
     dict.fromkeys(["s3:CreateBucket", "s3:PutBucketObjectLockConfiguration", "s3:PutBucketVersioning", "s3:PutBucketOwnershipControls"],
                   "arn:aws:s3:::bucket")),
    ("s3", "get_object", {"Bucket": "encrypted", "Key": "a"}, {"s3:GetObject": "arn:aws:s3:::encrypted/a", "kms:Decrypt": f"{KEYS}/KEY"}),
    ("s3", "put_object", {"Bucket": "encrypted", "Key": "b"},
     {"s3:PutObject": "arn:aws:s3:::encrypted/b", "kms:GenerateDataKey": f"{KEYS}/KEY"}),
    ("s3", "head_object", {"Bucket": "encrypted", "Key": "a"}, {"s3:GetObject": "arn:aws:s3:::encrypted/a"}),
]


@pytest.fixture(scope="module", name="asked")
def fixture_asked():
    """Makes a call in an account with a key, and a bucket that encrypts with it; returns what is needed, with KEY for the key's id."""
    found = []
    refusal = authorization.refusal

    def record(request, action, resource, **options):
        found.append((action, resource))
        return refusal(request, action, resource, **options)

    with LocalAws() as aws, pytest.MonkeyPatch.context() as patch:
        session = aws.session(ACCOUNT)
        key = session.client("kms", region_name=REGION).create_key()["KeyMetadata"]["KeyId"]
        s3 = session.client("s3", region_name=REGION)
        s3.create_bucket(Bucket="encrypted", CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_object(Bucket="encrypted", Key="a", Body=b"a", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
        s3.put_bucket_encryption(Bucket="encrypted", ServerSideEncryptionConfiguration={"Rules": [rule]})
        patch.setattr(authorization, "refusal", record)

        def call(service, operation, parameters):
            found.clear()
            parameters = json.loads(json.dumps(parameters).replace('"KEY"', f'"{key}"'))
            try:
                getattr(session.client(service, region_name=REGION), operation)(**parameters)
            except ClientError:
                pass  # what a call needs does not depend on its success
            return [(action, resource.replace(key, "KEY")) for action, resource in found]

        yield call


@pytest.mark.parametrize(("service", "operation", "parameters", "expected"), CASES, ids=[f"{case[1]}-{len(case[2])}" for case in CASES])
def test_what_a_call_needs(asked, service, operation, parameters, expected):
    pairs = {(action, resource) for action, resources in expected.items()
             for resource in (resources if isinstance(resources, list) else [resources])}
    found = set(asked(service, operation, parameters))
    assert {pair for pair in found if pair[0] != "iam:PassRole"} == pairs
    for action, resource in pairs:
        known = policy_sentry.formats(action)
        assert any(policy_sentry.matches(resource.removesuffix(":log-stream:"), form) for form in known) if known else resource == "*"
