# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of a bucket that can't be read or that CloudTrail did not write: the problem of their account alone."""
from __future__ import annotations

import datetime
import gzip
import io
import json

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from ansible_collections.crossaccount.audit_logs.plugins.module_utils import _probes
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import digests, probe

ACCOUNT, REGION, BUCKET = "222222222222", "eu-west-1", "example-audit-logs"
NOW = datetime.datetime(2026, 11, 21, 12, 0, tzinfo=datetime.timezone.utc)
TRAIL = {"account_id": ACCOUNT, "region": REGION, "name": "audit-logs", "prefix": ACCOUNT}
MARK = "probe-0123456789abcdef0123456789"
PROBE = {"account_id": ACCOUNT, "region": REGION, "prefix": ACCOUNT, "created": _probes.text_of(NOW),
         "event_name": "DescribeTrails", "mark": MARK, "value": MARK}
RECORD = {"recipientAccountId": ACCOUNT, "eventSource": probe.SOURCE, "eventName": "DescribeTrails",
          "requestParameters": {"trailNameList": [MARK]}, "eventTime": PROBE["created"]}
DEEP = 100_000
UNREADABLE = [
    *(ClientError({"Error": {"Code": code, "Message": "no"}}, "GetObject") for code in (
        "AccessDenied", "InvalidObjectState", "InvalidRequest", "KMS.DisabledException", "NoSuchKey")),
    ReadTimeoutError(endpoint_url="https://s3"),
]


class S3:
    """A bucket with objects, some of which raise an error when they are read; a page has two keys."""

    def __init__(self, objects):
        self.objects = objects

    def list_objects_v2(self, Prefix, StartAfter="", ContinuationToken="", Delimiter=None, **_options):
        after = max(StartAfter, ContinuationToken)
        keys = sorted(key for key in self.objects if key.startswith(Prefix) and key > after)
        if Delimiter:
            folders = {Prefix + key[len(Prefix):].split(Delimiter)[0] + Delimiter for key in keys}
            return {"CommonPrefixes": [{"Prefix": folder} for folder in sorted(folders)], "IsTruncated": False}
        contents = [{"Key": key, "LastModified": NOW + datetime.timedelta(seconds=90)} for key in keys[:2]]
        return {"Contents": contents, "IsTruncated": len(keys) > 2, "NextContinuationToken": "".join(keys[1:2])}

    def get_object(self, Key, **_options):
        found = self.objects[Key]
        if isinstance(found, Exception):
            raise found
        return {"Body": io.BytesIO(found), "Metadata": {}}


def packed(document):
    return gzip.compress(document if isinstance(document, bytes) else json.dumps(document).encode())


# Digests

def digest_key(name="audit-logs", home=REGION, region=REGION, minutes=30):
    when = NOW - datetime.timedelta(minutes=minutes)
    return (f"{ACCOUNT}/AWSLogs/{ACCOUNT}/CloudTrail-Digest/{region}/{when:%Y/%m/%d}/"
            f"{ACCOUNT}_CloudTrail-Digest_{region}_{name}_{home}_{when:%Y%m%dT%H%M%SZ}.json.gz")


def check(objects):
    """What is said of the digests of two hours."""
    since = NOW - datetime.timedelta(hours=2)
    chains = digests.chains(S3(objects), BUCKET, TRAIL, since, NOW)
    for chain in chains:
        chain.validate({"f": b"no key"}, True)
    return digests.result(chains, since, NOW)


@pytest.mark.parametrize("error", UNREADABLE, ids=str)
def test_a_digest_file_that_can_not_be_read(error):
    found = check({digest_key(): error})
    assert found["problems"] == [f"digest file {digest_key()} can't be read: {error}"]
    assert found["state"] == "invalid"


@pytest.mark.parametrize("code", ["ExpiredToken", "RequestExpired"])
def test_a_session_that_ends_says_nothing_of_the_files(code):
    with pytest.raises(ClientError, match=code):
        check({digest_key(): ClientError({"Error": {"Code": code, "Message": "no"}}, "GetObject")})


@pytest.mark.parametrize("regions", [(REGION, "us-east-1"), ("us-east-1",), ()])
def test_of_which_regions_there_are_digest_files(regions):
    found = check({digest_key(region=region): b"nothing" for region in regions})["regions"]
    assert {one["region"] for one in found} == set(regions)


