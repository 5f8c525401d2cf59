# SPDX-License-Identifier: GPL-3.0-or-later
"""Projects and logstores of Simple Log Service, between the API's form and that of the modules. Private."""
from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .._values import shown
from .client import Cloud

# assumption alibaba-sls-error-codes
NO_PROJECT = ("ProjectNotExist",)
# What a project that this run created may answer for a while: assumption alibaba-sls-new-project. A foreign project answers the
# second code as well.
FORBIDDEN = ("ProjectForbidden",)
NOT_VISIBLE = (*NO_PROJECT, *FORBIDDEN)
VISIBLE = 120  # seconds until a new project is visible, at the latest
NO_LOGSTORE = ("LogStoreNotExist", *NO_PROJECT)
# assumption alibaba-sls-limits
MOST_TAGS = 20
LONGEST_TAG_VALUE = 128
LONGEST_DESCRIPTION = 512  # bytes
FOREVER = 3650  # days
_PAGE = 500


# Limits. Each function says what is wrong, or returns None.

def project_name_problem(name: str, option: str = "name") -> str | None:
    """What is wrong with the name of a project: assumption alibaba-sls-limits."""
    if re.fullmatch(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", name):
        return None
    return (f"{option}: {shown(name)} is not the name of a project. Use 3 to 63 lower-case letters, digits and hyphens, beginning and"
            " ending with a letter or digit")


def logstore_name_problem(name: str, option: str = "name") -> str | None:
    """What is wrong with the name of a logstore: assumption alibaba-sls-limits."""
    if re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,61}[a-z0-9]", name):
        return None
    return (f"{option}: {shown(name)} is not the name of a logstore. Use 2 to 63 lower-case letters, digits, hyphens and underscores,"
            " beginning and ending with a letter or digit")


def description_problem(description: str | None) -> str | None:
    """What is wrong with the description of a project."""
    if description is None or len(description.encode()) <= LONGEST_DESCRIPTION:
        return None
    return f"description: it has {len(description.encode())} bytes, but Simple Log Service allows {LONGEST_DESCRIPTION}: shorten it"


def tag_value_problem(tags: Mapping[str, Any] | None) -> str | None:
    """What is wrong with the values of tags; those of SLS have to say something."""
    for key, value in (tags or {}).items():
        if value is None or not 1 <= len(str(value)) <= LONGEST_TAG_VALUE:
            return f"tags: {shown(key)}: a value has 1 to {LONGEST_TAG_VALUE} characters"
    return None


# Projects

