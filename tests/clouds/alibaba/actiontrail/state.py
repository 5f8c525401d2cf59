# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an account has in ActionTrail."""
from __future__ import annotations

from dataclasses import dataclass

from ...clock import iso

FRESH, ENABLED, DISABLED = "Fresh", "Enable", "Disable"
ALL = "All"


@dataclass(frozen=True)
class Trail:
    """A trail into a project of SLS.

    :param account_id: of the owner.
    :param home_region: where it was created, and alone can be changed.
    :param event_rw: ``Write``, ``Read`` or ``All``.
    :param trail_region: ``All``, or ids of regions with commas between them.
    :param organization: it has the events of all accounts of the directory.
    :param project_arn: ``acs:log:REGION:ACCOUNT:project/NAME``.
    :param role_arn: of the role through which ActionTrail writes there.
    :param created: seconds since 1970, as all times here.
    :param status: ``Fresh``: never switched on; ``Enable`` or ``Disable``.
    """

    name: str
    account_id: str
    home_region: str
    event_rw: str
    trail_region: str
    organization: bool
    project_arn: str
    role_arn: str
    created: float
    updated: float
    status: str = FRESH
    started: float | None = None
    stopped: float | None = None

    @property
    def arn(self) -> str:
        """As policies and answers name it."""
        return f"acs:actiontrail:{self.home_region}:{self.account_id}:trail/{self.name}"

    @property
    def project(self) -> str:
        """Name of the project."""
        return self.project_arn.rpartition("/")[2]

    @property
    def project_account(self) -> str:
        """Id of the account that owns the project."""
        return self.project_arn.split(":")[3]

    @property
    def logstore(self) -> str:
        """Name of the logstore that ActionTrail makes in the project, once."""
        return f"actiontrail_{self.name}"

    @property
    def logstore_arn(self) -> str:
        """As policies name it."""
        return f"{self.project_arn}/logstore/{self.logstore}"

    def covers(self, region: str) -> bool:
        """Whether it has the events of a region."""
        return self.trail_region == ALL or region in self.trail_region.split(",")

    def wants(self, event: dict) -> bool:
        """Whether it is on, and for events such as this one. Global events are of the region that stores them."""
        return (self.status == ENABLED and self.event_rw in (ALL, event["eventRW"])
                and event["eventCategory"] == "Management" and self.covers(event["acsRegion"]))


class Delivery:
    """How a trail fared; it is changed in place, with each event.

    :param delivered: when an event last arrived, such as ``2026-01-31T23:59:59Z``; empty: none did.
    :param error: why an event last did not arrive; empty: none failed.
    :param created_in: ARN of the project in which the logstore was created.
    """

    def __init__(self) -> None:
        self.delivered = ""
        self.error = ""
        self.created_in = ""

    def succeed(self, now: float) -> None:
        """An event has arrived."""
        self.delivered = iso(now)

    def fail(self, why: str) -> None:
        """An event could not be delivered."""
        self.error = why
