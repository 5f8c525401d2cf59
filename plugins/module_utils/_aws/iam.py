# SPDX-License-Identifier: GPL-3.0-or-later
"""An IAM role with one inline policy, in the terms of the module iam_role. Private."""
from __future__ import annotations

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code

from .retry import RETRY


def read(client, name: str, policy_name: str | None, all_policies: bool = False) -> dict | None:
    """Settings of a role: GetRole and, if a name is given, GetRolePolicy; None if the role does not exist.

    With C(all_policies) also the documents of its own policies and of those that are attached, under C(policies).
    Calls: ListRolePolicies and ListAttachedRolePolicies, GetRolePolicy for each of the first, GetPolicy and
    GetPolicyVersion for each of the others.
    """
    try:
        role = client.get_role(RoleName=name, aws_retry=True)["Role"]
    except is_boto3_error_code("NoSuchEntity"):
        return None
    current = {
        "arn": role["Arn"],
        "assume_role_policy_document": role["AssumeRolePolicyDocument"],
        "boundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        "description": role.get("Description"),
        "max_session_duration": role.get("MaxSessionDuration"),
        "tags": {tag["Key"]: tag["Value"] for tag in role.get("Tags", [])},
    }
    if all_policies:
        names = _listed(client, "list_role_policies", name)["PolicyNames"]
        own = {policy: _inline_policy(client, name, policy) for policy in names}
        attached = _listed(client, "list_attached_role_policies", name)["AttachedPolicies"]
        current["policy"] = own.get(policy_name)
        current["policies"] = [*own.values(), *(_managed_policy(client, policy["PolicyArn"]) for policy in attached)]
    elif policy_name:
        current["policy"] = _inline_policy(client, name, policy_name)
    return current


@RETRY
def _listed(client, call, role):
    """aws_retry does not reach into a paginator."""
    return client.get_paginator(call).paginate(RoleName=role).build_full_result()


def _managed_policy(client, arn):
    version = client.get_policy(PolicyArn=arn, aws_retry=True)["Policy"]["DefaultVersionId"]
    return client.get_policy_version(PolicyArn=arn, VersionId=version, aws_retry=True)["PolicyVersion"]["Document"]


def _inline_policy(client, role, name):
    try:
        return client.get_role_policy(RoleName=role, PolicyName=name, aws_retry=True)["PolicyDocument"]
    except is_boto3_error_code("NoSuchEntity"):
        return None
