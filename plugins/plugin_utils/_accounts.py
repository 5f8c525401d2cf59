# SPDX-License-Identifier: GPL-3.0-or-later
"""The accounts of an organization as hosts of an inventory, the same for all clouds. Private.

An account is a dictionary with C(id), C(name), C(status), C(joined) (an ISO date), if the cloud gives it C(email), and, if they were
read, C(unit) (id of the unit that has it) and C(tags). A unit is what the cloud calls an organizational unit or a folder.
"""
from __future__ import annotations

import collections
import dataclasses
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator

from ansible import constants as C
from ansible.errors import AnsibleError, AnsibleParserError

from ..module_utils._secrets import without_secrets
from ..module_utils._values import printable

PROBLEMS = "audit_logs_inventory_problems"  # variable, which preflight refuses
_FORMAT = 1  # of an entry in the cache
_OUR_GROUPS = ("aws_archive", "aws_members", "alibaba_archive", "alibaba_members")
_RESERVED = {"all", "ungrouped", "localhost", *_OUR_GROUPS}


class AccountsError(AnsibleParserError):
    """Why there is no inventory: a sentence."""


@dataclasses.dataclass
class Organization:
    """All accounts of an organization, also those that can't be hosts."""

    id: str
    accounts: list[dict]
    units: dict[str, dict] | None = None  # name and parent by id; the root's parent is None. None: they were not read
    has_tags: bool = False

    def above(self, unit: str) -> Iterator[str]:
        """Ids of a unit and of all units that it is in, the root last."""
        here: str | None = unit
        while here is not None:
            yield here
            here = self.units[here]["parent"]

    def path(self, unit: str) -> str:
        """The names of a unit and of all units that it is in, such as /Workloads/Prod; / is the root."""
        return "/" + "/".join(reversed([self.units[one]["name"] for one in self.above(unit)][:-1]))


def pages(fetch: Callable, what: str) -> Iterator:
    """All items of a list that comes in pages.

    :param fetch: gets the token of a page, None for the first, and returns its items and the token of the next page, if there is one.
    :param what: the list, for messages.
    :raises AccountsError: the same page is announced again, so the list would never end, or have gaps.
    """
    seen, token = set(), None
    while True:
        items, token = fetch(token)
        yield from items
        if not token:  # a page may be empty although others follow
            return
        if token in seen:
            raise incomplete(what, "the service returned the same page token twice")
        seen.add(token)


def incomplete(what: str, reason: str) -> AccountsError:
    """The error for a list that may lack accounts, which nobody must take for an organization with fewer accounts."""
    return AccountsError(f"The list of {what} may be incomplete: {reason}. No inventory was created. Run the command again")


def check(accounts: Iterable[dict], what: str, *expected: str) -> None:
    """Refuse a list of accounts that has gaps or repeats.

    :param expected: ids of accounts that the list has to contain.
    :raises AccountsError: an account is missing or occurs twice.
    """
    counts = collections.Counter(account["id"] for account in accounts)
    twice = [account for account, count in counts.items() if count > 1]
    if twice:
        raise incomplete(what, f"account {twice[0]} is listed twice")
    missing = [account for account in expected if account not in counts]
    if missing:
        raise incomplete(what, f"account {missing[0]} is missing")


def place(organization: Organization, walked: Iterable[tuple[str, str]]) -> None:
    """Give each account the unit that it was found in.

    Accounts move, come and leave during a walk. The list of all accounts is one read, which the walk must confirm.

    :param walked: id of an account and of the unit in which it was found.
    :raises AccountsError: the walk found other accounts than the list has.
    """
    found = collections.defaultdict(list)
    for account, unit in walked:
        found[account].append(unit)
    for account in organization.accounts:
        if len(found[account["id"]]) != 1:
            how = "twice" if found[account["id"]] else "not at all"
            raise incomplete("accounts by unit", f"account {account['id']} was found {how}. It was probably moved meanwhile")
        [account["unit"]] = found[account["id"]]
    unknown = found.keys() - {account["id"] for account in organization.accounts}
    if unknown:
        raise incomplete("accounts", f"account {min(unknown)} is in a unit, but not in the list of all accounts")


