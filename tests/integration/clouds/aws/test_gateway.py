# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may come in, what they may do, and what is written down."""
from __future__ import annotations

import datetime
import json
import re

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session
from clouds.aws import Call, LocalAws
from clouds.aws import accounts as accounts_module
from clouds.aws import signature

MANAGEMENT, ARCHIVE, MEMBER = "123456789012", "111111111111", "222222222222"
IN_EUROPE = {"LocationConstraint": "eu-west-1"}


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(principal, **more):
    return document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": principal}, **more})


def role(session, name, *, trusted=MANAGEMENT, policy=None, **options):
    """Make a role, and return its ARN."""
    iam = session.client("iam")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(trusted), **options)["Role"]["Arn"]
    if policy:
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy)
    return arn


def assumed(aws, session, arn, **options):
    """A session in a role."""
    options = {"RoleSessionName": "test", **options}
    found = session.client("sts").assume_role(RoleArn=arn, **options)["Credentials"]
    return type(session)(aws.url, aws_access_key_id=found["AccessKeyId"],
                         aws_secret_access_key=found["SecretAccessKey"],
                         aws_session_token=found["SessionToken"], region_name="eu-west-1")


def allow(action, resource="*"):
    return {"Effect": "Allow", "Action": action, "Resource": resource}


# Identity

def test_environment_is_enough_for_a_client(aws, monkeypatch):
    for name, value in aws.environment.items():
        monkeypatch.setenv(name, value)
    assert boto3.client("sts").get_caller_identity()["Account"] == MANAGEMENT


def test_listens_on_loopback_only(aws):
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", aws.url)


@pytest.mark.parametrize(("change", "code"), [
    ({"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE"}, "InvalidClientTokenId"),
    ({"aws_secret_access_key": "wrong"}, "SignatureDoesNotMatch"),
    ({"aws_session_token": "foreign"}, "InvalidClientTokenId"),
])
def test_bad_credentials(aws, refused, change, code):
    keys = {"aws_access_key_id": aws.environment["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": aws.environment["AWS_SECRET_ACCESS_KEY"], **change}
    session = boto3.Session(region_name="eu-west-1", **keys)
    for call in (session.client("sts", endpoint_url=aws.url).get_caller_identity,
                 session.client("s3", endpoint_url=aws.url).list_buckets,
                 session.client("cloudtrail", endpoint_url=aws.url).describe_trails):
        with refused(code):
            call()


def test_session_without_its_token(aws, refused):
    found = aws.session().client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{ARCHIVE}:role/OrganizationAccountAccessRole", RoleSessionName="test",
    )["Credentials"]
    client = boto3.client("sts", endpoint_url=aws.url, region_name="eu-west-1",
                          aws_access_key_id=found["AccessKeyId"], aws_secret_access_key=found["SecretAccessKey"])
    with refused("InvalidClientTokenId"):
        client.get_caller_identity()


