# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""setup.yml, its plan, and destroy.yml, on deployments of AWS accounts."""
from __future__ import annotations

import json
from itertools import zip_longest
from types import SimpleNamespace

import pytest
from helpers.aws.deployments import (
    ARCHIVE, BUCKET, LOG_GROUP, MEMBERS, REGION, ROLE, TAG, TRAIL, Account, inventory_of, writes,
)
from helpers.parliament import findings
from helpers.playbooks import Playbooks

pytestmark = pytest.mark.usefixtures("restricted")

FULL = {"aws_trail_bucket_encryption": "aws:kms", "audit_logs_aws_cloudwatch": True}


def test_life_of_a_deployment(aws, playbooks):
    """Plan, setup, again, plan, destroy, again: each changes what it should and says so."""
    inventory = inventory_of(members=3, **FULL)
    archive, members = Account(aws, ARCHIVE), {name: Account(aws, number) for name, number in MEMBERS.items()}

    plan = playbooks.run("setup", "--check", "--diff", inventory=inventory)
    assert plan.status == 0, plan.output
    assert writes(aws) == []
    assert plan.lines["log-archive"] == (
        f"to do: kms key alias/{BUCKET}: create; s3 bucket {BUCKET}: create"
    )
    assert plan.lines["team-c"] == (
        f"to do: log group {LOG_GROUP}: create; iam role {ROLE}: create; trail {TRAIL}: create"
    )

    setup = playbooks.run("setup", inventory=inventory)
    assert setup.status == 0, setup.output
    assert archive.buckets() == [BUCKET] and len(archive.live_keys()) == 1
    for name, account in members.items():
        trail = account.trails()[TRAIL]
        number = MEMBERS[name]
        assert trail["S3BucketName"] == BUCKET and trail["S3KeyPrefix"] == number
        assert trail["IsMultiRegionTrail"] and trail["LogFileValidationEnabled"] and trail["IncludeGlobalServiceEvents"]
        assert trail["KmsKeyId"] == archive.client("kms").describe_key(KeyId=f"alias/{BUCKET}")["KeyMetadata"]["Arn"]
        assert trail["CloudWatchLogsLogGroupArn"] == f"arn:aws:logs:{REGION}:{number}:log-group:{LOG_GROUP}:*"
        assert trail["CloudWatchLogsRoleArn"] == f"arn:aws:iam::{number}:role/{ROLE}"
        assert account.client("cloudtrail").get_trail_status(Name=TRAIL)["IsLogging"]
        assert account.log_groups()[LOG_GROUP]["retentionInDays"] == 731

    documents = {**archive.documents(), **members["team-a"].documents()}
    assert len(documents) == 4  # bucket policy, key policy, trust policy, role policy
    assert {name: findings(document) for name, document in documents.items()} == dict.fromkeys(documents, [])

    writes(aws)
    again = playbooks.run("setup", inventory=inventory)
    assert again.status == 0, again.output
    assert set(again.changed.values()) == {0}
    assert writes(aws) == []

    plan = playbooks.run("setup", "--check", "--diff", inventory=inventory)
    assert set(plan.changed.values()) == {0}
    assert set(plan.lines.values()) == {"ok: nothing to do"}

    plan = playbooks.run("destroy", "--check", inventory=inventory)
    assert plan.status == 0 and writes(aws) == []
    retained = f"retained log group {LOG_GROUP}: it holds logs and audit_logs_delete_logs is not true"
    assert plan.lines["team-a"] == f"to do: trail {TRAIL}: delete; iam role {ROLE}: delete; {retained}"

    destroyed = playbooks.run("destroy", inventory=inventory)
    assert destroyed.status == 0, destroyed.output
    assert [account.holdings() for account in members.values()] == [{"log groups": [LOG_GROUP]}] * 3
    assert archive.buckets() == [BUCKET] and len(archive.live_keys()) == 1
    assert destroyed.lines["log-archive"].startswith(f"ok: retained s3 bucket {BUCKET}: it holds logs")

    writes(aws)
    again = playbooks.run("destroy", inventory=inventory)
    assert set(again.changed.values()) == {0} and writes(aws) == []

    gone = playbooks.run("destroy", "-e", "audit_logs_delete_logs=true", inventory=inventory)
    assert gone.status == 0, gone.output
    assert [account.holdings() for account in (archive, *members.values())] == [{}] * 4


