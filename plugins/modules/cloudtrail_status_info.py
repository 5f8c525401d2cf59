#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: cloudtrail_status_info
short_description: Get the delivery status of a trail, with the errors of CloudTrail
version_added: 0.3.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Returns the result of C(GetTrailStatus) for a trail. If the trail does not exist in O(region), returns the trails of this name in other
    regions of the account.
options:
  name: {description: Name of the trail., type: str, required: true}
  since:
    description: Time in UTC, such as V(2026-11-21T06:34:10Z), no more than 30 days ago. The module waits until the trail has delivered a
      log file after this time. If the trail does not record, the module does not wait.
    type: str
  timeout: {description: Seconds after O(since) when the module stops waiting., type: int, default: 1200}
  interval: {description: 'Seconds between two calls, at least 1.', type: int, default: 30}
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - crossaccount.audit_logs.attributes
  - crossaccount.audit_logs.attributes.read_only
notes:
  - A delivered log file does not prove that the trail has delivered all events. If you can read the bucket, use
    M(crossaccount.audit_logs.cloudtrail_probe_info) to prove that an event arrives.
  - 'API calls: C(GetTrailStatus), again after each O(interval); C(ListTrails) if the trail does not exist.'
seealso:
  - module: crossaccount.audit_logs.cloudtrail_probe_info
"""

EXAMPLES = r"""
- name: See why the trail delivers nothing
  crossaccount.audit_logs.cloudtrail_status_info:
    region: eu-west-1
    name: audit-logs
"""

RETURN = r"""
status:
  description: The result of C(GetTrailStatus). A time or an error is null if CloudTrail returns none. All times are in UTC.
  returned: success
  type: dict
  contains:
    exists: {description: Whether the trail exists in the region., type: bool, returned: success}
    logging: {description: Whether the trail records events. False if the trail does not exist., type: bool, returned: success}
    latest_delivery_time: {description: When CloudTrail last delivered a log file., type: str, returned: if the trail exists}
    latest_delivery_error:
      description: The error of S3 with which the last delivery of a log file failed. Null if the latest attempt was successful.
      type: str
      returned: if the trail exists
      sample: AccessDenied
    latest_cloudwatch_logs_delivery_time:
      description: When CloudTrail last delivered events to CloudWatch Logs.
      type: str
      returned: if the trail exists
    latest_cloudwatch_logs_delivery_error:
      description: The error of CloudWatch Logs with which the last delivery of events failed.
      type: str
      returned: if the trail exists
    latest_digest_delivery_time: {description: When CloudTrail last delivered a digest file., type: str, returned: if the trail exists}
    latest_digest_delivery_error:
      description:
        - The error of S3 with which the last delivery of a digest file failed. Null if CloudTrail has delivered a digest file since, or has
          delivered one at most 90 minutes before the latest log file.
      type: str
      returned: if the trail exists
    elsewhere:
      description: ARNs of trails of this name in other regions of the account.
      type: list
      elements: str
      returned: if the trail does not exist
"""

import time

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code

from ansible_collections.crossaccount.audit_logs.plugins.module_utils import _probes
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import checks
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import trail
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.errors import AWS_ERRORS
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.module import AwsModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.retry import RETRY


def read(client, name):
    """The status of a trail, also of one that is not there."""
    try:
        return {"exists": True, **trail.status(client, name)}
    except is_boto3_error_code("TrailNotFoundException"):
        return {"exists": False, "logging": False, "elsewhere": trail.elsewhere(client, name)}


def main():
    module = AwsModule(argument_spec=dict(
        name=dict(type="str", required=True),
        since=dict(type="str"),
        timeout=dict(type="int", default=1200),
        interval=dict(type="int", default=30),
    ), supports_check_mode=True)
    name, since, timeout, interval = (module.params[key] for key in ("name", "since", "timeout", "interval"))
    problem = (checks.trail_arn if name.startswith("arn:") else checks.trail_name)(name) or (since and _probes.event_time_problem("since", since))
    if timeout < 0 or interval < 1:
        problem = "timeout, interval: give 0 or more seconds for timeout, and 1 or more for interval"
    if problem:
        module.fail_json(msg=problem)
    end = since and _probes.moment(since).timestamp() + timeout
    try:
        client = module.client("cloudtrail", retry_decorator=RETRY)
        status = read(client, name)
        while since and status["logging"] and (status["latest_delivery_time"] or "") <= since and time.time() < end:
            time.sleep(max(0.0, min(interval, end - time.time())))
            status = read(client, name)
    except AWS_ERRORS as error:
        module.fail_json_aws(error, msg=f"Failed to get the status of trail {name}")
    module.exit_json(changed=False, status=status)


if __name__ == "__main__":
    main()
