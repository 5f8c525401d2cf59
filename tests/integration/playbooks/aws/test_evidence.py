# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evidence in the archive that somebody deletes or changes: verify fails for the account, and names region and time.

A deployment has digest files of several hours and regions, and one report. Each case is one thing that somebody with access to
the bucket does; all cases of a batch are done at once, each in an account of its own, beside one account that nobody touches.
"Deleted" means a delete marker: the bucket has versions.
"""
from __future__ import annotations

import gzip
import hashlib
import json
import random
import re
from dataclasses import dataclass

import pytest
from helpers.aws.deployments import ARCHIVE, BUCKET, MEMBERS, REGION, inventory_of
from helpers.aws.verifications import AwsDeployment
from helpers.verifications import verify_with_output

from clouds.aws import USUAL, LocalAws

HOUR = 3600
TEAMS = {**MEMBERS, "team-d": "555555555555"}
REGIONS = (REGION, "us-east-1", "ap-northeast-1")
HOURS = 3  # that are validated
OLDER = 2  # hours before them
OPTIONS = ("-e", f"audit_logs_digest_hours={HOURS}", "-e", "audit_logs_probe=false")


@dataclass(frozen=True)
class File:
    """A file in the bucket: a digest file or a log file of a region.

    :param end: of the hour of the digest file, or of that which names the log file.
    """

    key: str
    region: str
    end: str

    def is_named(self, text):
        """Whether a sentence has the name of the file, or names the region and a time in which the hour is."""
        times = sorted(re.findall(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text.replace(self.key, "")))
        return self.key in text or bool(self.region in text and times and times[0] < self.end <= times[-1])


class Evidence:
    """The files of an account in the archive, which a test changes and puts back."""

    def __init__(self, s3, account_id):
        self.s3 = s3
        self._folder = f"{account_id}/AWSLogs/{account_id}/"
        self._written = []
        self._digests = {region: self._digests_of(region) for region in REGIONS}

    def _digests_of(self, region):
        listed = self.s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{self._folder}CloudTrail-Digest/{region}/")["Contents"]
        return sorted((File(one["Key"], region, self._content(one["Key"])["digestEndTime"]) for one in listed), key=lambda file: file.end)

    def _content(self, key):
        return json.loads(gzip.decompress(self.read(key)[0]))

    def digests(self, region):
        """Those of the time that is validated, oldest first."""
        return self._digests[region][-HOURS:]

    def before(self, digest):
        """The digest file of the hour before."""
        return [one for one in self._digests[digest.region] if one.end < digest.end][-1]

    def delete_region(self, region):
        """Delete all digest files and log files of a region."""
        for one in self.s3.list_objects_v2(Bucket=BUCKET, Prefix=self._folder)["Contents"]:
            if f"/{region}/" in one["Key"]:
                self.delete(one["Key"])

    def logs(self, digest):
        """The log files that a digest file names."""
        return [File(one["s3Object"], digest.region, digest.end) for one in self._content(digest.key)["logFiles"]]

    def read(self, key):
        """Content and metadata of an object."""
        found = self.s3.get_object(Bucket=BUCKET, Key=key)
        return found["Body"].read(), found["Metadata"]

    def delete(self, key):
        """Hide an object behind a delete marker."""
        self._written.append((key, self.s3.delete_object(Bucket=BUCKET, Key=key)["VersionId"]))

    def write(self, key, body, metadata):
        """Write a newer version of an object."""
        self._written.append((key, self.s3.put_object(Bucket=BUCKET, Key=key, Body=body, Metadata=metadata)["VersionId"]))

    def put_back(self):
        """Everything is as it was."""
        for key, version in reversed(self._written):
            self.s3.delete_object(Bucket=BUCKET, Key=key, VersionId=version)
        self._written.clear()


# What is done to a list of files of a region; each returns the files that verify has to miss, or to find changed.

def delete(evidence, files, _dice):
    for file in files:
        evidence.delete(file.key)
    return files


def delete_a_region(evidence, files, _dice):
    evidence.delete_region(files[0].region)
    return files


def _change(change):
    def apply(evidence, files, dice):
        for file in files:
            evidence.write(file.key, *change(*evidence.read(file.key), dice))
        return files
    apply.__name__ = change.__name__
    return apply


@_change
def byte(body, metadata, dice):
    """Another byte, unless gzip takes no notice of it, such as the time in its header: then the content is what it was."""
    for _try in range(100):
        at = dice.randrange(len(body))
        changed = body[:at] + bytes([body[at] ^ dice.randrange(1, 256)]) + body[at + 1:]
        try:
            if gzip.decompress(changed) == gzip.decompress(body):
                continue
        except Exception:  # pylint: disable=broad-exception-caught # zlib and gzip raise many
            pass
        return changed, metadata
    raise AssertionError("no byte of the file matters")


@_change
def character(body, metadata, dice):
    """Another character in the unpacked file, which is packed as before."""
    text = gzip.decompress(body)
    at = dice.randrange(len(text))
    return gzip.compress(text[:at] + bytes([text[at] ^ 1]) + text[at + 1:], mtime=0), metadata


@_change
def signature(body, metadata, dice):
    """Another digit."""
    text = metadata["signature"]
    at = dice.randrange(len(text))
    digit = dice.choice([digit for digit in "0123456789abcdef" if digit != text[at]])
    return body, {**metadata, "signature": text[:at] + digit + text[at + 1:]}


@_change
def no_signature(body, metadata, _dice):
    return body, {name: value for name, value in metadata.items() if name != "signature"}


@_change
def empty(_body, metadata, _dice):
    return b"", metadata


@_change
def emptied(_body, metadata, _dice):
    return gzip.compress(b"{}"), metadata


def older(evidence, files, _dice):
    """The digest file of the hour before, under the name of this one."""
    for file in files:
        evidence.write(file.key, *evidence.read(evidence.before(file).key))
    return files


@dataclass(frozen=True)
class Case:
    """One thing that somebody does to the digest files of a region, or to a log file that one of them names.

    :param hours: of the digest files, 0 is the oldest one that is validated.
    """

    what: object
    kind: str
    region: str
    hours: tuple[int, ...]

    def do(self, evidence, dice):
        """Do it; returns the files that verify has to name."""
        files = [evidence.digests(self.region)[hour] for hour in self.hours]
        return self.what(evidence, files if self.kind == "digest" else [dice.choice(evidence.logs(file)) for file in files], dice)

    def __str__(self):
        return f"{self.what.__name__} {self.kind} {self.region} {self.hours}"


def _cases():
    ends = [hours for count in range(2, HOURS + 1) for hours in (tuple(range(count)), tuple(range(HOURS - count, HOURS)))]
    for region in REGIONS:
        yield Case(delete_a_region, "digest", region, tuple(range(HOURS)))
        for hours in dict.fromkeys(ends):
            yield Case(delete, "digest", region, hours)
        for hour in range(HOURS):
            for what in delete, byte, byte, byte, character, empty, emptied:
                yield Case(what, "digest", region, (hour,))
                yield Case(what, "log", region, (hour,))
            for what in signature, signature, no_signature, older:
                yield Case(what, "digest", region, (hour,))


def _batches():
    """All cases, mixed, so many at a time that one account is left untouched."""
    cases = list(_cases())
    random.Random(1).shuffle(cases)
    size = len(TEAMS) - 1
    return [cases[first:first + size] for first in range(0, len(cases), size)]


class OldDeployment(AwsDeployment):
    """Members whose trails have delivered log files and digest files of all hours and regions, and a report on them."""

    def __init__(self, aws, folder):
        super().__init__(aws, folder, inventory_of(TEAMS))
        hours = HOURS + OLDER
        aws.clock.advance(-(hours + 0.1) * HOUR)
        self.setup()
        for hour in range(hours):
            for account_id in TEAMS.values():
                for region in REGIONS:
                    self.client(account_id, "cloudtrail", region).describe_trails()
            aws.clock.advance(HOUR if hour < hours - 1 else 1.1 * HOUR)
        self.first, self.said_first = verify_with_output(self.playbooks, self.inventory, *OPTIONS)
        self.evidence = {name: Evidence(self.client(ARCHIVE, "s3"), account_id) for name, account_id in TEAMS.items()}


@pytest.fixture(scope="module", name="deployment")
def fixture_deployment(tmp_path_factory):
    """A deployment that is set up, in a local AWS of its own."""
    with LocalAws(windows=USUAL) as aws:
        yield OldDeployment(aws, tmp_path_factory.mktemp("evidence"))


def members(report):
    """Accounts of a report, by host, without the archive."""
    return {found["name"]: found for found in report["accounts"] if "member" in found["roles"]}


def test_sound_evidence(deployment):
    for found in members(deployment.first).values():
        assert found["state"] == "ok", found
        assert found["digests"]["state"] == "valid" and found["digests"]["digests"] == HOURS * len(REGIONS)
        assert {one["region"] for one in found["digest_chains"]["regions"]} == set(REGIONS)
        assert found["digests"]["compared_with"] is None
    said = "team-a, team-b, team-c and 1 more: no previous report has digest files of these accounts"
    assert deployment.said_first.count("no previous report") == deployment.said_first.count(said) == 1


@pytest.mark.sample(2)
@pytest.mark.parametrize("number", range(len(_batches())))
def test_what_somebody_does_to_the_evidence(deployment, seed, number):
    batch, dice = _batches()[number], random.Random(f"{seed} {number}")
    teams = list(TEAMS)
    untouched = teams.pop(number % len(teams))
    done = dict(zip(teams, batch))
    missed = {name: case.do(deployment.evidence[name], dice) for name, case in done.items()}
    try:
        found = members(deployment.verify(*OPTIONS))
    finally:
        for evidence in deployment.evidence.values():
            evidence.put_back()
    for name in {*TEAMS} - {*done} | {untouched}:
        assert found[name]["state"] == "ok", found[name]
    for name, case in done.items():
        said = [one["text"] for one in found[name]["findings"] if (one["level"], one["kind"]) == ("failed", "digest")]
        assert found[name]["state"] == "failed" and len(said) == len(found[name]["findings"]), (str(case), found[name])
        for file in missed[name]:
            assert any(file.is_named(text) for text in said), (str(case), file, said)


def test_a_region_that_is_gone_is_missed_until_somebody_accepts_it(deployment):
    """Also after a run that did not validate log files, and with the report of another place."""
    team = ("--limit", "log-archive,team-b")
    gone, known = deployment.evidence["team-b"], members(deployment.first)["team-b"]["digest_chains"]
    gone.delete_region("us-east-1")
    report = deployment.verify(*OPTIONS, *team, "-e", "audit_logs_digest_hours=0")
    found = members(report)["team-b"]
    assert (found["state"], found["digests"], found["digest_chains"]) == ("ok", None, known)
    (deployment.playbooks.folder / "kept.json").write_text(json.dumps(report), encoding="utf-8")
    elsewhere = ("-e", "audit_logs_report_directory=elsewhere", "-e", "audit_logs_previous_report=kept.json")
    run = deployment.playbooks.run("verify", *OPTIONS, *team, *elsewhere, inventory=deployment.inventory)
    assert run.lines["team-b"].startswith("FAILED: posture: ") and "us-east-1" in run.lines["team-b"], run.output
    report, output = verify_with_output(deployment.playbooks, deployment.inventory, *OPTIONS, *team, "-e", "audit_logs_previous_report=none")
    gone.put_back()
    found = members(report)["team-b"]
    assert found["state"] == "ok" and {one["region"] for one in found["digest_chains"]["regions"]} == {*REGIONS} - {"us-east-1"}
    assert "team-b: no previous report has digest files of this account" in output


def test_previous_results_that_cannot_be_used(deployment):
    accounts = deployment.playbooks.folder / "audit-logs-report" / "accounts"
    texts = {path: path.read_text(encoding="utf-8") for path in accounts.iterdir()}
    for host, change in ("team-a", lambda text: text[:-20]), ("team-b", lambda text: text.replace(f'"{BUCKET}/', '"another-bucket/')):
        path = accounts / f"{TEAMS[host]}.json"
        path.write_text(change(texts[path]), encoding="utf-8")
    limit = ("--limit", "log-archive,team-a,team-b,team-c")
    found, output = verify_with_output(deployment.playbooks, deployment.inventory, *OPTIONS, *limit)
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    assert {name: bool(one["digests"]["compared_with"]) for name, one in members(found).items()} == {
        "team-a": False, "team-b": False, "team-c": True}
    output = " ".join(output.split())
    assert "team-a: the previous result cannot be used: " in output and "is not JSON" in output
    assert "team-b: the previous report has digest files of another trail, bucket or folder: arn:aws:cloudtrail" in output
    assert "team-a, team-b: no previous report has digest files of these accounts" in output


@pytest.mark.parametrize("content, said", [(None, "can't be read: No such file or directory"), ("{}", "has no field schema_version")])
def test_a_previous_report_that_somebody_named(deployment, content, said):
    path = deployment.playbooks.folder / "named.json"
    if content:
        path.write_text(content, encoding="utf-8")
    deployment.aws.calls.clear()
    run = deployment.playbooks.run("verify", "-e", f"audit_logs_previous_report={path}", inventory=deployment.inventory)
    assert run.status and not deployment.aws.calls, run.output
    output = " ".join(run.output.split())
    assert f"audit_logs_previous_report: {path} {said}. Name the report.json of the previous verify, or none" in output


def test_verify_begins_where_the_previous_one_ended(deployment):
    """Hours before those that it is asked for, and not with the digest file that was validated before."""
    evidence, path = deployment.evidence["team-a"], deployment.playbooks.folder / "audit-logs-report" / "accounts" / f"{TEAMS['team-a']}.json"
    text = path.read_text(encoding="utf-8")
    result, oldest = json.loads(text), {}
    for region in result["digest_chains"]["regions"]:
        oldest[region["region"]] = file = evidence.before(evidence.digests(region["region"])[0])
        region["last"] = file.end
        region["start"] = {"end": file.end, "hash": hashlib.sha256(gzip.decompress(evidence.read(file.key)[0])).hexdigest()}
    path.write_text(json.dumps(result), encoding="utf-8")
    lost = evidence.digests(REGION)[0]
    evidence.delete(lost.key)
    try:
        found = members(deployment.verify(*OPTIONS, "-e", "audit_logs_digest_hours=1", "--limit", "log-archive,team-a"))["team-a"]
    finally:
        evidence.put_back()
        path.write_text(text, encoding="utf-8")
    assert {one["region"]: one["from"] for one in found["digests"]["regions"]} == {region: file.end for region, file in oldest.items()}
    assert found["digests"]["digests"] == HOURS * len(REGIONS) - 1 and found["digests"]["unvalidated"] is None
    assert [lost.key in one["text"] for one in found["findings"]] == [True], found["findings"]
    starts = {one["region"]: one["start"]["end"] for one in found["digest_chains"]["regions"]}
    assert starts == {region: evidence.digests(region)[-1].end for region in REGIONS}
