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
import re

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import padding
except ImportError:
    pass  # ansible-core needs it; modules run with the Python that runs Ansible

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code

from .._probes import moment
from .._probes import text_of
from .errors import AWS_ERRORS
from .probe import UNREADABLE
from .probe import log_folder

_ALGORITHM = "SHA256withRSA"
LONGEST = 8760  # hours, a year
AT_A_TIME = 4  # chains, and log files of each
_MOST_PROBLEMS = 10  # that are reported for one trail
# assumption aws-expired-session-codes
NO_SESSION = ["ExpiredToken", "ExpiredTokenException", "InvalidAccessKeyId", "InvalidToken", "RequestExpired"]
_KIND = "CloudTrail-Digest"
_REGION = re.compile(r"[a-z]{2}(-[a-z0-9]+)+")


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
    """The digest files of one trail about one region, of a time.

    A file that can't be read is a problem of its trail, whatever the reason: if nothing can be, listing fails too.

    :param s3: a client of the bucket's account.
    :param trail: account_id, region (its home), name, prefix, organization_id.
    :param region: whose log files they are about.
    :ivar found: keys of the digest files, oldest first, after C(look).
    :ivar last: end of the hour of the newest digest file, also of one before that time on its first day; None if there is none.
    :ivar began: beginning of the oldest digest file, if it names none before it in its folder; None if it names one. After C(validate).
    """

    def __init__(self, s3, bucket: str, trail: dict, region: str) -> None:
        self.s3 = s3
        self.bucket = bucket
        self.trail = trail
        self.region = region
        # The name of another trail may begin with this one's. An organization's has another account's id in its names.
        self.name = re.compile(
            rf"[0-9]{{12}}_CloudTrail-Digest_{region}_{re.escape(trail['name'])}_{re.escape(trail['region'])}"
            r"_([0-9]{8}T[0-9]{6}Z)\.json\.gz"
        )
        self.folder = log_folder({**trail, "region": region}, _KIND)
        self.keys: dict[str, bytes] = {}
        self.found: list[str] = []
        self.last: datetime.datetime | None = None
        self.began: datetime.datetime | None = None
        self.since: datetime.datetime | None = None
        self._times: dict[str, datetime.datetime] = {}
        self._named: dict[str, tuple[str, datetime.datetime]] = {}
        self.problems: list[str] = []
        self.digests = 0
        self.log_files = 0

    def look(self, since: datetime.datetime, until: datetime.datetime) -> Chain:
        """See what there is of a time; those of other trails are in the same folder. Returns itself.

        Calls: ListObjectsV2 for each day. Raises botocore's ClientError.
        """
        self.since = since
        found = []
        day = since.date()
        while day <= until.date():
            options = {}
            while True:
                page = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=f"{self.folder}{day:%Y/%m/%d}/", aws_retry=True, **options)
                found += [entry["Key"] for entry in page.get("Contents", [])]
                if not page["IsTruncated"]:
                    break
                options = {"ContinuationToken": page["NextContinuationToken"]}
            day += datetime.timedelta(days=1)
        times = {key: when for key in found if (when := self._time_in(key))}
        self.last = max((when for when in times.values() if when <= until), default=None)
        self._times = {key: when for key, when in times.items() if since <= when <= until}
        self.found = sorted(self._times, key=self._times.get)
        return self

    def validate(self, keys: dict[str, bytes], log_files: bool) -> None:
        """See whether they are as CloudTrail wrote them, and whether one is missing.

        Calls: GetObject for each digest and, with C(log_files), for each log file.

        :param keys: what C(public_keys) returned for the region.
        """
        self.keys = keys
        for key in reversed(self.found):
            try:
                self._check(key, log_files)
            except Tampered as problem:
                self.problems.append(str(problem))
            except is_boto3_error_code(NO_SESSION):  # says nothing of the file
                raise
            except AWS_ERRORS as error:  # first, because one of a network is an OSError as well
                self.problems.append(f"digest file {key} can't be read: {error}")
            except UNREADABLE:
                self.problems.append(f"digest file {key} can't be read: it is not as CloudTrail writes it")
        for key, (_hash, start) in self._named.items():
            when = self._time_in(key)
            if key not in self._times and when and when >= self.since:
                since = self._end_before(when) or self.since
                self.problems.append(f"digest file {key} is missing: {self._uncovered(since, start)}")

    def _check(self, key, log_files):
        """Check a digest file, and note which one it names as the one before it."""
        digest, body, signature = self._read(key)
        self.digests += 1
        named = self._named.get(key)
        if named and named[0] != hashlib.sha256(body).hexdigest():
            raise Tampered(f"digest file {key} was changed: its hash is not the one that the next digest file has")
        self._check_signature(key, digest, body, signature)
        self._note_before(key, digest)
        if log_files:
            with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
                self.problems += filter(None, pool.map(self._log_file_problem, digest["logFiles"]))
            self.log_files += len(digest["logFiles"])

    def _note_before(self, key, digest):
        before, start = digest.get("previousDigestS3Object"), moment(digest["digestStartTime"])
        # A trail whose bucket or prefix has changed delivered elsewhere before.
        if before and digest["previousDigestS3Bucket"] == self.bucket and before.startswith(self.folder):
            self._named[before] = (digest["previousDigestHashValue"], start)
            return
        end = self._end_before(self._times[key])
        if end is None:
            self.began = start
        elif end < start:
            self.problems.append(
                f"digest file {key} begins a new chain: {self._uncovered(end, start)}. The trail did not validate its log files,"
                " or delivered elsewhere, or digest files were deleted"
            )

    def _end_before(self, when):
        """End of the newest digest file before a time; None if there is none."""
        return max((end for end in self._times.values() if end < when), default=None)

    def _uncovered(self, since, until):
        return f"no digest file of {self.region} covers {text_of(since)} to {text_of(until)}"

    def _read(self, key):
        answer = self.s3.get_object(Bucket=self.bucket, Key=key, aws_retry=True)
        body = gzip.decompress(answer["Body"].read())
        digest = json.loads(body)
        if (digest["digestS3Bucket"], digest["digestS3Object"]) != (self.bucket, key):
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
        except is_boto3_error_code(NO_SESSION):
            raise
        except AWS_ERRORS as error:
            return f"log file {key} can't be read: {error}"
        except UNREADABLE:
            pass
        return f"log file {key} was changed: its hash is not the one that its digest file has"

    def _time_in(self, key):
        """The time in the name of a digest file; None if it is none of this trail."""
        name = self.name.fullmatch(key.rpartition("/")[2])
        try:
            return name and datetime.datetime.strptime(name[1] + "+0000", "%Y%m%dT%H%M%SZ%z")
        except ValueError:
            return None


