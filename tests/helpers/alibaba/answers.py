# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the local Alibaba Cloud answers while tests run, against the models of the SDKs."""
from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from typing import Any

from helpers.alibaba.sdk_models import Described, current, misfits
from clouds.alibaba.operations import REST, RPC, Operation
from clouds.alibaba.request import ApiRequest
from clouds.alibaba.sls.compression import decompressed
from clouds.alibaba.wire.http import Answer


class Answers:
    """Compares all answers of the local Alibaba Cloud with the models, while it is used as a context manager.

    :ivar seen: names of the fields that were sent, by product and name of the operation.
    :ivar problems: what was sent and is not in the model.
    """

    def __init__(self) -> None:
        self.seen: dict[tuple[str, str], set[str]] = defaultdict(set)
        self.problems: list[str] = []

    def __enter__(self) -> Answers:
        self._rpc, self._rest = dict(RPC), list(REST)
        RPC.update({key: self._watched(operation) for key, operation in RPC.items()})
        REST[:] = map(self._watched, REST)
        return self

    def __exit__(self, *error: object) -> None:
        RPC.update(self._rpc)
        REST[:] = self._rest

    def _watched(self, operation: Operation) -> Operation:
        described = current(operation.product).get(operation.name)
        if not described or described.version != operation.version or (operation.path and operation.method != described.method):
            return operation  # an older operation, whose answers differ

        def perform(request: ApiRequest) -> Any:
            result = operation.perform(request)
            self._compare(operation, described, result)
            return result

        return replace(operation, perform=perform)

    def _compare(self, operation: Operation, described: Described, result: Any) -> None:
        value = _body(result)
        if operation.path is None:
            value = {"RequestId": "id", **(value or {})}
        if value is _NOT_JSON or (value is None and described.response is None):
            return
        if described.response is None:
            found = [f"a body: {value!r}; in the model, none"]
        else:
            found = misfits(value, described.response, "", self.seen[operation.product, operation.name])
        self.problems.extend(f"answer of {operation.product} {operation.name}: {problem}" for problem in found)


_NOT_JSON = object()


def _body(result: Any) -> Any:
    if not isinstance(result, Answer):
        return result
    if result.headers.get("Content-Type", "application/json") != "application/json":
        return _NOT_JSON
    if not result.body:
        return None
    return json.loads(decompressed(result.body, {"x-log-bodyrawsize": str(len(result.body)), **result.headers}))
