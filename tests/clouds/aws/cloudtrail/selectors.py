# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Event selectors of a trail."""
from __future__ import annotations

from collections import Counter
from typing import Any

from moto.cloudtrail.models import Trail

from ..errors import AwsError
from ..mends import after, before, instead
from ..partition import partition
from ..request import ApiRequest
from .lookup import find, find_own

_MAXIMUM_SELECTORS = 5
_MAXIMUM_DATA_RESOURCES = 250
_MAXIMUM_VALUES = 500
_DATA_RESOURCE_TYPES = {"AWS::DynamoDB::Table": "dynamodb", "AWS::Lambda::Function": "lambda", "AWS::S3::Object": "s3"}
_EXCLUDABLE_SOURCES = frozenset({"kms.amazonaws.com", "rdsdata.amazonaws.com"})
_OPERATORS = frozenset({"Equals", "StartsWith", "EndsWith", "NotEquals", "NotStartsWith", "NotEndsWith"})
# Fields of each category of a trail's events; the first ones are required.
_FIELDS = {
    "Management": (("eventCategory",), {"eventSource", "readOnly"}),
    "Data": (("eventCategory", "resources.type"), {
        "eventName", "eventSource", "eventType", "readOnly", "resources.ARN", "sessionCredentialFromConsole",
        "userIdentity.arn",
    }),
    "NetworkActivity": (("eventCategory", "eventSource"), {"errorCode", "eventName", "vpcEndpointId"}),
}
_EQUALS_ONLY = frozenset({"eventCategory", "readOnly", "resources.type"})
# "Some resource types": a category has many; only a name that is none at all is refused.
_RESOURCE_TYPE_PREFIX = "AWS::"


def default_selectors() -> list[dict[str, Any]]:
    """API_PutEventSelectors: without selectors, a trail logs all management events and no data events."""
    return [_with_defaults({})]


def has_custom_selectors(trail: Trail) -> bool:
    """Whether a trail has selectors that are not the default."""
    return bool(trail.advanced_event_selectors) or trail.event_selectors not in ([], default_selectors())


def _with_defaults(selector: dict[str, Any]) -> dict[str, Any]:
    """API_EventSelector: ReadWriteType is All, IncludeManagementEvents is true, nothing else by default."""
    return {
        "ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": [],
        "ExcludeManagementEventSources": [], **selector,
    }


@instead("cloudtrail", "GetEventSelectors")
def get_event_selectors(request: ApiRequest) -> dict[str, Any]:
    """moto has no selectors on a new trail; see ``default_selectors``.

    See assumption aws-cloudtrail-selectors.
    """
    trail = find(request, request.parameters["TrailName"])
    if trail.advanced_event_selectors:
        return {"TrailARN": trail.arn, "AdvancedEventSelectors": trail.advanced_event_selectors}
    return {"TrailARN": trail.arn, "EventSelectors": trail.event_selectors or default_selectors()}


@before("cloudtrail", "PutEventSelectors")
def find_trail(request: ApiRequest) -> None:
    """API_PutEventSelectors, TrailName: name or ARN, in the trail's home region.

    See assumption aws-cloudtrail-selectors.
    """
    request.change("TrailName", find_own(request, request.parameters["TrailName"]).trail_name)


@before("cloudtrail", "PutEventSelectors")
def refuse_both_kinds(request: ApiRequest) -> None:
    """moto takes the basic ones and drops the others.

    API_PutEventSelectors: either AdvancedEventSelectors or EventSelectors, but not both.

    See assumption aws-cloudtrail-selectors.
    """
    basic, advanced = request.parameters.get("EventSelectors"), request.parameters.get("AdvancedEventSelectors")
    if bool(basic) == bool(advanced):
        _refuse("Specify either event selectors or advanced event selectors, and at least one of them.")


