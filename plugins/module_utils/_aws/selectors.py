# SPDX-License-Identifier: GPL-3.0-or-later
"""Event, advanced and insight selectors of a trail: options, their shape in the API, reading. Private."""
from __future__ import annotations

import re

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code

from .._values import shown

# Values of the API reference's pages EventSelector, DataResource, AdvancedFieldSelector and InsightSelector.
READ_WRITE_TYPES = ["All", "ReadOnly", "WriteOnly"]
DATA_RESOURCE_TYPES = ["AWS::S3::Object", "AWS::Lambda::Function", "AWS::DynamoDB::Table"]
SELECTOR_FIELDS = [
    "errorCode",
    "eventCategory",
    "eventName",
    "eventSource",
    "eventType",
    "readOnly",
    "resources.ARN",
    "resources.type",
    "sessionCredentialFromConsole",
    "userIdentity.arn",
    "vpcEndpointId",
]
OPERATORS = {
    "equals": "Equals",
    "starts_with": "StartsWith",
    "ends_with": "EndsWith",
    "not_equals": "NotEquals",
    "not_starts_with": "NotStartsWith",
    "not_ends_with": "NotEndsWith",
}
_ANY_OTHER = "?.amazonaws.com"  # source that no selector names
_PROBE_FIELDS = {"eventCategory": "Management", "eventSource": "cloudtrail.amazonaws.com", "eventType": "AwsApiCall"}
EXCLUDABLE_SOURCES = ["kms.amazonaws.com", "rdsdata.amazonaws.com"]
_SERVICES = {"AWS::S3::Object": "s3", "AWS::Lambda::Function": "lambda", "AWS::DynamoDB::Table": "dynamodb"}
# Fields of a trail's events by category: those that a selector needs, and others.
_FIELDS = {
    "Management": (["eventCategory"], ["eventSource", "readOnly"]),
    "Data": (["eventCategory", "resources.type"], [
        "eventName", "eventSource", "eventType", "readOnly", "resources.ARN", "sessionCredentialFromConsole", "userIdentity.arn"]),
    "NetworkActivity": (["eventCategory", "eventSource"], ["errorCode", "eventName", "vpcEndpointId"]),
}
_EQUALS_ONLY = {"eventCategory", "readOnly", "resources.type"}
_MOST_SELECTORS, _MOST_DATA_RESOURCES, _MOST_VALUES = 5, 250, 500
_LONGEST_NAME, _LONGEST_VALUE = 1000, 2048  # characters
EVENT_CATEGORIES = ["Data", "Management", "NetworkActivity"]
INSIGHT_TYPES = ["ApiCallRateInsight", "ApiErrorRateInsight"]

# What CreateTrail gives a trail:
# https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetEventSelectors.html
DEFAULT_EVENT_SELECTORS = [
    {
        "read_write_type": "All",
        "include_management_events": True,
        "data_resources": [],
        "exclude_management_event_sources": [],
    }
]
DEFAULT_SELECTORS = {"event_selectors": DEFAULT_EVENT_SELECTORS, "advanced_event_selectors": []}


def event_selector_options() -> dict:
    """The argument specification of C(event_selectors) and C(advanced_event_selectors)."""
    data_resource = dict(
        type=dict(type="str", required=True, choices=DATA_RESOURCE_TYPES),
        values=dict(type="list", elements="str", required=True),
    )
    event_selector = dict(
        read_write_type=dict(type="str", default="All", choices=READ_WRITE_TYPES),
        include_management_events=dict(type="bool", default=True),
        data_resources=dict(type="list", elements="dict", default=[], options=data_resource),
        exclude_management_event_sources=dict(type="list", elements="str", default=[]),
    )
    field_selector = dict(
        field=dict(type="str", required=True, choices=SELECTOR_FIELDS),
        **{operator: dict(type="list", elements="str") for operator in OPERATORS},
    )
    advanced_event_selector = dict(
        name=dict(type="str"),
        field_selectors=dict(
            type="list", elements="dict", required=True, options=field_selector, required_one_of=[list(OPERATORS)]
        ),
    )
    return dict(
        event_selectors=dict(type="list", elements="dict", options=event_selector),
        advanced_event_selectors=dict(type="list", elements="dict", options=advanced_event_selector),
    )


