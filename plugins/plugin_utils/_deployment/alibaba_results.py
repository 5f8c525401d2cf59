# SPDX-License-Identifier: GPL-3.0-or-later
"""The results that the tasks of the Alibaba Cloud roles register. Private."""
from __future__ import annotations

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.errors import is_denial
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._ownership import foreign, names

# Variables that tasks register, and the title of the resource that each is about; in the order in which they are checked.
RESOURCES = {
    "alibaba_collection_service_linked_role": "service-linked role",
    "alibaba_collection_project": "project",
    "alibaba_collection_policies_result": "collection policy",
    "alibaba_log_audit_archive_service_linked_role": "service-linked role",
    "alibaba_log_audit_archive_dispatch_role_result": "dispatch role",
    "alibaba_log_audit_archive_log_audit": "Log Audit Service",
    "alibaba_log_audit_archive_project": "central project",
    "alibaba_log_audit_directory_service_linked_role": "service-linked role",
    "alibaba_log_audit_directory_log_audit": "Log Audit Service",
    "alibaba_log_audit_directory_project": "central project",
    "alibaba_trail_archive_project": "project",
    "alibaba_trail_archive_role": "write role",
    "audit_logs_alibaba_restricted": "write role",
    "audit_logs_alibaba_trusted": "write role",
    "alibaba_log_audit_member_role": "monitor role",
    "alibaba_trail_trail": "trail",
    "audit_logs_alibaba_service": "Simple Log Service",
}
# Reads that a run can do without.
OPTIONAL = (
    "audit_logs_alibaba_accounts", "audit_logs_alibaba_directory", "audit_logs_alibaba_earlier_log_audit",
    "audit_logs_alibaba_earlier_projects", "audit_logs_alibaba_indexes", "audit_logs_alibaba_leftover", "audit_logs_alibaba_policies",
    "audit_logs_alibaba_service", "audit_logs_alibaba_status",
)
SETUP_RESOURCES = ("audit_logs_alibaba_restricted", "audit_logs_alibaba_trusted", "audit_logs_alibaba_service")  # verify does not look at them
MEMBER_RESOURCES = ("alibaba_log_audit_member_role", "alibaba_trail_trail")


def registered(host, variable):
    """What a task registered, as often as it ran, with the title of the resource: before a role, its managed policies."""
    found, title = host.get(variable) or {}, RESOURCES[variable]
    for item in found.get("results", [found]):
        if "managed_policies" in item:
            for policy in item["managed_policies"]:
                yield title.replace("role", "policy"), policy
            diff = item["diff"][-1]
            item = {**item, "diff": diff, "changed": diff["before"] != diff["after"]}
        yield title, item


def denied(host):
    """Calls that RAM denied and the run could do without, each as operation, code and the sentence of the service."""
    probe = (host.get("audit_logs_alibaba_probe") or {}).get("probe") or {}
    # The permission for the other probe, StopLogging, is for all trails of the account.
    if probe.get("denied") and probe["event_name"] == "DescribeTrails":
        yield ("DescribeTrails: RAM denies this call, which verify uses as the probe. ActionTrail may not record a denied call: grant"
               " actiontrail:DescribeTrails")
    for variable in OPTIONAL:
        found = host.get(variable) or {}
        for item in found.get("results", [found]):
            error = item.get("error") or {}
            if is_denial(error.get("code"), error.get("message") or ""):
                yield f"{error['action']}: {error['code']}: {error['message']}"


def items(host, variable):
    """What a task registered about the resource itself, without the managed policies."""
    return [item for title, item in registered(host, variable) if title == RESOURCES[variable] and "diff" in item]


def retained_accounts(host, item):
    """Ids of accounts that a resource in the archive account is for, and the inventory does not have; C(all) for all of a directory."""
    # A trail of the organization records them, and they may still have trails of their own.
    covered = (host.get("audit_logs_account") or {}).get("covered_accounts") or ()
    services = [service.partition("@")[0] for service in item.get("retained_services") or ()]
    return [*(item.get("retained_accounts") or ()), *(account for account in services if account not in covered)]


def leftover_trails(item):
    """What to say of trails that the deployment manages, besides the one that is meant."""
    return [f"trail {one['name']} in {one['home_region']}, which also belongs to this deployment" for one in item.get("leftovers", ())]


def leftover_destinations(host):
    """What to say of destinations in the archive account that the deployment manages under an earlier name, with their titles."""
    account = host.get("audit_logs_account") or {}
    deployments = names(account.get("deployment"), account.get("previous_deployments") or ())
    titles = [
        f"project {project['name']}" for one in (host.get("audit_logs_alibaba_earlier_projects") or {}).get("results", [])
        for project in one.get("projects", []) if not foreign(project["tags"], deployments)
    ]
    log_audit = (host.get("audit_logs_alibaba_earlier_log_audit") or {}).get("log_audit")
    if log_audit and log_audit["is_used"] and log_audit["tags"] is not None and not log_audit["foreign"]:
        titles.append("Log Audit Service")
    return {title: f"{title}, which belongs to this deployment under an earlier name" for title in titles}


def leftover_policies(host):
    """Names of enabled collection policies that deliver into the project of the archive, and that the inventory does not have."""
    account = host.get("audit_logs_account") or {}
    if "route" not in account:  # its session could not be opened again
        return []
    return [
        policy["name"] for policy in (host.get("alibaba_collection_found") or {}).get("policies", [])
        if policy["enabled"] and policy["centralize_config"].get("dest_project") == account["route"]["project"]
        and policy["name"] not in account["collection_policies"]
    ]
