# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: alibaba_accounts
short_description: Accounts of a resource directory on Alibaba Cloud
version_added: 0.7.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Makes each active account of a resource directory a host of the group C(alibaba_members), so that the playbooks of this collection
    record its events. The management account is also a member.
  - If O(archive) is set, the archive account is also in the group C(alibaba_archive).
  - The configuration is a YAML file whose name ends with C(alibaba_accounts.yml) or C(alibaba_accounts.yaml).
  - An incomplete list of accounts is an error. If a call fails, if a page is missing, or if a folder disappears while the plugin reads the
    directory, the plugin fails and returns no hosts.
  - If the plugin fails, Ansible only prints a warning and continues with the other inventory sources. The playbooks of this collection stop
    with the error of the plugin instead. To make every command stop, set C(any_unparsed_is_failed = true) in the section C([inventory]) of
    C(ansible.cfg).
options:
  plugin:
    description: The name of this plugin.
    type: str
    required: true
    choices: [crossaccount.audit_logs.alibaba_accounts]
  include:
    description:
      - Only accounts that match at least one entry are members. If O(include) is not set, all accounts are members.
      - Each entry has one key. C(account) is the id or the name of an account. C(folder) is the id or the path of a folder, such as
        C(/Workloads/Prod), and matches all accounts in this folder and in the folders below. C(tag) is a dictionary of tags, and matches
        the accounts that have all of these tags.
      - If no account has the id, name or tags, or if the folder does not exist, the plugin fails and returns no hosts.
    type: list
    elements: dict
    default: []
  exclude:
    description:
      - Accounts that match at least one entry are not members, even if they match O(include).
      - The entries have the same form as the entries of O(include).
      - If the archive account is excluded, it stays in the group C(alibaba_archive).
    type: list
    elements: dict
    default: []
  paths:
    description:
      - Whether the plugin sets the variable C(account_path). The path of an account in the root folder is C(/). The path of the management
        account is also C(/).
      - If V(true), the plugin makes a call for each folder. If an entry of O(include) or O(exclude) has the key C(folder), the plugin does
        this in any case.
    type: bool
    default: false
  role_name:
    description:
      - Name of the role whose ARN the plugin writes to C(audit_logs_alibaba_role). The role must have this name in all accounts.
      - Resource Directory creates the role C(ResourceDirectoryAccountAccessRole) in member accounts.
    type: str
    default: ResourceDirectoryAccountAccessRole
extends_documentation_fragment:
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
  - crossaccount.audit_logs.alibaba.connection
  - crossaccount.audit_logs.accounts
