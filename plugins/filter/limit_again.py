# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: limit_again
short_description: What to give --limit to run some accounts again by themselves
version_added: 0.3.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Returns the names of hosts for C(--limit), with those of the archives of their clouds, which runs on members may need.
options:
  _input:
    description: Names of the hosts.
    type: list
    elements: str
    required: true
  groups:
    description: The variable C(groups).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show how to run an account again
  ansible.builtin.debug:
    msg: "--limit {{ ['team-b'] | crossaccount.audit_logs.limit_again(groups) }}"
"""

RETURN = r"""
_value:
  description: The names, with commas between them.
  type: str
  sample: log-archive,team-b
"""

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._deployment import inventory


def limit_again(names, groups):
    """Names for --limit."""
    return ",".join(inventory.with_archives(names, groups))


class FilterModule:
    """The filter of this file."""

    def filters(self):
        return {"limit_again": limit_again}
