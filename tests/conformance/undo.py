# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Removing what a check created, whatever happens: failures, Ctrl-C, SIGTERM."""
from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, Self, TypeVar

from .clock import Clock

Created = TypeVar("Created")
_ATTEMPTS = 10
_PAUSE = 15  # seconds


class Interrupted(BaseException):
    """A signal that asks to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Signals:
    """Turns the first SIGINT or SIGTERM into Interrupted, but not while something is held; further ones have no effect."""

    _NUMBERS = (signal.SIGINT, signal.SIGTERM)

    def __init__(self) -> None:
        self._before: dict[int, Any] = {}
        self._holds = 0
        self._received: int | None = None
        self._raised = False

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._receive) for number in self._NUMBERS}
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Signals wait until the end of the block."""
        self._holds += 1
        try:
            yield
        finally:
            self._holds -= 1
            self._raise()

    def _receive(self, number: int, _frame: FrameType | None) -> None:
        self._received = self._received or number
        # print() must not be called while print() is interrupted.
        os.write(2, b"Interrupted. What was created is removed; please wait.\n")
        self._raise()

    def _raise(self) -> None:
        if self._received and not self._raised and not self._holds:
            self._raised = True
            raise Interrupted(self._received)


class Undo:
    """The steps that remove what was created, the last one first.

    :param tell: prints a line.
    """

    def __init__(self, signals: Signals, clock: Clock, tell: Callable[[str], None]) -> None:
        self._signals = signals
        self._clock = clock
        self._tell = tell
        self._steps: list[tuple[str, Callable[[], object]]] = []
        self.retained: list[str] = []  # names of what could not be removed

    def create(self, name: str, remove: Callable[[], object], create: Callable[[], Created]) -> Created:
        """Create a resource.

        The step is noted before the call, because a call without an answer may have been carried out.

        :param name: kind and name of the resource, for people; a second attempt has the same.
        :param remove: removes the resource; succeeds if there is none.
        """
        with self._signals.held():
            if name not in dict(self._steps):
                self._steps.append((name, remove))
            return create()

    def run(self) -> None:
        """Remove everything. A resource that resists is tried again, and then retained."""
        with self._signals.held():
            while self._steps:
                name, remove = self._steps[-1]
                self._remove(name, remove)
                self._steps.pop()

    def _remove(self, name: str, remove: Callable[[], object]) -> None:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                remove()
                return
            except Exception as error:  # pylint: disable=broad-exception-caught  # the others are to be removed in any case
                if attempt == _ATTEMPTS:
                    self._tell(f"Could not remove {name}: {error}. Remove it by hand.")
                    self.retained.append(name)
                else:
                    self._clock.sleep(_PAUSE)
