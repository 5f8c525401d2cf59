# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the service models say about input: required, known, long enough, of the right form.

Clients check only a part of it before they send. moto checks little.
"""
from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from .errors import AwsError
from .request import ApiRequest

# The error that a service answers bad input with. Services that are not here have their own, input by input.
_CODES = {
    "account": "ValidationException",
    "iam": "ValidationError",
    "kms": "ValidationException",
    "logs": "InvalidParameterException",
    "organizations": "InvalidInputException",
    "sts": "ValidationError",
}


def check(request: ApiRequest) -> None:
    """Refuse input that the service model does not allow.

    :raises AwsError: the service's own error for bad input.
    """
    shape = request.operation.input_shape
    if request.service in _CODES and shape is not None:
        problems = list(_problems(shape, request.parameters, ""))
        if problems:
            count = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected: "
            raise AwsError(_CODES[request.service], count + "; ".join(problems), 400)
    if request.protocol == "json" and shape is not None:
        _check_unknown(request, shape)


def _check_unknown(request: ApiRequest, shape: Shape) -> None:
    """A parameter that the operation does not have is a mistake. AWS ignores some of them; the local AWS none."""
    try:
        content = json.loads(request.body or b"{}")
    except ValueError:
        raise AwsError("SerializationException", "The body is not JSON", 400) from None
    for path in _unknown(shape, content, ""):
        if request.action == "PutEventSelectors":
            raise AwsError("InvalidEventSelectorsException", f"Unknown field in the event selectors: {path}", 400)
        if request.action == "PutInsightSelectors":
            raise AwsError("InvalidInsightSelectorsException", f"Unknown field in the Insights selectors: {path}", 400)
        raise AwsError(_CODES.get(request.service, "InvalidParameterException"), f"Unknown parameter: {path}", 400)


def _unknown(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        for name, item in value.items():
            if name not in shape.members:
                yield f"{path}{name}"
            else:
                yield from _unknown(shape.members[name], item, f"{path}{name}.")
    elif isinstance(shape, ListShape) and isinstance(value, list):
        for item in value:
            yield from _unknown(shape.member, item, path)


def _problems(shape: Shape, value: Any, path: str) -> Iterator[str]:
    limits = shape.metadata
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        for name in shape.required_members:
            if value.get(name) is None:
                yield _problem(None, f"{path}{name}", "Member must not be null")
        for name, item in value.items():
            if name in shape.members and item is not None:
                yield from _problems(shape.members[name], item, f"{path}{name}.")
    elif isinstance(shape, ListShape) and isinstance(value, list):
        yield from _length(value, limits, path)
        for index, item in enumerate(value, 1):
            yield from _problems(shape.member, item, f"{path}{index}.member.")
    elif isinstance(shape, MapShape):
        return
    elif isinstance(shape, StringShape) and isinstance(value, str):
        yield from _length(value, limits, path)
        pattern = limits.get("pattern")
        if pattern and not _matches(pattern, value):
            yield _problem(value, path, f"Member must satisfy regular expression pattern: {pattern}")
        if shape.enum and value not in shape.enum:
            yield _problem(value, path, f"Member must satisfy enum value set: [{', '.join(shape.enum)}]")
    elif shape.type_name in ("integer", "long") and isinstance(value, int):
        if value < limits.get("min", value):
            yield _problem(value, path, f"Member must have value greater than or equal to {limits['min']}")
        if value > limits.get("max", value):
            yield _problem(value, path, f"Member must have value less than or equal to {limits['max']}")


def _length(value: str | list, limits: dict[str, Any], path: str) -> Iterator[str]:
    if len(value) < limits.get("min", 0):
        yield _problem(value, path, f"Member must have length greater than or equal to {limits['min']}")
    if len(value) > limits.get("max", len(value)):
        yield _problem(value, path, f"Member must have length less than or equal to {limits['max']}")


def _problem(value: Any, path: str, rule: str) -> str:
    name = path.rstrip(".")
    shown = "null" if value is None else f"'{value}'"
    return f"Value {shown} at '{name[:1].lower()}{name[1:]}' failed to satisfy constraint: {rule}"


@lru_cache(maxsize=1024)
def _expression(pattern: str) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern)
    except re.error:
        return None  # Java's expressions have classes that Python's lack


def _matches(pattern: str, value: str) -> bool:
    expression = _expression(pattern)
    return expression is None or expression.fullmatch(value) is not None
