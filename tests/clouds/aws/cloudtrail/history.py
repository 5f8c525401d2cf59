# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event history of an account in a region: its management events of the last 90 days."""
from __future__ import annotations

import json
import zlib
from collections import deque
from collections.abc import Iterator
from itertools import count
from typing import Any

from .events import Event

RETENTION = 90 * 24 * 3600  # seconds


class History:
    """Events, packed because there are many, oldest first."""

    def __init__(self) -> None:
        self._packed: deque[tuple[int, float, bytes]] = deque()
        # Events resemble each other: with the first one as the dictionary, the others take a third of the space.
        self._sample = b""
        self._numbers = count()

    def add(self, event: Event) -> None:
        """Keep an event, and forget those that are too old."""
        while self._packed and self._packed[0][1] < event.seconds - RETENTION:
            self._packed.popleft()
        text = event.text.encode()
        self._sample = self._sample or text
        packer = zlib.compressobj(1, zdict=self._sample)
        self._packed.append((next(self._numbers), event.seconds, packer.compress(text) + packer.flush()))

    def newest_first(self, before: int | None, start: float, end: float) -> Iterator[tuple[int, dict[str, Any]]]:
        """Numbers and records of the events between two times, in seconds since 1970, both included.

        :param before: number of the event to begin behind; None for the newest.
        """
        for number, seconds, packed in reversed(self._packed):
            if seconds < start:
                return
            if seconds <= end and (before is None or number < before):
                yield number, json.loads(zlib.decompressobj(zdict=self._sample).decompress(packed))
