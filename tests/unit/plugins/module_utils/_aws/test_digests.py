# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of a bucket that can't be read or that CloudTrail did not write: the problem of their account alone."""
from __future__ import annotations

import contextlib
import datetime
import gzip
import hashlib
import io
import json
import tracemalloc

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from ansible_collections.crossaccount.audit_logs.plugins.module_utils import _probes, _progress
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import digests, objects, probe

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
    return gzip.compress(document if isinstance(document, bytes) else json.dumps(document).encode(), mtime=0)


# Digests

def digest_key(name="audit-logs", home=REGION, region=REGION, minutes=30):
    when = NOW - datetime.timedelta(minutes=minutes)
    return (f"{ACCOUNT}/AWSLogs/{ACCOUNT}/CloudTrail-Digest/{region}/{when:%Y/%m/%d}/"
            f"{ACCOUNT}_CloudTrail-Digest_{region}_{name}_{home}_{when:%Y%m%dT%H%M%SZ}.json.gz")


def check(objects):
    """What is said of the digests of two hours."""
    since = NOW - datetime.timedelta(hours=2)
    chains, = digests.Validation(S3(objects), BUCKET, since, NOW, lambda chain: {"f": b"no key"}).run([TRAIL])
    return digests.result(chains, since, NOW)


def test_how_far_the_validation_has_come(monkeypatch, capsys):
    monkeypatch.setattr(_progress, "INTERVAL", 0)
    check({digest_key(minutes=minutes): UNREADABLE[0] for minutes in (30, 90)})
    assert capsys.readouterr().err == "".join(f"{_progress.MARK}{number} digest files are validated\n" for number in (1, 2))


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
        f"digest file {digest_key()} can't be read: it does not have the format of CloudTrail"]


FORGED = {
    "digestS3Bucket": BUCKET, "digestS3Object": digest_key(), "digestStartTime": "2026-11-21T10:30:00Z", "digestEndTime": "2026-11-21T11:30:00Z",
    "logFiles": [], "digestSignatureAlgorithm": "SHA256withRSA", "digestPublicKeyFingerprint": "f",
}


@pytest.mark.parametrize("fingerprint", [["f"], {}, None])
def test_a_fingerprint_that_is_none_is_one_accounts_problem(fingerprint):
    [problem] = check({digest_key(): packed({**FORGED, "digestPublicKeyFingerprint": fingerprint})})["problems"]
    assert problem.startswith(f"digest file {digest_key()} ")


def test_log_files_of_forged_digest_files_do_not_wait_in_memory():
    entries = [{"s3Bucket": BUCKET, "s3Object": f"{number}", "hashValue": f"{number}"} for number in range(100_000)]
    names = [digest_key(minutes=minutes) for minutes in range(1, 17)]
    bodies = {name: packed({**FORGED, "digestS3Object": name, "logFiles": entries}) for name in names}
    with memory(150 * MIB):  # the entries of one take 30 MiB
        assert len(check(bodies)["problems"]) == 10


def test_a_digest_file_without_end():
    assert "it does not have the format of CloudTrail" in check({digest_key(): packed(b"[" * DEEP)})["problems"][0]


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


@pytest.fixture(name="search")
def fixture_search():
    """Looks into a bucket for the probe: what was found, and the problem."""
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


def test_a_clock_that_is_behind_at_midnight(search):
    tomorrow = log_key(minutes=12 * 60 + 1)
    created = _probes.text_of(NOW.replace(hour=23, minute=49))
    assert search({tomorrow: packed({"Records": [RECORD]})}, created=created)[0][0]["found_in"] == tomorrow


def test_more_log_files_than_are_listed(search, monkeypatch):
    monkeypatch.setattr(probe, "_FILES", 4)
    old = {log_key(f"{number}", -60): packed({"Records": [RECORD]}) for number in range(9)}
    new = {log_key(f"{number}"): packed({"Records": []}) for number in range(4)}
    assert search({**old, **new}) == ({}, None)
    folder = log_key().partition(f"/{NOW:%Y/%m/%d}/")[0]
    assert search({**new, log_key("late", 5): packed({"Records": [RECORD]})}) == ({}, (
        f"{folder}/ has more than 4 log files since the event: those after {log_key('3')} were not searched"))


