# SPDX-License-Identifier: GPL-3.0-or-later
"""A trail's settings, read in the terms of our modules. Private to this collection."""
from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from .._probes import text_of
from . import selectors
from .errors import AWS_ERRORS
from .resource import PlanError
from .retry import RETRY

SETTINGS = {
    "s3_bucket_name": "S3BucketName",
    "s3_key_prefix": "S3KeyPrefix",
    "sns_topic_name": "SnsTopicName",
    "is_multi_region_trail": "IsMultiRegionTrail",
    "is_organization_trail": "IsOrganizationTrail",
    "include_global_events": "IncludeGlobalServiceEvents",
    "enable_log_file_validation": "LogFileValidationEnabled",
    "cloudwatch_logs_log_group_arn": "CloudWatchLogsLogGroupArn",
    "cloudwatch_logs_role_arn": "CloudWatchLogsRoleArn",
    "kms_key_id": "KmsKeyId",
}
_DIGEST_IS_DUE = timedelta(minutes=90)
_TIMES = {
    "latest_delivery_time": "LatestDeliveryTime",
    "latest_cloudwatch_logs_delivery_time": "LatestCloudWatchLogsDeliveryTime",
    "latest_digest_delivery_time": "LatestDigestDeliveryTime",
}
_ERRORS = {
    "latest_delivery_error": "LatestDeliveryError",
    "latest_cloudwatch_logs_delivery_error": "LatestCloudWatchLogsDeliveryError",
    "latest_digest_delivery_error": "LatestDigestDeliveryError",
}


def describe(client) -> list[dict]:
    """All trails that the account has in the region, and the shadows there: of its trails in other regions and of the
    organization's. One call, DescribeTrails, which finds no shadow by its name: assumption
    aws-cloudtrail-shadow-trails.
    """
    return client.describe_trails(aws_retry=True)["trailList"]


def tags_of(client_of, described: list[dict], account_id: str, its_arn: str | None) -> dict[str, dict]:
    """Tags of the trails that an account has, by their ARN; of other trails than the one that is meant, as far as they can be read.

    Calls: ListTags for that trail, and if there are others, for each home region of these. It takes 20 trails, and a region has
    5 of an account.

    :param client_of: makes a client of CloudTrail in a region.
    :param described: what C(describe) returned.
    :param account_id: of the account whose trails they are.
    :param its_arn: of the trail that is meant; None if the account does not have it.
    """
    homes, found = {}, {}
    for trail in described:
        arn = trail["TrailARN"]
        if arn == its_arn:
            found.update(list_tags(client_of(trail["HomeRegion"]), [arn]))
        elif arn.split(":")[4] == account_id:
            homes.setdefault(trail["HomeRegion"], []).append(arn)
    for region, arns in homes.items():
        try:
            found.update(list_tags(client_of(region), arns))
        except AWS_ERRORS:
            pass  # a trail that was deleted in the meantime, or a region that is disabled or denied
    return found


def list_tags(client, arns: list[str]) -> dict[str, dict]:
    """Tags of trails, by their ARN. One call, ListTags."""
    listed = client.list_tags(ResourceIdList=arns, aws_retry=True)["ResourceTagList"]
    return {one["ResourceId"]: {tag["Key"]: tag.get("Value", "") for tag in one["TagsList"]} for one in listed}


def read(client, described: list[dict], tags: dict[str, dict], expected: str, account_id: str, wanted,
         absent: bool = False) -> dict | None:
    """Settings of a trail; None if it does not exist.

    Calls: GetTrailStatus, and GetEventSelectors and GetInsightSelectors if asked for, all by the ARN: assumption
    aws-cloudtrail-organization-trail-in-member. With C(status) among the
    settings, what GetTrailStatus says beyond C(enable_logging) is returned as well.

    If the account itself owns the trail, a shadow of the same name is not the trail that is meant: PlanError.
    When a trail is to go (C(absent)) and is not there, that of the organization does not matter; one of the account's own
    has moved.

    :param described: what C(describe) returned.
    :param tags: what C(tags_of) returned.
    :param expected: ARN of the trail.
    :param account_id: of the account that it records.
    """
    *_arn, region, owner, name = expected.replace(":trail/", ":").split(":")
    found = {trail["TrailARN"]: trail for trail in described if trail["Name"] == name}
    trail = found.pop(expected, None)
    of_the_account = [arn for arn in found if arn.split(":")[4] == account_id]
    if owner == account_id and (of_the_account or (found and (trail or not absent))):
        raise PlanError(
            f"trail {name}: in {region}, {', '.join(found)} already has this name and records this account. Choose another name, or"
            " manage that trail in its own account and region"
        )
    if trail is None:
        return None
    return settings(client, trail, tags, wanted)


