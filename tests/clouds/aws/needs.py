# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The permissions that a call needs: actions, each with a resource and the condition keys of its service.

"Actions, resources, and condition keys for AWS services" (Service Authorization Reference) lists them, and
tests/integration/clouds/aws/test_needs.py compares the resources with that list. What a service checks while it works, such as
iam:PassRole, is in the file of that service.
"""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from moto.iam.models import Role
from moto.kms.models import Key, kms_backends
from moto.s3.models import FakeBucket, FakeKey, s3_backends

from .accounts import MANAGEMENT_ACCOUNT, iam, organizations
from .partition import partition
from .request import ApiRequest

ANY = "*"
_PREFIXES = {"resourcegroupstaggingapi": "tag"}
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
    "GetBucketAnalyticsConfiguration": "GetAnalyticsConfiguration",
    "GetBucketInventoryConfiguration": "GetInventoryConfiguration",
    "GetBucketMetricsConfiguration": "GetMetricsConfiguration",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBucketAnalyticsConfigurations": "GetAnalyticsConfiguration",
    "ListBucketInventoryConfigurations": "GetInventoryConfiguration",
    "ListBucketMetricsConfigurations": "GetMetricsConfiguration",
    "ListBuckets": "ListAllMyBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListParts": "ListMultipartUploadParts",
    "PutBucketAnalyticsConfiguration": "PutAnalyticsConfiguration",
    "PutBucketInventoryConfiguration": "PutInventoryConfiguration",
    "PutBucketMetricsConfiguration": "PutMetricsConfiguration",
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
# Actions for roles without the condition key iam:PermissionsBoundary: "Actions, resources, and condition keys for AWS IAM".
_WITHOUT_BOUNDARY = frozenset({
    "GetRolePolicy", "ListAttachedRolePolicies", "ListInstanceProfilesForRole", "ListRolePolicies", "ListRoleTags", "TagRole", "UntagRole"})
_VERSIONED = frozenset({"DeleteObject", "GetObject", "GetObjectAcl", "GetObjectTagging"})
# Operations that encrypt an object, or decrypt it.
_ENCRYPTING = frozenset({"CopyObject", "CreateMultipartUpload", "PutObject"})
_DECRYPTING = frozenset({"GetObject"})
# "CloudWatch Logs resources" (User Guide): only these are about a log group without :* at its end.
_OF_RESOURCE = frozenset({"ListTagsForResource", "TagResource", "UntagResource"})


@dataclass(frozen=True)
class Need:
    """A permission that a call needs.

    :ivar action: with the prefix of its service.
    :ivar resource: ARN, or ``*`` if the action has no type of resource.
    :ivar context: the condition keys of the service.
    :ivar instead: actions of which each will do as well.
    """

    action: str
    resource: str
    context: Mapping[str, str | Iterable[str]] = field(default_factory=dict)
    instead: tuple[str, ...] = ()


def needs(request: ApiRequest) -> Iterator[Need]:
    """The permissions that a call needs, in the order in which they are looked at."""
    if request.service == "sts" and request.action in ("AssumeRole", "GetCallerIdentity"):
        return  # AssumeRole is decided by the role (sts.py), and GetCallerIdentity is always allowed
    if request.service in _NEEDS:
        yield from _NEEDS[request.service](request)
    else:
        yield Need(f"{_PREFIXES.get(request.service, request.service)}:{request.action}", ANY)


def find_key(arn: str) -> Key | None:
    """A KMS key by its ARN, or None."""
    _arn, _partition, _kms, region, account, name = arn.split(":", 5)
    regions = kms_backends[account]
    return regions[region].keys.get(name.removeprefix("key/")) if region in regions else None


def find_bucket(name: str) -> tuple[FakeBucket, str] | None:
    """A bucket and the account that owns it, or None."""
    owner = s3_backends.bucket_accounts.get(name)
    return owner and (s3_backends[owner[1]][owner[0]].buckets[name], owner[1])


def _arn(request: ApiRequest, service: str, rest: str) -> str:
    return f"arn:{partition()}:{service}:{request.region}:{request.account}:{rest}"


def _tag_context(tags: Iterable[Mapping[str, str]], key: str = "Key", value: str = "Value") -> dict[str, str | list[str]]:
    """The condition keys about tags that a request carries."""
    found = {tag[key]: tag.get(value) or "" for tag in tags}
    return {**{f"aws:RequestTag/{name}": text for name, text in found.items()}, **({"aws:TagKeys": list(found)} if found else {})}


# Account Management

def _account(request: ApiRequest) -> Iterator[Need]:
    named = request.parameters.get("AccountId")
    resource = f"account/{organizations().org.id}/{named}" if named else "account"
    yield Need(f"account:{request.action}", f"arn:{partition()}:account::{MANAGEMENT_ACCOUNT if named else request.account}:{resource}")


# CloudTrail

def _cloudtrail(request: ApiRequest) -> Iterator[Need]:
    parameters, action = request.parameters, f"cloudtrail:{request.action}"
    names = parameters.get("ResourceIdList") or [
        name for name in (parameters.get("Name"), parameters.get("TrailName"), parameters.get("ResourceId")) if name]
    arns = [name if name.startswith("arn:") else _arn(request, "cloudtrail", f"trail/{name}") for name in names]
    for arn in arns:
        yield Need(action, arn)
    if not arns:
        yield Need(action, ANY)
    if request.action == "CreateTrail" and parameters.get("TagsList"):
        yield Need("cloudtrail:AddTags", arns[0])


# CloudWatch

def _cloudwatch(request: ApiRequest) -> Iterator[Need]:
    name = request.parameters.get("AlarmName")
    yield Need(f"cloudwatch:{request.action}", _arn(request, "cloudwatch", f"alarm:{name}") if name else ANY)


# IAM

def _iam(request: ApiRequest) -> Iterator[Need]:
    parameters, action = request.parameters, f"iam:{request.action}"
    context: dict[str, str | list[str]] = {}
    if service := parameters.get("AWSServiceName"):
        arn = _iam_arn(request, f"role/aws-service-role/{service}/AWSServiceRoleForCloudTrail")
        yield Need(action, arn, {"iam:AWSServiceName": service})
        return
    arn = _iam_resource(request)
    if (name := parameters.get("RoleName")) and request.action not in _WITHOUT_BOUNDARY:
        # "Available keys for IAM" (IAM User Guide): the boundary that the call sets, otherwise that of the role.
        boundary = parameters.get("PermissionsBoundary") or getattr(_role(request, name), "permissions_boundary_arn", None)
        context = {"iam:PermissionsBoundary": boundary} if boundary else {}
        if request.action == "CreateRole" and parameters.get("Tags"):
            yield Need("iam:TagRole", arn, _tag_context(parameters["Tags"]))
    yield Need(action, arn, context)


def _role(request: ApiRequest, name: str) -> Role | None:
    return next((role for role in iam(request.account).roles.values() if role.name == name), None)


def _iam_arn(request: ApiRequest, rest: str) -> str:
    return f"arn:{partition()}:iam::{request.account}:{rest}"


def _iam_resource(request: ApiRequest) -> str:
    here, parameters = iam(request.account), request.parameters
    if name := parameters.get("RoleName"):
        role = _role(request, name)
        return role.arn if role else _iam_arn(request, f"role{parameters.get('Path') or '/'}{name}")
    if name := parameters.get("UserName"):
        user = here.users.get(name)
        return user.arn if user else _iam_arn(request, f"user{parameters.get('Path') or '/'}{name}")
    if name := parameters.get("GroupName"):
        return _iam_arn(request, f"group/{name}")
    if name := parameters.get("PolicyName"):
        return _iam_arn(request, f"policy{parameters.get('Path') or '/'}{name}")
    return parameters.get("PolicyArn") or ANY


# KMS

def _kms(request: ApiRequest) -> Iterator[Need]:
    """ "AWS KMS permissions" (Developer Guide): CreateAlias and DeleteAlias need the alias and the key, UpdateAlias both keys, too."""
    parameters, action = request.parameters, f"kms:{request.action}"
    sent = _tag_context(parameters.get("Tags") or [], "TagKey", "TagValue")
    if request.action == "CreateKey":
        yield Need(action, ANY, sent)
        if sent:
            # assumption aws-kms-tags-of-a-new-key
            yield Need("kms:TagResource", _arn(request, "kms", "key/*"), sent)
        return
    alias = parameters.get("AliasName")
    identifiers = [parameters.get("KeyId"), parameters.get("TargetKeyId")]
    if alias and request.action != "ListAliases":
        yield Need(action, _arn(request, "kms", alias))
        identifiers += [alias] if request.action in ("DeleteAlias", "UpdateAlias") else []
    arns = [_key_arn(request, one) for one in identifiers if one]
    for arn in arns:
        key = find_key(arn)
        yield Need(action, arn, {**sent, **(_tags_of_key(key) if key else {})})
    if not arns and not alias:
        yield Need(action, ANY)


def _key_arn(request: ApiRequest, identifier: str) -> str:
    if ":key/" in identifier:
        return identifier
    backend = kms_backends[request.account][request.region]
    key_id = backend.get_key_id_from_alias(backend.get_alias_name(identifier)) if "alias/" in identifier else identifier
    return _arn(request, "kms", f"key/{key_id}")


def _tags_of_key(key: Key) -> dict[str, str]:
    tagger = kms_backends[key.account_id][key.region].tagger
    return {f"aws:ResourceTag/{name}": value for name, value in tagger.get_tag_dict_for_resource(key.id).items()}


# CloudWatch Logs

def _logs(request: ApiRequest) -> Iterator[Need]:
    parameters, action = request.parameters, f"logs:{request.action}"
    group = parameters.get("logGroupName")
    arn = _arn(request, "logs", f"log-group:{group}") if group else parameters.get("resourceArn") or parameters.get("logGroupIdentifier")
    if not arn:
        yield Need(action, ANY)
        return
    arn = arn.removesuffix(":*")
    if request.action in _OF_RESOURCE:
        yield Need(action, arn)
        return
    yield Need(action, f"{arn}:log-stream:{parameters.get('logStreamName') or ''}")
    if request.action == "CreateLogGroup" and parameters.get("tags"):
        # API_CreateLogGroup, tags: logs:TagResource or logs:TagLogGroup. assumption aws-logs-tags-of-a-new-log-group
        yield Need("logs:TagResource", arn, instead=("logs:TagLogGroup",))


# Organizations

_OF_ORGANIZATION = (
    "AccountId", "ChildId", "DestinationParentId", "OrganizationalUnitId", "ParentId", "PolicyId", "ResourceId", "RootId",
    "SourceParentId", "TargetId",
)


def _organizations(request: ApiRequest) -> Iterator[Need]:
    action, backend = f"organizations:{request.action}", organizations()
    known = {one.id: one.arn for one in (*backend.accounts, *backend.ou, *backend.policies)}
    arns = [known[request.parameters[name]] for name in _OF_ORGANIZATION if request.parameters.get(name) in known]
    for arn in arns or [ANY]:
        yield Need(action, arn)


# S3

def _s3(request: ApiRequest) -> Iterator[Need]:
    """What a call about a bucket or its objects needs: several permissions for DeleteObjects."""
    name = _S3_ACTIONS.get(request.action, request.action)
    if not request.parameters.get("Bucket"):
        yield Need(f"s3:{name}", ANY)
        return
    bucket, key = f"arn:{partition()}:s3:::{request.parameters['Bucket']}", request.parameters.get("Key")
    context = _s3_context(request)
    if request.action == "DeleteObjects":
        for item in request.parameters.get("Delete", {}).get("Objects", []):
            yield Need(f"s3:{name}{'Version' if item.get('VersionId') else ''}", f"{bucket}/{item['Key']}", context)
        return
    if name in _VERSIONED and request.parameters.get("VersionId"):
        name += "Version"
    yield Need(f"s3:{name}", f"{bucket}/{key}" if key else bucket, context)
    if request.parameters.get("BypassGovernanceRetention"):
        yield Need("s3:BypassGovernanceRetention", f"{bucket}/{key}", context)
    if request.action == "CreateBucket":
        # API_CreateBucket, "Permissions"
        if request.parameters.get("ObjectLockEnabledForBucket"):
            yield Need("s3:PutBucketObjectLockConfiguration", bucket, context)
            yield Need("s3:PutBucketVersioning", bucket, context)
        if request.parameters.get("ObjectOwnership"):
            yield Need("s3:PutBucketOwnershipControls", bucket, context)
    yield from _s3_keys(request)


def _s3_keys(request: ApiRequest) -> Iterator[Need]:
    """ "Using server-side encryption with AWS KMS keys" (S3 User Guide): who reads an object needs kms:Decrypt, who writes one
    kms:GenerateDataKey. S3 uses the key for the caller, kms:ViaService.
    """
    action = "Decrypt" if request.action in _DECRYPTING else "GenerateDataKey" if request.action in _ENCRYPTING else None
    found = find_bucket(request.parameters["Bucket"])
    if not action or not found:
        return
    bucket, owner = found
    name = _key_of_object(request, bucket) if action == "Decrypt" else _key_of_new_object(request, bucket)
    if not name:
        return
    arn = name if name.startswith("arn:") else f"arn:{partition()}:kms:{bucket.region_name}:{owner}:key/{name}"
    key = find_key(arn)
    if key and not key.key_manager == "AWS":
        # In all partitions: assumption aws-kms-via-service-in-china
        via = {"kms:ViaService": f"s3.{bucket.region_name}.amazonaws.com", "kms:CallerAccount": request.account}
        yield Need(f"kms:{action}", arn, {**via, **_tags_of_key(key)})


def _key_of_object(request: ApiRequest, bucket: FakeBucket) -> str | None:
    stored: FakeKey | None = s3_backends[bucket.account_id][partition()].get_object(
        bucket.name, request.parameters["Key"], version_id=request.parameters.get("VersionId"))
    return stored.kms_key_id if stored and getattr(stored, "encryption", None) == "aws:kms" else None


def _key_of_new_object(request: ApiRequest, bucket: FakeBucket) -> str | None:
    if request.parameters.get("ServerSideEncryption"):
        return request.parameters.get("SSEKMSKeyId")
    return ((bucket.encryption or {}).get("Rule", {}).get("ApplyServerSideEncryptionByDefault") or {}).get("KMSMasterKeyID")


def _s3_context(request: ApiRequest) -> dict[str, str]:
    context = {f"s3:{name}": value for name, value in request.headers.items() if name.startswith("x-amz-")}
    for name in ("prefix", "delimiter", "max-keys", "versionId"):
        if name in request.http.args:
            context[f"s3:{name.lower()}"] = request.http.args[name]
    return context


# SNS

def _sns(request: ApiRequest) -> Iterator[Need]:
    name = request.parameters.get("Name")
    arn = _arn(request, "sns", name) if name else request.parameters.get("TopicArn") or request.parameters.get("ResourceArn")
    yield Need(f"sns:{request.action}", arn or ANY)


_NEEDS = {
    "account": _account,
    "cloudtrail": _cloudtrail,
    "cloudwatch": _cloudwatch,
    "iam": _iam,
    "kms": _kms,
    "logs": _logs,
    "organizations": _organizations,
    "s3": _s3,
    "sns": _sns,
}
