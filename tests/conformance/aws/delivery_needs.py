# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether CloudTrail needs s3:GetBucketAcl for each delivery."""
from __future__ import annotations

from ..check import Check, Observation
from .account import BUCKET, DELIVERED, TRAIL, Aws


def run(aws: Aws) -> Observation:
    """Let a trail deliver, and take the permission for the ACL away."""
    bucket = aws.trail_bucket()
    trail = aws.trail(bucket)
    if aws.delivered(trail) is None:
        return Observation.undecided("the trail delivers nothing")
    _acl, put = aws.delivery(bucket)
    aws.set_bucket_policy(bucket, put)
    # A delivery that began before the change does not count.
    aws.clock.sleep(300)
    before = aws.status(trail)["LatestDeliveryTime"]

    def is_clear() -> bool:
        aws.mark()
        status = aws.status(trail)
        return bool(status.get("LatestDeliveryError")) or status.get("LatestDeliveryTime", before) > before

    clear, seconds = aws.until(is_clear, DELIVERED, every=30)
    error = aws.status(trail).get("LatestDeliveryError")
    if not clear:
        return Observation.undecided("the trail neither delivers nor fails", waited_seconds=seconds)
    return Observation.of(bool(error), code=error or "", seconds=seconds)


CHECK = Check(
    entry="aws-cloudtrail-delivery-needs",
    question="Does CloudTrail need s3:GetBucketAcl for each delivery?",
    creates=("S3 bucket", "trail"),
    permissions=(*BUCKET, *TRAIL),
    seconds=1800,
    cents=5,
    run=run,
)
