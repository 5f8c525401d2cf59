# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IAM, KMS and CloudWatch Logs: what AWS refuses."""
from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

ACCOUNT = "222222222222"
REGION = "eu-west-1"


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


TRUST = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "sts:AssumeRole"}
READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
ADMINISTRATION = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*",
                  "Resource": "*"}


@pytest.fixture
def session(aws):
    return aws.session(ACCOUNT)


# IAM

@pytest.fixture
def iam(session):
    return session.client("iam")


@pytest.fixture
def role(iam):
    iam.create_role(RoleName="writer", AssumeRolePolicyDocument=document(TRUST))
    return "writer"


BAD_TRUST = [
    "{",
    document({**TRUST, "Resource": "*"}),
    document({**TRUST, "Action": "s3:GetObject"}),
    document({"Effect": "Allow", "Action": "sts:AssumeRole"}),
    document({**TRUST, "Principal": {"AWS": "arn:aws:iam::111111111111:role/nobody"}}),
    document({**TRUST, "Principal": {"AWS": "1234"}}),
]


@pytest.mark.mends("every text is stored as a trust policy")
@pytest.mark.parametrize("trust", BAD_TRUST)
def test_bad_trust_policy(iam, refused, trust):
    with refused("MalformedPolicyDocument"):
        iam.create_role(RoleName="writer", AssumeRolePolicyDocument=trust)


@pytest.mark.mends("almost every JSON is stored as a trust policy")
@pytest.mark.parametrize("trust", BAD_TRUST[3:])
def test_update_to_bad_trust_policy(iam, role, refused, trust):
    with refused("MalformedPolicyDocument"):
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=trust)


@pytest.mark.mends("trust policies have no limit")
def test_size_of_trust_policy(iam, refused):
    with refused("LimitExceeded"):
        iam.create_role(RoleName="writer", AssumeRolePolicyDocument=document({**TRUST, "Sid": "s" * 2048}))


@pytest.mark.mends("names have no limit")
@pytest.mark.parametrize("name", ["r" * 65, "a/b", "a b"])
def test_bad_role_name(iam, refused, name):
    with refused("ValidationError"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(TRUST))


@pytest.mark.mends("identity policies may name principals")
def test_principal_in_an_inline_policy(iam, role, refused):
    with refused("MalformedPolicyDocument"):
        iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=document({**READ, "Principal": "*"}))


@pytest.mark.parametrize("policy", ["{", document({"Effect": "Allow", "Action": "s3:GetObject"}),
                                    document({**READ, "Resource": "archive"})])
def test_bad_inline_policy(iam, role, refused, policy):
    with refused("MalformedPolicyDocument"):
        iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=policy)


@pytest.mark.mends("inline policies have no limit")
def test_size_of_inline_policies(iam, role, refused):
    half = document({**READ, "Resource": [f"arn:aws:s3:::{'b' * 60}{number}/*" for number in range(65)]})
    iam.put_role_policy(RoleName=role, PolicyName="first", PolicyDocument=half)
    iam.put_role_policy(RoleName=role, PolicyName="first", PolicyDocument=half)
    with refused("LimitExceeded"):
        iam.put_role_policy(RoleName=role, PolicyName="second", PolicyDocument=half)


@pytest.mark.mends("managed policies have no limit")
def test_size_of_managed_policy(iam, refused):
    big = document({**READ, "Resource": [f"arn:aws:s3:::{'b' * 60}{number}/*" for number in range(90)]})
    with refused("LimitExceeded"):
        iam.create_policy(PolicyName="big", PolicyDocument=big)


def test_role_with_policies_stays(iam, role, refused):
    iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=document(READ))
    with refused("DeleteConflict"):
        iam.delete_role(RoleName=role)


@pytest.mark.mends("the policies that AWS manages are not there")
def test_policies_that_aws_manages(iam, role):
    arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    assert succeeds(iam.attach_role_policy, RoleName=role, PolicyArn=arn)
    assert [policy["PolicyArn"] for policy in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]] == [
        arn]


@pytest.mark.mends("the policies that AWS manages are not listed")
def test_list_of_policies_that_aws_manages(iam):
    path = "/job-function/"
    own = iam.create_policy(PolicyName="own", Path=path, PolicyDocument=document(READ))["Policy"]["Arn"]
    managed = {policy["Arn"] for policy in iam.list_policies(Scope="AWS", PathPrefix=path)["Policies"]}
    assert {"arn:aws:iam::aws:policy/job-function/Billing", "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"} <= managed
    assert {policy["Arn"] for policy in iam.list_policies(PathPrefix=path)["Policies"]} == managed | {own}
    first = iam.list_policies(Scope="AWS")
    assert (len(first["Policies"]), first["IsTruncated"]) == (100, True)


def test_list_of_policies_that_are_attached(iam, role):
    arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    assert arn in {policy["Arn"] for policy in iam.list_policies(Scope="AWS", OnlyAttached=True)["Policies"]}
    assert iam.list_policies(Scope="Local")["Policies"] == []


