# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading all logs of a shard, in the order in which they came, with or without index.

Sources: the help pages "GetCursor", "GetCursorTime" and "PullLogs" of Simple Log Service.
"""
from __future__ import annotations

import base64
from collections.abc import Iterator
from itertools import groupby, islice
from typing import Any

from ..errors import CloudError
from ..operations import rest
from ..parameters import Number, Text
from ..request import ApiRequest
from ..wire.http import Answer
from .common import LOGSTORE, find_logstore, logstore_arn
from .compression import compressed
from .log_data import Batch, LogData, logs_of
from .protobuf import new_group, write_groups

_PATH = "/logstores/{logstore}/shards/{shard}"
_READ: dict[str, Any] = {
    "action": "log:GetCursorOrData", "read_only": True, "recorded": False, "resources": logstore_arn,
    "logstore": LOGSTORE, "shard": Number(required=True, minimum=0, where="path"),
}


@rest("GetCursor", "GET", f"{_PATH}?type=cursor", **_READ,
      **{"from": Text(required=True, pattern="begin|end|[0-9]{1,10}")})
def get_cursor(request: ApiRequest) -> dict[str, str]:
    """The position of the first logs since a time."""
    data = _data(request)
    since = request["from"]
    if since == "end":
        return {"cursor": _cursor(data.next_number)}
    earliest = 0 if since == "begin" else int(since)
    numbers = (batch.number for batch in _batches(request, data) if batch.received >= earliest)
    return {"cursor": _cursor(next(numbers, data.next_number))}


@rest("GetCursorTime", "GET", f"{_PATH}?type=cursor_time", **_READ, cursor=Text(required=True))
def get_cursor_time(request: ApiRequest) -> dict[str, str]:
    """When the logs at a position came; now, if none came yet."""
    data = _data(request)
    position = _position(request["cursor"], data)
    received = (batch.received for batch in _batches(request, data) if batch.number >= position)
    return {"cursor_time": str(int(next(received, request.now)))}


@rest(
    "PullLogs", "GET", f"{_PATH}?type=log", **_READ, cursor=Text(required=True), end_cursor=Text(),
    count=Number(required=True, minimum=1, maximum=1000), query=Text(), pullMode=Text(), processor=Text(),
)
def pull_logs(request: ApiRequest) -> Answer:
    """Groups of logs from one position to another."""
    if any(request.get(name) for name in ("query", "pullMode", "processor")):
        raise CloudError(501, "NotImplemented", "The local Alibaba Cloud does not process what is pulled.")
    data = _data(request)
    position = _position(request["cursor"], data)
    end = _position(request["end_cursor"], data) if "end_cursor" in request else data.next_number
    batches = (batch for batch in _batches(request, data) if position <= batch.number < end)
    found = list(islice(batches, request["count"]))
    following = found[-1].number + 1 if len(found) == request["count"] else max(position, end)
    groups = [group for batch in found for group in _groups(batch)]
    return compressed(write_groups(groups), request.http.headers.get("accept-encoding", ""), {
        "Content-Type": "application/x-protobuf", "x-log-cursor": _cursor(following), "x-log-count": str(len(groups)),
    })


def _data(request: ApiRequest) -> LogData:
    logstore = find_logstore(request)
    if request["shard"] not in (shard.id for shard in logstore.shards):
        raise CloudError(404, "ShardNotExist", f"shard {request['shard']} does not exist")
    return logs_of(request.cloud, logstore)


def _batches(request: ApiRequest, data: LogData) -> Iterator[Batch]:
    return (batch for batch in data.batches if batch.shard == request["shard"])


def _groups(batch: Batch) -> Iterator[Any]:
    for (topic, source, tags), entries in groupby(
        batch.entries(), key=lambda entry: (entry.topic, entry.source, entry.tags)
    ):
        yield new_group(((entry.time, entry.contents) for entry in entries), topic, source, tags)


def _cursor(position: int) -> str:
    return base64.b64encode(str(position).encode()).decode()


def _position(cursor: str, data: LogData) -> int:
    try:
        position = int(base64.b64decode(cursor, validate=True))
    except ValueError:
        position = -1
    if not data.first <= position <= data.next_number:
        raise CloudError(400, "ParameterInvalid", f"invalid cursor {cursor}")
    return position
