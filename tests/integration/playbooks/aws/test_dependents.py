# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who still depends on the bucket: no inventory, however short, ends what an account delivers, or deletes its logs."""
from __future__ import annotations

import copy
import json

import pytest
from helpers.aws.deployments import ARCHIVE, BUCKET, LOG_GROUP, MEMBERS, REGION, ROLE, TRAIL, Account, inventory_of, may_deliver
from helpers.aws.trails import SERVICE, allow, document
from helpers.playbooks import Playbooks
from helpers.verifications import SOON

DELETE = ("-e", "audit_logs_delete_logs=true")
KMS = {"aws_trail_bucket_encryption": "aws:kms"}
RETAINED = "not in the inventory. To remove, use audit_logs_removed_accounts"


def without(inventory, *hosts):
    """The inventory after some members have disappeared from it."""
    found = copy.deepcopy(inventory)
    for host in hosts:
        del found["all"]["children"]["aws_members"]["hosts"][host]
    return found


@pytest.fixture(scope="module", name="deployment")
def fixture_deployment(aws_server, tmp_path_factory):
    """An archive with a key and three members. No test ends anything, so the tests share it."""
    aws_server.reset()
    playbooks = Playbooks(tmp_path_factory.mktemp("dependents"), aws_server.environment, clouds=[aws_server])
    inventory = inventory_of(members=3, **KMS)
    run = playbooks.run("setup", inventory=inventory)
    assert run.status == 0, run.output

    class Deployment:
        """A deployment, and what is left of it."""

        aws = aws_server
        report = playbooks.folder / "audit-logs-report/report.json"

        def run(self, playbook, *arguments, changes=None, **variables):
            changed = changes or copy.deepcopy(inventory)
            changed["all"]["vars"].update(variables)
            return playbooks.run(playbook, *arguments, inventory=changed)

        def all_deliver(self):
            return all(may_deliver(aws_server, number) for number in MEMBERS.values())

        inventory_ = inventory

    assert Deployment().all_deliver()
    return Deployment()


@pytest.mark.parametrize("form", ["accounts", "source_arns", "source_accounts"])
def test_job_slices(deployment, form):
    """Each slice has the archive and another part of the members."""
    shape = {"aws_trail_bucket_policy_form": form}
    assert deployment.run("setup", **shape).status == 0
    for gone in (("team-a", "team-b"), ("team-c",), ("team-a",)):
        run = deployment.run("setup", changes=without(deployment.inventory_, *gone), **shape)
        assert run.status == 0, run.output
        assert deployment.all_deliver()
        assert all(f"{MEMBERS[name]}, {RETAINED}" in run.lines["log-archive"] for name in gone)
        assert run.changed["log-archive"] == 0
    again = deployment.run("setup", **shape)
    assert set(again.lines.values()) == {"ok: nothing to do"}
    assert deployment.run("setup").status == 0 and deployment.all_deliver()


def test_a_member_that_is_gone_is_reported(deployment):
    """By plan and verify, which is green with a warning."""
    shorter = without(deployment.inventory_, "team-b")
    plan = deployment.run("setup", "--check", changes=shorter)
    assert plan.status == 0 and f"{MEMBERS['team-b']}, {RETAINED}" in plan.lines["log-archive"]
    run = deployment.run("verify", *SOON, changes=shorter)
    assert run.status == 0, run.output
    assert f"allows deliveries for {MEMBERS['team-b']}, which is not in the inventory" in run.output


def test_an_empty_group(deployment):
    """As after a failed sync of the inventory, with any form."""
    empty = without(deployment.inventory_, *MEMBERS)
    for variables in ({}, {"aws_trail_bucket_policy_form": "organization", "aws_trail_bucket_organization_id": "o-a1b2c3d4e5"}):
        for playbook in ("setup", "verify", "destroy"):
            run = deployment.run(playbook, changes=empty, **variables)
            assert run.status != 0 and "the group aws_members is empty" in run.output
    run = deployment.run("setup", changes=empty, audit_logs_no_members=True)
    assert run.status == 0 and deployment.all_deliver(), run.output


@pytest.fixture(name="organization")
def fixture_organization(deployment):
    """The form of a policy for the organization of all accounts."""
    organizations = deployment.aws.session().client("organizations")
    found = organizations.describe_organization()["Organization"]["Id"]
    return {"aws_trail_bucket_policy_form": "organization", "aws_trail_bucket_organization_id": found}


def may_not(action):
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": action, "Resource": "*"}]}


def test_a_wrong_organization(deployment, organization):
    """It is refused before any change if an account may read its own."""
    run = deployment.run("setup", **{**organization, "aws_trail_bucket_organization_id": "o-zzzzzzzzzz"})
    assert run.status != 0 and deployment.all_deliver()
    assert "but the bucket policy would allow deliveries of o-zzzzzzzzzz: correct" in run.lines["log-archive"]
    assert "o-zzzzzzzzzz" not in json.dumps(Account(deployment.aws, ARCHIVE).bucket_policy())