notes:
  - The groups C(alibaba_members) and C(alibaba_archive) have the variable C(audit_logs_alibaba_management_account_id), which the mode
    C(organization_trail) uses. The group C(alibaba_members) also has the variable C(skipped_accounts). This variable contains id, name and
    reason of each account that is not a host because the account is being deleted or was not created. C(ansible-inventory -v) also prints
    these accounts.
  - 'Variables of each host: C(account_id), C(account_name) (the display name), C(account_status) (V(CreateSuccess), V(InviteSuccess), or a
    status that begins with C(Promote)), C(account_joined) (the date on which the account joined the directory, such as V(2026-05-01)), and
    C(audit_logs_alibaba_role). With O(paths), also C(account_path). With O(tags), also C(account_tags). The plugin replaces characters only
    in host names. Ansible does not evaluate names and tags as templates.'
  - The management account has no display name, so its name is the name of its Alibaba Cloud account. The plugin does not read the tags of
    the management account.
  - C(audit_logs_alibaba_role) is the ARN of the role O(role_name) in the account. The account of the base credentials (from the options,
    the environment or O(profile)) does not have this variable, because the playbooks use the base credentials in this account without a
    role. Usually, this account is the management account.
  - If the base credentials belong to a delegated administrator, only the account of the delegated administrator does not have
    C(audit_logs_alibaba_role). The management account then has the variable. But Resource Directory creates no role in the management
    account, and the roles that it creates in member accounts trust only the management account. In each account, create a role that trusts
    your credentials, and give the name of this role in O(role_name).
  - The plugin uses the role in O(assume_role) only to read the directory. The playbooks do not assume this role, but use the credentials of
    the environment. So the account of the base credentials does not have C(audit_logs_alibaba_role), and the account of the assumed role
    has this variable.
  - If the file contains O(profile), O(endpoints), O(protocol) or O(http_proxy), set the corresponding variables of the playbooks to the
    same values, C(audit_logs_alibaba_profile), C(audit_logs_alibaba_endpoints), C(audit_logs_alibaba_protocol) and
    C(audit_logs_alibaba_http_proxy).
  - The options for credentials, region, endpoints and proxy can be templates, for example with P(ansible.builtin.env#lookup).
  - O(compose) can replace each variable, also C(audit_logs_alibaba_role). An empty string means no role.
  - With O(cache), each run still calls C(GetResourceDirectory) and C(GetCallerIdentity). The plugin ignores a cache entry of another
    directory, and a cache entry without the required paths or tags.
  - The plugin lists 100 accounts per call. It needs the permissions C(resourcemanager:GetResourceDirectory) and
    C(resourcemanager:ListAccounts), and for folders C(resourcemanager:ListFoldersForParent). The account must be the management account or
    a delegated administrator of a trusted service.
"""

EXAMPLES = r"""
# org.alibaba_accounts.yml: all active accounts are members, and the account with the name log-archive stores the logs.
plugin: crossaccount.audit_logs.alibaba_accounts
archive: log-archive

---
# All accounts under /Workloads, without one, and without those with a tag. Hosts are named after the ids of their accounts.
plugin: crossaccount.audit_logs.alibaba_accounts
archive: "1234567890123456"
hostnames: account_id
include:
  - folder: /Workloads
exclude:
  - account: "2234567890123456"
  - tag: {audit-logs: "no"}
keyed_groups:
  - prefix: team
    key: account_tags.team | default('none')

---
# With a profile. The management account is entered with a role of its own.
plugin: crossaccount.audit_logs.alibaba_accounts
archive: log-archive
profile: audit
role_name: AuditLogs
compose:
  audit_logs_alibaba_profile: "'audit'"
  audit_logs_alibaba_role: >-
    'acs:ram::1000000000000001:role/auditlogsofmanagement' if account_id == '1000000000000001' else audit_logs_alibaba_role
"""

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils import _requirements

_requirements.check_core()

from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.client import Cloud, connection_options
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.directory import INACTIVE
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.ram import role_name_problem
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._accounts import AccountsError, AccountsInventory
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._alibaba_accounts import Connection, Reader


class InventoryModule(AccountsInventory, BaseInventoryPlugin, Constructable, Cacheable):
    """Reads a resource directory, and makes hosts of its accounts."""

    NAME = "crossaccount.audit_logs.alibaba_accounts"
    INVENTORY_FILE_SUFFIXES = ("alibaba_accounts.yml", "alibaba_accounts.yaml")
    cloud, unit_word, active = "alibaba", "folder", "active"

    def is_active(self, account):
        """Whether an account is in use; also one with a status that is not known, which a run then reports if it can't be entered."""
        return account["status"] not in INACTIVE

    def parse(self, inventory, loader, path, cache=True):
        """Called by Ansible for each file that verify_file() accepts."""
        self.inventory = inventory
        self.guard(lambda: self._parse(inventory, loader, path, cache))

    def _parse(self, inventory, loader, path, cache):
        super().parse(inventory, loader, path, cache=cache)
        self._read_config_data(path)
        self.check_options()
        problem = role_name_problem(self.get_option("role_name"))
        if problem:
            raise AccountsError(f"role_name: {problem.removeprefix('name: ')}: correct it")
        connection = Connection({name: self.templar.template(self.get_option(name)) for name in connection_options()})
        cloud = Cloud(connection)
        own = connection.base_account(cloud)
        reader = Reader(connection, cloud)
        directory = reader.describe()
        found = self.cached(path, cache, directory.id)
        if found is None:
            found = reader.read(directory, self.needs("paths"), self.needs("tags"))
            self.keep(path, found)
        self.populate(found, lambda account: self._role(account, own), {"audit_logs_alibaba_management_account_id": directory.manager["id"]})

    def _role(self, account, own):
        if account["id"] == own:
            return {}
        # Names of roles are in lower case in ARNs.
        return {"audit_logs_alibaba_role": f"acs:ram::{account['id']}:role/{self.get_option('role_name').lower()}"}
