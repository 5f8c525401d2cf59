# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What SLS has, of all accounts: names of projects are global."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import CloudError
from ..table import Readers, Table

LogstoreKey = tuple[str, str]  # names of project and logstore


@dataclass(frozen=True)
class Project:
    """A project.

    :param account_id: of the owner.
    :param created: seconds since 1970, as is modified.
    """

    name: str
    account_id: str
    region: str
    created: float
    modified: float
    description: str = ""
    data_redundancy_type: str = "LRS"
    resource_group_id: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        """As policies name it."""
        return f"acs:log:{self.region}:{self.account_id}:project/{self.name}"


@dataclass(frozen=True)
class Shard:
    """A range of MD5 hashes, as numbers of 128 bits.

    :param begin: the first one.
    :param end: the one after the last one.
    """

    id: int
    begin: int
    end: int
    created: float
    writable: bool = True


@dataclass(frozen=True)
class Logstore:
    """A logstore.

    :param project: name of its project.
    :param ttl: days for which logs are kept; FOREVER: for ever.
    :param settings: the others, by their names in requests.
    :param created: seconds since 1970, as is modified.
    :param dedicated: only a service writes to it, changes it and deletes it.
    """

    project: str
    name: str
    ttl: int
    shards: tuple[Shard, ...]
    created: float
    modified: float
    settings: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    dedicated: bool = False

    @property
    def key(self) -> LogstoreKey:
        """Of the tables."""
        return self.project, self.name


@dataclass(frozen=True)
class Index:
    """The index of a logstore.

    :param keys: indexes of fields, as sent.
    :param line: index of the whole text, as sent; None: there is none.
    :param settings: the others, by their names in requests.
    :param modified: seconds since 1970.
    """

    keys: Mapping[str, Any]
    line: Mapping[str, Any] | None
    modified: float
    settings: Mapping[str, Any] = field(default_factory=dict)


FOREVER = 3650  # days


class SlsState:
    """All projects and what is in them.

    :param readers: how far they may be behind.
    :ivar created: when projects were created, in the time of the windows.
    :param logs: of each logstore; see log_data.
    """

    def __init__(self, readers: Readers) -> None:
        self._readers = readers
        self.projects: Table[str, Project] = Table(readers)
        self.created: dict[str, float] = {}
        self.logstores: Table[LogstoreKey, Logstore] = Table(readers)
        self.indexes: Table[LogstoreKey, Index] = Table(readers)
        self.logs: dict[LogstoreKey, Any] = {}

    def add_project(self, project: Project) -> None:
        """Add a new project."""
        self.projects.put(project.name, project)
        self.created[project.name] = self._readers.now()

    def logstores_of(self, project: str) -> list[Logstore]:
        """The logstores of a project."""
        return [logstore for logstore in self.logstores.all() if logstore.project == project]

    def delete_project(self, name: str) -> None:
        """Delete a project with all that is in it."""
        for logstore in self.logstores_of(name):
            self.delete_logstore(logstore.key)
        self.projects.delete(name)

    def delete_logstore(self, key: LogstoreKey) -> None:
        """Delete a logstore with its index and its logs."""
        self.logs.pop(key, None)
        if key in self.indexes:
            self.indexes.delete(key)
        self.logstores.delete(key)


def no_project(name: str) -> CloudError:
    """The error where a project is not."""
    return CloudError(404, "ProjectNotExist", f"The Project does not exist : {name}")


def no_logstore(name: str) -> CloudError:
    """The error where a logstore is not."""
    return CloudError(404, "LogStoreNotExist", f"logstore {name} does not exist")
