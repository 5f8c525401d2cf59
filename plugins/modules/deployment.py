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
  - Reads the groups C(aws_archive), C(aws_members), C(alibaba_archive) and C(alibaba_members), and the variables of their
    hosts. Computes for each account which session the playbooks open in it, where its events go, and which members the
    archive has to accept.
  - Checks the groups, account ids, regions, names and their lengths, all options of the roles, unknown names of options,
    policies and their sizes, and looks for keys, which must not be in an inventory. Also checks whether the run sees a part of the
    inventory only, as a job slice of AWX does. Calls no cloud.
  - Fails with a sentence for each problem.
  - Runs on the controller. Use it with C(run_once).
options:
  writes_report:
    description:
      - Whether the run ends with a report, so that its directory (C(audit_logs_report_directory)) must be writable.
      - If it does, the accounts also have what the previous report knew of their digest files (C(audit_logs_previous_report)).
    type: bool
    default: false
  merges_reports:
    description: Whether the run merges reports, for which it needs the whole inventory. A job slice of AWX fails.
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
