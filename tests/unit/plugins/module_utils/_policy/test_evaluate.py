# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What policies of IAM and of RAM say: yes, no, or not known."""

from __future__ import annotations

import pytest

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._policy.evaluate import Decision, decide, read
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._policy.request import Request

ALLOW, DENY, SILENT, UNKNOWN = Decision.ALLOW, Decision.DENY, Decision.SILENT, Decision.UNKNOWN
CLOUDTRAIL = {"Service": "cloudtrail.amazonaws.com"}
CONTEXT = {
    "aws:sourcearn": ("arn:aws:cloudtrail:eu-west-1:222222222222:trail/audit-logs",),
    "aws:sourceaccount": ("222222222222",),
    "aws:securetransport": ("true",),
    "aws:sourcevpce": (),
    "aws:principaltag/": (),
    "aws:tagkeys": ("a", "b"),
}


def statement(**elements):
    found = {"Effect": "Allow", "Principal": CLOUDTRAIL, "Action": "s3:PutObject", "Resource": "*", **elements}
    return {name: value for name, value in found.items() if value is not None}


def said(*statements, version="2012-10-17", resource="arn:aws:s3:::logs/a/b", services=("cloudtrail.amazonaws.com",)):
    policy = read({"Version": version, "Statement": list(statements)})
    return decide([policy], Request("s3:PutObject", resource, services, CONTEXT))


def holds(condition, version="2012-10-17"):
    """Whether a condition holds, from what a statement with it does."""
    allowed, denied = said(statement(Condition=condition), version=version), said(
        statement(), statement(Effect="Deny", Condition=condition), version=version
    )
    answer = {ALLOW: True, SILENT: False, UNKNOWN: None}[allowed]
    assert denied is {True: DENY, False: ALLOW, None: UNKNOWN}[answer]
    return answer


@pytest.mark.parametrize(
    ("statements", "decision"),
    [
        ([], SILENT),
        ([statement()], ALLOW),
        ([statement(Effect="Deny")], DENY),
        ([statement(), statement(Effect="Deny")], DENY),
        ([statement(Effect="Deny"), statement()], DENY),
        ([statement(Principal="*")], ALLOW),
        ([statement(Principal={"AWS": "*"})], ALLOW),
        ([statement(Principal={"AWS": "222222222222"})], SILENT),
        ([statement(Principal={"Service": ["a.amazonaws.com", "cloudtrail.amazonaws.com"]})], ALLOW),
        ([statement(Principal={"Service": "config.amazonaws.com"})], SILENT),
        ([statement(Principal={"Service": "CloudTrail.amazonaws.com"})], UNKNOWN),
        ([statement(Principal={"Service": "*"})], UNKNOWN),
        ([statement(Principal=["*"])], UNKNOWN),
        ([statement(Principal="cloudtrail.amazonaws.com")], UNKNOWN),
        ([statement(Principal=None)], UNKNOWN),
        ([statement(Principal=None, NotPrincipal={"AWS": "222222222222"})], ALLOW),
        ([statement(Principal=None, NotPrincipal=CLOUDTRAIL)], SILENT),
        ([statement(Principal=None, NotPrincipal={"Service": "CloudTrail.amazonaws.com"})], UNKNOWN),
        ([statement(), statement(Effect="Deny", Principal=None, NotPrincipal={"AWS": "222222222222"})], DENY),
        ([statement(Action="S3:put*")], ALLOW),
        ([statement(Action="s3:PutObjec?")], ALLOW),
        ([statement(Action=["s3:GetObject", "s3:PutObjectAcl"])], SILENT),
        ([statement(Action=None, NotAction="s3:PutObject")], SILENT),
        ([statement(Action=None, NotAction="s3:Get*")], ALLOW),
        ([statement(Action=None)], UNKNOWN),
        ([statement(NotAction="s3:Get*")], UNKNOWN),
        ([statement(Resource="arn:aws:s3:::logs/*")], ALLOW),
        ([statement(Resource="arn:aws:s3:::logs")], SILENT),
        ([statement(Resource="arn:aws:s3:::Logs/*")], SILENT),
        ([statement(Resource="arn:aws:s3:::*")], ALLOW),
        ([statement(Resource="arn:aws:s3:*")], UNKNOWN),
        ([statement(Resource="arn:aws:s3::*/b")], UNKNOWN),
        ([statement(Resource=None, NotResource="arn:aws:s3:*")], UNKNOWN),
        ([statement(Resource=None, NotResource="arn:aws:s3:::logs/*")], SILENT),
        ([statement(Resource=None, NotResource="arn:aws:s3:::others/*")], ALLOW),
        ([statement(Resource="arn:aws:s3:::logs/${aws:SourceAccount}/*")], SILENT),
        ([statement(Resource="arn:aws:s3:::logs/${aws:PrincipalTag/team, 'a'}/*")], ALLOW),
        ([statement(Resource="arn:aws:s3:::logs/${aws:PrincipalTag/team}/*")], UNKNOWN),
        ([statement(Resource="arn:aws:s3:::logs/${aws:Anything}/*")], UNKNOWN),
        ([statement(Resource="arn:aws:s3:::logs/${aws:TagKeys}/*")], UNKNOWN),
        ([statement(Resource="arn:aws:s3:::logs/a/${*}")], SILENT),
        ([statement(Effect="Permit")], SILENT),
        (["statement"], SILENT),
        ([statement(), statement(Effect="Permit")], UNKNOWN),
        ([statement(), statement(Effect="Deny", Condition={"StringEquals": {"aws:SourceIp": "x"}})], UNKNOWN),
        ([statement(Effect="Deny", Condition={"StringEquals": {"aws:SourceIp": "x"}})], SILENT),
    ],
)
def test_statements(statements, decision):
    assert said(*statements) is decision


