# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Service control policies (SCPs) and resource control policies (RCPs) of the organization.

"Service control policies" and "SCP evaluation" (Organizations User Guide): they limit users and roles of member accounts, and neither
those of the management account nor service-linked roles. Each level from the root to the account must allow. "Resource control
policies" and "RCP evaluation": they limit what anybody does with resources of member accounts, services too, but service-linked
roles. A policy type counts once it is enabled in the root. CloudTrail: assumption aws-control-policies-cloudtrail.
"""
from __future__ import annotations

from collections.abc import Iterator

from moto.iam.models import Role, User

from .accounts import MANAGEMENT_ACCOUNT, organizations
from .policy import Decision, Policy, Request, evaluate, parse

SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
# "List of AWS services that support RCPs", of those that are here.
_WITH_RCP = frozenset({"kms", "s3", "sqs", "sts"})


def principal_refusal(account: str, owner: User | Role, asked: Request) -> str:
    """Why an SCP does not let a user or role do something, in AWS's words; empty if none limits it."""
    return "" if owner.path.startswith("/aws-service-role/") else _refusal(SCP, account, asked)


def resource_refusal(owner: str, asked: Request) -> str:
    """Why an RCP does not let anybody do something with a resource of an account; empty if none limits it."""
    return _refusal(RCP, owner, asked) if asked.action.partition(":")[0] in _WITH_RCP else ""


def _refusal(kind: str, account: str, asked: Request) -> str:
    name = kind.replace("_", " ").lower()
    decisions = [evaluate(level, asked) for level in _levels(kind, account)]
    if Decision.DENY in decisions:
        return f"with an explicit deny in a {name}"
    if Decision.SILENT in decisions:
        return f"because no {name} allows the {asked.action} action"
    return ""


def _levels(kind: str, account: str) -> Iterator[list[Policy]]:
    """The policies that are attached to an account, to each unit above it, and to the root; none if they do not count."""
    backend = organizations()
    if account == MANAGEMENT_ACCOUNT or backend.org is None:
        return
    units = {unit.id: unit for unit in backend.ou}
    root = units[backend.org.root_id]
    if {"Type": kind, "Status": "ENABLED"} not in root.policy_types:
        return
    target = next((member for member in backend.accounts if member.id == account), None)
    while target is not None:
        yield [parse(policy.content) for policy in target.attached_policies if policy.type == kind]
        target = None if target is root else units[target.parent_id]
