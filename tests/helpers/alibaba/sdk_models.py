# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the SDKs' own models say of each operation, found by calling the SDKs: what they send, what they understand."""
from __future__ import annotations

import importlib
import pkgutil
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from alibabacloud_tea_openapi.utils_models import Config
from aliyunsdkcore.request import RpcRequest
from clouds.alibaba import parameters
from darabonba.model import DaraModel
from darabonba.runtime import RuntimeOptions

CURRENT = {
    "Actiontrail": "alibabacloud_actiontrail20200706",
    "Ram": "alibabacloud_ram20150501",
    "ResourceDirectoryMaster": "alibabacloud_resourcedirectorymaster20220419",
    "Sls": "alibabacloud_sls20201230",
    "Sts": "alibabacloud_sts20150401",
}
OLDER = ("aliyunsdkactiontrail", "aliyunsdkram", "aliyunsdksls", "aliyunsdksts")


@dataclass(frozen=True)
class Leaf:
    """A value: text, number, flag or any."""

    kind: str


@dataclass(frozen=True)
class ListOf:
    """A list of such."""

    item: Shape


@dataclass(frozen=True)
class MapOf:
    """An object with any names, and such values."""

    item: Shape


@dataclass(frozen=True)
class Fields:
    """An object with these fields."""

    fields: Mapping[str, Shape]


Shape = Leaf | ListOf | MapOf | Fields
_LEAVES = {str: "text", int: "number", float: "number", bool: "flag"}


@dataclass(frozen=True)
class Described:
    """An operation, as the current SDK makes and understands it.

    :param path: with braces around what varies; ``/`` for RPC.
    :param query: parameters in the query, as they are sent, when all are.
    :param body: likewise; None: there is none.
    :param request: shape of all parameters together.
    :param response: shape of the body; None: there is none.
    """

    version: str
    name: str
    method: str
    path: str
    query: Mapping[str, Any]
    body: Any
    request: Fields
    response: Shape | None


# Models

@cache
def shape_of(annotation: Any) -> Shape:
    """The shape of what an annotation of a model stands for."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is list:
        return ListOf(shape_of(arguments[0]))
    if origin is dict:
        return MapOf(shape_of(arguments[1]))
    if isinstance(annotation, type) and issubclass(annotation, DaraModel):
        return Fields({_wire_name(annotation, name): shape_of(kind) for name, kind in _attributes(annotation).items()})
    return Leaf(_LEAVES.get(annotation, "any"))


def _attributes(model: type) -> dict[str, Any]:
    return {name: kind for name, kind in typing.get_type_hints(model.__init__).items() if name != "return"}


def _wire_name(model: type, attribute: str) -> str:
    empty, filled = model().to_map(), model(**{attribute: _sample(_attributes(model)[attribute])}).to_map()
    name, = (name for name in filled if filled[name] != empty.get(name))
    return name


def _sample(annotation: Any) -> Any:
    """Something of this kind with everything in it."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is list:
        return [_sample(arguments[0])]
    if origin is dict:
        return {"key": _sample(arguments[1])}
    if isinstance(annotation, type) and issubclass(annotation, DaraModel):
        return annotation(**{name: _sample(kind) for name, kind in _attributes(annotation).items()})
    return {int: 7, float: 7.5, bool: True}.get(annotation, "text")


# What the current SDKs send

class _Sent(Exception):
    pass


@cache
def current(product: str) -> dict[str, Described]:
    """The operations of a product's current SDK, by name."""
    client = importlib.import_module(f"{CURRENT[product]}.client").Client(
        Config(access_key_id="id", access_key_secret="secret", region_id="cn-hangzhou", endpoint="example.com"))

    def send(how: Any, request: Any, _runtime: Any) -> None:
        raise _Sent(how, request)

    client.call_api = client.execute = send
    client.do_rpcrequest = lambda *arguments: {}  # of operations that nobody signs
    found = {}
    for name in dir(client):
        if name.endswith("with_options"):
            described = _described(getattr(client, name))
            if described:
                found[described.name] = described
    return found


def _described(method: Any) -> Described | None:
    hints = typing.get_type_hints(method)
    response = hints.pop("return")
    request = next((kind for name, kind in hints.items() if name in ("request", "tmp_req")), None)
    arguments = {name: _argument(name, kind) for name, kind in hints.items()}
    try:
        method(**arguments)
    except _Sent as sent:
        how, what = sent.args
    else:
        return None
    shape = shape_of(request) if request else Fields({})
    if set(shape.fields) == {"body"} and isinstance(shape.fields["body"], Fields):
        shape = shape.fields["body"]
    body = _attributes(response).get("body")
    return Described(how.version, how.action, how.method, how.pathname, what.query or {}, what.body, shape,
                     shape_of(body) if body else None)


