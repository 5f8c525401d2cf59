# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the events of an account are kept; for 90 days, as the help page "Query events" of ActionTrail says."""
from __future__ import annotations

import json
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

RETENTION = 90 * 24 * 3600  # seconds


class Events:
    """The events of one account; packed, because there are many.

    :param now: the time, in seconds since 1970.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._packed: deque[tuple[float, bytes]] = deque()  # oldest first, with seconds since 1970

    def __len__(self) -> int:
        self._forget()
        return len(self._packed)

    def add(self, event: dict[str, Any]) -> None:
        """Keep an event of now."""
        self._forget()
        self._packed.append((self._now(), zlib.compress(json.dumps(event, separators=(",", ":")).encode(), 1)))

    def newest_first(self, start: float, end: float) -> Iterator[dict[str, Any]]:
        """Events between two times, in seconds since 1970, both included."""
        self._forget()
        for seconds, packed in reversed(self._packed):
            if seconds < start:
                return
            if seconds <= end:
                yield json.loads(zlib.decompress(packed))

    def _forget(self) -> None:
        oldest = self._now() - RETENTION
        while self._packed and self._packed[0][0] < oldest:
            self._packed.popleft()
