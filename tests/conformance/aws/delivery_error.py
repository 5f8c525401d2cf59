# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When the error of a delivery goes away."""
from __future__ import annotations

from ..check import Check, Observation
from .account import BUCKET, DELIVERED, TRAIL, Aws


def run(aws: Aws) -> Observation:
    """Let a trail deliver, take the permission away until there is an error, and give it back."""
    bucket = aws.trail_bucket()
    trail = aws.trail(bucket)
    if aws.delivered(trail) is None:
        return Observation.undecided("the trail delivers nothing")
    acl, put = aws.delivery(bucket)
    aws.set_bucket_policy(bucket, acl)

    def has_error() -> bool:
        aws.mark()
        return bool(aws.status(trail).get("LatestDeliveryError"))

    error, seconds = aws.until(has_error, DELIVERED, every=30)
    if not error:
        return Observation.undecided("there is no error without the permission", waited_seconds=seconds)
    last = aws.status(trail)["LatestDeliveryTime"]
    code = aws.status(trail)["LatestDeliveryError"]
    aws.set_bucket_policy(bucket, acl, put)

    def has_delivered() -> bool:
        aws.mark()
        return aws.status(trail).get("LatestDeliveryTime", last) > last

    delivered, until_delivered = aws.until(has_delivered, DELIVERED, every=30)
    if not delivered:
        return Observation.undecided("the trail does not deliver again", code=code)
    is_empty = not aws.status(trail).get("LatestDeliveryError")
    return Observation.of(
        is_empty, code=code, seconds_until_error=seconds, seconds_until_delivered_again=until_delivered, empty_after_delivery=is_empty)


CHECK = Check(
    entry="aws-cloudtrail-delivery-error-clears",
    question="Is LatestDeliveryError empty after the next delivery?",
    creates=("S3 bucket", "trail"),
    permissions=(*BUCKET, *TRAIL),
    seconds=2400,
    cents=5,
    run=run,
)
