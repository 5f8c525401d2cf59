# SPDX-License-Identifier: GPL-3.0-or-later
"""A line per account, about a run that changes something, or about a verification. Private."""
from __future__ import annotations

import itertools
import json
import math
from collections import Counter

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._probes import moment

from .._deployment import earlier
from .._deployment.alibaba_results import (
    RESOURCES, denied, leftover_destinations, leftover_policies, leftover_trails, registered, retained_accounts,
)
from .._deployment.aws import PLANS
from .._deployment.cloud import some
from .._roles.values import RANGES

# Bytes of JSON. AWX drops the result of an event that has more than 700,000 (its setting MAX_EVENT_RES_DATA).
_LARGEST = 600_000
_STATE = 8  # characters of the state at the beginning of a line
_NOT_BEGUN = {
    "phase": "credentials",
    "reason": "the run opened no session in the account. Start setup.yml, verify.yml or destroy.yml at its first task",
}


def failures(hostvars, accounts, begun) -> dict[str, dict[str, str]]:
    """Phase and reason of the failure of each account that failed. All failed if no deployment was computed."""
    found = {name: hostvars[name].get("audit_logs_failure", None if begun else _NOT_BEGUN) for name in accounts}
    return {name: failure for name, failure in found.items() if failure}


def of_changes(hostvars, accounts, alive, planned, before, begun) -> list[str]:
    """A line per account, failures first.

    :param alive: accounts that the playbook still works with.
    :param before: results of earlier playbooks of the run, by account, see earlier.results().
    :param begun: whether the deployment was computed.
    """
    failed = failures(hostvars, accounts, begun)
    width = max([12, *(len(str(hostvars[name].get("account_id", "?"))) for name in accounts)])
    return [
        line for rank, line in sorted(
            _line(name, hostvars[name], failed.get(name), name in alive, planned, width, before.get(name, {}))
            for name in accounts)
    ]


def _line(name, host, failure, alive, planned, width, before):
    on_aws, on_alibaba = _changes_on_aws(host, before), _changes_on_alibaba(host, before)
    changes, retained = on_aws[0] + on_alibaba[0], [f"retained {thing}" for thing in on_aws[1] + on_alibaba[1]]
    announced = [f"{'deletes' if planned else 'deleted'} permanently: {thing}" for thing in _announced(host, before)]
    if not alive and not failure:
        failure = {"phase": "stopped", "reason": "see the task that failed above"}
    if failure:
        rank, state, text = 0, "FAILED", f"{failure['phase']}: {failure['reason']}"
    elif changes:
        rank, state, text = 1, "to do" if planned else "changed", "; ".join(changes + announced + retained)
    else:
        rank, state, text = 2, "ok", "; ".join(retained) or "nothing to do"
    return rank, f"{state:{_STATE}} {host.get('account_id', '?'):>{width}}  {name}  {text}"


def _changes_on_aws(host, before):
    """The changes in an account, done or to do, and what is retained, from the plans of the roles."""
    plans = {plan: host[plan] for plan in PLANS if "changes" in (host.get(plan) or {})}
    new = [plan for name, plan in plans.items() if earlier.is_new(name, plan, before)]
    changes = list(dict.fromkeys(change for plan in new for change in plan["changes"]))
    return changes, list(dict.fromkeys(thing for plan in plans.values() for thing in plan.get("retained", ())))


def _announced(host, before):
    """Logs that are deleted for good."""
    plans = [host.get(name) or {} for name in PLANS if earlier.is_new(name, host.get(name), before)]
    results = [one for name in RESOURCES if earlier.is_new(name, host.get(name), before) for _title, one in registered(host, name)]
    return list(dict.fromkeys(thing for one in plans + results for thing in one.get("announced") or ()))


def _changes_on_alibaba(host, before):
    """The same, from the results of the modules."""
    changes, retained = [], []
    for variable in sorted(RESOURCES):
        is_new = earlier.is_new(variable, host.get(variable), before)
        for title, one in registered(host, variable):
            if one.get("retained"):
                retained.append(f"{title}: {one['retained']}")
            elif retained_accounts(host, one):
                accounts = some(retained_accounts(host, one))
                retained.append(f"in {title}: {accounts}, not in the inventory. To remove, use audit_logs_removed_accounts")
            retained += leftover_trails(one)
            if one.get("changed") and is_new:
                changes.append(f"{title}: {_change(one.get('diff') or {})}")
    retained += leftover_destinations(host).values()
    retained += [f"collection policy {name}: not in the inventory, but delivers to the project" for name in leftover_policies(host)]
    return changes, retained


