# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of what was called."""
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Call:
    """One API call, in the account that the caller's credentials belong to.

    :param account: its id; ``-`` where nobody could be identified.
    :param error: the code of the refusal.
    """

    account: str
    service: str
    action: str
    read_only: bool
    status: int
    error: str | None = None

    def __str__(self) -> str:
        return f"{self.account} {self.service}:{self.action} {self.status}{f' {self.error}' if self.error else ''}"
