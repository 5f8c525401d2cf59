#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: iam_role
short_description: Create an IAM role with one inline policy, or change its settings
version_added: 0.7.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Creates a role with an inline policy, or changes the settings of an existing role.
  - If an option is not given, its setting stays unchanged. Does not change attached policies, other inline policies, or the maximum session
    duration (assumption C(aws-iam-update-role-keeps)).
options:
  name: {description: Name of the role., type: str, required: true}
  assume_role_policy_document: {description: Trust policy of the role. Required to create the role., type: dict}
  description: {description: Description of the role., type: str}
  boundary: {description: ARN of the permissions boundary. An empty string removes the boundary., type: str}
  policy_name: {description: Name of the inline policy., type: str}
  policy: {description: Document of the inline policy., type: dict}
  tags: {description: Tags of the role. The module does not remove other tags., type: dict, default: {}}
  wait:
    description: Seconds for which the module retries PutRolePolicy if IAM does not find the new role yet.
    type: int
    default: 120
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - crossaccount.audit_logs.attributes
notes:
  - 'API calls: GetRole. For a new role, CreateRole and PutRolePolicy. For an existing role, GetRolePolicy if O(policy) is given, and one
    call for each kind of difference, PutRolePermissionsBoundary or DeleteRolePermissionsBoundary, UpdateAssumeRolePolicy, UpdateRole,
    TagRole or PutRolePolicy.'
"""

EXAMPLES = r"""
- name: Let CloudTrail write events
  crossaccount.audit_logs.iam_role:
    region: eu-west-1
    name: audit-logs-cloudtrail-cloudwatch
    assume_role_policy_document:
      Version: "2012-10-17"
      Statement: [{Effect: Allow, Principal: {Service: cloudtrail.amazonaws.com}, Action: "sts:AssumeRole"}]
    policy_name: write-events
    policy:
      Version: "2012-10-17"
      Statement:
        - Effect: Allow
          Action: ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource: "arn:aws:logs:eu-west-1:222222222222:log-group:audit-logs-cloudtrail-log-group:*"
"""

RETURN = r"""
changes: {description: 'Names of the settings that the run changes; C(create) for a new role.', returned: success, type: list, elements: str}
"""

import json

from ansible_collections.amazon.aws.plugins.module_utils.tagging import ansible_dict_to_boto3_tag_list

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import checks, iam
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.errors import AWS_ERRORS
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.module import AwsModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.resource import compare
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.retry import RETRY, while_refused

_CHECKS = {
    "name": checks.role_name, "assume_role_policy_document": checks.trust_policy, "boundary": checks.managed_policy_arn,
    "policy_name": checks.policy_name, "policy": checks.identity_policy, "tags": checks.tags,
}
_SETTINGS = ("assume_role_policy_document", "description", "boundary", "policy")


class Role:
    """A role.

    :param asked: settings that it is to have, by the names of the options.
    """

    def __init__(self, client, params: dict, asked: dict) -> None:
        self.client, self.params, self.asked, self.name = client, params, asked, params["name"]
        self.tags = ansible_dict_to_boto3_tag_list(params["tags"])

    def create(self) -> None:
        """Create the role, and put its policy as soon as IAM finds it: assumption aws-iam-consistency."""
        given = {"Description": self.asked.get("description"), "PermissionsBoundary": self.asked.get("boundary"), "Tags": self.tags}
        self.client.create_role(
            RoleName=self.name, AssumeRolePolicyDocument=json.dumps(self.asked["assume_role_policy_document"]), aws_retry=True,
            **{key: value for key, value in given.items() if value})
        if "policy" in self.asked:
            while_refused(self.put_policy, "NoSuchEntity", lambda: self.params["wait"])

    def change(self, changes: list[str], current: dict) -> None:
        """Change some of the settings, first the boundary: it limits the role, and a policy of the caller may require it."""
        if self.asked.get("boundary") and "boundary" in changes:
            self.client.put_role_permissions_boundary(RoleName=self.name, PermissionsBoundary=self.asked["boundary"], aws_retry=True)
        if "assume_role_policy_document" in changes:
            document = json.dumps(self.asked["assume_role_policy_document"])
            self.client.update_assume_role_policy(RoleName=self.name, PolicyDocument=document, aws_retry=True)
        if "description" in changes:
            self.client.update_role(
                # assumption aws-iam-update-role-keeps: without the duration, its default may apply
                RoleName=self.name, Description=self.asked["description"], MaxSessionDuration=current["max_session_duration"], aws_retry=True)
        if "tags" in changes:
            self.client.tag_role(RoleName=self.name, Tags=self.tags, aws_retry=True)
        if "policy" in changes:
            self.put_policy()
        if "boundary" in changes and not self.asked["boundary"]:
            self.client.delete_role_permissions_boundary(RoleName=self.name, aws_retry=True)

    def put_policy(self) -> None:
        """Put the inline policy."""
        self.client.put_role_policy(
            RoleName=self.name, PolicyName=self.params["policy_name"], PolicyDocument=json.dumps(self.asked["policy"]), aws_retry=True)


def main():
    module = AwsModule(argument_spec=dict(
        name=dict(type="str", required=True),
        assume_role_policy_document=dict(type="dict"),
        description=dict(type="str"),
        boundary=dict(type="str"),
        policy_name=dict(type="str"),
        policy=dict(type="dict"),
        tags=dict(type="dict", default={}),
        wait=dict(type="int", default=120),
    ), supports_check_mode=True)
    params = module.params
    if bool(params["policy"]) != bool(params["policy_name"]):
        module.fail_json(msg="an inline policy needs both policy and policy_name: give both or neither")
    problem = next(filter(None, (check(params[name]) for name, check in _CHECKS.items() if params[name])), None)
    if problem:
        module.fail_json(msg=problem)
    asked = {name: params[name] for name in _SETTINGS if params[name] not in (None, {})} | ({"tags": params["tags"]} if params["tags"] else {})
    verb = "read"
    try:
        role = Role(module.client("iam", retry_decorator=RETRY), params, asked)
        current = iam.read(role.client, params["name"], params["policy_name"])
        if not current and "assume_role_policy_document" not in asked:
            module.fail_json(msg=f"role {params['name']} does not exist: give its trust policy, assume_role_policy_document")
        result = compare(current, asked)
        if result["changes"] and not module.check_mode:
            verb = "change" if current else "create"
            role.change(result["changes"], current) if current else role.create()
    except AWS_ERRORS as error:
        module.fail_json_aws(error, msg=f"Failed to {verb} the role {params['name']}")
    module.exit_json(
        changed=bool(result["changes"]), changes=result["changes"], diff=dict(before=result["before"], after=result["after"]))


if __name__ == "__main__":
    main()
