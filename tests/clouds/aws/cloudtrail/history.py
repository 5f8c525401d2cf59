# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event history of an account in a region: its management events of the last 90 days."""
from __future__ import annotations

import json
import zlib
from collections import deque
from collections.abc import Iterator
from typing import Any

from .events import Event

KEPT = 90 * 24 * 3600  # seconds


class History:
    """Events, packed because there are many, oldest first."""

    def __init__(self) -> None:
        self._packed: deque[tuple[float, bytes]] = deque()

    def add(self, event: Event) -> None:
        """Keep an event, and forget those that are too old."""
        while self._packed and self._packed[0][0] < event.seconds - KEPT:
            self._packed.popleft()
        self._packed.append((event.seconds, zlib.compress(event.text.encode(), 1)))

    def newest_first(self, start: float, end: float) -> Iterator[dict[str, Any]]:
        """Records between two times, in seconds since 1970, both included."""
        for seconds, packed in reversed(self._packed):
            if seconds < start:
                return
            if seconds <= end:
                yield json.loads(zlib.decompress(packed))
