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
    ACL, BUCKET, DESCRIBE, ENCRYPT, MANAGEMENT, MEMBER, PUT, REGION, SERVICE, TRAIL, Estate, allow, changed,
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


class Digests(Estate):
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
def estate(aws):
    return Digests(aws)


def seconds(text):
    return datetime.datetime.fromisoformat(text).timestamp()


# Files

def test_digest(estate):
    estate.log()
    estate.probe("probe-1")
    estate.pass_hours()
    [key] = estate.digests()
    day = r"(\d{4})/(\d\d)/(\d\d)"
    match = re.fullmatch(
        rf"AWSLogs/{MEMBER}/CloudTrail-Digest/{REGION}/{day}/{MEMBER}_CloudTrail-Digest_{REGION}_logs_{REGION}_"
        r"(\d{8})T\d{6}Z\.json\.gz", key)
    assert match[4] == match[1] + match[2] + match[3]
    digest = estate.read(key)
    assert digest.keys() == FIELDS
    assert (digest["awsAccountId"], digest["digestS3Bucket"], digest["digestS3Object"]) == (MEMBER, BUCKET, key)
    assert seconds(digest["digestEndTime"]) - seconds(digest["digestStartTime"]) == HOUR
    assert {name for name, value in digest.items() if value is None} == {
        name for name in FIELDS if name.startswith("previousDigest")}
    files = {entry["s3Object"]: entry for entry in digest["logFiles"]}
    assert files.keys() == {key for key, _records in estate.log_files()}
    for path, entry in files.items():
        content = gzip.decompress(estate.body(path))
        assert entry["hashValue"] == hashlib.sha256(content).hexdigest()
        assert (entry["s3Bucket"], entry["hashAlgorithm"]) == (BUCKET, "SHA-256")
        times = [record["eventTime"] for record in json.loads(content)["Records"]]
        assert (entry["oldestEventTime"], entry["newestEventTime"]) == (min(times), max(times))
    assert digest["newestEventTime"] == max(entry["newestEventTime"] for entry in files.values())
    head = estate.s3.head_object(Bucket=BUCKET, Key=key)
    assert (head["ContentType"], head["ContentEncoding"]) == ("application/json", "gzip")


def verify(estate, key):
    """Check a digest's signature as the User Guide describes it.

    :raises InvalidSignature: it is not that of the file.
    """
    content, metadata = gzip.decompress(estate.body(key)), estate.s3.head_object(Bucket=BUCKET, Key=key)["Metadata"]
    digest = json.loads(content)
    keys = {entry["Fingerprint"]: entry["Value"] for entry in estate.cloudtrail.list_public_keys()["PublicKeyList"]}
    public = load_der_public_key(base64.b64decode(
        # PKCS #1, which the library reads as part of the usual form only.
        "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A") + keys[digest["digestPublicKeyFingerprint"]])
    text = "\n".join((digest["digestEndTime"], f"{BUCKET}/{key}", hashlib.sha256(content).hexdigest(),
                      digest["previousDigestSignature"] or "null"))
    assert metadata["signature-algorithm"] == digest["digestSignatureAlgorithm"] == "SHA256withRSA"
    public.verify(bytes.fromhex(metadata["signature"]), text.encode(), PKCS1v15(), SHA256())
    return metadata["signature"]


def test_chain(estate):
    estate.log()
    estate.pass_hours(3)
    first, second, third = estate.digests()
    for before, after in ((first, second), (second, third)):
        digest = estate.read(after)
        assert (digest["previousDigestS3Bucket"], digest["previousDigestS3Object"]) == (BUCKET, before)
        assert digest["previousDigestHashValue"] == hashlib.sha256(gzip.decompress(estate.body(before))).hexdigest()
        assert digest["previousDigestHashAlgorithm"] == "SHA-256"
        assert digest["previousDigestSignature"] == verify(estate, before)
        assert digest["digestStartTime"] == estate.read(before)["digestEndTime"]
    verify(estate, third)
    estate.change_one_byte(second)
    with pytest.raises(InvalidSignature):
        verify(estate, second)


def test_empty_hour(estate):
    estate.log()
    estate.pass_hours(2)
    digest = estate.read(estate.digests()[1])
    assert (digest["logFiles"], digest["oldestEventTime"], digest["newestEventTime"]) == ([], None, None)


def test_hours_that_pass_at_once(estate):
    estate.log()
    estate.aws.clock.advance(25 * HOUR)
    keys = estate.digests()
    assert len(keys) == 25
    # In the folder of the day on which the hour ended.
    assert len({key.rpartition("/")[0] for key in keys}) == 2


def test_each_hour_has_its_own(estate):
    estate.log()
    estate.pass_hours()
    estate.probe("second-hour")
    estate.pass_hours()
    [entry] = estate.read(estate.digests()[1])["logFiles"]
    assert estate.has(estate.read(entry["s3Object"])["Records"], "second-hour")


def test_no_validation(estate):
    Estate.log(estate)
    estate.pass_hours()
    assert estate.digests() == []
    assert "LatestDigestDeliveryTime" not in estate.status()


