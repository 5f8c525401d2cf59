# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which calls change nothing."""
from __future__ import annotations

_READ_ONLY = ("AssumeRole", "BatchGet", "Describe", "Filter", "Get", "Head", "List", "Lookup", "Simulate")
# GetObject and its kind are reads; these only look like one.
_WRITES = frozenset({"GetFederationToken", "GetSessionToken"})


def is_read_only(action: str) -> bool:
    """Whether an operation leaves everything as it was, by the naming rule that all AWS services keep."""
    return action.startswith(_READ_ONLY) and action not in _WRITES
