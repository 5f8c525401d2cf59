#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: cloudwatchlogs_retention
short_description: Set the retention of a log group of CloudWatch Logs
version_added: 0.7.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Sets for how many days a log group keeps events.
  - C(amazon.aws.cloudwatchlogs_log_group) does not know all values that CloudWatch Logs takes. It deletes the log group if it
    gets another one.
options:
  name: {description: Name of the log group., type: str, required: true}
  days:
    description: Days for which the log group keeps events. A shorter retention deletes older events for good.
    type: int
    required: true
    choices: [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - crossaccount.audit_logs.attributes
notes:
  - In check mode, a log group that does not exist counts as one that was just created.
  - "API calls: DescribeLogGroups, and PutRetentionPolicy if something differs."
"""

EXAMPLES = r"""
- name: Keep events for six years
  crossaccount.audit_logs.cloudwatchlogs_retention:
    name: audit-logs-cloudtrail-log-group
    days: 2192
"""

RETURN = r"""
retention: {description: Days for which the log group stores events., returned: success, type: int, sample: 2192}
"""


from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import logs
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.module import AwsModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.retry import RETRY
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.setting import Setting
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.setting import run


class Retention(Setting):
    """The retention of one log group."""

    owner = "log group"
    missing = "ResourceNotFoundException"
    title = "retention"

    def desired(self):
        return {"retention": self.params["days"]}

    def read(self):
        return {"retention": (logs.read(self.client, self.name, ()) or {}).get("retention")}

    def fresh(self):
        return {"retention": None}

    def write(self, current, desired):
        self.client.put_retention_policy(logGroupName=self.name, retentionInDays=desired["retention"], aws_retry=True)


def main():
    module = AwsModule(argument_spec=dict(
        name=dict(type="str", required=True),
        days=dict(type="int", required=True, choices=logs.RETENTION_DAYS),
    ), supports_check_mode=True)
    run(module, module.client("logs", retry_decorator=RETRY), Retention)


if __name__ == "__main__":
    main()
