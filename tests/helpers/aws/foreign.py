# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What others have in an account on the local AWS: all kinds of resources, with names and tags that are nearly ours."""
from __future__ import annotations

import json
import time

from helpers.aws.deployments import BUCKET, REGION, TAG, TRAIL
from helpers.aws.trails import SERVICE, allow, document

# Tags that are nearly ours.
_TAGS = {"managed-by": TAG["managed-by"] + "-2", "Name": TAG["managed-by"]}
OTHER_TRAIL = f"{TRAIL}-2"


def other_bucket(account_id: str) -> str:
    """The bucket of an account to which its other trail delivers."""
    return f"{BUCKET}-{account_id}"


def place(aws, account_id: str) -> None:
    """Place foreign resources in an account.

    Its other trail is for objects that are written to its bucket only: no run of ours is an event for it.
    """
    session = aws.session(account_id)
    bucket, group = other_bucket(account_id), f"{TRAIL}-cloudtrail-log-group-2"
    arn = f"arn:aws:cloudtrail:{REGION}:{account_id}:trail/{OTHER_TRAIL}"
    key = _key(session.client("kms"), account_id, arn)
    _bucket(session.client("s3"), bucket, arn)
    _log_group(session.client("logs"), group)
    role = _iam(session.client("iam"))
    session.client("sns").create_topic(Name=OTHER_TRAIL, Tags=_listed(_TAGS))
    session.client("sqs").create_queue(QueueName=OTHER_TRAIL, tags=_TAGS)
    cloudtrail = session.client("cloudtrail")
    cloudtrail.create_trail(
        Name=OTHER_TRAIL, S3BucketName=bucket, S3KeyPrefix=account_id, KmsKeyId=key, IsMultiRegionTrail=True,
        EnableLogFileValidation=True, TagsList=_listed(_TAGS), CloudWatchLogsRoleArn=role,
        CloudWatchLogsLogGroupArn=f"arn:aws:logs:{REGION}:{account_id}:log-group:{group}:*",
    )
    data = {"Type": "AWS::S3::Object", "Values": [f"arn:aws:s3:::{bucket}/data/"]}
    cloudtrail.put_event_selectors(TrailName=OTHER_TRAIL, EventSelectors=[{
        "ReadWriteType": "WriteOnly", "IncludeManagementEvents": False, "DataResources": [data],
    }])
    cloudtrail.start_logging(Name=OTHER_TRAIL)
    write_data(aws, account_id)


def write_data(aws, account_id: str) -> None:
    """Write an object, which is an event for the other trail of an account."""
    aws.session(account_id).client("s3").put_object(Bucket=other_bucket(account_id), Key="data/object", Body=b"1")


def _bucket(s3, name, trail):
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": _listed(_TAGS)})
    s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": [
        {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 400}},
    ]})
    s3.put_bucket_policy(Bucket=name, Policy=document(
        allow(SERVICE, "s3:GetBucketAcl", f"arn:aws:s3:::{name}", StringEquals={"aws:SourceArn": trail}),
        allow(SERVICE, "s3:PutObject", f"arn:aws:s3:::{name}/*", StringEquals={"aws:SourceArn": trail}),
        {**allow({"Service": "delivery.logs.amazonaws.com"}, "s3:PutObject", f"arn:aws:s3:::{name}/flow/*"), "Sid": "FlowLogs"},
    ))
    for key, body in (("data/object", b"1"), ("flow/log", b"1"), ("flow/log", b"2"), ("gone", b"3")):
        s3.put_object(Bucket=name, Key=key, Body=body)
    s3.delete_object(Bucket=name, Key="gone")


def _key(kms, account_id, trail):
    own = {**allow({"AWS": f"arn:aws:iam::{account_id}:root"}, "kms:*"), "Sid": "Owner"}
    encrypts = allow(SERVICE, ["kms:GenerateDataKey*", "kms:DescribeKey"], StringEquals={"aws:SourceArn": trail})
    arn = kms.create_key(Policy=document(own, encrypts), Description=BUCKET, Tags=[
        {"TagKey": key, "TagValue": value} for key, value in _TAGS.items()
    ])["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName=f"alias/{BUCKET}-2", TargetKeyId=arn)
    return arn


def _log_group(logs, name):
    logs.create_log_group(logGroupName=name, tags=_TAGS)
    logs.put_retention_policy(logGroupName=name, retentionInDays=30)
    logs.create_log_stream(logGroupName=name, logStreamName="application")
    logs.put_log_events(logGroupName=name, logStreamName="application", logEvents=[
        {"timestamp": int(time.time() * 1000), "message": json.dumps({"level": "info"})},
    ])


def _iam(iam):
    name = f"{TRAIL}-cloudtrail-cloudwatch-2"
    write = {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "*"}
    trust = {"Effect": "Allow", "Principal": SERVICE, "Action": "sts:AssumeRole"}
    role = iam.create_role(
        RoleName=name, Description="CloudTrail writes", Tags=_listed(_TAGS), AssumeRolePolicyDocument=document(trust),
    )
    iam.put_role_policy(RoleName=name, PolicyName="cloudtrail-to-cloudwatch-logs", PolicyDocument=document(write))
    read = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}
    policy = iam.create_policy(PolicyName="read-logs", PolicyDocument=document(read))
    iam.attach_role_policy(RoleName=name, PolicyArn=policy["Policy"]["Arn"])
    iam.create_user(UserName="auditor", Tags=_listed(_TAGS))
    iam.attach_user_policy(UserName="auditor", PolicyArn=policy["Policy"]["Arn"])
    return role["Role"]["Arn"]


def _listed(tags):
    return [{"Key": key, "Value": value} for key, value in tags.items()]