def test_expired_session(aws, refused, monkeypatch):
    session = aws.session(ARCHIVE)

    class Later(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return super().now(tz) + datetime.timedelta(hours=2)

    monkeypatch.setattr(accounts_module, "datetime", Later)
    with refused("ExpiredToken"):
        session.client("sts").get_caller_identity()


def test_old_signature(aws, refused, monkeypatch):
    class Later(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return super().now(tz) + datetime.timedelta(minutes=16)

    monkeypatch.setattr(signature, "datetime", Later)
    with refused("SignatureDoesNotMatch"):
        aws.session().client("sts").get_caller_identity()
    with refused("RequestTimeTooSkewed"):
        aws.session().client("s3").list_buckets()


def send(request):
    response = URLLib3Session().send(request.prepare())
    return response.status_code, response.content.decode()


def test_without_signature(aws):
    for path in ("/", "/?Action=GetCallerIdentity&Version=2011-06-15", "/moto-api/reset", "/moto-api/data.json"):
        status, content = send(AWSRequest("POST", aws.url + path))
        assert (status, "MissingAuthenticationToken" in content) == (403, True)


def signed(aws, data, change=lambda request: None, url="/"):
    """Send a query request that is signed, and changed after it was."""
    request = AWSRequest("POST", aws.url + url, data=data, headers={
        "Content-Type": "application/x-www-form-urlencoded; charset=utf-8"})
    keys = Credentials(aws.environment["AWS_ACCESS_KEY_ID"], aws.environment["AWS_SECRET_ACCESS_KEY"])
    SigV4Auth(keys, "sts", "eu-west-1").add_auth(request)
    change(request)
    return send(request)


def test_body_is_signed(aws):
    body = "Action=GetCallerIdentity&Version=2011-06-15"
    assert signed(aws, body)[0] == 200
    status, content = signed(aws, body, lambda request: setattr(request, "data", body + "&X=1"))
    assert (status, "SignatureDoesNotMatch" in content) == (403, True)


def test_account_is_not_taken_from_the_request(aws):
    body = "Action=GetCallerIdentity&Version=2011-06-15"

    def other_account(request):
        request.headers["x-moto-account-id"] = ARCHIVE

    status, content = signed(aws, body, other_account)
    assert (status, f"<Account>{MANAGEMENT}</Account>" in content) == (200, True)


@pytest.mark.parametrize("key", ["plain", "a b/c+d", "ü/%2F/é", "x//y", "tilde~star*"])
def test_s3_keys_are_signed_as_they_are(aws, key):
    s3 = aws.session(ARCHIVE).client("s3")
    s3.create_bucket(Bucket="archive", CreateBucketConfiguration=IN_EUROPE)
    s3.put_object(Bucket="archive", Key=key, Body=b"content", Metadata={"under_score": "a  b"})
    assert s3.get_object(Bucket="archive", Key=key)["Body"].read() == b"content"
    assert s3.list_objects_v2(Bucket="archive", Prefix=key)["KeyCount"] == 1


def test_unknown_action(aws):
    assert "InvalidAction" in signed(aws, "Action=MakeCoffee&Version=2011-06-15")[1]


def test_service_that_is_not_there(aws, refused):
    with refused("403"):
        aws.session().client("lambda").list_functions()


def test_what_is_not_implemented_says_so(aws, refused):
    with refused("NotImplemented"):
        aws.session().client("cloudtrail").list_channels()


# Accounts

def test_accounts_are_separate(aws):
    for account in (ARCHIVE, MEMBER):
        session = aws.session(account)
        assert session.client("sts").get_caller_identity()["Account"] == account
        session.client("logs").create_log_group(logGroupName=f"of-{account}")
    groups = aws.session(MEMBER).client("logs").describe_log_groups()["logGroups"]
    assert [group["logGroupName"] for group in groups] == [f"of-{MEMBER}"]


def test_accounts_are_members_of_the_organization(aws):
    aws.session(MEMBER)
    listed = aws.session().client("organizations").list_accounts()["Accounts"]
    assert [account["Id"] for account in listed] == [MANAGEMENT, MEMBER]
    ours = aws.session(MEMBER).client("organizations").describe_organization()["Organization"]
    assert ours["MasterAccountId"] == MANAGEMENT


@pytest.mark.mends("CloudTrail can have no delegated administrator")
def test_delegated_administrators_of_cloudtrail(aws, refused):
    service = {"ServicePrincipal": "cloudtrail.amazonaws.com"}
    aws.session(MEMBER)
    client = aws.session().client("organizations")
    assert administrators(client, **service) == []
    client.register_delegated_administrator(AccountId=MEMBER, **service)
    assert administrators(client, **service) == administrators(client) == [MEMBER]
    assert administrators(client, ServicePrincipal="guardduty.amazonaws.com") == []
    with refused("AccountAlreadyRegisteredException"):
        client.register_delegated_administrator(AccountId=MEMBER, **service)
    client.deregister_delegated_administrator(AccountId=MEMBER, **service)
    assert administrators(client, **service) == []


def administrators(client, **options):
    """Ids of the delegated administrators."""
    try:
        listed = client.list_delegated_administrators(**options)["DelegatedAdministrators"]
    except client.exceptions.InvalidInputException as error:
        pytest.fail(str(error))
    return [one["Id"] for one in listed]


def test_who_may_not_be_a_delegated_administrator(aws, refused):
    aws.session(MEMBER)
    client = aws.session().client("organizations")
    for account, service, code in (
        (MANAGEMENT, "cloudtrail", "ConstraintViolationException"), (MEMBER, "no-service", "InvalidInputException"),
        ("999999999999", "cloudtrail", "AccountNotFoundException"),
    ):
        with refused(code):
            client.register_delegated_administrator(AccountId=account, ServicePrincipal=f"{service}.amazonaws.com")
    for call in ("list_delegated_administrators", "register_delegated_administrator"):
        options = {"AccountId": MEMBER, "ServicePrincipal": "cloudtrail.amazonaws.com"} if call.startswith("register") else {}
        with refused("AccessDeniedException"):
            getattr(aws.session(MEMBER).client("organizations"), call)(**options)


def test_account_created_by_organizations(aws):
    created = aws.session().client("organizations").create_account(AccountName="new", Email="new@example.com")
    account = created["CreateAccountStatus"]["AccountId"]
    assert aws.session(account).client("iam").list_roles()["Roles"][0]["RoleName"] == "OrganizationAccountAccessRole"


def test_unknown_region(aws, refused):
    with refused("SignatureDoesNotMatch"):
        aws.session().client("cloudtrail", region_name="eu-nowhere-1").describe_trails()


def test_reset_empties_accounts_and_ends_sessions(aws, refused):
    session = aws.session(ARCHIVE)
    session.client("s3").create_bucket(Bucket="archive", CreateBucketConfiguration=IN_EUROPE)
    aws.reset()
    with refused("InvalidClientTokenId"):
        session.client("s3").list_buckets()
    assert aws.session(ARCHIVE).client("s3").list_buckets()["Buckets"] == []


def test_access_key_of_a_user(aws, refused):
    iam = aws.session(MEMBER).client("iam")
    iam.create_user(UserName="eve")
    key = iam.create_access_key(UserName="eve")["AccessKey"]
    session = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name="eu-west-1")
    identity = session.client("sts", endpoint_url=aws.url).get_caller_identity()
    assert identity["Arn"] == f"arn:aws:iam::{MEMBER}:user/eve"
    with refused("AccessDenied"):
        session.client("iam", endpoint_url=aws.url).list_users()
    iam.put_user_policy(UserName="eve", PolicyName="p", PolicyDocument=document(allow("iam:ListUsers")))
    session.client("iam", endpoint_url=aws.url).list_users()


# AssumeRole

@pytest.mark.mends("everybody can assume every role")
def test_role_that_does_not_exist(aws, refused):
    with refused("AccessDenied"):
        aws.session().client("sts").assume_role(RoleArn=f"arn:aws:iam::{MEMBER}:role/nobody", RoleSessionName="test")


@pytest.mark.mends("everybody can assume every role")
def test_role_that_trusts_another_account(aws, refused):
    arn = role(aws.session(MEMBER), "theirs", trusted=ARCHIVE)
    with refused("AccessDenied") as caught:
        aws.session().client("sts").assume_role(RoleArn=arn, RoleSessionName="test")
    assert "is not authorized to perform: sts:AssumeRole on resource: " + arn in str(caught.value)


@pytest.mark.mends("the external id is not looked at")
def test_external_id(aws, refused):
    iam, sts = aws.session(MEMBER).client("iam"), aws.session().client("sts")
    condition = {"StringEquals": {"sts:ExternalId": "open-sesame"}}
    arn = iam.create_role(RoleName="guarded", AssumeRolePolicyDocument=trust(MANAGEMENT, Condition=condition))[
        "Role"]["Arn"]
    sts.assume_role(RoleArn=arn, RoleSessionName="test", ExternalId="open-sesame")
    for options in ({}, {"ExternalId": "open-barley"}):
        with refused("AccessDenied"):
            sts.assume_role(RoleArn=arn, RoleSessionName="test", **options)


def test_deny_in_the_trust_policy(aws, refused):
    iam = aws.session(MEMBER).client("iam")
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": MANAGEMENT}}
    iam.create_role(RoleName="closed", AssumeRolePolicyDocument=document(statement, {**statement, "Effect": "Deny"}))
    with refused("AccessDenied"):
        aws.session().client("sts").assume_role(RoleArn=f"arn:aws:iam::{MEMBER}:role/closed", RoleSessionName="test")


def test_caller_needs_a_policy_too(aws, refused):
    jump = role(aws.session(), "jump", policy=document(allow("s3:*")))
    target = role(aws.session(MEMBER), "target", trusted=MANAGEMENT)
    session = assumed(aws, aws.session(), jump)
    with refused("AccessDenied"):
        session.client("sts").assume_role(RoleArn=target, RoleSessionName="test")
    aws.session().client("iam").put_role_policy(RoleName="jump", PolicyName="p",
                                                PolicyDocument=document(allow("sts:AssumeRole", target)))
    session.client("sts").assume_role(RoleArn=target, RoleSessionName="test")


def test_trust_in_one_role_of_another_account(aws, refused):
    trusted = role(aws.session(), "trusted", policy=document(allow("sts:*")))
    other = role(aws.session(), "other", policy=document(allow("sts:*")))
    target = role(aws.session(MEMBER), "target", trusted=trusted)
    assumed(aws, assumed(aws, aws.session(), trusted), target)
    with refused("AccessDenied"):
        assumed(aws, assumed(aws, aws.session(), other), target)


def test_inside_an_account_the_trust_policy_is_enough_for_whom_it_names(aws):
    iam = aws.session(MEMBER).client("iam")
    first = role(aws.session(MEMBER), "first")
    target = iam.create_role(RoleName="target", AssumeRolePolicyDocument=trust(first))["Role"]["Arn"]
    assumed(aws, assumed(aws, aws.session(), first), target)


@pytest.mark.mends("the maximum duration of the role is not looked at")
def test_duration_of_the_role(aws, refused):
    arn = role(aws.session(MEMBER), "short", MaxSessionDuration=3600)
    with refused("ValidationError"):
        aws.session().client("sts").assume_role(RoleArn=arn, RoleSessionName="test", DurationSeconds=3601)


@pytest.mark.mends("role chaining is not limited to an hour")
def test_duration_of_role_chaining(aws, refused):
    first = role(aws.session(), "first", policy=document(allow("sts:*")))
    arn = role(aws.session(MEMBER), "long", MaxSessionDuration=7200)
    aws.session().client("sts").assume_role(RoleArn=arn, RoleSessionName="test", DurationSeconds=7200)
    with refused("ValidationError"):
        assumed(aws, aws.session(), first).client("sts").assume_role(RoleArn=arn, RoleSessionName="test",
                                                                     DurationSeconds=7200)


@pytest.mark.mends("DurationSeconds is not looked at")
def test_shortest_duration(aws, refused):
    sts = aws.session().client("sts", config=boto3.session.Config(parameter_validation=False))
    with refused("ValidationError"):
        sts.assume_role(RoleArn=role(aws.session(MEMBER), "a-role"), RoleSessionName="test", DurationSeconds=899)


@pytest.mark.parametrize("operation", ["get_session_token", "get_federation_token"])
def test_no_invented_credentials(aws, refused, operation):
    options = {"Name": "eve"} if operation == "get_federation_token" else {}
    with refused("NotImplemented"):
        getattr(aws.session().client("sts"), operation)(**options)


def test_request_ids(aws):
    first, second = (aws.session().client("sts").get_caller_identity()["ResponseMetadata"]["RequestId"]
                     for _time in range(2))
    assert first != second


def test_session_policy_limits(aws, refused):
    session = assumed(aws, aws.session(), f"arn:aws:iam::{MEMBER}:role/OrganizationAccountAccessRole",
                      Policy=document(allow("s3:ListAllMyBuckets")))
    session.client("s3").list_buckets()
    with refused("AccessDenied"):
        session.client("iam").list_roles()


# Authorization

@pytest.mark.parametrize(("action", "resource", "call"), [
    ("cloudtrail:GetTrailStatus", f"arn:aws:cloudtrail:eu-west-1:{MEMBER}:trail/logs",
     lambda session: session.client("cloudtrail").get_trail_status(Name="logs")),
    ("logs:DeleteLogGroup", f"arn:aws:logs:eu-west-1:{MEMBER}:log-group:group:*",
     lambda session: session.client("logs").delete_log_group(logGroupName="group")),
    ("iam:GetRole", f"arn:aws:iam::{MEMBER}:role/limited",
     lambda session: session.client("iam").get_role(RoleName="limited")),
    ("s3:ListBucket", "arn:aws:s3:::bucket", lambda session: session.client("s3").head_bucket(Bucket="bucket")),
    ("s3:GetObject", "arn:aws:s3:::bucket/*",
     lambda session: session.client("s3").get_object(Bucket="bucket", Key="key")),
    ("s3:GetEncryptionConfiguration", "arn:aws:s3:::bucket",
     lambda session: session.client("s3").get_bucket_encryption(Bucket="bucket")),
    ("sns:CreateTopic", f"arn:aws:sns:eu-west-1:{MEMBER}:topic",
     lambda session: session.client("sns").create_topic(Name="topic")),
    ("organizations:DescribeOrganization", "*",
     lambda session: session.client("organizations").describe_organization()),
    ("kms:ListKeys", "*", lambda session: session.client("kms").list_keys()),
    ("cloudwatch:DescribeAlarms", "*", lambda session: session.client("cloudwatch").describe_alarms()),
])
def test_what_the_policy_allows(aws, action, resource, call):
    """The call gets through to the service with this permission, and not with that for another resource."""
    arn = role(aws.session(MEMBER), "limited", policy=document(allow(action, resource)))
    session = assumed(aws, aws.session(), arn)
    assert not denied(call, session)
    other = "arn:aws:none:::nothing" if resource == "*" else resource.replace("/", "/other-").replace(
        "bucket", "other").replace("group:group", "group:other").replace(":topic", ":other")
    aws.session(MEMBER).client("iam").put_role_policy(
        RoleName="limited", PolicyName="p", PolicyDocument=document(allow(action, other)))
    assert denied(call, session)


def denied(call, session):
    try:
        call(session)
    except session.client("sts").exceptions.ClientError as error:
        return error.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException", "403")
    return False


def test_words_of_the_refusal(aws, refused):
    session = assumed(aws, aws.session(), role(aws.session(MEMBER), "powerless"))
    with refused("AccessDeniedException") as caught:
        session.client("cloudtrail").get_trail_status(Name="logs")
    assert (
        f"User: arn:aws:sts::{MEMBER}:assumed-role/powerless/test is not authorized to perform: "
        f"cloudtrail:GetTrailStatus on resource: arn:aws:cloudtrail:eu-west-1:{MEMBER}:trail/logs because no "
        "identity-based policy allows the cloudtrail:GetTrailStatus action"
    ) in str(caught.value)


def test_managed_policies_count(aws, refused):
    iam = aws.session(MEMBER).client("iam")
    session = assumed(aws, aws.session(), role(aws.session(MEMBER), "limited"))
    own = iam.create_policy(PolicyName="own", PolicyDocument=document(allow("iam:ListRoles")))["Policy"]["Arn"]
    for arn in (own, "arn:aws:iam::aws:policy/IAMReadOnlyAccess"):
        with refused("AccessDenied"):
            session.client("iam").list_roles()
        iam.attach_role_policy(RoleName="limited", PolicyArn=arn)
        session.client("iam").list_roles()
        iam.detach_role_policy(RoleName="limited", PolicyArn=arn)


def test_restrictions_are_for_administrators(aws, refused):
    """Whoever has AdministratorAccess: also a role that somebody creates. Others keep their own policies."""
    sessions = {}
    for name in ("administrator", "reader"):
        sessions[name] = assumed(aws, aws.session(), role(aws.session(MEMBER), name, policy=document(allow("iam:ListRoles"))))
    aws.session(MEMBER).client("iam").attach_role_policy(
        RoleName="administrator", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    aws.restrictions[MEMBER] = [document(allow("s3:ListAllMyBuckets"))]
    try:
        sessions["administrator"].client("s3").list_buckets()
        sessions["reader"].client("iam").list_roles()
        aws.session(MEMBER).client("iam").list_roles()
        with refused("AccessDenied"):
            sessions["administrator"].client("iam").list_roles()
    finally:
        aws.restrictions.clear()
    sessions["administrator"].client("iam").list_roles()


def test_permissions_boundary_limits(aws, refused):
    iam = aws.session(MEMBER).client("iam")
    boundary = iam.create_policy(PolicyName="b", PolicyDocument=document(allow("s3:*")))["Policy"]["Arn"]
    arn = role(aws.session(MEMBER), "limited", policy=document(allow("*")), PermissionsBoundary=boundary)
    session = assumed(aws, aws.session(), arn)
    session.client("s3").list_buckets()
    with refused("AccessDenied"):
        session.client("iam").list_roles()


def test_permissions_boundary_exists(aws, refused):
    iam = aws.session(MEMBER).client("iam")
    role(aws.session(MEMBER), "limited", PermissionsBoundary="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    with refused("NoSuchEntity"):
        iam.put_role_permissions_boundary(RoleName="limited", PermissionsBoundary=f"arn:aws:iam::{MEMBER}:policy/missing")
    with refused("NoSuchEntity"):
        role(aws.session(MEMBER), "other", PermissionsBoundary=f"arn:aws:iam::{MEMBER}:policy/missing")


def bucket_policy(principal, action, resource, effect="Allow", **more):
    return document({"Effect": effect, "Principal": principal, "Action": action, "Resource": resource, **more})


@pytest.mark.mends("buckets of other accounts are open")
def test_bucket_of_another_account(aws, refused):
    aws.session(ARCHIVE).client("s3").create_bucket(Bucket="archive", CreateBucketConfiguration=IN_EUROPE)
    s3 = aws.session(MEMBER).client("s3")
    with refused("403"):
        s3.head_bucket(Bucket="archive")
    with refused("AccessDenied"):
        s3.get_bucket_policy(Bucket="archive")
    with refused("AccessDenied"):
        s3.put_object(Bucket="archive", Key="key", Body=b"")


def test_across_accounts_both_policies_must_allow(aws, refused):
    owner = aws.session(ARCHIVE).client("s3")
    owner.create_bucket(Bucket="archive", CreateBucketConfiguration=IN_EUROPE)
    owner.put_bucket_policy(Bucket="archive", Policy=bucket_policy(
        {"AWS": MEMBER}, "s3:PutObject", "arn:aws:s3:::archive/in/*"))
    s3 = aws.session(MEMBER).client("s3")
    s3.put_object(Bucket="archive", Key="in/key", Body=b"")
    with refused("AccessDenied"):
        s3.put_object(Bucket="archive", Key="key", Body=b"")
    powerless = assumed(aws, aws.session(), role(aws.session(MEMBER), "powerless"))
    with refused("AccessDenied"):
        powerless.client("s3").put_object(Bucket="archive", Key="in/key", Body=b"")


def test_deny_in_the_bucket_policy_binds_the_owner(aws, refused):
    s3 = aws.session(ARCHIVE).client("s3")
    s3.create_bucket(Bucket="archive", CreateBucketConfiguration=IN_EUROPE)
    s3.put_bucket_policy(Bucket="archive", Policy=bucket_policy(
        "*", "s3:DeleteObject", "arn:aws:s3:::archive/*", effect="Deny"))
    s3.put_object(Bucket="archive", Key="key", Body=b"")
    with refused("AccessDenied"):
        s3.delete_object(Bucket="archive", Key="key")


def test_loopback_stands_for_tls(aws):
    s3 = aws.session(ARCHIVE).client("s3")
    s3.create_bucket(Bucket="archive", CreateBucketConfiguration=IN_EUROPE)
    s3.put_bucket_policy(Bucket="archive", Policy=bucket_policy(
        "*", "s3:*", ["arn:aws:s3:::archive", "arn:aws:s3:::archive/*"], effect="Deny",
        Condition={"Bool": {"aws:SecureTransport": "false"}}))
    s3.get_bucket_policy(Bucket="archive")


def test_key_policy_must_allow(aws, refused):
    kms = aws.session(MEMBER).client("kms")
    mine = aws.session(MEMBER).client("sts").get_caller_identity()["Arn"]
    key = kms.create_key(Policy=document({
        "Effect": "Allow", "Principal": {"AWS": mine}, "Action": ["kms:PutKeyPolicy", "kms:DescribeKey"],
        "Resource": "*",
    }))["KeyMetadata"]["KeyId"]
    kms.describe_key(KeyId=key)
    with refused("AccessDeniedException"):
        kms.schedule_key_deletion(KeyId=key)


# The record

def test_calls(aws):
    s3 = aws.session(ARCHIVE).client("s3")
    aws.calls.clear()
    s3.create_bucket(Bucket="archive", CreateBucketConfiguration=IN_EUROPE)
    s3.put_bucket_versioning(Bucket="archive", VersioningConfiguration={"Status": "Enabled"})
    for call in (lambda: s3.get_bucket_policy(Bucket="archive"), lambda: s3.head_bucket(Bucket="nothing")):
        with pytest.raises(s3.exceptions.ClientError):
            call()
    aws.session().client("cloudtrail").describe_trails()
    assert aws.calls == [
        Call(ARCHIVE, "s3", "CreateBucket", False, 200),
        Call(ARCHIVE, "s3", "PutBucketVersioning", False, 200),
        Call(ARCHIVE, "s3", "GetBucketPolicy", True, 404, "NoSuchBucketPolicy"),
        Call(ARCHIVE, "s3", "HeadBucket", True, 404, "404"),
        Call(MANAGEMENT, "cloudtrail", "DescribeTrails", True, 200),
    ]


def test_session_is_a_call_that_reads(aws):
    aws.session(ARCHIVE)
    assert aws.calls == [Call(MANAGEMENT, "sts", "AssumeRole", True, 200)]


def test_on_call():
    called = []
    with LocalAws(on_call=called.append) as aws:
        aws.session().client("sts").get_caller_identity()
        assert called == aws.calls


def test_port_that_is_taken(aws):
    with pytest.raises(OSError):
        LocalAws(port=int(aws.url.rpartition(":")[2]))


def test_unknown_parameter(aws, refused):
    client = aws.session().client("logs")
    client.meta.events.register("before-call.logs.DescribeLogGroups",
                                lambda params, **more: params.update(body=b'{"sort": "down"}'))
    with refused("InvalidParameterException"):
        client.describe_log_groups()


@pytest.mark.mends("conditions of the bucket policy are not looked at when objects are put and read")
def test_objects_under_a_conditional_deny(aws):
    s3 = aws.session(ARCHIVE).client("s3")
    s3.create_bucket(Bucket="archive", CreateBucketConfiguration=IN_EUROPE)
    s3.put_bucket_policy(Bucket="archive", Policy=bucket_policy(
        "*", "s3:*", "arn:aws:s3:::archive/*", effect="Deny", Condition={"Bool": {"aws:SecureTransport": "false"}}))
    try:
        s3.put_object(Bucket="archive", Key="key", Body=b"text")
    except ClientError as error:
        pytest.fail(str(error))
    assert s3.get_object(Bucket="archive", Key="key")["Body"].read() == b"text"
