# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The evaluator of policies against a slow one that is easy to read, and against those of the local clouds."""

from __future__ import annotations

import itertools
import json

from clouds.alibaba import policy as local_ram
from clouds.aws import policy as local_iam
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._policy import explain
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._policy.evaluate import Decision, decide, read
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._policy.request import Request

ABSENT = ()
SERVICES = ["a.amazonaws.com", "b.amazonaws.com"]
ACTIONS = ["s3:Put", "s3:Get", "kms:Put"]
# Parts that match each other in part, and are short enough that this happens often.
RESOURCES = ["arn:aws:s3:::b", "arn:aws:s3:::b/x", "arn:aws:s3:::b/x:y", "arn:aws:s3:e:1:b", "arn:aws:s3::1:b/x"]
RESOURCE_PATTERNS = [
    *RESOURCES, "*", "arn:aws:s3:::*", "arn:aws:s3:::b*", "arn:aws:s3:::b/*", "arn:aws:s3:::?/x", "arn:aws:s3:*:*:b",
    "arn:aws:s3:*", "arn:aws:s3:::b/?:y", "arn:*:b", "arn:aws:s3::?:b/*", "arn:aws:*:::b",
]
ACTION_PATTERNS = [*ACTIONS, "*", "s3:*", "S3:p*", "s3:?et", "kms:*t", "s3:Pu"]
KEYS = ["aws:SourceArn", "aws:SourceVpce", "aws:TagKeys", "s3:x-amz-acl"]
VALUES = ["x", "X", "xy", "arn:aws:s3:::b", "true", "False"]
WANTED = [*VALUES, "x*", "?", "*", "arn:aws:*:::b", "arn:*", "arn:aws:s3:::?"]
POSITIVE = ["StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike"]
NEGATIVE = ["StringNotEquals", "StringNotEqualsIgnoreCase", "StringNotLike", "ArnNotEquals", "ArnNotLike"]


def one_or_more(values):
    return st.sampled_from(values) | st.lists(st.sampled_from(values), min_size=1, max_size=2)


def as_condition(found):
    """A Condition of operators with keys and values."""
    condition = {}
    for operator, key, wanted in found:
        condition.setdefault(operator, {})[key] = wanted
    return condition


def conditions():
    names = [quantifier + operator + end for quantifier in ("", "", "ForAnyValue:", "ForAllValues:")
             for operator in POSITIVE + NEGATIVE for end in ("", "", "IfExists")]
    of_text = st.tuples(st.sampled_from(names), st.sampled_from(KEYS), one_or_more(WANTED))
    of_flags = st.tuples(st.sampled_from(["Null", "Bool", "BoolIfExists"]), st.sampled_from(KEYS),
                         st.sampled_from(["true", "false"]))
    return st.lists(of_text | of_flags, max_size=2).map(as_condition)


def as_statement(effect, *elements):
    return {"Effect": effect, **dict(elements[:-1]), "Condition": elements[-1]}


def statements():
    principals = [{"Service": SERVICES[0]}, {"Service": SERVICES[1]}, {"Service": SERVICES}, {"AWS": "222222222222"}]
    return st.builds(
        as_statement, st.sampled_from(["Allow", "Allow", "Deny"]),
        st.sampled_from([("Principal", one) for one in (*principals, "*", {"AWS": "*"})]
                        + [("NotPrincipal", one) for one in principals]),
        st.tuples(st.sampled_from(["Action", "Action", "NotAction"]), one_or_more(ACTION_PATTERNS)),
        st.tuples(st.sampled_from(["Resource", "Resource", "NotResource"]), one_or_more(RESOURCE_PATTERNS)),
        conditions(),
    )


def documents(statement):
    return st.lists(statement, min_size=1, max_size=3).map(
        lambda found: {"Version": "2012-10-17", "Statement": found}
    )


def contexts():
    """Of every key what the call has: nothing, a value, or several."""
    values = st.just(ABSENT) | st.lists(st.sampled_from(VALUES), min_size=1, max_size=2, unique=True).map(tuple)
    return st.fixed_dictionaries({key.lower(): values for key in KEYS})


def requests(known=st.just(set())):
    return st.builds(
        lambda action, resource, service, context, unknown: Request(
            action, resource, (service,), {key: value for key, value in context.items() if key not in unknown}
        ),
        st.sampled_from(ACTIONS), st.sampled_from(RESOURCES), st.sampled_from(SERVICES), contexts(), known,
    )


# An evaluator that answers nothing about what it does not know, and is slow for the rest.

