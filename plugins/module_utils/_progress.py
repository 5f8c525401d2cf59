# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a task has come that takes minutes. Private to this collection.

A module says it in a line of its standard error. The connection local_fork displays the line at once; with other connections, Ansible
does not show it.
"""
from __future__ import annotations

import sys
import time
from collections.abc import Callable

INTERVAL = 30
"""Seconds from one line to the next."""
MARK = "crossaccount.audit_logs progress: "
"""What such a line begins with."""


class Progress:
    """Says how far a task has come, from C(INTERVAL) on."""

    def __init__(self) -> None:
        self._said = time.monotonic()

    def tell(self, text: Callable[[], str]) -> None:
        """Say it, if it is time.

        :param text: returns a text of one line.
        """
        if time.monotonic() - self._said >= INTERVAL:
            self._said = time.monotonic()
            sys.stderr.write(f"{MARK}{text()}\n")
            sys.stderr.flush()
