# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Selectors of a trail, read back."""
from __future__ import annotations

import pytest
from helpers.aws.modules import TRAIL, TRAIL_ARN, Account

DEFAULT = {
    "read_write_type": "All", "include_management_events": True,
    "data_resources": [], "exclude_management_event_sources": [],
}
OBJECTS = {
    "read_write_type": "WriteOnly", "include_management_events": True,
    "data_resources": [{"type": "AWS::S3::Object", "values": ["arn:aws:s3:::a/", "arn:aws:s3:::b/"]}],
    "exclude_management_event_sources": ["kms.amazonaws.com"],
}
ADVANCED = [
    {"name": "management", "field_selectors": [{"field": "eventCategory", "equals": ["Management"]}]},
    {"name": "writes to objects", "field_selectors": [
        {"field": "eventCategory", "equals": ["Data"]},
        {"field": "readOnly", "equals": ["false"]},
        {"field": "resources.type", "equals": ["AWS::S3::Object"]},
    ]},
]
CALLS = ["cloudtrail:GetEventSelectors", "cloudtrail:GetInsightSelectors"]


@pytest.fixture(name="account")
def fixture_account(aws):
    """An account with a trail."""
    account = Account(aws)
    account.make_bucket()
    account.make_trail()
    return account


def test_of_a_new_trail(account):
    found = account.run("cloudtrail_selectors_info", name=TRAIL)
    assert not found["changed"] and found["calls"] == CALLS
    assert found["event_selectors"] == [DEFAULT]
    assert found["advanced_event_selectors"] == [] and found["insight_types"] == []


@pytest.mark.parametrize("options", [{"event_selectors": [OBJECTS]}, {"advanced_event_selectors": ADVANCED}])
def test_what_it_returns_can_be_set(account, options):
    account.run("cloudtrail_selectors", name=TRAIL, insight_types=["ApiCallRateInsight"], **options)
    found = account.run("cloudtrail_selectors_info", name=TRAIL_ARN, check=True)
    assert found["insight_types"] == ["ApiCallRateInsight"]
    (kind,) = options
    assert found[kind] == options[kind]
    assert not account.run("cloudtrail_selectors", name=TRAIL, **{kind: found[kind]})["changed"]
