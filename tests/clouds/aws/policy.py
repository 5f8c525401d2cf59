# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IAM policies: reading them, and what they say about a request.

Rules: "IAM JSON policy elements reference" and "Policy evaluation logic" in the IAM User Guide.

Why not a library: PyPI has linters (parliament, policy_sentry, policyuniverse) and no evaluator that is kept up;
moto's own leaves out resources, conditions and resource policies.
"""
from __future__ import annotations

import base64
import enum
import ipaddress
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any

from ..wildcards import expression
from .partition import partition

VERSIONS = ("2008-10-17", "2012-10-17")
_STATEMENT_ELEMENTS = frozenset({
    "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
})
_PRINCIPAL_TYPES = frozenset({"AWS", "CanonicalUser", "Federated", "Service"})
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_VARIABLE_WITH_DEFAULT = re.compile(r"([^,]+?)\s*,\s*'([^']*)'")


class PolicyError(ValueError):
    """The document breaks the grammar of policies."""


class Decision(enum.Enum):
    """What policies say; silence is an implicit deny."""

    ALLOW = "allow"
    DENY = "deny"
    SILENT = "silent"


@dataclass(frozen=True)
class Principal:
    """Who asks, as a resource policy sees it.

    :param service: a service principal such as ``cloudtrail.amazonaws.com``.
    :param account: 12 digits.
    :param arns: the ARNs that name the caller: of the user, or of the session and its role.
    """

    service: str | None = None
    account: str | None = None
    arns: tuple[str, ...] = ()

    @property
    def is_service(self) -> bool:
        return self.service is not None


@dataclass(frozen=True)
class Request:
    """What is asked for.

    :param action: such as ``s3:PutObject``.
    :param resource: its ARN, or ``*``; None where the policy has no Resource element, as a role's trust policy.
    :param context: condition keys; values are a string or several strings. Names don't depend on case.
    """

    action: str
    resource: str | None
    principal: Principal | None = None
    context: Mapping[str, str | Iterable[str]] = field(default_factory=dict)

    def values(self, key: str) -> list[str] | None:
        """Values of a condition key, or None if the request does not have it."""
        wanted = key.lower()
        for name, value in self.context.items():
            if name.lower() == wanted:
                return [value] if isinstance(value, str) else list(value)
        return None


@dataclass(frozen=True)
class Policy:
    """A policy document, taken apart."""

    version: str
    statements: tuple[Mapping[str, Any], ...]

    @property
    def has_variables(self) -> bool:
        """Variables came with the version 2012-10-17; before, ``${`` was plain text."""
        return self.version == "2012-10-17"


@lru_cache(maxsize=4096)
def parse(document: str) -> Policy:
    """Read a policy.

    :raises PolicyError: it is not JSON, or an element is missing, unknown or of the wrong type.
    """
    try:
        content = json.loads(document)
    except ValueError as error:
        raise PolicyError(f"Syntax errors in policy: {error}") from None
    if not isinstance(content, dict) or not content.keys() <= {"Version", "Id", "Statement"}:
        raise PolicyError("A policy is an object with Version, Id and Statement")
    version = content.get("Version", "2008-10-17")
    if version not in VERSIONS:
        raise PolicyError(f"Unknown policy version: {version}")
    statements = content.get("Statement")
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list) or not statements:
        raise PolicyError("Missing required field Statement")
    sids = [statement["Sid"] for statement in map(_check_statement, statements) if statement.get("Sid")]
    if len(sids) != len(set(sids)):
        raise PolicyError("Statement IDs (SID) in a single policy must be unique")
    return Policy(version, tuple(statements))


def evaluate(policies: Iterable[Policy], request: Request, *, by_name: bool = False) -> Decision:
    """What some policies together say: a deny wins over every allow.

    :param by_name: count only what is allowed to the caller itself, not what is allowed to its whole account.
    """
    decision = Decision.SILENT
    for policy in policies:
        for statement in policy.statements:
            allows = statement["Effect"] == "Allow"
            if (decision is Decision.ALLOW and allows) or not _applies(policy, statement, request, by_name and allows):
                continue
            if not allows:
                return Decision.DENY
            decision = Decision.ALLOW
    return decision


def as_list(value: Any) -> list:
    """One value or several: policies write both."""
    return value if isinstance(value, list) else [value]


def principals(statement: Mapping[str, Any], kind: str) -> list[str]:
    """The principals of one kind that a statement names."""
    element = statement.get("Principal", statement.get("NotPrincipal", {}))
    if element == "*":
        return ["*"] if kind == "AWS" else []
    return as_list(element.get(kind, []))


# Grammar

def _check_statement(statement: Any) -> dict[str, Any]:
    if not isinstance(statement, dict):
        raise PolicyError("A statement is an object")
    unknown = statement.keys() - _STATEMENT_ELEMENTS
    if unknown:
        raise PolicyError(f"Unknown field {min(unknown)}")
    if statement.get("Effect") not in ("Allow", "Deny"):
        raise PolicyError(f"Invalid effect: {statement.get('Effect')}")
    if not isinstance(statement.get("Sid", ""), str):
        raise PolicyError("A Sid is a string")
    for name in ("Action", "NotAction", "Resource", "NotResource"):
        if name in statement and not _is_strings(statement[name]):
            raise PolicyError(f"{name} is a string or a list of strings")
    for name in ("Action", "Resource", "Principal"):
        if name in statement and f"Not{name}" in statement:
            raise PolicyError(f"{name} and Not{name} exclude each other")
    if "Action" not in statement and "NotAction" not in statement:
        raise PolicyError("Missing required field Action")
    for action in as_list(statement.get("Action", statement.get("NotAction"))):
        if not re.fullmatch(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+", action):
            raise PolicyError(f"Policy has invalid action: {action}")
    for name in ("Principal", "NotPrincipal"):
        _check_principal(statement.get(name, {}))
    _check_condition(statement.get("Condition", {}))
    return statement


def _check_principal(element: Any) -> None:
    if element == "*":
        return
    if not isinstance(element, dict) or not element.keys() <= _PRINCIPAL_TYPES or not all(
        map(_is_strings, element.values())
    ):
        raise PolicyError("Invalid principal in policy")
    for name in as_list(element.get("AWS", [])):
        if not re.fullmatch(r"\*|\d{12}|arn:aws[\w-]*:(iam|sts)::\d{12}:[^*?]+|A(RO|ID)A[A-Z0-9]{12,}", name):
            raise PolicyError(f"Invalid principal in policy: {name}")


def _check_condition(condition: Any) -> None:
    if not isinstance(condition, dict):
        raise PolicyError("A Condition is an object")
    for name, pairs in condition.items():
        if _operator(name) is None:
            raise PolicyError(f"Invalid condition operator: {name}")
        if not isinstance(pairs, dict):
            raise PolicyError("A Condition holds an object of keys and values")
        for values in pairs.values():
            if not all(isinstance(value, str | bool | int | float) for value in as_list(values)):
                raise PolicyError("The values of a Condition are strings")


def _is_strings(value: Any) -> bool:
    return bool(as_list(value)) and all(isinstance(item, str) for item in as_list(value))


# Statements

def _applies(policy: Policy, statement: Mapping[str, Any], request: Request, by_name: bool) -> bool:
    return (
        _action_matches(statement, request)
        and _principal_matches(statement, request, by_name)
        and _resource_matches(policy, statement, request)
        and all(
            _condition_holds(policy, name, key, as_list(values), request)
            for name, pairs in statement.get("Condition", {}).items()
            for key, values in pairs.items()
        )
    )


def _action_matches(statement: Mapping[str, Any], request: Request) -> bool:
    action = request.action.lower()
    if "NotAction" in statement:
        return not any(like(pattern.lower(), action) for pattern in as_list(statement["NotAction"]))
    return any(like(pattern.lower(), action) for pattern in as_list(statement["Action"]))


def _resource_matches(policy: Policy, statement: Mapping[str, Any], request: Request) -> bool:
    name = "NotResource" if "NotResource" in statement else "Resource"
    if name not in statement or request.resource is None:
        return name == "Resource"
    patterns = (_substitute(policy, pattern, request) for pattern in as_list(statement[name]))
    found = any(pattern is not None and arn_like(pattern, request.resource) for pattern in patterns)
    return found == (name == "Resource")


def _principal_matches(statement: Mapping[str, Any], request: Request, by_name: bool) -> bool:
    if "Principal" not in statement and "NotPrincipal" not in statement:
        return True  # an identity policy: its principal is whoever it is attached to
    caller = request.principal
    if caller is None:
        return False
    if caller.is_service:
        found = caller.service in principals(statement, "Service") or "*" in principals(statement, "AWS")
    else:
        named = principals(statement, "AWS")
        whole_account = {caller.account, f"arn:{partition()}:iam::{caller.account}:root"}
        found = "*" in named or any(arn in named for arn in caller.arns)
        if not by_name:
            found = found or not whole_account.isdisjoint(named)
    return found == ("Principal" in statement)


# Text

def like(pattern: str, text: str) -> bool:
    """Match ``*`` (any characters) and ``?`` (one character)."""
    return pattern == "*" or _expression(pattern).fullmatch(text) is not None


@lru_cache(maxsize=8192)
def _expression(pattern: str) -> re.Pattern[str]:
    # What a variable brought in is taken literally, also its wildcards.
    literal = {0xE000: r"\*", 0xE001: r"\?", 0xE002: r"\$"}
    return re.compile(expression(pattern).translate(literal), re.DOTALL)


def arn_like(pattern: str, arn: str) -> bool:
    """Match an ARN part by part: a wildcard does not reach over a colon, but for the last of the six parts."""
    if pattern == "*":
        return True
    patterns, parts = pattern.split(":", 5), arn.split(":", 5)
    return len(patterns) == len(parts) and all(map(like, patterns, parts))


def _substitute(policy: Policy, text: str, request: Request) -> str | None:
    """Replace policy variables; None if one has no value, and then nothing matches."""
    if not policy.has_variables or "${" not in text:
        return text
    missing = False

    def value(match: re.Match[str]) -> str:
        nonlocal missing
        name = match[1].strip()
        if name in ("*", "?", "$"):
            return {"*": "\ue000", "?": "\ue001", "$": "\ue002"}[name]
        default = _VARIABLE_WITH_DEFAULT.fullmatch(name)
        found = request.values(default[1] if default else name)
        if found and len(found) == 1:
            return found[0].translate({ord("*"): "\ue000", ord("?"): "\ue001"})
        if default:
            return default[2]
        missing = True
        return ""

    replaced = _VARIABLE.sub(value, text)
    return None if missing else replaced


def _plain(text: str) -> str:
    return text.translate({0xE000: "*", 0xE001: "?", 0xE002: "$"})


# Conditions

def _number(text: str) -> float:
    return float(text)


def _date(text: str) -> datetime:
    if re.fullmatch(r"\d+", text):
        return datetime.fromtimestamp(int(text), timezone.utc)
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def _in_network(network: str, address: str) -> bool:
    return ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)


# Each takes the policy's value and the request's.
_POSITIVE: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda wanted, actual: _plain(wanted) == actual,
    "StringEqualsIgnoreCase": lambda wanted, actual: _plain(wanted).lower() == actual.lower(),
    "StringLike": like,
    "ArnEquals": arn_like,
    "ArnLike": arn_like,
    "Bool": lambda wanted, actual: wanted.lower() == actual.lower(),
    "BinaryEquals": lambda wanted, actual: base64.b64decode(wanted) == base64.b64decode(actual),
    "IpAddress": _in_network,
    "NumericEquals": lambda wanted, actual: _number(actual) == _number(wanted),
    "NumericLessThan": lambda wanted, actual: _number(actual) < _number(wanted),
    "NumericLessThanEquals": lambda wanted, actual: _number(actual) <= _number(wanted),
    "NumericGreaterThan": lambda wanted, actual: _number(actual) > _number(wanted),
    "NumericGreaterThanEquals": lambda wanted, actual: _number(actual) >= _number(wanted),
    "DateEquals": lambda wanted, actual: _date(actual) == _date(wanted),
    "DateLessThan": lambda wanted, actual: _date(actual) < _date(wanted),
    "DateLessThanEquals": lambda wanted, actual: _date(actual) <= _date(wanted),
    "DateGreaterThan": lambda wanted, actual: _date(actual) > _date(wanted),
    "DateGreaterThanEquals": lambda wanted, actual: _date(actual) >= _date(wanted),
}
# A negated operator holds where none of the policy's values matches, and where the key is missing.
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NotIpAddress": "IpAddress",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
}


@dataclass(frozen=True)
class _Operator:
    test: Callable[[str, str], bool]
    negated: bool
    if_exists: bool
    for_all: bool
    for_any: bool = False
    is_null: bool = False


@lru_cache(maxsize=256)
def _operator(name: str) -> _Operator | None:
    """Take the name of an operator apart; None if there is no such operator."""
    quantifier, colon, rest = name.rpartition(":")
    if quantifier not in ("", "ForAnyValue", "ForAllValues") or (colon and not quantifier):
        return None
    if rest == "Null":
        return _Operator(lambda wanted, actual: False, False, False, False, is_null=True)
    base = rest.removesuffix("IfExists")
    positive = _NEGATED.get(base, base)
    if positive not in _POSITIVE:
        return None
    return _Operator(
        _POSITIVE[positive], base in _NEGATED, base != rest, quantifier == "ForAllValues", quantifier == "ForAnyValue"
    )


def _condition_holds(policy: Policy, name: str, key: str, wanted: list, request: Request) -> bool:
    operator = _operator(name)
    actual = request.values(key)
    texts = [str(value).lower() if isinstance(value, bool) else str(value) for value in wanted]
    if operator.is_null:
        return any((text.lower() == "true") == (not actual) for text in texts)
    if not actual:
        # "For no matching context key or if the key does not exist", ForAnyValue is false, whatever it is put before.
        return operator.if_exists or operator.for_all or (operator.negated and not operator.for_any)
    patterns = [pattern for text in texts if (pattern := _substitute(policy, text, request)) is not None]

    def matches(value: str) -> bool:
        return any(_test(operator, pattern, value) for pattern in patterns) != operator.negated

    return all(map(matches, actual)) if operator.for_all else any(map(matches, actual))


def _test(operator: _Operator, pattern: str, value: str) -> bool:
    try:
        return operator.test(pattern, value)
    except (ValueError, TypeError):
        return False  # a value of another type than the operator's does not match
