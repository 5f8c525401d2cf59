# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Projects."""
from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..errors import CloudError
from ..operations import rest
from ..parameters import Flag, Text
from ..request import ApiRequest
from .common import PAGING, find_project, page, project_arn, project_to_change
from .state import Project

# What an account may have, and what a project may: the help page "Basic resources" of SLS.
MOST_PROJECTS = 150  # assumption alibaba-sls-quotas
QUOTA = {"logstore": 200, "shard": 400, "machineGroup": 400, "config": 100, "dashboard": 100, "savedsearch": 100}

_NAME = Text(required=True, pattern=r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", where="body")
_DESCRIPTION_BYTES = 512
_PAGE = 100


@rest(
    "CreateProject", "POST", "/", action="log:CreateProject", read_only=False, in_project=None,
    resources=lambda request: project_arn(request, request["projectName"]),
    projectName=_NAME, description=Text(required=True, where="body"),
    dataRedundancyType=Text(choices=("LRS", "ZRS"), where="body"), resourceGroupId=Text(where="body"),
    recycleBinEnabled=Flag(where="body"),
)
def create_project(request: ApiRequest) -> None:
    """Make a project in the region of the endpoint."""
    name = request["projectName"]
    if request.project not in (None, name):
        raise CloudError(400, "ParameterInvalid", f"The host is that of project {request.project}, not of {name}.")
    _check_description(request["description"])
    _check_recycle_bin(request)
    projects = request.cloud.sls.projects
    if name in projects:
        raise CloudError(400, "ProjectAlreadyExist", f"Project {name} already exist")
    if sum(project.account_id == request.account.id for project in projects.all()) >= MOST_PROJECTS:
        raise CloudError(400, "ProjectQuotaExceed", "Project Quota Exceed.")
    request.account.has_sls = True  # assumption alibaba-sls-activation
    request.cloud.sls.add_project(Project(
        name, request.account.id, request.region, created=request.now, modified=request.now,
        description=request["description"], data_redundancy_type=request.get("dataRedundancyType", "LRS"),
        resource_group_id=request.get("resourceGroupId", ""),
    ))


@rest(
    "GetProject", "GET", "/", action="log:GetProject", read_only=True, resources=project_arn, crossRegion=Flag(),
)
def get_project(request: ApiRequest) -> dict[str, Any]:
    """Describe a project."""
    if request.get("crossRegion"):
        raise CloudError(501, "NotImplemented", "The local Alibaba Cloud finds projects in their own region only.")
    return _describe(find_project(request), with_quota=True)


@rest(
    "UpdateProject", "PUT", "/", action="log:UpdateProject", read_only=False, resources=project_arn,
    description=Text(where="body"), recycleBinEnabled=Flag(where="body"),
)
def update_project(request: ApiRequest) -> None:
    """Change the description; without one it becomes empty."""
    description = request.get("description", "")
    _check_description(description)
    _check_recycle_bin(request)
    project = project_to_change(request)
    request.cloud.sls.projects.put(project.name, replace(project, description=description, modified=request.now))


@rest(
    "ChangeResourceGroup", "PUT", "/resourcegroup", action="log:ChangeResourceGroup", read_only=False, in_project=None,
    resources=lambda request: project_arn(request, request["resourceId"]),
    resourceId=Text(required=True, where="body"), resourceType=Text(choices=("PROJECT",), where="body"),
    resourceGroupId=Text(required=True, pattern="rg-[A-Za-z0-9-]+", where="body"),
)
def change_resource_group(request: ApiRequest) -> None:
    """Move a project to another resource group of its account; which groups there are is not known here."""
    name = request["resourceId"]
    if request.project not in (None, name):
        raise CloudError(400, "ParameterInvalid", f"The host is that of project {request.project}, not of {name}.")
    project = project_to_change(request, name)
    request.cloud.sls.projects.put(
        name, replace(project, resource_group_id=request["resourceGroupId"], modified=request.now)
    )


@rest(
    "DeleteProject", "DELETE", "/", action="log:DeleteProject", read_only=False, resources=project_arn,
    forceDelete=Flag(), projectName=Text(where="body"),
)
def delete_project(request: ApiRequest) -> None:
    """Delete a project with all that is in it; forceDelete is for projects with a recycle bin, which are not here.

    The client @alicloud/log (npm, 1.2.6) sends projectName, which the host has already.
    """
    request.cloud.sls.delete_project(project_to_change(request).name)


@rest(
    "ListProject", "GET", "/", action="log:ListProject", read_only=True, in_project=False,
    resources=lambda request: project_arn(request, "*"),
    projectName=Text(), description=Text(), resourceGroupId=Text(), fetchQuota=Flag(), **PAGING,
)
def list_project(request: ApiRequest) -> dict[str, Any]:
    """The account's projects in the region of the endpoint."""
    found = sorted((project for project in request.cloud.sls.projects.all_seen() if _matches(request, project)),
                   key=lambda project: project.name)
    shown = page(request, found, _PAGE)
    with_quota = request.get("fetchQuota", False)
    return {"count": len(shown), "total": len(found),
            "projects": [_describe(project, with_quota=with_quota) for project in shown]}


def _matches(request: ApiRequest, project: Project) -> bool:
    return (
        project.account_id == request.account.id and project.region == request.region
        and request.get("projectName", "") in project.name
        and request.get("description", "").lower() in project.description.lower()
        and request.get("resourceGroupId", "") in ("", project.resource_group_id)
    )


def _describe(project: Project, *, with_quota: bool) -> dict[str, Any]:
    described = {
        "projectName": project.name, "description": project.description, "owner": project.account_id,
        "region": project.region, "status": "Normal", "dataRedundancyType": project.data_redundancy_type,
        "resourceGroupId": project.resource_group_id, "recycleBinEnabled": False,
        "internetEndpoint": f"{project.region}.log.aliyuncs.com",
        "internalEndpoint": f"{project.region}-intranet.log.aliyuncs.com",
        "createTime": str(int(project.created)), "lastModifyTime": str(int(project.modified)),
    }
    return {**described, "quota": QUOTA} if with_quota else described


def _check_description(description: str) -> None:
    if len(description.encode()) > _DESCRIPTION_BYTES:
        raise CloudError(400, "ParameterInvalid", f"Invalid project description: '{description}'")


def _check_recycle_bin(request: ApiRequest) -> None:
    if request.get("recycleBinEnabled"):
        raise CloudError(501, "NotImplemented", "The local Alibaba Cloud has no recycle bin for projects.")
