# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: aws_partition
short_description: The AWS partition of a region
version_added: 0.1.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Says which partition a region belongs to, for building ARNs.
options:
  _input:
    description: Name of the region.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: An ARN that is right in every partition
  ansible.builtin.debug:
    msg: "arn:{{ 'cn-north-1' | crossaccount.audit_logs.aws_partition }}:s3:::example-audit-logs"
"""

RETURN = r"""
_value:
  description: Name of the partition.
  type: str
  sample: aws-cn
"""

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.policies import partition


def aws_partition(region):
    """The partition of a region."""
    return partition(region)


class FilterModule:
    """The filter of this file."""

    def filters(self):
        return {"aws_partition": aws_partition}
