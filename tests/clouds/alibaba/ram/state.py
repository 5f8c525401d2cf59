# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an account has in RAM, and which policies that gives a caller."""
from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from .. import policy
from ..principals import Caller
from ..table import Readers, Table
from . import system_policies

Value = TypeVar("Value")

USER = "User"
ROLE = "Role"
CUSTOM = "Custom"
SYSTEM = "System"


@dataclass(frozen=True)
class Role:
    """A role.

    :param id: 18 digits.
    :param trust: who may assume it, JSON.
    :param max_session_duration: seconds.
    :param created: seconds since 1970, as all times here.
    :param service_linked: it belongs to a service, which alone can change it.
    """

    name: str
    id: str
    trust: str
    created: float
    updated: float
    description: str = ""
    max_session_duration: int = 3600
    console_login: bool = True
    service_linked: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)

    def arn(self, account_id: str) -> str:
        """Its name in trust policies, in parameters and in answers: always in lower case."""
        return f"acs:ram::{account_id}:role/{self.name.lower()}"


@dataclass(frozen=True)
class PolicyVersion:
    """One version of a policy.

    :param id: ``v1``, ``v2``, ...
    :param document: JSON.
    """

    id: str
    document: str
    created: float


@dataclass(frozen=True)
class ManagedPolicy:
    """A custom policy, or one of the system.

    :param versions: oldest first.
    :param default: id of the version that counts.
    :param last: number of the newest version that there ever was: numbers are not used again.
    """

    name: str
    type: str
    versions: tuple[PolicyVersion, ...]
    default: str
    created: float
    updated: float
    description: str = ""
    last: int = 1
    tags: Mapping[str, str] = field(default_factory=dict)

    def version(self, id: str) -> PolicyVersion | None:
        """One of the versions."""
        return next((version for version in self.versions if version.id == id), None)

    @property
    def document(self) -> str:
        """What counts, JSON."""
        return self.version(self.default).document


@dataclass(frozen=True)
class User:
    """A RAM user.

    :param id: 18 digits.
    """

    name: str
    id: str
    created: float
    updated: float
    display_name: str = ""
    mobile_phone: str = ""
    email: str = ""
    comments: str = ""


@dataclass(frozen=True)
class AccessKey:
    """An access key of a user; its secret is with the credentials of the cloud."""

    id: str
    user: str
    created: float
    active: bool = True


@dataclass(frozen=True)
class Attachment:
    """A policy that a user or a role has.

    :param policy_type: Custom or System.
    """

    policy_type: str
    policy_name: str
    attached: float

    def is_of(self, managed: ManagedPolicy) -> bool:
        """Whether it is this policy."""
        return self.policy_name == managed.name and self.policy_type == managed.type


class NameTable(Table[str, Value], Generic[Value]):
    """A table by names, in which case makes no difference."""

    def __contains__(self, key: str) -> bool:
        return super().__contains__(key.lower())

    def get(self, key: str) -> Value | None:
        return super().get(key.lower())

    def seen(self, key: str) -> Value | None:
        return super().seen(key.lower())

    def put(self, key: str, value: Value) -> None:
        super().put(key.lower(), value)

    def delete(self, key: str) -> None:
        super().delete(key.lower())


class RamState:
    """Roles, policies, users, and who has what.

    Attachments are kept per user or role, as one tuple: ``("Role", "name in lower case")``.

    :param readers: how far they may be behind.
    """

    def __init__(self, readers: Readers) -> None:
        self.roles: NameTable[Role] = NameTable(readers)
        self.users: NameTable[User] = NameTable(readers)
        self.policies: Table[str, ManagedPolicy] = Table(readers)
        self.access_keys: Table[str, AccessKey] = Table(readers)
        self.attachments: Table[tuple[str, str], tuple[Attachment, ...]] = Table(readers)

    def policy(self, type: str, name: str) -> ManagedPolicy | None:
        """A custom policy or one of the system."""
        return self.policies.get(name) if type == CUSTOM else system_policy(name)

    def policy_seen(self, type: str, name: str) -> ManagedPolicy | None:
        """The same, as a reader sees it."""
        return self.policies.seen(name) if type == CUSTOM else system_policy(name)

    def keys_of(self, user: User) -> list[AccessKey]:
        """The access keys of a user."""
        return [key for key in self.access_keys.all() if key.user == user.name]

    def attached(self, kind: str, name: str) -> tuple[Attachment, ...]:
        """The policies that a user or role has."""
        return self.attachments.get((kind, name.lower())) or ()

    def attached_seen(self, kind: str, name: str) -> tuple[Attachment, ...]:
        """The same, as a reader sees it."""
        return self.attachments.seen((kind, name.lower())) or ()

    def attach(self, kind: str, name: str, attachment: Attachment) -> None:
        """Give a user or role a policy."""
        self.attachments.put((kind, name.lower()), (*self.attached(kind, name), attachment))

    def detach(self, kind: str, name: str, attachment: Attachment) -> None:
        """Take a policy from a user or role."""
        rest = tuple(other for other in self.attached(kind, name) if other != attachment)
        if rest:
            self.attachments.put((kind, name.lower()), rest)
        else:
            self.attachments.delete((kind, name.lower()))

    def holders(self, managed: ManagedPolicy) -> set[str]:
        """What kinds of entities have a policy."""
        return {
            key[0] for key in self.attachments.keys() for item in self.attachments.get(key) if item.is_of(managed)
        }

    def attachment_counts(self) -> Counter[tuple[str, str]]:
        """How many users and roles have a policy, by its type and name, as a reader sees it."""
        return Counter(
            (attachment.policy_type, attachment.policy_name)
            for attachments in self.attachments.all_seen() for attachment in attachments
        )

    def policies_of(self, caller: Caller) -> list[policy.Policy]:
        """What a user or a session of a role may do, as the authorization of services sees it."""
        return self._policies(USER if caller.kind == "ram-user" else ROLE, caller.name)

    def policies_of_role(self, name: str) -> list[policy.Policy]:
        """What a role may do, as the authorization of services sees it."""
        return self._policies(ROLE, name)

    def _policies(self, kind: str, name: str) -> list[policy.Policy]:
        found = (self.policy_seen(item.policy_type, item.policy_name) for item in self.attached_seen(kind, name))
        return [policy.parse(managed.document) for managed in found if managed]


def system_policy(name: str) -> ManagedPolicy | None:
    """One of the policies that every account has."""
    return _SYSTEM.get(name)


def all_system_policies() -> list[ManagedPolicy]:
    """The policies that every account has."""
    return list(_SYSTEM.values())


def _of_system(name: str, text: system_policies.SystemPolicy) -> ManagedPolicy:
    created = system_policies.CREATED
    version = PolicyVersion(text.version, text.document, created)
    return ManagedPolicy(name, SYSTEM, (version,), version.id, created, created, text.description)


_SYSTEM = {name: _of_system(name, text) for name, text in system_policies.POLICIES.items()}
