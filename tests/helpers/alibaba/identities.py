# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users, roles and sessions in the local Alibaba Cloud, created with today's SDKs, and the policies that they have."""
from __future__ import annotations

import json

from helpers.alibaba.clients import Clients
from alibabacloud_ram20150501 import models as ram
from alibabacloud_sts20150401.models import AssumeRoleRequest


def policy(*statements):
    """A policy, JSON."""
    return json.dumps({"Version": "1", "Statement": list(statements)})


def statement(action, resource="*", effect="Allow", **elements):
    """A statement of a policy."""
    return {"Effect": effect, "Action": action, "Resource": resource, **elements}


def allow(action, resource="*", **elements):
    """A policy with one statement that allows something, JSON."""
    return policy(statement(action, resource, **elements))


def deny(action, resource="*", **elements):
    """A policy with one statement that denies something, JSON."""
    return policy(statement(action, resource, "Deny", **elements))


def trust(*trusted, **elements):
    """A trust policy for accounts, users and roles, by their ARNs, JSON."""
    return policy({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"RAM": list(trusted)}, **elements})


def make_role(clients, name, trust_policy, **options):
    """Make a role."""
    clients.ram.create_role(ram.CreateRoleRequest(
        role_name=name, assume_role_policy_document=trust_policy, **options,
    ))


def make_user(alibaba, clients, name, *documents, system=()):
    """Clients of a new user.

    :param documents: of custom policies that it has.
    :param system: names of policies of the system that it has.
    """
    clients.ram.create_user(ram.CreateUserRequest(user_name=name))
    for number, document in enumerate(documents):
        custom = f"{name}-{number}"
        clients.ram.create_policy(ram.CreatePolicyRequest(policy_name=custom, policy_document=document))
        attach(clients, name, custom)
    for managed in system:
        attach(clients, name, managed, "System")
    key = clients.ram.create_access_key(ram.CreateAccessKeyRequest(user_name=name)).body.access_key
    return Clients(alibaba, alibaba.cloud.credentials.get(key.access_key_id))


def attach(clients, user, name, kind="Custom"):
    """Give a user a policy."""
    clients.ram.attach_policy_to_user(ram.AttachPolicyToUserRequest(user_name=user, policy_name=name, policy_type=kind))


def assume(clients, role, session="test", **options):
    """The body of the answer to AssumeRole.

    :param role: its ARN.
    """
    return clients.sts.assume_role(AssumeRoleRequest(role_arn=role, role_session_name=session, **options)).body


def credential_of(alibaba, session):
    """The credential in the body of an answer to AssumeRole."""
    return alibaba.cloud.credentials.get(session.credentials.access_key_id)


def become(alibaba, clients, role, **options):
    """Clients of a new session of a role.

    :param role: its ARN.
    """
    return Clients(alibaba, credential_of(alibaba, assume(clients, role, **options)))
