# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Service control policies and resource control policies of the organization."""
from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError
from helpers.aws.organizations import RCP, SCP, Organization
from helpers.aws.trails import ARCHIVE, BUCKET, DESCRIBE, ENCRYPT, MANAGEMENT, MEMBER, WRITE, Trails

DENY_USERS = {"Effect": "Deny", "Action": "iam:CreateUser", "Resource": "*"}
DENY_PUT = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "*"}
ALLOW_ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


@pytest.fixture
def organization(aws):
    return Organization(aws)


@pytest.fixture
def trails(aws):
    return Trails(aws)


def create_user(aws, account):
    aws.session(account).client("iam").create_user(UserName="somebody")


def said(call):
    """What AWS answers to a call that it denies."""
    with pytest.raises(ClientError) as caught:
        call()
    assert caught.value.response["Error"]["Code"] == "AccessDenied"
    return caught.value.response["Error"]["Message"]


# Service control policies

@pytest.mark.mends("service control policies limit nobody")
def test_scp_denies(aws, organization):
    organization.attach(SCP, organization.root, DENY_USERS)
    assert said(lambda: create_user(aws, MEMBER))


@pytest.mark.parametrize("where", ["account", "unit"])
def test_scp_below_the_root(aws, organization, where):
    aws.session(MEMBER)
    target = {"account": MEMBER, "unit": organization.unit(MEMBER)}[where]
    organization.attach(SCP, target, DENY_USERS)
    message = said(lambda: create_user(aws, MEMBER))
    assert message.endswith("with an explicit deny in a service control policy")


def test_scp_of_others(aws, organization):
    """It limits neither the management account, nor other members, nor an account once it is detached."""
    aws.session(MEMBER)
    policy = organization.attach(SCP, MEMBER, DENY_USERS)
    create_user(aws, ARCHIVE)
    organization.attach_again(policy, organization.root)
    create_user(aws, MANAGEMENT)
    said(lambda: create_user(aws, "333333333333"))
    organization.detach(policy, organization.root)
    organization.detach(policy, MEMBER)
    create_user(aws, MEMBER)


def test_each_level_must_allow(aws, organization):
    aws.session(MEMBER)
    organization.attach(SCP, MEMBER, {**ALLOW_ALL, "Action": "s3:*"})
    create_user(aws, MEMBER)
    organization.detach("p-FullAWSAccess", MEMBER)
    with pytest.raises(ClientError) as caught:
        aws.session(MEMBER).client("iam").create_user(UserName="other")
    assert caught.value.response["Error"]["Message"].endswith("because no service control policy allows the iam:CreateUser action")
    aws.session(MEMBER).client("s3").list_buckets()


def test_scp_with_a_condition(aws, organization):
    aws.session(MEMBER)
    organization.attach(SCP, MEMBER, {**DENY_USERS, "Condition": {"ArnNotLike": {
        "aws:PrincipalArn": "arn:aws:iam::*:role/OrganizationAccountAccessRole"}}})
    create_user(aws, MEMBER)


def test_scp_does_not_stop_cloudtrail(organization, trails):
    """It limits users and roles, and not a service."""
    trails.log()
    organization.attach(SCP, ARCHIVE, {**DENY_USERS, "Action": ["s3:PutObject", "s3:GetBucketAcl"]})
    organization.attach(SCP, MEMBER, {**DENY_USERS, "Action": ["s3:PutObject", "s3:GetBucketAcl"]})
    trails.probe("mark")
    assert trails.arrived("mark")


def test_scp_stops_the_role_of_a_trail(organization, trails):
    """With the role that CloudTrail assumes for the log group, it is a role of the account."""
    trails.log(CloudWatchLogsLogGroupArn=trails.log_group(), CloudWatchLogsRoleArn=trails.role(WRITE))
    trails.probe("before")
    assert not trails.status().get("LatestCloudWatchLogsDeliveryError")
    organization.attach(SCP, MEMBER, {**DENY_USERS, "Action": "logs:PutLogEvents"})
    trails.probe("after")
    assert "logs:PutLogEvents" in trails.status()["LatestCloudWatchLogsDeliveryError"]


# Resource control policies

def test_rcp_counts_once_it_is_enabled(organization, refused):
    policy = organization.create(RCP, DENY_PUT)
    with refused("PolicyTypeNotEnabledException"):
        organization.attach_again(policy, organization.root)
    organization.enable(RCP)
    organization.attach_again(policy, organization.root)


