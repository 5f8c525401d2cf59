# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: trail_key_policy
short_description: The policy of the KMS key for the log files of trails
version_added: 0.1.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Makes the policy of a key with which only the given trails may encrypt. The key's own account administers it.
  - Fails if the policy is larger than KMS takes, 32 KB.
options:
  account_id:
    description: Id of the account that the key is in.
    type: str
    required: true
  region:
    description: Region of the key.
    type: str
    required: true
extends_documentation_fragment:
  - crossaccount.audit_logs.trail_policies
"""

EXAMPLES = r"""
- name: A policy for one trail
  ansible.builtin.debug:
    msg: >-
      {{ [{"account_id": "222222222222", "region": "eu-west-1", "name": "audit-logs"}]
         | crossaccount.audit_logs.trail_key_policy(account_id="111111111111", region="eu-west-1") }}
"""

RETURN = r"""
_value:
  description: The policy document.
  type: dict
"""

from ansible.errors import AnsibleFilterError

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import policies


def trail_key_policy(trails, account_id, region, form="accounts", organization_id=None):
    """The policy of the KMS key for the log files of trails."""
    try:
        return policies.key_policy(account_id, region, trails, form, organization_id)
    except ValueError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filter of this file."""

    def filters(self):
        return {"trail_key_policy": trail_key_policy}
