# SPDX-License-Identifier: GPL-3.0-or-later
"""One cloud's half of an inventory: its groups, its variables, and what is wrong with them. Private."""
from __future__ import annotations

import datetime
import difflib
import functools
import re
from collections.abc import Callable, Iterable

from ansible.errors import AnsibleError, AnsibleValueOmittedError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.errors import UnsupportedError
from jinja2.exceptions import TemplateError

from .._roles.options import ROLES, specification
from .common_checks import COMMON_CHECKS

# Variables of a host of any cloud that the playbooks read, besides the options of the roles.
COMMON = {
    "audit_logs_adopt": {"type": "bool"},
    "audit_logs_delete_logs": {"type": "bool"},
    "audit_logs_deployment": {"type": "str"},
    "audit_logs_digest_hours": {"type": "int"},
    "audit_logs_no_members": {"type": "bool"},
    "audit_logs_only_leftovers": {"type": "bool"},
    "audit_logs_on_failure": {"type": "str", "choices": ["stop", "continue"]},
    "audit_logs_previous_deployments": {"type": "list", "elements": "str"},
    "audit_logs_previous_report": {"type": "str"},
    "audit_logs_probe": {"type": "bool"},
    "audit_logs_probe_deadline": {"type": "int"},
    "audit_logs_probe_interval": {"type": "int"},
    "audit_logs_probe_repeat": {"type": "int"},
    "audit_logs_removed_accounts": {"type": "list", "elements": "str"},
    "audit_logs_report_directory": {"type": "str"},
    "audit_logs_shorten_retention": {"type": "bool"},
    "audit_logs_updated": {"type": "str"},
    "audit_logs_timeout": {"type": "int"},
}
# What the playbooks set themselves: a host has it from an earlier playbook of the same run.
SET_BY_PLAYBOOKS = {
    "audit_logs_account", "audit_logs_computed", "audit_logs_failure", "audit_logs_report", "audit_logs_result",
    "audit_logs_summary",
}
LONGEST = 100_000_000  # seconds, which Ansible takes
SECRETS = re.compile(r"(secret|aws)_?access_?key|secret_?key|session_?token|security_?token|access_key_secret", re.I)

UNKNOWN = object()  # the value of a variable whose template can't be resolved
OMITTED = object()
_DATA = (str, int, float, datetime.date, type(None))


def data(value):
    """A value without templates in it, or OMITTED. Raises for a template that can't be resolved."""
    if isinstance(value, dict):
        found = {key: data(item) for key, item in value.items()}
        return {key: item for key, item in found.items() if item is not OMITTED}
    if isinstance(value, (list, tuple)):
        return [item for item in map(data, value) if item is not OMITTED]
    text = str(value)  # raises if it is undefined
    if isinstance(value, str):
        return text
    return value if isinstance(value, _DATA) else OMITTED


def given(host: dict, name: str, default=None):
    """The value of a variable. An empty string means that it is not given."""
    value = host.get(name)
    return default if value is None or value == "" else value


def roles_of(host: str, archive: list[str], members: list[str]) -> list[str]:
    """C(archive), C(member) or both."""
    return ["archive"] * (host in archive) + ["member"] * (host in members)


def some(names: list[str]) -> str:
    """Names for a sentence, three at most: what is wrong in all accounts is said once."""
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def differing(hosts: dict[str, dict], options: Iterable[tuple[str, Callable]]) -> str | None:
    """The first option whose value differs between hosts, with its values, for a sentence.

    :param options: names, each with a function that returns the value that counts for a host.
    """
    for option, value_of in options:
        values = []
        for value in map(value_of, hosts.values()):
            values += [] if value in values else [value]
        if len(values) > 1:
            return f"{option} differs between members ({', '.join(map(str, values[:3]))})"
    return None


def alike(problems: Iterable[tuple[str, str, str]]) -> list[str]:
    """Problems of hosts, each with the id of its account, as sentences: what differs in the id alone is said once."""
    having = {}
    for host, account_id, problem in problems:
        first, hosts = having.setdefault(problem.replace(account_id, ""), (problem, []))
        hosts.append((host, first == problem))
    found = []
    for problem, hosts in having.values():
        same, likewise = [host for host, equal in hosts if equal], [host for host, equal in hosts if not equal]
        found.append(f"{some(same)}: {problem}" + (f"; likewise for {some(likewise)}" if likewise else ""))
    return found


