# SPDX-License-Identifier: GPL-3.0-or-later
"""An S3 bucket's settings, read in the terms of amazon.aws.s3_bucket. Private to this collection."""
from __future__ import annotations

import json

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code

from .resource import PlanError

LIFECYCLE_RULE = "crossaccount.audit_logs"


def read(client, name: str, region: str, settings) -> dict | None:
    """The asked-for settings of a bucket, one call each besides HeadBucket; None if there is no such bucket."""
    try:
        found_in = client.head_bucket(Bucket=name, aws_retry=True)["ResponseMetadata"]["HTTPHeaders"]
    except is_boto3_error_code("404"):
        return None
    except is_boto3_error_code(["403", "AccessDenied"]) as error:
        raise PlanError(
            f"bucket {name}: S3 denied access to it. If another account owns the bucket, choose another name. Otherwise allow"
            " s3:ListBucket; a service control policy (SCP) or a resource control policy (RCP) of the organization may deny it, too"
        ) from error
    found_in = found_in.get("x-amz-bucket-region", region)
    if found_in != region:
        raise PlanError(f"bucket {name} is in {found_in}, not in {region}: give its region, or choose another name")
    current = {}
    for setting in settings:
        current.update(_READERS[setting](client, name))
    return current


def readable_tags(client, name: str) -> dict[str, str] | None:
    """The tags of a bucket, in any region; None if there is no such bucket, or they may not be read. One call."""
    try:
        return _tags(client, name)["tags"]
    except is_boto3_error_code(["NoSuchBucket", "AccessDenied", "403"]):
        return None


def leftover(name: str) -> str:
    """What to say of the bucket that a deployment had under an earlier name."""
    return f"bucket {name}, which belongs to this deployment under an earlier name"


def holds_objects(client, name: str) -> bool:
    """Whether there is anything in a bucket, older versions included. One call, ListObjectVersions."""
    found = client.list_object_versions(Bucket=name, MaxKeys=1, aws_retry=True)
    return bool(found.get("Versions") or found.get("DeleteMarkers"))


def settings_to_read(asked) -> list[str]:
    """Of the settings that are asked for, those that have a call of their own, and those whose call returns others."""
    along_with = {"encryption_key_id": "encryption", "bucket_key_enabled": "encryption", "object_lock_default_retention": "object_lock_enabled"}
    return sorted(set(_READERS) & {along_with.get(setting, setting) for setting in asked})


def _get(client, call, missing, bucket):
    """The answer of a Get call; None if what it asks for was never set: assumption aws-error-codes."""
    try:
        return getattr(client, call)(Bucket=bucket, aws_retry=True)
    except is_boto3_error_code(missing):
        return None


def _policy(client, bucket):
    answer = _get(client, "get_bucket_policy", "NoSuchBucketPolicy", bucket)
    return {"policy": json.loads(answer["Policy"]) if answer else None}


def read_policy(client, name: str) -> dict | None:
    """The policy of a bucket; None if it has none. One call, GetBucketPolicy."""
    return _policy(client, name)["policy"]


def _versioning(client, bucket):
    answer = client.get_bucket_versioning(Bucket=bucket, aws_retry=True)
    return {"versioning": answer.get("Status") == "Enabled", "mfa_delete": answer.get("MFADelete") == "Enabled"}


def _encryption(client, bucket):
    answer = _get(client, "get_bucket_encryption", "ServerSideEncryptionConfigurationNotFoundError", bucket)
    rules = answer["ServerSideEncryptionConfiguration"]["Rules"] if answer else [{}]
    default = rules[0].get("ApplyServerSideEncryptionByDefault", {})
    return {
        "encryption": default.get("SSEAlgorithm"), "encryption_key_id": default.get("KMSMasterKeyID"),
        "bucket_key_enabled": rules[0].get("BucketKeyEnabled", False),
    }


def _public_access(client, bucket):
    answer = _get(client, "get_public_access_block", "NoSuchPublicAccessBlockConfiguration", bucket)
    block = answer["PublicAccessBlockConfiguration"] if answer else {}
    return {
        "public_access": {
            "block_public_acls": block.get("BlockPublicAcls", False),
            "block_public_policy": block.get("BlockPublicPolicy", False),
            "ignore_public_acls": block.get("IgnorePublicAcls", False),
            "restrict_public_buckets": block.get("RestrictPublicBuckets", False),
        }
    }


