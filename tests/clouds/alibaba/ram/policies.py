# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies and their versions. Those of the system can be looked at; only an account's own can be changed.

Names depend on case: assumption alibaba-policy-name-case.
"""
from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...clock import iso
from ..errors import CloudError
from ..operations import rpc
from ..parameters import Flag, Text
from . import tags
from .common import (
    MARKER, MAX_ITEMS, POLICY_NAME, POLICY_TYPE, PRODUCT, VERSION, all_policies, check_limit, check_new, found, page,
    policy_document, policy_resource, text,
)
from .state import CUSTOM, ROLE, SYSTEM, USER, ManagedPolicy, PolicyVersion, all_system_policies

if TYPE_CHECKING:
    from ..request import ApiRequest

MOST_POLICIES = 1500
MOST_VERSIONS = 5
_ROTATE = "DeleteOldestNonDefaultVersionWhenLimitExceeded"
_VERSION_ID = Text(required=True, code="InvalidParameter.VersionId.Format", pattern=r"v[1-9][0-9]{0,8}")


@rpc(
    PRODUCT, VERSION, "CreatePolicy", action="ram:CreatePolicy", read_only=False, resources=policy_resource,
    PolicyName=POLICY_NAME, PolicyDocument=policy_document("PolicyDocument"), Description=text("Description", 1024),
    Tag=tags.TAGS,
)
def create_policy(request: ApiRequest) -> dict[str, Any]:
    """Make a policy with one version."""
    policies, now = request.account.ram.policies, request.now
    managed = ManagedPolicy(
        request["PolicyName"], CUSTOM, (PolicyVersion("v1", request["PolicyDocument"], now),), "v1", now, now,
        description=request.get("Description", ""), tags=tags.read(request.get("Tag", [])),
    )
    check_new(managed.name in policies, "Policy", managed.name)
    check_limit("Policy", len(policies), MOST_POLICIES)
    policies.put(managed.name, managed)
    return {"Policy": _described(managed)}


@rpc(
    PRODUCT, VERSION, "GetPolicy", action="ram:GetPolicy", read_only=True, resources=policy_resource,
    PolicyType=POLICY_TYPE, PolicyName=POLICY_NAME,
)
def get_policy(request: ApiRequest) -> dict[str, Any]:
    """Look at a policy and its default version."""
    managed = _seen(request)
    count = request.account.ram.attachment_counts()[managed.type, managed.name]
    return {
        "Policy": {**_described(managed), "UpdateDate": iso(managed.updated), "AttachmentCount": count,
                   "PolicyDocument": managed.document},
        "DefaultPolicyVersion": _version(managed, managed.version(managed.default)),
    }


@rpc(
    PRODUCT, VERSION, "ListPolicies", action="ram:ListPolicies", read_only=True, resources=all_policies,
    PolicyType=Text(code="InvalidParameter.PolicyType", choices=(CUSTOM, SYSTEM)), Marker=MARKER, MaxItems=MAX_ITEMS,
    Tag=tags.TAGS,
)
def list_policies(request: ApiRequest) -> dict[str, Any]:
    """Policies of one type, or of both; or those with some tags."""
    ram, wanted = request.account.ram, request.get("Tag", [])
    policies = [
        managed for managed in (*ram.policies.all_seen(), *all_system_policies())
        if request.get("PolicyType", managed.type) == managed.type and tags.match(wanted, managed.tags)
    ]
    listed, more = page(request, policies, lambda managed: f"{managed.type}/{managed.name}")
    counts = ram.attachment_counts()
    return {**more, "Policies": {"Policy": [
        {**_described(managed), "UpdateDate": iso(managed.updated), "Tags": tags.written(managed.tags),
         "AttachmentCount": counts[managed.type, managed.name]}
        for managed in listed
    ]}}


@rpc(
    PRODUCT, VERSION, "UpdatePolicyDescription", action="ram:UpdatePolicyDescription", read_only=False,
    resources=policy_resource, PolicyName=POLICY_NAME, NewDescription=text("NewDescription", 1024, required=True),
)
def update_policy_description(request: ApiRequest) -> dict[str, Any]:
    """Change the description of a policy."""
    managed = replace(_own(request), description=request["NewDescription"], updated=request.now)
    request.account.ram.policies.put(managed.name, managed)
    return {"Policy": {**_described(managed), "UpdateDate": iso(managed.updated)}}


@rpc(
    PRODUCT, VERSION, "DeletePolicy", action="ram:DeletePolicy", read_only=False, resources=policy_resource,
    PolicyName=POLICY_NAME, CascadingDelete=Flag(),
)
def delete_policy(request: ApiRequest) -> None:
    """Remove a policy that nobody has; it has no version but the default one, or they go as well."""
    managed, ram = _own(request), request.account.ram
    holders = ram.holders(managed)
    if USER in holders:
        raise CloudError(409, "DeleteConflict.Policy.User", f"Users have the policy {managed.name}.")
    if ROLE in holders:
        # assumption alibaba-attached-policy-code
        raise CloudError(409, "DeleteConflict.Role.Policy", f"Roles have the policy {managed.name}.")
    if len(managed.versions) > 1 and not request.get("CascadingDelete"):
        raise CloudError(409, "DeleteConflict.Policy.Version",
                         f"The policy {managed.name} has other versions than the default one.")
    ram.policies.delete(managed.name)


@rpc(
    PRODUCT, VERSION, "CreatePolicyVersion", action="ram:CreatePolicyVersion", read_only=False,
    resources=policy_resource, PolicyName=POLICY_NAME, PolicyDocument=policy_document("PolicyDocument"),
    SetAsDefault=Flag(), RotateStrategy=Text(code="InvalidParameter.RotateStrategy", choices=("None", _ROTATE)),
)
def create_policy_version(request: ApiRequest) -> dict[str, Any]:
    """Add a version to a policy, which may replace its oldest one."""
    managed = _own(request)
    versions = managed.versions
    if request.get("RotateStrategy") == _ROTATE and len(versions) >= MOST_VERSIONS:
        oldest = next(version for version in versions if version.id != managed.default)
        versions = tuple(version for version in versions if version is not oldest)
    check_limit("Policy.Version", len(versions), MOST_VERSIONS)
    added = PolicyVersion(f"v{managed.last + 1}", request["PolicyDocument"], request.now)
    managed = replace(
        managed, versions=(*versions, added), last=managed.last + 1, updated=request.now,
        default=added.id if request.get("SetAsDefault") else managed.default,
    )
    request.account.ram.policies.put(managed.name, managed)
    return {"PolicyVersion": _version(managed, added)}


@rpc(
    PRODUCT, VERSION, "GetPolicyVersion", action="ram:GetPolicyVersion", read_only=True, resources=policy_resource,
    PolicyType=POLICY_TYPE, PolicyName=POLICY_NAME, VersionId=_VERSION_ID,
)
def get_policy_version(request: ApiRequest) -> dict[str, Any]:
    """Look at one version of a policy."""
    managed = _seen(request)
    return {"PolicyVersion": _version(managed, _named(request, managed))}


@rpc(
    PRODUCT, VERSION, "ListPolicyVersions", action="ram:ListPolicyVersions", read_only=True,
    resources=policy_resource, PolicyType=POLICY_TYPE, PolicyName=POLICY_NAME,
)
def list_policy_versions(request: ApiRequest) -> dict[str, Any]:
    """All versions of a policy, oldest first."""
    managed = _seen(request)
    return {"PolicyVersions": {"PolicyVersion": [_version(managed, version) for version in managed.versions]}}


@rpc(
    PRODUCT, VERSION, "SetDefaultPolicyVersion", action="ram:SetDefaultPolicyVersion", read_only=False,
    resources=policy_resource, PolicyName=POLICY_NAME, VersionId=_VERSION_ID,
)
def set_default_policy_version(request: ApiRequest) -> None:
    """Let another version count."""
    managed = _own(request)
    managed = replace(managed, default=_named(request, managed).id, updated=request.now)
    request.account.ram.policies.put(managed.name, managed)


@rpc(
    PRODUCT, VERSION, "DeletePolicyVersion", action="ram:DeletePolicyVersion", read_only=False,
    resources=policy_resource, PolicyName=POLICY_NAME, VersionId=_VERSION_ID,
)
def delete_policy_version(request: ApiRequest) -> None:
    """Remove a version that does not count."""
    managed = _own(request)
    gone = _named(request, managed)
    if gone.id == managed.default:
        raise CloudError(409, "DeleteConflict.Policy.Version.Default",
                         f"{gone.id} is the default version of the policy {managed.name}.")
    managed = replace(managed, versions=tuple(version for version in managed.versions if version is not gone),
                      updated=request.now)
    request.account.ram.policies.put(managed.name, managed)


def _seen(request: ApiRequest) -> ManagedPolicy:
    name = request["PolicyName"]
    return found(request.account.ram.policy_seen(request["PolicyType"], name), "Policy", name)


def _own(request: ApiRequest) -> ManagedPolicy:
    return found(request.account.ram.policies.get(request["PolicyName"]), "Policy", request["PolicyName"])


def _named(request: ApiRequest, managed: ManagedPolicy) -> PolicyVersion:
    return found(managed.version(request["VersionId"]), "Policy.Version", request["VersionId"])


def _described(managed: ManagedPolicy) -> dict[str, Any]:
    return {
        "PolicyName": managed.name, "PolicyType": managed.type, "Description": managed.description,
        "DefaultVersion": managed.default, "CreateDate": iso(managed.created),
    }


def _version(managed: ManagedPolicy, version: PolicyVersion) -> dict[str, Any]:
    return {
        "VersionId": version.id, "IsDefaultVersion": version.id == managed.default,
        "PolicyDocument": version.document, "CreateDate": iso(version.created),
    }
