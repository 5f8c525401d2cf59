# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mode existing_trail: the trail of a landing zone, which somebody else manages, records the members."""
from __future__ import annotations

import copy
import json

import pytest
from clouds.aws import USUAL, LocalAws
from helpers import guides, permissions
from helpers.aws import landing_zone
from helpers.aws.deployments import ARCHIVE, BUCKET as OWN_BUCKET, MANAGEMENT, REGION, Account, inventory_of, writes
from helpers.aws.dumps import dump
from helpers.aws.organizations import SCP, Organization, set_state
from helpers.aws.trails import document
from helpers.aws.verifications import AwsDeployment
from helpers.dumps import Unchanged
from helpers.verifications import SOON, verify_with_output

BUCKET = f"aws-controltower-logs-{ARCHIVE}-{REGION}"
ARN = f"arn:aws:cloudtrail:{REGION}:{MANAGEMENT}:trail/{landing_zone.BASELINE_TRAIL}"
MEMBERS = {"log-archive": ARCHIVE, "team-a": "222222222222", "team-b": "333333333333"}
READER = "AuditReader"
[_VARIABLES] = guides.run_by(__file__, "docs/aws.md")
# With it, a run creates all kinds of resources that there are.
EVERYTHING = {
    "aws_trail_bucket_encryption": "aws:kms", "audit_logs_aws_cloudwatch": True,
    "aws_trail_validation_principals": [f"arn:aws:iam::{MANAGEMENT}:root"],
}


def let_read(aws, *accounts):
    """Give accounts a role that the management account may assume, and that may do what docs/permissions.md says of the mode."""
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{MANAGEMENT}:root"}, "Action": "sts:AssumeRole"}
    for account in accounts:
        iam = aws.session(account).client("iam")
        iam.create_role(RoleName=READER, AssumeRolePolicyDocument=document(trust))
        for kind in ["member", "archive"] if account == ARCHIVE else ["member"]:
            policy = permissions.policy("aws", kind, "verify", ARCHIVE_ACCOUNT_ID=ARCHIVE, BUCKET=BUCKET, TRAIL=landing_zone.BASELINE_TRAIL)
            iam.put_role_policy(RoleName=READER, PolicyName=kind, PolicyDocument=json.dumps(policy))


@pytest.fixture(scope="module", name="zone")
def fixture_zone(tmp_path_factory):
    """A landing zone, and an inventory whose accounts its trail records."""
    with LocalAws(windows=USUAL) as aws:
        landing_zone.place(aws, ARCHIVE, [account for account in MEMBERS.values() if account != ARCHIVE])
        let_read(aws, *MEMBERS.values())
        aws.settle()
        organization = aws.session().client("organizations").describe_organization()["Organization"]["Id"]
        yield AwsDeployment(aws, tmp_path_factory.mktemp("zone"), inventory_of(
            MEMBERS, audit_logs_aws_role=READER, **{
                **_VARIABLES.data, "aws_trail_s3_key_prefix": organization, "aws_trail_bucket_organization_id": organization,
            }))


def test_each_account_is_proven(zone):
    """With permissions to read, and without a call that writes: the probe is a call that reads, too."""
    kept = Unchanged(lambda: dump(zone.aws))
    writes(zone.aws)
    report = zone.verify()
    assert writes(zone.aws) == []
    kept.check()
    assert {one["name"]: one["probe"]["state"] for one in report["accounts"]} == dict.fromkeys(MEMBERS, "arrived"), report
    assert {one["state"] for one in report["accounts"]} == {"ok"}, report


@pytest.mark.parametrize("playbook", ["setup", "destroy"])
def test_nothing_is_changed(zone, playbook):
    writes(zone.aws)
    run = zone.playbooks.run(playbook, inventory=zone.inventory)
    assert run.status == 0, run.output
    assert set(run.lines.values()) == {"ok: nothing to do"}
    assert writes(zone.aws) == []


def test_a_stopped_trail(zone):
    trails = zone.client(MANAGEMENT, "cloudtrail")
    trails.stop_logging(Name=ARN)
    try:
        found = {one["name"]: one["reason"] for one in zone.verify()["accounts"] if one["state"] == "failed"}
    finally:
        trails.start_logging(Name=ARN)
    assert found == dict.fromkeys(MEMBERS, f"trail {landing_zone.BASELINE_TRAIL} is stopped: start it, or ask its owner")


def test_a_trail_that_delivers_elsewhere(zone):
    found = zone.verify("-e", "aws_trail_s3_key_prefix=other")["accounts"]
    assert all("delivers below" in one["reason"] and "not below 'other'" in one["reason"] for one in found), found


def test_without_the_account_of_the_bucket(zone):
    """Then CloudTrail's word and the account's own Event history are all that there is, and the run says so."""
    inventory = {"all": {**zone.inventory["all"], "children": {
        name: group for name, group in zone.inventory["all"]["children"].items() if name != "aws_archive"}}}
    report, output = verify_with_output(zone.playbooks, inventory)
    assert {one["state"] for one in report["accounts"]} == {"ok"}, output
    assert "weaker evidence" in output