def settings(client, described: dict, tags: dict[str, dict], wanted) -> dict:
    """The settings of a trail that exists. Calls: as C(read).

    :param described: the trail, as DescribeTrails shows it.
    :param tags: of trails, by their ARN.
    :param wanted: names of the settings that are asked for, and what they are to be.
    """
    arn = described["TrailARN"]
    current = {option: described.get(key) for option, key in SETTINGS.items()}
    if (wanted.get("sns_topic_name") or "").startswith("arn:"):
        current["sns_topic_name"] = described.get("SnsTopicARN")  # asked for by ARN, as a topic of another account must be
    found_status = status(client, arn)
    current["enable_logging"] = found_status["logging"]
    if "status" in wanted:
        current["status"] = found_status
    current["tags"] = tags.get(arn, {})
    if "event_selectors" in wanted:
        current.update(selectors.get_event_selectors(client, arn))
    if "insight_types" in wanted:
        current["insight_types"] = selectors.insight_types(selectors.get_insight_selectors(client, arn))
    return current


def leftover(arn: str) -> str:
    """What to say of a trail that the deployment manages, besides the one that is meant."""
    return f"trail {arn.partition('/')[2]} in {arn.split(':')[3]}, which also belongs to this deployment"


def status(client, name: str) -> dict:
    """What GetTrailStatus says of a trail, by its name or ARN; None for times and errors that there are not. One call.

    Raises botocore's ClientError, among others TrailNotFoundException.
    """
    answer = client.get_trail_status(Name=name, aws_retry=True)
    found = {
        "logging": answer["IsLogging"],
        **{key: text_of(answer[name]) if answer.get(name) else None for key, name in _TIMES.items()},
        **{key: answer.get(name) or None for key, name in _ERRORS.items()},
    }
    return {**found, **dict.fromkeys(_outdated(answer, found["latest_delivery_time"]))}


def _outdated(answer, delivered):
    """The errors whose cause is gone. CloudTrail may still show them: assumption aws-cloudtrail-delivery-error-clears."""
    # "No longer in use" (API_GetTrailStatus), but still returned: used only if it agrees with LatestDeliveryTime.
    if delivered and answer.get("LatestDeliveryAttemptTime") == delivered:
        yield "latest_delivery_error"
    log_file, digest = answer.get("LatestDeliveryTime"), answer.get("LatestDigestDeliveryTime")
    # CloudTrail delivers a digest file each hour: log files for longer than that without one show that it still can't.
    if log_file and digest and log_file - digest <= _DIGEST_IS_DUE:
        yield "latest_digest_delivery_error"


@RETRY
def list_all(client) -> dict[str, str]:
    """Home regions of the account's trails in all regions, by ARN: assumption aws-cloudtrail-trails-listed.

    Calls: ListTrails, for each page.
    """
    trails = client.get_paginator("list_trails").paginate().build_full_result()["Trails"]
    return {trail["TrailARN"]: trail["HomeRegion"] for trail in trails}


def recording(client, described: list[dict], apart_from: Collection[str]) -> list[str]:
    """ARNs of the trails that record management events of the account, as far as they may be read.

    Calls: GetTrailStatus for each trail, and GetEventSelectors for each that has selectors of its own.

    :param described: what C(describe) returned.
    :param apart_from: ARNs of trails that are not looked at.
    """
    found = []
    for one in described:
        arn = one["TrailARN"]
        try:
            if arn not in apart_from and status(client, arn)["logging"] and (
                not one["HasCustomEventSelectors"] or selectors.recorded_probes(selectors.get_event_selectors(client, arn))
            ):
                found.append(arn)
        except AWS_ERRORS:
            pass  # not all may read a trail of somebody else
    return sorted(found)


def elsewhere(client, name: str) -> list[str]:
    """ARNs of the account's trails of a name, in all regions. Calls: as list_all."""
    return sorted(arn for arn in list_all(client) if arn.endswith(f":trail/{name}"))


def everywhere(client_of, region: str, described: list[dict]) -> list[dict]:
    """The trails that record the account, in any region.

    Calls: ListTrails, for each page, and DescribeTrails in each region with a trail that has no shadow here.

    :param client_of: makes a client of CloudTrail in a region.
    :param region: of C(described).
    :param described: what C(describe) returned.
    """
    known = {trail["TrailARN"]: trail for trail in described}
    homes = {home for arn, home in list_all(client_of(region)).items() if arn not in known}
    for home in sorted(homes):
        known.update({trail["TrailARN"]: trail for trail in describe(client_of(home))})
    return list(known.values())
