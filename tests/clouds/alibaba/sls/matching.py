# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a log fulfils a query. What has no index is not found: an index says which words a log has.

Sources: the help pages "Create indexes", "Data types" and "Reserved fields" of Simple Log Service.
"""
from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ...wildcards import expression
from ..errors import CloudError
from .query import AllOf, AnyOf, Between, Condition, Everything, Not, Phrase, Words
from .state import Index

_NUMERIC = ("long", "double")
_TAG = "__tag__:"


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One log.

    :param time: seconds since 1970.
    """

    time: int
    topic: str
    source: str
    contents: Mapping[str, str]
    tags: Mapping[str, str] = field(default_factory=dict)


# Fields that have an index as soon as there is one at all, without delimiters.
_RESERVED_SETTINGS: Mapping[str, Any] = {"type": "text", "token": [], "caseSensitive": False}


def check(condition: Condition, index: Index) -> None:
    """Check that the fields of a query have the indexes that it needs.

    :raises CloudError: one has not.
    """
    if isinstance(condition, (AllOf, AnyOf)):
        for part in condition.parts:
            check(part, index)
    elif isinstance(condition, Not):
        if isinstance(condition.part, Phrase):
            raise CloudError(400, "ParameterInvalid", "parse search query error: not is not supported before a phrase")
        check(condition.part, index)
    elif isinstance(condition, Between):
        if settings_of(condition.field, index)["type"] not in _NUMERIC:
            raise CloudError(400, "ParameterInvalid", f"key ({condition.field}) is not config as numberic column")
    elif isinstance(condition, (Words, Phrase)) and condition.field is not None:
        settings = settings_of(condition.field, index)
        if settings["type"] in _NUMERIC and condition != Words("*", condition.field, True):
            if isinstance(condition, Phrase) or _number(condition.text) is None:
                raise CloudError(400, "ParameterInvalid", f"key ({condition.field}) is config as numberic column")


def matches(condition: Condition, entry: LogEntry, index: Index) -> bool:
    """Whether a log fulfils a condition.

    :param index: which was there when the log came.
    """
    if isinstance(condition, Everything):
        return True
    if isinstance(condition, AllOf):
        return all(matches(part, entry, index) for part in condition.parts)
    if isinstance(condition, AnyOf):
        return any(matches(part, entry, index) for part in condition.parts)
    if isinstance(condition, Not):
        return not matches(condition.part, entry, index)
    if condition.field is None:
        return any(_fits(condition, value, settings) for value, settings in _texts(entry, index))
    try:
        settings = settings_of(condition.field, index)
    except CloudError:
        return False  # the index of this field came later than the log
    value = _value(condition.field, entry, index)
    return value is not None and _fits(condition, value, settings)


def settings_of(name: str, index: Index) -> Mapping[str, Any]:
    """The index settings of a field of a query.

    :raises CloudError: it has no index.
    """
    found = _find(name, index)
    if not found:
        raise CloudError(400, "ParameterInvalid", f"key ({name}) is not config as key value config,if symbol : is  in "
                                                  "your log,please wrap : with quotation mark \"")
    return found[2]


def _find(name: str, index: Index) -> tuple[str, str, Mapping[str, Any]] | None:
    """Name of the log's field, path below it if its value is JSON, and settings."""
    name = "__source__" if name == "source" else name
    if name in index.keys:
        return name, "", index.keys[name]
    if name in ("__topic__", "__source__") or name.startswith(_TAG):
        return name, "", _RESERVED_SETTINGS
    parts = name.split(".")
    for length in range(len(parts) - 1, 0, -1):
        parent, path = ".".join(parts[:length]), ".".join(parts[length:])
        settings = index.keys.get(parent)
        if settings and settings["type"] == "json":
            leaf = settings.get("json_keys", {}).get(path)
            if leaf or settings.get("index_all"):
                return parent, path, {**settings, "type": "text", **(leaf or {})}
    return None


def _value(name: str, entry: LogEntry, index: Index) -> str | None:
    """The value of a field that has an index; None: the log does not have it."""
    field_name, path, _settings = _find(name, index)
    if field_name == "__topic__":
        return entry.topic
    if field_name == "__source__":
        return entry.source
    if field_name.startswith(_TAG):
        return entry.tags.get(field_name.removeprefix(_TAG))
    value = entry.contents.get(field_name)
    if not path or value is None:
        return value
    return dict(_leaves(value)).get(path)


def _texts(entry: LogEntry, index: Index) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What a search without a field looks at: each text, with the settings that make words of it."""
    for name, value in entry.contents.items():
        settings = index.keys.get(name)
        if settings and settings["type"] in _NUMERIC:
            continue
        if settings:
            yield value, settings
        elif index.line is not None and _covers(index.line, name):
            yield value, index.line
            yield name, index.line


def _covers(line: Mapping[str, Any], name: str) -> bool:
    if line.get("include_keys"):
        return name in line["include_keys"]
    return name not in (line.get("exclude_keys") or ())


def _fits(condition: Words | Phrase | Between, value: str, settings: Mapping[str, Any]) -> bool:
    if isinstance(condition, Words) and condition.wild and condition.text == "*":
        return True
    kind = settings.get("type", "text")
    if kind in _NUMERIC:
        number = _number(value, whole=kind == "long")
        if number is None:
            return False
        if isinstance(condition, Words):
            return number == _number(condition.text)
        return isinstance(condition, Between) and _within(number, condition)
    if isinstance(condition, Between):
        return False
    cased: Callable[[str], str] = str if settings.get("caseSensitive") else str.lower
    value, text = cased(value), cased(condition.text)
    if isinstance(condition, Phrase):
        return text in value
    delimiters = tuple(settings.get("token") or ())
    words = _words(value, delimiters)
    wanted = _words(text, tuple(mark for mark in delimiters if not condition.wild or mark not in "*?"))
    if not wanted:
        return not words
    if not condition.wild:
        return wanted <= words
    return all(any(_pattern(word).fullmatch(known) for known in words) for word in wanted)


def _within(number: float, bounds: Between) -> bool:
    if bounds.low is not None and (number < bounds.low or bounds.open_low and number == bounds.low):
        return False
    return bounds.high is None or number < bounds.high or number == bounds.high and not bounds.open_high


def _words(text: str, delimiters: tuple[str, ...]) -> frozenset[str]:
    """The words of a text; without delimiters, the whole text is one."""
    parts = re.split(_splitter(delimiters), text) if delimiters else [text]
    return frozenset(part for part in parts if part)


@lru_cache(maxsize=100)
def _splitter(delimiters: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, delimiters)))


@lru_cache(maxsize=1000)
def _pattern(word: str) -> re.Pattern[str]:
    return re.compile(expression(word), re.DOTALL)


def _leaves(text: str) -> Iterator[tuple[str, str]]:
    """Paths and values of the leaves of a JSON object; lists have none."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return
    open_nodes = [("", value)]
    while open_nodes:
        path, node = open_nodes.pop()
        if isinstance(node, dict):
            open_nodes += [(f"{path}.{name}" if path else name, child) for name, child in node.items()]
        elif path and not isinstance(node, list) and node is not None:
            yield path, node if isinstance(node, str) else json.dumps(node)


def _number(text: str, whole: bool = False) -> float | None:
    try:
        number = int(text) if whole else float(text)
    except ValueError:
        return None
    return number if whole or math.isfinite(number) else None
