# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Digest files: what they hold, how they hang together, and what the AWS CLI says of them."""
from __future__ import annotations

import base64
import datetime
import gzip
import hashlib
import json
import os
import re
import subprocess
import sys

import pytest
from helpers.aws.trails import (
    ACL, BUCKET, DESCRIBE, ENCRYPT, MANAGEMENT, MEMBER, PUT, REGION, SERVICE, TRAIL, Trails, allow, changed,
)
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

HOUR = 3600
OTHER = "eu-central-1"
READ = allow({"AWS": [MEMBER, MANAGEMENT]}, ["s3:GetObject", "s3:GetBucketLocation", "s3:ListBucket"],
             [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"])
FIELDS = {
    "awsAccountId", "digestStartTime", "digestEndTime", "digestS3Bucket", "digestS3Object", "digestPublicKeyFingerprint",
    "digestSignatureAlgorithm", "newestEventTime", "oldestEventTime", "previousDigestS3Bucket", "previousDigestS3Object",
    "previousDigestHashValue", "previousDigestHashAlgorithm", "previousDigestSignature", "logFiles",
}


class Digests(Trails):
    """A trail with log file validation."""

    def __init__(self, aws):
        super().__init__(aws)
        self.policy(ACL, PUT, READ)
        self.s3 = self.archive.client("s3")

    def log(self, **settings):
        return super().log(EnableLogFileValidation=True, **settings)

    def pass_hours(self, number=1):
        for _hour in range(number):
            self.aws.clock.advance(HOUR)
            # Somebody has to call before anything happens.
            self.keys()

    def digests(self, region=REGION, prefix=""):
        """Keys of digest files, oldest first."""
        return self.keys(prefix=f"{prefix}AWSLogs/{MEMBER}/CloudTrail-Digest/{region}/")

    def body(self, key):
        return self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()

    def replace(self, key, body):
        """Change a file, and leave the rest of the object as it is."""
        head = self.s3.head_object(Bucket=BUCKET, Key=key)
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body, Metadata=head["Metadata"])

    def change_one_byte(self, key):
        """Change the content, not the packing."""
        content = gzip.decompress(self.body(key))
        self.replace(key, gzip.compress(content.replace(b"2", b"3", 1)))


@pytest.fixture
def trails(aws):
    return Digests(aws)


def seconds(text):
    return datetime.datetime.fromisoformat(text).timestamp()


# Files

def test_digest(trails):
    trails.log()
    trails.probe("probe-1")
    trails.pass_hours()
    [key] = trails.digests()
    day = r"(\d{4})/(\d\d)/(\d\d)"
    match = re.fullmatch(
        rf"AWSLogs/{MEMBER}/CloudTrail-Digest/{REGION}/{day}/{MEMBER}_CloudTrail-Digest_{REGION}_logs_{REGION}_"
        r"(\d{8})T\d{6}Z\.json\.gz", key)
    assert match[4] == match[1] + match[2] + match[3]
    digest = trails.read(key)
    assert digest.keys() == FIELDS
    assert (digest["awsAccountId"], digest["digestS3Bucket"], digest["digestS3Object"]) == (MEMBER, BUCKET, key)
    assert seconds(digest["digestEndTime"]) - seconds(digest["digestStartTime"]) == HOUR
    assert {name for name, value in digest.items() if value is None} == {
        name for name in FIELDS if name.startswith("previousDigest")}
    files = {entry["s3Object"]: entry for entry in digest["logFiles"]}
    assert files.keys() == {key for key, _records in trails.log_files()}
    for path, entry in files.items():
        content = gzip.decompress(trails.body(path))
        assert entry["hashValue"] == hashlib.sha256(content).hexdigest()
        assert (entry["s3Bucket"], entry["hashAlgorithm"]) == (BUCKET, "SHA-256")
        times = [record["eventTime"] for record in json.loads(content)["Records"]]
        assert (entry["oldestEventTime"], entry["newestEventTime"]) == (min(times), max(times))
    assert digest["newestEventTime"] == max(entry["newestEventTime"] for entry in files.values())
    head = trails.s3.head_object(Bucket=BUCKET, Key=key)
    assert (head["ContentType"], head["ContentEncoding"]) == ("application/json", "gzip")


def verify(trails, key):
    """Check a digest's signature as the User Guide describes it.

    :raises InvalidSignature: it is not that of the file.
    """
    content, metadata = gzip.decompress(trails.body(key)), trails.s3.head_object(Bucket=BUCKET, Key=key)["Metadata"]
    digest = json.loads(content)
    keys = {entry["Fingerprint"]: entry["Value"] for entry in trails.cloudtrail.list_public_keys()["PublicKeyList"]}
    public = load_der_public_key(base64.b64decode(
        # PKCS #1, which the library reads as part of the usual form only.
        "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A") + keys[digest["digestPublicKeyFingerprint"]])
    text = "\n".join((digest["digestEndTime"], f"{BUCKET}/{key}", hashlib.sha256(content).hexdigest(),
                      digest["previousDigestSignature"] or "null"))
    assert metadata["signature-algorithm"] == digest["digestSignatureAlgorithm"] == "SHA256withRSA"
    public.verify(bytes.fromhex(metadata["signature"]), text.encode(), PKCS1v15(), SHA256())
    return metadata["signature"]


def test_chain(trails):
    trails.log()
    trails.pass_hours(3)
    first, second, third = trails.digests()
    for before, after in ((first, second), (second, third)):
        digest = trails.read(after)
        assert (digest["previousDigestS3Bucket"], digest["previousDigestS3Object"]) == (BUCKET, before)
        assert digest["previousDigestHashValue"] == hashlib.sha256(gzip.decompress(trails.body(before))).hexdigest()
        assert digest["previousDigestHashAlgorithm"] == "SHA-256"
        assert digest["previousDigestSignature"] == verify(trails, before)
        assert digest["digestStartTime"] == trails.read(before)["digestEndTime"]
    verify(trails, third)
    trails.change_one_byte(second)
    with pytest.raises(InvalidSignature):
        verify(trails, second)


def test_empty_hour(trails):
    trails.log()
    trails.pass_hours(2)
    digest = trails.read(trails.digests()[1])
    assert (digest["logFiles"], digest["oldestEventTime"], digest["newestEventTime"]) == ([], None, None)


def test_hours_that_pass_at_once(trails):
    trails.log()
    trails.aws.clock.advance(25 * HOUR)
    keys = trails.digests()
    assert len(keys) == 25
    # In the folder of the day on which the hour ended.
    assert len({key.rpartition("/")[0] for key in keys}) == 2


def test_each_hour_has_its_own(trails):
    trails.log()
    trails.pass_hours()
    trails.probe("second-hour")
    trails.pass_hours()
    [entry] = trails.read(trails.digests()[1])["logFiles"]
    assert trails.has(trails.read(entry["s3Object"])["Records"], "second-hour")


def test_no_validation(trails):
    Trails.log(trails)
    trails.pass_hours()
    assert trails.digests() == []
    assert "LatestDigestDeliveryTime" not in trails.status()


def test_regions(trails):
    trails.log(IsMultiRegionTrail=True)
    trails.probe("elsewhere", region_name=OTHER)
    trails.pass_hours()
    [key] = trails.digests(OTHER)
    # The home region of the trail stands at the end of the name.
    assert f"_CloudTrail-Digest_{OTHER}_logs_{REGION}_" in key
    here, there = trails.read(trails.digests()[0]), trails.read(key)
    assert here["digestPublicKeyFingerprint"] != there["digestPublicKeyFingerprint"]
    elsewhere = trails.member.client("cloudtrail", region_name=OTHER).list_public_keys()["PublicKeyList"]
    assert there["digestPublicKeyFingerprint"] in {entry["Fingerprint"] for entry in elsewhere}


def test_prefix(trails):
    trails.policy(ACL, changed(PUT, Resource=f"arn:aws:s3:::{BUCKET}/prefix/AWSLogs/{MEMBER}/*"))
    trails.log(S3KeyPrefix="prefix")
    trails.pass_hours()
    assert len(trails.digests(prefix="prefix/")) == 1


def test_digests_are_encrypted_with_the_key(trails):
    """"Encrypting CloudTrail log files, digest files, and event data stores with AWS KMS keys" (User Guide)."""
    trails.log(KmsKeyId=trails.key(ENCRYPT, DESCRIBE))
    trails.pass_hours()
    algorithms = {"Digest" in key: trails.s3.head_object(Bucket=BUCKET, Key=key)["ServerSideEncryption"]
                  for key in trails.keys()}
    assert algorithms == {True: "aws:kms", False: "aws:kms"}


def test_organization(aws, trails):
    management = aws.session()
    organizations, cloudtrail = management.client("organizations"), management.client("cloudtrail")
    organizations.enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
    organization = organizations.describe_organization()["Organization"]["Id"]
    trails.policy(READ, *(allow(SERVICE, *what) for what in (
        ("s3:GetBucketAcl", f"arn:aws:s3:::{BUCKET}"), ("s3:PutObject", f"arn:aws:s3:::{BUCKET}/AWSLogs/*"))))
    cloudtrail.create_trail(Name="logs", S3BucketName=BUCKET, IsOrganizationTrail=True, EnableLogFileValidation=True)
    cloudtrail.start_logging(Name="logs")
    trails.probe("of-member")
    trails.pass_hours()
    start = f"AWSLogs/{organization}/{MEMBER}/CloudTrail-Digest/{REGION}/"
    [key] = trails.keys(prefix=start)
    assert trails.read(key)["awsAccountId"] == MEMBER
    arn = TRAIL.replace(MEMBER, MANAGEMENT)
    assert validate(trails, arn=arn, session=management, options=["--account-id", MEMBER]) == (0, "1/1", "1/1")


# Ends and beginnings

@pytest.mark.parametrize("how", ["stopped", "deleted", "switched off"])
def test_last_digest(trails, how):
    """"When logging is stopped or the trail is deleted, CloudTrail will deliver a final digest file", says the guide."""
    trails.log()
    trails.pass_hours()
    if how == "stopped":
        trails.cloudtrail.stop_logging(Name="logs")
    elif how == "deleted":
        trails.cloudtrail.delete_trail(Name="logs")
    else:
        trails.cloudtrail.update_trail(Name="logs", EnableLogFileValidation=False)
    trails.pass_hours(3)
    keys = trails.digests()
    assert len(keys) == 2
    names = [record["eventName"] for entry in trails.read(keys[1])["logFiles"]
             for record in trails.read(entry["s3Object"])["Records"]]
    assert names == {"stopped": ["StopLogging"], "deleted": ["DeleteTrail"], "switched off": []}[how]


@pytest.mark.parametrize("at_once", [True, False])
def test_new_chain(trails, at_once):
    """A starting digest file, when logging begins again."""
    trails.log()
    trails.pass_hours()
    trails.cloudtrail.stop_logging(Name="logs")
    if not at_once:
        trails.pass_hours(2)
    trails.cloudtrail.start_logging(Name="logs")
    trails.pass_hours(2)
    digests = sorted((trails.read(key) for key in trails.digests()), key=lambda digest: digest["digestEndTime"])
    starting = [digest["previousDigestS3Object"] is None for digest in digests]
    assert starting.count(True) == 2
    assert starting[0]
    assert validate(trails)[0] == 0


def test_two_chains_of_one_second(trails, monkeypatch):
    """No digest replaces another."""
    with monkeypatch.context() as still:
        moment = trails.aws.clock.now()
        still.setattr(trails.aws.clock, "now", lambda: moment)
        trails.log()
        trails.cloudtrail.stop_logging(Name="logs")
        trails.cloudtrail.start_logging(Name="logs")
    trails.aws.clock.advance(HOUR + 1)
    assert [trails.read(key)["previousDigestS3Object"] for key in trails.digests()] == [None, None]


def test_validation_that_is_switched_on(trails):
    Trails.log(trails)
    trails.probe("before")
    trails.cloudtrail.update_trail(Name="logs", EnableLogFileValidation=True)
    trails.probe("after")
    trails.pass_hours()
    [key] = trails.digests()
    files = [entry["s3Object"] for entry in trails.read(key)["logFiles"]]
    assert any(trails.has(trails.read(path)["Records"], "after") for path in files)
    assert not any(trails.has(trails.read(path)["Records"], "before") for path in files)


# Failures

def test_digest_that_may_not_be_delivered(trails):
    trails.log()
    logs_only = changed(PUT, Resource=f"arn:aws:s3:::{BUCKET}/AWSLogs/{MEMBER}/CloudTrail/*")
    trails.policy(ACL, logs_only, READ)
    trails.pass_hours(2)
    status = trails.status()
    assert (status["LatestDigestDeliveryError"], "LatestDeliveryError" in status) == ("AccessDenied", False)
    assert "LatestDigestDeliveryTime" not in status
    trails.probe("meanwhile")
    trails.policy(ACL, PUT, READ)
    trails.aws.clock.advance(300)
    assert len(trails.digests()) == 2
    status = trails.status()
    assert "LatestDigestDeliveryError" not in status
    assert "LatestDigestDeliveryTime" in status
    # What was delivered after the hour is in a later digest than the hour's.
    first = trails.read(trails.digests()[0])
    assert not any(trails.has(trails.read(entry["s3Object"])["Records"], "meanwhile") for entry in first["logFiles"])
    trails.pass_hours()
    assert validate(trails)[0] == 0


def test_late_log_file(trails):
    """It is in the digest of the hour in which it was delivered."""
    trails.log()
    trails.policy(ACL, changed(PUT, Resource=f"arn:aws:s3:::{BUCKET}/AWSLogs/{MEMBER}/CloudTrail-Digest/*"), READ)
    trails.probe("late")
    trails.pass_hours()
    trails.policy(ACL, PUT, READ)
    trails.pass_hours()
    first, second = map(trails.read, trails.digests())
    assert not any(trails.has(trails.read(entry["s3Object"])["Records"], "late") for entry in first["logFiles"])
    assert second["oldestEventTime"] < second["digestStartTime"]
    assert validate(trails)[0] == 0


# Public keys

def test_public_keys(aws, trails):
    [key] = trails.cloudtrail.list_public_keys()["PublicKeyList"]
    assert key["ValidityStartTime"].timestamp() <= aws.clock.now() < key["ValidityEndTime"].timestamp()
    assert re.fullmatch("[0-9a-f]{32}", key["Fingerprint"])
    aws.clock.advance(370 * 24 * HOUR)
    [current] = trails.cloudtrail.list_public_keys()["PublicKeyList"]
    assert current["Fingerprint"] != key["Fingerprint"]
    both = trails.cloudtrail.list_public_keys(StartTime=aws.clock.now() - 364 * 24 * HOUR, EndTime=aws.clock.now() + HOUR)
    assert {entry["Fingerprint"] for entry in both["PublicKeyList"]} == {key["Fingerprint"], current["Fingerprint"]}


def test_bad_range_of_public_keys(trails, refused):
    with refused("InvalidTimeRangeException"):
        trails.cloudtrail.list_public_keys(StartTime=2, EndTime=1)


# The AWS CLI

def validate(trails, *, arn=TRAIL, session=None, options=()):
    """Run ``aws cloudtrail validate-logs`` over everything; returns its status and how many of how many are valid."""
    found = run_cli(trails, arn, session, options)
    valid = [re.search(rf"(\d+/\d+) {kind} files valid", found.stdout) for kind in ("digest", "log")]
    return found.returncode, *(match and match[1] for match in valid)


def run_cli(trails, arn=TRAIL, session=None, options=()):
    credentials = (session or trails.member).get_credentials()
    now = datetime.datetime.fromtimestamp(trails.aws.clock.now(), datetime.timezone.utc)
    day = datetime.timedelta(days=1)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    if credentials.token:
        environment["AWS_SESSION_TOKEN"] = credentials.token
    return subprocess.run(
        [sys.executable, "-m", "awscli", "cloudtrail", "validate-logs", "--verbose", "--trail-arn", arn,
         "--start-time", f"{now - day:%Y-%m-%dT%H:%M:%SZ}", "--end-time", f"{now + day:%Y-%m-%dT%H:%M:%SZ}", *options],
        capture_output=True, text=True, check=False, timeout=60, env={
            **environment, "AWS_ENDPOINT_URL": trails.aws.url, "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": credentials.access_key, "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
        })


@pytest.fixture
def delivered(trails):
    """Three digests and three log files: one each."""
    trails.log()
    for mark in ("second", "third"):
        trails.pass_hours()
        trails.probe(mark)
    trails.pass_hours()
    return trails


def test_valid(delivered):
    assert validate(delivered) == (0, "3/3", "3/3")


def log_file(trails, mark):
    return next(key for key, records in trails.log_files() if trails.has(records, mark))


def test_log_file_that_was_changed(delivered):
    delivered.change_one_byte(log_file(delivered, "second"))
    found = run_cli(delivered)
    assert found.returncode == 1
    assert "INVALID: hash value doesn't match" in found.stderr
    assert "2/3 log files valid, 1/3 log files INVALID" in found.stdout


def test_byte_of_a_packed_log_file(delivered):
    key = log_file(delivered, "second")
    body = bytearray(delivered.body(key))
    body[len(body) // 2] ^= 1
    delivered.replace(key, bytes(body))
    assert validate(delivered)[::2] == (1, "2/3")


def test_log_file_that_was_deleted(delivered):
    delivered.s3.delete_object(Bucket=BUCKET, Key=log_file(delivered, "second"))
    found = run_cli(delivered)
    assert found.returncode == 1
    assert "INVALID: not found" in found.stderr
    assert "2/3 log files valid, 1/3 log files INVALID" in found.stdout


def test_digest_that_was_changed(delivered):
    delivered.change_one_byte(delivered.digests()[1])
    found = run_cli(delivered)
    assert found.returncode == 1
    assert "INVALID" in found.stderr
    assert "2/3 digest files valid, 1/3 digest files INVALID" in found.stdout


def test_signature_that_was_changed(delivered):
    key = delivered.digests()[1]
    metadata = delivered.s3.head_object(Bucket=BUCKET, Key=key)["Metadata"]
    metadata["signature"] = metadata["signature"].translate(str.maketrans("01", "10"))
    delivered.s3.put_object(Bucket=BUCKET, Key=key, Body=delivered.body(key), Metadata=metadata)
    found = run_cli(delivered)
    assert found.returncode == 1
    assert "INVALID: signature verification failed" in found.stderr


def test_digest_that_was_deleted(delivered):
    delivered.s3.delete_object(Bucket=BUCKET, Key=delivered.digests()[1])
    found = run_cli(delivered)
    assert found.returncode == 1
    assert "INVALID: not found" in found.stderr
    assert "2/3 digest files valid, 1/3 digest files INVALID" in found.stdout


def test_no_digests(trails):
    Trails.log(trails)
    assert "No digests found" in run_cli(trails).stdout
