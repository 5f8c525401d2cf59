# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""May CloudTrail deliver? AWS asks that when a trail is created or changed, moto never does.

Every check is of the trail as it will be: what the call sets, and for the rest what the trail has.
"""
from __future__ import annotations

import re
from datetime import datetime, timezone

from moto.kms.models import Key
from moto.sns.models import sns_backends

from .. import authorization, needs, windows
from ..errors import AwsError
from ..mends import after, before
from ..partition import partition
from ..request import ApiRequest
from .lookup import find, find_own, topic_arn
from .target import SERVICE, Target, allows, find_group, find_key, lets_deliver, lets_encrypt, role_refusal

_BUCKET_NAME = re.compile(r"(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_KEY_ID = re.compile(
    r"(arn:[\w-]+:kms:[a-z0-9-]+:\d{12}:)?(alias/[\w/-]{1,250}|key/(mrk-)?[\w-]{32,36}|(mrk-)?[\w-]{32,36})"
)
_TOPIC = re.compile(r"(?:arn:[\w-]+:sns:([a-z0-9-]+):(\d{12}):)?([\w-]{1,256}(?:\.fifo)?)")


def _target(request: ApiRequest) -> Target:
    """Where the trail will deliver to, as the call wants it."""
    trail = find_own(request, request.parameters["Name"]) if request.action == "UpdateTrail" else None

    def setting(parameter: str, attribute: str) -> str:
        return request.parameters.get(parameter, getattr(trail, attribute, None)) or ""

    return Target(
        account=request.owner,
        administrator=request.account,
        region=request.region,
        name=trail.trail_name if trail else request.parameters["Name"],
        bucket=setting("S3BucketName", "bucket_name"),
        prefix=setting("S3KeyPrefix", "s3_key_prefix"),
        key=setting("KmsKeyId", "kms_key_id"),
        group=setting("CloudWatchLogsLogGroupArn", "cw_log_group_arn"),
        role=setting("CloudWatchLogsRoleArn", "cw_role_arn"),
        topic=request.parameters.get("SnsTopicName", topic_arn(trail) if trail else None) or "",
        validation=bool(setting("EnableLogFileValidation", "log_validation")),
        of_organization=bool(setting("IsOrganizationTrail", "is_org_trail")),
    )


@before("cloudtrail", "CreateTrail", "UpdateTrail")
def check_bucket(request: ApiRequest) -> None:
    """moto asks, in CreateTrail only, whether the bucket is there.

    API_CreateTrail: InvalidS3BucketNameException, S3BucketDoesNotExistException, InsufficientS3BucketPolicyException;
    see ``lets_deliver``.

    See assumption aws-cloudtrail-destinations.
    """
    target = _target(request)
    _check_bucket_name(target.bucket)
    found = needs.find_bucket(target.bucket)
    if found is None or not windows.sees_bucket(target.bucket, found[1]):
        raise AwsError("S3BucketDoesNotExistException", f"S3 bucket {target.bucket} does not exist!")
    kinds = ["CloudTrail", "CloudTrail-Digest"] if target.validation else ["CloudTrail"]
    for kind in kinds:
        for below in sorted({False, target.of_organization}):
            folder = target.folder(target.account, kind, target.region, of_organization=below)
            path = f"{folder}/{datetime.now(timezone.utc):%Y/%m/%d}/file.json.gz"
            if not lets_deliver(target, *found, path):
                raise AwsError("InsufficientS3BucketPolicyException",
                               f"Incorrect S3 bucket policy is detected for bucket: {target.bucket}")


def _check_bucket_name(name: str) -> None:
    """"Bucket naming rules" (S3 User Guide)."""
    if not _BUCKET_NAME.fullmatch(name):
        raise AwsError("InvalidS3BucketNameException", f"Bucket name is not valid: {name}")


@before("cloudtrail", "CreateTrail", "UpdateTrail")
def check_prefix(request: ApiRequest) -> None:
    """moto takes every prefix.

    API_CreateTrail, S3KeyPrefix: up to 200 characters; InvalidS3PrefixException. The path after it, AWSLogs/..., is
    CloudTrail's own.

    See assumption aws-key-prefixes.
    """
    prefix = _target(request).prefix
    if len(prefix) > 200 or prefix.startswith("/") or "AWSLogs" in prefix.split("/") or re.search(r"[\0-\x1f]", prefix):
        raise AwsError("InvalidS3PrefixException", f"The S3 key prefix is not valid: {prefix}")


@before("cloudtrail", "CreateTrail", "UpdateTrail")
def check_key(request: ApiRequest) -> None:
    """moto takes every key, also one that is not there.

    API_CreateTrail: InvalidKmsKeyIdException; KmsKeyNotFoundException, if the key does not exist or is not in the
    bucket's region; KmsException, if it can't be used; InsufficientEncryptionPolicyException, see ``lets_encrypt``.

    See assumption aws-cloudtrail-destinations.
    """
    target = _target(request)
    if not target.key:
        return
    if not _KEY_ID.fullmatch(target.key):
        raise AwsError("InvalidKmsKeyIdException", f"The KMS key is not valid: {target.key}")
    key = find_key(target)
    found = needs.find_bucket(target.bucket)
    if key is None or windows.key_policy(key) is None or (found and found[0].region_name != key.region):
        raise AwsError("KmsKeyNotFoundException", "KMS key does not exist, or the S3 bucket and the KMS key are not "
                       "in the same region.")
    _check_usable(key)
    if found and not lets_encrypt(target, key, found[0]):
        raise AwsError("InsufficientEncryptionPolicyException",
                       f"Insufficient permissions to access S3 bucket or KMS key {key.arn}.")
    if request.parameters.get("KmsKeyId"):
        # API_Trail, KmsKeyId: the value is a fully specified ARN.
        request.change("KmsKeyId", key.arn)


def _check_usable(key: Key) -> None:
    if key.key_state != "Enabled" or key.key_usage != "ENCRYPT_DECRYPT" or key.key_spec != "SYMMETRIC_DEFAULT":
        raise AwsError("KmsException", f"KMS key {key.arn} can't be used; its state is {key.key_state}.")


@before("cloudtrail", "CreateTrail", "UpdateTrail")
def check_log_group(request: ApiRequest) -> None:
    """moto takes every log group and role, also those that are not there.

    API_CreateTrail: a log group and a role that exist in the account; InvalidCloudWatchLogsLogGroupArnException,
    InvalidCloudWatchLogsRoleArnException. "Sending events to CloudWatch Logs" (User Guide): the ARN of the log group
    ends in :*; see also ``role_refusal``.

    See assumption aws-cloudtrail-destinations.
    """
    target = _target(request)
    if not target.group and not target.role:
        return
    group = find_group(target)
    if group is None or not windows.sees_group(group.arn):
        raise AwsError("InvalidCloudWatchLogsLogGroupArnException",
                       f"CloudTrail cannot validate the specified log group ARN: {target.group}")
    streams = {target.stream(target.account, of_organization=below) for below in sorted({False, target.of_organization})}
    refusal = role_refusal(target, streams)
    if refusal:
        raise AwsError("InvalidCloudWatchLogsRoleArnException", refusal)
    if request.parameters.get("CloudWatchLogsRoleArn"):
        authorization.require(request, "iam:PassRole", target.role,
                              context={"iam:PassedToService": str(SERVICE.service)})


@before("cloudtrail", "CreateTrail", "UpdateTrail")
def check_topic(request: ApiRequest) -> None:
    """moto takes a name only, looks in CreateTrail only, and never at the topic's policy.

    API_CreateTrail, SnsTopicName: the name or the ARN; InvalidSnsTopicNameException,
    InsufficientSnsTopicPolicyException. "Amazon SNS topic policy for CloudTrail" (User Guide): CloudTrail needs
    sns:Publish.

    See assumption aws-cloudtrail-destinations.
    """
    target = _target(request)
    if not target.topic:
        return
    match = _TOPIC.fullmatch(target.topic)
    if not match:
        raise AwsError("InvalidSnsTopicNameException", f"The SNS topic is not valid: {target.topic}")
    region, account, name = match[1] or target.region, match[2] or target.account, match[3]
    regions = sns_backends[account]
    topics = regions[region].topics if region in regions else {}
    topic = topics.get(f"arn:{partition()}:sns:{region}:{account}:{name}")
    if topic is None or not allows(topic.policy, account, "sns:Publish", topic.arn, target.context):
        raise AwsError("InsufficientSnsTopicPolicyException",
                       "SNS Topic does not exist or the topic policy is incorrect!")
    if request.parameters.get("SnsTopicName"):
        request.topic_arn = topic.arn
        # moto looks for the topic in the trail's own account and region.
        own = (region, account) == (target.region, target.account)
        request.change("SnsTopicName", name if own else None)


@after("cloudtrail", "CreateTrail", "UpdateTrail")
def keep_administrator(request: ApiRequest, output: dict) -> None:
    """The account that has the log group of the trail; see ``find_group``.

    See assumption aws-cloudtrail-delegated-administrator.
    """
    if request.action == "CreateTrail" or request.parameters.get("CloudWatchLogsLogGroupArn"):
        find(request, request.parameters["Name"]).administrator = request.account


@after("cloudtrail", "CreateTrail", "UpdateTrail")
def keep_topic(request: ApiRequest, output: dict) -> None:
    """moto takes the topic to be in the trail's account and region; see ``check_topic``.

    See assumption aws-cloudtrail-destinations.
    """
    arn = getattr(request, "topic_arn", None)
    if arn:
        trail = find(request, request.parameters["Name"])
        trail.topic_arn_given = arn
        trail.sns_topic_name = arn.rpartition(":")[2]
