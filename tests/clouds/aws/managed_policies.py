# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The IAM policies that AWS manages."""
from __future__ import annotations

import json
from functools import cache
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, IAMBackend, ManagedPolicy

from .partition import partition


@cache
def _aws_managed_policies(of_partition: str) -> dict[str, dict[str, Any]]:
    """Document and dates of each policy that AWS manages, by its ARN."""
    policies = json.loads(aws_managed_policies_data)
    return {f"arn:{of_partition}:iam::aws:policy{data['Path']}{name}": {"Name": name, **data} for name, data in policies.items()}


def aws_managed_policy(backend: IAMBackend, arn: str) -> None:
    """Let an account know a policy that AWS manages.

    moto knows either none of them or, in each account, all of them: then each account takes 120 ms and 5 MB, where most need one
    policy (measured with 1,582 policies).
    """
    if arn in backend.managed_policies or arn not in _aws_managed_policies(partition()):
        return
    data = _aws_managed_policies(partition())[arn]
    backend.managed_policies[arn] = AWSManagedPolicy.from_data(
        data["Name"], backend.account_id, backend.region_name, data
    )


def all_aws_managed_policies(backend: IAMBackend) -> None:
    """Let an account know all policies that AWS manages."""
    for arn in _aws_managed_policies(partition()):
        aws_managed_policy(backend, arn)


def document(policy: ManagedPolicy) -> str:
    """The version of a managed policy that is in force, as JSON."""
    documents = [version.document for version in policy.versions if version.is_default]
    return documents[0]
