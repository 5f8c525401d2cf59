#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: cloudtrail_trail_settings
short_description: Set settings of a trail that amazon.aws.cloudtrail cannot set
version_added: 0.1.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Removes settings of a trail that C(amazon.aws.cloudtrail) can only set or change.
  - Sets the event selectors and the insight selectors of a trail.
  - Leaves a setting alone if its option is not given. Returns event selectors and insight types in the form of the options.
options:
  name: {description: Name or ARN of the trail., type: str, required: true}
  unset:
    description: Settings to remove from the trail. C(cloudwatch_logs) stands for log group and role.
    type: list
    elements: str
    choices: [s3_key_prefix, sns_topic_name, cloudwatch_logs, kms_key_id]
    default: []
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - crossaccount.audit_logs.cloudtrail_selectors
  - crossaccount.audit_logs.attributes
notes:
  - An insight selector may also name event categories. The module does not change the categories of a type that O(insight_types) lists.
  - In check mode, a trail that does not exist counts as one that was just created.
  - "API calls, each only if its option is given: GetTrail, and one UpdateTrail if something differs; GetEventSelectors, and
    PutEventSelectors if something differs; GetInsightSelectors, and PutInsightSelectors if something differs."
  - To remove a setting, the module sends an empty string, which no document describes (assumption C(aws-cloudtrail-empty-string)).
seealso:
  - module: amazon.aws.cloudtrail
  - module: crossaccount.audit_logs.cloudtrail_organization_trail
  - module: crossaccount.audit_logs.cloudtrail_selectors_info
"""

EXAMPLES = r"""
- name: Look for unusual rates of calls and of errors
  crossaccount.audit_logs.cloudtrail_trail_settings:
    name: audit-logs
    insight_types: [ApiCallRateInsight, ApiErrorRateInsight]

- name: Stop delivering to CloudWatch Logs, and record all management events and nothing else
  crossaccount.audit_logs.cloudtrail_trail_settings:
    name: audit-logs
    unset: [cloudwatch_logs]
    event_selectors: [{}]

- name: Record who reads and writes objects of one bucket, and all management events
  crossaccount.audit_logs.cloudtrail_trail_settings:
    name: audit-logs
    event_selectors:
      - data_resources: [{type: "AWS::S3::Object", values: ["arn:aws:s3:::example-payments/"]}]

- name: Record writes to every object, and all management events
  crossaccount.audit_logs.cloudtrail_trail_settings:
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
trail:
  description: The settings in O(unset), with their values after the run. A removed setting is an empty string.
  returned: success
  type: dict
  sample: {cloudwatch_logs: ""}
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

UNSET = {
    "s3_key_prefix": ["S3KeyPrefix"],
    "sns_topic_name": ["SnsTopicName"],
    "cloudwatch_logs": ["CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn"],
    "kms_key_id": ["KmsKeyId"],
}


class TrailSettings(Setting):
    """The settings of one trail that UpdateTrail changes."""

    title = "settings"

    def desired(self):
        return dict.fromkeys(self.params["unset"], "") or None

    def read(self):
        trail = self.client.get_trail(Name=self.name, aws_retry=True)["Trail"]
        return {name: trail.get(UNSET[name][0]) or "" for name in self.desired()}

    def fresh(self):
        return self.desired()

    def write(self, current, desired):
        changes = [name for name in desired if desired[name] != current[name]]
        arguments = {parameter: "" for name in changes for parameter in UNSET[name]}
        self.client.update_trail(Name=self.name, aws_retry=True, **arguments)

    def result(self, desired):
        return {"trail": desired}


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
        unset=dict(type="list", elements="str", choices=list(UNSET), default=[]),
        insight_types=selectors.insight_type_option(),
        **selectors.event_selector_options(),
    ), mutually_exclusive=[["event_selectors", "advanced_event_selectors"]], supports_check_mode=True)
    problem = selectors.problem(module.params)
    if problem:
        module.fail_json(msg=problem)
    client = module.client("cloudtrail", retry_decorator=RETRY)
    run(module, client, TrailSettings, EventSelectors, InsightSelectors)


if __name__ == "__main__":
    main()
