# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the accounts of both clouds have in common."""
from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TypeVar

from .clock import Clock
from .undo import Undo

PREFIX = "audit-logs-conformance"
Found = TypeVar("Found")


class NotPossible(Exception):
    """The check can't go on: something that has nothing to do with its question did not work."""


class Account:
    """An account in which checks run.

    :param account: its id.
    :param region: where everything is created.
    """

    def __init__(self, account: str, region: str, clock: Clock, undo: Undo) -> None:
        self.account = account
        self.region = region
        self.clock = clock
        self.undo = undo

    @staticmethod
    def name() -> str:
        """A name that nobody uses; it suits each kind of resource."""
        return f"{PREFIX}-{secrets.token_hex(6)}"

    def until(self, ready: Callable[[], Found], deadline: float, every: float = 5) -> tuple[Found, int]:
        """Ask until the answer is true, or for some seconds; returns the last answer, and after how many seconds it came."""
        start = self.clock.now()
        while True:
            found = ready()
            passed = self.clock.now() - start
            if found or passed >= deadline:
                return found, round(passed)
            self.clock.sleep(every)
