# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: account_result
short_description: What a verification found out about an account
version_added: 0.3.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Puts together what the tasks of a verification found out about a host and, in the archive, about its logs.
options:
  _input:
    description: The variable C(hostvars).
    type: dict
    required: true
  account:
    description: The account, as M(crossaccount.audit_logs.deployment) returns it.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show what was found out
  ansible.builtin.debug:
    msg: "{{ hostvars | crossaccount.audit_logs.account_result(deployment.accounts[inventory_hostname]) }}"
"""

RETURN = r"""
_value:
  description: The result, as docs/report.md describes it.
  type: dict
"""

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._verdict import accounts


def account_result(hostvars, account):
    """What was found out about an account."""
    return accounts.result(account, hostvars)


class FilterModule:
    """The filter of this file."""

    def filters(self):
        return {"account_result": account_result}