def _object_ownership(client, bucket):
    answer = _get(client, "get_bucket_ownership_controls", "OwnershipControlsNotFoundError", bucket)
    return {"object_ownership": answer["OwnershipControls"]["Rules"][0]["ObjectOwnership"] if answer else None}


def _tags(client, bucket):
    answer = _get(client, "get_bucket_tagging", "NoSuchTagSet", bucket)
    return {"tags": {tag["Key"]: tag["Value"] for tag in answer["TagSet"]} if answer else {}}


def read_logging(client, bucket):
    """Where the access logs go."""
    enabled = client.get_bucket_logging(Bucket=bucket, aws_retry=True).get("LoggingEnabled")
    if not enabled:
        return {"logging": None}
    return {"logging": {"target_bucket": enabled["TargetBucket"], "target_prefix": enabled.get("TargetPrefix", "")}}


def _object_lock(client, bucket):
    answer = _get(client, "get_object_lock_configuration", "ObjectLockConfigurationNotFoundError", bucket)
    configuration = answer["ObjectLockConfiguration"] if answer else {}
    retention = configuration.get("Rule", {}).get("DefaultRetention", {})
    return {
        "object_lock_enabled": configuration.get("ObjectLockEnabled") == "Enabled",
        "object_lock_default_retention": {key.lower(): value for key, value in retention.items() if value} or None,
    }


def _lifecycle(client, bucket):
    """Our rule, and what others delete. What ours should not have is shown, so that it is mended."""
    answer = _get(client, "get_bucket_lifecycle_configuration", "NoSuchLifecycleConfiguration", bucket)
    rules = answer["Rules"] if answer else []
    rule = next((rule for rule in rules if rule.get("ID") == LIFECYCLE_RULE), None)
    expiring = [found for found in map(_expiring, rules) if found]
    return {"lifecycle": rule and _own_rule(rule), "expiring": expiring}


def _own_rule(rule):
    transitions = rule.get("Transitions") or [{}]
    chosen = rule.get("Filter", {"Prefix": rule.get("Prefix", "")})
    chosen = chosen.get("And", chosen)
    everything = not chosen.get("Prefix") and set(chosen) <= {"Prefix", "ObjectSizeGreaterThan"}
    known = {"ID", "Filter", "Prefix", "Status", "Transitions", "Expiration", "NoncurrentVersionExpiration"}
    found = {
        "transition_days": transitions[0].get("Days"),
        "storage_class": transitions[0].get("StorageClass"),
        "minimum_object_size": chosen.get("ObjectSizeGreaterThan"),
        "expiration_days": rule.get("Expiration", {}).get("Days"),
        "noncurrent_version_expiration_days": rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays"),
        "status": None if rule["Status"] == "Enabled" else rule["Status"],
        "filter": None if everything else rule.get("Filter", rule.get("Prefix")),
        "more": sorted(set(rule) - known) + transitions[1:] or None,
    }
    return {key: value for key, value in found.items() if value is not None}


def _expiring(rule):
    """What a rule that is not ours deletes of objects without tags, as CloudTrail's are (assumption aws-cloudtrail-object-tags); None if nothing."""
    chosen = rule.get("Filter", {})
    chosen = chosen.get("And", chosen)
    expiration, noncurrent = rule.get("Expiration", {}), rule.get("NoncurrentVersionExpiration", {})
    found = {
        "id": rule.get("ID", ""),
        "prefix": chosen.get("Prefix", rule.get("Prefix", "")),
        # From a date on, objects of any age.
        "days": 0 if "Date" in expiration else expiration.get("Days"),
        "noncurrent_days": noncurrent.get("NoncurrentDays"),
    }
    deletes = found["days"] is not None or found["noncurrent_days"] is not None
    is_active = rule["Status"] == "Enabled" and not chosen.get("Tag") and not chosen.get("Tags")
    return found if deletes and is_active and rule.get("ID") != LIFECYCLE_RULE else None


def touches(rule: dict, folders: list[str]) -> bool:
    """Whether a rule among C(expiring) is about objects in one of the folders, or of all that is in it."""
    return any(folder.startswith(rule["prefix"]) or rule["prefix"].startswith(folder) for folder in folders)


_READERS = {
    "encryption": _encryption,
    "lifecycle": _lifecycle,
    "logging": read_logging,
    "object_lock_enabled": _object_lock,
    "object_ownership": _object_ownership,
    "policy": _policy,
    "public_access": _public_access,
    "tags": _tags,
    "versioning": _versioning,
}
SETTINGS = tuple(_READERS)
