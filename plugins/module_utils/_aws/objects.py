# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of CloudTrail in a bucket: many requests at a time, each file read piece by piece. Private.

Whoever may write there may write anything. How large files of CloudTrail are: assumption aws-log-file-size.
"""
from __future__ import annotations

import collections
import concurrent.futures
import gzip
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .._values import shown
from .retry import RETRY

CONNECTIONS = 48  # and threads: at 50 ms a request, more than one process of Python keeps busy
_AHEAD = 4 * CONNECTIONS  # items whose results are not taken yet
PIECE = 1 << 20  # bytes
# assumption aws-log-file-size
MOST_PACKED = 64 << 20  # bytes of a file as it is in the bucket
MOST = 1 << 30  # bytes of what is in it


def client(module: Any) -> Any:
    """A client for S3 that keeps a connection for each thread; botocore itself keeps 10."""
    return module.client("s3", retry_decorator=RETRY, config={"max_pool_connections": CONNECTIONS})


def threads() -> concurrent.futures.ThreadPoolExecutor:
    """As many threads as a client has connections."""
    return concurrent.futures.ThreadPoolExecutor(CONNECTIONS)


def each(pool: concurrent.futures.Executor, function: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[Any]:
    """Results of a function, in the order of the items. Like map, but takes items no faster than results are taken."""
    results: collections.deque = collections.deque()
    for item in items:
        results.append(pool.submit(function, item))
        if len(results) >= _AHEAD:
            yield results.popleft().result()
    while results:
        yield results.popleft().result()


def listed(s3: Any, bucket: str, prefix: str, after: str) -> Iterator[dict[str, Any]]:
    """The objects with a prefix whose keys come after another, in the order of the keys.

    Calls: ListObjectsV2, for each 1000 that are taken.
    """
    options = {"StartAfter": after}
    while True:
        page = s3.list_objects_v2(Bucket=bucket, Prefix=prefix, aws_retry=True, **options)
        yield from page.get("Contents", [])
        if not page["IsTruncated"]:
            return
        options = {"ContinuationToken": page["NextContinuationToken"]}


def hash_problem(option: str, value: Any) -> str | None:
    """What is wrong with a hash that one module returned for another, or None."""
    if isinstance(value, str) and re.fullmatch(r"[0-9a-f]{64}", value):
        return None
    return f"{option}: {shown(value)} is not a SHA-256 hash of 64 hexadecimal digits in lower case: give what the module returned"


class TooLargeError(Exception):
    """A file is larger than one of CloudTrail; the text says so, without its name."""


class _Packed:
    """The body of an object, as far as CloudTrail's files go."""

    def __init__(self, body: Any) -> None:
        self._body, self._left = body, MOST_PACKED

    def read(self, size: int) -> bytes:
        """Called by gzip for each piece."""
        piece = self._body.read(size)
        self._left -= len(piece)
        if self._left < 0:
            raise TooLargeError(f"it is larger than {MOST_PACKED >> 20} MiB, but CloudTrail delivers files of 50 MB at most")
        return piece


def pieces(answer: dict[str, Any], most: int) -> Iterator[bytes]:
    """What is in a gzip file, piece by piece.

    :param answer: that of GetObject.
    :param most: bytes that may be in it.
    :raises TooLargeError: it is larger.
    :raises OSError, EOFError, zlib.error: it is no gzip file.
    """
    left = most
    with gzip.GzipFile(fileobj=_Packed(answer["Body"])) as file:
        while piece := file.read(min(PIECE, left + 1)):
            left -= len(piece)
            if left < 0:
                raise TooLargeError(f"it has more than {most >> 20} MiB when it is unpacked")
            yield piece
