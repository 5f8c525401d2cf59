# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Selectors between options and the API."""

from __future__ import annotations

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import selectors

BASIC_API = {
    "ReadWriteType": "WriteOnly",
    "IncludeManagementEvents": False,
    "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::a/", "arn:aws:s3:::b/"]}],
    "ExcludeManagementEventSources": ["kms.amazonaws.com"],
}
BASIC = {
    "read_write_type": "WriteOnly",
    "include_management_events": False,
    "data_resources": [{"type": "AWS::S3::Object", "values": ["arn:aws:s3:::a/", "arn:aws:s3:::b/"]}],
    "exclude_management_event_sources": ["kms.amazonaws.com"],
}
ADVANCED_API = {
    "Name": "writes",
    "FieldSelectors": [
        {"Field": "eventCategory", "Equals": ["Data"]},
        {"Field": "resources.ARN", "NotStartsWith": ["arn:aws:s3:::a/", "arn:aws:s3:::b/"], "EndsWith": [".json"]},
        {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
    ],
}
ADVANCED = {
    "name": "writes",
    "field_selectors": [
        {"field": "eventCategory", "equals": ["Data"]},
        {"field": "resources.ARN", "not_starts_with": ["arn:aws:s3:::a/", "arn:aws:s3:::b/"], "ends_with": [".json"]},
        {"field": "resources.type", "equals": ["AWS::S3::Object"]},
    ],
}


def validated(**options):
    """Options as the argument specification passes them on, or its first complaint."""
    result = ArgumentSpecValidator(selectors.event_selector_options()).validate(options)
    return result.error_messages[0] if result.error_messages else result.validated_parameters


class TestBasic:
    def test_to_and_from_the_api(self):
        assert selectors.to_event_selectors([BASIC]) == [BASIC_API]
        assert selectors.from_event_selectors([BASIC_API]) == [BASIC]

    def test_what_the_api_leaves_out(self):
        assert selectors.from_event_selectors([{}]) == selectors.DEFAULT_EVENT_SELECTORS

    def test_defaults_of_the_options_are_what_create_trail_gives(self):
        given = validated(event_selectors=[{}])["event_selectors"]
        assert selectors.normalised(given)["event_selectors"] == selectors.DEFAULT_EVENT_SELECTORS

    def test_order_does_not_matter_where_it_means_nothing(self):
        table = {"type": "AWS::DynamoDB::Table", "values": ["arn:aws:dynamodb"]}
        one = {
            **BASIC,
            "data_resources": [{"type": "AWS::S3::Object", "values": ["arn:aws:s3:::b/", "arn:aws:s3:::a/"]}, table],
            "exclude_management_event_sources": ["rdsdata.amazonaws.com", "kms.amazonaws.com"],
        }
        other = {
            **BASIC,
            "data_resources": [table, {"type": "AWS::S3::Object", "values": ["arn:aws:s3:::a/", "arn:aws:s3:::b/"]}],
            "exclude_management_event_sources": ["kms.amazonaws.com", "rdsdata.amazonaws.com"],
        }
        assert selectors.normalised([one]) == selectors.normalised([other])

    def test_values_matter(self):
        for name, value in (
            ("read_write_type", "ReadOnly"),
            ("include_management_events", True),
            ("data_resources", []),
            ("exclude_management_event_sources", []),
        ):
            assert selectors.normalised([BASIC]) != selectors.normalised([{**BASIC, name: value}])


class TestAdvanced:
    def test_to_and_from_the_api(self):
        assert selectors.to_advanced_event_selectors([ADVANCED]) == [ADVANCED_API]
        assert selectors.from_advanced_event_selectors([ADVANCED_API]) == [ADVANCED]

    @pytest.mark.parametrize(
        ("option", "api"),
        [
            ("equals", "Equals"),
            ("starts_with", "StartsWith"),
            ("ends_with", "EndsWith"),
            ("not_equals", "NotEquals"),
            ("not_starts_with", "NotStartsWith"),
            ("not_ends_with", "NotEndsWith"),
        ],
    )
    def test_operators(self, option, api):
        given = validated(advanced_event_selectors=[{"field_selectors": [{"field": "eventName", option: ["x"]}]}])
        assert selectors.to_advanced_event_selectors(given["advanced_event_selectors"]) == [
            {"FieldSelectors": [{"Field": "eventName", api: ["x"]}]}
        ]

    def test_empty_options_do_not_reach_the_api(self):
        given = [{"name": None, "field_selectors": [{"field": "eventName", "equals": ["x"], "ends_with": None}]}]
        assert selectors.to_advanced_event_selectors(given) == [
            {"FieldSelectors": [{"Field": "eventName", "Equals": ["x"]}]}
        ]
        assert selectors.normalised(None, given)["advanced_event_selectors"] == [
            {"field_selectors": [{"field": "eventName", "equals": ["x"]}]}
        ]

    def test_order_does_not_matter_where_it_means_nothing(self):
        turned = {
            "name": "writes",
            "field_selectors": [
                {field: values[::-1] if isinstance(values, list) else values for field, values in one.items()}
                for one in reversed(ADVANCED["field_selectors"])
            ],
        }
        assert turned != ADVANCED
        assert selectors.normalised(None, [turned]) == selectors.normalised(None, [ADVANCED])

    def test_the_two_kinds_are_one_setting(self):
        assert selectors.normalised([BASIC]) == {"event_selectors": [BASIC], "advanced_event_selectors": []}
        assert selectors.normalised(None, [ADVANCED]) == {"event_selectors": [], "advanced_event_selectors": [ADVANCED]}


class TestOptions:
    @pytest.mark.parametrize(
        ("options", "words"),
        [
            (
                {"advanced_event_selectors": [{"field_selectors": [{"field": "eventNam", "equals": ["x"]}]}]},
                "value of field must be one of: errorCode, eventCategory, ",
            ),
            (
                {"advanced_event_selectors": [{"field_selectors": [{"field": "eventName"}]}]},
                "one of the following is required",
            ),
            ({"advanced_event_selectors": [{"name": "x"}]}, "missing required arguments: field_selectors"),
            ({"advanced_event_selectors": [{"fields": []}]}, "missing required arguments: field_selectors"),
            ({"event_selectors": [{"read_write_type": "Some"}]}, "must be one of: All, ReadOnly, WriteOnly, got: Some"),
            (
                {"event_selectors": [{"data_resources": [{"type": "AWS::S3::Object"}]}]},
                "missing required arguments: values",
            ),
            (
                {"event_selectors": [{"data_resources": [{"type": "AWS::S3::Bucket", "values": []}]}]},
                "must be one of: ",
            ),
        ],
    )
    def test_refused(self, options, words):
        assert words in validated(**options)

    @pytest.mark.parametrize(
        "fields",
        [
            [],
            [{"field": "eventName", "equals": ["x"]}],
            [{"field": "eventCategory", "not_equals": ["Data"]}],
            [{"field": "eventCategory", "equals": []}],
            [{"field": "eventCategory", "equals": ["Data", "Management"]}],
            [{"field": "eventCategory", "equals": ["data"]}],
            [{"field": "eventCategory", "equals": ["Data"]}, {"field": "eventCategory", "equals": ["Management"]}],
        ],
    )
    def test_event_category(self, fields):
        sentence = (
            " does not say which events it selects: give it exactly one field selector"
            " {field: eventCategory, equals: [Management]} or [Data]"
        )
        bad = {"field_selectors": fields}
        assert (
            selectors.problem({"advanced_event_selectors": [ADVANCED, bad]})
            == f"advanced event selector number 2{sentence}"
        )
        assert selectors.problem({"advanced_event_selectors": [{**bad, "name": "x"}]}) == (
            f"advanced event selector 'x'{sentence}"
        )

    @pytest.mark.parametrize("category", ["Management", "Data", "NetworkActivity"])
    def test_event_categories(self, category):
        further = {"Data": [("resources.type", "AWS::S3::Object")], "NetworkActivity": [("eventSource", "s3.amazonaws.com")]}
        fields = [("eventCategory", category), *further.get(category, [])]
        good = {"field_selectors": [{"field": name, "equals": [value]} for name, value in fields]}
        assert selectors.problem({"advanced_event_selectors": [ADVANCED, good]}) is None
        for left_out in further.get(category, []):
            bad = {"field_selectors": [field for field in good["field_selectors"] if field["field"] != left_out[0]]}
            assert f"needs a field selector for {left_out[0]}" in selectors.problem({"advanced_event_selectors": [bad]})

    @pytest.mark.parametrize("field, words", [
        ({"field": "resources.ARN", "equals": ["x"]}, "has the field resources.ARN, which events of the category Management do not have"),
        ({"field": "readOnly", "equals": ["yes"]}, "has the field readOnly with ['yes'], but its value must be 'true' or 'false'"),
        ({"field": "readOnly", "not_equals": ["true"]}, "has the field readOnly with 'not_equals', but this field allows only equals"),
        ({"field": "eventSource", "equals": [""]}, "has the field eventSource with a value of 0 characters, but a value has 1 to 2048"),
        ({"field": "eventSource", "equals": ["x" * 2049]}, "has the field eventSource with a value of 2049 characters"),
        ({"field": "eventSource", "equals": []}, "has the field eventSource without a value: give one"),
        ({"field": "eventSource", "equals": ["x"] * 500}, "the advanced event selectors have 501 values, but a trail can have 500"),
    ])
    def test_fields_that_aws_would_refuse(self, field, words):
        bad = {"field_selectors": [{"field": "eventCategory", "equals": ["Management"]}, field]}
        assert words in selectors.problem({"advanced_event_selectors": [bad]})

    BASIC = {"read_write_type": "All", "include_management_events": True, "data_resources": [], "exclude_management_event_sources": []}

    @pytest.mark.parametrize("basic, words", [
        ([BASIC] * 6, "there are 6 event selectors, but a trail can have 5"),
        ([{**BASIC, "exclude_management_event_sources": ["s3.amazonaws.com"]}], "excludes 's3.amazonaws.com', but only kms.amazonaws.com"),
        ([{**BASIC, "include_management_events": False}], "event selector number 1 records nothing"),
        ([{**BASIC, "include_management_events": False, "exclude_management_event_sources": ["kms.amazonaws.com"]}], "that it does not record"),
        ([{**BASIC, "data_resources": [{"type": "AWS::S3::Object", "values": ["example"]}]}], "has the data resource 'example', but values"),
        ([{**BASIC, "data_resources": [{"type": "AWS::S3::Object", "values": ["arn:aws:lambda"]}]}], "begin with arn:aws:s3"),
        ([{**BASIC, "data_resources": [{"type": "AWS::S3::Object", "values": ["arn:aws:s3:::a/"] * 251}]}], "contain 251 data resources"),
    ])
    def test_basic_selectors_that_aws_would_refuse(self, basic, words):
        assert words in selectors.problem({"event_selectors": basic})

    @pytest.mark.parametrize("types, basic, words", [
        (["ApiErrorRateInsight"], [{**BASIC, "include_management_events": False}], "insights need management events"),
        (["ApiCallRateInsight"], [{**BASIC, "read_write_type": "ReadOnly"}], "ApiCallRateInsight needs write management events"),
        (["ApiErrorRateInsight"], [{**BASIC, "read_write_type": "ReadOnly"}], None),
        (["ApiCallRateInsight"], [BASIC], None),
        (["ApiCallRateInsight"], None, None),
        ([], [{**BASIC, "include_management_events": False}], None),
    ])
    def test_insights(self, types, basic, words):
        found = selectors.insight_problem(types, basic, None)
        assert words in found if words else found is None

    @pytest.mark.parametrize("kind", ["event_selectors", "advanced_event_selectors"])
    def test_an_empty_list(self, kind):
        other = {"event_selectors": "advanced_event_selectors"}.get(kind, "event_selectors")
        assert selectors.problem({kind: [], other: None}).startswith("an empty list of selectors would record nothing")

    def test_nothing_given(self):
        assert selectors.problem({"event_selectors": None, "advanced_event_selectors": None}) is None
        assert selectors.problem({}) is None


def test_insight_types_are_sorted():
    found = [{"InsightType": "ApiErrorRateInsight"}, {"InsightType": "ApiCallRateInsight", "EventCategories": ["Data"]}]
    assert selectors.insight_types(found) == ["ApiCallRateInsight", "ApiErrorRateInsight"]
    assert selectors.insight_types([]) == []


def basic(**options):
    return {**selectors.DEFAULT_EVENT_SELECTORS[0], **options}


def advanced(**fields):
    """An advanced selector of management events, with more fields."""
    fields = {"eventCategory": {"equals": ["Management"]}, **fields}
    return {"field_selectors": [{"field": name, **operators} for name, operators in fields.items()]}


KMS, RDS, TRAIL = "kms.amazonaws.com", "rdsdata.amazonaws.com", "cloudtrail.amazonaws.com"
READ, WRITE = {"equals": ["true"]}, {"equals": ["false"]}


@pytest.mark.parametrize("given, lost", [
    ([basic()], []),
    ([basic(data_resources=[{"type": "AWS::S3::Object", "values": ["arn:aws:s3"]}])], []),
    ([basic(read_write_type="ReadOnly"), basic(read_write_type="WriteOnly")], []),
    ([basic(exclude_management_event_sources=[KMS]), basic(exclude_management_event_sources=[RDS])], []),
    ([basic(read_write_type="ReadOnly")], ["write events"]),
    ([basic(read_write_type="WriteOnly", exclude_management_event_sources=[KMS])],
     ["read events", f"write events of {KMS}"]),
    ([basic(exclude_management_event_sources=[KMS, RDS])], [f"management events of {KMS} and {RDS}"]),
    ([basic(include_management_events=False)], ["management events"]),
    ([advanced()], []),
    ([advanced(readOnly=READ), advanced(readOnly=WRITE)], []),
    ([advanced(eventSource={"not_equals": [KMS]}), advanced(eventSource={"equals": [KMS]})], []),
    ([advanced(), ADVANCED], []),
    ([ADVANCED], ["management events"]),
    ([advanced(readOnly=READ)], ["write events"]),
    ([advanced(eventSource={"not_equals": [KMS]})], [f"management events of {KMS}"]),
    ([advanced(eventSource={"not_starts_with": ["iam"]})], ["management events of iam"]),
    ([advanced(eventSource={"equals": [TRAIL]})], [f"management events of any source but {TRAIL}"]),
    ([advanced(eventSource={"equals": [TRAIL]}, readOnly=READ)],
     [f"read events of any source but {TRAIL}", "write events"]),
    ([advanced(eventSource={"not_equals": [KMS]}), advanced(eventSource={"equals": [KMS]}, readOnly=WRITE)],
     [f"read events of {KMS}"]),
    ([advanced(eventName={"equals": ["CreateUser"]})], ["management events"]),
])
def test_management_events_that_are_not_recorded(given, lost):
    kind = "advanced_event_selectors" if "field_selectors" in given[0] else "event_selectors"
    assert selectors.unrecorded({"event_selectors": [], "advanced_event_selectors": [], kind: given}) == lost
