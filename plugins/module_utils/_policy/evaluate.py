# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
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
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Optional, Union

Answer = Optional[bool]
Values = tuple[str, ...]  # of a condition key
Matcher = Callable[[str, "Request"], Answer]  # of the request's value
_RAM = "1"
_VARIABLE = re.compile(r"(\$\{[^}]*\})|([*?])")
_DEFAULT = re.compile(r"(?P<key>[^,]+?)\s*,\s*'(?P<default>[^']*)'")
_OPERATOR = re.compile(r"(?:(?P<quantifier>ForAnyValue|ForAllValues):)?(?P<name>[A-Za-z]+?)(?P<if_exists>IfExists)?")


class Decision(enum.Enum):
    """What policies together say; with SILENT nothing is allowed either."""

    ALLOW = "allow"
    DENY = "deny"
    SILENT = "silent"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Request:
    """A call of a service.

    :param action: such as C(s3:PutObject).
    :param resource: its ARN; None where policies have no Resource, as the trust policy of a role.
    :param services: the names by which a policy with a Principal may know the caller; empty for policies without.
    :param context: values of condition keys, by their names in lower case; an empty tuple if the call is known not to
        have the key, and a set if it is one of several. A name that ends in C(/) stands for all that begin so. Of other
        keys nothing is known.
    """

    action: str
    resource: str | None
    services: tuple[str, ...] = ()
    context: Mapping[str, Union[Values, frozenset[Values]]] = field(default_factory=dict)

    def values(self, key: str) -> Values | None:
        """Values of a condition key; None if they are not known."""
        possible = self.possible(key)
        return possible[0] if len(possible) == 1 else None

    def possible(self, key: str) -> tuple[Values, ...]:
        """All that the values of a condition key may be; empty if nothing is known of it."""
        key = key.lower()
        found = self.context.get(key, self.context.get(key.partition("/")[0] + "/"))
        if found is None:
            return ()
        return tuple(sorted(found)) if isinstance(found, frozenset) else (found,)


@dataclass(frozen=True)
class Part:
    """What an element of a statement says about a request.

    :param element: its name, such as C(NotAction), or C(Condition).
    :param wanted: the values in the document.
    :param operator: of a condition.
    :param key: of a condition.
    """

    element: str
    answer: Answer
    wanted: tuple[str, ...]
    operator: str = ""
    key: str = ""


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
        for number, statement in enumerate(_list(document.get("Statement", [])), 1)
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


def everything(answers: Iterable[Answer]) -> Answer:
    """Whether all are true."""
    found = set(answers)
    return False if False in found else None if None in found else True


def anything(answers: Iterable[Answer]) -> Answer:
    """Whether one is true."""
    found = set(answers)
    return True if True in found else None if None in found else False


def contrary(answer: Answer) -> Answer:
    """The opposite; of what is not known nothing is known."""
    return None if answer is None else not answer


# Statements

def _statement(number: int, statement: Any, version: str) -> Statement:
    if not isinstance(statement, Mapping) or statement.get("Effect") not in ("Allow", "Deny"):
        return Statement(number, "", False, (_unreadable,))
    tests = []
    for name, make in (("Principal", _principal), ("Action", _action), ("Resource", _resource)):
        for element in (name, f"Not{name}"):
            if element in statement:
                tests.append(make(element, statement[element], version))
    present = {element.removeprefix("Not") for element in statement}
    tests.append(functools.partial(_presence, frozenset(present), len(tests)))
    tests += _conditions(statement.get("Condition") or {}, version)
    return Statement(number, str(statement.get("Sid") or ""), statement["Effect"] == "Allow", tuple(tests))


def _unreadable(request: Request) -> Part:
    return Part("Statement", None, ())


def _presence(present: frozenset[str], number: int, request: Request) -> Part:
    """Nobody knows what a statement is about that lacks an element, or has one and its opposite as well."""
    needed = {"Action"} | ({"Principal"} if request.services else set())
    needed |= set() if request.resource is None else {"Resource"}
    fits = needed <= present and number == len(present & {"Principal", "Action", "Resource"})
    return Part("Statement", True if fits else None, ())


