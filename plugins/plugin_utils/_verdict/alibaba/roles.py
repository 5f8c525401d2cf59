# SPDX-License-Identifier: GPL-3.0-or-later
"""What the roles on Alibaba Cloud let services do, from what tasks have registered. Private.

If a role has foreign policies, verify reads them into C(audit_logs_alibaba_policies). A policy that could not be read
is assumed to allow everything.
"""
from __future__ import annotations

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import delivery, documents, ram
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._policy.evaluate import read

from ..._deployment.alibaba_results import items

MONITOR, DISPATCH, WRITE = (
    "alibaba_log_audit_member_role", "alibaba_log_audit_archive_dispatch_role_result", "alibaba_trail_archive_role")
_ANYTHING = {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def monitor_problems(host, route) -> list[str]:
    """Why Log Audit Service can't read with the role of an account."""
    role = _role(host, MONITOR)
    return delivery.monitor_role_problems(*role, route.archive_id, str(host["account_id"])) if role else []


def dispatch_problems(archive, account, route) -> tuple[list[str], list[str]]:
    """Problems with the trust of the dispatch role in the service for an account, and with its policies."""
    return _apart(_role(archive, DISPATCH), delivery.LOG, account, lambda *role: delivery.dispatch_role_problems(
        *role, [account], route.archive_id))


def write_problems(archive, account, route) -> tuple[list[str], list[str]]:
    """Likewise with the write role."""
    project = f"acs:log:{route.archive_region}:{route.archive_id}:project/{route.project}"
    return _apart(_role(archive, WRITE), delivery.ACTIONTRAIL, account, lambda *role: delivery.write_role_problems(
        *role, account, project, route.trail))


def foreign_policies(host) -> list[dict]:
    """The foreign policies of the roles of an account, in the form of the option C(policies)."""
    return [{**one, "role": name} for name, attached, known in _attached(host) for one in attached
            if ram.key_of(one) not in known]


def _role(host, variable):
    """Trust, documents and name of a role; None if it is not there."""
    results = (host.get("audit_logs_alibaba_policies") or {}).get("results", [])
    foreign = {ram.key_of(policy): policy["document"] for one in results for policy in one.get("policies") or []}
    for name, attached, known in _attached(host, [variable]):
        found = [read({**foreign, **known}.get(ram.key_of(one)) or _ANYTHING, one["name"]) for one in attached]
        return items(host, variable)[0]["diff"]["before"]["trust_policy"], found, name
    return None


def _attached(host, variables=(MONITOR, DISPATCH, WRITE)):
    """Name of each existing role, its policies, and the documents of managed policies and of those of the system."""
    for item in (item for variable in variables for item in items(host, variable)[:1]):
        before = item["diff"]["before"]
        if before:
            own = {ram.key_of({**policy["policy"], "type": "custom"}): policy["diff"]["before"].get("document")
                   for policy in item.get("managed_policies", [])}
            system = {(name.lower(), "system"): document for name, document in delivery.SYSTEM_POLICIES.items()}
            yield item["role"]["name"], before["policies"], {**own, **system}


def _apart(role, service, account, problems_of):
    """Problems with the trust that a role has in a service for an account, and problems with its policies."""
    if not role:
        return [], []
    trust, policies, name = role
    trusting = documents.trust_policy([f"{account}@{service}", service], [])
    return problems_of(trust, [_ANYTHING], name), problems_of(trusting, policies, name)
