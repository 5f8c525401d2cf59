# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logstores."""
from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..errors import CloudError
from ..operations import rest
from ..parameters import Flag, Items, Number, Structure, Text
from ..request import ApiRequest
from .common import (
    LOGSTORE, PAGING, find_logstore, find_project, logstore_arn, logstore_to_change, page, project_to_change,
    refuse_dedicated,
)
from .logstore_settings import DEFAULTS, check, invalid, stored
from .projects import QUOTA
from .shards import even_shards
from .state import FOREVER, Logstore

_INVALID = "LogStoreInfoInvalid"
_MOST_SHARDS = 100  # of a new logstore
_PAGE = 200

_ENCRYPTION = Structure(where="body", code=_INVALID, fields={
    "enable": Flag(required=True, code=_INVALID, missing=_INVALID),
    "encrypt_type": Text(code=_INVALID),
    "user_cmk_info": Structure(code=_INVALID, fields={
        name: Text(required=True, code=_INVALID, missing=_INVALID) for name in ("arn", "cmk_key_id", "region_id")
    }),
})
# What both creating and updating take.
_SETTINGS = {
    "logstoreName": Text(
        required=True, pattern=r"[a-z0-9][a-z0-9_-]{0,61}[a-z0-9]", where="body", code=_INVALID, missing=_INVALID,
    ),
    "ttl": Number(required=True, minimum=1, maximum=FOREVER, where="body", code=_INVALID, missing=_INVALID),
    "autoSplit": Flag(where="body", code=_INVALID),
    "maxSplitShard": Number(where="body", code=_INVALID),
    "enable_tracking": Flag(where="body", code=_INVALID),
    "appendMeta": Flag(where="body", code=_INVALID),
    "hot_ttl": Number(minimum=-1, where="body", code=_INVALID),
    "infrequentAccessTTL": Number(minimum=-1, where="body", code=_INVALID),
    "mode": Text(choices=("standard", "query", "lite"), where="body", code=_INVALID),
    "telemetryType": Text(choices=("", "None", "Metrics"), where="body", code=_INVALID),
    "encrypt_conf": _ENCRYPTION,
    "shardingPolicy": Structure(where="body", code=_INVALID, fields={
        "enabled": Flag(), "queryActiveTime": Number(),
        "shardGroup": Structure(fields={"groupCount": Number(required=True), "keys": Items(required=True)}),
        "shardHash": Structure(fields={"maxHashCount": Number(required=True), "keys": Items(required=True)}),
    }),
}


@rest(
    "CreateLogStore", "POST", "/logstores", action="log:CreateLogStore", read_only=False, resources=logstore_arn,
    shardCount=Number(
        required=True, minimum=1, maximum=_MOST_SHARDS, where="body", code=_INVALID, missing=_INVALID,
    ),
    enableModify=Flag(where="body", code=_INVALID), processorId=Text(where="body"), resourceGroupId=Text(where="body"),
    **_SETTINGS,
)
def create_log_store(request: ApiRequest) -> None:
    """Make a logstore."""
    project = project_to_change(request)
    sls = request.cloud.sls
    key = project.name, request["logstoreName"]
    settings = {**DEFAULTS, **stored(request)}
    check(request["ttl"], settings)
    if key in sls.logstores:
        raise CloudError(400, "LogStoreAlreadyExist", f"logstore {key[1]} already exists")
    others = sls.logstores_of(project.name)
    shards = sum(shard.writable for other in others for shard in other.shards)
    if len(others) >= QUOTA["logstore"] or shards + request["shardCount"] > QUOTA["shard"]:
        raise CloudError(400, "ProjectQuotaExceed", "Project Quota Exceed.")
    sls.logstores.put(key, Logstore(
        *key, ttl=request["ttl"], shards=even_shards(request["shardCount"], request.now), created=request.now,
        modified=request.now, settings=settings,
    ))


@rest(
    "GetLogStore", "GET", "/logstores/{logstore}", action="log:GetLogStore", read_only=True, resources=logstore_arn,
    logstore=LOGSTORE,
)
def get_log_store(request: ApiRequest) -> dict[str, Any]:
    """Describe a logstore."""
    logstore = find_logstore(request)
    return {
        "logstoreName": logstore.name, "ttl": logstore.ttl, "productType": "",
        "shardCount": sum(shard.writable for shard in logstore.shards),
        "createTime": int(logstore.created), "lastModifyTime": int(logstore.modified), **logstore.settings,
    }


@rest(
    "UpdateLogStore", "PUT", "/logstores/{logstore}", action="log:UpdateLogStore", read_only=False,
    resources=logstore_arn, logstore=LOGSTORE, shardCount=Number(where="body", code=_INVALID), **_SETTINGS,
)
def update_log_store(request: ApiRequest) -> None:
    """Change a logstore; its number of shards is not changed here, whatever is sent.

    What is not sent stays: assumption alibaba-sls-update-logstore.
    """
    logstore = logstore_to_change(request)
    refuse_dedicated(logstore)
    if request["logstoreName"] != logstore.name:
        raise invalid(f"logstore name {request['logstoreName']} is not that of the path")
    changes = stored(request)
    settings = {**logstore.settings, **changes}
    if settings["mode"] not in (logstore.settings["mode"], "standard"):
        raise CloudError(400, "NotSupported", "A logstore does not become one of a lesser mode.")
    before, after = logstore.settings.get("encrypt_conf"), settings.get("encrypt_conf")
    if before and {**before, "enable": None} != {**after, "enable": None}:
        raise invalid("of the encryption of a logstore only enable can be changed")
    check(request["ttl"], settings)
    request.cloud.sls.logstores.put(
        logstore.key, replace(logstore, ttl=request["ttl"], settings=settings, modified=request.now)
    )


@rest(
    "DeleteLogStore", "DELETE", "/logstores/{logstore}", action="log:DeleteLogStore", read_only=False,
    resources=logstore_arn, logstore=LOGSTORE,
)
def delete_log_store(request: ApiRequest) -> None:
    """Delete a logstore with its index and its logs."""
    logstore = logstore_to_change(request)
    refuse_dedicated(logstore)
    request.cloud.sls.delete_logstore(logstore.key)


@rest(
    "ListLogStores", "GET", "/logstores", action="log:ListLogStores", read_only=True, resources=logstore_arn,
    logstoreName=Text(), mode=Text(), telemetryType=Text(), **PAGING,
)
def list_log_stores(request: ApiRequest) -> dict[str, Any]:
    """Names of logstores."""
    project = find_project(request)
    found = sorted(
        logstore.name for logstore in request.cloud.sls.logstores.all_seen()
        if logstore.project == project.name and request.get("logstoreName", "") in logstore.name
        and request.get("mode", "") in ("", logstore.settings["mode"])
        and request.get("telemetryType", "") in ("", "None")
    )
    shown = page(request, found, _PAGE)
    return {"count": len(shown), "total": len(found), "logstores": shown}