def _principal(element: str, value: Any, version: str) -> Callable[[Request], Part]:
    kinds = value if isinstance(value, Mapping) else {"AWS": value}
    names = tuple(str(name) for found in kinds.values() for name in _list(found))
    services = frozenset(str(name) for name in _list(kinds.get("Service", [])))
    everybody = "*" in _list(kinds.get("AWS", []))
    unclear = "*" in services or not isinstance(value, Mapping) and value != "*"
    unclear = unclear or version == _RAM and ("*" in names or element == "NotPrincipal")
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
    names = _texts(value)
    # Names of actions don't depend on case (for RAM "in most cases").
    matches = _any_of([_like(name.lower(), version) for name in names])

    def test(request: Request) -> Part:
        answer = matches(request.action.lower(), request) if names else None
        return Part(element, contrary(answer) if element == "NotAction" else answer, names)

    return test


def _resource(element: str, value: Any, version: str) -> Callable[[Request], Part]:
    names = _texts(value)
    matches = _any_of([_always if name == "*" else _arn_like(name, version) for name in names])

    def test(request: Request) -> Part:
        answer = matches(request.resource, request) if names and request.resource is not None else None
        return Part(element, contrary(answer) if element == "NotResource" else answer, names)

    return test


def _list(value: Any) -> list:
    return value if isinstance(value, list) else [value]


def _texts(value: Any) -> tuple[str, ...]:
    """Values as IAM reads them: YAML and JSON have booleans and numbers, too."""
    return tuple(str(item).lower() if isinstance(item, bool) else str(item) for item in _list(value))


# Conditions

def _conditions(condition: Any, version: str) -> list[Callable[[Request], Part]]:
    if not isinstance(condition, Mapping) or not all(isinstance(keys, Mapping) for keys in condition.values()):
        return [_unreadable]
    return [
        _condition(str(operator), str(key), _texts(values), version)
        for operator, keys in condition.items() for key, values in keys.items()
    ]


def _condition(operator: str, key: str, wanted: tuple[str, ...], version: str) -> Callable[[Request], Part]:
    match = _OPERATOR.fullmatch(operator)
    name = match["name"] if match else ""
    positive = _OPPOSITES.get(name, name)
    quantifier = match and match["quantifier"]
    unclear = (
        not wanted or positive not in _OPERATORS or (quantifier and (name == "Null" or match["if_exists"]))
        # RAM's pages know no such operators, nor what a key that is missing means.
        or version == _RAM and (quantifier or match["if_exists"] or name == "Null")
    )
    matches = _always if unclear else _OPERATORS[positive](wanted, version)
    negates = name in _OPPOSITES
    without: Answer = None
    if not unclear and version != _RAM:
        if name == "Null":
            without = anything(_flag(text) for text in wanted)
        else:
            # "For no matching key or if the key does not exist", ForAnyValue is false and ForAllValues true.
            without = quantifier == "ForAllValues" or not quantifier and bool(negates or match["if_exists"])

    def answer(request: Request) -> Answer:
        found = {answer_to(values, request) for values in request.possible(key)}
        return found.pop() if len(found) == 1 and not unclear else None

    def answer_to(values: Values, request: Request) -> Answer:
        if not values:
            return without
        if name == "Null":
            return anything(contrary(_flag(text)) for text in wanted)
        if len(values) > 1 and not quantifier:
            return None
        found = [matches(value, request) for value in values]
        found = [contrary(one) for one in found] if negates else found
        return everything(found) if quantifier == "ForAllValues" else anything(found)

    return lambda request: Part("Condition", answer(request), wanted, operator, key)


def _flag(text: str) -> Answer:
    return {"true": True, "false": False}.get(text.lower())


def _equal(wanted: tuple[str, ...], version: str) -> Matcher:
    plain = frozenset(text for text in wanted if "${" not in text)
    others = [_exactly(text, version) for text in wanted if text not in plain]
    return lambda value, request: value in plain or anything(other(value, request) for other in others)


def _equal_ignoring_case(wanted: tuple[str, ...], version: str) -> Matcher:
    lower = frozenset(text.lower() for text in wanted)
    unclear = any("${" in text for text in wanted)
    return lambda value, request: value.lower() in lower or (None if unclear else False)


def _truth(wanted: tuple[str, ...], version: str) -> Matcher:
    flags = {_flag(text) for text in wanted}
    return lambda value, request: None if _flag(value) is None else anything(
        None if flag is None else flag == _flag(value) for flag in flags
    )


