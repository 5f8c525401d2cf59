# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A KMS key's settings, read in the terms of amazon.aws.kms_key. Private to this collection."""
from __future__ import annotations

import json

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code


def read(client, alias: str, settings) -> dict | None:
    """The asked-for settings of the key behind an alias, one call each besides DescribeKey; None without such a key.

    The alias may go without C(alias/), as in amazon.aws.kms_key. A key that is waiting for its deletion has C(enabled)
    false.
    """
    try:
        metadata = client.describe_key(KeyId=f"alias/{alias.removeprefix('alias/')}", aws_retry=True)["KeyMetadata"]
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


def read_policy(client, arn: str) -> dict | None:
    """The policy of a key; None if there is no such key. One call, GetKeyPolicy.

    Raises botocore's ClientError if it may not be read.
    """
    try:
        return json.loads(client.get_key_policy(KeyId=arn, PolicyName="default", aws_retry=True)["Policy"])
    except is_boto3_error_code("NotFoundException"):
        return None
