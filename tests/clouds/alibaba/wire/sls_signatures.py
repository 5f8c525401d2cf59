# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The signatures of SLS: `LOG` with HMAC-SHA1 or HMAC-SHA256 (the host is not signed), and SLS4-HMAC-SHA256."""
from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timezone
from urllib.parse import parse_qsl, quote

from ..errors import CloudError
from ..principals import Credential, Credentials
from .freshness import is_stale, seconds
from .http import HttpRequest

_API_VERSION = "0.6.0"
_LOG = re.compile(r"LOG (?P<key>[^:\s]+):(?P<signature>[A-Za-z0-9+/]+=*)")
_LOG_METHODS = {"hmac-sha1": hashlib.sha1, "hmac-sha256": hashlib.sha256}
_LOG_LAYOUT = "%a, %d %b %Y %H:%M:%S GMT"
_SLS4_NAME = "SLS4-HMAC-SHA256"
_SLS4 = re.compile(
    _SLS4_NAME + r" Credential=(?P<key>[^/,\s]+)"
    r"/(?P<scope>(?P<day>[0-9]{8})/(?P<region>[a-z0-9-]+)/sls/aliyun_v4_request),Signature=(?P<signature>[0-9a-f]{64})"
)
_SLS4_LAYOUT = "%Y%m%dT%H%M%SZ"


def region_of(http: HttpRequest) -> str | None:
    """The region that an SLS4 signature is for."""
    match = _SLS4.fullmatch(http.headers.get("authorization", ""))
    return match["region"] if match else None


def check_signature(http: HttpRequest, region: str | None, credentials: Credentials) -> Credential:
    """Who signed a request.

    :param region: which an SLS4 signature has to be for.
    :raises CloudError: nobody, not they, or not now.
    """
    version = http.headers.get("x-log-apiversion")
    if version is None:
        raise CloudError(400, "MissingAPIVersion", "x-log-apiversion does not exist in http header.")
    if version != _API_VERSION:
        raise CloudError(400, "InvalidAPIVersion", f"x-log-apiversion {version} is unsupported.")
    authorization = http.headers.get("authorization", "")
    if match := _LOG.fullmatch(authorization):
        return _check_log(http, match, credentials)
    if match := _SLS4.fullmatch(authorization):
        return _check_sls4(http, match, region, credentials)
    raise CloudError(400, "ParameterInvalid", "Http extend authorization : authorization pair is invalid.")


def _check_log(http: HttpRequest, match: re.Match[str], credentials: Credentials) -> Credential:
    headers = http.headers
    method = headers.get("x-log-signaturemethod")
    if method is None:
        raise CloudError(400, "MissingSignatureMethod", "x-log-signaturemethod does not exist in http header.")
    if method not in _LOG_METHODS:
        raise CloudError(400, "InvalidSignatureMethod", f"signature method {method} is unsupported.")
    # Some clients send the date twice, for proxies that drop the usual header; this copy is not among what is signed.
    date = headers.get("date", headers.get("x-log-date"))
    if date is None:
        raise CloudError(400, "MissingDate", "Date does not exist in http header.")
    _check_date(date, _LOG_LAYOUT)
    credential = credentials.find(match["key"], headers.get("x-acs-security-token"))
    digest = hashlib.md5(http.body).hexdigest().upper() if http.body else ""
    text = "\n".join((
        http.method, headers.get("content-md5", ""), headers.get("content-type", ""), date,
        *(f"{name}:{value}" for name, value in _extended(headers).items() if name != "x-log-date"),
        _log_resource(http),
    ))
    expected = base64.b64encode(hmac.new(credential.secret.encode(), _bytes(text), _LOG_METHODS[method]).digest())
    if (not hmac.compare_digest(expected, match["signature"].encode()) or headers.get("content-md5", "") != digest
            or headers.get("x-log-date", date) != date):
        raise _mismatch(match["signature"])
    return credential


def _check_sls4(
    http: HttpRequest, match: re.Match[str], region: str | None, credentials: Credentials
) -> Credential:
    headers = http.headers
    for name in ("x-log-date", "x-log-content-sha256"):
        if name not in headers:
            raise CloudError(400, "ParameterInvalid", f"Http extend {name} : {name} pair is invalid.")
    date = headers["x-log-date"]
    _check_date(date, _SLS4_LAYOUT)
    credential = credentials.find(match["key"], headers.get("x-acs-security-token"))
    plain = {name: headers[name].strip(" \t") for name in ("content-type", "host") if name in headers}
    signed = {**plain, **_extended(headers)}  # in this order they are sorted
    digest = hashlib.sha256(http.body).hexdigest()
    canonical = "\n".join((
        http.method, http.path, _sls4_query(http.query), *(f"{name}:{value}" for name, value in signed.items()), "",
        ";".join(signed), digest,
    ))
    text = f"{_SLS4_NAME}\n{date}\n{match['scope']}\n{hashlib.sha256(_bytes(canonical)).hexdigest()}"
    key = f"aliyun_v4{credential.secret}".encode()
    for part in (*match["scope"].split("/"), text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    if (not hmac.compare_digest(key.hex(), match["signature"]) or headers["x-log-content-sha256"] != digest
            or match["day"] != date[:8] or region not in (None, match["region"])):
        raise _mismatch(match["signature"])
    return credential


def _extended(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers of SLS, sorted."""
    return {name: headers[name].strip(" \t") for name in sorted(headers) if name.startswith(("x-log-", "x-acs-"))}


def _log_resource(http: HttpRequest) -> str:
    if not http.query:
        return http.path
    return f"{http.path}?" + "&".join(
        f"{name}={value}" if has_value else name for name, value, has_value in _pairs(http.query)
    )


def _sls4_query(query: str) -> str:
    return "&".join(
        f"{name}={quote(value, safe='~', errors='surrogateescape')}" if value else name
        for name, value, _has_value in _pairs(query)
    )


def _pairs(query: str) -> list[tuple[str, str, bool]]:
    """Name, value, and whether there is an equals sign; sorted by name."""
    pairs = []
    for part in query.split("&") if query else ():
        for name, value in parse_qsl(part, keep_blank_values=True, errors="surrogateescape"):
            pairs.append((name, value, "=" in part))
    return sorted(pairs)


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogateescape")


def _check_date(text: str, layout: str) -> None:
    try:
        signed = seconds(text, layout)
    except ValueError:
        raise CloudError(400, "InvalidRequestTime", f"Request time {text} not follow RFC822 spec.") from None
    if is_stale(signed):
        now = datetime.now(timezone.utc).strftime(_LOG_LAYOUT)
        raise CloudError(400, "RequestTimeExpired", f"request time {text} has been expired while server time is {now}")


def _mismatch(signature: str) -> CloudError:
    return CloudError(401, "SignatureNotMatch", f"signature {signature} not match")
