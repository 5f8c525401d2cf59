# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags of roles and policies in the local RAM, driven by today's SDK and by the older one."""
from __future__ import annotations

import pytest
from helpers.alibaba.identities import allow
from helpers.alibaba.ram import make_role, refused

TAGS = {"team": "audit", "stage": "test"}


def written(tags):
    return [{"Key": key, "Value": value} for key, value in tags.items()]


class Roles:
    """Tags of the roles Collector and Other."""

    kind, one, other = "role", "Collector", "Other"

    def __init__(self, ram):
        self.ram = ram

    def make(self, name, tags=None):
        return make_role(self.ram, name, **({"Tag": written(tags)} if tags else {}))

    def listed(self, wanted=None):
        """Tags by name of the role."""
        found = self.ram.call("ListRoles", **({"Tag": wanted} if wanted else {}))["Roles"]["Role"]
        return {item["RoleName"]: read(item) for item in found}


class Policies:
    """Tags of the policies Monitor and Other."""

    kind, one, other = "policy", "Monitor", "Other"

    def __init__(self, ram):
        self.ram = ram

    def make(self, name, tags=None):
        return self.ram.call("CreatePolicy", PolicyName=name, PolicyDocument=allow("log:*"),
                             **({"Tag": written(tags)} if tags else {}))

    def listed(self, wanted=None):
        """Tags by name of the policy."""
        found = self.ram.call("ListPolicies", PolicyType="Custom", **({"Tag": wanted} if wanted else {}))
        return {item["PolicyName"]: read(item) for item in found["Policies"]["Policy"]}


def read(listed):
    return {tag["TagKey"]: tag["TagValue"] for tag in listed["Tags"]["Tag"]}


@pytest.fixture(params=[Roles, Policies], ids=["roles", "policies"])
def kind(request, ram):
    """Roles or policies, two of them, without tags."""
    kind = request.param(ram)
    kind.make(kind.one)
    kind.make(kind.other)
    return kind


def tag(kind, tags, *names):
    kind.ram.call("TagResources", ResourceType=kind.kind, ResourceNames=list(names or [kind.one]), Tag=written(tags))


def untag(kind, *keys, **parameters):
    if keys:
        parameters["TagKeys"] = list(keys)
    kind.ram.call("UntagResources", ResourceType=kind.kind, ResourceNames=[kind.one], **parameters)


def rows(kind, **parameters):
    """What ListTagResources lists, and the token for the rest."""
    answer = kind.ram.call("ListTagResources", ResourceType=kind.kind, **parameters)
    found = [(row["ResourceName"], row["TagKey"], row["TagValue"]) for row in answer["TagResources"]]
    return found, answer.get("NextToken")


def test_tags_from_the_start(kind):
    kind.make("third", TAGS)
    assert kind.listed()["third"] == TAGS


def test_tags_are_added(kind):
    tag(kind, TAGS)
    assert kind.listed() == {kind.one: TAGS, kind.other: {}}


def test_tags_are_added_to_those_that_are_there(kind):
    tag(kind, {"team": "old", "cost": "1"})
    tag(kind, TAGS)
    assert kind.listed()[kind.one] == {"team": "audit", "cost": "1", "stage": "test"}


def test_several_at_once(kind):
    tag(kind, TAGS, kind.one, kind.other)
    assert kind.listed() == {kind.one: TAGS, kind.other: TAGS}


def test_the_case_of_a_roles_name_does_not_matter(ram):
    roles = Roles(ram)
    roles.make("Collector")
    tag(roles, TAGS, "COLLECTOR")
    found, _token = rows(roles, ResourceNames=["collector"])
    assert found == [("Collector", "stage", "test"), ("Collector", "team", "audit")]


def test_none_is_tagged_if_one_is_not_there(kind):
    with refused(404, f"EntityNotExist.{kind.kind.capitalize()}"):
        tag(kind, TAGS, kind.one, "nothing")
    assert kind.listed() == {kind.one: {}, kind.other: {}}


