# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Indexes: without one a logstore can't be searched."""
from __future__ import annotations

from typing import Any

from ..errors import CloudError
from ..operations import rest
from ..parameters import Flag, Items, Mapped, Number, Structure, Text
from ..request import ApiRequest
from .common import LOGSTORE, find_logstore, logstore_arn, logstore_to_change, refuse_dedicated
from .state import Index, LogstoreKey

_INVALID = "IndexInfoInvalid"
_TYPES = ("text", "long", "double", "json")
_FLAG = Flag(code=_INVALID)
_TOKENS = Items(item=Text(code=_INVALID), code=_INVALID)
_TYPE = Text(required=True, choices=_TYPES, code=_INVALID, missing=_INVALID)
_KEY = {
    "type": _TYPE, "alias": Text(code=_INVALID), "caseSensitive": _FLAG, "chn": _FLAG, "doc_value": _FLAG,
    "token": _TOKENS,
}
_CONFIGURATION = {
    "keys": Mapped(where="body", code=_INVALID, item=Structure(code=_INVALID, fields={
        **_KEY, "index_all": _FLAG, "max_depth": Number(minimum=-1, code=_INVALID),
        "json_keys": Mapped(code=_INVALID, item=Structure(code=_INVALID, fields=_KEY)),
        "embedding": Text(code=_INVALID), "vector_index": Text(code=_INVALID),
    })),
    "line": Structure(where="body", code=_INVALID, fields={
        "token": Items(item=Text(code=_INVALID), required=True, code=_INVALID, missing=_INVALID),
        "caseSensitive": _FLAG, "chn": _FLAG, "include_keys": _TOKENS, "exclude_keys": _TOKENS,
        # aliyun-log-python-sdk sends these always; the current SDK has not heard of them.
        "auto_key_detect": _FLAG, "auto_key_count_limit": Number(code=_INVALID), "auto_text_keys": _TOKENS,
    }),
    "log_reduce": Flag(where="body", code=_INVALID),
    "log_reduce_black_list": Items(item=Text(code=_INVALID), where="body", code=_INVALID),
    "log_reduce_white_list": Items(item=Text(code=_INVALID), where="body", code=_INVALID),
    "max_text_len": Number(minimum=64, maximum=16384, where="body", code=_INVALID),
    "scan_index": Flag(where="body", code=_INVALID),
}


@rest(
    "CreateIndex", "POST", "/logstores/{logstore}/index", action="log:CreateIndex", read_only=False,
    resources=logstore_arn, logstore=LOGSTORE, **_CONFIGURATION,
)
def create_index(request: ApiRequest) -> None:
    """Give a logstore its index."""
    key = _to_change(request)
    index = _read(request)
    if key in request.cloud.sls.indexes:
        raise CloudError(400, "IndexAlreadyExist", "log store index is already created")
    request.cloud.sls.indexes.put(key, index)


@rest(
    "GetIndex", "GET", "/logstores/{logstore}/index", action="log:GetIndex", read_only=True, resources=logstore_arn,
    logstore=LOGSTORE,
)
def get_index(request: ApiRequest) -> dict[str, Any]:
    """Describe the index of a logstore."""
    logstore = find_logstore(request)
    index = request.cloud.sls.indexes.seen(logstore.key)
    if not index:
        raise _no_index()
    described = {"index_mode": "v2", "storage": "pg", "ttl": logstore.ttl, "lastModifyTime": int(index.modified),
                 "keys": index.keys, "log_reduce": False, "max_text_len": 2048, **index.settings}
    return {**described, "line": index.line} if index.line else described


@rest(
    "UpdateIndex", "PUT", "/logstores/{logstore}/index", action="log:UpdateIndex", read_only=False,
    resources=logstore_arn, logstore=LOGSTORE, **_CONFIGURATION,
)
def update_index(request: ApiRequest) -> None:
    """Replace the index of a logstore."""
    key = _to_change(request)
    index = _read(request)
    if key not in request.cloud.sls.indexes:
        raise _no_index()
    request.cloud.sls.indexes.put(key, index)


@rest(
    "DeleteIndex", "DELETE", "/logstores/{logstore}/index", action="log:DeleteIndex", read_only=False,
    resources=logstore_arn, logstore=LOGSTORE,
)
def delete_index(request: ApiRequest) -> None:
    """Delete the index of a logstore."""
    key = _to_change(request)
    if key not in request.cloud.sls.indexes:
        raise _no_index()
    request.cloud.sls.indexes.delete(key)


def _to_change(request: ApiRequest) -> LogstoreKey:
    logstore = logstore_to_change(request)
    refuse_dedicated(logstore)
    return logstore.key


def _read(request: ApiRequest) -> Index:
    keys, line = request.get("keys", {}), request.get("line")
    if not keys and not line:
        raise _invalid("required field line or keys is lacking")
    if line and "include_keys" in line and "exclude_keys" in line:
        raise _invalid("include_keys and exclude_keys can't be together")
    if "log_reduce_black_list" in request and "log_reduce_white_list" in request:
        raise _invalid("log_reduce_black_list and log_reduce_white_list can't be together")
    if request.get("scan_index"):
        raise CloudError(501, "NotImplemented", "The local Alibaba Cloud has no scan indexes.")
    if line and (line.get("auto_key_detect") or line.get("auto_text_keys")):
        raise CloudError(501, "NotImplemented", "The local Alibaba Cloud finds no keys by itself.")
    for name, key in keys.items():
        _check_key(name, key)
    names = ("log_reduce", "log_reduce_black_list", "log_reduce_white_list", "max_text_len")
    line = line and {name: value for name, value in line.items() if not name.startswith("auto_")}
    return Index(keys, line, request.now, {name: request[name] for name in names if name in request})


def _check_key(name: str, key: dict[str, Any]) -> None:
    if key["type"] == "text" and "token" not in key:
        raise _invalid(f"required field token is lacking or of error format: {name}")
    if key.get("json_keys") and key["type"] != "json":
        raise _invalid(f"json_keys are of type json only: {name}")
    if key.get("embedding") or key.get("vector_index"):
        raise CloudError(501, "NotImplemented", "The local Alibaba Cloud has no vector indexes.")


def _no_index() -> CloudError:
    return CloudError(404, "IndexConfigNotExist", "index config doesn't exist")


def _invalid(why: str) -> CloudError:
    return CloudError(400, _INVALID, why)
