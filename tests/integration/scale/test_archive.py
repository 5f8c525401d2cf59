# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark of an archive: its bucket answers as S3 does, and its limits hold with a few members."""
from __future__ import annotations

import json

import pytest
from scale import archive, static_bucket
from scale.static_bucket import BUCKET, HOME, NOW, REGIONS, Bucket


@pytest.fixture(name="bucket", scope="module")
def fixture_bucket():
    """That of four members, which is listed in two pages."""
    return Bucket(4)


@pytest.fixture(name="served", scope="module")
def fixture_served():
    """A client of such a bucket in another process."""
    with archive._served(4, 0) as port:  # pylint: disable=protected-access
        yield archive._session(f"http://127.0.0.1:{port}")  # pylint: disable=protected-access


def test_a_listing_has_the_keys_after_another_in_their_order(bucket, served):
    account = static_bucket.accounts(4)[1]
    folder = f"AWSLogs/{account}/CloudTrail/{HOME}/"
    keys = sorted(key for key in bucket.objects if key.startswith(folder))
    for after in ("", keys[3], f"{folder}2026/11/21/{account}_CloudTrail_{HOME}_20261121T11", f"{folder}z", "z"):
        listed = served.list_objects_v2(Bucket=BUCKET, Prefix=folder, StartAfter=after)
        assert [entry["Key"] for entry in listed.get("Contents", [])] == [key for key in keys if key > after]
        assert not listed["IsTruncated"]
    folders = served.list_objects_v2(Bucket=BUCKET, Prefix=f"AWSLogs/{account}/CloudTrail-Digest/", Delimiter="/")
    assert [entry["Prefix"].split("/")[-2] for entry in folders["CommonPrefixes"]] == sorted(REGIONS)


def test_a_listing_has_pages(bucket, served):
    pages = list(served.get_paginator("list_objects_v2").paginate(Bucket=BUCKET))
    listed = [entry["Key"] for page in pages for entry in page["Contents"]]
    assert len(bucket.objects) > 1000 and listed == sorted(bucket.objects)


def test_requests_are_counted(bucket):
    key = static_bucket.digest_key(static_bucket.accounts(4)[0], HOME, NOW.replace(minute=0))
    for address in (f"/{BUCKET}/{key}", f"/{BUCKET}/{key}", f"/{BUCKET}?list-type=2&prefix=none"):
        assert bucket.answer("GET", address)
    counts = json.loads(bucket.answer("GET", "/counts").partition(b"\r\n\r\n")[2])
    assert counts["twice"] == 1 and {kind: counts["requests"][kind] for kind in ("LIST", "GET")} == {"LIST": 1, "GET": 2}
    assert counts["requests"]["bytes"] > 2 * len(bucket.objects[key][0])


@pytest.mark.full
def test_the_limits_hold():
    assert archive.main(["--members", "40", "--sample", "20", "--latency-ms", "20"]) == 0
