# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: without_secrets
short_description: A message without the secrets in it
version_added: 0.7.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Returns the message of a task that failed without query strings, signed requests, tokens and keys. The playbooks put the
    reason of a failure through this filter before it reaches the summary and the report. The task can be one of amazon.aws.
options:
  _input:
    description: The message.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Say why a task failed
  ansible.builtin.debug:
    msg: "{{ ansible_failed_result.msg | crossaccount.audit_logs.without_secrets }}"
"""

RETURN = r"""
_value:
  description: The message.
  type: str
"""

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._secrets import without_secrets


class FilterModule:
    """The filter of this file."""

    def filters(self):
        return {"without_secrets": without_secrets}
