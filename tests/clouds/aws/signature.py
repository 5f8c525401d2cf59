# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signature Version 4, checked on the server's side.

Rules: "Create a signed AWS API request" in the IAM User Guide, and "Authenticating Requests: Using the Authorization
Header" in the S3 API Reference. Header authentication only; a presigned URL is refused.
"""
from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from urllib.parse import quote, unquote

from botocore.utils import normalize_url_path

from .errors import AwsError

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/,\s]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request,"
    r"\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$"
)
_CLOCK_SKEW = timedelta(minutes=15)


@dataclass(frozen=True)
class Authorization:
    """What the Authorization header says."""

    access_key_id: str
    day: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str

    @property
    def scope(self) -> str:
        return f"{self.day}/{self.region}/{self.service}/aws4_request"


def parse(header: str | None) -> Authorization:
    """Take the Authorization header apart.

    :raises AwsError: MissingAuthenticationToken, IncompleteSignature
    """
    if not header:
        raise AwsError("MissingAuthenticationToken", "Request is missing Authentication Token", 403)
    match = _AUTHORIZATION.match(header)
    if not match:
        raise AwsError("IncompleteSignature", "Authorization header is not a complete Signature Version 4.", 400)
    key, day, region, service, headers, signature = match.groups()
    return Authorization(key, day, region, service, tuple(headers.split(";")), signature)


def check(
    authorization: Authorization, secret: str, method: str, raw_uri: str, headers: Mapping[str, str], body: bytes
) -> None:
    """Compute the signature and compare.

    :param raw_uri: path and query as they arrived, still percent-encoded.
    :param headers: lower-case name to value.
    :raises AwsError: SignatureDoesNotMatch, RequestTimeTooSkewed (S3), XAmzContentSHA256Mismatch (S3)
    """
    timestamp = headers.get("x-amz-date", "")
    _check_time(authorization, timestamp)
    payload_hash = _payload_hash(authorization, headers, body)
    path, _mark, query = raw_uri.partition("?")
    if authorization.service != "s3":
        # Every service but S3 signs the normalised path, encoded once more than it is sent.
        path = quote(normalize_url_path(path), safe="/~")
    canonical_request = "\n".join((
        method,
        path,
        _canonical_query(query),
        *(f"{name}:{' '.join(headers.get(name, '').split())}" for name in authorization.signed_headers),
        "",
        ";".join(authorization.signed_headers),
        payload_hash,
    ))
    to_sign = "\n".join((
        "AWS4-HMAC-SHA256", timestamp, authorization.scope, hashlib.sha256(canonical_request.encode()).hexdigest(),
    ))
    key = f"AWS4{secret}".encode()
    for part in (authorization.day, authorization.region, authorization.service, "aws4_request", to_sign):
        key = hmac.digest(key, part.encode(), "sha256")
    if not {"host", "x-amz-date"} <= set(authorization.signed_headers) or not hmac.compare_digest(
        key.hex(), authorization.signature
    ):
        raise AwsError(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
            "Access Key and signing method. Consult the service documentation for details.",
            403,
        )


def _check_time(authorization: Authorization, timestamp: str) -> None:
    """A signature holds for 15 minutes around the server's clock."""
    try:
        moment = datetime.strptime(timestamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        raise AwsError("IncompleteSignature", "Date must be in ISO-8601 'basic format'.", 400) from None
    if authorization.day != timestamp[:8]:
        raise AwsError("SignatureDoesNotMatch", "Date in Credential scope does not match YYYYMMDD from ISO-8601 "
                       "version of date from HTTP.", 403)
    if abs(datetime.now(timezone.utc) - moment) > _CLOCK_SKEW:
        if authorization.service == "s3":
            raise AwsError("RequestTimeTooSkewed", "The difference between the request time and the current time is "
                           "too large.", 403)
        raise AwsError("SignatureDoesNotMatch", f"Signature expired: {timestamp} is too far from now.", 403)


def _payload_hash(authorization: Authorization, headers: Mapping[str, str], body: bytes) -> str:
    """The hash that goes into the signature: S3 takes it as sent, and checks it if it is one."""
    sent = headers.get("x-amz-content-sha256")
    if authorization.service == "s3" and sent and not re.fullmatch("[0-9a-f]{64}", sent):
        return sent  # UNSIGNED-PAYLOAD or STREAMING-...
    actual = hashlib.sha256(body).hexdigest()
    if authorization.service == "s3" and sent != actual:
        raise AwsError("XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what "
                       "was computed.", 400)
    return actual


def _canonical_query(query: str) -> str:
    pairs = (part.partition("=") for part in query.split("&") if part)
    encoded = sorted((_encode(name), _encode(value)) for name, _equals, value in pairs)
    return "&".join(f"{name}={value}" for name, value in encoded)


def _encode(text: str) -> str:
    return quote(unquote(text), safe="-_.~")
