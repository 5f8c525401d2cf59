# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The services that there are: importing them registers their operations."""
from __future__ import annotations

import importlib

_MODULES = (
    "actiontrail", "log_audit", "ram.access_keys", "ram.attachments", "ram.policies", "ram.roles",
    "ram.service_linked_roles", "ram.tags", "ram.users", "resource_directory",
    "sls.collection_policies", "sls.cursors", "sls.indexes", "sls.logs", "sls.logstores", "sls.projects", "sls.searches",
    "sls.service", "sls.shards", "sls.tags", "sts",
)


def load() -> None:
    """Make all operations known."""
    for name in _MODULES:
        importlib.import_module(f"{__package__}.{name}")