def test_an_organization_that_some_accounts_may_not_read(deployment, organization):
    """Their statements stay beside that of the organization, until they have proven that they are in it."""
    iam = [Account(deployment.aws, number).client("iam") for number in (ARCHIVE, MEMBERS["team-b"])]
    for client in iam:
        client.put_role_policy(RoleName="OrganizationAccountAccessRole", PolicyName="deny",
                               PolicyDocument=json.dumps(may_not("organizations:DescribeOrganization")))
    run = deployment.run("setup", **{**organization, "aws_trail_bucket_organization_id": "o-zzzzzzzzzz"})
    assert "the bucket policy would allow deliveries of o-zzzzzzzzzz" in run.lines["team-a"] and deployment.all_deliver()

    def accounts():
        policy = json.dumps(Account(deployment.aws, ARCHIVE).bucket_policy())
        return [name for name, number in MEMBERS.items() if f"CloudTrailWrite{number}" in policy]

    run = deployment.run("setup", **organization)
    assert run.status == 0 and deployment.all_deliver() and accounts() == ["team-b"], run.output
    again = deployment.run("setup", **organization)
    assert again.status == 0 and accounts() == ["team-b"] and set(again.changed.values()) == {0}, again.output
    verified = deployment.run("verify", *SOON, **organization)
    assert verified.status == 0, verified.output
    assert f"has statements for {MEMBERS['team-b']} that the" in deployment.report.read_text(encoding="utf-8")
    for client in iam:
        client.delete_role_policy(RoleName="OrganizationAccountAccessRole", PolicyName="deny")
    wrong = {"audit_logs_removed_accounts": ["o-zzzzzzzzzz"]}
    run = deployment.run("setup", **organization, **wrong)
    assert run.status == 0 and deployment.all_deliver() and accounts() == []
    assert "o-zzzzzzzzzz" not in json.dumps(Account(deployment.aws, ARCHIVE).bucket_policy())
    again = deployment.run("setup", **organization)
    assert set(again.lines.values()) == {"ok: nothing to do"}
    ours = {"audit_logs_removed_accounts": [organization["aws_trail_bucket_organization_id"]]}
    assert deployment.run("setup", **ours).status == 0 and deployment.all_deliver()


@pytest.mark.parametrize("variables", [
    {"audit_logs_updated": ""}, {"audit_logs_updated": ","}, {"audit_logs_updated": ":!team-c"},
    {"audit_logs_removed_accounts": ""}, {"audit_logs_removed_accounts": []},
])
def test_variables_without_a_value(deployment, variables):
    """An unset variable of a shell means nobody."""
    arguments = [f"-e{json.dumps(variables)}"]
    run = deployment.run("destroy", "--limit", "aws_archive", *DELETE, *arguments)
    assert run.status == 0 and deployment.all_deliver()
    assert f"ok: retained s3 bucket {BUCKET}: trails of " in run.lines["log-archive"]
    moved = deployment.run("setup", "--limit", "aws_archive", *arguments, aws_trail_s3_key_prefix="new")
    assert moved.status == 0 and deployment.all_deliver()


@pytest.mark.parametrize("gone", ["account", "trail"])
def test_logs_of_a_live_trail(aws, playbooks, gone):
    """A member that left the inventory, or a trail of an earlier name, still delivers: the bucket stays, until it is named."""
    inventory = inventory_of(members=2)
    assert playbooks.run("setup", inventory=inventory).status == 0
    archive = Account(aws, ARCHIVE)
    if gone == "account":
        changed, account = without(inventory, "team-b"), MEMBERS["team-b"]
        reason = f"its policy allows deliveries for {account}, which this run did not destroy"
    else:
        changed, account = copy.deepcopy(inventory), MEMBERS["team-a"]
        changed["all"]["children"]["aws_members"]["hosts"]["team-a"]["aws_trail_name"] = "new-name"
        reason = f"trails of {account} may still deliver to it"
        assert playbooks.run("setup", inventory=changed).status == 0
    run = playbooks.run("destroy", *DELETE, inventory=changed)
    assert run.status == 0 and archive.buckets() == [BUCKET], run.output
    assert f"retained s3 bucket {BUCKET}: {reason}" in run.lines["log-archive"]
    if gone == "account":
        run = playbooks.run("destroy", *DELETE, "-e", f"audit_logs_removed_accounts={account}", inventory=changed)
        assert f"{account}, which this run did not destroy, delivers to it: the newest object is " in run.lines["log-archive"]
        Account(aws, account).client("cloudtrail").delete_trail(Name=TRAIL)
        s3 = archive.client("s3")
        for one in s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{account}/")["Contents"]:  # as if the last one were old
            s3.delete_object(Bucket=BUCKET, Key=one["Key"])
    else:
        Account(aws, account).client("cloudtrail").delete_trail(Name=TRAIL)
    run = playbooks.run("destroy", *DELETE, "-e", f"audit_logs_removed_accounts={'' if gone == 'trail' else account}", inventory=changed)
    assert run.status == 0 and archive.buckets() == [], run.output
    assert " of objects from 20" in run.lines["log-archive"]


