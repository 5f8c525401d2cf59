# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether CloudTrail sends aws:SourceOrgID to S3."""
from __future__ import annotations

from ..check import Check, Observation
from .account import BUCKET, TRAIL, Aws
from .conditions import observe


def run(aws: Aws) -> Observation:
    """Require the organization in the bucket policy."""
    organizations = aws.client("organizations")
    code = aws.attempt(organizations.describe_organization)
    if code:
        return Observation.undecided("the organization of the account is not known", code=code)
    organization = organizations.describe_organization()["Organization"]["Id"]
    return observe(aws, {"StringEquals": {"aws:SourceOrgID": organization}}, {"StringEquals": {"aws:SourceOrgID": "o-0000000000"}})


CHECK = Check(
    entry="aws-source-org-id",
    question="Does CloudTrail send aws:SourceOrgID when it writes into a bucket?",
    creates=("S3 bucket", "trail"),
    permissions=(*BUCKET, *TRAIL, "organizations:DescribeOrganization"),
    seconds=900,
    cents=3,
    run=run,
)
