# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time, which a local cloud has of its own: waiting there moves its clock."""
from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """A clock."""

    def now(self) -> float:
        """Seconds since 1970."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class RealClock:
    """The machine's clock."""

    now = staticmethod(time.time)
    sleep = staticmethod(time.sleep)


class LocalClock:
    """The clock of a local cloud.

    :param clock: of the cloud; has ``now`` and ``advance``.
    """

    def __init__(self, clock) -> None:
        self.now = clock.now
        self.sleep = clock.advance
