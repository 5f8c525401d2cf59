# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bucket in the archive of the local AWS, and a member whose trail goes there."""
from __future__ import annotations

import copy
import gzip
import json

MANAGEMENT, ARCHIVE, MEMBER = "123456789012", "111111111111", "222222222222"
REGION = "eu-west-1"
BUCKET = "archive"
TRAIL = f"arn:aws:cloudtrail:{REGION}:{MEMBER}:trail/logs"
SERVICE = {"Service": "cloudtrail.amazonaws.com"}


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(principal, action, resource="*", **condition):
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource}
    return {**statement, "Condition": condition} if condition else statement


def changed(statement, **elements):
    return {**copy.deepcopy(statement), **elements}


ACL = allow(SERVICE, "s3:GetBucketAcl", f"arn:aws:s3:::{BUCKET}", StringEquals={"aws:SourceArn": TRAIL})
PUT = allow(SERVICE, "s3:PutObject", f"arn:aws:s3:::{BUCKET}/AWSLogs/{MEMBER}/*",
            StringEquals={"s3:x-amz-acl": "bucket-owner-full-control", "aws:SourceArn": TRAIL})
ENCRYPT = allow(SERVICE, "kms:GenerateDataKey*", StringEquals={"aws:SourceArn": TRAIL}, StringLike={
    "kms:EncryptionContext:aws:cloudtrail:arn": f"arn:aws:cloudtrail:*:{MEMBER}:trail/*"})
DESCRIBE = allow(SERVICE, "kms:DescribeKey", StringEquals={"aws:SourceArn": TRAIL})
WRITE = {
    "Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
    "Resource": f"arn:aws:logs:{REGION}:{MEMBER}:log-group:group:log-stream:{MEMBER}_CloudTrail_{REGION}*",
}
TLS_ONLY = {
    "Effect": "Deny", "Principal": "*", "Action": "s3:*",
    "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


class Trails:
    """The bucket and everything else that trails need. ``create`` creates a trail, ``log`` one that logs."""

    def __init__(self, aws):
        self.aws = aws
        self.archive, self.member = aws.session(ARCHIVE), aws.session(MEMBER)
        self.cloudtrail = self.member.client("cloudtrail")
        self.bucket(BUCKET, ACL, PUT, TLS_ONLY)

    def bucket(self, name, *statements, region=REGION):
        s3 = self.archive.client("s3", region_name=region)
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})
        self.policy(*statements, bucket=name)

    def policy(self, *statements, bucket=BUCKET):
        s3 = self.archive.client("s3")
        s3.delete_bucket_policy(Bucket=bucket)
        if statements:
            s3.put_bucket_policy(Bucket=bucket, Policy=document(*statements))

    def create(self, **settings):
        return self.cloudtrail.create_trail(**{"Name": "logs", "S3BucketName": BUCKET, **settings})

    def log(self, **settings):
        """A trail that logs."""
        trail = self.create(**settings)
        self.cloudtrail.start_logging(Name="logs")
        return trail

    def key(self, *statements, session=None, region=REGION, **settings):
        session = session or self.archive
        account = session.client("sts").get_caller_identity()["Account"]
        own = allow({"AWS": f"arn:aws:iam::{account}:root"}, "kms:*")
        kms = session.client("kms", region_name=region)
        return kms.create_key(Policy=document(own, *statements), **settings)["KeyMetadata"]["Arn"]

    def log_group(self, name="group", region=REGION):
        self.member.client("logs", region_name=region).create_log_group(logGroupName=name)
        return f"arn:aws:logs:{region}:{MEMBER}:log-group:{name}:*"

    def role(self, *statements, trusted=None, name="writer"):
        iam = self.member.client("iam")
        trust = {"Effect": "Allow", "Principal": trusted or SERVICE, "Action": "sts:AssumeRole"}
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(*statements))
        return arn

    # What was delivered

    def probe(self, mark, **options):
        """A call that leaves a mark in the events of the member."""
        self.member.client("cloudtrail", **options).describe_trails(trailNameList=[mark])

    def keys(self, bucket=BUCKET, prefix=""):
        pages = self.archive.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def read(self, key, bucket=BUCKET):
        """What a file holds."""
        body = self.archive.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        return json.loads(gzip.decompress(body))

    def log_files(self, bucket=BUCKET, prefix=""):
        """Log files and their records."""
        return [(key, self.read(key, bucket)["Records"]) for key in self.keys(bucket, prefix) if "/CloudTrail/" in key]

    @staticmethod
    def has(records, mark):
        return any((record["requestParameters"] or {}).get("trailNameList") == [mark] for record in records)

    def arrived(self, mark, bucket=BUCKET):
        """Whether a mark is in a log file."""
        return any(self.has(records, mark) for _key, records in self.log_files(bucket))

    def status(self):
        return self.cloudtrail.get_trail_status(Name="logs")
