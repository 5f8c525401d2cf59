#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: summary
short_description: Summarize a run in one line for each account
version_added: 0.7.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Returns a line for each host of the play, failed hosts first, and the C(--limit) that runs the failed accounts again. The lines have at
    most 600,000 bytes in total, because AWX drops the result of a task if it has more than 700,000 bytes. If the lines of some accounts do
    not fit, the last line gives the number of these accounts.
  - Reads the results that earlier tasks of C(setup), C(destroy) or C(verify) registered.
  - Runs on the controller. Use it with C(run_once).
options:
  of:
    description:
      - With V(changes), a line shows whether the account failed, in which phase and why, and the changes that the run made, or would make
        in check mode.
      - With V(verification), a line shows whether the logs of the account arrive and whether its resources match their configuration. It
        needs the results of M(crossaccount.audit_logs.report_account), registered as C(audit_logs_result).
    type: str
    choices: [changes, verification]
    required: true
extends_documentation_fragment:
  - crossaccount.audit_logs.attributes.controller
seealso:
  - module: crossaccount.audit_logs.report
"""

EXAMPLES = r"""
- name: Summarize the run
  crossaccount.audit_logs.summary:
    of: changes
  register: summary
  run_once: true

- name: Show a line per account
  ansible.builtin.debug:
    msg: "{{ summary.lines }}"
  run_once: true
"""

RETURN = r"""
lines:
  description: One line for each account, failures first. If the lines would have more than 600,000 bytes, the last line counts the
    accounts that have no line.
  returned: success
  type: list
  elements: str
  sample: ["changed  222222222222  team-a  trail audit-logs: create"]
notes:
  description: Lines about things that the run could not prove or read. Each line names the accounts that it concerns.
  returned: success
  type: list
  elements: str
failures: {description: 'Phase and reason of each failure, by the name of the host.', returned: success, type: dict}
also:
  description: Hosts with which the run continues although accounts failed, that is C(localhost) if C(audit_logs_on_failure) is C(continue),
    otherwise none.
  returned: success
  type: list
  elements: str
next:
  description: A sentence that says whether the plays that follow in the importing playbook run. Empty if no account failed, or if no
    playbook imports this playbook.
  returned: success
  type: str
limit:
  description: Value of C(--limit) that repeats the run for the accounts that failed. It also contains the archive accounts of their clouds.
    Empty if no account failed.
  returned: success
  type: str
  sample: log-archive,team-b
"""
