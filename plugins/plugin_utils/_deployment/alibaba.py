# SPDX-License-Identifier: GPL-3.0-or-later
"""The Alibaba Cloud half of an inventory. Private."""
from __future__ import annotations

import dataclasses

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import (
    account_ids,
    checks,
    collection_policies,
    delivery,
    documents,
    log_audit,
    regions,
)
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._policy.evaluate import read

from .._roles.options import default_trail_name, deployment, specification
from . import alibaba_trails
from .alibaba_results import RESOURCES
from .alibaba_route import MODES, mode_of, route
from .cloud import UNKNOWN, Cloud, alike, given, roles_of, some

_WITH_LOG_AUDIT = MODES[:2]
_WITH_PROJECT = MODES[2:]
# assumption alibaba-trust-policy-length
LONGEST_TRUST = 2048

_LACKS_ARCHIVE = (
    "the group alibaba_archive is empty, so this run does not know the archive account. Run the members on Alibaba Cloud with the whole"
    " inventory, for example with --limit alibaba_archive:alibaba_members instead of a job slice"
)


class Alibaba(Cloud):
    """Accounts whose audit logs are collected, and one that has them."""

    name = "alibaba"
    archive_group = "alibaba_archive"
    members_group = "alibaba_members"
    prefixes = ("alibaba_collection_", "alibaba_log_audit_", "alibaba_trail_", "audit_logs_alibaba_")
    roles = "alibaba_*"
    session_variables = "a role to assume (audit_logs_alibaba_role), a profile (audit_logs_alibaba_profile)"
    id_digits = account_ids.USUAL
    id_example = "the account's id, all its digits in quotes"
    variables = {
        "audit_logs_alibaba_activate_sls": {"type": "bool"},
        "audit_logs_alibaba_endpoints": {"type": "dict"},
        "audit_logs_alibaba_external_id": {"type": "str"},
        "audit_logs_alibaba_http_proxy": {"type": "str"},
        "audit_logs_alibaba_profile": {"type": "str"},
        "audit_logs_alibaba_management_account_id": {"type": "str"},
        "audit_logs_alibaba_project": {"type": "str"},
        "audit_logs_alibaba_protocol": {"type": "str", "choices": ["https", "http"]},
        "audit_logs_alibaba_region": {"type": "str"},
        "audit_logs_alibaba_role": {"type": "str"},
        "audit_logs_alibaba_role_duration": {"type": "int"},
        "audit_logs_alibaba_mode": {"type": "str", "choices": list(MODES)},
        "audit_logs_alibaba_trail_account_id": {"type": "str"},
        "audit_logs_alibaba_trail_arn": {"type": "str"},
    }
    set_by_playbooks = {
        "alibaba_collection_administrator",
        "alibaba_collection_found",
        "alibaba_log_audit_archive_found",
        "alibaba_log_audit_directory_administrator",
        "alibaba_log_audit_directory_found",
        "alibaba_trail_archive_found",
        "audit_logs_alibaba_accounts",
        "audit_logs_alibaba_arrived",
        "audit_logs_alibaba_directory",
        "audit_logs_alibaba_earlier_log_audit",
        "audit_logs_alibaba_earlier_projects",
        "audit_logs_alibaba_indexes",
        "audit_logs_alibaba_leftover",
        "audit_logs_alibaba_removed",
        "audit_logs_alibaba_removed_projects",
        "audit_logs_alibaba_removed_roles",
        "audit_logs_alibaba_trail",
        "audit_logs_alibaba_projects",
        "audit_logs_alibaba_policies",
        "audit_logs_alibaba_probe",
        "audit_logs_alibaba_retention",
        "audit_logs_alibaba_status",
        *RESOURCES,
    }
    reserved = {
        "_is_organization_trail": "use audit_logs_alibaba_mode: organization_trail",
        "_account_id": "use account_id",
        "_deployment": "use audit_logs_deployment",
        "_previous_deployments": "use audit_logs_previous_deployments",
        "_accounts": "the playbooks compute it from the accounts of the members",
        # Others are regions of events, and of the endpoint for policies.
        **{
            f"{end}_region": "use audit_logs_alibaba_region"
            for end in ("alibaba_trail", "_archive", "_collection", "_directory", "_project")
        },
        "_removed_accounts": "use audit_logs_removed_accounts",
        "_project_name": "use audit_logs_alibaba_project",
        "_state": "the playbooks set it",
        "_pending_accounts": "the playbooks set it",
        "_archive_trail_names": "the playbooks compute it from the trails of the members",
        "_write_role_name": "use alibaba_trail_archive_role_name of the archive",
    }
    # The deployment is computed from these variables; the others may need what only a play knows.
    needed = {
        "account_id",
        "alibaba_collection_policies",
        "alibaba_collection_ttl",
        "alibaba_log_audit_archive_products",
        "alibaba_log_audit_directory_products",
        "alibaba_trail_archive_logstores",
        "alibaba_trail_archive_role_name",
        "alibaba_trail_event_rw",
        "alibaba_trail_logging",
        "alibaba_trail_name",
        "alibaba_trail_trail_region",
        "audit_logs_deployment",
        "audit_logs_previous_deployments",
        "audit_logs_alibaba_endpoints",
        "audit_logs_alibaba_external_id",
        "audit_logs_alibaba_http_proxy",
        "audit_logs_alibaba_management_account_id",
        "audit_logs_alibaba_profile",
        "audit_logs_alibaba_project",
        "audit_logs_alibaba_protocol",
        "audit_logs_alibaba_region",
        "audit_logs_alibaba_role",
        "audit_logs_alibaba_role_duration",
        "audit_logs_alibaba_mode",
        "audit_logs_alibaba_trail_account_id",
        "audit_logs_alibaba_trail_arn",
    }
    id_problem = staticmethod(account_ids.problem)

    def is_source(self, text):
        return text.isdigit() and len(text) != 12  # an account of AWS

    def more_options(self):
        """The options of the policies, which also say of which instances they collect."""
        options = specification("alibaba_collection")["alibaba_collection_policies"]
        target = {"type": "dict", "options": collection_policies.target_options()}
        return {"alibaba_collection_policies": {**options, "options": {**options["options"], "policy_config": target}}}

    def host_problems(self, host, region, is_archive, is_member):
        home = host.get("audit_logs_alibaba_region", region)
        if home is UNKNOWN or home is None:
            return []
        if not home:
            return ["audit_logs_alibaba_region is missing: give the region of the logs, such as cn-hangzhou"]
        problem = regions.problem(home) if "audit_logs_alibaba_region" not in host else None
        if problem:
            return [f"audit_logs_alibaba_region: {problem}"]
        if is_archive and mode_of(host) in _WITH_LOG_AUDIT and home not in log_audit.CENTRAL_REGIONS:
            return [
                f"audit_logs_alibaba_region: Log Audit Service has no central project in {home}: choose one of"
                f" {', '.join(sorted(log_audit.CENTRAL_REGIONS))}"
            ]
        return []

    def read(self, hostvars, groups, region):
        """As for any cloud. Without the archive, nothing can be done in the members, and the other cloud is not their concern."""
        if not self.lacks_archive(groups):
            return super().read(hostvars, groups, region)
        return [], {
            host: {
                "name": host, "cloud": self.name, "account_id": str(hostvars[host].get("account_id", "")), "roles": ["member"], "archive": None,
                "region": None, "session": {}, "options": {}, "removed_accounts": [], "misspelt": {}, "refused": _LACKS_ARCHIVE,
            }
            for host in groups[self.members_group]
        }

    def group_problems(self, variables, archive, members, region, is_part=False):
        modes = {mode_of(found): host for host, found in variables.items()}
        if len(modes) > 1:
            said = ", ".join(f"{mode} ({host})" for mode, host in modes.items())
            return [f"audit_logs_alibaba_mode differs between hosts: {said}. Give all of them the same mode"]
        if not archive and members:
            return [
                "the group alibaba_archive is missing. Put the archive account into it, even if the run only changes members"
            ]
        mode = next(iter(modes), MODES[0])
        unnamed = [host for host, found in variables.items() if not found.get("audit_logs_alibaba_project")]
        if mode in _WITH_PROJECT and unnamed:
            return [
                f"{some(unnamed)}: audit_logs_alibaba_project is missing: give all hosts the name of the project in the archive account"
            ]
        found = alibaba_trails.problems(mode, variables, members, region)
        if found:
            return found
        nothing = [host for host in archive if not variables[host].get("alibaba_collection_policies")]
        if mode == "collection_policies" and nothing:
            return [f"{nothing[0]}: alibaba_collection_policies is missing: list the logs to collect"]
        others = set(members) - set(archive)
        if mode == "log_audit" and len(others) > log_audit.MOST_ACCOUNTS:
            return [
                f"the group alibaba_members has {len(others)} accounts, but Log Audit Service accepts at most {log_audit.MOST_ACCOUNTS}"
                " in custom mode. Choose another audit_logs_alibaba_mode, or divide the members between two archive accounts"
            ]
        return []

    def deployment_problems(self, accounts, variables):
        """Whether the roles have room for all accounts that they trust, and let Log Audit Service do its work."""
        archives = [host for host, account in accounts.items() if "archive" in account["roles"]]
        members = [host for host, account in accounts.items() if "member" in account["roles"]]
        for host in archives:
            own = variables[host]
            if mode_of(own) != "log_audit":
                continue
            collected = [member for member in members if member != host]
            if own.get("alibaba_log_audit_archive_central_roles") == "custom":
                collected.append(host)
            found = alike(
                (member, variables[member]["account_id"], problem)
                for member in collected for problem in _monitor_problems(own, variables[member])
            )
            if found:
                return [f"{problem} (alibaba_log_audit_member_policy_document)" for problem in found]
        for host in archives:
            own = variables[host]
            if mode_of(own) == "actiontrail":
                service, advice = "actiontrail", "choose audit_logs_alibaba_mode: organization_trail"
            elif mode_of(own) == "log_audit" and own.get("alibaba_log_audit_archive_central_roles") == "custom":
                service, advice = "log", "use alibaba_log_audit_archive_central_roles: service_linked"
            else:
                continue
            services = [f"{variables[member]['account_id']}@{service}.aliyuncs.com" for member in members]
            length = len(documents.text(documents.trust_policy(services, [])))
            if length > LONGEST_TRUST:
                return [
                    f"{host}: a role in this account would trust {service}.aliyuncs.com for each of {len(members)} members. Its trust"
                    f" policy would have {length} characters, and RAM allows {LONGEST_TRUST}: {advice}, or divide the members between two"
                    " archive accounts"
                ]
        return []

    def warnings(self, accounts):
        return super().warnings(accounts) + alike(
            (host, account["account_id"], doubt) for host, account in accounts.items()
            if (doubt := account_ids.doubt(account["account_id"])))

    def session_options(self, host, region):
        options = {
            "region": given(host, "audit_logs_alibaba_region", region),
            "endpoints": given(host, "audit_logs_alibaba_endpoints"),
            "protocol": given(host, "audit_logs_alibaba_protocol"),
            "http_proxy": given(host, "audit_logs_alibaba_http_proxy"),
            "profile": given(host, "audit_logs_alibaba_profile"),
            "assume_role": _assumed_role(host),
        }
        return {name: value for name, value in options.items() if value is not None}

    def accounts(self, variables, archive, members, region):
        of_archive, found = variables[archive[0]], {}
        leader = alibaba_trails.leader({member: variables[member] for member in members})
        for host, own in variables.items():
            its_route = route(own, of_archive, variables[leader or host], roles_of(host, archive, members), region)
            found[host] = {
                "route": dataclasses.asdict(its_route),
                "archive_id": of_archive["account_id"],
                "recorder": leader or host,
                "recorded_ids": self._recorded_ids(host, leader, variables, members),
                "deployment": deployment(given(own, "audit_logs_deployment"), its_route.project),
                "member_role": self._member_role(own, host in archive),
                # As the default of the roles; RAM takes 64 characters.
                "write_role": given(of_archive, "alibaba_trail_archive_role_name", f"{(its_route.project or '')[:52]}-actiontrail"),
            }
        others = [member for member in members if member != archive[0]]
        # Only trails have logstores of their own; otherwise the variables of the archive name the logstores.
        sources = members if mode_of(of_archive) in alibaba_trails.MODES else archive
        routes = [found[host]["route"] for host in sources if not found[host]["route"]["skipped"]]
        previous = given(of_archive, "audit_logs_previous_deployments") or []
        found[archive[0]].update(
            previous_deployments=previous,
            further_logstores=given(of_archive, "alibaba_trail_archive_logstores") or [],
            members=members, member_ids=[variables[member]["account_id"] for member in others],
            source_ids=list(dict.fromkeys(found[member]["route"]["trail_account_id"] for member in members)),
            sources={member: found[member]["route"]["trail_account_id"] for member in members},
            covered_accounts=[variables[member]["account_id"] for member in members if leader and member != leader],
            accounts={name: own["account_id"] for name, own in variables.items()},
            directory_reader=leader or next((host for host, own in variables.items() if own["account_id"] == given(
                own, "audit_logs_alibaba_management_account_id")), archive[0]),
            trail_names=sorted({found[member]["route"]["trail"] for member in members}),
            collection_policies=[policy["name"] for policy in of_archive.get("alibaba_collection_policies") or []],
            logstores=list(dict.fromkeys(logstore for one in routes for logstore in one["logstores"])),
        )
        found[archive[0]].update(_earlier(found[archive[0]]))
        if leader:
            found[leader]["members"] = members
        return found

    @staticmethod
    def _recorded_ids(host, leader, variables, members):
        """Ids of the accounts that the trail of an account records, or that of somebody else whose status the account can ask for."""
        own = variables[host]
        if mode_of(own) not in alibaba_trails.MODES or leader and host != leader:
            return []
        return [variables[member]["account_id"] for member in members if leader or member == host]

    @staticmethod
    def _member_role(host, is_archive):
        """The role of this collection for a member; empty if nothing is needed in the account.

        The modes of the resource directory need nothing in members, and Log Audit Service nothing in its own account.
        """
        if mode_of(host) in alibaba_trails.MODES:
            return "crossaccount.audit_logs.alibaba_trail"
        if mode_of(host) == "log_audit" and not is_archive:
            return "crossaccount.audit_logs.alibaba_log_audit_member"
        return ""


