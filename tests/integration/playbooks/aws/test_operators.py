# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several operators at the same time: none of them takes away what another has set up, and the next run repairs what is left."""
from __future__ import annotations

import contextlib
import gzip
import re

import pytest
from helpers.aws.deployments import ARCHIVE, BUCKET, MEMBERS, Account, inventory_of, may_deliver
from helpers.operators import Operator
from helpers.verifications import SOON

TEAM_A, TEAM_B, TEAM_C = MEMBERS.values()
WITH_KEY = {"aws_trail_bucket_encryption": "aws:kms"}
# Requests that read and change a policy.
READS = {"bucket": r"GET /\S+\?policy ", "key": "GetKeyPolicy"}
WRITES = {"bucket": r"PUT /\S+\?policy ", "key": "PutKeyPolicy"}


@pytest.fixture(name="operators")
def fixture_operators(aws, tmp_path):
    """Two operators of a deployment that has team-a. The first one adds team-b, and the second one team-c."""
    first, second = (inventory_of({name: MEMBERS[name] for name in ("team-a", new)}, **WITH_KEY) for new in ("team-b", "team-c"))
    with Operator(tmp_path / "first", first, aws) as one, Operator(tmp_path / "second", second, aws) as other:
        start = one.playbooks.run("setup", inventory=inventory_of(1, **WITH_KEY))
        assert start.status == 0, start.output
        yield one, other


def all_deliver(aws):
    return [may_deliver(aws, account) for account in (TEAM_A, TEAM_B, TEAM_C)] == [True, True, True]


@pytest.mark.sample(1)
@pytest.mark.parametrize("policy", READS)
def test_a_policy_that_was_read_before_another_run_changed_it(aws, operators, policy):
    """The plan has read the policy of before. The first run reads it once more when it is about to change it, and plans again."""
    first, second = operators
    with first.stopped("setup", at=READS[policy], number=2) as runs:
        assert second.run("setup").status == 0
        assert may_deliver(aws, TEAM_C)
    assert runs[0].status == 0, runs[0].output
    assert all_deliver(aws)


@pytest.mark.sample(1)
@pytest.mark.parametrize("policy", WRITES)
def test_a_policy_that_another_run_changes_until_the_end_of_the_run(aws, operators, policy):
    """The first run undoes the change of the second one, which reads the policy once more at its end."""
    first, second = operators
    with contextlib.ExitStack() as stack:
        of_first = stack.enter_context(first.stopped("setup", at=WRITES[policy]))
        with second.stopped("setup", at="StartLogging") as of_second:
            stack.close()
            assert not may_deliver(aws, TEAM_C)
    assert [run.status for run in of_first + of_second] == [0, 0], of_first + of_second
    assert all_deliver(aws)


@pytest.mark.full
def test_a_change_that_nobody_can_see(aws, operators):
    """Between the last read of a policy and its change, S3 gives no protection: verify sees it, the next run repairs it, and no log is lost."""
    first, second = operators
    with first.stopped("setup", at=WRITES["bucket"]) as runs:
        assert second.run("setup").status == 0
    assert runs[0].status == 0, runs[0].output
    assert not may_deliver(aws, TEAM_C)
    account = Account(aws, TEAM_C)
    mark = "missing-while-the-policy-lacks-the-account"
    account.client("cloudtrail").describe_trails(trailNameList=[mark])
    found = second.run("verify", *SOON)
    assert found.status != 0 and re.match("FAILED: probe: .*run setup", found.lines["team-c"]), found.lines
    assert second.run("setup").status == 0
    assert all_deliver(aws)
    aws.clock.advance(3600)
    second.run("verify", *SOON)
    s3 = Account(aws, ARCHIVE).client("s3")
    files = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=f"{TEAM_C}/AWSLogs/{TEAM_C}/CloudTrail/").build_full_result()
    assert any(mark.encode() in gzip.decompress(s3.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read()) for one in files["Contents"])


def test_a_member_that_is_added_while_the_bucket_is_about_to_be_deleted(aws, operators):
    """The plan has read that nobody else delivers to the bucket."""
    first, second = operators
    with first.stopped("destroy", "-e", "audit_logs_delete_logs=true", at=READS["bucket"], number=2) as runs:
        assert second.run("setup").status == 0
    assert runs[0].status != 0 and "something else changed the policy" in runs[0].lines["log-archive"], runs[0].output
    assert may_deliver(aws, TEAM_C)
    assert second.run("setup").status == 0
    assert may_deliver(aws, TEAM_A) and may_deliver(aws, TEAM_C)


RUNS = [("setup", "setup"), ("setup", "destroy"), ("verify", "setup"), ("verify", "destroy"), ("setup", "setup", "setup")]


@pytest.mark.full
@pytest.mark.parametrize("playbooks", RUNS, ids=" ".join)
def test_at_the_same_time(aws, tmp_path, playbooks):
    """As it happens: whatever comes first, the next run of each operator repairs what is left."""
    members = dict(zip(MEMBERS, MEMBERS.values()))
    with contextlib.ExitStack() as stack:
        operators = []
        for number, playbook in enumerate(playbooks):
            own = {name: account for name, account in members.items() if name in ("team-a", list(members)[number])}
            operators.append(stack.enter_context(Operator(tmp_path / f"operator-{number}", inventory_of(own, **WITH_KEY), aws)))
        assert playbooks[0] != "verify" or operators[0].run("setup").status == 0
        started = [one.playbooks.start(playbook, inventory=one.inventory) for one, playbook in zip(operators, playbooks)]
        outputs = [process.communicate()[0] for process in started]
        assert not [output for output in outputs if "Traceback" in output or "Failed to sum up" in output], outputs
        for one in operators:
            run = one.run("setup")
            assert run.status == 0, run.output
        for one in operators:
            assert set(one.run("setup").changed.values()) == {0}
            for host in one.inventory["all"]["children"]["aws_members"]["hosts"].values():
                assert may_deliver(aws, host["account_id"])
