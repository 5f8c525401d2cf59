# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role aws_trail_cloudwatch asks of the module aws_plan. Private."""
from __future__ import annotations

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import policies

from .options import BOUNDARY, Options


def plan(options: Options) -> dict:
    """The options of the module aws_plan."""
    trail = options.of("aws_trail")
    account_id = options["account_id"] or trail.required("account_id", "account_id")
    region = options["region"] or trail.region()
    name = options["trail_name"] or trail.trail_name()
    its_trail = {"account_id": account_id, "region": region, "name": name}
    found = resources(options, its_trail, policies.trail_arn(its_trail))
    del found["log_group_arn"], found["role_arn"]
    owner = options.owner(options.variable("aws_trail_bucket_name"))
    return {"region": region, "state": options["state"], "account_id": account_id, "trails": [its_trail], **owner, **found}


def resources(options: Options, trail: dict, trail_arn: str) -> dict:
    """The log group of a trail, the IAM role that writes into it, and their ARNs.

    :param trail: account_id of the log group, region and name of the trail.
    :param trail_arn: of the trail, which another account may own.
    """
    name = options["trail_name"] or trail["name"]
    group, role = options["log_group"] or f"{name}-cloudtrail-log-group", options["role_name"] or role_name(name)
    group_arn = policies.log_group_arn(trail, group)
    common = {"tags": options["tags"], "adopt": bool(options.get("adopt", "audit_logs_adopt"))}
    log_group = {"name": group, "retention": options["retention_days"], "kms_key_id": options["kms_key_arn"] or None}
    iam_role = {
        "name": role,
        "description": f"CloudTrail writes events of the trail {name} to CloudWatch Logs",
        "assume_role_policy_document": trust_policy(trail_arn if options["trust_only_trail"] else None),
        "policy_name": options["policy_name"],
        "policy": role_policy(group_arn),
        "boundary": options.get("permissions_boundary", BOUNDARY) or None,
    }
    return {
        "delete_logs": bool(options.get("delete_logs", "audit_logs_delete_logs")),
        "shorten_retention": bool(options.get("shorten_retention", "audit_logs_shorten_retention")),
        "log_group": {**log_group, **common}, "log_group_arn": group_arn,
        "iam_role": {**iam_role, **common}, "role_arn": policies.role_arn(trail, role),
    }


def role_name(trail_name: str) -> str:
    """The default name of the role."""
    return f"{trail_name}-cloudtrail-cloudwatch"


def trust_policy(trail_arn: str | None) -> dict:
    """The trust policy of the role.

    :param trail_arn: the trail for which alone CloudTrail may assume the role; None for any. No document says whether CloudTrail
        sends it: assumption aws-cloudtrail-source-arn-for-role.
    """
    condition = {"Condition": {"StringEquals": {"aws:SourceArn": trail_arn}}} if trail_arn else {}
    return {
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "CloudTrail",
            "Effect": "Allow",
            "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": "sts:AssumeRole",
            **condition,
        }],
    }


def role_policy(log_group_arn: str) -> dict:
    """The policy of the role.

    :param log_group_arn: with C(:*) at its end.
    """
    return {
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "WriteEvents",
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": log_group_arn,
        }],
    }
