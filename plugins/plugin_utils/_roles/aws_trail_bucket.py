# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role aws_trail_bucket asks of the module aws_plan. Private."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import checks, policies

from .options import Options, OptionsError

# By default, S3 changes the storage class of objects from 128 KB on (assumption aws-small-object-transitions); most log files are
# smaller. The other classes have 128 KB as their least billed size, or do not tier smaller objects.
_ARCHIVES = ("DEEP_ARCHIVE", "GLACIER")
_LEAST_SIZE = 1  # bytes; no log file is as small. For 0: assumption aws-object-size-zero.
_TOGETHER = [
    "encryption", "expiration_days", "key_enabled", "kms_key_arn", "name", "object_lock_days", "object_lock_mode", "policy", "transition_days",
    "transition_storage_class", "versioning",
]
_PUBLIC_ACCESS = ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"]


def problem(values: Mapping[str, Any], region: str | None) -> str | None:
    """What is wrong with options that are right, each by itself; a sentence that begins with the name of one.

    :param values: by the name of the option without that of the role; what is neither text nor a number, a boolean or None is not known.
    :param region: of the bucket, if it is known.
    """
    known = {name: value for name, value in values.items() if value is None or isinstance(value, (str, int))}
    lifecycle = {
        "transition_days": known.get("transition_days"), "expiration_days": known.get("expiration_days"),
        "storage_class": known.get("transition_storage_class"),
    }
    wrong = checks.lifecycle(lifecycle)
    if wrong:
        return f"aws_trail_bucket_expiration_days, aws_trail_bucket_transition_days: {wrong}"
    mode, days, versioning = (known.get(name) for name in ("object_lock_mode", "object_lock_days", "versioning"))
    wrong = mode and days is not None and checks.object_lock({"mode": mode, "days": days})
    if wrong:
        return f"aws_trail_bucket_object_lock_days: {wrong}"
    if mode and versioning is False:
        return f"aws_trail_bucket_versioning: object lock ({mode}) needs versioning. Set true, or remove the object lock"
    if mode == "" and days:
        return "aws_trail_bucket_object_lock_days needs aws_trail_bucket_object_lock_mode: give both, or neither"
    if known.get("key_enabled") and known.get("encryption", "aws:kms") != "aws:kms":
        return "aws_trail_bucket_key_enabled: an S3 Bucket Key needs aws_trail_bucket_encryption: aws:kms: give both, or neither"
    key_region = (known.get("kms_key_arn") or "::::").split(":")[3]
    if region and key_region and key_region != region:
        return f"aws_trail_bucket_kms_key_arn: the key is in {key_region}, but the bucket is in {region}. Give a key in {region}"
    wrong = isinstance(values.get("policy"), (str, dict)) and checks.bucket_statements(values["policy"], known.get("name"))
    return f"aws_trail_bucket_policy: {wrong}" if wrong else None


def plan(options: Options) -> dict:
    """The options of the module aws_plan."""
    wrong = problem({name: options[name] for name in _TOGETHER}, options.region_or_none())
    if wrong and options["state"] == "present":
        raise OptionsError(wrong)
    account_id = options.required("account_id", "account_id")
    region, name, state = options.region(), options.required("name"), options["state"]
    # A bucket that is to be deleted may have another name than that in the statements of the inventory.
    trails, statements = ([], None) if state == "absent" else (options["trails"], options["policy"])
    shape = options["policy_form"], options["organization_id"]
    tags = options["tags"]
    try:
        policy = policies.bucket_policy(name, region, trails, *shape, statements)
        key_policy = policies.key_policy(account_id, region, trails, *shape)
    except ValueError as error:
        raise OptionsError(f"aws_trail_bucket: {error}") from error
    encryption, key_arn = options["encryption"], options["kms_key_arn"]
    bucket = {
        "name": name,
        "policy": policy,
        "versioning": options["versioning"],
        "encryption": encryption,
        "encryption_key_id": key_arn if key_arn and encryption == "aws:kms" else None,
        "bucket_key_enabled": options["key_enabled"],
        "public_access": dict.fromkeys(_PUBLIC_ACCESS, True),
        "object_ownership": "BucketOwnerEnforced",
        "lifecycle": _lifecycle(options),
        "logging": _logging(options, name),
        "tags": tags,
        "adopt": bool(options.get("adopt", "audit_logs_adopt")),
        **_object_lock(options),
    }
    key = {
        "alias": options["kms_alias"] or f"alias/{name}",
        "policy": key_policy,
        "enable_key_rotation": True,
        "tags": {**tags, "bucket": name},
    }
    found = {
        "region": region, "state": state, "account_id": account_id, "s3_bucket": bucket,
        "delete_logs": bool(options.get("delete_logs", "audit_logs_delete_logs")),
        "pending_accounts": options["pending_accounts"],
        "covered_accounts": options["covered_accounts"],
        "shorten_retention": bool(options.get("shorten_retention", "audit_logs_shorten_retention")),
        "destroyed_accounts": options["destroyed_accounts"],
        "keys_in_use": options["keys_in_use"],
        "removed_accounts": options.get("removed_accounts", "audit_logs_removed_accounts"),
        "removed_statements": options["removed_statements"],
        **options.owner(name),
        "trails": trails,
    }
    # Destroy deletes the key also if the bucket does not use it any more.
    return {**found, "kms_key": key} if state == "absent" or encryption == "aws:kms" and not key_arn else found


def _lifecycle(options):
    """With versioning, an expired log file stays as an older version until that is deleted as well."""
    transition, expiration = options["transition_days"], options["expiration_days"]
    found = {}
    if transition != 0:
        storage_class = options["transition_storage_class"]
        found = {"transition_days": transition, "storage_class": storage_class}
        if storage_class in _ARCHIVES:
            found["minimum_object_size"] = _LEAST_SIZE
    if expiration != 0:
        found.update(expiration_days=expiration, noncurrent_version_expiration_days=expiration)
    return found


def _logging(options, name):
    bucket, prefix = options["logging_bucket"], options["logging_prefix"]
    if not bucket:
        return bucket if bucket is None else {}
    return {"target_bucket": bucket, "target_prefix": f"{name}/" if prefix is None else prefix}


def _object_lock(options):
    mode, days = options["object_lock_mode"], options["object_lock_days"]
    return {"object_lock_enabled": True, "object_lock_default_retention": {"mode": mode, "days": days}} if mode else {}
