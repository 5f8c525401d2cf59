# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RAM's policy documents: what means the same, what does not, and what is none."""
from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import documents

ACTIONS = ["log:GetLogs", "log:PutLogs", "log:*"]
RESOURCES = ["acs:log:*:*:project/a", "acs:log:*:*:project/b", "*"]
PRINCIPALS = [("Service", "log.aliyuncs.com"), ("Service", "1@log.aliyuncs.com"), ("RAM", "acs:ram::1:root")]
CONDITIONS = [
    None, {"Bool": {"acs:SecureTransport": ["true"]}},
    {"StringEquals": {"acs:SourceIp": ["192.0.2.1", "192.0.2.2"], "acs:CurrentMonth": ["1"]}},
]

several = st.builds(lambda values: sorted(set(values)), st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=3))
statements = st.lists(st.fixed_dictionaries({
    "Effect": st.sampled_from(["Allow", "Deny"]),
    "Action": several,
    "Resource": st.lists(st.sampled_from(RESOURCES), min_size=1, max_size=3, unique=True),
    "Condition": st.sampled_from(CONDITIONS),
}), min_size=1, max_size=3)


def of(*listed):
    """A document with these statements."""
    return {"Version": "1", "Statement": [
        {name: value for name, value in one.items() if value is not None} for one in listed
    ]}


def allow(**more):
    return {"Effect": "Allow", "Action": "log:*", "Resource": "*", **more}


def shuffled(draw, value):
    """The same in another order, lists of one as text where the dice say so."""
    if isinstance(value, dict):
        return {name: shuffled(draw, value[name]) for name in draw(st.permutations(sorted(value)))}
    if isinstance(value, list):
        mixed = [shuffled(draw, item) for item in draw(st.permutations(value))]
        return mixed[0] if len(mixed) == 1 and draw(st.booleans()) else mixed
    return value


@given(statements, st.data())
def test_order_and_form_make_no_difference(listed, data):
    document = of(*listed)
    assert documents.same(document, shuffled(data.draw, document))


@given(statements, st.data())
def test_neither_does_grouping(listed, data):
    apart = [
        {**one, "Action": action, "Resource": [resource]}
        for one in listed for action, resource in itertools.product(one["Action"], one["Resource"])
    ]
    assert documents.same(of(*listed), of(*data.draw(st.permutations(apart)), apart[0]))


@given(statements, statements)
def test_what_differs_in_one_part_is_not_the_same(one, other):
    def parts(listed):
        return {
            (item["Effect"], action, resource, json.dumps(item["Condition"]))
            for item in listed for action in item["Action"] for resource in item["Resource"]
        }

    assert documents.same(of(*one), of(*other)) == (parts(one) == parts(other))


@given(statements)
def test_it_is_sent_as_it_is_read(listed):
    document = documents.read(of(*listed))
    assert documents.read(documents.text(document)) == document
    assert documents.same(documents.from_cloud(documents.text(document)), document)


@pytest.mark.parametrize("one, other", [
    (allow(Action=["log:GetLogs", "log:PutLogs"]), allow(Action=["log:GetLogs"])),
    (allow(), allow(Effect="Deny")),
    (allow(), allow(Resource="acs:log:*:*:*")),
    (allow(), allow(Condition={"Bool": {"acs:SecureTransport": "true"}})),
    (allow(Condition={"Bool": {"acs:SecureTransport": "true"}}), allow(Condition={"Bool": {"acs:SecureTransport": "false"}})),
    # All of a list at once, and each by itself, are not the same with Not.
    ({"Effect": "Allow", "NotAction": ["log:*", "oss:*"], "Resource": "*"},
     {"Effect": "Allow", "NotAction": ["log:*"], "Resource": "*"}),
    ({"Effect": "Allow", "NotAction": "log:*", "Resource": "*"}, allow()),
])
def test_other_meaning(one, other):
    assert not documents.same(of(one), of(other))


def test_not_action_is_never_taken_apart():
    both = {"Effect": "Allow", "NotAction": ["oss:*", "log:*"], "Resource": "*"}
    each = [{**both, "NotAction": action} for action in both["NotAction"]]
    assert documents.same(of(both), of({**both, "NotAction": ["log:*", "oss:*", "log:*"]}))
    assert not documents.same(of(both), of(*each))


