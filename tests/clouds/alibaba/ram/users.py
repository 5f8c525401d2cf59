# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users and their access keys."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..clock import iso
from ..errors import CloudError
from ..operations import rpc
from ..parameters import Text
from ..principals import Caller
from .common import PRODUCT, USER_NAME, VERSION, found_user, new_id, user_resource
from .state import AccessKey, User

if TYPE_CHECKING:
    from ..request import ApiRequest


@rpc(
    PRODUCT, VERSION, "CreateUser", action="ram:CreateUser", read_only=False, resources=user_resource,
    UserName=USER_NAME, DisplayName=Text(), MobilePhone=Text(), Email=Text(), Comments=Text(),
)
def create_user(request: ApiRequest) -> dict[str, Any]:
    """Make a user."""
    users = request.account.ram.users
    if request["UserName"] in users:
        raise CloudError(409, "EntityAlreadyExists.User", f"The user already exists : {request['UserName']} .")
    user = User(
        request["UserName"], new_id("2"), request.now, request.now, display_name=request.get("DisplayName", ""),
        mobile_phone=request.get("MobilePhone", ""), email=request.get("Email", ""),
        comments=request.get("Comments", ""),
    )
    users.put(user.name, user)
    return {"User": _described(user)}


@rpc(
    PRODUCT, VERSION, "CreateAccessKey", action="ram:CreateAccessKey", read_only=False, resources=user_resource,
    UserName=USER_NAME,
)
def create_access_key(request: ApiRequest) -> dict[str, Any]:
    """Make an access key of a user; the only time that its secret is told."""
    user = found_user(request.account.ram.users.get(request["UserName"]), request["UserName"])
    credential = request.cloud.credentials.issue(Caller(request.account.id, "ram-user", user.name, user.id))
    key = AccessKey(credential.access_key_id, user.name, request.now)
    request.account.ram.access_keys.put(key.id, key)
    return {"AccessKey": {
        "AccessKeyId": key.id, "AccessKeySecret": credential.secret, "Status": "Active", "CreateDate": iso(key.created),
    }}


def _described(user: User) -> dict[str, Any]:
    return {
        "UserId": user.id, "UserName": user.name, "DisplayName": user.display_name, "MobilePhone": user.mobile_phone,
        "Email": user.email, "Comments": user.comments, "CreateDate": iso(user.created),
    }