def _earlier(archive):
    """Where logs arrived in the archive account under earlier names of the deployment: projects, and Log Audit Service."""
    trails = {}
    for deployment_name in archive["previous_deployments"]:
        name, _at, destination = deployment_name.strip().rpartition("@")
        trails.setdefault(destination, set(archive["trail_names"])).add(default_trail_name(name))
    return {
        "earlier_projects": [
            {"name": destination, "logstores": [f"actiontrail_{name}" for name in sorted(names)] + archive["further_logstores"]}
            for destination, names in sorted(trails.items())
            # Others are buckets of AWS, or ids of accounts.
            if destination != archive["route"]["project"] and not destination.isdigit() and not checks.project(destination)
        ],
        "earlier_log_audit": archive["archive_id"] in trails and archive["route"]["mode"] not in _WITH_LOG_AUDIT,
    }


def _assumed_role(host):
    role = given(host, "audit_logs_alibaba_role")
    if role is None:
        return None
    options = {
        "role_arn": role if role.startswith("acs:") else f"acs:ram::{host['account_id']}:role/{role.lower()}",
        "external_id": given(host, "audit_logs_alibaba_external_id"),
        "duration_seconds": given(host, "audit_logs_alibaba_role_duration"),
    }
    return {name: value for name, value in options.items() if value is not None}


def _monitor_problems(archive, member):
    """Why a member's own document would not let Log Audit Service collect; the trust and what is ours are right."""
    document = member.get("alibaba_log_audit_member_policy_document")
    if document is None:
        return []
    collecting, account = archive["account_id"], member["account_id"]
    trust = documents.trust_policy([delivery.LOG, f"{collecting}@{delivery.LOG}"], [])
    role = member.get("alibaba_log_audit_member_role_name", "sls-audit-service-monitor")
    policies = [read(documents.read(document)), delivery.SYSTEM_POLICIES["ReadOnlyAccess"]]
    return delivery.monitor_role_problems(trust, policies, role, collecting, account)