class TestASecondCopy:
    """Trails of our own beside that of the landing zone, of which nothing changes, byte for byte."""

    def test_from_the_plan_to_the_end(self, zone):
        inventory = inventory_of({"team-a": MEMBERS["team-a"]}, **EVERYTHING)
        kept = Unchanged(lambda: dump(zone.aws))
        writes(zone.aws)

        def run(playbook, *arguments):
            found = zone.playbooks.run(playbook, *arguments, inventory=inventory)
            kept.check()
            assert found.status == 0, found.output
            return " ".join(found.output.split())

        costs = f"trail {ARN} already records management events of this account: a further trail costs 2 US dollars per 100,000"
        assert costs in run("setup", "--check")
        assert writes(zone.aws) == []
        assert costs in run("setup")
        assert "already records management events" not in run("setup")
        assert (f"trail {ARN} also records management events of the account, which costs 2 US dollars per 100,000 management events:"
                " delete one of the trails") in run("verify", *SOON)
        run("destroy")
        run("destroy", "-e", "audit_logs_delete_logs=true")
        assert OWN_BUCKET not in Account(zone.aws, ARCHIVE).buckets()
        assert {call.split()[0] for call in writes(zone.aws)} == {ARCHIVE, MEMBERS["team-a"]}  # the organization stays as it is, too


def test_an_opt_in_region_that_the_trail_does_not_record_yet(zone):
    """A member enables a region. Later, the copy of the trail is there, and records it."""
    zone.client(MEMBERS["team-a"], "account").enable_region(RegionName="me-south-1")
    zone.aws.clock.advance(301)
    found = {one["name"]: one["reason"] for one in zone.verify()["accounts"] if one["state"] == "failed"}
    text = f"trail {landing_zone.BASELINE_TRAIL} does not record the opt-in region me-south-1, which the account has enabled"
    assert found.keys() == {"team-a"} and found["team-a"].startswith(text), found
    zone.aws.clock.advance(301)
    assert {one["state"] for one in zone.verify()["accounts"]} == {"ok"}


class TestCoverage:
    """Accounts of the organization, as the account of the bucket may list them."""

    @pytest.fixture(autouse=True)
    def fixture_administrator(self, zone):
        self.zone = zone
        options = {"AccountId": ARCHIVE, "ServicePrincipal": "cloudtrail.amazonaws.com"}
        zone.client(MANAGEMENT, "organizations").register_delegated_administrator(**options)
        yield
        zone.client(MANAGEMENT, "organizations").deregister_delegated_administrator(**options)

    def archive(self, *arguments):
        """The result of the archive account."""
        return next(one for one in self.zone.verify(*arguments)["accounts"] if one["name"] == "log-archive")

    def test_an_account_that_the_inventory_does_not_have(self):
        found = self.archive()
        assert found["state"] == "failed" and found["reason"].startswith(
            "an active account of organization o-") and f"verify cannot prove that their logs arrive: {MANAGEMENT} (" in found["reason"]
        finding = next(one for one in found["findings"] if one["kind"] == "coverage")
        assert [one["id"] for one in finding["before"]] == [MANAGEMENT]

    def test_one_that_is_named(self):
        assert self.archive("-e", f"audit_logs_removed_accounts={MANAGEMENT}")["state"] == "ok"

    def test_one_that_is_suspended(self):
        set_state(MEMBERS["team-b"], "SUSPENDED")
        found = self.archive("-e", f"audit_logs_removed_accounts={MANAGEMENT}")
        set_state(MEMBERS["team-b"], "ACTIVE")
        assert found["state"] == "warning"
        assert f"account {MEMBERS['team-b']} (team-b) has the state SUSPENDED in organization o-" in found["reason"]


def test_accounts_that_are_not_recorded(zone):
    """A member that has left the organization, one whose unit a policy stops, a suspended one, and one that the inventory does not have."""
    gone, stopped = "555555555555", "666666666666"
    more = {"gone": gone, "stopped": stopped}
    let_read(zone.aws, *more.values())
    organization = Organization(zone.aws)
    organization.client.register_delegated_administrator(AccountId=ARCHIVE, ServicePrincipal="cloudtrail.amazonaws.com")
    organization.client.remove_account_from_organization(AccountId=gone)
    organization.attach(SCP, organization.unit(stopped), {"Effect": "Deny", "Action": "cloudtrail:*", "Resource": "*"})
    set_state(MEMBERS["team-b"], "SUSPENDED")
    zone.aws.settle()
    inventory = copy.deepcopy(zone.inventory)
    inventory["all"]["children"]["aws_members"]["hosts"].update({name: {"account_id": account} for name, account in more.items()})
    kept = Unchanged(lambda: dump(zone.aws))
    writes(zone.aws)
    found = {one["name"]: one for one in verify_with_output(zone.playbooks, inventory)[0]["accounts"]}
    assert writes(zone.aws) == []
    kept.check()
    assert {name for name, one in found.items() if one["state"] == "failed"} == {*more, "log-archive"}, found
    assert f"trail {ARN} does not record the account: the account is in no organization, but the trail belongs to" in found["gone"]["reason"]
    assert "service control policy" in found["stopped"]["reason"] and "AccessDenied" in found["stopped"]["reason"]
    said = [one["text"] for one in found["log-archive"]["findings"] if one["kind"] == "coverage"]
    for text in (
        f"verify cannot prove that their logs arrive: {MANAGEMENT} (", f"account {MEMBERS['team-b']} (team-b) has the state SUSPENDED in",
        f"account {gone} (gone) is not in organization",
    ):
        assert any(text in one for one in said), said
