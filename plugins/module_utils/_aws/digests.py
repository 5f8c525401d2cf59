# SPDX-License-Identifier: GPL-3.0-or-later
"""Digest files of a trail: whether they are CloudTrail's, form a chain, and agree with the log files. Private.

Every hour CloudTrail writes a digest file, signed with a key of the region, that has the hashes of that hour's log files
and the hash and the signature of the digest before it.

Sources: U(https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html),
U(https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-custom-validation.html).
"""
from __future__ import annotations

import datetime
import functools
import hashlib
import itertools
import json
import re
import threading
from collections.abc import Callable

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
from .._progress import Progress
from . import objects
from .errors import AWS_ERRORS
from .errors import NO_SESSION
from .errors import code_of
from .probe import UNREADABLE
from .probe import log_folder

_ALGORITHM = "SHA256withRSA"
LONGEST = 8760  # hours, a year
_MOST_PROBLEMS = 10  # that are reported for one trail
_MOST = 32 << 20  # bytes in a digest file; one names a log file in some 500 bytes
_MOST_KEYS = 10_000  # of a day in the folder of a region; a trail has 24
_SMALL = 128 << 10  # bytes in a digest file that each thread may have in memory, as JSON some 20 times as much
_LARGE = threading.Semaphore(2)  # taken for each larger one
_DAY = datetime.timedelta(days=1)
_KIND = "CloudTrail-Digest"
_UNREADABLE_FOR_GOOD = ("InvalidObjectState", "NoSuchKey")  # archived, or deleted since it was listed
_REGION = re.compile(r"[a-z]{2}(-[a-z0-9]+)+")


def public_keys(client, since: datetime.datetime, until: datetime.datetime) -> dict[str, bytes]:
    """Public keys in DER (PKCS #1), by fingerprint. Calls: ListPublicKeys, for each page."""
    found, options = {}, {}
    while True:
        page = client.list_public_keys(StartTime=since, EndTime=until, aws_retry=True, **options)
        found.update((key["Fingerprint"], key["Value"]) for key in page["PublicKeyList"])
        if not page.get("NextToken"):
            return found
        options = {"NextToken": page["NextToken"]}


class Digest:
    """What a digest file says.

    :param key: of its object.
    :param body: what is in it, which is JSON.
    :param signature: that stands beside it; None if none does.
    :ivar start, end: of its hour.
    :ivar log_files: bucket, key and SHA-256 of each; none after C(check) if CloudTrail did not write it.
    :ivar problem: after C(check), why it is not as CloudTrail wrote it; None if it is.
    """

    def __init__(self, key: str, body: bytes, signature: str | None) -> None:
        content = json.loads(body)
        self.key = key
        self.hash = hashlib.sha256(body).hexdigest()
        self.destination = content["digestS3Bucket"], content["digestS3Object"]
        self.start, self.end = moment(content["digestStartTime"]), moment(content["digestEndTime"])
        self.previous = content.get("previousDigestS3Object")
        self.previous_bucket, self.previous_hash = content.get("previousDigestS3Bucket"), content.get("previousDigestHashValue")
        self.log_files = [(entry["s3Bucket"], entry["s3Object"], entry["hashValue"]) for entry in content["logFiles"]]
        self._previous_signature = content.get("previousDigestSignature") or "null"
        self._signature, self._algorithm = signature or "", content["digestSignatureAlgorithm"]
        self._fingerprint = content["digestPublicKeyFingerprint"]
        self.problem: str | None = None

    def check(self, bucket: str, keys: dict[str, bytes]) -> Digest:
        """See whether CloudTrail wrote it. Returns itself.

        :param keys: what C(public_keys) returned for its region.
        """
        self.problem = self._problem(bucket, keys)
        if self.problem:
            self.log_files = []  # anybody may have written them, as many as fit
        return self

    def _problem(self, bucket, keys):
        public = keys.get(self._fingerprint)
        if public is None:
            return f"digest file {self.key} is signed with a key that is not one of CloudTrail"
        text = f"{text_of(self.end)}\n{bucket}/{self.key}\n{self.hash}\n{self._previous_signature}"
        try:
            if self._algorithm != _ALGORITHM:
                raise ValueError
            _loaded(public).verify(bytes.fromhex(self._signature), text.encode(), padding.PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, ValueError):
            return f"digest file {self.key} was changed: its signature is not valid"
        return None


