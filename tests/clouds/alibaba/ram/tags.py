# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags of roles and policies.

Limits: the help page of TagResources. Codes of errors: assumption alibaba-tag-error-codes.
"""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..errors import CloudError
from ..operations import rpc
from ..parameters import Flag, Items, Json, Number, Structure, Text
from .common import PRODUCT, VERSION, found, pack, unpack
from .state import ManagedPolicy, Role

if TYPE_CHECKING:
    from ..request import ApiRequest

_MOST = 20
_KEY = Text(required=True, code="InvalidParameter.TagKey", length=(1, 128),
            pattern=r"(?!aliyun|acs:|.*https?://)[\s\S]+")
_VALUE = Text(code="InvalidParameter.TagValue", length=(0, 256), pattern=r"(?!.*https?://)[\s\S]*")


def _tags(*, required: bool = False) -> Json:
    tag = Structure(fields={"Key": _KEY, "Value": _VALUE})
    return Json(required=required, content=Items(item=tag, most=_MOST, code="LimitExceeded.Tag"))


TAGS = _tags()
_TYPE = Text(required=True, code="InvalidParameter.ResourceType", choices=("role", "policy"))


def _names(*, required: bool = False) -> Json:
    return Json(required=required, content=Items(most=50, code="InvalidParameter.ResourceNames"))


def read(sent: list[Mapping[str, str]]) -> dict[str, str]:
    """Tags from a parameter.

    :raises CloudError: a key is there twice.
    """
    tags = {tag["Key"]: tag.get("Value", "") for tag in sent}
    if len(tags) < len(sent):
        raise CloudError(400, "InvalidParameter.TagKey", "A key is there twice.")
    return tags


def written(tags: Mapping[str, str]) -> dict[str, Any]:
    """Tags for an answer."""
    return {"Tag": [{"TagKey": key, "TagValue": value} for key, value in tags.items()]}


def match(wanted: list[Mapping[str, str]], tags: Mapping[str, str]) -> bool:
    """Whether all the tags of a filter are there; one without a value is there with any."""
    return all(tag["Key"] in tags and tag.get("Value", tags[tag["Key"]]) == tags[tag["Key"]] for tag in wanted)


def _resources(request: ApiRequest) -> list[str]:
    kind = request["ResourceType"]
    names = request.get("ResourceNames") or ["*"]
    return [f"acs:ram::{request.account.id}:{kind}/{_same(kind, name)}" for name in names]


def _same(kind: str, name: str) -> str:
    """What names of the same role or policy have in common."""
    return name.lower() if kind == "role" else name


@rpc(
    PRODUCT, VERSION, "TagResources", action="ram:TagResources", read_only=False, resources=_resources,
    ResourceType=_TYPE, ResourceNames=_names(required=True), Tag=_tags(required=True),
)
def tag_resources(request: ApiRequest) -> None:
    """Add tags, or change their values."""
    if not request["Tag"]:
        raise CloudError(400, "MissingParameter", "At least one tag is needed.")
    tags = read(request["Tag"])
    changed = [replace(entity, tags={**entity.tags, **tags}) for entity in _named(request)]
    if any(len(entity.tags) > _MOST for entity in changed):
        raise CloudError(409, "LimitExceeded.Tag", f"A role or policy has at most {_MOST} tags.")
    _put(request, changed)


@rpc(
    PRODUCT, VERSION, "UntagResources", action="ram:UntagResources", read_only=False, resources=_resources,
    ResourceType=_TYPE, ResourceNames=_names(required=True), All=Flag(),
    TagKeys=Json(content=Items(item=_KEY, most=_MOST, code="LimitExceeded.Tag")),
)
def untag_resources(request: ApiRequest) -> None:
    """Remove the tags of some keys, or all of them; keys that are not there don't matter."""
    if not request.get("TagKeys") and not request.get("All"):
        raise CloudError(400, "MissingParameter", "Either TagKeys or All is needed.")
    keys = request.get("TagKeys")
    _put(request, [
        replace(entity, tags={key: value for key, value in entity.tags.items() if keys and key not in keys})
        for entity in _named(request)
    ])


@rpc(
    PRODUCT, VERSION, "ListTagResources", action="ram:ListTagResources", read_only=True, resources=_resources,
    ResourceType=_TYPE, ResourceNames=_names(), Tag=TAGS, NextToken=Text(),
    PageSize=Number(code="InvalidParameter.PageSize", minimum=1, maximum=100),
)
def list_tag_resources(request: ApiRequest) -> dict[str, Any]:
    """The tags of the named roles or policies, or of all; a tag is an item."""
    ram, kind, wanted = request.account.ram, request["ResourceType"], request.get("Tag", [])
    entities = (ram.roles if kind == "role" else ram.policies).all_seen()
    names = {_same(kind, name) for name in request.get("ResourceNames", [])}
    rows = sorted(
        (entity.name, key, value)
        for entity in entities if (not names or _same(kind, entity.name) in names) and match(wanted, entity.tags)
        for key, value in entity.tags.items() if not wanted or any(tag["Key"] == key for tag in wanted)
    )
    after = unpack(request["NextToken"], "NextToken") if "NextToken" in request else ""
    rest = [row for row in rows if "\0".join(row[:2]) > after]
    size = request.get("PageSize", 100)
    answer: dict[str, Any] = {"TagResources": [
        {"ResourceType": kind, "ResourceName": name, "TagKey": key, "TagValue": value}
        for name, key, value in rest[:size]
    ]}
    if len(rest) > size:
        answer["NextToken"] = pack("\0".join(rest[size - 1][:2]))
    return answer


def _named(request: ApiRequest) -> list[Role | ManagedPolicy]:
    ram = request.account.ram
    if not request["ResourceNames"]:
        raise CloudError(400, "MissingParameter", "At least one name is needed.")
    if request["ResourceType"] == "role":
        return [found(ram.roles.get(name), "Role", name) for name in request["ResourceNames"]]
    return [found(ram.policies.get(name), "Policy", name) for name in request["ResourceNames"]]


def _put(request: ApiRequest, entities: list[Role | ManagedPolicy]) -> None:
    ram = request.account.ram
    for entity in entities:
        (ram.roles if request["ResourceType"] == "role" else ram.policies).put(entity.name, entity)
