# SPDX-License-Identifier: GPL-3.0-or-later
"""What CloudTrail does to deliver, and why policies don't let it. Private to this collection.

A trail is a dictionary as policies.with_defaults() makes it, and may have C(kms_key_arn), of the key with which it
encrypts, and C(validation), whether it has digest files, which it has unless this is false. An empty C(kms_key_arn) is
no key, another text than an ARN a key whose ARN is not known yet; without it, nothing is known. C(bucket_key) says whether
the bucket has an S3 Bucket Key. What is unknown from
the documents is no problem here, but an unknown: AWS itself will say.

Each delivery needs what CloudTrail asks for when the trail is created: assumption aws-cloudtrail-delivery-needs.
"""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Union

from .._policy import explain
from .._policy.evaluate import Policy, read
from .._policy.request import Request
from .policies import partition, trail_arn

SERVICE = "cloudtrail.amazonaws.com"
Document = Union[Mapping[str, Any], Policy, None]

# "AWS global condition context keys" (IAM User Guide), Availability: what a service that calls for itself, from its own
# network, does not have. What it has of keys that are missing here: assumption aws-service-request-context.
_NOT_OF_SERVICES = (
    "aws:calledvia", "aws:calledviafirst", "aws:calledvialast", "aws:federatedprovider", "aws:multifactorauthage",
    "aws:principalorgid", "aws:principalorgpaths", "aws:principaltag/", "aws:referer", "aws:sourcevpc",
    "aws:sourcevpcarn", "aws:sourcevpce", "aws:username", "aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths",
    "aws:vpcsourceip",
)
# The same page: never true for it, and whether it has them depends on credentials and services.
_FALSE_OR_ABSENT = ("aws:multifactorauthpresent", "aws:viaawsservice")
_ENCRYPTION = "s3:x-amz-server-side-encryption"
_KEY = "s3:x-amz-server-side-encryption-aws-kms-key-id"
_OF_UPLOADS = ("s3:x-amz-acl", _ENCRYPTION, _KEY, "s3:x-amz-storage-class")


def bucket_problems(policy: Document, bucket: str, trail: dict) -> list[str]:
    """Why CloudTrail can't deliver a trail's files into a bucket with this policy.

    "Amazon S3 bucket policy for CloudTrail" and "Finding your CloudTrail log files" (CloudTrail User Guide).
    """
    if policy is None:
        return [f"bucket {bucket} has no policy, and so does not let {SERVICE} deliver for {trail_arn(trail)}"]
    return explain.problems([read(policy)], _bucket_needs(bucket, trail), _bucket_words(bucket, trail))


def bucket_unknowns(policy: Document, bucket: str, trail: dict, *, denials: bool = False) -> list[str]:
    """What of a bucket's policy only AWS can evaluate, and decides; with C(denials), of statements that deny only."""
    needs, words = _bucket_needs(bucket, trail), _bucket_words(bucket, trail)
    return explain.unknowns([read(policy)], needs, words, denials=denials)


def key_problems(policy: Document, key_arn: str, trail: dict) -> list[str]:
    """Why CloudTrail can't encrypt a trail's log files with a key that has this policy.

    "Configure AWS KMS key policies for CloudTrail" (CloudTrail User Guide).
    """
    return explain.problems([read(policy)], _key_needs(key_arn, trail), _key_words(key_arn, trail))


def key_unknowns(policy: Document, key_arn: str, trail: dict, *, denials: bool = False) -> list[str]:
    """What of a key's policy only AWS can evaluate, and decides; with C(denials), of statements that deny only."""
    return explain.unknowns([read(policy)], _key_needs(key_arn, trail), _key_words(key_arn, trail), denials=denials)


def role_problems(trust: Document, policies: list[Document], role: str, log_group_arn: str, trail: dict) -> list[str]:
    """Why CloudTrail can't write a trail's events into a log group with a role.

    "Role policy document for CloudTrail to use CloudWatch Logs for monitoring" (CloudTrail User Guide). Conditions of the trust policy
    about the trail are unknown: assumption aws-cloudtrail-source-arn-for-role.

    :param role: its name.
    :param policies: those that are attached, and those that are part of it.
    :param log_group_arn: with or without C(:*) at its end.
    """
    assume = explain.Need(Request("sts:AssumeRole", None, (SERVICE,), _absent()))
    trusting = explain.Words(f"role {role}", SERVICE, kind="trust policy")
    group = log_group_arn.removesuffix(":*")
    needs = [
        explain.Need(Request(action, f"{group}:log-stream:{stream}"), f"{group}:log-stream:{stream}")
        for stream in _streams(trail) for action in ("logs:CreateLogStream", "logs:PutLogEvents")
    ]
    writing = explain.Words(f"role {role}", about=(trail["account_id"],))
    return explain.problems([read(trust)], [assume], trusting) + explain.problems(map(read, policies), needs, writing)


