# SPDX-License-Identifier: GPL-3.0-or-later
"""What policies of IAM and of RAM say about a call that a cloud's service makes. Private to this collection.

Every answer is True, False, or None, which is: not known. An operator, a condition key or a form of a document that is
not documented well enough gives None and never a guess. The Version of a document tells IAM (2012-10-17, 2008-10-17)
from RAM (1).

Sources: U(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html) and
U(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html);
U(https://www.alibabacloud.com/help/en/ram/policy-elements).

Why not a library: what there is for Python looks for weaknesses (parliament, cloudsplaining, policy-sentry), asks IAM
over the network, or is not kept up; none says "not known", none reads RAM's policies.
"""
from __future__ import annotations

import enum
import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .match import RAM, always, any_of, arn_like, as_list, conditions, like, texts, unreadable
from .request import Answer, Part, Request, anything, contrary, everything


class Decision(enum.Enum):
    """What policies together say; with SILENT nothing is allowed either."""

    ALLOW = "allow"
    DENY = "deny"
    SILENT = "silent"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Statement:
    """A statement that was read.

    :param number: counted from 1.
    :param sid: empty if it has none.
    :param tests: each gives a Part.
    """

    number: int
    sid: str
    allows: bool
    tests: tuple[Callable[[Request], Part], ...]

    def parts(self, request: Request) -> list[Part]:
        """What each of its elements says."""
        return [test(request) for test in self.tests]

    def applies(self, request: Request) -> Answer:
        """Whether it is about a request."""
        return everything(test(request).answer for test in self.tests)


@dataclass(frozen=True)
class Policy:
    """A document that was read.

    :param name: what sentences call it; empty if it is known by its number alone.
    """

    statements: tuple[Statement, ...]
    name: str = ""


def read(document: Mapping[str, Any] | Policy | None, name: str = "") -> Policy:
    """Take a document apart. A statement that is not well formed is about nobody knows what; None has no statements."""
    if isinstance(document, Policy):
        return document
    document = document or {}
    version = str(document.get("Version", "2008-10-17"))
    return Policy(tuple(
        _statement(number, statement, version)
        for number, statement in enumerate(as_list(document.get("Statement", [])), 1)
    ), name)


def decide(policies: Iterable[Policy], request: Request) -> Decision:
    """What some policies together say: one that denies wins."""
    answers: dict[bool, list[Answer]] = {True: [], False: []}
    for policy in policies:
        for statement in policy.statements:
            answers[statement.allows].append(statement.applies(request))
    allowed, denied = anything(answers[True]), anything(answers[False])
    if denied:
        return Decision.DENY
    if allowed is False:
        return Decision.SILENT
    return Decision.ALLOW if allowed and denied is False else Decision.UNKNOWN


# Statements

def _statement(number: int, statement: Any, version: str) -> Statement:
    if not isinstance(statement, Mapping) or statement.get("Effect") not in ("Allow", "Deny"):
        return Statement(number, "", False, (unreadable,))
    tests = []
    for name, make in (("Principal", _principal), ("Action", _action), ("Resource", _resource)):
        for element in (name, f"Not{name}"):
            if element in statement:
                tests.append(make(element, statement[element], version))
    present = {element.removeprefix("Not") for element in statement}
    tests.append(functools.partial(_presence, frozenset(present), len(tests)))
    tests += conditions(statement.get("Condition") or {}, version)
    return Statement(number, str(statement.get("Sid") or ""), statement["Effect"] == "Allow", tuple(tests))


def _presence(present: frozenset[str], number: int, request: Request) -> Part:
    """Nobody knows what a statement is about that lacks an element, or has one and its opposite as well."""
    needed = {"Action"} | ({"Principal"} if request.services else set())
    needed |= set() if request.resource is None else {"Resource"}
    fits = needed <= present and number == len(present & {"Principal", "Action", "Resource"})
    return Part("Statement", True if fits else None, ())


def _principal(element: str, value: Any, version: str) -> Callable[[Request], Part]:
    kinds = value if isinstance(value, Mapping) else {"AWS": value}
    names = tuple(str(name) for found in kinds.values() for name in as_list(found))
    services = frozenset(str(name) for name in as_list(kinds.get("Service", [])))
    everybody = "*" in as_list(kinds.get("AWS", []))
    unclear = "*" in services or not isinstance(value, Mapping) and value != "*"
    unclear = unclear or version == RAM and ("*" in names or element == "NotPrincipal")
    ignoring_case = {name.lower() for name in services}

    def test(request: Request) -> Part:
        if not request.services or unclear:
            answer: Answer = None
        elif everybody or not services.isdisjoint(request.services):
            answer = True
        else:
            answer = None if any(name.lower() in ignoring_case for name in request.services) else False
        return Part(element, contrary(answer) if element == "NotPrincipal" else answer, names)

    return test


def _action(element: str, value: Any, version: str) -> Callable[[Request], Part]:
    names = texts(value)
    # Names of actions don't depend on case (for RAM "in most cases").
    matches = any_of([like(name.lower(), version) for name in names])

    def test(request: Request) -> Part:
        answer = matches(request.action.lower(), request) if names else None
        return Part(element, contrary(answer) if element == "NotAction" else answer, names)

    return test


def _resource(element: str, value: Any, version: str) -> Callable[[Request], Part]:
    names = texts(value)
    matches = any_of([always if name == "*" else arn_like(name, version) for name in names])

    def test(request: Request) -> Part:
        answer = matches(request.resource, request) if names and request.resource is not None else None
        return Part(element, contrary(answer) if element == "NotResource" else answer, names)

    return test
