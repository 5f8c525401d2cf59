# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An IAM role with one inline policy, in the terms of amazon.aws.iam_role and iam_policy. Private."""
from __future__ import annotations

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code


def read(client, name: str, policy_name: str | None) -> dict | None:
    """Settings of a role: GetRole and, if a name is given, GetRolePolicy; None if the role does not exist."""
    try:
        role = client.get_role(RoleName=name, aws_retry=True)["Role"]
    except is_boto3_error_code("NoSuchEntity"):
        return None
    current = {
        "arn": role["Arn"],
        "assume_role_policy_document": role["AssumeRolePolicyDocument"],
        "description": role.get("Description"),
        "max_session_duration": role.get("MaxSessionDuration"),
        "tags": {tag["Key"]: tag["Value"] for tag in role.get("Tags", [])},
    }
    if policy_name:
        current["policy"] = _inline_policy(client, name, policy_name)
    return current


def _inline_policy(client, role, name):
    try:
        return client.get_role_policy(RoleName=role, PolicyName=name, aws_retry=True)["PolicyDocument"]
    except is_boto3_error_code("NoSuchEntity"):
        return None
