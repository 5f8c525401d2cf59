# SPDX-License-Identifier: GPL-3.0-or-later
"""Indexes of logstores, between the API's form and that of the module. Private to this collection.

What the API leaves out of an answer, and what an option leaves out, stands for the same: so both become the same form,
with everything in it that means something for a field of its type. The API calls fields keys.
"""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

TYPES = ("text", "long", "double", "json")
# What the console and the older SDKs split text at.
TOKENS = list(", '\";=()[]{}?@&<>/:\n\t\r")
LEAST_TEXT, MOST_TEXT, DEFAULT_TEXT = 64, 16384, 2048  # bytes of a value: assumption alibaba-sls-limits
# Settings of a field: the name in the API, the types that have it, what it is if nothing is said.
_ALL, _WORDS, _JSON = TYPES, ("text", "json"), ("json",)
_OF_FIELD = {
    "alias": ("alias", _ALL, ""),
    "doc_value": ("doc_value", _ALL, False),
    "case_sensitive": ("caseSensitive", _WORDS, False),
    "chn": ("chn", _WORDS, False),
    "token": ("token", _WORDS, []),
    "index_all": ("index_all", _JSON, False),
    "max_depth": ("max_depth", _JSON, -1),
}
# A field in JSON is split into words as the JSON around it.
_OF_INNER = {name: _OF_FIELD[name] for name in ("alias", "doc_value")}
_OF_LINE = {
    "token": ("token", []), "case_sensitive": ("caseSensitive", False), "chn": ("chn", False),
    "include_keys": ("include_keys", []), "exclude_keys": ("exclude_keys", []),
}
NO_LINE = {"enabled": False}


# Limits

def problem(
    line: Mapping[str, Any] | None, fields: Iterable[Mapping[str, Any]] | None, longest: int | None,
) -> str | None:
    """What is wrong with the options, or None."""
    if line and line["include_keys"] and line["exclude_keys"]:
        return "line: give include_keys or exclude_keys, not both"
    if longest is not None and not LEAST_TEXT <= longest <= MOST_TEXT:
        return f"max_text_len: {longest} is not a number of bytes from {LEAST_TEXT} to {MOST_TEXT}"
    return _fields_problem("fields", fields or ())


def _fields_problem(where: str, fields: Iterable[Mapping[str, Any]]) -> str | None:
    names = set()
    for field in fields:
        name, kind = field["name"], field["type"]
        if name in names:
            return f"{where}: {name} is given twice: remove one"
        names.add(name)
        strange = [option for option, (_name, kinds, _value) in _OF_FIELD.items()
                   if field.get(option) is not None and kind not in kinds]
        if field.get("json_keys") and kind != "json":
            strange.append("json_keys")
        if strange:
            return f"{where}: {name}: a field of type {kind} has no {' and no '.join(strange)}"
        inner = _fields_problem(f"{where}: {name}: json_keys", field.get("json_keys") or ())
        if inner:
            return inner
    return None


# The module's form, from options and from answers

def line_of_option(line: Mapping[str, Any]) -> dict[str, Any]:
    """The index of the whole text that is asked for."""
    asked = {**line, "token": TOKENS if line["token"] is None else line["token"]}
    return _line(asked, {name: name for name in _OF_LINE})


def line_of_answer(line: Mapping[str, Any] | None) -> dict[str, Any]:
    """The index of the whole text that there is."""
    names = {name: key for name, (key, _value) in _OF_LINE.items()}
    return _line({"enabled": True, **line}, names) if line else NO_LINE


def fields_of_option(fields: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The fields that are asked for, by name."""
    found = {}
    for field in fields:
        own = {**field, "token": TOKENS if field["token"] is None else field["token"]}
        inner = {one["name"]: _field(one, _OF_INNER, by_option=True) for one in field["json_keys"] or ()}
        found[field["name"]] = _with_inner(_field(own, _OF_FIELD, by_option=True), inner)
    return found


def fields_of_answer(keys: Mapping[str, Any] | None) -> dict[str, dict[str, Any]]:
    """The fields that there are, by name."""
    found = {}
    for name, key in (keys or {}).items():
        inner = {name: _field(one, _OF_INNER) for name, one in (key.get("json_keys") or {}).items()}
        found[name] = _with_inner(_field(key, _OF_FIELD), inner)
    return found


def shown(fields: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Fields in the form of the option."""
    return [
        {"name": name, **field, **({"json_keys": shown(field["json_keys"])} if "json_keys" in field else {})}
        for name, field in sorted(fields.items())
    ]


def _line(values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    if not values["enabled"]:
        return NO_LINE
    settings = {name: _canonical(values.get(names[name]) or value) for name, (_name, value) in _OF_LINE.items()}
    return {"enabled": True, **settings}


def _field(values: Mapping[str, Any], settings: Mapping[str, Any], *, by_option: bool = False) -> dict[str, Any]:
    found = {"type": values["type"]}
    for name, (key, kinds, default) in settings.items():
        value = values.get(name if by_option else key)
        if values["type"] in kinds:
            found[name] = _canonical(default if value is None else value)
    return found


def _with_inner(field: dict[str, Any], inner: dict[str, Any]) -> dict[str, Any]:
    return {**field, "json_keys": inner} if field["type"] in _JSON else field


def _canonical(value: Any) -> Any:
    """Characters and names in lists have no order."""
    return sorted(set(value)) if isinstance(value, list) else value


# The API's form

def line_to_send(line: Mapping[str, Any]) -> dict[str, Any]:
    """An index of the whole text; the two lists of fields can't be together, even if they are empty."""
    sent = {key: line[name] for name, (key, _value) in _OF_LINE.items()}
    return {key: value for key, value in sent.items() if value or key not in ("include_keys", "exclude_keys")}


def field_to_send(field: Mapping[str, Any]) -> dict[str, Any]:
    """The index of a field."""
    sent = {_OF_FIELD[name][0]: value for name, value in field.items() if name in _OF_FIELD}
    inner = {name: field_to_send(one) for name, one in field.get("json_keys", {}).items()}
    return {"type": field["type"], **sent, **({"json_keys": inner} if "json_keys" in field else {})}
