# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""May CloudTrail deliver? AWS asks that when a trail is made or changed, moto never does.

Every check is of the trail as it will be: what the call sets, and for the rest what the trail has.
"""
from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone

from moto.kms.models import Key, kms_backends
from moto.logs.models import logs_backends
from moto.sns.models import sns_backends

from .. import authorization
from ..accounts import iam, organization
from ..errors import AwsError
from ..managed_policies import document
from ..mends import after, before
from ..policy import Decision, PolicyError, Principal, Request, evaluate, parse
from ..request import ApiRequest
from .lookup import find, find_own, topic_arn

SERVICE = Principal(service="cloudtrail.amazonaws.com")
_BUCKET_NAME = re.compile(r"(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_KEY_ID = re.compile(
    r"(arn:aws:kms:[a-z0-9-]+:\d{12}:)?(alias/[\w/-]{1,250}|key/(mrk-)?[\w-]{32,36}|(mrk-)?[\w-]{32,36})"
)
_GROUP_ARN = re.compile(r"arn:aws:logs:([a-z0-9-]+):(\d{12}):log-group:([\w./#-]{1,512}):\*")
_ROLE_ARN = re.compile(r"arn:aws:iam::(\d{12}):role/.+")
_TOPIC = re.compile(r"(?:arn:aws:sns:([a-z0-9-]+):(\d{12}):)?([\w-]{1,256}(?:\.fifo)?)")


@dataclass(frozen=True)
class Target:
    """Where a trail delivers to, as the call wants it; empty for nothing."""

    account: str
    region: str
    name: str
    bucket: str
    prefix: str
    key: str
    group: str
    role: str
    topic: str
    validation: bool
    of_organization: bool

    @classmethod
    def of(cls, request: ApiRequest) -> Target:
        trail = find_own(request, request.parameters["Name"]) if request.action == "UpdateTrail" else None

        def setting(parameter: str, attribute: str) -> str:
            return request.parameters.get(parameter, getattr(trail, attribute, None)) or ""

        topic = request.parameters.get("SnsTopicName", topic_arn(trail) if trail else None) or ""
        return cls(
            account=request.account,
            region=request.region,
            name=trail.trail_name if trail else request.parameters["Name"],
            bucket=setting("S3BucketName", "bucket_name"),
            prefix=setting("S3KeyPrefix", "s3_key_prefix"),
            key=setting("KmsKeyId", "kms_key_id"),
            group=setting("CloudWatchLogsLogGroupArn", "cw_log_group_arn"),
            role=setting("CloudWatchLogsRoleArn", "cw_role_arn"),
            topic=topic,
            validation=bool(setting("EnableLogFileValidation", "log_validation")),
            of_organization=bool(setting("IsOrganizationTrail", "is_org_trail")),
        )

    @property
    def arn(self) -> str:
        return f"arn:aws:cloudtrail:{self.region}:{self.account}:trail/{self.name}"

    @property
    def folders(self) -> list[str]:
        """Where in the bucket log files go: "Finding your CloudTrail log files" (User Guide)."""
        owners = [self.account]
        if self.of_organization:
            owners.append(f"{organization().id}/{self.account}")
        kinds = ["CloudTrail", "CloudTrail-Digest"] if self.validation else ["CloudTrail"]
        start = f"{self.prefix}/" if self.prefix else ""
        day = datetime.now(timezone.utc).strftime("%Y/%m/%d")
        return [f"{start}AWSLogs/{owner}/{kind}/{self.region}/{day}" for owner in owners for kind in kinds]

    @property
    def streams(self) -> list[str]:
        """Log streams: "Role policy document for CloudTrail to use CloudWatch Logs" (User Guide)."""
        own = f"{self.account}_CloudTrail_{self.region}"
        return [own, f"{organization().id}_{own}"] if self.of_organization else [own]

    @property
    def context(self) -> dict[str, str]:
        """Condition keys of what CloudTrail does for this trail."""
        return {
            "aws:PrincipalIsAWSService": "true",
            "aws:PrincipalServiceName": str(SERVICE.service),
            "aws:SecureTransport": "true",
            "aws:SourceAccount": self.account,
            "aws:SourceArn": self.arn,
            "aws:SourceOrgID": organization().id,
        }


@before("cloudtrail", "CreateTrail", "UpdateTrail")
def check_bucket(request: ApiRequest) -> None:
    """moto asks, in CreateTrail only, whether the bucket is there.

    API_CreateTrail: InvalidS3BucketNameException, S3BucketDoesNotExistException, InsufficientS3BucketPolicyException.
    "Amazon S3 bucket policy for CloudTrail" (User Guide): CloudTrail needs s3:GetBucketAcl on the bucket, and
    s3:PutObject on the trail's folders with the ACL bucket-owner-full-control. "Encrypting CloudTrail log files" (User
    Guide): without a key of the trail, they are encrypted with SSE-S3, so a key of the bucket does not matter.
    """
    target = Target.of(request)
    _check_bucket_name(target.bucket)
    found = authorization.find_bucket(target.bucket)
    if found is None:
        raise AwsError("S3BucketDoesNotExistException", f"S3 bucket {target.bucket} does not exist!")
    bucket, owner = found
    context = {**target.context, "aws:ResourceAccount": owner, "aws:ResourceOrgID": organization().id}
    arn = f"arn:aws:s3:::{target.bucket}"
    put = {
        **context,
        "s3:x-amz-acl": "bucket-owner-full-control",
        "s3:x-amz-server-side-encryption": "aws:kms" if target.key else "AES256",
    }
    allowed = _allows(bucket.policy, "s3:GetBucketAcl", arn, context) and all(
        _allows(bucket.policy, "s3:PutObject", f"{arn}/{folder}/file.json.gz", put) for folder in target.folders
    )
    if not allowed:
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
    """
    prefix = Target.of(request).prefix
    if len(prefix) > 200 or prefix.startswith("/") or "AWSLogs" in prefix.split("/") or re.search(r"[\0-\x1f]", prefix):
        raise AwsError("InvalidS3PrefixException", f"The S3 key prefix is not valid: {prefix}")


