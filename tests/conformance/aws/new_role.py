# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""After how many seconds CloudTrail sees a new role, log group and bucket policy."""
from __future__ import annotations

from ..check import Check, Observation
from .account import BUCKET, GROUP, ROLE, TRAIL, Aws

ASSUMED = 120  # seconds


def run(aws: Aws) -> Observation:
    """Create a trail at once after the role that it uses."""
    bucket = aws.trail_bucket()
    group = aws.log_group()
    role = aws.role(aws.writing(group))
    create = aws.new_trail(aws.name(), bucket, CloudWatchLogsLogGroupArn=group, CloudWatchLogsRoleArn=role)
    code, seconds, codes = aws.patiently(create)
    return Observation.of(not code and seconds <= ASSUMED, seconds_until_created=seconds, codes=codes)


CHECK = Check(
    entry="aws-cloudtrail-dependencies-visible",
    question="Does CloudTrail see a new role, log group and bucket policy within two minutes?",
    creates=("IAM role", "S3 bucket", "log group", "trail"),
    permissions=(*BUCKET, *GROUP, *ROLE, *TRAIL),
    seconds=60,
    cents=1,
    run=run,
)