def _bucket_needs(bucket: str, trail: dict) -> list[explain.Need]:
    arn = f"arn:{partition(trail['region'])}:s3:::{bucket}"
    # The keys of an upload's headers: a reading call has none of them.
    reading = {**_context(trail), **dict.fromkeys(_OF_UPLOADS, ())}
    needs = [explain.Need(Request("s3:GetBucketAcl", arn, (SERVICE,), reading), bucket)]
    kinds = ["CloudTrail"] + (["CloudTrail-Digest"] if trail.get("validation", True) else [])
    for folder in _folders(trail):
        for kind in kinds:
            context = {
                **_context(trail), **_encryption(trail, kind), "s3:x-amz-acl": ("bucket-owner-full-control",)
            }
            # Any day, and any file.
            name = f"{folder}/{kind}/{trail['region']}/2026/01/31/{trail['account_id']}_{kind}_20260131T0000Z.json.gz"
            put = Request("s3:PutObject", f"{arn}/{name}", (SERVICE,), context)
            needs.append(explain.Need(put, f"{bucket}/{folder}/*"))
    return needs


def _encryption(trail: dict, kind: str) -> dict[str, Any]:
    """Condition keys of how CloudTrail has S3 encrypt a file.

    "Encrypting CloudTrail log files, digest files, and event data stores with AWS KMS keys" (CloudTrail User Guide):
    with the key of the trail, and if it has none, with SSE-S3; that may be asked for or left to S3. Digest files may be
    encrypted in either way: assumption aws-cloudtrail-digest-encryption.
    """
    key = trail.get("kms_key_arn")
    if key is None:
        return {}
    with_s3: dict[str, set] = {_ENCRYPTION: {("AES256",), ()}, _KEY: {()}}
    with_key: dict[str, set] = {_ENCRYPTION: {("aws:kms",)}, _KEY: {(key,)}}
    if not key:
        found = with_s3
    elif kind == "CloudTrail":
        found = with_key
    else:
        found = {name: values | with_s3[name] for name, values in with_key.items()}
    is_known = not key or ":key/" in key
    return {name: frozenset(values) for name, values in found.items() if name != _KEY or is_known}


def _bucket_words(bucket: str, trail: dict) -> explain.Words:
    return explain.Words(f"bucket {bucket}", SERVICE, trail_arn(trail), (trail["account_id"],))


def _folders(trail: dict) -> list[str]:
    begin = f"{trail['prefix']}/AWSLogs" if trail.get("prefix") else "AWSLogs"
    owners = [trail["account_id"]]
    if trail.get("organization_id"):
        owners.append(f"{trail['organization_id']}/{trail['account_id']}")
    return [f"{begin}/{owner}" for owner in owners]


def _streams(trail: dict) -> list[str]:
    own = f"{trail['account_id']}_CloudTrail_{trail['region']}"
    return [own] + ([f"{trail['organization_id']}_{own}"] if trail.get("organization_id") else [])


def _key_needs(key_arn: str, trail: dict) -> list[explain.Need]:
    context = _context(trail)
    encrypting = {**context, "kms:encryptioncontext:aws:cloudtrail:arn": (trail_arn(trail),)}
    needs = [
        explain.Need(Request("kms:GenerateDataKey", key_arn, (SERVICE,), encrypting), key_arn),
        explain.Need(Request("kms:DescribeKey", key_arn, (SERVICE,), context), key_arn),
    ]
    if trail.get("bucket_key"):  # with which encryption context, no document says: assumption aws-bucket-key-decrypt
        needs.append(explain.Need(Request("kms:Decrypt", key_arn, (SERVICE,), context), key_arn))
    return needs


def _key_words(key_arn: str, trail: dict) -> explain.Words:
    return explain.Words(f"key {key_arn}", SERVICE, trail_arn(trail), (trail["account_id"],))


def _context(trail: dict) -> dict[str, Any]:
    """Condition keys of what CloudTrail does for a trail."""
    known = {
        "aws:principalisawsservice": ("true",),
        "aws:principalservicename": (SERVICE,),
        "aws:securetransport": ("true",),
        "aws:sourceaccount": (trail["account_id"],),
        "aws:sourcearn": (trail_arn(trail),),
    }
    if trail.get("organization_id"):
        known["aws:sourceorgid"] = (trail["organization_id"],)
    return {**known, **_absent()}


def _absent() -> dict[str, Any]:
    return {
        **dict.fromkeys(_NOT_OF_SERVICES, ()), **dict.fromkeys(_FALSE_OR_ABSENT, frozenset({("false",), ()})),
    }
