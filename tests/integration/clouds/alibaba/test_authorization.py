# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Authorization of the local Alibaba Cloud: each call is checked against the policies of who makes it."""
from __future__ import annotations

import base64
import contextlib
import json
from xml.etree import ElementTree

import pytest
from helpers.alibaba.clients import Clients
from helpers.alibaba.identities import allow, attach, become, deny, make_role, make_user, policy, statement, trust
from helpers.alibaba.requests import send, signed_in_query
from alibabacloud_actiontrail20200706.models import DescribeTrailsRequest
from alibabacloud_ram20150501 import models as ram
from alibabacloud_resourcedirectorymaster20220419.models import ListAccountsRequest
from alibabacloud_sls20201230.models import GetProjectRequest
from clouds.alibaba import Fault
from clouds.clock import iso

MANAGEMENT, MEMBER = "1000000000000001", "2000000000000002"
GET_ROLE = "ram:GetRole"


def get_role(clients, name="audit"):
    return clients.ram.get_role(ram.GetRoleRequest(role_name=name)).body.role


@pytest.fixture(autouse=True)
def role(clients):
    """A role to look at."""
    make_role(clients, "audit", trust(f"acs:ram::{MANAGEMENT}:root"))


@pytest.fixture
def user(alibaba, clients):
    """Makes the clients of a user with these policies."""
    return lambda *documents, **options: make_user(alibaba, clients, "eve", *documents, **options)


def refusal(clients):
    """The error of a client that may not look at the role."""
    with pytest.raises(Exception) as caught:
        get_role(clients)
    return caught.value


