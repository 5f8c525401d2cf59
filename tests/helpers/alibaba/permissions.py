# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of playbooks on a local Alibaba Cloud with the policies of docs/policies/alibaba, and with no other permission."""
from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from clouds.alibaba import LocalAlibaba
from clouds.alibaba.cloud import MANAGEMENT_ACCOUNT
from helpers import granted, permissions

# What docs/permissions.md says of the identity with which playbooks are started.
# Through which the management account gets into accounts.
_ROLES = {"audit-logs-setup", "resourcedirectoryaccountaccessrole"}
_DEFAULTS = {
    "audit_logs_alibaba_mode": "log_audit", "alibaba_log_audit_archive_central_roles": "service_linked", "alibaba_trail_logging": True,
    "audit_logs_delete_logs": False, "audit_logs_alibaba_activate_sls": False,
}
_WITH_CENTRAL_PROJECT = ("log_audit", "resource_directory")
# Names that docs/policies has for what an option may call otherwise.
_RENAMED = {
    "sls-audit-service-monitor": "alibaba_log_audit_member_role_name",
    "AliyunLogAuditServiceMonitorAccess": "alibaba_log_audit_member_policy_name",
}


class Granted(granted.Granted):
    """The policies of docs/policies/alibaba."""

    def __init__(self, alibaba: LocalAlibaba, besides: Mapping[str, list[str]]) -> None:
        super().__init__(alibaba, besides)
        self._names: dict[str, list[dict[str, str]]] = {}

    def policies(
        self, run: str, inventory: dict, arguments: Sequence[str] = (), without: Mapping[str, Collection[tuple[str, str]]] | None = None,
    ) -> dict[str, list[str]]:
        archive, accounts = _accounts(inventory, permissions.extra_variables(arguments))
        named = {str(variables.get("audit_logs_alibaba_role") or "").rpartition("role/")[2].lower() for _kind, variables in accounts}
        # All that the base credentials need.
        base = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": [f"acs:ram:*:*:role/{role}" for role in sorted(_ROLES | named - {""})]}
        found = {MANAGEMENT_ACCOUNT: [json.dumps({"Version": "1", "Statement": [base]})]}
        for names in _names(archive):
            earlier = self._names.setdefault(archive.get("account_id"), [])
            if names not in earlier:
                earlier.append(names)
        for kind, variables in accounts:
            account = variables.get("account_id")
            for names in self._names.get(archive.get("account_id"), []):
                policy = permissions.policy(
                    "alibaba", kind, run, variables=variables, without=(without or {}).get(account, ()), **names)
                document = json.dumps(policy)
                for name, option in _RENAMED.items():
                    document = document.replace(name, variables.get(option, name))
                if policy["Statement"] and document not in found.setdefault(account, []):
                    found[account].append(document)
        return found


def _accounts(inventory: dict, extra: Mapping[str, Any]) -> tuple[dict[str, Any], list[tuple[str, dict[str, Any]]]]:
    """The variables of the archive account; the kinds of accounts, each with its variables. An account can be of several kinds."""
    everybody, archive, found = inventory["all"], {}, []
    for group, kind in {"alibaba_archive": "archive", "alibaba_members": "member"}.items():
        members = (everybody.get("children") or {}).get(group) or {}
        for own in (members.get("hosts") or {}).values():
            variables = _DEFAULTS | permissions.given(everybody.get("vars", {}), members.get("vars", {}), own or {}, extra)
            archive = variables if kind == "archive" else archive
            found.append((kind, variables))
            owners = [variables.get(f"audit_logs_alibaba_{name}_account_id") for name in ("management", "trail")]
            if kind == "member" and variables.get("account_id") in owners:
                found.append(("management", variables))
    return archive, found


def _names(archive: Mapping[str, Any]) -> list[dict[str, str]]:
    """What replaces the placeholders, for the deployment and for each of its earlier names."""
    account = str(archive.get("account_id"))
    projects = [archive.get("audit_logs_alibaba_project") or ""]
    if archive["audit_logs_alibaba_mode"] in _WITH_CENTRAL_PROJECT:
        projects = [f"slsaudit-center-{account}-{archive.get('audit_logs_alibaba_region')}"]
    previous = archive.get("audit_logs_previous_deployments") or []
    for earlier in previous.split(",") if isinstance(previous, str) else previous:
        destination = str(earlier).rpartition("@")[2]
        projects.append(f"slsaudit-center-{account}-*" if destination.isdigit() else destination)
    return [{
        "ARCHIVE_ACCOUNT_ID": account, "PROJECT": project,
        "WRITE_ROLE": (archive.get("alibaba_trail_archive_role_name") or f"{project[:52]}-actiontrail"),
    } for project in projects if re.fullmatch(r"[a-z0-9*-]+", project)]