@before("cloudtrail", "PutEventSelectors")
def refuse_bad_basic_selectors(request: ApiRequest) -> None:
    """moto keeps what it gets.

    API_EventSelector, API_DataResource and InvalidEventSelectorsException: the limits and values below.

    See assumption aws-cloudtrail-selectors.
    """
    selectors = request.parameters.get("EventSelectors") or []
    if len(selectors) > _MAXIMUM_SELECTORS:
        _refuse(f"A trail can have up to {_MAXIMUM_SELECTORS} event selectors.")
    resources = [resource for selector in selectors for resource in selector.get("DataResources", [])]
    if sum(len(resource.get("Values", [])) for resource in resources) > _MAXIMUM_DATA_RESOURCES:
        _refuse(f"A trail can have up to {_MAXIMUM_DATA_RESOURCES} data resources.")
    for selector in selectors:
        if selector.get("ReadWriteType", "All") not in ("ReadOnly", "WriteOnly", "All"):
            _refuse(f"Invalid ReadWriteType: {selector['ReadWriteType']}")
        excluded = set(selector.get("ExcludeManagementEventSources", []))
        if excluded - _EXCLUDABLE_SOURCES:
            _refuse(f"Management events of {min(excluded - _EXCLUDABLE_SOURCES)} can't be excluded.")
        if excluded and not selector.get("IncludeManagementEvents", True):
            _refuse("Sources can be excluded only where management events are included.")
        if not selector.get("IncludeManagementEvents", True) and not selector.get("DataResources"):
            _refuse("An event selector includes management events, data resources or both.")
    for resource in resources:
        service = _DATA_RESOURCE_TYPES.get(resource.get("Type", ""))
        if service is None:
            _refuse(f"Invalid type of data resource: {resource.get('Type')}")
        for value in resource.get("Values", []):
            if not value.startswith(f"arn:{partition()}:{service}"):
                _refuse(f"Value {value} for DataResources.Values is invalid.")


@before("cloudtrail", "PutEventSelectors")
def refuse_bad_advanced_selectors(request: ApiRequest) -> None:
    """moto keeps what it gets.

    API_AdvancedFieldSelector: the fields of each category; API_PutEventSelectors: 500 values in all conditions.

    See assumption aws-cloudtrail-selectors.
    """
    selectors = request.parameters.get("AdvancedEventSelectors") or []
    values = 0
    for selector in selectors:
        if len(selector.get("Name") or "") > 1000:
            _refuse("The name of an advanced event selector has up to 1000 characters.")
        values += _check_fields(selector.get("FieldSelectors", []))
    if values > _MAXIMUM_VALUES:
        _refuse(f"The conditions of a trail's advanced event selectors can have up to {_MAXIMUM_VALUES} values.")


def _check_fields(fields: list[dict[str, Any]]) -> int:
    """Check the conditions of one selector; returns how many values they have."""
    count = Counter(field["Field"] for field in fields)
    categories = [field.get("Equals", []) for field in fields if field["Field"] == "eventCategory"]
    if len(categories) != 1 or len(categories[0]) != 1 or categories[0][0] not in _FIELDS:
        _refuse("An advanced event selector has eventCategory once, and it equals one of Management, Data and "
                "NetworkActivity.")
    required, optional = _FIELDS[categories[0][0]]
    for name, times in count.items():
        if name not in required and name not in optional:
            _refuse(f"Invalid field for the event category {categories[0][0]}: {name}")
        if times > 1:
            _refuse(f"The field {name} is there more than once.")
    for name in required:
        if name not in count:
            _refuse(f"The field {name} is missing.")
    return sum(_check_field(field) for field in fields)


def _check_field(field: dict[str, Any]) -> int:
    name, operators = field["Field"], {key: value for key, value in field.items() if key in _OPERATORS and value}
    if not operators:
        _refuse(f"The field {name} has no condition.")
    if name in _EQUALS_ONLY and (operators.keys() != {"Equals"} or len(operators["Equals"]) != 1):
        _refuse(f"The field {name} can only equal one value.")
    if name == "readOnly" and operators["Equals"][0] not in ("true", "false"):
        _refuse("The field readOnly equals true or false.")
    if name == "resources.type" and not operators["Equals"][0].startswith(_RESOURCE_TYPE_PREFIX):
        _refuse(f"Invalid type of resource: {operators['Equals'][0]}")
    for value in (value for values in operators.values() for value in values):
        if not 1 <= len(value) <= 2048:
            _refuse(f"A value of the field {name} has 1 to 2048 characters.")
    return sum(len(values) for values in operators.values())


def _refuse(message: str) -> None:
    raise AwsError("InvalidEventSelectorsException", message)


@after("cloudtrail", "PutEventSelectors")
def replace_the_other_kind(request: ApiRequest, output: dict[str, Any]) -> None:
    """moto keeps the advanced ones beside new basic ones.

    API_PutEventSelectors: you can use one kind or the other, not both; the ones that are put replace what was there.

    See assumption aws-cloudtrail-selectors.
    """
    trail = find(request, request.parameters["TrailName"])
    if request.parameters.get("EventSelectors"):
        trail.advanced_event_selectors = []
        trail.event_selectors = [_with_defaults(selector) for selector in request.parameters["EventSelectors"]]
    output.clear()
    output.update(get_event_selectors(request))
