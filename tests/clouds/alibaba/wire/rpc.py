# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The RPC style: parameters in query and form, answers in JSON or XML.

Sources: the help pages "Request syntax" and "Common parameters" of RAM and STS, "client error codes" of the OpenAPI
gateway, and the SDKs.
"""
from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from ..errors import CloudError
from ..operations import RPC, Operation
from ..parameters import nest
from ..principals import Credential, Credentials
from . import xml
from .freshness import Nonces
from .http import Answer, HttpRequest
from .rpc_signatures import signed_in_headers, signed_in_query

# What a request that is signed in its query has there beside the parameters of the operation.
_COMMON = frozenset({
    "AccessKeyId", "Action", "Format", "RegionId", "SecurityToken", "Signature", "SignatureMethod", "SignatureNonce",
    "SignatureType", "SignatureVersion", "Timestamp", "Version",
})
# The client footmark (PyPI, 1.26.0) sends the name of the operation once more: assumption alibaba-rpc-unknown-parameters.
_STRAY = frozenset({"on"})
_FORM = "application/x-www-form-urlencoded"


class RpcStyle:
    """Reads requests of the RPC style, and writes their answers.

    :param versions: of the APIs that the host serves; None for all.
    :param region: which the host names.
    :param path: of the host's endpoint, without the last slash.
    """

    project = None

    def __init__(
        self, http: HttpRequest, versions: frozenset[str] | None, region: str | None = None, path: str = ""
    ) -> None:
        self.http = http
        self._path = path
        self._region = region
        self._versions = versions
        self._in_headers = "authorization" in http.headers
        self._query: dict[str, str] = {}
        self._form: dict[str, str] = {}
        self._broken: CloudError | None = None
        try:
            self._read()
        except CloudError as error:
            self._broken = error

    @staticmethod
    def new_id() -> str:
        """An id for a request."""
        return str(uuid.uuid4()).upper()

    @property
    def region(self) -> str | None:
        """Which the host names, or else the client."""
        return self._region or self._all.get("RegionId")

    def identify(self, credentials: Credentials, nonces: Nonces) -> Credential:
        """Who signed it.

        :raises CloudError: it can't be read, or was signed by nobody, not by its credential, not now, or not for the
            first time.
        """
        if self._broken:
            raise self._broken
        if self._in_headers:
            return signed_in_headers(self.http, self._query, credentials, nonces)
        return signed_in_query(self.http, self._all, credentials, nonces)

    def route(self) -> tuple[Operation, dict[str, Any]]:
        """The operation, and the values that were sent for its parameters.

        :raises CloudError: there is no such operation here.
        """
        name, version = self._said("x-acs-action", "Action"), self._said("x-acs-version", "Version")
        operation = RPC.get((version, name))
        if self._versions is not None and version not in self._versions:
            raise CloudError(400, "InvalidVersion", f"Specified parameter Version is not valid: {version}")
        if not operation:
            raise CloudError(404, "InvalidAction.NotFound",
                             "Specified api is not found, please check your url and method.")
        common = (({"RegionId"} if self._in_headers else _COMMON) | _STRAY) - operation.parameters.keys()
        return operation, nest({name: value for name, value in self._all.items() if name not in common})

    def answer(self, result: Mapping[str, Any] | None, request_id: str) -> Answer:
        """The answer to a call that went well."""
        root = f"{self._said('x-acs-action', 'Action')}Response"
        return self._write(200, root, {"RequestId": request_id, **(result or {})})

    def refuse(self, error: CloudError, request_id: str) -> Answer:
        """The answer to one that did not."""
        body = {
            "RequestId": request_id, "HostId": self.http.host, "Code": error.code, "Message": error.message,
            "Recommend": f"https://api.aliyun.com/troubleshoot?q={error.code}&product=&requestId={request_id}",
        }
        if error.access_denied:
            body["AccessDeniedDetail"] = dict(error.access_denied)
        return self._write(error.status, "Error", body)

    def _read(self) -> None:
        http = self.http
        if http.method not in ("GET", "POST"):
            raise CloudError(400, "UnsupportedHTTPMethod", "This http method is not supported.")
        if http.path.removesuffix("/") != self._path:
            raise CloudError(404, "InvalidAction.NotFound", f"The path of this style is {self._path}/.")
        self._query = _pairs(http.query)
        if http.headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM:
            self._form = _pairs(_text(http.body))
        elif http.body:
            raise CloudError(400, "UnsupportedContentType", "The body of this style is a form.")
        both = self._query.keys() & self._form.keys()
        if both:
            raise CloudError(400, "InvalidParameter", f"The parameter {min(both)} is both in query and form.")
        if self._format not in ("JSON", "XML"):
            raise CloudError(400, "InvalidParameter.Format", "Specified parameter format is not valid.")

    @property
    def _all(self) -> dict[str, str]:
        return self._query | self._form

    @property
    def _format(self) -> str:
        return "JSON" if self._in_headers else self._all.get("Format", "JSON").upper()

    def _said(self, header: str, parameter: str) -> str:
        said = self.http.headers.get(header) if self._in_headers else self._all.get(parameter)
        if not said:
            raise CloudError(400, f"Missing{parameter}", f"{parameter} is mandatory for this action.")
        return said

    def _write(self, status: int, root: str, body: Mapping[str, Any]) -> Answer:
        kind, content = "application/json", json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        if self._format == "XML":
            kind, content = "text/xml", xml.document(root, body)
        headers = {"Content-Type": f"{kind};charset=utf-8", "x-acs-request-id": body["RequestId"]}
        return Answer(status, headers, content)


def in_any_style(error: CloudError, request_id: str) -> Answer:
    """The answer to a request for nobody, so that most clients find the error's code."""
    body = {"RequestId": request_id, "Code": error.code, "Message": error.message}
    headers = {"Content-Type": "application/json;charset=utf-8", "x-acs-request-id": request_id}
    return Answer(error.status, headers, json.dumps(body, ensure_ascii=False).encode())


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise CloudError(400, "InvalidParameter", "The form is not UTF-8.") from None


def _pairs(text: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text), errors="strict")
    except ValueError:
        raise CloudError(400, "InvalidParameter", "The parameters are not of the form name=value&...") from None
    parameters = dict(pairs)
    if len(parameters) < len(pairs):
        raise CloudError(400, "InvalidParameter", "A parameter is there twice.")
    return parameters
