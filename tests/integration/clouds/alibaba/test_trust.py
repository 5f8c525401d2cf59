# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles of the local Alibaba Cloud: whom they trust, and what their sessions may do."""
from __future__ import annotations

from dataclasses import replace

import pytest
from helpers.alibaba.clients import Clients
from helpers.alibaba.identities import allow, assume, become, credential_of, deny, make_role, make_user, policy, trust
from alibabacloud_ram20150501 import models as ram
from clouds.alibaba import Fault

MANAGEMENT, MEMBER, OTHER = "1000000000000001", "2000000000000002", "3000000000000003"
ACCESS = "ResourceDirectoryAccountAccessRole"


def arn(role, account=MEMBER):
    return f"acs:ram::{account}:role/{role}"


@pytest.fixture
def member(alibaba):
    """Clients of an administrator of a member account."""
    return Clients(alibaba, alibaba.credential(MEMBER))


# Who is trusted

@pytest.mark.parametrize("trusted", [f"acs:ram::{MANAGEMENT}:root", f"acs:ram::{MANAGEMENT}:user/eve"])
def test_a_trusted_user(alibaba, clients, member, trusted):
    make_role(member, "audit", trust(trusted))
    user = make_user(alibaba, clients, "eve", allow("sts:AssumeRole"))
    assert become(alibaba, user, arn("audit")).sts.get_caller_identity().body.account_id == MEMBER


@pytest.mark.parametrize("trusted", [
    f"acs:ram::{MANAGEMENT}:user/bob", f"acs:ram::{OTHER}:root", f"acs:ram::{MANAGEMENT}:role/eve",
    f"acs:ram::{MEMBER}:root",
])
def test_a_user_who_is_not_trusted(alibaba, clients, member, refused_alibaba, trusted):
    make_role(member, "audit", trust(trusted))
    with refused_alibaba("NoPermission"):
        assume(make_user(alibaba, clients, "eve", allow("sts:AssumeRole")), arn("audit"))


def test_services_are_other_principals(member, refused_alibaba):
    make_role(member, "audit", trust(Principal={"Service": ["log.aliyuncs.com"]}))
    with refused_alibaba("NoPermission"):
        assume(member, arn("audit"))


def test_a_user_of_the_roles_own_account_has_to_be_trusted_too(member, refused_alibaba):
    make_role(member, "audit", trust(f"acs:ram::{MANAGEMENT}:root"))
    with refused_alibaba("NoPermission"):
        assume(member, arn("audit"))


@pytest.mark.parametrize("resource", [
    "*", "acs:ram::2000000000000002:role/audit", "acs:ram:*:2000000000000002:role/audit", "acs:ram:*:*:role/*",
    "acs:ram::2000000000000002:role/Audit",
])
def test_a_user_may_assume_what_its_policy_names(alibaba, clients, member, resource):
    make_role(member, "audit", trust(f"acs:ram::{MANAGEMENT}:root"))
    assert assume(make_user(alibaba, clients, "eve", allow("sts:AssumeRole", resource)), arn("audit"))


@pytest.mark.parametrize("documents", [
    [],
    [allow("sts:GetCallerIdentity")],
    [allow("sts:AssumeRole", "acs:ram::2000000000000002:role/other")],
    [allow("sts:AssumeRole", "acs:ram:*:3000000000000003:role/*")],
    [allow("sts:AssumeRole"), deny("sts:*")],
    [allow("sts:AssumeRole"), deny("sts:*", "acs:ram::*:role/AUDIT")],
])
def test_trust_alone_is_not_enough(alibaba, clients, member, refused_alibaba, documents):
    make_role(member, "audit", trust(f"acs:ram::{MANAGEMENT}:root"))
    with refused_alibaba("NoPermission"):
        assume(make_user(alibaba, clients, "eve", *documents), arn("audit"))


def test_a_trust_policy_may_deny(alibaba, clients, member, refused_alibaba):
    make_role(member, "audit", policy(*(
        {"Effect": effect, "Action": "sts:AssumeRole", "Principal": {"RAM": principal}}
        for effect, principal in [("Allow", f"acs:ram::{MANAGEMENT}:root"), ("Deny", f"acs:ram::{MANAGEMENT}:user/eve")]
    )))
    assert assume(make_user(alibaba, clients, "bob", allow("sts:AssumeRole")), arn("audit"))
    with refused_alibaba("NoPermission"):
        assume(make_user(alibaba, clients, "eve", allow("sts:AssumeRole")), arn("audit"))


def test_the_refusal_says_that_trust_is_what_lacks(clients, member):
    make_role(member, "audit", trust(f"acs:ram::{OTHER}:root"))
    with pytest.raises(Exception) as caught:
        assume(clients, arn("audit"))
    denied = caught.value.access_denied_detail
    assert denied["PolicyType"] == "AssumeRolePolicy"
    assert denied["AuthAction"] == "sts:AssumeRole"


# External ids

@pytest.fixture
def guarded(member):
    make_role(member, "guarded", trust(f"acs:ram::{MANAGEMENT}:root",
                                       Condition={"StringEquals": {"sts:ExternalId": "right"}}))


def test_the_right_external_id(clients, guarded):
    assert assume(clients, arn("guarded"), external_id="right")


