# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""S3: what moto gets wrong. Pages named API_... are of the S3 API Reference."""
from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from flask import has_request_context
from flask import request as flask_request
from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket, PublicAccessBlock, s3_backends

from . import needs, principals
from .errors import AwsError
from .mends import DECIDED, after, before, instead
from .partition import partition
from .policy import Decision, Policy, PolicyError, Request, as_list, evaluate, parse
from .policy import Principal as PolicyPrincipal
from .request import ApiRequest

_MAXIMUM_POLICY = 20480
_OBJECT_ACTION = re.compile(r"s3:(?!.*Bucket).*(Object|AbortMultipartUpload|ListMultipartUploadParts).*", re.IGNORECASE)
# "Blocking public access": condition keys that, with fixed values, keep a policy from being public.
_LIMITING_KEYS = frozenset({
    "aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths", "aws:sourceaccount",
    "aws:sourcearn", "aws:sourceip", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceowner", "aws:sourcevpc",
    "aws:sourcevpce", "aws:userid", "s3:dataaccesspointaccount", "s3:dataaccesspointarn", "s3:x-amz-server-side-"
    "encryption-aws-kms-key-id",
})
_RESERVED_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
_ENFORCED = "BucketOwnerEnforced"
_DEFAULT_ENCRYPTION = {"Rule": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
                                "BucketKeyEnabled": "false"}}
_ALGORITHMS = ("AES256", "aws:kms", "aws:kms:dsse")
_INFREQUENT_ACCESS = ("ONEZONE_IA", "STANDARD_IA")


def _bucket(request: ApiRequest) -> FakeBucket | None:
    found = needs.find_bucket(request.parameters["Bucket"])
    return found[0] if found else None


def _permission_without_moto(bucket: FakeBucket, action: str, resource: str) -> PermissionResult:
    """moto reads the bucket policy once more, without its conditions: "Deny, unless over TLS" denies everything.

    "IAM JSON policy elements: Condition" (IAM User Guide): a statement is in effect only if its conditions are met.
    The door has decided already; a moto that has none in front of it goes on as it is.
    """
    if has_request_context() and flask_request.environ.get(DECIDED):
        return PermissionResult.NEUTRAL
    return _moto_permission(bucket, action, resource)


_moto_permission = FakeBucket.get_permission
FakeBucket.get_permission = _permission_without_moto


def _access_logs_allowed(target_bucket: FakeBucket, target_prefix: str | None) -> bool:
    """moto compares texts in the target's policy, stumbles over the principal "*", and knows no conditions.

    "Enabling Amazon S3 server access logging" (User Guide): the target's policy lets logging.s3.amazonaws.com put
    objects, and may limit that with aws:SourceArn and aws:SourceAccount.
    """
    request = flask_request.environ.get(DECIDED) if has_request_context() else None
    if request is None:
        return _moto_access_logs_allowed(target_bucket, target_prefix)
    if not target_bucket.policy:
        return False
    context = {
        "aws:SecureTransport": "true",
        "aws:SourceAccount": request.account,
        "aws:SourceArn": f"arn:{partition()}:s3:::{request.parameters['Bucket']}",
    }
    resource = f"arn:{partition()}:s3:::{target_bucket.name}/{target_prefix or ''}log"
    asked = Request("s3:PutObject", resource, PolicyPrincipal(service="logging.s3.amazonaws.com"), context)
    return evaluate([parse(target_bucket.policy.decode())], asked) is Decision.ALLOW


_moto_access_logs_allowed = FakeBucket._log_permissions_enabled_policy
FakeBucket._log_permissions_enabled_policy = staticmethod(_access_logs_allowed)


# Buckets