@before("cloudtrail", "CreateTrail", "UpdateTrail")
def check_key(request: ApiRequest) -> None:
    """moto takes every key, also one that is not there.

    API_CreateTrail: InvalidKmsKeyIdException; KmsKeyNotFoundException, if the key does not exist or is not in the
    bucket's region; KmsException, if it can't be used; InsufficientEncryptionPolicyException. "Configure KMS key
    policies for CloudTrail" (User Guide): CloudTrail needs kms:GenerateDataKey* with the trail in the encryption
    context, and kms:DescribeKey.
    """
    target = Target.of(request)
    if not target.key:
        return
    key = _find_key(target)
    found = authorization.find_bucket(target.bucket)
    if key is None or (found and found[0].region_name != key.region):
        raise AwsError("KmsKeyNotFoundException", "KMS key does not exist, or the S3 bucket and the KMS key are not "
                       "in the same region.")
    _check_usable(key)
    context = {**target.context, "aws:ResourceAccount": key.account_id}
    encryption = {
        **context,
        "kms:EncryptionContext:aws:cloudtrail:arn": target.arn,
        "kms:EncryptionContextKeys": "aws:cloudtrail:arn",
    }
    if not _allows(key.policy, "kms:GenerateDataKey", key.arn, encryption) or not _allows(
        key.policy, "kms:DescribeKey", key.arn, context
    ):
        raise AwsError("InsufficientEncryptionPolicyException",
                       f"Insufficient permissions to access S3 bucket or KMS key {key.arn}.")
    if request.parameters.get("KmsKeyId"):
        # API_Trail, KmsKeyId: the value is a fully specified ARN.
        request.change("KmsKeyId", key.arn)


def _find_key(target: Target) -> Key | None:
    """A key by id, ARN, alias or alias ARN."""
    if not _KEY_ID.fullmatch(target.key):
        raise AwsError("InvalidKmsKeyIdException", f"The KMS key is not valid: {target.key}")
    region, account, name = target.region, target.account, target.key
    if name.startswith("arn:"):
        _arn, _partition, _kms, region, account, name = name.split(":", 5)
    regions = kms_backends[account]
    keys = regions[region].keys if region in regions else {}
    if name.startswith("alias/"):
        # Not get_key_id_from_alias, which makes the keys that AWS manages when it is asked for them.
        return next((key for key in keys.values() if name in key.aliases), None)
    return keys.get(name.removeprefix("key/"))


def _check_usable(key: Key) -> None:
    if key.key_state != "Enabled" or key.key_usage != "ENCRYPT_DECRYPT" or key.key_spec != "SYMMETRIC_DEFAULT":
        raise AwsError("KmsException", f"KMS key {key.arn} can't be used; its state is {key.key_state}.")


