# SPDX-License-Identifier: GPL-3.0-or-later
"""What is tried again, and for how long. Private to this collection."""
from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from .. import _backoff
from .errors import CloudError

ATTEMPTS = 10
UNANSWERED = 4  # of these attempts without any answer: a name that does not resolve won't do so a minute later
LONGEST_PAUSE = 10  # seconds, after throttling and failures
LONGEST_LOOK_AWAY = 2  # seconds, while something is awaited


def persistently(
    call: Callable[[], Any], landed: tuple[str, ...] = (), was_done: Callable[[], bool] | None = None,
    check: Callable[[], None] | None = None,
) -> Any:
    """Make a call, again if it was throttled or failed on the way.

    :param landed: codes that, after an attempt of which nobody knows whether it was carried out, say that it was;
        the result is None then.
    :param was_done: finds out after such an attempt whether it was, where no code says so, and a second one would do
        it twice; the result is None then.
    :param check: is called before each attempt but the first, and raises what ends the attempts.
    :raises CloudError: it failed for good.
    """
    uncertain = False
    unanswered = 0
    for attempt in range(ATTEMPTS):
        if attempt and check:
            check()
        try:
            return call()
        except CloudError as error:
            if uncertain and error.is_one_of(landed):
                return None
            if error.is_uncertain and was_done and was_done():
                return None
            unanswered += error.code is None
            last = attempt == ATTEMPTS - 1 or unanswered == UNANSWERED
            if last or not (error.is_throttling or error.is_uncertain):
                raise
            uncertain = uncertain or error.is_uncertain
        time.sleep(_backoff.seconds(attempt, LONGEST_PAUSE))
    raise AssertionError("not reached")


def pause(attempt: int) -> None:
    """Wait before another look at what somebody else may have changed."""
    time.sleep(_backoff.seconds(attempt + 3, LONGEST_LOOK_AWAY))


def eventually(call: Callable[[], Any], not_yet: tuple[str, ...], seconds: float) -> Any:
    """Make a call, again as long as it does not see what was written a moment ago.

    :param not_yet: codes that say so.
    :raises CloudError: it failed otherwise, or still does after these seconds.
    """
    return until(call, lambda result: True, not_yet, seconds)


def until(call: Callable[[], Any], done: Callable[[Any], bool], not_yet: tuple[str, ...], seconds: float) -> Any:
    """Make a call until its result satisfies a condition, or for these seconds; returns the last result.

    :raises CloudError: it failed otherwise than with one of the codes, or still does at the end.
    """
    deadline = time.monotonic() + seconds
    attempt = 0
    while True:
        late = time.monotonic() >= deadline
        try:
            result = call()
            if late or done(result):
                return result
        except CloudError as error:
            if late or not error.is_one_of(not_yet):
                raise
        time.sleep(_backoff.seconds(attempt, LONGEST_LOOK_AWAY))
        attempt += 1


def unless(done: tuple[str, ...], call: Callable[[], Any]) -> Any:
    """Make a call unless its work is done already, which these codes say; the result is None then.

    :raises CloudError: it failed otherwise.
    """
    try:
        return call()
    except CloudError as error:
        if not error.is_one_of(done):
            raise
        return None
