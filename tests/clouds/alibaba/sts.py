# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""STS: who am I, and becoming a role.

Rules: the help pages "AssumeRole", "GetCallerIdentity" and "Policy evaluation process for assuming a RAM role". Roles
are assumed with RAM identities only: AssumeRoleWithSAML and AssumeRoleWithOIDC are not there. Chained sessions: assumption
alibaba-chained-session-duration.
"""
from __future__ import annotations

import re
from typing import Any

from ..clock import iso
from . import accounts, authorization, policy
from .account import Account
from .cloud import Cloud
from .errors import CloudError
from .operations import RPC, rpc
from .parameters import Number, Text
from .principals import Caller, Credential
from .ram.state import Role
from .request import ApiRequest
from .wire.http import HttpRequest

PRODUCT, VERSION = "Sts", "2015-04-01"
_ROLE_ARN = re.compile(r"acs:ram::([0-9]{1,20}):role/([A-Za-z0-9.-]{1,64})")
_SHORTEST, _DEFAULT = 900, 3600  # seconds of a session


@rpc(PRODUCT, VERSION, "GetCallerIdentity", action=None, read_only=True)
def get_caller_identity(request: ApiRequest) -> dict[str, Any]:
    """Who calls."""
    caller = request.caller
    identity = {"AccountId": caller.account_id, "Arn": caller.arn, "PrincipalId": caller.principal_id}
    if caller.kind == "assumed-role":
        role_id = caller.principal_id.partition(":")[0]
        return {**identity, "IdentityType": "AssumedRoleUser", "RoleId": role_id}
    kind = {"root-account": "Account", "ram-user": "RAMUser"}[caller.kind]
    return {**identity, "IdentityType": kind, "UserId": caller.principal_id}


def _role_resource(request: ApiRequest) -> str:
    return request["RoleArn"].lower()


def _external_id(request: ApiRequest) -> dict[str, str]:
    return {"sts:ExternalId": request["ExternalId"]} if "ExternalId" in request else {}


@rpc(
    PRODUCT, VERSION, "AssumeRole", action="sts:AssumeRole", read_only=False, resources=_role_resource,
    context=_external_id,
    RoleArn=Text(required=True, missing="MissingRoleArn", code="InvalidParameter.RoleArn", pattern=_ROLE_ARN.pattern),
    RoleSessionName=Text(required=True, missing="MissingRoleSessionName", code="InvalidParameter.RoleSessionName",
                         length=(2, 64), pattern=r"[A-Za-z0-9.@_-]+"),
    DurationSeconds=Number(code="InvalidParameter.DurationSeconds", minimum=_SHORTEST),
    ExternalId=Text(code="InvalidParameter.ExternalId", length=(2, 1224), pattern=r"[A-Za-z0-9_+=,.@:/-]+"),
    Policy=Text(code="InvalidParameter.PolicySize", length=(1, 2048)),
    SourceIdentity=Text(),
)
def assume_role(request: ApiRequest) -> dict[str, Any]:
    """Open a session of a role that trusts the caller. That the caller may assume it is checked before."""
    if request.caller.kind == "root-account":
        raise CloudError(403, "NoPermission", "Roles may not be assumed by root accounts.")
    if "SourceIdentity" in request:
        raise CloudError(501, "NotImplemented", "The local Alibaba Cloud does not know SourceIdentity.")
    session_policy = _session_policy(request.get("Policy"))
    account, role = _find(request.cloud, request["RoleArn"])
    _check_trust(request, role)
    duration = request.get("DurationSeconds", _DEFAULT)
    if duration > role.max_session_duration:
        raise CloudError(400, "InvalidParameter.DurationSeconds", "The Min/Max value of DurationSeconds is 15min/"
                                                                  f"{role.max_session_duration} seconds.")
    session = request["RoleSessionName"]
    caller = Caller(account.id, "assumed-role", role.name, f"{role.id}:{session}", session, session_policy)
    credential = request.cloud.credentials.issue(caller, duration=duration)
    return {
        "AssumedRoleUser": {"Arn": f"{caller.policy_arn}/{session}", "AssumedRoleId": caller.principal_id},
        "Credentials": {
            "AccessKeyId": credential.access_key_id,
            "AccessKeySecret": credential.secret,
            "Expiration": iso(credential.expires),
            "SecurityToken": credential.token,
        },
    }


def open_session(cloud: Cloud, account_id: str) -> Credential:
    """A session of the management account's administrator in another account, if the role there allows it.

    :raises CloudError: it is not.
    """
    role = accounts.access_role(cloud.account(account_id))
    caller = cloud.administrator.caller
    request = ApiRequest(
        cloud, HttpRequest("POST", "sts.aliyuncs.com", "/", "", {}, b"", "127.0.0.1"), RPC[VERSION, "AssumeRole"],
        cloud.administrator, cloud.account(caller.account_id),
        input={"RoleArn": f"acs:ram::{account_id}:role/{role}", "RoleSessionName": caller.name},
    )
    authorization.check(request)
    return cloud.credentials.get(assume_role(request)["Credentials"]["AccessKeyId"])


def _session_policy(document: str | None) -> tuple[str, ...]:
    if document is None:
        return ()
    try:
        policy.parse(document)
    except policy.PolicyError as error:
        raise CloudError(400, "InvalidParameter.PolicyGrammar",
                         f"The parameter Policy has not passed grammar check. {error}") from None
    return (document,)


def _find(cloud: Cloud, arn: str) -> tuple[Account, Role]:
    account_id, name = _ROLE_ARN.fullmatch(arn).groups()
    try:
        account = cloud.account(account_id)
        role = account.ram.roles.seen(name)
    except CloudError:
        role = None
    if not role:
        raise CloudError(404, "EntityNotExist.Role", f"The specified Role not exists : {arn} .")
    return account, role


def _check_trust(request: ApiRequest, role: Role) -> None:
    caller = request.caller
    names = (f"acs:ram::{caller.account_id}:root", caller.policy_arn)
    decision = policy.judge_trust(role.trust, "RAM", names, authorization.context(request))
    if decision is not policy.Decision.ALLOW:
        raise authorization.refusal(request, "sts:AssumeRole", _role_resource(request), decision,
                                    authorization.TRUST_POLICY)
