# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The local Alibaba Cloud: signatures checked, policies evaluated, audit events that flow only where they may."""
from __future__ import annotations

from ..calls import Call
from .consistency import NONE, USUAL, Windows
from .faults import Fault
from .server import LocalAlibaba

__all__ = ["NONE", "USUAL", "Call", "Fault", "LocalAlibaba", "Windows"]
