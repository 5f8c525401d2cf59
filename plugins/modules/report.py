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
  - Merges the results that M(crossaccount.audit_logs.report_account) wrote, or the reports of several runs. Writes C(report.json), which
    C(docs/report.md) of the collection describes, and C(report.html), a page that needs no other file and sends no request.
  - The report lists failed accounts first, then accounts with a warning, then all other accounts, each sorted by name.
  - Runs on the controller. The module writes each file completely or not at all.
options:
  directory: {description: Directory of the report., type: path, required: true}
  accounts:
    description:
      - Ids of the accounts whose results in O(directory) are in the report. If one of these accounts has no result, the module fails,
        except in check mode.
      - By default, the report contains all results in O(directory).
    type: list
    elements: str
  sources:
    description:
      - Directories with the C(report.json) of runs on parts of the inventory. The report has one result for each account of the
        inventory, as M(crossaccount.audit_logs.deployment) has computed it and registered it in C(audit_logs_computed).
      - If an account has several results, the module uses the newest result. The age of a result depends on its field C(reported), which is
        the time at which M(crossaccount.audit_logs.report_account) wrote the result. The modification times of files have no effect.
      - If an account has no result, the account fails in the report. If a run did not finish, its directory has no report, so its accounts
        fail.
      - The module ignores results of accounts that are not in the inventory.
      - If the newest result of an account is more than five minutes in the future, the account fails.
    type: list
    elements: path
  max_age:
    description: Maximum age in hours of a result in O(sources). An older result may be of an earlier night. If the newest result of an
      account is older, the account fails.
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

- name: Fail if an account failed
  ansible.builtin.assert:
    that: report.summary.failed == 0
    fail_msg: "{{ report.summary.failed }} accounts failed, see {{ report.paths.html }}"

- name: Merge the reports of three runs, each for a third of the inventory, as the playbook report.yml does
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
