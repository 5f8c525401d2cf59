# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wildcards of policies: ``*`` is any number of characters, ``?`` is one."""
from __future__ import annotations

import re


def expression(pattern: str) -> str:
    """A regular expression for the whole of a text, to be compiled with re.DOTALL."""
    first, *others = (".".join(map(re.escape, part.split("?"))) for part in pattern.split("*"))
    if not others:
        return first
    # The first match of a part is as good as any later one; so nothing is ever tried twice, and a pattern with
    # many stars costs no more than one with few.
    middle = "".join(f"(?>.*?{part})" for part in others[:-1])
    return f"{first}{middle}.*{others[-1]}"
