# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that accounts of the local AWS hold, read where moto keeps it: a call would be an event that trails deliver."""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from helpers.dumps import CONTENTS, Dump, digest
from moto.core.base_backend import BackendDict, BaseBackend
from moto.logs.models import LogGroup, LogsBackend
from moto.s3.models import FakeBucket, FakeDeleteMarker, S3Backend
from moto.utilities.tagging_service import TaggingService

# Accounts of the organization, and sessions: neither is a resource of an account.
_NO_SERVICES = ("organizations", "sts")
# What changes without anybody changing the resource, and what is dumped as the contents of a resource.
_LEFT_OUT = {
    "_etag", "_max_buffer_size", "_status", "_tick", "_time_progressed", "_transitions", "_value_buffer", "deliveries", "disposed",
    "keys", "last_used", "last_used_region", "latest_delivery_attempt", "latest_delivery_time", "lock", "streams",
}


def dump(aws, *accounts: str) -> Dump:
    """Everything that accounts hold.

    :param accounts: their ids; none for all accounts.
    """
    found: Dump = {}
    # As moto's own reset, which has no public list either.
    for service in BackendDict._instances:  # pylint: disable=protected-access
        for account, regions in list(service.items()):
            if service.service_name not in _NO_SERVICES and (account in accounts or not accounts):
                for region, backend in list(regions.items()):
                    found |= {f"{account} {service.service_name} {region} {name}": value for name, value in _resources(backend)}
    return found


def _resources(backend: BaseBackend) -> Iterator[tuple[str, Any]]:
    for kind, table in vars(backend).items():
        if isinstance(table, TaggingService):
            table = {resource: tags for resource, tags in table.tags.items() if tags}  # reading creates empty ones
        if isinstance(table, dict) and kind != "_pagination_tokens":
            for name, resource in list(table.items()):
                yield f"{kind} {_text(name)}", _plain(resource)
    if isinstance(backend, S3Backend):
        for name, bucket in list(backend.buckets.items()):
            yield f"buckets {name} {CONTENTS}", dict(_objects(bucket))
    if isinstance(backend, LogsBackend):
        for name, group in list(backend.groups.items()):
            yield f"groups {name} {CONTENTS}", dict(_events(group))


def _objects(bucket: FakeBucket) -> Iterator[tuple[str, Any]]:
    for key, versions in bucket.keys.lists():
        for version in versions:
            name = f"{key} {version.version_id}"
            if isinstance(version, FakeDeleteMarker):
                yield name, "delete marker"
            else:
                yield name, {**_plain(version), "content": digest(version.value)}


def _events(group: LogGroup) -> Iterator[tuple[str, Any]]:
    for name, stream in group.streams.items():
        for number, event in enumerate(stream.events):
            yield f"{name} {number}", {"timestamp": event.timestamp, "message": digest(event.message.encode())}


def _plain(value: Any, above: tuple[int, ...] = ()) -> Any:
    """A value in the types of JSON; what points back to where it is held, and what is no data, by its type."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, bytes):
        return _decoded(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if id(value) in above or isinstance(value, BaseBackend):
        return type(value).__name__
    above = (*above, id(value))
    if isinstance(value, dict):
        return {_text(key): _plain(item, above) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, above) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted(_text(item) for item in value)
    if type(value).__module__.startswith("moto."):
        return {key: _plain(item, above) for key, item in vars(value).items() if key not in _LEFT_OUT}
    return type(value).__name__


def _decoded(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return digest(value)


def _text(key: Any) -> str:
    return " ".join(map(str, key)) if isinstance(key, Iterable) and not isinstance(key, str) else str(key)
