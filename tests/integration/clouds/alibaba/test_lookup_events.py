# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Events that the local ActionTrail finds, and its regions, with today's SDK and the older one."""
from __future__ import annotations

import base64

import pytest
from helpers.alibaba.trails import MANAGEMENT, PROJECT, REGION, of_account
from alibabacloud_ram20150501 import models as ram

MEMBER = "2000000000000002"


def create(trails, name="audit-trail"):
    return trails.call("CreateTrail", Name=name, SlsProjectArn=PROJECT)


def lookup(trails, **parameters):
    return trails.call("LookupEvents", **parameters)


def event_names(answer):
    return [found["eventName"] for found in answer["Events"]]


def test_events_are_found_newest_first(trails):
    create(trails)
    trails.call("DeleteTrail", Name="audit-trail")
    assert event_names(lookup(trails))[:2] == ["DeleteTrail", "CreateTrail"]


def test_events_are_found_oldest_first(trails):
    create(trails)
    trails.call("DeleteTrail", Name="audit-trail")
    assert event_names(lookup(trails, Direction="FORWARD"))[:2] == ["CreateTrail", "DeleteTrail"]


@pytest.mark.parametrize("key, value", [
    ("EventName", "CreateTrail"), ("ResourceName", "audit-trail"), ("ResourceType", "ACS::ActionTrail::Trail"),
    ("ServiceName", "Actiontrail"), ("EventRW", "Write"), ("User", "administrator"), ("EventType", "ApiCall"),
    ("SourceIpAddress", "127.0.0.1"),
])
def test_events_are_found_by_attribute(trails, key, value):
    create(trails)
    found = lookup(trails, LookupAttribute=[{"Key": key, "Value": value}])
    assert event_names(found) == ["CreateTrail"]


@pytest.mark.parametrize("key", [
    "EventName", "ResourceName", "ResourceType", "ServiceName", "User", "EventId", "EventAccessKeyId",
])
def test_attribute_that_no_event_has(trails, key):
    create(trails)
    assert lookup(trails, LookupAttribute=[{"Key": key, "Value": "nothing"}])["Events"] == []


@pytest.mark.parametrize("asked, found", [
    ([("ServiceName", "Actiontrail"), ("EventName", "CreateTrail")], ["CreateTrail"]),
    ([("ServiceName", "Ram"), ("EventName", "CreateTrail")], []),
    ([("EventName", "CreateTrail"), ("EventName", "StopLogging")], ["StopLogging"]),
    ([("EventName", "StopLogging"), ("EventName", "CreateTrail")], ["CreateTrail"]),
    ([("EventName", "CreateTrail"), ("EventRW", "Write"), ("ServiceName", "Ram")], ["CreateTrail"]),
])
def test_two_attributes(trails, asked, found):
    """Both count, of two with the same key the second one, and of more the first two."""
    create(trails)
    trails.call("StopLogging", Name="audit-trail")
    attributes = [{"Key": key, "Value": value} for key, value in asked]
    assert event_names(lookup(trails, LookupAttribute=attributes)) == found


def test_event_is_found_by_its_id(trails):
    request_id = create(trails)["RequestId"]
    assert event_names(lookup(trails, LookupAttribute=[{"Key": "EventId", "Value": request_id}])) == ["CreateTrail"]


def test_events_are_found_by_pages(trails):
    for number in range(5):
        create(trails, f"audit-trail-{number}")
    asked = {"LookupAttribute": [{"Key": "EventName", "Value": "CreateTrail"}], "MaxResults": "2"}
    pages, token = [], {}
    while not pages or token:
        answer = lookup(trails, **asked, **token)
        pages.append([found["requestParameters"]["Name"] for found in answer["Events"]])
        token = {"NextToken": answer["NextToken"]} if "NextToken" in answer else {}
    assert pages == [["audit-trail-4", "audit-trail-3"], ["audit-trail-2", "audit-trail-1"], ["audit-trail-0"]]


def test_pages_do_not_move_with_new_events(trails):
    for number in range(4):
        create(trails, f"audit-trail-{number}")
    first = lookup(trails, MaxResults="2")
    create(trails, "audit-trail-4")
    second = lookup(trails, MaxResults="2", NextToken=first["NextToken"])
    found = [item["requestParameters"]["Name"] for item in first["Events"] + second["Events"]]
    assert found == ["audit-trail-3", "audit-trail-2", "audit-trail-1", "audit-trail-0"]


def test_token_is_for_the_same_question(trails, refused_alibaba):
    create(trails)
    create(trails, "audit-trail-2")
    token = lookup(trails, MaxResults="1")["NextToken"]
    with refused_alibaba("InvalidQueryParameter"):
        lookup(trails, MaxResults="2", NextToken=token)