def insight_type_option() -> dict:
    """The argument specification of a list of insight types."""
    return dict(type="list", elements="str", choices=INSIGHT_TYPES)


def problem(options: dict) -> str | None:
    """What AWS would refuse about event selectors that an argument specification can't say, or None: assumption aws-cloudtrail-selectors."""
    basic, advanced = options.get("event_selectors"), options.get("advanced_event_selectors")
    if [] in (basic, advanced):
        return (
            "an empty list of selectors would record nothing, and AWS rejects it: give a selector, or leave the option out"
        )
    for number, selector in enumerate(basic or [], start=1):
        wrong = _basic_problem(selector)
        if wrong:
            return f"event selector number {number} {wrong}"
    if len(basic or []) > _MOST_SELECTORS:
        return f"there are {len(basic)} event selectors, but a trail can have {_MOST_SELECTORS}: use advanced event selectors"
    values = sum(len(resource["values"]) for selector in basic or [] for resource in selector["data_resources"])
    if values > _MOST_DATA_RESOURCES:
        return (f"the event selectors contain {values} data resources, but a trail can have {_MOST_DATA_RESOURCES}: use advanced event"
                " selectors")
    for number, selector in enumerate(advanced or [], start=1):
        label = shown(selector["name"]) if selector.get("name") else f"number {number}"
        wrong = _advanced_problem(selector)
        if wrong:
            return f"advanced event selector {label} {wrong}"
    values = sum(len(field.get(name) or []) for selector in advanced or [] for field in selector["field_selectors"] for name in OPERATORS)
    if values > _MOST_VALUES:
        return f"the advanced event selectors have {values} values, but a trail can have {_MOST_VALUES}"
    return None


def _basic_problem(selector: dict) -> str | None:
    """What is wrong with a basic event selector, as the end of a sentence."""
    excluded = selector["exclude_management_event_sources"]
    wrong = next((source for source in excluded if source not in EXCLUDABLE_SOURCES), None)
    if wrong is not None:
        return f"excludes {shown(wrong)}, but only {' and '.join(EXCLUDABLE_SOURCES)} can be excluded"
    if excluded and not selector["include_management_events"]:
        return "excludes sources of management events that it does not record: remove exclude_management_event_sources"
    if not selector["include_management_events"] and not selector["data_resources"]:
        return "records nothing: give include_management_events: true, or data_resources"
    for resource in selector["data_resources"]:
        service = _SERVICES[resource["type"]]
        wrong = next((value for value in resource["values"] if not re.match(rf"arn:aws[a-z-]*:{service}(:|$)", value)), None)
        if wrong is not None:
            return f"has the data resource {shown(wrong)}, but values of {resource['type']} begin with arn:aws:{service}"
    return None


def _advanced_problem(selector: dict) -> str | None:
    """What is wrong with an advanced event selector, as the end of a sentence."""
    if len(selector.get("name") or "") > _LONGEST_NAME:
        return f"has a name of {len(selector['name'])} characters, but CloudTrail allows {_LONGEST_NAME}"
    fields = selector["field_selectors"]
    categories = [field for field in fields if field["field"] == "eventCategory"]
    if len(categories) != 1 or categories[0].get("equals") not in [[name] for name in EVENT_CATEGORIES]:
        return (
            "does not say which events it selects: give it exactly one field selector {field: eventCategory, equals: [Management]} or"
            " [Data]"
        )
    category = categories[0]["equals"][0]
    required, others = _FIELDS[category]
    names = [field["field"] for field in fields]
    missing = next((name for name in required if name not in names), None)
    if missing:
        return f"selects events of the category {category}, so it needs a field selector for {missing}"
    for field in fields:
        name = field["field"]
        if name not in (*required, *others):
            return f"has the field {name}, which events of the category {category} do not have: use {', '.join((*required, *others))}"
        given = [operator for operator in OPERATORS if field.get(operator)]
        if not given:
            return f"has the field {name} without a value: give one"
        if name in _EQUALS_ONLY and given != ["equals"]:
            return f"has the field {name} with {shown(given[-1])}, but this field allows only equals"
        wrong = next((value for operator in given for value in field[operator] if not 1 <= len(value) <= _LONGEST_VALUE), None)
        if wrong is not None:
            return f"has the field {name} with a value of {len(wrong)} characters, but a value has 1 to {_LONGEST_VALUE}"
        if name == "readOnly" and not {*field["equals"]} <= {"true", "false"}:
            return f"has the field readOnly with {shown(field['equals'])}, but its value must be 'true' or 'false', in quotes"
    return None


