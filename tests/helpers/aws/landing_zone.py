# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What accounts of an organization hold before we come: the landing zone of AWS Control Tower, and trails of others.

Names are those of "Resources created in the shared accounts" (AWS Control Tower User Guide).
"""
from __future__ import annotations

from collections.abc import Iterable

from helpers.aws import foreign
from helpers.aws.deployments import MANAGEMENT, REGION, TRAIL
from helpers.aws.trails import SERVICE, allow, document

BASELINE_TRAIL = "aws-controltower-BaselineCloudTrail"
_LOG_GROUP = "aws-controltower/CloudTrailLogs"
_ROLE = "aws-controltower-CloudTrailRole"


def place(aws, archive: str, members: Iterable[str]) -> None:
    """Let accounts hold what they have in a landing zone. In a member, four of the five trails of a region are there then.

    :param archive: account id of the log archive of AWS Control Tower.
    :param members: account ids.
    """
    for account in (archive, *members):
        foreign.place(aws, account)
        _execution_role(aws, account)
    _baseline(aws, archive)
    for account in members:
        bucket = foreign.other_bucket(account)
        cloudtrail = aws.session(account).client("cloudtrail")
        names = [f"{TRAIL}-3", f"{TRAIL}-4"]
        arns = [f"arn:aws:cloudtrail:{REGION}:{account}:trail/{name}" for name in (foreign.OTHER_TRAIL, *names)]
        _let_deliver(aws.session(account).client("s3"), bucket, *arns)
        for name in names:
            cloudtrail.create_trail(Name=name, S3BucketName=bucket, S3KeyPrefix=name)


def _execution_role(aws, account):
    iam = aws.session(account).client("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{MANAGEMENT}:root"}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName="AWSControlTowerExecution", AssumeRolePolicyDocument=document(trust))
    iam.attach_role_policy(RoleName="AWSControlTowerExecution", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")


def _baseline(aws, archive):
    """The trail of the organization, with its log group in the management account and its bucket in the log archive."""
    management = aws.session()
    organizations = management.client("organizations")
    organizations.enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
    organization = organizations.describe_organization()["Organization"]["Id"]
    arn = f"arn:aws:cloudtrail:{REGION}:{MANAGEMENT}:trail/{BASELINE_TRAIL}"
    s3 = aws.session(archive).client("s3")
    bucket, access_logs = (f"aws-controltower-{kind}-{archive}-{REGION}" for kind in ("logs", "s3-access-logs"))
    for name in (bucket, access_logs):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    _let_deliver(s3, bucket, arn)
    management.client("logs").create_log_group(logGroupName=_LOG_GROUP)
    iam = management.client("iam")
    trust = {"Effect": "Allow", "Principal": SERVICE, "Action": "sts:AssumeRole"}
    role = iam.create_role(RoleName=_ROLE, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    write = {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "*"}
    iam.put_role_policy(RoleName=_ROLE, PolicyName="write", PolicyDocument=document(write))
    cloudtrail = management.client("cloudtrail")
    cloudtrail.create_trail(
        Name=BASELINE_TRAIL, S3BucketName=bucket, S3KeyPrefix=organization, IsOrganizationTrail=True, IsMultiRegionTrail=True,
        EnableLogFileValidation=True, CloudWatchLogsRoleArn=role,
        CloudWatchLogsLogGroupArn=f"arn:aws:logs:{REGION}:{MANAGEMENT}:log-group:{_LOG_GROUP}:*",
    )
    cloudtrail.start_logging(Name=BASELINE_TRAIL)


def _let_deliver(s3, bucket, *trails):
    s3.put_bucket_policy(Bucket=bucket, Policy=document(
        allow(SERVICE, "s3:GetBucketAcl", f"arn:aws:s3:::{bucket}", StringEquals={"aws:SourceArn": trails}),
        allow(SERVICE, "s3:PutObject", f"arn:aws:s3:::{bucket}/*", StringEquals={"aws:SourceArn": trails}),
    ))
