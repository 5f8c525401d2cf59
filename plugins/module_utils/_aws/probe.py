# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Harmless events with a unique mark, made in an account and looked for where its trail delivers. Private.

The event is a call to CloudTrail itself, which CloudTrail records in the account that makes it, in the region where it is
made, with the parameters of the call
(U(https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-user-guide.html),
U(https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html)). It asks for
a trail that is named like the mark; so it needs no session of its own, works with every kind of credentials, and leaves
nothing behind.
"""
from __future__ import annotations

import datetime
import gzip
import json

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code

from .._probes import leaves
from .._probes import moment
from .._probes import now
from .policies import partition

SOURCE = "cloudtrail.amazonaws.com"
EVENTS = {"read": "DescribeTrails", "write": "RemoveTags"}
_FILES = 5000  # of an account and a day that are listed at most
_EARLY = datetime.timedelta(minutes=5)  # that the clock here may be ahead of AWS's


def make(client, kind: str, mark: str, account_id: str, region: str) -> str:
    """Make the event; returns the value that its request parameters hold.

    :param kind: C(read), or C(write) for trails that record no read events: then tags are taken off a trail that does not
        exist.
    """
    if kind == "read":
        client.describe_trails(trailNameList=[mark], aws_retry=True)
        return mark
    arn = f"arn:{partition(region)}:cloudtrail:{region}:{account_id}:trail/{mark}"
    try:
        client.remove_tags(ResourceId=arn, TagsList=[{"Key": "probe"}], aws_retry=True)
    except is_boto3_error_code(["ResourceNotFoundException", "TrailNotFoundException"]):
        pass
    return arn


def is_probe(record: dict, probe: dict) -> bool:
    """Whether a CloudTrail record is that of a probe: of its account, its call, and exactly its value.

    :param probe: account_id, event_name and value.
    """
    return (
        record.get("recipientAccountId") == probe["account_id"]
        and record.get("eventSource") == SOURCE
        and record.get("eventName") == probe["event_name"]
        and probe["value"] in leaves(record.get("requestParameters"))
    )


class BucketSearch:
    """Looks for probes in the log files of a bucket, below the path of each probe's account and region."""

    def __init__(self, client, bucket: str) -> None:
        self.client = client
        self.bucket = bucket
        self.read: set[str] = set()  # keys of log files that were looked into

    def look(self, probe: dict) -> dict | None:
        """Where a probe is and how many seconds it took; None if it is not there (yet).

        Calls: ListObjectsV2 for each day since it was made and for each 1000 log files since then, GetObject for each log
        file that was not read before. Raises botocore's ClientError.

        :param probe: account_id, region, prefix, organization_id, made, event_name, value.
        """
        for entry in reversed(self._log_files(probe)):
            key = entry["Key"]
            if key in self.read:
                continue
            for record in self._records(key):
                if is_probe(record, probe):
                    delivered = entry["LastModified"] - moment(record["eventTime"])
                    return {"found_in": key, "seconds": max(0.0, delivered.total_seconds())}
            self.read.add(key)
        return None

    def _log_files(self, probe):
        """Log files since shortly before the probe, oldest first."""
        since = moment(probe["made"]) - _EARLY
        owner = f"{probe['organization_id']}/{probe['account_id']}" if probe.get("organization_id") else probe["account_id"]
        start = f"{probe['prefix']}/" if probe.get("prefix") else ""
        found = []
        day = since.date()
        while day <= now().date():
            folder = f"{start}AWSLogs/{owner}/CloudTrail/{probe['region']}/{day:%Y/%m/%d}/"
            name = f"{probe['account_id']}_CloudTrail_{probe['region']}_"
            after = f"{folder}{name}{since:%Y%m%dT%H%M}" if day == since.date() else folder
            found += self._list(folder, after)
            day += datetime.timedelta(days=1)
        return found

    def _list(self, folder, after):
        found = []
        options = {"StartAfter": after}
        while len(found) < _FILES:
            page = self.client.list_objects_v2(Bucket=self.bucket, Prefix=folder, aws_retry=True, **options)
            found += page.get("Contents", [])
            if not page["IsTruncated"]:
                break
            options = {"ContinuationToken": page["NextContinuationToken"]}
        return found

    def _records(self, key):
        body = self.client.get_object(Bucket=self.bucket, Key=key, aws_retry=True)["Body"].read()
        # Whoever may write here may write anything; what is no log file holds no probe.
        try:
            records = json.loads(gzip.decompress(body)).get("Records", [])
        except (AttributeError, EOFError, OSError, ValueError):
            return []
        return [record for record in records if isinstance(record, dict)]


class LogGroupSearch:
    """Looks for probes in the CloudWatch log group of an account."""

    def __init__(self, client, log_group: str) -> None:
        self.client = client
        self.log_group = log_group

    def look(self, probe: dict) -> dict | None:
        """As BucketSearch.look. Calls: FilterLogEvents, for each page of what holds the mark."""
        since = moment(probe["made"]) - _EARLY
        options = {"startTime": int(since.timestamp() * 1000), "filterPattern": json.dumps(probe["mark"])}
        while True:
            page = self.client.filter_log_events(logGroupName=self.log_group, aws_retry=True, **options)
            for event in page["events"]:
                try:
                    record = json.loads(event["message"])
                except ValueError:
                    continue
                if isinstance(record, dict) and is_probe(record, probe):
                    seconds = event["ingestionTime"] / 1000 - moment(record["eventTime"]).timestamp()
                    return {"found_in": event["logStreamName"], "seconds": max(0.0, round(seconds, 1))}
            if not page.get("nextToken"):
                return None
            options["nextToken"] = page["nextToken"]
