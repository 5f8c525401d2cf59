# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A KMS key's settings, read in the terms of amazon.aws.kms_key. Private to this collection."""
from __future__ import annotations

import json

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code


def with_prefix(alias: str) -> str:
    """An alias as KMS has it; in amazon.aws.kms_key it may go without C(alias/)."""
    return f"alias/{alias.removeprefix('alias/')}"


def read(client, key_id: str, settings) -> dict | None:
    """The asked-for settings of a key, one call each besides DescribeKey; None without such a key.

    C(key_id) is its alias or ARN. A key that is waiting for its deletion has C(enabled) false.
    """
    try:
        metadata = client.describe_key(KeyId=key_id, aws_retry=True)["KeyMetadata"]
    except is_boto3_error_code("NotFoundException"):
        return None
    arn = metadata["Arn"]
    current = {"arn": arn, "enabled": metadata["KeyState"] == "Enabled", "state": metadata["KeyState"]}
    if "policy" in settings:
        policy = client.get_key_policy(KeyId=arn, PolicyName="default", aws_retry=True)["Policy"]
        current["policy"] = json.loads(policy)
    if "tags" in settings:
        tags = client.list_resource_tags(KeyId=arn, aws_retry=True)["Tags"]
        current["tags"] = {tag["TagKey"]: tag["TagValue"] for tag in tags}
    if "enable_key_rotation" in settings:
        rotation = client.get_key_rotation_status(KeyId=arn, aws_retry=True)
        current["enable_key_rotation"] = rotation["KeyRotationEnabled"]
    return current


def half_made(client, tags: dict) -> str | None:
    """ARN of an enabled key with these tags and no alias, which amazon.aws.kms_key gives a key after it has made it.

    Two calls, and two for each key of the account that has no alias. None if there is none, or they may not be listed.
    """
    try:
        aliases = client.get_paginator("list_aliases").paginate().build_full_result()["Aliases"]
        keys = client.get_paginator("list_keys").paginate().build_full_result()["Keys"]
    except is_boto3_error_code("AccessDeniedException"):
        return None
    named = {alias.get("TargetKeyId") for alias in aliases}
    for key in keys:
        if key["KeyId"] not in named:
            try:
                found = read(client, key["KeyArn"], ["tags"])
            except is_boto3_error_code("AccessDeniedException"):
                continue  # the policy of a key may shut out anybody
            if found and found["enabled"] and found["tags"].items() >= tags.items():
                return found["arn"]
    return None


def read_policy(client, arn: str) -> dict | None:
    """The policy of a key; None if there is no such key. One call, GetKeyPolicy.

    Raises botocore's ClientError if it may not be read.
    """
    try:
        return json.loads(client.get_key_policy(KeyId=arn, PolicyName="default", aws_retry=True)["Policy"])
    except is_boto3_error_code("NotFoundException"):
        return None