def _options_of_run(host: dict) -> dict:
    """What an account's variables say of the run, those that are given."""
    found = {
        "timeout": given(host, "audit_logs_timeout"),
        "probe": given(host, "audit_logs_probe"),
        "probe_deadline": given(host, "audit_logs_probe_deadline"),
        "probe_interval": given(host, "audit_logs_probe_interval"),
        "probe_repeat": given(host, "audit_logs_probe_repeat"),
        "digest_hours": given(host, "audit_logs_digest_hours"),
    }
    return {name: value for name, value in found.items() if value is not None}


class Cloud:
    """What there is to know of one cloud; a subclass has its facts and its rules."""

    name: str
    archive_group: str
    members_group: str
    prefixes: tuple[str, ...]  # of the names of its variables
    roles: str  # pattern of the names of its roles
    session_variables: str  # how to open a session without a key in the inventory, for a sentence
    id_digits: int  # of a number that has lost none
    id_example: str  # what to give as an id, for a sentence
    variables: dict[str, dict] = {}  # of a host, besides COMMON and the options of the roles
    set_by_playbooks: set[str] = set()  # variables that tasks of its playbooks and roles register
    reserved: dict[str, str] = {}  # options that only the playbooks give, by the end of their names, and what to do
    needed: set[str] = set()  # variables that must be known before a play runs
    checks: dict[str, Callable] = {}  # of values, beyond their types
    # Of numbers: the least, the most, of what, and what 0 stands for.
    ranges: dict[str, tuple[float, int, str, str]] = {
        "audit_logs_digest_hours": (0, 8760, "hours", "none"),
        "audit_logs_probe_deadline": (0, LONGEST, "seconds", "one look"),
        "audit_logs_probe_interval": (1, LONGEST, "seconds", ""),
        "audit_logs_probe_repeat": (1, LONGEST, "seconds", ""),
        "audit_logs_timeout": (0, LONGEST, "seconds", "never"),
    }

    # What a subclass says

    def is_source(self, text: str) -> bool:
        """Whether text can be the id of an account of this cloud, or of an organization that its policies name."""
        raise NotImplementedError

    def more_options(self) -> dict:
        """Options of the roles that their argument specifications leave open."""
        return {}

    def value_problem(self, name: str, value) -> str | None:
        """What is wrong with a value that has the right type."""
        return None

    def host_problems(self, host: dict, region, is_archive: bool, is_member: bool) -> list[str]:
        """What is wrong with the variables of a host together."""
        raise NotImplementedError

    def group_problems(self, variables: dict[str, dict], archive: list[str], members: list[str], region: str | None) -> list[str]:
        """What is wrong with the groups."""
        raise NotImplementedError

    def deployment_problems(self, accounts: dict[str, dict], variables: dict[str, dict]) -> list[str]:
        """What is wrong with a deployment whose options are right, each by itself.

        :param accounts: by host.
        :param variables: by host.
        """
        raise NotImplementedError

    def warnings(self, accounts: dict[str, dict]) -> list[str]:
        """What may be wrong with a deployment.

        :param accounts: by host; those of other clouds are not among them.
        """
        having = {}
        for host, account in accounts.items():
            for name, similar in account["misspelt"].items():
                having.setdefault((name, similar), []).append(host)
        return [
            f"{some(hosts)}: the variable {name} is not read by this collection: did you mean {similar}?"
            for (name, similar), hosts in having.items()
        ]

    def home(self, host: dict, region: str | None) -> str | None:
        """The region of an account's session, from the variables of the host."""
        return given(host, f"audit_logs_{self.name}_region", region)

    def session_options(self, host: dict, region: str) -> dict:
        """The options of the module that opens the session in an account."""
        raise NotImplementedError

    def accounts(self, variables: dict[str, dict], archive: list[str], members: list[str], region: str) -> dict[str, dict]:
        """The facts about each account that only this cloud has, by host."""
        raise NotImplementedError

    # What is the same for all

    @functools.cached_property
    def options(self) -> dict:
        """What a host's variables may be, by name, as an argument specification in which nothing has to be given."""
        found = {}
        for role in sorted(ROLES.glob(self.roles)):
            found.update(specification(role.name))
        found.update(self.more_options())
        found.update(COMMON)
        found.update(self.variables)
        return {
            name: {key: value for key, value in option.items() if key not in ("required", "default")}
            for name, option in found.items()
        }

    def read(self, hostvars, groups, region) -> tuple[list[str], dict[str, dict]]:
        """Read this cloud's part of an inventory.

        :param hostvars: variables by host.
        :param groups: names of hosts by group.
        :param region: of accounts that have no region of their own.
        :returns: a sentence for each problem, in the order of the hosts; and without problems, the accounts by host.
        """
        archive, members = list(groups.get(self.archive_group, [])), list(groups.get(self.members_group, []))
        having = {}
        variables = {}
        misspelt = {}
        known = {}
        for host in dict.fromkeys(archive + members):
            own = hostvars[host]
            variables[host], said = self._variables(own)
            misspelt[host] = {name: similar for name in own if (similar := self._similar(name))}
            said += self._values_problems(variables[host], known)
            said += self.host_problems(variables[host], region, host in archive[:1], host in members)
            for problem in said:
                having.setdefault(problem, []).append(host)
        found = self._archive_problem(archive) or self.group_problems(variables, archive, members, region)
        found += self._no_members_problem(variables, groups) + self._names_problem(variables)
        found += [f"{some(names)}: {problem}" for problem, names in having.items()]
        found += self._duplicates(variables)
        found = found or self._removed_problems(variables, archive, members)
        if found:
            return found, {}
        accounts = self.accounts(variables, archive, members, region)
        for host, own in variables.items():
            accounts[host].update(
                name=host, cloud=self.name, account_id=own["account_id"], roles=roles_of(host, archive, members),
                archive=archive[0] if archive else None, region=self.home(own, region),
                session=self.session_options(own, region), options=_options_of_run(own),
                removed_accounts=[one for one in given(own, "audit_logs_removed_accounts", []) if self.is_source(one)], misspelt=misspelt[host],
            )
        found = self.deployment_problems(accounts, variables)
        return (found, {}) if found else ([], accounts)

    def _variables(self, host):
        """Those of a host's variables that are its cloud's, and a sentence for each that is unknown or unresolved."""
        found, said = {}, []
        for name in host:
            if self._is_ours(name) and SECRETS.search(name):
                said.append(
                    f"{name} looks like a secret: remove it from the inventory, and give {self.session_variables}, or credentials in"
                    " the environment"
                )
            elif self._is_ours(name) and not self._is_registered(name) and self._name_problem(name):
                said.append(self._name_problem(name))
            elif name == "account_id" or name in self.options:
                try:
                    value = data(host[name])
                except AnsibleValueOmittedError:
                    continue
                except (AnsibleError, TemplateError) as error:
                    reason = " ".join(str(error).split()).removeprefix("A captured exception marker was tripped: ")
                    missing = re.fullmatch(r"'(\w+)' is undefined", reason)
                    if missing and (missing[1] == "hostvars" or self._is_registered(missing[1])) and name not in self.needed:
                        continue
                    value = UNKNOWN
                    if not missing and re.search(r"\bvault secrets?\b|\bdecrypt", reason, re.I):
                        reason = "it cannot be decrypted: give the password, with --vault-password-file or --ask-vault-pass"
                    said.append(f"{name}: {reason}")
                if value == "" and name.startswith("alibaba_"):  # its tasks would take it for a value
                    said.append(f"{name} is empty: give a value, or leave the variable out")
                elif value is not OMITTED and value != "":  # an empty string means not given
                    found[name] = value
        return found, said

    def _is_ours(self, name):
        return name.startswith(self.prefixes) or (
            name.startswith("audit_logs_") and not name.startswith(("audit_logs_aws_", "audit_logs_alibaba_"))
        )

    def _is_registered(self, name):
        """Whether a host may have the variable from an earlier playbook, or an earlier use of a role, in the same run."""
        role = name.removesuffix("_session")
        return name in SET_BY_PLAYBOOKS | self.set_by_playbooks or role != name and (ROLES / role).exists()

    @functools.cache  # pylint: disable=method-cache-max-size-none
    def _similar(self, name):
        """The option that a variable of somebody else is probably meant to be; None if it is none."""
        if self._is_ours(name) or name in self.options or name.startswith("ansible_"):
            return None
        # The beginning is compared first, because there may be many variables.
        begins = [prefix for prefix in (*self.prefixes, "audit_logs_")
                  if difflib.SequenceMatcher(None, name[:len(prefix)], prefix).ratio() > 0.8]
        good = [known for known in self.options if known.startswith(tuple(begins)) and not self._name_problem(known)]
        return next(iter(difflib.get_close_matches(name, good, n=1, cutoff=0.9)), None) if begins else None

    @functools.cache  # pylint: disable=method-cache-max-size-none
    def _name_problem(self, name):
        reserved = [advice for end, advice in self.reserved.items() if name.endswith(end)]
        if name in COMMON or name in self.variables or name in self.options and not reserved:
            return None
        if name in self.options:
            return f"{name} cannot be set in an inventory: {reserved[0]}"
        good = [known for known in self.options if not self._name_problem(known)]
        similar = difflib.get_close_matches(name, good, n=1)
        return f"there is no option {name}" + (f"; did you mean {similar[0]}?" if similar else "")

    def _values_problems(self, host, known):
        """What is wrong with single values, which are put into the types of their options.

        :param known: problem and value in its type, for values that were checked before.
        """
        found = []
        if "account_id" not in host:
            found.append(f"account_id is missing: give {self.id_example}")
        for name, value in list(host.items()):
            if value is not UNKNOWN:
                key = name, repr(value)
                if key not in known:
                    known[key] = self._checked(name, value)
                problem, host[name] = known[key]
                found += [problem] if problem else []
        return found

    def _checked(self, name, value):
        """A sentence about a value, or None, and the value in the type that the options of the roles give it."""
        if name == "account_id" and isinstance(value, int) and len(str(value)) == self.id_digits:
            value = str(value)  # as from INI files; it has lost no leading zero
        if value is None and name in self.options:
            return f"{name} has no value: give one, or leave the variable out", value
        problem = {**COMMON_CHECKS, **self.checks}[name](value) if name in COMMON_CHECKS or name in self.checks else None
        if problem:
            if name == "account_id" and not isinstance(value, str):
                problem += f"""; in an INI inventory in two kinds of quotes, {name}="'{'1' * self.id_digits}'\""""
            return f"{name}: {problem}" if name != "account_id" else problem, value
        if self.options.get(name, {}).get("type") == "str" and isinstance(value, (list, dict)):  # Ansible would take it for text
            return f"{name}: {value!r} is a {type(value).__name__}, and has to be text", value
        result = ArgumentSpecValidator({name: self.options.get(name, {})}).validate({name: value})
        if result.error_messages:
            unknown = "there is no option " if isinstance(result.errors[0], UnsupportedError) else ""
            return f"{name}: {unknown}{' '.join(result.errors[0].msg.split())}", value
        value = result.validated_parameters[name]
        if self.options.get(name, {}).get("elements") == "str":
            value = [item.strip() for item in value]
        problem = self._range_problem(name, value) or self.value_problem(name, value)
        return f"{name}: {problem}" if problem else None, value

    def _range_problem(self, name, value):
        if name not in self.ranges:
            return None
        least, most, unit, zero = self.ranges[name]
        if least <= value <= most:
            return None
        return f"{value} is not a number of {unit} from {least} to {most}" + (f"; 0 is for {zero}" if zero else "")

    def _archive_problem(self, archive):
        if len(archive) <= 1:
            return []
        return [f"the group {self.archive_group} has {len(archive)} hosts, {', '.join(archive)}: name one account that"
                " gets the logs"]

    def _no_members_problem(self, variables, groups):
        """An empty group may be a failed sync of the inventory; a group that is missing is a choice."""
        archive = groups.get(self.archive_group, [])
        if not archive or groups.get(self.members_group) != [] or given(variables[archive[0]], "audit_logs_no_members"):
            return []
        return [
            f"the group {self.members_group} exists and is empty: put the members into it, or if the deployment shall have none,"
            " give audit_logs_no_members: true, or remove the group"
        ]

    @staticmethod
    def _names_problem(variables):
        """A deployment has one name for all of its accounts."""
        found = [given(one, "audit_logs_deployment", "") for one in variables.values()]
        names = sorted({name for name in found if isinstance(name, str)})
        if len(names) <= 1:
            return []
        return [f"audit_logs_deployment differs between hosts ({', '.join(map(repr, names))}): give all of them the same name"]

    def _removed_problems(self, variables, archive, members):
        """Accounts whose logs may end, and that are collected from."""
        removed = {source for host in archive for source in given(variables[host], "audit_logs_removed_accounts", [])}
        return [
            f"{host}: the account {variables[host]['account_id']} is in {self.members_group} and in audit_logs_removed_accounts:"
            " remove it from one of them"
            for host in members if variables[host].get("account_id") in removed
        ]

    @staticmethod
    def _duplicates(variables):
        by_id = {}
        for host, found in variables.items():
            account = found.get("account_id", UNKNOWN)
            by_id.setdefault(host if account is UNKNOWN else str(account), []).append(host)
        return [
            f"account id {account!r} is that of {' and '.join(names)}: every account is one host, in as many groups as"
            " apply"
            for account, names in by_id.items()
            if len(names) > 1
        ]
