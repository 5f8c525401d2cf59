# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The key pairs that digest files are signed with: one per region, and a new one each year."""
from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ..errors import AwsError
from ..mends import instead
from ..request import ApiRequest

ALGORITHM = "SHA256withRSA"
_VALID = 365 * 24 * 3600  # seconds; assumption aws-cloudtrail-digest-keys


@dataclass(frozen=True)
class SigningKey:
    """A key pair.

    :param start: seconds since 1970, as ``end``: when it is in use.
    :param public: DER of the public key, as PKCS #1.
    """

    start: float
    end: float
    private: rsa.RSAPrivateKey
    public: bytes

    @property
    def fingerprint(self) -> str:
        """As digests and ListPublicKeys name the key."""
        return hashlib.md5(self.public, usedforsecurity=False).hexdigest()

    def sign(self, text: str) -> str:
        """The signature of a text, as hexadecimal digits: "How CloudTrail digest files are signed" (User Guide)."""
        return self.private.sign(text.encode(), padding.PKCS1v15(), SHA256()).hex()


def signing_key(region: str, moment: float) -> SigningKey:
    """The key of a region at a time, in seconds since 1970; created when it is first asked for."""
    return _key(region, int(moment // _VALID))


@cache
def _key(region: str, year: int) -> SigningKey:
    private = rsa.generate_private_key(65537, 2048)
    public = private.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
    return SigningKey(year * _VALID, (year + 1) * _VALID, private, public)


@instead("cloudtrail", "ListPublicKeys")
def list_public_keys(request: ApiRequest) -> dict[str, Any]:
    """moto does not have it.

    API_ListPublicKeys: the public keys of this region whose private keys signed digests between two times; without a
    time, it is now. InvalidTimeRangeException, if the start is after the end; InvalidTokenException.

    See assumption aws-cloudtrail-digest-chains.
    """
    now = request.recorder.clock.now()
    start, end = (
        given.timestamp() if (given := request.parameters.get(name)) else now for name in ("StartTime", "EndTime")
    )
    if start > end:
        raise AwsError("InvalidTimeRangeException", "The start time occurs after the end time.")
    if request.parameters.get("NextToken"):
        raise AwsError("InvalidTokenException", "The token is not valid.")
    return {"PublicKeyList": [{
        "Value": key.public,
        "ValidityStartTime": datetime.fromtimestamp(key.start, timezone.utc),
        "ValidityEndTime": datetime.fromtimestamp(key.end, timezone.utc),
        "Fingerprint": key.fingerprint,
    } for key in _keys_between(request.region, start, end, now)]}


def _keys_between(region: str, start: float, end: float, now: float) -> Iterator[SigningKey]:
    # This cloud is younger than a year, and knows no key of the future.
    moment, end = max(start, now - _VALID), min(end, now)
    while moment <= end:
        key = signing_key(region, moment)
        yield key
        moment = key.end