@before("cloudtrail", "CreateTrail", "UpdateTrail")
def check_log_group(request: ApiRequest) -> None:
    """moto takes every log group and role, also those that are not there.

    API_CreateTrail: a log group and a role that exist in the account; InvalidCloudWatchLogsLogGroupArnException,
    InvalidCloudWatchLogsRoleArnException. "Sending events to CloudWatch Logs" (User Guide): the ARN of the log group
    ends in :*, and the role is one that CloudTrail can assume and that allows logs:CreateLogStream and
    logs:PutLogEvents on the trail's log streams.
    """
    target = Target.of(request)
    if not target.group and not target.role:
        return
    match = _GROUP_ARN.fullmatch(target.group)
    if not match or match[1] != target.region or match[2] != target.account:
        raise AwsError("InvalidCloudWatchLogsLogGroupArnException",
                       "CloudTrail cannot validate the specified log group ARN.")
    if match[3] not in logs_backends[target.account][target.region].groups:
        raise AwsError("InvalidCloudWatchLogsLogGroupArnException",
                       f"The log group does not exist: {target.group}")
    _check_role(target)
    if request.parameters.get("CloudWatchLogsRoleArn"):
        authorization.require(request, "iam:PassRole", target.role,
                              context={"iam:PassedToService": str(SERVICE.service)})


def _check_role(target: Target) -> None:
    match = _ROLE_ARN.fullmatch(target.role)
    role = next((role for role in iam(target.account).roles.values() if role.arn == target.role), None)
    if not match or role is None:
        raise AwsError("InvalidCloudWatchLogsRoleArnException", f"The role does not exist: {target.role}")
    if not _allows(role.assume_role_policy_document, "sts:AssumeRole", None, target.context):
        raise AwsError("InvalidCloudWatchLogsRoleArnException", "CloudTrail can't assume the role. Check its trust "
                       "policy.")
    documents = [*role.policies.values(), *map(document, role.managed_policies.values())]
    for stream in target.streams:
        resource = f"{target.group.removesuffix(':*')}:log-stream:{stream}"
        for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
            if evaluate(map(parse, documents), Request(action, resource)) is not Decision.ALLOW:
                raise AwsError("InvalidCloudWatchLogsRoleArnException",
                               f"Access denied. The role does not allow {action} on {resource}.")


@before("cloudtrail", "CreateTrail", "UpdateTrail")
def check_topic(request: ApiRequest) -> None:
    """moto takes a name only, looks in CreateTrail only, and never at the topic's policy.

    API_CreateTrail, SnsTopicName: the name or the ARN; InvalidSnsTopicNameException,
    InsufficientSnsTopicPolicyException. "Amazon SNS topic policy for CloudTrail" (User Guide): CloudTrail needs
    sns:Publish.
    """
    target = Target.of(request)
    if not target.topic:
        return
    match = _TOPIC.fullmatch(target.topic)
    if not match:
        raise AwsError("InvalidSnsTopicNameException", f"The SNS topic is not valid: {target.topic}")
    region, account, name = match[1] or target.region, match[2] or target.account, match[3]
    regions = sns_backends[account]
    topics = regions[region].topics if region in regions else {}
    topic = topics.get(f"arn:aws:sns:{region}:{account}:{name}")
    if topic is None or not _allows(topic.policy, "sns:Publish", topic.arn, target.context):
        raise AwsError("InsufficientSnsTopicPolicyException",
                       "SNS Topic does not exist or the topic policy is incorrect!")
    if request.parameters.get("SnsTopicName"):
        request.topic_arn = topic.arn
        # moto looks for the topic in the trail's own account and region.
        own = (region, account) == (target.region, target.account)
        request.change("SnsTopicName", name if own else None)


@after("cloudtrail", "CreateTrail", "UpdateTrail")
def keep_topic(request: ApiRequest, output: dict) -> None:
    """moto takes the topic to be in the trail's account and region; see ``check_topic``."""
    arn = getattr(request, "topic_arn", None)
    if arn:
        trail = find(request, request.parameters["Name"])
        trail.topic_arn_given = arn
        trail.sns_topic_name = arn.rpartition(":")[2]


def _allows(
    policy: str | bytes | None, action: str, resource: str | None, context: Mapping[str, str]
) -> bool:
    """Whether a resource policy lets CloudTrail do an action."""
    if not policy:
        return False
    try:
        parsed = parse(policy.decode() if isinstance(policy, bytes) else policy)
    except PolicyError:
        return False
    return evaluate([parsed], Request(action, resource, SERVICE, context)) is Decision.ALLOW
