# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: probes
short_description: Probes of accounts to search for in a destination
version_added: 0.7.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Returns the probes in the form that M(crossaccount.audit_logs.cloudtrail_probe_info) and
    M(crossaccount.audit_logs.actiontrail_probe_info) need to search for them. Leaves out accounts without a probe, and accounts for which
    the inventory turns the recording of events off.
options:
  _input: {description: The variable C(hostvars)., type: dict, required: true}
  accounts: {description: 'Accounts, as M(crossaccount.audit_logs.deployment) returns them.', type: list, elements: dict, required: true}
  destination:
    description: V(s3) is the bucket of the archive account, V(cloudwatch_logs) the log groups of the member accounts, and V(sls) the
      logstores of the archive account.
    type: str
    choices: [s3, cloudwatch_logs, sls]
    required: true
"""

EXAMPLES = r"""
- name: Show the probes to search for
  ansible.builtin.debug:
    msg: "{{ hostvars | crossaccount.audit_logs.probes(deployment.accounts.values(), 's3') }}"
"""

RETURN = r"""
_value:
  description: The probes to search for, one for each account. C(wait) of a probe is false if the configuration already shows that the probe
    cannot arrive.
  type: list
  elements: dict
"""

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._verdict import accounts as verdicts


def probes(hostvars, accounts, destination):
    """The probes of the accounts."""
    return verdicts.probes(accounts, hostvars, destination)


class FilterModule:
    """The filter of this file."""

    def filters(self):
        return {"probes": probes}
