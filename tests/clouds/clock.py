# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The time that a local cloud believes in."""
from __future__ import annotations

import time
from datetime import datetime, timezone


class Clock:
    """The machine's time, plus what tests have moved it by.

    Signatures are compared with the machine's own time, so that clients stay believable when the clock was moved.
    """

    def __init__(self) -> None:
        self._moved = 0.0

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time() + self._moved

    @property
    def moved(self) -> float:
        """Seconds by which it was advanced."""
        return self._moved

    def advance(self, seconds: float) -> None:
        """Move on, for expiry and retention."""
        self._moved += seconds

    def reset(self) -> None:
        """Back to the machine's time."""
        self._moved = 0.0


def iso(seconds: float) -> str:
    """Such as ``2026-01-31T23:59:59Z``."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
