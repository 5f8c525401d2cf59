# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users in the local RAM and their policies, driven by today's SDK and by the older one."""
from __future__ import annotations

from dataclasses import replace

import pytest
from helpers.alibaba.clients import Clients
from helpers.alibaba.identities import allow
from helpers.alibaba.ram import MANAGEMENT, make_policy, pages, refused
from clouds.alibaba.ram.state import User

NAMES = ["A-user", "b-user", "C-user", "d-user"]
ABOUT = {"DisplayName": "Anna.A", "MobilePhone": "86-18600008888", "Email": "anna@example.com", "Comments": "operates"}


def make(ram, name="Anna", **parameters):
    return ram.call("CreateUser", UserName=name, **parameters)["User"]


def get(ram, name="Anna"):
    return ram.call("GetUser", UserName=name)["User"]


def names(answer):
    return [user["UserName"] for user in answer["Users"]["User"]]


def update(ram, name="Anna", **parameters):
    return ram.call("UpdateUser", UserName=name, **parameters)["User"]


def attach(ram, name, kind="System", user="Anna"):
    ram.call("AttachPolicyToUser", UserName=user, PolicyName=name, PolicyType=kind)


def detach(ram, name, kind="System", user="Anna"):
    ram.call("DetachPolicyFromUser", UserName=user, PolicyName=name, PolicyType=kind)


def policies_of(ram, name="Anna"):
    found = ram.call("ListPoliciesForUser", UserName=name)["Policies"]["Policy"]
    return [(item["PolicyType"], item["PolicyName"]) for item in found]


# Users

def test_what_was_sent_is_there(ram):
    make(ram, **ABOUT)
    assert {"UserName": "Anna", **ABOUT}.items() <= get(ram).items()


def test_what_was_not_sent_is_empty(ram):
    make(ram)
    assert dict.fromkeys((*ABOUT, "LastLoginDate"), "").items() <= get(ram).items()


def test_the_answer_is_what_was_created(ram):
    created = make(ram, **ABOUT)
    assert created.items() <= get(ram).items()


@pytest.mark.parametrize("name", ["Anna", "anna"])
def test_a_name_is_there_once(ram, name):
    make(ram)
    with refused(409, "EntityAlreadyExists.User"):
        make(ram, name)


def test_the_case_of_a_name_does_not_matter_to_who_looks(ram):
    make(ram)
    assert get(ram, "ANNA")["UserName"] == "Anna"


@pytest.mark.parametrize("call, parameters", [
    ("GetUser", {}), ("DeleteUser", {}), ("UpdateUser", {"NewComments": "c"}), ("ListPoliciesForUser", {}),
    ("AttachPolicyToUser", {"PolicyName": "ReadOnlyAccess", "PolicyType": "System"}),
    ("DetachPolicyFromUser", {"PolicyName": "ReadOnlyAccess", "PolicyType": "System"}),
    ("CreateAccessKey", {}), ("ListAccessKeys", {}), ("DeleteAccessKey", {"UserAccessKeyId": "LTAI5t"}),
    ("UpdateAccessKey", {"UserAccessKeyId": "LTAI5t", "Status": "Active"}),
])
def test_a_user_who_is_not_there(ram, call, parameters):
    with refused(404, "EntityNotExist.User"):
        ram.call(call, UserName="nobody", **parameters)


@pytest.mark.parametrize("name", ["a", "A.b_c-9", "x" * 64])
def test_names(ram, name):
    assert make(ram, name)["UserName"] == name


@pytest.mark.parametrize("parameters, code", [
    ({"name": "x" * 65}, "UserName.Length"), ({"name": "a b"}, "UserName.InvalidChars"),
    ({"name": "a@b"}, "UserName.InvalidChars"), ({"DisplayName": "x" * 129}, "DisplayName.Length"),
    ({"DisplayName": "a/b"}, "DisplayName.InvalidChars"), ({"MobilePhone": "phone"}, "MobilePhone.Format"),
    ({"Email": "anna"}, "Email.Format"), ({"Comments": "c" * 129}, "Comments.Length"),
])
def test_users_who_are_refused(ram, parameters, code):
    with refused(400, f"InvalidParameter.{code}"):
        make(ram, **parameters)


def test_an_account_has_at_most_5000_users(alibaba, current_ram):
    users = alibaba.cloud.account(MANAGEMENT).ram.users
    for number in range(4999 - len(users)):
        users.put(f"filler-{number}", User(f"filler-{number}", "2", 0, 0))
    make(current_ram)
    with refused(409, "LimitExceeded.User"):
        make(current_ram, "one-more")


def test_users_are_listed_by_pages(ram):
    for name in NAMES:
        make(ram, name, **ABOUT)
    found = pages(ram, "ListUsers", MaxItems=2)
    assert [names(page) for page in found] == [NAMES[:1] + ["administrator"], ["b-user", "C-user"], ["d-user"]]
    assert [page["IsTruncated"] for page in found] == [True, True, False]


def test_listed_users_are_those_that_there_are(ram):
    make(ram, **ABOUT)
    _administrator, listed = sorted(ram.call("ListUsers")["Users"]["User"], key=lambda user: user["UserName"] == "Anna")
    assert listed == {name: value for name, value in get(ram).items() if name != "LastLoginDate"}


@pytest.mark.parametrize("parameters, code", [({"MaxItems": 1001}, "MaxItems"), ({"Marker": "?"}, "Marker")])
def test_lists_that_are_refused(ram, parameters, code):
    with refused(400, f"InvalidParameter.{code}"):
        ram.call("ListUsers", **parameters)


