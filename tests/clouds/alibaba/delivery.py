# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where audit events go, if the whole chain of roles, trust and policies holds at this moment.

Sources: the help pages of Log Audit Service on custom authentication and Resource Directory mode, those on the fields of
ActionTrail's logs there ("actiontrail_event") and behind a trail ("actiontrail_audit_event"), and "Deliver events across
Alibaba Cloud accounts" of ActionTrail. For the events of ActionTrail, Log Audit Service needs here whatever the documents
say to grant for them: assumption alibaba-log-audit-calls. What could not be delivered is lost: assumption
alibaba-log-audit-delivery.
"""
from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from . import service_roles
from .account import Account
from .actiontrail.reach import make_logstore, trails_for, why_not
from .actiontrail.state import Delivery, Trail
from .cloud import Cloud
from .directory import LOG_AUDIT
from .log_audit import APP, LogAuditApp
from .log_audit_map import LOGS
from .ram.service_linked_roles import TEMPLATES
from .sls import log_data
from .sls.matching import LogEntry
from .sls.provision import ensure_logstore
from .sls.state import FOREVER

MONITOR_ROLE = "sls-audit-service-monitor"
DISPATCH_ROLE = "sls-audit-service-dispatch"
# Product code of collection policies for ActionTrail's events; any data code: assumption alibaba-collection-policy-codes.
ACTIONTRAIL_PRODUCT = "actiontrail"
_LOG = "log.aliyuncs.com"


@dataclass(frozen=True)
class Destination:
    """A logstore that an event reaches.

    :param ttl: days, for a logstore that the service has to make.
    :param fields: of the log, beside the event.
    """

    project: str
    logstore: str
    ttl: int
    topic: str
    fields: dict[str, str] = field(default_factory=dict)


def deliver(cloud: Cloud, event: dict[str, Any]) -> None:
    """Deliver an event to each of its destinations."""
    text = ""
    for destination in list(_destinations(cloud, event)):
        text = text or json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        ensure_logstore(cloud, destination.project, destination.logstore, destination.ttl)
        entry = LogEntry(int(cloud.clock.now()), destination.topic, "", {**destination.fields, "event": text})
        log_data.append(cloud, destination.project, destination.logstore, [entry])


def _destinations(cloud: Cloud, event: dict[str, Any]) -> Iterator[Destination]:
    member = event["recipientAccountId"]
    for central in list(cloud.accounts.values()):
        if central.log_audit:
            yield from _of_log_audit(cloud, central, member)
        if central.collection_policies:
            yield from _of_collection_policies(cloud, central, member)
    for trail in trails_for(cloud, event):
        yield from _of_trail(cloud, trail)


# Log Audit Service

def _of_log_audit(cloud: Cloud, central: Account, member: str) -> Iterator[Destination]:
    app = central.log_audit.seen(APP)
    if app and app.collects("actiontrail") and _owns(cloud, central, app.project):
        if _is_collected(cloud, central, app, member):
            yield Destination(app.project, LOGS["actiontrail"].logstore, app.ttl("actiontrail"), "actiontrail_event",
                              {"owner_id": member})


def _is_collected(cloud: Cloud, central: Account, app: LogAuditApp, member: str) -> bool:
    linked = _service_linked_role_lets(cloud, central, app)
    if member == central.id:
        return linked or _older_pair_lets(cloud, central, app)
    if app.accounts.directory:
        # Members let the service in by being members.
        named = not app.accounts.custom or member in app.accounts.custom
        return linked and named and _is_directory_open(cloud, central, member)
    return (
        member in app.accounts.custom
        and _monitor_lets(cloud, member, central.id, app.region)
        and (linked or _dispatch_lets(cloud, central, app, member))
    )


def _monitor_lets(cloud: Cloud, account_id: str, central: str, region: str) -> bool:
    """Whether an account lets the service read its events and have its own application there."""
    needs = [
        ("actiontrail:LookupEvents", "*"),
        ("log:CreateApp", f"acs:log:{region}:{account_id}:app/{APP}"),
        ("log:CreateProject", f"acs:log:{region}:{account_id}:project/slsaudit-region-{account_id}-{region}"),
    ]
    names = service_roles.names(_LOG, central, account_id)
    return not service_roles.why_not(cloud, account_id, MONITOR_ROLE, names, needs)


def _dispatch_lets(cloud: Cloud, central: Account, app: LogAuditApp, member: str) -> bool:
    """Whether the older central role lets the service write what it has from a member."""
    names = service_roles.names(_LOG, member, central.id)
    return not service_roles.why_not(cloud, central.id, DISPATCH_ROLE, names, _writes(central, app))


def _older_pair_lets(cloud: Cloud, central: Account, app: LogAuditApp) -> bool:
    return _dispatch_lets(cloud, central, app, central.id) and _monitor_lets(cloud, central.id, central.id, app.region)


def _service_linked_role_lets(cloud: Cloud, central: Account, app: LogAuditApp) -> bool:
    role = TEMPLATES[LOG_AUDIT].name
    return not service_roles.why_not(cloud, central.id, role, [LOG_AUDIT], _writes(central, app))


def _writes(central: Account, app: LogAuditApp) -> list[tuple[str, str]]:
    return [("log:PostLogStoreLogs", f"acs:log:{app.region}:{central.id}:project/{app.project}")]


# Collection policies

def _of_collection_policies(cloud: Cloud, central: Account, member: str) -> Iterator[Destination]:
    # That there is the role has to do: assumption alibaba-collection-policy-role.
    if service_roles.why_not(cloud, central.id, TEMPLATES[LOG_AUDIT].name, [LOG_AUDIT], []):
        return
    for policy in central.collection_policies.all_seen():
        destination = policy.destination
        if policy.settings["productCode"] != ACTIONTRAIL_PRODUCT or not destination:
            continue
        if member != central.id:  # assumption alibaba-collection-policy-own-account
            named = policy.members is None or member in policy.members
            if not named or not _is_directory_open(cloud, central, member):
                continue
        project, logstore = destination["destProject"], destination["destLogstore"]
        # Nobody makes the logstore again once it was deleted: assumption alibaba-collection-policy-logstore-deleted.
        if _owns(cloud, central, project) and (project, logstore) in cloud.sls.logstores:
            yield Destination(project, logstore, FOREVER, "actiontrail_event", {"owner_id": member})


# Trails

def _of_trail(cloud: Cloud, trail: Trail) -> Iterator[Destination]:
    fared = cloud.account(trail.account_id).deliveries.setdefault(trail.name, Delivery())
    project = cloud.sls.projects.get(trail.project)
    if not project or project.account_id != trail.project_account:
        why = f"the project {trail.project_arn} does not exist"
    else:
        why = make_logstore(cloud, trail) or why_not(
            cloud, trail.account_id, trail.role_arn, [("log:PostLogStoreLogs", trail.logstore_arn)])
    if why:
        fared.fail(why)
        return
    fared.succeed(cloud.clock.now())
    yield Destination(trail.project, trail.logstore, FOREVER, "actiontrail_audit_event")


# What they have in common

def _owns(cloud: Cloud, account: Account, project: str) -> bool:
    found = cloud.sls.projects.get(project)
    return found is not None and found.account_id == account.id


def _is_directory_open(cloud: Cloud, central: Account, member: str) -> bool:
    """Whether an account may collect the logs of a member of the resource directory."""
    manages = central.id == cloud.directory.manager or cloud.directory.is_delegated(central.id, LOG_AUDIT)
    return manages and cloud.directory.is_member(member)
