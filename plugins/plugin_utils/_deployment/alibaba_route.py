# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way of an account's events into the archive on Alibaba Cloud, as the inventory has it. Private."""
from __future__ import annotations

import re

from ansible.module_utils.parsing.convert_bool import boolean
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import log_audit

_LOGSTORE = "actiontrail_log"  # of Log Audit Service
_ACTIONTRAIL = re.compile("actiontrail", re.I)  # product of a collection policy


class Route:
    """The way of an account's events into the archive, as the inventory has it.

    :param region: of hosts that have none of their own.
    """

    def __init__(self, host, archive, roles, region):
        self.host, self.archive, self.roles = host, archive, roles
        self.way = host.get("audit_logs_alibaba_way") or "log_audit"
        self.region = host.get("audit_logs_alibaba_region") or region
        self.archive_id = archive["account_id"]
        self.archive_region = archive.get("audit_logs_alibaba_region") or region

    @property
    def project(self) -> str:
        """Where the events arrive."""
        if self.way in ("log_audit", "resource_directory"):
            return log_audit.project(self.archive_id, self.archive_region)
        return self.archive.get("audit_logs_alibaba_project")

    @property
    def logstores(self) -> list[str]:
        """In one of them, the events arrive."""
        if self.way == "actiontrail":
            return [f"actiontrail_{self.trail}"]
        if self.way == "collection_policies":
            return [policy.get("logstore") or policy["name"] for policy in self.policies]
        return [_LOGSTORE]

    @property
    def trail(self) -> str:
        """Name of the trail."""
        return self.host.get("alibaba_trail_name") or "audit-logs"

    @property
    def policies(self) -> list[dict]:
        """The collection policies for ActionTrail's events."""
        return [policy for policy in self.archive.get("alibaba_collection_policies") or []
                if _ACTIONTRAIL.fullmatch(str(policy.get("product_code")))]

    @property
    def products(self) -> dict:
        """What Log Audit Service collects."""
        part = "archive" if self.way == "log_audit" else "directory"
        asked = self.archive.get(f"alibaba_log_audit_{part}_products", {"actiontrail": {"enabled": True, "ttl": 180}})
        return log_audit.asked_products(asked)

    @property
    def retention(self) -> int | None:
        """Days for which the events are to be kept; None if the inventory does not say."""
        if self.way == "actiontrail":
            return None
        if self.way == "collection_policies":
            return int(self.archive.get("alibaba_collection_ttl", 180))
        return self.products.get("actiontrail", {}).get("ttl")

    @property
    def kind(self) -> str:
        """Of the probe: what a trail records."""
        is_narrow = self.way == "actiontrail" and self.host.get("alibaba_trail_event_rw") == "Write"
        return "write" if is_narrow else "read"

    @property
    def probe_region(self) -> str:
        """Where the probe is made: in a region that a trail covers."""
        listed = self.host.get("alibaba_trail_trail_region") or ["All"]
        if self.way != "actiontrail" or "All" in listed or self.region in listed:
            return self.region
        return listed[0]

    @property
    def is_source(self) -> bool:
        """Whether the account's own events are to arrive; Log Audit Service has those of its own account anyway."""
        return "member" in self.roles or self.way in ("log_audit", "resource_directory")

    @property
    def skipped(self) -> str | None:
        """Why no event can be expected, because that is what the inventory asks for."""
        if self.way == "actiontrail":
            is_on = boolean(self.host.get("alibaba_trail_logging", True), strict=False)
            return None if is_on else f"trail {self.trail} is off, as the inventory asks for"
        if self.way == "collection_policies":
            collected = self.policies
        else:
            collected = self.products.get("actiontrail", {}).get("enabled")
        return None if collected else "ActionTrail's events are not among what the inventory has collected"
