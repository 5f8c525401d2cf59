# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two deployments in one company, which collect from the same account; and one deployment that gets another name."""
from __future__ import annotations

import pytest
from helpers.aws.deployments import ARCHIVE, BUCKET, MEMBERS, TRAIL, Account, inventory_of, may_deliver
from helpers.aws.dumps import dump
from helpers.dumps import Unchanged
from helpers.verifications import SOON

DELETE = ("-e", "audit_logs_delete_logs=true")
LEFTOVERS = ("-e", "audit_logs_only_leftovers=true")
EARLIER = ("-e", f"audit_logs_previous_deployments={BUCKET}")
OTHER = "other-audit-logs"
HOUR = 3600
EVERYTHING = {"aws_trail_bucket_encryption": "aws:kms", "audit_logs_aws_cloudwatch": True,
              "aws_trail_validation_principals": ["arn:aws:iam::123456789012:root"]}


def report(playbooks):
    """The report of the last verification, as text."""
    return (playbooks.folder / "audit-logs-report/report.json").read_text(encoding="utf-8")


@pytest.mark.sample(1)
@pytest.mark.parametrize("archive", ["111111111111", "444444444444"])
@pytest.mark.parametrize("name", ["", "prod"])
def test_two_deployments(aws, playbooks, archive, name):
    """With the same archive account or another, with no name or both with the same one."""
    first = inventory_of(members=2, audit_logs_deployment=name, **EVERYTHING)
    second = inventory_of(members=1, audit_logs_deployment=name, **EVERYTHING)
    second["all"]["vars"]["aws_trail_bucket_name"] = OTHER
    second["all"]["children"]["aws_archive"]["hosts"] = {"other-archive": {"account_id": archive}}
    nothing = dump(aws)
    assert playbooks.run("setup", inventory=first).status == 0
    of_first = Unchanged(lambda: dump(aws), nothing)
    owner = f"belongs to the deployment {name}@{BUCKET} (tag audit-logs-deployment)" if name else f"belongs to the deployment {BUCKET} "

    for arguments in ((), ("-e", "audit_logs_adopt=true"), ("--check",)):
        run = playbooks.run("setup", *arguments, inventory=second)
        assert run.status != 0 and owner in run.lines["team-a"], run.output
        of_first.check()
    verified = playbooks.run("verify", *SOON, inventory=second)
    assert verified.status != 0 and f"is not managed by this deployment: it {owner}" in report(playbooks)
    for arguments in ((), DELETE):
        run = playbooks.run("destroy", *arguments, inventory=second)
        assert run.status == 0 and owner in run.lines["team-a"], run.output
        of_first.check()
    assert OTHER not in Account(aws, archive).buckets()

    before = dump(aws)
    second["all"]["vars"]["audit_logs_deployment"] = "second"
    # Its key from before waits for its deletion.
    run = playbooks.run("setup", "-e", f"audit_logs_previous_deployments={name and f'{name}@'}{OTHER}", inventory=second)
    assert run.status == 0, run.output
    of_second = Unchanged(lambda: dump(aws), before)
    of_first.check()
    for inventory in (first, second):
        again = playbooks.run("setup", inventory=inventory)
        assert set(again.lines.values()) == {"ok: nothing to do"}, again.output
        verified = playbooks.run("verify", *SOON, inventory=inventory)
        assert verified.status == 0, verified.output
    of_first.check()
    run = playbooks.run("destroy", *DELETE, inventory=first)
    assert run.status == 0 and BUCKET not in Account(aws, ARCHIVE).buckets(), run.output
    of_second.check()
    assert playbooks.run("verify", *SOON, inventory=second).status == 0
    run = playbooks.run("destroy", *DELETE, inventory=second)
    assert run.status == 0 and Account(aws, archive).holdings() == Account(aws, MEMBERS["team-a"]).holdings() == {}, run.output