def _undecided(wanted: tuple[str, ...], version: str) -> Matcher:
    """Numbers, dates, addresses and binary values are not compared: no key of which something is known here has any."""
    return lambda value, request: None


_OPERATORS: dict[str, Callable[[tuple[str, ...], Any], Matcher]] = {
    "StringEquals": _equal,
    "StringEqualsIgnoreCase": _equal_ignoring_case,
    "StringLike": lambda wanted, version: _any_of([_like(text, version) for text in wanted]),
    "ArnEquals": lambda wanted, version: _any_of([_arn_like(text, version) for text in wanted]),
    "ArnLike": lambda wanted, version: _any_of([_arn_like(text, version) for text in wanted]),
    "Bool": _truth,
    "Null": _undecided,
    "BinaryEquals": _undecided,
    "IpAddress": _undecided,
    **{
        f"{kind}{comparison}": _undecided
        for kind in ("Numeric", "Date")
        for comparison in ("Equals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
    },
}
_OPPOSITES = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NotIpAddress": "IpAddress",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
}


# Patterns

def _always(value: str, request: Request) -> Answer:
    return True


def _any_of(matchers: list[Matcher]) -> Matcher:
    return lambda value, request: anything(matcher(value, request) for matcher in matchers)


def _exactly(text: str, version: str) -> Matcher:
    return _matcher(text, version, lambda parts: _expression(parts, re.escape("*"), re.escape("?")))


def _like(pattern: str, version: str) -> Matcher:
    return _matcher(pattern, version, lambda parts: _expression(parts, ".*", "."))


def _arn_like(pattern: str, version: str) -> Matcher:
    """Parts of an ARN are compared one by one.

    What about a wildcard in one of the first five that would have to reach over a colon? At the end of a part "it can
    expand to match beyond the colon boundaries", says the page on Resource; that on ArnLike says otherwise, and RAM's
    pages say nothing.
    """
    strictly = _matcher(pattern, version, lambda parts: _expression(parts, "[^:]*", "[^:]", begin=5))
    loosely = _like(pattern, version)

    def matches(value: str, request: Request) -> Answer:
        return strictly(value, request) or (None if loosely(value, request) is not False else False)

    return matches


def _matcher(text: str, version: str, expression: Callable[[list[str | None]], re.Pattern[str]]) -> Matcher:
    """What matches a text of a policy, in which variables may stand."""
    if "${" not in text or version == "2008-10-17":
        fixed = expression(_split(text))
        return lambda value, request: fixed.fullmatch(value) is not None
    if version == _RAM:
        return lambda value, request: None

    def matches(value: str, request: Request) -> Answer:
        parts = _substituted(text, request)
        return None if parts is None else expression(parts).fullmatch(value) is not None

    return matches


def _split(text: str) -> list[str | None]:
    """Literal text and, at the odd places, wildcards."""
    return re.split(r"([*?])", text)


def _substituted(text: str, request: Request) -> list[str | None] | None:
    """The same for a text with variables; None if one has no single value. A value's own wildcards are literal."""
    parts: list[str | None] = [""]
    begin = 0
    for match in _VARIABLE.finditer(text):
        parts[-1] = f"{parts[-1]}{text[begin:match.start()]}"
        begin = match.end()
        if match[2]:
            parts += [match[2], ""]
            continue
        name = match[1][2:-1].strip()
        default = _DEFAULT.fullmatch(name)
        values = (name,) if name in ("*", "?", "$") else request.values(default["key"] if default else name)
        if default and values == ():
            values = (default["default"],)
        if values is None or len(values) != 1:
            return None
        parts[-1] = f"{parts[-1]}{values[0]}"
    parts[-1] = f"{parts[-1]}{text[begin:]}"
    return parts


def _expression(parts: list[str | None], star: str, mark: str, begin: int = 0) -> re.Pattern[str]:
    """A regular expression.

    :param begin: number of the colon from which on wildcards stand for every character.
    """
    found, colons = [], 0
    for index, part in enumerate(parts):
        if index % 2 == 0:
            found.append(re.escape(part))
            colons += part.count(":")
        else:
            wide = begin and colons >= begin
            found.append((".*" if wide else star) if part == "*" else ("." if wide else mark))
    return re.compile("".join(found), re.DOTALL)
