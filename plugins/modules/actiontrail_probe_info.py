#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: actiontrail_probe_info
short_description: Check whether events of Alibaba Cloud accounts arrive in the project of the archive account
version_added: 0.3.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Searches logstores of one project for the events that M(crossaccount.audit_logs.actiontrail_probe) created. The search ends when all
    events have arrived, or after O(timeout).
  - An event matches a probe if it belongs to the account of the probe, is the same call, and has exactly the mark of the probe in its
    request parameters.
options:
  project: {description: 'Name of the project, which is in O(region).', type: str, required: true}
  logstores:
    description:
      - Names of the logstores in which the events may arrive. In the central project of Log Audit Service, the logstore is
        C(actiontrail_log). The logstore of a trail is C(actiontrail_) followed by the name of the trail. A collection policy contains the
        name of its logstore.
      - If a logstore does not exist yet, the module does not fail, because the services create the logstore with their first delivery.
    type: list
    elements: str
    required: true
  probes:
    description: The probes to search for, one for each account.
    type: list
    elements: dict
    required: true
    suboptions:
      account_id: {description: Id of the account that the event belongs to., type: str, required: true}
      mark: {description: 'Mark of the event, as M(crossaccount.audit_logs.actiontrail_probe) returns it.', type: str, required: true}
      event_name: {description: 'Name of the event, as M(crossaccount.audit_logs.actiontrail_probe) returns it.', type: str, required: true}
      created:
        description: Time of the event, as M(crossaccount.audit_logs.actiontrail_probe) returns it, no more than 30 days ago.
        type: str
        required: true
      logstores: {description: 'Names of the logstores to search for this probe, in place of O(logstores).', type: list, elements: str}
      wait:
        description: Whether the module waits for the event. If V(false), the module searches for the event only at the beginning and at the
          end.
        type: bool
        default: true
  timeout:
    description:
      - Seconds after the creation of a probe when the search for this probe ends. With V(0), the module searches once.
      - ActionTrail delivers an event after about one minute (assumption C(alibaba-actiontrail-delivery-time)). For Log Audit Service, no
        document gives a delivery time (assumption C(alibaba-log-audit-delivery)).
    type: int
    default: 1200
  interval: {description: 'Seconds between two searches, at least 1.', type: int, default: 30}
extends_documentation_fragment:
  - crossaccount.audit_logs.alibaba
  - crossaccount.audit_logs.alibaba.connection
  - crossaccount.audit_logs.attributes.read_only
