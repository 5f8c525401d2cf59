# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..clock import iso
from ..errors import CloudError
from ..operations import rpc
from ..parameters import Flag, Number, Text
from .common import PRODUCT, ROLE_NAME, TAGS, VERSION, found_role, new_id, role_arn, role_resource
from .state import Role

if TYPE_CHECKING:
    from ..request import ApiRequest


@rpc(
    PRODUCT, VERSION, "CreateRole", action="ram:CreateRole", read_only=False, resources=role_resource,
    RoleName=ROLE_NAME, AssumeRolePolicyDocument=Text(required=True), Description=Text(), MaxSessionDuration=Number(),
    AllowConsoleLogin=Flag(), Tag=TAGS,
)
def create_role(request: ApiRequest) -> dict[str, Any]:
    """Make a role."""
    roles = request.account.ram.roles
    if request["RoleName"] in roles:
        raise CloudError(409, "EntityAlreadyExists.Role", f"The role already exists : {request['RoleName']} .")
    role = Role(
        request["RoleName"], new_id("3"), request["AssumeRolePolicyDocument"], request.now, request.now,
        description=request.get("Description", ""), max_session_duration=request.get("MaxSessionDuration", 3600),
        console_login=request.get("AllowConsoleLogin", True),
        tags={tag["Key"]: tag.get("Value", "") for tag in request.get("Tag", [])},
    )
    roles.put(role.name, role)
    return {"Role": _with_trust(request, role)}


@rpc(
    PRODUCT, VERSION, "GetRole", action="ram:GetRole", read_only=True, resources=role_resource, RoleName=ROLE_NAME,
)
def get_role(request: ApiRequest) -> dict[str, Any]:
    """Look at a role."""
    role = found_role(request.account.ram.roles.seen(request["RoleName"]), request["RoleName"])
    return {"Role": {
        **_with_trust(request, role), "UpdateDate": iso(role.updated), "IsServiceLinkedRole": role.service_linked,
    }}


def _described(request: ApiRequest, role: Role) -> dict[str, Any]:
    return {
        "RoleId": role.id, "RoleName": role.name, "Arn": role_arn(request, role), "Description": role.description,
        "CreateDate": iso(role.created), "MaxSessionDuration": role.max_session_duration,
        "AllowConsoleLogin": role.console_login,
    }


def _with_trust(request: ApiRequest, role: Role) -> dict[str, Any]:
    return {**_described(request, role), "AssumeRolePolicyDocument": role.trust}
