# SPDX-License-Identifier: GPL-3.0-or-later
"""Ids of accounts. Private to this collection.

How many digits they have: assumption alibaba-account-id-digits.
"""
from __future__ import annotations

import re
from typing import Any

from .._values import shown

USUAL = 16  # digits of every id that has been seen


def problem(value: Any) -> str | None:
    """What is wrong with an id, or None. A number can have lost digits: leading zeros, or the last ones of a large number."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]+", value):
        return None
    return f"account id {shown(value)} is not a string of digits: write it in quotes, with all its digits"


def doubt(value: str) -> str | None:
    """A sentence about an id that may have been mistyped, or None."""
    if len(value) == USUAL:
        return None
    return (f"account id {shown(value)} has {len(value)} digits, and ids usually have {USUAL}: compare it with the id that the console of"
            " Alibaba Cloud shows; if it is the same, ignore this warning")
