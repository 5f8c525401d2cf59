# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether CloudTrail's requests to S3 fulfil a condition."""
from __future__ import annotations

from typing import Any

from ..check import Observation
from .account import Aws


def observe(aws: Aws, right: dict[str, Any], wrong: dict[str, Any], name: str | None = None) -> Observation:
    """Create a trail whose bucket has a condition, and let it deliver.

    :param right: the condition that CloudTrail fulfils if the assumption is right.
    :param wrong: the same key with a value that CloudTrail never sends, to prove that the condition is evaluated.
    :param name: of the trail.
    """
    name = name or aws.name()
    bucket = aws.bucket()
    create = aws.new_trail(name, bucket)
    aws.set_bucket_policy(bucket, *aws.delivery(bucket, **right))
    code, seconds, codes = aws.patiently(create)
    if code:
        aws.set_bucket_policy(bucket, *aws.delivery(bucket))
        without, _seconds, _codes = aws.patiently(create)
        if without:
            return Observation.undecided("CreateTrail refuses the bucket without a condition, too", code=without)
        return Observation.of(False, code=code, codes=codes)
    aws.surely(aws.cloudtrail.start_logging, Name=name)
    delivered = aws.delivered(name)
    aws.set_bucket_policy(bucket, *aws.delivery(bucket, **wrong))
    refused = aws.refused(aws.cloudtrail.update_trail, Name=name, S3BucketName=bucket)
    facts = {
        "seconds_until_created": seconds, "codes": codes, "seconds_until_delivered": delivered, "code_of_a_wrong_condition": refused,
    }
    if not refused:
        return Observation.undecided("UpdateTrail accepts a bucket policy whose condition CloudTrail does not fulfil", **facts)
    return Observation.of(delivered is not None, **facts)
