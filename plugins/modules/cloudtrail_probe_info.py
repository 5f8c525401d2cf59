#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: cloudtrail_probe_info
short_description: Check whether events of AWS accounts arrive in the destinations of their trails
version_added: 0.3.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Searches for the events that M(crossaccount.audit_logs.cloudtrail_probe) created. The module searches a bucket with log files of any
    number of accounts, a CloudWatch log group, or the Event history of the account of the credentials. The search ends when all events have
    arrived, or after O(timeout).
  - In a bucket, the module searches for a probe only below the path of the account and region of the probe. An event matches a probe if it
    belongs to the account of the probe, is the same call, and has exactly the value of the probe in its request parameters.
options:
  s3_bucket_name: {description: 'Name of the bucket. Give exactly one of O(s3_bucket_name), O(log_group) and O(event_history).', type: str}
  log_group: {description: Name of the CloudWatch log group., type: str}
  event_history:
    description:
      - Whether to search the Event history of the account of the credentials. An event in the Event history shows that CloudTrail recorded
        the event. It does not show that a trail delivers the event.
    type: bool
    default: false
    version_added: 0.7.0
  probes:
    description: The probes to search for.
    type: list
    elements: dict
    required: true
    suboptions:
      account_id: {description: 'Id of the account that the event belongs to, 12 digits.', type: str, required: true}
      mark: {description: 'Mark of the event, as M(crossaccount.audit_logs.cloudtrail_probe) returns it.', type: str, required: true}
      value:
        description: Value of the request parameter, as M(crossaccount.audit_logs.cloudtrail_probe) returns it.
        type: str
        required: true
      event_name: {description: 'Name of the event, as M(crossaccount.audit_logs.cloudtrail_probe) returns it.', type: str, required: true}
      region: {description: 'Region of the event, as M(crossaccount.audit_logs.cloudtrail_probe) returns it.', type: str, required: true}
      created:
        description: Time of the event, as M(crossaccount.audit_logs.cloudtrail_probe) returns it, no more than 30 days ago.
        type: str
        required: true
      prefix: {description: Prefix of the keys of the log files., type: str, default: ''}
      organization_id: {description: 'Id of the organization, for an organization trail.', type: str}
      wait:
        description: Whether the module waits for the event. If V(false), the module searches for the event only at the beginning and at the
          end.
        type: bool
        default: true
  timeout:
    description:
      - Seconds after the creation of a probe when the search for this probe ends. With V(0), the module searches once.
      - CloudTrail delivers an event within about five minutes on average, without guarantee
        (U(https://docs.aws.amazon.com/awscloudtrail/latest/userguide/how-cloudtrail-works.html), assumption
        C(aws-cloudtrail-delivery-time)).
    type: int
    default: 1200
  interval: {description: 'Seconds between two searches, at least 1.', type: int, default: 30}
  repeat:
    description:
      - Seconds, at least 1, after which the search ends even if probes are missing, so that a later task can create these probes again.
        RV(repeat) lists the missing probes.
      - An event may be missing although the trail records, for example the first one of a new trail (assumption
        C(aws-cloudtrail-first-event)).
    type: int
    version_added: 0.7.0
  earlier:
    description: RV(probes) of an earlier search for the same probes. The module does not search again for probes that had already arrived.
    type: dict
    default: {}
    version_added: 0.7.0
  hashes:
    description: RV(hashes) of an earlier search for the same probes. The module does not read these log files again.
    type: dict
    default: {}
    version_added: 0.7.0
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - crossaccount.audit_logs.attributes
  - crossaccount.audit_logs.attributes.read_only
notes:
  - 'API calls for each search and each missing probe: C(ListObjectsV2) for each 1000 log files since the probe was created, at most for
    5000 log files, and C(GetObject) for each log file that the module has not read yet; or C(FilterLogEvents); or C(LookupEvents), of which
    CloudTrail allows 2 per second in an account and region. In a bucket, the module makes up to 48 calls at the same time.'
seealso:
  - module: crossaccount.audit_logs.cloudtrail_probe
"""

EXAMPLES = r"""
- name: Create an event in an account
  crossaccount.audit_logs.cloudtrail_probe:
    region: eu-west-1
  register: created

- name: Wait until the event is in the bucket
  crossaccount.audit_logs.cloudtrail_probe_info:
    region: eu-west-1
    s3_bucket_name: example-audit-logs
    probes:
      - "{{ created.probe | combine({'account_id': '222222222222', 'prefix': '222222222222'}) }}"
  register: found
  failed_when: found.probes['222222222222'].state == 'missing'
"""

RETURN = r"""
probes:
  description: The result of the search for each probe, by the id of the account.
  returned: success
  type: dict
  contains:
    state: {description: 'V(arrived) if the search found the event, otherwise V(missing).', type: str, returned: success}
    seconds:
      description:
        - Seconds between the time of the event and its delivery, both by the clocks of AWS. Null if the event is missing, and with
          O(event_history), because the Event history has no time of delivery.
      type: float
      returned: success
    found_in:
      description: Key of the log file, name of the log stream, or id of the event. Null if the event is missing.
      type: str
      returned: success
    problem:
      description: A sentence about what the search could not read.
      type: str
      returned: if the event is missing and the search could not read something
repeat:
  description:
    - Ids of the accounts whose probe is missing, and for which O(timeout) has not passed yet. Create these probes again with the same
      mark, and search again. If one of the events with this mark arrives, the probe has arrived.
  returned: success
  type: list
  elements: str
  version_added: 0.7.0
hashes:
  description: SHA-256 hashes of the unpacked content of the log files that were read, by the keys of the log files. Empty if no bucket
    was searched.
  returned: success
  type: dict
  version_added: 0.7.0
"""


import math

from ansible_collections.crossaccount.audit_logs.plugins.module_utils import _probes
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import checks
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import objects
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import probe
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.errors import AWS_ERRORS
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.module import AwsModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.retry import RETRY


def main():
    text = dict(type="str", required=True)
    module = AwsModule(argument_spec=dict(
        s3_bucket_name=dict(type="str"),
        log_group=dict(type="str"),
        event_history=dict(type="bool", default=False),
        probes=dict(type="list", elements="dict", required=True, options=dict(
            account_id=text, mark=text, value=text, event_name=text, region=text, created=text,
            prefix=dict(type="str", default=""),
            organization_id=dict(type="str"),
            wait=dict(type="bool", default=True),
        )),
        timeout=dict(type="int", default=1200),
        interval=dict(type="int", default=30),
        repeat=dict(type="int"),
        earlier=dict(type="dict", default={}),
        hashes=dict(type="dict", default={}),
    ), supports_check_mode=True)
    probes, timeout, interval, repeat = (module.params[name] for name in ("probes", "timeout", "interval", "repeat"))
    problem = _problem(probes, timeout, interval, repeat)
    bucket, log_group, history = (module.params[name] for name in ("s3_bucket_name", "log_group", "event_history"))
    if [bool(bucket), bool(log_group), history].count(True) != 1:
        problem = "the place to search is missing: give one of s3_bucket_name, log_group and event_history"
    if not all(isinstance(seen, dict) and "state" in seen for seen in module.params["earlier"].values()):
        problem = "earlier: give the value that this module returned as probes"
    for value in module.params["hashes"].values():
        problem = problem or objects.hash_problem("hashes", value)
    if problem:
        module.fail_json(msg=problem)
    try:
        if log_group:
            destination = probe.LogGroupSearch(module.client("logs", retry_decorator=RETRY), log_group)
        elif bucket:
            destination = probe.BucketSearch(objects.client(module), bucket, module.params["hashes"])
        else:
            destination = probe.HistorySearch(module.client("cloudtrail", retry_decorator=RETRY))
        arrived = {account: seen for account, seen in module.params["earlier"].items() if seen["state"] == "arrived"}
        probes = [one for one in probes if one["account_id"] not in arrived]
        found = _probes.search(probes, destination.look, timeout, interval, math.inf if repeat is None else repeat)
    except AWS_ERRORS as error:
        where = log_group or bucket or "the Event history"
        module.fail_json_aws(error, msg=f"Failed to search for probes in {where}")
    for one, seen in zip(probes, found):
        if seen["state"] == "missing" and one["mark"] in destination.problems:
            seen["problem"] = destination.problems[one["mark"]]
    results = {one["account_id"]: seen for one, seen in zip(probes, found)}
    missing = [one for one in probes if results[one["account_id"]]["state"] == "missing"]
    again = [one["account_id"] for one in missing if _probes.is_awaited(one, timeout)]
    hashes = destination.hashes if bucket else {}
    module.exit_json(changed=False, probes={**arrived, **results}, repeat=again, hashes=hashes)


def _problem(probes, timeout, interval, repeat):
    if timeout < 0 or interval < 1 or (repeat is not None and repeat < 1):
        return "timeout, interval, repeat: give 0 or more seconds for timeout, and 1 or more for interval and repeat"
    seen = set()
    for number, one in enumerate(probes, start=1):
        account = one["account_id"]
        problem = checks.account_id(account) or _probes.mark_problem(one["mark"])
        if not problem and account in seen:
            problem = f"account {account} has two probes: give one"
        seen.add(account)
        problem = problem or _probes.event_time_problem("created", one["created"])
        if problem:
            return f"probe number {number}: {problem}"
    return None


if __name__ == "__main__":
    main()
