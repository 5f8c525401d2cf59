# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probes on AWS: created, looked for where the trail delivers, and not mistaken for anything else."""
from __future__ import annotations

import datetime
import gzip
import hashlib
import json

import pytest
from helpers.aws.modules import ACCOUNT, BUCKET, LOG_GROUP, LOG_GROUP_ARN, OTHER, REGION, ROLE_ARN, TRAIL, TRAIL_ARN, Account

FOLDER = f"{ACCOUNT}/AWSLogs/{ACCOUNT}/CloudTrail/{REGION}"
MARK = "probe-0123456789abcdef0123456789"
WRITE_ONLY = [{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}]


@pytest.fixture(name="account")
def fixture_account(aws):
    """An account whose trail delivers into a bucket of its own and a log group."""
    account = Account(aws)
    account.make_bucket()
    account.make_log_group()
    account.make_role()
    account.make_trail(CloudWatchLogsLogGroupArn=LOG_GROUP_ARN, CloudWatchLogsRoleArn=ROLE_ARN)
    return account


def make(account, **options):
    """Make a probe, as it is to be looked for."""
    probe = account.run("cloudtrail_probe", **options)["probe"]
    return {**probe, "account_id": account.account_id, "prefix": account.account_id}


def look(account, probe, **options):
    """Look for a probe once, in the bucket by default."""
    options = {"timeout": 0, **({} if {"log_group", "event_history"} & options.keys() else {"s3_bucket_name": BUCKET}), **options}
    return account.run("cloudtrail_probe_info", probes=[probe], **options)


def put(account, record, folder=FOLDER, body=None):
    """Put a log file with one record into the bucket, as if CloudTrail had."""
    now = datetime.datetime.now(datetime.timezone.utc)
    owner = folder.split("/")[2]
    key = f"{folder}/{now:%Y/%m/%d}/{owner}_CloudTrail_{REGION}_{now:%Y%m%dT%H%M}Z_{'x' * 16}.json.gz"
    if body is None:
        body = gzip.compress(json.dumps({"Records": [record]}).encode())
    account.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body)
    return key


def record_of(probe, **changes):
    """The record of a probe."""
    return {
        "eventTime": probe["created"], "eventSource": "cloudtrail.amazonaws.com", "eventName": probe["event_name"],
        "recipientAccountId": ACCOUNT, "requestParameters": {"trailNameList": [probe["value"]]}, **changes,
    }


@pytest.fixture(name="unseen")
def fixture_unseen(account):
    """A probe that CloudTrail did not deliver."""
    account.client("cloudtrail").stop_logging(Name=TRAIL)
    return make(account)


@pytest.mark.parametrize("check", [False, True])
def test_a_probe_changes_nothing_and_is_created_in_check_mode_too(account, check):
    result = account.run("cloudtrail_probe", check=check)
    assert not result["changed"]
    assert result["calls"] == ["cloudtrail:DescribeTrails"] and not result["writes"]
    assert result["probe"]["event_name"] == "DescribeTrails" and result["probe"]["region"] == REGION
    assert result["probe"]["value"] == result["probe"]["mark"]


def test_marks_are_unique(account):
    assert make(account)["mark"] != make(account)["mark"]


def test_a_mark_may_be_given(account):
    assert make(account, mark=MARK)["mark"] == MARK


def test_a_write_probe_names_a_trail_that_does_not_exist(account):
    result = account.run("cloudtrail_probe", kind="write", account_id=ACCOUNT)
    assert result["calls"] == ["cloudtrail:RemoveTags"]
    assert result["probe"]["event_name"] == "RemoveTags"
    assert result["probe"]["value"] == TRAIL_ARN.replace(TRAIL, result["probe"]["mark"])


@pytest.mark.parametrize("options, said", [
    ({"mark": "probe-1"}, "mark: 'probe-1' is not valid. Write probe- and 26 lower-case hexadecimal digits"),
    ({"kind": "write"}, "account_id"),
    ({"kind": "write", "account_id": "2222"}, "'2222' is not a string of 12 digits"),
    ({"kind": "other"}, "value of kind must be one of"),
])
def test_bad_options_of_a_probe(account, options, said):
    result = account.run("cloudtrail_probe", **options)
    assert result["failed"] and said in result["msg"]
    assert not result["calls"]


