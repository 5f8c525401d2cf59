# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a resource that is, and one that should be, are compared."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import policies
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.resource import compare
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.resource import compare_absent

OURS = {"managed-by": "crossaccount.audit_logs"}


def changes(current, asked):
    return compare(current, asked)["changes"]


def test_missing():
    asked = {"retention": 731, "kms_key_id": "", "versioning": False, "logging": {}, "policy": None, "tags": {"a": "b"}}
    assert compare(None, asked) == {
        "exists": False,
        "changes": ["create"],
        "before": {},
        "after": {"retention": 731, "versioning": False, "tags": {"a": "b"}},
    }


def test_converged():
    assert compare({"retention": 731, "kms_key_id": None}, {"retention": 731}) == {
        "exists": True,
        "changes": [],
        "before": {},
        "after": {},
    }


def test_drifted_settings_alone_are_shown():
    current = {"retention": 30, "kms_key_id": "arn:key", "versioning": True}
    assert compare(current, {"retention": 731, "kms_key_id": "", "versioning": True}) == {
        "exists": True,
        "changes": ["retention", "kms_key_id"],
        "before": {"retention": 30, "kms_key_id": "arn:key"},
        "after": {"retention": 731, "kms_key_id": ""},
    }


@pytest.mark.parametrize(
    ("current", "asked", "differs"),
    [
        (30, None, False),
        (True, True, False),
        (True, False, True),
        (False, True, True),
        (None, True, True),
        (None, False, False),
        (False, False, False),
        (None, "", False),
        ("x", "", True),
        ("", "x", True),
        ("x", "x", False),
        (None, {}, False),
        ({"days": 1}, {}, True),
        ({}, {"days": 1}, True),
        ([], [], False),
        (["a"], [], True),
        (0, 0, False),
    ],
)
def test_one_setting(current, asked, differs):
    assert changes({"x": current}, {"x": asked}) == (["x"] if differs else [])


@pytest.mark.parametrize(
    ("current", "asked", "before", "after"),
    [
        ({"a": "1", "other": "x"}, {"a": "1"}, None, None),
        ({"a": "1", "other": "x"}, {"a": "2"}, {"a": "1"}, {"a": "2"}),
        ({"other": "x"}, {"a": "2"}, {}, {"a": "2"}),
        (None, {"a": "2"}, {}, {"a": "2"}),
        (None, {}, None, None),
        # YAML makes numbers and booleans of what AWS keeps as text.
        ({"cost": "42"}, {"cost": 42}, None, None),
        ({"audited": "True"}, {"audited": True}, None, None),
    ],
)
def test_tags_are_compared_by_the_given_keys(current, asked, before, after):
    found = compare({"tags": current}, {"tags": asked})
    assert found["changes"] == ([] if before is None else ["tags"])
    assert found["before"].get("tags") == before
    assert found["after"].get("tags") == after


DOCUMENT = policies.bucket_policy("logs", "eu-west-1", [{"account_id": "222222222222"}, {"account_id": "333333333333"}])


def reworded(value):
    """The same policy in other words: keys and lists the other way round, a list of one instead of a value."""
    if isinstance(value, dict):
        return {key: reworded(value[key]) for key in reversed(value)}
    if isinstance(value, list):
        return [reworded(one) for one in reversed(value)]
    return [value]


def edits(value):
    """A copy of a document for each leaf in it, with that leaf changed or left out."""
    if isinstance(value, dict):
        for key in value:
            yield {other: copy.deepcopy(value[other]) for other in value if other != key}
            for edited in edits(value[key]):
                yield {**copy.deepcopy(value), key: edited}
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield value[:index] + value[index + 1 :]
            for edited in edits(one):
                yield value[:index] + [edited] + value[index + 1 :]
    else:
        yield value + "x"


class TestPolicies:
    @pytest.mark.parametrize("setting", ["policy", "assume_role_policy_document"])
    def test_the_same_in_other_words(self, setting):
        other = {"Statement": reworded(DOCUMENT["Statement"]), "Version": "2012-10-17"}
        for statement in other["Statement"]:
            statement.update({name: statement[name][0] for name in ("Effect", "Sid")})
            if statement["Principal"] == ["*"]:
                statement["Principal"] = {"AWS": ["*"]}
        assert other != DOCUMENT
        assert changes({setting: other}, {setting: DOCUMENT}) == []

    def test_a_version_that_is_left_out_is_the_old_one(self):
        document = {"Statement": []}
        assert changes({"policy": {"Version": "2008-10-17", "Statement": []}}, {"policy": document}) == []
        assert changes({"policy": {"Version": "2012-10-17", "Statement": []}}, {"policy": document}) == ["policy"]

    @pytest.mark.parametrize("form", policies.POLICY_FORMS)
    def test_every_edit_is_seen(self, form):
        trails = [{"account_id": "222222222222"}, {"account_id": "333333333333", "prefix": ""}]
        for document in (
            policies.bucket_policy("logs", "eu-west-1", trails, form, "o-a1b2c3d4e5"),
            policies.key_policy("111111111111", "eu-west-1", trails, form, "o-a1b2c3d4e5"),
        ):
            edited = list(edits(document))
            assert len(edited) > 30
            unseen = [one for one in edited if not changes({"policy": one}, {"policy": document})]
            assert unseen == []

    def test_none_there(self):
        assert changes({"policy": None}, {"policy": DOCUMENT}) == ["policy"]

    @pytest.mark.parametrize("nothing", ["", {}])
    def test_none_wanted(self, nothing):
        assert changes({"policy": None}, {"policy": nothing}) == []
        assert changes({"policy": DOCUMENT}, {"policy": nothing}) == ["policy"]


class TestAbsent:
    def test_missing(self):
        assert compare_absent(None, "it holds logs") == {"exists": False, "changes": [], "before": {}, "after": {}}

    def test_ours_goes(self):
        current = {"tags": {**OURS, "team": "x"}, "retention": 731, "kms_key_id": None}
        assert compare_absent(current, None) == {
            "exists": True,
            "changes": ["delete"],
            "before": {"tags": {**OURS, "team": "x"}, "retention": 731},
            "after": {},
        }

    def test_it_stays_for_a_reason(self):
        found = compare_absent({"tags": OURS}, "it has object lock")
        assert found == {"exists": True, "changes": [], "before": {}, "after": {}, "retained": "it has object lock"}
