# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The local AWS: moto with its faults mended, signatures checked and policies evaluated."""
from __future__ import annotations

from ..calls import Call
from .partition import PARTITIONS
from .server import LocalAws
from .windows import NONE, USUAL, Windows

__all__ = ["NONE", "PARTITIONS", "USUAL", "Call", "LocalAws", "Windows"]
