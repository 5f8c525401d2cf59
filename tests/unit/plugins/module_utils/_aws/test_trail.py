# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What GetTrailStatus says: an error that it still shows after the cause is gone is none."""
from __future__ import annotations

from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

import pytest

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import trail

NOON = datetime(2026, 11, 21, 12, 0, 5, 869000, timezone.utc)
HOUR = timedelta(hours=1)


def status(**answer):
    client = SimpleNamespace(get_trail_status=lambda **_options: {"IsLogging": True, **answer})
    return trail.status(client, "audit-logs")


@pytest.mark.parametrize("times, error", [
    ({"LatestDeliveryTime": NOON, "LatestDeliveryAttemptTime": "2026-11-21T12:00:05Z"}, None),
    ({"LatestDeliveryTime": NOON, "LatestDeliveryAttemptTime": "2026-11-21T12:05:05Z"}, "AccessDenied"),  # the last one failed
    ({"LatestDeliveryTime": NOON, "LatestDeliveryAttemptTime": "2026-11-20T12:00:05Z"}, "AccessDenied"),  # is not kept any more
    ({"LatestDeliveryTime": NOON, "LatestDeliveryAttemptTime": ""}, "AccessDenied"),
    ({"LatestDeliveryTime": NOON}, "AccessDenied"),
    ({"LatestDeliveryAttemptTime": "2026-11-21T12:00:05Z"}, "AccessDenied"),
])
def test_an_error_of_log_files(times, error):
    assert status(LatestDeliveryError="AccessDenied", **times)["latest_delivery_error"] == error


@pytest.mark.parametrize("delivered, digest, error", [
    (NOON, NOON - HOUR, None),
    (NOON - HOUR, NOON, None),
    (NOON, NOON - 1.6 * HOUR, "AccessDenied"),
    (NOON, None, "AccessDenied"),
    (None, NOON, "AccessDenied"),
])
def test_an_error_of_digest_files(delivered, digest, error):
    found = status(LatestDigestDeliveryError="AccessDenied", LatestDeliveryTime=delivered, LatestDigestDeliveryTime=digest)
    assert found["latest_digest_delivery_error"] == error


def test_without_errors():
    found = status(LatestDeliveryTime=NOON, LatestDeliveryError="", LatestCloudWatchLogsDeliveryTime=NOON)
    assert found["latest_delivery_time"] == found["latest_cloudwatch_logs_delivery_time"] == "2026-11-21T12:00:05Z"
    assert [found[name] for name in found if name.endswith("_error")] == [None, None, None]