def test_a_condition_is_never_taken_apart():
    both = allow(Condition={"StringEquals": {"acs:SourceIp": ["192.0.2.1", "192.0.2.2"], "acs:CurrentMonth": "1"}})
    each = [
        allow(Condition={"StringEquals": {"acs:SourceIp": "192.0.2.1"}}),
        allow(Condition={"StringEquals": {"acs:CurrentMonth": "1"}}),
    ]
    assert not documents.same(of(both), of(*each))


@pytest.mark.parametrize("one, other", [
    ({"Bool": {"acs:MFAPresent": "true"}}, {"Bool": {"acs:MFAPresent": [True]}}),
    ({"NumericEquals": {"acs:X": "5"}}, {"NumericEquals": {"acs:X": 5}}),
    ({}, None),
])
def test_conditions_of_the_same_meaning(one, other):
    assert documents.same(of(allow(Condition=one)), of(allow(Condition=other)))


@pytest.mark.parametrize("version", ["2", "", None, 1.0])
def test_the_version_counts(version):
    assert not documents.same(of(allow()), {**of(allow()), "Version": version})


def test_principals_by_kind():
    def trust(*principals):
        return of(*({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": one} for one in principals))

    together = trust({"Service": ["log.aliyuncs.com", "1@log.aliyuncs.com"], "RAM": "acs:ram::1:root"})
    assert documents.same(together, trust(*({kind: [name]} for kind, name in PRINCIPALS)))
    assert not documents.same(together, trust(*({kind: [name]} for kind, name in PRINCIPALS[1:])))
    assert not documents.same(trust({"Service": "x"}), trust({"RAM": "x"}))


def test_short_form():
    assert documents.trust_policy(["b.aliyuncs.com", "a.aliyuncs.com", "a.aliyuncs.com"], ["1"]) == of(
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": ["a.aliyuncs.com", "b.aliyuncs.com"]}},
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"RAM": ["acs:ram::1:root"]}},
    )
    assert len(documents.trust_policy([], ["1"])["Statement"]) == 1


@pytest.mark.parametrize("document", [of(allow()), json.dumps(of(allow())), {"Version": 1, "Statement": allow()}])
def test_forms_that_are_read(document):
    assert documents.read(document) == of(allow())


@pytest.mark.parametrize("document, sentence", [
    ("{", "it is not JSON: Expecting property name"),
    ("[]", "it is not a JSON object with Version and Statement"),
    (None, "it is not a JSON object with Version and Statement"),
    ({"Statement": [allow()]}, 'its Version is null, but must be "1"'),
    ({"Version": "2012-10-17", "Statement": [allow()]}, "its Version is '2012-10-17', but must be \"1\""),
    ({"Version": "1"}, "it has no list of statements under Statement"),
    ({"Version": "1", "Statement": []}, "it has no list of statements under Statement"),
    ({"Version": "1", "Statement": "Allow"}, "it has no list of statements under Statement"),
    ({"Version": "1", "Statement": [allow()], "Id": "x"}, "it has Id, and may have Version and Statement only"),
    ({"Version": "1", "Statement": [allow(), []]}, "statement 2 is not an object"),
    (of(allow(Effect="allow")), "statement 1 has no Effect that is Allow or Deny"),
    (of(allow(NotAction="x")), "statement 1 needs either Action or NotAction"),
    (of(allow(Action=None)), "statement 1 needs either Action or NotAction"),
    (of(allow(Resource=None)), "statement 1 needs either Resource or NotResource"),
    (of(allow(Principal={"RAM": "x"})), "statement 1 has a Principal, which only the trust policy of a role may have"),
    (of(allow(Action=[])), "statement 1 has Action, but its value is neither text nor a list of texts"),
    (of(allow(Resource=[1])), "statement 1 has Resource, but its value is neither text nor a list of texts"),
])
def test_what_is_no_document(document, sentence):
    with pytest.raises(ValueError) as caught:
        documents.read(document)
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize("principal", [None, {}, "*", ["acs:ram::1:root"]])
def test_trust_needs_somebody(principal):
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    with pytest.raises(ValueError, match="statement 1 needs a Principal, with RAM, Service or Federated"):
        documents.read(of(statement), trust=True)


@pytest.mark.parametrize("broken", ["", "not JSON", "[1]", '{"Statement": 1}', '{"Statement": [[1], null]}', "null"])
def test_what_the_cloud_has_may_be_broken(broken):
    found = documents.from_cloud(broken)
    assert documents.same(found, found)
    assert not documents.same(found, of(allow()))
