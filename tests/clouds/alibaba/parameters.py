# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a parameter may be. Values come as text (query, form) or as JSON; handlers get Python values."""
from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import CloudError

_DEEPEST = 16  # dots in a name
_NO_TEXT = re.compile("[\ud800-\udfff]")  # halves of characters: no encoding has them


@dataclass(frozen=True)
class Parameter:
    """What all parameters have.

    :param required: its absence is an error.
    :param code: of the error when the value is bad; None for ``InvalidParameter``.
    :param missing: code of the error when it is not there; None for ``MissingParameter``.
    :param where: of REST: ``query``, ``path``, ``body`` (a field of its JSON), ``header`` or ``raw`` (see Raw).
    """

    required: bool = False
    code: str | None = None
    missing: str | None = None
    where: str = "query"

    def read(self, name: str, value: Any) -> Any:
        """The value for the handler.

        :raises CloudError: it is not one that the parameter may have.
        """
        raise NotImplementedError

    def bad(self, name: str, why: str) -> CloudError:
        """The error for a bad value."""
        return CloudError(400, self.code or "InvalidParameter", f"The parameter {name} is invalid: {why}.")

    def absent(self, name: str) -> CloudError:
        """The error for a value that is not there."""
        return CloudError(400, self.missing or "MissingParameter",
                          f"The input parameter {name} that is mandatory for processing this request is not supplied.")


@dataclass(frozen=True)
class Text(Parameter):
    """A string.

    :param length: least and greatest number of characters.
    :param pattern: of the whole value.
    :param choices: the only values.
    """

    length: tuple[int, int] | None = None
    pattern: str | None = None
    choices: tuple[str, ...] | None = None

    def read(self, name: str, value: Any) -> str:
        if not isinstance(value, str):
            raise self.bad(name, "it is not a string")
        if _NO_TEXT.search(value):
            raise self.bad(name, "it is not text")
        if self.length and not self.length[0] <= len(value) <= self.length[1]:
            raise self.bad(name, f"its length is not within {self.length[0]} to {self.length[1]} characters")
        if self.pattern and not re.fullmatch(self.pattern, value):
            raise self.bad(name, f"it does not match {self.pattern}")
        if self.choices and value not in self.choices:
            raise self.bad(name, f"it is none of {', '.join(self.choices)}")
        return value


@dataclass(frozen=True)
class Number(Parameter):
    """A whole number, with its least and greatest values."""

    minimum: int | None = None
    maximum: int | None = None

    def read(self, name: str, value: Any) -> int:
        if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,18}", value):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.bad(name, "it is not a whole number")
        if self.minimum is not None and value < self.minimum:
            raise self.bad(name, f"it is less than {self.minimum}")
        if self.maximum is not None and value > self.maximum:
            raise self.bad(name, f"it is greater than {self.maximum}")
        return value


@dataclass(frozen=True)
class Flag(Parameter):
    """True or false, in JSON or as text in any case: the SDKs send ``True``."""

    def read(self, name: str, value: Any) -> bool:
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        raise self.bad(name, "it is neither true nor false")


@dataclass(frozen=True)
class Items(Parameter):
    """A list.

    :param item: what each of them is.
    :param most: greatest number of items.
    """

    item: Parameter = field(default_factory=Text)
    most: int | None = None

    def read(self, name: str, value: Any) -> list:
        if not isinstance(value, list):
            raise self.bad(name, "it is not a list")
        if self.most is not None and len(value) > self.most:
            raise self.bad(name, f"it has more than {self.most} items")
        return [self.item.read(f"{name}.{number}", item) for number, item in enumerate(value, 1)]


@dataclass(frozen=True)
class Structure(Parameter):
    """An object with these fields and no others."""

    fields: Mapping[str, Parameter] = field(default_factory=dict)

    def read(self, name: str, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.bad(name, "it is not an object")
        return read_all(self.fields, value, f"{name}.")


@dataclass(frozen=True)
class Mapped(Parameter):
    """An object with names that are the caller's own.

    :param item: what each value is.
    """

    item: Parameter = field(default_factory=Text)

    def read(self, name: str, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.bad(name, "it is not an object")
        return {key: self.item.read(f"{name}.{key}", item) for key, item in value.items()}


@dataclass(frozen=True)
class Json(Parameter):
    """A list or an object that travels as JSON text.

    :param content: what it is.
    """

    content: Parameter = field(default_factory=Items)

    def read(self, name: str, value: Any) -> Any:
        try:
            return self.content.read(name, json.loads(value))
        except (TypeError, ValueError, RecursionError):
            raise self.bad(name, "it is not JSON") from None


@dataclass(frozen=True)
class Raw(Parameter):
    """The body of a REST request as it came, in bytes; its name is ``body``."""

    where: str = "raw"

    def read(self, name: str, value: Any) -> bytes:
        return value


def read_all(parameters: Mapping[str, Parameter], values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Values for a handler; what was not sent, or sent as null, is not among them.

    :raises CloudError: one is unknown, missing or bad.
    """
    unknown = [name for name in values if name not in parameters]
    if unknown:
        raise CloudError(400, "InvalidParameter", f"The local Alibaba Cloud knows no parameter {prefix}{unknown[0]} here.")
    read = {}
    for name, parameter in parameters.items():
        value = values.get(name)
        if value is not None:
            read[name] = parameter.read(prefix + name, value)
        elif parameter.required:
            raise parameter.absent(prefix + name)
    return read


def nest(flat: Mapping[str, str]) -> dict[str, Any]:
    """Parameters of the RPC style with their dots resolved: ``Tag.1.Key`` is the key of the first tag.

    :raises CloudError: the numbers of a list don't count from 1.
    """
    nested: dict[str, Any] = {}
    for name, value in flat.items():
        *path, last = name.split(".")
        if len(path) > _DEEPEST:
            raise CloudError(400, "InvalidParameter", f"The parameter {path[0]} is nested too deeply.")
        parent = nested
        for part in path:
            parent = parent.setdefault(part, {})
            if not isinstance(parent, dict):
                raise CloudError(400, "InvalidParameter", f"The parameter {name} is both a value and a list.")
        if isinstance(parent.get(last), dict):
            raise CloudError(400, "InvalidParameter", f"The parameter {name} is both a value and a list.")
        parent[last] = value
    return {name: _numbered(name, value) for name, value in nested.items()}


def _numbered(name: str, value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    items = {key: _numbered(f"{name}.{key}", item) for key, item in value.items()}
    if not any(key.isdecimal() for key in items):
        return items
    if set(items) != {str(number) for number in range(1, len(items) + 1)}:
        raise CloudError(400, "InvalidParameter", f"The items of the parameter {name} are not numbered from 1.")
    return [items[str(number)] for number in range(1, len(items) + 1)]