def succeeds(operation, **parameters):
    try:
        operation(**parameters)
    except ClientError:
        return False
    return True


# KMS

@pytest.fixture
def kms(session):
    return session.client("kms")


@pytest.fixture
def key(kms):
    return kms.create_key()["KeyMetadata"]


@pytest.mark.mends("fails on ARNs")
@pytest.mark.parametrize("operations", [
    ("disable_key",), ("disable_key", "enable_key"), ("schedule_key_deletion",),
    ("schedule_key_deletion", "cancel_key_deletion"),
])
def test_key_by_arn(session, key, operations):
    kms = session.client("kms", config=type(session.client("kms").meta.config)(retries={"total_max_attempts": 1}))
    assert all(succeeds(getattr(kms, operation), KeyId=key["Arn"]) for operation in operations)


@pytest.mark.mends("the usage of a key is left open")
def test_usage_of_a_key(key):
    assert key.get("KeyUsage") == "ENCRYPT_DECRYPT"


BAD_POLICY = [
    "{",
    document({"Effect": "Allow", "Action": "kms:*", "Resource": "*"}),
    document(ADMINISTRATION, {**ADMINISTRATION, "Principal": {"AWS": "arn:aws:iam::111111111111:role/nobody"}}),
    # Nobody could change these again.
    document({**ADMINISTRATION, "Principal": {"AWS": "arn:aws:iam::111111111111:root"}}),
    document({**ADMINISTRATION, "Action": "kms:Decrypt"}),
    document(ADMINISTRATION, {**ADMINISTRATION, "Effect": "Deny", "Action": "kms:Put*"}),
]


@pytest.mark.mends("every text is stored as a key policy")
@pytest.mark.parametrize("policy", BAD_POLICY)
def test_bad_key_policy(kms, key, refused, policy):
    with refused("MalformedPolicyDocumentException"):
        kms.create_key(Policy=policy)
    with refused("MalformedPolicyDocumentException"):
        kms.put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy=policy)


def test_lockout_on_purpose(kms):
    kms.create_key(Policy=BAD_POLICY[3], BypassPolicyLockoutSafetyCheck=True)


@pytest.mark.mends("UpdateRole removes what is not given")
def test_update_of_a_part_of_a_role(session):
    iam = session.client("iam")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=document(TRUST), Description="first", MaxSessionDuration=7200)
    iam.update_role(RoleName="r", Description="second")
    iam.update_role(RoleName="r", MaxSessionDuration=10800)
    role = iam.get_role(RoleName="r")["Role"]
    assert (role.get("Description"), role["MaxSessionDuration"]) == ("second", 10800)
    iam.update_role(RoleName="r", Description="")
    assert iam.get_role(RoleName="r")["Role"].get("Description", "") == ""
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.update_role(RoleName="other")


@pytest.mark.mends("lists of keys and aliases have one page")
def test_pages_of_keys(session):
    kms = session.client("kms")
    arns = [kms.create_key()["KeyMetadata"]["Arn"] for _number in range(3)]
    for number, arn in enumerate(arns):
        kms.create_alias(AliasName=f"alias/{number}", TargetKeyId=arn)
    first = kms.list_keys(Limit=2)
    assert (len(first["Keys"]), first["Truncated"]) == (2, True)
    second = kms.list_keys(Limit=2, Marker=first["NextMarker"])
    assert (len(second["Keys"]), second["Truncated"], "NextMarker" in second) == (1, False, False)
    pages = list(kms.get_paginator("list_aliases").paginate(PaginationConfig={"PageSize": 2}))
    found = [alias["AliasName"] for page in pages for alias in page["Aliases"]]
    assert len(pages) > 1 and [f"alias/{number}" for number in range(3)] == [name for name in found if name[6:].isdigit()]


@pytest.mark.mends("a key that is to be deleted can be used and revived")
def test_key_that_is_to_be_deleted(kms, key, refused):
    name = key["KeyId"]
    kms.schedule_key_deletion(KeyId=name, PendingWindowInDays=7)
    for operation, parameters in (
        (kms.enable_key, {}), (kms.disable_key, {}), (kms.schedule_key_deletion, {}),
        (kms.tag_resource, {"Tags": [{"TagKey": "a", "TagValue": "b"}]}),
    ):
        with refused("KMSInvalidStateException"):
            operation(KeyId=name, **parameters)
    with refused("KMSInvalidStateException"):
        kms.create_alias(AliasName="alias/logs", TargetKeyId=name)
    kms.cancel_key_deletion(KeyId=name)
    with refused("KMSInvalidStateException"):
        kms.cancel_key_deletion(KeyId=name)


@pytest.mark.mends("any number of days passes")
def test_waiting_time(kms, key, refused):
    with refused("ValidationException"):
        kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=6)


# CloudWatch Logs

@pytest.fixture
def logs(session):
    return session.client("logs")


