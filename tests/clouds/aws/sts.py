# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""STS: sessions that exist, expire and belong to somebody."""
from __future__ import annotations

import re
from typing import Any

from . import authorization, regions, windows
from .accounts import iam
from .errors import AwsError, access_denied
from .mends import before, instead
from .partition import partition
from .policy import PolicyError, parse
from .request import ApiRequest

_DEFAULT_DURATION = 3600
_CHAINED_DURATION = 3600


@instead("sts", "GetCallerIdentity")
def caller_identity(request: ApiRequest) -> dict[str, Any]:
    """moto answers with an invented user if the key is not one of its own.

    API_GetCallerIdentity: details about the IAM user or role whose credentials are used to call the operation.

    See assumption aws-sessions.
    """
    caller = request.caller
    return {"UserId": caller.user_id, "Account": caller.account, "Arn": caller.arn}


@instead("sts", "AssumeRole")
def assume_role(request: ApiRequest) -> dict[str, Any]:
    """moto lets everybody assume every role, also one that does not exist.

    API_AssumeRole: the trust policy of the role says who can assume it, and a user in another account also needs a
    policy that allows sts:AssumeRole on the role.

    See assumption aws-sessions.

    :raises AwsError: AccessDenied, RegionDisabledException, ValidationError, MalformedPolicyDocument
    """
    arn, caller = request.parameters["RoleArn"], request.caller
    match = re.fullmatch(rf"arn:{partition()}:iam::(\d{{12}}):role/[\u0021-\u007e]+", arn)
    if not match:
        raise AwsError("ValidationError", f"{arn} is invalid", 400)
    account = match[1]
    request.accounts.ensure(account)
    role = next((role for role in iam(account).roles.values() if role.arn == arn), None)
    context = {"sts:RoleSessionName": request.parameters["RoleSessionName"]}
    if request.parameters.get("ExternalId"):
        context["sts:ExternalId"] = request.parameters["ExternalId"]
    identity = windows.identity(account, role) if role else None
    if identity is None or authorization.refusal(
        request, "sts:AssumeRole", arn, owner=account, resource_policy=identity.trust, both=True,
        context=context, resource_element=False,
    ):
        raise access_denied("sts", f"User: {caller.arn} is not authorized to perform: sts:AssumeRole on resource: "
                            f"{arn}")
    regions.check_sts(request.region, account)
    duration = request.parameters.get("DurationSeconds", _DEFAULT_DURATION)
    _check_duration(request, duration, int(role.max_session_duration or _DEFAULT_DURATION))
    session = request.accounts.open_session(role, request.parameters["RoleSessionName"], duration, _policy(request))
    return {
        "Credentials": {
            "AccessKeyId": session.access_key_id,
            "SecretAccessKey": session.secret,
            "SessionToken": session.token,
            "Expiration": session.expires,
        },
        "AssumedRoleUser": {"AssumedRoleId": session.principal.user_id, "Arn": session.principal.arn},
    }


@before("sts", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "GetAccessKeyInfo", "GetFederationToken",
        "GetSessionToken")
def refuse_invented_credentials(request: ApiRequest) -> None:
    """moto answers with the credentials of the documentation's examples, which belong to nobody.

    See assumption aws-sessions.
    """
    raise NotImplementedError(request.action)


def _check_duration(request: ApiRequest, duration: int, maximum: int) -> None:
    """API_AssumeRole, DurationSeconds: up to the maximum of the role, and one hour at most for role chaining."""
    if request.caller.is_role_session and duration > _CHAINED_DURATION:
        raise AwsError("ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles "
                       "assumed by role chaining.", 400)
    if duration > maximum:
        raise AwsError("ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this "
                       "role.", 400)


def _policy(request: ApiRequest) -> str | None:
    """The session policy. Managed ones by ARN are not there."""
    if request.parameters.get("PolicyArns"):
        raise NotImplementedError("session policies by ARN")
    policy = request.parameters.get("Policy")
    if policy:
        try:
            parse(policy)
        except PolicyError as error:
            raise AwsError("MalformedPolicyDocument", str(error), 400) from None
    return policy
