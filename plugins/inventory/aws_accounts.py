# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: aws_accounts
short_description: Accounts of an AWS organization
version_added: 0.7.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Makes each active account of an organization a host of the group C(aws_members), so that the playbooks of this collection record
    its events.
  - If O(archive) is set, its account is also in the group C(aws_archive).
  - Needs a YAML file whose name ends in C(aws_accounts.yml) or C(aws_accounts.yaml).
  - An incomplete list of accounts is an error. If a call fails, if a page is repeated, if the management account is missing, or if an
    account moves between organizational units while the plugin reads them, there are no hosts. AWS returns no number of accounts, so
    the plugin sees that a last page is missing only if O(paths) is true or O(include) or O(exclude) has a C(ou).
  - After a failed plugin, Ansible continues with the other inventory sources and only prints a warning. The playbooks of this collection
    stop with the plugin's error instead. To make every command stop, set C(any_unparsed_is_failed = true) in the section C([inventory])
    of C(ansible.cfg).
options:
  plugin:
    description: The name of this plugin.
    type: str
    required: true
    choices: [crossaccount.audit_logs.aws_accounts]
  include:
    description:
      - Only the accounts that one of the entries matches are members. If it is not set, all accounts are.
      - Each entry has one key. C(account) is the id or the name of an account. C(ou) is the id or the path of an organizational unit, such
        as C(/Workloads/Prod), and matches all accounts in this unit and in the units below. C(tag) is a dictionary of tags that an
        account must have, all of them.
      - If no account has the id, name or tags, or if the unit does not exist, there is no inventory.
    type: list
    elements: dict
    default: []
  exclude:
    description:
      - The accounts that one of the entries matches are not members, also if O(include) matches them.
      - The entries are those of O(include).
      - An archive that is excluded stays in the group C(aws_archive).
    type: list
    elements: dict
    default: []
  paths:
    description:
      - Set the variable C(account_path).
      - The plugin then lists the accounts of each organizational unit. O(include) and O(exclude) by C(ou) do the same.
    type: bool
    default: false
  role_name:
    description:
      - Name of the role that C(audit_logs_aws_role) names in each account. The role has this name in all accounts.
      - AWS Organizations creates the default role in the accounts that it creates. In accounts that were invited, create it yourself.
    type: str
    default: OrganizationAccountAccessRole
extends_documentation_fragment:
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
  - amazon.aws.boto3
  - amazon.aws.common.plugins
  - amazon.aws.region.plugins
  - amazon.aws.assume_role.plugins
  - crossaccount.audit_logs.accounts
  - crossaccount.audit_logs.accounts.emails
notes:
  - 'The groups C(aws_members) and C(aws_archive) have the variables C(aws_trail_bucket_organization_id) and
    C(audit_logs_aws_management_account_id), which the mode C(organization_trail) needs. The group C(aws_members) also has
    C(skipped_accounts): id, name and reason of each account that is not a host because it is not active. C(ansible-inventory -v) prints
    these accounts too.'
  - 'Variables of each host: C(account_id), C(account_name), C(account_status) (V(ACTIVE)), C(account_joined) (the date on which the account
    joined the organization, such as V(2026-05-01)), C(audit_logs_aws_role); with O(paths) C(account_path), with O(tags) C(account_tags),
    with O(emails) C(account_email). Only the characters of host names are changed. Names and tags are never templates.'
  - 'C(audit_logs_aws_role) is the ARN of the role O(role_name) in the account. One account has no such variable: the account of the
    credentials that the environment or O(profile) gives, because the playbooks use these credentials without a role there. Usually, this
    is the management account.'
  - 'With credentials of a delegated administrator, the account of the delegated administrator has no C(audit_logs_aws_role). All others
    have, also the management account. AWS Organizations creates no role there, and the roles that it creates in other accounts trust the
    management account only. Create a role that trusts your credentials in each account, and give its name with O(role_name).'
  - 'O(assume_role_arn) is for reading the organization only. The playbooks do not assume that role: they use the credentials of the
    environment. So the account of the credentials, and not the account of the assumed role, has no C(audit_logs_aws_role).'
  - If O(profile) is in the file, give the playbooks the same profile with the variable C(audit_logs_aws_profile).
  - 'O(compose) replaces a variable, also C(audit_logs_aws_role): an empty text means no role. For the account that has no such variable,
    write C(audit_logs_aws_role | default("")).'
  - With O(cache), each run still calls C(organizations:DescribeOrganization) and C(sts:GetCallerIdentity). A cache entry of another
    organization, or one that lacks paths or tags that are needed, is not used.
  - The plugin lists 20 accounts with a call. It needs C(organizations:DescribeOrganization) and C(organizations:ListAccounts); for
    organizational units C(organizations:ListRoots), C(organizations:ListOrganizationalUnitsForParent) and
    C(organizations:ListAccountsForParent); for tags C(organizations:ListTagsForResource), which is one call for each account.