def _argument(name: str, kind: Any) -> Any:
    if kind is str:
        return f"{{{name}}}"
    return RuntimeOptions() if kind is RuntimeOptions else _sample(kind)


# What the older SDKs send

@cache
def older() -> dict[tuple[str, str], set[str]]:
    """Names of parameters that the older SDKs know, by version and name of the operation."""
    return {key: names for package in OLDER for key, names in _older(package)}


def _older(package: str) -> Iterator[tuple[tuple[str, str], set[str]]]:
    folder = importlib.import_module(f"{package}.request")
    for module in pkgutil.walk_packages(folder.__path__, f"{package}.request."):
        kind = getattr(importlib.import_module(module.name), module.name.rpartition(".")[2], None)
        if isinstance(kind, type) and issubclass(kind, RpcRequest):
            request = kind()
            names = {name.removeprefix("get_") for name in vars(kind) if name.startswith("get_")}
            yield (request.get_version(), request.get_action_name()), names


# Comparing

_PARAMETERS = {"text": parameters.Text, "number": parameters.Number, "flag": parameters.Flag}


def differences(parameter: parameters.Parameter, shape: Shape, name: str) -> Iterator[str]:
    """What a declared parameter accepts that the model does not have, or the other way round."""
    if isinstance(shape, Leaf):
        if shape.kind != "any" and not isinstance(parameter, _PARAMETERS[shape.kind]):
            yield f"{name} is a {type(parameter).__name__}; in the model, {shape.kind}"
    elif isinstance(shape, ListOf) and isinstance(parameter, parameters.Items):
        yield from differences(parameter.item, shape.item, f"{name}[]")
    elif isinstance(shape, MapOf) and isinstance(parameter, parameters.Mapped):
        yield from differences(parameter.item, shape.item, f"{name}{{}}")
    elif isinstance(shape, Fields) and isinstance(parameter, parameters.Structure):
        yield from field_differences(parameter.fields, shape, f"{name}.")
    else:
        yield f"{name} is a {type(parameter).__name__}; in the model, {type(shape).__name__}"


def field_differences(
    declared: Mapping[str, parameters.Parameter], shape: Fields, prefix: str = "", more: frozenset[str] = frozenset()
) -> Iterator[str]:
    """The same for all parameters of an operation, or all fields of an object.

    :param more: names that may be declared without being in the model.
    """
    for name in sorted(declared.keys() | shape.fields.keys()):
        if name not in shape.fields:
            if name not in more:
                yield f"{prefix}{name} is not in the model"
        elif name not in declared:
            yield f"{prefix}{name} is not declared"
        else:
            yield from differences(declared[name], shape.fields[name], prefix + name)


_VALUES = {"text": str, "number": (int, float), "flag": bool, "any": object}


def misfits(value: Any, shape: Shape, name: str, seen: set[str]) -> Iterator[str]:
    """What is in an answer, and not in the model.

    :param seen: gets the names of all fields that are there.
    """
    if isinstance(shape, Leaf):
        number = shape.kind == "number" and isinstance(value, bool)
        if number or value is None or not isinstance(value, _VALUES[shape.kind]):
            yield f"{name} is {value!r}; in the model, {shape.kind}"
    elif isinstance(shape, ListOf) and isinstance(value, list):
        for item in value:
            yield from misfits(item, shape.item, f"{name}[]", seen)
    elif isinstance(shape, MapOf) and isinstance(value, Mapping):
        for item in value.values():
            yield from misfits(item, shape.item, f"{name}{{}}", seen)
    elif isinstance(shape, Fields) and isinstance(value, Mapping):
        for key, item in value.items():
            path = f"{name}.{key}".removeprefix(".")
            seen.add(path)
            if key in shape.fields:
                yield from misfits(item, shape.fields[key], path, seen)
            else:
                yield f"{path} is not in the model"
    else:
        yield f"{name} is {value!r}; in the model, {type(shape).__name__}"


def field_names(shape: Shape | None, name: str = "") -> Iterator[str]:
    """All fields of a shape, as misfits() names them."""
    if isinstance(shape, ListOf):
        yield from field_names(shape.item, f"{name}[]")
    elif isinstance(shape, MapOf):
        yield from field_names(shape.item, f"{name}{{}}")
    elif isinstance(shape, Fields):
        for key, item in shape.fields.items():
            path = f"{name}.{key}".removeprefix(".")
            yield path
            yield from field_names(item, path)
