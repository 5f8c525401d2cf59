#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: cloudtrail_trail
short_description: Manage a CloudTrail trail, of an account or of an organization
version_added: 0.7.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Creates, changes, starts, stops and deletes a trail of an account, or of an AWS organization.
  - In contrast to C(amazon.aws.cloudtrail), manages trails of organizations, removes settings, and makes only the calls that are needed.
  - For a trail of an organization, use credentials of the management account or of a delegated administrator of CloudTrail. The management
    account owns the trail in either case (assumption C(aws-cloudtrail-delegated-administrator)).
  - If O(is_organization_trail=true) and the management account has a trail of this name that records only the management account, this
    trail becomes a trail of the organization. Only the management account can make this change.
  - If an option is not given, its setting stays unchanged. An empty string removes the setting.
options:
  name: {description: Name of the trail., type: str, required: true}
  account_id:
    description: Id of the account that owns the trail, 12 digits. The management account owns a trail of an organization.
    type: str
    required: true
  state: {description: Whether the trail exists., type: str, choices: [present, absent], default: present}
  s3_bucket_name: {description: Bucket of the log files. Required to create the trail., type: str}
  s3_key_prefix: {description: Prefix of the keys of the log files., type: str}
  sns_topic_name:
    description: SNS topic that gets a message for each log file. Name of a topic of this account, or ARN of a topic.
    type: str
  is_organization_trail: {description: Whether the trail records all accounts of the organization., type: bool}
  is_multi_region_trail: {description: Whether the trail records all regions., type: bool}
  include_global_events: {description: Whether the trail records events of global services., type: bool}
  enable_log_file_validation: {description: Whether CloudTrail delivers digest files., type: bool}
  enable_logging: {description: Whether the trail records., type: bool, default: true}
  cloudwatch_logs_log_group_arn: {description: ARN of a log group of the account of the credentials. The ARN ends with C(:*)., type: str}
  cloudwatch_logs_role_arn: {description: ARN of the role with which CloudTrail writes to the log group., type: str}
  kms_key_id: {description: ARN of the KMS key that encrypts the log files., type: str}
  tags: {description: Tags. Other tags of the trail stay unchanged., type: dict}
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - crossaccount.audit_logs.attributes
notes:
  - O(region) is the home region of the trail.
  - 'API calls: DescribeTrails. For an existing trail, ListTags if O(tags) is given, GetTrailStatus, and one call for each kind of
    difference, UpdateTrail, AddTags, StartLogging or StopLogging. For a new trail, CreateTrail, StartLogging and DescribeTrails. To delete
    a trail, DeleteTrail.'
  - To remove a setting, the module sends an empty string, which no document describes (assumption C(aws-cloudtrail-empty-string)).
seealso:
  - module: amazon.aws.cloudtrail
  - module: crossaccount.audit_logs.cloudtrail_selectors
"""

EXAMPLES = r"""
- name: Record an account
  crossaccount.audit_logs.cloudtrail_trail:
    region: eu-west-1
    name: audit-logs
    account_id: "222222222222"
    s3_bucket_name: example-audit-logs
    s3_key_prefix: "222222222222"
    is_multi_region_trail: true
    enable_log_file_validation: true

- name: Record all accounts of the organization
  crossaccount.audit_logs.cloudtrail_trail:
    region: eu-west-1
    name: audit-logs-organization
    account_id: "123456789012"
    is_organization_trail: true
    s3_bucket_name: example-audit-logs
    is_multi_region_trail: true
    enable_log_file_validation: true
"""

RETURN = r"""
trail:
  description: The trail.
  returned: success
  type: dict
  contains:
    arn:
      description: ARN of the trail.
      type: str
      returned: success
      sample: arn:aws:cloudtrail:eu-west-1:222222222222:trail/audit-logs
