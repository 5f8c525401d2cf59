# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles in the local RAM, driven by today's SDK and by the older one."""
from __future__ import annotations

import json

import pytest
from helpers.alibaba.clients import Clients
from helpers.alibaba.identities import allow, become, policy, trust
from helpers.alibaba.ram import MANAGEMENT, TRUST, attach, detach, get_role, make_role, pages, refused
from clouds.alibaba import Fault
from clouds.alibaba.ram.state import Role


NOBODY = trust("acs:ram::2000000000000002:root")
ARN = f"acs:ram::{MANAGEMENT}:role/collector"
NAMES = ["A-role", "b-role", "C-role", "d-role", "e-role"]


def names(answer):
    return [role["RoleName"] for role in answer["Roles"]["Role"]]


# Making roles, looking at them

def test_what_was_sent_is_there(ram):
    make_role(ram, Description="collects", MaxSessionDuration=7200)
    role = get_role(ram)
    assert (role["RoleName"], role["Description"], role["MaxSessionDuration"]) == ("Collector", "collects", 7200)
    assert json.loads(role["AssumeRolePolicyDocument"]) == json.loads(TRUST)


def test_what_was_not_sent_has_a_default(ram):
    make_role(ram)
    role = get_role(ram)
    assert (role["Description"], role["MaxSessionDuration"], role["AllowConsoleLogin"]) == ("", 3600, True)


def test_the_answer_is_what_was_created(ram):
    created = make_role(ram, Description="collects")
    role = get_role(ram)
    assert {name: role[name] for name in created} == created


def test_the_arn_is_in_lower_case(ram):
    assert make_role(ram)["Arn"] == ARN


def test_the_name_of_a_role_as_a_principal(ram):
    make_role(ram)
    assert get_role(ram)["RolePrincipalName"] == f"Collector@role.{MANAGEMENT}.onaliyunservice.com"


def test_ids_are_not_used_again(ram):
    first = make_role(ram)["RoleId"]
    ram.call("DeleteRole", RoleName="Collector")
    assert make_role(ram)["RoleId"] != first


def test_console_login_is_forbidden(current_ram):
    make_role(current_ram, AllowConsoleLogin=False)
    assert get_role(current_ram)["AllowConsoleLogin"] is False


@pytest.mark.parametrize("name", ["collector", "COLLECTOR"])
def test_the_case_of_a_name_does_not_matter_to_who_looks(ram, name):
    make_role(ram)
    assert get_role(ram, name)["RoleName"] == "Collector"


@pytest.mark.parametrize("name", ["Collector", "collector"])
def test_a_name_is_there_once(ram, name):
    make_role(ram)
    with refused(409, "EntityAlreadyExists.Role"):
        make_role(ram, name)


def test_accounts_have_roles_of_their_own(alibaba, ram):
    alibaba.add_account("2000000000000002")
    member = type(ram)(Clients(alibaba, alibaba.credential("2000000000000002")))
    make_role(ram)
    with refused(404, "EntityNotExist.Role"):
        get_role(member)
    assert make_role(member)["Arn"] == "acs:ram::2000000000000002:role/collector"


@pytest.mark.parametrize("call, parameters", [
    ("GetRole", {}), ("DeleteRole", {}), ("UpdateRole", {"NewDescription": "d"}), ("ListPoliciesForRole", {}),
    ("AttachPolicyToRole", {"PolicyName": "ReadOnlyAccess", "PolicyType": "System"}),
    ("DetachPolicyFromRole", {"PolicyName": "ReadOnlyAccess", "PolicyType": "System"}),
])
def test_a_role_that_is_not_there(ram, call, parameters):
    with refused(404, "EntityNotExist.Role"):
        ram.call(call, RoleName="nobody", **parameters)


@pytest.mark.parametrize("name", ["a", "A.b-9", "x" * 64])
def test_names(ram, name):
    assert make_role(ram, name)["RoleName"] == name


@pytest.mark.parametrize("name, problem", [
    ("", "Length"), ("x" * 65, "Length"), ("a_b", "InvalidChars"), ("a/b", "InvalidChars"),
    ("r\u00f4le", "InvalidChars"),
])
def test_names_that_are_none(ram, name, problem):
    with refused(400, f"InvalidParameter.RoleName.{problem}"):
        make_role(ram, name)