def project(body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Settings and facts of a project, from an answer."""
    settings = {
        "description": body.get("description") or "",
        "resource_group_id": body.get("resourceGroupId") or "",
        "data_redundancy_type": body.get("dataRedundancyType") or "LRS",
    }
    region, owner, name = body["region"], body["owner"], body["projectName"]
    return settings, {
        "name": name, "region": region, "account_id": owner, "arn": f"acs:log:{region}:{owner}:project/{name}",
        "status": body.get("status"), "create_time": _seconds(body.get("createTime")),
        "last_modify_time": _seconds(body.get("lastModifyTime")),
    }


def project_tags(cloud: Cloud, name: str) -> dict[str, str]:
    """The tags of a project."""
    listed = cloud.call("sls", "ListTagResources", resourceType="project", resourceId=[name]).get("tagResources")
    return {tag["tagKey"]: tag["tagValue"] for tag in listed or []}


def listed(cloud: Cloud, operation: str, *path: str, key: str, page: int = _PAGE, **parameters: Any) -> Iterator[Any]:
    """All items of a list, with a call for each page.

    :param key: under which an answer has the items.
    :param page: items that one answer may have at most.
    """
    offset = 0
    while True:
        items = cloud.call("sls", operation, *path, offset=offset, size=page, **parameters).get(key) or []
        yield from items
        offset += len(items)
        if len(items) < page:
            return


def _seconds(time: Any) -> int | None:
    return int(time) if time not in (None, "") else None


# Logstores

# Settings, with their names in the API.
LOGSTORE = {
    "ttl": "ttl", "hot_ttl": "hot_ttl", "infrequent_access_ttl": "infrequentAccessTTL", "shard_count": "shardCount",
    "auto_split": "autoSplit", "max_split_shard": "maxSplitShard", "append_meta": "appendMeta",
    "enable_tracking": "enable_tracking", "mode": "mode", "telemetry_type": "telemetryType",
    "encrypt_conf": "encrypt_conf",
}
# What an update sends as it was read; the number of shards it can't change.
_PASSED = [*(name for name in LOGSTORE.values() if name != "shardCount"), "shardingPolicy"]
NEW_LOGSTORE = {
    "infrequent_access_ttl": None, "shard_count": 2, "auto_split": False, "max_split_shard": 64,
    "append_meta": False, "enable_tracking": False, "mode": "standard", "telemetry_type": "None",
    "encrypt_conf": {"enable": False},
}
# assumption alibaba-sls-storage-tiers
LEAST_HOT = 7  # days, as are those below
LEAST_HOT_BEFORE_ARCHIVE = 30
LEAST_INFREQUENT = 30
LEAST_ARCHIVED = 60


def logstore(body: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of a logstore, from an answer. Without tiers, logs are hot all of the time."""
    found = {name: body.get(key) for name, key in LOGSTORE.items()}
    hot, infrequent = (days if days is not None and days >= 0 else None
                       for days in (found["hot_ttl"] or None, found["infrequent_access_ttl"]))
    return {
        **found,
        "hot_ttl": hot or found["ttl"],
        "infrequent_access_ttl": infrequent if hot not in (None, found["ttl"]) else None,
        "telemetry_type": found["telemetry_type"] or "None",
        "mode": found["mode"] or "standard",
        "encrypt_conf": encryption(found["encrypt_conf"]),
        **{name: bool(found[name]) for name in ("auto_split", "append_meta", "enable_tracking")},
    }


def encryption(conf: Mapping[str, Any] | None) -> dict[str, Any]:
    """An encryption, from an answer or an option, without what it does not say."""
    return {name: value for name, value in (conf or {"enable": False}).items() if value not in (None, "", {})}


def changed_encryption(current: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """What becomes of an encryption.

    :param asked: an option.
    """
    conf = {**current, **encryption(asked)}
    return {"encrypt_type": "default", **conf} if conf["enable"] else conf


def tier_problem(settings: Mapping[str, Any]) -> str | None:
    """What is wrong with how long logs are in which tier of storage."""
    ttl, hot, infrequent = settings["ttl"], settings["hot_ttl"], settings.get("infrequent_access_ttl")
    if hot != ttl and not LEAST_HOT <= hot <= ttl:
        return f"hot_ttl: {hot} is not a number of days from {LEAST_HOT} to ttl, which is {ttl}"
    if infrequent is None:
        return None
    if hot == ttl:
        return "infrequent_access_ttl: logs get to the infrequent access tier after hot_ttl days: give hot_ttl, less than ttl"
    if infrequent != 0 and infrequent < LEAST_INFREQUENT:
        return f"infrequent_access_ttl: {infrequent} is too short: give 0, or at least {LEAST_INFREQUENT} days"
    if infrequent == 0 and hot < LEAST_HOT_BEFORE_ARCHIVE:
        return (f"hot_ttl: {hot} is too short: logs that go directly to the archive tier must be hot for at least"
                f" {LEAST_HOT_BEFORE_ARCHIVE} days")
    if ttl - hot - infrequent < LEAST_ARCHIVED:
        return (f"infrequent_access_ttl: logs are in the archive tier for the rest of ttl ({ttl} - {hot} - {infrequent} days), but this"
                f" must be at least {LEAST_ARCHIVED} days. Without the option, no logs are archived")
    return None


def new_logstore(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters that create a logstore.

    :param settings: what is said about it.
    """
    given = changed_logstore({}, {"shard_count": NEW_LOGSTORE["shard_count"], **settings})
    if given.get("encrypt_conf") == NEW_LOGSTORE["encrypt_conf"]:
        # An encryption that is off can't be changed later; one that is not there can be added.
        del given["encrypt_conf"]
    return given


def changed_logstore(body: Mapping[str, Any], desired: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters that change a logstore. What is not sent may be reset: assumption alibaba-sls-update-logstore.

    :param body: the answer that it was read from.
    :param desired: what is said about it.
    """
    read = {name: body[name] for name in _PASSED if body.get(name) is not None}
    given = {**read, **{LOGSTORE[name]: value for name, value in desired.items()}}
    if given.get("autoSplit") and not given.get("maxSplitShard"):
        given["maxSplitShard"] = NEW_LOGSTORE["max_split_shard"]
    if given.get("hot_ttl") == given["ttl"] and (body.get("hot_ttl") or -1) < 0:
        # Where nothing is said about tiers, all is hot already.
        del given["hot_ttl"]
    return given


def has_logs(cloud: Cloud, project_name: str, name: str) -> bool:
    """Whether there is anything in a logstore, indexed or not: then its beginning is not its end."""
    for shard in cloud.call("sls", "ListShards", project_name, name)["body"]:
        begin, end = (
            cloud.call("sls", "GetCursor", project_name, name, str(shard["shardID"]), **{"from": position})["cursor"]
            for position in ("begin", "end")
        )
        if begin != end:
            return True
    return False
