# SPDX-License-Identifier: GPL-3.0-or-later
"""One cloud's half of an inventory: its groups, its variables, and what is wrong with them. Private."""
from __future__ import annotations

import datetime
import difflib
import functools
import re
from collections.abc import Callable, Iterable, Mapping

from ansible.errors import AnsibleError, AnsibleValueOmittedError
from jinja2.exceptions import TemplateError

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._values import shown

from .._roles.options import ROLES, specification
from .._roles.values import checked

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
    "audit_logs_report_max_age": {"type": "int"},
    "audit_logs_report_readers": {"type": "str", "choices": ["owner", "group", "all"]},
    "audit_logs_report_sources": {"type": "list", "elements": "str"},
    "audit_logs_shorten_retention": {"type": "bool"},
    "audit_logs_updated": {"type": "str"},
    "audit_logs_timeout": {"type": "int"},
}
# What the playbooks set themselves: a host has it from an earlier playbook of the same run.
SET_BY_PLAYBOOKS = {
    "audit_logs_account", "audit_logs_computed", "audit_logs_failure", "audit_logs_report", "audit_logs_result",
    "audit_logs_summary", "audit_logs_written",
    # Stats, which a workflow gives to its next runs as variables
    "audit_logs_failed_accounts", "audit_logs_limit",
}
SECRETS = re.compile(r"(secret|aws)_?access_?key|secret_?key|session_?token|security_?token|access_key_secret", re.I)

UNKNOWN = object()  # the value of a variable whose template can't be resolved
OMITTED = object()
_DATA = (str, datetime.date, type(None))


def data(value):
    """A value without templates in it, or OMITTED. Raises for a template that can't be resolved."""
    if isinstance(value, dict):
        found = {key: data(item) for key, item in value.items()}
        return {key: item for key, item in found.items() if item is not OMITTED}
    if isinstance(value, (list, tuple)):
        return [item for item in map(data, value) if item is not OMITTED]
    if isinstance(value, (int, float)):
        return value
    text = str(value)  # raises if it is undefined
    if isinstance(value, str):
        return text
    return value if isinstance(value, _DATA) else OMITTED


