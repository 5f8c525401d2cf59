# SPDX-License-Identifier: GPL-3.0-or-later
"""What earlier playbooks of a run registered: a change in it is not one of the playbook that runs. Private."""
from __future__ import annotations

import hashlib
import json

from .alibaba_results import RESOURCES
from .aws import PLANS


def results(host) -> dict[str, str]:
    """A digest of each result that an account has, by the name of the variable."""
    return {name: _digest(host[name]) for name in (*PLANS, *RESOURCES) if name in host}


def is_new(name, value, before: dict[str, str]) -> bool:
    """Whether a result is not that of an earlier playbook."""
    return name not in before or before[name] != _digest(value)


def _digest(value):
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()
