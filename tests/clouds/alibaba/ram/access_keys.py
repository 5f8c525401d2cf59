# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access keys of users. Who leaves out the name means its own."""
from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...clock import iso
from ..errors import CloudError
from ..operations import rpc
from ..parameters import Text
from ..principals import Caller
from .common import PRODUCT, USER_NAME, VERSION, check_limit, found, user_resource
from .state import AccessKey, User

if TYPE_CHECKING:
    from ..request import ApiRequest

MOST_KEYS = 2
_OF_USER = replace(USER_NAME, required=False)
_KEY_ID = Text(required=True)


@rpc(
    PRODUCT, VERSION, "CreateAccessKey", action="ram:CreateAccessKey", read_only=False, resources=user_resource,
    UserName=_OF_USER,
)
def create_access_key(request: ApiRequest) -> dict[str, Any]:
    """Create an access key. Only this answer has its secret."""
    ram = request.account.ram
    user = _user(request)
    check_limit("User.AccessKey", len(ram.keys_of(user)), MOST_KEYS)
    credential = request.cloud.credentials.issue(Caller(request.account.id, "ram-user", user.name, user.id))
    key = AccessKey(credential.access_key_id, user.name, request.now)
    ram.access_keys.put(key.id, key)
    return {"AccessKey": {**_described(key), "AccessKeySecret": credential.secret}}


@rpc(
    PRODUCT, VERSION, "ListAccessKeys", action="ram:ListAccessKeys", read_only=True, resources=user_resource,
    UserName=_OF_USER,
)
def list_access_keys(request: ApiRequest) -> dict[str, Any]:
    """The access keys of a user."""
    ram, name = request.account.ram, _name(request)
    user = found(ram.users.seen(name), "User", name)
    keys = (key for key in ram.access_keys.all_seen() if key.user == user.name)
    return {"AccessKeys": {"AccessKey": [_described(key) for key in keys]}}


@rpc(
    PRODUCT, VERSION, "UpdateAccessKey", action="ram:UpdateAccessKey", read_only=False, resources=user_resource,
    UserName=_OF_USER, UserAccessKeyId=_KEY_ID,
    Status=Text(required=True, code="InvalidParameter.Status", choices=("Active", "Inactive")),
)
def update_access_key(request: ApiRequest) -> None:
    """Switch an access key on or off."""
    key, active, credentials = _key(request), request["Status"] == "Active", request.cloud.credentials
    request.account.ram.access_keys.put(key.id, replace(key, active=active))
    credentials.keep(replace(credentials.get(key.id), active=active))


@rpc(
    PRODUCT, VERSION, "DeleteAccessKey", action="ram:DeleteAccessKey", read_only=False, resources=user_resource,
    UserName=_OF_USER, UserAccessKeyId=_KEY_ID,
)
def delete_access_key(request: ApiRequest) -> None:
    """Remove an access key."""
    key = _key(request)
    request.account.ram.access_keys.delete(key.id)
    request.cloud.credentials.revoke(key.id)


def _name(request: ApiRequest) -> str:
    if "UserName" in request:
        return request["UserName"]
    if request.caller.kind != "ram-user":
        raise CloudError(400, "MissingParameter", "Who is no user names one: the parameter UserName is missing.")
    return request.caller.name


def _user(request: ApiRequest) -> User:
    return found(request.account.ram.users.get(_name(request)), "User", _name(request))


def _key(request: ApiRequest) -> AccessKey:
    user, id = _user(request), request["UserAccessKeyId"]
    key = request.account.ram.access_keys.get(id)
    return found(key if key and key.user == user.name else None, "User.AccessKey", id)


def _described(key: AccessKey) -> dict[str, Any]:
    return {"AccessKeyId": key.id, "Status": "Active" if key.active else "Inactive", "CreateDate": iso(key.created)}