def test_no_document_says_nothing():
    assert decide([read(None), read({})], Request("s3:PutObject", "*")) is SILENT


def test_variables_are_text_in_old_documents():
    assert holds({"StringEquals": {"aws:SourceAccount": "${aws:SourceAccount}"}}) is True
    assert holds({"StringEquals": {"aws:SourceAccount": "${aws:SourceAccount}"}}, version="2008-10-17") is False
    old = statement(Resource="arn:aws:s3:::logs/${aws:SourceAccount}/b")
    assert said(old, resource="arn:aws:s3:::logs/222222222222/b") is ALLOW
    assert said(old, resource="arn:aws:s3:::logs/222222222222/b", version="2008-10-17") is SILENT
    assert said(old, resource="arn:aws:s3:::logs/${aws:SourceAccount}/b", version="2008-10-17") is ALLOW


TRAIL = "arn:aws:cloudtrail:eu-west-1:222222222222:trail/audit-logs"


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        ({}, True),
        ({"StringEquals": {"aws:SourceArn": TRAIL}}, True),
        ({"StringEquals": {"AWS:sourcearn": ["x", TRAIL]}}, True),
        ({"StringEquals": {"aws:SourceArn": TRAIL.upper()}}, False),
        ({"StringEquals": {"aws:SourceArn": "arn:aws:cloudtrail:*"}}, False),
        ({"StringEqualsIgnoreCase": {"aws:SourceArn": TRAIL.upper()}}, True),
        ({"StringEquals": {"aws:SourceArn": TRAIL.replace("222222222222", "${aws:SourceAccount}")}}, True),
        ({"StringLike": {"aws:SourceArn": "arn:aws:cloudtrail:*"}}, True),
        ({"StringNotLike": {"aws:SourceArn": "arn:aws:cloudtrail:*"}}, False),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:cloudtrail:*:222222222222:trail/*"}}, True),
        ({"ArnEquals": {"aws:SourceArn": "arn:aws:cloudtrail:*:*:trail/audit-log?"}}, True),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:cloudtrail:*"}}, None),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:cloudtrail:*:333333333333:trail/*"}}, False),
        ({"ArnNotLike": {"aws:SourceArn": "arn:aws:cloudtrail:*:333333333333:trail/*"}}, True),
        ({"ArnNotLike": {"aws:SourceArn": "arn:aws:cloudtrail:*"}}, None),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:cloudtrail:eu-west-1:*trail/audit-logs"}}, None),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:cloudtrail:*:trail/audit-logs"}}, None),
        ({"Bool": {"aws:SecureTransport": True}}, True),
        ({"Bool": {"aws:SecureTransport": "False"}}, False),
        ({"Bool": {"aws:SecureTransport": "maybe"}}, None),
        ({"Null": {"aws:SourceArn": "false"}}, True),
        ({"Null": {"aws:SourceArn": True}}, False),
        ({"Null": {"aws:SourceVpce": "true"}}, True),
        ({"StringEquals": {"aws:SourceVpce": "vpce-1"}}, False),
        ({"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}}, True),
        ({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}, True),
        ({"NotIpAddress": {"aws:SourceVpce": "10.0.0.0/8"}}, True),
        ({"StringEquals": {"aws:PrincipalTag/team": "a"}}, False),
        ({"ForAnyValue:StringEquals": {"aws:SourceVpce": "vpce-1"}}, False),
        ({"ForAnyValue:StringNotEquals": {"aws:SourceVpce": "vpce-1"}}, False),
        ({"ForAllValues:StringEquals": {"aws:SourceVpce": "vpce-1"}}, True),
        ({"ForAnyValue:StringEquals": {"aws:TagKeys": ["b", "c"]}}, True),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["b", "c"]}}, False),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b", "c"]}}, True),
        ({"ForAnyValue:StringNotEquals": {"aws:TagKeys": ["b", "c"]}}, True),
        ({"StringEquals": {"aws:TagKeys": "a"}}, None),
        ({"ForAllValues:StringEqualsIfExists": {"aws:TagKeys": "a"}}, None),
        ({"StringEquals": {"aws:SourceIp": "10.0.0.1"}}, None),
        ({"StringEquals": {"aws:SourceArn": []}}, None),
        ({"StringMatches": {"aws:SourceArn": TRAIL}}, None),
        ({"NumericLessThan": {"aws:SourceAccount": "5"}}, None),
        ({"StringEquals": TRAIL}, None),
        ("StringEquals", None),
        ({None: {"aws:SourceVpce": "true"}}, None),  # YAML's reading of Null
        ({"StringEquals": {"aws:SourceArn": "x", "aws:SourceIp": "y"}}, False),
        ({"StringEquals": {"aws:SourceArn": TRAIL, "aws:SourceIp": "y"}}, None),
    ],
)
def test_conditions(condition, answer):
    assert holds(condition) is answer


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:SourceVpce": "x"}},
        {"StringNotEquals": {"aws:SourceVpce": "x"}},
        {"StringEqualsIfExists": {"aws:SourceVpce": "x"}},
        {"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}},
        {"Null": {"aws:SourceVpce": "true"}},
        {"StringEquals": {"aws:SourceArn": "${acs:x}"}},
    ],
)
def test_what_ram_does_not_document_is_not_known(condition):
    assert holds(condition, version="1") is None


@pytest.mark.parametrize(
    ("trust", "decision"),
    [
        ({"Principal": {"Service": ["log.aliyuncs.com", "1234567890123456@log.aliyuncs.com"]}}, ALLOW),
        ({"Principal": {"Service": "log.aliyuncs.com"}}, SILENT),
        ({"Principal": {"RAM": "acs:ram::1234567890123456:root"}}, SILENT),
        ({"Principal": {"RAM": "*"}}, UNKNOWN),
        ({"Principal": {"Service": "1234567890123456@log.aliyuncs.com"}, "Effect": "Deny"}, DENY),
    ],
)
def test_trust_policies_of_ram(trust, decision):
    document = {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", **trust}]}
    assert decide([read(document)], Request("sts:AssumeRole", None, ("1234567890123456@log.aliyuncs.com",))) is decision