def test_rcp_denies_principals(aws, organization, trails):
    """Also those of the management account and of other members, with resources of a member alone."""
    organization.attach(RCP, ARCHIVE, DENY_PUT)
    s3 = trails.archive.client("s3")
    message = said(lambda: s3.put_object(Bucket=BUCKET, Key="key", Body=b""))
    assert message.endswith("with an explicit deny in a resource control policy")
    management = aws.session(MANAGEMENT).client("s3")
    management.create_bucket(Bucket="own", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    organization.attach(RCP, organization.root, {**DENY_PUT, "Action": "s3:DeleteObject"})
    management.put_object(Bucket="own", Key="key", Body=b"")
    management.delete_object(Bucket="own", Key="key")
    organization.attach(RCP, MEMBER, {**DENY_PUT, "Action": "sts:AssumeRole"})
    said(lambda: aws.session(MEMBER))


def test_rcp_of_a_service_without_them(aws, organization):
    aws.session(MEMBER)
    organization.attach(RCP, MEMBER, {**DENY_PUT, "Action": "iam:*"})
    create_user(aws, MEMBER)


@pytest.mark.parametrize("denied", [
    {"Action": "s3:PutObject"}, {"Action": "s3:GetBucketAcl"}, {"Action": "s3:*", "Condition": {"StringNotEqualsIfExists": {
        "aws:SourceOrgID": "o-other"}}},
])
def test_rcp_stops_a_delivery(organization, trails, refused, denied):
    trails.log()
    trails.probe("before")
    assert trails.arrived("before")
    policy = organization.attach(RCP, ARCHIVE, {**DENY_PUT, **denied})
    trails.probe("after")
    assert trails.status()["LatestDeliveryError"] == "AccessDenied"
    with refused("InsufficientS3BucketPolicyException"):
        trails.cloudtrail.update_trail(Name="logs", IncludeGlobalServiceEvents=True)
    organization.detach(policy, ARCHIVE)
    assert not trails.arrived("after")


def test_rcp_with_the_usual_exception_for_services(organization, trails):
    policy = organization.attach(RCP, organization.root, {**DENY_PUT, "Action": ["s3:*", "kms:*", "sts:*"], "Condition": {
        "StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-other"}, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}})
    trails.log()
    trails.probe("mark")
    organization.detach(policy, organization.root)
    assert trails.arrived("mark")


def test_rcp_denies_the_key(organization, trails, refused):
    key = trails.key(ENCRYPT, DESCRIBE)
    trails.log(KmsKeyId=key)
    organization.attach(RCP, ARCHIVE, {**DENY_PUT, "Action": "kms:GenerateDataKey"})
    trails.probe("mark")
    assert trails.status()["LatestDeliveryError"] == "AccessDenied"
    with refused("InsufficientEncryptionPolicyException"):
        trails.cloudtrail.update_trail(Name="logs", IncludeGlobalServiceEvents=True)


def test_rcp_denies_the_role_of_a_trail(organization, trails, refused):
    role = trails.role(WRITE)
    organization.attach(RCP, MEMBER, {**DENY_PUT, "Action": "sts:AssumeRole", "Condition": {
        "Bool": {"aws:PrincipalIsAWSService": "true"}}})
    with refused("InvalidCloudWatchLogsRoleArnException"):
        trails.create(CloudWatchLogsLogGroupArn=trails.log_group(), CloudWatchLogsRoleArn=role)


# What Organizations refuses

@pytest.mark.mends("every text is stored as a policy")
@pytest.mark.parametrize("kind, statement", [
    (SCP, {**DENY_USERS, "Principal": "*"}), (SCP, {"Effect": "Deny", "Action": "*"}), (RCP, {**DENY_PUT, "Effect": "Allow"}),
    (RCP, DENY_USERS), (RCP, {**DENY_PUT, "Principal": {"AWS": ARCHIVE}}),
])
def test_bad_policy(organization, refused, kind, statement):
    with refused("MalformedPolicyDocumentException"):
        organization.create(kind, statement)
    policy = organization.create(kind, DENY_PUT if kind == RCP else DENY_USERS)
    with refused("MalformedPolicyDocumentException"):
        organization.client.update_policy(PolicyId=policy, Content=json.dumps({"Version": "2012-10-17", "Statement": statement}))


@pytest.mark.mends("policies attach twice, and the last one can be detached")
def test_bad_attachment(organization, refused):
    policy = organization.attach(SCP, organization.root, DENY_USERS)
    with refused("DuplicatePolicyAttachmentException"):
        organization.attach_again(policy, organization.root)
    organization.detach(policy, organization.root)
    with refused("PolicyNotAttachedException"):
        organization.detach(policy, organization.root)
    with refused("ConstraintViolationException"):
        organization.detach("p-FullAWSAccess", organization.root)
