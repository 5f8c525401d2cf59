# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts that the Terraform module "cloudtrail" of digitalmarketplace-aws has set up are taken over."""
from __future__ import annotations

import copy
import json

from helpers import guides
import pytest
from helpers.aws.deployments import REGION, Account, writes
from helpers.parliament import findings

PRODUCT, EXPORT = "111111111111", "222222222222"
BUCKET, TRAIL, EXPORTING = "example-cloudtrail-bucket", "example-cloudtrail", "export-cloudtrail"
GROUP = f"{TRAIL}-cloudtrail-log-group"
WRITER, VALIDATOR = "CloudTrail_CloudWatchLogs_Role", "cloudtrail-validate-logs"
_INVENTORY, _COMMANDS = guides.run_by(__file__, "docs/adoption.md")
INVENTORY = _INVENTORY.data
(SETUP, PLAN), (_, RUN) = _COMMANDS.playbooks
LOG_FILE = f"{PRODUCT}/AWSLogs/{PRODUCT}/CloudTrail/{REGION}/2020/01/31/old.json.gz"

# What taking over calls: nothing is deleted, created or stopped.
WRITES = {
    *(f"{PRODUCT} s3:{call}" for call in (
        "PutBucketOwnershipControls", "PutBucketPolicy", "PutBucketTagging", "PutPublicAccessBlock",
    )),
    *(f"{PRODUCT} iam:{call}" for call in ("PutRolePolicy", "TagRole", "UpdateAssumeRolePolicy", "UpdateRole")),
    f"{PRODUCT} logs:TagLogGroup",
    f"{PRODUCT} cloudtrail:AddTags",
    f"{EXPORT} cloudtrail:AddTags",
}
# Lines of the plan
TIGHTENED = (
    f'-                "Resource": "arn:aws:s3:::{BUCKET}/*",',
    f'+                "Resource": "arn:aws:s3:::{BUCKET}/from-export/AWSLogs/{EXPORT}/*",',
    f'+                        "aws:SourceArn": "arn:aws:cloudtrail:{REGION}:{EXPORT}:trail/{EXPORTING}",',
    '+        "restrict_public_buckets": true',
    '+    "object_ownership": "BucketOwnerEnforced",',
)


class Module:
    """What the sub-modules make in an account, as their provider calls the API."""

    def __init__(self, account):
        self.account = account

    def bucket(self):
        """cloudtrail-bucket. In its days, a new bucket had ACLs, and no block of public access."""
        s3 = self.account.client("s3")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.delete_public_access_block(Bucket=BUCKET)
        s3.delete_bucket_ownership_controls(Bucket=BUCKET)
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        cloudtrail = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}}
        s3.put_bucket_policy(Bucket=BUCKET, Policy=document(
            {
                "Sid": "",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "*",
                "Resource": f"arn:aws:s3:::{BUCKET}/*",
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
            {
                "Sid": "AWSCloudTrailAclCheck",
                **cloudtrail,
                "Action": "s3:GetBucketAcl",
                "Resource": f"arn:aws:s3:::{BUCKET}",
            },
            {
                "Sid": "AWSCloudTrailWrite",
                **cloudtrail,
                "Action": "s3:PutObject",
                "Resource": f"arn:aws:s3:::{BUCKET}/*",
                "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}},
            },
        ))

    def cloudwatch(self):
        """cloudtrail-cloudwatch; to its provider, a log group's ARN ended in :*."""
        logs = self.account.client("logs")
        logs.create_log_group(logGroupName=GROUP)
        logs.put_retention_policy(logGroupName=GROUP, retentionInDays=731)
        trust = {"Sid": "", "Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}}
        may = [
            {"Effect": "Allow", "Action": [action], "Resource": [self.account.log_groups()[GROUP]["arn"]]}
            for action in ("logs:CreateLogStream", "logs:PutLogEvents")
        ]
        self._role(WRITER, "CloudWatch-policy", {**trust, "Action": "sts:AssumeRole"}, may)

    def trail(self, name, prefix, **cloudwatch):
        """cloudtrail-cloudtrail."""
        cloudtrail = self.account.client("cloudtrail")
        cloudtrail.create_trail(
            Name=name, S3BucketName=BUCKET, S3KeyPrefix=prefix, IncludeGlobalServiceEvents=True,
            IsMultiRegionTrail=True, EnableLogFileValidation=True, **cloudwatch,
        )
        cloudtrail.start_logging(Name=name)

    def validate_logs_role(self):
        """cloudtrail-validate-logs-role."""
        bucket = f"arn:aws:s3:::{BUCKET}"
        trust = {"Sid": "", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{PRODUCT}:root"}}
        may = [
            {
                "Sid": "",
                "Effect": "Allow",
                "Action": ["cloudtrail:ListPublicKeys", "cloudtrail:DescribeTrails"],
                "Resource": "*",
            },
            {"Sid": "", "Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetBucketLocation"], "Resource": bucket},
            {"Sid": "", "Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{bucket}/*"},
        ]
        self._role(VALIDATOR, VALIDATOR, {**trust, "Action": "sts:AssumeRole"}, may)

    def _role(self, name, policy, trust, may):
        iam = self.account.client("iam")
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))
        iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=document(*may))


def document(*statements) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@pytest.fixture(name="accounts")
def fixture_accounts(aws):
    """One account with the whole module and old logs, and one that exports into its bucket."""
    product, export = Account(aws, PRODUCT), Account(aws, EXPORT)
    module = Module(product)
    module.bucket()
    module.cloudwatch()
    module.validate_logs_role()
    module.trail(
        TRAIL, PRODUCT, CloudWatchLogsLogGroupArn=product.log_groups()[GROUP]["arn"],
        CloudWatchLogsRoleArn=f"arn:aws:iam::{PRODUCT}:role/{WRITER}",
    )
    Module(export).trail(EXPORTING, "from-export")
    product.client("s3").put_object(Bucket=BUCKET, Key=LOG_FILE, Body=b"{}")
    product.client("logs").create_log_stream(logGroupName=GROUP, logStreamName="old")
    writes(aws)
    return product, export


