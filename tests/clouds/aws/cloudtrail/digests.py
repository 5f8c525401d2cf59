# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Digest files: what log files were delivered in an hour, signed, each naming the one before.

Sources: "CloudTrail digest file structure" and "Custom implementations of CloudTrail log file integrity validation" (User
Guide).
"""
from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from ...clock import iso
from .signing import ALGORITHM, signing_key
from .target import Target

HOUR = 3600  # seconds
_HASH = "SHA-256"
_NONE_BEFORE = dict.fromkeys((
    "previousDigestS3Bucket", "previousDigestS3Object", "previousDigestHashValue", "previousDigestHashAlgorithm",
    "previousDigestSignature",
))


@dataclass(frozen=True)
class Digest:
    """A digest file.

    :param path: key of its object.
    :param content: not packed.
    """

    bucket: str
    path: str
    content: bytes
    signature: str

    @property
    def metadata(self) -> dict[str, str]:
        """Headers of its object."""
        return {"x-amz-meta-signature": self.signature, "x-amz-meta-signature-algorithm": ALGORITHM}


@dataclass
class Chain:
    """The digests of an account in a region, one an hour, and the log files of the hour that is not over.

    :param start: of this hour, in whole seconds since 1970.
    :param ends: there is no other digest after this hour's.
    """

    account: str
    region: str
    start: int
    ends: bool = False
    _files: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    _previous: dict[str, Any] = field(default_factory=lambda: dict(_NONE_BEFORE))

    @property
    def end(self) -> int:
        return self.start + HOUR

    def add(self, bucket: str, path: str, content: bytes, oldest: float, newest: float, moment: float) -> None:
        """Note a log file that was delivered.

        :param oldest: time of an event in it, in seconds since 1970, as ``newest``.
        :param moment: when it was delivered.
        """
        self._files.append((moment, {
            "s3Bucket": bucket, "s3Object": path, "hashValue": _hash(content), "hashAlgorithm": _HASH,
            "newestEventTime": iso(newest), "oldestEventTime": iso(oldest),
        }))

    def digest(self, target: Target) -> Digest:
        """The digest of this hour."""
        files = [entry for moment, entry in self._files if moment <= self.end]
        end = datetime.fromtimestamp(self.end, timezone.utc)
        folder = target.folder(self.account, "CloudTrail-Digest", self.region)
        path = (f"{folder}/{end:%Y/%m/%d}/{self.account}_CloudTrail-Digest_{self.region}_{target.name}_{target.region}_"
                f"{end:%Y%m%dT%H%M%SZ}.json.gz")
        key = signing_key(self.region, self.end)
        content = json.dumps({
            "awsAccountId": self.account,
            "digestStartTime": iso(self.start),
            "digestEndTime": iso(self.end),
            "digestS3Bucket": target.bucket,
            "digestS3Object": path,
            "digestPublicKeyFingerprint": key.fingerprint,
            "digestSignatureAlgorithm": ALGORITHM,
            "newestEventTime": max((entry["newestEventTime"] for entry in files), default=None),
            "oldestEventTime": min((entry["oldestEventTime"] for entry in files), default=None),
            **self._previous,
            "logFiles": files,
        }, separators=(",", ":")).encode()
        # What Java writes for a signature that is not there.
        before = self._previous["previousDigestSignature"] or "null"
        signed = f"{iso(self.end)}\n{target.bucket}/{path}\n{_hash(content)}\n{before}"
        return Digest(target.bucket, path, content, key.sign(signed))

    def go_on(self, delivered: Digest) -> None:
        """Begin the next hour, after this one's digest was delivered."""
        self._files = [(moment, entry) for moment, entry in self._files if moment > self.end]
        self._previous = {
            "previousDigestS3Bucket": delivered.bucket,
            "previousDigestS3Object": delivered.path,
            "previousDigestHashValue": _hash(delivered.content),
            "previousDigestHashAlgorithm": _HASH,
            "previousDigestSignature": delivered.signature,
        }
        self.start = self.end


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
