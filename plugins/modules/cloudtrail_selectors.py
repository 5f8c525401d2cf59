#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: cloudtrail_selectors
short_description: Set the event selectors and the insight selectors of a trail
version_added: 0.7.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Sets the event selectors and the insight selectors of a trail.
  - If an option is not given, its setting stays unchanged. Returns the event selectors and the types of Insights events in the form of the
    options.
options:
  name: {description: Name or ARN of the trail., type: str, required: true}
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - crossaccount.audit_logs.cloudtrail_selectors
  - crossaccount.audit_logs.attributes
notes:
  - An insight selector may also contain event categories. The module does not change the categories of a type that O(insight_types) lists.
  - In check mode, the module treats a trail that does not exist as a new trail.
  - "API calls, each only if its option is given: GetEventSelectors, and
    PutEventSelectors if something differs; GetInsightSelectors, and PutInsightSelectors if something differs."
seealso:
  - module: crossaccount.audit_logs.cloudtrail_trail
  - module: crossaccount.audit_logs.cloudtrail_selectors_info
"""

EXAMPLES = r"""
- name: Look for unusual rates of calls and of errors
  crossaccount.audit_logs.cloudtrail_selectors:
    name: audit-logs
    insight_types: [ApiCallRateInsight, ApiErrorRateInsight]

- name: Record all management events and nothing else
  crossaccount.audit_logs.cloudtrail_selectors:
    name: audit-logs
    event_selectors: [{}]

- name: Record who reads and writes objects of one bucket, and all management events
  crossaccount.audit_logs.cloudtrail_selectors:
    name: audit-logs
    event_selectors:
      - data_resources: [{type: "AWS::S3::Object", values: ["arn:aws:s3:::example-payments/"]}]

- name: Record writes to every object, and all management events
  crossaccount.audit_logs.cloudtrail_selectors:
    name: audit-logs
    advanced_event_selectors:
      - name: management events
        field_selectors: [{field: eventCategory, equals: [Management]}]
      - name: writes to objects
        field_selectors:
          - {field: eventCategory, equals: [Data]}
          - {field: resources.type, equals: ["AWS::S3::Object"]}
          - {field: readOnly, equals: ["false"]}
"""

RETURN = r"""
event_selectors:
  description: Basic event selectors of the trail after the run.
  returned: if event selectors are given
  type: list
  elements: dict
advanced_event_selectors:
  description: Advanced event selectors of the trail after the run.
  returned: if event selectors are given
  type: list
  elements: dict
insight_types:
  description: Types of Insights events that the trail records after the run.
  returned: if O(insight_types) is given
  type: list
  elements: str
"""


from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import selectors
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.module import AwsModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.retry import RETRY
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.setting import Setting
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.setting import run


class EventSelectors(Setting):
    """The event selectors of one trail, of one of the two kinds."""

    title = "event selectors"

    def desired(self):
        given = [self.params["event_selectors"], self.params["advanced_event_selectors"]]
        return selectors.normalised(*given) if any(given) else None

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


class InsightSelectors(Setting):
    """The insight selectors of one trail."""

    title = "insight selectors"
    found = ()

    def desired(self):
        types = self.params["insight_types"]
        return None if types is None else {"insight_types": sorted(set(types))}

    def read(self):
        self.found = selectors.get_insight_selectors(self.client, self.name)
        return {"insight_types": selectors.insight_types(self.found)}

    def fresh(self):
        return {"insight_types": []}

    def write(self, current, desired):
        known = {selector["InsightType"]: selector for selector in self.found}
        wanted = [known.get(name, {"InsightType": name}) for name in desired["insight_types"]]
        self.client.put_insight_selectors(TrailName=self.name, InsightSelectors=wanted, aws_retry=True)


def main():
    module = AwsModule(argument_spec=dict(
        name=dict(type="str", required=True),
        insight_types=selectors.insight_type_option(),
        **selectors.event_selector_options(),
    ), mutually_exclusive=[["event_selectors", "advanced_event_selectors"]], supports_check_mode=True)
    problem = selectors.problem(module.params)
    if problem:
        module.fail_json(msg=problem)
    client = module.client("cloudtrail", retry_decorator=RETRY)
    run(module, client, EventSelectors, InsightSelectors)


if __name__ == "__main__":
    main()
