# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: pending_accounts
short_description: Members whose trails may not have reached their new configuration yet
version_added: 0.1.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Returns the members that failed, and the members that have not reached the task that registers O(mark).
  - These include members that C(--limit) leaves out, and members that failed in an earlier playbook of the run. But if another run has
    updated such a member and each member has a trail of its own, the filter does not return the member.
  - Also returns members that have another trail with the same bucket, and members that may not read the organization for which they should
    deliver.
options:
  _input:
    description: The variable C(hostvars).
    type: dict
    required: true
  archive:
    description: The archive account, as M(crossaccount.audit_logs.deployment) returns it.
    type: dict
    required: true
  mark:
    description: Name of the variable that the task registers.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: The members without a trail
  ansible.builtin.debug:
    msg: "{{ hostvars | crossaccount.audit_logs.pending_accounts(deployment.accounts['log-archive'], 'aws_trail_plan') }}"
"""

RETURN = r"""
_value:
  description: Ids of the pending accounts.
  type: list
  elements: str
"""


def pending_accounts(hostvars, archive, mark):
    """Ids of the accounts of members that failed, or that neither this run nor another has updated."""
    updated, here = set(archive["updated"]), set(archive["members_in_this_run"])
    if archive.get("covered_accounts"):
        updated = set()  # one trail records them all, so that only what this run has read of them counts

    def is_done(member):
        host = hostvars[member]
        # A member that is not in this run may have the variable from an earlier playbook.
        is_reached = member in updated or member in here and mark in host
        return is_reached and "audit_logs_failure" not in host and not _depends(host.get(mark) or {})

    # Of the trail of an organization, the policies know the account that owns it.
    sources = archive.get("sources", {})
    found = []
    for member in archive["members"]:
        if not is_done(member):
            account_id = str(hostvars[member]["account_id"])
            found += [account_id, sources.get(member, account_id)]
    return list(dict.fromkeys(found))


def _depends(result):
    """Whether an account still needs what the archive has allowed until now."""
    trail = result.get("trail") or {}
    return bool(trail.get("delivering") or result.get("delivering")) or not trail.get("is_in_organization", True)  # null if the account may not read it


class FilterModule:
    """The filter of this file."""

    def filters(self):
        return {"pending_accounts": pending_accounts}
