# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The search language: what a query says, before anybody knows the logs or their index.

Sources: the help pages "Search syntax and functions", "Phrase search" and "How do I resolve common errors that may
occur when I query and analyze logs?" of Simple Log Service.
"""
from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

from ..errors import CloudError

_MAX_CONDITIONS = 30
_MAX_DEPTH = 30  # of parentheses; ours
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_BARE = re.compile(r'(?:\\.|[^\s()":<>=|\\])+', re.DOTALL)
_VALUE = re.compile(r'(?:\\.|[^\s()"|\\])+', re.DOTALL)
_TAG = re.compile(r"__tag__\s*:\s*([^\s:()\"]+)(?=\s*:)")
_OPERATOR = re.compile(r"\s*(:|>=|<=|>|<|=)\s*")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_RANGE = re.compile(rf"\s+in\s*([\[(])\s*({_NUMBER.pattern})\s+({_NUMBER.pattern})\s*([\])])")
_WORD_OPERATOR = re.compile(r'\s*(and|or|not)(?=[\s("]|$)', re.IGNORECASE)
# Words of the analytic language: meant as words, they stand in quotation marks.
_RESERVED = frozenset({"sort", "asc", "desc", "group by", "avg", "sum", "min", "max", "limit"})
_COUNT = re.compile(r"select\s+count\(\s*(?:\*|1)\s*\)(?:\s+(?:as\s+)?(?P<name>[a-z_][a-z0-9_]*))?(?:\s+from\s+log)?",
                    re.IGNORECASE)


@dataclass(frozen=True)
class Everything:
    """All logs."""


@dataclass(frozen=True)
class AllOf:
    """Logs that fulfil each of these."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class AnyOf:
    """Logs that fulfil one of these."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Not:
    """Logs that don't fulfil this."""

    part: Condition


@dataclass(frozen=True)
class Words:
    """Logs with these words.

    :param field: in which; None: anywhere.
    :param wild: ``*`` and ``?`` stand for other characters.
    """

    text: str
    field: str | None = None
    wild: bool = False


@dataclass(frozen=True)
class Phrase:
    """Logs with exactly this text.

    :param field: in which; None: anywhere.
    """

    text: str
    field: str | None = None


@dataclass(frozen=True)
class Between:
    """Logs with a number within bounds.

    :param low: None: as small as you like.
    :param high: None: as great as you like.
    :param open_low: the bound itself is not meant.
    :param open_high: the bound itself is not meant.
    """

    field: str
    low: float | None = None
    high: float | None = None
    open_low: bool = False
    open_high: bool = False


Condition = Everything | AllOf | AnyOf | Not | Words | Phrase | Between


@dataclass(frozen=True)
class Query:
    """A search, and what to do with what it finds.

    :param count: name of the column to count it in; None: the logs themselves are wanted.
    """

    search: Condition
    count: str | None = None


def parse(text: str) -> Query:
    """Read a query.

    :raises CloudError: it can't be read, or has an analytic statement other than ``select count(*)``.
    """
    parser = _Parser(text)
    search = parser.search()
    statement = parser.rest()
    if statement is None:
        return Query(search)
    match = _COUNT.fullmatch(statement.strip())
    if not match:
        raise CloudError(400, "ParameterInvalid", "ErrorType:OLSQueryParseError.ErrorMessage:of analytic statements, "
                                                  "the local Alibaba Cloud knows select count(*) only.")
    return Query(search, match["name"] or "_col0")


