# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verification on an AWS that takes its time: a broken destination does not end the wait for another.

The deployment is set up once, two hours ago by CloudTrail's clock, so that there are digests. Each test breaks something
that leaves the log files alone, and puts it back; the last one leaves no log files.
"""
from __future__ import annotations

import json

import pytest
from helpers.aws.deployments import ARCHIVE, BUCKET, MEMBERS, REGION, ROLE, TRAIL, inventory_of
from helpers.aws.verifications import AwsDeployment

from clouds.aws import USUAL, LocalAws
from clouds.aws.cloudtrail.recorder import Recorder

TEAM_A = MEMBERS["team-a"]
FOLDER = f"{TEAM_A}/AWSLogs/{TEAM_A}"
HOUR = 3600
TAKES = 6  # seconds until events are delivered; a look into the bucket comes sooner, as a rule
ALONE = ("-e", "audit_logs_previous_report=none")  # verify has GetTrailStatus, and nothing else to compare with
PATIENCE = ("-e", "audit_logs_probe_deadline=40")


class AgedDeployment(AwsDeployment):
    """An archive and two members that were set up two hours ago."""

    def __init__(self, aws, folder):
        super().__init__(aws, folder, inventory_of(2, audit_logs_aws_cloudwatch=True))
        aws.clock.advance(-2 * HOUR)
        self.setup()
        aws.clock.advance(2 * HOUR)

    def found(self, *arguments, inventory=None, limit="log-archive:team-a"):
        """What a verification says, by host. Without team-b: what is waited for there must not lengthen the wait."""
        report = self.verify(*PATIENCE, "--limit", limit, *arguments, inventory=inventory)
        return {found["name"]: found for found in report["accounts"]}


@pytest.fixture(scope="module", name="deployment")
def fixture_deployment(tmp_path_factory):
    """A deployment that is set up, in a local AWS of its own."""
    with LocalAws(delivery_interval=TAKES, windows=USUAL) as aws:
        yield AgedDeployment(aws, tmp_path_factory.mktemp("verify"))


def destinations(found):
    """What became of the probe, by kind of destination."""
    return {one["kind"]: one["state"] for one in found["probe"]["destinations"]}


ARRIVED = {"s3": "arrived", "cloudwatch_logs": "arrived"}


def test_what_takes_time_is_waited_for(deployment):
    found = deployment.found()["team-a"]
    assert (found["state"], destinations(found), found["digests"]["state"]) == ("ok", ARRIVED, "valid"), found


def test_a_probe_that_is_lost_is_created_again(deployment, monkeypatch):
    """Any of the events counts. A probe that arrives costs no second call."""
    record, probes = Recorder.record, []

    def forget_the_first(self, request, response, code):
        names = request.parameters.get("trailNameList") or [""]
        if names[0].startswith("probe-"):
            probes.append(request.account)
            if probes.count(TEAM_A) == 1 and request.account == TEAM_A:
                return
        record(self, request, response, code)

    monkeypatch.setattr(Recorder, "record", forget_the_first)
    found = deployment.found("-e", "audit_logs_probe_repeat=20", "-e", "audit_logs_probe_deadline=90", limit="all")
    assert probes == [TEAM_A, MEMBERS["team-b"], TEAM_A] or probes == [MEMBERS["team-b"], TEAM_A, TEAM_A]
    assert [(found[name]["state"], destinations(found[name])) for name in ("team-a", "team-b")] == [("ok", ARRIVED)] * 2, found


def test_the_role_for_validating_is_enough_and_is_what_validates(deployment):
    inventory = inventory_of(
        2, audit_logs_aws_cloudwatch=True, audit_logs_aws_validation_role=f"{BUCKET}-cloudtrail-validation",
        aws_trail_validation_principals=[f"arn:aws:iam::{ARCHIVE}:root"],
    )
    deployment.setup(inventory=inventory)
    found = deployment.found(inventory=inventory)
    assert (found["log-archive"]["state"], found["team-a"]["digests"]["state"]) == ("warning", "valid"), found
    iam = deployment.client(ARCHIVE, "iam")
    iam.delete_role_policy(RoleName=f"{BUCKET}-cloudtrail-validation", PolicyName="validate-logs")
    found = deployment.found(inventory=inventory)
    assert (found["log-archive"]["phase"], found["team-a"]["digests"]) == ("digests", None), found
    assert "AccessDenied" in found["log-archive"]["reason"]
    assert deployment.found()["team-a"]["digests"]["state"] == "valid"


def test_a_log_group_that_is_cut_off_does_not_end_the_wait_in_the_bucket(deployment):
    trust = {"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole",
    }]}
    iam = deployment.client(TEAM_A, "iam")
    trusted = iam.get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]
    iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(trust))
    found = deployment.found()["team-a"]
    iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(trusted))
    assert destinations(found) == {"s3": "arrived", "cloudwatch_logs": "missing"}, found
    assert "sts:AssumeRole" in found["reason"]


def test_digests_that_cannot_be_delivered_do_not_end_the_wait(deployment):
    denial = {
        "Sid": "NoDigests", "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{BUCKET}/{FOLDER}/CloudTrail-Digest/*",
    }
    deployment.change_bucket_policy(lambda statements: [*statements, denial])
    found = deployment.found()["team-a"]
    deployment.change_bucket_policy(lambda statements: [one for one in statements if one.get("Sid") != "NoDigests"])
    assert destinations(found) == ARRIVED, found
    assert found["state"] == "failed" and "NoDigests" in found["reason"]
    assert [(one["kind"], one["controls"]) for one in found["findings"]] == [("digest", ["CIS AWS 3.2"])]


def test_what_another_policy_of_the_role_allows_is_allowed(deployment):
    iam = deployment.client(TEAM_A, "iam")
    own = iam.list_role_policies(RoleName=ROLE)["PolicyNames"][0]
    allowed = iam.get_role_policy(RoleName=ROLE, PolicyName=own)["PolicyDocument"]
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]}
    arn = iam.create_policy(PolicyName="mine", PolicyDocument=json.dumps(policy))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=ROLE, PolicyArn=arn)
    iam.delete_role_policy(RoleName=ROLE, PolicyName=own)
    found = deployment.found()["team-a"]
    iam.put_role_policy(RoleName=ROLE, PolicyName=own, PolicyDocument=json.dumps(allowed))
    iam.detach_role_policy(RoleName=ROLE, PolicyArn=arn)
    assert destinations(found) == ARRIVED, found
    assert [one["kind"] for one in found["findings"]] == ["drift"]


def test_what_the_inventory_asks_not_to_record_is_not_waited_for(deployment):
    objects = {"type": "AWS::S3::Object", "values": ["arn:aws:s3"]}
    data = {"include_management_events": False, "data_resources": [objects]}
    inventory = inventory_of(2, audit_logs_aws_cloudwatch=True, hosts={
        "team-a": {"aws_trail_event_selectors": [data]}, "team-b": {"aws_trail_enable_logging": False},
    })
    deployment.setup(inventory=inventory)
    accounts = deployment.found(inventory=inventory, limit="all")
    for name, said in ("team-a", "records no management events"), ("team-b", "is stopped"):
        found = accounts[name]
        assert (found["state"], found["probe"]["state"], found["probe"]["destinations"]) == ("warning", "skipped", []), found
        assert found["reason"] == f"trail {TRAIL} {said}, as configured in the inventory"
    deployment.setup()
    found = deployment.found()["team-a"]  # setup leaves selectors alone that the inventory does not name
    assert (found["state"], found["reason"]) == (
        "failed", f"trail {TRAIL} records no management events: correct its event selectors")
    deployment.client(TEAM_A, "cloudtrail").put_event_selectors(TrailName=TRAIL, EventSelectors=[
        {"ReadWriteType": "All", "IncludeManagementEvents": True}])


@pytest.mark.parametrize("count", [1, 2])
def test_the_newest_digests_that_were_deleted(deployment, count):
    """Nothing that is left refers to them; CloudTrail knows when it delivered the last one."""
    s3 = deployment.client(ARCHIVE, "s3")
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{FOLDER}/CloudTrail-Digest/{REGION}/")["Contents"]
    newest = sorted(one["Key"] for one in listed)[-count:]
    markers = {key: s3.delete_object(Bucket=BUCKET, Key=key)["VersionId"] for key in newest}
    found = deployment.found("-e", "audit_logs_digest_hours=5", *ALONE)["team-a"]
    for key, marker in markers.items():
        s3.delete_object(Bucket=BUCKET, Key=key, VersionId=marker)
    assert (found["state"], found["findings"][0]["kind"]) == ("failed", "digest"), found
    assert f"bucket {BUCKET} has none of {REGION} " in found["reason"]
    assert deployment.found("-e", "audit_logs_digest_hours=5")["team-a"]["state"] == "ok"


def test_log_files_and_digests_that_were_deleted_all(deployment):
    s3 = deployment.client(ARCHIVE, "s3")
    for version in s3.list_object_versions(Bucket=BUCKET, Prefix=FOLDER)["Versions"]:
        s3.delete_object(Bucket=BUCKET, Key=version["Key"], VersionId=version["VersionId"])
    found = deployment.found(*ALONE)["team-a"]
    assert (found["state"], found["phase"], found["digests"]["state"]) == ("failed", "posture", "none"), found
    assert found["reason"].startswith(f"CloudTrail delivered a digest file of trail {TRAIL} at ")
    assert deployment.found("-e", "audit_logs_digest_hours=0")["team-a"]["state"] == "ok"