# Files that nobody but an attacker writes

MIB = 1 << 20
ZEROS = gzip.compress(bytes(16 * MIB), mtime=0)  # 16 KB
RANDOM = b"".join(hashlib.sha256(bytes([number % 256, number // 256])).digest() for number in range(1 << 15))  # a MiB


class Endless:
    """The body of an object of 5 GB, of which nobody should read much."""

    def __init__(self):
        self.read_bytes = 0

    def read(self, size):
        self.read_bytes += size
        return bytes(size)


@contextlib.contextmanager
def memory(most):
    """At no time more memory than this is needed, in bytes."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()


def too_large(body, most):
    with memory(8 * MIB), pytest.raises(objects.TooLargeError) as raised:
        for _piece in objects.pieces({"Body": body}, most):
            pass
    return str(raised.value)


def test_a_gzip_bomb():
    """16 KB for each 16 MiB: a megabyte for a gibibyte."""
    assert too_large(io.BytesIO(ZEROS * 1000), 128 * MIB) == "it has more than 128 MiB when it is unpacked"


def test_an_object_of_five_gigabytes():
    stored = gzip.compress(RANDOM, 0, mtime=0)  # incompressible, and endless
    body = io.BytesIO(stored * 70)
    assert too_large(body, objects.MOST) == "it is larger than 64 MiB, but CloudTrail delivers files of 50 MB at most"
    assert body.tell() <= 65 * MIB
    with pytest.raises(OSError):
        list(objects.pieces({"Body": (endless := Endless())}, objects.MOST))
    assert endless.read_bytes < MIB


def test_as_much_as_is_allowed():
    assert b"".join(objects.pieces({"Body": io.BytesIO(gzip.compress(RANDOM, mtime=0))}, MIB)) == RANDOM
    with pytest.raises(objects.TooLargeError):
        list(objects.pieces({"Body": io.BytesIO(gzip.compress(RANDOM, mtime=0))}, MIB - 1))


BAD = [b"", b"nothing", gzip.compress(RANDOM, mtime=0)[:-9], packed(b"{}")[:8], b"\x1f\x8b\x08\x00" + b"\xff" * 60]


@pytest.mark.parametrize("body", BAD[1:], ids=range(1, len(BAD)))
def test_a_log_file_that_is_no_gzip(search, body):
    assert search({log_key(): body}) == ({}, f"{log_key()} is not a log file of CloudTrail: it cannot be unpacked")
    found, _problem = search({log_key("a"): packed({"Records": [RECORD]}), log_key("b"): body})
    assert found[0]["found_in"] == log_key("a")


@pytest.mark.parametrize("body, reason", [
    (ZEROS * 5, "it has more than 64 MiB when it is unpacked"),
    (gzip.compress(RANDOM, 0, mtime=0) * 3, "it is larger than 2 MiB, but CloudTrail delivers files of 50 MB at most"),
    (packed({"Records": [{**RECORD, "eventName": "Other"}] * 21}), "more than 20 of its records contain the mark of the probe"),
])
def test_a_log_file_that_is_too_large(search, monkeypatch, body, reason):
    monkeypatch.setattr(objects, "MOST", 64 * MIB)
    monkeypatch.setattr(objects, "MOST_PACKED", 2 * MIB)
    with memory(24 * MIB):
        found, problem = search({log_key(): body})
    assert (found, problem) == ({}, f"{log_key()} is not a log file of CloudTrail: {reason}")


@pytest.mark.parametrize("filler", [b" ", b"[{", b'{"a":', b"\xff\xfe", "\u202e\u6587".encode(), b'"', b"{"])
@pytest.mark.parametrize("after", [0, 3 * MIB])
@pytest.mark.parametrize("before", [1, MIB, 3 * MIB + 7])
def test_a_record_between_much_else(search, filler, before, after):
    """A record is found wherever it is, and whatever is around it."""
    record = json.dumps({**RECORD, "userIdentity": {"a": [{}] * 20, "b": "}{\u6587"}}, ensure_ascii=False).encode()
    body = (filler * before)[:before] + record + (filler * after)[:after]
    with memory(24 * MIB):
        found, problem = search({log_key(): packed(body)})
    assert (found[0]["found_in"], problem) == (log_key(), None)


def test_millions_of_records(search):
    one = json.dumps({**RECORD, "requestParameters": {"x": "y" * 60}}).encode() + b","
    body = b'{"Records":[' + one * 300_000 + json.dumps(RECORD).encode() + b"]}"
    packed_body = gzip.compress(body, 1, mtime=0)
    del body
    with memory(24 * MIB):
        found, problem = search({log_key(): packed_body})
    assert (found[0]["found_in"], problem) == (log_key(), None)


@pytest.mark.parametrize("record", [
    {**RECORD, "requestParameters": {"trailNameList": [f"{MARK}0"]}}, {**RECORD, "eventSource": "x"}, {**RECORD, "recipientAccountId": "1"},
    {"a": RECORD["requestParameters"]}, [MARK], MARK, {**RECORD, "requestParameters": {MARK: 1}},
])
def test_a_record_that_only_names_the_mark(search, record):
    assert search({log_key(): packed({"Records": [record, record]})}) == ({}, None)
    assert search({log_key(): packed({"Records": [record, RECORD, record]})})[0][0]["found_in"] == log_key()


@pytest.mark.parametrize("body, reason", [
    *((body, "it does not have the format of CloudTrail") for body in BAD),
    (ZEROS * 3, "it has more than 32 MiB when it is unpacked"),
    (packed(b'{"a": ' + b"9" * MIB + b"}"), "it does not have the format of CloudTrail"),
    (packed(json.dumps({"logFiles": []}).encode("utf-16")), "it does not have the format of CloudTrail"),
    *((packed(value), "it does not have the format of CloudTrail") for value in (None, 7, "x", [], [{}])),
], ids=range(len(BAD) + 8))
def test_a_digest_file_of_an_attacker(body, reason):
    with memory(100 * MIB):
        found = check({digest_key(): body})
    assert (found["state"], found["problems"]) == ("invalid", [f"digest file {digest_key()} can't be read: {reason}"])


def test_more_digest_files_than_cloudtrail_writes(monkeypatch):
    monkeypatch.setattr(digests, "_MOST_KEYS", 4)
    keys = [digest_key(minutes=minutes) for minutes in range(30, 37)]
    found = check({key: b"" for key in keys})
    folder, day, _name = digest_key().partition(f"{NOW:%Y/%m/%d}/")
    assert found["problems"][0] == (f"{folder} has more than 4 objects since {folder}{day}: the objects after {sorted(keys)[3]} are not"
                                    " validated. CloudTrail writes one digest file per hour and trail")
    assert found["digests"] == 0 and found["state"] == "invalid"


@pytest.mark.parametrize("body, said", [
    (ZEROS * 5, "was changed: it has more than 64 MiB when it is unpacked"),
    (b"nothing", "was changed: its hash differs from the hash in the digest file"),
    (packed(b"right"), None),
])
def test_a_log_file_of_a_digest(monkeypatch, body, said):
    monkeypatch.setattr(objects, "MOST", 64 * MIB)
    validation = digests.Validation(S3({"key": body}), BUCKET, NOW, NOW, lambda chain: {})
    with memory(24 * MIB):
        problem = validation._log_file_problem(None, BUCKET, "key", hashlib.sha256(b"right").hexdigest())
    assert problem == (said and f"log file key {said}")


def test_large_digest_files_come_one_after_another():
    bodies = {digest_key(minutes=minutes): ZEROS for minutes in range(1, 17)}
    with memory(150 * MIB):  # each is 16 MiB, which are there twice when they are put together
        assert len(check(bodies)["problems"]) == 10
