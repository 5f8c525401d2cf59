# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad days: delays, throttling, failures, dropped connections, readers that are behind. Off by default."""
from __future__ import annotations

import random
import threading
from collections import deque
from dataclasses import dataclass, field, fields
from typing import Any

from .clock import Clock
from .errors import CloudError


class Dropped(Exception):
    """The connection is closed without an answer."""


@dataclass(frozen=True)
class Fault:
    """What happens to some of the calls.

    :param account: only to calls of this account; None for all.
    :param action: only to this action, such as ``CreateRole``; None for all.
    :param latency: seconds that each call takes longer.
    :param throttled: share of the calls that are refused with ``Throttling.User``, 0 to 1.
    :param calls_per_second: more than these, per account and action, are refused with ``Throttling.User``.
    :param failed: share of the calls that fail with HTTP status 500 or 503, half of them after the work was done.
    :param dropped: share of the calls whose connection is closed, half of them after the work was done.
    :param behind: seconds for which readers may see what was before a write.
    """

    account: str | None = None
    action: str | None = None
    latency: float = 0.0
    throttled: float = 0.0
    calls_per_second: float | None = None
    failed: float = 0.0
    dropped: float = 0.0
    behind: float = 0.0

    def __post_init__(self) -> None:
        for name in ("throttled", "failed", "dropped"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is a share, from 0 to 1: {getattr(self, name)!r}")
        for name in ("latency", "behind"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is in seconds, and not negative: {getattr(self, name)!r}")
        if self.calls_per_second is not None and self.calls_per_second <= 0:
            raise ValueError(f"calls_per_second is positive: {self.calls_per_second!r}")
        if self.behind and self.action:
            raise ValueError("behind is for all actions of an account: leave out action")

    def hits(self, account: str, action: str) -> bool:
        """Whether it is for this call."""
        return self.account in (None, account) and self.action in (None, action)


def read(settings: Any) -> Fault:
    """A fault from what the control address was sent.

    :raises ValueError: not an object with the names and values of a fault.
    """
    if not isinstance(settings, dict):
        raise ValueError("A fault is an object")
    known = {item.name for item in fields(Fault)}
    if settings.keys() - known:
        raise ValueError(f"Unknown: {', '.join(sorted(settings.keys() - known))}. There are {', '.join(sorted(known))}.")
    for name, value in settings.items():
        kinds = str if name in ("account", "action") else (int, float)
        if not isinstance(value, kinds) or isinstance(value, bool):
            raise ValueError(f"{name} is {'text' if kinds is str else 'a number'}: {value!r}")
    return Fault(**settings)


@dataclass
class Verdict:
    """What happens to one call.

    :param latency: seconds.
    :param before: raised instead of doing the work.
    :param after: raised when the work is done.
    """

    latency: float = 0.0
    before: Exception | None = None
    after: Exception | None = None


@dataclass
class _Dice:
    """Random numbers of one account and action, so that what others do at the same time does not change them."""

    random: random.Random
    recent: deque[float] = field(default_factory=deque)


class Faults:
    """The bad days that are on."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self.set([], 0)

    def set(self, faults: list[Fault], seed: int) -> None:
        """Replace what is on; the same seed gives the same sequence per account and action."""
        with self._lock:
            self.faults = list(faults)
            self.seed = seed
            self._dice: dict[tuple[str, str], _Dice] = {}

    def judge(self, account: str, action: str) -> Verdict:
        """What happens to a call."""
        verdict = Verdict()
        hits = [fault for fault in self.faults if fault.hits(account, action)]
        if not hits:
            return verdict
        with self._lock:
            dice = self._of(account, action)
            verdict.latency = sum(fault.latency for fault in hits)
            for fault in hits:
                self._throttle(fault, dice, verdict)
                if dice.random.random() < fault.failed:
                    self._place(dice, verdict, _failure(dice))
                if dice.random.random() < fault.dropped:
                    self._place(dice, verdict, Dropped())
        return verdict

    def chance(self, account: str, action: str) -> float:
        """A random number from 0 to 1."""
        with self._lock:
            return self._of(account, action).random.random()

    def _throttle(self, fault: Fault, dice: _Dice, verdict: Verdict) -> None:
        too_many = False
        if fault.calls_per_second:
            now = self._clock.now()
            while dice.recent and dice.recent[0] <= now - 1:
                dice.recent.popleft()
            too_many = len(dice.recent) >= fault.calls_per_second
            if not too_many:
                dice.recent.append(now)
        if too_many or dice.random.random() < fault.throttled:
            verdict.before = CloudError(400, "Throttling.User", "Request was denied due to user flow control.")

    @staticmethod
    def _place(dice: _Dice, verdict: Verdict, fault: Exception) -> None:
        if dice.random.random() < 0.5:
            verdict.before = verdict.before or fault
        else:
            verdict.after = verdict.after or fault

    def _of(self, account: str, action: str) -> _Dice:
        key = account, action
        if key not in self._dice:
            self._dice[key] = _Dice(random.Random(f"{self.seed}/{account}/{action}"))
        return self._dice[key]


class AccountConsistency:
    """How far the readers of one account are behind; the Consistency of its tables.

    :param account: its id.
    """

    def __init__(self, faults: Faults, clock: Clock, account: str) -> None:
        self._faults = faults
        self._clock = clock
        self._account = account

    def now(self) -> float:
        """The time, in seconds since 1970."""
        return self._clock.now()

    def horizon(self) -> float:
        """All readers see what was written before this time."""
        behind = (fault.behind for fault in self._faults.faults if fault.account in (None, self._account))
        return self._clock.now() - max(behind, default=0.0)

    def moment(self) -> float:
        """The time as of which one reader sees things."""
        horizon = self.horizon()
        return horizon + (self._clock.now() - horizon) * self._faults.chance(self._account, "")


def _failure(dice: _Dice) -> CloudError:
    if dice.random.random() < 0.5:
        return CloudError(500, "InternalError", "The request processing has failed due to some unknown error.")
    return CloudError(503, "ServiceUnavailable", "The request has failed due to a temporary failure of the server.")
