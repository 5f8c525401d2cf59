# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shards: a logstore is cut by hashes; those that were split or merged stay for reading.

Codes of errors: assumption alibaba-sls-shard-codes.
"""
from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from ..errors import CloudError
from ..operations import rest
from ..parameters import Number, Text
from ..request import ApiRequest
from .common import LOGSTORE, find_logstore, logstore_arn, logstore_to_change
from .projects import QUOTA
from .state import Logstore, Shard

_HASHES = 2 ** 128  # a hash is an MD5
_SHARD = Number(required=True, minimum=0, where="path")


def even_shards(count: int, now: float) -> tuple[Shard, ...]:
    """Shards of a new logstore."""
    edges = [_HASHES * number // count for number in range(count)] + [_HASHES - 1]
    return tuple(Shard(number, edges[number], edges[number + 1], now) for number in range(count))


@rest(
    "ListShards", "GET", "/logstores/{logstore}/shards", action="log:ListShards", read_only=True,
    resources=logstore_arn, logstore=LOGSTORE,
)
def list_shards(request: ApiRequest) -> list[dict[str, Any]]:
    """All shards of a logstore."""
    return [_describe(shard) for shard in find_logstore(request).shards]


@rest(
    "SplitShard", "POST", "/logstores/{logstore}/shards/{shard}?action=split", action="log:SplitShard",
    read_only=False, resources=logstore_arn, logstore=LOGSTORE, shard=_SHARD, key=Text(),
    shardCount=Number(minimum=2, maximum=2),
)
def split_shard(request: ApiRequest) -> list[dict[str, Any]]:
    """Cut a shard in two, at a hash or in the middle. The answer has the old one and the new ones."""
    logstore = logstore_to_change(request)
    shard = _writable(logstore, request["shard"])
    key = request.get("key", f"{(shard.begin + shard.end) // 2:032x}")
    if not re.fullmatch("[0-9a-f]{32}", key) or not shard.begin < int(key, 16) < shard.end:
        raise CloudError(400, "ParameterInvalid", f"invalid shard key {key}")
    return _put(request, logstore, [shard], [shard.begin, int(key, 16), shard.end])


@rest(
    "MergeShard", "POST", "/logstores/{logstore}/shards/{shard}?action=merge", action="log:MergeShards",
    read_only=False, resources=logstore_arn, logstore=LOGSTORE, shard=_SHARD,
)
def merge_shard(request: ApiRequest) -> list[dict[str, Any]]:
    """Join a shard and the one after it. The answer has the new one and the old ones."""
    logstore = logstore_to_change(request)
    shard = _writable(logstore, request["shard"])
    following = next((other for other in logstore.shards if other.writable and other.begin == shard.end), None)
    if following is None:
        raise CloudError(400, "ParameterInvalid", f"shard {shard.id} has none after it")
    return _put(request, logstore, [shard, following], [shard.begin, following.end])


def _writable(logstore: Logstore, shard_id: int) -> Shard:
    shard = next((shard for shard in logstore.shards if shard.id == shard_id), None)
    if shard is None:
        raise CloudError(404, "ShardNotExist", f"shard {shard_id} does not exist")
    if not shard.writable:
        raise CloudError(400, "ParameterInvalid", f"shard {shard_id} is readonly")
    return shard


def _put(request: ApiRequest, logstore: Logstore, ended: list[Shard], edges: list[int]) -> list[dict[str, Any]]:
    """Replace shards by new ones between these edges."""
    first = len(logstore.shards)
    closed = [replace(shard, writable=False) for shard in ended]
    added = [Shard(first + number, edges[number], edges[number + 1], request.now) for number in range(len(edges) - 1)]
    writable = sum(shard.writable for other in request.cloud.sls.logstores_of(logstore.project)
                   for shard in other.shards)
    if writable - len(ended) + len(added) > QUOTA["shard"]:
        raise CloudError(400, "ProjectQuotaExceed", "Project Quota Exceed.")
    by_id = {shard.id: shard for shard in (*logstore.shards, *closed, *added)}
    request.cloud.sls.logstores.put(
        logstore.key, replace(logstore, shards=tuple(by_id.values()), modified=request.now)
    )
    return [_describe(shard) for shard in (*closed, *added)]


def _describe(shard: Shard) -> dict[str, Any]:
    return {
        "shardID": shard.id, "status": "readwrite" if shard.writable else "readonly",
        "inclusiveBeginKey": f"{shard.begin:032x}", "exclusiveEndKey": f"{shard.end:032x}",
        "createTime": int(shard.created),
    }