def test_another_bucket(aws, playbooks):
    """The deployment gets another name with it. The earlier bucket stays until somebody deletes what is left over."""
    aws.clock.advance(-25 * HOUR)
    member, archive = Account(aws, MEMBERS["team-a"]), Account(aws, ARCHIVE)
    assert playbooks.run("setup", inventory=inventory_of(**EVERYTHING)).status == 0
    moved = inventory_of(**EVERYTHING)
    moved["all"]["vars"]["aws_trail_bucket_name"] = OTHER
    run = playbooks.run("setup", inventory=moved)
    assert f"belongs to the deployment {BUCKET} " in run.lines["team-a"] and may_deliver(aws, MEMBERS["team-a"])
    assert "add it to audit_logs_previous_deployments" in run.lines["team-a"]

    run = playbooks.run("setup", *EARLIER, inventory=moved)
    assert run.status == 0 and member.trails()[TRAIL]["S3BucketName"] == OTHER, run.output
    leftover = f"bucket {BUCKET}, which belongs to this deployment under an earlier name"
    assert leftover in run.lines["log-archive"] and BUCKET in archive.buckets()
    aws.clock.advance(25 * HOUR)
    verified = playbooks.run("verify", *SOON, *EARLIER, inventory=moved)
    assert verified.status == 0 and leftover in report(playbooks), verified.output
    again = playbooks.run("setup", inventory=moved)
    assert set(again.lines.values()) == {"ok: nothing to do"}

    kept = Unchanged(lambda: dump(aws), without=BUCKET)
    run = playbooks.run("destroy", *LEFTOVERS, *EARLIER, inventory=moved)
    assert run.status == 0 and "audit_logs_delete_logs is not true" in run.lines["log-archive"], run.output
    member.client("cloudtrail").update_trail(Name=TRAIL, IsMultiRegionTrail=False)
    run = playbooks.run("destroy", *LEFTOVERS, *EARLIER, *DELETE, inventory=moved)
    assert f"trail {TRAIL} does not deliver to {OTHER}" in run.lines["team-a"] and BUCKET in archive.buckets(), run.output
    member.client("cloudtrail").update_trail(Name=TRAIL, IsMultiRegionTrail=True)
    run = playbooks.run("destroy", *LEFTOVERS, *EARLIER, *DELETE, "--limit", "log-archive", inventory=moved)
    assert f"trails of {MEMBERS['team-a']} may still deliver to it" in run.lines["log-archive"], run.output
    plan = playbooks.run("destroy", *LEFTOVERS, *EARLIER, *DELETE, "--check", inventory=moved)
    assert BUCKET in archive.buckets()
    run = playbooks.run("destroy", *LEFTOVERS, *EARLIER, *DELETE, inventory=moved)
    gone = f"s3 bucket {BUCKET}: delete; kms key alias/{BUCKET}: delete; "
    assert f"{gone}deletes permanently: s3 bucket {BUCKET} with " in plan.lines["log-archive"], plan.output
    assert f"{gone}deleted permanently: s3 bucket {BUCKET} with " in run.lines["log-archive"], run.output
    assert run.status == 0 and archive.buckets() == [OTHER] and run.lines["team-a"] == "ok: nothing to do", run.output
    kept.check()
    assert playbooks.run("verify", *SOON, inventory=moved).status == 0


def test_the_key_of_an_earlier_bucket_that_is_in_use(aws, playbooks):
    """The inventory asks for no key any more, so that the trail keeps the one that it has."""
    aws.clock.advance(-25 * HOUR)
    archive = Account(aws, ARCHIVE)
    assert playbooks.run("setup", inventory=inventory_of(aws_trail_bucket_encryption="aws:kms")).status == 0
    moved = inventory_of(aws_trail_bucket_encryption="AES256")
    moved["all"]["vars"]["aws_trail_bucket_name"] = OTHER
    assert playbooks.run("setup", *EARLIER, inventory=moved).status == 0
    aws.clock.advance(25 * HOUR)
    Account(aws, MEMBERS["team-a"]).client("sts").get_caller_identity()
    run = playbooks.run("destroy", *LEFTOVERS, *EARLIER, *DELETE, inventory=moved)
    assert f"retained kms key alias/{BUCKET}: a trail or another bucket encrypts with it" in run.lines["log-archive"], run.output
    assert run.status == 0 and archive.buckets() == [OTHER] and len(archive.live_keys()) == 1


