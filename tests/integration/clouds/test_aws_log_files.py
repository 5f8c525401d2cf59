# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Log files: they arrive where and when they may, and else GetTrailStatus says why not."""
from __future__ import annotations

import re

import pytest
from aws_trails import ARCHIVE, BUCKET, MEMBER, REGION, Estate


@pytest.fixture
def estate(aws):
    return Estate(aws)


def test_log_file(estate):
    estate.log()
    estate.probe("probe-1")
    [(key, records)] = [(key, records) for key, records in estate.log_files() if estate.has(records, "probe-1")]
    assert re.fullmatch(
        rf"AWSLogs/{MEMBER}/CloudTrail/{REGION}/(\d{{4}}/\d\d/\d\d)/{MEMBER}_CloudTrail_{REGION}_"
        r"\d{8}T\d{4}Z_[A-Za-z0-9]{16}\.json\.gz", key)
    [record] = records
    assert (record["eventName"], record["recipientAccountId"]) == ("DescribeTrails", MEMBER)
    head = estate.archive.client("s3").head_object(Bucket=BUCKET, Key=key)
    assert (head["ContentType"], head["ContentEncoding"], head["ServerSideEncryption"]) == (
        "application/json", "gzip", "AES256")
    assert ARCHIVE not in key
