# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An AWS account, and what checks create in it."""
from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError

from ..account import PREFIX, Account, NotPossible
from ..clock import Clock
from ..undo import Undo

SERVICE = "cloudtrail.amazonaws.com"
# Refusals of CreateTrail and UpdateTrail that can end by themselves: assumption aws-cloudtrail-dependencies-visible.
NOT_YET = frozenset({
    "CloudTrailAccessNotEnabledException", "ConflictException", "InsufficientEncryptionPolicyException",
    "InsufficientS3BucketPolicyException", "InvalidCloudWatchLogsLogGroupArnException", "InvalidCloudWatchLogsRoleArnException",
    "NoSuchEntity", "S3BucketDoesNotExistException", "TrailNotFoundException",
})
VISIBLE = 180  # seconds until CloudTrail must have seen a new bucket, role or policy
DELIVERED = 1800  # seconds until CloudTrail must have delivered something
_GONE = frozenset({"NoSuchBucket", "NoSuchBucketPolicy", "NoSuchEntity", "ResourceNotFoundException", "TrailNotFoundException"})
# Permissions for what the methods below create, and remove.
BUCKET = (
    "s3:CreateBucket", "s3:DeleteBucket", "s3:DeleteBucketPolicy", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject",
    "s3:ListBucket", "s3:ListBucketVersions", "s3:PutBucketPolicy",
)
GROUP = ("logs:CreateLogGroup", "logs:DeleteLogGroup")
ROLE = ("iam:CreateRole", "iam:DeleteRole", "iam:DeleteRolePolicy", "iam:PassRole", "iam:PutRolePolicy")
TRAIL = (
    "cloudtrail:CreateTrail", "cloudtrail:DeleteTrail", "cloudtrail:DescribeTrails", "cloudtrail:GetTrail", "cloudtrail:GetTrailStatus",
    "cloudtrail:StartLogging", "cloudtrail:UpdateTrail",
)
# The second region of a check, for each partition: the first of these that is not the region of the account.
_OTHER_REGIONS = {
    "aws": ("us-east-1", "us-west-2"), "aws-cn": ("cn-north-1", "cn-northwest-1"), "aws-us-gov": ("us-gov-west-1", "us-gov-east-1"),
}


