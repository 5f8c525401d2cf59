# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role aws_trail asks of the module aws_plan. Private."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import policies, selectors

from . import aws_trail_cloudwatch
from .options import REMOVED, Options, OptionsError

_SETTINGS = [
    "is_multi_region_trail", "is_organization_trail", "include_global_events", "enable_log_file_validation",
    "enable_logging", "sns_topic_name",
]
_TOGETHER = [
    "advanced_event_selectors", "cloudwatch_logs_log_group_arn", "cloudwatch_logs_role_arn", "event_selectors", "include_global_events",
    "insight_types", "is_multi_region_trail",
]
_SELECTORS = ["event_selectors", "advanced_event_selectors", "insight_types"]
_KEY_OF_BUCKET = "audit_logs_aws_key_arn"


def problem(values: Mapping[str, Any], region: str | None) -> str | None:
    """What is wrong with options that are right, each by itself; a sentence that begins with the name of one.

    :param values: by the name of the option without that of the role; what is neither text nor a boolean, a list or None is not known.
    :param region: of the trail, if it is known.
    """
    known = {name: value for name, value in values.items() if value is None or isinstance(value, (str, bool, list))}
    if known.get("event_selectors") is not None and known.get("advanced_event_selectors") is not None:
        return "aws_trail_advanced_event_selectors, aws_trail_event_selectors: a trail can have only one of them. Remove one"
    if known.get("include_global_events") is False and known.get("is_multi_region_trail") is True:
        return ("aws_trail_include_global_events: a trail of all regions always records the events of global services. Set true, or set"
                " aws_trail_is_multi_region_trail: false")
    group, role = known.get("cloudwatch_logs_log_group_arn"), known.get("cloudwatch_logs_role_arn")
    if group and role is None and "cloudwatch_logs_role_arn" in known and group != REMOVED:
        return "aws_trail_cloudwatch_logs_role_arn is missing: CloudTrail needs it with aws_trail_cloudwatch_logs_log_group_arn: give both"
    if role and group is None and "cloudwatch_logs_log_group_arn" in known and role != REMOVED:
        return "aws_trail_cloudwatch_logs_log_group_arn is missing: CloudTrail needs it with aws_trail_cloudwatch_logs_role_arn: give both"
    if group and group != REMOVED and region and group.split(":")[3] != region:
        return (f"aws_trail_cloudwatch_logs_log_group_arn: the log group is in {group.split(':')[3]}, but the trail is in {region}. Give a"
                f" log group in {region}")
    wrong = selectors.insight_problem(known.get("insight_types"), known.get("event_selectors"), known.get("advanced_event_selectors"))
    return f"aws_trail_insight_types: {wrong}" if wrong else None


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
    wrong = problem({one: options[one] for one in _TOGETHER}, region) if state == "present" else None
    if wrong:
        raise OptionsError(wrong)
    if owner != account_id and state == "present" and not options["is_organization_trail"]:
        raise OptionsError(
            "aws_trail_owner_account_id: only a trail of an organization can have another owner than the account of the role. Set"
            " aws_trail_is_organization_trail: true, or leave this option out"
        )
    found["trail"] = {
        "name": name,
        "owner_id": owner,
        "s3_bucket_name": bucket_name,
        "s3_key_prefix": options.get("s3_key_prefix", "aws_trail_account_id", "account_id"),
        **options.given(*_SETTINGS),
        **_logs({**arns, **options.given("cloudwatch_logs_log_group_arn", "cloudwatch_logs_role_arn")}),
        **_key(options, state),
        "tags": options["tags"],
        "adopt": bool(options.get("adopt", "audit_logs_adopt")),
        "administrator_is_new": options["administrator_is_new"],
    }
    selectors = options.given(*_SELECTORS)
    return {
        "region": region, "state": state, "account_id": account_id, "trails": [{**its_trail, "account_id": owner}], **found,
        "probe": options["probe"] and state == "verified",
        "covered_accounts": options["covered_accounts"],
        "removed_accounts": options.get("removed_accounts", "audit_logs_removed_accounts"),
        "organization_id": options["to_be_in_organization"], **options.owner(bucket_name), **selectors,
    }


def _logs(arns):
    """ARNs of the log group and of its role. CloudTrail has both or neither: without one, the trail loses the other, too."""
    return dict.fromkeys(["cloudwatch_logs_log_group_arn", "cloudwatch_logs_role_arn"], "") if "" in arns.values() else arns


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
    return {"region": region, "state": "verified", "account_id": account_id, "trails": [], "trail": trail, "probe": options["probe"],
            **options.owner(bucket_name)}


def _key(options, state):
    """The KMS key: the one given, or else that of the bucket. Without either, the trail keeps what it has."""
    of_bucket = options.variable(_KEY_OF_BUCKET, "")
    key = options["kms_key_id"]
    if key is None and of_bucket is None and state == "present":
        raise OptionsError(
            "the bucket has a KMS key, but this run does not know the ARN of the key. Add the archive account to --limit, or give the ARN"
            " in aws_trail_kms_key_id. If the inventory has no archive account, give it in aws_trail_bucket_kms_key_arn"
        )
    key = of_bucket or None if key is None else key
    if key is None:
        return {}
    return {"kms_key_id": key, "kms_key_checked": options["kms_key_checked"] and key == of_bucket}
