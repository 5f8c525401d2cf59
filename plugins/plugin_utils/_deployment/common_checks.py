# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of values that an inventory may give on any cloud, beyond their types. Private.

Each returns what is wrong with the value, or None.
"""
from __future__ import annotations

import re
from collections.abc import Callable

_SOURCE = re.compile(r"[0-9]{5,}|o-[a-z0-9]{10,32}")


def _items(value):
    return value.split(",") if isinstance(value, str) else value if isinstance(value, list) else [value]


def _removed_accounts(value):
    for item in _items(value):
        if not isinstance(item, str) or not _SOURCE.fullmatch(item.strip()):
            return f"{item!r} is not the id of an account, in quotes, or of an organization"
    return None


def _deployment(value):
    """With it, the name of a trail of ActionTrail may have 36 characters."""
    if isinstance(value, str) and re.fullmatch(r"[a-z0-9][a-z0-9-]{0,24}", value):
        return None
    return f"{value!r} is not a name of 1 to 25 lower-case letters, digits and hyphens"


def _previous_deployments(value):
    for item in _items(value):
        if not isinstance(item, str) or not re.fullmatch(r"\s*([a-z0-9][a-z0-9-]{0,24}@)?[a-z0-9][a-z0-9.-]{2,62}\s*", item):
            return f"{item!r} is not the name of a deployment, as in the tag audit-logs-deployment"
    return None


COMMON_CHECKS: dict[str, Callable] = {
    "audit_logs_deployment": _deployment,
    "audit_logs_previous_deployments": _previous_deployments,
    "audit_logs_removed_accounts": _removed_accounts,
}
