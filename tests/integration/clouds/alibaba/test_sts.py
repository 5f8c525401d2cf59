# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""STS of the local Alibaba Cloud: who one is, and who may become which role, for how long, to do what."""
from __future__ import annotations

import pytest
from helpers.alibaba.clients import Clients
from helpers.alibaba.identities import assume, become, credential_of, deny, make_role, make_user, trust
from alibabacloud_ram20150501 import models as ram
from aliyunsdksts.request.v20150401.AssumeRoleRequest import AssumeRoleRequest as OldAssumeRoleRequest
from aliyunsdksts.request.v20150401.GetCallerIdentityRequest import GetCallerIdentityRequest
from clouds.clock import iso

MANAGEMENT, MEMBER, OTHER = "1000000000000001", "2000000000000002", "3000000000000003"
ACCESS = "ResourceDirectoryAccountAccessRole"


def arn(role, account=MEMBER):
    return f"acs:ram::{account}:role/{role}"


@pytest.fixture
def member(alibaba):
    """Clients of an administrator of a member account."""
    return Clients(alibaba, alibaba.credential(MEMBER))


# GetCallerIdentity

def test_identity_of_a_user(clients):
    body = clients.sts.get_caller_identity().body
    assert (body.identity_type, body.account_id) == ("RAMUser", MANAGEMENT)
    assert body.arn == f"acs:ram::{MANAGEMENT}:user/administrator"
    assert body.user_id == body.principal_id
    assert body.role_id is None


def test_identity_of_a_session(member):
    body = member.sts.get_caller_identity().body
    assert (body.identity_type, body.account_id) == ("AssumedRoleUser", MEMBER)
    assert body.arn == f"acs:ram::{MEMBER}:assumed-role/{ACCESS}/administrator"
    assert body.principal_id == f"{body.role_id}:administrator"
    assert body.user_id is None


def test_identity_of_the_root_user(alibaba):
    body = Clients(alibaba, alibaba.root_key(MEMBER)).sts.get_caller_identity().body
    assert (body.identity_type, body.arn, body.user_id) == ("Account", f"acs:ram::{MEMBER}:root", MEMBER)


def test_nothing_has_to_be_allowed_to_know_oneself(alibaba, clients):
    nobody = make_user(alibaba, clients, "nobody", deny("*"))
    assert nobody.sts.get_caller_identity().body.arn == f"acs:ram::{MANAGEMENT}:user/nobody"


def test_identity_with_the_older_sdk(alibaba):
    session = Clients(alibaba, alibaba.credential(MEMBER))
    assert session.old(GetCallerIdentityRequest)["IdentityType"] == "AssumedRoleUser"


# Sessions in accounts

def test_members_have_the_role_of_the_directory(alibaba, clients):
    assert become(alibaba, clients, arn(ACCESS)).sts.get_caller_identity().body.account_id == MEMBER


def test_independent_accounts_have_a_role_of_their_own(alibaba, clients):
    alibaba.add_account(OTHER, member=False)
    assert become(alibaba, clients, arn("audit-logs-setup", OTHER)).sts.get_caller_identity().body.account_id == OTHER


def test_independent_accounts_do_not_have_the_role_of_the_directory(alibaba, clients, refused_alibaba):
    alibaba.add_account(OTHER, member=False)
    with refused_alibaba("EntityNotExist.Role"):
        assume(clients, arn(ACCESS, OTHER))


def test_an_account_is_added_once(alibaba):
    alibaba.credential(MEMBER)
    with pytest.raises(ValueError, match=MEMBER):
        alibaba.add_account(MEMBER, member=False)


def test_members_do_not_get_into_each_other(member, refused_alibaba):
    with refused_alibaba("NoPermission"):
        assume(member, arn(ACCESS, OTHER))


def test_the_administrator_outlives_a_reset(alibaba, clients):
    key = alibaba.credential()
    alibaba.reset()
    assert alibaba.credential() == key
    assert clients.sts.get_caller_identity().body.arn == f"acs:ram::{MANAGEMENT}:user/administrator"


def test_sessions_do_not_outlive_a_reset(alibaba, member, refused_alibaba):
    alibaba.reset()
    with refused_alibaba("InvalidAccessKeyId.NotFound"):
        member.sts.get_caller_identity()


def test_the_environment_is_the_administrators(alibaba):
    key = alibaba.credential()
    assert alibaba.environment["ALIBABA_CLOUD_ACCESS_KEY_ID"] == key.access_key_id
    assert alibaba.environment["ALIBABA_CLOUD_ACCESS_KEY_SECRET"] == key.secret


def test_the_role_for_sessions_is_evaluated(alibaba, member):
    member.ram.update_role(ram.UpdateRoleRequest(
        role_name=ACCESS, new_assume_role_policy_document=trust(f"acs:ram::{OTHER}:root"),
    ))
    with pytest.raises(Exception, match="not authorized"):
        alibaba.credential(MEMBER)


