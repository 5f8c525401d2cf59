# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts of the organization, who may call in them, and how an account comes to be."""
from __future__ import annotations

import json
import secrets
import string
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import Any

from moto.iam.models import IAMBackend, Role, User, iam_backends
from moto.organizations.models import FakeAccount, FakeOrganization, OrganizationsBackend, organizations_backends
from moto.organizations.utils import DEFAULT_RCP_POLICY_ID, DEFAULT_SCP_POLICY_ID

from .errors import AwsError
from .managed_policies import aws_managed_policy, document
from .partition import entered, partition

MANAGEMENT_ACCOUNT = "123456789012"
CLOUDTRAIL = "cloudtrail.amazonaws.com"
ACCESS_ROLE = "OrganizationAccountAccessRole"
ADMINISTRATOR = "administrator"


def iam(account: str) -> IAMBackend:
    return iam_backends[account][partition()]


def organizations() -> OrganizationsBackend:
    """The organization, as its management account has it."""
    return organizations_backends[MANAGEMENT_ACCOUNT][partition()]


def delegated_administrators(service: str) -> list[str]:
    """Ids of the delegated administrators of a service."""
    return [one.account.id for one in organizations().admins if service in one.services]


@dataclass(frozen=True)
class Principal:
    """Who calls: an IAM user or a session of an IAM role, with the policies that it has now."""

    account: str
    arn: str
    user_id: str
    owner: User | Role
    session_policy: str | None = None

    @property
    def is_role_session(self) -> bool:
        return isinstance(self.owner, Role)

    @property
    def owner_arn(self) -> str:
        """ARN of the user, or of the role and not of its session."""
        return str(self.owner.arn)

    def policies(self) -> Iterator[str]:
        """The identity policies, as JSON documents."""
        owners: list = [self.owner]
        if isinstance(self.owner, User):
            owners += iam(self.account).get_groups_for_user(self.owner.name)
        for owner in owners:
            yield from owner.policies.values()
            yield from map(document, owner.managed_policies.values())


@dataclass(frozen=True)
class Credentials:
    """An access key, or the temporary credentials of a session, which were issued and expire."""

    access_key_id: str
    secret: str
    principal: Principal
    token: str | None = None
    issued: datetime | None = None
    expires: datetime | None = None


@dataclass
class Accounts:
    """All accounts of this cloud: the management account, and each account that was ever spoken of."""

    access_key_id: str = field(default_factory=lambda: _key_id("AKIA"))
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(30))
    _sessions: dict[str, Credentials] = field(default_factory=dict)
    _known: set[str] = field(default_factory=set)  # accounts that are or were members
    # See LocalAws.restrictions.
    restrictions: dict[str, list[str]] = field(default_factory=dict)

    def forget(self) -> None:
        """Drop all sessions, and whose organization each account is in, which moto's own reset keeps."""
        self._sessions.clear()
        organizations_backends.master_accounts.clear()

    def issued(self) -> list[str]:
        """Secrets and tokens of all sessions."""
        return [value for session in self._sessions.values() for value in (session.secret, session.token)]

    def ensure(self, account: str) -> None:
        """Let an account be there: the management account with its organization, or a member of it, unless it has left."""
        backend = organizations()
        if backend.org is None:
            # moto's reset leaves out who was a member.
            organizations_backends.master_accounts.clear()
            self._known.clear()
            self._create_management_account()
        if account not in self._known and all(member.id != account for member in backend.accounts):
            _create_member(account)
        self._known.add(account)

    def find(self, access_key_id: str, token: str | None) -> Credentials:
        """The credentials behind an access key.

        :raises AwsError: InvalidClientTokenId, ExpiredToken
        """
        self.ensure(MANAGEMENT_ACCOUNT)
        found = self._sessions.get(access_key_id) or _user_credentials(access_key_id)
        if found is None or found.token != token:
            raise AwsError("InvalidClientTokenId", "The security token included in the request is invalid.", 403)
        if found.expires and found.expires <= datetime.now(timezone.utc):
            raise AwsError("ExpiredToken", "The security token included in the request is expired", 403)
        return found

    def open_session(self, role: Role, name: str, duration: int, policy: str | None = None) -> Credentials:
        """Make temporary credentials.

        :param duration: seconds.
        :param policy: session policy, a JSON document; None for none.
        """
        principal = Principal(
            account=role.account_id,
            arn=f"arn:{partition()}:sts::{role.account_id}:assumed-role/{role.name}/{name}",
            user_id=f"{role.id}:{name}",
            owner=role,
            session_policy=policy,
        )
        now = datetime.now(timezone.utc).replace(microsecond=0)
        session = Credentials(
            access_key_id=_key_id("ASIA"),
            secret=secrets.token_urlsafe(30),
            principal=principal,
            token=secrets.token_urlsafe(192),
            issued=now,
            expires=now + timedelta(seconds=duration),
        )
        self._sessions[session.access_key_id] = session
        return session

    def end_sessions(self, account: str | None) -> None:
        """Let sessions in an account expire now, or all."""
        now = datetime.now(timezone.utc)
        for key, session in self._sessions.items():
            if account in (None, session.principal.account):
                self._sessions[key] = replace(session, expires=now)

    def _create_management_account(self) -> None:
        region = entered().global_regions["organizations"]
        organizations().create_organization(region, FeatureSet="ALL")
        # API_CreateOrganization, FeatureSet: with all features, service control policies are enabled in the root.
        organizations().ou[0].add_policy_type("SERVICE_CONTROL_POLICY")
        # The root user can't assume roles, so the credentials that people get are an administrator's.
        management = iam(MANAGEMENT_ACCOUNT)
        management.create_user(region, ADMINISTRATOR)
        management.attach_user_policy(_administrator_access(management), ADMINISTRATOR)
        key = management.create_access_key(ADMINISTRATOR)
        management.access_keys.pop(key.access_key_id, None)
        key.access_key_id, key.secret_access_key = self.access_key_id, self.secret
        management.access_keys[key.access_key_id] = key