def document(*statements: dict[str, Any]) -> str:
    """A policy."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, separators=(",", ":"))


class Aws(Account):
    """An AWS account.

    :param session: of boto3, with credentials and a region.
    :param endpoint: URL of a local AWS.
    """

    def __init__(self, session: Any, clock: Clock, undo: Undo, endpoint: str | None = None) -> None:
        self._session = session
        self._endpoint = endpoint
        self._clients: dict[tuple[str, str], Any] = {}
        self.region = session.region_name
        self.arn = self.client("sts").get_caller_identity()["Arn"]
        super().__init__(self.arn.split(":")[4], session.region_name, clock, undo)

    @property
    def accounts(self) -> list[str]:
        """Ids of the accounts in which something is created."""
        return [self.account]

    @property
    def described(self) -> str:
        """The accounts, for people."""
        return f"account {self.account}"

    @staticmethod
    def error(problem: Exception) -> str:
        """What went wrong, without names of resources."""
        if isinstance(problem, ClientError):
            return f"{problem.operation_name}: {problem.response['Error']['Code']}"
        return type(problem).__name__

    @property
    def environment(self) -> dict[str, str]:
        """The credentials, for other processes."""
        keys = self._session.get_credentials().get_frozen_credentials()
        found = {
            "AWS_ACCESS_KEY_ID": keys.access_key, "AWS_SECRET_ACCESS_KEY": keys.secret_key, "AWS_DEFAULT_REGION": self.region,
            "AWS_ENDPOINT_URL": self._endpoint, "AWS_SESSION_TOKEN": keys.token,
        }
        return {name: value for name, value in found.items() if value}

    @property
    def partition(self) -> str:
        """Such as ``aws-cn``."""
        return self.arn.split(":")[1]

    @property
    def other_region(self) -> str:
        """A region that is not that of the account."""
        return next(region for region in _OTHER_REGIONS[self.partition] if region != self.region)

    def client(self, service: str, region: str | None = None) -> Any:
        """A client of boto3."""
        key = service, region or self.region
        if key not in self._clients:
            config = Config(retries={"mode": "standard", "max_attempts": 8}, user_agent_extra=PREFIX)
            self._clients[key] = self._session.client(service, region_name=key[1], config=config, endpoint_url=self._endpoint)
        return self._clients[key]

    @cached_property
    def cloudtrail(self) -> Any:
        """CloudTrail in the region of the account."""
        return self.client("cloudtrail")

    @staticmethod
    def attempt(call: Callable[..., Any], **parameters: Any) -> str:
        """Make a call; returns the code of the refusal, and nothing if there is none."""
        try:
            call(**parameters)
        except ClientError as error:
            return error.response["Error"]["Code"]
        return ""

    def patiently(self, call: Callable[..., Any], **parameters: Any) -> tuple[str, int, list[str]]:
        """Repeat a call while its refusal can end by itself; returns the last code, the seconds, and all codes."""
        codes: list[str] = []

        def is_settled() -> bool:
            codes.append(self.attempt(call, **parameters))
            return codes[-1] not in NOT_YET

        _settled, seconds = self.until(is_settled, VISIBLE)
        return codes[-1], seconds, sorted(set(filter(None, codes)))

    def surely(self, call: Callable[..., Any], **parameters: Any) -> None:
        """Repeat a call likewise, which is to succeed.

        :raises NotPossible: it is refused.
        """
        code, _seconds, _codes = self.patiently(call, **parameters)
        if code:
            raise NotPossible(f"{call.__name__}: {code}")

    def refused(self, call: Callable[..., Any], **parameters: Any) -> str:
        """Repeat a call until it is refused, which may take as long as a change takes to be seen; returns the code."""
        return self.until(lambda: self.attempt(call, **parameters), VISIBLE)[0]

    # Resources

    def bucket(self, *statements: dict[str, Any]) -> str:
        """Create a bucket, with a policy."""
        name, s3 = self.name(), self.client("s3")
        where = {} if self.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": self.region}}
        self.undo.create(f"S3 bucket {name}", lambda: self._remove_bucket(name), lambda: s3.create_bucket(Bucket=name, **where))
        if statements:
            self.set_bucket_policy(name, *statements)
        return name

    def set_bucket_policy(self, bucket: str, *statements: dict[str, Any]) -> None:
        """Replace the policy of a bucket."""
        self.client("s3").put_bucket_policy(Bucket=bucket, Policy=document(*statements))

    def trail_bucket(self, **condition: dict[str, Any]) -> str:
        """Create a bucket for trails.

        :param condition: what CloudTrail's requests must fulfil.
        """
        bucket = self.bucket()
        self.set_bucket_policy(bucket, *self.delivery(bucket, **condition))
        return bucket

    def delivery(self, bucket: str, **condition: dict[str, Any]) -> list[dict[str, Any]]:
        """The two statements that let CloudTrail deliver to a bucket: the ACL, and the files."""
        arn = f"arn:{self.partition}:s3:::{bucket}"
        base = {"Effect": "Allow", "Principal": {"Service": SERVICE}}
        acl = {**base, "Action": "s3:GetBucketAcl", "Resource": arn}
        if condition:
            acl["Condition"] = condition
        equals = {"s3:x-amz-acl": "bucket-owner-full-control", **condition.get("StringEquals", {})}
        put = {
            **base, "Action": "s3:PutObject", "Resource": f"{arn}/AWSLogs/{self.account}/*",
            "Condition": {**condition, "StringEquals": equals},
        }
        return [acl, put]

    def _remove_bucket(self, name: str) -> None:
        s3 = self.client("s3")
        if self._gone(s3.delete_bucket_policy, Bucket=name):
            return
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
            for item in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                s3.delete_object(Bucket=name, Key=item["Key"], VersionId=item["VersionId"])
        self._gone(s3.delete_bucket, Bucket=name)

    def new_trail(self, name: str, bucket: str, **settings: Any) -> Callable[[], None]:
        """A function that creates a trail, for attempt and patiently."""
        cloudtrail = self.cloudtrail

        def create_trail() -> None:
            # A trail of one region is enough, and copies fewer events.
            parameters = {"IsMultiRegionTrail": False, "IncludeGlobalServiceEvents": False, **settings}
            self.undo.create(
                f"trail {name}", lambda: self._gone(cloudtrail.delete_trail, Name=name),
                lambda: cloudtrail.create_trail(Name=name, S3BucketName=bucket, **parameters))

        return create_trail

    def trail(self, bucket: str, *, logging: bool = True, **settings: Any) -> str:
        """Create a trail, and start it."""
        name = self.name()
        self.surely(self.new_trail(name, bucket, **settings))
        if logging:
            self.surely(self.cloudtrail.start_logging, Name=name)
        return name

    def trail_arn(self, name: str) -> str:
        """The ARN of a trail, whether there is one or not."""
        return f"arn:{self.partition}:cloudtrail:{self.region}:{self.account}:trail/{name}"

    def role(self, statement: dict[str, Any], *, condition: dict[str, Any] | None = None) -> str:
        """Create a role that CloudTrail may assume; returns its ARN.

        :param statement: what the role may do.
        :param condition: in its trust policy.
        """
        name = self.name()
        trust = {"Effect": "Allow", "Principal": {"Service": SERVICE}, "Action": "sts:AssumeRole"}
        if condition:
            trust["Condition"] = condition
        arn = self.create_role(name, AssumeRolePolicyDocument=document(trust))
        self.surely(self.client("iam").put_role_policy, RoleName=name, PolicyName=PREFIX, PolicyDocument=document(statement))
        return arn

    def create_role(self, name: str, **settings: Any) -> str:
        """Create a role without permissions; returns its ARN."""
        iam = self.client("iam")
        role = self.undo.create(f"IAM role {name}", lambda: self._remove_role(name), lambda: iam.create_role(RoleName=name, **settings))
        return role["Role"]["Arn"]

    def _remove_role(self, name: str) -> None:
        iam = self.client("iam")
        self._gone(iam.delete_role_policy, RoleName=name, PolicyName=PREFIX)
        self._gone(iam.delete_role, RoleName=name)

    def log_group(self) -> str:
        """Create a log group; returns the ARN that CloudTrail takes."""
        name, logs = self.name(), self.client("logs")
        self.undo.create(
            f"log group {name}", lambda: self._gone(logs.delete_log_group, logGroupName=name),
            lambda: logs.create_log_group(logGroupName=name))
        return f"arn:{self.partition}:logs:{self.region}:{self.account}:log-group:{name}:*"

    def writing(self, group: str) -> dict[str, Any]:
        """The statement that lets a role write to a log group."""
        return {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": group.removesuffix(":*") + ":log-stream:*"}

    @staticmethod
    def _gone(call: Callable[..., Any], **parameters: Any) -> bool:
        """Remove something; returns whether it was gone already."""
        try:
            call(**parameters)
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                return True
            raise
        return False

    # Events

    def mark(self) -> str:
        """Make a call that leaves a mark in the events of the account; returns the mark."""
        mark = self.name()
        self.cloudtrail.describe_trails(trailNameList=[mark])
        return mark

    def status(self, trail: str) -> dict[str, Any]:
        """What GetTrailStatus answers; nothing for a trail that it does not see yet."""
        try:
            return self.cloudtrail.get_trail_status(Name=trail)
        except ClientError as error:
            if error.response["Error"]["Code"] in NOT_YET:
                return {}
            raise

    def records(self, bucket: str, read: set[str]) -> Iterator[dict[str, Any]]:
        """The events in the log files of a bucket.

        :param read: keys of files that were read before, and are not read again; it grows.
        """
        for key in [key for key in self.files(bucket, "CloudTrail") if key not in read]:
            read.add(key)
            body = self.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
            yield from json.loads(gzip.decompress(body))["Records"]

    def files(self, bucket: str, kind: str) -> list[str]:
        """The keys of files in a bucket, in the order of time.

        :param kind: ``CloudTrail`` for log files, ``CloudTrail-Digest`` for digest files.
        """
        pages = self.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket)
        return sorted(item["Key"] for page in pages for item in page.get("Contents", []) if f"/{kind}/" in item["Key"])

    def delivered(self, trail: str) -> int | None:
        """Wait until a trail has delivered a log file; returns after how many seconds, None for never."""
        def has_delivered() -> bool:
            self.mark()
            return "LatestDeliveryTime" in self.status(trail)

        found, seconds = self.until(has_delivered, DELIVERED, every=30)
        return seconds if found else None