@pytest.mark.parametrize("options", [{}, {"external_id": "wrong"}, {"external_id": "Right"}])
def test_a_wrong_external_id(clients, guarded, refused_alibaba, options):
    with refused_alibaba("NoPermission"):
        assume(clients, arn("guarded"), **options)


@pytest.mark.parametrize("external_id", ["a", "a b", "a*", "a" * 1225])
def test_malformed_external_ids(clients, refused_alibaba, external_id):
    with refused_alibaba("InvalidParameter.ExternalId"):
        assume(clients, arn(ACCESS), external_id=external_id)


# Session policies

def test_a_session_may_do_less_than_its_role(alibaba, clients, refused_alibaba):
    session = become(alibaba, clients, arn(ACCESS), policy=allow("ram:ListRoles"))
    assert session.ram.list_roles(ram.ListRolesRequest())
    with refused_alibaba("NoPermission"):
        session.ram.get_role(ram.GetRoleRequest(role_name=ACCESS))


def test_a_session_may_not_do_more_than_its_role(alibaba, clients, refused_alibaba):
    make_role(clients, "poor", trust(f"acs:ram::{MANAGEMENT}:root"))
    session = become(alibaba, clients, arn("poor", MANAGEMENT), policy=allow("*"))
    with refused_alibaba("NoPermission"):
        session.ram.list_roles(ram.ListRolesRequest())


def test_a_session_policy_may_deny(alibaba, clients):
    session = become(alibaba, clients, arn(ACCESS), policy=deny("ram:ListRoles"))
    with pytest.raises(Exception) as caught:
        session.ram.list_roles(ram.ListRolesRequest())
    denied = caught.value.access_denied_detail
    assert (denied["PolicyType"], denied["NoPermissionType"]) == ("SessionPolicy", "ExplicitDeny")


def test_a_session_policy_is_the_sessions_alone(alibaba, clients, member):
    become(alibaba, clients, arn(ACCESS), policy=deny("*"))
    assert member.ram.list_roles(ram.ListRolesRequest())


@pytest.mark.parametrize("document", ["{", "{}", "[]", allow("*").replace('"1"', '"2012-10-17"')])
def test_malformed_session_policies(clients, refused_alibaba, document):
    with refused_alibaba("InvalidParameter.PolicyGrammar"):
        assume(clients, arn(ACCESS), policy=document)


def test_a_session_policy_that_is_too_long(clients, refused_alibaba):
    with refused_alibaba("InvalidParameter.PolicySize"):
        assume(clients, arn(ACCESS), policy=allow("ram:" + "a" * 2048))


# Chains of roles

def test_a_session_assumes_another_role(alibaba, member):
    make_role(member, "next", trust(f"acs:ram::{MEMBER}:role/{ACCESS}"), max_session_duration=7200)
    session = become(alibaba, member, arn("next"), duration_seconds=7200)
    assert session.sts.get_caller_identity().body.arn == f"acs:ram::{MEMBER}:assumed-role/next/test"


def test_a_session_of_another_role_is_not_trusted(alibaba, member, refused_alibaba):
    make_role(member, "next", trust(f"acs:ram::{MEMBER}:role/other"))
    with refused_alibaba("NoPermission"):
        assume(member, arn("next"))


def test_a_sessions_policy_holds_when_it_assumes_another_role(alibaba, clients, member, refused_alibaba):
    make_role(member, "next", trust(f"acs:ram::{MEMBER}:root"))
    restricted = become(alibaba, clients, arn(ACCESS), policy=allow("ram:*"))
    with refused_alibaba("NoPermission"):
        assume(restricted, arn("next"))


# Consistency

def test_a_new_role_is_not_assumable_yet(alibaba, clients, member, refused_alibaba):
    alibaba.bad_days(Fault(behind=3600))
    make_role(member, "audit", trust(f"acs:ram::{MANAGEMENT}:root"))
    with refused_alibaba("EntityNotExist.Role"):
        assume(clients, arn("audit"))
    alibaba.cloud.clock.advance(3601)
    assert assume(clients, arn("audit"))


def test_roles_for_sessions_are_never_behind(alibaba, clients):
    alibaba.bad_days(Fault(behind=3600))
    assert all(assume(clients, arn(ACCESS)) for _attempt in range(10))


def test_a_deleted_role_ends_its_sessions(alibaba, clients, refused_alibaba):
    make_role(clients, "brief", trust(f"acs:ram::{MANAGEMENT}:root"))
    session = become(alibaba, clients, arn("brief", MANAGEMENT))
    clients.ram.delete_role(ram.DeleteRoleRequest(role_name="brief"))
    make_role(clients, "brief", trust(f"acs:ram::{MANAGEMENT}:root"))
    with refused_alibaba("InvalidSecurityToken.Expired"):
        session.sts.get_caller_identity()


def test_the_secret_of_a_session_is_its_own(alibaba, clients, refused_alibaba):
    one, other = (credential_of(alibaba, assume(clients, arn(ACCESS))) for _session in range(2))
    with refused_alibaba("SignatureDoesNotMatch"):
        Clients(alibaba, replace(one, secret=other.secret)).sts.get_caller_identity()
