#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: report_account
short_description: Write down what became of one account
version_added: 0.3.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Writes the result of one account's verification into a file. Of these, M(crossaccount.audit_logs.report) makes the
    report.
  - The result is checked first. One that lacks a field, or has one that is unknown or of a wrong form, is
    refused.
  - Works on the controller. The file is there as a whole, or not at all; only its owner may read it.
options:
  directory:
    description: Directory of the report, created if it does not exist. The file is C(accounts/<account id>.json) in it.
    type: path
    required: true
  result:
    description:
      - The result, of the form that the collection's C(docs/report.md) describes.
      - Its field C(reported), the time, is set here.
    type: dict
    required: true
extends_documentation_fragment:
  - crossaccount.audit_logs.attributes.controller
attributes:
  idempotent:
    description: When run twice in a row outside C(check_mode), with the same arguments, the second run changes nothing.
    support: none
    details: The time is part of what is written.
seealso:
  - module: crossaccount.audit_logs.report
"""

EXAMPLES = r"""
- name: Report an account in which no session could be opened
  crossaccount.audit_logs.report_account:
    directory: reports
    result:
      name: team-b
      account_id: "333333333333"
      cloud: aws
      roles: [member]
      region: eu-west-1
      state: failed
      phase: credentials
      reason: the role OrganizationAccountAccessRole can't be assumed
      delivers_to: []
      checked: []
      findings: []
      probe:
      digests:
"""

RETURN = r"""
result: {description: 'The result, as it was written.', type: dict, returned: success}
path: {description: Path of the file., type: str, returned: success, sample: reports/accounts/333333333333.json}
"""
