# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IAM: what moto gets wrong. Pages named API_... are of the IAM API Reference."""
from __future__ import annotations

import re
from typing import Any

from . import principals
from .accounts import iam
from .errors import AwsError
from .managed_policies import all_aws_managed_policies, aws_managed_policy
from .mends import before, instead
from .partition import partition
from .policy import Policy, PolicyError, as_list, like, parse
from .request import ApiRequest

# "IAM and AWS STS quotas" (User Guide), characters without white space.
_MAXIMUM_TRUST_POLICY = 2048
_MAXIMUM_MANAGED_POLICY = 6144
_MAXIMUM_INLINE_POLICIES = {"RoleName": 10240, "UserName": 2048, "GroupName": 5120}


@before("iam", "AttachGroupPolicy", "AttachRolePolicy", "AttachUserPolicy", "GetPolicy", "GetPolicyVersion",
        "ListEntitiesForPolicy")
def know_aws_managed_policies(request: ApiRequest) -> None:
    """moto does not know them; see ``aws_managed_policy``.

    "AWS managed policies" (User Guide): they are there in every account.

    See assumption aws-managed-policies.
    """
    aws_managed_policy(iam(request.account), request.parameters["PolicyArn"])


@before("iam", "CreateRole", "PutRolePermissionsBoundary")
def boundary_exists(request: ApiRequest) -> None:
    """moto takes the ARN of any policy as a boundary; IAM one that is there, of the account or of AWS (API_CreateRole, NoSuchEntity).

    See assumption aws-managed-policies.
    """
    arn = request.parameters.get("PermissionsBoundary")
    if arn:
        aws_managed_policy(iam(request.account), arn)
        if arn not in iam(request.account).managed_policies:
            raise AwsError("NoSuchEntity", f"Scope ARN: {arn} does not exist or is not attachable.", 404)


@before("iam", "ListPolicies")
def list_aws_managed_policies(request: ApiRequest) -> None:
    """moto does not know them; see ``aws_managed_policy``.

    API_ListPolicies, Scope: without it, or with All, all policies are returned; with AWS, those that AWS manages. Whether attached or
    not, unless OnlyAttached is true.

    See assumption aws-managed-policies.
    """
    if request.parameters.get("Scope") != "Local" and not request.parameters.get("OnlyAttached"):
        all_aws_managed_policies(iam(request.account))


@instead("iam", "UpdateRole")
def update_role(request: ApiRequest) -> dict[str, Any]:
    """moto removes the description and the duration that are not given.

    They stay as they are: assumption aws-iam-update-role-keeps.
    """
    name = request.parameters["RoleName"]
    role = next((role for role in iam(request.account).roles.values() if role.name == name), None)
    if role is None:
        raise AwsError("NoSuchEntity", f"The role with name {name} cannot be found.", 404)
    role.description = request.parameters.get("Description", role.description)
    role.max_session_duration = request.parameters.get("MaxSessionDuration", role.max_session_duration)
    return {}


@before("iam", "CreateRole", "UpdateAssumeRolePolicy")
def refuse_bad_trust_policy(request: ApiRequest) -> None:
    """moto's CreateRole keeps every text; its UpdateAssumeRolePolicy looks at little more than the JSON.

    API_CreateRole, MalformedPolicyDocument: the document is malformed. A trust policy has principals, that exist, and
    no resources.

    See assumption aws-identity-policies.
    """
    document = request.parameters.get("AssumeRolePolicyDocument") or request.parameters.get("PolicyDocument") or ""
    policy = _parse(document)
    for statement in policy.statements:
        if "Resource" in statement or "NotResource" in statement:
            _malformed("Has prohibited field Resource")
        if "Principal" not in statement and "NotPrincipal" not in statement:
            _malformed("Missing required field Principal")
        for action in as_list(statement.get("Action", statement.get("NotAction"))):
            if not action.lower().startswith("sts:"):
                _malformed("AssumeRole policy may only specify STS AssumeRole actions.")
    missing = principals.missing(policy)
    if missing:
        _malformed(f'Invalid principal in policy: "AWS":"{missing}"')
    _check_size(document, _MAXIMUM_TRUST_POLICY, "ACLSizePerRole")


@before("iam", "PutGroupPolicy", "PutRolePolicy", "PutUserPolicy")
def refuse_bad_inline_policy(request: ApiRequest) -> None:
    """moto lets principals and policies of any size pass; see ``_check_identity_policy``.

    "IAM and AWS STS quotas": the inline policies of a role have 10,240 characters together.

    See assumption aws-identity-policies.
    """
    document = request.parameters["PolicyDocument"]
    _check_identity_policy(document)
    for kind, maximum in _MAXIMUM_INLINE_POLICIES.items():
        name = request.parameters.get(kind)
        if not name:
            continue
        here = iam(request.account)
        owners = {"RoleName": here.roles, "UserName": here.users, "GroupName": here.groups}[kind].values()
        owner = next((owner for owner in owners if owner.name == name), None)
        others = [text for key, text in (owner.policies if owner else {}).items()
                  if key != request.parameters["PolicyName"]]
        _check_size("".join([document, *others]), maximum, f"{kind.removesuffix('Name').lower()} {name}")


@before("iam", "CreatePolicy", "CreatePolicyVersion")
def refuse_bad_managed_policy(request: ApiRequest) -> None:
    """moto lets principals and policies of any size pass; see ``_check_identity_policy``.

    "IAM and AWS STS quotas": a managed policy has 6,144 characters.

    See assumption aws-identity-policies.
    """
    document = request.parameters["PolicyDocument"]
    _check_identity_policy(document)
    _check_size(document, _MAXIMUM_MANAGED_POLICY, "PolicySize")


def _check_identity_policy(document: str) -> None:
    """API_PutRolePolicy, MalformedPolicyDocument: resources and no principals."""
    for statement in _parse(document).statements:
        if "Principal" in statement or "NotPrincipal" in statement:
            _malformed("Policy document should not specify a principal.")
        if "Resource" not in statement and "NotResource" not in statement:
            _malformed("Policy statement must contain resources.")
        for resource in as_list(statement.get("Resource", statement.get("NotResource"))):
            if resource != "*" and not re.match(r"arn:[^:]*:[^:]*:[^:]*:[^:]*:.+|\$\{", resource):
                _malformed(f'Resource {resource} must be in ARN format or "*".')
            if resource.startswith("arn:") and not like(resource.split(":")[1], partition()):
                _malformed(f'Partition "{resource.split(":")[1]}" is not valid for resource "{resource}".')


def _parse(document: str) -> Policy:
    try:
        return parse(document)
    except PolicyError as error:
        _malformed(str(error))


def _malformed(message: str) -> None:
    raise AwsError("MalformedPolicyDocument", message, 400)


def _check_size(document: str, maximum: int, quota: str) -> None:
    if len(re.sub(r"\s", "", document)) > maximum:
        raise AwsError("LimitExceeded", f"Cannot exceed quota for {quota}: {maximum}", 409)