class Selection:
    """Finds accounts by what the options say."""

    def __init__(self, organization: Organization, unit_word: str):
        self._organization, self._unit_word = organization, unit_word
        self._by_id = {account["id"]: account for account in organization.accounts}

    def account(self, text: str, option: str) -> dict:
        """The account with this id, else the one with this name.

        :raises AccountsError: there is none, or several have this name.
        """
        if text in self._by_id:
            return self._by_id[text]
        found = [account for account in self._organization.accounts if account["name"] == text]
        if len(found) == 1:
            return found[0]
        if found:
            ids = ", ".join(account["id"] for account in found[:3])
            raise AccountsError(f"{option}: {len(found)} accounts have the name {text!r} ({ids}): give the id of the one that you mean")
        raise AccountsError(f"{option}: organization {self._organization.id} has no account with the id or name {text!r}: correct it")

    def ids(self, items: list[dict], option: str) -> set[str]:
        """Ids of the accounts that one of the items of include or exclude names.

        :raises AccountsError: an item names nothing.
        """
        found: set[str] = set()
        for item in items:
            [(kind, value)] = item.items()
            if kind == "account":
                found.add(self.account(value, option)["id"])
            elif kind == "tag":
                found |= self._tagged(value, option)
            else:
                found |= self._in_unit(value, option)
        return found

    def _tagged(self, tags: dict, option: str) -> set[str]:
        found = {account["id"] for account in self._organization.accounts if tags.items() <= account["tags"].items()}
        if not found:
            raise AccountsError(f"{option}: no account has the tag {' and '.join(f'{k}={v}' for k, v in tags.items())}: correct it")
        return found

    def _in_unit(self, text: str, option: str) -> set[str]:
        """The accounts in a unit and below; they may be none."""
        organization, path = self._organization, text.rstrip("/") or "/"
        units = [unit for unit in organization.units if unit == text or text.startswith("/") and organization.path(unit) == path]
        if not units:
            raise AccountsError(f"{option}: organization {organization.id} has no {self._unit_word} {text!r}: give its id, or its path"
                                " such as /Workloads/Prod")
        if len(units) > 1:  # names may contain slashes
            raise AccountsError(f"{option}: {' and '.join(units)} have the path {text!r}: give the id of the one that you mean")
        return {account["id"] for account in organization.accounts if units[0] in organization.above(account["unit"])}


def check_items(items: object, option: str, unit_word: str) -> None:
    """Refuse an include or exclude that is not of the documented form.

    :raises AccountsError: it is not.
    """
    for item in items if isinstance(items, list) else [items]:
        kind, value = next(iter(item.items())) if isinstance(item, dict) and len(item) == 1 else (None, None)
        good = kind in ("account", unit_word) and isinstance(value, str) and value != ""
        if kind == "tag":
            good = isinstance(value, dict) and value != {} and all(isinstance(one, str) for pair in value.items() for one in pair)
        if not good:
            raise AccountsError(f"{option}: {item!r} is not valid. Write {{account: id or name}}, {{{unit_word}: id or path}} or"
                                f" {{tag: {{key: value}}}}, with ids and values in quotes")


def host_names(accounts: list[dict], by: str) -> dict[str, str]:
    """The names of hosts by the ids of their accounts.

    :param by: account_id, or name: letters, digits and . _ - of the account's name, and if that is no unique name, the id as well.
    """
    if by == "account_id":
        return {account["id"]: account["id"] for account in accounts}
    plain = {account["id"]: _plain(account["name"]) for account in accounts}
    counts = collections.Counter(name.casefold() for name in plain.values())
    named = {}
    for account, name in plain.items():
        # A name that ends in the id of another account could be what that account is named here.
        end = name.rpartition("-")[2]
        unique = counts[name.casefold()] == 1 and name.casefold() not in _RESERVED and (end == account or end not in plain)
        named[account] = name if name and unique else f"{name}-{account}".lstrip("-")
    return named


def _plain(name: str) -> str:
    """What --limit and the patterns of plays take for one name."""
    return re.sub(r"[^\w.-]+", "-", unicodedata.normalize("NFC", name)).strip("-.")


