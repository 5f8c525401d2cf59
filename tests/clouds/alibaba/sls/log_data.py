# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The logs of a logstore: they come in groups, and go when the logstore's ttl is over."""
from __future__ import annotations

import json
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .matching import LogEntry, matches
from .query import Condition
from .state import FOREVER, Index, Logstore, LogstoreKey, no_logstore

if TYPE_CHECKING:
    from ..cloud import Cloud

_DAY = 24 * 3600  # seconds


@dataclass(frozen=True, slots=True)
class Batch:
    """Logs that came together; packed, because there are many.

    :param number: its position in the logstore.
    :param received: seconds since 1970.
    :param index: which was there when they came; None: nobody will find them.
    :param times: of each log, in seconds since 1970.
    """

    number: int
    shard: int
    received: float
    index: Index | None
    times: tuple[int, ...]
    packed: bytes

    def entries(self) -> list[LogEntry]:
        """The logs."""
        fields = json.loads(zlib.decompress(self.packed))
        return [LogEntry(time, *rest) for time, rest in zip(self.times, fields, strict=True)]


class LogData:
    """All logs of one logstore.

    :param first: number of the first batch.
    """

    def __init__(self, first: int) -> None:
        self.batches: deque[Batch] = deque()  # oldest first
        self.first = first
        self.next_number = first

    def add(self, shard: int, received: float, index: Index | None, entries: list[LogEntry]) -> None:
        """Keep logs that came together."""
        fields = [(entry.topic, entry.source, dict(entry.contents), dict(entry.tags)) for entry in entries]
        packed = zlib.compress(json.dumps(fields, separators=(",", ":")).encode(), 1)
        times = tuple(entry.time for entry in entries)
        self.batches.append(Batch(self.next_number, shard, received, index, times, packed))
        self.next_number += 1

    def drop(self, oldest: float) -> None:
        """Forget what came before a time."""
        while self.batches and self.batches[0].received < oldest:
            self.batches.popleft()


def append(
    cloud: Cloud, project: str, logstore: str, entries: Iterable[LogEntry], shard: int | None = None
) -> None:
    """Write logs, as one group.

    :param shard: id of the one that gets them; None: each gets a group in turn.
    :raises CloudError: there is no such logstore.
    """
    key = project, logstore
    store = cloud.sls.logstores.get(key)
    if not store:
        raise no_logstore(logstore)
    data = logs_of(cloud, store)
    if shard is None:
        writable = [candidate.id for candidate in store.shards if candidate.writable]
        shard = writable[data.next_number % len(writable)]
    data.add(shard, cloud.clock.now(), cloud.sls.indexes.get(key), list(entries))


def logs_of(cloud: Cloud, store: Logstore) -> LogData:
    """The logs that a logstore still has."""
    if store.key not in cloud.sls.logs:
        # Positions grow with time, so that a cursor of a deleted logstore is none of a new one with its name.
        cloud.sls.logs[store.key] = LogData(int(cloud.clock.now() * 1_000_000))
    data = cloud.sls.logs[store.key]
    if store.ttl < FOREVER:
        data.drop(cloud.clock.now() - store.ttl * _DAY)
    return data


def select(
    cloud: Cloud, key: LogstoreKey, start: int, end: int, condition: Condition, *, topic: str = "",
    newest_first: bool = False,
) -> Iterator[LogEntry]:
    """The logs that a search finds, by their times; a reader who is behind does not find the newest.

    :param key: names of project and logstore.
    :param start: seconds since 1970.
    :param end: likewise; what is of this second is not wanted any more.
    :param topic: which they have; empty: any.
    """
    store = cloud.sls.logstores.get(key)
    if not store:
        return
    moment = cloud.faults.moment()
    found = [
        (time, batch.number, position, batch)
        for batch in logs_of(cloud, store).batches if batch.index is not None and batch.received <= moment
        for position, time in enumerate(batch.times) if start <= time < end
    ]
    found.sort(key=lambda item: item[:3], reverse=newest_first)
    opened: Batch | None = None
    entries: list[LogEntry] = []
    for _time, _number, position, batch in found:
        if batch is not opened:
            opened, entries = batch, batch.entries()
        entry = entries[position]
        if (not topic or entry.topic == topic) and matches(condition, entry, batch.index):
            yield entry