@pytest.mark.parametrize("kind", ["read", "write"])
def test_it_arrives_in_bucket_and_log_group(account, kind):
    probe = make(account, kind=kind, account_id=ACCOUNT)
    in_bucket = look(account, probe)["probes"][ACCOUNT]
    assert in_bucket["state"] == "arrived" and in_bucket["found_in"].startswith(f"{FOLDER}/")
    assert 0 <= in_bucket["seconds"] < 60
    in_log_group = look(account, probe, log_group=LOG_GROUP)["probes"][ACCOUNT]
    assert in_log_group["state"] == "arrived" and in_log_group["found_in"].startswith(f"{ACCOUNT}_CloudTrail_{REGION}")


def test_a_trail_for_write_events_gets_the_write_probe_alone(account):
    account.client("cloudtrail").put_event_selectors(TrailName=TRAIL, EventSelectors=WRITE_ONLY)
    assert look(account, make(account))["probes"][ACCOUNT]["state"] == "missing"
    probe = make(account, kind="write", account_id=ACCOUNT)
    assert look(account, probe)["probes"][ACCOUNT]["state"] == "arrived"


def test_what_was_put_by_hand_is_found_like_what_cloudtrail_delivers(account, unseen):
    assert look(account, unseen)["probes"][ACCOUNT] == {"state": "missing", "seconds": None, "found_in": None}
    key = put(account, record_of(unseen))
    assert look(account, unseen)["probes"][ACCOUNT]["found_in"] == key


@pytest.mark.parametrize("changes", [
    {"requestParameters": {"trailNameList": [f"{MARK}0"]}},
    {"requestParameters": {"trailNameList": [MARK[:-1]]}},
    {"requestParameters": {"trailNameList": [MARK.upper()]}},
    {"requestParameters": None},
    {"requestParameters": MARK + " "},
    {"userAgent": MARK, "requestParameters": {}},
    {"recipientAccountId": OTHER},
    {"eventName": "GetTrail"},
    {"eventSource": "s3.amazonaws.com"},
])
def test_a_similar_event_is_not_the_probe(account, changes):
    account.client("cloudtrail").stop_logging(Name=TRAIL)
    probe = make(account, mark=MARK)
    put(account, record_of(probe, **changes))
    assert look(account, probe)["probes"][ACCOUNT]["state"] == "missing"


@pytest.mark.parametrize("folder", [
    f"{OTHER}/AWSLogs/{OTHER}/CloudTrail/{REGION}",
    f"{ACCOUNT}/AWSLogs/{ACCOUNT}/CloudTrail/us-east-1",
    f"{ACCOUNT}/AWSLogs/{ACCOUNT}/CloudTrail-Digest/{REGION}",
    f"AWSLogs/{ACCOUNT}/CloudTrail/{REGION}",
])
def test_the_path_has_to_be_the_members_own(account, unseen, folder):
    put(account, record_of(unseen), folder)
    assert look(account, unseen)["probes"][ACCOUNT]["state"] == "missing"


def compressed(data):
    """The same bytes each time, because pytest makes the name of a case of them."""
    return gzip.compress(data, mtime=0)


@pytest.mark.parametrize("body", [b"", b"no gzip", compressed(b"no json"), compressed(b"[]"), compressed(b"{}"),
                                  compressed(b'{"Records": [1, null]}'), compressed(b"x" * 99)[:-9]])
def test_what_is_no_log_file_is_passed_over(account, unseen, body):
    put(account, None, body=body)
    assert look(account, unseen)["probes"][ACCOUNT]["state"] == "missing"


def test_an_event_in_the_log_group_of_somebody_else_is_not_the_probe(account, unseen):
    logs = account.client("logs")
    logs.create_log_stream(logGroupName=LOG_GROUP, logStreamName="stray")
    now = int(datetime.datetime.now().timestamp() * 1000)
    strays = [f"text {unseen['mark']}", json.dumps([unseen["mark"]]),
              json.dumps(record_of(unseen, recipientAccountId=OTHER))]
    logs.put_log_events(logGroupName=LOG_GROUP, logStreamName="stray",
                        logEvents=[{"timestamp": now, "message": text} for text in strays])
    assert look(account, unseen, log_group=LOG_GROUP)["probes"][ACCOUNT]["state"] == "missing"


