# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an account has in RAM."""
from __future__ import annotations

from ..table import Consistency


class RamState:
    """Roles, policies, users and who has what."""

    def __init__(self, consistency: Consistency) -> None:
        self.consistency = consistency
