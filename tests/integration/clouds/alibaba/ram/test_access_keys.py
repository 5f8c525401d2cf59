# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access keys of users in the local RAM: as things to manage, and as credentials."""
from __future__ import annotations

from types import SimpleNamespace

import pytest
from helpers.alibaba.clients import Clients
from helpers.alibaba.ram import get_role, make_role, refused


@pytest.fixture
def user(ram):
    """RAM, in which there is the user Anna, who may do everything."""
    ram.call("CreateUser", UserName="Anna")
    ram.call("AttachPolicyToUser", UserName="Anna", PolicyName="AdministratorAccess", PolicyType="System")
    return ram


def make(ram, **parameters):
    return ram.call("CreateAccessKey", **parameters)["AccessKey"]


def keys(ram, **parameters):
    """The status of each access key, by id."""
    listed = ram.call("ListAccessKeys", **parameters)["AccessKeys"]["AccessKey"]
    return {key["AccessKeyId"]: key["Status"] for key in listed}


def switch(ram, key, status, name="Anna"):
    ram.call("UpdateAccessKey", UserName=name, UserAccessKeyId=key["AccessKeyId"], Status=status)


def using(alibaba, ram, key):
    """RAM, for who has a key: nothing but what the answer said."""
    credential = SimpleNamespace(access_key_id=key["AccessKeyId"], secret=key["AccessKeySecret"], token=None)
    return type(ram)(Clients(alibaba, credential))


def test_a_new_key_is_active(user):
    key = make(user, UserName="Anna")
    assert key["Status"] == "Active"
    assert keys(user, UserName="anna") == {key["AccessKeyId"]: "Active"}


def test_the_secret_is_returned_once(user):
    make(user, UserName="Anna")
    listed, = user.call("ListAccessKeys", UserName="Anna")["AccessKeys"]["AccessKey"]
    assert listed.keys() == {"AccessKeyId", "Status", "CreateDate"}


def test_a_user_has_at_most_two_keys(user):
    created = {make(user, UserName="Anna")["AccessKeyId"] for _number in range(2)}
    with refused(409, "LimitExceeded.User.AccessKey"):
        make(user, UserName="Anna")
    assert keys(user, UserName="Anna").keys() == created


def test_a_deleted_key_makes_room(user):
    first, _second = (make(user, UserName="Anna") for _number in range(2))
    user.call("DeleteAccessKey", UserName="Anna", UserAccessKeyId=first["AccessKeyId"])
    make(user, UserName="Anna")


@pytest.mark.parametrize("call, parameters", [("DeleteAccessKey", {}), ("UpdateAccessKey", {"Status": "Inactive"})])
def test_a_key_that_is_not_there(user, call, parameters):
    with refused(404, "EntityNotExist.User.AccessKey"):
        user.call(call, UserName="Anna", UserAccessKeyId="LTAI5tNothing", **parameters)


@pytest.mark.parametrize("call, parameters", [("DeleteAccessKey", {}), ("UpdateAccessKey", {"Status": "Inactive"})])
def test_a_key_of_another_user(user, call, parameters):
    user.call("CreateUser", UserName="Berta")
    key = make(user, UserName="Berta")
    with refused(404, "EntityNotExist.User.AccessKey"):
        user.call(call, UserName="Anna", UserAccessKeyId=key["AccessKeyId"], **parameters)
    assert keys(user, UserName="Berta") == {key["AccessKeyId"]: "Active"}


def test_the_status_of_a_key(user):
    key = make(user, UserName="Anna")
    with refused(400, "InvalidParameter.Status"):
        switch(user, key, "Asleep")


# As credentials

def test_a_key_is_a_credential(alibaba, user):
    make_role(using(alibaba, user, make(user, UserName="Anna")))
    assert get_role(user)["RoleName"] == "Collector"


def test_a_key_is_no_permission(alibaba, user):
    user.call("CreateUser", UserName="Berta")
    with refused(403, "NoPermission"):
        make_role(using(alibaba, user, make(user, UserName="Berta")))


def test_an_inactive_key_is_refused(alibaba, user):
    key = make(user, UserName="Anna")
    switch(user, key, "Inactive")
    assert keys(user, UserName="Anna") == {key["AccessKeyId"]: "Inactive"}
    with refused(400, "InvalidAccessKeyId.Inactive"):
        make_role(using(alibaba, user, key))


def test_an_inactive_key_becomes_active_again(alibaba, user):
    key = make(user, UserName="Anna")
    switch(user, key, "Inactive")
    switch(user, key, "Active")
    assert keys(using(alibaba, user, key)) == {key["AccessKeyId"]: "Active"}


def test_a_deleted_key_is_refused(alibaba, user):
    key = make(user, UserName="Anna")
    user.call("DeleteAccessKey", UserName="Anna", UserAccessKeyId=key["AccessKeyId"])
    assert keys(user, UserName="Anna") == {}
    with refused(404, "InvalidAccessKeyId.NotFound"):
        make_role(using(alibaba, user, key))


def test_who_names_no_user_means_its_own_keys(alibaba, user):
    mine = using(alibaba, user, make(user, UserName="Anna"))
    second = make(mine)
    assert keys(mine) == keys(user, UserName="Anna")
    mine.call("UpdateAccessKey", UserAccessKeyId=second["AccessKeyId"], Status="Inactive")
    mine.call("DeleteAccessKey", UserAccessKeyId=second["AccessKeyId"])
    assert len(keys(user, UserName="Anna")) == 1


@pytest.mark.parametrize("call", ["CreateAccessKey", "ListAccessKeys"])
def test_a_session_has_no_keys_of_its_own(alibaba, ram, call):
    alibaba.add_account("2000000000000002")
    session = type(ram)(Clients(alibaba, alibaba.credential("2000000000000002")))
    with refused(400, "MissingParameter"):
        session.call(call)
