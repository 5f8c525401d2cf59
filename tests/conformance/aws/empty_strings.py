# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an empty string removes a setting of a trail."""
from __future__ import annotations

from ..check import Check, Observation
from .account import BUCKET, GROUP, ROLE, TRAIL, Aws


def run(aws: Aws) -> Observation:
    """Set prefix and log group with its role, then set them to an empty string."""
    bucket = aws.bucket()
    arn = f"arn:{aws.partition}:s3:::{bucket}"
    acl, put = aws.delivery(bucket)
    aws.set_bucket_policy(bucket, acl, {**put, "Resource": [put["Resource"], f"{arn}/prefix/AWSLogs/{aws.account}/*"]})
    group = aws.log_group()
    role = aws.role(aws.writing(group))
    trail = aws.trail(bucket, logging=False, S3KeyPrefix="prefix", CloudWatchLogsLogGroupArn=group, CloudWatchLogsRoleArn=role)
    codes = {}
    for fields in (("S3KeyPrefix",), ("CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn")):
        codes[fields[0]] = aws.patiently(aws.cloudtrail.update_trail, Name=trail, **dict.fromkeys(fields, ""))[0]
    left = aws.cloudtrail.get_trail(Name=trail)["Trail"]
    removed = {field: field not in left and not code for field, code in codes.items()}
    return Observation.of(all(removed.values()), removed=removed, codes=codes)


CHECK = Check(
    entry="aws-cloudtrail-empty-string",
    question="Does UpdateTrail remove a setting if it gets an empty string?",
    creates=("S3 bucket", "trail", "log group", "IAM role"),
    permissions=(*BUCKET, *GROUP, *ROLE, *TRAIL),
    seconds=60,
    cents=1,
    run=run,
)
