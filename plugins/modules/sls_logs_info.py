#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: sls_logs_info
short_description: Search the logs of Alibaba Cloud's Simple Log Service
version_added: 0.2.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Finds logs in a logstore of Simple Log Service (SLS) that has an index.
options:
  project: {description: Name of the project., type: str, required: true}
  logstore: {description: Name of the logstore., type: str, required: true}
  query:
    description:
      - The search, in the query language of SLS, such as C(eventName and CreateRole). The default finds all logs.
      - If the query contains SQL after a vertical bar, the module returns the result of the SQL unchanged. O(limit) and O(reverse) do not
        apply to this result.
    type: str
    default: ""
  topic: {description: Topic of the logs. The default is all topics., type: str}
  from:
    description: Start of the period, in seconds since 1970-01-01 UTC, or relative to the current time, such as V(-90s), V(-15m), V(-12h),
      V(-7d) or V(-4w). The period includes this time.
    type: str
    default: -15m
  to:
    description: End of the period, in the same form as O(from), or V(now). The period does not include this time.
    type: str
    default: now
  limit: {description: Maximum number of logs that the module returns., type: int, default: 100}
  reverse:
    description: Whether the module returns the newest logs first. If V(false), the module returns the oldest logs first. Logs of the same
      minute have no order.
    type: bool
    default: false
  timeout:
    description:
      - Seconds for which the module repeats the search as long as SLS reports that the search is not complete.
      - After this time, the module warns, and returns the logs that the search has found.
    type: int
    default: 60
extends_documentation_fragment:
  - crossaccount.audit_logs.alibaba
  - crossaccount.audit_logs.alibaba.connection
  - crossaccount.audit_logs.attributes.read_only
notes:
  - "API calls: GetLogsV2 for each 100 logs, and again while a search is not complete."
  - SLS finds a log only some seconds after it was written. To wait for a log, use C(retries) and C(until) in the task.
seealso:
  - module: crossaccount.audit_logs.sls_index
  - module: crossaccount.audit_logs.sls_project_info
"""

EXAMPLES = r"""
- name: Find who created roles in the last day, newest first
  crossaccount.audit_logs.sls_logs_info:
    region: cn-hangzhou
    project: example-audit-logs
    logstore: actiontrail_audit-logs
    query: CreateRole
    from: -1d
    reverse: true
  register: found

- name: Show who created the roles
  ansible.builtin.debug:
    msg: "{{ found.logs | map(attribute='event') | map('from_json') | map(attribute='userIdentity') }}"

- name: Wait until an event has arrived
  crossaccount.audit_logs.sls_logs_info:
    region: cn-hangzhou
    project: example-audit-logs
    logstore: actiontrail_audit-logs
    query: probe-1f8a
    limit: 1
  register: found
  until: found.logs
  retries: 30
  delay: 10
"""

RETURN = r"""
logs:
  description:
    - The logs that were found. Each log has all of its fields as text, also C(__time__), C(__topic__), C(__source__) and its tags.
  returned: success
  type: list
  elements: dict
  sample:
    - __time__: "1795000000"
      __topic__: ""
      __source__: actiontrail_internal
      event: '{"eventName": "CreateRole"}'
complete: {description: Whether SLS searched all logs between RV(from) and RV(to)., type: bool, returned: success}
more: {description: Whether the search stopped at O(limit). More logs may then exist., type: bool, returned: success}
from: {description: 'Beginning of the searched time, in seconds since 1970.', type: int, returned: success}
to: {description: 'End of the searched time, in seconds since 1970. This second itself is not searched.', type: int, returned: success}
"""

import re
import time

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import retry, sls
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.client import AlibabaModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.errors import CloudError

PAGE = 100
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


class Search:
    """A search for logs.

    :param start: seconds since 1970, as is end.
    """

    def __init__(self, module, start, end):
        self.cloud = module.cloud
        self.params = module.params
        self.range = {"from": start, "to": end}
        self.complete = True
        self.more = False
        self._deadline = time.monotonic() + self.params["timeout"]

    def run(self):
        """The logs."""
        logs, limit = [], self.params["limit"]
        while True:
            size = min(PAGE, limit - len(logs))
            found, has_sql = self._page(len(logs), size)
            logs += found
            if has_sql or len(found) < size:
                return logs
            if len(logs) >= limit:
                self.more = True
                return logs

    def _page(self, offset, size):
        """Logs from an offset on, and whether they are a result of SQL."""
        params = self.params
        options = {"topic": params["topic"]} if params["topic"] is not None else {}
        body = retry.until(
            lambda: self.cloud.call(
                "sls", "GetLogsV2", params["project"], params["logstore"], query=params["query"], offset=offset,
                line=size, reverse=params["reverse"], **self.range, **options),
            lambda body: body["meta"]["progress"] == "Complete", (), self._deadline - time.monotonic())
        self.complete = self.complete and body["meta"]["progress"] == "Complete"
        return body.get("data") or [], body["meta"].get("hasSQL", False)


def seconds(text, now):
    """A time in seconds since 1970, or None if the text says none.

    :param now: likewise.
    """
    before = re.fullmatch(r"-([0-9]{1,9})([smhdw])", text)
    if before:
        return max(0, now - int(before[1]) * UNITS[before[2]])
    if text == "now":
        return now
    return int(text) if re.fullmatch(r"[0-9]{1,10}", text) else None


def problem_of(params, start, end):
    """What is wrong with the options, or None."""
    problem = (
        sls.project_name_problem(params["project"], "project")
        or sls.logstore_name_problem(params["logstore"], "logstore")
    )
    if problem:
        return problem
    for name, value in (("from", start), ("to", end)):
        if value is None:
            return (f"{name}: {params[name]!r} is not a time: give seconds since 1970, a time before now, such as -90s, -15m, -12h or"
                    " -7d, or now")
    if start >= end:
        return f"from, to: {params['from']} is not before {params['to']}"
    if params["limit"] < 1:
        return "limit: give 1 or more"
    return None


def main():
    module = AlibabaModule(dict(
        **{"from": dict(type="str", default="-15m")},
        project=dict(type="str", required=True),
        logstore=dict(type="str", required=True),
        query=dict(type="str", default=""),
        topic=dict(type="str"),
        to=dict(type="str", default="now"),
        limit=dict(type="int", default=100),
        reverse=dict(type="bool", default=False),
        timeout=dict(type="int", default=60),
    ))
    # What is logged in this second belongs to now.
    now = int(time.time()) + 1
    start, end = (seconds(module.params[name], now) for name in ("from", "to"))
    module.refuse(problem_of(module.params, start, end))
    search = Search(module, start, end)
    try:
        logs = search.run()
    except CloudError as error:
        what = f"search logstore {module.params['project']}/{module.params['logstore']}"
        has_index = error.code != "IndexConfigNotExist"
        module.fail_for(error, what, "" if has_index else "the module sls_index gives it an index")
    if not search.complete:
        module.warn(f"After {module.params['timeout']} seconds the search is not complete: there may be more logs")
    module.exit_json(changed=False, logs=logs, complete=search.complete, more=search.more, **search.range)


if __name__ == "__main__":
    main()
