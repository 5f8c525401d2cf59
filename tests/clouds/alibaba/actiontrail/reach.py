# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which trails have an account's events, and whether ActionTrail may write to the destination of a trail."""
from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from .. import service_roles
from ..directory import ACTIONTRAIL
from ..sls.provision import ensure_logstore
from ..sls.state import FOREVER
from .state import Delivery, Trail

if TYPE_CHECKING:
    from ..cloud import Cloud

_ROLE_ARN = re.compile(r"acs:ram::(?P<account>[0-9]{15,20}):role/(?P<name>[A-Za-z0-9.-]{1,64})")


def trails_for(cloud: Cloud, event: dict[str, Any]) -> Iterator[Trail]:
    """The trails that want an event: those of its account, and the multi-account ones of the account's directory.

    :param event: from events.record().
    """
    account_id = event["recipientAccountId"]
    own = (trail for trail in cloud.account(account_id).trails.all_seen() if not trail.organization)
    for trail in (*own, *organization_trails(cloud, account_id)):
        if trail.wants(event):
            yield trail


def organization_trails(cloud: Cloud, account_id: str) -> list[Trail]:
    """The multi-account trails that have the events of an account."""
    if not cloud.directory.is_member(account_id):
        return []
    return [
        trail for owner in organization_owners(cloud) for trail in cloud.account(owner).trails.all_seen()
        if trail.organization
    ]


def organization_owners(cloud: Cloud) -> list[str]:
    """Ids of the accounts that may have multi-account trails: the management account and delegated administrators."""
    return [cloud.directory.manager, *(
        item.account_id for item in cloud.directory.delegations.all_seen() if item.service == ACTIONTRAIL
    )]


def why_not(cloud: Cloud, source: str, role_arn: str, needs: Iterable[tuple[str, str]]) -> str:
    """Why ActionTrail can't do something for an account through a role, at this moment; empty: it can.

    :param source: id of the account that owns the trail.
    :param needs: actions, each with the resource for which the role must allow it.
    """
    match = _ROLE_ARN.fullmatch(role_arn)
    if not match:
        return f"the role {role_arn} does not exist"
    names = service_roles.names(ACTIONTRAIL, source, match["account"])
    return service_roles.why_not(cloud, match["account"], match["name"], names, needs)


def make_logstore(cloud: Cloud, trail: Trail) -> str:
    """Make the logstore of a trail in its project, if it was not; why it is not there, empty if it is.

    "Do not delete the project and logstore that are used for ActionTrail events. If you delete them, operation events can
    no longer be pushed" (help page "ActionTrail events" of Simple Log Service). When it is made: assumption
    alibaba-actiontrail-logstore-creation. For how long it is not made again: assumption alibaba-actiontrail-deleted-logstore.
    """
    fared = cloud.account(trail.account_id).deliveries.setdefault(trail.name, Delivery())
    if (trail.project, trail.logstore) not in cloud.sls.logstores:
        if fared.created_in == trail.project_arn:
            return f"the logstore {trail.logstore_arn} was deleted"
        why = why_not(cloud, trail.account_id, trail.role_arn, [("log:CreateLogStore", trail.logstore_arn)])
        if why:
            return why
        ensure_logstore(cloud, trail.project, trail.logstore, FOREVER)
    fared.created_in = trail.project_arn
    return ""
