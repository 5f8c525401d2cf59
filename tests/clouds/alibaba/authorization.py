# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""May the caller do this? The policies of a user or of a role and its session, in the caller's own account.

Rules: the RAM help pages "Policy evaluation process" and "DecodeDiagnosticMessage"; "Error codes" of Simple Log
Service. Control policies of the resource directory are not covered: there are none.
"""
from __future__ import annotations

import base64
import json
from collections.abc import Iterator

from ..clock import iso
from . import policy
from .errors import CloudError
from .policy import Decision
from .ram import system_policies
from .request import ApiRequest

_ADMINISTRATOR = policy.parse(system_policies.POLICIES["AdministratorAccess"].document)
IDENTITY_POLICY, SESSION_POLICY, TRUST_POLICY = "AccountLevelIdentityBasedPolicy", "SessionPolicy", "AssumeRolePolicy"


def check_session(request: ApiRequest) -> None:
    """A session ends with its role, also if there is a new role of this name.

    :raises CloudError: it ended.
    """
    caller = request.caller
    if caller.kind == "assumed-role":
        role = request.account.ram.roles.get(caller.name)
        if not role or not caller.principal_id.startswith(f"{role.id}:"):
            raise CloudError(400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired.")


def check(request: ApiRequest) -> None:
    """Check the request against the policies of who makes it.

    :raises CloudError: they don't allow it.
    """
    operation = request.operation
    if operation.action is not None:
        for resource in policy.as_list(operation.resources(request)):
            require(request, operation.action, resource)


def require(request: ApiRequest, action: str, resource: str) -> None:
    """Demand that the caller may do something.

    :raises CloudError: the caller may not.
    """
    decision, by = decide(request, action, resource)
    if decision is not Decision.ALLOW:
        raise refusal(request, action, resource, decision, by)


def allows(request: ApiRequest, action: str, resource: str) -> bool:
    """Whether the caller may do something."""
    return decide(request, action, resource)[0] is Decision.ALLOW


def decide(request: ApiRequest, action: str, resource: str) -> tuple[Decision, str]:
    """What the caller's policies say, and which kind of them says so: a session may do what both kinds allow."""
    caller = request.caller
    if caller.kind == "root-account":
        return Decision.ALLOW, IDENTITY_POLICY
    asked = policy.Request(action, resource, context(request))
    if caller.session_policies:
        by_session = policy.evaluate(map(policy.parse, caller.session_policies), asked)
        if by_session is not Decision.ALLOW:
            return by_session, SESSION_POLICY
    return policy.evaluate(_identity_policies(request), asked), IDENTITY_POLICY


def _identity_policies(request: ApiRequest) -> list[policy.Policy]:
    caller, cloud = request.caller, request.cloud
    own = cloud.account(caller.account_id).ram.policies_of(caller)
    instead = cloud.restrictions.get(caller.account_id)
    if instead and not request.is_observer and _ADMINISTRATOR in own:
        return list(map(policy.parse, instead))
    return own


def refusal(request: ApiRequest, action: str, resource: str, decision: Decision, by: str) -> CloudError:
    """The error for what is not allowed, in the words of the service: assumption alibaba-refusal-code.

    :param by: kind of the policies that don't allow it.
    """
    if request.operation.path is not None:  # REST: only SLS has it
        return CloudError(401, "Unauthorized", f"denied by sts or ram, action: {action}, resource: {resource}")
    caller = request.caller
    kind, name = "SubUser", caller.principal_id
    if caller.kind == "assumed-role":
        kind, name = "AssumedRoleUser", f"{caller.name}:{caller.session}"
    denial = {
        "AuthAction": action,
        "AuthPrincipalType": kind,
        "AuthPrincipalOwnerId": caller.account_id,
        "AuthPrincipalDisplayName": name,
        "NoPermissionType": "ExplicitDeny" if decision is Decision.DENY else "ImplicitDeny",
        "PolicyType": by,
    }
    diagnosis = json.dumps({**denial, "AuthResource": resource}).encode()
    return CloudError(
        403, "NoPermission",
        f"You are not authorized to do this action. You should be authorized by RAM. Action: {action}; "
        f"resource: {resource}.",
        {**denial, "EncodedDiagnosticMessage": base64.b64encode(diagnosis).decode()},
    )


def context(request: ApiRequest) -> dict[str, str | list[str]]:
    """The condition keys of a request."""
    return dict(_context(request))


def _context(request: ApiRequest) -> Iterator[tuple[str, str | list[str]]]:
    yield "acs:SourceIp", request.http.source_ip
    # Loopback stands for TLS.
    yield "acs:SecureTransport", "true"
    yield "acs:CurrentTime", iso(request.now)
    yield "acs:PrincipalARN", request.caller.policy_arn
    if request.caller.kind == "ram-user":
        yield "acs:MFAPresent", "false"  # an access key knows no second factor; assumption alibaba-mfa-condition
    yield from request.operation.context(request).items()
