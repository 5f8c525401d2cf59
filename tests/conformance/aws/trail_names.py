# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What DescribeTrails finds by a name in another region than that of the trail."""
from __future__ import annotations

from ..check import Check, Observation
from .account import BUCKET, TRAIL, VISIBLE, Aws


def run(aws: Aws) -> Observation:
    """Create a trail for all regions, and search for it in another region."""
    bucket = aws.trail_bucket()
    name = aws.trail(bucket, logging=False, IsMultiRegionTrail=True, IncludeGlobalServiceEvents=True)
    other = aws.client("cloudtrail", aws.other_region)

    def found(**parameters: object) -> bool:
        return name in [trail["Name"] for trail in other.describe_trails(**parameters)["trailList"]]

    shadow, seconds = aws.until(found, VISIBLE)
    if not shadow:
        return Observation.of(False, shadow_in_another_region=False)
    facts = {
        "by_name": found(trailNameList=[name]), "by_arn": found(trailNameList=[aws.trail_arn(name)]),
        "without_shadow_trails": found(includeShadowTrails=False),
    }
    expected = {"by_name": False, "by_arn": True, "without_shadow_trails": False}
    return Observation.of(facts == expected, shadow_in_another_region=True, seconds_until_there_is_a_shadow=seconds, **facts)


CHECK = Check(
    entry="aws-cloudtrail-shadow-trails",
    question="Does DescribeTrails find a shadow trail by its name?",
    creates=("S3 bucket", "trail"),
    permissions=(*BUCKET, *TRAIL),
    seconds=60,
    cents=1,
    run=run,
)