def chains(s3, bucket: str, trail: dict, since: datetime.datetime, until: datetime.datetime) -> list[Chain]:
    """The chains of a trail that have digest files of a time, or of its first day, each of a region.

    A trail of all regions delivers the digest files of a region into a folder of that region, with its home region in
    their names, signed with the key of the region that they are about
    (U(https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListPublicKeys.html)).

    Calls: ListObjectsV2, and for each region and day; there are fewer regions than a page has entries.
    """
    folder = log_folder({**trail, "region": None}, _KIND)
    page = s3.list_objects_v2(Bucket=bucket, Prefix=folder, Delimiter="/", aws_retry=True)
    regions = [entry["Prefix"][len(folder):-1] for entry in page.get("CommonPrefixes", [])]
    found = [Chain(s3, bucket, trail, region).look(since, until) for region in regions if _REGION.fullmatch(region)]
    return [chain for chain in found if chain.last]


def result(found: list[Chain], since: datetime.datetime, until: datetime.datetime) -> dict:
    """What is to be said of all chains of a trail."""
    problems = [problem for chain in found for problem in chain.problems]
    digests = sum(chain.digests for chain in found)
    return {
        "state": "invalid" if problems else "valid" if digests else "none", "digests": digests,
        "log_files": sum(chain.log_files for chain in found), "from": text_of(since), "to": text_of(until),
        "problems": problems[:_MOST_PROBLEMS],
        "regions": [
            {"region": chain.region, "last": text_of(chain.last), "began": chain.began and text_of(chain.began)} for chain in found
        ],
    }