def test_a_name_is_needed(current_ram):
    with refused(400, "MissingParameter"):
        current_ram.call("GetRole")


def test_a_long_description(ram):
    make_role(ram, Description="d" * 1024)
    assert get_role(ram)["Description"] == "d" * 1024


def test_a_description_that_is_too_long(ram):
    with refused(400, "InvalidParameter.Description.Length"):
        make_role(ram, Description="d" * 1025)


@pytest.mark.parametrize("seconds", [3600, 43200])
def test_durations(ram, seconds):
    assert make_role(ram, MaxSessionDuration=seconds)["MaxSessionDuration"] == seconds


@pytest.mark.parametrize("seconds", [3599, 43201])
def test_durations_that_are_none(ram, seconds):
    with refused(400, "InvalidParameter.MaxSessionDuration"):
        make_role(ram, MaxSessionDuration=seconds)


@pytest.mark.parametrize("document", [
    "{", "[]", "{}", allow("log:*"), policy(), trust("acs:ram::1:root", Colour="red"), trust("everybody"), trust("*"),
    policy({"Effect": "Allow", "Action": "log:*", "Principal": {"Service": ["log.aliyuncs.com"]}}),
    policy({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": ["log.example.com"]}}),
    policy({"Effect": "Allow", "Action": "sts:AssumeRole"}), TRUST.replace('"1"', '"2"'),
])
def test_trust_policies_that_are_none(ram, document):
    with refused(400, "MalformedPolicyDocument"):
        make_role(ram, document=document)


def test_a_trust_policy_that_is_too_long(ram):
    with refused(400, "InvalidParameter.AssumeRolePolicyDocument.Length"):
        make_role(ram, document=TRUST + " " * 2048)


def fill(alibaba, number):
    """Have as many roles as this."""
    roles = alibaba.cloud.account(MANAGEMENT).ram.roles
    for index in range(number - len(roles)):
        roles.put(f"filler-{index}", Role(f"filler-{index}", "3", TRUST, 0, 0))


def test_an_account_has_at_most_a_thousand_roles(alibaba, current_ram):
    fill(alibaba, 999)
    make_role(current_ram)
    with refused(409, "LimitExceeded.Role"):
        make_role(current_ram, "one-more")


# Lists

def test_roles_are_listed(ram):
    make_role(ram, Description="collects")
    listed, = ram.call("ListRoles")["Roles"]["Role"]
    role = get_role(ram)
    assert "AssumeRolePolicyDocument" not in listed
    assert {name: role[name] for name in listed if name != "Tags"} == {
        name: value for name, value in listed.items() if name != "Tags"}


def test_roles_are_listed_by_pages(ram):
    for name in NAMES:
        make_role(ram, name)
    found = pages(ram, "ListRoles", MaxItems=2)
    assert [names(page) for page in found] == [NAMES[:2], NAMES[2:4], NAMES[4:]]
    assert [page["IsTruncated"] for page in found] == [True, True, False]


def test_the_last_page_has_no_marker(ram):
    for name in NAMES[:2]:
        make_role(ram, name)
    assert "Marker" not in ram.call("ListRoles", MaxItems=2)


def test_a_role_that_goes_between_two_pages_hides_no_other(ram):
    for name in NAMES:
        make_role(ram, name)
    first = ram.call("ListRoles", MaxItems=2)
    ram.call("DeleteRole", RoleName=NAMES[1])
    assert names(ram.call("ListRoles", Marker=first["Marker"])) == NAMES[2:]


def test_a_page_has_a_hundred_roles_by_itself(alibaba, current_ram):
    fill(alibaba, 101)
    assert [len(names(page)) for page in pages(current_ram, "ListRoles")] == [100, 1]


@pytest.mark.parametrize("number", [0, 1001])
def test_pages_have_limits(ram, number):
    with refused(400, "InvalidParameter.MaxItems"):
        ram.call("ListRoles", MaxItems=number)


def test_a_marker_of_nobody(ram):
    with refused(400, "InvalidParameter.Marker"):
        ram.call("ListRoles", Marker="?")


# Changing them

def test_what_was_sent_is_changed(ram):
    make_role(ram)
    ram.call("UpdateRole", RoleName="Collector", NewDescription="new", NewMaxSessionDuration=7200,
             NewAssumeRolePolicyDocument=NOBODY)
    role = get_role(ram)
    assert (role["Description"], role["MaxSessionDuration"]) == ("new", 7200)
    assert json.loads(role["AssumeRolePolicyDocument"]) == json.loads(NOBODY)


def test_what_was_not_sent_is_left(ram):
    make_role(ram, Description="collects", MaxSessionDuration=7200)
    before = get_role(ram)
    ram.call("UpdateRole", RoleName="collector", NewAssumeRolePolicyDocument=NOBODY)
    after = get_role(ram)
    assert {name for name in after if after[name] != before[name]} - {"UpdateDate"} == {"AssumeRolePolicyDocument"}


def test_a_change_has_its_time(alibaba, ram):
    created = make_role(ram)["CreateDate"]
    alibaba.cloud.clock.advance(60)
    changed = ram.call("UpdateRole", RoleName="Collector", NewDescription="new")["Role"]
    assert changed["CreateDate"] == created < changed["UpdateDate"] == get_role(ram)["UpdateDate"]


def test_console_login_is_forbidden_later(current_ram):
    make_role(current_ram)
    current_ram.call("UpdateRole", RoleName="Collector", NewAllowConsoleLogin=False)
    assert get_role(current_ram)["AllowConsoleLogin"] is False


@pytest.mark.parametrize("parameters, code", [
    ({"NewAssumeRolePolicyDocument": "{}"}, "MalformedPolicyDocument"),
    ({"NewDescription": "d" * 1025}, "InvalidParameter.NewDescription.Length"),
    ({"NewMaxSessionDuration": 3599}, "InvalidParameter.NewMaxSessionDuration"),
])
def test_changes_that_are_refused(ram, parameters, code):
    make_role(ram)
    with refused(400, code):
        ram.call("UpdateRole", RoleName="Collector", **parameters)


def test_whom_a_role_trusts_counts_at_once(alibaba, clients, ram):
    make_role(ram)
    become(alibaba, clients, ARN)
    ram.call("UpdateRole", RoleName="Collector", NewAssumeRolePolicyDocument=NOBODY)
    with refused(403, "NoPermission"):
        become(alibaba, clients, ARN)
    ram.call("UpdateRole", RoleName="Collector", NewAssumeRolePolicyDocument=TRUST)
    become(alibaba, clients, ARN)


def test_readers_may_be_behind(alibaba, ram):
    alibaba.bad_days(Fault(behind=30))
    make_role(ram)
    with refused(404, "EntityNotExist.Role"):
        get_role(ram)
    alibaba.cloud.clock.advance(31)
    assert get_role(ram)["RoleName"] == "Collector"


# Deleting them

def test_a_deleted_role_is_gone(ram):
    make_role(ram)
    ram.call("DeleteRole", RoleName="collector")
    assert names(ram.call("ListRoles")) == []


def test_a_role_with_policies_is_not_deleted(ram):
    make_role(ram)
    attach(ram, "ReadOnlyAccess", "System")
    with refused(409, "DeleteConflict.Role.Policy"):
        ram.call("DeleteRole", RoleName="Collector")
    detach(ram, "ReadOnlyAccess", "System")
    ram.call("DeleteRole", RoleName="Collector")


def test_sessions_end_with_their_role(alibaba, clients, ram):
    make_role(ram)
    attach(ram, "AdministratorAccess", "System")
    session = type(ram)(become(alibaba, clients, ARN))
    assert get_role(session)["RoleName"] == "Collector"
    detach(ram, "AdministratorAccess", "System")
    ram.call("DeleteRole", RoleName="Collector")
    make_role(ram)
    attach(ram, "AdministratorAccess", "System")
    with refused(400, "InvalidSecurityToken.Expired"):
        get_role(session)
