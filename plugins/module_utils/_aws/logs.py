# SPDX-License-Identifier: GPL-3.0-or-later
"""A CloudWatch log group's settings, in the terms of the module cloudwatchlogs_log_group. Private."""
from __future__ import annotations

import re

from .retry import RETRY

# assumption aws-log-retention
RETENTION_DAYS = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
]

# "Role policy document for CloudTrail to use CloudWatch Logs" (CloudTrail User Guide), and a number if there are several.
_STREAM_OF_CLOUDTRAIL = re.compile(r"(?:o-[a-z0-9]{10,32}_)?\d{12}_CloudTrail_[a-z0-9-]+(?:_\d+)?")


def read(client, name: str, settings) -> dict | None:
    """Settings of a log group: DescribeLogGroups and, if asked for, its tags; None if it does not exist."""
    group = next((group for group in _groups(client, name) if group["logGroupName"] == name), None)
    if group is None:
        return None
    current = {"retention": group.get("retentionInDays"), "kms_key_id": group.get("kmsKeyId")}
    if "tags" in settings:
        current["tags"] = client.list_tags_log_group(logGroupName=name, aws_retry=True)["tags"]
    return current


@RETRY
def _groups(client, prefix):
    """aws_retry does not reach into a paginator."""
    pages = client.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix)
    return pages.build_full_result().get("logGroups", [])


def holds_events(client, name: str) -> bool:
    """Whether anything was ever written into a log group. One call, DescribeLogStreams."""
    return bool(client.describe_log_streams(logGroupName=name, limit=1, aws_retry=True)["logStreams"])


@RETRY
def foreign_stream(client, name: str) -> str | None:
    """A log stream that is not of CloudTrail; None if there is none. DescribeLogStreams, for each page of 50 streams."""
    for page in client.get_paginator("describe_log_streams").paginate(logGroupName=name):
        for stream in page["logStreams"]:
            if not _STREAM_OF_CLOUDTRAIL.fullmatch(stream["logStreamName"]):
                return stream["logStreamName"]
    return None


def stored_bytes(client, name: str) -> int:
    """How much a log group holds, compressed. One call, DescribeLogGroups."""
    return next((group.get("storedBytes", 0) for group in _groups(client, name) if group["logGroupName"] == name), 0)
