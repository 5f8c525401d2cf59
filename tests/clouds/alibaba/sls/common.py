# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the operations of SLS share: finding what a request is about, resources of policies, pages."""
from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

from ..errors import CloudError
from ..parameters import Number, Text
from ..request import ApiRequest
from .state import Logstore, Project, no_logstore, no_project

Item = TypeVar("Item")
LOGSTORE = Text(required=True, where="path")
LONGEST_PAGE = 500


def project_arn(request: ApiRequest, name: str | None = None) -> str:
    """The resource of a policy: the project of the host, or another one of the caller's account."""
    return f"acs:log:{request.region}:{request.caller.account_id}:project/{name or request.project}"


def logstore_arn(request: ApiRequest) -> str:
    """The resource of a policy: the logstore of the path, or all of the project where the path has none."""
    return f"{project_arn(request)}/logstore/{request.get('logstore', '*')}"


def find_project(request: ApiRequest, name: str | None = None) -> Project:
    """A project as the caller sees it: the one of the host, or another one.

    :raises CloudError: there is none in this region, or it belongs to another account: assumption alibaba-sls-foreign-project. Or it is
        new: assumption alibaba-sls-new-project.
    """
    name = name or request.project
    project = request.cloud.sls.projects.seen(name)
    if not project or project.region != request.region:
        raise no_project(name)
    if project.account_id != request.account.id:
        raise CloudError(401, "Unauthorized", "The project does not belong to you.")
    if request.cloud.consistency.refuses_project(request.cloud.sls.created.get(name, -math.inf)):
        raise CloudError(403, "ProjectForbidden", f"The project is forbidden : {name}")
    return project


def project_to_change(request: ApiRequest, name: str | None = None) -> Project:
    """A project as it is. A new one that the caller does not see yet is none for changes either.

    :raises CloudError: there is none in this region, or it belongs to another account.
    """
    name = find_project(request, name).name
    project = request.cloud.sls.projects.get(name)
    if not project:
        raise no_project(name)
    return project


def find_logstore(request: ApiRequest) -> Logstore:
    """The logstore of the path, as a reader sees it, in its project.

    :raises CloudError: there is none.
    """
    project = find_project(request)
    logstore = request.cloud.sls.logstores.seen((project.name, request["logstore"]))
    if not logstore:
        raise no_logstore(request["logstore"])
    return logstore


def logstore_to_change(request: ApiRequest) -> Logstore:
    """The logstore of the path as it is.

    :raises CloudError: there is none.
    """
    project = project_to_change(request)
    logstore = request.cloud.sls.logstores.get((project.name, request["logstore"]))
    if not logstore:
        raise no_logstore(request["logstore"])
    return logstore


def refuse_dedicated(logstore: Logstore) -> None:
    """Keep others out of what a service has for itself: the help page "Log Audit Service"; the code is ours.

    :raises CloudError: it is such a logstore.
    """
    if logstore.dedicated:
        raise CloudError(403, "Unauthorized", f"logstore {logstore.name} is dedicated to a service: its logs, its settings and "
                                              "its index are not for others to write")


PAGING = {"offset": Number(minimum=0), "size": Number(minimum=1, maximum=LONGEST_PAGE)}


def page(request: ApiRequest, items: Sequence[Item], size: int) -> Sequence[Item]:
    """The items that the request asks for.

    :param size: of a page where the request names none.
    """
    offset = request.get("offset", 0)
    return items[offset:offset + request.get("size", size)]
