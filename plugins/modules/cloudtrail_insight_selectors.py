#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: cloudtrail_insight_selectors
short_description: Set the insight selectors of a trail
version_added: 0.1.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Sets which unusual activity CloudTrail Insights looks for in the events of a trail.
options:
  name: {description: Name or ARN of the trail., type: str, required: true}
  insight_types:
    description: Insights that the trail looks for, beside the events themselves. An empty list switches Insights off.
    type: list
    elements: str
    choices: [ApiCallRateInsight, ApiErrorRateInsight]
    required: true
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - crossaccount.audit_logs.attributes
notes:
  - An insight selector may also name event categories. Those of a type that O(insight_types) lists are left alone.
  - In check mode, a trail that does not exist counts as one that was just created.
  - "API calls: GetInsightSelectors, and PutInsightSelectors if something differs."
seealso:
  - module: crossaccount.audit_logs.cloudtrail_event_selectors
  - module: crossaccount.audit_logs.cloudtrail_selectors_info
"""

EXAMPLES = r"""
- name: Look for unusual rates of calls and of errors
  crossaccount.audit_logs.cloudtrail_insight_selectors:
    name: audit-logs
    insight_types: [ApiCallRateInsight, ApiErrorRateInsight]

- name: Switch Insights off
  crossaccount.audit_logs.cloudtrail_insight_selectors:
    name: audit-logs
    insight_types: []
"""

RETURN = r"""
insight_types: {description: Insights that the trail looks for., type: list, elements: str, returned: success}
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import selectors
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.setting import Setting


class InsightSelectors(Setting):
    """The insight selectors of one trail."""

    title = "insight selectors"
    found = ()

    def desired(self):
        return {"insight_types": sorted(set(self.module.params["insight_types"]))}

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
    module = AnsibleAWSModule(argument_spec=dict(
        name=dict(type="str", required=True),
        insight_types=dict(required=True, **selectors.insight_type_option()),
    ), supports_check_mode=True)
    InsightSelectors(module).run()


if __name__ == "__main__":
    main()
