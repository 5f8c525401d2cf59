# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags of projects and logstores.

What a filter returns: assumption alibaba-sls-tag-filter.
"""
from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..errors import CloudError
from ..operations import rest
from ..parameters import Flag, Items, Structure, Text
from ..request import ApiRequest
from .common import find_project, project_arn, project_to_change
from .state import Logstore, Project, no_logstore

_MOST = 20
_PAGE = 100
_KEY = Text(required=True, length=(1, 128), pattern=r"(?!acs:|aliyun)((?!https?://).)*")
_VALUE = Text(required=True, length=(1, 128), pattern=r"((?!https?://).)*")
_TYPE = Text(required=True, where="body")
_ID = Items(required=True, most=1, where="body")


def _resources(request: ApiRequest) -> str | list[str]:
    ids = request.get("resourceId")
    return [project_arn(request, id.partition("#")[0]) for id in ids] if ids else project_arn(request, "*")


@rest(
    "TagResources", "POST", "/tag", action="log:TagResources", read_only=False, in_project=None, resources=_resources,
    resourceType=_TYPE, resourceId=_ID,
    tags=Items(item=Structure(fields={"key": _KEY, "value": _VALUE}), required=True, where="body"),
)
def tag_resources(request: ApiRequest) -> None:
    """Add or replace tags of one project or logstore."""
    if not 1 <= len(request["tags"]) <= _MOST:
        raise CloudError(400, "PostBodyInvalid", f"request tag key value pair size must little than {_MOST}")
    resource = _one(request)
    tags = {**resource.tags, **{tag["key"]: tag["value"] for tag in request["tags"]}}
    if len(tags) > _MOST:
        raise CloudError(400, "PostBodyInvalid", "tag key value pair count exceed")
    _put(request, resource, tags)


@rest(
    "UntagResources", "POST", "/untag", action="log:UntagResources", read_only=False, in_project=None,
    resources=_resources, resourceType=_TYPE, resourceId=_ID, all=Flag(where="body"), tags=Items(where="body"),
)
def untag_resources(request: ApiRequest) -> None:
    """Remove tags, by their keys or all of them, of one project or logstore; keys that it has not are no error."""
    keys = request.get("tags", [])
    if len(keys) > _MOST:
        raise CloudError(400, "PostBodyInvalid", "tag key value pair count exceed")
    resource = _one(request)
    left = {} if request.get("all") else {key: value for key, value in resource.tags.items() if key not in keys}
    _put(request, resource, left)


@rest(
    "ListTagResources", "GET", "/tags", action="log:ListTagResources", read_only=True, in_project=None,
    resources=_resources, resourceType=Text(required=True), resourceId=Items(),
    tags=Items(item=Structure(fields={"key": Text(required=True), "value": Text()}), most=_MOST), nextToken=Text(),
)
def list_tag_resources(request: ApiRequest) -> dict[str, Any]:
    """Tags of resources, of those only that have certain tags."""
    ids, wanted = request.get("resourceId"), request.get("tags")
    if not ids and not wanted:
        raise CloudError(400, "ParameterInvalid", "Either resourceId or tags is needed.")
    resources = ({id: _find(request, request["resourceType"], id) for id in ids} if ids else _all(request))
    found = [
        {"resourceType": request["resourceType"], "resourceId": id, "tagKey": key, "tagValue": value}
        for id, resource in resources.items() if _has(resource.tags, wanted or [])
        for key, value in resource.tags.items()
    ]
    start = request.get("nextToken") or "0"
    if not re.fullmatch("[0-9]{1,9}", start):
        raise CloudError(400, "ParameterInvalid", f"nextToken {start} is invalid")
    end = int(start) + _PAGE
    return {"nextToken": str(end) if end < len(found) else "", "tagResources": found[int(start):end]}


def _has(tags: Mapping[str, str], wanted: list[dict[str, str]]) -> bool:
    return all(tag["key"] in tags and tag.get("value", tags[tag["key"]]) == tags[tag["key"]] for tag in wanted)


def _one(request: ApiRequest) -> Project | Logstore:
    """The resource of the request as it is."""
    if not request["resourceId"]:
        raise CloudError(400, "ParameterInvalid", "resourceId has to name one resource.")
    resource = _find(request, request["resourceType"], request["resourceId"][0])
    if isinstance(resource, Project):
        return project_to_change(request, resource.name)
    logstore = request.cloud.sls.logstores.get(resource.key)
    if not logstore:
        raise no_logstore(resource.name)
    return logstore


def _find(request: ApiRequest, kind: str, id: str) -> Project | Logstore:
    """A resource as the caller sees it: a project by its name, a logstore by ``project#logstore``."""
    _check_kind(kind)
    project_name, _hash, name = id.partition("#")
    if request.project not in (None, project_name):
        raise CloudError(400, "ParameterInvalid", f"The resource {id} is not of project {request.project}.")
    project = find_project(request, project_name)
    if kind == "project":
        return project
    logstore = request.cloud.sls.logstores.seen((project.name, name))
    if not logstore:
        raise no_logstore(name)
    return logstore


def _all(request: ApiRequest) -> dict[str, Project | Logstore]:
    """The caller's resources of a type, in the region of the endpoint."""
    _check_kind(request["resourceType"])
    sls = request.cloud.sls
    projects = {
        project.name: project for project in sls.projects.all_seen()
        if (project.account_id, project.region) == (request.account.id, request.region)
        and request.project in (None, project.name)
    }
    if request["resourceType"] == "project":
        return projects
    return {
        f"{logstore.project}#{logstore.name}": logstore for logstore in sls.logstores.all_seen()
        if logstore.project in projects
    }


def _check_kind(kind: str) -> None:
    if kind in ("dashboard", "machinegroup", "logtailconfig"):
        raise CloudError(501, "NotImplemented", f"The local Alibaba Cloud has no resources of type {kind}.")
    if kind not in ("project", "logstore"):
        raise CloudError(400, "ParameterInvalid", f"The resource type is not supported: {kind}")


def _put(request: ApiRequest, resource: Project | Logstore, tags: Mapping[str, str]) -> None:
    sls = request.cloud.sls
    if isinstance(resource, Project):
        sls.projects.put(resource.name, replace(resource, tags=tags))
    else:
        sls.logstores.put(resource.key, replace(resource, tags=tags))
