# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""conformance.json: what checks observed. Its format is described in docs/conformance.md."""
from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any

FORMAT = 1


def moment(seconds: float) -> str:
    """Such as ``2026-01-31T23:59:59Z``."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def text(runs: Iterable[Mapping[str, Any]], hidden: Iterable[str]) -> str:
    """The file.

    :param hidden: account ids of which only the last four digits are written.
    """
    written = json.dumps({"format": FORMAT, "runs": list(runs)}, indent=2, sort_keys=True)
    for account in hidden:
        written = written.replace(account, "*" * (len(account) - 4) + account[-4:])
    return written + "\n"
