# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventories for tests, and what accounts hold, asked with boto3."""
from __future__ import annotations

import json

from clouds.aws.policy import Decision, Principal, Request, evaluate, parse

REGION = "eu-west-1"
MANAGEMENT = "123456789012"
ARCHIVE = "111111111111"
MEMBERS = {"team-a": "222222222222", "team-b": "333333333333", "team-c": "444444444444"}
BUCKET = "example-audit-logs"
TRAIL = "audit-logs"
LOG_GROUP = f"{TRAIL}-cloudtrail-log-group"
ROLE = f"{TRAIL}-cloudtrail-cloudwatch"
QUICK_TRIES = {"aws_trail_delay": 0.1, "aws_trail_wait": 2}  # up to 20 tries, which the local AWS takes for 100 s
TAG = {"managed-by": "crossaccount.audit_logs", "audit-logs-deployment": BUCKET}


def inventory_of(members=1, hosts=None, **variables) -> dict:
    """An inventory with one archive and members; C(hosts) adds variables to hosts by name.

    :param members: how many of MEMBERS, or the account ids of others by name.
    """
    hosts = hosts or {}
    if isinstance(members, int):
        members = dict(list(MEMBERS.items())[:members])

    def group(accounts):
        return {"hosts": {name: {"account_id": number, **hosts.get(name, {})} for name, number in accounts.items()}}

    return {
        "all": {
            "vars": {
                "audit_logs_aws_region": REGION,
                "audit_logs_aws_role": "OrganizationAccountAccessRole",
                "aws_trail_bucket_name": BUCKET,
                **QUICK_TRIES,
                **variables,
            },
            "children": {
                "aws_archive": group({"log-archive": ARCHIVE}),
                **({"aws_members": group(members)} if members else {}),
            },
        }
    }


class Account:
    """An account, as somebody with a boto3 session sees it."""

    def __init__(self, aws, account_id: str) -> None:
        self.session = aws.session(account_id)

    def client(self, service):
        return self.session.client(service, region_name=REGION)

    def trails(self) -> dict[str, dict]:
        found = self.client("cloudtrail").describe_trails(includeShadowTrails=False)["trailList"]
        return {trail["Name"]: trail for trail in found}

    def buckets(self) -> list[str]:
        return [bucket["Name"] for bucket in self.client("s3").list_buckets()["Buckets"]]

    def log_groups(self) -> dict[str, dict]:
        found = self.client("logs").describe_log_groups()["logGroups"]
        return {group["logGroupName"]: group for group in found}

    def roles(self) -> list[str]:
        return [role["RoleName"] for role in self.client("iam").list_roles()["Roles"]]

    def live_keys(self) -> list[str]:
        """Customer managed keys that are not waiting for their deletion."""
        kms = self.client("kms")
        described = [kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in kms.list_keys()["Keys"]]
        return [key["KeyId"] for key in described if key["KeyState"] != "PendingDeletion"]

    def bucket_policy(self, bucket=BUCKET) -> dict:
        return json.loads(self.client("s3").get_bucket_policy(Bucket=bucket)["Policy"])

    def documents(self) -> dict[str, dict | str]:
        """Every policy document in the account except those of the role for sessions."""
        iam, kms = self.client("iam"), self.client("kms")
        found = {bucket: self.bucket_policy(bucket) for bucket in self.buckets()}
        for key in self.live_keys():
            found[key] = kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]
        for role in set(self.roles()) - {"OrganizationAccountAccessRole"}:
            found[f"{role} trust"] = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
            for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
                found[f"{role} {name}"] = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        return found

    def holdings(self) -> dict[str, list[str]]:
        """Everything of the kinds that this collection makes, whoever created it."""
        found = {
            "trails": sorted(self.trails()),
            "buckets": sorted(self.buckets()),
            "log groups": sorted(self.log_groups()),
            "roles": sorted(role for role in self.roles() if role != "OrganizationAccountAccessRole"),
            "keys": sorted(self.live_keys()),
        }
        return {kind: names for kind, names in found.items() if names}


def writes(aws) -> list[str]:
    """The writing calls since the last look."""
    found = [f"{call.account} {call.service}:{call.action}" for call in list(aws.calls) if not call.read_only]
    aws.calls.clear()
    return found


def may_deliver(aws, account_id) -> bool:
    """Whether bucket and key let an account's trail deliver, as it is now."""
    trails = Account(aws, account_id).trails()
    region = REGION
    if TRAIL not in trails:
        region = "us-east-1"
        found = aws.session(account_id).client("cloudtrail", region_name=region).describe_trails()["trailList"]
        trails = {trail["Name"]: trail for trail in found}
    trail = trails[TRAIL]
    context = {
        "aws:SecureTransport": "true",
        "aws:SourceArn": f"arn:aws:cloudtrail:{region}:{account_id}:trail/{TRAIL}",
        "aws:SourceAccount": account_id,
        "aws:SourceOrgID": aws.session().client("organizations").describe_organization()["Organization"]["Id"],
        "s3:x-amz-acl": "bucket-owner-full-control",
    }

    def allows(policy, action, resource):
        request = Request(action, resource, Principal(service="cloudtrail.amazonaws.com"), context)
        return evaluate([parse(json.dumps(policy))], request) is Decision.ALLOW

    archive = Account(aws, ARCHIVE)
    folder = f"{trail['S3KeyPrefix']}/AWSLogs/{account_id}/CloudTrail/{region}/file.json.gz"
    delivers = allows(archive.bucket_policy(), "s3:PutObject", f"arn:aws:s3:::{BUCKET}/{folder}")
    if trail.get("KmsKeyId"):
        key = archive.client("kms").get_key_policy(KeyId=trail["KmsKeyId"], PolicyName="default")["Policy"]
        delivers = delivers and allows(json.loads(key), "kms:GenerateDataKey", trail["KmsKeyId"])
    return delivers
