# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Members. The management account is not among them: assumption alibaba-directory-members."""
from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..accounts import MEMBER_ROLE
from ..directory import Directory, Member
from ..errors import CloudError
from ..operations import rpc
from ..parameters import Flag, Number, Text
from ..ram.state import ROLE
from .common import (
    PAGES, PRODUCT, TAGS, VERSION, Named, account_id, account_resource, exact, folder_id, found_folder, found_member,
    managed, matches, page, readable, tag_list, tags_of, token_page,
)

if TYPE_CHECKING:
    from ..request import ApiRequest

_DISPLAY_NAME = {"length": (2, 50), "pattern": r"[\w. -]+", "code": "InvalidParameter.Account.DisplayName",
                 "missing": "MissingParameter.Account.DisplayName"}
_PREFIX = Named(length=(2, 37), pattern=r"[A-Za-z0-9]+([_.-][A-Za-z0-9]+)*",
                code="InvalidParameter.Account.AccountNamePrefix")


@rpc(
    PRODUCT, VERSION, "CreateResourceAccount", action="resourcemanager:CreateResourceAccount", read_only=False,
    resources=account_resource, DisplayName=Named(required=True, **_DISPLAY_NAME), AccountNamePrefix=_PREFIX,
    ParentFolderId=folder_id("ParentFolderId", required=False), PayerAccountId=Text(), ResellAccountType=Text(),
    DryRun=Flag(), Tag=TAGS,
)
def create_resource_account(request: ApiRequest) -> dict[str, Any]:
    """Make an account in the directory."""
    directory = managed(request)
    if "ResellAccountType" in request:
        raise CloudError(409, "NotSupport.SettingResellAccountType", "The account is not a reseller's.")
    folder = found_folder(directory.folders.get(request.get("ParentFolderId", directory.root.id)))
    _check_display_name(directory, request["DisplayName"])
    payer = request.get("PayerAccountId")
    if payer and not directory.is_member(payer):
        raise CloudError(409, "NotSupport.PayerAccountInAnotherResourceDirectory",
                         "The account that pays is not in the resource directory.")
    prefix = request.get("AccountNamePrefix", f"account-{secrets.token_hex(4)}")
    if any(member.prefix == prefix for member in directory.members.all()):
        raise CloudError(409, "EntityAlreadyExists.ResourceDirectory.Account", "There is an account of this name.")
    new = Member(_new_account_id(request), request["DisplayName"], prefix, folder.id, request.now, request.now,
                 tags=tags_of(request))
    if not request.get("DryRun"):
        directory.members.put(new.account_id, new)
        request.cloud.account(new.account_id)
    return {"Account": described(directory, new)}


@rpc(
    PRODUCT, VERSION, "GetAccount", action="resourcemanager:GetAccount", read_only=True, resources=account_resource,
    AccountId=account_id(), IncludeTags=Flag(),
)
def get_account(request: ApiRequest) -> dict[str, Any]:
    """Look at a member."""
    directory = readable(request)
    member = found_member(directory.members.seen(request["AccountId"]))
    account = {
        **described(directory, member), "ResourceDirectoryPath": _path(directory, member),
        "Location": "/".join(folder.name for folder in _folders(directory, member)),
        "IdentityInformation": "Local Alibaba Cloud", "EmailStatus": "", "HasSecureMobilePhone": False,
        "SecureMobilePhone": "",
    }
    if request.get("IncludeTags"):
        account["Tags"] = tag_list(member)
    return {"Account": account}


@rpc(
    PRODUCT, VERSION, "UpdateAccount", action="resourcemanager:UpdateAccount", read_only=False,
    resources=account_resource, AccountId=account_id(), NewDisplayName=Named(**_DISPLAY_NAME),
    NewAccountType=Text(choices=("ResourceAccount", "CloudAccount")), DryRun=Flag(),
)
def update_account(request: ApiRequest) -> dict[str, Any]:
    """Give a member another display name."""
    directory = managed(request)
    member = found_member(directory.members.get(request["AccountId"]))
    if ("NewDisplayName" in request) == ("NewAccountType" in request):
        raise CloudError(409, "MissingDisplayNameOrAccountType", "One of NewDisplayName and NewAccountType is needed.")
    if "NewAccountType" in request:
        raise _no_other_type(request["NewAccountType"], member)
    _check_display_name(directory, request["NewDisplayName"], member)
    member = replace(member, display_name=request["NewDisplayName"], modified=request.now)
    if not request.get("DryRun"):
        directory.members.put(member.account_id, member)
    return {"Account": described(directory, member)}


@rpc(
    PRODUCT, VERSION, "MoveAccount", action="resourcemanager:MoveAccount", read_only=False,
    resources=account_resource, AccountId=account_id(), DestinationFolderId=folder_id("DestinationFolderId"),
)
def move_account(request: ApiRequest) -> None:
    """Put a member into another folder."""
    directory = managed(request)
    member = found_member(directory.members.get(request["AccountId"]))
    folder = found_folder(directory.folders.get(request["DestinationFolderId"]))
    directory.members.put(member.account_id, replace(member, folder=folder.id, modified=request.now))