def organization() -> FakeOrganization:
    """The organization that all accounts belong to."""
    return organizations().org


class _Member(FakeAccount):
    """moto gives an account a random id, and makes the role in the account with that id."""

    def __init__(self, organization: FakeOrganization, account: str) -> None:
        super().__init__(organization, AccountName=f"account-{account}", Email=f"{account}@example.com")
        iam_backends.pop(self.id, None)
        self.id = account


def _create_member(account: str) -> None:
    """Make an account as Organizations' CreateAccount does: a role that trusts the management account.

    "Accessing member accounts in an organization" (Organizations User Guide): the role
    OrganizationAccountAccessRole has AdministratorAccess and can be assumed from the management account.
    """
    backend = organizations()
    backend.accounts.append(_Member(backend.org, account))
    organizations_backends.master_accounts[account] = (MANAGEMENT_ACCOUNT, partition())
    for policy in (DEFAULT_SCP_POLICY_ID, DEFAULT_RCP_POLICY_ID):
        backend.attach_policy(PolicyId=policy, TargetId=account)
    create_access_role(account)


def create_access_role(account: str, name: str = ACCESS_ROLE) -> None:
    """Make a role that is an administrator and trusts the management account."""
    trust = {
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:{partition()}:iam::{MANAGEMENT_ACCOUNT}:root"},
            "Action": "sts:AssumeRole",
        }],
    }
    iam(account).create_role(
        role_name=name, assume_role_policy_document=json.dumps(trust), path="/", permissions_boundary=None,
        description="", tags=[], max_session_duration="3600",
    )
    iam(account).attach_role_policy(_administrator_access(iam(account)), name)


def _administrator_access(backend: IAMBackend) -> str:
    """The ARN of the policy, which the account knows from now on."""
    arn = f"arn:{partition()}:iam::aws:policy/AdministratorAccess"
    aws_managed_policy(backend, arn)
    return arn


def boundary(account: str, owner: Any) -> str | None:
    """The document of the permissions boundary of a user or role, if it has one."""
    arn = getattr(owner, "permissions_boundary_arn", None)
    policy = iam(account).managed_policies.get(arn) if arn else None
    return document(policy) if policy else None


def _user_credentials(access_key_id: str) -> Credentials | None:
    """An IAM user's active access key, whichever account it is in."""
    for account in list(iam_backends):
        for user in iam(account).users.values():
            for key in user.access_keys:
                if key.access_key_id == access_key_id and key.status == "Active":
                    return Credentials(access_key_id, key.secret_access_key,
                                       Principal(account, user.arn, user.id, user))
    return None


def _key_id(prefix: str) -> str:
    return prefix + "".join(secrets.choice(string.ascii_uppercase + "234567") for _i in range(16))
