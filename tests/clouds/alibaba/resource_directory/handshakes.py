# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Invitations, also called handshakes: an account from outside becomes a member."""
from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..accounts import MEMBER_ROLE, add_access_role
from ..directory import Directory, Invitation, Member
from ..errors import CloudError
from ..operations import rpc
from ..parameters import Text
from ..principals import random_text
from .common import PAGES, PRODUCT, TAGS, VERSION, exact, folder_id, found_folder, managed, page, tags_of

if TYPE_CHECKING:
    from ..request import ApiRequest

_DAYS = 14 * 24 * 3600  # seconds for which an invitation can be accepted
_HANDSHAKE = Text(required=True, pattern=r"h-[A-Za-z0-9]{12}", code="InvalidParameter.HandshakeId",
                  missing="MissingParameter.HandshakeId")


def _resource(request: ApiRequest) -> str:
    return f"acs:resourcemanager::{request.account.id}:handshake/{request.get('HandshakeId', '*')}"


@rpc(
    PRODUCT, VERSION, "InviteAccountToResourceDirectory", action="resourcemanager:InviteAccountToResourceDirectory",
    read_only=False, resources=_resource, Note=Text(length=(0, 1024), code="InvalidParameter.Note.Length"),
    ParentFolderId=folder_id("ParentFolderId", required=False), Tag=TAGS,
    TargetEntity=Text(required=True, code="InvalidParameter.TargetEntity", missing="MissingParameter.TargetEntity"),
    TargetType=Text(required=True, choices=("Account", "Email"), code="InvalidParameter.TargetType",
                    missing="MissingParameter.TargetType"),
)
def invite_account_to_resource_directory(request: ApiRequest) -> dict[str, Any]:
    """Invite an account that is outside."""
    directory, account_id = managed(request), request["TargetEntity"]
    if request["TargetType"] == "Email":
        raise CloudError(501, "NotImplemented", "The local Alibaba Cloud knows accounts by their ids only.")
    if account_id not in request.cloud.accounts:
        raise CloudError(400, "InvalidParameter.TargetEntity", f"There is no account {account_id}.")
    if directory.is_member(account_id):
        raise CloudError(409, "EntityAlreadyExists.ResourceDir.Account", "The account is in the resource directory.")
    if any(_status(request, other) == "Pending" and other.account_id == account_id
           for other in directory.invitations.all()):
        raise CloudError(409, "EntityAlreadyExists.Handshake", "The account has been invited already.")
    folder = found_folder(directory.folders.get(request.get("ParentFolderId", directory.root.id)))
    invitation = Invitation(f"h-{random_text(12)}", account_id, folder.id, "Pending", request.now, request.now,
                            request.get("Note", ""), tags_of(request))
    directory.invitations.put(invitation.id, invitation)
    return {"Handshake": _described(request, invitation)}


@rpc(
    PRODUCT, VERSION, "GetHandshake", action="resourcemanager:GetHandshake", read_only=True, resources=_resource,
    HandshakeId=_HANDSHAKE,
)
def get_handshake(request: ApiRequest) -> dict[str, Any]:
    """Look at an invitation, in the management account or in the one that is invited."""
    invitation = _visible(request, request.cloud.directory.invitations.seen(request["HandshakeId"]))
    return {"Handshake": {
        **_described(request, invitation), "InvitedAccountRealName": "Local Alibaba Cloud",
        "MasterAccountRealName": "Local Alibaba Cloud",
    }}


@rpc(
    PRODUCT, VERSION, "AcceptHandshake", action="resourcemanager:AcceptHandshake", read_only=False,
    resources=_resource, HandshakeId=_HANDSHAKE,
)
def accept_handshake(request: ApiRequest) -> dict[str, Any]:
    """Become a member, which lets the management account in."""
    directory, invitation = request.cloud.directory, _pending(request, by_manager=False)
    account = request.account
    account.member = True
    if MEMBER_ROLE not in account.ram.roles:
        add_access_role(account, directory.manager)
    folder = invitation.folder if invitation.folder in directory.folders else directory.root.id
    directory.members.put(account.id, Member(
        account.id, f"account-{account.id}", account.id, folder, request.now, request.now, invited=True,
        tags=invitation.tags,
    ))
    return _end(request, directory, invitation, "Accepted")


