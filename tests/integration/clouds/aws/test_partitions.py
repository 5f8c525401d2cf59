# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The partitions aws-cn and aws-us-gov: regions, ARNs, principals and accounts of their own."""
from __future__ import annotations

import json

import boto3
import pytest
from clouds.aws import LocalAws
from clouds.session import Session

ACCOUNT = "222222222222"
REGIONS = {"aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
SERVICE = {"Service": "cloudtrail.amazonaws.com"}


@pytest.fixture(scope="module", params=REGIONS)
def server(request):
    with LocalAws(partition=request.param) as aws:
        yield aws


@pytest.fixture
def aws(server):
    server.reset()
    server.calls.clear()
    return server


@pytest.fixture
def region(aws):
    return aws.environment["AWS_DEFAULT_REGION"]


@pytest.fixture
def partition(region):
    return next(name for name, of_partition in REGIONS.items() if of_partition == region)


@pytest.fixture
def session(aws):
    return aws.session(ACCOUNT)


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **one} for one in statements]})


def test_environment(aws, partition, monkeypatch):
    for name, value in aws.environment.items():
        monkeypatch.setenv(name, value)
    session = boto3.Session()
    assert session.client("sts").get_caller_identity()["Arn"] == f"arn:{partition}:iam::123456789012:user/administrator"
    organization = session.client("organizations").describe_organization()["Organization"]
    assert organization["Arn"].startswith(f"arn:{partition}:organizations::123456789012:organization/o-")


def test_regions_of_another_partition(aws, refused):
    for region in ("eu-west-1", *(set(REGIONS.values()) - {aws.environment["AWS_DEFAULT_REGION"]})):
        with refused("SignatureDoesNotMatch"):
            aws.session().client("sts", region_name=region).get_caller_identity()


def test_no_region_of_these_partitions_in_the_usual_one(refused):
    with LocalAws() as usual:
        for region in REGIONS.values():
            with refused("SignatureDoesNotMatch"):
                usual.session().client("sts", region_name=region).get_caller_identity()


def test_credentials_of_another_partition(aws, region, refused):
    with LocalAws() as usual:
        known = usual.environment
    aws.reset()
    other = Session(aws.url, aws_access_key_id=known["AWS_ACCESS_KEY_ID"], aws_secret_access_key=known["AWS_SECRET_ACCESS_KEY"],
                    region_name=region)
    with refused("InvalidClientTokenId"):
        other.client("sts").get_caller_identity()


def test_role_of_another_partition(aws, partition, refused):
    sts = aws.session().client("sts")
    role = "iam::222222222222:role/OrganizationAccountAccessRole"
    with refused("ValidationError"):
        sts.assume_role(RoleArn=f"arn:aws:{role}", RoleSessionName="session")
    arn = sts.assume_role(RoleArn=f"arn:{partition}:{role}", RoleSessionName="session")["AssumedRoleUser"]["Arn"]
    assert arn == f"arn:{partition}:sts::222222222222:assumed-role/OrganizationAccountAccessRole/session"


def test_accounts_of_the_organization(aws, region):
    organizations = aws.session().client("organizations")
    account = organizations.create_account(AccountName="a", Email="a@example.com")["CreateAccountStatus"]["AccountId"]
    assert aws.session(account).client("s3", region_name=region).list_buckets()["Buckets"] == []


def test_policies_of_another_partition(session, partition, region, refused):
    iam, s3, kms = (session.client(name) for name in ("iam", "s3", "kms"))
    allow = {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
    with refused("MalformedPolicyDocument"):
        iam.create_role(RoleName="r", AssumeRolePolicyDocument=document(allow))
    with refused("MalformedPolicyDocument"):
        iam.create_policy(PolicyName="p", PolicyDocument=document({"Action": "s3:*", "Resource": "arn:aws:s3:::archive"}))
    iam.create_policy(PolicyName="p", PolicyDocument=document({"Action": "s3:*", "Resource": f"arn:{partition}:s3:::archive"}))
    with refused("MalformedPolicyDocumentException"):
        kms.create_key(Policy=document({**allow, "Action": "kms:*", "Resource": "*"}))
    s3.create_bucket(Bucket="archive", CreateBucketConfiguration={"LocationConstraint": region})
    with refused("MalformedPolicy"):
        s3.put_bucket_policy(Bucket="archive", Policy=document(
            {"Principal": SERVICE, "Action": "s3:GetBucketAcl", "Resource": "arn:aws:s3:::archive"}))


def test_policies_that_aws_manages(session, partition, refused):
    iam = session.client("iam")
    assert iam.get_policy(PolicyArn=f"arn:{partition}:iam::aws:policy/ReadOnlyAccess")["Policy"]["PolicyName"] == "ReadOnlyAccess"
    with refused("NoSuchEntity"):
        iam.get_policy(PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")


def test_a_trail_delivers(session, partition, region, refused):
    s3, cloudtrail = session.client("s3"), session.client("cloudtrail")
    s3.create_bucket(Bucket="archive", CreateBucketConfiguration={"LocationConstraint": region})
    trail = f"arn:{partition}:cloudtrail:{region}:{ACCOUNT}:trail/logs"
    condition = {"StringEquals": {"aws:SourceArn": trail}}
    s3.put_bucket_policy(Bucket="archive", Policy=document(
        {"Principal": SERVICE, "Action": "s3:GetBucketAcl", "Resource": f"arn:{partition}:s3:::archive", "Condition": condition},
        {"Principal": SERVICE, "Action": "s3:PutObject", "Resource": f"arn:{partition}:s3:::archive/AWSLogs/{ACCOUNT}/*",
         "Condition": condition}))
    assert cloudtrail.create_trail(Name="logs", S3BucketName="archive", IsMultiRegionTrail=True)["TrailARN"] == trail
    cloudtrail.start_logging(Name=trail)
    session.client("iam").create_user(UserName="somebody")
    with refused("InvalidEventSelectorsException"):
        cloudtrail.put_event_selectors(TrailName="logs", EventSelectors=[
            {"DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}]}])
    cloudtrail.put_event_selectors(TrailName="logs", EventSelectors=[
        {"DataResources": [{"Type": "AWS::S3::Object", "Values": [f"arn:{partition}:s3"]}]}])
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket="archive")["Contents"]]
    assert any(key.startswith(f"AWSLogs/{ACCOUNT}/CloudTrail/{region}/") for key in keys)
    assert cloudtrail.get_trail_status(Name=trail).get("LatestDeliveryError", "") == ""