"""

EXAMPLES = r"""
# org.aws_accounts.yml: all active accounts are members, and the account with the name log-archive stores the logs.
plugin: crossaccount.audit_logs.aws_accounts
archive: log-archive

---
# All accounts under /Workloads, without one, and without those with a tag. Hosts are named after the ids of their accounts.
plugin: crossaccount.audit_logs.aws_accounts
archive: "111111111111"
hostnames: account_id
include:
  - ou: /Workloads
exclude:
  - account: "222222222222"
  - tag: {audit-logs: "no"}
keyed_groups:
  - prefix: team
    key: account_tags.team | default('none')

---
# The management account is entered with a role of its own, and China has its own partition.
plugin: crossaccount.audit_logs.aws_accounts
archive: log-archive
profile: audit
region: cn-north-1
role_name: AuditLogs
compose:
  audit_logs_aws_profile: "'audit'"
  audit_logs_aws_role: >-
    'arn:aws-cn:iam::123456789012:role/AuditLogsOfManagement' if account_id == '123456789012' else audit_logs_aws_role | default('')
"""

from ansible.errors import AnsibleError

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils import _requirements

_requirements.check_core()
try:
    from ansible_collections.amazon.aws.plugins.plugin_utils.inventory import AWSInventoryBase

    from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.errors import AWS_ERRORS
    from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.causes import with_cause
    from ansible_collections.crossaccount.audit_logs.plugins.module_utils._secrets import without_secrets
    from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._accounts import AccountsError, AccountsInventory
    from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._aws_accounts import RETRY, Reader
except ImportError as error:
    raise _requirements.missing(error) from None


class InventoryModule(AccountsInventory, AWSInventoryBase):
    """Reads an organization, and makes hosts of its accounts."""

    NAME = "crossaccount.audit_logs.aws_accounts"
    INVENTORY_FILE_SUFFIXES = ("aws_accounts.yml", "aws_accounts.yaml")
    cloud, unit_word, active = "aws", "ou", "ACTIVE"

    def parse(self, inventory, loader, path, cache=True):
        """Called by Ansible for each file that verify_file() accepts."""
        self.inventory = inventory
        self.guard(lambda: self._parse(inventory, loader, path, cache))

    def _parse(self, inventory, loader, path, cache):
        super().parse(inventory, loader, path, cache=cache)
        self.check_options()
        caller = self._identity() if self.get_option("assume_role_arn") else self._own_arn
        reader = Reader(self.client("organizations", retry_decorator=RETRY), caller)
        organization, management = reader.describe()
        found = self.cached(path, cache, organization)
        if found is None:
            found = reader.read(organization, management, self.needs("paths"), self.needs("tags"))
            self.keep(path, found)
        self.populate(found, self._role, {
            "aws_trail_bucket_organization_id": organization, "audit_logs_aws_management_account_id": management})

    def _set_frozen_credentials(self):
        """Take the role of assume_role_arn; the playbooks will have the credentials from before."""
        self._own_arn = self._identity()
        try:
            super()._set_frozen_credentials()
        except AnsibleError as error:
            raise AccountsError(f"assume_role_arn: {without_secrets(with_cause(str(error)))}. Check that the role exists and that its"
                                f" trust policy allows {self._own_arn}") from None

    def _get_role_session_name(self):
        """amazon.aws makes a name of the plugin's name, which is too long: STS takes 64 characters."""
        return "crossaccount.audit_logs"

    def _identity(self) -> str:
        """ARN of who calls."""
        try:
            return self.client("sts", retry_decorator=RETRY).get_caller_identity(aws_retry=True)["Arn"]
        except AWS_ERRORS as error:
            raise AccountsError(f"AWS does not accept the credentials: {without_secrets(with_cause(str(error)))}. Set valid credentials"
                                " in the environment or in a profile") from None

    def _role(self, account: dict) -> dict:
        _arn, partition, _service, _region, own, _name = self._own_arn.split(":", 5)
        if account["id"] == own:
            return {}
        return {"audit_logs_aws_role": f"arn:{partition}:iam::{account['id']}:role/{self.get_option('role_name')}"}
