# SPDX-License-Identifier: GPL-3.0-or-later
"""How long the sessions of a run last, and when they are renewed. Private."""
from __future__ import annotations

import datetime
import math
from collections.abc import Mapping

from ..module_utils._probes import moment, now

DURATION = 3600  # seconds of a session of a role, if the inventory gives no other
STEP = 1800  # seconds that a session should last when a step of a playbook begins
WAIT = 1200  # seconds that verify waits for probes, if the inventory gives no other; as in the modules
AFTER_WAIT = 600  # seconds for what a step does beside the wait
PER_ACCOUNT = 0.4  # seconds of a run; docs/scale.md has the measurements


def duration(account: Mapping) -> int | None:
    """Seconds that the session of an account lasts; None if no role is assumed, so that there is nothing to renew."""
    session = account["session"]
    role = session if "role" in session else session.get("assume_role")
    return role and role.get("duration_seconds", DURATION)


def needed(account: Mapping) -> int:
    """Seconds that the session of an account should last when a step begins. The archive account waits for the probes."""
    return max(STEP, _wait(account) + AFTER_WAIT) if "archive" in account["roles"] else STEP


def _wait(account):
    return account["options"].get("probe_deadline", WAIT)


def ending_soon(hosts: list[str], hostvars: Mapping) -> list[str]:
    """Hosts whose sessions should be renewed before the next step.

    Reads the variables of all hosts only if a session can be old enough, because that takes about a millisecond for each.
    """
    # --limit may leave out any host.
    computed = next(filter(None, ((hostvars.get(host) or {}).get("audit_logs_computed") for host in hosts)), {})
    if "accounts" not in computed:
        return []
    accounts = {host: computed["accounts"][host] for host in hosts if duration(computed["accounts"][host])}
    passed = (now() - moment(computed["began"])).total_seconds()
    accounts = {host: account for host, account in accounts.items() if passed > duration(account) - needed(account)}
    return [host for host, account in accounts.items() if _lasts(hostvars[host]) < needed(account)]


def _lasts(host):
    """Seconds that a session lasts, from now on."""
    session = host.get("audit_logs_account") or {}
    if host.get("audit_logs_failure") or not session.get("expiration"):
        return math.inf
    return (moment(session["expiration"]) - now()).total_seconds()


def warnings(accounts: Mapping[str, Mapping], environment: Mapping[str, str], waits: bool) -> list[str]:
    """Sentences about credentials that may expire before the run ends.

    :param accounts: of the deployment, by host.
    :param environment: of the controller.
    :param waits: whether the run waits for probes.
    """
    found = []
    for host, account in accounts.items():
        lasts = duration(account)
        if waits and "archive" in account["roles"] and lasts and lasts < _wait(account) + AFTER_WAIT:
            found.append(
                f"{host}: verify may wait {_wait(account)} seconds for the probes (audit_logs_probe_deadline), but the session in the"
                f" archive account lasts {lasts} seconds. Set audit_logs_{account['cloud']}_role_duration to"
                f" {_wait(account) + AFTER_WAIT} or more, if the role allows it, or decrease audit_logs_probe_deadline"
            )
    # What tools that get credentials for the environment set, and what botocore reads.
    text = environment.get("AWS_CREDENTIAL_EXPIRATION", "")
    of_environment = [host for host, account in accounts.items() if account["cloud"] == "aws" and not account["session"].get("profile")]
    try:
        expires = datetime.datetime.fromisoformat(text)
        left = (expires - (now() if expires.tzinfo else now().replace(tzinfo=None))).total_seconds()
    except ValueError:
        return found
    estimated = PER_ACCOUNT * len(accounts) + (max(map(_wait, accounts.values())) if waits else 0) + AFTER_WAIT
    if of_environment and left < estimated:
        found.append(
            f"The credentials for AWS in the environment expire at {text} (AWS_CREDENTIAL_EXPIRATION), in {max(0, left) / 60:.0f} minutes."
            f" The run is estimated to take up to {estimated / 60:.0f} minutes. Sessions cannot be opened or renewed afterwards: get new"
            " credentials first"
        )
    return found
