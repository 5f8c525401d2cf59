# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles."""
from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...clock import iso
from .. import policy
from ..errors import CloudError
from ..operations import rpc
from ..parameters import Flag, Number
from . import tags
from .common import (
    MARKER, MAX_ITEMS, PRODUCT, ROLE_NAME, VERSION, all_roles, check_limit, check_new, found, new_id, page,
    role_resource, text, trust_document,
)
from .state import ROLE, Role

if TYPE_CHECKING:
    from ..request import ApiRequest

MOST_ROLES = 1000


def _duration(name: str) -> Number:
    return Number(code=f"InvalidParameter.{name}", minimum=3600, maximum=43200)


def _trusted(request: ApiRequest) -> dict[str, list[str]]:
    """The condition keys of CreateRole: assumption alibaba-ram-trusted-principal-types."""
    principals = policy.principals(request["AssumeRolePolicyDocument"])
    return {"ram:TrustedPrincipalTypes": sorted(principals), "ram:ServiceNames": sorted(principals.get("Service", ()))}


@rpc(
    PRODUCT, VERSION, "CreateRole", action="ram:CreateRole", read_only=False, resources=role_resource, context=_trusted,
    RoleName=ROLE_NAME, AssumeRolePolicyDocument=trust_document("AssumeRolePolicyDocument", required=True),
    Description=text("Description", 1024), MaxSessionDuration=_duration("MaxSessionDuration"),
    AllowConsoleLogin=Flag(), Tag=tags.TAGS,
)
def create_role(request: ApiRequest) -> dict[str, Any]:
    """Make a role."""
    roles = request.account.ram.roles
    role = Role(
        request["RoleName"], new_id("3"), request["AssumeRolePolicyDocument"], request.now, request.now,
        description=request.get("Description", ""), max_session_duration=request.get("MaxSessionDuration", 3600),
        console_login=request.get("AllowConsoleLogin", True), tags=tags.read(request.get("Tag", [])),
    )
    check_new(role.name in roles, "Role", role.name)
    check_limit("Role", len(roles), MOST_ROLES)
    roles.put(role.name, role)
    return {"Role": {**_described(request, role), "AssumeRolePolicyDocument": role.trust}}


@rpc(
    PRODUCT, VERSION, "GetRole", action="ram:GetRole", read_only=True, resources=role_resource, RoleName=ROLE_NAME,
)
def get_role(request: ApiRequest) -> dict[str, Any]:
    """Look at a role."""
    role = found(request.account.ram.roles.seen(request["RoleName"]), "Role", request["RoleName"])
    return {"Role": {
        **_described(request, role), "AssumeRolePolicyDocument": role.trust, "UpdateDate": iso(role.updated),
        "IsServiceLinkedRole": role.service_linked,
        "RolePrincipalName": f"{role.name}@role.{request.account.id}.onaliyunservice.com",
    }}


@rpc(
    PRODUCT, VERSION, "ListRoles", action="ram:ListRoles", read_only=True, resources=all_roles,
    Marker=MARKER, MaxItems=MAX_ITEMS, Tag=tags.TAGS,
)
def list_roles(request: ApiRequest) -> dict[str, Any]:
    """Roles, or those with some tags; without their trust policies."""
    wanted = request.get("Tag", [])
    roles = [role for role in request.account.ram.roles.all_seen() if tags.match(wanted, role.tags)]
    listed, more = page(request, roles, lambda role: role.name.lower())
    return {**more, "Roles": {"Role": [
        {**_described(request, role), "UpdateDate": iso(role.updated), "Tags": tags.written(role.tags)}
        for role in listed
    ]}}


@rpc(
    PRODUCT, VERSION, "UpdateRole", action="ram:UpdateRole", read_only=False, resources=role_resource,
    RoleName=ROLE_NAME, NewAssumeRolePolicyDocument=trust_document("NewAssumeRolePolicyDocument", required=False),
    NewDescription=text("NewDescription", 1024), NewMaxSessionDuration=_duration("NewMaxSessionDuration"),
    NewAllowConsoleLogin=Flag(),
)
def update_role(request: ApiRequest) -> dict[str, Any]:
    """Change of a role what was sent."""
    role = changeable_role(request)
    role = replace(
        role, trust=request.get("NewAssumeRolePolicyDocument", role.trust),
        description=request.get("NewDescription", role.description),
        max_session_duration=request.get("NewMaxSessionDuration", role.max_session_duration),
        console_login=request.get("NewAllowConsoleLogin", role.console_login), updated=request.now,
    )
    request.account.ram.roles.put(role.name, role)
    return {"Role": {
        **_described(request, role), "AssumeRolePolicyDocument": role.trust, "UpdateDate": iso(role.updated),
    }}


@rpc(
    PRODUCT, VERSION, "DeleteRole", action="ram:DeleteRole", read_only=False, resources=role_resource,
    RoleName=ROLE_NAME,
)
def delete_role(request: ApiRequest) -> None:
    """Remove a role that has no policies."""
    role = changeable_role(request)
    if request.account.ram.attached(ROLE, role.name):
        raise CloudError(409, "DeleteConflict.Role.Policy", f"The role {role.name} has policies.")
    request.account.ram.roles.delete(role.name)


def changeable_role(request: ApiRequest) -> Role:
    """The role of a request that changes it.

    :raises CloudError: there is none, or it belongs to a service: assumption alibaba-service-linked-role-codes.
    """
    role = found(request.account.ram.roles.get(request["RoleName"]), "Role", request["RoleName"])
    if role.service_linked:
        raise CloudError(403, "OperationDenied.ServiceLinkedRole", f"The role {role.name} belongs to a service.")
    return role


def _described(request: ApiRequest, role: Role) -> dict[str, Any]:
    return {
        "RoleId": role.id, "RoleName": role.name, "Arn": role.arn(request.account.id),
        "Description": role.description, "CreateDate": iso(role.created),
        "MaxSessionDuration": role.max_session_duration, "AllowConsoleLogin": role.console_login,
    }
