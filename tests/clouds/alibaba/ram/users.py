# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users, for the sake of their access keys and policies; there are no groups, passwords or MFA devices."""
from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...clock import iso
from ..errors import CloudError
from ..operations import rpc
from ..parameters import Text
from .common import (
    MARKER, MAX_ITEMS, PRODUCT, USER_NAME, VERSION, all_users, check_limit, check_new, found, new_id, page, text,
    user_resource,
)
from .state import USER, User

if TYPE_CHECKING:
    from ..request import ApiRequest

MOST_USERS = 5000


def _display_name(name: str) -> Text:
    return text(name, 128, r"[A-Za-z0-9.@_\u4e00-\u9fa5-]+")


def _phone(name: str) -> Text:
    return Text(code=f"InvalidParameter.{name}.Format", pattern=r"[0-9]{1,4}-[0-9]{4,15}")


def _email(name: str) -> Text:
    return Text(code=f"InvalidParameter.{name}.Format", pattern=r"[^@\s]+@[^@\s]+\.[^@\s]+")


@rpc(
    PRODUCT, VERSION, "CreateUser", action="ram:CreateUser", read_only=False, resources=user_resource,
    UserName=USER_NAME, DisplayName=_display_name("DisplayName"), MobilePhone=_phone("MobilePhone"),
    Email=_email("Email"), Comments=text("Comments", 128),
)
def create_user(request: ApiRequest) -> dict[str, Any]:
    """Make a user."""
    users = request.account.ram.users
    user = User(
        request["UserName"], new_id("2"), request.now, request.now, display_name=request.get("DisplayName", ""),
        mobile_phone=request.get("MobilePhone", ""), email=request.get("Email", ""),
        comments=request.get("Comments", ""),
    )
    check_new(user.name in users, "User", user.name)
    check_limit("User", len(users), MOST_USERS)
    users.put(user.name, user)
    return {"User": _described(user)}


@rpc(
    PRODUCT, VERSION, "GetUser", action="ram:GetUser", read_only=True, resources=user_resource, UserName=USER_NAME,
)
def get_user(request: ApiRequest) -> dict[str, Any]:
    """Look at a user."""
    user = found(request.account.ram.users.seen(request["UserName"]), "User", request["UserName"])
    return {"User": {**_described(user), "UpdateDate": iso(user.updated), "LastLoginDate": ""}}


@rpc(
    PRODUCT, VERSION, "ListUsers", action="ram:ListUsers", read_only=True, resources=all_users, Marker=MARKER,
    MaxItems=MAX_ITEMS,
)
def list_users(request: ApiRequest) -> dict[str, Any]:
    """The users."""
    listed, more = page(request, request.account.ram.users.all_seen(), lambda user: user.name.lower())
    return {**more, "Users": {"User": [{**_described(user), "UpdateDate": iso(user.updated)} for user in listed]}}


@rpc(
    PRODUCT, VERSION, "UpdateUser", action="ram:UpdateUser", read_only=False, resources=user_resource,
    UserName=USER_NAME, NewUserName=text("NewUserName", 64, USER_NAME.pattern),
    NewDisplayName=_display_name("NewDisplayName"), NewMobilePhone=_phone("NewMobilePhone"),
    NewEmail=_email("NewEmail"), NewComments=text("NewComments", 128),
)
def update_user(request: ApiRequest) -> dict[str, Any]:
    """Change of a user what was sent."""
    users = request.account.ram.users
    old = found(users.get(request["UserName"]), "User", request["UserName"])
    user = replace(
        old, name=request.get("NewUserName", old.name), display_name=request.get("NewDisplayName", old.display_name),
        mobile_phone=request.get("NewMobilePhone", old.mobile_phone), email=request.get("NewEmail", old.email),
        comments=request.get("NewComments", old.comments), updated=request.now,
    )
    if user.name != old.name:
        check_new(user.name.lower() != old.name.lower() and user.name in users, "User", user.name)
        _rename(request, old, user)
    users.put(user.name, user)
    return {"User": {**_described(user), "UpdateDate": iso(user.updated)}}


@rpc(
    PRODUCT, VERSION, "DeleteUser", action="ram:DeleteUser", read_only=False, resources=user_resource,
    UserName=USER_NAME,
)
def delete_user(request: ApiRequest) -> None:
    """Remove a user that has neither access keys nor policies."""
    ram = request.account.ram
    user = found(ram.users.get(request["UserName"]), "User", request["UserName"])
    if ram.keys_of(user):
        raise CloudError(409, "DeleteConflict.User.AccessKey", f"The user {user.name} has access keys.")
    if ram.attached(USER, user.name):
        raise CloudError(409, "DeleteConflict.User.Policy", f"The user {user.name} has policies.")
    ram.users.delete(user.name)


def _rename(request: ApiRequest, old: User, new: User) -> None:
    """Take a user's policies and access keys along to another name."""
    ram, credentials = request.account.ram, request.cloud.credentials
    attachments = ram.attached(USER, old.name)
    ram.users.delete(old.name)
    if attachments:
        ram.attachments.delete((USER, old.name.lower()))
        ram.attachments.put((USER, new.name.lower()), attachments)
    for key in ram.keys_of(old):
        credential = credentials.get(key.id)
        ram.access_keys.put(key.id, replace(key, user=new.name))
        credentials.keep(replace(credential, caller=replace(credential.caller, name=new.name)))


def _described(user: User) -> dict[str, Any]:
    return {
        "UserId": user.id, "UserName": user.name, "DisplayName": user.display_name, "MobilePhone": user.mobile_phone,
        "Email": user.email, "Comments": user.comments, "CreateDate": iso(user.created),
    }
