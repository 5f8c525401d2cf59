# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trails."""
from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...clock import iso
from .. import authorization
from ..directory import ACTIONTRAIL
from ..errors import CloudError
from ..operations import rpc
from ..parameters import Flag, Parameter, Text
from ..ram.common import all_roles
from ..ram.service_linked_roles import ensure
from .common import NAME, PRODUCT, VERSION, found, invalid
from .reach import make_logstore, organization_owners, organization_trails, why_not
from .regions import REGIONS
from .state import ALL, Trail

if TYPE_CHECKING:
    from ..request import ApiRequest

_MOST = 5  # trails of one account in a region
_PROJECT_ARN = re.compile(r"acs:log:(?P<region>[a-z0-9-]+):(?P<account>[0-9]{15,20}):project/(?P<name>[a-z0-9-]{3,63})")
_ROLE_ARN = re.compile(r"acs:ram::[0-9]{15,20}:role/[A-Za-z0-9.-]{1,64}")
_LINKED_ROLE = "aliyunserviceroleforactiontrail"
_SETTINGS: Mapping[str, Parameter] = {
    "EventRW": Text(code="InvalidQueryParameter", choices=("Write", "Read", "All")),
    "TrailRegion": Text(code="InvalidQueryParameter"),
    "SlsProjectArn": Text(), "SlsWriteRoleArn": Text(),
    "OssBucketName": Text(), "OssKeyPrefix": Text(), "OssWriteRoleArn": Text(),
    "MaxComputeProjectArn": Text(), "MaxComputeWriteRoleArn": Text(),
}


def _context(_request: ApiRequest) -> dict[str, str]:
    # Of the permissions that a trail needs beside its own: see _own_role and _pass_role.
    return {"ram:ServiceName": ACTIONTRAIL, "acs:Service": ACTIONTRAIL}


@rpc(
    PRODUCT, VERSION, "CreateTrail", action="actiontrail:CreateTrail", read_only=False,
    context=_context, Name=NAME, IsOrganizationTrail=Flag(), **_SETTINGS,
)
def create_trail(request: ApiRequest) -> dict[str, Any]:
    """Make a trail. It is off until StartLogging."""
    account, organization = request.account, request.get("IsOrganizationTrail", False)
    region = _read(request)
    project_arn = request.get("SlsProjectArn")
    if not project_arn:
        raise _no_destination()
    _pass_role(request)
    if request["Name"] in account.trails:
        raise CloudError(400, "TrailAlreadyExistsException", "The specified Trail name already exists.")
    if organization:
        _check_organization(request)
    elif sum(trail.home_region == request.region and not trail.organization for trail in account.trails.all()) >= _MOST:
        raise CloudError(403, "MaximumNumberOfTrailsExceededException",
                         f"There are {_MOST} trails in this region, which is the most there can be.")
    trail = Trail(
        request["Name"], account.id, request.region, request.get("EventRW", "Write"), region, organization,
        project_arn, request.get("SlsWriteRoleArn") or _own_role(request), request.now, request.now,
    )
    _check_destination(request, trail)
    account.trails.put(trail.name, trail)
    account.deliveries.pop(trail.name, None)
    make_logstore(request.cloud, trail)
    if organization:
        request.cloud.directory.trusted.setdefault(ACTIONTRAIL, request.now)
    return _settings(trail)


@rpc(
    PRODUCT, VERSION, "UpdateTrail", action="actiontrail:UpdateTrail", read_only=False,
    context=_context, Name=NAME, **_SETTINGS,
)
def update_trail(request: ApiRequest) -> dict[str, Any]:
    """Change a trail. EventRW and TrailRegion that are not sent become what they are by default: assumption alibaba-actiontrail-update-resets."""
    trails = request.account.trails
    trail = found(request, trails.get(request["Name"]))
    region = _read(request)
    project_arn = request.get("SlsProjectArn", trail.project_arn)
    if not project_arn:
        raise _no_destination()
    _pass_role(request)
    role_arn = request.get("SlsWriteRoleArn")
    if not role_arn:
        role_arn = trail.role_arn if project_arn == trail.project_arn else _own_role(request)
    trail = replace(trail, event_rw=request.get("EventRW", "Write"), trail_region=region, project_arn=project_arn,
                    role_arn=role_arn, updated=request.now)
    _check_destination(request, trail)
    trails.put(trail.name, trail)
    make_logstore(request.cloud, trail)
    return _settings(trail)


@rpc(
    PRODUCT, VERSION, "DeleteTrail", action="actiontrail:DeleteTrail", read_only=False,
    Name=NAME,
)
def delete_trail(request: ApiRequest) -> None:
    """Delete a trail. What it delivered stays."""
    account = request.account
    trail = found(request, account.trails.get(request["Name"]))
    account.trails.delete(trail.name)
    account.deliveries.pop(trail.name, None)


@rpc(
    PRODUCT, VERSION, "DescribeTrails", action="actiontrail:DescribeTrails", read_only=True,
    NameList=Text(), IncludeShadowTrails=Flag(), IncludeOrganizationTrail=Flag(),
)
def describe_trails(request: ApiRequest) -> dict[str, Any]:
    """The trails with their home in this region; those of other regions and of organizations if they are asked for."""
    names = [name for name in request.get("NameList", "").split(",") if name]
    for name in names:
        NAME.read("NameList", name)
    trails = [trail for trail in request.account.trails.all_seen() if not trail.organization]
    if request.get("IncludeOrganizationTrail"):
        trails += organization_trails(request.cloud, request.account.id)
    shadows = request.get("IncludeShadowTrails", False)
    return {"TrailList": [
        _described(request, trail) for trail in trails
        if (not names or trail.name in names)
        and (trail.home_region == request.region or shadows and trail.covers(request.region))
    ]}


