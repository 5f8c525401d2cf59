# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be done at which time."""
from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count


class Agenda:
    """Jobs by their times, in seconds since 1970."""

    def __init__(self) -> None:
        self._jobs: list[tuple[float, int, Callable[[float], None]]] = []
        self._numbers = count()

    def add(self, moment: float, job: Callable[[float], None]) -> None:
        """Have a job done at a time, which is its argument."""
        heapq.heappush(self._jobs, (moment, next(self._numbers), job))

    def run(self, now: float) -> None:
        """Do what is due by now, in the order of time; also what is added meanwhile."""
        while self._jobs and self._jobs[0][0] <= now:
            moment, _number, job = heapq.heappop(self._jobs)
            job(moment)

    def clear(self) -> None:
        """Forget everything."""
        self._jobs.clear()
