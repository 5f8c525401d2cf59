#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: cloudtrail_event_selectors
short_description: Set the event selectors of a trail
version_added: 0.1.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Sets which management and data events a trail records, with basic or with advanced event selectors.
  - A trail has selectors of one of the two kinds; setting the one removes the other.
options:
  name: {description: Name or ARN of the trail., type: str, required: true}
  state:
    description:
      - With V(present), the trail has exactly the given selectors.
      - With V(absent), it has what CreateTrail gives a trail, one selector for all management events.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - crossaccount.audit_logs.cloudtrail_selectors
  - crossaccount.audit_logs.attributes
notes:
  - In check mode, a trail that does not exist counts as one that was just created.
  - "API calls: GetEventSelectors, and PutEventSelectors if something differs."
seealso:
  - module: amazon.aws.cloudtrail
  - module: crossaccount.audit_logs.cloudtrail_insight_selectors
  - module: crossaccount.audit_logs.cloudtrail_selectors_info
"""

EXAMPLES = r"""
- name: Record who reads and writes objects of one bucket, and all management events
  crossaccount.audit_logs.cloudtrail_event_selectors:
    name: audit-logs
    event_selectors:
      - data_resources:
          - type: AWS::S3::Object
            values: ["arn:aws:s3:::example-payments/"]

- name: Record writes to every object, and all management events
  crossaccount.audit_logs.cloudtrail_event_selectors:
    name: audit-logs
    advanced_event_selectors:
      - name: management events
        field_selectors:
          - field: eventCategory
            equals: [Management]
      - name: writes to objects
        field_selectors:
          - field: eventCategory
            equals: [Data]
          - field: resources.type
            equals: ["AWS::S3::Object"]
          - field: readOnly
            equals: ["false"]

- name: Back to all management events and nothing else
  crossaccount.audit_logs.cloudtrail_event_selectors:
    name: audit-logs
    state: absent
"""

RETURN = r"""
event_selectors:
  description: The basic event selectors that the trail has, in the form of the option.
  returned: success
  type: list
  elements: dict
advanced_event_selectors:
  description: The advanced event selectors that the trail has, in the form of the option.
  returned: success
  type: list
  elements: dict
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import selectors
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.setting import Setting


class EventSelectors(Setting):
    """The selectors of one trail."""

    title = "event selectors"

    def desired(self):
        if self.module.params["state"] == "absent":
            return self.fresh()
        return selectors.normalised(
            self.module.params["event_selectors"], self.module.params["advanced_event_selectors"]
        )

    def read(self):
        return selectors.get_event_selectors(self.client, self.name)

    def fresh(self):
        return selectors.DEFAULT_SELECTORS

    def write(self, current, desired):
        if desired["advanced_event_selectors"]:
            wanted = selectors.to_advanced_event_selectors(desired["advanced_event_selectors"])
            self.client.put_event_selectors(TrailName=self.name, AdvancedEventSelectors=wanted, aws_retry=True)
        else:
            wanted = selectors.to_event_selectors(desired["event_selectors"])
            self.client.put_event_selectors(TrailName=self.name, EventSelectors=wanted, aws_retry=True)


def main():
    module = AnsibleAWSModule(
        argument_spec=dict(
            name=dict(type="str", required=True),
            state=dict(type="str", choices=["present", "absent"], default="present"),
            **selectors.event_selector_options(),
        ),
        mutually_exclusive=[["event_selectors", "advanced_event_selectors"]],
        required_if=[("state", "present", ["event_selectors", "advanced_event_selectors"], True)],
        supports_check_mode=True,
    )
    problem = selectors.problem(module.params)
    if problem:
        module.fail_json(msg=problem)
    EventSelectors(module).run()


if __name__ == "__main__":
    main()
