# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies in the local RAM, driven by today's SDK and by the older one."""
from __future__ import annotations

import json

import pytest
from helpers.alibaba.identities import allow, make_user, policy, trust
from helpers.alibaba.ram import LINKED, MANAGEMENT, SERVICE, Current, attach, make_policy, make_role, pages, refused
from clouds.alibaba.ram.state import CUSTOM, ManagedPolicy, PolicyVersion


DOCUMENT = allow("log:*", "acs:log:*:*:project/slsaudit-*")
NAMES = ["a-policy", "b-policy", "c-policy", "d-policy", "e-policy"]


def create(ram, name="Monitor", document=DOCUMENT, **parameters):
    return ram.call("CreatePolicy", PolicyName=name, PolicyDocument=document, **parameters)["Policy"]


def get(ram, name="Monitor", kind="Custom"):
    return ram.call("GetPolicy", PolicyName=name, PolicyType=kind)


def names(answer):
    return [listed["PolicyName"] for listed in answer["Policies"]["Policy"]]


# Making policies, looking at them

def test_what_was_sent_is_there(ram):
    create(ram, Description="for Log Audit")
    found = get(ram)
    assert (found["Policy"]["PolicyName"], found["Policy"]["PolicyType"]) == ("Monitor", "Custom")
    assert found["Policy"]["Description"] == "for Log Audit"
    assert found["Policy"]["PolicyDocument"] == found["DefaultPolicyVersion"]["PolicyDocument"] == DOCUMENT


def test_the_answer_is_what_was_created(ram):
    created = create(ram, Description="for Log Audit")
    found = get(ram)["Policy"]
    assert {name: found[name] for name in created} == created


def test_a_name_is_there_once(ram):
    create(ram)
    with refused(409, "EntityAlreadyExists.Policy"):
        create(ram)


def test_names_of_policies_are_case_sensitive(ram):
    create(ram)
    with refused(404, "EntityNotExist.Policy"):
        get(ram, "monitor")


@pytest.mark.parametrize("call, parameters", [
    ("GetPolicy", {"PolicyType": "Custom"}), ("GetPolicy", {"PolicyType": "System"}), ("DeletePolicy", {}),
    ("UpdatePolicyDescription", {"NewDescription": "d"}), ("ListPolicyVersions", {"PolicyType": "Custom"}),
    ("GetPolicyVersion", {"PolicyType": "Custom", "VersionId": "v1"}), ("DeletePolicyVersion", {"VersionId": "v1"}),
    ("SetDefaultPolicyVersion", {"VersionId": "v1"}), ("CreatePolicyVersion", {"PolicyDocument": DOCUMENT}),
    ("ListEntitiesForPolicy", {"PolicyType": "Custom"}),
])
def test_a_policy_that_is_not_there(ram, call, parameters):
    with refused(404, "EntityNotExist.Policy"):
        ram.call(call, PolicyName="nothing", **parameters)


@pytest.mark.parametrize("name", ["a", "A-9", "x" * 128])
def test_names(ram, name):
    assert create(ram, name)["PolicyName"] == name


@pytest.mark.parametrize("name, problem", [
    ("", "Length"), ("x" * 129, "Length"), ("a_b", "InvalidChars"), ("a.b", "InvalidChars"), ("a/b", "InvalidChars"),
])
def test_names_that_are_none(ram, name, problem):
    with refused(400, f"InvalidParameter.PolicyName.{problem}"):
        create(ram, name)


def test_a_description_that_is_too_long(ram):
    with refused(400, "InvalidParameter.Description.Length"):
        create(ram, Description="d" * 1025)


def test_a_long_document(ram):
    create(ram, document=DOCUMENT.ljust(6144))
    assert len(get(ram)["Policy"]["PolicyDocument"]) == 6144


@pytest.mark.parametrize("make", [create, lambda ram, document: ram.call(
    "CreatePolicyVersion", PolicyName="Monitor", PolicyDocument=document)], ids=["policy", "version"])
@pytest.mark.parametrize("text", [DOCUMENT.ljust(6145), ""], ids=["long", "empty"])
def test_the_length_of_documents(ram, make, text):
    with refused(400, "InvalidParameter.PolicyDocument.Length"):
        make(ram, document=text)


