# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether CloudTrail sends aws:SourceArn and aws:SourceAccount when it assumes the role of a log group."""
from __future__ import annotations

from ..check import Check, Observation
from .account import BUCKET, DELIVERED, GROUP, ROLE, TRAIL, Aws


def run(aws: Aws) -> Observation:
    """Require both in the trust policy of the role, and let the trail deliver to the log group."""
    bucket, group, name = aws.trail_bucket(), aws.log_group(), aws.name()
    wrong = aws.role(aws.writing(group), condition=_of(aws, aws.name()))
    right = aws.role(aws.writing(group), condition=_of(aws, name))
    plain = aws.role(aws.writing(group))

    def create(role: str) -> tuple[str, int, list[str]]:
        return aws.patiently(aws.new_trail(name, bucket, CloudWatchLogsLogGroupArn=group, CloudWatchLogsRoleArn=role))

    code, seconds, codes = create(right)
    if code:
        without, _seconds, _codes = create(plain)
        if without:
            return Observation.undecided("CreateTrail refuses a role without a condition, too", code=without)
        return Observation.of(False, code=code, codes=codes)
    aws.surely(aws.cloudtrail.start_logging, Name=name)

    def has_delivered() -> bool:
        aws.mark()
        return "LatestCloudWatchLogsDeliveryTime" in aws.status(name)

    delivered, waited = aws.until(has_delivered, DELIVERED, every=30)
    # A role that CloudTrail can't assume must be refused; otherwise the trust policy is not evaluated here.
    refused = aws.refused(aws.cloudtrail.update_trail, Name=name, CloudWatchLogsLogGroupArn=group, CloudWatchLogsRoleArn=wrong)
    facts = {
        "seconds_until_created": seconds, "delivered": delivered, "seconds_until_delivered": waited, "codes": codes,
        "code_of_a_wrong_condition": refused,
    }
    if delivered and not refused:
        return Observation.undecided("UpdateTrail accepts a role whose condition CloudTrail does not fulfil", **facts)
    return Observation.of(delivered, **facts)


def _of(aws: Aws, trail: str) -> dict[str, dict[str, str]]:
    return {"StringEquals": {"aws:SourceAccount": aws.account}, "ArnEquals": {"aws:SourceArn": aws.trail_arn(trail)}}


CHECK = Check(
    entry="aws-cloudtrail-source-arn-for-role",
    question="Does CloudTrail send aws:SourceArn and aws:SourceAccount when it assumes the role of a log group?",
    creates=("IAM role", "S3 bucket", "log group", "trail"),
    permissions=(*BUCKET, *GROUP, *ROLE, *TRAIL),
    seconds=900,
    cents=3,
    run=run,
)