notes:
  - 'API calls for each search: GetLogsV2 for each logstore and each 30 missing probes, because SLS accepts no more probes in one search.
    The module calls GetLogsV2 again for each 100 logs that contain one of the marks, at most 10 times, and as long as a search is not
    complete.'
  - The module supports two forms of logs. In the form of Log Audit Service and collection policies, the topic is C(actiontrail_event), the
    account is in C(owner_id), and the event is in C(event) as JSON (U(https://www.alibabacloud.com/help/en/sls/actiontrail)). In the form
    of trails, the topic is C(actiontrail_audit_event), and the account is in C(recipientAccountId) of the event
    (U(https://www.alibabacloud.com/help/en/sls/log-fields-25)).
  - If a log contains more than one account, all of them must be the account of the probe. If a log contains no account, the account of the
    caller (C(userIdentity.accountId)) must be the account of the probe.
  - If the project does not exist, the module does not wait.
seealso:
  - module: crossaccount.audit_logs.actiontrail_probe
  - module: crossaccount.audit_logs.actiontrail_trail_info
  - module: crossaccount.audit_logs.sls_logs_info
"""

EXAMPLES = r"""
- name: Create an event in an account
  crossaccount.audit_logs.actiontrail_probe:
    region: cn-hangzhou
    profile: shop
  register: created

- name: Wait until the event is in the archive
  crossaccount.audit_logs.actiontrail_probe_info:
    region: cn-hangzhou
    profile: archive
    project: slsaudit-center-1234567890123456-cn-hangzhou
    logstores: [actiontrail_log]
    probes:
      - account_id: "2234567890123456"
        mark: "{{ created.probe.mark }}"
        event_name: "{{ created.probe.event_name }}"
        created: "{{ created.probe.created }}"
  register: found
  failed_when: found is failed or found.probes['2234567890123456'].state == 'missing'
"""

RETURN = r"""
probes:
  description: The result of the search for each probe, by the id of the account.
  returned: success
  type: dict
  contains:
    state: {description: 'V(arrived) if the search found the event, otherwise V(missing).', type: str, returned: always}
    seconds:
      description: Seconds between the creation of the event and the search that found the event. Null if the event is missing.
      type: float
      returned: always
      sample: 312.4
    found_in:
      description: Name of the logstore in which the event was found. Null if the event is missing.
      type: str
      returned: always
      sample: actiontrail_log
    problem:
      description: Why the last search failed, for example because the logstore does not exist.
      type: str
      returned: if the event is missing and the last search failed
looks: {description: Number of searches., type: int, returned: success}
"""

from ansible_collections.crossaccount.audit_logs.plugins.module_utils import _probes
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import log_audit, probe, sls
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.client import AlibabaModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.errors import CloudError


def problem_of(params):
    """What is wrong with the options, or None."""
    if params["timeout"] < 0 or params["interval"] < 1:
        return "timeout, interval: give 0 or more seconds for timeout, and 1 or more for interval"
    if not params["logstores"]:
        return "logstores: give one at least"
    seen = set()
    for number, one in enumerate(params["probes"], start=1):
        problem = _problem_of_probe(one)
        if not problem and one["account_id"] in seen:
            problem = f"account {one['account_id']} has two probes: give one"
        if problem:
            return f"probes: number {number}: {problem}"
        seen.add(one["account_id"])
    names = [*params["logstores"], *(name for one in params["probes"] for name in one["logstores"] or ())]
    return sls.project_name_problem(params["project"], "project") or next(
        filter(None, (sls.logstore_name_problem(name, "logstores") for name in names)), None)


def _problem_of_probe(one):
    return (
        _probes.event_time_problem("created", one["created"])
        or log_audit.account_problem("account_id", [one["account_id"]])
        or _probes.mark_problem(one["mark"])
    )


def result_of(search, one, seen):
    """What became of a probe, with what prevented the search."""
    if seen["state"] == "arrived":
        return seen
    problem = next((search.problems[name] for name in search.logstores_of(one) if name in search.problems), None)
    return {**seen, "problem": problem} if problem else seen


def main():
    text = dict(type="str", required=True)
    names = dict(type="list", elements="str")
    module = AlibabaModule(dict(
        project=dict(type="str", required=True),
        logstores=dict(type="list", elements="str", required=True),
        probes=dict(type="list", elements="dict", required=True, options=dict(
            account_id=text, mark=text, event_name=text, created=text, logstores=names,
            wait=dict(type="bool", default=True),
        )),
        timeout=dict(type="int", default=1200),
        interval=dict(type="int", default=30),
    ))
    params = module.params
    module.refuse(problem_of(params))
    search = probe.Search(module.cloud, params["project"], params["logstores"])
    try:
        found = _probes.search(params["probes"], search.look, params["timeout"], params["interval"])
    except CloudError as error:
        if not error.is_one_of(sls.NO_PROJECT):
            module.fail_for(error, f"search for probes in project {params['project']}")
        gone = f"project {params['project']} does not exist in {module.cloud.region}"
        found = [{"state": "missing", "seconds": None, "found_in": None}] * len(params["probes"])
        search.problems = {name: gone for one in params["probes"] for name in search.logstores_of(one)}
    results = {one["account_id"]: result_of(search, one, seen) for one, seen in zip(params["probes"], found)}
    module.exit_json(changed=False, probes=results, looks=search.looks)


if __name__ == "__main__":
    main()