@pytest.mark.parametrize("text", [
    "{", "[]", "{}", policy(), policy({"Effect": "Allow"}), DOCUMENT.replace('"1"', '"2"'),
    DOCUMENT.replace("Allow", "Maybe"), allow("everything"), allow("log:*", "project"), allow("log:*", Colour="red"),
    allow("log:*", Condition={"StringLooksLike": {"acs:SourceIp": "a"}}), trust(f"acs:ram::{MANAGEMENT}:root"),
    DOCUMENT.replace('"1"', "1" * 5000),
], ids=lambda text: text[:60])
def test_documents_that_are_none(ram, text):
    with refused(400, "MalformedPolicyDocument"):
        create(ram, document=text)


def fill(alibaba, number):
    """Have as many policies as this."""
    policies = alibaba.cloud.account(MANAGEMENT).ram.policies
    for index in range(number - len(policies)):
        name = f"filler-{index}"
        policies.put(name, ManagedPolicy(name, CUSTOM, (PolicyVersion("v1", DOCUMENT, 0),), "v1", 0, 0))


def test_an_account_has_at_most_1500_policies(alibaba, current_ram):
    fill(alibaba, 1499)
    create(current_ram)
    with refused(409, "LimitExceeded.Policy"):
        create(current_ram, "one-more")


def test_another_description(ram):
    created = create(ram, Description="old")
    answer = ram.call("UpdatePolicyDescription", PolicyName="Monitor", NewDescription="new")["Policy"]
    assert answer == {**created, "Description": "new", "UpdateDate": answer["UpdateDate"]}
    assert get(ram)["Policy"]["Description"] == "new"


def test_another_description_that_is_too_long(ram):
    create(ram)
    with refused(400, "InvalidParameter.NewDescription.Length"):
        ram.call("UpdatePolicyDescription", PolicyName="Monitor", NewDescription="d" * 1025)


# Lists

def test_policies_are_listed_by_pages(ram):
    for name in NAMES:
        make_policy(ram, name, DOCUMENT)
    found = pages(ram, "ListPolicies", PolicyType="Custom", MaxItems=2)
    assert [names(page) for page in found] == [NAMES[:2], NAMES[2:4], NAMES[4:]]
    assert [page["IsTruncated"] for page in found] == [True, True, False]


def test_pages_go_over_both_types(ram):
    for name in NAMES:
        make_policy(ram, name, DOCUMENT)
    everything = ram.call("ListPolicies")["Policies"]["Policy"]
    assert {listed["PolicyType"] for listed in everything} == {"Custom", "System"}
    by_pages = [listed for page in pages(ram, "ListPolicies", MaxItems=3) for listed in page["Policies"]["Policy"]]
    assert by_pages == everything


def test_a_page_has_a_hundred_policies_by_itself(alibaba, current_ram):
    fill(alibaba, 101)
    found = pages(current_ram, "ListPolicies", PolicyType="Custom")
    assert [len(names(page)) for page in found] == [100, 1]


@pytest.mark.parametrize("parameters, code", [
    ({"MaxItems": 0}, "InvalidParameter.MaxItems"), ({"MaxItems": 1001}, "InvalidParameter.MaxItems"),
    ({"Marker": "?"}, "InvalidParameter.Marker"), ({"PolicyType": "Other"}, "InvalidParameter.PolicyType"),
])
def test_lists_that_are_refused(ram, parameters, code):
    with refused(400, code):
        ram.call("ListPolicies", **parameters)


def test_listed_policies_say_how_many_have_them(ram):
    create(ram)
    ram.call("CreateUser", UserName="anna")
    make_role(ram)
    ram.call("AttachPolicyToUser", UserName="anna", PolicyName="Monitor", PolicyType="Custom")
    attach(ram, "Monitor")
    listed, = ram.call("ListPolicies", PolicyType="Custom")["Policies"]["Policy"]
    assert listed["AttachmentCount"] == get(ram)["Policy"]["AttachmentCount"] == 2


# Policies of the system

