# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a verification found out about an account of the deployment. Private."""
from __future__ import annotations

from . import alibaba, aws

_CLOUDS = {"aws": aws, "alibaba": alibaba}


def result(account: dict, hostvars) -> dict:
    """What a verification found out about an account, as docs/report.md describes it."""
    return _CLOUDS[account["cloud"]].verdict(account, hostvars).result()
