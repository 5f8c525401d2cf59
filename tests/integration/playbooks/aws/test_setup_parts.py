# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions in an account, failures of single accounts, and runs on a part of the deployment."""
from __future__ import annotations

import json

from helpers.aws import faults
from helpers.aws.deployments import ARCHIVE, BUCKET, MANAGEMENT, MEMBERS, TRAIL, Account, inventory_of

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def make_role(aws, account_id, name, external_id):
    """A role as somebody makes it for us, which wants an external id."""
    iam = Account(aws, account_id).client("iam")
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{MANAGEMENT}:root"},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"sts:ExternalId": external_id}},
            }
        ],
    }
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
    iam.attach_role_policy(RoleName=name, PolicyArn=ADMINISTRATOR)


def test_external_id(aws, playbooks):
    """A role by its ARN and with an external id; without the id, that account alone fails, and says so."""
    make_role(aws, MEMBERS["team-a"], "collector", "audit-7f3a")
    make_role(aws, MEMBERS["team-b"], "collector", "audit-7f3a")
    hosts = {
        name: {"audit_logs_aws_role": f"arn:aws:iam::{MEMBERS[name]}:role/collector"} for name in ("team-a", "team-b")
    }
    hosts["team-a"]["audit_logs_aws_external_id"] = "audit-7f3a"
    run = playbooks.run("setup", inventory=inventory_of(members=3, hosts=hosts))
    assert run.status != 0
    assert run.lines["team-b"].startswith("FAILED: credentials: ") and "AccessDenied" in run.lines["team-b"]
    assert [name for name, number in MEMBERS.items() if Account(aws, number).trails()] == ["team-a", "team-c"]
    # The archive's policy names the account all the same: it is in the inventory.
    assert MEMBERS["team-b"] in json.dumps(Account(aws, ARCHIVE).bucket_policy())


def test_a_policy_of_the_organization_may_deny_a_call(aws, playbooks, monkeypatch):
    """AWS does not always say which policy denies a call; the task is one of amazon.aws."""
    faults.refuse(monkeypatch, "CreateTrail", ["AccessDeniedException"])
    run = playbooks.run("setup", inventory=inventory_of())
    assert run.status != 0
    assert run.lines["team-a"].startswith("FAILED: member: ") and "a service control policy (SCP) or a " in run.lines["team-a"]


def test_profiles(aws, playbooks):
    """Named profiles, of which boto3 gets the credentials."""
    playbooks.use_profiles({"archive": ARCHIVE, "product": MEMBERS["team-a"]})
    inventory = inventory_of(
        hosts={
            "log-archive": {"audit_logs_aws_profile": "archive"},
            "team-a": {"audit_logs_aws_profile": "product"},
        }
    )
    del inventory["all"]["vars"]["audit_logs_aws_role"]
    run = playbooks.run("setup", inventory=inventory)
    assert run.status == 0, run.output
    assert list(Account(aws, MEMBERS["team-a"]).trails()) == [TRAIL]
    again = playbooks.run("setup", inventory=inventory)
    assert set(again.changed.values()) == {0}, again.output


def test_credentials_of_another_account(aws, playbooks):
    """The environment's credentials are those of the management account, not of the accounts that are named."""
    inventory = inventory_of()
    del inventory["all"]["vars"]["audit_logs_aws_role"]
    run = playbooks.run("setup", inventory=inventory)
    assert run.status != 0
    assert run.lines["team-a"].startswith(
        f"FAILED: credentials: These credentials belong to account {MANAGEMENT}, but the inventory says 222222222222:"
    )
    assert not [call for call in aws.calls if not call.read_only]


def test_environment(aws, playbooks):
    """One account that is archive and member at once, with the credentials of the environment."""
    inventory = inventory_of()
    del inventory["all"]["vars"]["audit_logs_aws_role"]
    for group in inventory["all"]["children"].values():
        group["hosts"] = {"only": {"account_id": MANAGEMENT}}
    run = playbooks.run("setup", inventory=inventory)
    assert run.status == 0, run.output
    assert list(Account(aws, MANAGEMENT).trails()) == [TRAIL]


def test_one_session_per_account_and_no_secret_anywhere(aws, playbooks):
    """Each role is assumed once; with -vvvv neither its keys nor ours appear in output or in files.

    A user's configuration may have pipelining off, with which module arguments are written into files (PUT).
    """
    run = playbooks.run("setup", "-vvvv", inventory=inventory_of(), ANSIBLE_PIPELINING="false")
    assert run.status == 0
    assumed = [call for call in aws.calls if call.action == "AssumeRole"]
    assert len(assumed) == 2
    assert " PUT " not in run.output
    files = [path for path in playbooks.folder.rglob("*") if path.is_file()]
    texts = [run.output] + [path.read_bytes().decode(errors="replace") for path in files]
    secrets = [aws.environment["AWS_SECRET_ACCESS_KEY"], *aws.issued_secrets]
    assert len(secrets) == 5  # ours, and secret and token of two sessions
    assert not [secret for secret in secrets if any(secret in text for text in texts)]


def test_failure_of_the_archive_stops_its_members(aws, playbooks):
    """Without the bucket no trail can deliver: the members say why they were not tried."""
    Account(aws, "999999999999").client("s3").create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    run = playbooks.run("setup", inventory=inventory_of())
    assert run.status != 0
    assert "If another account owns the bucket" in run.lines["log-archive"]
    assert run.lines["team-a"].startswith("FAILED: member: not tried, because the archive account failed: ")
    assert not [call for call in aws.calls if not call.read_only and call.account in (ARCHIVE, MEMBERS["team-a"])]


def test_limit(aws, playbooks):
    """A run on some members leaves the others, and the archive's policy, as they are."""
    inventory = inventory_of(members=3)
    assert playbooks.run("setup", inventory=inventory).status == 0
    policy = Account(aws, ARCHIVE).bucket_policy()
    for limit in ("team-a", "log-archive", "team-b:log-archive"):
        run = playbooks.run("setup", "--limit", limit, inventory=inventory)
        assert run.status == 0, run.output
        assert set(run.changed.values()) == {0}
        assert Account(aws, ARCHIVE).bucket_policy() == policy
    assert playbooks.run("destroy", "--limit", "team-a", inventory=inventory).status == 0
    assert [name for name, number in MEMBERS.items() if Account(aws, number).trails()] == ["team-b", "team-c"]


def test_limit_without_the_archive_that_has_the_key(aws, playbooks):
    inventory = inventory_of(aws_trail_bucket_encryption="aws:kms")
    run = playbooks.run("setup", "--limit", "team-a", inventory=inventory)
    assert run.status != 0
    assert "this run does not know the ARN of the key. Add the archive account to --limit, or give the ARN in aws_trail_kms_key_id" in (
        run.lines["team-a"]
    )
    assert not Account(aws, MEMBERS["team-a"]).trails()
