# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The resource directory: its members, folders and delegated administrators."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .principals import random_text
from .consistency import Consistency
from .table import Table

ACTIONTRAIL = "actiontrail.aliyuncs.com"
LOG_AUDIT = "audit.log.aliyuncs.com"


@dataclass(frozen=True)
class Folder:
    """A folder.

    :param parent: id of the folder in which it is; None for the root folder.
    :param created: seconds since 1970, as all times here.
    """

    id: str
    name: str
    parent: str | None
    created: float
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Member:
    """An account in the directory, the management account not among them.

    :param prefix: of the account's name.
    :param folder: id of the folder in which it is.
    :param invited: it came by an invitation; otherwise the directory created it.
    :param upgrade: status of its upgrade to a cloud account, such as PromoteVerifying; empty: none was ever begun.
    :param deletion: status of its deletion: Checking, Deleting, CheckFailed or DeleteFailed; empty: none was ever begun.
    """

    account_id: str
    display_name: str
    prefix: str
    folder: str
    joined: float
    modified: float
    invited: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)
    upgrade: str = ""
    deletion: str = ""


@dataclass(frozen=True)
class Delegation:
    """A member that is delegated administrator of a trusted service."""

    account_id: str
    service: str
    since: float


@dataclass(frozen=True)
class Invitation:
    """An invitation of an account, also called handshake.

    :param status: Pending, Accepted, Cancelled or Declined; one that is pending for too long is Expired.
    """

    id: str
    account_id: str
    folder: str
    status: str
    created: float
    modified: float
    note: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


class Directory:
    """The one resource directory that there is; it is enabled.

    :param manager: id of its management account.
    :param consistency: how far its readers may be behind.
    """

    def __init__(self, manager: str, consistency: Consistency) -> None:
        self.id = f"rd-{random_text(6)}"
        self.manager = manager
        self.created = consistency.clock.now()
        self.root = Folder(f"r-{random_text(6)}", "root", None, self.created)
        readers = consistency.of(None)
        self.folders: Table[str, Folder] = Table(readers)
        self.folders.preset(self.root.id, self.root)
        self.members: Table[str, Member] = Table(readers)
        self.delegations: Table[tuple[str, str], Delegation] = Table(readers)  # by service and account
        self.invitations: Table[str, Invitation] = Table(readers)
        self.trusted: dict[str, float] = {}  # services with access to the directory, and since when

    def join(self, account_id: str, name: str | None = None) -> None:
        """Add a member that was always there, if it is not there.

        :param name: its display name.
        """
        if account_id not in self.members:
            self.members.preset(account_id, Member(
                account_id, name or f"account-{account_id}", account_id, self.root.id, self.created, self.created,
            ))

    def is_member(self, account_id: str) -> bool:
        """Whether an account is in the directory; its management account is, too."""
        return account_id == self.manager or account_id in self.members

    def is_delegated(self, account_id: str, service: str) -> bool:
        """Whether an account is delegated administrator of a service, such as ``actiontrail.aliyuncs.com``."""
        return (service, account_id) in self.delegations

    def path(self, folder: Folder) -> list[Folder]:
        """A folder and all above it, the root folder first."""
        path = [folder]
        while path[0].parent is not None:
            path.insert(0, self.folders.get(path[0].parent))
        return path