# AssumeRole

def test_what_a_session_gets(clients):
    body = assume(clients, arn(ACCESS), session="alice@example.com")
    assert body.credentials.access_key_id.startswith("STS.")
    assert body.assumed_role_user.arn == f"acs:ram::{MEMBER}:role/{ACCESS.lower()}/alice@example.com"
    assert body.assumed_role_user.assumed_role_id.endswith(":alice@example.com")
    assert body.source_identity is None


def test_the_older_sdk_assumes_roles(alibaba, clients):
    body = clients.old(OldAssumeRoleRequest, RoleArn=arn(ACCESS), RoleSessionName="test")
    assert body["Credentials"]["SecurityToken"]


def test_the_case_of_a_roles_name_does_not_matter(clients):
    assert assume(clients, arn(ACCESS.lower())).credentials.access_key_id


def test_a_role_that_is_not_there(clients, refused_alibaba):
    with refused_alibaba("EntityNotExist.Role"):
        assume(clients, arn("nobody"))


@pytest.mark.parametrize("account", ["1", "0000000000000002"])
def test_an_account_that_can_not_be(clients, refused_alibaba, account):
    with refused_alibaba("EntityNotExist.Role"):
        assume(clients, arn(ACCESS, account))


def test_root_keys_assume_no_roles(alibaba, refused_alibaba):
    root = Clients(alibaba, alibaba.root_key())
    with refused_alibaba("NoPermission"):
        assume(root, arn(ACCESS))


@pytest.mark.parametrize("role", [
    "", "audit", "acs:ram:cn-hangzhou:2000000000000002:role/a", "acs:ram::2000000000000002:user/a",
    "acs:ram::2000000000000002:role/", "acs:ram::2000000000000002:role/a/b", "acs:ram::2000000000000002:role/a_b",
    "arn:aws:iam::123456789012:role/a", "acs:ram::x:role/a", "acs:ram::200000000000000000023:role/a",
])
def test_malformed_arns(clients, refused_alibaba, role):
    with refused_alibaba("InvalidParameter.RoleArn"):
        assume(clients, role)


@pytest.mark.parametrize("session", ["", "a", "a b", "a/b", "ümlaut", "a" * 65, "a:b"])
def test_malformed_names_of_sessions(clients, refused_alibaba, session):
    with refused_alibaba("InvalidParameter.RoleSessionName"):
        assume(clients, arn(ACCESS), session=session)


@pytest.mark.parametrize("session", ["ab", "a" * 64, "A.b@c-d_e"])
def test_names_of_sessions(clients, session):
    assert assume(clients, arn(ACCESS), session=session).credentials.access_key_id


@pytest.mark.parametrize("name", ["RoleArn", "RoleSessionName"])
def test_missing_parameters(clients, refused_alibaba, name):
    parameters = {"RoleArn": arn(ACCESS), "RoleSessionName": "test"}
    del parameters[name]
    with refused_alibaba(f"Missing{name}"):
        clients.call("AssumeRole", "2015-04-01", "sts.aliyuncs.com", query=parameters)


def test_a_source_identity_is_not_covered(clients, refused_alibaba):
    with refused_alibaba("NotImplemented"):
        assume(clients, arn(ACCESS), source_identity="alice")


# How long

def expires(alibaba, body):
    """Seconds until the end of a session."""
    return credential_of(alibaba, body).expires - alibaba.cloud.clock.now()


def test_a_session_is_an_hour_by_itself(alibaba, clients):
    body = assume(clients, arn(ACCESS))
    assert 3590 < expires(alibaba, body) <= 3600
    assert body.credentials.expiration == iso(credential_of(alibaba, body).expires)


@pytest.mark.parametrize("duration", [900, 3600])
def test_durations(alibaba, clients, duration):
    assert duration - 10 < expires(alibaba, assume(clients, arn(ACCESS), duration_seconds=duration)) <= duration


@pytest.mark.parametrize("duration", [-1, 0, 899, 3601, 43201])
def test_durations_that_are_not(clients, refused_alibaba, duration):
    with refused_alibaba("InvalidParameter.DurationSeconds"):
        assume(clients, arn(ACCESS), duration_seconds=duration)


def test_a_role_may_have_longer_sessions(alibaba, clients):
    make_role(clients, "long", trust(f"acs:ram::{MANAGEMENT}:root"), max_session_duration=7200)
    assert expires(alibaba, assume(clients, arn("long", MANAGEMENT), duration_seconds=7200)) > 7190


def test_a_session_ends(alibaba, clients, refused_alibaba):
    session = become(alibaba, clients, arn(ACCESS), duration_seconds=900)
    alibaba.cloud.clock.advance(899)
    assert session.sts.get_caller_identity()
    alibaba.cloud.clock.advance(2)
    with refused_alibaba("InvalidSecurityToken.Expired"):
        session.sts.get_caller_identity()