@functools.lru_cache(maxsize=256)
def _loaded(public: bytes):
    return serialization.load_der_public_key(public)


class Chain:
    """The digest files of one trail about one region, of a time.

    A file that can't be read is a problem of its trail, whatever the reason: if nothing can be, listing fails too.

    :param trail: account_id, region (its home), name, prefix, organization_id.
    :param region: whose log files they are about.
    :param start: end and hash of the digest file up to which an earlier validation came; None if there was none.
    :ivar since: beginning of the time that is validated: that which was asked for, or C(start) if that is earlier.
    :ivar start: end and hash of the newest digest file that was validated, now or earlier; None if none was.
    :ivar found: keys of the digest files, oldest first, after C(look).
    :ivar last: end of the hour of the newest digest file, also of one before that time on its first day; None if there is none.
    :ivar began: beginning of the oldest digest file, if it names none before it in its folder; None if it names one. After C(take).
    :ivar keys: what C(public_keys) returned for the region.
    :ivar has_unread: whether a file could not be read that may be readable the next time, which then begins where this time did.
    """

    def __init__(self, bucket: str, trail: dict, region: str, start: dict | None = None) -> None:
        self.bucket = bucket
        self.trail = trail
        self.region = region
        self.start = self._given = start
        self.has_unread = False
        self._earlier = (moment(start["end"]), start["hash"]) if start else (None, None)
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
        self._is_validated = False
        self.problems: list[str] = []
        self.digests = 0
        self.log_files = 0

    def look(self, s3, since: datetime.datetime, until: datetime.datetime) -> Chain:
        """See what there is of a time; those of other trails are in the same folder. Returns itself.

        Calls: ListObjectsV2, for each 1000 objects. Raises botocore's ClientError.
        """
        earlier = self._earlier[0]
        is_earlier = bool(earlier) and _is_earlier(earlier, since, until)
        self.since = earlier if is_earlier else since
        begin, end = (f"{self.folder}{day:%Y/%m/%d}/" for day in (self.since, until + _DAY))
        most = _MOST_KEYS * (1 + (until - self.since).days)
        keys = (entry["Key"] for entry in objects.listed(s3, self.bucket, self.folder, begin))
        found = list(itertools.islice(itertools.takewhile(lambda key: key < end, keys), most + 1))
        if len(found) > most:
            self.problems.append(f"{self.folder} has more than {most} objects since {begin}: the objects after {found[-2]} are not"
                                 " validated. CloudTrail writes one digest file per hour and trail")
            found.pop()
        times = {key: when for key in found if (when := self._time_in(key))}
        self.last = max((when for when in times.values() if when <= until), default=None)
        self._times = {key: when for key, when in times.items() if self.since <= when <= until}
        self.found = sorted((key for key, when in self._times.items() if not is_earlier or when > earlier), key=self._times.get)
        return self

    def take(self, key: str, digest: Digest | str) -> list[tuple[str, str, str]]:
        """Connect a digest file with the one that was taken before it, which is newer. Returns the log files to compare.

        :param digest: a sentence, if it can't be used.
        """
        named = self._named.get(key)
        if isinstance(digest, str):
            self.problems.append(digest)
            return []
        self.digests += 1
        problem = digest.problem
        if named and named[0] != digest.hash:
            problem = f"digest file {key} was changed: its hash differs from the hash in the next digest file"
        problem = problem or self._disconnection(key, digest.hash)
        if problem:
            self.problems.append(problem)
            return []
        if not self._is_validated:
            self._is_validated, self.start = True, {"end": text_of(self._times[key]), "hash": digest.hash}
        self._note_before(digest)
        return digest.log_files

    def _disconnection(self, key, found):
        """A sentence, if a digest file is the one up to which an earlier validation came, and has another hash."""
        end, expected = self._earlier
        if end and self._time_in(key) == end and found != expected:
            return f"digest file {key} is not the one that was validated before: its hash is {found}, and was {expected}"
        return None

    def end(self) -> None:
        """See which digest files are missing, and where the next validation begins, after all were taken."""
        if self.has_unread:
            self.start = self._given
        for key, (_hash, start) in self._named.items():
            when = self._time_in(key)
            if key not in self._times and when and when >= self.since:
                since = self._end_before(when) or self.since
                self.problems.append(f"digest file {key} is missing: {self._uncovered(since, start)}")

    def _note_before(self, digest):
        """Note which digest file it names as the one before it."""
        # A trail whose bucket or prefix has changed delivered elsewhere before.
        if digest.previous and digest.previous_bucket == self.bucket and digest.previous.startswith(self.folder):
            self._named[digest.previous] = (digest.previous_hash, digest.start)
            if digest.previous not in self.found:
                self.problems += filter(None, [self._disconnection(digest.previous, digest.previous_hash)])
            return
        end = self._end_before(self._times[digest.key])
        if end is None:
            self.began = digest.start
        elif end < digest.start:
            self.problems.append(
                f"digest file {digest.key} begins a new chain: {self._uncovered(end, digest.start)}. Log file validation of the"
                " trail was off, the trail delivered to another destination, or digest files were deleted"
            )

    def _end_before(self, when):
        """End of the newest digest file before a time; None if there is none."""
        return max((end for end in self._times.values() if end < when), default=None)

    def _uncovered(self, since, until):
        return f"no digest file of {self.region} covers {text_of(since)} to {text_of(until)}"

    def _time_in(self, key):
        """The time in the name of a digest file; None if it is none of this trail."""
        name = self.name.fullmatch(key.rpartition("/")[2])
        try:
            return name and datetime.datetime.strptime(name[1] + "+0000", "%Y%m%dT%H%M%SZ%z")
        except ValueError:
            return None


