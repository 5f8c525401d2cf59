#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: kms_key
short_description: Create the KMS key of an alias, or change its settings
version_added: 0.7.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Creates a symmetric KMS key with an alias and with rotation. For an existing key, sets the description and the tags, and enables the
    rotation. If an existing key is disabled or its deletion is scheduled, makes the key usable again.
  - In contrast to C(amazon.aws.kms_key), waits until KMS finds a key that was created a moment ago (assumption C(aws-kms-consistency)),
    and reports each error of KMS with its message.
  - Does not change the policy of an existing key. For this, use M(crossaccount.audit_logs.destination_policy).
options:
  alias: {description: 'Alias of the key, with or without C(alias/).', type: str, required: true}
  key_id:
    description:
      - ARN of an existing key. If no key has the alias, this key gets the alias. If no key has the alias and this option is not given, the
        module creates a key.
    type: str
  description:
    description: Description of the key. If it is not given, the description of an existing key stays unchanged.
    type: str
  policy:
    description: Policy of a key that the module creates. Without this option, KMS gives the account all permissions.
    type: dict
  tags:
    description: Tags of the key. The module does not remove other tags.
    type: dict
    default: {}
  wait:
    description: Seconds for which the module retries a call if KMS does not find the new key yet.
    type: int
    default: 120
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - crossaccount.audit_logs.attributes
notes:
  - If another run gives the alias to its own key at the same time, the module returns the key of the other run. The key of this run then
    has no alias. Its tags show which deployment created it.
  - 'API calls: DescribeKey, ListResourceTags and GetKeyRotationStatus. For a new key, CreateKey, CreateAlias and EnableKeyRotation. For a
    change, as needed, CreateAlias, CancelKeyDeletion, EnableKey, EnableKeyRotation, TagResource and UpdateKeyDescription.'
seealso:
  - module: crossaccount.audit_logs.destination_policy
"""

EXAMPLES = r"""
- name: Create a key for log files
  crossaccount.audit_logs.kms_key:
    region: eu-west-1
    alias: alias/example-audit-logs
    description: Log files in example-audit-logs
    tags: {team: security}
"""

RETURN = r"""
key_arn:
  description: ARN of the key that has the alias after the run.
  returned: success, in check mode only if the key exists
  type: str
  sample: arn:aws:kms:eu-west-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab
changes: {description: 'What the run changes, for people.', returned: success, type: list, elements: str}
"""

import json

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.amazon.aws.plugins.module_utils.tagging import ansible_dict_to_boto3_tag_list

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import checks, kms
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.errors import AWS_ERRORS
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.module import AwsModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.retry import RETRY, while_refused


class Key:
    """The key of an alias.

    :ivar before: its settings, in the terms of the options; empty without a key.
    """

    def __init__(self, module):
        self.module, self.params = module, module.params
        self.client = module.client("kms", retry_decorator=RETRY)
        self.alias = kms.with_prefix(self.params["alias"])
        self.tags = {name: str(value) for name, value in self.params["tags"].items()}
        found = kms.describe(self.client, self.alias)
        alias = self.alias if found else None
        if not found and self.params["key_id"]:
            found = kms.describe(self.client, self.params["key_id"])
            if not found:
                module.fail_json(msg=f"key_id: KMS does not find {self.params['key_id']}: give the ARN of a key that exists")
        self.arn = found and found["Arn"]
        self.before = {}
        if found:
            self.state = found["KeyState"]
            self.before = {
                "alias": alias, "description": found.get("Description", ""), "enabled": self.state == "Enabled",
                **kms.read_settings(self.client, self.arn, ("tags", "enable_key_rotation"))}

    @property
    def after(self):
        """The settings that the key gets."""
        described = self.params["description"]
        return {
            "alias": self.alias,
            "description": self.before.get("description", "") if described is None else described,
            "enabled": True, "enable_key_rotation": True,
            "tags": {**self.before.get("tags", {}), **self.tags},
        }

    @property
    def changes(self):
        """Names of the settings that change; C(create) for a new key."""
        return [name for name, value in self.after.items() if self.before[name] != value] if self.before else ["create"]

    def call(self, operation, **arguments):
        """Make a call about the key, again while KMS does not find a key that was created a moment ago."""
        call = getattr(self.client, operation)
        return while_refused(lambda: call(aws_retry=True, **arguments), "NotFoundException", lambda: self.params["wait"])

    def create(self):
        """Create the key. Not again and again: if only the answer was lost, another try would create another key."""
        arguments = {"Description": self.after["description"], "Tags": _pairs(self.tags)}
        if self.params["policy"]:
            arguments["Policy"] = json.dumps(self.params["policy"])
        self.arn = self.client.create_key(**arguments)["KeyMetadata"]["Arn"]
        self.name()
        self.call("enable_key_rotation", KeyId=self.arn)

    def name(self):
        """Give the key its alias, unless another run was faster."""
        try:
            self.call("create_alias", AliasName=self.alias, TargetKeyId=self.arn)
        except is_boto3_error_code("AlreadyExistsException"):
            self.arn = self.call("describe_key", KeyId=self.alias)["KeyMetadata"]["Arn"]

    def change(self, names):
        """Change settings of a key that exists."""
        if "enabled" in names:
            if self.state == "PendingDeletion":
                self.call("cancel_key_deletion", KeyId=self.arn)
            self.call("enable_key", KeyId=self.arn)
        if "alias" in names:
            self.name()
        if "description" in names:
            self.call("update_key_description", KeyId=self.arn, Description=self.after["description"])
        if "tags" in names:
            self.call("tag_resource", KeyId=self.arn, Tags=_pairs(self.tags))
        if "enable_key_rotation" in names:
            self.call("enable_key_rotation", KeyId=self.arn)


def _pairs(tags):
    return ansible_dict_to_boto3_tag_list(tags, "TagKey", "TagValue")


def main():
    module = AwsModule(argument_spec=dict(
        alias=dict(type="str", required=True),
        key_id=dict(type="str", no_log=False),
        description=dict(type="str"),
        policy=dict(type="dict"),
        tags=dict(type="dict", default={}),
        wait=dict(type="int", default=120),
    ), supports_check_mode=True)
    problem = checks.key_alias(module.params["alias"]) or (module.params["policy"] and checks.resource_policy(module.params["policy"]))
    if problem:
        module.fail_json(msg=problem)
    title, verb = f"KMS key {kms.with_prefix(module.params['alias'])}", "read"
    try:
        key = Key(module)
        changes = key.changes
        verb = "create" if changes == ["create"] else "change"
        if changes and not module.check_mode:
            key.create() if changes == ["create"] else key.change(changes)
    except AWS_ERRORS as error:
        module.fail_json_aws(error, msg=f"Failed to {verb} {title}")
    module.exit_json(
        changed=bool(changes), changes=[f"{title}: {', '.join(changes)}"] if changes else [],
        diff={"before": key.before, "after": key.after}, **({"key_arn": key.arn} if key.arn else {}))


if __name__ == "__main__":
    main()
