# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking up events of the last 90 days.

Attributes: the help page "How do I configure the LookupAttribute parameter when I call the LookupEvents operation to query
events?" (2025-05-08).
"""
from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ...clock import iso
from ..errors import CloudError
from ..event_store import RETENTION
from ..operations import rpc
from ..parameters import Items, Structure, Text
from ..wire.freshness import seconds
from .common import PRODUCT, VERSION, invalid

if TYPE_CHECKING:
    from ..request import ApiRequest

_WEEK = 7 * 24 * 3600
_LAYOUT = "%Y-%m-%dT%H:%M:%SZ"
_DEFAULT = 20  # events of a page
_ATTRIBUTES = 2  # that count; of more than these, the first ones
# What has to stay the same, start and end in seconds since 1970, and how many events came before.
_TOKEN = re.compile(r"([0-9a-f]{16}) ([0-9]{1,10}\.[0-9]{1,9}) ([0-9]{1,10}\.[0-9]{1,9}) ([0-9]{1,9})")
_MATCHES: Mapping[str, Callable[[Mapping[str, Any], str], bool]] = {
    "ServiceName": lambda event, value: event["serviceName"] == value,
    "EventName": lambda event, value: event["eventName"] == value,
    "User": lambda event, value: event["userIdentity"].get("userName") == value,
    "EventId": lambda event, value: event["eventId"] == value,
    "EventRW": lambda event, value: event["eventRW"] == value,
    "EventAccessKeyId": lambda event, value: event["userIdentity"]["accessKeyId"] == value,
    "EventType": lambda event, value: event["eventType"] == value,
    "SourceIpAddress": lambda event, value: event["sourceIpAddress"] == value,
    "ResourceType": lambda event, value: value in event.get("referencedResources", {}),
    "ResourceName": lambda event, value: any(value in names for names in event.get("referencedResources", {}).values()),
}
_ATTRIBUTE = Structure(fields={
    "Key": Text(required=True, code="InvalidQueryParameter", choices=tuple(_MATCHES)), "Value": Text(required=True),
})


@rpc(
    PRODUCT, VERSION, "LookupEvents", action="actiontrail:LookupEvents", read_only=True,
    StartTime=Text(), EndTime=Text(), Direction=Text(code="InvalidQueryParameter", choices=("FORWARD", "BACKWARD")),
    LookupAttribute=Items(item=_ATTRIBUTE, code="InvalidQueryParameter"),
    MaxResults=Text(pattern="[1-9]|[1-4][0-9]|50", code="InvalidQueryParameter"), NextToken=Text(),
)
def lookup_events(request: ApiRequest) -> dict[str, Any]:
    """Events of this region and of global services, newest first, in pages."""
    # What comes later, such as this call itself, does not move the pages that follow.
    start, end, offset = _resume(request) if request.get("NextToken") else (*_times(request), 0)
    # Of two with the same key, the second one counts.
    wanted = {attribute["Key"]: attribute["Value"] for attribute in request.get("LookupAttribute", [])[:_ATTRIBUTES]}
    # Readers that are behind don't see the newest ones yet.
    newest = min(end, request.cloud.faults.moment())
    events = [
        event for event in request.account.events.newest_first(start, newest)
        if (event["isGlobal"] or event["acsRegion"] == request.region)
        and all(_MATCHES[key](event, value) for key, value in wanted.items())
    ]
    if request.get("Direction") == "FORWARD":
        events.reverse()
    size = int(request.get("MaxResults", _DEFAULT))
    answer = {
        "StartTime": iso(start), "EndTime": iso(end), "Events": list(itertools.islice(events, offset, offset + size)),
    }
    if offset + size < len(events):
        answer["NextToken"] = _token(request, start, end, offset + size)
    return answer


def _times(request: ApiRequest) -> tuple[float, float]:
    """The time range, in seconds since 1970; events of its last second are in it."""
    start = _time(request, "StartTime", request.now - _WEEK)
    end = _time(request, "EndTime", request.now)
    if "EndTime" in request:
        end += 0.999
    if start < request.now - RETENTION - 1:
        raise CloudError(400, "InvalidParameterStartTime", "The specified StartTime is more than 90 days ago.")
    if end <= start:
        raise CloudError(400, "InvalidParameterCombination", "The end time must be later than the start time.")
    return start, end


def _time(request: ApiRequest, name: str, default: float) -> float:
    if name not in request:
        return default
    try:
        return seconds(request[name], _LAYOUT)
    except ValueError:
        raise CloudError(400, f"InvalidParameter{name}", f"The specified {name} is invalid.") from None


def _question(request: ApiRequest) -> str:
    """What has to stay the same from page to page."""
    asked = {name: value for name, value in request.input.items() if name != "NextToken"}
    return hashlib.sha256(json.dumps([request.region, asked], sort_keys=True).encode()).hexdigest()[:16]


def _token(request: ApiRequest, start: float, end: float, offset: int) -> str:
    return base64.b64encode(f"{_question(request)} {start} {end} {offset}".encode()).decode()


def _resume(request: ApiRequest) -> tuple[float, float, int]:
    try:
        match = _TOKEN.fullmatch(base64.b64decode(request["NextToken"], validate=True).decode())
    except ValueError:
        match = None
    if not match:
        raise invalid("NextToken is not one that was given")
    question, start, end, offset = match.groups()
    if question != _question(request):
        raise invalid("the other parameters are not those with which NextToken was given")
    return float(start), float(end), int(offset)