@before("s3", "CreateBucket")
def refuse_bad_name(request: ApiRequest) -> None:
    """moto lets capitals and underscores pass.

    "General purpose bucket naming rules" (User Guide): 3 to 63 lower-case letters, digits, periods and hyphens; letter or digit at
    both ends; no adjacent periods; not in the format of an IP address; no reserved prefix or suffix; the suffix -an only in the
    namespace of an account and a region.

    See assumption aws-bucket-names.
    """
    name = request.parameters["Bucket"]
    if not re.fullmatch(r"(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", name) or re.fullmatch(r"\d+(\.\d+){3}", name) \
            or name.startswith(_RESERVED_PREFIXES) or name.endswith(_RESERVED_SUFFIXES) \
            or name.endswith("-an") != (request.headers.get("x-amz-bucket-namespace") == "account-regional"):
        raise AwsError("InvalidBucketName", "The specified bucket is not valid.", 400)


@after("s3", "CreateBucket")
def protect_new_bucket(request: ApiRequest, output: dict[str, Any]) -> None:
    """moto makes buckets as they were before 2023.

    "Default settings for new S3 buckets" (User Guide): since April 2023, new buckets block public access, have ACLs
    turned off and encrypt with SSE-S3.

    See assumption aws-new-buckets.
    """
    bucket = _bucket(request)
    if bucket.encryption is None:
        bucket.public_access_block = PublicAccessBlock(True, True, True, True)
        bucket.ownership_rule = bucket.ownership_rule or _ENFORCED
        bucket.encryption = _DEFAULT_ENCRYPTION


# Policies

@before("s3", "PutBucketPolicy")
def refuse_bad_policy(request: ApiRequest) -> None:
    """moto keeps every text as the policy.

    API_PutBucketPolicy, MalformedPolicy. "Bucket policies" (User Guide): up to 20 KB; principals, that exist; actions
    of S3; resources of this bucket only, and for each statement some that its actions apply to.

    See assumption aws-bucket-policies.
    """
    bucket = _bucket(request)
    if bucket is None:
        return
    if len(request.body) > _MAXIMUM_POLICY:
        _malformed("Policies must be less than or equal to 20KB")
    try:
        policy = parse(request.body.decode())
    except (PolicyError, UnicodeDecodeError) as error:
        _malformed(str(error))
    for statement in policy.statements:
        _check_statement(statement, bucket.name)
    missing = principals.missing(policy)
    if missing:
        _malformed(f"Invalid principal in policy: {missing}")


def _check_statement(statement: Any, bucket: str) -> None:
    if "Principal" not in statement and "NotPrincipal" not in statement:
        _malformed("Missing required field Principal")
    if "Resource" not in statement and "NotResource" not in statement:
        _malformed("Missing required field Resource")
    resources = as_list(statement.get("Resource", statement.get("NotResource")))
    for resource in resources:
        if not re.match(rf"arn:{partition()}:s3:::{re.escape(bucket)}(/|$)", resource):
            _malformed("Policy has invalid resource")
    actions = as_list(statement.get("Action", statement.get("NotAction")))
    for action in actions:
        if action != "*" and not re.match(r"(?i)s3(tables|express|-object-lambda)?:", action):
            _malformed("Policy has invalid action")
    for_objects = [bool(_OBJECT_ACTION.fullmatch(action)) for action in actions if "*" not in action]
    of_objects = ["/" in resource for resource in resources]
    if "Action" in statement and len(for_objects) == len(actions) and (
        (all(for_objects) and not any(of_objects)) or (not any(for_objects) and all(of_objects))
    ):
        _malformed("Action does not apply to any resource(s) in statement")


def _malformed(message: str) -> None:
    raise AwsError("MalformedPolicy", message, 400)


@before("s3", "PutBucketPolicy")
def block_public_policy(request: ApiRequest) -> None:
    """moto keeps a public policy, whatever the bucket blocks.

    "Blocking public access" (User Guide), BlockPublicPolicy: PutBucketPolicy is refused if the policy allows public
    access.

    See assumption aws-block-public-access.
    """
    bucket = _bucket(request)
    block = bucket and bucket.public_access_block
    if block and block.block_public_policy and is_public(parse(request.body.decode())):
        raise AwsError("AccessDenied", f"User: {request.caller.arn} is not authorized to perform: s3:PutBucketPolicy "
                       f'on resource: "arn:{partition()}:s3:::{bucket.name}" because public policies are prevented by the '
                       "BlockPublicPolicy setting in S3 Block Public Access.", 403)


