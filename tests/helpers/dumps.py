# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dumps of a local cloud: everything that accounts hold, to compare before and after a run.

A dump has an entry for each resource, by a name such as ``222222222222 cloudtrail eu-west-1 trails audit-logs``, with all of its
settings, and one for the contents of each bucket, log group and logstore, whose name ends with ``contents``.
"""
from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable
from typing import Any

CONTENTS = "contents"
Dump = dict[str, Any]


def text(dump: Dump) -> str:
    """A dump as text, always the same for the same accounts: a line for each resource, and one for each log."""
    return "".join(f"{line}\n" for name, value in sorted(dump.items()) for line in _lines(name, value))


def _lines(name: str, value: Any) -> Iterable[str]:
    if name.endswith(CONTENTS):
        yield name
        for item, content in sorted(value.items()):
            yield f"{name} {item}: {json.dumps(content, sort_keys=True)}"
    else:
        yield f"{name}: {json.dumps(value, sort_keys=True)}"


def part(dump: Dump, names: Iterable[str]) -> Dump:
    """The entries of these names, as far as they are there."""
    return {name: dump[name] for name in names if name in dump}


def lost(before: Dump, after: Dump) -> list[str]:
    """The contents that are not there any more, or not as they were."""
    return [
        f"{name} {item}"
        for name, value in before.items() if name.endswith(CONTENTS)
        for item, content in value.items() if after.get(name, {}).get(item) != content
    ]


class Unchanged:
    """What accounts have now and did not have before, which is to stay as it is; logs may grow.

    :param read: returns a dump.
    :param before: an earlier dump, or names of it.
    :param without: text in entries that are left out.
    """

    def __init__(self, read: Callable[[], Dump], before: Collection[str] = (), without: str | None = None) -> None:
        self._read = read
        self._before = {
            name: value for name, value in read().items() if name not in before and (without is None or without not in text({name: value}))}

    def check(self) -> None:
        now = self._read()
        assert text(settings(part(now, self._before))) == text(settings(self._before))
        assert lost(self._before, now) == []


def settings(dump: Dump) -> Dump:
    """A dump without logs, which grow with each call."""
    return {name: value for name, value in dump.items() if not name.endswith(CONTENTS)}


def digest(content: bytes) -> str:
    """What stands for a content."""
    return hashlib.sha256(content).hexdigest()
