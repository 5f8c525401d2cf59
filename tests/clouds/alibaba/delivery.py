# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where audit events go, if the whole chain of roles, trust and policies holds at this moment."""
from __future__ import annotations

from typing import Any

from .cloud import Cloud


def deliver(cloud: Cloud, event: dict[str, Any]) -> None:
    """Deliver an event to each place that it reaches."""
