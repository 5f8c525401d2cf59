# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Making, changing and deleting trails."""
from __future__ import annotations

from typing import Any

from ..errors import AwsError
from ..mends import after, before
from ..request import ApiRequest
from .lookup import backend_of, check_name, find, find_own, trails_of, visible_trails

_TRAILS_PER_REGION = 5


@before("cloudtrail", "CreateTrail")
def refuse_bad_name(request: ApiRequest) -> None:
    """moto lets names pass that AWS refuses; see ``check_name``.

    See assumption aws-trail-names.

    :raises AwsError: InvalidTrailNameException
    """
    check_name(request.parameters["Name"])


def _accounts(request: ApiRequest) -> set[str]:
    """The accounts that have a new trail: of a trail of an organization also the one that creates it, as a shadow."""
    return {request.account, request.owner}


@before("cloudtrail", "CreateTrail")
def refuse_duplicate(request: ApiRequest) -> None:
    """moto overwrites.

    API_CreateTrail: TrailAlreadyExistsException, if the specified trail already exists.

    See assumption aws-cloudtrail-trails.
    """
    name = request.parameters["Name"]
    if any(trail.trail_name == name for account in _accounts(request) for trail in visible_trails(account, request.region)):
        raise AwsError("TrailAlreadyExistsException",
                       f"Trail {name} already exists for customer: {request.account}")


@before("cloudtrail", "CreateTrail")
def refuse_too_many(request: ApiRequest) -> None:
    """moto has no limit.

    "Quotas in AWS CloudTrail" (User Guide): five trails per region; a shadow trail counts in every region.

    See assumption aws-cloudtrail-trails.
    """
    present = max(sum(1 for _trail in visible_trails(account, request.region)) for account in _accounts(request))
    if present >= _TRAILS_PER_REGION:
        raise AwsError("MaximumNumberOfTrailsExceededException",
                       f"User: {request.account} already has {present} trails in {request.region}.")


@before("cloudtrail", "UpdateTrail")
def refuse_multi_region_without_global_events(request: ApiRequest) -> None:
    """moto refuses it in CreateTrail only.

    API_UpdateTrail, InvalidParameterCombinationException: a multi-region trail includes global service events.

    See assumption aws-cloudtrail-trails.
    """
    trail = find_own(request, request.parameters["Name"])
    multi = request.parameters.get("IsMultiRegionTrail", trail.is_multi_region)
    if multi and not request.parameters.get("IncludeGlobalServiceEvents", trail.include_global_service_events):
        raise AwsError("InvalidParameterCombinationException",
                       "Multi-Region trail must include global service events.")


@before("cloudtrail", "DeleteTrail", "StartLogging", "StopLogging", "UpdateTrail")
def find_by_name_or_arn(request: ApiRequest) -> None:
    """moto deletes nothing and says so to nobody if it gets an ARN or a name that it does not have.

    API_DeleteTrail, Name: the name or the ARN; TrailNotFoundException, if there is no such trail.

    See assumption aws-cloudtrail-trails.
    """
    request.change("Name", find_own(request, request.parameters["Name"]).trail_name)


@before("cloudtrail", "AddTags", "RemoveTags")
def refuse_tags_of_nothing(request: ApiRequest) -> None:
    """moto tags what is not there.

    API_AddTags: ResourceNotFoundException, if the specified resource is not found.

    See assumption aws-missing-resources.
    """
    arn = request.parameters["ResourceId"]
    if not arn.startswith("arn:"):
        raise AwsError("CloudTrailARNInvalidException", f"{arn} is not an ARN.")
    if not any(trail.arn == arn for trail in trails_of(request.owner)):
        raise AwsError("ResourceNotFoundException", f"There is no {arn}.")


@before("cloudtrail", "DeleteTrail")
def delete_tags(request: ApiRequest) -> None:
    """moto keeps the tags of a deleted trail for the next one of its name.

    See assumption aws-missing-resources.
    """
    trail = find_own(request, request.parameters["Name"])
    backend_of(trail).tagging_service.delete_all_tags_for_resource(trail.arn)


@after("cloudtrail", "CreateTrail", "UpdateTrail")
def unset_what_is_empty(request: ApiRequest, output: dict[str, Any]) -> None:
    """moto keeps the empty string as the setting.

    User Guide, "Updating a trail": an empty string takes away topic, log group, role, key and prefix.

    See assumption aws-cloudtrail-empty-string.
    """
    trail = find(request, request.parameters["Name"])
    for name in ("s3_key_prefix", "sns_topic_name", "cw_log_group_arn", "cw_role_arn", "kms_key_id"):
        if getattr(trail, name) == "":
            setattr(trail, name, None)


@after("cloudtrail", "CreateTrail", "UpdateTrail")
def keep_recursive_logging(request: ApiRequest, output: dict[str, Any]) -> None:
    """moto forgets it.

    API_CreateTrail, RecursiveLogging: true by default. UpdateTrail without it: assumption aws-cloudtrail-recursive-logging-kept.
    """
    trail = find(request, request.parameters["Name"])
    trail.recursive_logging = request.parameters.get("RecursiveLogging", getattr(trail, "recursive_logging", True))
