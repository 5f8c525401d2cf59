# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of a KMS key. Private to this collection."""
from __future__ import annotations

import json
from collections.abc import Callable

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code


def with_prefix(alias: str) -> str:
    """An alias as KMS has it; options may leave out C(alias/)."""
    return f"alias/{alias.removeprefix('alias/')}"


def read(client, key_id: str, settings) -> dict | None:
    """The asked-for settings of a key, one call each besides DescribeKey; None without such a key.

    C(key_id) is its alias or ARN. A key that is waiting for its deletion has C(enabled) false.
    """
    metadata = describe(client, key_id)
    if not metadata:
        return None
    arn = metadata["Arn"]
    current = {"arn": arn, "enabled": metadata["KeyState"] == "Enabled", "state": metadata["KeyState"]}
    return {**current, **read_settings(client, arn, settings)}


def read_settings(client, arn: str, settings) -> dict:
    """Of the policy, the tags and the rotation of a key, those that are asked for; one call each."""
    current = {}
    if "policy" in settings:
        current["policy"] = read_policy(client, arn)
    if "tags" in settings:
        current["tags"] = read_tags(client, arn)
    if "enable_key_rotation" in settings:
        rotation = client.get_key_rotation_status(KeyId=arn, aws_retry=True)
        current["enable_key_rotation"] = rotation["KeyRotationEnabled"]
    return current


def region_and_account(key_id: str) -> tuple[str | None, str | None]:
    """Region and account that the ARN of a key or of an alias names; None and None for another text."""
    parts = key_id.split(":")
    return (parts[3], parts[4]) if len(parts) > 5 else (None, None)


def describe(client, key_id: str) -> dict | None:
    """What DescribeKey says of a key, by its id, its alias or the ARN of either; None without such a key."""
    try:
        return client.describe_key(KeyId=key_id, aws_retry=True)["KeyMetadata"]
    except is_boto3_error_code("NotFoundException"):
        return None


def advice(state: str) -> str:
    """What to do about a key that is not enabled; see "Key states of AWS KMS keys" (KMS Developer Guide)."""
    return {
        "Disabled": "enable it",
        "PendingDeletion": "cancel its deletion and enable it",
        "PendingImport": "import its key material",
    }.get(state, "see in KMS what it waits for")


def problem(metadata: dict | None) -> str | None:
    """Why nobody can encrypt log files with a key, by what DescribeKey says of it; the end of a sentence.

    "How AWS CloudTrail uses AWS KMS" (CloudTrail User Guide): symmetric keys only. "Key states of AWS KMS keys" (KMS
    Developer Guide): GenerateDataKey fails unless the key is enabled.
    """
    if not metadata:
        return "does not exist: give the ARN of one that does, or leave it out"
    state = metadata["KeyState"]
    if state != "Enabled":
        return f"cannot be used because its state is {state}: {advice(state)}, or give another key"
    kind = (metadata["KeySpec"], metadata["KeyUsage"])
    if kind != ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"):
        return f"is for {' with '.join(reversed(kind))}: give a symmetric key for encryption"
    return None


def without_alias(client, tags: dict, warn: Callable[[str], None]) -> list[str]:
    """ARNs of enabled keys with these tags and no alias.

    A key gets its alias after it was created. If the answer to CreateKey is lost, if two runs
    create a key at the same time, or if a run ends in between, a key is left without one.

    Two calls, one for each key of the account that has no alias, and one for each that has the tags. Keys whose tags may not
    be read, those that KMS lists and does not find, and all if keys may not be listed, are left out.

    :param warn: is called if keys may not be listed, in words that are the same for all accounts.
    """
    denied = "kms:ListAliases"
    try:
        aliases = client.get_paginator("list_aliases").paginate().build_full_result()["Aliases"]
        denied = "kms:ListKeys"
        keys = client.get_paginator("list_keys").paginate().build_full_result()["Keys"]
    except is_boto3_error_code("AccessDeniedException"):
        warn(f"cannot find KMS keys that an interrupted run left without an alias, because {denied} is denied")
        return []
    tags = {key: str(value) for key, value in tags.items()}
    named = {alias.get("TargetKeyId") for alias in aliases}
    found = []
    for key in keys:
        if key["KeyId"] not in named:
            try:
                if read_tags(client, key["KeyArn"]).items() >= tags.items() and (describe(client, key["KeyArn"]) or {}).get("KeyState") == "Enabled":
                    found.append(key["KeyArn"])
            except is_boto3_error_code(["AccessDeniedException", "NotFoundException"]):
                continue  # the policy of a key may shut out anybody; a key may be new: assumption aws-kms-consistency
    return found


def read_tags(client, arn: str) -> dict[str, str]:
    """The tags of a key."""
    return {tag["TagKey"]: tag["TagValue"] for tag in client.list_resource_tags(KeyId=arn, aws_retry=True)["Tags"]}


def read_policy(client, arn: str) -> dict:
    """The policy of a key. Raises botocore's ClientError if it may not be read, as by other accounts than the key's."""
    return json.loads(client.get_key_policy(KeyId=arn, PolicyName="default", aws_retry=True)["Policy"])
