# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Log Audit Service needs in a member account, which calls it makes there, and what its logs look like.

Names of Log Audit Service are fixed. If one of them exists already, the check changes nothing.
"""
from __future__ import annotations

import json
from typing import Any

from ..check import Check, Observation
from .account import DELIVERED, LOGS, PROJECT, ROLE, VISIBLE, Alibaba, document

LINKED_ROLE = "AliyunServiceRoleForSLSAudit"
MONITOR_ROLE = "sls-audit-service-monitor"
LOGSTORE = "actiontrail_log"
WITHOUT = 900  # seconds after which an event is taken for not collected
_STATEMENTS = (
    {"Effect": "Allow", "Action": "log:*", "Resource": ["acs:log:*:*:project/slsaudit-*", "acs:log:*:*:app/audit"]},
    {"Effect": "Allow", "Action": ["*:Describe*", "*:Get*", "*:List*", "actiontrail:LookupEvents"], "Resource": "*"},
)
# Actions for the events of ActionTrail that the documents say to grant.
ACTIONS = ("actiontrail:LookupEvents", "log:CreateApp", "log:CreateProject")


def run(alibaba: Alibaba) -> Observation:
    """Collect from a member, then deny one action after another to the role of the member."""
    member = alibaba.member
    found = _existing(alibaba, member)
    if found:
        return Observation.undecided(f"{found} exists already, or can't be read")
    policy = _set_up(alibaba, member)
    logs, seconds = _arrival(alibaba, DELIVERED)
    if not logs:
        return Observation.undecided("no event of the member arrived", seconds=seconds)
    needed = {}
    for action in ACTIONS:
        member.call(
            "ram", "CreatePolicyVersion", PolicyName=policy, SetAsDefault=True,
            PolicyDocument=document(*_STATEMENTS, {"Effect": "Deny", "Action": action, "Resource": "*"}))
        alibaba.clock.sleep(VISIBLE)
        needed[action] = not _arrival(alibaba, WITHOUT)[0]
    log = logs[0]
    return Observation.of(
        all(needed.values()), seconds=seconds, needed=needed, calls_in_the_member=_calls(member), topic=log.get("__topic__"),
        owner_is_the_member=log.get("owner_id") == member.account, event_is_json="eventName" in json.loads(log.get("event", "{}")))


def _existing(alibaba: Alibaba, member: Alibaba) -> str:
    """What is there already, or can't be read; nothing if the names are free."""
    if alibaba.code("log_audit", "DescribeApp", AppName="audit") != "AppNotExist":
        return "the application of Log Audit Service"
    if any(alibaba.code("sls", "GetProject", project) != "ProjectNotExist" for project in _projects(alibaba)):
        return "a project of Log Audit Service"
    if any(member.code("sls", "GetProject", project) != "ProjectNotExist" for project in _projects(member)):
        return "a project of Log Audit Service in the member"
    if member.code("ram", "GetRole", RoleName=MONITOR_ROLE) != "EntityNotExist.Role":
        return "the role of Log Audit Service in the member"
    return ""


def _projects(account: Alibaba) -> list[str]:
    return [f"slsaudit-{kind}-{account.account}-{account.region}" for kind in ("center", "region")]


def _set_up(alibaba: Alibaba, member: Alibaba) -> str:
    """Create everything; returns the name of the policy of the role in the member."""
    if alibaba.code("ram", "GetRole", RoleName=LINKED_ROLE) == "EntityNotExist.Role":
        alibaba.create(
            "service-linked role", LINKED_ROLE, ("ram", "DeleteServiceLinkedRole", {"RoleName": LINKED_ROLE}),
            ("ram", "CreateServiceLinkedRole", {"ServiceName": "audit.log.aliyuncs.com"}))
    member.role(document({
        "Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": ["log.aliyuncs.com", f"{alibaba.account}@log.aliyuncs.com"]},
    }), name=MONITOR_ROLE)
    policy = member.policy(*_STATEMENTS)
    member.attach(policy, MONITOR_ROLE)
    # Log Audit Service creates the projects, and leaves them.
    for account in (alibaba, member):
        for project in _projects(account):
            account.create("project", project, ("sls", "DeleteProject", project, {}), ("sts", "GetCallerIdentity", {}))
    settings = {
        "region": alibaba.region, "aliuid": alibaba.account, "project": _projects(alibaba)[0], "logstore": "slsaudit",
        "actiontrail_enabled": "true", "actiontrail_ttl": "1", "multi_account": json.dumps([{"uid": member.account}]),
    }
    alibaba.create(
        "application of Log Audit Service", "audit", ("log_audit", "DeleteApp", {"AppName": "audit"}),
        ("log_audit", "AnalyzeAppLog", {"AppType": "audit", "DisplayName": "audit", "VariableMap": json.dumps(settings)}))
    return policy


def _arrival(alibaba: Alibaba, deadline: int) -> tuple[list[dict[str, Any]], int]:
    """Wait until an event of the member arrives that happens now or later; returns its logs, and the seconds."""
    marks: list[str] = []

    def arrived() -> list[dict[str, Any]]:
        marks.append(alibaba.member.mark())
        return [log for mark in marks[-10:] for log in alibaba.search(_projects(alibaba)[0], LOGSTORE, mark)]

    return alibaba.until(arrived, deadline, every=60)


def _calls(member: Alibaba) -> list[str]:
    """Names of the events in the member that Log Audit Service caused."""
    events = member.call("actiontrail", "LookupEvents", MaxResults="50").get("Events", [])
    return sorted({event["eventName"] for event in events if MONITOR_ROLE in json.dumps(event.get("userIdentity", {}))})


CHECK = Check(
    entry="alibaba-log-audit-calls",
    question="Which permissions does Log Audit Service need in a member account, which calls does it make there, and what is a log like?",
    creates=("RAM policy", "RAM role", "application of Log Audit Service", "project", "service-linked role"),
    fixed_names=("the application audit", LINKED_ROLE, MONITOR_ROLE, "projects slsaudit-*"),
    permissions=(
        *LOGS, *PROJECT, "log:CreateApp", "log:DeleteApp", "log:GetApp", "ram:CreateServiceLinkedRole", "ram:DeleteServiceLinkedRole",
        "ram:GetRole",
    ),
    member_permissions=(
        *PROJECT, *ROLE, "actiontrail:DescribeTrails", "actiontrail:LookupEvents", "ram:CreatePolicyVersion", "ram:GetRole",
    ),
    seconds=3600,
    cents=20,
    run=run,
    slow=True,
)
