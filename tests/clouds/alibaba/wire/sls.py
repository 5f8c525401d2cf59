# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The REST style of SLS: an operation is a method and a path, its parameters are in path, query, headers and JSON body.

Sources: the help pages "Request signatures", "Common request headers" and "Error codes" of Simple Log Service, and the
SDKs.
"""
from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote

from ..errors import CloudError
from ..operations import REST, Operation
from ..parameters import Items, Mapped, Parameter, Structure
from ..principals import Credential, Credentials
from .freshness import Nonces
from .http import Answer, HttpRequest
from .sls_errors import translate
from .sls_signatures import check_signature, region_of

# Headers with a meaning that is the same for all operations.
_COMMON_HEADERS = frozenset({
    "x-acs-security-token", "x-log-apiversion", "x-log-bodyrawsize", "x-log-content-sha256", "x-log-date",
    "x-log-signaturemethod",
})
_LARGEST_BODY = 10 * 1024 * 1024  # bytes


class SlsStyle:
    """Reads requests of the REST style, and writes their answers.

    :param region: which the host names, or None.
    :param project: which the host names, or None.
    """

    def __init__(self, http: HttpRequest, region: str | None, project: str | None) -> None:
        self.http = http
        self.region = region or region_of(http)
        self.project = project
        self._operation: Operation | None = None

    @staticmethod
    def new_id() -> str:
        """An id for a request."""
        return secrets.token_hex(12).upper()

    def route(self) -> tuple[Operation, dict[str, Any]]:
        """The operation, and the values that were sent for its parameters.

        :raises CloudError: there is no such operation here, or the body can't be read.
        """
        query = _query(self.http.query)
        operation, fixed = self._find(query)
        self._operation = operation
        match = operation.pattern.fullmatch(self.http.path)
        sent = {
            "path": {name: _decoded(value) for name, value in match.groupdict().items()},
            "query": {name: value for name, value in query.items() if name not in fixed},
            "header": {name: value for name, value in self.http.headers.items()
                       if name.startswith(("x-log-", "x-acs-")) and name not in _COMMON_HEADERS},
            **self._body(operation),
        }
        values: dict[str, Any] = {}
        for where, found in sent.items():
            for name, value in found.items():
                parameter = operation.parameters.get(name)
                if parameter is None or parameter.where != where or name in values:
                    raise CloudError(400, "ParameterInvalid",
                                     f"The local Alibaba Cloud knows no {where} parameter {name} here.")
                values[name] = _typed(parameter, name, value) if where == "query" else value
        return operation, values

    def identify(self, credentials: Credentials, nonces: Nonces) -> Credential:
        """Who signed it. This style has no nonces: a request is good as often as it comes.

        :raises CloudError: nobody, not they, or not now.
        """
        return check_signature(self.http, self.region, credentials)

    def answer(self, result: Answer | Mapping[str, Any] | Sequence[Any] | None, request_id: str) -> Answer:
        """The answer to a call that went well: an Answer gets the common headers, another value becomes JSON."""
        common = _headers(request_id)
        if isinstance(result, Answer):
            return Answer(result.status, {**common, **result.headers}, result.body)
        if result is None:
            return Answer(200, common)
        return Answer(200, {**common, "Content-Type": "application/json"}, _json(result))

    def refuse(self, error: CloudError, request_id: str) -> Answer:
        """The answer to one that did not."""
        error = translate(error, self._operation)
        headers = {**_headers(request_id), "Content-Type": "application/json"}
        return Answer(error.status, headers, _json({"errorCode": error.code, "errorMessage": error.message}))

    def _find(self, query: Mapping[str, str]) -> tuple[Operation, Mapping[str, str]]:
        """The operation, and what has to be in the query for it."""
        in_project = self.project is not None
        matching = [operation for operation in REST if operation.pattern.fullmatch(self.http.path)]
        found = []
        for operation in matching:
            fixed = dict(parse_qsl(operation.path.partition("?")[2]))
            if (operation.method == self.http.method and operation.in_project in (None, in_project)
                    and fixed.items() <= query.items()):
                found.append((operation, fixed))
        if found:
            return max(found, key=lambda item: len(item[1]))
        if any(operation.method == self.http.method for operation in matching):
            raise CloudError(400, "InvalidHost", f"Host header {self.http.host} is invalid: this operation "
                             + ("is not one of a project." if in_project else "needs a project in front."))
        raise CloudError(405, "InvalidMethod", f"invalid request method : {self.http.method} {self.http.path}")

    def _body(self, operation: Operation) -> dict[str, dict[str, Any]]:
        if len(self.http.body) > _LARGEST_BODY:
            raise CloudError(413, "PostBodyTooLarge", "The request body is larger than 10 MB.")
        if any(parameter.where == "raw" for parameter in operation.parameters.values()):
            return {"raw": {"body": self.http.body}}
        if not self.http.body:
            return {}
        # Some clients send JSON without saying so.
        content_type = self.http.headers.get("content-type", "application/json")
        if content_type.partition(";")[0].strip().lower() != "application/json":
            raise CloudError(415, "InvalidContentType", f"Content-Type {content_type} is unsupported.")
        try:
            fields = json.loads(self.http.body)
        except (ValueError, RecursionError):
            fields = None
        if not isinstance(fields, dict):
            raise CloudError(400, "PostBodyInvalid", "The request body is not valid JSON object.")
        return {"body": fields}


def _headers(request_id: str) -> dict[str, str]:
    return {"x-log-requestid": request_id, "x-log-time": str(int(time.time())), "Access-Control-Allow-Origin": "*"}


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _query(text: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict")
    except ValueError:
        raise CloudError(400, "ParameterInvalid", "The query is not UTF-8.") from None
    query = dict(pairs)
    if len(query) < len(pairs):
        raise CloudError(400, "ParameterInvalid", "A parameter is there twice.")
    return query


def _decoded(text: str) -> str:
    try:
        return unquote(text, errors="strict")
    except ValueError:
        raise CloudError(400, "ParameterInvalid", "The path is not UTF-8.") from None


def _typed(parameter: Parameter, name: str, value: str) -> Any:
    """Lists and objects are JSON in the query; other types read text."""
    if not isinstance(parameter, (Items, Mapped, Structure)):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise CloudError(400, "ParameterInvalid", f"The parameter {name} is not JSON.") from None
