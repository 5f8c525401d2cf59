# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Audit events: what ActionTrail knows of a call."""
from __future__ import annotations

import uuid
from typing import Any

from .errors import CloudError
from .request import ApiRequest


def new_id() -> str:
    """An id such as requests and events have."""
    return str(uuid.uuid4()).upper()


def record(request: ApiRequest, error: CloudError | None) -> dict[str, Any]:
    """Make the event of a call and keep it in its account."""
    raise NotImplementedError
