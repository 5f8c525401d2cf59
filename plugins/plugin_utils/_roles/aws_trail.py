# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role aws_trail asks of the module aws_plan. Private."""
from __future__ import annotations

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import policies

from . import aws_trail_cloudwatch
from .options import Options, OptionsError

_SETTINGS = [
    "is_multi_region_trail", "is_organization_trail", "include_global_events", "enable_log_file_validation",
    "enable_logging", "sns_topic_name",
]
_SELECTORS = ["event_selectors", "advanced_event_selectors", "insight_types"]
_KEY_OF_BUCKET = "audit_logs_aws_key_arn"


def plan(options: Options) -> dict:
    """The options of the module aws_plan."""
    account_id = options.required("account_id", "account_id")
    region, name, state = options.region(), options.trail_name(), options["state"]
    owner = options["owner_account_id"] or account_id
    if state == "recorded":
        return _recorded(options, account_id, owner, region, name)
    its_trail = {"account_id": account_id, "region": region, "name": name}
    found, arns = {}, {}
    if options.get("cloudwatch_logs", "audit_logs_aws_cloudwatch"):
        arn = policies.trail_arn({**its_trail, "account_id": owner})
        found = aws_trail_cloudwatch.resources(options.of("aws_trail_cloudwatch"), its_trail, arn)
        arns = {f"cloudwatch_logs_{part}_arn": found.pop(f"{part}_arn") for part in ("log_group", "role")}
    bucket = options.required if state == "present" else options.get
    bucket_name = bucket("s3_bucket_name", "aws_trail_bucket_name")
    found["trail"] = {
        "name": name,
        "owner_id": owner,
        "s3_bucket_name": bucket_name,
        "s3_key_prefix": options.get("s3_key_prefix", "aws_trail_account_id", "account_id"),
        **options.given(*_SETTINGS),
        **arns, **options.given("cloudwatch_logs_log_group_arn", "cloudwatch_logs_role_arn"),
        **_key(options, state),
        "tags": options["tags"],
        "adopt": bool(options.get("adopt", "audit_logs_adopt")),
        "administrator_is_new": options["administrator_is_new"],
    }
    selectors = options.given(*_SELECTORS)
    return {
        "region": region, "state": state, "account_id": account_id, "trails": [{**its_trail, "account_id": owner}], **found,
        "covered_accounts": options["covered_accounts"],
        "removed_accounts": options.get("removed_accounts", "audit_logs_removed_accounts"),
        "organization_id": options["to_be_in_organization"], **options.owner(bucket_name), **selectors,
    }


def _recorded(options, account_id, owner, region, name):
    """What is asked of a trail that records the account and that the account does not have: that it delivers to the bucket."""
    bucket_name = options.required("s3_bucket_name", "aws_trail_bucket_name")
    trail = {
        "name": name,
        "owner_id": owner,
        "is_managed": False,
        "s3_bucket_name": bucket_name,
        "s3_key_prefix": options["s3_key_prefix"],
        "enable_logging": options["enable_logging"],
        "is_organization_trail": options["is_organization_trail"],
    }
    return {"region": region, "state": "verified", "account_id": account_id, "trails": [], "trail": trail, **options.owner(bucket_name)}


def _key(options, state):
    """The KMS key: the one given, or else that of the bucket. Without either, the trail keeps what it has."""
    of_bucket = options.variable(_KEY_OF_BUCKET, "")
    key = options["kms_key_id"]
    if key is None and of_bucket is None and state == "present":
        raise OptionsError(
            "the bucket has a KMS key whose ARN is not known here: add the archive account to --limit, or give the ARN in"
            " aws_trail_kms_key_id, or if the inventory has no archive account, in aws_trail_bucket_kms_key_arn"
        )
    key = of_bucket or None if key is None else key
    if key is None:
        return {}
    return {"kms_key_id": key, "kms_key_checked": options["kms_key_checked"] and key == of_bucket}