@pytest.mark.parametrize("changes", [
    {0: "0" * 16}, {1: "x"}, {1: "null"}, {1: "9" * 30}, {1: "nan"}, {2: "-1"}, {3: "-1"}, {3: "9" * 5000}, {3: ""},
])
def test_token_that_was_not_given(trails, refused_alibaba, changes):
    create(trails)
    create(trails, "audit-trail-2")
    parts = base64.b64decode(lookup(trails, MaxResults="1")["NextToken"]).decode().split()
    assert lookup(trails, MaxResults="1", NextToken=token_of(parts))["Events"]
    for index, part in changes.items():
        parts[index] = part
    with refused_alibaba("InvalidQueryParameter"):
        lookup(trails, MaxResults="1", NextToken=token_of(parts))


def token_of(parts):
    return base64.b64encode(" ".join(parts).encode()).decode()


@pytest.mark.parametrize("parameters, code", [
    ({"MaxResults": "51"}, "InvalidQueryParameter"), ({"Direction": "SIDEWAYS"}, "InvalidQueryParameter"),
    ({"NextToken": "x"}, "InvalidQueryParameter"), ({"NextToken": "NQ=="}, "InvalidQueryParameter"),
    ({"LookupAttribute": [{"Key": "Colour", "Value": "red"}]}, "InvalidQueryParameter"),
    ({"StartTime": "yesterday"}, "InvalidParameterStartTime"), ({"EndTime": "2026-01-01"}, "InvalidParameterEndTime"),
    ({"StartTime": "2001-01-01T00:00:00Z"}, "InvalidParameterStartTime"),
    ({"EndTime": "2001-01-01T00:00:00Z"}, "InvalidParameterCombination"),
])
def test_lookup_is_refused(trails, refused_alibaba, parameters, code):
    with refused_alibaba(code):
        lookup(trails, **parameters)


def test_events_of_last_week_are_found_by_default(alibaba, trails):
    create(trails)
    alibaba.cloud.clock.advance(8 * 24 * 3600)
    assert "CreateTrail" not in event_names(lookup(trails))


def test_events_of_a_time_range_are_found(alibaba, trails):
    create(trails)
    start = lookup(trails)["EndTime"]
    alibaba.cloud.clock.advance(20 * 24 * 3600)
    assert "CreateTrail" in event_names(lookup(trails, StartTime=f"{start[:10]}T00:00:00Z"))


def test_events_are_gone_after_ninety_days(alibaba, clients, trails):
    create(trails)
    account = alibaba.cloud.accounts[MANAGEMENT]
    alibaba.cloud.clock.advance(91 * 24 * 3600)
    assert len(account.events) == 0


def test_events_are_found_in_their_region(alibaba, current):
    create(current)
    elsewhere = of_account(alibaba, MANAGEMENT, "cn-beijing")
    assert event_names(lookup(elsewhere)) == []


def test_global_events_are_found_in_all_regions(alibaba, clients, current):
    clients.ram.list_roles(ram.ListRolesRequest())
    elsewhere = of_account(alibaba, MANAGEMENT, "cn-beijing")
    assert event_names(lookup(elsewhere)) == ["ListRoles"]


def test_events_of_others_are_not_found(alibaba, current):
    create(current)
    assert "CreateTrail" not in event_names(lookup(of_account(alibaba, MEMBER, REGION)))


# Regions

def test_regions_are_described(trails):
    regions = trails.call("DescribeRegions")["Regions"]["Region"]
    assert {"RegionId": "cn-hangzhou", "LocalName": "China (Hangzhou)",
            "RegionEndpoint": "actiontrail.cn-hangzhou.aliyuncs.com"} in regions


def test_names_of_regions_are_english(trails, refused_alibaba):
    with refused_alibaba("NotImplemented"):
        trails.call("DescribeRegions", AcceptLanguage="zh-CN")


def test_global_events_are_stored_elsewhere(clients, current):
    assert current.call("GetGlobalEventsStorageRegion")["StorageRegion"] == "cn-hangzhou"
    current.call("UpdateGlobalEventsStorageRegion", StorageRegion="ap-southeast-1")
    assert current.call("GetGlobalEventsStorageRegion")["StorageRegion"] == "ap-southeast-1"
    clients.ram.list_roles(ram.ListRolesRequest())
    found = lookup(current, LookupAttribute=[{"Key": "EventName", "Value": "ListRoles"}])["Events"]
    assert found[0]["acsRegion"] == "ap-southeast-1"


def test_global_events_are_not_stored_anywhere(current, refused_alibaba):
    with refused_alibaba("InvalidQueryParameter"):
        current.call("UpdateGlobalEventsStorageRegion", StorageRegion="cn-beijing")