def is_public(policy: Policy) -> bool:
    """Whether a bucket policy is public.

    "Blocking public access", the meaning of "public": a policy is not if it allows only fixed principals, or anybody
    under a condition with fixed values of certain keys.
    """
    return any(
        statement["Effect"] == "Allow"
        and ("NotPrincipal" in statement or "*" in principals.principals(statement, "AWS"))
        and not any(_limits(operator, pairs) for operator, pairs in statement.get("Condition", {}).items())
        for statement in policy.statements
    )


def _limits(operator: str, pairs: dict[str, Any]) -> bool:
    base = operator.rpartition(":")[2]
    return base in ("ArnEquals", "ArnLike", "IpAddress", "StringEquals", "StringEqualsIgnoreCase", "StringLike") and any(
        key.lower() in _LIMITING_KEYS and not any("*" in str(value) or str(value).endswith("/0")
                                                  for value in as_list(values))
        for key, values in pairs.items()
    )


@instead("s3", "GetBucketPolicyStatus")
def policy_status(request: ApiRequest) -> dict[str, Any]:
    """moto takes a policy with any condition for private; see ``is_public``.

    See assumption aws-block-public-access.
    """
    bucket = _bucket(request)
    if bucket is None:
        raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404)
    if not bucket.policy:
        raise AwsError("NoSuchBucketPolicy", "The bucket policy does not exist", 404)
    return {"PolicyStatus": {"IsPublic": is_public(parse(bucket.policy.decode()))}}


# Access control lists

@before("s3", "CreateBucket", "PutBucketAcl", "PutObject", "PutObjectAcl")
def refuse_acl_where_the_owner_is_enforced(request: ApiRequest) -> None:
    """moto keeps ACLs on every bucket.

    "Controlling ownership of objects" (User Guide), BucketOwnerEnforced: requests to set an ACL fail with
    AccessControlListNotSupported, but for bucket-owner-full-control and what is the same as that.

    See assumption aws-object-ownership.
    """
    canned = request.headers.get("x-amz-acl")
    grants = any(name.startswith("x-amz-grant-") for name in request.headers)
    if request.action == "CreateBucket":
        enforced = request.headers.get("x-amz-object-ownership", _ENFORCED) == _ENFORCED
        harmless = ("private",)
        if enforced and (grants or canned not in (None, *harmless)):
            raise AwsError("InvalidBucketAclWithObjectOwnership",
                           "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting", 400)
        return
    bucket = _bucket(request)
    if bucket is None or bucket.ownership_rule != _ENFORCED:
        return
    wanted = canned or grants or request.action != "PutObject"
    harmless = ("private",) if request.action == "PutBucketAcl" else ("bucket-owner-full-control",)
    if wanted and (grants or canned not in harmless):
        raise AwsError("AccessControlListNotSupported", "The bucket does not allow ACLs", 400)


@before("s3", "PutBucketAcl", "PutObject", "PutObjectAcl")
def block_public_acl(request: ApiRequest) -> None:
    """moto keeps public ACLs, whatever the bucket blocks.

    "Blocking public access" (User Guide), BlockPublicAcls: requests with a public ACL fail.

    See assumption aws-block-public-access.
    """
    bucket = _bucket(request)
    block = bucket and bucket.public_access_block
    if block and block.block_public_acls and request.headers.get("x-amz-acl", "").startswith("public-"):
        raise AwsError("AccessDenied", "Access Denied", 403)


# Versions and locks

@before("s3", "PutBucketVersioning")
def refuse_mfa_delete(request: ApiRequest) -> None:
    """moto takes MFA delete and forgets it.

    "Configuring MFA delete" (User Guide): only the root user can, with the code of an MFA device. Nobody here is root.

    See assumption aws-mfa-delete.
    """
    if request.parameters.get("VersioningConfiguration", {}).get("MFADelete") == "Enabled":
        raise AwsError("AccessDenied", "This operation may only be performed by the bucket owner", 403)


