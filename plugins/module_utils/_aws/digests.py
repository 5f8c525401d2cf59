# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Digest files of a trail: whether they are CloudTrail's, form a chain, and agree with the log files. Private.

Every hour CloudTrail writes a digest file, signed with a key of the region, that has the hashes of that hour's log files
and the hash and the signature of the digest before it.

Sources: U(https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html),
U(https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-custom-validation.html).
"""
from __future__ import annotations

import concurrent.futures
import datetime
import gzip
import hashlib
import json
import zlib

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import padding
except ImportError:
    pass  # ansible-core needs it; modules run with the Python that runs Ansible

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code

from .._probes import text_of
from .probe import log_folder

_ALGORITHM = "SHA256withRSA"
AT_A_TIME = 4  # trails, and log files of each
_MOST_PROBLEMS = 10  # that are told of one trail
_UNREADABLE = (EOFError, KeyError, OSError, TypeError, ValueError, zlib.error)


class Tampered(Exception):
    """Something is not as CloudTrail wrote it; the text says what and where."""


def public_keys(client, since: datetime.datetime, until: datetime.datetime) -> dict[str, bytes]:
    """Public keys in DER (PKCS #1), by fingerprint. Calls: ListPublicKeys, for each page."""
    found, options = {}, {}
    while True:
        page = client.list_public_keys(StartTime=since, EndTime=until, aws_retry=True, **options)
        found.update((key["Fingerprint"], key["Value"]) for key in page["PublicKeyList"])
        if not page.get("NextToken"):
            return found
        options = {"NextToken": page["NextToken"]}


class Chain:
    """The digest files of one trail in one region, newest first.

    :param s3: a client of the bucket's account.
    :param keys: what C(public_keys) returned for the region.
    :param trail: account_id, region, name, prefix, organization_id.
    """

    def __init__(self, s3, bucket: str, keys: dict[str, bytes], trail: dict) -> None:
        self.s3 = s3
        self.bucket = bucket
        self.keys = keys
        self.trail = trail
        self.problems: list[str] = []
        self.digests = 0
        self.log_files = 0

    def validate(self, since: datetime.datetime, until: datetime.datetime, log_files: bool) -> dict:
        """What is to be said of the digests of a time. Raises botocore's ClientError.

        Calls: ListObjectsV2 for each day, GetObject for each digest and, with C(log_files), for each log file.
        """
        found = self._list(since, until)
        expected = None
        for key in reversed(found):
            try:
                expected = self._check(key, expected, log_files)
            except Tampered as problem:
                self.problems.append(str(problem))
                expected = None  # the chain is broken here; what is older may still be sound
        if expected and expected["key"] and found and _time_in(expected["key"]) >= since:
            self.problems.append(f"digest file {expected['key']} is missing")
        return {
            "state": "invalid" if self.problems else "valid" if found else "none",
            "digests": self.digests, "log_files": self.log_files, "from": text_of(since), "to": text_of(until),
            "problems": self.problems[:_MOST_PROBLEMS],
        }

    def _list(self, since, until):
        """Keys of digest files, oldest first. Those of other trails are in the same folder."""
        trail = self.trail
        folder = log_folder(trail, "CloudTrail-Digest")
        # The organization's have another account in their names.
        middle = f"_CloudTrail-Digest_{trail['region']}_{trail['name']}_"
        found = []
        day = since.date()
        while day <= until.date():
            options = {}
            while True:
                page = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=f"{folder}{day:%Y/%m/%d}/", aws_retry=True, **options)
                found += [entry["Key"] for entry in page.get("Contents", [])]
                if not page["IsTruncated"]:
                    break
                options = {"ContinuationToken": page["NextContinuationToken"]}
            day += datetime.timedelta(days=1)
        ours = [key for key in found if middle in key.rpartition("/")[2] and _time_in(key)]
        return sorted((key for key in ours if since <= _time_in(key) <= until), key=_time_in)

    def _check(self, key, expected, log_files):
        """Check a digest file; returns what it says of the one before it."""
        digest, body, signature = self._read(key)
        self.digests += 1
        if expected and expected["key"] != key:
            self.problems.append(f"digest file {expected['key']} is missing")
        elif expected and expected["hash"] != hashlib.sha256(body).hexdigest():
            raise Tampered(f"digest file {key} was changed: its hash is not the one that the next digest file has")
        self._check_signature(key, digest, body, signature)
        if log_files:
            with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
                self.problems += filter(None, pool.map(self._log_file_problem, digest["logFiles"]))
            self.log_files += len(digest["logFiles"])
        if not digest.get("previousDigestS3Object") or digest["previousDigestS3Bucket"] != self.bucket:
            return None  # the first of its trail, or the first since it delivers here
        return {"key": digest["previousDigestS3Object"], "hash": digest["previousDigestHashValue"]}

    def _read(self, key):
        answer = self.s3.get_object(Bucket=self.bucket, Key=key, aws_retry=True)
        try:
            body = gzip.decompress(answer["Body"].read())
            digest = json.loads(body)
            same_place = (digest["digestS3Bucket"], digest["digestS3Object"]) == (self.bucket, key)
        except _UNREADABLE:
            raise Tampered(f"digest file {key} can't be read: it is not as CloudTrail writes it") from None
        if not same_place:
            raise Tampered(f"digest file {key} was moved: it says that it is {digest['digestS3Object']}")
        return digest, body, answer["Metadata"].get("signature")

    def _check_signature(self, key, digest, body, signature):
        public = self.keys.get(digest["digestPublicKeyFingerprint"])
        if public is None:
            raise Tampered(f"digest file {key} is signed with a key that CloudTrail does not have")
        previous = digest.get("previousDigestSignature") or "null"
        text = f"{digest['digestEndTime']}\n{self.bucket}/{key}\n{hashlib.sha256(body).hexdigest()}\n{previous}"
        try:
            if digest["digestSignatureAlgorithm"] != _ALGORITHM:
                raise ValueError
            loaded = serialization.load_der_public_key(public)
            loaded.verify(bytes.fromhex(signature or ""), text.encode(), padding.PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, ValueError):
            raise Tampered(f"digest file {key} was changed: its signature does not fit") from None

    def _log_file_problem(self, entry):
        key = entry["s3Object"]
        try:
            body = self.s3.get_object(Bucket=entry["s3Bucket"], Key=key, aws_retry=True)["Body"].read()
            if hashlib.sha256(gzip.decompress(body)).hexdigest() == entry["hashValue"]:
                return None
        except is_boto3_error_code("NoSuchKey"):
            return f"log file {key} is missing"
        except _UNREADABLE:
            pass
        return f"log file {key} was changed: its hash is not the one that its digest file has"


def _time_in(key):
    """The time in the name of a digest file; None if it has none."""
    try:
        text = key.rpartition("_")[2].removesuffix(".json.gz")
        return datetime.datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
    except ValueError:
        return None
