# SPDX-License-Identifier: GPL-3.0-or-later
"""Harmless events with a unique mark, created in an account and looked for where its trail delivers. Private.

The event is a call to CloudTrail itself, which CloudTrail records in the account that makes it, in the region where it is
created, with the parameters of the call: assumption aws-cloudtrail-probe-recorded. It asks for a trail that
is named like the mark; so it needs no session of its own, works with every kind of credentials, and leaves nothing behind.
"""
from __future__ import annotations

import datetime
import hashlib
import itertools
import json
import zlib

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code

from .._probes import SKEW
from .._probes import leaves
from .._probes import moment
from .._probes import now
from .._probes import text_of
from . import objects
from .errors import AWS_ERRORS
from .errors import NO_SESSION
from .policies import partition

SOURCE = "cloudtrail.amazonaws.com"
EVENTS = {"read": "DescribeTrails", "write": "RemoveTags"}
_FILES = 5000  # of an account that are looked into at most
_AROUND = 1 << 20  # bytes before and after a mark in which its record is; a record has 256 KB: assumption aws-log-file-size
_MOST_MARKS = 20  # in one log file: those of a probe that is repeated, and of records that name it
_MOST_BEGINNINGS = 100  # of objects in JSON before a mark; a record of a probe has some ten
# What files may raise that are not packed, no JSON, or not of the shape that CloudTrail gives them.
UNREADABLE = (AttributeError, EOFError, KeyError, OSError, RecursionError, TypeError, ValueError, zlib.error)


_DECODER = json.JSONDecoder()


