# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether log files have tags."""
from __future__ import annotations

from ..check import Check, Observation
from .account import BUCKET, TRAIL, Aws


def run(aws: Aws) -> Observation:
    """Read the tags of a log file."""
    bucket = aws.trail_bucket()
    trail = aws.trail(bucket)
    if aws.delivered(trail) is None:
        return Observation.undecided("the trail delivers nothing")
    tags = aws.client("s3").get_object_tagging(Bucket=bucket, Key=aws.files(bucket, "CloudTrail")[0])["TagSet"]
    return Observation.of(not tags, number_of_tags=len(tags))


CHECK = Check(
    entry="aws-cloudtrail-object-tags",
    question="Does CloudTrail give tags to its log files?",
    creates=("S3 bucket", "trail"),
    permissions=(*BUCKET, *TRAIL, "s3:GetObjectTagging"),
    seconds=600,
    cents=3,
    run=run,
)
