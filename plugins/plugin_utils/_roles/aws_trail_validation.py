# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role aws_trail_validation asks of the module aws_plan. Private."""
from __future__ import annotations

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import policies

from .options import BOUNDARY, Options


def plan(options: Options) -> dict:
    """The options of the module aws_plan."""
    region, bucket = options.region(), options.required("s3_bucket_name", "aws_trail_bucket_name")
    key_arn = options.get("kms_key_arn", "audit_logs_aws_key_arn")
    return {
        "region": region,
        "state": options["state"],
        **options.owner(bucket),
        "iam_role": {
            "name": options["role_name"] or role_name(bucket),
            "description": f"Validates the log files of CloudTrail in {bucket}",
            "assume_role_policy_document": trust_policy(options["principals"], options["external_id"]),
            "policy_name": options["policy_name"],
            "policy": role_policy(f"arn:{policies.partition(region)}:s3:::{bucket}", key_arn),
            "boundary": options.get("permissions_boundary", BOUNDARY) or None,
            "tags": options["tags"],
            "adopt": bool(options.get("adopt", "audit_logs_adopt")),
        },
    }


def role_name(bucket: str) -> str:
    """The default name of the role: another bucket in the account has another role. IAM takes 64 characters."""
    end = "-cloudtrail-validation"
    return bucket[:64 - len(end)] + end


def trust_policy(principals: list[str], external_id: str) -> dict:
    """Who may assume the role; with an external id, only with that."""
    condition = {"Condition": {"StringEquals": {"sts:ExternalId": external_id}}} if external_id else {}
    statement = {"Sid": "Validators", "Effect": "Allow", "Principal": {"AWS": principals}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [{**statement, **condition}]}


def role_policy(bucket_arn: str, key_arn: str | None) -> dict:
    """What C(aws cloudtrail validate-logs) calls. CloudTrail's two actions know no resources."""
    allowed = {
        "FindTrailAndKeys": (["cloudtrail:DescribeTrails", "cloudtrail:ListPublicKeys"], "*"),
        "FindLogFiles": (["s3:GetBucketLocation", "s3:ListBucket"], bucket_arn),
        "ReadLogFiles": ("s3:GetObject", f"{bucket_arn}/*"),
        **({"DecryptLogFiles": ("kms:Decrypt", key_arn)} if key_arn else {}),
    }
    return {"Version": "2012-10-17", "Statement": [
        {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource}
        for sid, (actions, resource) in allowed.items()
    ]}
