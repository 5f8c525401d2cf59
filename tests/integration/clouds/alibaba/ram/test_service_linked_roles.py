# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles that belong to a service, in the local RAM."""
from __future__ import annotations

import json

import pytest
from helpers.alibaba.identities import become
from helpers.alibaba.ram import LINKED, SERVICE, TRUST, get_role, make_role, policies_of, refused


def link(current_ram, service=SERVICE, **parameters):
    return current_ram.call("CreateServiceLinkedRole", ServiceName=service, **parameters)["Role"]


def test_a_service_linked_role_is_its_services(current_ram):
    created = link(current_ram)
    assert (created["RoleName"], created["IsServiceLinkedRole"]) == (LINKED, True)
    statement, = json.loads(created["AssumeRolePolicyDocument"])["Statement"]
    assert statement["Principal"] == {"Service": [SERVICE]}


def test_a_service_linked_role_looks_like_one(current_ram):
    link(current_ram)
    make_role(current_ram)
    assert [get_role(current_ram, name)["IsServiceLinkedRole"] for name in (LINKED, "Collector")] == [True, False]


def test_a_service_linked_role_has_its_policy(current_ram):
    link(current_ram)
    assert policies_of(current_ram, LINKED) == [("System", "AliyunServiceRolePolicyForSLSAudit")]


def test_a_service_linked_role_is_created_once(current_ram):
    link(current_ram)
    with refused(409, "EntityAlreadyExists.Role"):
        link(current_ram)


def test_the_template_of_a_service_linked_role(current_ram):
    template = current_ram.call("GetServiceLinkedRoleTemplate", ServiceName=SERVICE)["ServiceLinkedRoleTemplate"]
    created = link(current_ram)
    assert (template["RoleNamePrefix"], template["MultipleRolesAllowed"]) == (LINKED, False)
    assert template["SystemPolicyName"] == policies_of(current_ram, LINKED)[0][1]
    described = {text["Language"]: text["Description"] for text in template["RoleDescriptions"]["RoleDescription"]}
    assert described["en"] == created["Description"] and described["zh"]


@pytest.mark.parametrize("call", ["CreateServiceLinkedRole", "GetServiceLinkedRoleTemplate"])
def test_a_service_that_is_none(current_ram, call):
    with refused(404, "EntityNotExist.Service"):
        current_ram.call(call, ServiceName="none.aliyuncs.com")


@pytest.mark.parametrize("name, value", [("CustomSuffix", "mine"), ("Description", "mine")])
def test_a_role_that_is_created_once_has_nothing_of_ones_own(current_ram, name, value):
    with refused(400, f"InvalidParameter.{name}.NotAllowed"):
        link(current_ram, **{name: value})


@pytest.mark.parametrize("call, parameters", [
    ("DeleteRole", {}), ("UpdateRole", {"NewAssumeRolePolicyDocument": TRUST}), ("UpdateRole", {"NewDescription": "d"}),
    ("AttachPolicyToRole", {"PolicyName": "ReadOnlyAccess", "PolicyType": "System"}),
    ("DetachPolicyFromRole", {"PolicyName": "AliyunServiceRolePolicyForSLSAudit", "PolicyType": "System"}),
])
def test_a_service_linked_role_is_for_nobody_else_to_change(ram, current_ram, call, parameters):
    link(current_ram)
    before = get_role(ram, LINKED), policies_of(ram, LINKED)
    with refused(403, "OperationDenied.ServiceLinkedRole"):
        ram.call(call, RoleName=LINKED, **parameters)
    assert (get_role(ram, LINKED), policies_of(ram, LINKED)) == before


def test_a_user_does_not_assume_a_service_linked_role(alibaba, clients, current_ram):
    arn = link(current_ram)["Arn"]
    with refused(403, "NoPermission"):
        become(alibaba, clients, arn)


def test_a_deleted_service_linked_role_is_gone_with_its_policy(current_ram):
    link(current_ram)
    task = current_ram.call("DeleteServiceLinkedRole", RoleName=LINKED)["DeletionTaskId"]
    assert task.startswith(f"task/acs-service-role/{SERVICE}/{LINKED}/")
    with refused(404, "EntityNotExist.Role"):
        get_role(current_ram, LINKED)
    counted = current_ram.call("GetPolicy", PolicyName="AliyunServiceRolePolicyForSLSAudit", PolicyType="System")
    assert counted["Policy"]["AttachmentCount"] == 0


def test_a_service_linked_role_is_created_again(current_ram):
    first = link(current_ram)["RoleId"]
    current_ram.call("DeleteServiceLinkedRole", RoleName=LINKED)
    assert link(current_ram)["RoleId"] != first


def test_an_ordinary_role_is_not_deleted_as_a_service_linked_one(current_ram):
    make_role(current_ram)
    with refused(404, "EntityNotExist.ServiceLinkedRole"):
        current_ram.call("DeleteServiceLinkedRole", RoleName="Collector")
    assert get_role(current_ram)["RoleName"] == "Collector"


def test_a_service_linked_role_that_is_not_there(current_ram):
    with refused(404, "EntityNotExist.Role"):
        current_ram.call("DeleteServiceLinkedRole", RoleName=LINKED)
