# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Log files validated by their digests: what is sound passes, and nothing that was touched does."""
from __future__ import annotations

import gzip
import hashlib
import json

import pytest
from helpers.aws.modules import ACCOUNT, BUCKET, OTHER, REGION, TRAIL, Account

from clouds.clock import iso

HOUR = 3600
YEAR = 365 * 24 * HOUR
FOLDER = f"{ACCOUNT}/AWSLogs/{ACCOUNT}"
ASKED = {"account_id": ACCOUNT, "name": TRAIL, "region": REGION, "prefix": ACCOUNT}


@pytest.fixture(name="account")
def fixture_account(aws):
    """An account whose trail has digests of three hours, with events in each."""
    account = Account(aws)
    account.make_bucket(trails=[{"account_id": ACCOUNT}, {"account_id": OTHER}])
    account.make_trail(EnableLogFileValidation=True)
    for _hour in range(3):
        account.client("cloudtrail").describe_trails()
        aws.clock.advance(HOUR)
    return account


def check(account, *trails, **options):
    """What the module says of the trail."""
    until = iso(account.aws.clock.now() + 60)
    options = {"s3_bucket_name": BUCKET, "hours": 24, "until": until, **options}
    result = account.run("cloudtrail_digests_info", trails=list(trails) or [ASKED], **options)
    return result if result.get("failed") or trails else {**result["trails"][ACCOUNT], "calls": result["calls"]}


def keys(account, kind, region=REGION):
    """Keys of log files or digest files, oldest first."""
    listed = account.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=f"{FOLDER}/{kind}/{region}/")
    return [entry["Key"] for entry in listed["Contents"]]


def rewrite(account, key, change, storage_class="STANDARD", **metadata):
    """Change an object, keeping what stands beside it."""
    s3 = account.client("s3")
    found = s3.get_object(Bucket=BUCKET, Key=key)
    body = change(found["Body"].read())
    s3.put_object(Bucket=BUCKET, Key=key, Body=body, Metadata={**found["Metadata"], **metadata}, StorageClass=storage_class)


def archive(account, key):
    """Put an object into a storage class whose objects cannot be read."""
    rewrite(account, key, lambda body: body, "GLACIER")


def edited(change):
    """A change of the JSON in a file."""
    def rewrite_json(body):
        document = json.loads(gzip.decompress(body))
        change(document)
        return gzip.compress(json.dumps(document).encode())
    return rewrite_json


def one_byte(body):
    """One character of the unpacked file is another."""
    text = gzip.decompress(body)
    return gzip.compress(text.replace(b"Describe", b"describe", 1) if b"Describe" in text else text[:-2] + b" " + text[-2:])


def test_what_cloudtrail_wrote_is_valid(account):
    found = check(account)
    assert found["state"] == "valid" and found["problems"] == []
    assert found["digests"] == len(keys(account, "CloudTrail-Digest")) >= 3
    assert found["log_files"] >= 3
    assert found["calls"].count("cloudtrail:ListPublicKeys") == 1
    assert found["calls"].count("s3:GetObject") == found["digests"] + found["log_files"]


def test_digests_alone(account):
    found = check(account, log_files=False)
    assert found["state"] == "valid" and found["log_files"] == 0
    assert found["calls"].count("s3:GetObject") == found["digests"]


def test_no_digests_yet(aws):
    account = Account(aws)
    account.make_bucket()
    account.make_trail(EnableLogFileValidation=True)
    assert check(account)["state"] == "none"


def test_digests_of_another_trail_are_not_looked_at(account):
    assert check(account, {**ASKED, "name": "other"})["trails"][ACCOUNT]["state"] == "none"


