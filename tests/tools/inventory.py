#!/usr/bin/env python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Print an inventory of an archive and N members on each of the local clouds, as large as wanted: inventory.py N"""

from __future__ import annotations

import sys

# The variables are those of playbooks/inventory/example.yml.
HEAD = """\
---
all:
  vars:
    audit_logs_aws_region: eu-west-1
    audit_logs_aws_role: OrganizationAccountAccessRole
    aws_trail_bucket_name: example-audit-logs
    aws_trail_bucket_encryption: aws:kms
    audit_logs_aws_cloudwatch: true{form}
    audit_logs_alibaba_region: cn-hangzhou
    audit_logs_alibaba_role: ResourceDirectoryAccountAccessRole
    audit_logs_alibaba_mode: log_audit
    audit_logs_alibaba_protocol: http
    audit_logs_alibaba_http_proxy: "{{{{ lookup('ansible.builtin.env', 'ALIBABA_LOCAL_URL') }}}}"
  children:
    aws_archive:
      hosts:
        log-archive:
          account_id: "111111111111"
    aws_members:
      hosts:
        log-archive:{members}
    alibaba_archive:
      hosts:
        root:
          account_id: "1234567890123456"
    alibaba_members:
      hosts:{alibaba_members}
"""
MEMBER = """
        {name}-{number:04}:
          account_id: "{account_id}"\
"""
# A statement pair for each account fits into a bucket policy for some 25 of them.
FORM = """
    aws_trail_bucket_policy_form: source_accounts\
"""
FIRST_ACCOUNT = 200_000_000_001
FIRST_ALIBABA_ACCOUNT = 2_000_000_000_000_001
# Log Audit Service takes no more in custom mode.
MOST_FOR_LOG_AUDIT = 100


def inventory(count: int) -> str:
    """Give the YAML text of an inventory with `count` members on each cloud, on Alibaba Cloud with 100 at most."""
    return HEAD.format(
        members=members("member", FIRST_ACCOUNT, count), form=FORM if count > 25 else "",
        alibaba_members=members("shop", FIRST_ALIBABA_ACCOUNT, min(count, MOST_FOR_LOG_AUDIT)),
    )


def members(name: str, first: int, count: int) -> str:
    """Give the hosts of a group."""
    found = (MEMBER.format(name=name, number=number + 1, account_id=first + number) for number in range(count))
    return "".join(found) or " {}"


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1].isdecimal():
        sys.exit("usage: inventory.py N, the number of members")
    print(inventory(int(sys.argv[1])), end="")
