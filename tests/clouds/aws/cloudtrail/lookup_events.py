# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking events up."""
from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from ..errors import AwsError
from ..mends import instead
from ..request import ApiRequest
from .history import RETENTION

_MAXIMUM_RESULTS = 50
# What a parameter of a request names.
_KINDS = {
    "alarmName": "AWS::CloudWatch::Alarm", "bucketName": "AWS::S3::Bucket", "groupName": "AWS::IAM::Group",
    "keyId": "AWS::KMS::Key", "logGroupName": "AWS::Logs::LogGroup", "policyArn": "AWS::IAM::Policy",
    "roleArn": "AWS::IAM::Role", "roleName": "AWS::IAM::Role", "topicArn": "AWS::SNS::Topic",
    "trailName": "AWS::CloudTrail::Trail", "userName": "AWS::IAM::User",
}
_TRAIL_EVENTS = frozenset({"CreateTrail", "DeleteTrail", "GetTrail", "GetTrailStatus", "StartLogging", "StopLogging",
                           "UpdateTrail"})


@instead("cloudtrail", "LookupEvents")
def lookup_events(request: ApiRequest) -> dict[str, Any]:
    """moto does not have it.

    API_LookupEvents: management events of the account in this region of the last 90 days, the latest first; one
    attribute at most; up to 50 results, which is the default. A token goes with the parameters that it was created for.
    Insights events are of trails with Insights, which have none here.

    See assumption aws-cloudtrail-lookup.

    :raises AwsError: InvalidLookupAttributesException and the other exceptions named below
    """
    parameters = request.parameters
    attribute = _attribute(parameters.get("LookupAttributes") or [])
    limit = parameters.get("MaxResults", _MAXIMUM_RESULTS)
    if not 1 <= limit <= _MAXIMUM_RESULTS:
        raise AwsError("InvalidMaxResultsException", f"A maximum results value of {limit} is invalid. Specify max "
                       f"results between 1 and {_MAXIMUM_RESULTS}.")
    category = parameters.get("EventCategory")
    if category not in (None, "insight"):
        raise AwsError("InvalidEventCategoryException", f"Invalid event category: {category}")
    start, end = _times(request)
    before = _position(parameters)
    if category:
        return {"Events": []}
    history = request.recorder.history(request.account, request.region)
    matching = (
        (number, record) for number, record in history.newest_first(before, start, end)
        if attribute is None or attribute[1] in _values(attribute[0], record)
    )
    found = list(islice(matching, limit + 1))
    answer: dict[str, Any] = {"Events": [_shown(record) for _number, record in found[:limit]]}
    if len(found) > limit:
        answer["NextToken"] = _token(parameters, found[limit - 1][0])
    return answer


def _attribute(attributes: list[dict[str, str]]) -> tuple[str, str] | None:
    if not attributes:
        return None
    if len(attributes) > 1:
        raise AwsError("InvalidLookupAttributesException", "You can specify only one attribute.")
    key, value = attributes[0].get("AttributeKey"), attributes[0].get("AttributeValue")
    if key not in _ATTRIBUTES or not value or len(value) > 2000:
        raise AwsError("InvalidLookupAttributesException", f"Invalid lookup attribute: {key}")
    return key, value


def _times(request: ApiRequest) -> tuple[float, float]:
    now = request.recorder.clock.now()
    start, end = (_seconds(request.parameters.get(name)) for name in ("StartTime", "EndTime"))
    if start is not None and end is not None and start > end:
        raise AwsError("InvalidTimeRangeException", "The start time occurs after the end time.")
    # An event has whole seconds, its time of arrival has not.
    return max(start or 0, now - RETENTION), now if end is None else end + 1


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


def _position(parameters: dict[str, Any]) -> int | None:
    token = parameters.get("NextToken")
    if not token:
        return None
    try:
        number, of = base64.b64decode(token, validate=True).decode().split(":")
        if of == _fingerprint(parameters):
            return int(number)
    except ValueError:
        pass
    raise AwsError("InvalidNextTokenException", "The token is not valid, or was created for other parameters.")


def _token(parameters: dict[str, Any], number: int) -> str:
    return base64.b64encode(f"{number}:{_fingerprint(parameters)}".encode()).decode()


def _fingerprint(parameters: dict[str, Any]) -> str:
    # With another number of results, the next page is still the next page.
    same = {name: value for name, value in parameters.items() if name not in ("MaxResults", "NextToken")}
    return hashlib.sha256(json.dumps(same, default=str, sort_keys=True).encode()).hexdigest()


def _shown(record: dict[str, Any]) -> dict[str, Any]:
    shown = {
        "EventId": record["eventID"],
        "EventName": record["eventName"],
        "ReadOnly": _text(record["readOnly"]),
        "EventTime": datetime.fromisoformat(record["eventTime"]),
        "EventSource": record["eventSource"],
        "Resources": [{"ResourceType": kind, "ResourceName": name} for kind, name in _resources(record)],
        "CloudTrailEvent": json.dumps(record, ensure_ascii=False, separators=(",", ":")),
    }
    for member, values in (("AccessKeyId", _key(record)), ("Username", _user(record))):
        if values:
            shown[member] = values[0]
    return shown


def _values(key: str, record: dict[str, Any]) -> list[str]:
    return _ATTRIBUTES[key](record)


def _key(record: dict[str, Any]) -> list[str]:
    found = record["userIdentity"].get("accessKeyId")
    return [found] if found else []


def _user(record: dict[str, Any]) -> list[str]:
    """The name of the user, or of the session of a role."""
    identity = record["userIdentity"]
    if identity["type"] == "AssumedRole":
        return [identity["principalId"].partition(":")[2]]
    return [identity["userName"]] if "userName" in identity else []


def _resources(record: dict[str, Any]) -> Iterator[tuple[str, str]]:
    parameters = record["requestParameters"] or {}
    for name, kind in _KINDS.items():
        if isinstance(parameters.get(name), str):
            yield kind, parameters[name]
    if record["eventName"] in _TRAIL_EVENTS and isinstance(parameters.get("name"), str):
        yield "AWS::CloudTrail::Trail", parameters["name"]


def _text(value: bool) -> str:
    return "true" if value else "false"


_ATTRIBUTES = {
    "AccessKeyId": _key,
    "EventId": lambda record: [record["eventID"]],
    "EventName": lambda record: [record["eventName"]],
    "EventSource": lambda record: [record["eventSource"]],
    "ReadOnly": lambda record: [_text(record["readOnly"])],
    "ResourceName": lambda record: [name for _kind, name in _resources(record)],
    "ResourceType": lambda record: [kind for kind, _name in _resources(record)],
    "Username": _user,
}