class TestChains:
    """A validation that goes on where an earlier one ended, five hours ago, which is longer than it is asked for."""

    @pytest.fixture(autouse=True)
    def fixture_earlier(self, account):
        self.account = account
        self.earlier = check(account)["regions"][0]
        self.known = len(keys(account, "CloudTrail-Digest"))
        for _hour in range(5):
            account.client("cloudtrail").describe_trails()
            account.aws.clock.advance(HOUR)

    def check(self, **changes):
        """What the module says, given the earlier result."""
        result = check(self.account, {**ASKED, "chains": [{"region": REGION, **self.earlier["start"], **changes}]}, hours=1)
        return {**result["trails"][ACCOUNT], "calls": result["calls"]}

    def test_nothing_is_left_out_and_nothing_read_twice(self):
        found = self.check()
        assert (found["state"], found["digests"], found["regions"][0]["from"]) == ("valid", 5, self.earlier["last"])
        assert found["log_files"] >= 5
        assert found["calls"].count("s3:GetObject") == found["digests"] + found["log_files"]
        newest = keys(self.account, "CloudTrail-Digest")[-1]
        content = gzip.decompress(self.account.client("s3").get_object(Bucket=BUCKET, Key=newest)["Body"].read())
        assert found["regions"][0]["start"] == {"end": end_of(newest), "hash": hashlib.sha256(content).hexdigest()}

    def test_without_it_only_the_hours(self):
        found = check(self.account, hours=1)
        assert found["digests"] == 1 and found["regions"][0]["from"] == found["from"]

    @pytest.mark.parametrize("number", [0, 1, 3])
    def test_a_deleted_digest_file(self, number):
        """Also the one where it begins."""
        key = keys(self.account, "CloudTrail-Digest")[self.known - 1 + number]
        self.account.client("s3").delete_object(Bucket=BUCKET, Key=key)
        found = self.check()
        assert [problem.partition(": ")[0] for problem in found["problems"]] == [f"digest file {key} is missing"]

    @pytest.mark.parametrize("hours", [1, 100])
    def test_a_chain_that_does_not_connect(self, hours):
        key, is_read = keys(self.account, "CloudTrail-Digest")[self.known - 1], hours == 100
        chain = {"region": REGION, "end": self.earlier["last"], "hash": "0" * 64}
        found = check(self.account, {**ASKED, "chains": [chain]}, hours=hours)["trails"][ACCOUNT]
        assert found["problems"] == [
            f"digest file {key} is not the one that was validated before: its hash is {self.earlier['start']['hash']}, and was {'0' * 64}"]
        assert found["digests"] == (self.known + 5 if is_read else 5)

    @pytest.mark.parametrize("kind", ["CloudTrail-Digest", "CloudTrail"])
    @pytest.mark.parametrize("is_archived", [False, True])
    def test_a_file_that_could_not_be_read_is_read_the_next_time(self, kind, is_archived):
        """Unless it is archived: then it could not be read the next time either."""
        key = keys(self.account, "CloudTrail-Digest")[-2] if kind == "CloudTrail-Digest" else sorted(_covered(self.account))[-1]
        if is_archived:
            archive(self.account, key)
        else:
            self.account.aws.restrictions[ACCOUNT] = [json.dumps({"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": "*", "Resource": "*"},
                {"Effect": "Deny", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/{key}"}]})]
        found = self.check()
        assert len(found["problems"]) == 1 and f"{key} can't be read" in found["problems"][0]
        assert (found["regions"][0]["start"] == self.earlier["start"]) != is_archived

    def test_a_new_chain_after_a_time_without_digest_files(self):
        cloudtrail, aws = self.account.client("cloudtrail"), self.account.aws
        self.earlier = self.check()["regions"][0]
        cloudtrail.stop_logging(Name=TRAIL)
        aws.clock.advance(3 * HOUR)
        cloudtrail.start_logging(Name=TRAIL)
        aws.clock.advance(3 * HOUR)
        assert "begins a new chain" in self.check()["problems"][0]

    def test_one_that_is_too_old(self):
        found = self.check(end="2020-01-01T00:00:00Z")
        assert (found["state"], found["digests"]) == ("valid", 1)

    def test_it_remains_if_nothing_can_be_validated(self):
        newest = keys(self.account, "CloudTrail-Digest")[-1]
        rewrite(self.account, newest, one_byte)
        start = self.check()["regions"][0]["start"]
        assert start["end"] == end_of(keys(self.account, "CloudTrail-Digest")[-2])
        for key in keys(self.account, "CloudTrail-Digest")[self.known:]:
            rewrite(self.account, key, one_byte)
        assert self.check()["regions"][0]["start"] == self.earlier["start"]


def test_a_key_that_has_changed_since_the_earlier_validation(aws):
    """CloudTrail is asked for the keys of all the time that is validated, and not of the hours alone."""
    now = aws.clock.now()
    aws.clock.advance((now // YEAR + 1) * YEAR - now - 6 * HOUR)  # the local AWS has a key for each year
    account = Account(aws)
    account.make_bucket()
    account.make_trail(EnableLogFileValidation=True)
    for _hour in range(3):
        account.client("cloudtrail").describe_trails()
        aws.clock.advance(HOUR)
    start = check(account, hours=2)["regions"][0]["start"]
    for _hour in range(8):
        account.client("cloudtrail").describe_trails()
        aws.clock.advance(HOUR)
    found = check(account, {**ASKED, "chains": [{"region": REGION, **start}]}, hours=2)["trails"][ACCOUNT]
    assert (found["state"], found["digests"], found["problems"]) == ("valid", 8, [])


@pytest.mark.parametrize("hours", [1, 24, 100])
def test_digest_files_outside_of_the_time(account, hours):
    """Those of later days are not even listed, however many there are."""
    until = iso(account.aws.clock.now() + 60)
    expected = check(account, until=until, hours=hours)
    account.aws.clock.advance(48 * HOUR)
    account.client("cloudtrail").describe_trails()
    assert {**check(account, until=until, hours=hours), "calls": 0} == {**expected, "calls": 0}


def test_log_files_that_were_read_before_are_not_read_again(account):
    known, changed = sorted(_covered(account))[:2]
    content = gzip.decompress(account.client("s3").get_object(Bucket=BUCKET, Key=known)["Body"].read())
    found = check(account, hashes={known: hashlib.sha256(content).hexdigest(), changed: "0" * 64})
    assert found["calls"].count("s3:GetObject") == found["digests"] + found["log_files"] - 2
    assert found["problems"] == [f"log file {changed} was changed: its hash differs from the hash in the digest file"]


@pytest.mark.parametrize("which", [0, -1])
def test_a_changed_log_file(account, which):
    listed = [key for key in keys(account, "CloudTrail") if key in _covered(account)]
    rewrite(account, listed[which], one_byte)
    found = check(account)
    assert found["state"] == "invalid"
    assert found["problems"] == [f"log file {listed[which]} was changed: its hash differs from the hash in the digest file"]


def _covered(account):
    """Log files that a digest names."""
    s3 = account.client("s3")
    digests = [json.loads(gzip.decompress(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()))
               for key in keys(account, "CloudTrail-Digest")]
    return {entry["s3Object"] for digest in digests for entry in digest["logFiles"]}


def test_a_log_file_that_is_no_gzip_any_more(account):
    key = sorted(_covered(account))[0]
    rewrite(account, key, lambda body: b"nothing")
    assert check(account)["problems"] == [f"log file {key} was changed: its hash differs from the hash in the digest file"]


def test_a_deleted_log_file(account):
    key = sorted(_covered(account))[0]
    account.client("s3").delete_object(Bucket=BUCKET, Key=key)
    assert check(account)["problems"] == [f"log file {key} is missing"]


def test_what_can_not_be_read_is_one_accounts_problem(aws, account):
    other = Account(aws, OTHER)
    other.make_trail(EnableLogFileValidation=True)
    other.client("cloudtrail").describe_trails()
    aws.clock.advance(HOUR)
    archived = [sorted(_covered(account))[0], keys(account, "CloudTrail-Digest")[-1]]
    for key in archived:
        archive(account, key)
    found = check(account, ASKED, {**ASKED, "account_id": OTHER, "prefix": OTHER})["trails"]
    assert found[OTHER]["problems"] == []
    assert [problem.partition(": ")[0] for problem in found[ACCOUNT]["problems"]] == [
        f"digest file {archived[1]} can't be read", f"log file {archived[0]} can't be read"]
    assert all("InvalidObjectState" in problem for problem in found[ACCOUNT]["problems"])


@pytest.mark.parametrize("change, said", [
    (one_byte, "was changed"),
    (edited(lambda digest: digest["logFiles"].clear()), "was changed"),
    (edited(lambda digest: digest.update(digestPublicKeyFingerprint="0" * 32)), "is signed with a key that is not one of CloudTrail"),
    (edited(lambda digest: digest.update(digestSignatureAlgorithm="none")), "its signature is not valid"),
    (edited(lambda digest: digest.update(digestS3Object="elsewhere")), "was moved: it says that it is elsewhere"),
    (lambda body: b"nothing", "can't be read"),
    (lambda body: gzip.compress(b"[]"), "can't be read"),
])
def test_a_changed_digest_file(account, change, said):
    newest = keys(account, "CloudTrail-Digest")[-1]
    rewrite(account, newest, change)
    found = check(account)
    assert found["state"] == "invalid" and len(found["problems"]) == 1
    assert newest in found["problems"][0] and said in found["problems"][0]


def test_a_digest_file_in_the_middle_that_was_changed(account):
    middle = keys(account, "CloudTrail-Digest")[1]
    rewrite(account, middle, one_byte)
    assert check(account)["problems"] == [
        f"digest file {middle} was changed: its hash differs from the hash in the next digest file",
    ]


@pytest.mark.parametrize("signature", ["", "zz", "00" * 256])
def test_another_signature(account, signature):
    newest = keys(account, "CloudTrail-Digest")[-1]
    rewrite(account, newest, lambda body: body, signature=signature)
    assert check(account)["problems"] == [f"digest file {newest} was changed: its signature is not valid"]


def test_a_digest_file_of_another_hour_under_its_name(account):
    first, *_others, newest = keys(account, "CloudTrail-Digest")
    found = account.client("s3").get_object(Bucket=BUCKET, Key=first)
    body = found["Body"].read()
    rewrite(account, newest, lambda _: body, **found["Metadata"])
    assert "was moved" in check(account)["problems"][0]


def end_of(key):
    """End of the hour of a digest file, as a problem says it."""
    text = key.rpartition("_")[2]
    return f"{text[:4]}-{text[4:6]}-{text[6:11]}:{text[11:13]}:{text[13:15]}Z"


@pytest.mark.parametrize("count", [1, 2])
def test_deleted_digest_files(account, count):
    aws = account.aws
    aws.clock.advance(HOUR)
    listed = keys(account, "CloudTrail-Digest")
    for key in listed[1:1 + count]:
        account.client("s3").delete_object(Bucket=BUCKET, Key=key)
    period = f"{end_of(listed[0])} to {end_of(listed[count])}"
    assert check(account)["problems"] == [f"digest file {listed[count]} is missing: no digest file of {REGION} covers {period}"]


@pytest.mark.parametrize("count", [1, 2])
def test_the_oldest_digest_files_deleted(account, count):
    listed = keys(account, "CloudTrail-Digest")
    for key in listed[:count]:
        account.client("s3").delete_object(Bucket=BUCKET, Key=key)
    found = check(account)
    period = f"{found['from']} to {end_of(listed[count - 1])}"
    assert found["problems"] == [f"digest file {listed[count - 1]} is missing: no digest file of {REGION} covers {period}"]
    assert found["regions"][0]["began"] is None


def test_a_trail_that_was_stopped_for_hours(account):
    cloudtrail, aws = account.client("cloudtrail"), account.aws
    began = check(account)["regions"][0]["began"]
    assert began and began < end_of(keys(account, "CloudTrail-Digest")[0])
    cloudtrail.stop_logging(Name=TRAIL)
    aws.clock.advance(3 * HOUR)
    last = keys(account, "CloudTrail-Digest")[-1]
    cloudtrail.start_logging(Name=TRAIL)
    aws.clock.advance(2 * HOUR)
    first = next(key for key in keys(account, "CloudTrail-Digest") if end_of(key) > end_of(last))
    found = check(account)
    assert [problem.partition(" to ")[0] for problem in found["problems"]] == [
        f"digest file {first} begins a new chain: no digest file of {REGION} covers {end_of(last)}"]
    assert found["regions"][0]["began"] == began


def test_a_trail_that_was_stopped_for_a_moment(account):
    """The digest files of the old chain and of the new one overlap."""
    cloudtrail, aws = account.client("cloudtrail"), account.aws
    aws.clock.advance(HOUR / 2)
    cloudtrail.stop_logging(Name=TRAIL)
    cloudtrail.start_logging(Name=TRAIL)
    aws.clock.advance(3 * HOUR)
    assert check(account)["problems"] == []


@pytest.fixture(name="everywhere")
def fixture_everywhere(account):
    """The account, its trail one of all regions for two hours, with events of IAM, which are of another region."""
    account.client("cloudtrail").update_trail(Name=TRAIL, IsMultiRegionTrail=True)
    for _hour in range(2):
        account.client("iam").list_roles()
        account.aws.clock.advance(HOUR)
    return account


def test_log_files_of_all_regions(everywhere):
    found = check(everywhere)
    assert found["state"] == "valid"
    there = [key for region in (REGION, "us-east-1") for key in keys(everywhere, "CloudTrail-Digest", region)]
    assert found["digests"] == len(there)
    assert found["calls"].count("cloudtrail:ListPublicKeys") == 2
    assert found["calls"].count("s3:ListObjectsV2") == 1 + 2  # regions, whatever the number of days
    key = keys(everywhere, "CloudTrail", "us-east-1")[0]
    everywhere.client("s3").delete_object(Bucket=BUCKET, Key=key)
    assert check(everywhere)["problems"] == [f"log file {key} is missing"]


def test_digest_files_of_another_home_region_are_not_looked_at(everywhere):
    assert check(everywhere, {**ASKED, "region": "us-east-1"})["trails"][ACCOUNT]["state"] == "none"


@pytest.mark.parametrize("allowed, problems", [(REGION, 0), ("us-east-1", 1)])
def test_a_region_that_does_not_give_its_keys(everywhere, allowed, problems):
    statements = [
        {"Effect": "Allow", "Action": "cloudtrail:ListPublicKeys", "Resource": "*",
         "Condition": {"StringEquals": {"aws:RequestedRegion": allowed}}},
        {"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetObject"], "Resource": "*"},
    ]
    result = check(_session(everywhere, statements), ASKED)
    found = result["trails"][ACCOUNT]
    other = {"us-east-1", REGION} - {allowed}
    said = f"digest files of {min(other)} are not validated, because CloudTrail returned no public keys in this region: "
    assert len(found["problems"]) == problems and all(problem.startswith(said) for problem in found["problems"])
    assert found["digests"] == len(keys(everywhere, "CloudTrail-Digest", allowed))
    assert said in str(result["warnings"])


def test_several_accounts_are_distinguished(aws, account):
    other = Account(aws, OTHER)
    other.make_trail(EnableLogFileValidation=True)
    other.client("cloudtrail").describe_trails()
    aws.clock.advance(HOUR)
    key = sorted(_covered(account))[0]
    rewrite(account, key, one_byte)
    found = check(account, ASKED, {**ASKED, "account_id": OTHER, "prefix": OTHER})["trails"]
    assert {number: one["state"] for number, one in found.items()} == {ACCOUNT: "invalid", OTHER: "valid"}


def test_the_validation_role_is_enough(account):
    statements = [
        {"Effect": "Allow", "Action": ["cloudtrail:DescribeTrails", "cloudtrail:ListPublicKeys"], "Resource": "*"},
        {"Effect": "Allow", "Action": ["s3:GetBucketLocation", "s3:ListBucket"], "Resource": f"arn:aws:s3:::{BUCKET}"},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"},
    ]
    assert check(_session(account, statements))["state"] == "valid"


def _session(account, statements):
    """The account as a role sees it that has a policy of some statements."""
    iam = account.client("iam")
    trust = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}]}
    role = iam.create_role(RoleName="validation", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName="validation", PolicyName="validate-logs",
                        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}))
    session = account.client("sts").assume_role(RoleArn=role, RoleSessionName="validation")
    return account.with_credentials(session["Credentials"])


