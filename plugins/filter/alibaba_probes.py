# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: alibaba_probes
short_description: The probes of accounts of Alibaba Cloud that the archive is to look for
version_added: 0.3.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Makes what O(crossaccount.audit_logs.actiontrail_probe_info#module:probes) takes, of the accounts that have made a
    probe.
options:
  _input:
    description: The variable C(hostvars).
    type: dict
    required: true
  accounts:
    description: Accounts, as M(crossaccount.audit_logs.deployment) returns them.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: What is to be looked for
  ansible.builtin.debug:
    msg: "{{ hostvars | crossaccount.audit_logs.alibaba_probes(deployment.accounts.values()) }}"
"""

RETURN = r"""
_value:
  description: The probes. One has C(wait) false if the configuration says that it can't arrive.
  type: list
  elements: dict
"""

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._verdict import accounts as verdicts


def alibaba_probes(hostvars, accounts):
    """The probes of the accounts."""
    return verdicts.probes(accounts, hostvars, "sls")


class FilterModule:
    """The filter of this file."""

    def filters(self):
        return {"alibaba_probes": alibaba_probes}