@pytest.mark.mends("every number of days passes")
@pytest.mark.parametrize("days", [2, 100, 366, 730, 4000])
def test_bad_retention(logs, refused, days):
    logs.create_log_group(logGroupName="group")
    with refused("InvalidParameterException"):
        logs.put_retention_policy(logGroupName="group", retentionInDays=days)


@pytest.mark.parametrize("days", [1, 365, 731, 3653])
def test_good_retention(logs, days):
    logs.create_log_group(logGroupName="group")
    logs.put_retention_policy(logGroupName="group", retentionInDays=days)
    assert logs.describe_log_groups()["logGroups"][0]["retentionInDays"] == days


@pytest.mark.mends("every name passes")
def test_bad_group_name(logs, refused):
    with refused("InvalidParameterException"):
        logs.create_log_group(logGroupName="my group")


@pytest.mark.mends("filters of nothing pass")
def test_metric_filter_of_nothing(logs, refused):
    with refused("ResourceNotFoundException"):
        logs.put_metric_filter(logGroupName="nothing", filterName="f", filterPattern="{ $.a = b }", metricTransformations=[
            {"metricName": "m", "metricNamespace": "n", "metricValue": "1"}])


def put_filter(logs, name="f", group="group", **transformation):
    logs.put_metric_filter(logGroupName=group, filterName=name, filterPattern="{ $.a = b }", metricTransformations=[
        {"metricName": "m", "metricNamespace": "n", "metricValue": "1", **transformation}])


@pytest.mark.mends("a filter that is put again is there twice")
def test_update_of_a_metric_filter(logs):
    logs.create_log_group(logGroupName="group")
    put_filter(logs)
    put_filter(logs, unit="Count", dimensions={"Address": "$.sourceIPAddress"})
    found = logs.describe_metric_filters(logGroupName="group", filterNamePrefix="f")["metricFilters"]
    assert [(one["filterName"], one["metricTransformations"]) for one in found] == [("f", [{
        "metricName": "m", "metricNamespace": "n", "metricValue": "1", "unit": "Count",
        "dimensions": {"Address": "$.sourceIPAddress"}}])]
    assert found[0]["creationTime"] > 0
    assert logs.describe_log_groups()["logGroups"][0]["metricFilterCount"] == 1


@pytest.mark.mends("filters come in any order, and all at once")
def test_pages_of_metric_filters(logs):
    logs.create_log_group(logGroupName="group")
    for name in "bca":
        put_filter(logs, name)
    pages = list(logs.get_paginator("describe_metric_filters").paginate(PaginationConfig={"PageSize": 2}))
    assert [[one["filterName"] for one in page["metricFilters"]] for page in pages] == [["a", "b"], ["c"]]


@pytest.mark.mends("a namespace with a blank can be put and not asked for")
def test_metric_filter_by_metric(logs, refused):
    logs.create_log_group(logGroupName="group")
    put_filter(logs, metricNamespace="Audit Logs", unit="Bytes")
    put_filter(logs, "other")
    assert succeeds(logs.describe_metric_filters, metricName="m", metricNamespace="Audit Logs")
    found = logs.describe_metric_filters(metricName="m", metricNamespace="Audit Logs")["metricFilters"]
    assert [one["filterName"] for one in found] == ["f"]
    with refused("InvalidParameterException"):
        logs.describe_metric_filters(metricName="m")


@pytest.mark.mends("deletion of no filter passes, and filters outlive their log group")
def test_end_of_a_metric_filter(logs, refused):
    logs.create_log_group(logGroupName="group")
    put_filter(logs)
    with refused("ResourceNotFoundException"):
        logs.delete_metric_filter(logGroupName="group", filterName="other")
    logs.delete_metric_filter(logGroupName="group", filterName="f")
    assert logs.describe_metric_filters()["metricFilters"] == []
    put_filter(logs)
    logs.delete_log_group(logGroupName="group")
    assert logs.describe_metric_filters()["metricFilters"] == []
    with refused("ResourceNotFoundException"):
        logs.describe_metric_filters(logGroupName="group")


@pytest.mark.mends("tags what is not there")
def test_tags_of_no_group(logs, refused):
    with refused("ResourceNotFoundException"):
        logs.tag_resource(resourceArn=f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:nothing", tags={"a": "b"})


@pytest.mark.mends("every key passes")
def test_key_of_a_group(kms, logs, refused):
    key = kms.create_key(Policy=document(ADMINISTRATION))["KeyMetadata"]["Arn"]
    for bad in (key, key[:-4] + "0000", "alias/logs"):
        with refused("InvalidParameterException"):
            logs.create_log_group(logGroupName="group", kmsKeyId=bad)
    kms.put_key_policy(KeyId=key.rpartition("/")[2], PolicyName="default", Policy=document(ADMINISTRATION, {
        "Effect": "Allow", "Principal": {"Service": f"logs.{REGION}.amazonaws.com"}, "Action": "kms:*", "Resource": "*",
        "Condition": {"ArnEquals": {
            "kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:group"}},
    }))
    logs.create_log_group(logGroupName="group", kmsKeyId=key)
