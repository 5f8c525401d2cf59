# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bucket of log files and digest files of many accounts, which answers as fast as it can and counts the requests.

    PYTHONPATH=tests python -m scale.static_bucket MEMBERS LATENCY_MS

Prints its port, then ends when its standard input is closed. Of S3, it knows what a client that reads needs: ListObjectsV2 with its
StartAfter, Prefix, Delimiter and ContinuationToken, and GetObject. It checks no signature: the local AWS does.
"""
from __future__ import annotations

import asyncio
import bisect
import gzip
import json
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from functools import partial
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from clouds.aws.cloudtrail.digests import Chain
from clouds.aws.cloudtrail.signing import signing_key
from clouds.aws.cloudtrail.target import Target
from tools.inventory import FIRST_ACCOUNT

BUCKET, TRAIL, HOME = "example-audit-logs", "audit-logs", "eu-west-1"
REGIONS = (
    HOME, "us-east-1", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
    "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-2", "us-west-1", "us-west-2",
)
BUSY = REGIONS[:2]  # of which a log file comes every 5 minutes; of the others, one every half an hour
NOW = datetime(2026, 11, 21, 12, 30, tzinfo=timezone.utc)
HOURS = 2
PROBED = NOW - timedelta(minutes=15)  # when the probes were created
_MIDNIGHT = NOW.replace(hour=0, minute=0)
_PAGE = 1000
_LAST_MODIFIED = "Sat, 21 Nov 2026 12:20:00 GMT"


def accounts(members: int) -> list[str]:
    """Ids of the member accounts."""
    return [str(FIRST_ACCOUNT + number) for number in range(members)]


def mark(account: str) -> str:
    """That of the probe of an account."""
    return f"probe-{account:0>26}"


def log_file_times(region: str) -> Iterator[datetime]:
    """When log files of a region were delivered in the hours of the digest files, and in the busy regions until now."""
    minutes = 5 if region in BUSY else 30
    when = NOW - timedelta(hours=HOURS, minutes=30 - minutes)
    while when <= (NOW if region in BUSY else NOW - timedelta(minutes=30)):
        yield when
        when += timedelta(minutes=minutes)


def digest_times() -> list[datetime]:
    """Ends of the hours whose digest files are in the folder of the day."""
    return [_MIDNIGHT + timedelta(hours=hour) for hour in range(NOW.hour + 1)]


def log_key(account: str, region: str, when: datetime) -> str:
    """Key of a log file."""
    return f"AWSLogs/{account}/CloudTrail/{region}/{when:%Y/%m/%d}/{account}_CloudTrail_{region}_{when:%Y%m%dT%H%M}Z_{'x' * 16}.json.gz"


def digest_key(account: str, region: str, when: datetime) -> str:
    """Key of a digest file."""
    return (f"AWSLogs/{account}/CloudTrail-Digest/{region}/{when:%Y/%m/%d}/"
            f"{account}_CloudTrail-Digest_{region}_{TRAIL}_{HOME}_{when:%Y%m%dT%H%M%S}Z.json.gz")


class Bucket:
    """The objects.

    :ivar objects: content and headers by key. Digest files before the time that is validated are listed only.
    :ivar requests: number by kind, and C(bytes) that were sent as content.
    """

    def __init__(self, members: int) -> None:
        self.objects: dict[str, tuple[bytes, str]] = {}
        self.requests: Counter = Counter()
        self.read: Counter = Counter()
        for account in accounts(members):
            for region in REGIONS:
                self._fill(account, region)
        self._keys = sorted(self.objects)

    def _fill(self, account, region):
        times = list(log_file_times(region))
        for when in times:
            self.objects[log_key(account, region, when)] = _PACKED, ""
        if region == HOME:
            text = _log_file([{
                "eventTime": f"{PROBED:%Y-%m-%dT%H:%M:%SZ}", "eventSource": "cloudtrail.amazonaws.com", "eventName": "DescribeTrails",
                "recipientAccountId": account, "requestParameters": {"trailNameList": [mark(account)]},
            }])
            self.objects[log_key(account, region, times[-1])] = gzip.compress(text, 1, mtime=0), ""
        for when in digest_times():
            self.objects[digest_key(account, region, when)] = b"", ""
        target = Target(account=account, administrator=account, region=HOME, name=TRAIL, bucket=BUCKET, prefix="", key="", group="", role="",
                        topic="", validation=True, of_organization=False)
        chain = Chain(account, region, int((digest_times()[-1] - timedelta(hours=HOURS)).timestamp()))
        for _hour in range(HOURS):
            for when in times:
                if chain.start <= when.timestamp() < chain.end:
                    chain.add(BUCKET, log_key(account, region, when), _UNPACKED, when.timestamp(), when.timestamp(), when.timestamp())
            digest = chain.digest(target)
            self.objects[digest.path] = gzip.compress(digest.content, 1, mtime=0), f"x-amz-meta-signature: {digest.signature}\r\n"
            chain.go_on(digest)

    def answer(self, method: str, address: str) -> bytes:
        """The answer to a request."""
        parts = urlsplit(address)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/counts":
            content = json.dumps({"requests": self.requests, "twice": sum(1 for times in self.read.values() if times > 1)}).encode()
            self.requests, self.read = Counter(), Counter()
            return _response(content)
        if parts.path == "/keys":
            keys = {region: signing_key(region, NOW.timestamp()) for region in REGIONS}
            return _response(json.dumps({region: {key.fingerprint: key.public.hex()} for region, key in keys.items()}).encode())
        if "list-type" in query:
            self.requests["LIST"] += 1
            content, more = self._list(query).encode(), ""
        else:
            self.requests[method] += 1
            key = unquote(parts.path).removeprefix(f"/{BUCKET}/")
            self.read[key] += 1
            content, more = self.objects[key]
        self.requests["bytes"] += len(content)
        return _response(content, more)

    def _list(self, query):
        prefix, delimiter, after = query.get("prefix", ""), query.get("delimiter"), query.get("continuation-token") or query.get("start-after", "")
        contents, folders, at = [], [], max(bisect.bisect_right(self._keys, after), bisect.bisect_left(self._keys, prefix))
        while at < len(self._keys) and self._keys[at].startswith(prefix) and len(contents) + len(folders) < _PAGE:
            key = self._keys[at]
            if delimiter and delimiter in key[len(prefix):]:
                folders.append(key[:key.index(delimiter, len(prefix)) + 1])
                at = bisect.bisect_right(self._keys, folders[-1] + "\U0010ffff", at)
            else:
                contents.append(key)
                at += 1
        is_truncated = at < len(self._keys) and self._keys[at].startswith(prefix)
        listed = "".join(
            f"<Contents><Key>{escape(key)}</Key><LastModified>2026-11-21T12:20:00.000Z</LastModified><ETag>&quot;{'0' * 32}&quot;</ETag>"
            f"<Size>{len(self.objects[key][0])}</Size><StorageClass>STANDARD</StorageClass></Contents>" for key in contents)
        common = "".join(f"<CommonPrefixes><Prefix>{escape(folder)}</Prefix></CommonPrefixes>" for folder in folders)
        token = f"<NextContinuationToken>{escape(self._keys[at - 1])}</NextContinuationToken>" if is_truncated else ""
        return (f'<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>{BUCKET}</Name>'
                f"<Prefix>{escape(prefix)}</Prefix><KeyCount>{len(contents) + len(folders)}</KeyCount><MaxKeys>{_PAGE}</MaxKeys>"
                f"<IsTruncated>{str(is_truncated).lower()}</IsTruncated>{token}{listed}{common}</ListBucketResult>")


def _log_file(more):
    """What is in a log file of 40 records; with 9 KB, it is packed as large as one of an account in which little happens."""
    records = [{
        "eventVersion": "1.11", "userIdentity": {"type": "AssumedRole", "arn": f"arn:aws:sts::123456789012:assumed-role/role-{number * 7919:x}/s"},
        "eventTime": "2026-11-21T12:00:00Z", "eventSource": "s3.amazonaws.com", "eventName": "GetBucketAcl", "awsRegion": HOME,
        "requestID": f"{number * 2654435761 % 2**64:016x}", "eventID": f"{number * 11400714819323198485 % 2**64:016x}", "readOnly": True,
        "userAgent": "[aws-sdk-java/2.20 Linux/5.10 OpenJDK_64-Bit_Server_VM/17.0.8 Java/17.0.8 cfg/retry-mode/standard]" * 2,
    } for number in range(40)]
    return json.dumps({"Records": [*records, *more]}).encode()


_UNPACKED = _log_file([])
_PACKED = gzip.compress(_UNPACKED, 1, mtime=0)


def _response(content, more=""):
    head = (f"HTTP/1.1 200 OK\r\nx-amz-request-id: 0000000000000000\r\nLast-Modified: {_LAST_MODIFIED}\r\nETag: \"{'0' * 32}\"\r\n"
            f"Content-Length: {len(content)}\r\n{more}\r\n")
    return head.encode() + content


class _Connection(asyncio.Protocol):
    """A connection of a client, which sends no content."""

    def __init__(self, bucket: Bucket, latency: float) -> None:
        self._bucket, self._latency, self._received = bucket, latency, b""

    def connection_made(self, transport):
        self._transport = transport

    def data_received(self, data):
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _end, self._received = self._received.partition(b"\r\n\r\n")
            method, address, _version = head.split(b"\r\n", 1)[0].decode().split(" ")
            answer = self._bucket.answer(method, address)
            asyncio.get_running_loop().call_later(self._latency, self._transport.write, answer)


async def serve(members: int, latency: float) -> None:
    """Serve until standard input is closed.

    :param latency: seconds before each answer.
    """
    bucket, ended, loop = Bucket(members), asyncio.Event(), asyncio.get_running_loop()
    server = await loop.create_server(partial(_Connection, bucket, latency), "127.0.0.1", 0)
    threading.Thread(target=lambda: (sys.stdin.read(), loop.call_soon_threadsafe(ended.set)), daemon=True).start()
    print(server.sockets[0].getsockname()[1], flush=True)
    await ended.wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2]) / 1000))