def test_log_files_are_read_once(account, unseen):
    put(account, record_of(unseen, eventName="Other"))
    created = _seconds_ago(unseen, 1)
    result = look(account, created, timeout=3, interval=1)
    assert result["probes"][ACCOUNT]["state"] == "missing"
    assert result["calls"].count("s3:ListObjectsV2") >= 2
    assert len([call for call in result["calls"] if call == "s3:GetObject"]) == len(_files(account))


def test_log_files_of_an_earlier_search_are_not_read_again(account, unseen):
    key = put(account, record_of(unseen, eventName="Other"))
    first = look(account, unseen)
    assert first["calls"].count("s3:GetObject") == len(first["hashes"]) == len(_files(account))
    content = gzip.decompress(account.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read())
    assert first["hashes"][key] == hashlib.sha256(content).hexdigest()
    second = look(account, unseen, earlier=first["probes"], hashes=first["hashes"])
    assert second["calls"] == ["s3:ListObjectsV2"] and second["hashes"] == first["hashes"]


def test_a_log_file_that_could_not_be_unpacked_has_no_hash(account, unseen):
    key = put(account, None, body=b"nothing")
    assert key not in look(account, unseen)["hashes"]


def _seconds_ago(probe, seconds):
    created = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=seconds)
    return {**probe, "created": created.strftime("%Y-%m-%dT%H:%M:%SZ")}


def _files(account):
    return account.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=f"{FOLDER}/").get("Contents", [])


def test_a_probe_is_created_again_with_its_mark(account, unseen):
    """The first event is lost; what arrived in the meantime is not searched for again."""
    other = {**unseen, "account_id": OTHER, "wait": False}
    options = {"s3_bucket_name": BUCKET, "timeout": 60, "interval": 1}
    found = account.run("cloudtrail_probe_info", probes=[unseen, other], repeat=1, **options)
    assert found["repeat"] == [ACCOUNT] and found["probes"][ACCOUNT]["state"] == "missing"
    account.client("cloudtrail").start_logging(Name=TRAIL)
    again = make(account, mark=unseen["mark"])
    assert {**again, "created": unseen["created"]} == unseen
    earlier = {**found["probes"], OTHER: {"state": "arrived", "seconds": 1.0, "found_in": "x"}}
    found = account.run("cloudtrail_probe_info", probes=[unseen, other], repeat=30, earlier=earlier, **options)
    assert found["repeat"] == [] and found["probes"][ACCOUNT]["state"] == "arrived"
    assert found["probes"][OTHER] == earlier[OTHER]


def test_one_that_cannot_arrive_is_not_waited_for(account, unseen):
    result = look(account, {**unseen, "wait": False}, timeout=600)
    assert result["probes"][ACCOUNT]["state"] == "missing"
    assert result["calls"].count("s3:ListObjectsV2") == 1


def test_a_log_group_that_is_not_there(account, unseen):
    result = look(account, unseen, log_group="nobody")
    assert result["probes"][ACCOUNT]["problem"] == "log group nobody does not exist"


def test_a_bucket_that_is_not_there(account, unseen):
    result = look(account, unseen, s3_bucket_name="nobody-has-this")
    assert result["failed"] and "Failed to search for probes in nobody-has-this" in result["msg"]
    assert result["error"]["code"] == "NoSuchBucket"


@pytest.mark.parametrize("options, said", [
    ({"s3_bucket_name": None}, "give one of s3_bucket_name, log_group and event_history"),
    ({"s3_bucket_name": BUCKET, "log_group": LOG_GROUP}, "give one of s3_bucket_name, log_group and event_history"),
    ({"timeout": -1}, "give 0 or more seconds for timeout"),
    ({"interval": 0}, "1 or more for interval and repeat"),
    ({"repeat": 0}, "1 or more for interval and repeat"),
    ({"hashes": {"x": "0"}}, "hashes: '0' is not a SHA-256 hash"),
    ({"hashes": {"x": ["0"]}}, "hashes: ['0'] is not a SHA-256 hash"),
])
def test_bad_options_of_a_search(account, unseen, options, said):
    result = account.run("cloudtrail_probe_info", probes=[unseen], **{"s3_bucket_name": BUCKET, **options})
    assert result["failed"] and said in result["msg"]
    assert not result["calls"]