def _change(diff):
    before, after = diff.get("before") or {}, diff.get("after") or {}
    if not before:
        return "create"
    if not after:
        return "delete"
    return ", ".join(name for name in after if after[name] != before.get(name))


def of_results(results) -> list[str]:
    """A line per result of a verification, failures first."""
    width = max([12, *(len(found["account_id"]) for found in results)])
    return [_result_line(found, width) for found in sorted(results, key=_rank)]


def _rank(found):
    return ("failed", "warning", "ok").index(found["state"]), found["name"]


def _result_line(found, width):
    state = {"failed": "FAILED", "warning": "warning", "ok": "ok"}[found["state"]]
    probe, said = found["probe"], []
    if found["phase"]:
        said.append(f"{found['phase']}: {found['reason']}")
    if probe and probe["state"] == "arrived":
        seconds = [one["seconds"] for one in probe["destinations"] if one["seconds"] is not None]
        said.append(f"arrived after {max(seconds):.0f} s" if seconds else "the trail has delivered since")
    warnings = sum(one["level"] == "warning" for one in found["findings"])
    if found["state"] == "warning":
        said.append(found["reason"] + (f" (and {warnings - 1} more)" if warnings > 1 else ""))
    return f"{state:{_STATE}} {found['account_id']:>{width}}  {found['name']}  {'; '.join(said) or 'as it should be'}"


def bounded(said) -> list[str]:
    """The lines that an event may have, and a last one that counts the accounts of the others, by state."""
    sizes = itertools.accumulate(len(json.dumps(line)) + 2 for line in said)
    shown = sum(size <= _LARGEST for size in sizes)
    states = Counter(line[:_STATE].strip() for line in said[shown:])
    more = [f"and {states.total():,} more accounts: " + ", ".join(f"{count:,} {state}" for state, count in states.items())] if states else []
    return said[:shown] + more


def not_permitted(hostvars, accounts) -> list[str]:
    """What was not read because a permission is missing, a line for all accounts that it is about."""
    by_call: dict[str, list[str]] = {}
    for name in accounts:
        for call in dict.fromkeys(denied(hostvars[name])):
            by_call.setdefault(call, []).append(name)
    return [f"{some(names)}: not checked, because a permission is missing, see docs/permissions.md: {call}" for call, names in by_call.items()]


def notes(results) -> list[str]:
    """What a verification could not prove, a line for all accounts that it is about."""
    found = []
    probes = {one["name"]: one["probe"]["destinations"] for one in results if one["probe"] and one["probe"]["state"] == "arrived"}
    indirect = [name for name, destinations in probes.items() if any(one["found_in"] == "GetTrailStatus" for one in destinations)]
    if indirect:
        found.append(
            f"{some(indirect)}: weaker evidence. According to CloudTrail, the trail has delivered since the probe was created. Verify did"
            " not look for the probe in the bucket, because the inventory has no account that may read the bucket (group aws_archive)"
        )
    validated = [one for one in results if one["digests"]]
    alone = [one["name"] for one in validated if not one["digests"]["compared_with"]]
    if alone:
        found.append(
            f"{some(alone)}: no previous report has digest files of {'this account' if len(alone) == 1 else 'these accounts'}. Verify cannot"
            " see whether all digest files of a region other than the home region were deleted. The next verify compares with this report"
        )
    with_gap = [one for one in validated if one["digests"]["unvalidated"]]
    if with_gap:
        first = min((one["digests"] for one in with_gap), key=lambda digests: moment(digests["unvalidated"]["from"]))
        period = first["unvalidated"]
        hours = math.ceil((moment(first["to"]) - moment(period["from"])).total_seconds() / 3600)
        most = RANGES["_digest_hours"][1]
        found.append(
            f"{some([one['name'] for one in with_gap])}: neither this verify nor the previous one validated the log files from"
            f" {period['from']} to {period['to']}. " + (
                f"To validate them, set audit_logs_digest_hours to {hours} or more" if hours <= most else
                f"Verify cannot validate them, because they are more than {most} hours old")
        )
    return found
