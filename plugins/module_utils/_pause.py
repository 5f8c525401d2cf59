# SPDX-License-Identifier: GPL-3.0-or-later
"""How long to wait before another attempt, for all clouds. Private to this collection."""
from __future__ import annotations

import random
import time


def pause(attempt: int, longest: float) -> None:
    """Wait before another attempt: full jitter, doubling, with a ceiling in seconds. The caller ends the attempts."""
    time.sleep(random.uniform(0, min(longest, 0.2 * 2**attempt)))