class Validation:
    """The validation of the log files of many trails in a bucket: many requests at a time, each object read once.

    Chains, digest files and log files flow through the same threads, so that only what is read is in memory.

    :param s3: a client of the bucket's account, from C(objects.client).
    :param since, until: the time that is validated. A chain that an earlier validation came to the end of begins there, if that is earlier.
    :param keys_of: public keys of the region of a chain, as C(public_keys) returns them; None leaves the chain out.
    :param log_files: whether log files are compared.
    :param known: SHA-256 of what is in a log file, by its key, of those that need not be read again.
    """

    def __init__(self, s3, bucket: str, since: datetime.datetime, until: datetime.datetime,
                 keys_of: Callable[[Chain], dict[str, bytes] | None], log_files: bool = True, known: dict[str, str] | None = None) -> None:
        self._s3, self._bucket, self._since, self._until = s3, bucket, since, until
        self._keys_of, self._log_files, self._known = keys_of, log_files, known or {}

    def run(self, trails: list[dict]) -> list[list[Chain]]:
        """The chains of each trail that have digest files of the time, or of its first day, each of a region.

        A trail may have C(chains): region, end and hash of the digest file up to which an earlier validation came.

        A trail of all regions delivers the digest files of a region into a folder of that region, with its home region in
        their names, signed with the key of the region that they are about
        (U(https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_ListPublicKeys.html)).

        Calls: ListObjectsV2 for each trail, and for each of its regions; GetObject for each digest file and log file.
        """
        found: list[list[Chain]] = [[] for _trail in trails]
        with objects.threads() as pool:
            each = functools.partial(objects.each, pool)
            regions = (pair for pairs in each(self._regions, enumerate(trails)) for pair in pairs)
            chains = self._with_keys(each(self._look, regions), found)
            digests = each(self._digest, ((chain, key) for chain in chains for key in reversed(chain.found)))
            log_files = ((chain, file) for chain, key, digest in _counted("digest files", digests)
                         for file in chain.take(key, digest) if self._log_files)
            for chain, problem in _counted("log files", each(self._compare, log_files)):
                chain.log_files += 1
                if problem:
                    chain.problems.append(problem)
        for chain in itertools.chain.from_iterable(found):
            chain.end()
        return found

    def _regions(self, numbered):
        """The regions of a trail; there are fewer than a page has entries."""
        number, trail = numbered
        folder = log_folder({**trail, "region": None}, _KIND)
        page = self._s3.list_objects_v2(Bucket=self._bucket, Prefix=folder, Delimiter="/", aws_retry=True)
        regions = [entry["Prefix"][len(folder):-1] for entry in page.get("CommonPrefixes", [])]
        starts = {start["region"]: start for start in trail.get("chains", ())}
        return [(number, Chain(self._bucket, trail, region, starts.get(region))) for region in regions if _REGION.fullmatch(region)]

    def _look(self, numbered):
        number, chain = numbered
        return number, chain.look(self._s3, self._since, self._until)

    def _with_keys(self, chains, found):
        """The chains that can be validated; all that there are are noted."""
        for number, chain in chains:
            if chain.last:
                found[number].append(chain)
                keys = self._keys_of(chain)
                if keys is not None:
                    chain.keys = keys
                    yield chain

    def _digest(self, named):
        """A digest file, or a sentence that says why it can't be used."""
        chain, key = named
        try:
            digest = self._read(key).check(self._bucket, chain.keys)
        except is_boto3_error_code(NO_SESSION):  # says nothing of the file
            raise
        except (*AWS_ERRORS, objects.TooLargeError) as error:  # first, because one of a network is an OSError as well
            _note_unread(chain, error)
            return chain, key, f"digest file {key} can't be read: {error}"
        except UNREADABLE:
            return chain, key, f"digest file {key} can't be read: it does not have the format of CloudTrail"
        if digest.destination != (self._bucket, key):
            return chain, key, f"digest file {key} was moved: it says that it is {digest.destination[1]}"
        return chain, key, digest

    def _read(self, key):
        answer = self._s3.get_object(Bucket=self._bucket, Key=key, aws_retry=True)
        signature = answer["Metadata"].get("signature")
        pieces = objects.pieces(answer, _MOST)
        body = next(pieces, b"")
        if len(body) <= _SMALL:
            return Digest(key, body, signature)
        with _LARGE:
            return Digest(key, b"".join([body, *pieces]), signature)

    def _compare(self, named):
        """Compare a log file with its digest file; returns a sentence if it differs."""
        chain, (bucket, key, expected) = named
        return chain, self._log_file_problem(chain, bucket, key, expected)

    def _log_file_problem(self, chain, bucket, key, expected):
        try:
            if self._hash_of(bucket, key) == expected:
                return None
        except is_boto3_error_code("NoSuchKey"):
            return f"log file {key} is missing"
        except is_boto3_error_code(NO_SESSION):
            raise
        except AWS_ERRORS as error:
            _note_unread(chain, error)
            return f"log file {key} can't be read: {error}"
        except objects.TooLargeError as error:
            return f"log file {key} was changed: {error}"
        except UNREADABLE:
            pass
        return f"log file {key} was changed: its hash differs from the hash in the digest file"

    def _hash_of(self, bucket, key):
        if bucket == self._bucket and key in self._known:
            return self._known[key]
        found = hashlib.sha256()
        for piece in objects.pieces(self._s3.get_object(Bucket=bucket, Key=key, aws_retry=True), objects.MOST):
            found.update(piece)
        return found.hexdigest()


