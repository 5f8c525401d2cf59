# SPDX-License-Identifier: GPL-3.0-or-later
"""The route of an account's events into the archive on Alibaba Cloud. Private."""
from __future__ import annotations

import re
from dataclasses import dataclass

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import log_audit

from . import alibaba_trails
from .cloud import given

MODES = ("log_audit", "resource_directory", "collection_policies", "actiontrail", "organization_trail", "existing_trail")
_WITH_DIRECTORY = ("resource_directory", "collection_policies")
_LOG_AUDIT, _TRAILS = "audit.log.aliyuncs.com", "actiontrail.aliyuncs.com"  # as the resource directory names services
_LOGSTORE = "actiontrail_log"  # of Log Audit Service
_ACTIONTRAIL = re.compile("actiontrail", re.I)  # product of a collection policy
_DEFAULT_PRODUCTS = {"actiontrail": {"enabled": True}}
_NOT_COLLECTED = "the inventory does not collect the events of ActionTrail"


@dataclass(frozen=True)
class Route:
    """The route of an account's events into the archive.

    :ivar mode: the mode of the deployment.
    :ivar region: of the account.
    :ivar archive_id: account id of the archive.
    :ivar project: project in the archive in which the events arrive.
    :ivar logstores: in one of them, the events arrive.
    :ivar trail: name of the trail that records the account.
    :ivar trail_account_id: id of the account that has this trail.
    :ivar manages_trails: whether this deployment manages trails, and in the archive a project with a write role.
    :ivar has_trail: whether this deployment manages a trail in the account itself.
    :ivar is_organization_trail: whether the trail records all accounts of a resource directory.
    :ivar policies: names of the collection policies for ActionTrail's events.
    :ivar retention: days for which the archive is to keep the events; None if the inventory does not say.
    :ivar kind: of the probe, C(read) or C(write): what a trail records.
    :ivar probe_region: where the probe is created: a region that a trail covers.
    :ivar directory_service: the service in which the account acts for its resource directory; None if it does not.
    :ivar is_source: whether the account's own events are to arrive.
    :ivar skipped: why no event is expected, because that is what the inventory asks for; None if events are expected.
    """

    mode: str
    region: str
    archive_id: str
    archive_region: str
    project: str
    logstores: list[str]
    trail: str
    trail_account_id: str
    manages_trails: bool
    has_trail: bool
    is_organization_trail: bool
    policies: list[str]
    retention: int | None
    kind: str
    probe_region: str
    directory_service: str | None
    is_source: bool
    skipped: str | None


def mode_of(host: dict) -> str:
    """The mode that the variables of a host give."""
    return given(host, "audit_logs_alibaba_mode", MODES[0])


def route(host: dict, archive: dict, recorder: dict, roles: list[str], region: str) -> Route:
    """The route of an account's events.

    :param host: variables of the account.
    :param archive: variables of the archive.
    :param recorder: variables of the account that has the trail of the organization; those of the account itself without one.
    :param roles: C(archive), C(member) or both.
    :param region: of hosts that have none of their own.
    """
    mode = mode_of(host)
    details = {
        "actiontrail": _by_trail, "organization_trail": _by_trail, "existing_trail": _by_existing_trail,
        "collection_policies": _by_policies,
    }.get(mode, _by_log_audit)
    own_region = given(host, "audit_logs_alibaba_region", region)
    manages_trails = mode in alibaba_trails.MANAGED
    found = {
        "mode": mode,
        "region": own_region,
        "archive_id": archive["account_id"],
        "archive_region": given(archive, "audit_logs_alibaba_region", region),
        "project": given(archive, "audit_logs_alibaba_project"),
        "trail": alibaba_trails.name(recorder, mode),
        "trail_account_id": recorder["account_id"],
        "manages_trails": manages_trails,
        "has_trail": manages_trails and "member" in roles and recorder["account_id"] == host["account_id"],
        "is_organization_trail": mode == "organization_trail",
        "policies": [],
        "retention": None,
        "kind": "read",
        "probe_region": own_region,
        "directory_service": _LOG_AUDIT if mode in _WITH_DIRECTORY and "archive" in roles else None,
        # Log Audit Service has the events of its own account anyway.
        "is_source": "member" in roles or details == _by_log_audit,
        "skipped": None,
    }
    if mode == "organization_trail" and found["has_trail"]:
        found["directory_service"] = _TRAILS
    return Route(**{**found, **details(recorder, archive, found)})


def _by_trail(recorder, _archive, found):
    regions = recorder.get("alibaba_trail_trail_region") or ["All"]
    is_covered = "All" in regions or found["region"] in regions
    return {
        "logstores": [f"actiontrail_{found['trail']}"],
        "kind": "write" if recorder.get("alibaba_trail_event_rw") == "Write" else "read",
        "probe_region": found["region"] if is_covered else regions[0],
        "skipped": None if recorder.get("alibaba_trail_logging", True) else f"trail {found['trail']} is stopped, as configured in the"
                                                                            " inventory",
    }


def _by_existing_trail(host, _archive, _found):
    trail = alibaba_trails.existing(host)
    if not trail:  # the archive account, if it is no member
        return {"logstores": []}
    return {
        "trail": trail["name"],
        "trail_account_id": trail["account_id"],
        "is_organization_trail": trail["account_id"] != host["account_id"],
        "logstores": [f"actiontrail_{trail['name']}"],
    }


def _by_policies(_host, archive, _found):
    policies = [policy for policy in archive.get("alibaba_collection_policies") or []
                if _ACTIONTRAIL.fullmatch(str(policy.get("product_code")))]
    return {
        "policies": [policy["name"] for policy in policies],
        "logstores": [policy.get("logstore") or policy["name"] for policy in policies],
        "retention": archive.get("alibaba_collection_ttl", 180),
        "skipped": None if policies else _NOT_COLLECTED,
    }


def _by_log_audit(_host, archive, found):
    part = "archive" if found["mode"] == "log_audit" else "directory"
    products = log_audit.asked_products(archive.get(f"alibaba_log_audit_{part}_products", _DEFAULT_PRODUCTS))
    actiontrail = products.get("actiontrail", {})
    return {
        "project": log_audit.project(found["archive_id"], found["archive_region"]),
        "logstores": [_LOGSTORE],
        "retention": actiontrail.get("ttl"),
        "skipped": None if actiontrail.get("enabled") else _NOT_COLLECTED,
    }
