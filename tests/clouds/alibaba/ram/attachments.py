# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who has which policies."""
from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ...clock import iso
from ..errors import CloudError
from ..operations import rpc
from ..parameters import Text
from .common import (
    POLICY_NAME, POLICY_TYPE, PRODUCT, ROLE_NAME, USER_NAME, VERSION, check_limit, found, policy_resource,
    role_resource, user_resource,
)
from .roles import changeable_role
from .state import CUSTOM, ROLE, SYSTEM, USER, Attachment, ManagedPolicy

if TYPE_CHECKING:
    from ..request import ApiRequest

MOST_ATTACHED = {SYSTEM: 20, CUSTOM: 10}
_OF_ROLE = {"PolicyType": POLICY_TYPE, "PolicyName": POLICY_NAME, "RoleName": ROLE_NAME, "ResourceGroupId": Text()}
_OF_USER = {"PolicyType": POLICY_TYPE, "PolicyName": POLICY_NAME, "UserName": USER_NAME, "ResourceGroupId": Text()}


def _role_and_policy(request: ApiRequest) -> list[str]:
    return [role_resource(request), policy_resource(request)]


def _user_and_policy(request: ApiRequest) -> list[str]:
    return [user_resource(request), policy_resource(request)]


@rpc(
    PRODUCT, VERSION, "AttachPolicyToRole", action="ram:AttachPolicyToRole", read_only=False,
    resources=_role_and_policy, **_OF_ROLE,
)
def attach_policy_to_role(request: ApiRequest) -> None:
    """Give a role a policy."""
    _attach(request, ROLE, changeable_role(request).name)


@rpc(
    PRODUCT, VERSION, "AttachPolicyToUser", action="ram:AttachPolicyToUser", read_only=False,
    resources=_user_and_policy, **_OF_USER,
)
def attach_policy_to_user(request: ApiRequest) -> None:
    """Give a user a policy."""
    _attach(request, USER, found(request.account.ram.users.get(request["UserName"]), "User", request["UserName"]).name)


@rpc(
    PRODUCT, VERSION, "DetachPolicyFromRole", action="ram:DetachPolicyFromRole", read_only=False,
    resources=_role_and_policy, **_OF_ROLE,
)
def detach_policy_from_role(request: ApiRequest) -> None:
    """Take a policy from a role."""
    _detach(request, ROLE, changeable_role(request).name)


@rpc(
    PRODUCT, VERSION, "DetachPolicyFromUser", action="ram:DetachPolicyFromUser", read_only=False,
    resources=_user_and_policy, **_OF_USER,
)
def detach_policy_from_user(request: ApiRequest) -> None:
    """Take a policy from a user."""
    _detach(request, USER, found(request.account.ram.users.get(request["UserName"]), "User", request["UserName"]).name)


@rpc(
    PRODUCT, VERSION, "ListPoliciesForRole", action="ram:ListPoliciesForRole", read_only=True,
    resources=role_resource, RoleName=ROLE_NAME,
)
def list_policies_for_role(request: ApiRequest) -> dict[str, Any]:
    """The policies that a role has."""
    role = found(request.account.ram.roles.seen(request["RoleName"]), "Role", request["RoleName"])
    return _policies_of(request, ROLE, role.name)


@rpc(
    PRODUCT, VERSION, "ListPoliciesForUser", action="ram:ListPoliciesForUser", read_only=True,
    resources=user_resource, UserName=USER_NAME,
)
def list_policies_for_user(request: ApiRequest) -> dict[str, Any]:
    """The policies that a user has."""
    user = found(request.account.ram.users.seen(request["UserName"]), "User", request["UserName"])
    return _policies_of(request, USER, user.name)


@rpc(
    PRODUCT, VERSION, "ListEntitiesForPolicy", action="ram:ListEntitiesForPolicy", read_only=True,
    resources=policy_resource, PolicyType=POLICY_TYPE, PolicyName=POLICY_NAME,
)
def list_entities_for_policy(request: ApiRequest) -> dict[str, Any]:
    """The users and roles that have a policy. There are no groups here."""
    ram = request.account.ram
    managed = found(ram.policy_seen(request["PolicyType"], request["PolicyName"]), "Policy", request["PolicyName"])
    return {
        "Groups": {"Group": []},
        "Users": {"User": [
            {"UserId": user.id, "UserName": user.name, "DisplayName": user.display_name, "AttachDate": iso(date)}
            for user in ram.users.all_seen() for date in _dates(ram.attached_seen(USER, user.name), managed)
        ]},
        "Roles": {"Role": [
            {"RoleId": role.id, "RoleName": role.name, "Arn": role.arn(request.account.id),
             "Description": role.description, "AttachDate": iso(date)}
            for role in ram.roles.all_seen() for date in _dates(ram.attached_seen(ROLE, role.name), managed)
        ]},
    }


def _dates(attachments: tuple[Attachment, ...], managed: ManagedPolicy) -> Iterator[float]:
    return (item.attached for item in attachments if item.is_of(managed))


def _policies_of(request: ApiRequest, kind: str, name: str) -> dict[str, Any]:
    ram = request.account.ram
    attachments = ((item, ram.policy_seen(item.policy_type, item.policy_name))
                   for item in ram.attached_seen(kind, name))
    return {"Policies": {"Policy": [
        {"PolicyName": managed.name, "PolicyType": managed.type, "Description": managed.description,
         "DefaultVersion": managed.default, "AttachDate": iso(item.attached)}
        for item, managed in attachments if managed
    ]}}


def _find(request: ApiRequest, kind: str, name: str) -> tuple[ManagedPolicy, Attachment | None]:
    """The policy of a request, and how a user or role has it, if it does."""
    if "ResourceGroupId" in request:
        raise CloudError(501, "NotImplemented", "The local Alibaba Cloud has no resource groups.")
    ram = request.account.ram
    managed = found(ram.policy(request["PolicyType"], request["PolicyName"]), "Policy", request["PolicyName"])
    return managed, next((item for item in ram.attached(kind, name) if item.is_of(managed)), None)


def _attach(request: ApiRequest, kind: str, name: str) -> None:
    ram = request.account.ram
    managed, attachment = _find(request, kind, name)
    if attachment:
        raise CloudError(409, f"EntityAlreadyExists.{kind}.Policy", f"{name} has the policy {managed.name} already.")
    has = sum(item.policy_type == managed.type for item in ram.attached(kind, name))
    check_limit(f"{kind}.Policy", has, MOST_ATTACHED[managed.type])
    ram.attach(kind, name, Attachment(managed.type, managed.name, request.now))


def _detach(request: ApiRequest, kind: str, name: str) -> None:
    managed, attachment = _find(request, kind, name)
    request.account.ram.detach(kind, name, found(attachment, f"{kind}.Policy", managed.name))
