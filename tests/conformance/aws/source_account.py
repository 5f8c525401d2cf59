# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether CloudTrail sends aws:SourceAccount to S3."""
from __future__ import annotations

from ..check import Check, Observation
from .account import BUCKET, TRAIL, Aws
from .conditions import observe


def run(aws: Aws) -> Observation:
    """Require the account in the bucket policy."""
    wrong = "0" * 11 + "1"
    return observe(aws, {"StringEquals": {"aws:SourceAccount": aws.account}}, {"StringEquals": {"aws:SourceAccount": wrong}})


CHECK = Check(
    entry="aws-source-account-with-s3",
    question="Does CloudTrail send aws:SourceAccount when it writes into a bucket?",
    creates=("S3 bucket", "trail"),
    permissions=(*BUCKET, *TRAIL),
    seconds=900,
    cents=3,
    run=run,
)
