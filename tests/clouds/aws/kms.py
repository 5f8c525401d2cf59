# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""KMS: what moto gets wrong. Pages named API_... are of the KMS API Reference."""
from __future__ import annotations

from typing import Any

from moto.kms.models import Key, kms_backends

from . import authorization, principals
from .errors import AwsError
from .mends import after, before
from .policy import Decision, PolicyError, Request, evaluate, parse
from .request import ApiRequest

_MAXIMUM_POLICY = 32768
_NOT_WHILE_PENDING_DELETION = (
    "CancelKeyDeletion", "CreateAlias", "Decrypt", "DisableKey", "DisableKeyRotation", "EnableKey",
    "EnableKeyRotation", "Encrypt", "GenerateDataKey", "ScheduleKeyDeletion", "TagResource", "UntagResource",
    "UpdateKeyDescription",
)


def _key(request: ApiRequest) -> Key | None:
    backend = kms_backends[request.account][request.region]
    identifier = request.parameters.get("KeyId") or request.parameters.get("TargetKeyId") or ""
    return backend.keys.get(backend.get_key_id(identifier))


@before("kms", "CancelKeyDeletion", "DisableKey", "EnableKey", "ScheduleKeyDeletion")
def take_arn(request: ApiRequest) -> None:
    """moto fails (500) on the ARN of a key.

    API_ScheduleKeyDeletion and the others, KeyId: the key ID or the key ARN.

    See assumption aws-kms-key-arguments.
    """
    request.change("KeyId", request.parameters["KeyId"].rpartition(":key/")[2])


@before("kms", *_NOT_WHILE_PENDING_DELETION)
def refuse_while_pending_deletion(request: ApiRequest) -> None:
    """moto does everything with a key that is to be deleted, and revives it.

    "Key states of AWS KMS keys" (Developer Guide): KMSInvalidStateException for these operations; CancelKeyDeletion
    in turn needs a key that is to be deleted.

    See assumption aws-kms-key-states.
    """
    key = _key(request)
    if key is None:
        return
    pending = key.key_state == "PendingDeletion"
    if pending != (request.action == "CancelKeyDeletion"):
        raise AwsError("KMSInvalidStateException",
                       f"{key.arn} is {'' if pending else 'not '}pending deletion.")


@after("kms", "ListAliases", "ListKeys")
def page(request: ApiRequest, output: dict[str, Any]) -> None:
    """moto returns all of them at once.

    API_ListKeys and API_ListAliases, Limit: between 1 and 1000, 100 and 50 by default. NextMarker is there if Truncated is true.

    See assumption aws-kms-key-arguments.
    """
    name, default = {"ListAliases": ("Aliases", 50), "ListKeys": ("Keys", 100)}[request.action]
    begin, limit = int(request.parameters.get("Marker") or 0), request.parameters.get("Limit") or default
    found = output[name]
    output.pop("NextMarker", None)
    output.update({name: found[begin:begin + limit], "Truncated": len(found) > begin + limit})
    if output["Truncated"]:
        output["NextMarker"] = str(begin + limit)


@before("kms", "ScheduleKeyDeletion")
def refuse_other_waiting_time(request: ApiRequest) -> None:
    """moto takes any number of days.

    API_ScheduleKeyDeletion, PendingWindowInDays: between 7 and 30, inclusive.

    See assumption aws-kms-key-arguments.
    """
    days = request.parameters.get("PendingWindowInDays", 30)
    if not 7 <= days <= 30:
        raise AwsError("ValidationException", f"1 validation error detected: Value '{days}' at 'pendingWindowInDays' "
                       "failed to satisfy constraint: Member must have value between 7 and 30")


@before("kms", "CreateKey")
def encrypt_by_default(request: ApiRequest) -> None:
    """moto leaves the usage of a key open.

    API_CreateKey, KeyUsage: the default value is ENCRYPT_DECRYPT.

    See assumption aws-kms-key-arguments.
    """
    if not request.parameters.get("KeyUsage"):
        request.change("KeyUsage", "ENCRYPT_DECRYPT")


@before("kms", "CreateKey", "PutKeyPolicy")
def refuse_bad_policy(request: ApiRequest) -> None:
    """moto keeps every text as the policy.

    API_PutKeyPolicy, MalformedPolicyDocumentException: the policy is not syntactically or semantically correct. Also:
    principals exist, and at most 32 KB.

    See assumption aws-key-policy-size.
    """
    document = request.parameters.get("Policy")
    if document is None:
        return
    try:
        policy = parse(document)
    except PolicyError as error:
        raise AwsError("MalformedPolicyDocumentException", str(error)) from None
    if len(document) > _MAXIMUM_POLICY:
        raise AwsError("MalformedPolicyDocumentException", "Policy exceeds the maximum size of 32768 bytes.")
    if any("Principal" not in statement and "NotPrincipal" not in statement for statement in policy.statements):
        raise AwsError("MalformedPolicyDocumentException", "Policy contains a statement with no principal.")
    missing = principals.missing(policy)
    if missing:
        raise AwsError("MalformedPolicyDocumentException",
                       f"Policy contains a statement with one or more invalid principals: {missing}")


@before("kms", "CreateKey", "PutKeyPolicy")
def refuse_lockout(request: ApiRequest) -> None:
    """moto lets a key be created that nobody can manage.

    API_PutKeyPolicy, BypassPolicyLockoutSafetyCheck: unless it is true, the policy must allow the caller to make a
    subsequent PutKeyPolicy request.

    See assumption aws-kms-lockout.
    """
    document = request.parameters.get("Policy")
    if document is None or request.parameters.get("BypassPolicyLockoutSafetyCheck"):
        return
    asked = Request("kms:PutKeyPolicy", "*", authorization.as_policy_principal(request.caller),
                    {"kms:CallerAccount": request.account, "aws:PrincipalAccount": request.account,
                     "aws:PrincipalArn": request.caller.owner_arn})
    if evaluate([parse(document)], asked) is not Decision.ALLOW:
        raise AwsError("MalformedPolicyDocumentException",
                       "The new key policy will not allow you to update the key policy in the future.")
