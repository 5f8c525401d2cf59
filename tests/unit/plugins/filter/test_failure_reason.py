# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why an account failed, from the message of a task."""
from __future__ import annotations

from ansible_collections.crossaccount.audit_logs.plugins.filter.failure_reason import failure_reason

THROTTLED = ("An error occurred (ThrottlingException) when calling the GetKeyRotationStatus operation (reached max retries: 4):"
             " Rate exceeded")


def test_an_error_of_aws_that_a_module_of_others_does_not_handle():
    assert failure_reason(f"Task failed: Module failed: {THROTTLED}", "log-archive", "archive") == THROTTLED


def test_an_exception_stays_recognizable():
    assert failure_reason("Task failed: Module failed: 'trailList'", "log-archive", "archive") == "Task failed: Module failed: 'trailList'"
