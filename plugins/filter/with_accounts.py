# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: with_accounts
short_description: Names of the given groups that exist, if the run includes any of their hosts
version_added: 0.7.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Returns the names of the groups that exist. Use the result as the C(hosts) of a play.
  - If C(--limit) leaves none of the hosts in the run, the filter fails, because Ansible would skip all plays and report success. If the
    playbook is imported and the inventory has accounts, the filter warns instead, because the importing playbook can have plays for other
    hosts.
  - Removes options of this collection that are empty strings in C(--extra-vars), because they would hide the values of the inventory.
  - If the name of a host contains invisible characters or control characters, the filter fails, because Ansible prints host names without
    escaping these characters.
options:
  _input:
    description: Names of groups with accounts.
    type: list
    elements: str
    required: true
  groups:
    description: The variable C(groups).
    type: dict
    required: true
  limit:
    description: The variable C(ansible_limit). If C(--limit) is not given, it is an empty string.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: A play for accounts
  hosts: "{{ ['aws_archive', 'aws_members'] | crossaccount.audit_logs.with_accounts(groups, ansible_limit | default('')) }}"
"""

RETURN = r"""
_value:
  description: Names of the groups that exist.
  type: list
  elements: str
"""

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils import _run


def with_accounts(names, groups, limit=""):
    """Names of the groups that exist."""
    _run.drop_empty_answers()
    _run.check_names(groups, names)
    if limit and groups:
        _run.check_limit({name: list(hosts) for name, hosts in groups.items()}, list(names), str(limit))
    return [name for name in names if name in groups]


class FilterModule:
    """The filter of this file."""

    def filters(self):
        return {"with_accounts": with_accounts}
