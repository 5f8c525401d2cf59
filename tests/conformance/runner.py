# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Says what checks will do, runs them, and removes what they created."""
from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from typing import Any

from .account import PREFIX, Account, NotPossible
from .check import OTHERWISE, UNDECIDED, Check, Observation
from .result import moment
from .undo import Interrupted, Undo

Tell = Callable[[str], None]


def announce(account: Account, cloud: Any, checks: Sequence[Check], tell: Tell) -> None:
    """Say what some checks will create, where, and what that needs.

    :param cloud: the package of the cloud.
    """
    created = sorted({kind for check in checks for kind in check.creates})
    minutes = round(sum(check.seconds for check in checks) / 60)
    tell(f"{cloud.CLOUD}, {account.described}, region {account.region}: {len(checks)} checks, about {minutes} minutes.")
    for check in checks:
        tell(f"  {check.name}: {check.question}")
    if created:
        fixed = sorted({name for check in checks for name in check.fixed_names})
        exceptions = f" Exceptions, only if they do not exist yet: {', '.join(fixed)}." if fixed else ""
        tell(f"They create, and remove at the end: {', '.join(created)}. Names begin with {PREFIX}-.{exceptions}")
    tell(f"Estimated cost: at most {sum(check.cents for check in checks)} cents (US dollar).")
    for title, document in cloud.policies(checks, account).items():
        tell(f"Permissions that they need {title}:")
        tell(json.dumps(document, indent=2))


def run(account: Account, cloud: Any, checks: Sequence[Check], tell: Tell, *, is_local: bool) -> tuple[dict[str, Any], Interrupted | None]:
    """Run checks one after another; returns what they observed, and what interrupted them."""
    observations: list[dict[str, Any]] = []
    undo = account.undo
    started, interruption = time.time(), None
    try:
        for check in checks:
            observations.append(_observe(account, check, undo))
            tell(_line(observations[-1]))
    except Interrupted as error:
        interruption = error
    finally:
        undo.run()
    return {
        "cloud": cloud.CLOUD, "local": is_local, "accounts": account.accounts, "region": account.region, "started": moment(started),
        "finished": moment(time.time()), "interrupted": interruption is not None, "observations": observations,
        "retained": undo.retained,
    }, interruption


def _observe(account: Account, check: Check, undo: Undo) -> dict[str, Any]:
    start, error = account.clock.now(), None
    try:
        observation = check.run(account)
    except NotPossible as problem:
        observation, error = Observation(UNDECIDED), str(problem)
    except Exception as problem:  # pylint: disable=broad-exception-caught  # the next check may be more successful
        observation, error = Observation(UNDECIDED), account.error(problem)
    undo.run()
    return {
        "check": check.name, "entry": check.entry, "answer": observation.answer, "facts": dict(observation.facts),
        "seconds": round(account.clock.now() - start), "error": error,
    }


def _line(observation: dict[str, Any]) -> str:
    facts = json.dumps(observation["facts"], sort_keys=True)
    error = f" The check failed: {observation['error']}." if observation["error"] else ""
    return f"{observation['check']} ({observation['entry']}): {observation['answer']}, {facts}.{error}"


def problems(result: dict[str, Any], checks: Sequence[Check]) -> list[str]:
    """Why a run is not a success."""
    local_answers = {check.name: check.local_answer for check in checks}
    found = [f"{item['check']}: {item['error']}" for item in result["observations"] if item["error"]]
    for item in result["observations"]:
        if result["local"] and item["answer"] != local_answers[item["check"]] and not item["error"]:
            found.append(f"{item['check']}: the local cloud answers {item['answer']}, and not {local_answers[item['check']]}")
        elif not result["local"] and item["answer"] == OTHERWISE:
            found.append(f"{item['check']}: the cloud does not do what {item['entry']} says")
    found += [f"{name} could not be removed" for name in result["retained"]]
    return found
