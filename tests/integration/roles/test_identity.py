# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A role that is used without the playbooks acts in the account that it is given, or not at all."""
from __future__ import annotations

import pytest
from helpers.aws.deployments import BUCKET, MANAGEMENT, MEMBERS, Account
from helpers.roles import ALIBABA, ALIBABA_VARIABLES, AWS, AWS_VARIABLES, PROXY, run

WRONG = "711111111111"


def asked(calls):
    return sorted({call.action for call in calls})


@pytest.mark.parametrize("state", ["present", "absent", "verified"])
@pytest.mark.parametrize("role", AWS)
def test_credentials_of_another_account_on_aws(aws, playbooks, role, state):
    done = run(playbooks, role, {**AWS_VARIABLES, "account_id": WRONG, f"{role}_state": state})
    assert done.status != 0
    assert f"These credentials belong to account {MANAGEMENT}, but the inventory says {WRONG}" in done.output
    assert asked(aws.calls) == ["GetCallerIdentity"]


@pytest.mark.parametrize("state", ["present", "absent"])
@pytest.mark.parametrize("role", ALIBABA)
def test_credentials_of_another_account_on_alibaba(alibaba, alibaba_playbooks, role, state):
    variables = {**ALIBABA_VARIABLES, f"{role}_account_id": "9234567890123456", f"{role}_state": state}
    done = run(alibaba_playbooks, role, variables, **{"group/crossaccount.audit_logs.alibaba": PROXY})
    assert done.status != 0
    assert "These credentials belong to account " in done.output and "but the inventory says 9234567890123456" in done.output
    assert asked(alibaba.cloud.calls) == ["GetCallerIdentity"]


@pytest.mark.parametrize("group", [
    "group/amazon.aws.aws", "group/community.aws.aws", "amazon.aws.iam_role", "amazon.aws.s3_bucket", "amazon.aws.kms_key",
    "crossaccount.audit_logs.iam_role",
])
def test_module_defaults_for_another_account(aws, playbooks, group):
    """The plan would be that of one account, and the change that of another."""
    playbooks.use_profiles({"here": MEMBERS["team-a"], "there": MEMBERS["team-b"]})
    own = {"group/crossaccount.audit_logs.aws": {"profile": "here"}}
    variables = {**AWS_VARIABLES, "account_id": MEMBERS["team-a"]}
    done = run(playbooks, "aws_trail_bucket", variables, **own, **{group: {"profile": "there"}})
    assert done.status != 0
    assert "other credentials or another region (profile) than the modules of crossaccount.audit_logs. Set these options" in done.output
    assert not list(aws.calls)
    done = run(playbooks, "aws_trail_bucket", variables, **own, **{group: {"profile": "here"}})
    assert done.status == 0, done.output
    assert {call.account for call in aws.calls if call.service != "sts"} == {MEMBERS["team-a"]}


def test_the_account_of_the_credentials(aws, playbooks):
    done = run(playbooks, "aws_trail_bucket", AWS_VARIABLES)
    assert done.status == 0, done.output
    assert f'"msg": "{MANAGEMENT}"' in done.output
    assert Account(aws, MANAGEMENT).buckets() == [BUCKET]
    assert [call.action for call in aws.calls].count("GetCallerIdentity") == 1


@pytest.mark.parametrize("number, sentence", [
    (2.234567890123456e15, "account id 2234567890123456.0 is not a string of digits: write it in quotes, with all its digits"),
    ("22345", "account id '22345' has 5 digits, and ids usually have 16: compare it with the id"),
])
def test_the_id_of_another_account(alibaba, alibaba_playbooks, number, sentence):
    """Nothing proves it, and the role will trust it."""
    variables = {**ALIBABA_VARIABLES, "alibaba_log_audit_member_archive_account_id": number}
    done = run(alibaba_playbooks, "alibaba_log_audit_member", variables, **{"group/crossaccount.audit_logs.alibaba": PROXY})
    text = " ".join(done.output.split())
    assert f"alibaba_log_audit_member_archive_account_id: {sentence}" in text
    assert (done.status != 0) == isinstance(number, float)
    assert bool(list(alibaba.cloud.calls)) != isinstance(number, float)
