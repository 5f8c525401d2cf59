# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: aws_probes
short_description: The probes of members on AWS, to be looked for
version_added: 0.3.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Returns, of each host that has made a probe, what M(crossaccount.audit_logs.cloudtrail_probe_info) needs to look for it.
    One whose trail is not to record it, because the inventory asks for that, is left out.
options:
  _input:
    description: The variable C(hostvars).
    type: dict
    required: true
  accounts:
    description: Members, as M(crossaccount.audit_logs.deployment) returns them.
    type: list
    elements: dict
    required: true
  place:
    description: Where to look for the probes, in the bucket of the archive or in the log groups of the members.
    type: str
    choices: [s3, cloudwatch_logs]
    required: true
"""

EXAMPLES = r"""
- name: What is to be looked for
  ansible.builtin.debug:
    msg: "{{ hostvars | crossaccount.audit_logs.aws_probes(deployment.accounts.values(), 's3') }}"
"""

RETURN = r"""
_value:
  description: The probes. One has C(wait) false if the configuration says that it can't arrive there.
  type: list
  elements: dict
"""

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._verdict import accounts as verdicts


def aws_probes(hostvars, accounts, place):
    """The probes of the members."""
    return verdicts.probes(accounts, hostvars, place)


class FilterModule:
    """The filter of this file."""

    def filters(self):
        return {"aws_probes": aws_probes}
