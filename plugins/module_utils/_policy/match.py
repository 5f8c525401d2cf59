# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the values of a request match those of a policy: conditions, wildcards, variables. Private."""
from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from .request import Answer, Part, Request, Values, anything, contrary, everything

Matcher = Callable[[str, Request], Answer]  # of the request's value
RAM = "1"
_VARIABLE = re.compile(r"(\$\{[^}]*\})|([*?])")
_DEFAULT = re.compile(r"(?P<key>[^,]+?)\s*,\s*'(?P<default>[^']*)'")
_OPERATOR = re.compile(r"(?:(?P<quantifier>ForAnyValue|ForAllValues):)?(?P<name>[A-Za-z]+?)(?P<if_exists>IfExists)?")


def as_list(value: Any) -> list:
    """A list of what a document may have as one value."""
    return value if isinstance(value, list) else [value]


def texts(value: Any) -> tuple[str, ...]:
    """Values as IAM reads them: YAML and JSON have booleans and numbers, too."""
    return tuple(str(item).lower() if isinstance(item, bool) else str(item) for item in as_list(value))


def unreadable(request: Request) -> Part:
    """What something says that is not well formed."""
    return Part("Statement", None, ())


# Conditions

def conditions(condition: Any, version: str) -> list[Callable[[Request], Part]]:
    """Tests for each condition of a statement."""
    if not isinstance(condition, Mapping) or not all(isinstance(keys, Mapping) for keys in condition.values()):
        return [unreadable]
    return [
        _condition(str(operator), str(key), texts(values), version)
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
        or version == RAM and (quantifier or match["if_exists"] or name == "Null")
    )
    matches = always if unclear else _OPERATORS[positive](wanted, version)
    negates = name in _OPPOSITES
    without: Answer = None
    if not unclear and version != RAM:
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
    "StringLike": lambda wanted, version: any_of([like(text, version) for text in wanted]),
    "ArnEquals": lambda wanted, version: any_of([arn_like(text, version) for text in wanted]),
    "ArnLike": lambda wanted, version: any_of([arn_like(text, version) for text in wanted]),
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

def always(value: str, request: Request) -> Answer:
    """Match every value."""
    return True


def any_of(matchers: list[Matcher]) -> Matcher:
    """Match what one of these matches."""
    return lambda value, request: anything(matcher(value, request) for matcher in matchers)


def _exactly(text: str, version: str) -> Matcher:
    return _matcher(text, version, lambda parts: _expression(parts, re.escape("*"), re.escape("?")))


def like(pattern: str, version: str) -> Matcher:
    """Wildcards stand for every character."""
    return _matcher(pattern, version, lambda parts: _expression(parts, ".*", "."))


def arn_like(pattern: str, version: str) -> Matcher:
    """Parts of an ARN are compared one by one.

    What about a wildcard in one of the first five that would have to reach over a colon? At the end of a part "it can
    expand to match beyond the colon boundaries", says the page on Resource; that on ArnLike says otherwise, and RAM's
    pages say nothing.
    """
    strictly = _matcher(pattern, version, lambda parts: _expression(parts, "[^:]*", "[^:]", begin=5))
    loosely = like(pattern, version)

    def matches(value: str, request: Request) -> Answer:
        return strictly(value, request) or (None if loosely(value, request) is not False else False)

    return matches


def _matcher(text: str, version: str, expression: Callable[[list[str | None]], re.Pattern[str]]) -> Matcher:
    """What matches a text of a policy, in which variables may stand."""
    if "${" not in text or version == "2008-10-17":
        fixed = expression(_split(text))
        return lambda value, request: fixed.fullmatch(value) is not None
    if version == RAM:
        return lambda value, request: None

    def matches(value: str, request: Request) -> Answer:
        parts = _substituted(text, request)
        return None if parts is None else expression(parts).fullmatch(value) is not None

    return matches


def _split(text: str) -> list[str | None]:
    """Literal text and, at the odd positions, wildcards."""
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