def insight_problem(types: list | None, basic: list | None, advanced: list | None) -> str | None:
    """Why a trail with these event selectors can't look for insights, or None: assumption aws-cloudtrail-insights.

    :param types: insight types.
    :param basic: event selectors, as options; None if they are not given.
    :param advanced: advanced event selectors, likewise. With neither, nothing is known of what the trail records.
    """
    if not types or not isinstance(basic or advanced, list):
        return None
    defaults = {"include_management_events": True, "read_write_type": "All"}
    given = [{**defaults, **{name: value for name, value in one.items() if value is not None}} for one in basic or []]
    recorded = recorded_probes({"event_selectors": given, "advanced_event_selectors": advanced or []})
    if not recorded:
        return "insights need management events, but the event selectors do not record any: record them, or remove the insights"
    if "ApiCallRateInsight" in types and "write" not in recorded:
        return ("ApiCallRateInsight needs write management events, but the event selectors do not record any: record them, or remove the"
                " insight")
    return None


def to_event_selectors(selectors: list[dict]) -> list[dict]:
    """Options as PutEventSelectors takes them."""
    return [
        {
            "ReadWriteType": selector["read_write_type"],
            "IncludeManagementEvents": selector["include_management_events"],
            "DataResources": [
                {"Type": resource["type"], "Values": resource["values"]} for resource in selector["data_resources"]
            ],
            "ExcludeManagementEventSources": selector["exclude_management_event_sources"],
        }
        for selector in selectors
    ]


def to_advanced_event_selectors(selectors: list[dict]) -> list[dict]:
    """Options as PutEventSelectors takes them."""
    return [
        {
            **({"Name": selector["name"]} if selector.get("name") else {}),
            "FieldSelectors": [
                {
                    "Field": field["field"],
                    **{api: field[option] for option, api in OPERATORS.items() if field.get(option)},
                }
                for field in selector["field_selectors"]
            ],
        }
        for selector in selectors
    ]


def from_event_selectors(selectors: list[dict]) -> list[dict]:
    """What GetEventSelectors returns, as options."""
    return [
        {
            "read_write_type": selector.get("ReadWriteType", "All"),
            "include_management_events": selector.get("IncludeManagementEvents", True),
            "data_resources": sorted(
                (
                    {"type": resource["Type"], "values": sorted(resource.get("Values", []))}
                    for resource in selector.get("DataResources", [])
                ),
                key=lambda resource: (resource["type"], resource["values"]),
            ),
            "exclude_management_event_sources": sorted(selector.get("ExcludeManagementEventSources", [])),
        }
        for selector in selectors
    ]


def from_advanced_event_selectors(selectors: list[dict]) -> list[dict]:
    """What GetEventSelectors returns, as options."""
    return [
        {
            **({"name": selector["Name"]} if selector.get("Name") else {}),
            "field_selectors": sorted(
                (
                    {
                        "field": field["Field"],
                        **{option: sorted(field[api]) for option, api in OPERATORS.items() if field.get(api)},
                    }
                    for field in selector["FieldSelectors"]
                ),
                key=lambda field: field["field"],
            ),
        }
        for selector in selectors
    ]


def normalised(event_selectors=None, advanced_event_selectors=None) -> dict:
    """Options as reading them back would return them; the two kinds exclude each other."""
    return {
        "event_selectors": from_event_selectors(to_event_selectors(event_selectors or [])),
        "advanced_event_selectors": from_advanced_event_selectors(
            to_advanced_event_selectors(advanced_event_selectors or [])
        ),
    }


