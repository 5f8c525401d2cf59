# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The local Alibaba Cloud's evaluator of RAM policies."""
from __future__ import annotations

import fnmatch
import json
import re
import time

import pytest
from clouds.alibaba.policy import Decision, PolicyError, Request, evaluate, judge_trust, parse, parse_trust, trusts
from clouds.wildcards import expression
from hypothesis import given
from hypothesis import strategies as st

ALLOW, DENY, SILENT = Decision.ALLOW, Decision.DENY, Decision.SILENT
ROLE = "acs:ram::1234567890123456:role/audit"


def document(*statements, version="1"):
    return json.dumps({"Version": version, "Statement": list(statements)})


def statement(**elements):
    return {"Effect": "Allow", "Action": "ram:GetRole", "Resource": "*", **elements}


def decide(*statements, action="ram:GetRole", resource=ROLE, context=None):
    return evaluate([parse(document(*statements))], Request(action, resource, context or {}))


@pytest.mark.parametrize(("pattern", "action", "decision"), [
    ("ram:GetRole", "ram:GetRole", ALLOW),
    ("RAM:getrole", "ram:GetRole", ALLOW),
    ("ram:Get*", "ram:GetPolicy", ALLOW),
    ("ram:*", "ram:GetPolicy", ALLOW),
    ("*:Get*", "ram:GetPolicy", ALLOW),
    ("*:*", "ram:GetPolicy", ALLOW),
    ("ram:GetRol?", "ram:GetRole", ALLOW),
    ("*", "log:PostLogStoreLogs", ALLOW),
    (["ram:CreateRole", "ram:GetRole"], "ram:GetRole", ALLOW),
    ("ram:Get", "ram:GetRole", SILENT),
    ("ram:GetRole?", "ram:GetRole", SILENT),
    ("ram:Get*", "ram:CreateRole", SILENT),
    ("log:*", "ram:GetRole", SILENT),
    ("ram.:GetRole", "ram:GetRole", SILENT),
])
def test_actions(pattern, action, decision):
    assert decide(statement(Action=pattern), action=action) is decision


@pytest.mark.parametrize(("action", "decision"), [("ram:DeleteRole", SILENT), ("log:GetProject", ALLOW)])
def test_not_action(action, decision):
    excepted = {"Effect": "Allow", "NotAction": "RAM:*", "Resource": "*"}
    assert decide(excepted, action=action) is decision


@pytest.mark.parametrize(("pattern", "resource", "decision"), [
    ("*", "*", ALLOW),
    ("*", ROLE, ALLOW),
    (ROLE, ROLE, ALLOW),
    ("acs:ram:*:1234567890123456:role/audit", ROLE, ALLOW),
    ("acs:ram:*:*:role/*", ROLE, ALLOW),
    ("acs:ram:*:*:*", ROLE, ALLOW),
    ("acs:log:*:*:project/slsaudit-*", "acs:log:cn-hangzhou:1234567890123456:project/slsaudit-center-1/logstore/x",
     ALLOW),
    (["acs:ram:*:*:user/*", ROLE], ROLE, ALLOW),
    ("acs:ram:*:*:role/AUDIT", ROLE, ALLOW),
    ("acs:log:*:*:project/Logs", "acs:log:cn-hangzhou:1234567890123456:project/logs", SILENT),
    ("acs:ram:*:*:role/aud", ROLE, SILENT),
    ("acs:ram:*:6543210987654321:role/*", ROLE, SILENT),
    ("acs:log:*:*:project/slsaudit-*", "acs:log:cn-hangzhou:1234567890123456:project/other", SILENT),
    (ROLE, "*", SILENT),
])
def test_resources(pattern, resource, decision):
    assert decide(statement(Resource=pattern), resource=resource) is decision


def test_deny_wins_wherever_it_stands():
    deny, allow = statement(Effect="Deny"), statement(Action="*")
    assert decide(deny, allow) is DENY
    assert decide(allow, deny) is DENY
    assert evaluate([parse(document(allow)), parse(document(deny))], Request("ram:GetRole", ROLE)) is DENY


def test_without_a_statement_that_fits_there_is_silence():
    assert evaluate([], Request("ram:GetRole", ROLE)) is SILENT


