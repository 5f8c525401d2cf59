#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: cloudtrail_trail_settings
short_description: Set what amazon.aws.cloudtrail cannot set of a trail
version_added: 0.1.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Turns a trail into an organization trail, or back into a trail of its own account.
  - Removes settings of a trail that C(amazon.aws.cloudtrail) can only set or change.
options:
  name: {description: Name or ARN of the trail., type: str, required: true}
  is_organization_trail:
    description:
      - Whether the trail records all accounts of the organization.
      - Only the management account and a delegated administrator of CloudTrail can switch it on, and trusted access for
        CloudTrail has to be on in the organization.
    type: bool
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
  - crossaccount.audit_logs.attributes
notes:
  - In check mode, a trail that does not exist counts as one that was just created.
  - "API calls: GetTrail, and one UpdateTrail if something differs."
  - "Open: no document says that UpdateTrail removes a setting if it gets an empty string, although the AWS command line
    and Terraform send one. If it does not, UpdateTrail refuses and the task fails."
seealso:
  - module: amazon.aws.cloudtrail
"""

EXAMPLES = r"""
- name: Record every account of the organization
  crossaccount.audit_logs.cloudtrail_trail_settings:
    name: audit-logs
    is_organization_trail: true

- name: Stop delivering to CloudWatch Logs
  crossaccount.audit_logs.cloudtrail_trail_settings:
    name: audit-logs
    unset: [cloudwatch_logs]
"""

RETURN = r"""
trail:
  description: The settings that were asked for, as they are.
  returned: success
  type: dict
  sample: {is_organization_trail: true, cloudwatch_logs: ""}
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.setting import Setting

PARAMETERS = {
    "s3_key_prefix": ["S3KeyPrefix"],
    "sns_topic_name": ["SnsTopicName"],
    "cloudwatch_logs": ["CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn"],
    "kms_key_id": ["KmsKeyId"],
}


class TrailSettings(Setting):
    """The settings of one trail that are asked for."""

    title = "settings"

    def desired(self):
        organization = self.module.params["is_organization_trail"]
        wanted = {} if organization is None else {"is_organization_trail": organization}
        return {**wanted, **dict.fromkeys(self.module.params["unset"], "")}

    def read(self):
        return self.asked_of(self.client.get_trail(Name=self.name, aws_retry=True)["Trail"])

    def fresh(self):
        return self.asked_of({})

    def asked_of(self, trail):
        """Of a trail as the API returns it, the settings that are asked for."""
        found = {"is_organization_trail": trail.get("IsOrganizationTrail", False)}
        found.update({name: trail.get(parameters[0]) or "" for name, parameters in PARAMETERS.items()})
        return {name: found[name] for name in self.desired()}

    def write(self, current, desired):
        arguments = {}
        for name, value in desired.items():
            if value != current[name]:
                arguments.update(dict.fromkeys(PARAMETERS.get(name, ["IsOrganizationTrail"]), value))
        self.client.update_trail(Name=self.name, aws_retry=True, **arguments)

    def result(self, desired):
        return {"trail": desired}


def main():
    module = AnsibleAWSModule(argument_spec=dict(
        name=dict(type="str", required=True),
        is_organization_trail=dict(type="bool"),
        unset=dict(type="list", elements="str", choices=list(PARAMETERS), default=[]),
    ), supports_check_mode=True)
    TrailSettings(module).run()


if __name__ == "__main__":
    main()
