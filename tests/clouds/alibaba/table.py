# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables that are eventually consistent."""
from __future__ import annotations

from collections import deque
from typing import Generic, Protocol, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Readers(Protocol):
    """How far readers may be behind; see consistency.Consistency."""

    def now(self) -> float:
        """The time, in seconds."""

    def horizon(self) -> float:
        """All readers see what was written before this time."""

    def moment(self) -> float:
        """The time as of which who reads now sees things: between the horizon and now."""

    def miss(self) -> None:
        """Called when a reader saw something of before a write."""


class Table(Generic[Key, Value]):
    """A dictionary of frozen values with two kinds of reads: the newest (``get``), and what a client sees (``seen``).

    :param readers: how far they may be behind.
    """

    def __init__(self, readers: Readers) -> None:
        self._readers = readers
        self._rows: dict[Key, Value] = {}
        # Per key, what was there before each recent write: (time of the write, value before), oldest first.
        self._before: dict[Key, deque[tuple[float, Value | None]]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, key: Key) -> bool:
        return key in self._rows

    def get(self, key: Key) -> Value | None:
        """What is there."""
        return self._rows.get(key)

    def all(self) -> list[Value]:
        """All that is there, in the order in which it was added."""
        return list(self._rows.values())

    def keys(self) -> list[Key]:
        """The keys of all()."""
        return list(self._rows)

    def put(self, key: Key, value: Value) -> None:
        """Add or replace a value; values don't change once they are here."""
        self._remember(key)
        self._rows[key] = value

    def preset(self, key: Key, value: Value) -> None:
        """Add a value that was always there: no reader is behind on it."""
        self._rows[key] = value

    def delete(self, key: Key) -> None:
        """Remove a value.

        :raises KeyError: it is not there.
        """
        self._remember(key)
        del self._rows[key]

    def seen(self, key: Key) -> Value | None:
        """What a reader sees of one key."""
        history = self._before.get(key)
        if not history:
            return self._rows.get(key)
        moment = self._readers.moment()
        for written, before in history:
            if written > moment:
                self._readers.miss()
                return before
        return self._rows.get(key)

    def all_seen(self) -> list[Value]:
        """What a reader sees of all."""
        self._forget()
        if not self._before:
            return self.all()
        return [value for key in dict.fromkeys((*self._rows, *self._before)) if (value := self.seen(key)) is not None]

    def _remember(self, key: Key) -> None:
        self._forget()
        now = self._readers.now()
        if self._readers.horizon() < now:
            self._before.setdefault(key, deque()).append((now, self._rows.get(key)))

    def _forget(self) -> None:
        if not self._before:
            return
        horizon = self._readers.horizon()
        for key, history in list(self._before.items()):
            while history and history[0][0] <= horizon:
                history.popleft()
            if not history:
                del self._before[key]