def test_policies_of_the_system_have_no_tags(ram):
    with refused(404, "EntityNotExist.Policy"):
        tag(Policies(ram), TAGS, "ReadOnlyAccess")


def test_tags_are_removed(kind):
    tag(kind, TAGS)
    untag(kind, "team", "nothing")
    assert kind.listed()[kind.one] == {"stage": "test"}


def test_all_tags_are_removed(kind):
    tag(kind, TAGS)
    untag(kind, All=True)
    assert kind.listed()[kind.one] == {}


def test_what_is_removed_is_said(kind):
    with refused(400, "MissingParameter"):
        untag(kind)


def test_at_most_twenty_tags(kind):
    tag(kind, {f"key-{number}": "" for number in range(20)})
    with refused(409, "LimitExceeded.Tag"):
        tag(kind, {"key-20": ""})
    tag(kind, {"key-0": "changed"})
    assert len(kind.listed()[kind.one]) == 20


@pytest.mark.parametrize("tags, name", [
    ({"aliyun-team": ""}, "TagKey"), ({"acs:team": ""}, "TagKey"), ({"k" * 129: ""}, "TagKey"), ({"": "v"}, "TagKey"),
    ({"http://team": ""}, "TagKey"), ({"team": "v" * 257}, "TagValue"), ({"team": "https://x"}, "TagValue"),
])
def test_tags_that_are_none(kind, tags, name):
    with refused(400, f"InvalidParameter.{name}"):
        tag(kind, tags)


def test_a_key_is_there_once(kind):
    with refused(400, "InvalidParameter.TagKey"):
        kind.ram.call("TagResources", ResourceType=kind.kind, ResourceNames=[kind.one],
                      Tag=[{"Key": "team", "Value": "a"}, {"Key": "team", "Value": "b"}])


def test_what_can_be_tagged(ram):
    with refused(400, "InvalidParameter.ResourceType"):
        ram.call("TagResources", ResourceType="user", ResourceNames=["administrator"], Tag=written(TAGS))


@pytest.mark.parametrize("names, tags", [([], TAGS), ([Roles.one], {})])
def test_something_is_to_be_tagged(ram, names, tags):
    make_role(ram)
    with refused(400, "MissingParameter"):
        ram.call("TagResources", ResourceType="role", ResourceNames=names, Tag=written(tags))


def test_at_most_fifty_names(kind):
    with refused(400, "InvalidParameter.ResourceNames"):
        tag(kind, TAGS, *(f"n{number}" for number in range(51)))


# Looking for them

@pytest.mark.parametrize("wanted, found", [
    ([{"Key": "team"}], {"one", "other"}), ([{"Key": "team", "Value": "audit"}], {"one"}),
    ([{"Key": "team"}, {"Key": "stage"}], {"one"}), ([{"Key": "nothing"}], set()),
])
def test_lists_of_those_with_tags(kind, wanted, found):
    tag(kind, TAGS)
    tag(kind, {"team": "other"}, kind.other)
    assert kind.listed(wanted).keys() == {getattr(kind, name) for name in found}


def test_tags_are_listed_by_pages(kind):
    tag(kind, TAGS, kind.one, kind.other)
    found, token = rows(kind, PageSize=3)
    rest, end = rows(kind, PageSize=3, NextToken=token)
    assert found + rest == [(name, key, TAGS[key]) for name in (kind.one, kind.other) for key in ("stage", "team")]
    assert (len(found), end) == (3, None)


def test_tags_of_some(kind):
    tag(kind, TAGS, kind.one, kind.other)
    found, _token = rows(kind, ResourceNames=[kind.other], Tag=[{"Key": "team"}])
    assert found == [(kind.other, "team", "audit")]


@pytest.mark.parametrize("parameters, code", [
    ({"PageSize": 0}, "PageSize"), ({"PageSize": 101}, "PageSize"), ({"NextToken": "?"}, "NextToken"),
])
def test_lists_that_are_refused(kind, parameters, code):
    with refused(400, f"InvalidParameter.{code}"):
        rows(kind, **parameters)
