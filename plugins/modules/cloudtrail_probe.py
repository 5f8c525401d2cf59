#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: cloudtrail_probe
short_description: Create a harmless event with a unique mark in an AWS account
version_added: 0.3.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Makes one call to CloudTrail with the name of a trail that does not exist. The call changes nothing. CloudTrail records the call in the
    account of the caller. M(crossaccount.audit_logs.cloudtrail_probe_info) checks whether the event arrives at the destination of the
    account's trails.
options:
  kind:
    description:
      - With V(read), the call is C(DescribeTrails).
      - With V(write), the call is C(RemoveTags), for trails that record write events only. The error code C(ResourceNotFoundException)
        counts as success.
    type: str
    choices: [read, write]
    default: read
  account_id: {description: 'Id of the account of the credentials, 12 digits. Required with O(kind=write).', type: str}
  mark:
    description:
      - The name of the trail that does not exist, C(probe-) followed by 26 hexadecimal digits. If it is not given, the module creates a
        name.
      - If O(mark) is the mark of an earlier event, M(crossaccount.audit_logs.cloudtrail_probe_info) cannot distinguish the new event from
        the earlier event.
    type: str
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - crossaccount.audit_logs.attributes
  - crossaccount.audit_logs.attributes.read_only
notes:
  - The module also creates the event in check mode, because the call changes nothing.
  - The event belongs to O(region). CloudTrail records calls of its own operations as management events, with the parameters of the call, in
    the account of the caller
    (U(https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html)).
  - "API calls: one."
seealso:
  - module: crossaccount.audit_logs.cloudtrail_probe_info
"""

EXAMPLES = r"""
- name: Create an event with a unique mark
  crossaccount.audit_logs.cloudtrail_probe:
    region: eu-west-1
  register: probe
"""

RETURN = r"""
probe:
  description: The event that was created, with the keys that O(crossaccount.audit_logs.cloudtrail_probe_info#module:probes) needs.
  returned: success
  type: dict
  contains:
    mark: {description: The unique mark of this event., type: str, returned: success, sample: probe-0a1b2c3d4e5f60718293a4b5c6}
    value:
      description: The value that identifies the event in its request parameters. The value is the mark, or an ARN that ends in the mark.
      type: str
      returned: success
    event_name: {description: Name of the event., type: str, returned: success, sample: DescribeTrails}
    region: {description: Region in which the event was created., type: str, returned: success}
    created:
      description: When the event was created, in UTC, by the clock of this machine.
      type: str
      returned: success
      sample: "2026-11-21T06:34:10Z"
"""


from ansible_collections.crossaccount.audit_logs.plugins.module_utils import _probes
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import checks
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import probe
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.errors import AWS_ERRORS
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.module import AwsModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.retry import RETRY


def main():
    module = AwsModule(argument_spec=dict(
        kind=dict(type="str", choices=list(probe.EVENTS), default="read"),
        account_id=dict(type="str"),
        mark=dict(type="str"),
    ), required_if=[["kind", "write", ["account_id"]]], supports_check_mode=True)
    kind, account_id, mark = (module.params[name] for name in ("kind", "account_id", "mark"))
    problem = (account_id and checks.account_id(account_id)) or (mark and _probes.mark_problem(mark))
    if problem:
        module.fail_json(msg=problem)
    try:
        client = module.client("cloudtrail", retry_decorator=RETRY)
        event = probe.create(client, kind, mark or _probes.new_mark(), account_id, module.region)
    except AWS_ERRORS as error:
        module.fail_json_aws(error, msg="Failed to create the probe")
    module.exit_json(changed=False, probe=event)


if __name__ == "__main__":
    main()
