# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The organization of a local AWS and its policies, as an administrator of the management account."""
from __future__ import annotations

import contextlib
import copy
import itertools
import json

from clouds.aws.accounts import organizations

SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"


class Organization:
    """Its policies and units."""

    def __init__(self, aws):
        self.client = aws.session().client("organizations")
        self.root = self.client.list_roots()["Roots"][0]["Id"]
        self._numbers = itertools.count()

    def enable(self, kind):
        """Let policies of a kind count."""
        self.client.enable_policy_type(RootId=self.root, PolicyType=kind)

    def unit(self, account):
        """A new unit that an account is moved into; its id."""
        unit = self.client.create_organizational_unit(ParentId=self.root, Name=f"unit-{next(self._numbers)}")["OrganizationalUnit"]["Id"]
        self.client.move_account(AccountId=account, SourceParentId=self.root, DestinationParentId=unit)
        return unit

    def create(self, kind, *statements):
        """A new policy; its id."""
        content = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        policy = self.client.create_policy(Name=f"policy-{next(self._numbers)}", Description="", Type=kind, Content=content)
        return policy["Policy"]["PolicySummary"]["Id"]

    def attach(self, kind, target, *statements):
        """A new policy, attached to an account, a unit or the root; its id. Its kind counts from now on."""
        with contextlib.suppress(self.client.exceptions.PolicyTypeAlreadyEnabledException):
            self.enable(kind)
        policy = self.create(kind, *statements)
        self.attach_again(policy, target)
        return policy

    def attach_again(self, policy, target):
        """Attach a policy."""
        self.client.attach_policy(PolicyId=policy, TargetId=target)

    def detach(self, policy, target):
        """Detach a policy."""
        self.client.detach_policy(PolicyId=policy, TargetId=target)

    def child(self, name, parent=None, accounts=()):
        """A new unit; its id.

        :param parent: id of the unit above; None for the root.
        :param accounts: ids of accounts in the root, which are moved into the unit.
        """
        unit = self.client.create_organizational_unit(ParentId=parent or self.root, Name=name)["OrganizationalUnit"]["Id"]
        for account in accounts:
            self.client.move_account(AccountId=account, SourceParentId=self.root, DestinationParentId=unit)
        return unit

    def tag(self, account, **tags):
        """Give an account tags."""
        self.client.tag_resource(ResourceId=account, Tags=[{"Key": key, "Value": value} for key, value in tags.items()])


def add_accounts(names):
    """Add accounts that can be listed and not be entered, ten thousand within a second.

    :param names: by account id.
    """
    backend = organizations()
    for account, name in names.items():
        added = copy.copy(backend.accounts[0])
        added.id, added.name, added.email, added.tags = account, name, f"{account}@example.com", {}
        backend.accounts.append(added)


def rename(account, name):
    """Give an account another name, as its users do."""
    organizations().get_account_by_id(account).name = name


def set_state(account, state):
    """Give an account a state, as AWS does."""
    organizations().get_account_by_id(account).state = state
