# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""May the caller do that? What a call needs is in needs.py.

"Policy evaluation logic" (IAM User Guide): a deny anywhere wins. Inside an account, the identity policies or a
resource policy that names the caller allow a call; across accounts it takes both. A role's trust policy and a key
policy must allow in any case: an account's administrator has no access that they do not give. The control policies of the
organization must allow as well.
"""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

from . import control_policies, windows
from .accounts import Principal, boundary, organization
from .errors import AwsError, access_denied
from .needs import find_bucket, find_key, needs
from .policy import Decision, Policy, PolicyError, Request, evaluate, parse
from .policy import Principal as PolicyPrincipal
from .request import ApiRequest


def check(request: ApiRequest) -> None:
    """Refuse a call that the caller's policies do not allow, or that is about a key which KMS does not find yet.

    :raises AwsError: AccessDenied, AccessDeniedException, NotFoundException
    """
    for need in needs(request):
        # A bucket that is to be created has no policy yet. The name may be that of somebody else's.
        resource_policy = {} if request.action == "CreateBucket" else _resource_policy(need.resource)
        options = {"context": need.context, **resource_policy}
        if all(refusal(request, action, need.resource, **options) for action in (need.action, *need.instead)):
            require(request, need.action, need.resource, **options)


def _resource_policy(resource: str) -> dict[str, Any]:
    """The resource policy that counts as well, as options of ``refusal``.

    :raises AwsError: NotFoundException
    """
    if ":kms:" in resource and ":key/" in resource and (key := find_key(resource)):
        policy = windows.key_policy(key)
        if policy is None:
            raise AwsError("NotFoundException", f"Key '{resource}' does not exist")
        return {"owner": key.account_id, "resource_policy": policy, "both": True}
    if ":s3:::" in resource and (found := find_bucket(resource.partition(":::")[2].partition("/")[0])):
        policy = windows.bucket_policy(*found)
        return {"owner": found[1], "resource_policy": policy.decode() if isinstance(policy, bytes) else policy}
    return {}


def require(request: ApiRequest, action: str, resource: str, **options: Any) -> None:
    """Refuse the call unless the caller may do an action on a resource.

    :param options: those of ``refusal``.
    :raises AwsError: AccessDenied, AccessDeniedException
    """
    reason = refusal(request, action, resource, **options)
    if reason:
        raise access_denied(request.service, f"User: {request.caller.arn} is not authorized to perform: {action} on "
                            f"resource: {resource} {reason}")


def refusal(
    request: ApiRequest,
    action: str,
    resource: str,
    *,
    owner: str | None = None,
    resource_policy: str | None = None,
    both: bool = False,
    context: Mapping[str, str | Iterable[str]] | None = None,
    resource_element: bool = True,
) -> str:
    """Why the caller may not do an action, in AWS's words; empty if it may.

    :param owner: account of the resource, if it has a resource policy.
    :param resource_policy: JSON document.
    :param both: the resource policy must allow even inside the account.
    :param context: condition keys beside those that every request has.
    :param resource_element: whether the resource policy's statements have a Resource; those of a role don't.
    """
    caller = request.caller
    keys = {**_context(request, owner or caller.account), **(context or {})}
    asked = Request(action, resource, context=keys)
    as_principal = as_policy_principal(caller)
    control = control_policies.principal_refusal(caller.account, caller.owner, asked) or control_policies.resource_refusal(
        owner or caller.account, Request(action, resource, as_principal, keys))
    if control:
        return control
    identity = _by_identity(request, asked)
    if identity is Decision.DENY:
        return "with an explicit deny in an identity-based policy"
    by_resource = by_name = Decision.SILENT
    if resource_policy:
        asked = Request(action, resource if resource_element else None, as_principal, keys)
        policies = [parse(resource_policy)]
        by_resource = evaluate(policies, asked)
        by_name = evaluate(policies, asked, by_name=True)
    if by_resource is Decision.DENY:
        return "with an explicit deny in a resource-based policy"
    if owner in (None, caller.account):
        if by_name is Decision.ALLOW or (
            identity is Decision.ALLOW and (by_resource is Decision.ALLOW or not both)
        ):
            return ""
        if identity is Decision.ALLOW:
            return f"because no resource-based policy allows the {action} action"
    elif by_resource is not Decision.ALLOW:
        return f"because no resource-based policy allows the {action} action"
    elif identity is Decision.ALLOW:
        return ""
    return f"because no identity-based policy allows the {action} action"


def as_policy_principal(caller: Principal) -> PolicyPrincipal:
    """The caller as resource policies name it."""
    return PolicyPrincipal(account=caller.account, arns=tuple({caller.arn, caller.owner_arn}))


def _by_identity(request: ApiRequest, asked: Request) -> Decision:
    """What identity policies, permissions boundary and session policy say together: each of them must allow."""
    caller = request.caller
    limits = [list(_parsed(_identity_policies(request)))]
    if limit := boundary(caller.account, caller.owner):
        limits.append([parse(limit)])
    if caller.session_policy:
        limits.append([parse(caller.session_policy)])
    decisions = {evaluate(policies, asked) for policies in limits}
    if Decision.DENY in decisions:
        return Decision.DENY
    return Decision.SILENT if Decision.SILENT in decisions else Decision.ALLOW


def _identity_policies(request: ApiRequest) -> Iterable[str]:
    caller, restrictions = request.caller, request.accounts.restrictions
    if (instead := restrictions.get(caller.account)) and not windows.is_observer(request) and _is_administrator(caller.owner):
        return instead
    return windows.identity_policies(caller)


def _is_administrator(owner: Any) -> bool:
    return any(arn.endswith(":aws:policy/AdministratorAccess") for arn in owner.managed_policies)


def _parsed(documents: Iterable[str]) -> Iterator[Policy]:
    for text in documents:
        try:
            yield parse(text)
        except PolicyError:
            # Among the policies that AWS manages are forms that nobody else may write.
            continue


def _context(request: ApiRequest, owner: str) -> dict[str, str]:
    """The condition keys that every request has."""
    caller, now = request.caller, datetime.now(timezone.utc)
    name = caller.owner.name
    context = {
        "aws:CurrentTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:EpochTime": str(int(now.timestamp())),
        "aws:PrincipalAccount": caller.account,
        "aws:PrincipalArn": caller.owner_arn,
        "aws:PrincipalIsAWSService": "false",
        "aws:PrincipalOrgID": organization().id,
        "aws:PrincipalType": "AssumedRole" if caller.is_role_session else "User",
        "aws:RequestedRegion": request.region,
        "aws:ResourceAccount": owner,
        "aws:ResourceOrgID": organization().id,
        # If TLS is off, loopback stands for it: otherwise a client of http://127.0.0.1 would be locked out of every bucket.
        "aws:SecureTransport": "true",
        "aws:SourceIp": request.environ.get("REMOTE_ADDR", "127.0.0.1"),
        "aws:UserAgent": request.headers.get("user-agent", ""),
        "aws:userid": caller.user_id,
    }
    if not caller.is_role_session:
        context["aws:username"] = name
    return context
