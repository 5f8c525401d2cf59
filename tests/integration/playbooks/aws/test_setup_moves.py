# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deployments that change while some of their accounts can't follow: no trail may be cut off from its bucket.

The tests with deployment_of_two share a deployment, and go on from where the test before left it.
"""
from __future__ import annotations

import json

import pytest
from helpers.aws.deployments import ARCHIVE, BUCKET, MEMBERS, TRAIL, Account, inventory_of, may_deliver
from helpers.playbooks import Playbooks

OUTSIDE = {"audit_logs_aws_role": "role-that-is-not-there"}
KMS = {"aws_trail_bucket_encryption": "aws:kms"}
VALIDATED = {"aws_trail_validation_principals": ["arn:aws:iam::123456789012:root"]}
# What the test of a new prefix has left of team-a, and another prefix for team-b.
ELSEWHERE = {"team-a": {"aws_trail_s3_key_prefix": "logs/team-a"}, "team-b": {"aws_trail_s3_key_prefix": "elsewhere"}}


def set_up(aws, playbooks, **variables):
    """An archive and two members, as the inventory says."""
    run = playbooks.run("setup", inventory=inventory_of(members=2, **variables, **KMS))
    assert run.status == 0, run.output
    assert may_deliver(aws, MEMBERS["team-a"]) and may_deliver(aws, MEMBERS["team-b"])


@pytest.fixture(scope="module", name="deployment_of_two")
def fixture_deployment_of_two(aws_server, tmp_path_factory):
    """An archive, with a role for validating, and two members, set up; the tests below change it one after the other."""
    aws_server.reset()
    playbooks = Playbooks(tmp_path_factory.mktemp("two"), aws_server.environment, clouds=[aws_server])
    plan = playbooks.run("setup", "--check", inventory=inventory_of(members=2, **VALIDATED, **KMS))
    assert plan.status == 0, plan.output
    set_up(aws_server, playbooks, **VALIDATED)
    return aws_server, playbooks


def test_validators_come_and_go(deployment_of_two):
    """The archive's role for validating may decrypt with the archive's key; an empty list removes it."""
    aws, playbooks = deployment_of_two
    role = f"{BUCKET}-cloudtrail-validation"
    iam = Account(aws, ARCHIVE).client("iam")
    document = json.dumps(iam.get_role_policy(RoleName=role, PolicyName="validate-logs")["PolicyDocument"])
    assert Account(aws, MEMBERS["team-a"]).trails()[TRAIL]["KmsKeyId"] in document
    again = playbooks.run("setup", inventory=inventory_of(members=2, **VALIDATED, **KMS))
    assert set(again.changed.values()) == {0}, again.output
    run = playbooks.run("setup", inventory=inventory_of(members=2, aws_trail_validation_principals=[], **KMS))
    assert run.status == 0 and role not in Account(aws, ARCHIVE).roles()


def test_somebody_elses_bucket_and_key(deployment_of_two):
    """No archive group: bucket and key are names."""
    aws, playbooks = deployment_of_two
    member = Account(aws, MEMBERS["team-a"])
    key = member.trails()[TRAIL]["KmsKeyId"]
    member.client("cloudtrail").delete_trail(Name=TRAIL)
    inventory = inventory_of(aws_trail_name=TRAIL, **KMS)
    del inventory["all"]["children"]["aws_archive"]
    unnamed = playbooks.run("setup", inventory=inventory)
    assert unnamed.status != 0 and "Set audit_logs_deployment to a name of this deployment" in unnamed.output
    inventory["all"]["vars"]["audit_logs_deployment"] = "prod"
    run = playbooks.run("setup", inventory=inventory)
    assert "If the inventory has no archive account, give it in aws_trail_bucket_kms_key_arn" in run.lines["team-a"]
    inventory["all"]["vars"]["aws_trail_bucket_kms_key_arn"] = key
    run = playbooks.run("setup", inventory=inventory)
    assert run.status == 0, run.output
    assert member.trails()[TRAIL]["KmsKeyId"] == key
    assert playbooks.run("setup", inventory=inventory).changed["team-a"] == 0
    back = playbooks.run("setup", "-e", f"audit_logs_previous_deployments=prod@{BUCKET}", inventory=inventory_of(members=2, **KMS))
    assert back.status == 0, back.output


def test_new_prefix_while_a_member_has_no_session(deployment_of_two):
    aws, playbooks = deployment_of_two
    hosts = {name: {"aws_trail_s3_key_prefix": f"logs/{name}"} for name in ("team-a", "team-b")}
    moved = inventory_of(members=2, hosts=hosts, **KMS)

    outside = {**hosts, "team-b": {**hosts["team-b"], **OUTSIDE}}
    run = playbooks.run("setup", inventory=inventory_of(members=2, hosts=outside, **KMS))
    assert run.status != 0
    assert run.lines["team-b"].startswith("FAILED: credentials: ")
    assert Account(aws, MEMBERS["team-a"]).trails()[TRAIL]["S3KeyPrefix"] == "logs/team-a"
    assert may_deliver(aws, MEMBERS["team-a"]) and may_deliver(aws, MEMBERS["team-b"])
    assert f"{BUCKET}/222222222222/" not in json.dumps(Account(aws, ARCHIVE).bucket_policy())

    plan = playbooks.run("setup", "--check", inventory=moved)
    assert plan.lines["log-archive"] == f"to do: s3 bucket {BUCKET}: policy"
    run = playbooks.run("setup", inventory=moved)
    assert run.status == 0, run.output
    assert run.lines["log-archive"] == f"changed: s3 bucket {BUCKET}: policy"
    assert may_deliver(aws, MEMBERS["team-b"])
    assert f"{BUCKET}/333333333333/" not in json.dumps(Account(aws, ARCHIVE).bucket_policy())
    again = playbooks.run("setup", inventory=moved)
    assert set(again.changed.values()) == {0}, again.output


def test_new_prefix_with_a_limit(deployment_of_two):
    aws, playbooks = deployment_of_two
    moved = inventory_of(members=2, hosts=ELSEWHERE, **KMS)
    run = playbooks.run("setup", "--limit", "log-archive", inventory=moved)
    assert run.status == 0, run.output
    assert may_deliver(aws, MEMBERS["team-b"])
    run = playbooks.run("setup", "--limit", "team-b", inventory=inventory_of(
        members=2, hosts=ELSEWHERE,
        aws_trail_bucket_kms_key_arn=Account(aws, MEMBERS["team-b"]).trails()[TRAIL]["KmsKeyId"], **KMS,
    ))  # fmt: skip
    assert run.status == 0, run.output
    assert Account(aws, MEMBERS["team-b"]).trails()[TRAIL]["S3KeyPrefix"] == "elsewhere"
    assert may_deliver(aws, MEMBERS["team-b"])


def test_another_home_region(deployment_of_two):
    """The trail blocks the new one: the member fails, with both regions named, and goes on to deliver."""
    aws, playbooks = deployment_of_two
    hosts = {**ELSEWHERE, "team-b": {**ELSEWHERE["team-b"], "audit_logs_aws_region": "us-east-1"}}
    moved = inventory_of(members=2, hosts=hosts, **KMS)
    for _run in range(2):
        run = playbooks.run("setup", inventory=moved)
        assert run.status != 0
        assert "in us-east-1, arn:aws:cloudtrail:eu-west-1:333333333333:" in run.lines["team-b"]
        assert may_deliver(aws, MEMBERS["team-a"]) and may_deliver(aws, MEMBERS["team-b"])
    run = playbooks.run("destroy", inventory=moved)
    assert run.status != 0
    assert run.lines["team-b"].startswith("FAILED: member: trail audit-logs: in us-east-1, ")


@pytest.mark.parametrize("how", ["credentials", "limit"])
def test_the_bucket_stays_while_a_trail_may_deliver_to_it(deployment_of_two, how):
    aws, playbooks = deployment_of_two
    set_up(aws, playbooks)  # what the test before destroyed
    arguments = ["-e", "audit_logs_delete_logs=true"]
    if how == "limit":
        inventory = inventory_of(members=2, **KMS)
        arguments += ["--limit", "log-archive:team-a"]
    else:
        inventory = inventory_of(members=2, hosts={"team-b": OUTSIDE}, **KMS)
    run = playbooks.run("destroy", *arguments, inventory=inventory)
    assert (run.status == 0) is (how == "limit"), run.output
    assert run.lines["log-archive"].startswith(
        f"ok: retained s3 bucket {BUCKET}: trails of 333333333333 may still deliver to it; retained kms key "
    )
    assert may_deliver(aws, MEMBERS["team-b"])
    assert not Account(aws, MEMBERS["team-a"]).trails()


def test_kms_that_only_the_archive_speaks_of(aws, playbooks):
    """The archive alone says aws:kms: its members' trails follow, and none is created without a key under --limit."""
    inventory = inventory_of(members=2, hosts={"log-archive": KMS})
    limited = playbooks.run("setup", "--limit", "team-a", inventory=inventory)
    assert "this run does not know the ARN of the key. Add the archive account to --limit" in limited.lines["team-a"]
    assert playbooks.run("setup", inventory=inventory).status == 0
    assert Account(aws, MEMBERS["team-a"]).trails()[TRAIL]["KmsKeyId"]
    # With AES256 again, nothing is taken off; a key given for later has no say in it.
    hosts = {"log-archive": {"aws_trail_bucket_kms_key_arn": "arn:aws:kms:eu-west-1:111111111111:key/12345678-1234-1234-1234-123456789012"}}
    back = inventory_of(members=2, hosts=hosts)
    assert playbooks.run("setup", inventory=back).status == 0
    assert set(playbooks.run("setup", inventory=back).changed.values()) == {0}
    assert may_deliver(aws, MEMBERS["team-a"])
    gone = playbooks.run("destroy", "-e", "audit_logs_delete_logs=true", inventory=back)
    assert gone.status == 0 and Account(aws, ARCHIVE).holdings() == {}


def test_log_files_at_the_root_of_the_bucket(aws, playbooks):
    """An empty string means not given; the word none removes the prefix, in the trail and in the policy of the bucket."""
    account = Account(aws, MEMBERS["team-a"])
    for prefix, found in (("", MEMBERS["team-a"]), ("none", None)):
        inventory = inventory_of(hosts={"team-a": {"aws_trail_s3_key_prefix": prefix}})
        for expected in ("changed", "ok: nothing to do"):
            run = playbooks.run("setup", inventory=inventory)
            assert run.status == 0 and run.lines["team-a"].startswith(expected), run.output
        assert account.trails()[TRAIL].get("S3KeyPrefix") == found