def create(client, kind: str, mark: str, account_id: str, region: str) -> dict[str, str]:
    """Create the event; returns it as the module cloudtrail_probe does, with the value that its request parameters hold.

    :param kind: C(read), or C(write) for trails that record no read events: then tags are taken off a trail that does not
        exist.
    """
    created, value = text_of(now()), mark
    if kind == "read":
        client.describe_trails(trailNameList=[mark], aws_retry=True)
    else:
        value = f"arn:{partition(region)}:cloudtrail:{region}:{account_id}:trail/{mark}"
        try:
            client.remove_tags(ResourceId=value, TagsList=[{"Key": "probe"}], aws_retry=True)
        except is_boto3_error_code(["ResourceNotFoundException", "TrailNotFoundException"]):
            pass
    return {"mark": mark, "value": value, "event_name": EVENTS[kind], "region": region, "created": created}


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

    :param hashes: of log files that were looked into before, which are not read again.
    :ivar hashes: SHA-256 of what is in a log file, by its key, of all that were looked into.
    :ivar problems: what could not be read, by the mark of the probe.
    """

    def __init__(self, client, bucket: str, hashes: dict[str, str] | None = None) -> None:
        self.client = client
        self.bucket = bucket
        self.hashes = dict(hashes or {})
        self.problems: dict[str, str] = {}
        self._passed_over: set[str] = set()  # keys of files that CloudTrail did not write

    def look(self, probes: dict[int, dict]) -> dict[int, dict]:
        """Where probes are and how many seconds they took, of those that are there.

        Calls: ListObjectsV2 for each probe and each 1000 log files since then, GetObject for each log file that was not
        read before. Raises botocore's ClientError.

        :param probes: by number: account_id, region, prefix, organization_id, created, mark, event_name, value.
        """
        with objects.threads() as pool:
            found = zip(probes, pool.map(self._look, probes.values()))
            return {number: seen for number, seen in found if seen}

    def _look(self, probe):
        for entry in reversed(self._log_files(probe)):
            key = entry["Key"]
            if key in self.hashes or key in self._passed_over:
                continue
            try:
                record = self._record(key, probe)
            except is_boto3_error_code(NO_SESSION):  # says nothing of the file
                raise
            except AWS_ERRORS as error:
                self.problems[probe["mark"]] = f"{key} can't be read: {error}"
                continue
            except objects.TooLargeError as error:
                self._pass_over(key, probe, str(error))
            except UNREADABLE:
                self._pass_over(key, probe, "it cannot be unpacked")
            else:
                if record:
                    return {"found_in": key, "seconds": _seconds(record, probe, entry["LastModified"])}
        return None

    def _pass_over(self, key, probe, reason):
        self._passed_over.add(key)
        self.problems[probe["mark"]] = f"{key} is not a log file of CloudTrail: {reason}"

    def _log_files(self, probe):
        """Log files since shortly before the probe, oldest first.

        They are named by the minute when they were delivered. S3 lists in the order of the keys only: if there are too
        many, the newest are left out, because the event is sooner in one that follows it than in one of now.
        """
        since = moment(probe["created"]) - SKEW
        folder = log_folder(probe)
        after = f"{folder}{since:%Y/%m/%d}/{probe['account_id']}_CloudTrail_{probe['region']}_{since:%Y%m%dT%H%M}"
        found = list(itertools.islice(objects.listed(self.client, self.bucket, folder, after), _FILES + 1))
        if len(found) > _FILES:
            found.pop()
            self.problems[probe["mark"]] = (
                f"{folder} has more than {_FILES} log files since the event: those after {found[-1]['Key']} were not searched")
        return found

    def _record(self, key, probe):
        """The record of a probe in a log file, which is read to its end; None if it is not there."""
        found, content = _Finder(probe), hashlib.sha256()
        for piece in objects.pieces(self.client.get_object(Bucket=self.bucket, Key=key, aws_retry=True), objects.MOST):
            content.update(piece)
            found.add(piece)
        found.end()
        self.hashes[key] = content.hexdigest()
        return found.record


class _Finder:
    """Finds the record of a probe in a log file that comes in pieces.

    Only what is near a mark is parsed: as a whole, the JSON of a log file would need gigabytes.

    :ivar record: None as long as it was not found.
    """

    def __init__(self, probe: dict) -> None:
        self.record: dict | None = None
        self._probe, self._mark = probe, probe["mark"].encode()
        self._text, self._start = b"", 0  # what is kept, and where the mark is looked for in it
        self._marks = 0

    def add(self, piece: bytes) -> None:
        """Look into what is known of the file so far."""
        if not self.record:
            self._text += piece
            self._look(_AROUND)

    def end(self) -> None:
        """Look into the rest."""
        if not self.record:
            self._look(-1)

    def _look(self, after):
        """Look at each mark that more than so many bytes follow."""
        while (at := self._text.find(self._mark, self._start)) >= 0 and len(self._text) - at > after:
            self._marks += 1
            if self._marks > _MOST_MARKS:
                raise objects.TooLargeError(f"more than {_MOST_MARKS} of its records contain the mark of the probe")
            self._start = at + len(self._mark)
            self.record = _record_around(self._text, at, self._start, self._probe)
            if self.record:
                self._text = b""
                return
        if at < 0:
            self._start = max(0, len(self._text) - len(self._mark) + 1)
        drop = max(0, (at if at >= 0 else self._start) - _AROUND)
        self._text, self._start = self._text[drop:], self._start - drop


def _record_around(text: bytes, at: int, end: int, probe: dict) -> dict | None:
    """The record of a probe that contains what is from C(at) to C(end); None if that is none."""
    near = text[max(0, at - _AROUND):end + _AROUND].decode("utf-8", "replace")
    middle = len(text[max(0, at - _AROUND):at].decode("utf-8", "replace"))
    beginning = middle
    for _number in range(_MOST_BEGINNINGS):
        beginning = near.rfind("{", 0, beginning)
        if beginning < 0:
            return None
        try:
            found, after = _DECODER.raw_decode(near, beginning)
        except UNREADABLE:
            continue
        if after >= middle + end - at and isinstance(found, dict) and is_probe(found, probe):
            return found
    return None


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
                try:
                    record = json.loads(event["CloudTrailEvent"])
                except UNREADABLE:
                    continue
                if isinstance(record, dict) and is_probe(record, probe):
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