def recorded_probes(selectors: dict) -> list[str]:
    """Which of the probe's two kinds of events selectors record: C(read), C(write), both or none.

    :param selectors: C(event_selectors) and C(advanced_event_selectors), as C(get_event_selectors) returns them.
    """
    basic, advanced = selectors["event_selectors"], selectors["advanced_event_selectors"]
    kinds = {"read": ("ReadOnly", {"readOnly": "true", "eventName": "DescribeTrails"}),
             "write": ("WriteOnly", {"readOnly": "false", "eventName": "RemoveTags"})}
    return [
        kind for kind, (only, fields) in kinds.items()
        if any(one["include_management_events"] and one["read_write_type"] in ("All", only) for one in basic)
        or any(_may_select(one, {**_PROBE_FIELDS, **fields}) for one in advanced)
    ]


def unrecorded(selectors: dict) -> list[str]:
    """Which management events selectors do not record, such as C(write events); none if they record all.

    :param selectors: as for C(recorded_probes).
    """
    sources = [*_named_sources(selectors), _ANY_OTHER]
    found = {}
    for kind in ("read", "write"):
        lost = [source for source in sources if not _records(selectors, kind, source)]
        if lost == sources:
            found[kind] = ""
        elif _ANY_OTHER in lost:
            found[kind] = f" of any source but {' and '.join(source for source in sources if source not in lost)}"
        elif lost:
            found[kind] = f" of {' and '.join(lost)}"
    if len(found) == 2 and found["read"] == found["write"]:
        return [f"management events{found['read']}"]
    return [f"{kind} events{which}" for kind, which in found.items()]


def _named_sources(selectors):
    """What selectors say of sources of management events."""
    excluded = [one["exclude_management_event_sources"] for one in selectors["event_selectors"]]
    fields = [field for one in selectors["advanced_event_selectors"] for field in one["field_selectors"]]
    named = [field.get(operator) or [] for field in fields if field["field"] == "eventSource" for operator in OPERATORS]
    return sorted({source for sources in excluded + named for source in sources})


def _records(selectors, kind, source):
    """Whether all management events of a kind and source are recorded."""
    event = {"eventCategory": "Management", "eventSource": source, "readOnly": "true" if kind == "read" else "false"}
    return any(
        one["include_management_events"] and one["read_write_type"] in ("All", f"{kind.capitalize()}Only")
        and source not in one["exclude_management_event_sources"]
        for one in selectors["event_selectors"]
    ) or any(
        # One that has another field records some of them at most.
        all(field["field"] in event and _matches(field, event[field["field"]]) for field in one["field_selectors"])
        for one in selectors["advanced_event_selectors"]
    )


def _may_select(selector, event):
    """Whether an advanced selector selects an event; yes where a field depends on what is not known of it."""
    return all(_matches(field, event[field["field"]]) for field in selector["field_selectors"] if field["field"] in event)


def _matches(field, value):
    """One of the positive operators has to fit, and none of the negative ones may be violated (API_AdvancedFieldSelector)."""
    fits = {
        "equals": value.__eq__, "starts_with": value.startswith, "ends_with": value.endswith
    }  # fmt: skip
    positive = [any(map(fit, field[name])) for name, fit in fits.items() if field.get(name)]
    negative = [any(map(fit, field[f"not_{name}"])) for name, fit in fits.items() if field.get(f"not_{name}")]
    return (any(positive) or not positive) and not any(negative)


def get_event_selectors(client, trail: str) -> dict:
    """Event selectors of a trail, by its name or ARN, both kinds. One call, GetEventSelectors."""
    answer = client.get_event_selectors(TrailName=trail, aws_retry=True)
    return {
        "event_selectors": from_event_selectors(answer.get("EventSelectors") or []),
        "advanced_event_selectors": from_advanced_event_selectors(answer.get("AdvancedEventSelectors") or []),
    }


def get_insight_selectors(client, trail: str) -> list[dict]:
    """Insight selectors of a trail as the API returns them, empty if Insights is off. One call, GetInsightSelectors."""
    try:
        return client.get_insight_selectors(TrailName=trail, aws_retry=True)["InsightSelectors"]
    except is_boto3_error_code("InsightNotEnabledException"):
        return []


def insight_types(selectors: list[dict]) -> list[str]:
    """The insight types among insight selectors."""
    return sorted(selector["InsightType"] for selector in selectors)