@pytest.mark.parametrize("trusted, is_allowed", [
    (policy({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": ["log.aliyuncs.com"]}}), True),
    (trust(f"acs:ram::{MEMBER}:root"), False),
])
def test_roles_for_services_only(user, refused_alibaba, trusted, is_allowed):
    eve = user(allow("ram:CreateRole", Condition={"StringEquals": {"ram:TrustedPrincipalTypes": "Service"}}))
    with contextlib.nullcontext() if is_allowed else refused_alibaba("NoPermission"):
        make_role(eve, "collector", trusted)


def test_restrictions_are_for_administrators(alibaba, clients, refused_alibaba):
    """Whoever has AdministratorAccess. Others keep their own policies."""
    administrator = make_user(alibaba, clients, "adam", system=["AdministratorAccess"])
    reader = make_user(alibaba, clients, "eve", allow("ram:GetRole"))
    administrator.url = reader.url = alibaba.url  # the other address is for who looks from outside
    alibaba.restrictions[administrator.credential.caller.account_id] = [allow("ram:ListUsers")]
    try:
        administrator.ram.list_users(ram.ListUsersRequest())
        assert get_role(reader)
        with refused_alibaba("NoPermission"):
            get_role(administrator)
    finally:
        alibaba.restrictions.clear()
    assert get_role(administrator)


# Policies

def test_nothing_is_allowed_by_itself(user, refused_alibaba):
    with refused_alibaba("NoPermission"):
        get_role(user())


@pytest.mark.parametrize("action", [GET_ROLE, "ram:getrole", "ram:Get*", "ram:GetRol?", "ram:*", "*:GetRole", "*",
                                    ["ram:ListRoles", GET_ROLE]])
def test_allowed_actions(user, action):
    assert get_role(user(allow(action)))


@pytest.mark.parametrize("action", ["ram:GetPolicy", "ram:Get", "ram:ListRoles", "sts:*", "ram:GetRole?"])
def test_other_actions(user, refused_alibaba, action):
    with refused_alibaba("NoPermission"):
        get_role(user(allow(action)))


def test_not_action(user, refused_alibaba):
    eve = user(policy({"Effect": "Allow", "NotAction": "ram:Create*", "Resource": "*"}))
    assert get_role(eve)
    with refused_alibaba("NoPermission"):
        make_role(eve, "other", trust(f"acs:ram::{MANAGEMENT}:root"))


@pytest.mark.parametrize("resource", ["*", "acs:ram:*:*:*", f"acs:ram:*:{MANAGEMENT}:role/audit",
                                      f"acs:ram:*:{MANAGEMENT}:role/AUDIT", "acs:ram:*:*:role/aud*"])
def test_allowed_resources(user, resource):
    assert get_role(user(allow(GET_ROLE, resource)))


@pytest.mark.parametrize("resource", [f"acs:ram:*:{MANAGEMENT}:role/other", f"acs:ram:*:{MEMBER}:role/*",
                                      "acs:ram:*:*:user/*", "acs:log:*:*:*"])
def test_other_resources(user, refused_alibaba, resource):
    with refused_alibaba("NoPermission"):
        get_role(user(allow(GET_ROLE, resource)))


def test_a_deny_wins(user, refused_alibaba):
    with refused_alibaba("NoPermission"):
        get_role(user(allow("*"), deny("ram:Get*")))


def test_a_deny_wins_in_one_policy(user, refused_alibaba):
    with refused_alibaba("NoPermission"):
        get_role(user(policy(statement(GET_ROLE, effect="Deny"), statement("*"))))


def test_a_deny_of_a_resource_leaves_the_others(user, clients, refused_alibaba):
    make_role(clients, "open", trust(f"acs:ram::{MANAGEMENT}:root"))
    eve = user(allow("ram:*"), deny("*", "acs:ram:*:*:role/audit"))
    assert get_role(eve, "open")
    with refused_alibaba("NoPermission"):
        get_role(eve)


def test_a_deny_can_not_be_got_round_by_case(user, refused_alibaba):
    with refused_alibaba("NoPermission"):
        get_role(user(allow("ram:*"), deny("*", "acs:ram:*:*:role/audit")), "AUDIT")


def test_policies_of_the_system(user, refused_alibaba):
    eve = user(system=["ReadOnlyAccess"])
    assert get_role(eve)
    with refused_alibaba("NoPermission"):
        make_role(eve, "other", trust(f"acs:ram::{MANAGEMENT}:root"))


def test_an_administrator_may_do_everything(user):
    make_role(user(system=["AdministratorAccess"]), "other", trust(f"acs:ram::{MANAGEMENT}:root"))


def test_the_root_user_may_do_everything(alibaba):
    assert get_role(Clients(alibaba, alibaba.root_key()))


def test_what_is_attached_later_counts(user, clients):
    eve = user()
    assert refusal(eve)
    attach(clients, "eve", "AliyunRAMFullAccess", "System")
    assert get_role(eve)


def test_what_is_detached_counts_no_longer(user, clients, refused_alibaba):
    eve = user(allow(GET_ROLE))
    clients.ram.detach_policy_from_user(ram.DetachPolicyFromUserRequest(
        user_name="eve", policy_name="eve-0", policy_type="Custom",
    ))
    with refused_alibaba("NoPermission"):
        get_role(eve)


def test_the_default_version_of_a_policy_counts(user, clients):
    eve = user(deny("*"))
    clients.ram.create_policy_version(ram.CreatePolicyVersionRequest(
        policy_name="eve-0", policy_document=allow("*"), set_as_default=False,
    ))
    assert refusal(eve)
    clients.ram.set_default_policy_version(ram.SetDefaultPolicyVersionRequest(policy_name="eve-0", version_id="v2"))
    assert get_role(eve)


def test_the_policies_of_a_role_are_its_sessions(alibaba, clients):
    session = become(alibaba, clients, f"acs:ram::{MANAGEMENT}:role/audit")
    assert refusal(session)
    clients.ram.attach_policy_to_role(ram.AttachPolicyToRoleRequest(
        role_name="audit", policy_name="AliyunRAMFullAccess", policy_type="System",
    ))
    assert get_role(session)


def test_accounts_are_separate(alibaba, refused_alibaba):
    member = Clients(alibaba, alibaba.credential(MEMBER))
    with refused_alibaba("EntityNotExist.Role"):
        get_role(member)


def test_readers_of_attachments_may_be_behind(alibaba, clients, user):
    eve = user()
    alibaba.bad_days(Fault(behind=3600))
    attach(clients, "eve", "AdministratorAccess", "System")
    assert refusal(eve).code == "NoPermission"
    alibaba.cloud.clock.advance(3601)
    assert get_role(eve)


def test_what_is_refused_is_not_done(user, clients, refused_alibaba):
    with refused_alibaba("NoPermission"):
        make_role(user(), "other", trust(f"acs:ram::{MANAGEMENT}:root"))
    with refused_alibaba("EntityNotExist.Role"):
        get_role(clients, "other")


def test_what_is_refused_does_not_say_what_there_is(user, refused_alibaba):
    with refused_alibaba("NoPermission"):
        get_role(user(), "nothing-of-this-name")


# Conditions

@pytest.mark.parametrize("condition", [
    {"IpAddress": {"acs:SourceIp": "127.0.0.1"}},
    {"IpAddress": {"acs:SourceIp": ["10.0.0.0/8", "127.0.0.0/8"]}},
    {"NotIpAddress": {"acs:SourceIp": "10.0.0.0/8"}},
    {"Bool": {"acs:SecureTransport": "true"}},
    {"Bool": {"acs:MFAPresent": "false"}},
    {"StringEquals": {"acs:PrincipalARN": f"acs:ram::{MANAGEMENT}:user/eve"}},
    {"StringLike": {"acs:PrincipalARN": "acs:ram::*:user/*"}},
    {"DateGreaterThan": {"acs:CurrentTime": "2026-01-01T00:00:00Z"}},
    {"Bool": {"acs:SecureTransport": "true"}, "IpAddress": {"acs:SourceIp": "127.0.0.0/8"}},
])
def test_conditions_that_hold(user, condition):
    assert get_role(user(allow(GET_ROLE, Condition=condition)))


@pytest.mark.parametrize("condition", [
    {"IpAddress": {"acs:SourceIp": "10.0.0.0/8"}},
    {"NotIpAddress": {"acs:SourceIp": ["10.0.0.0/8", "127.0.0.0/8"]}},
    {"Bool": {"acs:SecureTransport": "false"}},
    {"Bool": {"acs:MFAPresent": "true"}},
    {"StringEquals": {"acs:PrincipalARN": f"acs:ram::{MANAGEMENT}:user/bob"}},
    {"DateLessThan": {"acs:CurrentTime": "2026-01-01T00:00:00Z"}},
    {"StringEquals": {"acs:SourceVpc": "vpc-1"}},
    {"Bool": {"acs:SecureTransport": "true"}, "IpAddress": {"acs:SourceIp": "10.0.0.0/8"}},
    {"Bool": {"acs:SecureTransport": "true", "acs:MFAPresent": "true"}},
])
def test_conditions_that_do_not_hold(user, refused_alibaba, condition):
    with refused_alibaba("NoPermission"):
        get_role(user(allow(GET_ROLE, Condition=condition)))


def test_a_permission_that_ends(alibaba, user, refused_alibaba):
    end = iso(alibaba.cloud.clock.now() + 3600)
    eve = user(allow(GET_ROLE, Condition={"DateLessThan": {"acs:CurrentTime": end}}))
    assert get_role(eve)
    alibaba.cloud.clock.advance(3601)
    with refused_alibaba("NoPermission"):
        get_role(eve)


def test_a_session_is_its_role_in_conditions(alibaba, clients):
    session = become(alibaba, clients, f"acs:ram::{MANAGEMENT}:role/audit")
    clients.ram.create_policy(ram.CreatePolicyRequest(policy_name="self", policy_document=allow(
        GET_ROLE, Condition={"StringEquals": {"acs:PrincipalARN": f"acs:ram::{MANAGEMENT}:role/audit"}},
    )))
    clients.ram.attach_policy_to_role(ram.AttachPolicyToRoleRequest(
        role_name="audit", policy_name="self", policy_type="Custom",
    ))
    assert get_role(session)


# What the refusal says

def test_who_was_refused_what(user):
    error = refusal(user())
    assert error.status_code == 403
    denied = error.access_denied_detail
    assert denied == {
        "AuthAction": GET_ROLE, "AuthPrincipalType": "SubUser", "AuthPrincipalOwnerId": MANAGEMENT,
        "NoPermissionType": "ImplicitDeny", "PolicyType": "AccountLevelIdentityBasedPolicy",
        "AuthPrincipalDisplayName": denied["AuthPrincipalDisplayName"],
        "EncodedDiagnosticMessage": denied["EncodedDiagnosticMessage"],
    }


def test_a_user_is_named_by_its_id(user):
    eve = user()
    user_id = eve.sts.get_caller_identity().body.user_id
    assert refusal(eve).access_denied_detail["AuthPrincipalDisplayName"] == user_id


def test_a_session_is_named_by_role_and_session(alibaba, clients):
    denied = refusal(become(alibaba, clients, f"acs:ram::{MANAGEMENT}:role/audit")).access_denied_detail
    assert denied["AuthPrincipalType"] == "AssumedRoleUser"
    assert denied["AuthPrincipalDisplayName"] == "audit:test"


def test_a_deny_is_explicit(user):
    assert refusal(user(deny("*"))).access_denied_detail["NoPermissionType"] == "ExplicitDeny"


def test_the_diagnosis_names_the_resource(user):
    encoded = refusal(user()).access_denied_detail["EncodedDiagnosticMessage"]
    assert json.loads(base64.b64decode(encoded))["AuthResource"].endswith(":role/audit")


def test_the_refusal_in_xml(alibaba, user):
    raw = signed_in_query(user().credential, "ram.aliyuncs.com", "GetRole", "2015-05-01", {"RoleName": "audit"},
                          Format="XML")
    root = ElementTree.fromstring(send(alibaba.url, raw.bytes()).body)
    assert root.findtext("AccessDeniedDetail/AuthAction") == GET_ROLE


def test_actiontrail_refuses(user, refused_alibaba):
    with refused_alibaba("NoPermission"):
        user().actiontrail.describe_trails(DescribeTrailsRequest())


def test_the_directory_refuses(user, refused_alibaba):
    with refused_alibaba("NoPermission"):
        user().directory.list_accounts(ListAccountsRequest())


def test_sls_refuses_in_words_of_its_own(user):
    with pytest.raises(Exception, match="denied by sts or ram, action: log:GetProject, resource: acs:log:.*:project/p"):
        user().sls.get_project("project-of-tests", GetProjectRequest())


def test_sls_refuses_with_a_code_of_its_own(user, refused_alibaba):
    with refused_alibaba("Unauthorized"):
        user().sls.get_project("project-of-tests", GetProjectRequest())