@before("s3", "PutBucketVersioning")
def keep_versions_of_locked_bucket(request: ApiRequest) -> None:
    """moto suspends versioning under an object lock.

    "Object Lock considerations" (User Guide): on a bucket with Object Lock, versioning can't be suspended.

    See assumption aws-object-lock.
    """
    bucket = _bucket(request)
    status = request.parameters.get("VersioningConfiguration", {}).get("Status")
    if bucket and bucket.object_lock_enabled and status != "Enabled":
        raise AwsError("InvalidBucketState", "An Object Lock configuration is present on this bucket, so the versioning "
                       "state cannot be changed.", 409)


@instead("s3", "PutObjectLockConfiguration")
def put_object_lock(request: ApiRequest) -> dict[str, Any]:
    """moto refuses it on a bucket that has objects.

    API_PutObjectLockConfiguration: Object Lock can be enabled for new or existing buckets; versioning must be on. Days
    or years, not both.

    See assumption aws-object-lock.
    """
    bucket = _bucket(request)
    if bucket is None:
        raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404)
    if not bucket.is_versioned:
        raise AwsError("InvalidBucketState", "Versioning must be 'Enabled' on the bucket to apply a Object Lock "
                       "configuration", 409)
    wanted = request.parameters.get("ObjectLockConfiguration", {})
    retention = wanted.get("Rule", {}).get("DefaultRetention", {})
    lengths = [int(retention[unit]) for unit in ("Days", "Years") if retention.get(unit) is not None]
    if wanted.get("ObjectLockEnabled") != "Enabled" or (retention and (
        retention.get("Mode") not in ("COMPLIANCE", "GOVERNANCE") or len(lengths) != 1 or lengths[0] < 1
    )):
        raise AwsError("MalformedXML", "The XML you provided was not well-formed or did not validate against our "
                       "published schema", 400)
    bucket.object_lock_enabled = True
    bucket.default_lock_mode = retention.get("Mode")
    bucket.default_lock_days = int(retention.get("Days", 0))
    bucket.default_lock_years = int(retention.get("Years", 0))
    return {}


@instead("s3", "GetObjectLockConfiguration")
def get_object_lock(request: ApiRequest) -> dict[str, Any]:
    """moto shows 0 years beside the days.

    API_DefaultRetention: either days or years.

    See assumption aws-object-lock.
    """
    bucket = _bucket(request)
    if bucket is None:
        raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404)
    if not bucket.object_lock_enabled:
        raise AwsError("ObjectLockConfigurationNotFoundError",
                       "Object Lock configuration does not exist for this bucket", 404)
    answer: dict[str, Any] = {"ObjectLockEnabled": "Enabled"}
    if bucket.default_lock_mode:
        length = {"Days": bucket.default_lock_days} if bucket.default_lock_days else {
            "Years": bucket.default_lock_years}
        answer["Rule"] = {"DefaultRetention": {"Mode": bucket.default_lock_mode, **length}}
    return {"ObjectLockConfiguration": answer}


@instead("s3", "GetObjectRetention")
def get_object_retention(request: ApiRequest) -> dict[str, Any]:
    """moto does not have it.

    See assumption aws-object-lock.
    """
    bucket = _bucket(request)
    key = bucket and s3_backends[bucket.account_id][partition()].get_object(
        bucket.name, request.parameters["Key"], version_id=request.parameters.get("VersionId")
    )
    if not key:
        raise AwsError("NoSuchKey", "The specified key does not exist.", 404)
    if not key.lock_mode:
        raise AwsError("NoSuchObjectLockConfiguration",
                       "The specified object does not have a ObjectLock configuration", 404)
    return {"Retention": {"Mode": key.lock_mode, "RetainUntilDate": datetime.fromisoformat(key.lock_until)}}


# Encryption and lifecycle

