# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be called: each operation says its parameters, its permission and what it does.

A service registers its operations by decorating functions; the gateway finds them by product, version and action, or
by method and path.
"""
from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .parameters import Parameter

if TYPE_CHECKING:
    from .request import ApiRequest

Perform = Callable[["ApiRequest"], Any]
Resources = Callable[["ApiRequest"], "str | list[str]"]
Context = Callable[["ApiRequest"], Mapping[str, "str | list[str]"]]


@dataclass(frozen=True)
class Operation:
    """One operation of a service.

    :param product: as in documents and events: Ram, Sts, Actiontrail, ResourceDirectoryMaster, Sls.
    :param version: date of the API.
    :param name: such as ``CreateRole``; errors and events name it so.
    :param parameters: by their names on the wire. Another one in a request is an error.
    :param action: what a policy must allow, such as ``ram:CreateRole``; None: nothing has to be allowed.
    :param resources: for which resources it must be allowed; each of them.
    :param context: condition keys beside those that every request has.
    :param read_only: it changes nothing.
    :param recorded: ActionTrail makes an event of it; it does not of reads and writes of data.
    :param method: of the REST style.
    :param path: of the REST style, such as ``/logstores/{logstore}``; None: RPC. What follows a question mark has to be
        in the query.
    :param in_project: of the REST style: whether the host names a project; None: it may.
    """

    product: str
    version: str
    name: str
    perform: Perform
    parameters: Mapping[str, Parameter]
    action: str | None
    resources: Resources
    context: Context
    read_only: bool
    recorded: bool
    method: str = "POST"
    path: str | None = None
    in_project: bool | None = None
    pattern: re.Pattern[str] | None = field(default=None, compare=False)


RPC: dict[tuple[str, str], Operation] = {}  # by version and name
REST: list[Operation] = []


def rpc(
    product: str, version: str, name: str, *, action: str | None, read_only: bool,
    resources: Resources = lambda request: "*", context: Context = lambda request: {}, recorded: bool = True,
    **parameters: Parameter,
) -> Callable[[Perform], Perform]:
    """Decorate a function that performs an operation of the RPC style. It returns the body without RequestId."""

    def register(perform: Perform) -> Perform:
        RPC[version, name] = Operation(
            product, version, name, perform, parameters, action, resources, context, read_only, recorded
        )
        return perform

    return register


def rest(
    name: str, method: str, path: str, *, action: str | None, read_only: bool,
    resources: Resources = lambda request: "*", context: Context = lambda request: {}, recorded: bool = True,
    in_project: bool | None = True, **parameters: Parameter,
) -> Callable[[Perform], Perform]:
    """Decorate a function that performs an operation of the REST style of SLS. It returns None, a body, or an Answer."""

    def register(perform: Perform) -> Perform:
        pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path.partition("?")[0]))
        REST.append(Operation("Sls", "2020-12-30", name, perform, parameters, action, resources, context, read_only,
                              recorded, method, path, in_project, pattern))
        return perform

    return register