# Changing them

def test_what_was_sent_is_changed(ram):
    make(ram)
    update(ram, **{f"New{name}": value for name, value in ABOUT.items()})
    assert ABOUT.items() <= get(ram).items()


def test_what_was_not_sent_is_left(ram):
    make(ram, **ABOUT)
    update(ram, NewComments="manages")
    assert {**ABOUT, "Comments": "manages"}.items() <= get(ram).items()


@pytest.mark.parametrize("parameters, code", [
    ({"NewUserName": "a b"}, "NewUserName.InvalidChars"), ({"NewUserName": "x" * 65}, "NewUserName.Length"),
    ({"NewDisplayName": "a/b"}, "NewDisplayName.InvalidChars"), ({"NewMobilePhone": "x"}, "NewMobilePhone.Format"),
    ({"NewEmail": "anna"}, "NewEmail.Format"), ({"NewComments": "c" * 129}, "NewComments.Length"),
])
def test_changes_that_are_refused(ram, parameters, code):
    make(ram)
    with refused(400, f"InvalidParameter.{code}"):
        update(ram, **parameters)


def test_another_name(ram):
    created = make(ram)
    assert update(ram, NewUserName="Berta")["UserId"] == created["UserId"]
    assert get(ram, "Berta")["UserName"] == "Berta"
    with refused(404, "EntityNotExist.User"):
        get(ram, "Anna")


def test_another_case_of_the_same_name(ram):
    make(ram)
    update(ram, NewUserName="ANNA")
    assert get(ram)["UserName"] == "ANNA"


def test_the_name_of_another(ram):
    make(ram)
    make(ram, "Berta")
    with refused(409, "EntityAlreadyExists.User"):
        update(ram, NewUserName="berta")


def test_policies_and_keys_go_with_a_name(alibaba, ram):
    make(ram)
    attach(ram, "AliyunRAMFullAccess")
    key = ram.call("CreateAccessKey", UserName="Anna")["AccessKey"]["AccessKeyId"]
    update(ram, NewUserName="Berta")
    assert policies_of(ram, "Berta") == [("System", "AliyunRAMFullAccess")]
    as_user = type(ram)(Clients(alibaba, alibaba.cloud.credentials.get(key)))
    assert [item["AccessKeyId"] for item in as_user.call("ListAccessKeys")["AccessKeys"]["AccessKey"]] == [key]


# Policies of users

def test_attached_policies_are_listed(ram):
    make(ram)
    make_policy(ram, "Custom", allow("log:*"))
    attach(ram, "Custom", "Custom")
    attach(ram, "ReadOnlyAccess")
    assert policies_of(ram, "anna") == [("Custom", "Custom"), ("System", "ReadOnlyAccess")]


def test_a_detached_policy_is_not(ram):
    make(ram)
    attach(ram, "ReadOnlyAccess")
    attach(ram, "AliyunLogFullAccess")
    detach(ram, "ReadOnlyAccess")
    assert policies_of(ram) == [("System", "AliyunLogFullAccess")]


def test_a_policy_is_attached_once(ram):
    make(ram)
    attach(ram, "ReadOnlyAccess")
    with refused(409, "EntityAlreadyExists.User.Policy"):
        attach(ram, "ReadOnlyAccess", user="anna")


def test_what_is_not_attached_is_not_detached(ram):
    make(ram)
    with refused(404, "EntityNotExist.User.Policy"):
        detach(ram, "ReadOnlyAccess")


def test_a_policy_that_is_not_there(ram):
    make(ram)
    with refused(404, "EntityNotExist.Policy"):
        attach(ram, "nothing", "Custom")


@pytest.mark.parametrize("kind, most, following", [("Custom", 10, "Next"), ("System", 20, "AliyunLogFullAccess")])
def test_a_user_has_only_so_many_policies(alibaba, current_ram, kind, most, following):
    make(current_ram)
    make_policy(current_ram, "Next", allow("log:*"))
    attach(current_ram, "ReadOnlyAccess")
    state = alibaba.cloud.account(MANAGEMENT).ram
    model, = state.attached("User", "Anna")
    for number in range(most - sum(item.policy_type == kind for item in state.attached("User", "Anna"))):
        state.attach("User", "Anna", replace(model, policy_type=kind, policy_name=f"p{number}"))
    with refused(409, "LimitExceeded.User.Policy"):
        attach(current_ram, following, kind)


# Deleting them

def test_a_deleted_user_is_gone(ram):
    make(ram)
    ram.call("DeleteUser", UserName="anna")
    assert names(ram.call("ListUsers")) == ["administrator"]


def test_a_user_with_access_keys_is_not_deleted(ram):
    make(ram)
    key = ram.call("CreateAccessKey", UserName="Anna")["AccessKey"]["AccessKeyId"]
    with refused(409, "DeleteConflict.User.AccessKey"):
        ram.call("DeleteUser", UserName="Anna")
    ram.call("DeleteAccessKey", UserName="Anna", UserAccessKeyId=key)
    ram.call("DeleteUser", UserName="Anna")


def test_a_user_with_policies_is_not_deleted(ram):
    make(ram)
    attach(ram, "ReadOnlyAccess")
    with refused(409, "DeleteConflict.User.Policy"):
        ram.call("DeleteUser", UserName="Anna")
    detach(ram, "ReadOnlyAccess")
    ram.call("DeleteUser", UserName="Anna")
