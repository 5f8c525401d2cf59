# SPDX-License-Identifier: GPL-3.0-or-later
"""Harmless events with a unique mark, created in an account and looked for where its trail delivers. Private.

The event is a call to CloudTrail itself, which CloudTrail records in the account that makes it, in the region where it is
created, with the parameters of the call: assumption aws-cloudtrail-probe-recorded. It asks for a trail that
is named like the mark; so it needs no session of its own, works with every kind of credentials, and leaves nothing behind.
"""
from __future__ import annotations

import concurrent.futures
import datetime
import gzip
import json
import zlib

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code

from .._probes import SKEW
from .._probes import leaves
from .._probes import moment
from .._probes import now
from .errors import AWS_ERRORS
from .policies import partition

SOURCE = "cloudtrail.amazonaws.com"
EVENTS = {"read": "DescribeTrails", "write": "RemoveTags"}
_FILES = 5000  # of an account and a day that are looked into at most
_AT_A_TIME = 10  # as many connections as botocore keeps
# What files may raise that are not packed, no JSON, or not of the shape that CloudTrail gives them.
UNREADABLE = (EOFError, KeyError, OSError, RecursionError, TypeError, ValueError, zlib.error)


def create(client, kind: str, mark: str, account_id: str, region: str) -> str:
    """Create the event; returns the value that its request parameters hold.

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


def _seconds(record, probe, delivered):
    """Seconds from a probe's event to its delivery."""
    try:
        when = moment(record["eventTime"])
    except UNREADABLE:
        when = moment(probe["created"])
    return max(0.0, (delivered - when).total_seconds())


class BucketSearch:
    """Looks for probes in the log files of a bucket, below the path of each probe's account and region.

    What can't be read is a problem of its probe, whatever the reason: if nothing can be, listing fails too.
    """

    def __init__(self, client, bucket: str) -> None:
        self.client = client
        self.bucket = bucket
        self.read: set[str] = set()  # keys of log files that were looked into
        self.problems: dict[str, str] = {}  # what could not be read, by the mark of the probe

    def look(self, probes: dict[int, dict]) -> dict[int, dict]:
        """Where probes are and how many seconds they took, of those that are there.

        Calls: ListObjectsV2 for each day since a probe and for each 1000 log files since then, GetObject for each log
        file that was not read before. Raises botocore's ClientError.

        :param probes: by number: account_id, region, prefix, organization_id, created, mark, event_name, value.
        """
        with concurrent.futures.ThreadPoolExecutor(_AT_A_TIME) as pool:
            found = zip(probes, pool.map(self._look, probes.values()))
            return {number: seen for number, seen in found if seen}

    def _look(self, probe):
        for entry in reversed(self._log_files(probe)):
            key = entry["Key"]
            if key in self.read:
                continue
            try:
                records = self._records(key)
            except AWS_ERRORS as error:
                self.problems[probe["mark"]] = f"{key} can't be read: {error}"
                continue
            for record in records:
                if is_probe(record, probe):
                    return {"found_in": key, "seconds": _seconds(record, probe, entry["LastModified"])}
            self.read.add(key)
        return None

    def _log_files(self, probe):
        """Log files since shortly before the probe, oldest first.

        They are named by the minute when they were delivered. S3 lists in the order of the keys only: if there are too
        many, the newest are left out, because the event is sooner in one that follows it than in one of now.
        """
        since = moment(probe["created"]) - SKEW
        folder = log_folder(probe)
        found = []
        day = since.date()
        while day <= (now() + SKEW).date():
            start = f"{folder}{day:%Y/%m/%d}/"
            name = f"{probe['account_id']}_CloudTrail_{probe['region']}_{since:%Y%m%dT%H%M}"
            found += self._list(probe, start, start + name if day == since.date() else start)
            day += datetime.timedelta(days=1)
        return found

    def _list(self, probe, folder, after):
        found = []
        options = {"StartAfter": after}
        while True:
            page = self.client.list_objects_v2(Bucket=self.bucket, Prefix=folder, aws_retry=True, **options)
            found += page.get("Contents", [])
            if not page["IsTruncated"]:
                return found
            if len(found) >= _FILES:
                self.problems[probe["mark"]] = (
                    f"{folder} has more than {_FILES} log files since the event: those after {found[-1]['Key']} were"
                    " not looked into"
                )
                return found
            options = {"ContinuationToken": page["NextContinuationToken"]}

    def _records(self, key):
        body = self.client.get_object(Bucket=self.bucket, Key=key, aws_retry=True)["Body"].read()
        # Whoever may write here may write anything; what is no log file holds no probe.
        try:
            records = json.loads(gzip.decompress(body))["Records"]
            return [record for record in records if isinstance(record, dict)]
        except UNREADABLE:
            return []


