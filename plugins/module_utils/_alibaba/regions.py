# SPDX-License-Identifier: GPL-3.0-or-later
"""Ids of regions. Private to this collection."""
from __future__ import annotations

import re
from typing import Any

from .._values import shown

_ID = re.compile(r"[a-z]{2}(-[a-z0-9]+){1,4}")


def problem(value: Any) -> str | None:
    """What is wrong with the form of an id, or None. Which regions exist, only the services know: assumption alibaba-unknown-region."""
    if isinstance(value, str) and len(value) <= 50 and _ID.fullmatch(value):
        return None
    return f"{shown(value)} is not the id of a region, such as cn-hangzhou"
