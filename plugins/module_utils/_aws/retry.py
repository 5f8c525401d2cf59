# SPDX-License-Identifier: GPL-3.0-or-later
"""What is tried again. Private to this collection."""
from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

from .. import _backoff

# For module.client(). Beside what amazon.aws retries anyway, with full jitter and up to 60 s apart: the names that
# CloudTrail, KMS, CloudWatch Logs and S3 have for "too many calls": assumption aws-throttling-codes. botocore itself
# tries them thrice within a second.
RETRY = AWSRetry.jittered_backoff(catch_extra_error_codes=["ThrottlingException", "SlowDown"])

_LONGEST_PAUSE = 5  # seconds


def while_refused(call: Callable[[], Any], code: str, seconds: Callable[[], float]) -> Any:
    """Make a call, again while it is refused with a code, for some seconds, with full jitter and doubling pauses.

    :param seconds: how long; asked once, after the first refusal.
    """
    deadline, attempt = None, 0
    while True:
        try:
            return call()
        except is_boto3_error_code(code):
            if deadline is None:
                deadline = time.monotonic() + seconds()
            if time.monotonic() >= deadline:
                raise
        time.sleep(_backoff.seconds(attempt, _LONGEST_PAUSE))
        attempt += 1
