# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: inventory_problems
short_description: What is wrong with an inventory of accounts
version_added: 0.1.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Checks the inventory and the variables in it as far as that is possible without asking a cloud.
  - Groups, ids, regions, names and their lengths, every option of the roles, names of options that there are not,
    variables that can't be resolved, policies and their size, and keys that do not belong into an inventory.
options:
  _input:
    description: The variable C(hostvars).
    type: dict
    required: true
  groups:
    description: The variable C(groups).
    type: dict
    required: true
  region:
    description: Region of AWS accounts that do not name their own.
    type: str
    default: ""
  alibaba_region:
    description: Region of Alibaba Cloud accounts that do not name their own.
    type: str
    default: ""
    version_added: 0.2.0
"""

EXAMPLES = r"""
- name: Check the inventory
  ansible.builtin.assert:
    that: problems | length == 0
    fail_msg: "{{ problems | join('; ') }}"
  vars:
    problems: "{{ hostvars | crossaccount.audit_logs.inventory_problems(groups, 'eu-west-1') }}"
"""

RETURN = r"""
_value:
  description: A sentence for each problem; empty if there is none.
  type: list
  elements: str
"""

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._deployment import inventory


def inventory_problems(hostvars, groups, region="", alibaba_region=""):
    """A sentence for each problem with the inventory."""
    return inventory.problems(hostvars, groups, (region, alibaba_region))


class FilterModule:
    """The filter of this file."""

    def filters(self):
        return {"inventory_problems": inventory_problems}
