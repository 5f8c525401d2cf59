# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same playbooks on ministack, a local AWS of other people: a second opinion on ours.

Where it deviates from AWS, the deviation is named here, so that a new version that mends it is noticed.
"""
from __future__ import annotations

import pytest
from clouds.ministack import Ministack
from helpers.aws.deployments import ARCHIVE, BUCKET, MEMBERS, TRAIL, Account, inventory_of
from helpers.playbooks import Playbooks

# CreateTrail drops these, so that the run after it has to set them, and has to take over a trail without our tag:
# ministack 1.5.33.
DROPPED_BY_CREATE_TRAIL = ["cloudwatch_logs_log_group_arn", "cloudwatch_logs_role_arn", "tags"]


@pytest.fixture(scope="module", name="ministack")
def fixture_ministack():
    with Ministack() as aws:
        yield aws


def test_life_of_a_deployment(ministack, tmp_path):
    playbooks = Playbooks(tmp_path, ministack.environment, other_permissions="MiniStack evaluates no policies")
    inventory = inventory_of(
        members=2,
        aws_trail_bucket_encryption="aws:kms",
        audit_logs_aws_cloudwatch=True,
        aws_trail_bucket_expiration_days=3650,
        aws_trail_sns_topic_name="log-files",
        aws_trail_event_selectors=[{"data_resources": [{"type": "AWS::S3::Object", "values": ["arn:aws:s3"]}]}],
    )
    archive, member = Account(ministack, ARCHIVE), Account(ministack, MEMBERS["team-a"])
    member.client("sns").create_topic(Name="log-files")
    Account(ministack, MEMBERS["team-b"]).client("sns").create_topic(Name="log-files")

    plan = playbooks.run("setup", "--check", "--diff", inventory=inventory)
    assert plan.status == 0, plan.output
    assert archive.buckets() == [] and not member.trails()

    setup = playbooks.run("setup", inventory=inventory)
    assert setup.status == 0, setup.output
    assert archive.buckets() == [BUCKET] and list(member.trails()) == [TRAIL]

    second = playbooks.run("setup", "-e", "audit_logs_adopt=true", inventory=inventory)
    assert second.status == 0, second.output
    dropped = f"changed: trail {TRAIL}: {', '.join(DROPPED_BY_CREATE_TRAIL)}"
    assert second.lines == {"log-archive": "ok: nothing to do", "team-a": dropped, "team-b": dropped}

    third = playbooks.run("setup", inventory=inventory)
    assert set(third.changed.values()) == {0}, third.output

    destroyed = playbooks.run("destroy", inventory=inventory)
    assert destroyed.status == 0, destroyed.output
    assert member.holdings() == {}
    assert archive.buckets() == [BUCKET]

    gone = playbooks.run("destroy", "-e", "audit_logs_delete_logs=true", inventory=inventory)
    assert gone.status == 0, gone.output
    assert archive.holdings() == {}