@pytest.mark.parametrize("changes, said", [
    ({"account_id": "2222"}, "probe number 1: account id '2222' is not"),
    ({"mark": "x"}, "probe number 1: mark: 'x' is not"),
    ({"created": "yesterday"}, "probe number 1: created: 'yesterday' is not a time in UTC"),
    ({"created": "1971-01-01T00:00:00Z"},
     "probe number 1: created: '1971-01-01T00:00:00Z' is not within the last 30 days"),
])
def test_bad_probes(account, unseen, changes, said):
    result = look(account, {**unseen, **changes})
    assert result["failed"] and said in result["msg"]
    assert not result["calls"]


def test_two_probes_of_one_account(account, unseen):
    result = account.run("cloudtrail_probe_info", s3_bucket_name=BUCKET, probes=[unseen, unseen])
    assert result["failed"] and f"account {ACCOUNT} has two probes" in result["msg"]


def test_status_of_a_trail_that_delivers(account):
    status = account.run("cloudtrail_status_info", name=TRAIL)["status"]
    assert status["exists"] and status["logging"]
    assert status["latest_delivery_error"] is None and status["latest_delivery_time"]
    assert status["latest_cloudwatch_logs_delivery_time"]


def test_status_of_a_trail_that_cannot_deliver(account):
    account.client("s3").delete_bucket_policy(Bucket=BUCKET)
    account.aws.clock.advance(60)  # a status has times in seconds
    account.run("cloudtrail_probe")
    status = account.run("cloudtrail_status_info", name=TRAIL)["status"]
    assert status["latest_delivery_error"] == "AccessDenied"


def test_waiting_for_a_delivery(account):
    since = account.run("cloudtrail_probe")["probe"]["created"]
    past = _seconds_ago({"created": since}, 60)["created"]
    assert account.run("cloudtrail_status_info", name=TRAIL, since=past)["status"]["latest_delivery_time"] > past
    future = _seconds_ago({}, -2)["created"]
    result = account.run("cloudtrail_status_info", name=TRAIL, since=future, timeout=0, interval=1)
    assert result["calls"].count("cloudtrail:GetTrailStatus") >= 2
    account.client("cloudtrail").stop_logging(Name=TRAIL)
    result = account.run("cloudtrail_status_info", name=TRAIL, since=future, timeout=600)
    assert result["calls"] == ["cloudtrail:GetTrailStatus"]


def test_status_of_a_trail_that_is_elsewhere(account):
    result = account.run("cloudtrail_status_info", name=TRAIL, region="us-east-1")
    assert result["status"] == {"exists": False, "logging": False, "elsewhere": [TRAIL_ARN]}
    assert result["calls"] == ["cloudtrail:GetTrailStatus", "cloudtrail:ListTrails"]


@pytest.mark.parametrize("options, said", [
    ({"name": "x"}, "trail name 'x'"),
    ({"since": "now"}, "since: 'now' is not a time in UTC"),
    ({"since": "2099-01-01T00:00:00Z"}, "since: '2099-01-01T00:00:00Z' is not within the last 30 days"),
    ({"interval": 0}, "1 or more for interval"),
])
def test_bad_options_of_the_status(account, options, said):
    result = account.run("cloudtrail_status_info", **{"name": TRAIL, **options})
    assert result["failed"] and said in result["msg"]
    assert not result["calls"]


class TestEventHistory:
    """It has the event, whether or not a trail records the account."""

    @pytest.fixture(autouse=True)
    def fixture_account(self, aws):
        self.account = Account(aws)

    def test_found(self):
        probe = make(self.account)
        found = look(self.account, probe, event_history=True)["probes"][ACCOUNT]
        assert found["state"] == "arrived" and found["seconds"] is None
        events = self.account.client("cloudtrail").lookup_events(
            LookupAttributes=[{"AttributeKey": "EventId", "AttributeValue": found["found_in"]}])["Events"]
        assert [event["EventName"] for event in events] == ["DescribeTrails"]

    def test_one_of_many(self):
        """Other calls of the same kind fill more than one page."""
        probe = make(self.account)
        for _number in range(60):
            self.account.client("cloudtrail").describe_trails()
        assert look(self.account, probe, event_history=True)["probes"][ACCOUNT]["state"] == "arrived"

    def test_missing(self):
        probe = {**make(self.account), "value": MARK}
        assert look(self.account, probe, event_history=True)["probes"][ACCOUNT]["state"] == "missing"
