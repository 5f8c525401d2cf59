#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: actiontrail_probe
short_description: Create a harmless event with a unique mark in an Alibaba Cloud account
version_added: 0.3.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Makes one call to ActionTrail with the name of a trail that does not exist. The call changes nothing. ActionTrail records the call in
    the account of the caller. M(crossaccount.audit_logs.actiontrail_probe_info) checks whether the event arrives at the destination of Log
    Audit Service, collection policies or trails.
options:
  kind:
    description:
      - With V(read), the call is C(DescribeTrails).
      - With V(write), the call is C(StopLogging), for trails that deliver write events only. The error code C(TrailNotFoundException)
        counts as success.
    type: str
    choices: [read, write]
    default: read
  mark:
    description: The name of the trail that does not exist, C(probe-) followed by 26 hexadecimal digits. If it is not given, the module
      creates a name.
    type: str
extends_documentation_fragment:
  - crossaccount.audit_logs.alibaba
  - crossaccount.audit_logs.alibaba.connection
  - crossaccount.audit_logs.attributes.read_only
notes:
  - The module also creates the event in check mode, because the call changes nothing.
  - 'API calls: DescribeTrails or StopLogging. If RAM denies the call, because the permission C(actiontrail:DescribeTrails) or
    C(actiontrail:StopLogging) is missing, the module counts the denied call as the event. ActionTrail records the error codes of requests
    that failed (U(https://www.alibabacloud.com/help/en/actiontrail/user-guide/management-event-structure)). No document says that these
    requests include denied calls (assumption C(alibaba-actiontrail-denied-calls)).'
  - ActionTrail is a regional service, so the event belongs to O(region). If a trail is for listed regions, it delivers the event only if
    O(region) is one of these regions.
  - ActionTrail records calls of its own operations, including read operations
    (U(https://www.alibabacloud.com/help/en/actiontrail/user-guide/auditable-events-of-actiontrail)). The C(serviceName) of such an event is
    C(Actiontrail). The parameters of the call are in C(requestParameters) (U(https://www.alibabacloud.com/help/doc-detail/28826.htm)), and
    as a string in C(requestParameterJson) (U(https://www.alibabacloud.com/help/en/actiontrail/user-guide/management-event-structure)).
seealso:
  - module: crossaccount.audit_logs.actiontrail_probe_info
"""

EXAMPLES = r"""
- name: Create an event with a unique mark
  crossaccount.audit_logs.actiontrail_probe:
    region: cn-hangzhou
  register: probe
"""

RETURN = r"""
probe:
  description: The event that was created, with the keys that O(crossaccount.audit_logs.actiontrail_probe_info#module:probes) needs.
  returned: success
  type: dict
  contains:
    mark:
      description: The unique mark of this event. The request parameters of the event contain the mark.
      type: str
      returned: success
      sample: probe-0a1b2c3d4e5f60718293a4b5c6
    event_name: {description: Name of the event., type: str, returned: success, sample: DescribeTrails}
    service_name: {description: Name of the service that the event is about., type: str, returned: success, sample: Actiontrail}
    region: {description: Region in which the event was created., type: str, returned: success, sample: cn-hangzhou}
    denied:
      description: Whether RAM denied the call. A denied call also counts as the event (assumption C(alibaba-actiontrail-denied-calls)).
      type: bool
      returned: success
      version_added: 0.7.0
    created:
      description: When the event was created, in UTC, by the clock of this machine.
      type: str
      returned: success
      sample: "2026-11-21T06:34:10Z"
"""

from ansible_collections.crossaccount.audit_logs.plugins.module_utils import _probes
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import probe
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.client import AlibabaModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.errors import CloudError


def main():
    module = AlibabaModule(dict(
        kind=dict(type="str", choices=list(probe.EVENTS), default="read"),
        mark=dict(type="str"),
    ))
    kind, mark = module.params["kind"], module.params["mark"]
    module.refuse(mark is not None and _probes.mark_problem(mark))
    mark = mark or _probes.new_mark()
    created = _probes.text_of(_probes.now())
    try:
        denied = probe.create(module.cloud, kind, mark)
    except CloudError as error:
        module.fail_for(error, "create the probe")
    module.exit_json(changed=False, probe={
        "mark": mark, "event_name": probe.EVENTS[kind], "service_name": probe.SERVICE, "region": module.cloud.region,
        "denied": denied, "created": created,
    })


if __name__ == "__main__":
    main()
