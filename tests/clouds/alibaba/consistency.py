# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Consistency: what callers see of a write that was a moment ago.

The time of the windows passes by calls, beside the machine's time, so that no test waits long: a call takes 0.1 s, and one that
saw something of before a write takes a second more, because whoever made it waits before the next try.
"""
from __future__ import annotations

from dataclasses import dataclass

from ..clock import Clock
from .faults import Faults

_CALL, _PAUSE = 0.1, 1.0  # seconds


@dataclass(frozen=True)
class Windows:
    """Seconds after a write for which callers see what was before it; how long they are is estimated: assumption
    alibaba-window-lengths.

    :param ram: of users, roles and policies; for RAM itself, STS, authorization and the services that assume a role.
    :param sls: of projects, logstores and indexes; for Simple Log Service itself and the services that write into them.
    :param actiontrail: of trails.
    :param new_project: after the creation of a project, for which calls that see it are refused: assumption alibaba-sls-new-project.
    """

    ram: float = 0.0
    sls: float = 0.0
    actiontrail: float = 0.0
    new_project: float = 0.0

    @property
    def longest(self) -> float:
        """Of all of them."""
        return max(self.ram, self.sls, self.actiontrail, self.new_project)


NONE = Windows()
USUAL = Windows(ram=5.0, sls=3.0, actiontrail=2.0, new_project=4.0)


class Consistency:
    """How far readers are behind: on every day because of windows, and on bad days. Who uses it holds the cloud's lock.

    :param clock: of the cloud.
    :param faults: of bad days.
    """

    def __init__(self, clock: Clock, faults: Faults, windows: Windows) -> None:
        self.clock = clock
        self.faults = faults
        self.windows = windows
        self._spent = 0.0
        self.is_late = False  # whether windows matter to the call that is being worked on
        self.has_missed = False  # whether it saw something of before a write
        self.misses = 0  # calls that did

    def enter(self, is_observer: bool) -> None:
        """A call is worked on from here.

        :param is_observer: whether it sees everything, and lets all windows end, also those of its own writes.
        """
        if self.windows == NONE:
            return
        self._spent += _CALL
        self.is_late, self.has_missed = not is_observer, False

    def leave(self) -> None:
        """It is done."""
        if not self.is_late:
            self.settle()
        elif self.has_missed:
            self._spent += _PAUSE
            self.misses += 1
        self.is_late = False

    def settle(self) -> None:
        """Let all windows end."""
        self._spent += self.windows.longest

    def passed(self) -> float:
        """The time of the windows, in seconds."""
        return self.clock.now() + self._spent

    def refuses_project(self, created: float) -> bool:
        """Whether the caller is refused a project because it is new.

        :param created: in the time of the windows.
        """
        is_new = self.is_late and self.passed() < created + self.windows.new_project
        self.has_missed = self.has_missed or is_new
        return is_new

    def of(self, service: str | None) -> _Readers:
        """How far readers of a service are behind, as tables want to know it.

        :param service: one of Windows; None: it has no window.
        """
        return _Readers(self, getattr(self.windows, service) if service else 0.0)


class _Readers:
    """The readers of one service."""

    def __init__(self, consistency: Consistency, window: float) -> None:
        self._consistency = consistency
        self._window = window

    def now(self) -> float:
        return self._consistency.passed()

    def horizon(self) -> float:
        return self.now() - max(self._window, self._consistency.faults.longest_behind)

    def moment(self) -> float:
        window = self._window if self._consistency.is_late else 0.0
        return self.now() - max(window, self._consistency.faults.behind)

    def miss(self) -> None:
        self._consistency.has_missed = True
