# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory of accounts: what it says, what is wrong with it, what became of it. Private."""
from __future__ import annotations

import datetime
import difflib
import functools
import re
from pathlib import Path

import yaml
from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.errors import UnsupportedError
from ansible.module_utils.parsing.convert_bool import boolean
from jinja2.exceptions import TemplateError

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import checks
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import policies
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import selectors

ROLES = Path(__file__).parents[2] / "roles"
# Variables of a host that the playbooks read, besides the options of the roles.
ESTATE = {
    "audit_logs_adopt": {"type": "bool"},
    "audit_logs_aws_cloudwatch": {"type": "bool"},
    "audit_logs_aws_endpoint_url": {"type": "str"},
    "audit_logs_aws_external_id": {"type": "str"},
    "audit_logs_aws_profile": {"type": "str"},
    "audit_logs_aws_region": {"type": "str"},
    "audit_logs_aws_role": {"type": "str"},
    "audit_logs_aws_role_duration": {"type": "int"},
    "audit_logs_delete_logs": {"type": "bool"},
}
PLANS = [
    "audit_logs_first_plan",
    "aws_trail_bucket_plan",
    "aws_trail_cloudwatch_plan",
    "aws_trail_plan",
    "aws_trail_validation_plan",
]
# What the playbooks and roles set themselves: a host has it from an earlier playbook of the same run.
MADE = {
    "audit_logs_archive",
    "audit_logs_archive_encryption",
    "audit_logs_aws_caller",
    "audit_logs_aws_connection",
    "audit_logs_aws_home_region",
    "audit_logs_aws_key_arn",
    "audit_logs_aws_session",
    "audit_logs_failure",
    "audit_logs_first_plan",
    "audit_logs_given_key_arn",
    "audit_logs_member_trails",
    "audit_logs_members",
    "audit_logs_not_entered",
    "audit_logs_unsettled",
    "aws_trail_bucket_made_key",
    "aws_trail_made",
    *PLANS,
}
# Options that the playbooks give to the roles, by the end of their names. An inventory that gave its own would have
# trails that the policy of the bucket does not know.
RESERVED = {
    "_account_id": "use account_id",
    "_region": "use audit_logs_aws_region",
    "_s3_bucket_name": "use aws_trail_bucket_name",
    "_state": "the playbooks set it",
    "_trails": "the playbooks make it from the variables of the members",
}
# Variables that make the policy of the bucket; the others may need what only a play knows.
NEEDED = {
    "account_id",
    "audit_logs_aws_region",
    "aws_trail_bucket_name",
    "aws_trail_bucket_organization_id",
    "aws_trail_is_organization_trail",
    "aws_trail_name",
    "aws_trail_s3_key_prefix",
}
SECRETS = re.compile(r"(secret|aws)_?access_?key|secret_?key|session_?token|security_?token|access_key_secret", re.I)

_UNKNOWN = object()  # the value of a variable whose template can't be resolved
_OMITTED = object()
_DATA = (str, int, float, datetime.date, type(None))


def _cloudwatch(value):
    """Tasks depend on it, and the condition of a task takes no text."""
    if isinstance(value, bool):
        return None
    return (
        f"{value!r} is not true or false: write one of them without quotes, on the command line as"
        " -e '{audit_logs_aws_cloudwatch: true}'"
    )


# Variables of a host that are checked by more than their types, and how.
CHECKS = {
    "account_id": checks.account_id,
    "audit_logs_aws_cloudwatch": _cloudwatch,
    "aws_trail_bucket_name": checks.bucket_name,
    "aws_trail_bucket_policy": checks.policy,
    "aws_trail_bucket_tags": checks.tags,
    "aws_trail_cloudwatch_retention_days": checks.retention,
    "aws_trail_cloudwatch_role_name": checks.role_name,
    "aws_trail_cloudwatch_tags": checks.tags,
    "aws_trail_name": checks.trail_name,
    "aws_trail_s3_key_prefix": checks.key_prefix,
    "aws_trail_tags": checks.tags,
    "aws_trail_validation_principals": checks.principals,
    "aws_trail_validation_role_name": checks.role_name,
    "aws_trail_validation_tags": checks.tags,
}


@functools.cache
def options() -> dict:
    """What a host's variables may be, by name, as an argument specification in which nothing has to be given."""
    found = {}
    for path in sorted(ROLES.glob("*/meta/argument_specs.yml")):
        found.update(yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]["main"]["options"])
    # These also say which options of a selector belong together.
    found.update({f"aws_trail_{name}": option for name, option in selectors.event_selector_options().items()})
    found.update(ESTATE)
    return {
        name: {key: value for key, value in option.items() if key not in ("required", "default")}
        for name, option in found.items()
    }


