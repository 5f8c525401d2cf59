# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: with_accounts
short_description: Those of some groups that exist, if the run is for any of their hosts
version_added: 0.7.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Returns the names of groups that exist. For the C(hosts) of a play.
  - Fails if C(--limit) leaves none of their hosts, because Ansible would skip all plays and report success. If the playbook is
    imported and the inventory has accounts, warns instead. The plays of the importing playbook can be for other hosts.
  - Drops options of this collection that are empty strings in C(--extra-vars), because they would hide those of the inventory.
  - Fails if the name of a host has characters that cannot be seen or that control a terminal, because Ansible prints it as it is.
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
    description: The variable C(ansible_limit). Empty without C(--limit).
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
