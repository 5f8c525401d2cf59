# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The local AWS's evaluator of IAM policies."""
from __future__ import annotations

import json

import pytest
from clouds.aws.policy import Decision, PolicyError, Principal, Request, arn_like, evaluate, parse

ALLOW, DENY, SILENT = Decision.ALLOW, Decision.DENY, Decision.SILENT
USER = Principal(account="111111111111", arns=("arn:aws:iam::111111111111:user/eve",))
SESSION = Principal(account="111111111111", arns=(
    "arn:aws:sts::111111111111:assumed-role/admin/eve", "arn:aws:iam::111111111111:role/admin",
))
CLOUDTRAIL = Principal(service="cloudtrail.amazonaws.com")


def policy(*statements, version="2012-10-17"):
    return parse(json.dumps({"Version": version, "Statement": list(statements)}))


def statement(**elements):
    return {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", **elements}


def decide(*statements, action="s3:GetObject", resource="arn:aws:s3:::bucket/key", principal=None, context=None, **more):
    return evaluate([policy(*statements)], Request(action, resource, principal, context or {}), **more)


@pytest.mark.parametrize(("pattern", "action", "decision"), [
    ("s3:GetObject", "s3:GetObject", ALLOW),
    ("S3:getobject", "s3:GetObject", ALLOW),
    ("s3:Get*", "s3:GetBucketAcl", ALLOW),
    ("s3:GetObjec?", "s3:GetObject", ALLOW),
    ("*", "kms:Decrypt", ALLOW),
    (["s3:PutObject", "s3:GetObject"], "s3:GetObject", ALLOW),
    ("s3:Get", "s3:GetObject", SILENT),
    ("s3:Get*", "s3:PutObject", SILENT),
])
def test_action(pattern, action, decision):
    assert decide(statement(Action=pattern), action=action) is decision


def test_not_action():
    rule = {"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"}
    assert decide(rule, action="s3:GetObject") is ALLOW
    assert decide(rule, action="iam:GetRole") is SILENT


@pytest.mark.parametrize(("pattern", "arn", "matches"), [
    ("*", "arn:aws:s3:::bucket", True),
    ("arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket/a/b:c", True),
    ("arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket", False),
    ("arn:aws:logs:*:*:log-group:x:*", "arn:aws:logs:eu-west-1:111111111111:log-group:x:log-stream:y", True),
    ("arn:aws:logs:eu-west-1:111111111111:log-group:x", "arn:aws:logs:eu-west-1:111111111111:log-group:x:log-stream:y",
     False),
    ("arn:aws:iam::*:role/a", "arn:aws:iam::1:2:role/a", False),
    ("arn:aws:s3:::b.cket", "arn:aws:s3:::bucket", False),
])
def test_arn_like(pattern, arn, matches):
    assert arn_like(pattern, arn) is matches


def test_not_resource():
    rule = {"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::bucket/*"}
    assert decide(rule) is SILENT
    assert decide(rule, resource="arn:aws:s3:::other/key") is DENY


def test_deny_wins_whatever_the_order():
    assert decide(statement(), statement(Effect="Deny")) is DENY
    assert decide(statement(Effect="Deny"), statement()) is DENY


@pytest.mark.parametrize(("element", "caller", "decision"), [
    ("*", USER, ALLOW),
    ({"AWS": "*"}, USER, ALLOW),
    ({"AWS": "111111111111"}, USER, ALLOW),
    ({"AWS": "arn:aws:iam::111111111111:root"}, SESSION, ALLOW),
    ({"AWS": ["222222222222", "arn:aws:iam::111111111111:user/eve"]}, USER, ALLOW),
    ({"AWS": "arn:aws:iam::111111111111:role/admin"}, SESSION, ALLOW),
    ({"AWS": "arn:aws:sts::111111111111:assumed-role/admin/eve"}, SESSION, ALLOW),
    ({"AWS": "arn:aws:sts::111111111111:assumed-role/admin/bob"}, SESSION, SILENT),
    ({"AWS": "222222222222"}, USER, SILENT),
    ({"Service": "cloudtrail.amazonaws.com"}, CLOUDTRAIL, ALLOW),
    ({"Service": "config.amazonaws.com"}, CLOUDTRAIL, SILENT),
    ({"Service": "cloudtrail.amazonaws.com"}, USER, SILENT),
    ({"Federated": "cognito-identity.amazonaws.com"}, USER, SILENT),
    ("*", None, SILENT),
])
def test_principal(element, caller, decision):
    assert decide(statement(Principal=element), principal=caller) is decision


def test_not_principal():
    rule = statement(Effect="Deny", NotPrincipal={"AWS": "arn:aws:iam::111111111111:user/eve"})
    assert decide(rule, principal=USER) is SILENT
    assert decide(rule, principal=SESSION) is DENY


def test_by_name_counts_allows_to_the_caller_only():
    account = statement(Principal={"AWS": "111111111111"})
    assert decide(account, principal=USER, by_name=True) is SILENT
    assert decide(statement(Principal={"AWS": "arn:aws:iam::111111111111:user/eve"}), principal=USER,
                  by_name=True) is ALLOW
    assert decide({**account, "Effect": "Deny"}, principal=USER, by_name=True) is DENY


@pytest.mark.parametrize(("operator", "wanted", "actual", "holds"), [
    ("StringEquals", "a", "a", True),
    ("StringEquals", ["b", "a"], "a", True),
    ("StringEquals", "a*", "ab", False),
    ("StringEquals", "a", "A", False),
    ("StringEqualsIgnoreCase", "a", "A", True),
    ("StringNotEquals", ["a", "b"], "b", False),
    ("StringNotEquals", "a", "b", True),
    ("StringLike", "a*c?", "abbcd", True),
    ("StringNotLike", "a*", "abc", False),
    ("ArnLike", "arn:aws:cloudtrail:*:111111111111:trail/*", "arn:aws:cloudtrail:eu-west-1:111111111111:trail/t", True),
    ("ArnEquals", "arn:aws:cloudtrail:*:111111111111:trail/t", "arn:aws:cloudtrail:x:111111111111:trail/t", True),
    ("ArnNotLike", "arn:aws:cloudtrail:*:*:trail/*", "arn:aws:cloudtrail:x:1:trail/t", False),
    ("Bool", "true", "true", True),
    ("Bool", True, "true", True),
    ("Bool", "false", "true", False),
    ("NumericLessThan", "10", "9", True),
    ("NumericGreaterThanEquals", 10, "9.5", False),
    ("NumericEquals", "1", "not a number", False),
    ("DateLessThan", "2030-01-01T00:00:00Z", "2026-01-01T00:00:00Z", True),
    ("DateGreaterThan", "1767225600", "2026-01-02T00:00:00Z", True),
    ("IpAddress", "10.0.0.0/8", "10.1.2.3", True),
    ("NotIpAddress", "10.0.0.0/8", "10.1.2.3", False),
    ("BinaryEquals", "YQ==", "YQ==", True),
    ("Null", "false", "a", True),
    ("Null", "true", "a", False),
])
def test_operator(operator, wanted, actual, holds):
    rule = statement(Condition={operator: {"aws:Key": wanted}})
    assert (decide(rule, context={"aws:key": actual}) is ALLOW) is holds


@pytest.mark.parametrize(("operator", "holds"), [
    ("StringEquals", False),
    ("StringEqualsIfExists", True),
    ("StringNotEquals", True),
    ("Bool", False),
    ("ForAllValues:StringEquals", True),
    ("ForAnyValue:StringEquals", False),
    ("ForAnyValue:StringNotEquals", False),
])
def test_missing_key(operator, holds):
    assert (decide(statement(Condition={operator: {"aws:Key": "true"}})) is ALLOW) is holds


def test_null_on_a_missing_key():
    assert decide(statement(Condition={"Null": {"aws:Key": "true"}})) is ALLOW


@pytest.mark.parametrize(("operator", "actual", "holds"), [
    ("ForAllValues:StringEquals", ["a", "b"], True),
    ("ForAllValues:StringEquals", ["a", "c"], False),
    ("ForAnyValue:StringEquals", ["a", "c"], True),
    ("ForAnyValue:StringEquals", ["c"], False),
    ("ForAnyValue:StringLike", ["c", "bb"], False),
])
def test_several_values(operator, actual, holds):
    rule = statement(Condition={operator: {"aws:TagKeys": ["a", "b"]}})
    assert (decide(rule, context={"aws:TagKeys": actual}) is ALLOW) is holds


def test_all_operators_and_keys_must_hold():
    rule = statement(Condition={"StringEquals": {"a:b": "1", "a:c": "2"}, "Bool": {"a:d": "true"}})
    assert decide(rule, context={"a:b": "1", "a:c": "2", "a:d": "true"}) is ALLOW
    assert decide(rule, context={"a:b": "1", "a:c": "3", "a:d": "true"}) is SILENT
    assert decide(rule, context={"a:b": "1", "a:c": "2", "a:d": "false"}) is SILENT


def test_variable_in_resource():
    rule = statement(Resource="arn:aws:s3:::bucket/AWSLogs/${aws:SourceAccount}/*")
    resource = "arn:aws:s3:::bucket/AWSLogs/111111111111/x"
    assert decide(rule, resource=resource, context={"aws:SourceAccount": "111111111111"}) is ALLOW
    assert decide(rule, resource=resource, context={"aws:SourceAccount": "222222222222"}) is SILENT
    assert decide(rule, resource=resource) is SILENT


def test_variable_in_condition():
    rule = statement(Condition={"ArnLike": {"aws:SourceArn": "arn:aws:cloudtrail:*:${aws:SourceAccount}:trail/t"}})
    context = {"aws:SourceArn": "arn:aws:cloudtrail:x:111111111111:trail/t", "aws:SourceAccount": "111111111111"}
    assert decide(rule, context=context) is ALLOW
    assert decide(rule, context={**context, "aws:SourceAccount": "222222222222"}) is SILENT


def test_value_of_a_variable_is_literal():
    rule = statement(Resource="arn:aws:s3:::bucket/${aws:username}")
    assert decide(rule, resource="arn:aws:s3:::bucket/eve", context={"aws:username": "*"}) is SILENT
    assert decide(rule, resource="arn:aws:s3:::bucket/*", context={"aws:username": "*"}) is ALLOW


def test_variable_with_default():
    rule = statement(Resource="arn:aws:s3:::bucket/${aws:PrincipalTag/team, 'nobody'}")
    assert decide(rule, resource="arn:aws:s3:::bucket/nobody") is ALLOW


def test_escaped_wildcard():
    rule = statement(Resource="arn:aws:s3:::bucket/${*}")
    assert decide(rule, resource="arn:aws:s3:::bucket/*") is ALLOW
    assert decide(rule, resource="arn:aws:s3:::bucket/a") is SILENT
    assert decide(statement(Condition={"StringEquals": {"a:b": "${$}x"}}), context={"a:b": "$x"}) is ALLOW


def test_old_version_has_no_variables():
    rule = policy(statement(Resource="arn:aws:s3:::bucket/${aws:username}"), version="2008-10-17")
    request = Request("s3:GetObject", "arn:aws:s3:::bucket/eve", context={"aws:username": "eve"})
    assert evaluate([rule], request) is SILENT


def test_without_resource_in_the_request():
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "111111111111"}}
    assert decide(trust, action="sts:AssumeRole", resource=None, principal=USER) is ALLOW


