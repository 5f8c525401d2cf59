# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of single calls: one call of one account fails in one way, once or until the fault is removed."""
from __future__ import annotations

import os
import select
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from werkzeug.wrappers import Response

_LONGEST = 120  # seconds for which a connection is held; clients give up earlier
_PAGE = b"""<!DOCTYPE html>
<html><head><title>Sign in to the network</title></head>
<body><form action="/login" method="post"><input name="user"><input name="password" type="password"></form></body></html>
"""


class Kind(Enum):
    """What happens to a call. Those whose name ends with C(_AFTER), and answers that are spoiled, come when the work is done."""

    ERROR = "HTTP 500"
    ERROR_AFTER = "HTTP 500 after"
    THROTTLING = "throttling"
    TIMEOUT = "timeout"
    TIMEOUT_AFTER = "timeout after"
    RESET = "reset"
    RESET_AFTER = "reset after"
    TRUNCATED = "truncated"
    EMPTY = "empty"
    MALFORMED = "malformed"
    GZIP = "no gzip"
    HTML = "HTML page"

    @property
    def is_before(self) -> bool:
        """Whether the call does not reach the service, or the service does not carry it out."""
        return self in (Kind.ERROR, Kind.THROTTLING, Kind.TIMEOUT, Kind.RESET, Kind.HTML)

    @property
    def is_error(self) -> bool:
        """Whether the service answers with an error of its own, as its protocol has it."""
        return self in (Kind.ERROR, Kind.ERROR_AFTER, Kind.THROTTLING)

    @property
    def is_timeout(self) -> bool:
        """Whether the client waits until it gives up."""
        return self in (Kind.TIMEOUT, Kind.TIMEOUT_AFTER)


@dataclass(frozen=True)
class Fault:
    """What is to happen to one call.

    :param account: id of the account that the call is for: for AssumeRole, that of the role, otherwise that of the credentials.
    :param service: as in clouds.calls.Call.
    :param action: likewise.
    :param occurrence: which of the account's calls of this action since the fault was set, from 1. A call that is tried again
        because a fault happened to it counts as one.
    :param is_lasting: whether it happens to all later ones as well.
    """

    kind: Kind
    account: str
    service: str
    action: str
    occurrence: int = 1
    is_lasting: bool = False


class WireFaults:
    """The faults of a local cloud."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.set()

    def set(self, *faults: Fault) -> None:
        """Let these faults happen from now on, and no others."""
        with self._lock:
            self._faults = list(faults)
            self._counts: Counter[tuple[str, str, str]] = Counter()
            self._spoiled: dict[tuple[str, str, str], str] = {}  # the subject of the latest call, if a fault happened to it
            self.taken: list[Fault] = []  # each time that one has happened, in order

    def take(self, account: str, service: str, action: str, subject: str) -> Kind | None:
        """What happens to this call.

        :param subject: see clouds.calls.subject_of.
        """
        if not self._faults:
            return None
        call = account, service, action
        with self._lock:
            is_again = self._spoiled.pop(call, None) == subject
            self._counts[call] += not is_again
            count = self._counts[call]
            for fault in self._faults:
                if (fault.account, fault.service, fault.action) == call and (
                        count >= fault.occurrence if fault.is_lasting else count == fault.occurrence and not is_again):
                    self.taken.append(fault)
                    self._spoiled[call] = subject
                    return fault.kind
        return None


def respond(kind: Kind | None, response: Response, environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
    """Send a response as the kind of fault has it.

    :param response: the service's answer; nothing of it is sent if the fault leaves nothing.
    """
    if kind and kind.is_timeout:
        select.select([environ["werkzeug.socket"]], [], [], _LONGEST)  # the client closes it
        _reset(environ["werkzeug.socket"])
    elif kind in (Kind.RESET, Kind.RESET_AFTER):
        _reset(environ["werkzeug.socket"])
    elif kind is Kind.HTML:
        response = Response(_PAGE, 200, content_type="text/html")
    elif kind in (Kind.EMPTY, Kind.MALFORMED, Kind.GZIP, Kind.TRUNCATED):
        body = response.get_data() or b"<?xml"
        half = body[:max(1, len(body) // 2)]
        if kind in (Kind.EMPTY, Kind.MALFORMED):
            response.status_code = 200
        response.set_data({Kind.EMPTY: b"", Kind.GZIP: b"\x1f\x8b\x08" + body}.get(kind, half))
        if kind is Kind.GZIP:
            response.headers["Content-Encoding"] = "gzip"
        if kind is Kind.TRUNCATED:
            response.headers["Content-Length"] = str(len(body))
            start_response(response.status, list(response.headers))
            return [half]
    return response(environ, start_response)


def _reset(connection: socket.socket) -> None:
    """Close a connection with a reset, while the server goes on writing to nobody."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    nobody, other = socket.socketpair()
    other.close()
    # Not close(): the server's files keep the descriptor open.
    os.dup2(nobody.fileno(), connection.fileno())
    nobody.close()
