#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: report_account
short_description: Write the verification result of an account
version_added: 0.3.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Computes the result of an account from the results that earlier tasks of C(verify) registered for the account and for its archive
    account. Writes the result into a file. M(crossaccount.audit_logs.report) merges these files into the report.
  - Needs the result of M(crossaccount.audit_logs.deployment), registered as C(audit_logs_computed).
  - Runs on the controller. The module writes the file completely or not at all.
options:
  directory:
    description: Directory of the report. If it does not exist, the module creates it. The file is C(accounts/<account id>.json) in this
      directory.
    type: path
    required: true
extends_documentation_fragment:
  - crossaccount.audit_logs.report
  - crossaccount.audit_logs.attributes.controller
attributes:
  idempotent:
    description: When run twice in a row outside C(check_mode), with the same arguments, the second run changes nothing.
    support: none
    details: The written file contains the time.
seealso:
  - module: crossaccount.audit_logs.report
"""

EXAMPLES = r"""
- name: Write the result of the account
  crossaccount.audit_logs.report_account:
    directory: reports
  register: audit_logs_result
"""

RETURN = r"""
result:
  description: The result of the account as it was written. The page C(docs/report.md) describes its keys.
  type: dict
  returned: success
path: {description: Path of the written file., type: str, returned: success, sample: reports/accounts/333333333333.json}
"""
