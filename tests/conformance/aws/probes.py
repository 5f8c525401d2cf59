# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which probes CloudTrail records, and after how many seconds they are in the bucket and in LookupEvents."""
from __future__ import annotations

import json
from typing import Any

from ..check import Check, Observation
from .account import BUCKET, DELIVERED, TRAIL, Aws


def run(aws: Aws) -> Observation:
    """Make both calls with a mark, and search for the mark."""
    bucket = aws.trail_bucket()
    aws.trail(bucket)
    mark = aws.name()
    arn = aws.trail_arn(mark)
    aws.cloudtrail.describe_trails(trailNameList=[mark])
    code = aws.attempt(aws.cloudtrail.remove_tags, ResourceId=arn, TagsList=[{"Key": mark}])
    seconds: dict[str, int] = {}
    read: set[str] = set()
    start = aws.clock.now()
    places = {"bucket": lambda: _marks(aws.records(bucket, read), mark), "lookup": lambda: _marks(_looked_up(aws), mark)}

    def has_all() -> bool:
        for place, find in places.items():
            for event in find():
                seconds.setdefault(f"{event} in {place}", round(aws.clock.now() - start))
        return len(seconds) == 4

    aws.until(has_all, DELIVERED, every=60)
    found = {event for event in seconds if event.endswith("bucket")}
    return Observation.of(len(found) == 2, seconds=seconds, code_of_remove_tags=code)


def _marks(records: Any, mark: str) -> set[str]:
    """Names of events with the mark among their request parameters."""
    return {record["eventName"] for record in records if mark in str(record.get("requestParameters"))}


def _looked_up(aws: Aws) -> list[dict[str, Any]]:
    found = []
    for name in ("DescribeTrails", "RemoveTags"):
        answer = aws.cloudtrail.lookup_events(LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": name}], MaxResults=50)
        found += [json.loads(event["CloudTrailEvent"]) for event in answer["Events"]]
    return found


CHECK = Check(
    entry="aws-cloudtrail-probe-recorded",
    question="Does CloudTrail record DescribeTrails and RemoveTags of a trail that does not exist, with the name of the trail?",
    creates=("S3 bucket", "trail"),
    permissions=(*BUCKET, *TRAIL, "cloudtrail:LookupEvents", "cloudtrail:RemoveTags"),
    seconds=900,
    cents=3,
    run=run,
)