@pytest.mark.parametrize("options, said", [
    ({"hours": 0}, "hours: give 1 to 8760"),
    ({"hours": 10**9}, "hours: give 1 to 8760"),
    ({"until": "soon"}, "until: 'soon' is not a time in UTC"),
    ({"trails": [{**ASKED, "account_id": "1"}]}, "account id '1'"),
    ({"trails": [{**ASKED, "name": "x"}]}, "trail name 'x'"),
    ({"trails": [{**ASKED, "chains": [{"region": REGION, "end": "x", "hash": "0"}]}]}, "end: 'x' is not a time in UTC"),
    ({"trails": [{**ASKED, "chains": [{"region": REGION, "end": "2026-11-21T06:00:00Z", "hash": "0"}]}]}, "hash: '0' is not a SHA-256 hash"),
    ({"hashes": {"x": 7}}, "hashes: 7 is not a SHA-256 hash"),
])
def test_bad_options(account, options, said):
    result = account.run("cloudtrail_digests_info", **{"s3_bucket_name": BUCKET, "trails": [ASKED], **options})
    assert result["failed"] and said in result["msg"]
    assert not result["calls"]


def test_a_bucket_that_is_not_there(account):
    result = account.run("cloudtrail_digests_info", s3_bucket_name="nobody-has-this", trails=[ASKED])
    assert result["failed"] and "Failed to validate the log files in nobody-has-this" in result["msg"]