def slow_like(pattern, text):
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(slow_like(pattern[1:], text[n:]) for n in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and slow_like(pattern[1:], text[1:])


def slow_arn(pattern, arn):
    ours, theirs = pattern.split(":", 5), arn.split(":", 5)
    if len(ours) == len(theirs) and all(slow_like(one, other) for one, other in zip(ours, theirs)):
        return "yes"
    return "open" if slow_like(pattern, arn) else "no"


def slow_value(operator, wanted, value):
    if operator == "StringEquals":
        return "yes" if wanted == value else "no"
    if operator == "StringEqualsIgnoreCase":
        return "yes" if wanted.lower() == value.lower() else "no"
    if operator == "StringLike":
        return "yes" if slow_like(wanted, value) else "no"
    if operator == "Bool":
        return "open" if value.lower() not in ("true", "false") else "yes" if wanted == value.lower() else "no"
    return slow_arn(wanted, value)


def slow_any(answers):
    return "yes" if "yes" in answers else "open" if "open" in answers else "no"


def slow_not(answer):
    return {"yes": "no", "no": "yes"}.get(answer, answer)


def slow_condition(name, wanted, values):
    quantifier, _colon, rest = name.rpartition(":")
    operator = rest.removesuffix("IfExists")
    if values is None or quantifier and (operator != rest or operator == "Null"):
        return "open"
    if operator == "Null":
        return "yes" if (wanted == ["true"]) == (values == ABSENT) else "no"
    negative = operator in NEGATIVE
    positive = POSITIVE[NEGATIVE.index(operator)] if negative else operator
    if values == ABSENT:
        if quantifier:
            return "yes" if quantifier == "ForAllValues" else "no"
        return "yes" if negative or operator != rest else "no"
    if len(values) > 1 and not quantifier:
        return "open"
    answers = [slow_any([slow_value(positive, one, value) for one in wanted]) for value in values]
    answers = [slow_not(answer) for answer in answers] if negative else answers
    if quantifier == "ForAllValues":
        return slow_not(slow_any([slow_not(answer) for answer in answers]))
    return slow_any(answers)


def as_list(value):
    return value if isinstance(value, list) else [value]


def slow_statement(statement, request):
    answers = []
    for name, value in statement.items():
        element = name.removeprefix("Not")
        if element == "Principal":
            found = value == "*" or value.get("AWS") == "*" or request.services[0] in as_list(value.get("Service"))
        elif element == "Action":
            found = any(slow_like(one.lower(), request.action.lower()) for one in as_list(value))
        elif element == "Resource":
            found = slow_any(["yes" if one == "*" else slow_arn(one, request.resource) for one in as_list(value)])
        else:
            continue
        found = found if isinstance(found, str) else "yes" if found else "no"
        answers.append(slow_not(found) if name != element else found)
    for name, keys in statement.get("Condition", {}).items():
        for key, wanted in keys.items():
            answers.append(slow_condition(name, as_list(wanted), request.context.get(key.lower())))
    return "no" if "no" in answers else "open" if "open" in answers else "yes"


def slow_decision(document, request):
    found = {"Allow": ["no"], "Deny": ["no"]}
    for statement in document["Statement"]:
        found[statement["Effect"]].append(slow_statement(statement, request))
    allowed, denied = slow_any(found["Allow"]), slow_any(found["Deny"])
    if denied == "yes":
        return Decision.DENY
    if allowed == "no":
        return Decision.SILENT
    return Decision.UNKNOWN if "open" in (allowed, denied) else Decision.ALLOW


@settings(max_examples=500, deadline=None)
@given(documents(statements()), requests(st.sets(st.sampled_from([key.lower() for key in KEYS]), max_size=2)))
def test_as_the_slow_one(document, request):
    decision = decide([read(document)], request)
    event(decision.value)
    assert decision is slow_decision(document, request)


@settings(max_examples=100, deadline=None)
@given(documents(statements()), documents(statements()), requests())
def test_several_documents_are_as_one(one, other, request):
    together = {"Version": "2012-10-17", "Statement": one["Statement"] + other["Statement"]}
    assert decide([read(one), read(other)], request) is decide([read(together)], request)


@settings(max_examples=100, deadline=None)
@given(documents(statements()), requests(), st.sampled_from([key.lower() for key in KEYS]))
def test_what_is_not_known_makes_no_difference_to_an_answer(document, request, key):
    """A yes or a no without a key is the same yes or no whatever the key turns out to be."""
    less = {name: values for name, values in request.context.items() if name != key}
    before = decide([read(document)], Request(request.action, request.resource, request.services, less))
    assume(before is not Decision.UNKNOWN)
    for values in (ABSENT, *((value,) for value in VALUES)):
        more = {**less, key: values}
        after = decide([read(document)], Request(request.action, request.resource, request.services, more))
        assert after in (before, Decision.UNKNOWN) or {before, after} == {Decision.DENY, Decision.SILENT}


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["Allow", "*", "s3:*", "a:b:c"]) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["AWS", "Service", "Null"]), inner),
    max_leaves=5,
)
ELEMENTS = ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"]


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(ELEMENTS), ANYTHING), ANYTHING, requests())
def test_no_document_is_too_odd(odd, version, request):
    """It is refused elsewhere; here it is not known what it means, and said in one line."""
    policies = [read({"Version": version, "Statement": [odd, {"Effect": "Allow", **odd}]})]
    assert decide(policies, request) in Decision
    need, words = explain.Need(request, "x"), explain.Words("bucket x", "y")
    for sentence in explain.problems(policies, [need], words) + explain.unknowns(policies, [need], words):
        assert sentence.isprintable()


