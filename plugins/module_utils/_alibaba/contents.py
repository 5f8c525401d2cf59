# SPDX-License-Identifier: GPL-3.0-or-later
"""How many logs a project has, and how old they are, before they are deleted. Private."""
from __future__ import annotations

import datetime
from collections.abc import Sequence

from .. import _probes
from .client import Cloud
from .errors import CloudError

_MOST = 20  # logstores whose logs are counted
_EARLIER = 90 * 24 * 3600  # seconds: ActionTrail can also deliver the events of the 90 days before (CreateDeliveryHistoryJob)


def summary(cloud: Cloud, project: str, logstores: Sequence[str], created: int) -> str:
    """Amount, age and logstores, in one line.

    Calls: for each logstore, for 20 at most, GetHistograms, and if it has logs, twice GetLogsV2. Without an index, logs are not
    counted.

    :param created: when the project was created, in seconds since 1970.
    """
    asked = {"from": max(created - _EARLIER, 1), "to": int((_probes.now() + _probes.SKEW).timestamp())}
    count, times, denied, is_complete = 0, [], None, len(logstores) <= _MOST
    for logstore in logstores[:_MOST]:
        try:
            parts = cloud.call("sls", "GetHistograms", project, logstore, **asked).get("body") or []
            found = sum(part["count"] for part in parts)
            for is_newest in (False, True) if found else ():
                logs = cloud.call("sls", "GetLogsV2", project, logstore, query="", line=1, reverse=is_newest, **asked).get("data")
                times += [int(log["__time__"]) for log in logs or ()]
        except CloudError as error:
            is_complete = False  # without an index, or the call is denied
            denied = denied or (error if error.is_denied else None)
            continue
        count += found
        is_complete = is_complete and all(part["progress"] == "Complete" for part in parts)
    amount = f"{'' if is_complete else 'at least '}{count:,} log{'' if count == 1 else 's'}"
    ages = f" from {_day(min(times))} to {_day(max(times))}" if times else ""
    more = f" and {len(logstores) - 3} more" if len(logstores) > 3 else ""
    why = f", not all of them counted ({denied.action}: {denied.code}: {denied.sentence})" if denied else ""
    return f"{amount}{ages} in {', '.join(logstores[:3])}{more}{why}"


def _day(seconds: int) -> str:
    return f"{datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc):%Y-%m-%d}"