@pytest.fixture(scope="module", name="destroyed")
def fixture_destroyed(aws_server, tmp_path_factory):
    """A deployment with logs, and resources of others in its accounts: what destroy leaves of it, at first the logs."""
    aws_server.reset()
    playbooks = Playbooks(tmp_path_factory.mktemp("destroy"), aws_server.environment, clouds=[aws_server])
    member, archive = Account(aws_server, MEMBERS["team-a"]), Account(aws_server, ARCHIVE)
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
    inventory = inventory_of(**FULL)
    assert playbooks.run("setup", inventory=inventory).status == 0
    member.client("logs").create_log_group(logGroupName="application")
    member.client("iam").create_role(RoleName="application", AssumeRolePolicyDocument=json.dumps(trust))
    archive.client("s3").create_bucket(
        Bucket="somebody-elses", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    somebody_elses = archive.client("kms").create_key(Description="somebody else's")["KeyMetadata"]["KeyId"]
    # Ours in name only: somebody took the tag off, and with it took the role over.
    member.client("iam").untag_role(RoleName=ROLE, TagKeys=list(TAG))
    log_file = f"{MEMBERS['team-a']}/AWSLogs/{MEMBERS['team-a']}/CloudTrail/log.json.gz"
    archive.client("s3").put_object(Bucket=BUCKET, Key=log_file, Body=b"{}")
    archive.client("s3").put_object(Bucket=BUCKET, Key=log_file, Body=b"[]")

    run = playbooks.run("destroy", inventory=inventory)
    versions = archive.client("s3").list_object_versions(Bucket=BUCKET, Prefix=log_file)["Versions"]
    logs_retained = SimpleNamespace(run=run, member=member.holdings(), log_file=versions)
    run = playbooks.run("destroy", "-e", "audit_logs_delete_logs=true", inventory=inventory)
    logs_deleted = SimpleNamespace(run=run, member=member.holdings(), archive=archive.holdings())
    return SimpleNamespace(logs_retained=logs_retained, logs_deleted=logs_deleted, somebody_elses=somebody_elses)


def test_destroy_leaves_what_others_created(destroyed):
    """The same names without our tag, and other resources in the same accounts, stay as they are."""
    for found in (destroyed.logs_retained, destroyed.logs_deleted):
        assert found.run.status == 0, found.run.output
        assert f"retained iam role {ROLE}: it does not carry the tag" in found.run.lines["team-a"]
    assert destroyed.logs_deleted.member == {"log groups": ["application"], "roles": ["application", ROLE]}
    assert destroyed.logs_deleted.archive == {"buckets": ["somebody-elses"], "keys": [destroyed.somebody_elses]}


def test_logs_stay(destroyed):
    """Log objects and log events survive destroy.yml, and only their deletion by name removes them."""
    found = destroyed.logs_retained
    assert found.run.status == 0, found.run.output
    assert len(found.log_file) == 2
    assert found.member["log groups"] == sorted(["application", LOG_GROUP])
    assert f"retained log group {LOG_GROUP}: it holds logs" in found.run.lines["team-a"]

    assert destroyed.logs_deleted.run.status == 0, destroyed.logs_deleted.run.output
    assert BUCKET not in destroyed.logs_deleted.archive["buckets"]
    assert LOG_GROUP not in destroyed.logs_deleted.member["log groups"]


def test_object_lock_stays_in_any_case(aws, playbooks):
    inventory = inventory_of(aws_trail_bucket_object_lock_mode="GOVERNANCE", aws_trail_bucket_object_lock_days=30)
    archive = Account(aws, ARCHIVE)
    assert playbooks.run("setup", inventory=inventory).status == 0
    lock = archive.client("s3").get_object_lock_configuration(Bucket=BUCKET)["ObjectLockConfiguration"]
    assert lock["Rule"]["DefaultRetention"] == {"Mode": "GOVERNANCE", "Days": 30}
    again = playbooks.run("setup", inventory=inventory)
    assert set(again.changed.values()) == {0}, again.output

    run = playbooks.run("destroy", "-e", "audit_logs_delete_logs=true", inventory=inventory)
    assert run.status == 0, run.output
    assert run.lines["log-archive"] == f"ok: retained s3 bucket {BUCKET}: it has object lock"
    assert archive.buckets() == [BUCKET]


def drift_bucket_policy(archive, member):
    policy = archive.bucket_policy()
    policy["Statement"] = [one for one in policy["Statement"] if one["Sid"] != "DenyInsecureTransport"]
    archive.client("s3").put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))


def drift_versioning(archive, member):
    archive.client("s3").put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})


def drift_public_access(archive, member):
    archive.client("s3").delete_public_access_block(Bucket=BUCKET)


def drift_encryption(archive, member):
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    archive.client("s3").put_bucket_encryption(
        Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]}
    )


def drift_lifecycle(archive, member):
    archive.client("s3").delete_bucket_lifecycle(Bucket=BUCKET)


def drift_key_rotation(archive, member):
    key = archive.client("kms").describe_key(KeyId=f"alias/{BUCKET}")["KeyMetadata"]["KeyId"]
    archive.client("kms").disable_key_rotation(KeyId=key)


def drift_retention(archive, member):
    member.client("logs").put_retention_policy(logGroupName=LOG_GROUP, retentionInDays=30)


def drift_role_policy(archive, member):
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]}
    name = member.client("iam").list_role_policies(RoleName=ROLE)["PolicyNames"][0]
    member.client("iam").put_role_policy(RoleName=ROLE, PolicyName=name, PolicyDocument=json.dumps(policy))


def drift_trust_policy(archive, member):
    statement = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    member.client("iam").update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(policy))


