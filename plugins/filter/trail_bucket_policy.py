# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: trail_bucket_policy
short_description: The policy of a bucket that receives the log files of trails
version_added: 0.1.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Makes the policy of a bucket to which only the given trails may deliver, each below its own path, and only over TLS.
  - Fails if the policy is larger than S3 takes, 20 KB.
options:
  bucket:
    description: Name of the bucket.
    type: str
    required: true
  region:
    description: Region of the bucket.
    type: str
    required: true
  extra:
    description:
      - A policy document, or its JSON, whose statements are added. One with the same Sid replaces the one made here.
    type: raw
extends_documentation_fragment:
  - crossaccount.audit_logs.trail_policies
"""

EXAMPLES = r"""
- name: A policy for one trail
  ansible.builtin.debug:
    msg: >-
      {{ [{"account_id": "222222222222", "region": "eu-west-1", "name": "audit-logs", "prefix": "222222222222"}]
         | crossaccount.audit_logs.trail_bucket_policy(bucket="example-audit-logs", region="eu-west-1") }}
"""

RETURN = r"""
_value:
  description: The policy document.
  type: dict
"""

from ansible.errors import AnsibleFilterError

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import policies


def trail_bucket_policy(trails, bucket, region, form="accounts", organization_id=None, extra=None):
    """The policy of a bucket that receives the log files of trails."""
    try:
        return policies.bucket_policy(bucket, region, trails, form, organization_id, extra)
    except ValueError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """The filter of this file."""

    def filters(self):
        return {"trail_bucket_policy": trail_bucket_policy}
