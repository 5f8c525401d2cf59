# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules, run in this process against a local AWS, and an account that has all that they look at."""

from __future__ import annotations

import functools
import json
from types import SimpleNamespace
from unittest import mock

from botocore.endpoint import Endpoint
from botocore.loaders import create_loader
from helpers import modules

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import policies

ACCOUNT = "222222222222"
OTHER = "333333333333"
REGION = "eu-west-1"
BUCKET = "example-audit-logs"
TRAIL = "audit-logs"
TRAIL_ARN = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/{TRAIL}"
LOG_GROUP = "audit-logs-cloudtrail-log-group"
LOG_GROUP_ARN = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{LOG_GROUP}:*"
ROLE = "audit-logs-cloudtrail-cloudwatch"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/{ROLE}"
ALIAS = f"alias/{BUCKET}"
DEPLOYMENT = BUCKET
OURS = {"managed-by": "crossaccount.audit_logs", "audit-logs-deployment": DEPLOYMENT}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "CloudTrail",
            "Effect": "Allow",
            "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
WRITE_EVENTS = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "WriteEvents",
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": LOG_GROUP_ARN,
        }
    ],
}

# The policy of a bucket that gets access logs.
ACCESS_LOGS = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "logging.s3.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": "arn:aws:s3:::access-logs/*",
        }
    ],
}

# Every session reads the service models anew, which takes longer than a test's calls; all of them may share one reader.
_shared_models = functools.partial(mock.patch, "botocore.session.create_loader", functools.cache(create_loader))


def throttle(monkeypatch):
    """Let AWS refuse operations as too frequent.

    Returns C(left), by operation how often it is still refused, and C(tried), what was sent in which order.
    """
    left, tried = {}, []
    original = Endpoint._get_response  # pylint: disable=protected-access

    def get_response(endpoint, request, operation_model, context):
        tried.append(operation_model.name)
        if not left.get(operation_model.name):
            return original(endpoint, request, operation_model, context)
        left[operation_model.name] -= 1
        error = {"Code": "ThrottlingException", "Message": "Rate exceeded"}
        answer = {"Error": error, "ResponseMetadata": {"HTTPStatusCode": 400, "HTTPHeaders": {}}}
        return (SimpleNamespace(status_code=400, headers={}), answer), None

    monkeypatch.setattr(Endpoint, "_get_response", get_response)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    return SimpleNamespace(left=left, tried=tried)


class Account:
    """One account of a local AWS: its clients, and modules run with its credentials."""

    def __init__(self, aws, account_id=ACCOUNT) -> None:
        self.aws = aws
        self.account_id = account_id
        with _shared_models():
            self.session = aws.session(account_id)
        self.credentials = self.session.get_credentials().get_frozen_credentials()
        self._clients = {}

    def client(self, service, region=REGION):
        """A boto3 client."""
        if (service, region) not in self._clients:
            self._clients[service, region] = self.session.client(service, region_name=region)
        return self._clients[service, region]

    def with_credentials(self, credentials):
        """The same account with other credentials, as AssumeRole returns them."""
        other = Account.__new__(Account)
        other.__dict__.update(self.__dict__, _clients={})
        other.session = None
        other.credentials = type(self.credentials)(
            credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"]
        )
        return other

    def run(self, module, *, check=False, **options):
        """Run a module: its result, with the keys C(calls), its API calls, and C(writes), those that write."""
        arguments = {
            "endpoint_url": self.aws.url,
            "access_key": self.credentials.access_key,
            "secret_key": self.credentials.secret_key,
            "session_token": self.credentials.token,
            "region": REGION,
            **options,
        }
        if self.credentials.token is None:
            del arguments["session_token"]
        before = len(self.aws.calls)
        with _shared_models():
            result = json.loads(modules.run(module, arguments, check))
        calls = self.aws.calls[before:]
        result["calls"] = [f"{call.service}:{call.action}" for call in calls]
        result["writes"] = [f"{call.service}:{call.action}" for call in calls if not call.read_only]
        result.pop("invocation", None)
        return result

    def make_bucket(self, name=BUCKET, *, region=REGION, lock=False, trails=None, policy=None, tags=None):
        """A bucket that trails may deliver to, those of this account unless others are given."""
        s3 = self.client("s3", region)
        options = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=lock, ObjectOwnership="BucketOwnerEnforced", **options)
        if tags:
            s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": k, "Value": v} for k, v in tags.items()]})
        policy = policy or policies.bucket_policy(name, region, trails or [{"account_id": self.account_id}])
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))

    def make_trail(self, name=TRAIL, bucket=BUCKET, tags=None, **options):
        """A trail that records."""
        cloudtrail = self.client("cloudtrail")
        answer = cloudtrail.create_trail(
            Name=name,
            S3BucketName=bucket,
            S3KeyPrefix=self.account_id,
            TagsList=[{"Key": key, "Value": value} for key, value in (tags or {}).items()],
            **options,
        )
        cloudtrail.start_logging(Name=name)
        return answer["TrailARN"]

    def make_log_group(self, name=LOG_GROUP, retention=731, tags=None):
        """A log group."""
        logs = self.client("logs")
        logs.create_log_group(logGroupName=name, tags=OURS if tags is None else tags)
        logs.put_retention_policy(logGroupName=name, retentionInDays=retention)

    def make_role(self, name=ROLE, tags=None):
        """The role for CloudWatch Logs."""
        iam = self.client("iam")
        iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps(TRUST),
            Description="CloudTrail writes",
            Tags=[{"Key": key, "Value": value} for key, value in (OURS if tags is None else tags).items()],
        )
        iam.put_role_policy(RoleName=name, PolicyName="write", PolicyDocument=json.dumps(WRITE_EVENTS))

    def make_key(self, tags=None, policy=None, alias=ALIAS):
        """A KMS key for log files, rotated; its ARN."""
        kms = self.client("kms")
        policy = policy or policies.key_policy(self.account_id, REGION, [{"account_id": self.account_id}])
        arn = kms.create_key(
            Policy=json.dumps(policy),
            Tags=[{"TagKey": key, "TagValue": value} for key, value in (OURS if tags is None else tags).items()],
        )["KeyMetadata"]["Arn"]
        kms.create_alias(AliasName=alias, TargetKeyId=arn)
        kms.enable_key_rotation(KeyId=arn)
        return arn