class _Search:
    """Looks for one probe after the other. A subclass says where each is."""

    def __init__(self, client) -> None:
        self.client = client
        self.problems: dict[str, str] = {}

    def look(self, probes: dict[int, dict]) -> dict[int, dict]:
        """As BucketSearch.look."""
        found = {number: self._look(probe) for number, probe in probes.items()}
        return {number: seen for number, seen in found.items() if seen}

    def _look(self, probe):
        raise NotImplementedError


class LogGroupSearch(_Search):
    """Looks for probes in the CloudWatch log group of an account.

    Calls: FilterLogEvents, for each probe and each page of what holds its mark.
    """

    def __init__(self, client, log_group: str) -> None:
        super().__init__(client)
        self.log_group = log_group

    def _look(self, probe):
        since = moment(probe["created"]) - SKEW
        options = {"startTime": int(since.timestamp() * 1000), "filterPattern": json.dumps(probe["mark"])}
        while True:
            try:
                page = self.client.filter_log_events(logGroupName=self.log_group, aws_retry=True, **options)
            except is_boto3_error_code("ResourceNotFoundException"):
                self.problems[probe["mark"]] = f"log group {self.log_group} does not exist"
                return None
            for event in page["events"]:
                try:
                    record = json.loads(event["message"])
                except UNREADABLE:
                    continue
                if isinstance(record, dict) and is_probe(record, probe):
                    delivered = datetime.datetime.fromtimestamp(event["ingestionTime"] / 1000, datetime.timezone.utc)
                    return {"found_in": event["logStreamName"], "seconds": round(_seconds(record, probe, delivered), 1)}
            if not page.get("nextToken"):
                return None
            options["nextToken"] = page["nextToken"]


class HistorySearch(_Search):
    """Looks for probes in the Event history of the account that created them, which no trail fills.

    Calls: LookupEvents (assumption aws-cloudtrail-lookup), for each probe and each page of its kind of call since then. That an
    event is there after some minutes: assumption aws-event-history-time.
    """

    def _look(self, probe):
        attributes = [{"AttributeKey": "EventName", "AttributeValue": probe["event_name"]}]
        options = {}
        while True:
            page = self.client.lookup_events(
                LookupAttributes=attributes, StartTime=moment(probe["created"]) - SKEW, aws_retry=True, **options)
            for event in page["Events"]:
                record = json.loads(event["CloudTrailEvent"])
                if is_probe(record, probe):
                    return {"found_in": event["EventId"], "seconds": None}
            if not page.get("NextToken"):
                return None
            options = {"NextToken": page["NextToken"]}


def log_folder(trail: dict, kind: str = "CloudTrail") -> str:
    """The keys of an account's log files in a region begin with this; the day follows.

    Source: U(https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html).

    :param trail: account_id, region, prefix, organization_id.
    :param kind: C(CloudTrail), or C(CloudTrail-Digest) for digest files.
    """
    parts = [trail.get("prefix"), "AWSLogs", trail.get("organization_id"), trail["account_id"], kind, trail["region"]]
    return "".join(f"{part}/" for part in parts if part)
