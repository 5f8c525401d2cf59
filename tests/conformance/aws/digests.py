# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When digest files are delivered, and whether this collection and the AWS CLI find them valid."""
from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from datetime import datetime
from typing import Any

from ..check import Check, Observation
from ..result import moment
from .account import BUCKET, TRAIL, Aws

ASSUMED = 1800  # seconds after the end of the hour
_DIGESTS = 2
_DEADLINE = 3 * 3600  # seconds


def run(aws: Aws) -> Observation:
    """Wait for two digest files."""
    bucket = aws.trail_bucket()
    started = aws.clock.now()
    trail = aws.trail(bucket, EnableLogFileValidation=True)

    def has_digests() -> bool:
        aws.mark()
        return len(aws.files(bucket, "CloudTrail-Digest")) >= _DIGESTS

    found, seconds = aws.until(has_digests, _DEADLINE, every=600)
    if not found:
        return Observation.undecided("the trail delivers too few digest files", digest_files=len(aws.files(bucket, "CloudTrail-Digest")))
    files = [_read(aws, bucket, key) for key in aws.files(bucket, "CloudTrail-Digest")]
    facts = {
        "seconds_after_the_end": [file["late"] for file in files], "encryption": sorted({file["encryption"] for file in files}),
        "first_hour_begins_after": files[0]["start"] - round(started), "valid_by_this_collection": _by_collection(aws, bucket, trail),
        "valid_by_the_aws_cli": _by_cli(aws, trail, started), "seconds": seconds,
    }
    on_time = all(late <= ASSUMED for late in facts["seconds_after_the_end"])
    return Observation.of(on_time and facts["valid_by_this_collection"] and facts["valid_by_the_aws_cli"], **facts)


def _read(aws: Aws, bucket: str, key: str) -> dict[str, Any]:
    found = aws.client("s3").get_object(Bucket=bucket, Key=key)
    digest = json.loads(gzip.decompress(found["Body"].read()))
    start, end = (round(datetime.fromisoformat(digest[name]).timestamp()) for name in ("digestStartTime", "digestEndTime"))
    return {"start": start, "late": round(found["LastModified"].timestamp()) - end, "encryption": found.get("ServerSideEncryption", "none")}


def _by_collection(aws: Aws, bucket: str, trail: str) -> bool:
    """Whether the module cloudtrail_digests_info finds the files valid."""
    arguments = {
        "s3_bucket_name": bucket, "region": aws.region, "hours": 4, "until": moment(aws.clock.now()),
        "trails": [{"account_id": aws.account, "name": trail, "region": aws.region}],
    }
    output = _output(aws, "ansible", "adhoc", "localhost", "-m", "crossaccount.audit_logs.cloudtrail_digests_info", "-a", json.dumps(arguments))
    return '"state": "valid"' in output and '"problems": []' in output


def _by_cli(aws: Aws, trail: str, started: float) -> bool:
    """Whether ``aws cloudtrail validate-logs`` finds the files valid."""
    output = _output(
        aws, "awscli", "cloudtrail", "validate-logs", "--trail-arn", aws.trail_arn(trail), "--start-time", moment(started - 3600),
        "--end-time", moment(aws.clock.now()))
    return f"{_DIGESTS}/{_DIGESTS} digest files valid" in output and "INVALID" not in output


def _output(aws: Aws, *command: str) -> str:
    """The output of a Python module in a process of its own, with the credentials of the account."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(
        [sys.executable, "-m", *command], env={**environment, **aws.environment}, capture_output=True, text=True, timeout=600, check=False)
    return done.stdout


CHECK = Check(
    entry="aws-cloudtrail-digest-lateness",
    question="Are digest files delivered within 30 minutes, and valid for this collection and for the AWS CLI?",
    creates=("S3 bucket", "trail"),
    permissions=(*BUCKET, *TRAIL, "cloudtrail:ListPublicKeys", "s3:GetBucketLocation"),
    seconds=10800,
    cents=10,
    run=run,
    slow=True,
)
