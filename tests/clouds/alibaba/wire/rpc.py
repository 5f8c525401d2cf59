# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The RPC style: parameters in query and form, signed in headers (ACS3-HMAC-SHA256) or in the query (HMAC-SHA1).

Sources: the help pages "V3 request body & signature mechanism" and "V2 request body & signature mechanism" of the
OpenAPI gateway, and the SDKs.
"""
from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote

from ..errors import CloudError
from ..operations import RPC, Operation
from ..parameters import nest
from ..principals import Credential, Credentials
from .freshness import Nonces, is_stale, seconds
from .http import Answer, HttpRequest

_ALGORITHM = "ACS3-HMAC-SHA256"
_AUTHORIZATION = re.compile(
    _ALGORITHM + r" Credential=(?P<key>[^,]+),SignedHeaders=(?P<headers>[^,]+),Signature=(?P<signature>[0-9a-f]{64})"
)
_LAYOUT = "%Y-%m-%dT%H:%M:%SZ"
# What the query of a request that is signed there has beside the parameters of the operation.
_COMMON = frozenset({
    "AccessKeyId", "Action", "Format", "RegionId", "SecurityToken", "Signature", "SignatureMethod", "SignatureNonce",
    "SignatureType", "SignatureVersion", "Timestamp", "Version",
})


class RpcStyle:
    """Reads requests of the RPC style, and writes their answers.

    :param versions: of the APIs that the host serves; None for all.
    :param region: which the host names.
    :param path: of the host's endpoint, without the last slash.
    :raises CloudError: query or form can't be read.
    """

    project = None

    def __init__(
        self, http: HttpRequest, versions: frozenset[str] | None, region: str | None = None, path: str = ""
    ) -> None:
        self.http = http
        self._path = path
        self._region = region
        self._versions = versions
        self.query = _pairs(http.query)
        self.form: dict[str, str] = {}
        if http.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            self.form = _pairs(_text(http.body))
        elif http.body:
            raise CloudError(400, "UnsupportedContentType", "The body of this style is a form.")
        both = self.query.keys() & self.form.keys()
        if both:
            raise CloudError(400, "InvalidParameter", f"The parameter {min(both)} is both in the query and in the form.")
        self.in_headers = "authorization" in http.headers

    @staticmethod
    def new_id() -> str:
        """An id for a request."""
        return str(uuid.uuid4()).upper()

    @property
    def region(self) -> str | None:
        """Which the host names, or else the client."""
        return self._region or self._all.get("RegionId")

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
        common = ({"RegionId"} if self.in_headers else _COMMON) - operation.parameters.keys()
        return operation, nest({name: value for name, value in self._all.items() if name not in common})

    def answer(self, result: Mapping[str, Any] | None, request_id: str) -> Answer:
        """The answer to a call that went well."""
        return self._write(200, {"RequestId": request_id, **(result or {})}, request_id)

    def refuse(self, error: CloudError, request_id: str) -> Answer:
        """The answer to one that did not."""
        body = {
            "RequestId": request_id, "HostId": self.http.host, "Code": error.code, "Message": error.message,
            "Recommend": f"https://api.aliyun.com/troubleshoot?q={error.code}&product=&requestId={request_id}",
        }
        if error.access_denied:
            body["AccessDeniedDetail"] = dict(error.access_denied)
        return self._write(error.status, body, request_id)

    @staticmethod
    def _write(status: int, body: Mapping[str, Any], request_id: str) -> Answer:
        headers = {"Content-Type": "application/json;charset=utf-8", "x-acs-request-id": request_id}
        return Answer(status, headers, json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())

    def identify(self, credentials: Credentials, nonces: Nonces) -> Credential:
        """Who signed it.

        :raises CloudError: nobody, not they, not now, or not for the first time.
        """
        if self.in_headers:
            return self._check_headers(credentials, nonces)
        return self._check_query(credentials, nonces)

    @property
    def _all(self) -> dict[str, str]:
        return self.query | self.form

    def _said(self, header: str, parameter: str) -> str:
        said = self.http.headers.get(header) if self.in_headers else self._all.get(parameter)
        if not said:
            raise CloudError(400, f"Missing{parameter}", f"{parameter} is mandatory for this action.")
        return said

    def _check_headers(self, credentials: Credentials, nonces: Nonces) -> Credential:
        http = self.http
        match = _AUTHORIZATION.fullmatch(http.headers["authorization"])
        if not match:
            raise CloudError(400, "IncompleteSignature",
                             f"The Authorization header is not of the form of {_ALGORITHM}.")
        names = match["headers"].split(";")
        for name in ("host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce",
                     "x-acs-version"):
            if name not in http.headers:
                raise CloudError(400, "MissingParameter", f"The header {name} is mandatory for this action.")
        must = {name for name in http.headers if name.startswith("x-acs-") or name in ("host", "content-type")}
        if names != sorted(set(names)) or not must <= set(names) <= http.headers.keys():
            raise CloudError(400, "IncompleteSignature", "SignedHeaders lacks a header that has to be signed, or names "
                                                         "one that was not sent, or is not sorted.")
        _check_date(http.headers["x-acs-date"])
        credential = credentials.find(match["key"], http.headers.get("x-acs-security-token"))
        digest = hashlib.sha256(http.body).hexdigest()
        if not hmac.compare_digest(http.headers["x-acs-content-sha256"], digest):
            raise CloudError(400, "SignatureDoesNotMatch", "x-acs-content-sha256 is not the hash of the body.")
        canonical = "\n".join((
            http.method, http.path, _canonical(self.query),
            *(f"{name}:{http.headers[name].strip()}" for name in names), "", ";".join(names), digest,
        ))
        text = f"{_ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        expected = hmac.new(credential.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, match["signature"]):
            raise _mismatch(canonical)
        nonces.use(credential.access_key_id, http.headers["x-acs-signature-nonce"])
        return credential

    def _check_query(self, credentials: Credentials, nonces: Nonces) -> Credential:
        said = self._all
        for name in ("AccessKeyId", "Signature", "SignatureMethod", "SignatureNonce", "SignatureVersion", "Timestamp"):
            if not said.get(name):
                raise CloudError(400, f"Missing{name}", f"{name} is mandatory for this action.")
        if said["SignatureMethod"] != "HMAC-SHA1" or said["SignatureVersion"] != "1.0":
            raise CloudError(400, "InvalidParameter", "SignatureMethod is HMAC-SHA1, and SignatureVersion 1.0.")
        if self.http.path.removesuffix("/") != self._path:
            raise CloudError(404, "InvalidAction.NotFound", f"The path of this style is {self._path}/.")
        _check_date(said["Timestamp"])
        credential = credentials.find(said["AccessKeyId"], said.get("SecurityToken"))
        signed = {name: value for name, value in said.items() if name != "Signature"}
        text = f"{self.http.method}&%2F&{quote(_canonical(signed), safe='~')}"
        expected = base64.b64encode(hmac.new(f"{credential.secret}&".encode(), text.encode(), hashlib.sha1).digest())
        if not hmac.compare_digest(expected, said["Signature"].encode()):
            raise _mismatch(text)
        nonces.use(credential.access_key_id, said["SignatureNonce"])
        return credential


def _check_date(text: str) -> None:
    try:
        signed = seconds(text, _LAYOUT)
    except ValueError:
        raise CloudError(400, "InvalidTimeStamp.Format",
                         "Specified time stamp or date value is not well formatted.") from None
    if is_stale(signed):
        raise CloudError(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")


def _mismatch(text: str) -> CloudError:
    return CloudError(400, "SignatureDoesNotMatch",
                      f"Specified signature is not matched with our calculation. server string to sign is:{text}")


def _canonical(parameters: Mapping[str, str]) -> str:
    return "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(parameters.items()))


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