@before("s3", "PutBucketEncryption")
def refuse_bad_encryption(request: ApiRequest) -> None:
    """moto keeps every algorithm.

    API_ServerSideEncryptionByDefault: SSEAlgorithm is AES256, aws:kms or aws:kms:dsse; KMSMasterKeyID only goes with
    the last two.

    See assumption aws-new-buckets.
    """
    for rule in request.parameters.get("ServerSideEncryptionConfiguration", {}).get("Rules", []):
        default = rule.get("ApplyServerSideEncryptionByDefault", {})
        algorithm = default.get("SSEAlgorithm")
        if algorithm not in _ALGORITHMS:
            raise AwsError("MalformedXML", "The XML you provided was not well-formed or did not validate against our "
                           "published schema", 400)
        if algorithm == "AES256" and default.get("KMSMasterKeyID"):
            raise AwsError("InvalidArgument", "a KMSMasterKeyID is not applicable if the default sse algorithm is not "
                           "aws:kms or aws:kms:dsse", 400)


@after("s3", "DeleteBucketEncryption")
def encrypt_by_default(request: ApiRequest, output: dict[str, Any]) -> None:
    """moto leaves the bucket without encryption.

    API_DeleteBucketEncryption: resets the default encryption of the bucket to SSE-S3.

    See assumption aws-new-buckets.
    """
    _bucket(request).encryption = _DEFAULT_ENCRYPTION


@before("s3", "PutBucketLifecycleConfiguration")
def refuse_bad_lifecycle(request: ApiRequest) -> None:
    """moto keeps rules that contradict themselves.

    "Lifecycle general considerations" (User Guide): objects go to an infrequent-access class after 30 days at the
    earliest, and expire later than they change class.

    See assumption aws-lifecycle-days.
    """
    for rule in request.parameters.get("LifecycleConfiguration", {}).get("Rules", []):
        for kind, message in _problems(rule):
            raise AwsError(kind, message, 400)


@after("s3", "PutBucketLifecycleConfiguration")
def keep_lifecycle(request: ApiRequest, output: dict[str, Any]) -> None:
    """moto forgets sizes in a filter, and the default size.

    API_LifecycleRuleFilter, ObjectSizeGreaterThan; API_GetBucketLifecycleConfiguration,
    TransitionDefaultMinimumObjectSize: all_storage_classes_128K by default.

    See assumption aws-small-object-transitions.
    """
    rules = request.parameters["LifecycleConfiguration"]["Rules"]
    size = request.parameters.get("TransitionDefaultMinimumObjectSize", "all_storage_classes_128K")
    _bucket(request).lifecycle = {
        "Rules": [{"ID": str(uuid.uuid4()), **rule} for rule in rules], "TransitionDefaultMinimumObjectSize": size,
    }


@after("s3", "DeleteBucketLifecycle")
def forget_lifecycle(request: ApiRequest, output: dict[str, Any]) -> None:
    """See ``keep_lifecycle``.

    See assumption aws-small-object-transitions.
    """
    _bucket(request).lifecycle = None


@instead("s3", "GetBucketLifecycleConfiguration")
def show_lifecycle(request: ApiRequest) -> dict[str, Any]:
    """See ``keep_lifecycle``.

    See assumption aws-small-object-transitions.
    """
    bucket = _bucket(request)
    if bucket is None:
        raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404)
    found = getattr(bucket, "lifecycle", None)
    if not found:
        raise AwsError("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist", 404)
    return found


def _problems(rule: dict[str, Any]) -> Iterator[tuple[str, str]]:
    expiry = rule.get("Expiration", {}).get("Days")
    for transition in rule.get("Transitions", []):
        days, storage_class = transition.get("Days"), transition.get("StorageClass")
        if days is None:
            continue
        if storage_class in _INFREQUENT_ACCESS and days < 30:
            yield "InvalidArgument", (f"'Days' in Transition action must be greater than or equal to 30 for "
                                      f"storageClass '{storage_class}'")
        if expiry is not None and expiry <= days:
            yield "InvalidArgument", "'Days' in the Expiration action must be greater than 'Days' in the Transition action"
    if rule.get("Status") not in ("Enabled", "Disabled"):
        yield "MalformedXML", "The status of a rule is Enabled or Disabled."
