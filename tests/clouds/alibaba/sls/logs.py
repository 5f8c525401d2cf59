# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing logs. Sources: the help pages "PutLogs" and "Data model" of Simple Log Service."""
from __future__ import annotations

from typing import Any

from ..errors import CloudError
from ..operations import rest
from ..parameters import Raw, Text
from ..request import ApiRequest
from .common import LOGSTORE, find_logstore, logstore_arn, refuse_dedicated
from .compression import decompressed
from .log_data import append
from .matching import LogEntry
from .protobuf import read_group
from .state import Logstore

_CONTENT_TYPE = "application/x-protobuf"
# assumption alibaba-sls-put-limits
_MOST_LOGS = 4096
_MAX_VALUE = 1024 * 1024  # bytes, as those below
_MAX_NAME = 128
_OLDEST = 168 * 3600  # seconds before now, as the one below is after it
_NEWEST = 15 * 60
_RESERVED = frozenset({
    "__time__", "__source__", "__topic__", "__partition_time__", "_extract_others_", "__extract_others__",
})
# As a header, it says how the body is compressed; see compression.decompressed.
_WRITE: dict[str, Any] = {
    "action": "log:PostLogStoreLogs", "read_only": False, "recorded": False, "resources": logstore_arn,
    "logstore": LOGSTORE, "body": Raw(), "x-log-compresstype": Text(where="header"),
}


@rest("PutLogs", "POST", "/logstores/{logstore}/shards/lb", **_WRITE)
@rest("PutLogs", "POST", "/logstores/{logstore}", **_WRITE)
def put_logs(request: ApiRequest) -> None:
    """Write a group of logs to any shard; older clients leave out the end of the path."""
    _write(request, find_logstore(request), None)


@rest("PutLogs", "POST", "/logstores/{logstore}/shards/route", **_WRITE,
      key=Text(required=True, pattern="[0-9a-fA-F]{32}"))
def put_logs_by_hash(request: ApiRequest) -> None:
    """Write a group of logs to the shard of a hash."""
    logstore, key = find_logstore(request), int(request["key"], 16)
    writable = [shard for shard in logstore.shards if shard.writable]
    shard = next((shard for shard in writable if shard.begin <= key < shard.end), writable[-1])
    _write(request, logstore, shard.id)


def _write(request: ApiRequest, logstore: Logstore, shard: int | None) -> None:
    content_type = request.http.headers.get("content-type", "")
    if content_type.partition(";")[0].strip().lower() != _CONTENT_TYPE:
        raise CloudError(415, "InvalidContentType", f"Content-Type {content_type} is unsupported.")
    refuse_dedicated(logstore)
    group = read_group(decompressed(request["body"], request.http.headers))
    if not 1 <= len(group.Logs) <= _MOST_LOGS:
        raise CloudError(400, "PostBodyTooLarge" if group.Logs else "PostBodyInvalid",
                         f"A group has 1 to {_MOST_LOGS} logs.")
    topic, source = _text(group.Topic, _MAX_NAME), _text(group.Source, _MAX_NAME)
    tags = {_text(tag.Key, _MAX_NAME): _text(tag.Value, _MAX_VALUE) for tag in group.LogTags}
    entries = []
    for log in group.Logs:
        if not request.now - _OLDEST <= log.Time <= request.now + _NEWEST:
            raise CloudError(400, "PostBodyInvalid", "The post data time is out of range")
        entries.append(LogEntry(log.Time, topic, source, _contents(log), tags))
    append(request.cloud, logstore.project, logstore.name, entries, shard)


def _contents(log: Any) -> dict[str, str]:
    if not log.Contents:
        raise CloudError(400, "PostBodyInvalid", "A log has no contents.")
    contents = {}
    for content in log.Contents:
        name = _text(content.Key, _MAX_NAME)
        if not name or name in _RESERVED or name in contents:
            raise CloudError(400, "InvalidKey", f"Invalid keys are in logs: {name}")
        contents[name] = _text(content.Value, _MAX_VALUE)
    return contents


def _text(value: bytes, longest: int) -> str:
    if len(value) > longest:
        raise CloudError(400, "PostBodyTooLarge", f"A text has more than {longest} bytes.")
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise CloudError(400, "InvalidEncoding", "Non-UTF8 characters are in logs.") from None
