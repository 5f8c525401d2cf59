#!/usr/bin/env python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Print an inventory of one archive and N members for the local clouds, as large as wanted: inventory.py N"""

from __future__ import annotations

import sys

# The variables are those of playbooks/inventory/example.yml.
HEAD = """\
---
all:
  vars:
    ansible_connection: local
    audit_logs_aws_region: eu-west-1
    audit_logs_aws_role: OrganizationAccountAccessRole
    aws_trail_bucket_name: example-audit-logs
    aws_trail_bucket_encryption: aws:kms
    audit_logs_aws_cloudwatch: true{form}
  children:
    aws_archive:
      hosts:
        log-archive:
          account_id: "111111111111"
    aws_members:
      hosts:{members}
"""
MEMBER = """
        member-{number:04}:
          account_id: "{account_id}"\
"""
# A statement pair for each account fits into a bucket policy for some 25 of them.
FORM = """
    aws_trail_bucket_policy_form: source_accounts\
"""
FIRST_ACCOUNT = 200_000_000_001


def inventory(count: int) -> str:
    """Give the YAML text of an inventory with `count` members, which may be none."""
    members = "".join(
        MEMBER.format(number=number + 1, account_id=FIRST_ACCOUNT + number) for number in range(count)
    )
    return HEAD.format(members=members or " {}", form=FORM if count > 25 else "")


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1].isdecimal():
        sys.exit("usage: inventory.py N, the number of members")
    print(inventory(int(sys.argv[1])), end="")
