# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a trail delivers to, and whether it may: asked when it is created or changed, and at each delivery."""
from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from moto.cloudtrail.models import Trail
from moto.kms.models import Key, kms_backends
from moto.logs.models import LogGroup, logs_backends
from moto.s3.models import FakeBucket

from .. import windows
from ..accounts import boundary, iam, organization
from ..control_policies import principal_refusal, resource_refusal
from ..partition import partition
from ..policy import Decision, PolicyError, Principal, Request, evaluate, parse
from .lookup import topic_arn

SERVICE = Principal(service="cloudtrail.amazonaws.com")
_GROUP_ARN = re.compile(r"arn:[\w-]+:logs:([a-z0-9-]+):(\d{12}):log-group:([\w./#-]{1,512}):\*")


@dataclass(frozen=True)
class Target:
    """Where a trail delivers to; empty for nothing.

    :param account: the one that the trail belongs to; for the trail of an organization, its management account.
    :param administrator: the account that created the trail, which has its log group: the same one, or a delegated administrator.
    :param region: home region of the trail.
    """

    account: str
    administrator: str
    region: str
    name: str
    bucket: str
    prefix: str
    key: str
    group: str
    role: str
    topic: str
    validation: bool
    of_organization: bool

    @classmethod
    def of(cls, trail: Trail) -> Target:
        """What a trail has."""
        return cls(
            account=trail.account_id,
            administrator=getattr(trail, "administrator", trail.account_id),
            region=trail.region_name,
            name=trail.trail_name,
            bucket=trail.bucket_name,
            prefix=trail.s3_key_prefix or "",
            key=trail.kms_key_id or "",
            group=trail.cw_log_group_arn or "",
            role=trail.cw_role_arn or "",
            topic=topic_arn(trail) or "",
            validation=bool(trail.log_validation),
            of_organization=bool(trail.is_org_trail),
        )

    @property
    def arn(self) -> str:
        return f"arn:{partition()}:cloudtrail:{self.region}:{self.account}:trail/{self.name}"

    def folder(self, account: str, kind: str, region: str, *, of_organization: bool | None = None) -> str:
        """Where in the bucket files go: "Finding your CloudTrail log files" (User Guide).

        :param account: the one whose events they are.
        :param kind: ``CloudTrail`` or ``CloudTrail-Digest``.
        :param of_organization: whether below the organization's id; None for what the trail is.
        """
        below = self.of_organization if of_organization is None else of_organization
        owner = f"{organization().id}/{account}" if below else account
        return f"{self.prefix}/AWSLogs/{owner}/{kind}/{region}".removeprefix("/")

    def stream(self, account: str, *, of_organization: bool | None = None) -> str:
        """Log stream: "Role policy document for CloudTrail to use CloudWatch Logs" (User Guide).

        The role of a multi-region trail is for the streams of its home region only, so all events go there.
        """
        below = self.of_organization if of_organization is None else of_organization
        start = f"{organization().id}_" if below else ""
        return f"{start}{account}_CloudTrail_{self.region}"

    @property
    def context(self) -> dict[str, str]:
        """Condition keys of what CloudTrail does for this trail."""
        return {
            "aws:PrincipalIsAWSService": "true",
            "aws:PrincipalServiceName": str(SERVICE.service),
            "aws:SecureTransport": "true",
            "aws:SourceAccount": self.account,
            "aws:SourceArn": self.arn,
            "aws:SourceOrgID": organization().id,
        }


def lets_deliver(target: Target, bucket: FakeBucket, owner: str, path: str) -> bool:
    """Whether a bucket's policy lets CloudTrail put an object at a path.

    "Amazon S3 bucket policy for CloudTrail" (User Guide): CloudTrail needs s3:GetBucketAcl on the bucket, and
    s3:PutObject on the trail's folders with the ACL bucket-owner-full-control. "Encrypting CloudTrail log files, digest
    files, and event data stores with AWS KMS keys" (User Guide): both kinds of files are encrypted with the trail's
    key; without one, with SSE-S3, so a key of the bucket does not matter. At each delivery: assumption
    aws-cloudtrail-delivery-needs.

    :param owner: account of the bucket.
    """
    context = {**target.context, "aws:ResourceAccount": owner, "aws:ResourceOrgID": organization().id}
    arn = f"arn:{partition()}:s3:::{bucket.name}"
    put = {
        **context,
        "s3:x-amz-acl": "bucket-owner-full-control",
        "s3:x-amz-server-side-encryption": "aws:kms" if target.key else "AES256",
    }
    key = find_key(target) if target.key else None
    if key is not None:
        put["s3:x-amz-server-side-encryption-aws-kms-key-id"] = key.arn
    policy = windows.bucket_policy(bucket, owner)
    return (
        allows(policy, owner, "s3:GetBucketAcl", arn, context)
        and allows(policy, owner, "s3:PutObject", f"{arn}/{path}", put)
    )


