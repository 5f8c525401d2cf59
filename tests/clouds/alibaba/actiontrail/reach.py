# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which trails have an account's events, and whether ActionTrail gets into the place where a trail leads."""
from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from .. import service_roles
from ..directory import ACTIONTRAIL
from .state import Trail

if TYPE_CHECKING:
    from ..cloud import Cloud

_ROLE_ARN = re.compile(r"acs:ram::(?P<account>[0-9]{16}):role/(?P<name>[A-Za-z0-9.-]{1,64})")


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
