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
  name:
    description: Name or ARN of the trail.
    type: str
    required: true
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
  - An insight selector may also name event categories. Those of a type that is kept stay as they are.
  - In check mode, a trail that does not exist counts as one that was just made.
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
insight_types:
  description: Insights that the trail looks for.
  returned: success
  type: list
  elements: str
"""

try:
    from botocore.exceptions import BotoCoreError
    from botocore.exceptions import ClientError
except ImportError:
    pass  # Handled by AnsibleAWSModule

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import selectors
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.retry import RETRY


class InsightSelectors:
    """The insight selectors of one trail."""

    def __init__(self, module):
        self.module = module
        self.client = module.client("cloudtrail", retry_decorator=RETRY)
        self.trail = module.params["name"]

    def current(self):
        try:
            return selectors.get_insight_selectors(self.client, self.trail)
        except is_boto3_error_code("TrailNotFoundException"):
            if self.module.check_mode:
                return []
            raise

    def put(self, current, types):
        known = {selector["InsightType"]: selector for selector in current}
        wanted = [known.get(name, {"InsightType": name}) for name in types]
        self.client.put_insight_selectors(TrailName=self.trail, InsightSelectors=wanted, aws_retry=True)


def main():
    module = AnsibleAWSModule(
        argument_spec=dict(
            name=dict(type="str", required=True),
            insight_types=dict(required=True, **selectors.insight_type_option()),
        ),
        supports_check_mode=True,
    )
    resource = InsightSelectors(module)
    desired = sorted(set(module.params["insight_types"]))
    try:
        current = resource.current()
        before = selectors.insight_types(current)
        changed = before != desired
        if changed and not module.check_mode:
            resource.put(current, desired)
    except is_boto3_error_code("TrailNotFoundException") as error:
        module.fail_json_aws(error, msg=f"There is no trail {resource.trail} in {module.region}: make it first")
    except (BotoCoreError, ClientError) as error:  # pylint: disable=duplicate-except
        module.fail_json_aws(error, msg=f"Failed to set the insight selectors of trail {resource.trail}")
    module.exit_json(
        changed=changed,
        diff=dict(before={"insight_types": before}, after={"insight_types": desired}),
        insight_types=desired,
    )


if __name__ == "__main__":
    main()