def test_an_earlier_bucket_that_is_in_use(aws, playbooks):
    """It stays as long as a trail has not moved, and another day."""
    assert playbooks.run("setup", inventory=inventory_of(members=2)).status == 0
    moved = inventory_of(members=2)
    moved["all"]["vars"]["aws_trail_bucket_name"] = OTHER
    assert playbooks.run("setup", *EARLIER, "--limit", "log-archive,team-a", inventory=moved).status == 0
    run = playbooks.run("destroy", *LEFTOVERS, *DELETE, *EARLIER, inventory=moved)
    assert f"trail {TRAIL} does not deliver to {OTHER}, so the other trails" in run.lines["team-b"], run.output
    assert f"retained s3 bucket {BUCKET}: trails of {MEMBERS['team-b']} may still deliver to it" in run.lines["log-archive"]
    assert Account(aws, MEMBERS["team-b"]).trails()[TRAIL]["S3BucketName"] == BUCKET and may_deliver(aws, MEMBERS["team-b"])

    assert playbooks.run("setup", *EARLIER, inventory=moved).status == 0
    run = playbooks.run("destroy", *LEFTOVERS, *DELETE, *EARLIER, inventory=moved)
    recent = "which this run did not destroy, delivers to it: the newest object is "
    assert run.status == 0 and recent in run.lines["log-archive"], run.output
    assert BUCKET in Account(aws, ARCHIVE).buckets()


def test_another_name_of_the_trail(aws, playbooks):
    """The earlier trail goes on recording, is listed, and goes by its name alone."""
    member = Account(aws, MEMBERS["team-a"])
    assert playbooks.run("setup", inventory=inventory_of(**EVERYTHING)).status == 0
    renamed = inventory_of(aws_trail_name="renamed", **EVERYTHING)
    plan = playbooks.run("setup", "--check", inventory=renamed)
    run = playbooks.run("setup", inventory=renamed)
    assert run.status == 0 and sorted(member.trails()) == [TRAIL, "renamed"], run.output
    leftover = f"trail {TRAIL} in eu-west-1, which also belongs to this deployment"
    verified = playbooks.run("verify", *SOON, inventory=renamed)
    assert all(leftover in said for said in (plan.lines["team-a"], run.lines["team-a"], report(playbooks))) and verified.status == 0
    retained = playbooks.run("destroy", *DELETE, "--check", inventory=renamed)
    assert f"retained {leftover}" in retained.lines["team-a"] and "retained s3 bucket" in retained.lines["log-archive"]

    kept = Unchanged(lambda: dump(aws), without=TRAIL)
    bare = {"aws_trail_name": "nowhere", **EVERYTHING}
    refused = playbooks.run("destroy", *LEFTOVERS, inventory=inventory_of(**bare))
    assert "trail nowhere does not deliver to example-audit-logs, so the other trails" in refused.lines["team-a"], refused.output
    assert sorted(member.trails()) == [TRAIL, "renamed"]
    plan = playbooks.run("destroy", *LEFTOVERS, *DELETE, "--check", inventory=renamed)
    run = playbooks.run("destroy", *LEFTOVERS, *DELETE, inventory=renamed)
    gone = f"iam role {TRAIL}-cloudtrail-cloudwatch: delete; log group {TRAIL}-cloudtrail-log-group: delete"
    assert gone in plan.lines["team-a"] and gone in run.lines["team-a"] and f"trail {TRAIL}: delete" in run.lines["team-a"]
    assert run.status == 0 and sorted(member.trails()) == ["renamed"] and run.lines["log-archive"] == "ok: nothing to do", run.output
    assert list(member.log_groups()) == ["renamed-cloudtrail-log-group"]
    kept.check()
    nothing = playbooks.run("destroy", *LEFTOVERS, inventory=renamed)
    assert set(nothing.lines.values()) == {"ok: nothing to do"}, nothing.output
    again = playbooks.run("setup", inventory=renamed)
    assert set(again.lines.values()) == {"ok: nothing to do"}, again.output
