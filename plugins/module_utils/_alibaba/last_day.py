# SPDX-License-Identifier: GPL-3.0-or-later
"""Events of the last day in a logstore that ActionTrail delivers to: which accounts they belong to. Private."""
from __future__ import annotations

import datetime
import json
from collections.abc import Collection
from typing import Any

from .. import _probes
from . import retry
from .client import Cloud
from .errors import CloudError
from .probe import MOST_CONDITIONS
from .resource import CONSISTENT

_DAY = datetime.timedelta(days=1)
_COMPLETE = "Complete"


def delivered_by_others(cloud: Cloud, project: str, logstore: str, accounts: Collection[str]) -> str | None:
    """Why a logstore must not be deleted, because an account may still deliver to it, as the end of a sentence about the project.

    Calls: GetLogsV2.

    :param accounts: ids of accounts whose events do not count.
    """
    try:
        body = _newest(cloud, project, logstore, accounts)
    except CloudError as error:
        return _unknown(logstore, f"{error.code}: {error.sentence}" if error.code else error.sentence)
    logs = body.get("data") or []
    if not logs:
        return None if body["meta"]["progress"] == _COMPLETE else _unknown(logstore, "the search did not complete")
    account, when = _account(logs[0]), datetime.datetime.fromtimestamp(int(logs[0]["__time__"]), datetime.timezone.utc)
    found = f"has logs of account {account} of {_probes.text_of(when)} in logstore {logstore}"
    if account in accounts:
        return f"{found}. One search cannot exclude all accounts that this run destroys: run destroy again a day later"
    return (f"{found}, and this run does not destroy that account. If its logs may be deleted, add the account to"
            " audit_logs_removed_accounts. Otherwise stop its deliveries, and run destroy again a day later")


def _newest(cloud, project, logstore, accounts):
    now = _probes.now()
    # The field must have an index: then the account is compared as a whole, and not with words of the event.
    left_out = " or ".join(f'event.recipientAccountId: "{account}"' for account in sorted(accounts)[:MOST_CONDITIONS])
    asked = {
        "query": f"not ({left_out})" if left_out else "", "line": 1, "reverse": True,
        "from": int((now - _DAY).timestamp()), "to": int((now + _probes.SKEW).timestamp()),
    }
    return retry.until(lambda: cloud.call("sls", "GetLogsV2", project, logstore, **asked),
                       lambda body: body.get("data") or body["meta"]["progress"] == _COMPLETE, (), CONSISTENT)


def _account(log: dict[str, Any]) -> str:
    try:
        return str(json.loads(log["event"])["recipientAccountId"])
    except (KeyError, TypeError, ValueError):
        return "unknown"


def _unknown(logstore, why):
    return (f"has logstore {logstore}. This run cannot search it for events of accounts that it does not destroy ({why}): correct the"
            " cause, or delete the logstore if its logs may be deleted")
