# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups of logs as they travel: the messages of the help page "Data encoding" of Simple Log Service."""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from ..errors import CloudError

_KINDS = descriptor_pb2.FieldDescriptorProto
# Texts are read as bytes, so that we see for ourselves whether they are UTF-8.
_MESSAGES: dict[str, tuple[tuple[int, str, int, Any], ...]] = {
    "Content": (
        (1, "Key", _KINDS.LABEL_REQUIRED, _KINDS.TYPE_BYTES),
        (2, "Value", _KINDS.LABEL_REQUIRED, _KINDS.TYPE_BYTES),
    ),
    "Log": (
        (1, "Time", _KINDS.LABEL_REQUIRED, _KINDS.TYPE_UINT32),
        (2, "Contents", _KINDS.LABEL_REPEATED, "Content"),
        (4, "Time_ns", _KINDS.LABEL_OPTIONAL, _KINDS.TYPE_FIXED32),
    ),
    "LogGroup": (
        (1, "Logs", _KINDS.LABEL_REPEATED, "Log"),
        (2, "Reserved", _KINDS.LABEL_OPTIONAL, _KINDS.TYPE_BYTES),
        (3, "Topic", _KINDS.LABEL_OPTIONAL, _KINDS.TYPE_BYTES),
        (4, "Source", _KINDS.LABEL_OPTIONAL, _KINDS.TYPE_BYTES),
        (5, "MachineUUID", _KINDS.LABEL_OPTIONAL, _KINDS.TYPE_BYTES),
        (6, "LogTags", _KINDS.LABEL_REPEATED, "Content"),
    ),
    "LogGroupList": ((1, "LogGroups", _KINDS.LABEL_REPEATED, "LogGroup"),),
}


def _classes() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name="logs.proto", package="local", syntax="proto2")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for number, field, label, kind in fields:
            if isinstance(kind, str):
                message.field.add(number=number, name=field, label=label, type=_KINDS.TYPE_MESSAGE,
                                  type_name=f".local.{kind}")
            else:
                message.field.add(number=number, name=field, label=label, type=kind)
    # A pool of its own: in the default one are the messages of clients that run in the same process.
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"local.{name}")) for name in _MESSAGES}


_CLASSES = _classes()


def read_group(data: bytes) -> Any:
    """A LogGroup.

    :raises CloudError: it can't be read.
    """
    try:
        return _CLASSES["LogGroup"].FromString(data)
    except DecodeError:
        raise CloudError(400, "PostBodyInvalid", "Protobuffer content cannot be parsed.") from None


def write_groups(groups: Iterable[Any]) -> bytes:
    """A LogGroupList of what new_group makes."""
    return _CLASSES["LogGroupList"](LogGroups=groups).SerializeToString()


def new_group(logs: Iterable[tuple[int, dict[str, str]]], topic: str, source: str, tags: dict[str, str]) -> Any:
    """A LogGroup.

    :param logs: time in seconds since 1970, and contents.
    """
    group = _CLASSES["LogGroup"](Topic=topic.encode(), Source=source.encode(), LogTags=_pairs(tags))
    for seconds, contents in logs:
        group.Logs.add(Time=seconds, Contents=_pairs(contents))
    return group


def _pairs(values: dict[str, str]) -> list[Any]:
    return [_CLASSES["Content"](Key=key.encode(), Value=value.encode()) for key, value in values.items()]
