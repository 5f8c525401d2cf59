# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding trails by what callers call them."""
from __future__ import annotations

import re
from collections.abc import Iterator

from moto.cloudtrail.models import CloudTrailBackend, Trail, cloudtrail_backends

from .. import regions
from ..accounts import MANAGEMENT_ACCOUNT, organizations
from ..errors import AwsError
from ..partition import partition
from ..request import ApiRequest

SERVICE = "cloudtrail.amazonaws.com"
_ARN = re.compile(r"arn:[\w-]+:cloudtrail:[a-z0-9-]+:\d{12}:trail/[\w.-]+")


def backend_of(trail: Trail) -> CloudTrailBackend:
    """The part of moto that holds a trail."""
    return cloudtrail_backends[trail.account_id][trail.region_name]


def topic_arn(trail: Trail) -> str | None:
    """The topic of a trail, by its ARN."""
    return getattr(trail, "topic_arn_given", trail.topic_arn) if trail.sns_topic_name else None


def trails_of(account: str) -> Iterator[Trail]:
    """All trails of an account, in all regions."""
    for backend in list(cloudtrail_backends[account].values()):
        yield from backend.trails.values()


def visible_trails(account: str, region: str, *, shadow: bool = True) -> Iterator[Trail]:
    """Trails of an account in a region.

    API_DescribeTrails, includeShadowTrails: a shadow trail is the replication of a trail of another region, or in a
    member account, that of an organization trail. A new opt-in region has none at first, and a member without the home region of the
    trail of its organization never: assumption aws-opt-in-organization-trail.
    """
    yield from (trail for trail in trails_of(account) if trail.region_name == region)
    if shadow and regions.has_copies(account, region):
        yield from (trail for trail in trails_of(account) if trail.is_multi_region and trail.region_name != region)
        if account != MANAGEMENT_ACCOUNT and any(member.id == account for member in organizations().accounts):
            yield from (
                trail for trail in trails_of(MANAGEMENT_ACCOUNT)
                if trail.is_org_trail and (trail.is_multi_region or trail.region_name == region)
                and regions.is_enabled(account, trail.region_name)
            )


def owner(request: ApiRequest) -> str:
    """The account whose trail a call creates, changes or reads.

    "Organization delegated administrator" (User Guide): a delegated administrator manages the trails of the organization, and the
    management account owns them.

    See assumption aws-cloudtrail-delegated-administrator.
    """
    if not _is_delegated_administrator(request.account):
        return request.account
    parameters = request.parameters
    if request.action == "CreateTrail":
        return MANAGEMENT_ACCOUNT if parameters.get("IsOrganizationTrail") else request.account
    name = next((parameters[key] for key in ("Name", "TrailName", "ResourceId") if key in parameters), None)
    name = name or next(iter(parameters.get("ResourceIdList", ())), "")
    region = name.split(":")[3] if _ARN.fullmatch(name) else request.region
    trails = visible_trails(request.account, region)
    return next((trail.account_id for trail in trails if name in (trail.arn, trail.trail_name)), request.account)


def _is_delegated_administrator(account: str) -> bool:
    return any(one.account.id == account and SERVICE in one.services for one in organizations().admins)


def find(request: ApiRequest, name: str) -> Trail:
    """A trail by name or ARN, as a reading operation finds it: shadow trails too, and by ARN those of all regions.

    :raises AwsError: TrailNotFoundException, CloudTrailARNInvalidException, InvalidTrailNameException
    """
    if name.startswith("arn:"):
        if not _ARN.fullmatch(name):
            raise AwsError("CloudTrailARNInvalidException", f"{name} is not the ARN of a trail.")
        region = name.split(":")[3]
        found = next((trail for trail in visible_trails(request.account, region) if trail.arn == name), None)
    else:
        check_name(name)
        found = next((trail for trail in visible_trails(request.account, request.region) if trail.trail_name == name),
                     None)
    if found is None:
        arn = name if name.startswith("arn:") else (
            f"arn:{partition()}:cloudtrail:{request.region}:{request.account}:trail/{name}"
        )
        raise AwsError("TrailNotFoundException", f"Unknown trail: {arn} for the user: {request.account}")
    return found


def find_own(request: ApiRequest, name: str) -> Trail:
    """A trail by name or ARN, as a writing operation finds it: in its own region and account only.

    API_UpdateTrail and others: must be called from the region in which the trail was created, otherwise an
    InvalidHomeRegionException is thrown.

    :raises AwsError: beside those of ``find``, InvalidHomeRegionException, NotOrganizationMasterAccountException
    """
    trail = find(request, name)
    if trail.account_id != request.owner:
        raise AwsError("NotOrganizationMasterAccountException",
                       "The organization trail can be changed from the management account only.")
    if trail.region_name != request.region:
        raise AwsError("InvalidHomeRegionException",
                       f"The trail {trail.trail_name} has another home region: {trail.region_name}.")
    return trail


def check_name(name: str) -> None:
    """moto lets adjacent punctuation and IP addresses pass.

    API_CreateTrail, Name: ASCII letters, digits, periods, underscores and dashes; letter or digit at both ends; 3 to
    128 characters; no adjacent periods, underscores or dashes; not in the format of an IP address.

    :raises AwsError: InvalidTrailNameException
    """
    problem = None
    if not 3 <= len(name) <= 128:
        too = "short. Minimum allowed length: 3" if len(name) < 3 else "long. Maximum allowed length: 128"
        problem = f"Trail name too {too} characters. Specified name length: {len(name)} characters."
    elif not re.fullmatch(r"[A-Za-z0-9._-]+", name):
        problem = ("Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), "
                   "hyphens (-), and underscores (_).")
    elif not name[0].isalnum() or not name[-1].isalnum():
        problem = "Trail name must start and end with a letter or number."
    elif re.search(r"[._-]{2}", name):
        problem = "Trail name must not have adjacent periods, underscores or dashes."
    elif re.fullmatch(r"\d+(\.\d+){3}", name):
        problem = "Trail name must not be in IP address format."
    if problem:
        raise AwsError("InvalidTrailNameException", problem)
