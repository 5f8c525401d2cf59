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
  - If O(archive) is set, the archive account is also in the group C(aws_archive).
  - The configuration is a YAML file whose name ends with C(aws_accounts.yml) or C(aws_accounts.yaml).
  - An incomplete list of accounts is an error. If a call fails, if a page is repeated, if the management account is missing, or if an
    account moves between organizational units while the plugin reads them, the plugin fails and returns no hosts. AWS does not return the
    number of accounts. So the plugin can detect a missing last page only if O(paths) is true, or if an entry of O(include) or O(exclude)
    has the key C(ou).
  - If the plugin fails, Ansible only prints a warning and continues with the other inventory sources. The playbooks of this collection stop
    with the error of the plugin instead. To make every command stop, set C(any_unparsed_is_failed = true) in the section C([inventory]) of
    C(ansible.cfg).
options:
  plugin:
    description: The name of this plugin.
    type: str
    required: true
    choices: [crossaccount.audit_logs.aws_accounts]
  include:
    description:
      - Only accounts that match at least one entry are members. If O(include) is not set, all accounts are members.
      - Each entry has one key. C(account) is the id or the name of an account. C(ou) is the id or the path of an organizational unit, such
        as C(/Workloads/Prod), and matches all accounts in this unit and in the units below. C(tag) is a dictionary of tags, and matches the
        accounts that have all of these tags.
      - If no account has the id, name or tags, or if the unit does not exist, the plugin fails and returns no hosts.
    type: list
    elements: dict
    default: []
  exclude:
    description:
      - Accounts that match at least one entry are not members, even if they match O(include).
      - The entries have the same form as the entries of O(include).
      - If the archive account is excluded, it stays in the group C(aws_archive).
    type: list
    elements: dict
    default: []
  paths:
    description:
      - Whether the plugin sets the variable C(account_path).
      - If V(true), the plugin lists the accounts of each organizational unit. If an entry of O(include) or O(exclude) has the key C(ou),
        the plugin does this in any case.
    type: bool
    default: false
  role_name:
    description:
      - Name of the role whose ARN the plugin writes to C(audit_logs_aws_role). The role must have this name in all accounts.
      - AWS Organizations creates the role C(OrganizationAccountAccessRole) in the accounts that it creates. In accounts that were invited,
        create the role yourself.
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
  - The groups C(aws_members) and C(aws_archive) have the variables C(aws_trail_bucket_organization_id) and
    C(audit_logs_aws_management_account_id), which the mode C(organization_trail) needs. The group C(aws_members) also has the variable
    C(skipped_accounts). This variable contains id, name and reason of each account that is not a host because the account is not active.
    C(ansible-inventory -v) also prints these accounts.
  - 'Variables of each host: C(account_id), C(account_name), C(account_status) (V(ACTIVE)), C(account_joined) (the date on which the account
    joined the organization, such as V(2026-05-01)), and C(audit_logs_aws_role). With O(paths), also C(account_path). With O(tags), also
    C(account_tags). With O(emails), also C(account_email). The plugin replaces characters only in host names. Ansible does not evaluate
    names and tags as templates.'
  - C(audit_logs_aws_role) is the ARN of the role O(role_name) in the account. The account of the base credentials (from the environment or
    O(profile)) does not have this variable, because the playbooks use the base credentials in this account without a role. Usually, this
    account is the management account.
  - If the base credentials belong to a delegated administrator, only the account of the delegated administrator does not have
    C(audit_logs_aws_role). The management account then has the variable. But AWS Organizations creates no role in the management account,
    and the roles that it creates in other accounts trust only the management account. In each account, create a role that trusts your
    credentials, and give the name of this role in O(role_name).
  - The plugin uses the role in O(assume_role_arn) only to read the organization. The playbooks do not assume this role, but use the
    credentials of the environment. So the account of the base credentials does not have C(audit_logs_aws_role), and the account of the
    assumed role has this variable.
  - If the file contains O(profile), set the variable C(audit_logs_aws_profile) of the playbooks to the same profile.
  - O(compose) can replace each variable, also C(audit_logs_aws_role). An empty string means no role. Write C(audit_logs_aws_role |
    default("")), because one account does not have this variable.
  - With O(cache), each run still calls C(organizations:DescribeOrganization) and C(sts:GetCallerIdentity). The plugin ignores a cache entry
    of another organization, and a cache entry without the required paths or tags.
  - The plugin lists 20 accounts per call. It needs the permissions C(organizations:DescribeOrganization) and C(organizations:ListAccounts).
    For organizational units, it also needs C(organizations:ListRoots), C(organizations:ListOrganizationalUnitsForParent) and
    C(organizations:ListAccountsForParent). For tags, it also needs C(organizations:ListTagsForResource), and makes one call for each
    account.
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
