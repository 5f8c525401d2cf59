# SPDX-License-Identifier: GPL-3.0-or-later
"""Trails of ActionTrail, between the API's form and that of the modules. Private to this collection."""
from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .._values import shown
from .client import Cloud
from .regions import problem as region_problem

# assumption alibaba-actiontrail-error-codes
EXISTS = ("TrailAlreadyExistsException",)
MISSING = ("TrailNotFoundException",)
# A new project, bucket, role or policy may not be seen yet: assumption alibaba-actiontrail-destination-visible.
NOT_YET = ("SlsProjectDoesNotExistException", "InsufficientSlsPolicyException", "InsufficientBucketPolicyException")
ALL = "All"

# Settings that are text, with their names in the API.
DESTINATIONS = {
    "sls_project_arn": "SlsProjectArn",
    "oss_bucket_name": "OssBucketName",
    "max_compute_project_arn": "MaxComputeProjectArn",
}
ROLES = {
    "sls_write_role_arn": "SlsWriteRoleArn",
    "oss_write_role_arn": "OssWriteRoleArn",
    "max_compute_write_role_arn": "MaxComputeWriteRoleArn",
}
TEXTS = {"event_rw": "EventRW", "oss_key_prefix": "OssKeyPrefix", **DESTINATIONS, **ROLES}

ARN = re.compile(r"acs:actiontrail:(?P<region>[a-z0-9-]+):(?P<account_id>[0-9]+):trail/(?P<name>[a-z][a-z0-9_-]{5,35})")
_PROJECT_ARN = r"acs:log:[a-z0-9-]+:(?P<account>[0-9]+):project/[a-z0-9-]{3,63}"
_ROLE_ARN = r"acs:ram::(?P<account>[0-9]+):role/[A-Za-z0-9.-]{1,64}"


# Options. Each function says what is wrong, or returns None.

def problem(options: Mapping[str, Any]) -> str | None:
    """What is wrong with the options."""
    wrong = name_problem(options["name"])
    if wrong:
        return f"name: {wrong}"
    wrong = regions_problem(options["trail_region"])
    if wrong:
        return f"trail_region: {wrong}"
    prefix = options["oss_key_prefix"]
    if prefix and not re.fullmatch(r"[A-Za-z][A-Za-z0-9/_-]{5,31}", prefix):
        return (f"oss_key_prefix: {shown(prefix)} is not valid. Use 6 to 32 letters, digits, hyphens, slashes and underscores, beginning"
                " with a letter")
    return _arn_problem(options)


def regions_problem(asked: list[str] | None) -> str | None:
    """What is wrong with the regions that a trail records."""
    if asked is not None and (not asked or ALL in asked and len(asked) > 1):
        return "it is either All, or a list of regions"
    return next(filter(None, (region_problem(region) for region in asked or () if region != ALL)), None)


def name_problem(name: Any) -> str | None:
    """What is wrong with the name of a trail: assumption alibaba-actiontrail-names."""
    if isinstance(name, str) and re.fullmatch(r"[a-z][a-z0-9_-]{5,35}", name):
        return None
    return (f"trail name {shown(name)}: ActionTrail takes 6 to 36 lower-case letters, digits, hyphens and underscores,"
            " beginning with a letter")


def arn_problem(value: Any) -> str | None:
    """What is wrong with the ARN of a trail."""
    if isinstance(value, str) and ARN.fullmatch(value):
        return None
    return f"{shown(value)} is not the ARN of a trail, such as acs:actiontrail:cn-hangzhou:1234567890123456:trail/audit-logs"


def _arn_problem(options: Mapping[str, Any]) -> str | None:
    for name in ROLES:
        if options[name] is not None and not re.fullmatch(_ROLE_ARN, options[name]):
            return f"{name}: {shown(options[name])} is not the ARN of a role, such as acs:ram::1234567890123456:role/name"
    project, role = options["sls_project_arn"], options["sls_write_role_arn"]
    if not project:
        return None
    found = re.fullmatch(_PROJECT_ARN, project)
    if not found:
        return (f"sls_project_arn: {shown(project)} is not the ARN of a project, such as"
                " acs:log:cn-hangzhou:1234567890123456:project/name")
    if role and re.fullmatch(_ROLE_ARN, role)["account"] != found["account"]:
        return ("sls_write_role_arn: the role has to be in the account of the project, which is "
                f"{found['account']}; {shown(role)} is not")
    return None


# The API's form

def describe(cloud: Cloud, name: str | None, *, shadows: bool, organization: bool) -> list[dict[str, Any]]:
    """Trails, as the API describes them.

    :param name: of the only one that is meant; None for all.
    :param shadows: also those with their home in another region.
    :param organization: also those of an organization.
    """
    asked = {
        "NameList": name, "IncludeShadowTrails": shadows or None, "IncludeOrganizationTrail": organization or None,
    }
    given = {key: value for key, value in asked.items() if value is not None}
    trails = cloud.call("actiontrail", "DescribeTrails", **given).get("TrailList") or []
    return [trail for trail in trails if name in (None, trail["Name"])]


def settings_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """A trail's settings, in the terms of the options."""
    return {
        **{name: body.get(key) or "" for name, key in TEXTS.items()},
        "trail_region": (body.get("TrailRegion") or ALL).split(","),
        "is_organization_trail": bool(body.get("IsOrganizationTrail")),
        "logging": body.get("Status") == "Enable",
    }


def covers(body: Mapping[str, Any], settings: Mapping[str, Any]) -> bool:
    """Whether a trail that is on records all events that another one records.

    :param body: the trail, as the API describes it.
    :param settings: of the other one.
    """
    found = settings_of(body)
    regions = {*found["trail_region"]}
    return found["logging"] and found["event_rw"] in (ALL, settings["event_rw"]) and (
        ALL in regions or {*settings["trail_region"]} <= regions)


def parameters(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings, in the API's form, without what is no parameter of all operations."""
    return {
        **{key: settings[name] for name, key in TEXTS.items() if name in settings},
        "TrailRegion": ",".join(settings["trail_region"]),
    }


def logstore(name: str, settings: Mapping[str, Any]) -> str | None:
    """The logstore that ActionTrail creates in the project, if the trail leads to one."""
    return f"actiontrail_{name}" if settings["sls_project_arn"] else None