def _text_of(value):
    """A value as text by which equal values are found; itself, if Python can't write it."""
    try:
        return repr(value)
    except (ValueError, RecursionError):
        return value if isinstance(value, int) else id(value)


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

    # What a subclass says

    def is_source(self, text: str) -> bool:
        """Whether text can be the id of an account of this cloud, or of an organization that its policies name."""
        raise NotImplementedError

    def id_problem(self, value) -> str | None:
        """What is wrong with the id of an account."""
        raise NotImplementedError

    def more_options(self) -> dict:
        """Options of the roles that their argument specifications leave open."""
        return {}

    def host_problems(self, host: dict, region, is_archive: bool, is_member: bool) -> list[str]:
        """What is wrong with the variables of a host together."""
        raise NotImplementedError

    def group_problems(
        self, variables: dict[str, dict], archive: list[str], members: list[str], region: str | None, is_part: bool = False,
    ) -> list[str]:
        """What is wrong with the groups.

        :param is_part: whether the group of the archive exists and is empty, see lacks_archive().
        """
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

    def lacks_archive(self, groups) -> bool:
        """Whether the archive is elsewhere: a job slice of AWX lists groups whose hosts are in another slice as empty groups."""
        return groups.get(self.archive_group) == [] and bool(groups.get(self.members_group))

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
        found = self._archive_problem(archive)
        if not found and not any(own.get(name) is UNKNOWN for own in variables.values() for name in self.needed):
            found = self.group_problems(variables, archive, members, region, self.lacks_archive(groups))
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
                    f"{name} looks like a secret. Remove it from the inventory, and give {self.session_variables} or credentials in the"
                    " environment instead"
                )
            elif self._is_ours(name) and not self._is_registered(name) and self._name_problem(name):
                said.append(self._name_problem(name))
            elif name == "account_id" or name in self.options:
                value, problem = self._resolved(host, name)
                said += [problem] if problem else []
                if value is not OMITTED and value != "":  # an empty string means not given
                    found[name] = value
        return found, said

    def _resolved(self, variables, name):
        """A variable without templates, or OMITTED if it is not given; UNKNOWN with a sentence if it can't be resolved."""
        try:
            value = data(variables[name])
        except AnsibleValueOmittedError:
            return OMITTED, None
        except RecursionError:
            return UNKNOWN, f"{name} is nested too deeply: give a value with fewer levels"
        except (AnsibleError, TemplateError) as error:
            reason = " ".join(str(error).split()).removeprefix("A captured exception marker was tripped: ")
            missing = re.fullmatch(r"'(\w+)' is undefined", reason)
            if missing and (missing[1] == "hostvars" or self._is_registered(missing[1])) and name not in self.needed:
                return OMITTED, None
            if not missing and re.search(r"\bvault secrets?\b|\bdecrypt", reason, re.I):
                reason = "Ansible cannot decrypt it: give the vault password with --vault-password-file or --ask-vault-pass"
            return UNKNOWN, f"{name}: {reason}"
        return value, None

    def role_problems(self, role: str, variables: Mapping) -> list[str]:
        """What is wrong with the options of a role that is used alone, a sentence for each problem.

        :param variables: of its tasks, by name; reading one resolves its templates.
        """
        names = {**specification(role), **COMMON, **self.variables, "account_id": {}}
        found, said = {}, []
        for name in names:
            if name in variables:
                value, problem = self._resolved(variables, name)
                said += [problem] if problem else []
                if value == "":
                    # The tasks of these roles would take it for a value.
                    if role.startswith("alibaba_") and name in specification(role) and not name.endswith("_account_id"):
                        said.append(f"{name} is empty: give a value, or leave the variable out")
                    continue
                # In a text, it stands for an id of the account that the role learns with its first call.
                if value is not OMITTED and not (isinstance(value, str) and "<<Omit>>" in value):
                    found[name] = value
        return said + self._values_problems({"account_id": UNKNOWN, **found}, {})

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
                key = name, _text_of(value)
                if key not in known:
                    known[key] = self._checked(name, value)
                problem, value = known[key]
                host[name] = UNKNOWN if problem else value
                found += [problem] if problem else []
        return found

    def _checked(self, name, value):
        """A sentence about a value, or None, and the value in the type of its option."""
        if value is None:
            return f"{name} has no value: give one, or leave the variable out", value
        if name.endswith("account_id"):
            if isinstance(value, int) and not isinstance(value, bool) and len(shown(value)) == self.id_digits:
                value = str(value)  # as from INI files; it has lost no leading zero
            problem = self.id_problem(value)
            if problem and not isinstance(value, str):
                problem += f"""; in an INI inventory in two kinds of quotes, {name}="'{'1' * self.id_digits}'\""""
            return problem and (problem if name == "account_id" else f"{name}: {problem}"), value
        problem, value = checked(name, self.options[name], value, self.name)
        return f"{name}: {problem}" if problem else None, value

    def _archive_problem(self, archive):
        if len(archive) <= 1:
            return []
        return [f"the group {self.archive_group} has {len(archive)} hosts ({', '.join(archive)}). Leave one archive account in it"]

    def _no_members_problem(self, variables, groups):
        """An empty group may be a failed sync of the inventory; a group that is missing is a choice."""
        archive = groups.get(self.archive_group, [])
        if not archive or groups.get(self.members_group) != [] or given(variables[archive[0]], "audit_logs_no_members"):
            return []
        return [
            f"the group {self.members_group} is empty. Put the member accounts into it. If the deployment has no members on purpose, set"
            " audit_logs_no_members: true, or remove the group"
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
            f"{host}: account {variables[host]['account_id']} is both in {self.members_group} and in audit_logs_removed_accounts: remove"
            " it from one of them"
            for host in members if variables[host].get("account_id") in removed
        ]

    @staticmethod
    def _duplicates(variables):
        by_id = {}
        for host, found in variables.items():
            account = found.get("account_id", UNKNOWN)
            by_id.setdefault(host if account is UNKNOWN else str(account), []).append(host)
        return [
            f"the hosts {' and '.join(names)} have the same account id {account!r}. Use one host per account, and put it into all groups"
            " that apply"
            for account, names in by_id.items()
            if len(names) > 1
        ]
