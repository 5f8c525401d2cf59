# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: ending_soon
short_description: Hosts whose sessions may end during the next step of a run
version_added: 0.7.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Returns the hosts of a group whose sessions end in less than half an hour, or in less time than the wait for probes. Use the result as
    the C(hosts) of a play that opens these sessions again.
  - As long as no session can be so old, the filter reads the variables of only one host.
options:
  _input:
    description: Name of a group. If the group does not exist, the filter returns no hosts.
    type: str
    required: true
  groups:
    description: The variable C(groups).
    type: dict
    required: true
  hostvars:
    description: The variable C(hostvars).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: A play for accounts with old sessions
  hosts: "{{ 'aws_members' | crossaccount.audit_logs.ending_soon(groups, hostvars) }}"
"""

RETURN = r"""
_value:
  description: Names of the hosts whose sessions end soon.
  type: list
  elements: str
"""

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils import _sessions


def ending_soon(group, groups, hostvars):
    """Names of the hosts."""
    return _sessions.ending_soon([*groups.get(group, [])], hostvars)


class FilterModule:
    """The filter of this file."""

    def filters(self):
        return {"ending_soon": ending_soon}