@rpc(
    PRODUCT, VERSION, "DeclineHandshake", action="resourcemanager:DeclineHandshake", read_only=False,
    resources=_resource, HandshakeId=_HANDSHAKE,
)
def decline_handshake(request: ApiRequest) -> dict[str, Any]:
    """Stay outside."""
    return _end(request, request.cloud.directory, _pending(request, by_manager=False), "Declined")


@rpc(
    PRODUCT, VERSION, "CancelHandshake", action="resourcemanager:CancelHandshake", read_only=False,
    resources=_resource, HandshakeId=_HANDSHAKE,
)
def cancel_handshake(request: ApiRequest) -> dict[str, Any]:
    """Take an invitation back."""
    return _end(request, managed(request), _pending(request, by_manager=True), "Cancelled")


@rpc(
    PRODUCT, VERSION, "ListHandshakesForResourceDirectory",
    action="resourcemanager:ListHandshakesForResourceDirectory", read_only=True, resources=_resource, **PAGES,
)
def list_handshakes_for_resource_directory(request: ApiRequest) -> dict[str, Any]:
    """The invitations that the management account created."""
    return _listed(request, managed(request).invitations.all_seen())


@rpc(
    PRODUCT, VERSION, "ListHandshakesForAccount", action="resourcemanager:ListHandshakesForAccount", read_only=True,
    resources=_resource, **PAGES,
)
def list_handshakes_for_account(request: ApiRequest) -> dict[str, Any]:
    """The invitations that the caller's account got."""
    return _listed(request, [
        invitation for invitation in request.cloud.directory.invitations.all_seen()
        if invitation.account_id == request.account.id
    ])


def _listed(request: ApiRequest, invitations: list[Invitation]) -> dict[str, Any]:
    listed, counts = page(request, invitations)
    return {**counts, "Handshakes": {"Handshake": [_described(request, invitation) for invitation in listed]}}


def _visible(request: ApiRequest, invitation: Invitation | None) -> Invitation:
    if not invitation or request.account.id not in (invitation.account_id, request.cloud.directory.manager):
        raise CloudError(404, "EntityNotExists.Handshake", "There is no such invitation.")
    return invitation


def _pending(request: ApiRequest, *, by_manager: bool) -> Invitation:
    invitation = _visible(request, request.cloud.directory.invitations.get(request["HandshakeId"]))
    if by_manager != (request.account.id == request.cloud.directory.manager):
        raise CloudError(404, "EntityNotExists.Handshake", "There is no such invitation.")
    if _status(request, invitation) != "Pending":
        raise CloudError(409, "HandshakeStatusMismatch", f"The invitation is {_status(request, invitation)}.")
    return invitation


def _end(request: ApiRequest, directory: Directory, invitation: Invitation, status: str) -> dict[str, Any]:
    invitation = replace(invitation, status=status, modified=request.now)
    directory.invitations.put(invitation.id, invitation)
    return {"Handshake": _described(request, invitation)}


def _status(request: ApiRequest, invitation: Invitation) -> str:
    late = invitation.status == "Pending" and request.now > invitation.created + _DAYS
    return "Expired" if late else invitation.status


def _described(request: ApiRequest, invitation: Invitation) -> dict[str, Any]:
    directory = request.cloud.directory
    return {
        "HandshakeId": invitation.id, "TargetEntity": invitation.account_id, "TargetType": "Account",
        "Note": invitation.note, "Status": _status(request, invitation), "CreateTime": exact(invitation.created),
        "ModifyTime": exact(invitation.modified), "ExpireTime": exact(invitation.created + _DAYS),
        "ResourceDirectoryId": directory.id, "MasterAccountId": directory.manager,
        "MasterAccountName": f"management-{directory.manager}",
    }
