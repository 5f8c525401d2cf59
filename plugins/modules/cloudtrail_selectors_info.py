#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: cloudtrail_selectors_info
short_description: Get the event and insight selectors of a trail
version_added: 0.1.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Gets the basic, advanced and insight selectors of a trail, in the form of the options of
    M(crossaccount.audit_logs.cloudtrail_selectors).
options:
  name: {description: Name or ARN of the trail., type: str, required: true}
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - crossaccount.audit_logs.attributes
  - crossaccount.audit_logs.attributes.read_only
notes:
  - "API calls: GetEventSelectors and GetInsightSelectors."
seealso:
  - module: crossaccount.audit_logs.cloudtrail_selectors
"""

EXAMPLES = r"""
- name: See which events the trail records
  crossaccount.audit_logs.cloudtrail_selectors_info:
    name: audit-logs
  register: selectors
"""

RETURN = r"""
event_selectors: {description: Basic event selectors of the trail., returned: success, type: list, elements: dict}
advanced_event_selectors: {description: Advanced event selectors of the trail., returned: success, type: list, elements: dict}
insight_types: {description: Types of Insights events that the trail records., returned: success, type: list, elements: str}
"""

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import selectors
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.errors import AWS_ERRORS
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.module import AwsModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.retry import RETRY


def main():
    module = AwsModule(argument_spec=dict(name=dict(type="str", required=True)), supports_check_mode=True)
    client = module.client("cloudtrail", retry_decorator=RETRY)
    trail = module.params["name"]
    try:
        events = selectors.get_event_selectors(client, trail)
        insights = selectors.get_insight_selectors(client, trail)
    except is_boto3_error_code("TrailNotFoundException") as error:
        module.fail_json_aws(error, msg=f"trail {trail} does not exist in {module.region}")
    except AWS_ERRORS as error:  # pylint: disable=duplicate-except
        module.fail_json_aws(error, msg=f"Failed to get the selectors of trail {trail}")
    module.exit_json(changed=False, insight_types=selectors.insight_types(insights), **events)


if __name__ == "__main__":
    main()