@pytest.mark.parametrize("name", [
    "AdministratorAccess", "ReadOnlyAccess", "AliyunRAMFullAccess", "AliyunSTSAssumeRoleAccess", "AliyunLogFullAccess",
    "AliyunLogReadOnlyAccess", "AliyunActionTrailFullAccess", "AliyunActionTrailDeliveryPolicy",
    "AliyunResourceDirectoryFullAccess", "AliyunServiceRolePolicyForSLSAudit", "AliyunServiceRolePolicyForActionTrail",
])
def test_policies_of_the_system_are_listed(ram, name):
    listed = ram.call("ListPolicies", PolicyType="System", MaxItems=1000)["Policies"]["Policy"]
    found, = (item for item in listed if item["PolicyName"] == name)
    assert (found["PolicyType"], found["DefaultVersion"]) == (
        "System", get(ram, name, "System")["DefaultPolicyVersion"]["VersionId"])


def test_policies_of_the_system_have_documents(current_ram):
    for name in names(current_ram.call("ListPolicies", PolicyType="System", MaxItems=1000)):
        assert json.loads(get(current_ram, name, "System")["Policy"]["PolicyDocument"])["Statement"]


def test_versions_of_policies_of_the_system(ram):
    assert get(ram, "AliyunLogFullAccess", "System")["Policy"]["DefaultVersion"] == "v4"


def test_who_manages_logs_may_make_the_role_of_log_audit(alibaba, clients):
    user = Current(make_user(alibaba, clients, "anna", system=["AliyunLogFullAccess"]))
    assert user.call("CreateServiceLinkedRole", ServiceName=SERVICE)["Role"]["RoleName"] == LINKED
    with refused(403, "NoPermission"):
        user.call("CreateServiceLinkedRole", ServiceName="config.aliyuncs.com")


@pytest.mark.parametrize("call, parameters", [
    ("DeletePolicy", {}), ("UpdatePolicyDescription", {"NewDescription": "d"}),
    ("CreatePolicyVersion", {"PolicyDocument": DOCUMENT}), ("SetDefaultPolicyVersion", {"VersionId": "v1"}),
    ("DeletePolicyVersion", {"VersionId": "v1"}),
])
def test_policies_of_the_system_are_for_nobody_to_change(ram, call, parameters):
    with refused(404, "EntityNotExist.Policy"):
        ram.call(call, PolicyName="ReadOnlyAccess", **parameters)


# Who has them

def test_who_has_a_policy(ram):
    create(ram)
    role = make_role(ram, Description="collects")
    user = ram.call("CreateUser", UserName="Anna", DisplayName="Anna.A")["User"]
    attach(ram, "Monitor")
    ram.call("AttachPolicyToUser", UserName="anna", PolicyName="Monitor", PolicyType="Custom")
    ram.call("CreateUser", UserName="Bert")
    found = ram.call("ListEntitiesForPolicy", PolicyName="Monitor", PolicyType="Custom")
    found_role, = found["Roles"]["Role"]
    found_user, = found["Users"]["User"]
    assert {name: found_role[name] for name in ("RoleId", "RoleName", "Arn", "Description")}.items() <= role.items()
    assert {name: found_user[name] for name in ("UserId", "UserName", "DisplayName")}.items() <= user.items()
    assert found["Groups"]["Group"] == []


def test_nobody_has_a_policy_of_the_same_name(ram):
    make_policy(ram, "ReadOnlyAccess", DOCUMENT)
    ram.call("CreateUser", UserName="anna")
    ram.call("AttachPolicyToUser", UserName="anna", PolicyName="ReadOnlyAccess", PolicyType="System")
    found = ram.call("ListEntitiesForPolicy", PolicyName="ReadOnlyAccess", PolicyType="Custom")
    assert (found["Users"]["User"], found["Roles"]["Role"]) == ([], [])


# Deleting them

def test_a_deleted_policy_is_gone(ram):
    create(ram)
    ram.call("DeletePolicy", PolicyName="Monitor")
    assert names(ram.call("ListPolicies", PolicyType="Custom")) == []


def test_a_policy_that_a_user_has(ram):
    create(ram)
    ram.call("CreateUser", UserName="anna")
    ram.call("AttachPolicyToUser", UserName="anna", PolicyName="Monitor", PolicyType="Custom")
    with refused(409, "DeleteConflict.Policy.User"):
        ram.call("DeletePolicy", PolicyName="Monitor")


@pytest.mark.parametrize("parameters", [{}, {"CascadingDelete": True}])
def test_a_policy_that_a_role_has(ram, parameters):
    create(ram)
    make_role(ram)
    attach(ram, "Monitor")
    with refused(409, "DeleteConflict.Role.Policy"):
        ram.call("DeletePolicy", PolicyName="Monitor", **parameters)