def find_key(target: Target) -> Key | None:
    """The trail's key, that it names by id, ARN, alias or alias ARN; None if it is not there."""
    region, account, name = target.region, target.account, target.key
    if name.startswith("arn:") and name.count(":") == 5:
        _arn, _partition, _kms, region, account, name = name.split(":", 5)
    regions = kms_backends[account]
    keys = regions[region].keys if region in regions else {}
    if name.startswith("alias/"):
        # Not get_key_id_from_alias, which makes the keys that AWS manages when it is asked for them.
        return next((key for key in keys.values() if name in key.aliases), None)
    return keys.get(name.removeprefix("key/"))


def lets_encrypt(target: Target, key: Key, bucket: FakeBucket) -> bool:
    """Whether a key's policy lets CloudTrail encrypt.

    "Configure KMS key policies for CloudTrail" (User Guide): CloudTrail needs kms:GenerateDataKey* with the trail in
    the encryption context, and kms:DescribeKey. For a bucket with an S3 Bucket Key also kms:Decrypt: assumption
    aws-bucket-key-decrypt.
    """
    context = {**target.context, "aws:ResourceAccount": key.account_id}
    encryption = {
        **context,
        "kms:EncryptionContext:aws:cloudtrail:arn": target.arn,
        "kms:EncryptionContextKeys": "aws:cloudtrail:arn",
    }
    needed = [("kms:GenerateDataKey", encryption), ("kms:DescribeKey", context)]
    if (bucket.encryption or {}).get("Rule", {}).get("BucketKeyEnabled") == "true":
        needed.append(("kms:Decrypt", encryption))
    return all(allows(windows.key_policy(key), key.account_id, action, key.arn, keys) for action, keys in needed)


def find_group(target: Target) -> LogGroup | None:
    """The trail's log group; None if there is none in its account and region."""
    match = _GROUP_ARN.fullmatch(target.group)
    if not match or (match[1], match[2]) != (target.region, target.administrator):
        return None
    return logs_backends[target.administrator][target.region].groups.get(match[3])


def role_refusal(target: Target, streams: Iterable[str]) -> str:
    """Why CloudTrail can't write to some log streams with the trail's role; empty if it can.

    "Sending events to CloudWatch Logs" (User Guide): the role is one that CloudTrail can assume and that allows
    logs:CreateLogStream and logs:PutLogEvents on the trail's log streams.
    """
    there = next((role for role in iam(target.administrator).roles.values() if role.arn == target.role), None)
    role = windows.identity(target.administrator, there) if there else None
    if role is None:
        return f"The role does not exist: {target.role}"
    if not allows(role.trust, target.administrator, "sts:AssumeRole", None, target.context):
        return "CloudTrail can't assume the role. Check its trust policy."
    for stream in streams:
        resource = f"{target.group.removesuffix(':*')}:log-stream:{stream}"
        for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
            asked = Request(action, resource)
            if evaluate(map(parse, role.policies), asked) is not Decision.ALLOW:
                return f"Access denied. The role does not allow {action} on {resource}."
            if (limit := boundary(target.administrator, there)) and evaluate([parse(limit)], asked) is not Decision.ALLOW:
                return f"Access denied. The permissions boundary of the role does not allow {action} on {resource}."
            refusal = principal_refusal(target.administrator, there, asked)
            if refusal:
                return f"Access denied. The role may not do {action} on {resource} {refusal}."
    return ""


def allows(policy: str | bytes | None, owner: str, action: str, resource: str | None, context: Mapping[str, str]) -> bool:
    """Whether a resource policy, and the resource control policies of the resource's account, let CloudTrail do an action."""
    if not policy:
        return False
    try:
        parsed = parse(policy.decode() if isinstance(policy, bytes) else policy)
    except PolicyError:
        return False
    asked = Request(action, resource, SERVICE, context)
    return evaluate([parsed], asked) is Decision.ALLOW and not resource_refusal(owner, asked)