def agrees(local, decision):
    """Where nothing is allowed it makes no difference whether something may be denied, too."""
    return decision.value == local.value or (decision is Decision.SILENT and local.value == "deny")


@settings(max_examples=500, deadline=None)
@given(documents(statements()), requests())
def test_the_local_aws_is_of_the_same_opinion(document, request):
    decision = decide([read(document)], request)
    event(decision.value)
    assume(decision is not Decision.UNKNOWN)
    asked = local_iam.Request(
        request.action, request.resource, local_iam.Principal(service=request.services[0]),
        {key: list(values) for key, values in request.context.items() if values},
    )
    assert agrees(local_iam.evaluate([local_iam.parse(json.dumps(document))], asked), decision)


RAM_ACTIONS = ["log:PostLogStoreLogs", "log:CreateLogStore", "oss:PutObject"]
RAM_RESOURCES = ["acs:log:cn:1:project/p", "acs:log:cn:1:project/p/logstore/l", "acs:log:cn:1:app/audit"]
RAM_PATTERNS = [*RAM_RESOURCES, "*", "acs:log:*:*:project/p*", "acs:log:*:*:project/?/logstore/*", "acs:log:*:2:*"]


def ram_statements():
    wanted = st.tuples(st.sampled_from(["StringEquals", "StringNotEquals", "StringLike", "StringNotLike"]),
                       st.sampled_from(["acs:One", "acs:Two"]), one_or_more(["x", "x*", "y"]))
    actions = [*RAM_ACTIONS, "*", "log:*", "log:postlogstorelogs", "log:Creat?LogStore"]
    return st.builds(
        as_statement, st.sampled_from(["Allow", "Allow", "Deny"]),
        st.tuples(st.sampled_from(["Action", "Action", "NotAction"]), one_or_more(actions)),
        st.tuples(st.just("Resource"), one_or_more(RAM_PATTERNS)), st.lists(wanted, max_size=2).map(as_condition),
    )


@settings(max_examples=200, deadline=None)
@given(
    st.lists(ram_statements(), min_size=1, max_size=4), st.sampled_from(RAM_ACTIONS), st.sampled_from(RAM_RESOURCES),
    st.dictionaries(st.sampled_from(["acs:One", "acs:Two"]), st.sampled_from(["x", "xx", "y"])),
)
def test_the_local_alibaba_cloud_is_of_the_same_opinion(found, action, resource, context):
    document = {"Version": "1", "Statement": found}
    known = {key.lower(): (value,) for key, value in context.items()}
    decision = decide([read(document)], Request(action, resource, (), known))
    event(decision.value)
    assume(decision is not Decision.UNKNOWN)
    asked = local_ram.Request(action, resource, context)
    assert agrees(local_ram.evaluate([local_ram.parse(json.dumps(document))], asked), decision)


NAMES = ["log.aliyuncs.com", "1@log.aliyuncs.com", "2@log.aliyuncs.com"]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["Allow", "Allow", "Deny"]), one_or_more(NAMES)), min_size=1, max_size=3),
    st.sampled_from([(name,) for name in NAMES] + list(itertools.combinations(NAMES, 2))),
)
def test_trust_as_the_local_alibaba_cloud_sees_it(found, services):
    document = {"Version": "1", "Statement": [
        {"Effect": effect, "Action": "sts:AssumeRole", "Principal": {"Service": names}} for effect, names in found
    ]}
    said = decide([read(document)], Request("sts:AssumeRole", None, services))
    assert agrees(local_ram.judge_trust(json.dumps(document), "Service", services), said)