@pytest.mark.parametrize("document", [
    "",
    "{",
    "[]",
    "{}",
    '{"Statement": []}',
    '{"Version": "2026-01-01", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}',
    '{"Statement": [{"Action": "*", "Resource": "*"}]}',
    '{"Statement": [{"Effect": "Permit", "Action": "*", "Resource": "*"}]}',
    '{"Statement": [{"Effect": "Allow", "Resource": "*"}]}',
    '{"Statement": [{"Effect": "Allow", "Action": "getobject", "Resource": "*"}]}',
    '{"Statement": [{"Effect": "Allow", "Action": [], "Resource": "*"}]}',
    '{"Statement": [{"Effect": "Allow", "Action": "*", "NotAction": "*", "Resource": "*"}]}',
    '{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Principals": "*"}]}',
    '{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": {"AWS": "12345678901"}}]}',
    '{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": {"Aws": "*"}}]}',
    '{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringIs": {"a": "b"}}}]}',
    '{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": "true"}}]}',
    '{"Statement": [{"Sid": "a", "Effect": "Allow", "Action": "*", "Resource": "*"},'
    ' {"Sid": "a", "Effect": "Deny", "Action": "*", "Resource": "*"}]}',
])
def test_malformed(document):
    with pytest.raises(PolicyError):
        parse(document)
