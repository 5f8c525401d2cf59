# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an account has, for people and tests to look at."""
from __future__ import annotations

from typing import Any

from .cloud import Cloud


def dump(cloud: Cloud, account_id: str) -> dict[str, Any]:
    """What an account has, without secrets, in JSON's types."""
    account = cloud.accounts[account_id]
    return {"id": account.id}