@pytest.mark.parametrize("more", [
    {},
    {"digestPublicKeyFingerprint": []},
    {"digestPublicKeyFingerprint": "f"},
    {"digestPublicKeyFingerprint": "f", "digestEndTime": "x"},
])
def test_a_forged_digest_file(more):
    body = packed({"digestS3Bucket": BUCKET, "digestS3Object": digest_key(), **more})
    assert check({digest_key(): body})["problems"] == [
        f"digest file {digest_key()} can't be read: it is not as CloudTrail writes it"]


def test_a_digest_file_without_end():
    assert "it is not as CloudTrail writes it" in check({digest_key(): packed(b"[" * DEEP)})["problems"][0]


@pytest.mark.parametrize("key", [
    digest_key("audit-logs_old"), digest_key("old_audit-logs"), digest_key(home="us-east-1"),
    digest_key().replace("Z.json", "Z_backfill.json"), digest_key(region="no region"), digest_key(minutes=121),
])
def test_digest_files_of_another_trail(key):
    assert check({key: b"nothing"})["state"] == "none"


def test_digest_files_of_all_regions():
    found = check({digest_key(region=region): b"nothing" for region in (REGION, "us-east-1")})
    assert [problem.split("/")[4] for problem in found["problems"]] == [REGION, "us-east-1"]


# Probes

def log_key(suffix="x", minutes=1):
    when = NOW + datetime.timedelta(minutes=minutes)
    return (f"{ACCOUNT}/AWSLogs/{ACCOUNT}/CloudTrail/{REGION}/{when:%Y/%m/%d}/"
            f"{ACCOUNT}_CloudTrail_{REGION}_{when:%Y%m%dT%H%MZ}_{suffix}.json.gz")


@pytest.fixture(name="search", autouse=True)
def fixture_search(monkeypatch):
    """Looks into a bucket for the probe: what was found, and the problem."""
    monkeypatch.setattr(probe, "now", lambda: NOW)

    def look(objects, **changes):
        there = probe.BucketSearch(S3(objects), BUCKET)
        return there.look({0: {**PROBE, **changes}}), there.problems.get(MARK)
    return look


@pytest.mark.parametrize("error", UNREADABLE, ids=str)
def test_a_log_file_that_can_not_be_read(search, error):
    assert search({log_key(): error}) == ({}, f"{log_key()} can't be read: {error}")
    found, _problem = search({log_key("a"): packed({"Records": [RECORD]}), log_key("b"): error})
    assert found[0]["found_in"] == log_key("a")


@pytest.mark.parametrize("when", [None, 7, "now", "2026-11-21T12:00:00.123Z"])
def test_a_record_without_a_time_counts_from_when_the_probe_was_created(search, when):
    found, problem = search({log_key(): packed({"Records": [{**RECORD, "eventTime": when}]})})
    assert (found[0]["seconds"], problem) == (90.0, None)


@pytest.mark.parametrize("body", [b'{"Records": ' + b"[" * DEEP, b'{"Records": [%s]}'])
@pytest.mark.parametrize("depth", [900, 3000, DEEP])
def test_records_without_end(search, body, depth):
    deep = json.dumps({**RECORD, "requestParameters": 0}).encode().replace(b": 0", b": " + b"[" * depth + b"]" * depth)
    assert search({log_key(): packed(body.replace(b"%s", deep))}) == ({}, None)


def test_a_clock_that_is_ahead(search):
    ahead = _probes.text_of(NOW + datetime.timedelta(minutes=14))
    assert search({log_key(): packed({"Records": [RECORD]})}, created=ahead)[0][0]["found_in"] == log_key()


def test_a_clock_that_is_behind_at_midnight(search, monkeypatch):
    monkeypatch.setattr(probe, "now", lambda: NOW.replace(hour=23, minute=50))
    tomorrow = log_key(minutes=12 * 60 + 1)
    created = _probes.text_of(NOW.replace(hour=23, minute=49))
    assert search({tomorrow: packed({"Records": [RECORD]})}, created=created)[0][0]["found_in"] == tomorrow


def test_more_log_files_than_are_listed(search, monkeypatch):
    monkeypatch.setattr(probe, "_FILES", 4)
    old = {log_key(f"{number}", -60): packed({"Records": [RECORD]}) for number in range(9)}
    new = {log_key(f"{number}"): packed({"Records": []}) for number in range(4)}
    assert search({**old, **new}) == ({}, None)
    folder = log_key().rpartition("/")[0]
    assert search({**new, log_key("late", 5): packed({"Records": [RECORD]})}) == ({}, (
        f"{folder}/ has more than 4 log files since the event: those after {log_key('3')} were not looked into"))
