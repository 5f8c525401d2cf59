# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the mends of moto's faults are kept.

A mend is one function for one fault, with the rule of the AWS documentation that it restores. It acts

- ``before`` moto: it refuses the call by raising AwsError, or changes ``request.parameters``;
- ``instead`` of moto: it returns the operation's output;
- ``after`` moto, if the call went well: it changes the output (JSON services) or what moto has stored.
"""
from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

from .request import ApiRequest

Before = Callable[[ApiRequest], None]
Instead = Callable[[ApiRequest], dict[str, Any]]
After = Callable[[ApiRequest, dict[str, Any]], None]
_Mend = TypeVar("_Mend", Before, Instead, After)

# Key in the environment of a request to moto: the call as the door knows it, which has been found to be allowed.
DECIDED = "local_aws.decided"

BEFORE: dict[tuple[str, str], list[Before]] = defaultdict(list)
INSTEAD: dict[tuple[str, str], Instead] = {}
AFTER: dict[tuple[str, str], list[After]] = defaultdict(list)


def before(service: str, *actions: str) -> Callable[[Before], Before]:
    """Register a mend that looks at a call before moto does."""
    return _registrar(BEFORE, service, actions)


def after(service: str, *actions: str) -> Callable[[After], After]:
    """Register a mend that works on what moto has done."""
    return _registrar(AFTER, service, actions)


def instead(service: str, action: str) -> Callable[[Instead], Instead]:
    """Register a mend that does the whole operation."""

    def register(mend: Instead) -> Instead:
        INSTEAD[service, action] = mend
        return mend

    return register


def _registrar(registry: dict[tuple[str, str], list], service: str, actions: tuple[str, ...]) -> Callable:
    def register(mend: _Mend) -> _Mend:
        for action in actions:
            registry[service, action].append(mend)
        return mend

    return register
