# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""May the caller do that?

"Policy evaluation logic" (IAM User Guide): a deny anywhere wins. Inside an account, the identity policies or a
resource policy that names the caller allow a call; across accounts it takes both. A role's trust policy and a key
policy must allow in any case: an account's administrator has no access that they do not give. The control policies of the
organization must allow as well.
"""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timezone
from typing import Any

from moto.kms.models import Key, kms_backends
from moto.s3.models import FakeBucket, s3_backends

from . import control_policies, windows
from .accounts import Principal, iam, organization
from .errors import AwsError, access_denied
from .managed_policies import document
from .partition import partition
from .policy import Decision, Policy, PolicyError, Request, evaluate, parse
from .policy import Principal as PolicyPrincipal
from .request import ApiRequest

_SERVICE_PREFIXES = {"resourcegroupstaggingapi": "tag"}
# Operations of S3 whose permission has another name.
_S3_ACTIONS = {
    "AbortMultipartUpload": "AbortMultipartUpload",
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeleteObjects": "DeleteObject",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketCors": "GetBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBuckets": "ListAllMyBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListParts": "ListMultipartUploadParts",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "PutBucketCors": "PutBucketCORS",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutBucketReplication": "PutReplicationConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
}
_VERSIONED = frozenset({"DeleteObject", "GetObject", "GetObjectAcl", "GetObjectTagging"})


def check(request: ApiRequest) -> None:
    """Refuse a call that the caller's policies do not allow, or that is about a key which KMS does not find yet.

    AssumeRole is decided by the role (sts.py), and GetCallerIdentity is always allowed.

    :raises AwsError: AccessDenied, AccessDeniedException, NotFoundException
    """
    if request.service == "sts" and request.action in ("AssumeRole", "GetCallerIdentity"):
        return
    if request.service == "s3":
        _check_s3(request)
        return
    action = f"{_SERVICE_PREFIXES.get(request.service, request.service)}:{request.action}"
    resource = _resource(request)
    if request.service == "kms" and ":key/" in resource:
        key = find_key(resource)
        if key is not None:
            policy = windows.key_policy(key)
            if policy is None:
                raise AwsError("NotFoundException", f"Key '{resource}' does not exist")
            require(request, action, resource, owner=key.account_id, resource_policy=policy, both=True)
            return
    require(request, action, resource)


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
    identity = _by_identity(caller, asked)
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


def find_key(arn: str) -> Key | None:
    """A KMS key by its ARN, or None."""
    _arn, _partition, _kms, region, account, name = arn.split(":", 5)
    regions = kms_backends[account]
    return regions[region].keys.get(name.removeprefix("key/")) if region in regions else None


def find_bucket(name: str) -> tuple[FakeBucket, str] | None:
    """A bucket and the account that owns it, or None."""
    owner = s3_backends.bucket_accounts.get(name)
    return owner and (s3_backends[owner[1]][owner[0]].buckets[name], owner[1])


def _by_identity(caller: Principal, asked: Request) -> Decision:
    """What identity policies, permissions boundary and session policy say together: each of them must allow."""
    limits = [list(_parsed(windows.identity_policies(caller)))]
    boundary = getattr(caller.owner, "permissions_boundary_arn", None)
    if boundary and boundary in iam(caller.account).managed_policies:
        limits.append([parse(document(iam(caller.account).managed_policies[boundary]))])
    if caller.session_policy:
        limits.append([parse(caller.session_policy)])
    decisions = {evaluate(policies, asked) for policies in limits}
    if Decision.DENY in decisions:
        return Decision.DENY
    return Decision.SILENT if Decision.SILENT in decisions else Decision.ALLOW


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


# S3

def _check_s3(request: ApiRequest) -> None:
    bucket_name = request.parameters.get("Bucket")
    if request.action == "CreateBucket" or bucket_name is None:
        require(request, f"s3:{_S3_ACTIONS.get(request.action, request.action)}",
                f"arn:{partition()}:s3:::{bucket_name}" if bucket_name else "*")
        return
    found = find_bucket(bucket_name)
    policy = windows.bucket_policy(*found) if found else None
    context = _s3_context(request)
    for action, resource in _s3_actions(request):
        require(
            request, action, resource,
            owner=found[1] if found else None,
            resource_policy=policy.decode() if isinstance(policy, bytes) else policy,
            context=context,
        )


def _s3_actions(request: ApiRequest) -> Iterator[tuple[str, str]]:
    """What one call needs: several permissions for DeleteObjects and CopyObject."""
    bucket = f"arn:{partition()}:s3:::{request.parameters['Bucket']}"
    name = _S3_ACTIONS.get(request.action, request.action)
    if request.action == "DeleteObjects":
        for item in request.parameters.get("Delete", {}).get("Objects", []):
            yield f"s3:{name}{'Version' if item.get('VersionId') else ''}", f"{bucket}/{item['Key']}"
        return
    key = request.parameters.get("Key")
    if name in _VERSIONED and request.parameters.get("VersionId"):
        name += "Version"
    yield f"s3:{name}", f"{bucket}/{key}" if key else bucket
    if request.parameters.get("BypassGovernanceRetention"):
        yield "s3:BypassGovernanceRetention", f"{bucket}/{key}"


def _s3_context(request: ApiRequest) -> dict[str, str]:
    context = {f"s3:{name}": value for name, value in request.headers.items() if name.startswith("x-amz-")}
    for name in ("prefix", "delimiter", "max-keys", "versionId"):
        if name in request.http.args:
            context[f"s3:{name.lower()}"] = request.http.args[name]
    return context


# The resource that a call is about

def _resource(request: ApiRequest) -> str:
    """ARN of the resource, or ``*`` if there is none or the local AWS does not know it."""
    find = _RESOURCES.get(request.service)
    return (find and find(request)) or "*"


def _cloudtrail_resource(request: ApiRequest) -> str | None:
    name = request.parameters.get("Name") or request.parameters.get("TrailName") or request.parameters.get("ResourceId")
    if not name or name.startswith("arn:"):
        return name
    return f"arn:{partition()}:cloudtrail:{request.region}:{request.account}:trail/{name}"


def _iam_resource(request: ApiRequest) -> str | None:
    prefix = f"arn:{partition()}:iam::{request.account}"
    here, parameters = iam(request.account), request.parameters
    if name := parameters.get("RoleName"):
        role = next((role for role in here.roles.values() if role.name == name), None)
        return role.arn if role else f"{prefix}:role{parameters.get('Path') or '/'}{name}"
    if name := parameters.get("UserName"):
        user = here.users.get(name)
        return user.arn if user else f"{prefix}:user{parameters.get('Path') or '/'}{name}"
    if name := parameters.get("GroupName"):
        return f"{prefix}:group/{name}"
    if name := parameters.get("PolicyName"):
        return f"{prefix}:policy{parameters.get('Path') or '/'}{name}"
    return parameters.get("PolicyArn")


def _kms_resource(request: ApiRequest) -> str | None:
    identifier = request.parameters.get("KeyId") or request.parameters.get("TargetKeyId")
    if not identifier:
        return None
    if ":key/" in identifier:
        return identifier
    backend = kms_backends[request.account][request.region]
    key_id = backend.get_key_id_from_alias(backend.get_alias_name(identifier)) if "alias/" in identifier else identifier
    return f"arn:{partition()}:kms:{request.region}:{request.account}:key/{key_id}"


def _logs_resource(request: ApiRequest) -> str | None:
    parameters = request.parameters
    group = parameters.get("logGroupName")
    if not group:
        return parameters.get("resourceArn") or parameters.get("logGroupIdentifier")
    stream = parameters.get("logStreamName", "")
    return f"arn:{partition()}:logs:{request.region}:{request.account}:log-group:{group}:log-stream:{stream}"


def _sns_resource(request: ApiRequest) -> str | None:
    name = request.parameters.get("Name")
    if name:
        return f"arn:{partition()}:sns:{request.region}:{request.account}:{name}"
    return request.parameters.get("TopicArn") or request.parameters.get("ResourceArn")


def _cloudwatch_resource(request: ApiRequest) -> str | None:
    name = request.parameters.get("AlarmName")
    return name and f"arn:{partition()}:cloudwatch:{request.region}:{request.account}:alarm:{name}"


_RESOURCES = {
    "cloudtrail": _cloudtrail_resource,
    "cloudwatch": _cloudwatch_resource,
    "iam": _iam_resource,
    "kms": _kms_resource,
    "logs": _logs_resource,
    "sns": _sns_resource,
}
