# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signed requests are good once and for a quarter of an hour."""
from __future__ import annotations

import time
from collections import deque
from datetime import datetime, timezone

from ..errors import CloudError

MAX_AGE = 900  # seconds, either way


def seconds(text: str, layout: str) -> float:
    """Seconds since 1970 of a UTC date.

    :param layout: that of strptime.
    :raises ValueError: the text is laid out otherwise.
    """
    return datetime.strptime(text, layout).replace(tzinfo=timezone.utc).timestamp()


def is_stale(signed: float) -> bool:
    """Whether a signature's date is too far from the machine's time."""
    return abs(time.time() - signed) > MAX_AGE


class Nonces:
    """Numbers that were used, for as long as a request with one of them could come again."""

    def __init__(self) -> None:
        self._known: set[tuple[str, str]] = set()
        self._by_age: deque[tuple[float, tuple[str, str]]] = deque()

    def use(self, access_key_id: str, nonce: str) -> None:
        """Take a number.

        :raises CloudError: it was used already.
        """
        now = time.time()
        while self._by_age and self._by_age[0][0] < now - 2 * MAX_AGE:
            self._known.discard(self._by_age.popleft()[1])
        if (access_key_id, nonce) in self._known:
            raise CloudError(400, "SignatureNonceUsed", "Specified signature nonce was used already.")
        self._known.add((access_key_id, nonce))
        self._by_age.append((now, (access_key_id, nonce)))
