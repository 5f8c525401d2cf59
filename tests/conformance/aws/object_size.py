# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a lifecycle rule may have a minimum object size of 0."""
from __future__ import annotations

from ..check import Check, Observation
from .account import BUCKET, Aws


def run(aws: Aws) -> Observation:
    """Give such a rule to a bucket."""
    bucket = aws.bucket()
    rule = {"ID": "size", "Status": "Enabled", "Filter": {"ObjectSizeGreaterThan": 0}, "Expiration": {"Days": 1}}
    code = aws.attempt(
        aws.client("s3").put_bucket_lifecycle_configuration, Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})
    return Observation.of(not code, code=code)


CHECK = Check(
    entry="aws-object-size-zero",
    question="Does S3 accept a lifecycle rule with a minimum object size of 0?",
    creates=("S3 bucket",),
    permissions=(*BUCKET, "s3:PutLifecycleConfiguration"),
    seconds=10,
    cents=1,
    run=run,
)