"""

import time

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.tagging import ansible_dict_to_boto3_tag_list

from ansible_collections.crossaccount.audit_logs.plugins.module_utils import _backoff
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import checks
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import trail
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.errors import AWS_ERRORS
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.module import AwsModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.plan import NO_REGION
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.policies import trail_arn
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.resource import PlanError, compare, compare_absent
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.retry import RETRY

LISTED = 60  # seconds until CloudTrail lists a new trail, at most
LONGEST_PAUSE = 5  # seconds
# What CreateTrail and UpdateTrail call the settings.
_PARAMETERS = {**trail.SETTINGS, "enable_log_file_validation": "EnableLogFileValidation"}
# CloudTrail takes both or neither.
_TOGETHER = {"cloudwatch_logs_log_group_arn", "cloudwatch_logs_role_arn"}


class Trail:
    """A trail.

    :param asked: settings that it is to have, by the names of the options.
    """

    def __init__(self, client, arn: str, asked: dict) -> None:
        self.client, self.arn, self.asked = client, arn, asked

    def read(self) -> dict | None:
        """The settings as they are; None if the trail does not exist."""
        described = [one for one in trail.describe(self.client) if one["TrailARN"] == self.arn]
        tags = trail.list_tags(self.client, [self.arn]) if described and "tags" in self.asked else {}
        return trail.settings(self.client, described[0], tags, self.asked) if described else None

    def create(self) -> None:
        """Create the trail. It records nothing yet."""
        tags = ansible_dict_to_boto3_tag_list(self.asked.get("tags", {}))
        created = self.client.create_trail(
            Name=self.arn.rpartition("/")[2], aws_retry=True, **self._arguments(self.asked), **({"TagsList": tags} if tags else {}))
        if created["TrailARN"] != self.arn:
            raise PlanError(f"CloudTrail has created {created['TrailARN']}, because the credentials belong to another account than account_id:"
                            " correct account_id, or the credentials, and delete this trail, which does not record")

    def wait(self, seconds: float) -> None:
        """Wait until CloudTrail lists the new trail: a run that starts before that would create it again.

        Assumption aws-cloudtrail-new-trail-visible. After that time, the trail exists all the same.
        """
        deadline, attempt = time.monotonic() + seconds, 0
        while not any(one["TrailARN"] == self.arn for one in trail.describe(self.client)) and time.monotonic() < deadline:
            time.sleep(_backoff.seconds(attempt, LONGEST_PAUSE))
            attempt += 1

    def change(self, changes: list[str]) -> None:
        """Change some of the settings."""
        if _TOGETHER & set(changes):
            changes = [*changes, *_TOGETHER]
        arguments = self._arguments({name: self.asked[name] for name in changes if name in self.asked}, keep_empty=True)
        if arguments:
            self.client.update_trail(Name=self.arn, aws_retry=True, **arguments)
        if "tags" in changes:
            self.client.add_tags(ResourceId=self.arn, TagsList=ansible_dict_to_boto3_tag_list(self.asked["tags"]), aws_retry=True)

    def switch(self) -> None:
        """Start or stop the trail."""
        (self.client.start_logging if self.asked["enable_logging"] else self.client.stop_logging)(Name=self.arn, aws_retry=True)

    @staticmethod
    def _arguments(settings, keep_empty=False):
        return {_PARAMETERS[name]: value for name, value in settings.items() if name in _PARAMETERS and (keep_empty or value != "")}


def logs_problem(params: dict) -> str | None:
    """What is wrong with the log group and its role."""
    given = [params[name] for name in sorted(_TOGETHER)]
    if None in given and "" not in given and given != [None, None]:
        return "cloudwatch_logs_log_group_arn and cloudwatch_logs_role_arn: CloudTrail needs both: give both or neither"
    return None


def settings_asked(params: dict) -> dict:
    """The settings that are given. If the log group or its role is removed, CloudTrail removes the other one too."""
    asked = {name: params[name] for name in (*trail.SETTINGS, "enable_logging", "tags") if params[name] is not None}
    return {**asked, **dict.fromkeys(_TOGETHER, "")} if any(asked.get(name) == "" for name in _TOGETHER) else asked


def carry_out(found: Trail, changes: list[str]) -> None:
    """Do what C(compare) or C(compare_absent) found."""
    if changes == ["delete"]:
        found.client.delete_trail(Name=found.arn, aws_retry=True)
        return
    if changes == ["create"]:
        found.create()
    else:
        found.change(changes)
    if "enable_logging" in changes or changes == ["create"] and found.asked["enable_logging"]:
        found.switch()
    if changes == ["create"]:
        found.wait(LISTED)


def main():
    text, flag = dict(type="str"), dict(type="bool")
    module = AwsModule(argument_spec=dict(
        name=dict(type="str", required=True),
        account_id=dict(type="str", required=True),
        state=dict(type="str", choices=["present", "absent"], default="present"),
        s3_bucket_name=text, s3_key_prefix=dict(type="str", no_log=False), sns_topic_name=text,
        is_organization_trail=flag, is_multi_region_trail=flag, include_global_events=flag, enable_log_file_validation=flag,
        enable_logging=dict(type="bool", default=True),
        cloudwatch_logs_log_group_arn=text, cloudwatch_logs_role_arn=text, kms_key_id=text,
        tags=dict(type="dict"),
    ), supports_check_mode=True)
    name, owner, is_absent = module.params["name"], module.params["account_id"], module.params["state"] == "absent"
    problem = checks.trail_name(name) or checks.account_id(owner) or (module.params["tags"] and checks.tags(module.params["tags"]))
    problem = problem or (not module.region and NO_REGION) or logs_problem(module.params)
    if problem:
        module.fail_json(msg=problem)
    asked = settings_asked(module.params)
    arn = trail_arn({"region": module.region, "account_id": owner, "name": name})
    found = Trail(module.client("cloudtrail", retry_decorator=RETRY), arn, {} if is_absent else asked)
    verb = "read"
    try:
        current = found.read()
        result = compare_absent(current, None) if is_absent else compare(current, found.asked)
        if result["changes"] == ["create"] and not asked.get("s3_bucket_name"):
            module.fail_json(msg=f"trail {name} does not exist: give the bucket of its log files, s3_bucket_name")
        if result["changes"] and not module.check_mode:
            verb = result["changes"][0] if result["changes"][0] in ("create", "delete") else "change"
            carry_out(found, result["changes"])
    except is_boto3_error_code("NoManagementAccountSLRExistsException") as error:
        module.fail_json_aws(
            error, msg=f"Failed to {verb} the trail {name}: the management account has no service-linked role for"
            f" CloudTrail (assumption aws-cloudtrail-management-service-role). Run 'aws iam create-service-linked-role --aws-service-name"
            f" cloudtrail.amazonaws.com' in account {owner}")
    except PlanError as error:  # pylint: disable=duplicate-except
        module.fail_json(msg=f"Failed to {verb} the trail {name}: {error}")
    except AWS_ERRORS as error:  # pylint: disable=duplicate-except
        module.fail_json_aws(error, msg=f"Failed to {verb} the trail {name}")
    module.exit_json(
        changed=bool(result["changes"]), trail=dict(arn=arn), diff=dict(before=result["before"], after=result["after"]))


if __name__ == "__main__":
    main()