class _Parser:
    """Reads from left to right. ``and`` binds closer than ``not``, and ``not`` closer than ``or``."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0
        self._conditions = 0

    def search(self) -> Condition:
        """All up to the end, or to the bar before an analytic statement."""
        search = self._either() if not self._ended() else Everything()
        if not self._ended():
            self._fail()
        return search

    def rest(self) -> str | None:
        """The analytic statement."""
        return self._text[self._at + 1:] if self._at < len(self._text) else None

    def _either(self) -> Condition:
        parts = [self._negations()]
        while self._operator("or"):
            parts.append(self._negations())
        return _one(AnyOf, parts)

    def _negations(self) -> Condition:
        parts = [Not(self._conjunction()) if self._operator("not") else self._conjunction()]
        while self._operator("not"):
            parts.append(Not(self._conjunction()))
        return _one(AllOf, parts)

    def _conjunction(self) -> Condition:
        parts = [self._condition()]
        while True:
            if self._operator("and"):
                parts.append(Not(self._condition()) if self._operator("not") else self._condition())
            elif not self._ended() and self._next() != ")" and not _WORD_OPERATOR.match(self._text, self._at):
                parts.append(self._condition())
            else:
                return _one(AllOf, parts)

    def _condition(self) -> Condition:
        if self._ended() or _WORD_OPERATOR.match(self._text, self._at):
            self._fail()
        if self._next() == "(":
            return self._group()
        self._conditions += 1
        if self._conditions > _MAX_CONDITIONS:
            self._fail(f"there are more than {_MAX_CONDITIONS} conditions")
        if self._next() == "#":
            return self._phrase(None)
        start = self._at
        tag = self._take(_TAG)
        name, quoted = (f"__tag__:{tag[1]}", True) if tag else self._operand(_BARE)
        between = self._take(_RANGE)
        if between:
            return Between(name, float(between[2]), float(between[3]), between[1] == "(", between[4] == ")")
        operator = self._take(_OPERATOR)
        if not operator:
            if not quoted and name.lower() in _RESERVED:
                self._fail(f"{name} is an operator; as a word, it stands in quotation marks")
            return Everything() if name == "*" and not quoted else self._words(name, None, quoted)
        if start == operator.start():
            self._fail()
        return self._value(name) if operator[1] == ":" else self._comparison(name, operator[1])

    def _group(self) -> Condition:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            self._fail("there are too many parentheses in each other")
        self._at += 1
        inner = self._either()
        if self._ended() or self._next() != ")":
            self._fail()
        self._at += 1
        self._depth -= 1
        return inner

    def _value(self, field: str) -> Condition:
        if self._ended() or self._next() in "()":
            self._fail()
        if self._next() == "#":
            return self._phrase(field)
        text, quoted = self._operand(_VALUE)
        return self._words(text, field, quoted)

    def _words(self, text: str, field: str | None, quoted: bool) -> Words:
        wild = not quoted and any(mark in text for mark in "*?")
        if wild and text != "*" and text[0] in "*?":
            self._fail("a word can't start with a wildcard")
        if wild and len(text) > 64:
            self._fail("a word with a wildcard has 64 characters at most")
        return Words(text, field, wild)

    def _phrase(self, field: str | None) -> Phrase:
        self._at += 1
        match = self._take(_QUOTED)
        if not match:
            self._fail()
        return Phrase(_unescaped(match[1]), field)

    def _comparison(self, field: str, operator: str) -> Between:
        match = self._take(_NUMBER)
        if not match:
            self._fail(f"{operator} compares with a number; as text, it stands in quotation marks")
        number = float(match[0])
        if operator == "=":
            return Between(field, number, number)
        bound = {"open_low" if operator[0] == ">" else "open_high": len(operator) == 1}
        return Between(field, **{"low" if operator[0] == ">" else "high": number}, **bound)

    def _operand(self, bare: re.Pattern[str]) -> tuple[str, bool]:
        """A text, and whether it stands in quotation marks."""
        match = self._take(_QUOTED)
        if match:
            return _unescaped(match[1]), True
        match = self._take(bare)
        if not match:
            self._fail()
        if re.search(r'\\[^"\\]', match[0]):
            self._fail('a backslash stands before a quotation mark or another backslash')
        return _unescaped(match[0]), False

    def _operator(self, word: str) -> bool:
        match = _WORD_OPERATOR.match(self._text, self._at)
        if not match or match[1].lower() != word:
            return False
        self._at = match.end()
        return True

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        match = pattern.match(self._text, self._at)
        if match:
            self._at = match.end()
        return match

    def _next(self) -> str:
        return self._text[self._at]

    def _ended(self) -> bool:
        while self._at < len(self._text) and self._text[self._at].isspace():
            self._at += 1
        return self._at == len(self._text) or self._text[self._at] == "|"

    def _fail(self, why: str = "") -> NoReturn:
        excerpt = self._text[self._at:self._at + 20]
        raise CloudError(400, "ParameterInvalid",
                         f"parse search query error: {why or f'not expected at {self._at}: {excerpt!r}'}")


def _one(kind: type[AllOf | AnyOf], parts: list[Condition]) -> Condition:
    return parts[0] if len(parts) == 1 else kind(tuple(parts))


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)
