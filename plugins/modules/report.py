#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: report
short_description: Write a report of the results of accounts
version_added: 0.3.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Merges the results that M(crossaccount.audit_logs.report_account) wrote, or the reports of several runs. Writes C(report.json),
    which the
    collection's C(docs/report.md) describes, and C(report.html), a page that needs no other file and sends no request.
  - Accounts that failed come first, then those with a warning, then the others; by name within.
  - Works on the controller. Each file is there as a whole, or not at all.
options:
  directory: {description: Directory of the report., type: path, required: true}
  accounts:
    description:
      - Ids of the accounts whose results in O(directory) count. It is an error if one has none, except in check mode.
      - By default, all that are there.
    type: list
    elements: str
  sources:
    description:
      - Directories with the C(report.json) of runs on parts of the inventory. The report has one result for each account of the
        inventory, as M(crossaccount.audit_logs.deployment) has computed it and registered it in C(audit_logs_computed).
      - If an account has several results, the newest counts, by the time in its field C(reported), at which
        M(crossaccount.audit_logs.report_account) wrote it. Times of files do not matter.
      - An account without a result is failed. So is an account whose run did not finish, because the directory then has no report.
      - Results of accounts that the inventory does not have do not count.
      - An account whose newest result is of the future, by more than five minutes, is failed.
    type: list
    elements: path
  max_age:
    description: Hours after which a result in O(sources) does not count any more. It may be the result of an earlier night.
    type: int
    default: 24
    version_added: 0.7.0
extends_documentation_fragment:
  - crossaccount.audit_logs.report
  - crossaccount.audit_logs.attributes.controller
attributes:
  idempotent:
    description: When run twice in a row outside C(check_mode), with the same arguments, the second run changes nothing.
    support: none
    details: The written file contains the time.
seealso:
  - module: crossaccount.audit_logs.report_account
"""

EXAMPLES = r"""
- name: Report on all accounts that were verified
  crossaccount.audit_logs.report:
    directory: reports
  register: report

- name: Fail if an account does
  ansible.builtin.assert:
    that: report.summary.failed == 0
    fail_msg: "{{ report.summary.failed }} accounts failed, see {{ report.paths.html }}"

- name: One report of three runs, each on a third of the inventory, as the playbook report.yml does it
  crossaccount.audit_logs.report:
    directory: reports/all
    sources:
      - reports/1
      - reports/2
      - reports/3
"""

RETURN = r"""
summary:
  description: Numbers of accounts by result.
  returned: success
  type: dict
  contains:
    accounts: {description: Number of all accounts., type: int, returned: always}
    failed: {description: Number of accounts that failed., type: int, returned: always}
    warning: {description: Number of accounts that have warnings and did not fail., type: int, returned: always}
    ok: {description: Number of accounts without failures and warnings., type: int, returned: always}
    probes:
      description: Numbers of accounts by the state of their probe, C(arrived), C(missing), C(skipped) or C(none).
      type: dict
      returned: always
lines: {description: 'A line per account, failures first.', returned: success, type: list, elements: str}
failed_accounts: {description: Names of the accounts that failed., returned: success, type: list, elements: str}
paths:
  description: Paths of the written files. C(json) is the report, C(html) the page.
  returned: success
  type: dict
  sample:
    json: reports/report.json
    html: reports/report.html
"""