def test_regions(estate):
    estate.log(IsMultiRegionTrail=True)
    estate.probe("elsewhere", region_name=OTHER)
    estate.pass_hours()
    [key] = estate.digests(OTHER)
    # The home region of the trail stands at the end of the name.
    assert f"_CloudTrail-Digest_{OTHER}_logs_{REGION}_" in key
    here, there = estate.read(estate.digests()[0]), estate.read(key)
    assert here["digestPublicKeyFingerprint"] != there["digestPublicKeyFingerprint"]
    elsewhere = estate.member.client("cloudtrail", region_name=OTHER).list_public_keys()["PublicKeyList"]
    assert there["digestPublicKeyFingerprint"] in {entry["Fingerprint"] for entry in elsewhere}


def test_prefix(estate):
    estate.policy(ACL, changed(PUT, Resource=f"arn:aws:s3:::{BUCKET}/prefix/AWSLogs/{MEMBER}/*"))
    estate.log(S3KeyPrefix="prefix")
    estate.pass_hours()
    assert len(estate.digests(prefix="prefix/")) == 1


def test_digests_are_encrypted_with_the_key(estate):
    """"Encrypting CloudTrail log files, digest files, and event data stores with AWS KMS keys" (User Guide)."""
    estate.log(KmsKeyId=estate.key(ENCRYPT, DESCRIBE))
    estate.pass_hours()
    algorithms = {"Digest" in key: estate.s3.head_object(Bucket=BUCKET, Key=key)["ServerSideEncryption"]
                  for key in estate.keys()}
    assert algorithms == {True: "aws:kms", False: "aws:kms"}


def test_organization(aws, estate):
    management = aws.session()
    organizations, cloudtrail = management.client("organizations"), management.client("cloudtrail")
    organizations.enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
    organization = organizations.describe_organization()["Organization"]["Id"]
    estate.policy(READ, *(allow(SERVICE, *what) for what in (
        ("s3:GetBucketAcl", f"arn:aws:s3:::{BUCKET}"), ("s3:PutObject", f"arn:aws:s3:::{BUCKET}/AWSLogs/*"))))
    cloudtrail.create_trail(Name="logs", S3BucketName=BUCKET, IsOrganizationTrail=True, EnableLogFileValidation=True)
    cloudtrail.start_logging(Name="logs")
    estate.probe("of-member")
    estate.pass_hours()
    start = f"AWSLogs/{organization}/{MEMBER}/CloudTrail-Digest/{REGION}/"
    [key] = estate.keys(prefix=start)
    assert estate.read(key)["awsAccountId"] == MEMBER
    arn = TRAIL.replace(MEMBER, MANAGEMENT)
    assert validate(estate, arn=arn, session=management, options=["--account-id", MEMBER]) == (0, "1/1", "1/1")


# Ends and beginnings

@pytest.mark.parametrize("how", ["stopped", "deleted", "switched off"])
def test_last_digest(estate, how):
    """"When logging is stopped or the trail is deleted, CloudTrail will deliver a final digest file", says the guide."""
    estate.log()
    estate.pass_hours()
    if how == "stopped":
        estate.cloudtrail.stop_logging(Name="logs")
    elif how == "deleted":
        estate.cloudtrail.delete_trail(Name="logs")
    else:
        estate.cloudtrail.update_trail(Name="logs", EnableLogFileValidation=False)
    estate.pass_hours(3)
    keys = estate.digests()
    assert len(keys) == 2
    names = [record["eventName"] for entry in estate.read(keys[1])["logFiles"]
             for record in estate.read(entry["s3Object"])["Records"]]
    assert names == {"stopped": ["StopLogging"], "deleted": ["DeleteTrail"], "switched off": []}[how]


@pytest.mark.parametrize("at_once", [True, False])
def test_new_chain(estate, at_once):
    """A starting digest file, when logging begins again."""
    estate.log()
    estate.pass_hours()
    estate.cloudtrail.stop_logging(Name="logs")
    if not at_once:
        estate.pass_hours(2)
    estate.cloudtrail.start_logging(Name="logs")
    estate.pass_hours(2)
    digests = sorted((estate.read(key) for key in estate.digests()), key=lambda digest: digest["digestEndTime"])
    starting = [digest["previousDigestS3Object"] is None for digest in digests]
    assert starting.count(True) == 2
    assert starting[0]
    assert validate(estate)[0] == 0


def test_two_chains_of_one_second(estate, monkeypatch):
    """No digest takes another's place."""
    with monkeypatch.context() as still:
        moment = estate.aws.clock.now()
        still.setattr(estate.aws.clock, "now", lambda: moment)
        estate.log()
        estate.cloudtrail.stop_logging(Name="logs")
        estate.cloudtrail.start_logging(Name="logs")
    estate.aws.clock.advance(HOUR + 1)
    assert [estate.read(key)["previousDigestS3Object"] for key in estate.digests()] == [None, None]


