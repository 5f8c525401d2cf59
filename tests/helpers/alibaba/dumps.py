# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that accounts of the local Alibaba Cloud hold, as it is; no call is made, which would be an event."""
from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from clouds.alibaba import state
from helpers.dumps import CONTENTS, Dump, digest


def dump(alibaba, *accounts: str) -> Dump:
    """Everything that accounts hold.

    :param accounts: their ids; none for all accounts.
    """
    with alibaba.cloud.lock:
        return {
            f"{account} {name}": value
            for account in accounts or alibaba.cloud.accounts
            for name, value in _resources(alibaba.cloud, account)
        }


def _resources(cloud, account_id: str) -> Iterator[tuple[str, Any]]:
    found = state.dump(cloud, account_id)
    for holder in (found, found["ram"], found["sls"]):
        for kind, table in holder.items():
            if isinstance(table, dict) and kind not in ("ram", "sls", "directory"):
                for name, resource in table.items():
                    yield f"{kind} {name}", resource
    yield "storage_region", cloud.accounts[account_id].storage_region
    for project, logstore in cloud.sls.logs:
        if project in found["sls"]["projects"]:
            yield f"logstores {project}/{logstore} {CONTENTS}", dict(_logs(cloud.sls.logs[project, logstore]))


def _logs(data) -> Iterator[tuple[str, Any]]:
    for batch in data.batches:
        for number, entry in enumerate(batch.entries()):
            content = json.dumps([entry.topic, entry.source, dict(entry.contents), dict(entry.tags)], sort_keys=True)
            yield f"{batch.number} {number}", {"received": batch.received, "time": entry.time, "content": digest(content.encode())}
