# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The permissions that the playbooks need: the tables in docs/permissions, and the policies that are made of them.

A table is a file C(docs/permissions/CLOUD.yml). Each of its C(statements) has these keys:

C(sid)
    The name of the statement, in CamelCase.
C(accounts)
    The kinds of accounts that need it: C(archive), C(member), C(management).
C(runs)
    The playbooks that need it: C(setup), C(verify), C(destroy). C(setup) includes the plan.
C(actions), C(resources), C(conditions)
    As in a policy, with placeholders in capitals for what a deployment chooses. C(conditions) is optional.
C(needed_if)
    Optional. The variables of the inventory with which the statement is needed, with a value, a list of values, or C(given).
    All of them must be so. Or a text, if no variable says it.
C(bounded)
    Optional. Whether the statement can require that its roles have a permissions boundary.
C(why)
    What the actions are for, in one sentence.
"""
from __future__ import annotations

import functools
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import yaml
from helpers import ROOT

FOLDER = ROOT / "docs/permissions"
ACCOUNTS = ("archive", "member", "management")
RUNS = ("setup", "verify", "destroy")
GIVEN = "given"
_PLACEHOLDER = re.compile(r"\b[A-Z][A-Z_]*[A-Z]\b")


@dataclass(frozen=True)
class Cloud:
    """What policies of a cloud look like.

    :ivar title: the name of the cloud, as in a sentence.
    :ivar version: of the policy language.
    :ivar has_sids: whether a statement may have a Sid.
    :ivar limit: characters of a policy without white space.
    """

    title: str
    version: str
    has_sids: bool
    limit: int


CLOUDS = {
    # "IAM and AWS STS quotas" (IAM User Guide): a managed policy has at most 6,144 characters; white space does not count.
    "aws": Cloud("AWS", "2012-10-17", True, 6144),
    # "Limits" (Resource Access Management): a custom policy has at most 6,144 characters. Statements have no Sid.
    "alibaba": Cloud("Alibaba Cloud", "1", False, 6144),
}


@dataclass(frozen=True)
class Statement:
    """A row of a table, see the keys above."""

    sid: str
    accounts: list[str]
    runs: list[str]
    actions: list[str]
    resources: list[str]
    why: str
    conditions: dict[str, dict[str, Any]] = field(default_factory=dict)
    needed_if: dict[str, Any] | str = field(default_factory=dict)
    bounded: bool = False

    def with_boundary(self) -> Statement:
        """The statement for roles with a permissions boundary."""
        if not self.bounded:
            return self
        return replace(self, actions=[*self.actions, "iam:PutRolePermissionsBoundary"],
                       conditions={**self.conditions, "StringEquals": {"iam:PermissionsBoundary": "BOUNDARY"}})

    def is_needed(self, variables: dict[str, Any]) -> bool:
        """Whether an account with these variables, defaults included, may need the statement."""
        return isinstance(self.needed_if, str) or all(_has(variables.get(name), wanted) for name, wanted in self.needed_if.items())


def _has(value: Any, wanted: Any) -> bool:
    if wanted == GIVEN:
        return value not in (None, "", [], {})
    return value in wanted if isinstance(wanted, list) else value == wanted


@functools.cache
def table(cloud: str) -> dict[str, Any]:
    """The table of a cloud, as it is written; empty if there is none."""
    path = FOLDER / f"{cloud}.yml"
    return yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}


@functools.cache
def statements(cloud: str, account: str, run: str) -> tuple[Statement, ...]:
    """The statements of a policy file, in the order of the table."""
    found = (Statement(**row) for row in table(cloud).get("statements", []))
    return tuple(one for one in found if account in one.accounts and run in one.runs)


def files(cloud: str) -> list[tuple[str, str]]:
    """The policy files of a cloud: account and run of those that have a statement."""
    return [(account, run) for account in ACCOUNTS for run in RUNS if statements(cloud, account, run)]


def has_boundary(cloud: str, account: str, run: str) -> bool:
    """Whether there is a policy file for roles with a permissions boundary, too."""
    return any(one.bounded for one in statements(cloud, account, run))


def placeholders(cloud: str, account: str, run: str) -> list[str]:
    """The placeholders in a policy file."""
    text = str([(one.resources, one.conditions) for one in statements(cloud, account, run)])
    return sorted(set(_PLACEHOLDER.findall(text)))


def policy(
    cloud: str, account: str, run: str, *, variables: dict[str, Any] | None = None, without: Collection[tuple[str, str]] = (),
    bounded: bool = False, **values: str,
) -> dict[str, Any]:
    """The policy of a file.

    :param account: one of ACCOUNTS.
    :param run: one of RUNS.
    :param variables: of the inventory, with defaults: statements that they do not need are left out. None: all statements.
    :param without: actions that are left out, each with the name of its statement.
    :param bounded: whether the roles have a permissions boundary.
    :param values: what replaces the placeholders. A placeholder without a value stays.
    """
    chosen = [one.with_boundary() if bounded else one for one in statements(cloud, account, run)
              if variables is None or one.is_needed(variables)]
    left = [replace(one, actions=[action for action in one.actions if (one.sid, action) not in without]) for one in chosen]
    return {"Version": CLOUDS[cloud].version, "Statement": [_element(cloud, one, values) for one in left if one.actions]}


def extra_variables(arguments: Sequence[str]) -> dict[str, Any]:
    """The variables that arguments of ansible-playbook give with -e. An empty string gives none."""
    found: dict[str, Any] = {}
    pairs = [*zip(arguments, arguments[1:], strict=False), *(("-e", one[2:]) for one in arguments if one.startswith("-e") and one != "-e")]
    for flag, text in pairs:
        if flag in ("-e", "--extra-vars") and text.startswith("{"):
            found.update(yaml.safe_load(text))
        elif flag in ("-e", "--extra-vars") and "=" in text and not text.startswith("@"):
            name, _equals, value = text.partition("=")
            found[name] = yaml.safe_load(value) if value in ("true", "false") else value
    return given(found)


def given(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """Variables, the strongest last; without those that are an empty string, which means not given."""
    found = {name: value for layer in layers for name, value in layer.items()}
    return {name: value for name, value in found.items() if value != ""}


def _element(cloud: str, one: Statement, values: dict[str, str]) -> dict[str, Any]:
    element: dict[str, Any] = {"Sid": one.sid} if CLOUDS[cloud].has_sids else {}
    element |= {"Effect": "Allow", "Action": sorted(one.actions), "Resource": one.resources}
    if one.conditions:
        element["Condition"] = one.conditions
    return _filled(element, values)


def _filled(value: Any, values: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(item, values) for name, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, values) for item in value]
    return _PLACEHOLDER.sub(lambda match: values.get(match[0], match[0]), value) if isinstance(value, str) else value
