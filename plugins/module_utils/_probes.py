# SPDX-License-Identifier: GPL-3.0-or-later
"""Harmless events with a unique mark, of any cloud: marks, times, and looking until all were seen. Private."""
from __future__ import annotations

import datetime
import math
import re
import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any

from ._progress import Progress

SKEW = datetime.timedelta(minutes=15)  # by which the clock here may differ from that of a cloud
_LONGEST = datetime.timedelta(days=30)  # that an event is looked for; CloudTrail delivers none after that
_MARK = re.compile(r"probe-[0-9a-f]{26}")


def new_mark() -> str:
    """A mark that nobody else has: 32 characters that may be the name of a trail in every cloud."""
    return f"probe-{secrets.token_hex(13)}"


def mark_problem(mark: str) -> str | None:
    """What is wrong with a mark, or None."""
    if _MARK.fullmatch(mark):
        return None
    return f"mark: {mark!r} is not valid. Write probe- and 26 lower-case hexadecimal digits, or leave the option out to create a mark"


def now() -> datetime.datetime:
    """The time in UTC."""
    return datetime.datetime.now(datetime.timezone.utc)


def moment(text: str) -> datetime.datetime:
    """A time in UTC, written as C(2026-11-21T06:34:10Z).

    :raises ValueError: it is none.
    """
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc)


def text_of(when: datetime.datetime) -> str:
    """A time, written as C(moment) reads it."""
    return when.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def time_problem(option: str, text: str) -> str | None:
    """What is wrong with an option that is a time, or None."""
    try:
        moment(text)
    except ValueError:
        return f"{option}: {text!r} is not a time in UTC such as 2026-11-21T06:34:10Z"
    return None


def event_time_problem(option: str, text: str) -> str | None:
    """What is wrong with an option that is the time of an event to look or wait for, or None."""
    problem = time_problem(option, text)
    if problem or now() - _LONGEST <= moment(text) <= now() + SKEW:
        return problem
    return (
        f"{option}: {text!r} is not within the last {_LONGEST.days} days, according to the clock of this machine: give the time of a"
        " newer event"
    )


def leaves(value: Any) -> Iterator[Any]:
    """What is in dictionaries and lists, however deep they are nested."""
    rest = [value]
    while rest:
        value = rest.pop()
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, list):
            rest += reversed(value)
        else:
            yield value


def search(probes: list[dict], look: Callable[[dict[int, dict]], dict[int, dict]], timeout: float,
           interval: float, longest: float = math.inf) -> list[dict]:
    """Look for probes, all at once, until each was seen or is too old.

    :param probes: each with C(created); one with C(wait) false is looked for first and last, and not waited for.
    :param look: gets those that are missing, by number, and returns what there is to say of those that it saw.
    :param timeout: seconds after it was created when a probe is given up; it is looked for once at least.
    :param interval: seconds between two looks.
    :param longest: seconds after which the search ends in any case.
    :returns: for each probe, in their order: state (arrived or missing), and what C(look) said or None for seconds and
        found_in.
    """
    found: dict[int, dict] = {}
    missing = dict(enumerate(probes))
    looks = 0
    started = now()
    progress = Progress()
    while True:
        # Probes with wait=false are looked for a last time when the others are found or given up.
        left = max((_left(probe, timeout) for probe in missing.values() if is_awaited(probe, timeout)), default=0)
        left = min(left, longest - (now() - started).total_seconds())
        last = left <= 0
        wanted = {number: probe for number, probe in missing.items() if last or not looks or probe.get("wait", True)}
        found.update(look(wanted) if wanted else {})
        looks += 1
        missing = {number: probe for number, probe in missing.items() if number not in found}
        if last or not missing:
            break
        progress.tell(lambda: f"{len(found)} of {len(probes)} probes have arrived")
        if any(probe.get("wait", True) for probe in missing.values()):
            time.sleep(min(interval, left))
    unseen = {"state": "missing", "seconds": None, "found_in": None}
    return [{"state": "arrived", **found[number]} if number in found else {**unseen} for number in range(len(probes))]


def is_awaited(probe: dict, timeout: float) -> bool:
    """Whether a probe that is missing may still arrive within its time."""
    return probe.get("wait", True) and _left(probe, timeout) > 0


def _left(probe, timeout):
    """Seconds that are left of a probe's time."""
    return timeout - (now() - moment(probe["created"])).total_seconds()
