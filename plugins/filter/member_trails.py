# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: member_trails
short_description: The trails of the members in an inventory
version_added: 0.1.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Says which trail each member has or gets, from its variables and the defaults of the roles.
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
  region:
    description: Region of those that do not name their own.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: The trails that the archive's bucket has to expect
  ansible.builtin.debug:
    msg: "{{ hostvars | crossaccount.audit_logs.member_trails(groups['aws_members'], 'eu-west-1') }}"
"""

RETURN = r"""
_value:
  description: The trails, in the form that P(crossaccount.audit_logs.trail_bucket_policy#filter) takes.
  type: list
  elements: dict
"""

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._deployment import aws


def member_trails(hostvars, members, region):
    """The trails of the members."""
    return [aws.trail(hostvars[member], region) for member in members]


class FilterModule:
    """The filter of this file."""

    def filters(self):
        return {"member_trails": member_trails}
