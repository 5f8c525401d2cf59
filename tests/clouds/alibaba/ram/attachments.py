# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who has which policies."""
from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import CloudError
from ..operations import rpc
from ..parameters import Text
from .common import (
    POLICY_NAME, POLICY_TYPE, PRODUCT, ROLE_NAME, USER_NAME, VERSION, found_policy, found_role, found_user,
    policy_resource, role_resource, user_resource,
)
from .state import ROLE, USER, Attachment

if TYPE_CHECKING:
    from ..request import ApiRequest


@rpc(
    PRODUCT, VERSION, "AttachPolicyToRole", action="ram:AttachPolicyToRole", read_only=False,
    resources=lambda request: [role_resource(request), policy_resource(request)],
    PolicyType=POLICY_TYPE, PolicyName=POLICY_NAME, RoleName=ROLE_NAME, ResourceGroupId=Text(),
)
def attach_policy_to_role(request: ApiRequest) -> None:
    """Give a role a policy."""
    _attach(request, ROLE, found_role(request.account.ram.roles.get(request["RoleName"]), request["RoleName"]).name)


@rpc(
    PRODUCT, VERSION, "AttachPolicyToUser", action="ram:AttachPolicyToUser", read_only=False,
    resources=lambda request: [user_resource(request), policy_resource(request)],
    PolicyType=POLICY_TYPE, PolicyName=POLICY_NAME, UserName=USER_NAME, ResourceGroupId=Text(),
)
def attach_policy_to_user(request: ApiRequest) -> None:
    """Give a user a policy."""
    _attach(request, USER, found_user(request.account.ram.users.get(request["UserName"]), request["UserName"]).name)


def _attach(request: ApiRequest, kind: str, name: str) -> None:
    ram = request.account.ram
    managed = found_policy(ram.policy(request["PolicyType"], request["PolicyName"]), request["PolicyName"])
    if any((item.policy_type, item.policy_name) == (managed.type, managed.name) for item in ram.attached(kind, name)):
        raise CloudError(409, f"EntityAlreadyExists.{kind}.Policy",
                         f"The policy {managed.name} is already attached to {name}.")
    ram.attach(kind, name, Attachment(managed.type, managed.name, request.now))
