# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: account_lines
short_description: A line per account about what a run did
version_added: 0.1.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Says for each account whether it failed, in which phase and why, and what was or would be changed; failures come first.
options:
  _input:
    description: The variable C(hostvars).
    type: dict
    required: true
  accounts:
    description: Names of the hosts.
    type: list
    elements: str
    required: true
  alive:
    description: Names of those hosts that did not drop out of the play.
    type: list
    elements: str
    required: true
  planned:
    description: Whether the run was a plan, in check mode.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Show a line per account
  ansible.builtin.debug:
    msg: "{{ hostvars | crossaccount.audit_logs.account_lines(ansible_play_hosts_all, ansible_play_hosts) }}"
"""

RETURN = r"""
_value:
  description: The lines.
  type: list
  elements: str
"""

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._report import lines


def account_lines(hostvars, accounts, alive, planned=False):
    """A line per account, failures first."""
    return lines.of_changes(hostvars, accounts, alive, planned)


class FilterModule:
    """The filter of this file."""

    def filters(self):
        return {"account_lines": account_lines}
