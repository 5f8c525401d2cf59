# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad days: delays, throttling, failures, dropped connections, readers that are further behind. Off by default."""
from __future__ import annotations

import random
import re
from collections import deque
from dataclasses import dataclass, field, fields
from typing import Any

from ..clock import Clock
from .errors import CloudError
from .operations import REST, RPC

_LONGEST = 24 * 3600  # seconds


class Dropped(Exception):
    """The connection is closed without an answer."""


@dataclass(frozen=True)
class Fault:
    """What happens to some of the calls.

    :param account: only to calls with this account's credentials; None for all.
    :param action: only to this action, such as ``CreateRole``; None for all.
    :param latency: seconds that each call takes longer.
    :param throttled: share of the calls that are refused with ``Throttling.User``, 0 to 1.
    :param calls_per_second: more than these, per account and action, are refused with ``Throttling.User``.
    :param failed: share of the calls that fail with HTTP status 500 or 503, half of them after the work was done.
    :param dropped: share of the calls whose connection is closed, half of them after the work was done.
    :param behind: seconds for which reads, those for authorization among them, may see what was before a write; for the real
        cloud: assumption alibaba-consistency.
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
            if not 0 <= getattr(self, name) <= _LONGEST:
                raise ValueError(f"{name} is in seconds, from 0 to {_LONGEST}: {getattr(self, name)!r}")
        if self.account is not None and not re.fullmatch("[0-9]{16}", self.account):
            raise ValueError(f"account is the id of one, 16 digits: {self.account!r}")
        if self.calls_per_second is not None and not self.calls_per_second >= 1:
            raise ValueError(f"calls_per_second is at least 1: {self.calls_per_second!r}")

    def hits(self, account: str, action: str) -> bool:
        """Whether it is for this call."""
        return self.account in (None, account) and self.action in (None, action)


def read(settings: Any) -> Fault:
    """A fault from what the control address was sent; null stands for what is not set.

    :raises ValueError: not an object with the names and values of a fault.
    """
    if not isinstance(settings, dict):
        raise ValueError("A fault is an object")
    known = {item.name for item in fields(Fault)}
    if settings.keys() - known:
        raise ValueError(f"Unknown: {', '.join(sorted(settings.keys() - known))}. There are {', '.join(sorted(known))}.")
    settings = {name: value for name, value in settings.items() if value is not None}
    for name, value in settings.items():
        kinds = str if name in ("account", "action") else (int, float)
        if not isinstance(value, kinds) or isinstance(value, bool):
            raise ValueError(f"{name} is {'text' if kinds is str else 'a number'}: {value!r}")
    return Fault(**settings)


@dataclass(frozen=True)
class Verdict:
    """What happens to one call.

    :param latency: seconds.
    :param before: raised instead of doing the work.
    :param after: raised when the work is done.
    :param behind: seconds by which what the call reads is behind.
    """

    latency: float = 0.0
    before: Exception | None = None
    after: Exception | None = None
    behind: float = 0.0


@dataclass
class _Dice:
    """Random numbers of one account and action, so that what others do at the same time does not change them."""

    random: random.Random
    recent: deque[float] = field(default_factory=deque)  # times of the calls of the last second


class Faults:
    """The bad days that are on. Who uses it holds the cloud's lock.

    :param clock: of the cloud.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.set([], 0)

    def set(self, faults: list[Fault], seed: int) -> None:
        """Replace what is on.

        :param seed: the same seed and the same calls of an account, one after the other, give the same verdicts; save
            for calls_per_second and behind, which time decides.
        :raises ValueError: no operation has the name of an action.
        """
        actions = {operation.name for operation in (*RPC.values(), *REST)}
        for fault in faults:
            if fault.action not in (None, *actions):
                raise ValueError(f"There is no action {fault.action!r}")
        self.faults = list(faults)
        self.seed = seed
        self.behind = 0.0  # of the call that is being worked on
        self._dice: dict[tuple[str, str], _Dice] = {}

    def judge(self, account: str, action: str) -> Verdict:
        """What happens to a call."""
        if not self.faults:
            return Verdict()
        hits = [fault for fault in self.faults if fault.hits(account, action)]
        dice = self._of(account, action)
        draw = dice.random.random
        behind = max((fault.behind for fault in hits), default=0.0) * draw()
        before: list[Exception] = [_throttling()] if self._too_many(hits, dice) else []
        after: list[Exception] = []
        for fault in hits:
            # Three numbers for each call, whatever becomes of it: else time would change those of the calls after it.
            throttled, failed, dropped = draw(), draw(), draw()
            if throttled < fault.throttled:
                before.append(_throttling())
            if failed < fault.failed:
                quarter = int(4 * failed / fault.failed)
                (before if quarter < 2 else after).append(_failure(quarter % 2))
            if dropped < fault.dropped:
                (before if dropped < fault.dropped / 2 else after).append(Dropped())
        return Verdict(sum(fault.latency for fault in hits), next(iter(before), None), next(iter(after), None), behind)

    @property
    def longest_behind(self) -> float:
        """No reader is further behind, in seconds."""
        return max((fault.behind for fault in self.faults), default=0.0)

    def moment(self) -> float:
        """The time as of which the call that is being worked on sees logs and events, in seconds since 1970."""
        return self._clock.now() - self.behind

    def _too_many(self, hits: list[Fault], dice: _Dice) -> bool:
        limit = min((fault.calls_per_second for fault in hits if fault.calls_per_second), default=None)
        if limit is None:
            return False
        now = self._clock.now()
        while dice.recent and dice.recent[0] <= now - 1:
            dice.recent.popleft()
        if len(dice.recent) >= limit:
            return True
        dice.recent.append(now)
        return False

    def _of(self, account: str, action: str) -> _Dice:
        key = account, action
        if key not in self._dice:
            self._dice[key] = _Dice(random.Random(f"{self.seed}/{account}/{action}"))
        return self._dice[key]


def _throttling() -> CloudError:
    return CloudError(400, "Throttling.User", "Request was denied due to user flow control.")


def _failure(number: int) -> CloudError:
    return (
        CloudError(500, "InternalError", "The request processing has failed due to some unknown error."),
        CloudError(503, "ServiceUnavailable", "The request has failed due to a temporary failure of the server."),
    )[number]
