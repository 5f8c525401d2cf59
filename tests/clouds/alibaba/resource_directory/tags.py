# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags of members."""
from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..errors import CloudError
from ..operations import rpc
from ..parameters import Flag, Items, Number, Text
from .common import PRODUCT, TAGS, VERSION, found_member, managed, readable, tags_of, token_page

if TYPE_CHECKING:
    from ..request import ApiRequest

_TYPE = Text(required=True, choices=("Account",))
_MOST = 20


def _members(request: ApiRequest) -> list[str]:
    return [f"acs:resourcemanager::{request.account.id}:account/{id}" for id in request.get("ResourceId", ["*"])]


@rpc(
    PRODUCT, VERSION, "TagResources", action="resourcemanager:TagResources", read_only=False, resources=_members,
    ResourceType=_TYPE, ResourceId=Items(required=True, most=50), Tag=replace(TAGS, required=True),
)
def tag_resources(request: ApiRequest) -> None:
    """Add tags to members, or give them other values."""
    members = managed(request).members
    new = tags_of(request)
    for key, value in new.items():
        if key.startswith(("acs:", "aliyun")) or value.startswith("acs:") or "http://" in key + value or (
                "https://" in key + value):
            raise CloudError(400, "InvalidParameter.Tag", f"The tag {key} is not one that users may set.")
    tagged = [found_member(members.get(id)) for id in request["ResourceId"]]
    for member in tagged:
        if len(member.tags | new) > _MOST:
            raise CloudError(400, "LimitExceeded.Tag", f"A member has at most {_MOST} tags.")
    for member in tagged:
        members.put(member.account_id, replace(member, tags={**member.tags, **new}))


@rpc(
    PRODUCT, VERSION, "UntagResources", action="resourcemanager:UntagResources", read_only=False, resources=_members,
    ResourceType=_TYPE, ResourceId=Items(required=True, most=50), TagKey=Items(most=20), All=Flag(),
)
def untag_resources(request: ApiRequest) -> None:
    """Take some tags, or all, from members."""
    members = managed(request).members
    keys = request.get("TagKey", [])
    if not keys and not request.get("All"):
        raise CloudError(400, "MissingParameter.TagKey", "TagKey or All is needed.")
    for member in [found_member(members.get(id)) for id in request["ResourceId"]]:
        rest = {key: value for key, value in member.tags.items() if keys and key not in keys}
        members.put(member.account_id, replace(member, tags=rest))


@rpc(
    PRODUCT, VERSION, "ListTagResources", action="resourcemanager:ListTagResources", read_only=True,
    resources=_members, ResourceType=_TYPE, ResourceId=Items(most=50), Tag=TAGS, NextToken=Text(),
    MaxResults=Number(minimum=1, maximum=100),
)
def list_tag_resources(request: ApiRequest) -> dict[str, Any]:
    """Members' tags, one by one."""
    wanted, ids = request.get("Tag", []), request.get("ResourceId")
    listed, token = token_page(request, [
        {"ResourceType": "Account", "ResourceId": member.account_id, "TagKey": key, "TagValue": value}
        for member in readable(request).members.all_seen() if ids is None or member.account_id in ids
        for key, value in member.tags.items()
        if not wanted or any(tag["Key"] == key and tag.get("Value") in (None, value) for tag in wanted)
    ])
    return {"NextToken": token, "TagResources": listed}
