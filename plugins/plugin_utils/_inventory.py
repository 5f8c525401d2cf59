# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory of accounts: what it says, what is wrong with it, what became of it. Private."""
from __future__ import annotations

import re

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.errors import UnsupportedError

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import checks
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import policies
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import selectors

# Variables of a host that are checked, and how.
CHECKS = {
    "account_id": checks.account_id,
    "aws_trail_bucket_name": checks.bucket_name,
    "aws_trail_name": checks.trail_name,
    "aws_trail_s3_key_prefix": checks.key_prefix,
    "aws_trail_cloudwatch_retention_days": checks.retention,
    "aws_trail_bucket_policy": checks.policy,
}
SECRETS = re.compile(r"(secret|aws)_?access_?key|secret_?key|session_?token|security_?token|access_key_secret", re.I)
PLANS = ["aws_trail_bucket_plan", "aws_trail_cloudwatch_plan", "aws_trail_plan", "aws_trail_validation_plan"]


def trail(host: dict, region: str) -> dict:
    """The trail of a member, from its variables."""
    variables = {
        "region": "audit_logs_aws_region",
        "name": "aws_trail_name",
        "prefix": "aws_trail_s3_key_prefix",
    }
    found = {key: host[variable] for key, variable in variables.items() if variable in host}
    if host.get("aws_trail_is_organization_trail"):
        found["organization_id"] = host.get("aws_trail_bucket_organization_id")
    return policies.with_defaults({"account_id": host["account_id"], **found}, region)


def problems(hostvars, groups, region) -> list[str]:
    """A sentence for each problem, in the order of the hosts."""
    archive, members = list(groups.get("aws_archive", [])), list(groups.get("aws_members", []))
    if not archive and not members:
        return ["the inventory has no accounts: put hosts into the groups aws_archive and aws_members"]
    found = _group_problems(hostvars, archive, members)
    hosts = list(dict.fromkeys(archive + members))
    having = {}
    for host in hosts:
        for problem in _host_problems(hostvars[host], region):
            having.setdefault(problem, []).append(host)
    found += [f"{_some(names)}: {problem}" for problem, names in having.items()]
    found += _duplicates(hostvars, hosts)
    return found or _policy_problems(hostvars, archive, members, region)


def _some(names):
    """Names for a sentence, three at most: what is wrong in all accounts is said once."""
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _group_problems(hostvars, archive, members):
    if len(archive) > 1:
        return [f"the group aws_archive has {len(archive)} hosts, {', '.join(archive)}: name one account that gets the logs"]
    unnamed = [host for host in archive + members if not hostvars[host].get("aws_trail_bucket_name")]
    if not unnamed:
        return []
    if archive:
        return [f"{unnamed[0]}: aws_trail_bucket_name is missing: give the name of the archive's bucket, for all hosts"]
    return [
        "the group aws_archive is missing, and so is aws_trail_bucket_name: put the account that gets the logs into"
        " aws_archive, or name the bucket of somebody else that they go to"
    ]


def _host_problems(host, region):
    found = []
    if "account_id" not in host:
        found.append("account_id is missing: give the account's id, 12 digits in quotes")
    for name, check in CHECKS.items():
        problem = check(host[name]) if name in host else None
        if problem:
            found.append(f"{name}: {problem}" if name != "account_id" else problem)
    home = host.get("audit_logs_aws_region") or region
    problem = checks.region(home) if home else "it is missing: give the home region of the trails, such as eu-west-1"
    if problem:
        found.append(f"audit_logs_aws_region: {problem}")
    found += _selector_problems(host)
    found += [
        f"{name} looks like a secret: remove it from the inventory, and give a role to assume (audit_logs_aws_role),"
        " a profile (audit_logs_aws_profile), or credentials in the environment"
        for name in host
        if SECRETS.search(name)
    ]
    return found


def _selector_problems(host):
    names = {"event_selectors", "advanced_event_selectors"}
    given = {name: host[f"aws_trail_{name}"] for name in sorted(names) if f"aws_trail_{name}" in host}
    if not given:
        return []
    validator = ArgumentSpecValidator(
        selectors.event_selector_options(), mutually_exclusive=[["event_selectors", "advanced_event_selectors"]]
    )
    result = validator.validate(given)
    if result.error_messages:
        unknown = "there is no option " if isinstance(result.errors[0], UnsupportedError) else ""
        return [f"aws_trail_{'/aws_trail_'.join(given)}: {unknown}{result.errors[0].msg}"]
    problem = selectors.problem(result.validated_parameters)
    return [f"aws_trail_{'/aws_trail_'.join(given)}: {problem}"] if problem else []


def _duplicates(hostvars, hosts):
    by_id = {}
    for host in hosts:
        by_id.setdefault(str(hostvars[host].get("account_id", host)), []).append(host)
    return [
        f"account id {account!r} is that of {' and '.join(names)}: every account is one host, in as many groups as apply"
        for account, names in by_id.items()
        if len(names) > 1
    ]


def _policy_problems(hostvars, archive, members, region):
    """Whether the documents that the archive needs can be made at all; only for an inventory that is right so far."""
    for host in archive:
        variables = hostvars[host]
        home = variables.get("audit_logs_aws_region") or region
        shape = (variables.get("aws_trail_bucket_policy_form", "accounts"), variables.get("aws_trail_bucket_organization_id"))
        trails = [trail(hostvars[member], region) for member in members]
        homeless = [host for host, found in zip(members, trails) if not found.get("organization_id", True)]
        if homeless:
            return [
                f"{_some(homeless)}: aws_trail_is_organization_trail: the log files go into a folder named after the"
                " organization, which the policy of the bucket has to name: give aws_trail_bucket_organization_id"
            ]
        try:
            policies.bucket_policy(
                variables["aws_trail_bucket_name"], home, trails, *shape, variables.get("aws_trail_bucket_policy")
            )
            if variables.get("aws_trail_bucket_encryption") == "aws:kms":
                policies.key_policy(variables["account_id"], home, trails, *shape)
        except ValueError as error:
            return [f"{host}: {error} (aws_trail_bucket_policy_form)"]
    return []


def lines(hostvars, accounts, alive, planned) -> list[str]:
    """A line per account, failures first. C(alive) are those that the playbook still works with."""
    return [line for rank, line in sorted(_line(name, hostvars[name], name in alive, planned) for name in accounts)]


def _line(name, host, alive, planned):
    plans = [host[plan] for plan in PLANS if "changes" in (host.get(plan) or {})]
    changes = [change for plan in plans for change in plan["changes"]]
    kept = [f"kept {thing}" for plan in plans for thing in plan["kept"]]
    failure = host.get("audit_logs_failure")
    if not alive and not failure:
        failure = {"phase": "stopped", "reason": "see the task that failed above"}
    if failure:
        rank, state, text = 0, "FAILED", f"{failure['phase']}: {failure['reason']}"
    elif changes:
        rank, state, text = 1, "to do" if planned else "changed", "; ".join(changes + kept)
    else:
        rank, state, text = 2, "ok", "; ".join(kept) or "nothing to do"
    return rank, f"{state:8} {host.get('account_id', '?'):>12}  {name}  {text}"
