# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who calls, and the credentials that say so."""
from __future__ import annotations

import secrets
import string
from dataclasses import dataclass
from typing import Any

from ..clock import Clock
from .errors import CloudError

_ALPHABET = string.ascii_letters + string.digits
_DROP_EVERY = 60  # seconds


@dataclass(frozen=True)
class Caller:
    """An identity that makes a call.

    :param account_id: 16 digits.
    :param kind: ``root-account``, ``ram-user`` or ``assumed-role``: as ActionTrail's userIdentity.type.
    :param name: of the user or of the role; empty for the root account.
    :param principal_id: id of the user, ``<id of the role>:<session>``, or the account's id.
    :param session: name of the role's session; empty without one.
    :param session_policies: what the session may do at most; empty: what the role may.
    """

    account_id: str
    kind: str
    name: str
    principal_id: str
    session: str = ""
    session_policies: tuple[str, ...] = ()

    @property
    def arn(self) -> str:
        """As GetCallerIdentity gives it."""
        return f"acs:ram::{self.account_id}:" + {
            "root-account": "root",
            "ram-user": f"user/{self.name}",
            "assumed-role": f"assumed-role/{self.name}/{self.session}",
        }[self.kind]

    @property
    def policy_arn(self) -> str:
        """As trust policies and the condition key acs:PrincipalARN name it. Names of roles are in lower case there."""
        return f"acs:ram::{self.account_id}:role/{self.name.lower()}" if self.kind == "assumed-role" else self.arn


@dataclass(frozen=True)
class Credential:
    """An access key, perhaps with a security token.

    :param expires: seconds since 1970; None: never.
    :param issued: seconds since 1970.
    """

    access_key_id: str
    secret: str
    caller: Caller
    token: str | None = None
    expires: float | None = None
    active: bool = True
    issued: float = 0.0

    def __repr__(self) -> str:
        return f"Credential({self.access_key_id})"


def random_text(length: int, alphabet: str = _ALPHABET) -> str:
    """Letters and digits that nobody can guess."""
    return "".join(alphabet[byte % len(alphabet)] for byte in secrets.token_bytes(length))


class Credentials:
    """All access keys of all accounts."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_id: dict[str, Credential] = {}
        self._dropped = clock.now()

    def issue(self, caller: Caller, *, duration: float | None = None) -> Credential:
        """A new access key: a lasting one, or with a duration in seconds one of a session, with its token."""
        session = duration is not None
        credential = Credential(
            access_key_id=f"STS.{random_text(26)}" if session else f"LTAI5t{random_text(18)}",
            secret=random_text(44) if session else random_text(30),
            caller=caller,
            token=f"CAIS{random_text(380)}" if session else None,
            expires=self._clock.now() + duration if session else None,
            issued=self._clock.now(),
        )
        self._drop_expired()
        self.keep(credential)
        return credential

    def keep(self, credential: Credential) -> None:
        """Add or replace a credential."""
        self._by_id[credential.access_key_id] = credential

    def get(self, access_key_id: str) -> Credential | None:
        """The credential of an access key."""
        return self._by_id.get(access_key_id)

    def revoke(self, access_key_id: str) -> None:
        """Forget an access key."""
        self._by_id.pop(access_key_id, None)

    def find(self, access_key_id: str, token: str | None) -> Credential:
        """The credential of a request.

        :raises CloudError: there is none, it is disabled or expired, or the token belongs to another.
        """
        credential = self._by_id.get(access_key_id)
        if not credential:
            raise CloudError(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
        if not credential.active:
            raise CloudError(400, "InvalidAccessKeyId.Inactive", "Specified access key is disabled.")
        if credential.token is None:
            if token:
                raise CloudError(400, "InvalidSecurityToken.MismatchWithAccessKey",
                                 "Specified SecurityToken mismatch with the AccessKey.")
            return credential
        if not token:
            raise CloudError(400, "MissingSecurityToken", "SecurityToken is mandatory for this action.")
        if token != credential.token:
            other = any(known.token == token for known in self._by_id.values())
            raise CloudError(400, "InvalidSecurityToken.MismatchWithAccessKey",
                             "Specified SecurityToken mismatch with the AccessKey.") if other else CloudError(
                400, "InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed.")
        if credential.expires <= self._clock.now():
            raise CloudError(400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired.")
        return credential

    def secrets(self) -> list[str]:
        """Secrets and tokens that must not turn up anywhere."""
        return [text for credential in self._by_id.values() for text in (credential.secret, credential.token) if text]

    def _drop_expired(self) -> None:
        now = self._clock.now()
        if now < self._dropped + _DROP_EVERY:
            return
        self._dropped = now
        # An hour longer than they live, so that a request with an old one is answered that it is expired.
        oldest = now - 3600
        for key, credential in list(self._by_id.items()):
            if credential.expires is not None and credential.expires < oldest:
                del self._by_id[key]


def describe(caller: Caller, credential: Credential) -> dict[str, Any]:
    """ActionTrail's userIdentity."""
    identity = {
        "type": caller.kind,
        "accountId": caller.account_id,
        "principalId": caller.principal_id,
        "accessKeyId": credential.access_key_id,
    }
    if caller.kind == "ram-user":
        identity["userName"] = caller.name
    if caller.kind == "root-account":
        identity["userName"] = "root"
    if caller.kind == "assumed-role":
        identity["userName"] = f"{caller.name}:{caller.session}"
    return identity