def lasting(accounts) -> dict[str, object]:
    """What must be the same after as before."""
    product, export = accounts
    s3, iam, logs = (product.client(service) for service in ("s3", "iam", "logs"))
    group = product.log_groups()[GROUP]
    roles = {name: iam.get_role(RoleName=name)["Role"] for name in (WRITER, VALIDATOR)}
    return {
        "bucket": [(bucket["Name"], bucket["CreationDate"]) for bucket in s3.list_buckets()["Buckets"]],
        "objects": s3.list_object_versions(Bucket=BUCKET, Prefix=LOG_FILE)["Versions"],
        "group": (group["arn"], group["creationTime"], group["retentionInDays"]),
        "streams": logs.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix="old")["logStreams"],
        "roles": {name: (role["RoleId"], role["CreateDate"]) for name, role in roles.items()},
        "inline": {name: iam.list_role_policies(RoleName=name)["PolicyNames"] for name in roles},
        "trails": [account.trails() for account in accounts],
        "started": [
            account.client("cloudtrail").get_trail_status(Name=name)["StartLoggingTime"]
            for account, name in ((product, TRAIL), (export, EXPORTING))
        ],
        "holdings": [account.holdings() for account in accounts],
    }


def assert_delivers(account, name):
    """CloudTrail looks again whether it may deliver to bucket and log group when a trail is written, changed or not."""
    account.client("cloudtrail").update_trail(Name=name)
    status = account.client("cloudtrail").get_trail_status(Name=name)
    assert status["IsLogging"] and status["LatestDeliveryTime"]
    assert not status.keys() & {"LatestDeliveryError", "LatestCloudWatchLogsDeliveryError"}


def test_life(aws, playbooks, accounts):
    """Refused, planned, taken over, again, destroyed."""
    product, export = accounts
    before = lasting(accounts)
    assert len(before["objects"]) == 1 and product.documents().keys() > {BUCKET, f"{WRITER} CloudWatch-policy"}

    refused = playbooks.run("setup", inventory=INVENTORY)
    assert refused.status != 0 and writes(aws) == []
    assert refused.lines["product"] == (
        f"FAILED: archive: bucket {BUCKET} exists and does not carry the tag managed-by: crossaccount.audit_logs:"
        " choose another name (aws_trail_bucket_name), or adopt it with audit_logs_adopt: true, which changes its settings and tags"
    )
    assert refused.lines["export"].startswith("FAILED: member: not tried, because the archive account failed")

    plan = playbooks.run(SETUP, *PLAN, inventory=INVENTORY)
    assert plan.status == 0 and writes(aws) == [], plan.output
    changes = "description, assume_role_policy_document, policy, tags"
    assert plan.lines == {
        "product": (
            f"to do: s3 bucket {BUCKET}: policy, public_access, object_ownership, tags; log group {GROUP}: tags;"
            f" iam role {WRITER}: {changes}; trail {TRAIL}: tags; iam role {VALIDATOR}: {changes}"
        ),
        "export": f"to do: trail {EXPORTING}: tags",
    }
    for line in TIGHTENED:
        assert line in plan.output

    run = playbooks.run(SETUP, *RUN, inventory=INVENTORY)
    assert run.status == 0, run.output
    assert set(writes(aws)) == WRITES
    assert lasting(accounts) == before
    documents = product.documents()
    assert {name: findings(document) for name, document in documents.items()} == dict.fromkeys(documents, [])
    assert_delivers(product, TRAIL)
    assert_delivers(export, EXPORTING)
    stranger = Account(aws, "333333333333").client("cloudtrail")
    with pytest.raises(stranger.exceptions.InsufficientS3BucketPolicyException):
        stranger.create_trail(Name=TRAIL, S3BucketName=BUCKET)

    writes(aws)
    again = playbooks.run("setup", inventory=INVENTORY)
    assert set(again.changed.values()) == {0} and writes(aws) == [], again.output

    destroyed = playbooks.run("destroy", inventory=INVENTORY)
    assert destroyed.status == 0, destroyed.output
    assert product.holdings() == {"buckets": [BUCKET], "log groups": [GROUP]} and export.holdings() == {}
    assert product.client("s3").list_object_versions(Bucket=BUCKET, Prefix=LOG_FILE)["Versions"] == before["objects"]


def test_a_bucket_of_somebody_else(aws, playbooks, accounts):
    """Without an archive the trails are taken over, and the bucket stays as it is."""
    inventory = copy.deepcopy(INVENTORY)
    groups = inventory["all"]["children"]
    inventory["all"]["vars"]["audit_logs_deployment"] = "prod"
    groups["aws_members"]["hosts"]["product"].update(groups.pop("aws_archive")["hosts"]["product"])
    before, policy = lasting(accounts), accounts[0].bucket_policy(BUCKET)

    run = playbooks.run(SETUP, *RUN, inventory=inventory)
    assert run.status == 0, run.output
    assert set(writes(aws)) == {call for call in WRITES if " s3:" not in call}
    assert lasting(accounts) == before and accounts[0].bucket_policy(BUCKET) == policy
    assert accounts[0].client("iam").get_role(RoleName=VALIDATOR)["Role"].get("Tags", []) == []
    assert set(playbooks.run("setup", inventory=inventory).changed.values()) == {0}