class AccountsInventory:
    """What the inventory plugins have in common; a mixin for Ansible's BaseInventoryPlugin, Constructable and Cacheable.

    A plugin gives C(cloud), C(unit_word), C(active) (the status of an account that is in use) and C(INVENTORY_FILE_SUFFIXES). If several
    statuses mean that, it has its own C(is_active).
    """

    cloud: str
    unit_word: str
    active: str

    def verify_file(self, path):
        """Whether a file has a name for this plugin."""
        return super().verify_file(path) and path.endswith(self.INVENTORY_FILE_SUFFIXES)

    def guard(self, work: Callable[[], None]) -> None:
        """Do the work of C(parse). Ansible goes on after a failure, so a variable of all hosts tells the playbooks of it.

        :raises AccountsError: there is no inventory, or not all of it.
        """
        try:
            work()
        except Exception as error:  # whatever it is, the playbooks must not take what is there for the whole inventory
            text = str(error) if isinstance(error, AnsibleError) else f"The plugin failed: {type(error).__name__}: {without_secrets(str(error))}"
            sentence = printable(" ".join(text.splitlines()))
            known = self.inventory.groups["all"].vars.get(PROBLEMS, [])
            self.inventory.set_variable("all", PROBLEMS, [*known, sentence])
            raise AccountsError(sentence) from None

    def is_active(self, account: dict) -> bool:
        """Whether an account is in use."""
        return account["status"] == self.active

    def _read_config_data(self, path):
        """Read the file. Ansible ignores an option that does not exist, so a mistyped exclude would exclude nobody.

        :raises AccountsError: there is such an option.
        """
        config = super()._read_config_data(path)
        defined = C.config.get_configuration_definitions("inventory", self._load_name)
        known = {*defined, *(alias for option in defined.values() for alias in option.get("aliases", []))}
        unknown = sorted(config.keys() - known)
        if unknown:
            raise AccountsError(f"{', '.join(unknown)}: this plugin has no such option: correct the name")
        return config

    def check_options(self) -> None:
        """Refuse options that no account could fit, before the first call."""
        for option in ("include", "exclude"):
            check_items(self.get_option(option), option, self.unit_word)

    def needs(self, what: str) -> bool:
        """Whether the units ("paths") or the tags ("tags") of all accounts have to be read."""
        kind = {"paths": self.unit_word, "tags": "tag"}[what]
        return self.get_option(what) or any(kind in item for item in [*self.get_option("include"), *self.get_option("exclude")])

    def cached(self, path: str, cache: bool, organization: str) -> Organization | None:
        """What the cache has of this organization, if it has all that is needed."""
        if not cache or not self.get_option("cache"):
            return None
        try:
            entry = self._cache[self.get_cache_key(path)]
        except KeyError:
            return None
        if not isinstance(entry, dict) or entry.get("format") != _FORMAT or entry.get("id") != organization:
            return None
        found = Organization(entry["id"], entry["accounts"], entry["units"], entry["has_tags"])
        lacking = self.needs("paths") and found.units is None or self.needs("tags") and not found.has_tags
        return None if lacking else found

    def keep(self, path: str, organization: Organization) -> None:
        """Put into the cache what was read."""
        if self.get_option("cache"):
            self._cache[self.get_cache_key(path)] = {"format": _FORMAT, **dataclasses.asdict(organization)}

    def populate(self, organization: Organization, variables: Callable[[dict], dict], group_variables: dict) -> None:
        """Make hosts of the accounts.

        :param variables: gets an account, and returns variables of its host that the cloud defines.
        :param group_variables: variables of the groups of archive and members.
        :raises AccountsError: an option names no account, or nobody is left.
        """
        members, archive, skipped = self._selected(organization)
        hosts = {account["id"]: account for account in [*members, *archive]}
        names = host_names(list(hosts.values()), self.get_option("hostnames"))
        groups = {f"{self.cloud}_members": members, **({f"{self.cloud}_archive": archive} if archive else {})}
        for group, accounts in groups.items():
            self.inventory.add_group(group)
            for name, value in group_variables.items():
                self.inventory.set_variable(group, name, value)
            for account in accounts:
                self.inventory.add_host(names[account["id"]], group=group)
        self.inventory.set_variable(f"{self.cloud}_members", "skipped_accounts", skipped)
        before = self._in_our_groups()
        for account in hosts.values():
            self._add_variables(names[account["id"]], {**self._variables(organization, account), **variables(account)})
        more = self._in_our_groups() - before
        if more:  # the name of a group may come from a tag, which others can set
            host, group = min(more)
            raise AccountsError(f"groups or keyed_groups would add {host} to the group {group}, but only the options archive, include and"
                                " exclude choose its hosts. Give your group another name")

    def _selected(self, organization: Organization) -> tuple[list[dict], list[dict], list[dict]]:
        """The members, the archive, if there is one, and what is not a host because of its status."""
        selection = Selection(organization, self.unit_word)
        include, exclude = self.get_option("include"), self.get_option("exclude")
        wanted = selection.ids(include, "include") if include else {account["id"] for account in organization.accounts}
        wanted -= selection.ids(exclude, "exclude")
        archive = [selection.account(self.get_option("archive"), "archive")] if self.get_option("archive") else []
        for account in archive:
            if not self.is_active(account):
                raise AccountsError(f"archive: account {account['id']} has the status {account['status']}. Give an account that is"
                                    f" {self.active}")
        chosen = [account for account in organization.accounts if account["id"] in wanted]
        members = [account for account in chosen if self.is_active(account)]
        if not members:
            raise AccountsError(f"include, exclude: they select no account of organization {organization.id} that is {self.active}."
                                " Correct these options")
        skipped = [
            {"id": account["id"], "name": account["name"], "reason": f"its status is {account['status']}"}
            for account in chosen if not self.is_active(account)
        ]
        for one in skipped:
            self.display.v(f"Account {one['id']} ({one['name']}) is not a host: {one['reason']}")
        return members, archive, skipped

    def _variables(self, organization: Organization, account: dict) -> dict:
        found = {f"account_{name}": account[name] for name in ("id", "name", "status", "joined")}
        if self.needs("paths"):
            found["account_path"] = organization.path(account["unit"])
        if self.needs("tags"):
            found["account_tags"] = account["tags"]
        if "email" in account and self.get_option("emails"):
            found["account_email"] = account["email"]
        return found

    def _add_variables(self, host: str, variables: dict) -> None:
        for name, value in variables.items():
            self.inventory.set_variable(host, name, value)
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), variables, host, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), variables, host, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, host, strict=strict)

    def _in_our_groups(self) -> set[tuple[str, str]]:
        known = self.inventory.groups
        return {(host.name, group) for group in _OUR_GROUPS if group in known for host in known[group].get_hosts()}
