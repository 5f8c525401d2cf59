# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Projects and logstores that services make for themselves: Log Audit Service, trails."""
from __future__ import annotations

from ..cloud import Cloud
from .logstore_settings import DEFAULTS
from .shards import even_shards
from .state import Index, Logstore, Project

_SHARDS = 2
# What the logs that services deliver are searched by.
_TOKENS = list(", '\";=()[]{}?@&<>/:\n\t\r")
_TEXT = {"type": "text", "token": _TOKENS, "caseSensitive": False, "chn": False, "doc_value": True}
_EVENT_FIELDS = (
    "acsRegion", "apiVersion", "errorCode", "errorMessage", "eventCategory", "eventId", "eventName", "eventRW",
    "eventSource", "eventTime", "eventType", "eventVersion", "recipientAccountId", "requestId", "requestParameterJson",
    "resourceName", "resourceType", "serviceName", "sourceIpAddress", "userAgent", "userIdentity.accessKeyId",
    "userIdentity.accountId", "userIdentity.principalId", "userIdentity.type", "userIdentity.userName",
)
_INDEX_OF_KEYS = {
    "event": {
        "type": "json", "token": _TOKENS, "caseSensitive": False, "chn": False, "doc_value": True,
        "json_keys": {name: {"type": "text", "doc_value": True} for name in _EVENT_FIELDS},
    },
    "owner_id": _TEXT,
}


def ensure_project(cloud: Cloud, account_id: str, name: str, region: str, description: str = "") -> Project:
    """A project of an account, created if it is not there.

    :raises ValueError: it is another account's, or in another region.
    """
    project = cloud.sls.projects.get(name)
    if project is None:
        now = cloud.clock.now()
        project = Project(name, account_id, region, created=now, modified=now, description=description)
        cloud.sls.add_project(project)
    elif (project.account_id, project.region) != (account_id, region):
        raise ValueError(f"The project {name} is not one of {account_id} in {region}")
    return project


def ensure_logstore(cloud: Cloud, project: str, logstore: str, ttl: int, index: bool = True) -> Logstore:
    """A logstore in a project, created if it is not there.

    :param ttl: days, for a new one; one that is there keeps its own.
    :param index: whether a new one gets an index, of the whole text and of the documented fields of events.
    :raises KeyError: there is no such project.
    """
    if project not in cloud.sls.projects:
        raise KeyError(project)
    key = project, logstore
    found = cloud.sls.logstores.get(key)
    if found is None:
        now = cloud.clock.now()
        found = Logstore(project, logstore, ttl, even_shards(_SHARDS, now), created=now, modified=now,
                         settings=DEFAULTS)
        cloud.sls.logstores.put(key, found)
        if index:
            line = {"token": _TOKENS, "caseSensitive": False, "chn": False}
            cloud.sls.indexes.put(key, Index(_INDEX_OF_KEYS, line, now))
    return found
