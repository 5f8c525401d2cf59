# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Selectors of a trail: what the module says, what it does, what it calls."""
from __future__ import annotations

import pytest
from helpers.aws.modules import ACCOUNT, TRAIL, TRAIL_ARN, Account

DEFAULT = {
    "read_write_type": "All",
    "include_management_events": True,
    "data_resources": [],
    "exclude_management_event_sources": [],
}
OBJECTS = {
    "read_write_type": "WriteOnly",
    "include_management_events": True,
    "data_resources": [{"type": "AWS::S3::Object", "values": ["arn:aws:s3:::a/", "arn:aws:s3:::b/"]}],
    "exclude_management_event_sources": ["kms.amazonaws.com"],
}
ADVANCED = [
    {"name": "management", "field_selectors": [{"field": "eventCategory", "equals": ["Management"]}]},
    {
        "name": "writes to objects",
        "field_selectors": [
            {"field": "eventCategory", "equals": ["Data"]},
            {"field": "readOnly", "equals": ["false"]},
            {"field": "resources.type", "equals": ["AWS::S3::Object"]},
        ],
    },
]
BOTH_PREFIXES = [{"account_id": ACCOUNT}, {"account_id": ACCOUNT, "prefix": ""}]
READS = ["cloudtrail:GetEventSelectors"]
WRITES = ["cloudtrail:PutEventSelectors"]


@pytest.fixture(name="account")
def fixture_account(aws):
    """An account with a bucket and a trail, which may deliver without its prefix as well."""
    account = Account(aws)
    account.make_bucket(trails=BOTH_PREFIXES)
    account.make_trail()
    return account


def trail_of(account):
    return account.client("cloudtrail").get_trail(Name=TRAIL)["Trail"]


class TestEventSelectors:
    def run(self, account, **options):
        return account.run("cloudtrail_selectors", **{"name": TRAIL, **options})

    @pytest.mark.parametrize("name", [TRAIL, TRAIL_ARN])
    def test_basic(self, account, name):
        plan = self.run(account, check=True, name=name, event_selectors=[OBJECTS])
        assert plan["changed"]
        assert plan["calls"] == READS
        assert plan["diff"] == {
            "before": {"event_selectors": [DEFAULT], "advanced_event_selectors": []},
            "after": {"event_selectors": [OBJECTS], "advanced_event_selectors": []},
        }
        done = self.run(account, name=name, event_selectors=[OBJECTS])
        assert {**done, "calls": [], "writes": []} == {**plan, "calls": [], "writes": []}
        assert done["calls"] == READS + WRITES
        assert account.client("cloudtrail").get_event_selectors(TrailName=TRAIL)["EventSelectors"] == [
            {
                "ReadWriteType": "WriteOnly",
                "IncludeManagementEvents": True,
                "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::a/", "arn:aws:s3:::b/"]}],
                "ExcludeManagementEventSources": ["kms.amazonaws.com"],
            }
        ]
        again = self.run(account, name=name, event_selectors=[OBJECTS])
        assert not again["changed"]
        assert again["calls"] == READS
        assert again["event_selectors"] == [OBJECTS]
        assert again["diff"]["before"] == again["diff"]["after"]

    def test_advanced_replaces_basic_and_back(self, account):
        self.run(account, event_selectors=[OBJECTS])
        plan = self.run(account, check=True, advanced_event_selectors=ADVANCED)
        assert plan["changed"] and plan["writes"] == []
        done = self.run(account, advanced_event_selectors=ADVANCED)
        assert done["changed"] and done["writes"] == WRITES
        assert done["advanced_event_selectors"] == ADVANCED and done["event_selectors"] == []
        assert done["diff"]["before"] == {"event_selectors": [OBJECTS], "advanced_event_selectors": []}
        answer = account.client("cloudtrail").get_event_selectors(TrailName=TRAIL)
        assert [selector["Name"] for selector in answer["AdvancedEventSelectors"]] == [
            "management",
            "writes to objects",
        ]
        assert not answer.get("EventSelectors")
        again = self.run(account, advanced_event_selectors=ADVANCED)
        assert not again["changed"] and again["calls"] == READS
        back = self.run(account, event_selectors=[{}])
        assert back["changed"] and back["event_selectors"] == [DEFAULT] and back["advanced_event_selectors"] == []

    def test_order_without_meaning_is_no_change(self, account):
        self.run(account, advanced_event_selectors=ADVANCED)
        turned = [{**one, "field_selectors": one["field_selectors"][::-1]} for one in ADVANCED]
        assert not self.run(account, advanced_event_selectors=turned)["changed"]

    def test_back_to_the_default(self, account):
        self.run(account, advanced_event_selectors=ADVANCED)
        plan = self.run(account, check=True, event_selectors=[{}])
        assert plan["changed"] and plan["writes"] == []
        done = self.run(account, event_selectors=[{}])
        assert done["changed"] and done["event_selectors"] == [DEFAULT] and done["advanced_event_selectors"] == []
        again = self.run(account, event_selectors=[{}])
        assert not again["changed"] and again["calls"] == READS

    def test_a_missing_trail_in_check_mode_is_one_just_created(self, account):
        plan = self.run(account, check=True, name="missing", event_selectors=[OBJECTS])
        assert plan["changed"] and plan["diff"]["before"]["event_selectors"] == [DEFAULT]
        assert not self.run(account, check=True, name="missing", event_selectors=[{}])["changed"]

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            (
                {"event_selectors": [{}], "advanced_event_selectors": ADVANCED},
                "parameters are mutually exclusive: event_selectors|advanced_event_selectors",
            ),
            ({"event_selectors": []}, "an empty list of selectors"),
            ({"advanced_event_selectors": []}, "an empty list of selectors"),
            (
                {"advanced_event_selectors": [{"field_selectors": [{"field": "eventNam", "equals": ["x"]}]}]},
                "value of field must be one of: errorCode, ",
            ),
            (
                {"advanced_event_selectors": [{"field_selectors": [{"field": "readOnly", "equals": ["x"]}]}]},
                "advanced event selector number 1 does not say which events it selects: ",
            ),
            ({"event_selectors": [{"read_write": "All"}]}, "Unsupported parameters for "),
            ({"name": None, "event_selectors": [{}]}, "missing required arguments: name"),
        ],
    )
    def test_bad_arguments(self, account, options, words):
        arguments = {key: value for key, value in {"name": TRAIL, **options}.items() if value is not None}
        failed = account.run("cloudtrail_selectors", **arguments)
        assert failed["failed"] and failed["calls"] == []
        assert words in failed["msg"]

    @pytest.mark.parametrize(
        "options",
        [
            # Only CloudTrail knows which types of resources there are, and in which partition it is.
            {"event_selectors": [{"data_resources": [{"type": "AWS::S3::Object", "values": ["arn:aws-cn:s3"]}]}]},
            {
                "advanced_event_selectors": [
                    {
                        "field_selectors": [
                            {"field": "eventCategory", "equals": ["Data"]},
                            {"field": "resources.type", "equals": ["x"]},
                        ]
                    }
                ]
            },
        ],
    )
    def test_what_aws_refuses(self, account, options):
        failed = self.run(account, **options)
        assert failed["msg"].startswith(
            "Failed to set the event selectors of trail audit-logs: An error occurred (Invalid"
        )
        assert failed["error"]["code"] == "InvalidEventSelectorsException"


