# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: result_lines
short_description: A line per account about what a verification found out
version_added: 0.3.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Says for each account whether its logs arrive and its resources are as they should be; failures come first.
options:
  _input:
    description: Results, as P(crossaccount.audit_logs.account_result#filter) returns them.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Show a line per account
  ansible.builtin.debug:
    msg: "{{ results | crossaccount.audit_logs.result_lines }}"
"""

RETURN = r"""
_value:
  description: The lines.
  type: list
  elements: str
"""

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._report import lines


def result_lines(results):
    """A line per account, failures first."""
    return lines.of_results(results)


class FilterModule:
    """The filter of this file."""

    def filters(self):
        return {"result_lines": result_lines}
