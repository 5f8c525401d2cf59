# SPDX-License-Identifier: GPL-3.0-or-later
"""How long to wait before another attempt, for all clouds. Private to this collection."""
from __future__ import annotations

import random


def seconds(attempt: int, longest: float) -> float:
    """A random time: full jitter, doubling, at most C(longest)."""
    return random.uniform(0, min(longest, 0.2 * 2**attempt))
