# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which trails an event goes to."""
from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from moto.cloudtrail.models import Trail

from .events import Event
from .lookup import visible_trails
from .selectors import default_selectors

_DEFAULT = default_selectors()
# Each takes the event's value and those of the selector: "Filtering data events by using advanced event selectors".
_OPERATORS: dict[str, Callable[[str, list[str]], bool]] = {
    "Equals": lambda value, wanted: value in wanted,
    "StartsWith": lambda value, wanted: value.startswith(tuple(wanted)),
    "EndsWith": lambda value, wanted: value.endswith(tuple(wanted)),
    "NotEquals": lambda value, wanted: value not in wanted,
    "NotStartsWith": lambda value, wanted: not value.startswith(tuple(wanted)),
    "NotEndsWith": lambda value, wanted: not value.endswith(tuple(wanted)),
}


def trails_for(event: Event, ended: Trail | None) -> Iterator[Trail]:
    """The trails that log, that are there for the event's account and region, and whose selectors match.

    :param ended: a trail that has logged until this event.
    """
    for trail in visible_trails(event.account, event.region):
        if trail.status.is_logging and _wants(trail, event):
            yield trail
    if ended is not None and not ended.status.is_logging and _wants(ended, event):
        yield ended


def _wants(trail: Trail, event: Event) -> bool:
    if event.is_global and not trail.include_global_service_events:
        return False
    if trail.advanced_event_selectors:
        return any(_matches_advanced(selector, event) for selector in trail.advanced_event_selectors)
    return any(_matches_basic(selector, event) for selector in trail.event_selectors or _DEFAULT)


def _matches_basic(selector: Mapping[str, Any], event: Event) -> bool:
    """API_EventSelector and API_DataResource."""
    if selector["ReadWriteType"] != "All" and (selector["ReadWriteType"] == "ReadOnly") != event.fields["readOnly"]:
        return False
    if event.is_management:
        source = event.fields["eventSource"]
        return selector["IncludeManagementEvents"] and source not in selector["ExcludeManagementEventSources"]
    return any(
        resource.get("Type") == thing["type"] and _arn(thing).startswith(value)
        for resource in selector["DataResources"] for value in resource.get("Values", [])
        for thing in event.fields.get("resources", [])
    )


def _matches_advanced(selector: Mapping[str, Any], event: Event) -> bool:
    """API_AdvancedFieldSelector: every field matches, with each of its operators."""
    return all(
        _OPERATORS[name](_value(field["Field"], event), wanted)
        for field in selector["FieldSelectors"] for name, wanted in field.items() if name in _OPERATORS and wanted
    )


def _value(name: str, event: Event) -> str:
    fields = event.fields
    if name == "readOnly":
        return "true" if fields["readOnly"] else "false"
    if name == "userIdentity.arn":
        return fields["userIdentity"].get("arn", "")
    if name == "sessionCredentialFromConsole":
        return "false"
    if name in ("resources.type", "resources.ARN"):
        thing = next(iter(fields.get("resources", ())), None)
        return "" if thing is None else thing["type"] if name == "resources.type" else _arn(thing)
    return str(fields.get(name, ""))


def _arn(thing: Mapping[str, str]) -> str:
    return thing.get("ARN") or thing.get("ARNPrefix") or ""