def test_validation_that_is_switched_on(estate):
    Estate.log(estate)
    estate.probe("before")
    estate.cloudtrail.update_trail(Name="logs", EnableLogFileValidation=True)
    estate.probe("after")
    estate.pass_hours()
    [key] = estate.digests()
    files = [entry["s3Object"] for entry in estate.read(key)["logFiles"]]
    assert any(estate.has(estate.read(path)["Records"], "after") for path in files)
    assert not any(estate.has(estate.read(path)["Records"], "before") for path in files)


# Failures

def test_digest_that_may_not_be_delivered(estate):
    estate.log()
    logs_only = changed(PUT, Resource=f"arn:aws:s3:::{BUCKET}/AWSLogs/{MEMBER}/CloudTrail/*")
    estate.policy(ACL, logs_only, READ)
    estate.pass_hours(2)
    status = estate.status()
    assert (status["LatestDigestDeliveryError"], "LatestDeliveryError" in status) == ("AccessDenied", False)
    assert "LatestDigestDeliveryTime" not in status
    estate.probe("meanwhile")
    estate.policy(ACL, PUT, READ)
    estate.aws.clock.advance(300)
    assert len(estate.digests()) == 2
    status = estate.status()
    assert "LatestDigestDeliveryError" not in status
    assert "LatestDigestDeliveryTime" in status
    # What was delivered after the hour is in a later digest than the hour's.
    first = estate.read(estate.digests()[0])
    assert not any(estate.has(estate.read(entry["s3Object"])["Records"], "meanwhile") for entry in first["logFiles"])
    estate.pass_hours()
    assert validate(estate)[0] == 0


def test_late_log_file(estate):
    """It is in the digest of the hour in which it was delivered."""
    estate.log()
    estate.policy(ACL, changed(PUT, Resource=f"arn:aws:s3:::{BUCKET}/AWSLogs/{MEMBER}/CloudTrail-Digest/*"), READ)
    estate.probe("late")
    estate.pass_hours()
    estate.policy(ACL, PUT, READ)
    estate.pass_hours()
    first, second = map(estate.read, estate.digests())
    assert not any(estate.has(estate.read(entry["s3Object"])["Records"], "late") for entry in first["logFiles"])
    assert second["oldestEventTime"] < second["digestStartTime"]
    assert validate(estate)[0] == 0


# Public keys

def test_public_keys(aws, estate):
    [key] = estate.cloudtrail.list_public_keys()["PublicKeyList"]
    assert key["ValidityStartTime"].timestamp() <= aws.clock.now() < key["ValidityEndTime"].timestamp()
    assert re.fullmatch("[0-9a-f]{32}", key["Fingerprint"])
    aws.clock.advance(370 * 24 * HOUR)
    [current] = estate.cloudtrail.list_public_keys()["PublicKeyList"]
    assert current["Fingerprint"] != key["Fingerprint"]
    both = estate.cloudtrail.list_public_keys(StartTime=aws.clock.now() - 364 * 24 * HOUR, EndTime=aws.clock.now() + HOUR)
    assert {entry["Fingerprint"] for entry in both["PublicKeyList"]} == {key["Fingerprint"], current["Fingerprint"]}


def test_bad_range_of_public_keys(estate, refused):
    with refused("InvalidTimeRangeException"):
        estate.cloudtrail.list_public_keys(StartTime=2, EndTime=1)


# The AWS CLI

def validate(estate, *, arn=TRAIL, session=None, options=()):
    """Run ``aws cloudtrail validate-logs`` over everything; returns its status and how many of how many are valid."""
    found = run_cli(estate, arn, session, options)
    valid = [re.search(rf"(\d+/\d+) {kind} files valid", found.stdout) for kind in ("digest", "log")]
    return found.returncode, *(match and match[1] for match in valid)


def run_cli(estate, arn=TRAIL, session=None, options=()):
    credentials = (session or estate.member).get_credentials()
    now = datetime.datetime.fromtimestamp(estate.aws.clock.now(), datetime.timezone.utc)
    day = datetime.timedelta(days=1)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    if credentials.token:
        environment["AWS_SESSION_TOKEN"] = credentials.token
    return subprocess.run(
        [sys.executable, "-m", "awscli", "cloudtrail", "validate-logs", "--verbose", "--trail-arn", arn,
         "--start-time", f"{now - day:%Y-%m-%dT%H:%M:%SZ}", "--end-time", f"{now + day:%Y-%m-%dT%H:%M:%SZ}", *options],
        capture_output=True, text=True, check=False, timeout=60, env={
            **environment, "AWS_ENDPOINT_URL": estate.aws.url, "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": credentials.access_key, "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
        })


@pytest.fixture
def delivered(estate):
    """Three digests and three log files: one each."""
    estate.log()
    for mark in ("second", "third"):
        estate.pass_hours()
        estate.probe(mark)
    estate.pass_hours()
    return estate


def test_valid(delivered):
    assert validate(delivered) == (0, "3/3", "3/3")


def log_file(estate, mark):
    return next(key for key, records in estate.log_files() if estate.has(records, mark))


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


def test_no_digests(estate):
    Estate.log(estate)
    assert "No digests found" in run_cli(estate).stdout