def drift_validation(archive, member):
    member.client("cloudtrail").update_trail(Name=TRAIL, EnableLogFileValidation=False)


def drift_logging(archive, member):
    member.client("cloudtrail").stop_logging(Name=TRAIL)


def drift_selector(archive, member):
    selector = {"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}
    member.client("cloudtrail").put_event_selectors(TrailName=TRAIL, EventSelectors=[selector])


def drift_insights(archive, member):
    member.client("cloudtrail").put_insight_selectors(TrailName=TRAIL, InsightSelectors=[])


DRIFTS = {
    drift_bucket_policy: ("log-archive", f"s3 bucket {BUCKET}: policy", '"Sid": "DenyInsecureTransport"'),
    drift_versioning: ("log-archive", f"s3 bucket {BUCKET}: versioning", '-    "versioning": false'),
    drift_public_access: ("log-archive", f"s3 bucket {BUCKET}: public_access", '"block_public_acls": false'),
    drift_encryption: ("log-archive", f"s3 bucket {BUCKET}: encryption, encryption_key_id", '-    "encryption": "AES256"'),
    drift_lifecycle: ("log-archive", f"s3 bucket {BUCKET}: lifecycle", '"transition_days": 90'),
    drift_key_rotation: ("log-archive", f"kms key alias/{BUCKET}: enable_key_rotation", '"enable_key_rotation": false'),
    drift_retention: ("team-a", f"log group {LOG_GROUP}: retention", '-    "retention": 30'),
    drift_role_policy: ("team-a", f"iam role {ROLE}: policy", '"logs:*"'),
    drift_trust_policy: ("team-a", f"iam role {ROLE}: assume_role_policy_document", '"AWS": "*"'),
    drift_validation: ("team-a", f"trail {TRAIL}: enable_log_file_validation", '-    "enable_log_file_validation": false'),
    drift_logging: ("team-a", f"trail {TRAIL}: enable_logging", '-    "enable_logging": false'),
    drift_selector: ("team-a", f"trail {TRAIL}: event_selectors", '"read_write_type": "WriteOnly"'),
    drift_insights: ("team-a", f"trail {TRAIL}: insight_types", '"ApiCallRateInsight"'),
}


OF_ARCHIVE, OF_MEMBER = (
    [drift for drift, (host, _change, _shown) in DRIFTS.items() if host == name] for name in ("log-archive", "team-a")
)
# What drifts at the same time: one setting of the archive and one of the member, and at first and last one alone.
ROUNDS = [[drift for drift in pair if drift] for pair in zip_longest(OF_ARCHIVE, [None, *OF_MEMBER])]


@pytest.fixture(scope="module", name="drifted")
def fixture_drifted(aws_server, tmp_path_factory):
    """For each drift, the plan and the run after it, and what these wrote; the deployment is converged before each."""
    aws_server.reset()
    playbooks = Playbooks(tmp_path_factory.mktemp("drift"), aws_server.environment, clouds=[aws_server])
    inventory = inventory_of(
        aws_trail_event_selectors=[{"data_resources": [{"type": "AWS::S3::Object", "values": ["arn:aws:s3"]}]}],
        aws_trail_insight_types=["ApiCallRateInsight"],
        aws_trail_bucket_transition_days=90,
        **FULL,
    )
    run = playbooks.run("setup", inventory=inventory)
    assert run.status == 0, run.output
    found = {}
    for drifts in ROUNDS:
        for drift in drifts:
            drift(Account(aws_server, ARCHIVE), Account(aws_server, MEMBERS["team-a"]))
        writes(aws_server)
        plan = playbooks.run("setup", "--check", "--diff", inventory=inventory)
        written_by_plan = writes(aws_server)
        mended = playbooks.run("setup", inventory=inventory)
        found |= dict.fromkeys(drifts, (drifts, plan, written_by_plan, mended, writes(aws_server)))
    return found


@pytest.mark.parametrize("drift", DRIFTS, ids=lambda drift: drift.__name__)
def test_plan_says_exactly_what_drifted(drifted, drift):
    """One setting changes behind our back: the plan names it, shows it, writes nothing; the next run mends it.

    That it is mended is seen by the next of the rounds, whose plan must name its own drifts and no other.
    """
    together, plan, written_by_plan, mended, written = drifted[drift]
    host, change, shown = DRIFTS[drift]
    others = {"log-archive", "team-a"} - {DRIFTS[one][0] for one in together}

    assert plan.status == 0, plan.output
    assert written_by_plan == []
    assert set(plan.lines) == {"log-archive", "team-a"}
    assert plan.lines[host] == f"to do: {change}"
    assert [plan.lines[other] for other in others] == ["ok: nothing to do"] * len(others)
    assert shown in plan.output

    assert mended.status == 0, mended.output
    assert mended.lines[host] == f"changed: {change}"
    assert [mended.changed[other] for other in others] == [0] * len(others)
    account = {"log-archive": ARCHIVE, "team-a": MEMBERS["team-a"]}[host]
    assert any(call.startswith(account) for call in written), written
