# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every account has from the start: roles and users for sessions in it. Reads of them are never stale."""
from __future__ import annotations

import json

from .account import Account
from .principals import Caller, Credential
from .ram.common import new_id
from .ram.state import ROLE, SYSTEM, USER, AccessKey, Attachment, Role, User

ADMINISTRATOR = "administrator"  # RAM user of the management account
MEMBER_ROLE = "ResourceDirectoryAccountAccessRole"  # as Resource Directory makes it
SETUP_ROLE = "audit-logs-setup"  # as somebody who runs independent accounts makes it
_ADMINISTRATOR_ACCESS = "AdministratorAccess"


def access_role(account: Account) -> str:
    """Name of the role through which the management account gets into another account."""
    return MEMBER_ROLE if account.member else SETUP_ROLE


def add_access_role(account: Account, trusted: str) -> None:
    """Let another account's users and roles in, as administrators.

    :param trusted: id of the other account.
    """
    now = account.created
    trust = json.dumps({"Statement": [{
        "Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"RAM": [f"acs:ram::{trusted}:root"]},
    }], "Version": "1"})
    name = access_role(account)
    account.ram.roles.preset(name.lower(), Role(name, new_id("3"), trust, now, now))
    account.ram.attachments.preset((ROLE, name.lower()), (Attachment(SYSTEM, _ADMINISTRATOR_ACCESS, now),))


def add_administrator(account: Account, credential: Credential) -> None:
    """Add the user to whom the administrator's access key belongs.

    :param credential: that of administrator().
    """
    now, caller = account.created, credential.caller
    account.ram.users.preset(caller.name, User(caller.name, caller.principal_id, now, now))
    account.ram.access_keys.preset(credential.access_key_id, AccessKey(credential.access_key_id, caller.name, now))
    account.ram.attachments.preset((USER, caller.name), (Attachment(SYSTEM, _ADMINISTRATOR_ACCESS, now),))


def administrator(account_id: str) -> Caller:
    """The administrator of the management account, with an id of its own."""
    return Caller(account_id, "ram-user", ADMINISTRATOR, new_id("2"))
