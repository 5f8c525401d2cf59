# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ActionTrail: trails, their status, looking up events.

Sources: the API pages of Actiontrail 2020-07-06, which also list the codes and statuses of errors, and the help pages
"Limits", "Multi-account trail overview", "Deliver events across Alibaba Cloud accounts".
"""
from __future__ import annotations

from . import lookup, regions, status, trails

__all__ = ["lookup", "regions", "status", "trails"]
