# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The results that the tasks of the Alibaba Cloud roles register. Private."""
from __future__ import annotations

# Variables that tasks register, and the resource that each is about.
RESOURCES = {
    "alibaba_collection_made": "collection policy",
    "alibaba_collection_project": "project",
    "alibaba_collection_service_linked_role": "service-linked role",
    "alibaba_log_audit_archive_dispatch_role_made": "dispatch role",
    "alibaba_log_audit_archive_log_audit": "Log Audit",
    "alibaba_log_audit_archive_project": "central project",
    "alibaba_log_audit_archive_service_linked_role": "service-linked role",
    "alibaba_log_audit_directory_log_audit": "Log Audit",
    "alibaba_log_audit_directory_project": "central project",
    "alibaba_log_audit_directory_service_linked_role": "service-linked role",
    "alibaba_log_audit_member_role": "monitor role",
    "alibaba_trail_archive_project": "project",
    "alibaba_trail_archive_role": "write role",
    "alibaba_trail_trail": "trail",
}


def registered(host, variable, label):
    """What a task registered, as often as it was run, with what it is called: before a role the policies of its own."""
    found = host.get(variable) or {}
    for item in found.get("results", [found]):
        if "managed_policies" in item:
            for policy in item["managed_policies"]:
                yield label.replace("role", "policy"), policy
            diff = item["diff"][-1]
            item = {**item, "diff": diff, "changed": diff["before"] != diff["after"]}
        yield label, item


def items(host, variable):
    """Likewise, without the policies."""
    return [item for label, item in registered(host, variable, "role") if label == "role" and "diff" in item]
