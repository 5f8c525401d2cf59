# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: pending_accounts
short_description: The members whose trails may not have reached their new configuration yet
version_added: 0.1.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Returns the members that failed, and those that have not reached a certain task of the run. That includes members that
    C(--limit) leaves out, unless another run has updated them, members that
    have another trail with the same bucket, and members that may not read the organization that they are to deliver for.
options:
  _input: {description: The variable C(hostvars)., type: dict, required: true}
  archive: {description: 'The archive account, as M(crossaccount.audit_logs.deployment) returns it.', type: dict, required: true}
  mark: {description: Name of the variable that the task registers., type: str, required: true}
"""

EXAMPLES = r"""
- name: The members without a trail
  ansible.builtin.debug:
    msg: "{{ hostvars | crossaccount.audit_logs.pending_accounts(deployment.accounts['log-archive'], 'aws_trail_plan') }}"
"""

RETURN = r"""
_value:
  description: Ids of the accounts.
  type: list
  elements: str
"""


def pending_accounts(hostvars, archive, mark):
    """Ids of the accounts of members that failed, or that neither this run nor another has updated."""
    return [
        str(hostvars[member]["account_id"]) for member in archive["members"]
        if not _is_updated(hostvars[member], mark, member in archive["updated"])
    ]


def _is_updated(host, mark, elsewhere):
    if "audit_logs_failure" in host:
        return False
    trail = (host.get(mark) or {}).get("trail") or {}
    is_proven = trail.get("is_in_organization", True)  # null if the account may not read it
    return (elsewhere or mark in host) and not trail.get("delivering") and bool(is_proven)


class FilterModule:
    """The filter of this file."""

    def filters(self):
        return {"pending_accounts": pending_accounts}
