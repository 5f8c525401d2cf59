#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: actiontrail_trail_info
short_description: Get trails of ActionTrail of Alibaba Cloud, and their delivery status
version_added: 0.2.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Lists the trails whose home region is O(region), with their settings, and with the times of the last successful and the last failed
    delivery.
options:
  name: {description: Name of a trail. The module returns only this trail., type: str}
  include_shadow_trails:
    description: Whether to also return trails with other home regions that deliver events of O(region). For these trails, the module does
      not return the delivery status.
    type: bool
    default: false
  include_organization_trail:
    description: Whether to also return multi-account trails, including trails of another account that deliver the events of this account.
    type: bool
    default: false
  deleted:
    description:
      - ARNs of trails that were deleted a moment ago, perhaps by another account. ActionTrail may still list these trails (assumption
        C(alibaba-consistency)).
      - As long as ActionTrail lists one of these trails, the module lists the trails again, for at most one minute.
    type: list
    elements: str
    default: []
    version_added: 0.7.0
extends_documentation_fragment:
  - crossaccount.audit_logs.alibaba
  - crossaccount.audit_logs.alibaba.connection
  - crossaccount.audit_logs.attributes.read_only
notes:
  - 'API calls: DescribeTrails; GetTrailStatus for each trail whose home region is O(region).'
seealso:
  - module: crossaccount.audit_logs.actiontrail_trail
"""

EXAMPLES = r"""
- name: Get the trail
  crossaccount.audit_logs.actiontrail_trail_info:
    region: cn-hangzhou
    name: audit-logs
  register: found

- name: Stop unless the trail records and delivers
  ansible.builtin.assert:
    that:
      - found.trails[0].logging
      - found.trails[0].delivery.latest_delivery_log_service_time != ""
"""

RETURN = r"""
trails:
  description:
    - The trails that were found. Empty if no trail has the given name.
    - Each trail has the keys of RV(crossaccount.audit_logs.actiontrail_trail#module:trail), and also the keys below.
  returned: success
  type: list
  elements: dict
  contains:
    arn:
      description: ARN of the trail. The ARN contains the id of the account that owns the trail.
      type: str
      returned: always
      sample: acs:actiontrail:cn-hangzhou:1234567890123456:trail/audit-logs
    create_time:
      description: When the trail was created, as ActionTrail returns it.
      type: str
      returned: always
      sample: "2026-01-31T23:59:59Z"
    update_time: {description: 'When the trail was last changed, as ActionTrail returns it.', type: str, returned: always}
    delivery:
      description: State of the delivery. Null if the home region of the trail is another region. Times and errors are as
        ActionTrail returns them, and empty if ActionTrail returns none.
      type: dict
      returned: always
      contains:
        latest_delivery_time: {description: When ActionTrail last delivered an event., type: str, returned: always}
        latest_delivery_error: {description: Error of the last delivery that failed., type: str, returned: always}
        latest_delivery_log_service_time:
          description: When ActionTrail last delivered an event to the project.
          type: str
          returned: always
        latest_delivery_log_service_error:
          description: Error of the last delivery to the project that failed.
          type: str
          returned: always
        is_delivering:
          description:
            - Whether the trail is on and delivers events to the project. An event must have arrived since the trail was last changed. If
              ActionTrail returns an error, an event must have arrived within the last hour.
            - ActionTrail does not return when an error happened, and may return an error whose cause is gone. Therefore a delivery
              within the last hour counts more than an error.
          type: bool
          returned: always
          version_added: 0.7.0
        sls_log_store_status: {description: Whether the logstore of the trail exists., type: bool, returned: always}
        oss_bucket_status: {description: Whether the bucket of the trail exists., type: bool, returned: always}
        start_logging_time: {description: When the trail was last switched on., type: str, returned: always}
        stop_logging_time: {description: When the trail was last switched off., type: str, returned: always}
"""

import datetime

from ansible_collections.crossaccount.audit_logs.plugins.module_utils import _probes
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import actiontrail, retry
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.client import AlibabaModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.errors import CloudError
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.resource import WAIT

HOUR = datetime.timedelta(hours=1)
TIMES_AND_ERRORS = {
    "latest_delivery_time": "LatestDeliveryTime",
    "latest_delivery_error": "LatestDeliveryError",
    "latest_delivery_log_service_time": "LatestDeliveryLogServiceTime",
    "latest_delivery_log_service_error": "LatestDeliveryLogServiceError",
    "start_logging_time": "StartLoggingTime",
    "stop_logging_time": "StopLoggingTime",
}


def trail_of(cloud, body):
    settings = actiontrail.settings_of(body)
    return {
        "name": body["Name"], "arn": body.get("TrailArn"), "home_region": body["HomeRegion"], **settings,
        "logstore": actiontrail.logstore(body["Name"], settings),
        "create_time": body.get("CreateTime"), "update_time": body.get("UpdateTime"),
        "delivery": delivery_of(cloud, body) if body["HomeRegion"] == cloud.region else None,
    }


def delivery_of(cloud, body):
    asked = {"IsOrganizationTrail": True} if body.get("IsOrganizationTrail") else {}
    # One that was deleted in the meantime has no status.
    status = retry.unless(
        actiontrail.MISSING, lambda: cloud.call("actiontrail", "GetTrailStatus", Name=body["Name"], **asked))
    return status and {
        **{name: status.get(key) or "" for name, key in TIMES_AND_ERRORS.items()},
        "is_delivering": is_delivering(status, body.get("UpdateTime") or ""),
        "sls_log_store_status": bool(status.get("SlsLogStoreStatus")),
        "oss_bucket_status": bool(status.get("OssBucketStatus")),
    }


def is_delivering(status, updated):
    arrived, error = (status.get(f"LatestDeliveryLogService{what}") for what in ("Time", "Error"))
    # Before the last change, the trail may have delivered to another project.
    if not status.get("IsLogging") or not arrived or arrived < updated:
        return False
    try:
        return not error or _probes.moment(arrived) > _probes.now() - HOUR
    except ValueError:  # a time that is written otherwise
        return False


def main():
    module = AlibabaModule(dict(
        name=dict(type="str"),
        include_shadow_trails=dict(type="bool", default=False),
        include_organization_trail=dict(type="bool", default=False),
        deleted=dict(type="list", elements="str", default=[]),
    ))
    deleted = set(module.params["deleted"])

    def listed():
        return retry.unless(actiontrail.MISSING, lambda: actiontrail.describe(
            module.cloud, module.params["name"], shadows=module.params["include_shadow_trails"],
            organization=module.params["include_organization_trail"],
        )) or []

    try:
        trails = retry.until(listed, lambda found: deleted.isdisjoint(one.get("TrailArn") for one in found), (), WAIT)
        found = [trail_of(module.cloud, trail) for trail in trails]
    except CloudError as error:
        module.fail_for(error, "list the trails")
    module.exit_json(changed=False, trails=found)


if __name__ == "__main__":
    main()