def trail(host: dict, region: str) -> dict:
    """The trail of a member, from its variables."""
    variables = {
        "region": "audit_logs_aws_region",
        "name": "aws_trail_name",
        "prefix": "aws_trail_s3_key_prefix",
    }
    given = {key: _data(host[variable]) for key, variable in variables.items() if variable in host}
    found = {key: value for key, value in given.items() if value is not _OMITTED}
    if boolean(_data(host.get("aws_trail_is_organization_trail", False)), strict=False):
        found["organization_id"] = host.get("aws_trail_bucket_organization_id")
    return policies.with_defaults({"account_id": host["account_id"], **found}, region)


def problems(hostvars, groups, region) -> list[str]:
    """A sentence for each problem, in the order of the hosts."""
    archive, members = list(groups.get("aws_archive", [])), list(groups.get("aws_members", []))
    if not archive and not members:
        return ["the inventory has no accounts: put hosts into the groups aws_archive and aws_members"]
    hosts = list(dict.fromkeys(archive + members))
    having = {}
    variables = {}
    known = {}
    for host in hosts:
        variables[host], said = _variables(hostvars[host])
        said += _host_problems(variables[host], region, known)
        said += _role_name_problems(variables[host], host in archive[:1], host in members)
        for problem in said:
            having.setdefault(problem, []).append(host)
    found = _group_problems(variables, archive, members)
    found += [f"{_some(names)}: {problem}" for problem, names in having.items()]
    found += _duplicates(variables, hosts)
    return found or _policy_problems(variables, archive, members, region)


def _data(value):
    """A value without templates in it, or _OMITTED. Raises for a template that can't be resolved."""
    if isinstance(value, dict):
        found = {key: _data(item) for key, item in value.items()}
        return {key: item for key, item in found.items() if item is not _OMITTED}
    if isinstance(value, (list, tuple)):
        return [item for item in map(_data, value) if item is not _OMITTED]
    text = str(value)  # raises if it is undefined
    if isinstance(value, str):
        return text
    return value if isinstance(value, _DATA) else _OMITTED


def _variables(host):
    """Those of a host's variables that are ours, and a sentence for each that is not known or can't be resolved."""
    found, said = {}, []
    for name in host:
        if SECRETS.search(name):
            said.append(
                f"{name} looks like a secret: remove it from the inventory, and give a role to assume"
                " (audit_logs_aws_role), a profile (audit_logs_aws_profile), or credentials in the environment"
            )
        elif name.startswith(("aws_trail_", "audit_logs_")) and name not in MADE and _name_problem(name):
            said.append(_name_problem(name))
        elif name == "account_id" or name in options():
            try:
                value = _data(host[name])
            except (AnsibleError, TemplateError) as error:
                reason = " ".join(str(error).split()).removeprefix("A captured exception marker was tripped: ")
                missing = re.fullmatch(r"'(\w+)' is undefined", reason)
                if missing and missing[1] in {"hostvars", *MADE} and name not in NEEDED:
                    continue
                value = _UNKNOWN
                said.append(f"{name}: {reason}")
            if value is not _OMITTED:
                found[name] = value
    return found, said


@functools.cache
def _name_problem(name):
    reserved = [advice for end, advice in RESERVED.items() if name.endswith(end)]
    if name in ESTATE or name in options() and not reserved:
        return None
    if name in options():
        return f"{name} has no place in an inventory: {reserved[0]}"
    similar = difflib.get_close_matches(name, [known for known in options() if not _name_problem(known)], n=1)
    return f"there is no option {name}" + (f"; did you mean {similar[0]}?" if similar else "")


def _some(names):
    """Names for a sentence, three at most: what is wrong in all accounts is said once."""
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _group_problems(variables, archive, members):
    if len(archive) > 1:
        return [f"the group aws_archive has {len(archive)} hosts, {', '.join(archive)}: name one account that gets the logs"]
    unnamed = [host for host in archive + members if not variables[host].get("aws_trail_bucket_name")]
    if not unnamed:
        return []
    if archive:
        return [f"{unnamed[0]}: aws_trail_bucket_name is missing: give the name of the archive's bucket, for all hosts"]
    return [
        "the group aws_archive is missing, and so is aws_trail_bucket_name: put the account that gets the logs into"
        " aws_archive, or name the bucket of somebody else that they go to"
    ]