@rpc(
    PRODUCT, VERSION, "RemoveCloudAccount", action="resourcemanager:RemoveCloudAccount", read_only=False,
    resources=account_resource, AccountId=account_id(),
)
def remove_cloud_account(request: ApiRequest) -> None:
    """Let a member go that was invited; the management account can no longer get into it."""
    directory = managed(request)
    member = found_member(directory.members.get(request["AccountId"]))
    if not member.invited:
        raise CloudError(409, "AccountTypeOrStatusMismatch", "A resource account can't be removed.")
    services = [item.service for item in directory.delegations.all() if item.account_id == member.account_id]
    if services:
        raise CloudError(409, "Deny.TrustedService", f"The account is used in {', '.join(services)}.")
    directory.members.delete(member.account_id)
    account = request.cloud.account(member.account_id)
    account.member = False
    if MEMBER_ROLE in account.ram.roles:
        account.ram.roles.delete(MEMBER_ROLE)
        account.ram.attachments.delete((ROLE, MEMBER_ROLE.lower()))


@rpc(
    PRODUCT, VERSION, "ListAccounts", action="resourcemanager:ListAccounts", read_only=True,
    resources=account_resource, IncludeTags=Flag(), QueryKeyword=Text(), Tag=TAGS, NextToken=Text(),
    MaxResults=Number(minimum=1, maximum=100), **PAGES,
)
def list_accounts(request: ApiRequest) -> dict[str, Any]:
    """The members, by pages with numbers or with tokens."""
    directory = readable(request)
    found = [member for member in directory.members.all_seen() if matches(request, member, member.display_name)]
    listed, counts = page(request, found)
    if "MaxResults" in request or "NextToken" in request:
        listed, token = token_page(request, found)
        counts = {"NextToken": token, "TotalCount": len(found)}
    return {**counts, "Accounts": {"Account": [
        {**_listed(request, directory, member), "ResourceDirectoryPath": _path(directory, member)} for member in listed
    ]}}


@rpc(
    PRODUCT, VERSION, "ListAccountsForParent", action="resourcemanager:ListAccountsForParent", read_only=True,
    resources=account_resource, ParentFolderId=folder_id("ParentFolderId", required=False), IncludeTags=Flag(),
    QueryKeyword=Text(), Tag=TAGS, **PAGES,
)
def list_accounts_for_parent(request: ApiRequest) -> dict[str, Any]:
    """The members in a folder, by default in the root folder."""
    directory = readable(request)
    folder = found_folder(directory.folders.seen(request.get("ParentFolderId", directory.root.id)))
    listed, counts = page(request, [
        member for member in directory.members.all_seen()
        if member.folder == folder.id and matches(request, member, member.display_name)
    ])
    return {**counts, "Accounts": {"Account": [_listed(request, directory, member) for member in listed]}}


def described(directory: Directory, member: Member) -> dict[str, Any]:
    """A member as all answers have it."""
    return {
        "AccountId": member.account_id, "AccountName": f"{member.prefix}@{directory.id}.aliyunid.com",
        "DisplayName": member.display_name, "FolderId": member.folder, "ResourceDirectoryId": directory.id,
        "JoinMethod": "invited" if member.invited else "created", "JoinTime": exact(member.joined),
        "ModifyTime": exact(member.modified),
        "Status": member.upgrade or ("InviteSuccess" if member.invited else "CreateSuccess"),
        "Type": "CloudAccount" if member.invited else "ResourceAccount",
    }


def _listed(request: ApiRequest, directory: Directory, member: Member) -> dict[str, Any]:
    tags = {"Tags": {"Tag": tag_list(member)}} if request.get("IncludeTags") else {}
    return {**described(directory, member), "DeletionStatus": member.deletion, **tags}


def _folders(directory: Directory, member: Member) -> list[Any]:
    return directory.path(directory.folders.get(member.folder))


def _path(directory: Directory, member: Member) -> str:
    return "/".join([directory.id, *(folder.id for folder in _folders(directory, member)), member.account_id])


def _check_display_name(directory: Directory, name: str, itself: Member | None = None) -> None:
    if any(member.display_name == name and member != itself for member in directory.members.all()):
        raise CloudError(409, "InvalidParameter.Account.DisplayName.AlreadyUsed", "Another member has this name.")


def _no_other_type(wanted: str, member: Member) -> CloudError:
    if (wanted == "CloudAccount") == member.invited:
        return CloudError(409, "AccountTypeMismatch", f"The account is a {wanted} already.")
    if wanted == "CloudAccount":
        return CloudError(409, "MissingSecurityInfo", "No mobile phone number is bound to the account.")
    return CloudError(501, "NotImplemented", "The local Alibaba Cloud makes no resource accounts of cloud accounts.")


def _new_account_id(request: ApiRequest) -> str:
    while True:
        new = "1" + "".join(secrets.choice("0123456789") for _position in range(15))
        if new not in request.cloud.accounts:
            return new
