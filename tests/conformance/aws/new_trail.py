# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a new trail is missing in the answers of CloudTrail."""
from __future__ import annotations

from ..check import AS_ASSUMED, UNDECIDED, Check, Observation
from .account import BUCKET, NOT_YET, TRAIL, VISIBLE, Aws


def run(aws: Aws) -> Observation:
    """Create a trail, and ask at once for the trail, for its status and for its start."""
    bucket, name = aws.trail_bucket(), aws.name()
    aws.surely(aws.new_trail(name, bucket))
    start = aws.cloudtrail.start_logging
    first = {
        "listed_at_once": any(trail["Name"] == name for trail in aws.cloudtrail.describe_trails()["trailList"]),
        "code_of_the_first_status": aws.attempt(aws.cloudtrail.get_trail_status, Name=name),
        "code_of_the_first_start": aws.attempt(start, Name=name),
    }
    _settled, seconds = aws.until(lambda: aws.attempt(start, Name=name) not in NOT_YET, VISIBLE)
    late = first != {"listed_at_once": True, "code_of_the_first_status": "", "code_of_the_first_start": ""}
    # The entry says that a trail may be missing: one that is not missing proves nothing.
    return Observation(AS_ASSUMED if late else UNDECIDED, {"seconds_until_started": seconds, **first})


CHECK = Check(
    entry="aws-cloudtrail-new-trail-visible",
    question="Is a new trail missing at first, and for how long?",
    creates=("S3 bucket", "trail"),
    permissions=(*BUCKET, *TRAIL),
    seconds=60,
    cents=1,
    run=run,
    local_answer=UNDECIDED,
)
