# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who signed a request of the RPC style: in headers (ACS3-HMAC-SHA256), or in the query (HMAC-SHA1).

Sources: the help pages "V3 request body & signature mechanism" and "V2 request body & signature mechanism" of the
OpenAPI gateway with its list of "client error codes", and the SDKs. Other codes: assumption alibaba-signature-error-codes.
"""
from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from urllib.parse import quote

from ..errors import CloudError
from ..principals import Credential, Credentials
from .freshness import Nonces, is_stale, seconds
from .http import HttpRequest

_BLANKS = " \t"  # around the value of a header; nothing else is left out of the signature
_ALGORITHM = "ACS3-HMAC-SHA256"
_AUTHORIZATION = re.compile(
    _ALGORITHM + r" Credential=(?P<key>[^,]+),SignedHeaders=(?P<headers>[^,]+),Signature=(?P<signature>[0-9a-f]{64})"
)
# The headers that each request has, with the names under which the gateway misses them.
_HEADERS = {
    "host": "Host", "x-acs-action": "Action", "x-acs-version": "Version", "x-acs-date": "Date",
    "x-acs-signature-nonce": "SignatureNonce", "x-acs-content-sha256": "ContentSha256",
}
_PARAMETERS = ("AccessKeyId", "Signature", "SignatureMethod", "SignatureNonce", "SignatureVersion", "Timestamp")
# Each of these has one value only: other signature methods are not covered.
_METHOD = {"SignatureMethod": "HMAC-SHA1", "SignatureVersion": "1.0", "SignatureType": ""}
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


def signed_in_headers(
    http: HttpRequest, query: Mapping[str, str], credentials: Credentials, nonces: Nonces
) -> Credential:
    """The credential of a request with an Authorization header.

    :raises CloudError: it was signed by nobody, not by its credential, not now, or not for the first time.
    """
    match = _AUTHORIZATION.fullmatch(http.headers["authorization"])
    if not match:
        raise _incomplete(f"the Authorization header is not of the form of {_ALGORITHM}")
    _check_given(_HEADERS, http.headers)
    names = match["headers"].split(";")
    # A header that is not signed could be anybody's.
    must = {name for name in http.headers if name.startswith("x-acs-") or name in ("host", "content-type")}
    if names != sorted(set(names)) or not must <= set(names) <= http.headers.keys():
        raise _incomplete("SignedHeaders lacks a header that has to be signed, or names one that was not sent, or is "
                          "not sorted")
    _check_date(http.headers["x-acs-date"])
    credential = credentials.find(match["key"], http.headers.get("x-acs-security-token"))
    digest = hashlib.sha256(http.body).hexdigest()
    canonical = "\n".join((
        http.method, http.path, _canonical(query), *(f"{name}:{http.headers[name].strip(_BLANKS)}" for name in names), "",
        ";".join(names), digest,
    ))
    text = f"{_ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    expected = hmac.new(credential.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    if not _equal(digest, http.headers["x-acs-content-sha256"]) or not _equal(expected, match["signature"]):
        raise _mismatch(canonical)
    nonces.use(credential.access_key_id, http.headers["x-acs-signature-nonce"])
    return credential


def signed_in_query(
    http: HttpRequest, parameters: Mapping[str, str], credentials: Credentials, nonces: Nonces
) -> Credential:
    """The credential of a request with a parameter Signature.

    :param parameters: those of the query and those of the form.
    :raises CloudError: it was signed by nobody, not by its credential, not now, or not for the first time.
    """
    _check_given({name: name for name in _PARAMETERS}, parameters)
    for name, value in _METHOD.items():
        if parameters.get(name, value) != value:
            raise CloudError(400, f"Invalid{name}", f"Specified parameter {name} is not valid.")
    _check_date(parameters["Timestamp"])
    credential = credentials.find(parameters["AccessKeyId"], parameters.get("SecurityToken"))
    signed = {name: value for name, value in parameters.items() if name != "Signature"}
    text = f"{http.method}&%2F&{quote(_canonical(signed), safe='~')}"
    expected = hmac.new(f"{credential.secret}&".encode(), text.encode(), hashlib.sha1).digest()
    if not _equal(base64.b64encode(expected).decode(), parameters["Signature"]):
        raise _mismatch(text)
    nonces.use(credential.access_key_id, parameters["SignatureNonce"])
    return credential


def _check_given(names: Mapping[str, str], given: Mapping[str, str]) -> None:
    for name, called in names.items():
        if not given.get(name):
            raise CloudError(400, f"Missing{called}", f"{called} is mandatory for this action.")


def _check_date(text: str) -> None:
    try:
        if not _DATE.fullmatch(text):
            raise ValueError(text)
        signed = seconds(text, "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        raise CloudError(400, "InvalidTimeStamp.Format",
                         "Specified time stamp or date value is not well formatted.") from None
    if is_stale(signed):
        raise CloudError(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")


def _canonical(parameters: Mapping[str, str]) -> str:
    return "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(parameters.items()))


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _incomplete(why: str) -> CloudError:
    return CloudError(400, "IncompleteSignature", f"The request signature does not conform to Aliyun standards: {why}.")


def _mismatch(text: str) -> CloudError:
    return CloudError(400, "SignatureDoesNotMatch",
                      f"Specified signature is not matched with our calculation. server string to sign is:{text}")
