# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of what was called."""
from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

_LONGEST = 200  # characters of a name; what is longer is a document


@dataclass(frozen=True)
class Call:
    """One API call, in the account that the caller's credentials belong to.

    :param account: its id; ``-`` where nobody could be identified.
    :param error: the code of the refusal.
    :param subject: see subject_of. It makes no two calls different.
    """

    account: str
    service: str
    action: str
    read_only: bool
    status: int
    error: str | None = None
    subject: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.account} {self.service}:{self.action} {self.status}{f' {self.error}' if self.error else ''}"


class Observers:
    """Reports calls to the observer of a cloud, and to that of the address at which they came in.

    :param on_call: the observer of the cloud.
    """

    def __init__(self, on_call: Callable[[Call], None] | None) -> None:
        self._of_cloud = on_call
        self._of_thread = threading.local()

    def report(self, call: Call) -> None:
        """Report a call."""
        for on_call in (self._of_cloud, getattr(self._of_thread, "on_call", None)):
            if on_call:
                on_call(call)

    def at(
        self, application: Callable, on_call: Callable[[Call], None], on_request: Callable[[dict[str, Any]], None] | None = None,
    ) -> Callable:
        """A WSGI application for an address of its own, whose calls are reported to C(on_call) as well.

        :param on_request: is called with the WSGI environment of each request before anything is done, and may take its time.
        """
        def observed(environ, start_response):
            if on_request:
                on_request(environ)
            self._of_thread.on_call = on_call  # of this address alone: each connection has a thread
            return application(environ, start_response)

        return observed


def subject_of(parameters: Mapping[str, Any]) -> str:
    """What a call is about: those of its parameters that are names, or lists of names; no documents.

    Such as ``PolicyName=example RoleName=example``.
    """
    found = {
        name: ",".join(value) if isinstance(value, (list, tuple)) else value
        for name, value in parameters.items()
        if isinstance(value, str) or isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value)
    }
    names = (name for name, value in found.items() if 0 < len(value) <= _LONGEST and value[0] not in "{[")
    return " ".join(f"{name}={found[name]}" for name in sorted(names))
