# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether CloudTrail sends aws:SourceArn to S3, and a list of ARNs may name the trail."""
from __future__ import annotations

from ..check import Check, Observation
from .account import BUCKET, TRAIL, Aws
from .conditions import observe


def run(aws: Aws) -> Observation:
    """Name the trail in a list of ARNs, among others."""
    name = aws.name()
    others = [aws.trail_arn(aws.name()) for _number in range(3)]
    right = {"StringEquals": {"aws:SourceArn": [*others, aws.trail_arn(name)]}}
    return observe(aws, right, {"StringEquals": {"aws:SourceArn": others}}, name=name)


CHECK = Check(
    entry="aws-cloudtrail-source-arn",
    question="Does CloudTrail send aws:SourceArn when it writes into a bucket, and may the bucket policy list several trails?",
    creates=("S3 bucket", "trail"),
    permissions=(*BUCKET, *TRAIL),
    seconds=900,
    cents=3,
    run=run,
)
