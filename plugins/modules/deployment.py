#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: deployment
short_description: Compute the deployment from the inventory
version_added: 0.7.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Reads the groups C(aws_archive), C(aws_members), C(alibaba_archive) and C(alibaba_members), and the variables of their hosts. For each
    account, computes the session that the playbooks open, the destination of the events, and the members from which the archive account
    must accept logs.
  - Checks the groups, account ids, regions, names and their lengths, all options of the roles, unknown names of options, and policies and
    their sizes. Checks that the inventory contains no keys, and whether the run has only a part of the inventory, such as a job slice of
    AWX. Makes no calls to a cloud.
  - If the module finds problems, it fails with one sentence for each problem.
  - Runs on the controller. Use it with C(run_once).
options:
  writes_report:
    description:
      - Whether the run ends with a report. If V(true), the directory of the report (C(audit_logs_report_directory)) must be writable.
      - If V(true), the result for an account also contains the digest files that the previous report lists (C(audit_logs_previous_report)).
    type: bool
    default: false
  merges_reports:
    description: Whether the run merges reports. Merging needs the whole inventory, so the module fails in a job slice of AWX.
    type: bool
    default: false
extends_documentation_fragment:
  - crossaccount.audit_logs.attributes.controller
seealso:
  - module: crossaccount.audit_logs.account_session
"""

EXAMPLES = r"""
- name: Compute the deployment from the inventory
  crossaccount.audit_logs.deployment:
  register: audit_logs_computed
  run_once: true
"""

RETURN = r"""
accounts:
  description: The configuration of each account, by the name of the host.
  returned: success
  type: dict
  sample:
    team-a:
      name: team-a
      cloud: aws
      account_id: "222222222222"
      roles: [member]
      archive: log-archive
      region: eu-west-1
      session: {region: eu-west-1, role: OrganizationAccountAccessRole}
      trail: {account_id: "222222222222", region: eu-west-1, name: audit-logs, prefix: "222222222222"}
      digest_chains:
        trail: arn:aws:cloudtrail:eu-west-1:222222222222:trail/audit-logs
        folder: example-audit-logs/222222222222/AWSLogs/222222222222
      kms_key_arn: ""
began:
  description: When the module computed the deployment, in UTC. The run opens its sessions after this time.
  returned: success
  type: str
  sample: "2026-01-31T23:59:59Z"
before:
  description: Hashes of the results that earlier playbooks of the same run registered, by the name of the host and the name of the
    variable.
  returned: success
  type: dict
  sample: {}
"""