def test_a_trail_of_somebody_else(aws, playbooks):
    """One without our tag stays, and its bucket with it."""
    inventory = inventory_of()
    assert playbooks.run("setup", inventory=inventory).status == 0
    cloudtrail = Account(aws, MEMBERS["team-a"]).client("cloudtrail")
    arn = cloudtrail.describe_trails()["trailList"][0]["TrailARN"]
    cloudtrail.remove_tags(ResourceId=arn, TagsList=[{"Key": "managed-by"}])
    run = playbooks.run("destroy", *DELETE, inventory=inventory)
    assert run.status == 0 and Account(aws, ARCHIVE).buckets() == [BUCKET]
    assert may_deliver(aws, MEMBERS["team-a"])


def test_objects_of_somebody_else(aws, playbooks):
    """Flow logs in the bucket stay, and so does the bucket; a statement for them survives setup."""
    inventory = inventory_of()
    assert playbooks.run("setup", inventory=inventory).status == 0
    archive, s3 = Account(aws, ARCHIVE), Account(aws, ARCHIVE).client("s3")
    policy = archive.bucket_policy()
    statement = {
        "Sid": "AWSLogDeliveryWrite", "Effect": "Allow", "Principal": {"Service": "delivery.logs.amazonaws.com"},
        "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{BUCKET}/AWSLogs/{ARCHIVE}/vpcflowlogs/*",
    }
    policy["Statement"].append(statement)
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))
    key = f"AWSLogs/{ARCHIVE}/vpcflowlogs/{REGION}/2026/01/31/flow.log.gz"
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"1")
    run = playbooks.run("setup", inventory=inventory_of(members=2))
    assert run.status == 0 and statement in archive.bucket_policy()["Statement"]
    assert f"retained in the policy of bucket {BUCKET}: the foreign statement AWSLogDeliveryWrite" in run.lines["log-archive"]
    run = playbooks.run("destroy", *DELETE, inventory=inventory_of(members=2))
    assert run.status == 0 and s3.get_object(Bucket=BUCKET, Key=key)
    assert f"it holds objects that are not log files of CloudTrail, such as AWSLogs/{ARCHIVE}/vpcflowlogs/" in run.output


def test_events_of_somebody_else(aws, playbooks):
    """An application, and another trail, write into the log group of a trail: it stays, with the role that writes."""
    inventory = inventory_of(members=2, audit_logs_aws_cloudwatch=True)
    assert playbooks.run("setup", inventory=inventory).status == 0
    logs, cloudtrail = (Account(aws, MEMBERS["team-a"]).client(service) for service in ("logs", "cloudtrail"))
    logs.create_log_stream(logGroupName=LOG_GROUP, logStreamName="application")
    other = Account(aws, MEMBERS["team-b"])
    trail = other.trails()[TRAIL]
    other.client("s3").create_bucket(Bucket="their-bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
    other.client("s3").put_bucket_policy(Bucket="their-bucket", Policy=document(
        allow(SERVICE, "s3:GetBucketAcl", "arn:aws:s3:::their-bucket"), allow(SERVICE, "s3:PutObject", "arn:aws:s3:::their-bucket/*"),
    ))
    other.client("cloudtrail").create_trail(
        Name="their-trail", S3BucketName="their-bucket", CloudWatchLogsLogGroupArn=trail["CloudWatchLogsLogGroupArn"],
        CloudWatchLogsRoleArn=trail["CloudWatchLogsRoleArn"],
    )
    run = playbooks.run("destroy", *DELETE, inventory=inventory)
    assert run.status == 0 and not cloudtrail.describe_trails()["trailList"], run.output
    assert LOG_GROUP in Account(aws, MEMBERS["team-a"]).log_groups() and LOG_GROUP in other.log_groups() and ROLE in other.roles()
    assert f"retained log group {LOG_GROUP}: it has log streams that do not come from CloudTrail, such as" in run.lines["team-a"]
    assert f"retained log group {LOG_GROUP}: trail their-trail writes to it" in run.lines["team-b"]
    assert f"retained iam role {ROLE}: trail their-trail writes with it" in run.lines["team-b"]
