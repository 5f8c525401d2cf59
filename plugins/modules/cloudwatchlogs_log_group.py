#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: cloudwatchlogs_log_group
short_description: Create a log group of CloudWatch Logs, or change its settings
version_added: 0.7.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Creates a log group, or changes the retention and the tags of an existing log group.
  - C(amazon.aws.cloudwatchlogs_log_group) does not support all values of the retention that CloudWatch Logs accepts. If it gets an
    unsupported value, it deletes the log group.
options:
  name: {description: Name of the log group., type: str, required: true}
  retention:
    description:
      - Days for which the log group stores events. A shorter retention deletes older events. If it is not given, a new log group stores
        events forever, and the retention of an existing log group stays unchanged.
    type: int
    choices: [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]
  kms_key_id:
    description: ARN of the KMS key of a log group that the module creates. The module does not change the key of an existing log group.
    type: str
  tags: {description: Tags of the log group. The module does not remove other tags., type: dict, default: {}}
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - crossaccount.audit_logs.attributes
notes:
  - 'API calls: DescribeLogGroups. For a new log group, CreateLogGroup, and PutRetentionPolicy if O(retention) is given. For an existing log
    group, ListTagsLogGroup if O(tags) is given, and PutRetentionPolicy and TagLogGroup if retention or tags differ.'
"""

EXAMPLES = r"""
- name: Store events for six years
  crossaccount.audit_logs.cloudwatchlogs_log_group:
    region: eu-west-1
    name: audit-logs-cloudtrail-log-group
    retention: 2192
"""

RETURN = r"""
changes: {description: 'Names of the settings that the run changes; C(create) for a new log group.', returned: success, type: list, elements: str}
"""

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import checks, logs
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.errors import AWS_ERRORS
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.module import AwsModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.resource import compare
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.retry import RETRY, while_refused


def carry_out(client, params: dict, changes: list[str]) -> None:
    """Create the log group, or change the settings that differ."""
    name, tags = params["name"], {key: str(value) for key, value in params["tags"].items()}
    is_new = changes == ["create"]
    if is_new:
        arguments = {**({"kmsKeyId": params["kms_key_id"]} if params["kms_key_id"] else {}), **({"tags": tags} if tags else {})}
        client.create_log_group(logGroupName=name, aws_retry=True, **arguments)
    if "tags" in changes:
        client.tag_log_group(logGroupName=name, tags=tags, aws_retry=True)
    if "retention" in changes or is_new and params["retention"]:
        # CloudWatch Logs may not find a log group that was created a moment ago.
        while_refused(
            lambda: client.put_retention_policy(logGroupName=name, retentionInDays=params["retention"], aws_retry=True),
            "ResourceNotFoundException", lambda: 60)


def main():
    module = AwsModule(argument_spec=dict(
        name=dict(type="str", required=True),
        retention=dict(type="int", choices=logs.RETENTION_DAYS),
        kms_key_id=dict(type="str", no_log=False),
        tags=dict(type="dict", default={}),
    ), supports_check_mode=True)
    params = module.params
    problem = checks.log_group_name(params["name"]) or checks.tags(params["tags"])
    if problem:
        module.fail_json(msg=problem)
    verb = "read"
    try:
        client = module.client("logs", retry_decorator=RETRY)
        asked = {"retention": params["retention"], "tags": params["tags"] or None}
        current = logs.read(client, params["name"], [name for name, value in asked.items() if value is not None])
        result = compare(current, asked if current else {**asked, "kms_key_id": params["kms_key_id"]})
        if result["changes"] and not module.check_mode:
            verb = "change" if current else "create"
            carry_out(client, params, result["changes"])
    except AWS_ERRORS as error:
        module.fail_json_aws(error, msg=f"Failed to {verb} the log group {params['name']}")
    module.exit_json(
        changed=bool(result["changes"]), changes=result["changes"], diff=dict(before=result["before"], after=result["after"]))


if __name__ == "__main__":
    main()
