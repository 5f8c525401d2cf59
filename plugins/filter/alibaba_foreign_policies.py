# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: alibaba_foreign_policies
short_description: Foreign policies that are attached to the roles of an Alibaba Cloud account
version_added: 0.6.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Returns the policies that are attached to the RAM roles for audit logs and that are foreign. A policy is foreign if the roles of this
    collection have not created it, and if it is not one of the system policies that these roles use.
options:
  _input: {description: 'The variables of the host, after the roles of this collection have run in check mode.', type: dict, required: true}
"""

EXAMPLES = r"""
- name: Read what the foreign policies allow and deny
  crossaccount.audit_logs.ram_policy_info:
    name: "{{ item.name }}"
    type: "{{ item.type }}"
  loop: "{{ hostvars[inventory_hostname] | crossaccount.audit_logs.alibaba_foreign_policies }}"
"""

RETURN = r"""
_value:
  description: C(name) and C(type) of each foreign policy. A policy that is attached to several roles is listed once.
  type: list
  elements: dict
  sample: [{name: lockdown, type: custom}]
"""

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import ram
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._verdict.alibaba import roles


def alibaba_foreign_policies(host):
    """The foreign policies of the roles of an account."""
    return ram.in_order(roles.foreign_policies(host))


class FilterModule:
    """The filter of this file."""

    def filters(self):
        return {"alibaba_foreign_policies": alibaba_foreign_policies}