def _host_problems(host, region, known):
    """What is wrong with variables, without those that are missing a value; C(known) is what was found before."""
    found = []
    if "account_id" not in host:
        found.append("account_id is missing: give the account's id, 12 digits in quotes")
    for name, value in host.items():
        if value is not _UNKNOWN:
            key = name, repr(value)
            if key not in known:
                known[key] = _value_problem(name, value)
            found += known[key]
    home = host.get("audit_logs_aws_region", region)
    problem = checks.region(home) if home else "it is missing: give the home region of the trails, such as eu-west-1"
    if problem and home is not _UNKNOWN and home is not None:
        found.append(f"audit_logs_aws_region: {problem}")
    both = [f"aws_trail_{name}" for name in ("advanced_event_selectors", "event_selectors")]
    if all(name in host for name in both):
        found.append(f"{'/'.join(both)}: they are mutually exclusive: give one of them")
    return found


def _value_problem(name, value):
    """At most one sentence about a value: what our own checks say, else what the options of the roles say."""
    if value is None and name in options():
        return [f"{name} has no value: give one, or leave the variable out"]
    problem = CHECKS[name](value) if name in CHECKS else None
    if problem:
        return [f"{name}: {problem}" if name != "account_id" else problem]
    result = ArgumentSpecValidator({name: options().get(name, {})}).validate({name: value})
    if result.error_messages:
        unknown = "there is no option " if isinstance(result.errors[0], UnsupportedError) else ""
        return [f"{name}: {unknown}{' '.join(result.errors[0].msg.split())}"]
    problem = selectors.problem({name.removeprefix("aws_trail_"): result.validated_parameters[name]})
    return [f"{name}: {problem}"] if problem else []


def _role_name_problems(host, archive, member):
    """IAM takes shorter names than CloudTrail; those of the roles follow from that of the trail."""
    trail_name = host.get("aws_trail_name", policies.TRAIL_NAME)
    names = {}
    if member and host.get("audit_logs_aws_cloudwatch") is True:
        trail_of_group = host.get("aws_trail_cloudwatch_trail_name", trail_name)
        names["aws_trail_cloudwatch_role_name"] = f"{trail_of_group}-cloudtrail-cloudwatch"
    if archive and host.get("aws_trail_validation_principals"):
        names["aws_trail_validation_role_name"] = f"{trail_name}-cloudtrail-validation"
    found = {variable: checks.role_name(name) for variable, name in names.items() if variable not in host}
    return [f"{variable}: {problem}" for variable, problem in found.items() if problem]


def _duplicates(variables, hosts):
    by_id = {}
    for host in hosts:
        account = variables[host].get("account_id", _UNKNOWN)
        by_id.setdefault(host if account is _UNKNOWN else str(account), []).append(host)
    return [
        f"account id {account!r} is that of {' and '.join(names)}: every account is one host, in as many groups as apply"
        for account, names in by_id.items()
        if len(names) > 1
    ]


def _policy_problems(variables, archive, members, region):
    """Whether the documents that the archive needs can be made at all; only for an inventory that is right so far."""
    for host in archive:
        own = variables[host]
        home = own.get("audit_logs_aws_region") or region
        shape = (own.get("aws_trail_bucket_policy_form", "accounts"), own.get("aws_trail_bucket_organization_id"))
        trails = [trail(variables[member], region) for member in members]
        homeless = [host for host, found in zip(members, trails) if not found.get("organization_id", True)]
        if homeless:
            return [
                f"{_some(homeless)}: aws_trail_is_organization_trail: the log files go into a folder named after the"
                " organization, which the policy of the bucket has to name: give aws_trail_bucket_organization_id"
            ]
        try:
            extra = own.get("aws_trail_bucket_policy")
            policies.bucket_policy(own["aws_trail_bucket_name"], home, trails, *shape, extra)
            if own.get("aws_trail_bucket_encryption") == "aws:kms":
                policies.key_policy(own["account_id"], home, trails, *shape)
        except ValueError as error:
            return [f"{host}: {error} (aws_trail_bucket_policy_form)"]
    return []


def lines(hostvars, accounts, alive, planned) -> list[str]:
    """A line per account, failures first. C(alive) are those that the playbook still works with."""
    return [line for rank, line in sorted(_line(name, hostvars[name], name in alive, planned) for name in accounts)]


def _line(name, host, alive, planned):
    plans = [host[plan] for plan in PLANS if "changes" in (host.get(plan) or {})]
    changes = list(dict.fromkeys(change for plan in plans for change in plan["changes"]))
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