class TestInsightSelectors:
    READS = ["cloudtrail:GetInsightSelectors"]
    WRITES = ["cloudtrail:PutInsightSelectors"]

    def run(self, account, *types, **options):
        return account.run("cloudtrail_selectors", **{"name": TRAIL, "insight_types": list(types), **options})

    def test_on_changed_and_off(self, account):
        plan = self.run(account, "ApiErrorRateInsight", check=True)
        assert plan["changed"] and plan["calls"] == self.READS
        assert plan["diff"] == {"before": {"insight_types": []}, "after": {"insight_types": ["ApiErrorRateInsight"]}}
        done = self.run(account, "ApiErrorRateInsight")
        assert done["changed"] and done["calls"] == self.READS + self.WRITES
        assert done["insight_types"] == ["ApiErrorRateInsight"]
        assert not self.run(account, "ApiErrorRateInsight")["changed"]

        more = self.run(account, "ApiErrorRateInsight", "ApiCallRateInsight", "ApiErrorRateInsight")
        assert more["changed"] and more["insight_types"] == ["ApiCallRateInsight", "ApiErrorRateInsight"]
        again = self.run(account, "ApiErrorRateInsight", "ApiCallRateInsight")
        assert not again["changed"] and again["calls"] == self.READS

        plan = self.run(account, check=True)
        assert plan["changed"] and plan["writes"] == []
        off = self.run(account)
        assert off["changed"] and off["insight_types"] == [] and off["writes"] == self.WRITES
        again = self.run(account)
        assert not again["changed"] and again["calls"] == self.READS

    def test_a_missing_trail_in_check_mode_is_one_just_created(self, account):
        assert self.run(account, "ApiCallRateInsight", check=True, name="missing")["changed"]
        assert not self.run(account, check=True, name="missing")["changed"]

    def test_bad_arguments(self, account):
        failed = self.run(account, "Rates")
        assert failed["failed"] and failed["calls"] == []
        assert "value of insight_types must be one or more of: ApiCallRateInsight" in failed["msg"]


class TestSeveral:
    OPTIONS = {"name": TRAIL, "event_selectors": [OBJECTS], "insight_types": ["ApiCallRateInsight"]}
    READS = ["cloudtrail:GetEventSelectors", "cloudtrail:GetInsightSelectors"]
    WRITES = ["cloudtrail:PutEventSelectors", "cloudtrail:PutInsightSelectors"]

    def test_in_one_run(self, account):
        plan = account.run("cloudtrail_selectors", check=True, **self.OPTIONS)
        assert plan["changed"] and plan["calls"] == self.READS
        after = {"event_selectors": [OBJECTS], "advanced_event_selectors": [], "insight_types": ["ApiCallRateInsight"]}
        assert plan["diff"] == {
            "before": {"event_selectors": [DEFAULT], "advanced_event_selectors": [], "insight_types": []}, "after": after,
        }
        done = account.run("cloudtrail_selectors", **self.OPTIONS)
        assert done["calls"] == [call for pair in zip(self.READS, self.WRITES) for call in pair]
        assert {**done, "calls": [], "writes": []} == {**plan, "calls": [], "writes": []}
        assert {name: done[name] for name in after} == after
        again = account.run("cloudtrail_selectors", **self.OPTIONS)
        assert not again["changed"] and again["calls"] == self.READS

    def test_one_differs(self, account):
        account.run("cloudtrail_selectors", **self.OPTIONS)
        done = account.run("cloudtrail_selectors", **{**self.OPTIONS, "event_selectors": [{}]})
        assert done["changed"] and done["writes"] == WRITES

    def test_one_is_refused(self, account):
        failed = account.run("cloudtrail_selectors", **{**self.OPTIONS, "event_selectors": [
            {"data_resources": [{"type": "AWS::S3::Object", "values": ["arn:aws-cn:s3"]}]}]})
        assert failed["msg"].startswith("Failed to set the event selectors of trail audit-logs: ")
        assert failed["writes"] == self.WRITES[:1]
