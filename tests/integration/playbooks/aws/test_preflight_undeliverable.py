# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies that would not let CloudTrail deliver: one clear sentence, before anything is changed."""
from __future__ import annotations

import pytest
from helpers.aws.deployments import ARCHIVE, BUCKET, MEMBERS, Account, inventory_of, writes

ARN = f"arn:aws:s3:::{BUCKET}"
ONLY_FROM_THE_VPC = {
    "Sid": "OnlyFromTheVpc", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [ARN, f"{ARN}/*"],
    "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}},
}
REPLACES_OURS = {
    "Sid": "CloudTrailWrite222222222222", "Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"},
    "Action": "s3:PutObject", "Resource": ARN,
}
CASES = {
    "a denial": (
        ONLY_FROM_THE_VPC,
        "team-a, team-b: statement OnlyFromTheVpc of the policy of bucket example-audit-logs denies"
        " cloudtrail.amazonaws.com"
        f" s3:GetBucketAcl and s3:PutObject on {ARN}, {ARN}/*: its condition StringNotEquals aws:SourceVpce"
        " vpce-1a2b3c4d is"
        " met, as such a call has no aws:SourceVpce (aws_trail_bucket_policy)",
    ),
    "a statement of ours replaced": (
        REPLACES_OURS,
        "team-a: the policy of bucket example-audit-logs has no statement that allows cloudtrail.amazonaws.com"
        " s3:PutObject"
        " on example-audit-logs/222222222222/AWSLogs/222222222222/* for"
        " arn:aws:cloudtrail:eu-west-1:222222222222:trail/audit-logs: statement CloudTrailWrite222222222222 comes"
        " closest,"
        f" but its Resource is {ARN}, without /* at its end (aws_trail_bucket_policy)",
    ),
}


def policy(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


@pytest.mark.parametrize("case", CASES)
def test_one_sentence_before_anything(aws, playbooks, case):
    statement, sentence = CASES[case]
    run = playbooks.run("setup", inventory=inventory_of(members=2, aws_trail_bucket_policy=policy(statement)))
    assert run.status != 0
    said = " ".join(run.output.replace('"', " ").split())
    assert sentence in said, run.output
    assert "Traceback" not in run.output
    assert not list(aws.calls)


ONLY_WITH_KMS = {
    "Sid": "OnlyWithKms", "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": f"{ARN}/*",
    "Condition": {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}},
}
KMS = {"aws_trail_bucket_encryption": "aws:kms"}


def test_what_may_be_denied_is_said_once_and_not_refused(aws, playbooks):
    """Editions of the CloudTrail User Guide differ about how digest files are encrypted."""
    inventory = inventory_of(members=2, aws_trail_bucket_policy=policy(ONLY_WITH_KMS), **KMS)
    run = playbooks.run("setup", "--check", inventory=inventory)
    assert run.status == 0 and not writes(aws), run.output
    said = " ".join(run.output.split())
    assert said.count("whether statement OnlyWithKms of the policy of bucket example-audit-logs denies") == 1, said
    assert "of its condition StringNotEquals s3:x-amz-server-side-encryption aws:kms; likewise for 1 more" in said


def test_a_key_that_can_not_be_used_is_refused_before_anything_uses_it(aws, playbooks):
    kms = Account(aws, ARCHIVE).client("kms")
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    kms.disable_key(KeyId=arn)
    aws.calls.clear()
    run = playbooks.run("setup", "--check", inventory=inventory_of(aws_trail_bucket_kms_key_arn=arn, **KMS))
    assert run.status != 0 and not writes(aws)
    assert f"KMS key {arn} cannot be used because its state is Disabled: enable it" in run.lines["log-archive"], run.output


def test_a_key_of_a_member_that_does_not_let_its_trail_encrypt(aws, playbooks):
    arn = Account(aws, MEMBERS["team-b"]).client("kms").create_key()["KeyMetadata"]["Arn"]
    aws.calls.clear()
    run = playbooks.run("setup", "--check", inventory=inventory_of(2, {"team-b": {"aws_trail_kms_key_id": arn}}, **KMS))
    assert run.status != 0 and not writes(aws)
    assert f"the policy of key {arn} has no statement that allows" in run.lines["team-b"], run.output
    assert run.lines["team-a"].startswith("to do: trail") and "only AWS can evaluate" not in run.output


def test_a_key_of_the_account_itself_where_there_is_no_archive(aws, playbooks):
    """The bucket is somebody else's, so no plan of a bucket has looked at its key."""
    kms = Account(aws, MEMBERS["team-a"]).client("kms")
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    kms.disable_key(KeyId=arn)
    aws.calls.clear()
    inventory = inventory_of(aws_trail_bucket_kms_key_arn=arn, audit_logs_deployment="prod", **KMS)
    del inventory["all"]["children"]["aws_archive"]
    run = playbooks.run("setup", "--check", inventory=inventory)
    assert run.status != 0 and not writes(aws)
    assert f"KMS key {arn} cannot be used because its state is Disabled: enable it" in run.lines["team-a"], run.output


def test_a_denial_that_leaves_services_out_is_none(aws, playbooks):
    """The same statement as its author meant it, which the local AWS agrees with: it lets the trail be created."""
    condition = {**ONLY_FROM_THE_VPC["Condition"], "Bool": {"aws:PrincipalIsAWSService": "false"}}
    mine = {**ONLY_FROM_THE_VPC, "Action": "s3:PutObject", "Condition": condition}
    run = playbooks.run("setup", inventory=inventory_of(aws_trail_bucket_policy=policy(mine)))
    assert run.status == 0, run.output
    assert writes(aws)
    assert mine["Sid"] in {statement["Sid"] for statement in Account(aws, ARCHIVE).bucket_policy()["Statement"]}
