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
  _input:
    description:
      - The trails, as dictionaries with C(account_id), C(region), C(name), and optionally C(prefix) and, for the trail
        of an organization, C(organization_id).
    type: list
    elements: dict
    required: true
  account_id:
    description: Id of the account that the key is in.
    type: str
    required: true
  region:
    description: Region of the key.
    type: str
    required: true
  form:
    description:
      - What vouches for a caller. With V(accounts), each account has statements that name its trails and paths.
      - With V(source_accounts), one statement lists the accounts; with V(organization), it names the organization. Both
        name the trails with a pattern, C(arn:aws:cloudtrail:*:*:trail/<name>), and leave the prefix to the account.
    type: str
    choices: [accounts, source_accounts, organization]
    default: accounts
  organization_id:
    description: Id of the organization, for O(form=organization).
    type: str
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