@pytest.mark.parametrize(("operator", "wanted", "actual", "holds"), [
    ("StringEquals", "a", "a", True),
    ("StringEquals", "a", "A", False),
    ("StringEquals", "a*", "ab", False),
    ("StringEquals", ["a", "b"], "b", True),
    ("StringNotEquals", "a", "b", True),
    ("StringNotEquals", ["a", "b"], "b", False),
    ("StringNotEquals", "a", None, True),
    ("StringEqualsIgnoreCase", "Ab", "aB", True),
    ("StringEqualsIgnoreCase", "a", "b", False),
    ("StringNotEqualsIgnoreCase", "Ab", "aB", False),
    ("StringLike", "a*c?", "abbbcd", True),
    ("StringLike", "a*", "b", False),
    ("StringLike", "a*", "Ab", False),
    ("StringNotLike", "a*", "ab", False),
    ("StringNotLike", "a*", None, True),
    ("StringEquals", "a", None, False),
    ("NumericEquals", "10", "10.0", True),
    ("NumericNotEquals", "10", "10", False),
    ("NumericLessThan", "10", "9", True),
    ("NumericLessThan", "10", "10", False),
    ("NumericLessThanEquals", "10", "10", True),
    ("NumericGreaterThan", "10", "9", False),
    ("NumericGreaterThanEquals", "10", "10", True),
    ("NumericEquals", "10", "ten", False),
    ("NumericEquals", "10", None, False),
    ("DateEquals", "2026-01-01T08:00:00+08:00", "2026-01-01T00:00:00Z", True),
    ("DateNotEquals", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", True),
    ("DateLessThan", "2026-01-01T00:00:00Z", "2025-12-31T23:59:59Z", True),
    ("DateLessThanEquals", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z", False),
    ("DateGreaterThan", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z", True),
    ("DateGreaterThanEquals", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", True),
    ("Bool", "true", "true", True),
    ("Bool", "True", "true", True),
    ("Bool", "true", "false", False),
    ("Bool", "true", None, False),
    ("IpAddress", "203.0.113.2", "203.0.113.2", True),
    ("IpAddress", "203.0.113.0/24", "203.0.113.77", True),
    ("IpAddress", "203.0.113.0/24", "203.0.114.77", False),
    ("IpAddress", ["2001:db8::/32", "10.0.0.0/8"], "2001:db8::1", True),
    ("IpAddress", "203.0.113.0/24", None, False),
    ("NotIpAddress", ["203.0.113.0/24", "10.0.0.0/8"], "10.1.1.1", False),
    ("NotIpAddress", "203.0.113.0/24", "203.0.114.77", True),
    ("NotIpAddress", "203.0.113.0/24", None, True),
])
def test_conditions(operator, wanted, actual, holds):
    conditioned = statement(Condition={operator: {"acs:Key": wanted}})
    context = {} if actual is None else {"acs:Key": actual}
    assert decide(conditioned, context=context) is (ALLOW if holds else SILENT)


@pytest.mark.parametrize(("context", "decision"), [
    ({"acs:MFAPresent": "true", "acs:SourceIp": "10.0.0.1", "acs:SecureTransport": "true"}, ALLOW),
    ({"acs:MFAPresent": "false", "acs:SourceIp": "10.0.0.1", "acs:SecureTransport": "true"}, SILENT),
    ({"acs:MFAPresent": "true", "acs:SourceIp": "10.1.0.1", "acs:SecureTransport": "true"}, SILENT),
    ({"acs:MFAPresent": "true", "acs:SourceIp": "10.0.0.1", "acs:SecureTransport": "false"}, SILENT),
    ({"acs:MFAPresent": "true", "acs:SourceIp": "10.0.0.1"}, SILENT),
])
def test_all_conditions_have_to_hold(context, decision):
    condition = {"Bool": {"acs:MFAPresent": "true", "acs:SecureTransport": ["true"]},
                 "IpAddress": {"acs:SourceIp": "10.0.0.0/16"}}
    assert decide(statement(Condition=condition), context=context) is decision


def test_one_of_several_values_of_a_request_is_enough():
    conditioned = statement(Condition={"StringEquals": {"acs:Key": "b"}})
    assert decide(conditioned, context={"acs:Key": ["a", "b"]}) is ALLOW
    assert decide(conditioned, context={"acs:Key": ["a", "c"]}) is SILENT


def test_names_of_condition_keys_depend_on_case():
    conditioned = statement(Condition={"StringEquals": {"acs:sourceip": "10.0.0.1"}})
    assert decide(conditioned, context={"acs:SourceIp": "10.0.0.1"}) is SILENT


def test_a_deny_whose_condition_fails_denies_nothing():
    deny = statement(Effect="Deny", Condition={"NotIpAddress": {"acs:SourceIp": "10.0.0.0/8"}})
    assert decide(statement(), deny, context={"acs:SourceIp": "10.0.0.1"}) is ALLOW
    assert decide(statement(), deny, context={"acs:SourceIp": "192.0.2.1"}) is DENY


def without(name):
    return {key: value for key, value in statement().items() if key != name}


@pytest.mark.parametrize("text", [
    "", "{", "[]", "null", "{}",
    document(),
    document(statement(), version="2012-10-17"),
    json.dumps({"Version": 1, "Statement": [statement()]}),
    json.dumps({"Statement": [statement()]}),
    json.dumps({"Version": "1", "Statement": statement()}),
    json.dumps({"Version": "1", "Statement": [statement()], "Id": "x"}),
    json.dumps({"version": "1", "Statement": [statement()]}),
    document("Allow"),
    document(without("Effect")),
    document(without("Action")),
    document(without("Resource")),
    document(statement(Effect="allow")),
    document(statement(Effect=["Allow"])),
    document(statement(NotAction="ram:*")),
    document({**without("Resource"), "NotResource": "*"}),
    document(statement(Sid="one")),
    document(statement(Principal={"RAM": "acs:ram::1234567890123456:root"})),
    document(statement(effect="Allow")),
    document(statement(Action=[])),
    document(statement(Action=["ram:GetRole", 1])),
    document(statement(Action="GetRole")),
    document(statement(Action="ram:")),
    document(statement(Action="ram:Get Role")),
    document(statement(Resource=[])),
    document(statement(Resource={"a": "*"})),
    document(statement(Resource="arn:aws:s3:::bucket")),
    document(statement(Resource="acs:ram:*:role/audit")),
    document(statement(Condition=[])),
    document(statement(Condition={"StringEqual": {"acs:Key": "a"}})),
    document(statement(Condition={"StringEqualsIfExists": {"acs:Key": "a"}})),
    document(statement(Condition={"ForAnyValue:StringEquals": {"acs:Key": "a"}})),
    document(statement(Condition={"Null": {"acs:Key": "true"}})),
    document(statement(Condition={"StringEquals": {}})),
    document(statement(Condition={"StringEquals": "a"})),
    document(statement(Condition={"StringEquals": {"acs:Key": []}})),
    document(statement(Condition={"StringEquals": {"Key": "a"}})),
    document(statement(Condition={"Bool": {"acs:MFAPresent": True}})),
    document(statement(Condition={"Bool": {"acs:MFAPresent": "yes"}})),
    document(statement(Condition={"NumericLessThan": {"acs:Key": "ten"}})),
    document(statement(Condition={"NumericLessThan": {"acs:Key": "nan"}})),
    document(statement(Condition={"DateLessThan": {"acs:CurrentTime": "tomorrow"}})),
    document(statement(Condition={"IpAddress": {"acs:SourceIp": "10.0.0.0/33"}})),
    '{"Version": "1", "Version": "1", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}',
    "[" * 100_000,
    document(statement(Resource="acs:ram:*:*:role/\ud800")),
])
def test_what_breaks_the_grammar_is_refused(text):
    with pytest.raises(PolicyError):
        parse(text)


# Trust

def trust(**elements):
    principal = {"RAM": ["acs:ram::1000000000000001:root"]}
    return document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, **elements})


def names(account="1000000000000001", name="user/eve"):
    return [f"acs:ram::{account}:root", f"acs:ram::{account}:{name}"]


@pytest.mark.parametrize(("principal", "asker", "trusted"), [
    ("acs:ram::1000000000000001:root", names(), True),
    ("acs:ram::1000000000000001:user/eve", names(), True),
    (["acs:ram::1000000000000002:root", "acs:ram::1000000000000001:user/eve"], names(), True),
    ("acs:ram::1000000000000001:role/eve", names(name="role/eve"), True),
    ("acs:ram::1000000000000001:role/Eve", names(name="role/eve"), True),
    ("acs:ram::1000000000000001:user/eve", names(name="user/bob"), False),
    ("acs:ram::1000000000000001:user/eve", names(name="role/eve"), False),
    ("acs:ram::1000000000000002:root", names(), False),
])
def test_trust_in_accounts_users_and_roles(principal, asker, trusted):
    assert trusts(trust(Principal={"RAM": principal}), "RAM", asker) is trusted


@pytest.mark.parametrize(("principal", "asker", "trusted"), [
    ("1000000000000001@log.aliyuncs.com", ["1000000000000001@log.aliyuncs.com"], True),
    ("log.aliyuncs.com", ["1000000000000001@log.aliyuncs.com", "log.aliyuncs.com"], True),
    ("log.aliyuncs.com", ["1000000000000001@log.aliyuncs.com"], False),
    ("1000000000000002@log.aliyuncs.com", ["1000000000000001@log.aliyuncs.com", "log.aliyuncs.com"], False),
    ("1000000000000001@actiontrail.aliyuncs.com", ["1000000000000001@log.aliyuncs.com"], False),
])
def test_trust_in_services(principal, asker, trusted):
    assert trusts(trust(Principal={"Service": principal}), "Service", asker) is trusted


def test_kinds_of_principals_are_distinguished():
    assert not trusts(trust(Principal={"Service": "log.aliyuncs.com"}), "RAM", ["log.aliyuncs.com"])


def test_a_deny_wins_in_trust_too():
    allow, deny = (json.loads(trust(Effect=effect))["Statement"][0] for effect in ("Allow", "Deny"))
    assert judge_trust(document(allow, deny), "RAM", names()) is DENY
    assert not trusts(document(deny, allow), "RAM", names())


def test_conditions_of_trust():
    text = trust(Condition={"StringEquals": {"sts:ExternalId": "right"}})
    assert trusts(text, "RAM", names(), {"sts:ExternalId": "right"})
    assert not trusts(text, "RAM", names(), {"sts:ExternalId": "wrong"})
    assert not trusts(text, "RAM", names())


@pytest.mark.parametrize("elements", [
    {"Resource": "*"},
    {"Action": "sts:*"},
    {"Action": "*"},
    {"Action": "ram:GetRole"},
    {"Action": []},
    {"Principal": "*"},
    {"Principal": {}},
    {"Principal": {"AWS": "*"}},
    {"Principal": {"RAM": "*"}},
    {"Principal": {"RAM": []}},
    {"Principal": {"RAM": "1000000000000001"}},
    {"Principal": {"RAM": "acs:ram::1000000000000001:role/*"}},
    {"Principal": {"Service": "*.aliyuncs.com"}},
    {"Principal": {"Service": "log.example.com"}},
    {"Principal": {"Federated": "acs:ram::1000000000000001:root"}},
    {"NotPrincipal": {"RAM": "acs:ram::1000000000000001:root"}},
])
def test_what_breaks_the_grammar_of_trust_is_refused(elements):
    with pytest.raises(PolicyError):
        parse_trust(trust(**elements))


def test_trust_needs_a_principal():
    with pytest.raises(PolicyError):
        parse_trust(document({"Effect": "Allow", "Action": "sts:AssumeRole"}))


# Wildcards and speed

@given(st.text("ab*?.", max_size=12), st.text("ab.*", max_size=12))
def test_wildcards_match_as_those_of_file_names(pattern, text):
    ours = re.compile(expression(pattern), re.DOTALL).fullmatch(text) is not None
    assert ours == fnmatch.fnmatchcase(text, pattern)


@pytest.mark.alone
def test_many_wildcards_take_no_time():
    pattern = re.compile(expression("*a" * 500 + "b"), re.DOTALL)
    started = time.perf_counter()
    assert not pattern.fullmatch("a" * 2000)
    assert time.perf_counter() - started < 1


@pytest.mark.alone
def test_an_administrator_is_authorized_within_a_tenth_of_a_millisecond():
    text, request = document(statement(Action="*")), Request("ram:GetRole", ROLE)
    rounds = 2000
    started = time.perf_counter()
    for _round in range(rounds):
        evaluate([parse(text)], request)
    assert (time.perf_counter() - started) / rounds < 100e-6