def _read(request: ApiRequest) -> str:
    """Check what Create and Update have in common, and give the regions.

    :raises CloudError: a value is bad, or we can't serve it.
    """
    prefix = request.get("OssKeyPrefix")
    if prefix and not re.fullmatch(r"[A-Za-z][A-Za-z0-9/_-]{5,31}", prefix):
        raise CloudError(400, "InvalidPrefixException", "The specified OSS bucket prefix is invalid.")
    for name in ("OssBucketName", "OssKeyPrefix", "OssWriteRoleArn", "MaxComputeProjectArn", "MaxComputeWriteRoleArn"):
        if request.get(name):
            raise CloudError(501, "NotImplemented", "Trails of the local Alibaba Cloud lead to projects of SLS only.")
    project_arn, role_arn = request.get("SlsProjectArn"), request.get("SlsWriteRoleArn")
    if project_arn and not _PROJECT_ARN.fullmatch(project_arn):
        raise invalid("SlsProjectArn is not of the form acs:log:<region>:<account>:project/<name>")
    if role_arn and not _ROLE_ARN.fullmatch(role_arn):
        raise invalid("SlsWriteRoleArn is not of the form acs:ram::<account>:role/<name>")
    region = request.get("TrailRegion") or ALL
    if region != ALL and not set(region.split(",")) <= REGIONS.keys():
        raise invalid("TrailRegion is neither All nor regions with commas between them")
    return region


def _check_organization(request: ApiRequest) -> None:
    """Check that the account may have a multi-account trail: assumption alibaba-actiontrail-organization-trail."""
    directory = request.cloud.directory
    account_id = request.account.id
    if account_id != directory.manager and not directory.is_delegated(account_id, ACTIONTRAIL):
        raise CloudError(400, "NotAllowCreateOrganizationTrail",
                         "Only the management account and a delegated administrator make multi-account trails.")
    owners = map(request.cloud.account, organization_owners(request.cloud))
    if any(trail.organization for owner in owners for trail in owner.trails.all()):
        raise CloudError(400, "MaximumNumberOfOrganizationTrailExceeded", "There is a multi-account trail already.")


def _pass_role(request: ApiRequest) -> None:
    """Check that the caller may hand the role of the request to ActionTrail: assumption alibaba-actiontrail-pass-role.

    :raises CloudError: the caller may not.
    """
    role_arn = request.get("SlsWriteRoleArn")
    if role_arn and role_arn != _linked_role(request.account.id):
        authorization.require(request, "ram:PassRole", role_arn.lower())


def _own_role(request: ApiRequest) -> str:
    """The role that ActionTrail makes for itself in the caller's account.

    :raises CloudError: it is not there yet, and the caller may not have it created.
    """
    account = request.account
    if _LINKED_ROLE not in account.ram.roles:
        authorization.require(request, "ram:CreateServiceLinkedRole", all_roles(request))
    ensure(account.ram, ACTIONTRAIL, request.now)
    return _linked_role(account.id)


def _linked_role(account_id: str) -> str:
    return f"acs:ram::{account_id}:role/{_LINKED_ROLE}"


def _check_destination(request: ApiRequest, trail: Trail) -> None:
    """Check that ActionTrail gets into the project as things are now: assumption alibaba-actiontrail-creation-checks.

    :raises CloudError: there is no such project, or the role does not open it.
    """
    project = request.cloud.sls.projects.seen(trail.project)
    if not project or project.arn != trail.project_arn:
        raise CloudError(400, "SlsProjectDoesNotExistException", "The specified Log Service project does not exist.")
    if trail.role_arn.split(":")[3] != trail.project_account:
        why = "the role is in another account than the project"
    elif trail.role_arn == _linked_role(trail.account_id):
        why = ""  # ActionTrail has just seen to it itself
    else:
        why = why_not(request.cloud, trail.account_id, trail.role_arn, [("log:GetProject", trail.project_arn)])
    if why:
        raise CloudError(403, "InsufficientSlsPolicyException",
                         f"Access to the specified Log Service project was denied: {why}.")


def _no_destination() -> CloudError:
    return CloudError(400, "InvalidDeliveryConfigurationException",
                      "You must specify at least one Log Service project or OSS bucket for a Trail.")


def _settings(trail: Trail) -> dict[str, Any]:
    return {
        "Name": trail.name, "HomeRegion": trail.home_region, "EventRW": trail.event_rw,
        "TrailRegion": trail.trail_region, "SlsProjectArn": trail.project_arn, "SlsWriteRoleArn": trail.role_arn,
        "OssBucketName": "", "OssKeyPrefix": "", "OssWriteRoleArn": "", "MaxComputeProjectArn": "",
        "MaxComputeWriteRoleArn": "",
    }


def _described(request: ApiRequest, trail: Trail) -> dict[str, Any]:
    described = {
        **_settings(trail), "Region": request.region, "TrailArn": trail.arn, "Status": trail.status,
        "IsOrganizationTrail": trail.organization, "CreateTime": iso(trail.created), "UpdateTime": iso(trail.updated),
        "OssBucketLocation": "",
    }
    if trail.organization:
        described["OrganizationId"] = request.cloud.directory.id
    if trail.started is not None:
        described["StartLoggingTime"] = iso(trail.started)
    if trail.stopped is not None:
        described["StopLoggingTime"] = iso(trail.stopped)
    return described
