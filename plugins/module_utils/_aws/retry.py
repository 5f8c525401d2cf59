# SPDX-License-Identifier: GPL-3.0-or-later
"""What is tried again. Private to this collection."""
from __future__ import annotations

from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

# For module.client(). Beside what amazon.aws retries anyway, with full jitter and up to 60 s apart: the names that
# CloudTrail, KMS, CloudWatch Logs and S3 have for "too many calls": assumption aws-throttling-codes. botocore itself
# tries them thrice within a second.
RETRY = AWSRetry.jittered_backoff(catch_extra_error_codes=["ThrottlingException", "SlowDown"])
