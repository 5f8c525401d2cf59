# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A request that the cloud answers."""
from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from .account import Account
from .cloud import Cloud
from .operations import Operation
from .principals import Caller, Credential
from .wire.http import HttpRequest

DEFAULT_REGION = "cn-hangzhou"


@dataclass
class ApiRequest:
    """One API call, filled in step by step by the gateway.

    :param region: which the host names; the default region where it names none.
    :param project: of SLS, from the host.
    :param input: parameters, read and checked; those of a path among them.
    :param output: what the operation returned, when it is done.
    :param is_observer: the caller looks at the cloud from outside, see LocalAlibaba.observer_url.
    """

    cloud: Cloud
    http: HttpRequest
    operation: Operation | None = None
    credential: Credential | None = None
    account: Account | None = None
    region: str = DEFAULT_REGION
    project: str | None = None
    input: dict[str, Any] = field(default_factory=dict)
    output: Any = None
    id: str = field(default_factory=lambda: str(uuid.uuid4()).upper())
    is_observer: bool = False

    @property
    def caller(self) -> Caller:
        """Who calls."""
        return self.credential.caller

    @property
    def now(self) -> float:
        """The cloud's time, in seconds since 1970."""
        return self.cloud.clock.now()

    def __getitem__(self, name: str) -> Any:
        return self.input[name]

    def get(self, name: str, default: Any = None) -> Any:
        """A parameter that need not be there."""
        return self.input.get(name, default)

    def __contains__(self, name: str) -> bool:
        return name in self.input
