# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""May the caller do this? Identity policies, in the caller's own account."""
from __future__ import annotations

from collections.abc import Iterator

from . import policy
from .clock import iso
from .errors import CloudError
from .request import ApiRequest


def check(request: ApiRequest) -> None:
    """Check the request against the policies of who makes it.

    :raises CloudError: they don't allow it.
    """
    operation = request.operation
    if operation.action is None or request.caller.kind == "root-account":
        return
    resources = operation.resources(request)
    for resource in [resources] if isinstance(resources, str) else resources:
        if not allows(request, operation.action, resource):
            raise CloudError(
                403, "NoPermission",
                f"You are not authorized to do this action. You should be authorized by RAM. Action: "
                f"{operation.action}; resource: {resource}; principal: {request.caller.arn}",
            )


def allows(request: ApiRequest, action: str, resource: str) -> bool:
    """Whether the caller's policies, and the session's if there are any, allow an action on a resource."""
    caller = request.caller
    asked = policy.Request(action, resource, context(request))
    account = request.cloud.account(caller.account_id)
    if policy.evaluate(account.ram.policies_of(caller), asked) is not policy.Decision.ALLOW:
        return False
    if not caller.session_policies:
        return True
    return policy.evaluate(map(policy.parse, caller.session_policies), asked) is policy.Decision.ALLOW


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
        yield "acs:MFAPresent", "false"
    yield from request.operation.context(request).items()
