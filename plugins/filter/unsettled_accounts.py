# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: unsettled_accounts
short_description: The members whose trails may still be as they were
version_added: 0.1.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Says which members have failed, or have not come to a certain point of the run, as those that C(--limit) leaves out.
options:
  _input:
    description: The variable C(hostvars).
    type: dict
    required: true
  members:
    description: Names of the hosts.
    type: list
    elements: str
    required: true
  mark:
    description: Name of a variable that a host has when it has come to that point.
    type: str
    required: true
  settled:
    description: Names of hosts that other runs have been done with.
    type: list
    elements: str
    version_added: 0.4.0
"""

EXAMPLES = r"""
- name: The members that have no trail yet
  ansible.builtin.debug:
    msg: "{{ hostvars | crossaccount.audit_logs.unsettled_accounts(groups['aws_members'], 'aws_trail_plan') }}"
"""

RETURN = r"""
_value:
  description: Ids of their accounts.
  type: list
  elements: str
"""


def unsettled_accounts(hostvars, members, mark, settled=()):
    """Ids of the accounts of members that have failed, or do not have the mark and are not settled."""
    settled = set(settled)
    return [
        hostvars[member]["account_id"]
        for member in members
        if member not in settled and mark not in hostvars[member] or "audit_logs_failure" in hostvars[member]
    ]


class FilterModule:
    """The filter of this file."""

    def filters(self):
        return {"unsettled_accounts": unsettled_accounts}
