# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How trails are shown."""
from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from moto.cloudtrail.models import Trail

from ...clock import iso
from ..mends import after, instead
from ..windows import is_hidden
from ..request import ApiRequest
from .deliveries import deliveries_of
from .lookup import find, topic_arn, trails_of, visible_trails
from .selectors import has_custom_selectors


def describe(trail: Trail) -> dict[str, Any]:
    """A trail as GetTrail and DescribeTrails show it."""
    shown = trail.description(include_region=True)
    _show_what_is_selected(trail, shown)
    _show_topic(trail, shown)
    _leave_out_what_is_not_set(shown)
    shown["RecursiveLogging"] = getattr(trail, "recursive_logging", True)
    return shown


def _show_what_is_selected(trail: Trail, shown: dict[str, Any]) -> None:
    """moto says False whatever the trail has.

    API_Trail: HasCustomEventSelectors says whether the trail has custom event selectors, HasInsightSelectors whether
    it has Insights types.
    """
    shown["HasCustomEventSelectors"] = has_custom_selectors(trail)
    shown["HasInsightSelectors"] = bool(trail.insight_selectors)


def _show_topic(trail: Trail, shown: dict[str, Any]) -> None:
    """moto takes the topic to be in the trail's account and region.

    API_Trail, SnsTopicARN: the ARN of the topic; CreateTrail takes a name or an ARN.
    """
    if trail.sns_topic_name:
        shown["SnsTopicARN"] = topic_arn(trail)


def _leave_out_what_is_not_set(shown: dict[str, Any]) -> None:
    """moto shows null, or the empty string that took a setting away.

    API_UpdateTrail: what is not set is not returned.
    """
    for name in [name for name, value in shown.items() if value is None or value == ""]:
        del shown[name]


@after("cloudtrail", "CreateTrail", "UpdateTrail")
def show_the_trail(request: ApiRequest, output: dict[str, Any]) -> None:
    """See ``describe``; these two don't show home region and selectors.

    See assumption aws-cloudtrail-trails-listed.
    """
    output.clear()
    output.update(describe(find(request, request.parameters["Name"])))
    for name in ("HomeRegion", "HasCustomEventSelectors", "HasInsightSelectors"):
        del output[name]


@instead("cloudtrail", "GetTrail")
def get_trail(request: ApiRequest) -> dict[str, Any]:
    """moto leaves out the home region, and finds no shadow trail.

    API_GetTrail: settings of a trail, by name or ARN; API_Trail has HomeRegion.

    See assumption aws-cloudtrail-trails-listed.
    """
    return {"Trail": describe(find(request, request.parameters["Name"]))}


@instead("cloudtrail", "DescribeTrails")
def describe_trails(request: ApiRequest) -> dict[str, Any]:
    """moto ignores trailNameList.

    API_DescribeTrails: names find trails of this region and account, and no shadow trails; ARNs find those of every region.
    Without a list, all trails of the region, with shadow trails unless includeShadowTrails is false. What is not found is
    left out.

    See assumption aws-cloudtrail-shadow-trails.
    """
    shadow = request.parameters.get("includeShadowTrails", True)
    wanted = request.parameters.get("trailNameList") or []
    here = [trail for trail in visible_trails(request.account, request.region, shadow=shadow) if not is_hidden(trail.arn)]
    if not wanted:
        return {"trailList": [describe(trail) for trail in here]}
    everywhere = here + [trail for trail in trails_of(request.account) if not is_hidden(trail.arn)]
    own = [trail for trail in visible_trails(request.account, request.region, shadow=False) if not is_hidden(trail.arn)]
    found = {
        trail.arn: trail for name in wanted for trail in (everywhere if name.startswith("arn:") else own)
        if name in (trail.trail_name, trail.arn)
    }
    return {"trailList": [describe(trail) for trail in found.values()]}


@instead("cloudtrail", "ListTrails")
def list_trails(request: ApiRequest) -> dict[str, Any]:
    """moto leaves out the single-region trails of other regions.

    API_ListTrails: trails that are in the current account.

    See assumption aws-cloudtrail-trails-listed.
    """
    return {"Trails": [trail.short() for trail in trails_of(request.account) if not is_hidden(trail.arn)]}


@instead("cloudtrail", "GetTrailStatus")
def get_trail_status(request: ApiRequest) -> dict[str, Any]:
    """moto claims a delivery at the moment of asking.

    API_GetTrailStatus: when log files, digests and events for CloudWatch Logs were last delivered, and the error of the
    last attempt if it failed. What is not there is not shown, but for the texts that are no longer in use.

    See assumption aws-cloudtrail-status.
    """
    trail = find(request, request.parameters["Name"])
    status, fared = trail.status, deliveries_of(trail, request.recorder.agenda)
    answer: dict[str, Any] = {"IsLogging": status.is_logging}
    for name, moment in (("Start", status.started), ("Stop", status.stopped)):
        if moment:
            answer[f"{name}LoggingTime"] = moment.replace(microsecond=0)
        text = moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""
        answer["TimeLoggingStarted" if name == "Start" else "TimeLoggingStopped"] = text
    for name, outcome in (("", fared.log_files), ("CloudWatchLogs", fared.log_events), ("Digest", fared.digests)):
        if outcome.succeeded is not None:
            answer[f"Latest{name}DeliveryTime"] = datetime.fromtimestamp(outcome.succeeded, timezone.utc)
        if outcome.error:
            answer[f"Latest{name}DeliveryError"] = outcome.error
    for name, seconds in (("Time", fared.log_files.attempted), ("Succeeded", fared.log_files.succeeded)):
        answer[f"LatestDeliveryAttempt{name}"] = iso(seconds) if seconds is not None else ""
    return {**answer, "LatestNotificationAttemptTime": "", "LatestNotificationAttemptSucceeded": ""}
