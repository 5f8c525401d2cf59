# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RAM's policies: reading them, and what they say about a request.

Rules: the RAM help pages "Policy structure and syntax", "Policy elements", "Conditional operators" and "Policy
evaluation process". What they don't mention is refused: assumption alibaba-policy-grammar.
"""
from __future__ import annotations

import enum
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ..wildcards import expression
from .conditions import OPERATORS, Test

_VERSION = "1"
_ACTION = re.compile(r"\*|[A-Za-z0-9_*?.-]+:[A-Za-z0-9_*?./:-]+")
_RESOURCE = re.compile(r"\*|acs:[^:\s]+:[^:\s]*:[^:\s]*:.+", re.DOTALL)
_PRINCIPALS = {
    "RAM": re.compile(r"acs:ram::[0-9]{1,20}:(root|user/[^*?\s/]+|role/[^*?\s/]+)"),
    "Service": re.compile(r"([0-9]{1,20}@)?[a-z0-9-]+(\.[a-z0-9-]+)*\.aliyuncs\.com"),
    "Federated": re.compile(r"acs:ram::[0-9]{1,20}:(saml|oidc)-provider/[^*?\s/]+"),
}
_ASSUME_ROLE = "sts:AssumeRole"
_NO_TEXT = re.compile("[\ud800-\udfff]")

Matcher = Callable[[str], bool]


class PolicyError(ValueError):
    """The document breaks the grammar of policies."""


class Decision(enum.Enum):
    """What policies say; silence is an implicit deny."""

    ALLOW = "allow"
    DENY = "deny"
    SILENT = "silent"


@dataclass(frozen=True)
class Request:
    """What is asked for.

    :param action: such as ``ram:CreateRole``.
    :param resource: its ARN, as the service's document of its permissions writes it; ``*`` if there is no resource.
    :param context: condition keys; values are a string or several strings.
    """

    action: str
    resource: str
    context: Mapping[str, str | list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Statement:
    """A statement, taken apart.

    :param principals: of a trust policy: the names of each kind.
    :param conditions: all of them have to hold: key and what its values have to be.
    """

    allows: bool
    action: Matcher
    resource: Matcher
    principals: Mapping[str, frozenset[str]]
    conditions: tuple[tuple[str, Test], ...]

    def holds(self, context: Mapping[str, str | list[str]]) -> bool:
        """Whether all conditions hold."""
        for key, test in self.conditions:
            values = context.get(key, [])
            if not test([values] if isinstance(values, str) else values):
                return False
        return True


@dataclass(frozen=True)
class Policy:
    """A policy document, taken apart."""

    statements: tuple[Statement, ...]


@lru_cache(maxsize=16384)
def parse(document: str) -> Policy:
    """Read a policy that says what somebody may do.

    :raises PolicyError: it is not JSON, or an element is missing, unknown or of the wrong form.
    """
    return Policy(tuple(_identity_statement(statement) for statement in _statements(document)))


@lru_cache(maxsize=16384)
def parse_trust(document: str) -> Policy:
    """Read a policy that says who may assume a role.

    :raises PolicyError: it is not JSON, or an element is missing, unknown or of the wrong form.
    """
    return Policy(tuple(_trust_statement(statement) for statement in _statements(document)))


def evaluate(policies: Iterable[Policy], request: Request) -> Decision:
    """What some policies together say: a deny wins over every allow."""
    decision = Decision.SILENT
    for policy in policies:
        for statement in policy.statements:
            if decision is Decision.ALLOW and statement.allows:
                continue
            if not (statement.action(request.action) and statement.resource(request.resource)
                    and statement.holds(request.context)):
                continue
            if not statement.allows:
                return Decision.DENY
            decision = Decision.ALLOW
    return decision


def trusts(
    document: str, kind: str, names: Iterable[str], context: Mapping[str, str | list[str]] | None = None
) -> bool:
    """Whether a role's trust policy lets somebody in.

    :param kind: of who asks: ``RAM``, ``Service`` or ``Federated``.
    :param names: all by which the asker is known: a user also by the ``root`` of its account, and a service that acts
        for the account of the role also without the account's id.
    :raises PolicyError: it is no trust policy.
    """
    return judge_trust(document, kind, names, context) is Decision.ALLOW


def judge_trust(
    document: str, kind: str, names: Iterable[str], context: Mapping[str, str | list[str]] | None = None
) -> Decision:
    """What a role's trust policy says about somebody; parameters as those of trusts().

    :raises PolicyError: it is no trust policy.
    """
    known = {name.lower() for name in names}
    decision = Decision.SILENT
    for statement in parse_trust(document).statements:
        if known.isdisjoint(statement.principals.get(kind, ())):
            continue
        if statement.holds(context or {}):
            if not statement.allows:
                return Decision.DENY
            decision = Decision.ALLOW
    return decision


def principals(document: str) -> dict[str, set[str]]:
    """The principals that a trust policy names, by kind.

    :raises PolicyError: it is no trust policy.
    """
    found: dict[str, set[str]] = {}
    for statement in parse_trust(document).statements:
        for kind, names in statement.principals.items():
            found.setdefault(kind, set()).update(names)
    return found


def as_list(value: Any) -> list:
    """One value or several: policies write both."""
    return value if isinstance(value, list) else [value]


# Grammar

def _statements(document: str) -> list[dict[str, Any]]:
    try:
        content = json.loads(document, object_pairs_hook=_unique)
    except RecursionError:
        raise PolicyError("The policy is nested too deeply") from None
    except PolicyError:
        raise
    except ValueError as error:  # numbers can be too long, too
        raise PolicyError(f"The policy is not JSON: {error}") from None
    if not isinstance(content, dict):
        raise PolicyError("The policy is not an object")
    if _NO_TEXT.search(json.dumps(content, ensure_ascii=False)):
        raise PolicyError("The policy has half a character in it")
    _check_names(content, {"Version", "Statement"}, {"Version", "Statement"}, "policy")
    if content["Version"] != _VERSION:
        raise PolicyError(f'The Version of the policy is not "{_VERSION}"')
    statements = content["Statement"]
    if not isinstance(statements, list) or not statements:
        raise PolicyError("The Statement of the policy is not a list of statements")
    if not all(isinstance(statement, dict) for statement in statements):
        raise PolicyError("A statement is not an object")
    return statements


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        raise PolicyError("An element is there twice")
    return content


def _check_names(element: Mapping[str, Any], allowed: set[str], required: set[str], what: str) -> None:
    unknown, missing = element.keys() - allowed, required - element.keys()
    if unknown:
        raise PolicyError(f"The {what} has an unknown element: {min(unknown)}")
    if missing:
        raise PolicyError(f"The {what} lacks {min(missing)}")


def _identity_statement(statement: dict[str, Any]) -> Statement:
    _check_names(statement, {"Effect", "Action", "NotAction", "Resource", "Condition"}, {"Effect", "Resource"},
                 "statement")
    if ("Action" in statement) == ("NotAction" in statement):
        raise PolicyError("A statement has either Action or NotAction")
    named = "Action" if "Action" in statement else "NotAction"
    matches = _matcher(_strings(statement[named], _ACTION, named), lambda pattern: True)
    return Statement(
        _allows(statement),
        matches if named == "Action" else lambda action: not matches(action),
        # RAM's own names are the same in any case, and those in ARNs are in lower case.
        _matcher(_strings(statement["Resource"], _RESOURCE, "Resource"),
                 lambda pattern: pattern.startswith("acs:ram:")),
        {},
        _conditions(statement),
    )


def _trust_statement(statement: dict[str, Any]) -> Statement:
    _check_names(statement, {"Effect", "Action", "Principal", "Condition"}, {"Effect", "Action", "Principal"},
                 "statement")
    if as_list(statement["Action"]) != [_ASSUME_ROLE]:
        raise PolicyError(f"The Action of a trust policy is {_ASSUME_ROLE}")
    principals = statement["Principal"]
    if not isinstance(principals, dict) or not principals:
        raise PolicyError("The Principal is not an object")
    _check_names(principals, set(_PRINCIPALS), set(), "Principal")
    return Statement(
        _allows(statement),
        lambda action: True,
        lambda resource: True,
        {
            kind: frozenset(name.lower() for name in _strings(names, _PRINCIPALS[kind], kind))
            for kind, names in principals.items()
        },
        _conditions(statement),
    )


def _allows(statement: Mapping[str, Any]) -> bool:
    if statement["Effect"] not in ("Allow", "Deny"):
        raise PolicyError("The Effect is neither Allow nor Deny")
    return statement["Effect"] == "Allow"


def _strings(value: Any, pattern: re.Pattern[str], what: str) -> list[str]:
    texts = as_list(value)
    if not texts or not all(isinstance(text, str) for text in texts):
        raise PolicyError(f"{what} is not a string or a list of strings")
    for text in texts:
        if not pattern.fullmatch(text):
            raise PolicyError(f"{what} is invalid: {text}")
    return texts


def _conditions(statement: Mapping[str, Any]) -> tuple[tuple[str, Test], ...]:
    condition = statement.get("Condition", {})
    if not isinstance(condition, dict):
        raise PolicyError("The Condition is not an object")
    return tuple(
        (key, _test(operator, key, values))
        for operator, pairs in condition.items()
        for key, values in _pairs(operator, pairs)
    )


def _pairs(operator: str, pairs: Any) -> Iterable[tuple[str, Any]]:
    if operator not in OPERATORS:
        raise PolicyError(f"There is no condition operator {operator}")
    if not isinstance(pairs, dict) or not pairs:
        raise PolicyError(f"{operator} is not an object with condition keys")
    return pairs.items()


def _test(operator: str, key: str, values: Any) -> Test:
    if not re.fullmatch(r"[A-Za-z0-9-]+:\S+", key):
        raise PolicyError(f"The condition key is invalid: {key}")
    texts = as_list(values)
    if not texts or not all(isinstance(text, str) for text in texts):
        raise PolicyError(f"The values of the condition key {key} are not strings")
    try:
        return OPERATORS[operator](texts)
    except ValueError:
        raise PolicyError(f"A value of the condition key {key} is not one for {operator}") from None


def _matcher(patterns: list[str], ignores_case: Callable[[str], bool]) -> Matcher:
    if "*" in patterns:
        return lambda text: True
    expressions = (f"(?i:{expression(each)})" if ignores_case(each) else expression(each) for each in patterns)
    fullmatch = re.compile("|".join(expressions), re.DOTALL).fullmatch
    return lambda text: fullmatch(text) is not None
