# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with the logstores in the archive on Alibaba Cloud that the events go into. Private.

Services create them, with an index and a retention. If they are deleted, they are not created again: "Do not delete the
project and LogStore that are used for ActionTrail events"
(U(https://www.alibabacloud.com/help/en/sls/actiontrail-events-usage-notes/)). The documents say only for trails when
the logstore is created: with the trail. For the other modes, the same is assumed. A new logstore may be visible late, so
an event that was found in it is better evidence.
"""
from __future__ import annotations

from ..._deployment import alibaba_trails
from .findings import EXPORTED, RETAINED, Findings

YEAR = 365  # days
_FIELD = "event"  # has the event in all forms of logs
_CREATED_BY = {
    "actiontrail": "ActionTrail creates the logstore with the trail",
    "organization_trail": "ActionTrail creates the logstore with the trail",
    "collection_policies": "Simple Log Service creates the logstore with the collection policy",
}
_SWITCHED_ON = "Log Audit Service creates its logstores only when it is switched on"


def no_project(route) -> str:
    """A sentence about the project, which is not where it should be."""
    said = f"project {route.project} does not exist"
    if route.mode == "existing_trail":
        return f"{said} in {route.archive_region}: correct audit_logs_alibaba_project or audit_logs_alibaba_region"
    if route.mode in _CREATED_BY:
        return (f"{said} in {route.archive_region}. If it is in another region, set audit_logs_alibaba_region to that region. Otherwise"
                f" run setup; if logs were already delivered to the project, run destroy first, because {_CREATED_BY[route.mode]}")
    return f"{said}: run destroy and then setup, because {_SWITCHED_ON}"


class Logstores(Findings):
    """What is wrong with the logstores.

    :param host: variables of the archive account.
    :param route: of the events of an account.
    """

    def __init__(self, host: dict, route):
        super().__init__()
        arrived = (host.get("audit_logs_alibaba_arrived") or {}).get("probes") or {}
        witnessed = {seen["found_in"] for seen in arrived.values()}
        for project in (host.get("audit_logs_alibaba_projects") or {}).get("projects", []):
            for item in (host.get("audit_logs_alibaba_indexes") or {}).get("results", []):
                if "diff" in item and item["item"] not in witnessed:
                    self._check_index(item["item"], item["diff"]["before"], project, route)
        for item in (host.get("audit_logs_alibaba_retention") or {}).get("results", []):
            if item.get("logstore"):
                self._check_retention(item["logstore"], route.retention)

    def _check_index(self, name, index, project, route):
        """Check whether events can be found in a logstore."""
        title = f"logstore {name}"
        whole = f"{title} of project {project['name']}"
        if name not in project["logstores"]:
            advice = "ask the owner of the trail" if route.mode == "existing_trail" else (
                "run setup. If setup finds nothing to do, run destroy and then setup, because"
                f" {_CREATED_BY.get(route.mode, _SWITCHED_ON)}")
            text = f"{whole} does not exist: {advice}"
        elif not index:
            text = f"{whole} has no index, so verify cannot find events in it: {_create_index(name, project, route)}"
        elif not _has_events(index):
            text = (f"the index of {whole} contains neither the whole text nor the field {_FIELD}, so verify cannot find events:"
                    f" {_create_index(name, project, route)}")
        else:
            return
        self.add("delivery", title, text, controls=[EXPORTED])

    def _check_retention(self, logstore, asked):
        title, days = f"logstore {logstore['name']}", logstore["ttl"]
        self.checked.append(title)
        if asked and days < asked:
            text = (f"{title} keeps logs for {_days(days)}, but should keep them for {_days(asked)}: set ttl with the module sls_logstore")
            self.add("drift", title, text, setting="ttl", before=days, after=asked, controls=[RETAINED])
        elif days < YEAR:
            self.weak(title, f"{title} keeps logs for {_days(days)}, less than {YEAR}", "ttl", [RETAINED])


def _create_index(name, project, route):
    if route.mode in alibaba_trails.MODES:
        return f"in Cloud Shell, run actiontrail-update-index {project['name']} {name} {project['region']}"
    return "create an index of the whole text with the module sls_index"


def _has_events(index):
    line = index["line"]
    has_line = line["enabled"] and (
        _FIELD in line["include_keys"] if line["include_keys"] else _FIELD not in line["exclude_keys"])
    return has_line or _FIELD in index["fields"]


def _days(number):
    return f"{number} day{'' if number == 1 else 's'}"
