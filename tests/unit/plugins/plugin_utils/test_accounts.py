# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the inventory plugins share: names of hosts, lists that are complete, and the choice of accounts."""
from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._accounts import (
    AccountsError, Organization, Selection, check, check_items, host_names, pages, place,
)

A, B, C = "111111111111", "222222222222", "333333333333"


def accounts(**names):
    """Accounts by their names; _111111111111="a name"."""
    return [{"id": account.removeprefix("_"), "name": name} for account, name in names.items()]


# Names of hosts

@pytest.mark.parametrize("names, hosts", [
    (["Team A", "team-b", "shop.example_1"], ["Team-A", "team-b", "shop.example_1"]),
    (["a b", "a/b", "c"], [f"a-b-{A}", f"a-b-{B}", "c"]),
    (["Prod", "prod", "c"], [f"Prod-{A}", f"prod-{B}", "c"]),
    (["all", "aws_members", "localhost"], [f"all-{A}", f"aws_members-{B}", f"localhost-{C}"]),
    (["", "--", "日本"], [A, B, "日本"]),
    ([f"x-{B}", "x", "x"], [f"x-{B}-{A}", f"x-{B}", f"x-{C}"]),
    ([B, f"own-{B}", "c"], [f"{B}-{A}", f"own-{B}", "c"]),
    (["{{ 1 / 0 }}", "a:&b", "!c*"], ["1-0", "a-b", "c"]),
])
def test_names(names, hosts):
    found = host_names(accounts(**dict(zip((f"_{A}", f"_{B}", f"_{C}"), names))), "name")
    assert list(found.values()) == hosts


def test_names_by_id():
    assert host_names(accounts(_111111111111="a"), "account_id") == {A: A}


_NAMES = st.one_of(st.text("aA1-_. ß日{:", max_size=6), st.sampled_from(["a", "A", "a-", f"a-{A}", f"a-{B}", A, "all", "ungrouped", "ß", "ss"]))


@given(st.dictionaries(st.sampled_from([A, B, C, "444444444444"]), _NAMES))
def test_names_are_unique_and_no_patterns(names):
    found = host_names([{"id": account, "name": name} for account, name in names.items()], "name")
    assert found.keys() == names.keys() and len(set(found.values())) == len(names)
    assert all(re.fullmatch(r"\w[\w.-]*", name) and name not in ("all", "ungrouped") for name in found.values())


# Lists

def listed(*answers):
    """A list that is answered with these pages, and the tokens that were asked for."""
    asked, left = [], iter(answers)

    def fetch(token):
        asked.append(token)
        return next(left)

    return list(pages(fetch, "things")), asked


def test_pages():
    assert listed(([1, 2], "x"), ([], "y"), ([3], None)) == ([1, 2, 3], [None, "x", "y"])
    assert listed(([], "")) == ([], [None])


def test_pages_that_repeat():
    with pytest.raises(AccountsError, match="The list of things may be incomplete: the service returned the same page token twice. No"):
        listed(([1], "x"), ([2], "x"), ([3], None))


def test_accounts_twice_and_missing():
    check(accounts(_1="a", _2="b"), "accounts", "1")
    with pytest.raises(AccountsError, match="account 1 is listed twice"):
        check([*accounts(_1="a"), *accounts(_1="a")], "accounts")
    with pytest.raises(AccountsError, match="account 3 is missing"):
        check(accounts(_1="a"), "accounts", "1", "3")


@pytest.mark.parametrize("walked, said", [
    ([(A, "r"), (A, "u"), (B, "u")], f"account {A} was found twice"),
    ([(A, "r")], f"account {B} was found not at all"),
    ([(A, "r"), (B, "u"), (C, "u")], f"account {C} is in a unit, but not in the list of all accounts"),
])
def test_walk_that_finds_others(walked, said):
    with pytest.raises(AccountsError, match=said):
        place(Organization("o", accounts(_111111111111="a", _222222222222="b")), walked)


# Choice

@pytest.fixture(name="selection")
def fixture_selection():
    units = {"r": {"name": "Root", "parent": None}, "u": {"name": "A", "parent": "r"}, "v": {"name": "B", "parent": "u"},
             "w": {"name": "A/B", "parent": "r"}}
    found = [{"id": A, "name": B, "unit": "r", "tags": {"x": "1"}}, {"id": B, "name": "b", "unit": "v", "tags": {"x": "1", "y": "2"}}]
    return Selection(Organization("o", found, units, has_tags=True), "ou")


@pytest.mark.parametrize("item, ids", [
    ({"account": B}, {B}), ({"account": "b"}, {B}), ({"ou": "/"}, {A, B}), ({"ou": "/A"}, {B}), ({"ou": "/A/"}, {B}), ({"ou": "v"}, {B}),
    ({"ou": "w"}, set()), ({"tag": {"x": "1"}}, {A, B}), ({"tag": {"x": "1", "y": "2"}}, {B}),
])
def test_items(selection, item, ids):
    """An id wins over the name of another account, and a unit without accounts is no typo."""
    assert selection.ids([item], "include") == ids


@pytest.mark.parametrize("item, said", [
    ({"account": "c"}, "exclude: organization o has no account with the id or name 'c'"),
    ({"ou": "/A/B"}, "v and w have the path '/A/B': give the id"),
    ({"ou": "A"}, "organization o has no ou 'A'"), ({"ou": "/a"}, "has no ou '/a'"), ({"tag": {"x": "2"}}, "no account has the tag x=2"),
])
def test_items_that_match_nothing(selection, item, said):
    with pytest.raises(AccountsError, match=said):
        selection.ids([{"account": B}, item], "exclude")


@pytest.mark.parametrize("item", [
    "a", {}, {"account": 1}, {"account": ""}, {"account": "a", "ou": "b"}, {"folder": "a"}, {"tag": "a"}, {"tag": {}}, {"tag": {"a": 1}}, None,
])
def test_items_of_another_form(item):
    with pytest.raises(AccountsError, match="include: .* is not valid"):
        check_items([item], "include", "ou")
