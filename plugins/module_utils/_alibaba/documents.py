# SPDX-License-Identifier: GPL-3.0-or-later
"""Policy documents of RAM: reading them, writing them, comparing them by meaning. Private to this collection.

A statement says something of each of its principals, actions and resources. So two documents mean the same if, taken
apart into statements about one of each, they are the same set: however they are ordered, grouped, or repeated.
"""
from __future__ import annotations

import itertools
import json
from collections.abc import Collection
from typing import Any

from .._values import json_problem, read_json, shown

VERSION = "1"  # the only one that RAM knows
_PARTS = ("Action", "Resource")  # of which each counts by itself; NotAction and NotResource count as a whole


def read(document: Any, *, trust: bool = False) -> dict[str, Any]:
    """A document, in the form in which it is shown and sent.

    :param document: a dictionary, or JSON.
    :param trust: it says who may assume a role, and not what somebody may do.
    :raises ValueError: with a sentence that says what is wrong with it.
    """
    if isinstance(document, (str, bytes)):
        try:
            document = read_json(document)
        except ValueError as error:
            raise ValueError(f"it {error}") from None
    if not isinstance(document, dict):
        raise ValueError("it is not a JSON object with Version and Statement")
    unknown = document.keys() - {"Version", "Statement"}
    if unknown:
        raise ValueError(f"it has {shown(', '.join(sorted(map(str, unknown))))[1:-1]}, and may have Version and Statement only")
    if str(document.get("Version")) != VERSION:
        raise ValueError(f'its Version is {shown(document.get("Version"))}, but must be "{VERSION}"')
    statements = document.get("Statement")
    statements = [statements] if isinstance(statements, dict) else statements
    if not isinstance(statements, list) or not statements:
        raise ValueError("it has no list of statements under Statement")
    wrong = json_problem(statements)
    if wrong:
        raise ValueError(f"it {wrong}")
    for number, statement in enumerate(statements, 1):
        problem = _problem(statement, trust)
        if problem:
            raise ValueError(f"statement {number} {problem}")
    return {"Version": VERSION, "Statement": statements}


def text(document: dict[str, Any]) -> str:
    """A document as it is sent: short, because its length is limited."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def from_cloud(document: str) -> Any:
    """A document that a service gave; one that can't be read stays what it is, and is the same as no other."""
    try:
        return json.loads(document)
    except ValueError:
        return document


def same(one: Any, other: Any) -> bool:
    """Whether two documents mean the same; each as read or from_cloud gave it."""
    return _meaning(one) == _meaning(other)


def trust_policy(services: list[str], accounts: list[str]) -> dict[str, Any]:
    """The document for these services and accounts.

    :param services: such as C(log.aliyuncs.com) or C(1234567890123456@log.aliyuncs.com).
    :param accounts: ids; all of an account that its own policies let.
    """
    principals = [("Service", services), ("RAM", [f"acs:ram::{account}:root" for account in accounts])]
    return {"Version": VERSION, "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {kind: sorted(set(names))}}
        for kind, names in principals if names
    ]}


def trusted_services(document: Any) -> set[str]:
    """The services that a trust policy lets assume the role, such as C(1234567890123456@log.aliyuncs.com)."""
    return {service for statement in _trusting(document) for service in _services(statement)}


def trust_of(document: Any, services: Collection[str]) -> tuple[set[str], list[dict[str, Any]]]:
    """How a trust policy trusts these services: those that it trusts without a condition, and the statements with conditions."""
    unconditional, conditional = set(), []
    for statement in _trusting(document):
        trusted = _services(statement) & {*services}
        if trusted and statement.get("Condition"):
            conditional.append({**statement, "Principal": {"Service": sorted(trusted)}})
        else:
            unconditional |= trusted
    return unconditional, conditional


def _trusting(document):
    statements = _list((document or {}).get("Statement", []))
    return [statement for statement in statements if isinstance(statement, dict) and statement.get("Effect") == "Allow"]


def _services(statement):
    return {service for kind, names in _items(statement.get("Principal")) if kind == "Service" for service in _list(names)}


def _problem(statement: Any, trust: bool) -> str | None:
    if not isinstance(statement, dict):
        return "is not an object"
    if statement.get("Effect") not in ("Allow", "Deny"):
        return "has no Effect that is Allow or Deny"
    if ("Action" in statement) == ("NotAction" in statement):
        return "needs either Action or NotAction"
    if trust:
        if not isinstance(statement.get("Principal"), dict) or not statement["Principal"]:
            return "needs a Principal, with RAM, Service or Federated"
    elif "Principal" in statement:
        return "has a Principal, which only the trust policy of a role may have"
    elif ("Resource" in statement) == ("NotResource" in statement):
        return "needs either Resource or NotResource"
    for name in ("Action", "NotAction", "Resource", "NotResource"):
        values = _list(statement.get(name, "*"))
        if not values or not all(isinstance(value, str) and value for value in values):
            return f"has {name}, but its value is neither text nor a list of texts"
    return None


def _meaning(document: Any) -> Any:
    if not isinstance(document, dict):
        return document
    statements = _list(document.get("Statement", []))
    return str(document.get("Version")), frozenset(part for statement in statements for part in _apart(statement))


def _apart(statement: Any) -> list[str]:
    """Statements about one principal, one action and one resource each, as JSON that is equal if they are."""
    if not isinstance(statement, dict):
        return [json.dumps(statement)]
    rest = {name: _plain(value) for name, value in statement.items()
            if name not in (*_PARTS, "Principal") and not (name == "Condition" and not value)}
    principals = [(kind, name) for kind, names in _items(statement.get("Principal")) for name in _list(names)]
    parts = [_list(statement[name]) if name in statement else [None] for name in _PARTS]
    return [json.dumps([rest, *each], sort_keys=True) for each in itertools.product(principals or [None], *parts)]


def _items(principal: Any) -> list[tuple[str, Any]]:
    return list(principal.items()) if isinstance(principal, dict) else [("", principal)] if principal else []


def _plain(value: Any) -> Any:
    """A value in which neither order nor the form of a list of one makes a difference, nor the type of what is in it."""
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    return sorted({item if isinstance(item, str) else json.dumps(item, sort_keys=True) for item in _list(value)})


def _list(value: Any) -> list:
    return value if isinstance(value, list) else [value]
