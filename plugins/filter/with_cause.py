# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: with_cause
short_description: A message about a call to AWS that failed, with a possible cause
version_added: 0.7.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Adds a possible cause to a message of a module for AWS if AWS does not name one. For example, a service control policy may
    deny a call, or the certificate of a proxy is not trusted. The modules of this collection do so themselves. The task can be
    one of amazon.aws.
  - Returns other messages as they are.
options:
  _input:
    description: The message.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Say why a task failed
  ansible.builtin.debug:
    msg: "{{ ansible_failed_result.msg | crossaccount.audit_logs.with_cause }}"
"""

RETURN = r"""
_value:
  description: The message.
  type: str
"""

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.causes import with_cause


class FilterModule:
    """The filter of this file."""

    def filters(self):
        return {"with_cause": with_cause}