def _counted(what, validated):
    """The same, and how far the validation has come is said."""
    progress = Progress()
    for number, one in enumerate(validated, 1):
        progress.tell(lambda: f"{number:,} {what} are validated")
        yield one


def _note_unread(chain, error):
    """Note a file that could not be read, unless it cannot be read the next time either."""
    if not isinstance(error, objects.TooLargeError) and code_of(error) not in _UNREADABLE_FOR_GOOD:
        chain.has_unread = True


def _is_earlier(end, since, until):
    """Whether a validation begins where an earlier one ended, because that is before the time that was asked for."""
    return until - datetime.timedelta(hours=LONGEST) <= end < since


def earliest(trails: list[dict], since: datetime.datetime, until: datetime.datetime) -> datetime.datetime:
    """Where the validation of any of the chains begins. The parameters are those of C(Validation)."""
    ends = (moment(chain["end"]) for trail in trails for chain in trail["chains"])
    return min([since, *(end for end in ends if _is_earlier(end, since, until))])


def result(found: list[Chain], since: datetime.datetime, until: datetime.datetime) -> dict:
    """What is to be said of all chains of a trail."""
    problems = [problem for chain in found for problem in chain.problems]
    digests = sum(chain.digests for chain in found)
    return {
        "state": "invalid" if problems else "valid" if digests else "none", "digests": digests,
        "log_files": sum(chain.log_files for chain in found), "from": text_of(since), "to": text_of(until),
        "problems": problems[:_MOST_PROBLEMS],
        "regions": [
            {"region": chain.region, "from": text_of(chain.since), "last": text_of(chain.last), "began": chain.began and text_of(chain.began),
             "start": chain.start and {name: chain.start[name] for name in ("end", "hash")}} for chain in found
        ],
    }
