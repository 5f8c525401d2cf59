# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one account has."""
from __future__ import annotations

from typing import TYPE_CHECKING

from .consistency import Consistency
from .event_store import Events
from .ram.state import RamState
from .table import Table

if TYPE_CHECKING:
    from .actiontrail.state import Delivery, Trail
    from .log_audit import LogAuditApp
    from .sls.collection_policies import CollectionPolicy


class Account:
    """An Alibaba Cloud account.

    :param id: 16 digits.
    :param member: whether it belongs to the resource directory, as a member or as its management account.
    :param consistency: how far readers may be behind.
    :param created: seconds since 1970.
    :param events: of its calls, of the last 90 days.
    :param log_audit: the application of Log Audit Service, by its name.
    :param collection_policies: by their names.
    :param trails: by their names.
    :param deliveries: how the trails fared, by their names.
    :param has_sls: whether Simple Log Service was ever activated.
    :param storage_region: of events of services that are in no region.
    """

    def __init__(self, id: str, consistency: Consistency, member: bool = True) -> None:
        self.id = id
        self.member = member
        self.created = consistency.clock.now()
        self.ram = RamState(consistency.of("ram"))
        self.events = Events(consistency.clock.now)
        self.log_audit: Table[str, LogAuditApp] = Table(consistency.of("sls"))
        self.collection_policies: Table[str, CollectionPolicy] = Table(consistency.of("sls"))
        self.trails: Table[str, Trail] = Table(consistency.of("actiontrail"))
        self.deliveries: dict[str, Delivery] = {}
        self.has_sls = True
        self.storage_region = "cn-hangzhou"
