# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders."""
from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..directory import Directory, Folder
from ..errors import CloudError
from ..operations import rpc
from ..parameters import Text
from ..principals import random_text
from .common import (
    PAGES, PRODUCT, TAGS, VERSION, Named, exact, folder_id, folder_resource, found_folder, managed, matches, page,
    readable, tag_list, tags_of,
)

if TYPE_CHECKING:
    from ..request import ApiRequest

_DEEPEST = 5  # below the root folder
_NAME = Named(required=True, length=(1, 24), pattern=r"[\w.-]+", code="InvalidParameter.Folder.Name",
              missing="MissingParameter.Folder.Name")


@rpc(
    PRODUCT, VERSION, "CreateFolder", action="resourcemanager:CreateFolder", read_only=False,
    resources=folder_resource, FolderName=_NAME, ParentFolderId=folder_id("ParentFolderId", required=False), Tag=TAGS,
)
def create_folder(request: ApiRequest) -> dict[str, Any]:
    """Make a folder in another, by default in the root folder."""
    directory = managed(request)
    parent = found_folder(directory.folders.get(request.get("ParentFolderId", directory.root.id)))
    _check_name(directory, parent.id, request["FolderName"])
    if len(directory.path(parent)) > _DEEPEST:
        raise CloudError(409, "LimitExceeded.Folder.Depth", f"Folders are not deeper than {_DEEPEST}.")
    folder = Folder(f"fd-{random_text(10)}", request["FolderName"], parent.id, request.now, tags_of(request))
    directory.folders.put(folder.id, folder)
    return {"Folder": _described(folder)}


@rpc(
    PRODUCT, VERSION, "GetFolder", action="resourcemanager:GetFolder", read_only=True, resources=folder_resource,
    FolderId=folder_id(),
)
def get_folder(request: ApiRequest) -> dict[str, Any]:
    """Look at a folder."""
    directory = readable(request)
    folder = found_folder(directory.folders.seen(request["FolderId"]))
    path = "/".join([directory.id, *(part.id for part in directory.path(folder))])
    return {"Folder": {**_described(folder), "ResourceDirectoryPath": path}}


@rpc(
    PRODUCT, VERSION, "UpdateFolder", action="resourcemanager:UpdateFolder", read_only=False,
    resources=folder_resource, FolderId=folder_id(), NewFolderName=_NAME,
)
def update_folder(request: ApiRequest) -> dict[str, Any]:
    """Give a folder another name."""
    directory = managed(request)
    folder = _no_root(directory, found_folder(directory.folders.get(request["FolderId"])))
    _check_name(directory, folder.parent, request["NewFolderName"])
    folder = replace(folder, name=request["NewFolderName"])
    directory.folders.put(folder.id, folder)
    return {"Folder": _described(folder)}


@rpc(
    PRODUCT, VERSION, "DeleteFolder", action="resourcemanager:DeleteFolder", read_only=False,
    resources=folder_resource, FolderId=folder_id(),
)
def delete_folder(request: ApiRequest) -> None:
    """Delete a folder in which there is nothing."""
    directory = managed(request)
    folder = _no_root(directory, found_folder(directory.folders.get(request["FolderId"])))
    if any(other.parent == folder.id for other in directory.folders.all()):
        raise CloudError(409, "DeleteConflict.Folder.SubFolder", "There are folders in the folder.")
    if any(member.folder == folder.id for member in directory.members.all()):
        raise CloudError(409, "DeleteConflict.Folder.Account", "There are accounts in the folder.")
    directory.folders.delete(folder.id)


@rpc(
    PRODUCT, VERSION, "ListFoldersForParent", action="resourcemanager:ListFoldersForParent", read_only=True,
    resources=folder_resource, ParentFolderId=folder_id("ParentFolderId", required=False), QueryKeyword=Text(),
    Tag=TAGS, **PAGES,
)
def list_folders_for_parent(request: ApiRequest) -> dict[str, Any]:
    """The folders in a folder, by default in the root folder."""
    directory = readable(request)
    parent = found_folder(directory.folders.seen(request.get("ParentFolderId", directory.root.id)))
    listed, counts = page(request, [
        folder for folder in directory.folders.all_seen()
        if folder.parent == parent.id and matches(request, folder, folder.name)
    ])
    return {**counts, "Folders": {"Folder": [
        {**_short(folder), "Tags": {"Tag": tag_list(folder)}} for folder in listed
    ]}}


@rpc(
    PRODUCT, VERSION, "ListAncestors", action="resourcemanager:ListAncestors", read_only=True,
    resources=folder_resource, ChildId=folder_id("ChildId"),
)
def list_ancestors(request: ApiRequest) -> dict[str, Any]:
    """The folders above a folder, the root folder first."""
    directory = readable(request)
    child = found_folder(directory.folders.seen(request["ChildId"]))
    return {"Folders": {"Folder": [_short(folder) for folder in directory.path(child)[:-1]]}}


def _check_name(directory: Directory, parent: str, name: str) -> None:
    if any(folder.parent == parent and folder.name == name for folder in directory.folders.all()):
        raise CloudError(400, "InvalidParameter.Folder.Name.AlreadyUsed",
                         "There is a folder of this name under the same parent.")


def _no_root(directory: Directory, folder: Folder) -> Folder:
    if folder.id == directory.root.id:
        raise CloudError(400, "InvalidParameter.FolderId", "The root folder stays as it is.")
    return folder


def _short(folder: Folder) -> dict[str, str]:
    return {"FolderId": folder.id, "FolderName": folder.name, "CreateTime": exact(folder.created)}


def _described(folder: Folder) -> dict[str, Any]:
    return {**_short(folder), "ParentFolderId": folder.parent or ""}
