# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: failure_reason
short_description: Why an account failed, from the message of the task that failed
version_added: 0.7.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Removes query strings, signed requests, tokens and keys from the message, before the summary and the report use it.
  - If AWS does not name a cause, adds a possible cause. For example, a service control policy may deny a call, or the certificate of a
    proxy is not trusted.
  - If the message says that credentials have expired, the reason begins with the account of these credentials and with the action to take.
  - If a module of amazon.aws does not handle an error of AWS, removes the text that Ansible adds before the error.
  - The modules of this collection already do the first two steps themselves. The filter is also for failed tasks of other modules, such as
    the modules of amazon.aws.
options:
  _input:
    description: The message of the failed task.
    type: str
    required: true
  host:
    description: Name of the host.
    type: str
    required: true
  phase:
    description: Phase of the failed task. V(credentials) means that no session was opened in the account.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Say why a task failed
  ansible.builtin.debug:
    msg: "{{ ansible_failed_result.msg | crossaccount.audit_logs.failure_reason(inventory_hostname, 'member') }}"
"""

RETURN = r"""
_value:
  description: The reason of the failure, without secrets.
  type: str
"""

import re

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.causes import with_cause
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._expiry import with_expiry
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._secrets import without_secrets


# What Ansible says before an exception of a module; an error of AWS explains itself.
_BEFORE_ERROR = re.compile(r"^(?:Task failed: |Module failed: )+(?=An error occurred \()")


def failure_reason(message, host, phase):
    """The reason."""
    return with_expiry(with_cause(without_secrets(_BEFORE_ERROR.sub("", message))), host, phase)


class FilterModule:
    """The filter of this file."""

    def filters(self):
        return {"failure_reason": failure_reason}
