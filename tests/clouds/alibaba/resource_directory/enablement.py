# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The directory itself."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import CloudError
from ..operations import rpc
from ..parameters import Flag, Text
from .common import PRODUCT, VERSION, exact

if TYPE_CHECKING:
    from ..request import ApiRequest


@rpc(PRODUCT, VERSION, "GetResourceDirectory", action="resourcemanager:GetResourceDirectory", read_only=True)
def get_resource_directory(request: ApiRequest) -> dict[str, Any]:
    """The directory to which the caller's account belongs."""
    directory = request.cloud.directory
    if not directory.is_member(request.account.id):
        raise CloudError(404, "ResourceDirectoryNotInUse", "The account belongs to no resource directory.")
    return {"ResourceDirectory": {
        "ResourceDirectoryId": directory.id, "RootFolderId": directory.root.id, "CreateTime": exact(directory.created),
        "MasterAccountId": directory.manager, "MasterAccountName": f"management-{directory.manager}",
        "ControlPolicyStatus": "Disabled", "MemberDeletionStatus": "Disabled",
        "MemberAccountDisplayNameSyncStatus": "Disabled", "IdentityInformation": "Local Alibaba Cloud",
    }}


@rpc(
    PRODUCT, VERSION, "EnableResourceDirectory", action="resourcemanager:InitResourceDirectory", read_only=False,
    EnableMode=Text(required=True, choices=("CurrentAccount", "NewManagementAccount")), DryRun=Flag(), MAName=Text(),
    MASecureMobilePhone=Text(), VerificationCode=Text(),
)
def enable_resource_directory(request: ApiRequest) -> dict[str, Any]:
    """Refused: there is one directory, and it is enabled."""
    directory = request.cloud.directory
    if request.account.id == directory.manager:
        raise CloudError(409, "EntityAlreadyExists.ResourceDirectory",
                         "The resource directory of the account is enabled already.")
    if directory.is_member(request.account.id):
        raise CloudError(409, "NotSupport.AccountInAnotherResourceDirectory",
                         "The account is in another resource directory.")
    raise CloudError(501, "NotImplemented", "The local Alibaba Cloud has one resource directory only.")
