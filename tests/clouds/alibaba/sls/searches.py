# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading logs by what they say.

Sources: the help pages "GetLogs", "GetLogsV2" and "GetHistograms" of Simple Log Service.
"""
from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import Any

from ..errors import CloudError
from ..operations import rest
from ..parameters import Flag, Number, Parameter, Text
from ..request import ApiRequest
from ..wire.http import Answer
from .common import LOGSTORE, find_logstore, logstore_arn, project_arn
from .compression import compressed
from .log_data import select
from .matching import LogEntry, check
from .query import Query, parse
from .state import LogstoreKey

_JSON = {"Content-Type": "application/json"}
_LONGEST_PAGE = 100
_MOST_INTERVALS = 60


def _range(where: str) -> dict[str, Parameter]:
    return {
        "from": Number(required=True, minimum=0, where=where), "to": Number(required=True, minimum=0, where=where),
        "topic": Text(where=where), "query": Text(where=where),
        # Parts of a second; we know none.
        "fromNs": Number(minimum=0, maximum=0, where=where), "toNs": Number(minimum=0, maximum=0, where=where),
        "accurate": Flag(where=where),
    }


def _search(where: str) -> dict[str, Parameter]:
    return {
        **_range(where), "logstore": LOGSTORE,
        "line": Number(minimum=0, maximum=_LONGEST_PAGE, code="InvalidLine", where=where),
        "offset": Number(minimum=0, code="InvalidOffset", where=where),
        "reverse": Flag(code="InvalidReverse", where=where), "powerSql": Flag(where=where),
        "session": Text(where=where), "forward": Flag(where=where),
    }


@dataclass(frozen=True)
class _Found:
    """What a search found.

    :param rows: as they travel.
    """

    query: Query
    text: str
    rows: list[dict[str, str]]

    @property
    def where(self) -> str:
        """The part before the bar."""
        return self.text.partition("|")[0].strip() if self.query.count else self.text

    @property
    def aggregation(self) -> str:
        """The part after the bar."""
        return self.text.partition("|")[2].strip() if self.query.count else ""


def _project_and_logstore(request: ApiRequest) -> list[str]:
    """What GetLogsV2 is about: assumption alibaba-sls-search-resource."""
    return [project_arn(request), logstore_arn(request)]


@rest(
    "GetLogs", "GET", "/logstores/{logstore}?type=log", action="log:GetLogStoreLogs", read_only=True, recorded=False,
    resources=logstore_arn, **_search("query"),
)
def get_logs(request: ApiRequest) -> Answer:
    """Logs that a query finds, by the older operation: the answer has their number in headers."""
    found = _find(request)
    has_sql = found.query.count is not None
    return Answer(200, {
        **_JSON, "x-log-progress": "Complete", "x-log-count": str(len(found.rows)),
        "x-log-processed-rows": str(len(found.rows)), "x-log-elapsed-millisecond": "1",
        "x-log-has-sql": str(has_sql).lower(), "x-log-where-query": _header(found.where),
        "x-log-agg-query": _header(found.aggregation), "x-log-cpu-sec": "0", "x-log-cpu-cores": "0",
    }, _dump(found.rows))


@rest(
    "GetLogsV2", "POST", "/logstores/{logstore}/logs", action="log:GetLogStoreLogs", read_only=True, recorded=False,
    resources=_project_and_logstore, highlight=Flag(where="body"), isAccurate=Flag(where="body"), **_search("body"),
)
def get_logs_v2(request: ApiRequest) -> Answer:
    """Logs that a query finds."""
    if request.get("highlight"):
        raise CloudError(501, "NotImplemented", "The local Alibaba Cloud highlights nothing.")
    found = _find(request)
    has_sql = found.query.count is not None
    meta: dict[str, Any] = {
        "progress": "Complete", "count": len(found.rows), "processedRows": len(found.rows), "elapsedMillisecond": 1,
        "processedBytes": len(_dump(found.rows)), "hasSQL": has_sql, "whereQuery": found.where,
        "aggQuery": found.aggregation, "cpuSec": 0, "cpuCores": 0, "mode": 0, "limited": 0, "scanBytes": 0,
        "isAccurate": bool(request.get("isAccurate") or request.get("accurate")), "telementryType": "logs",
        "terms": [], "highlights": [],
    }
    if has_sql:
        meta |= {"keys": [found.query.count], "columnTypes": ["bigint"]}
    return compressed(_dump({"meta": meta, "data": found.rows}), request.http.headers.get("accept-encoding", ""), _JSON)


@rest(
    "GetHistograms", "GET", "/logstores/{logstore}/index?type=histogram", action="log:GetLogStoreHistogram",
    read_only=True, recorded=False, resources=logstore_arn, logstore=LOGSTORE, **_range("query"),
)
@rest(
    "GetHistograms", "GET", "/logstores/{logstore}?type=histogram", action="log:GetLogStoreHistogram",
    read_only=True, recorded=False, resources=logstore_arn, logstore=LOGSTORE, **_range("query"),
)
def get_histograms(request: ApiRequest) -> Answer:
    """How many logs a query finds in each part of a time, under the paths of today's and of older clients."""
    key, query = _asked(request)
    if query.count is not None:
        raise CloudError(400, "InvalidQueryString", "query string is invalid: no analytic statement is served here")
    start, end = request["from"], request["to"]
    width = -(-(end - start) // _MOST_INTERVALS)
    found = select(request.cloud, key, start, end, query.search, topic=request.get("topic", ""))
    counts = Counter((entry.time - start) // width for entry in found)
    histograms = [
        {"from": begin, "to": min(begin + width, end), "count": counts[number], "progress": "Complete"}
        for number, begin in enumerate(range(start, end, width))
    ]
    headers = {**_JSON, "x-log-progress": "Complete", "x-log-count": str(counts.total())}
    return Answer(200, headers, _dump(histograms))


def _find(request: ApiRequest) -> _Found:
    _check_served(request)
    key, query = _asked(request)
    text = request.get("query", "")
    found = select(request.cloud, key, request["from"], request["to"], query.search, topic=request.get("topic", ""),
                   newest_first=request.get("reverse", False))
    offset = request.get("offset", 0)
    if query.count is None:
        rows = [_row(entry) for entry in islice(found, offset, offset + request.get("line", _LONGEST_PAGE))]
        return _Found(query, text, rows)
    if offset:
        raise CloudError(400, "ParameterInvalid",
                         "ErrorType:OLSQueryParseError.ErrorMessage:offset is not available for pagination in sql "
                         "query, please use limit x,y syntax for pagination")
    count = sum(1 for _entry in found)
    return _Found(query, text, [{query.count: str(count), "__source__": "", "__time__": str(request["from"])}])


def _asked(request: ApiRequest) -> tuple[LogstoreKey, Query]:
    """The logstore and the query, which fits its index.

    :raises CloudError: one of them is not there, or the times are no range.
    """
    key = find_logstore(request).key
    if request["from"] >= request["to"]:
        raise CloudError(400, "InvalidTimeRange", "request time range is invalid")
    index = request.cloud.sls.indexes.seen(key)
    if not index:
        raise CloudError(400, "IndexConfigNotExist", "logstore without index config")
    query = parse(request.get("query", ""))
    check(query.search, index)
    return key, query


def _check_served(request: ApiRequest) -> None:
    if request.get("powerSql") or request.get("session") or not request.get("forward", True):
        raise CloudError(501, "NotImplemented",
                         "The local Alibaba Cloud knows no dedicated SQL, no scans, and no reverse order.")


def _row(entry: LogEntry) -> dict[str, str]:
    return {
        **entry.contents, **{f"__tag__:{name}": value for name, value in entry.tags.items()},
        "__topic__": entry.topic, "__source__": entry.source, "__time__": str(entry.time),
    }


def _dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _header(text: str) -> str:
    """A text that can travel in a header."""
    return text.encode("ascii", "replace").decode().replace("\r", " ").replace("\n", " ")
