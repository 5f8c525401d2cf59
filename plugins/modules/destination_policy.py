# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: destination_policy
short_description: Replace the policy of a bucket or of a KMS key, unless another run has changed it
version_added: 0.7.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Replaces the policy of an existing S3 bucket or KMS key by a policy that was computed from the existing policy. If the existing policy
    has changed since then, for example because somebody else runs a playbook at the same time, the module changes nothing and fails with
    the error code V(PolicyChanged). In this case, compute the policy again.
  - S3 and KMS do not support conditional writes of policies. So another run can still change the policy between the last read and the
    change.
options:
  bucket: {description: Name of the bucket., type: str}
  key_id: {description: Id or ARN of the KMS key., type: str}
  policy: {description: The new policy., type: dict, required: true}
  instead_of:
    description: The policy from which O(policy) was computed. Leave this option out if the bucket or key had no policy.
    type: dict
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - crossaccount.audit_logs.attributes
notes:
  - "API calls: GetBucketPolicy or GetKeyPolicy. If something differs, also PutBucketPolicy or PutKeyPolicy, and then
    the first call until it returns the new policy."
"""

EXAMPLES = r"""
- name: Allow another account to deliver
  crossaccount.audit_logs.destination_policy:
    bucket: example-audit-logs
    policy: "{{ plan.s3_bucket.policy }}"
    instead_of: "{{ plan.s3_bucket.before.policy }}"
"""

RETURN = r"""
policy: {description: The policy document., returned: success, type: dict}
"""

import json
import time

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import bucket, checks, kms
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.errors import AWS_ERRORS
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.module import AwsModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.resource import same_policies
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.retry import RETRY

BUSY = 120  # seconds for which a change that is refused for the moment is tried again
# A change of the bucket at the same time, and throttling: assumption aws-policies-are-replaced
CONFLICTS = ["ConditionalRequestConflict", "OperationAborted", "SlowDown", "Throttling", "ThrottlingException"]
VISIBLE = 30  # seconds within which a new policy is read back
PAUSE = 1  # second between two reads


class BucketPolicy:
    """The policy of a bucket."""

    def __init__(self, module):
        self.client, self.name = module.client("s3", retry_decorator=RETRY), module.params["bucket"]
        self.title = f"bucket {self.name}"

    def read(self):
        """The policy as it is; None if there is none."""
        return bucket.read_policy(self.client, self.name)

    def write(self, policy):
        """Replace the policy. Not again and again, as a read must come before each attempt."""
        self.client.put_bucket_policy(Bucket=self.name, Policy=policy)


class KeyPolicy:
    """The policy of a KMS key."""

    def __init__(self, module):
        self.client, self.name = module.client("kms", retry_decorator=RETRY), module.params["key_id"]
        self.title = f"KMS key {self.name}"

    def read(self):
        """The policy as it is."""
        return kms.read_policy(self.client, self.name)

    def write(self, policy):
        """As BucketPolicy.write()."""
        self.client.put_key_policy(KeyId=self.name, PolicyName="default", Policy=policy)


def write(module, target, wanted, before):
    """Replace the policy, again if S3 or KMS is busy. A read comes before each further attempt."""
    deadline = time.monotonic() + BUSY
    while True:
        try:
            return target.write(json.dumps(wanted))
        except is_boto3_error_code(CONFLICTS):
            if time.monotonic() > deadline:
                raise
        time.sleep(PAUSE)
        if not same_policies(target.read(), before):
            changed_meanwhile(module, target)


def replace(module, target):
    """Replace the policy; the policy as it was."""
    wanted, known = module.params["policy"], module.params["instead_of"]
    before = target.read()
    if same_policies(before, wanted):
        return before
    if not same_policies(before, known):
        changed_meanwhile(module, target)
    if not module.check_mode:
        write(module, target, wanted, before)
        deadline = time.monotonic() + VISIBLE
        while not same_policies(seen := target.read(), wanted):
            if not same_policies(seen, before) or time.monotonic() > deadline:
                changed_meanwhile(module, target)
            time.sleep(PAUSE)
    return before


def changed_meanwhile(module, target):
    """Leave, because somebody else has written the policy."""
    module.fail_json(
        msg=f"{target.title}: something else changed the policy after this run had read it: run the playbook again. Do not run setup or"
            " destroy of one deployment several times at once",
        error={"code": "PolicyChanged"})


def main():
    module = AwsModule(
        argument_spec=dict(
            bucket=dict(type="str"), key_id=dict(type="str", no_log=False),
            policy=dict(type="dict", required=True), instead_of=dict(type="dict"),
        ),
        mutually_exclusive=[("bucket", "key_id")], supports_check_mode=True,
    )
    problem = checks.resource_policy(module.params["policy"])
    if not module.params["bucket"] and not module.params["key_id"]:  # to Ansible, null is a value
        problem = "bucket, key_id: one of them is required"
    if problem:
        module.fail_json(msg=problem)
    target = BucketPolicy(module) if module.params["bucket"] else KeyPolicy(module)
    try:
        before = replace(module, target)
    except AWS_ERRORS as error:
        module.fail_json_aws(error, msg=f"Failed to change the policy of {target.title}")
    policy = module.params["policy"]
    module.exit_json(changed=not same_policies(before, policy), policy=policy, diff={"before": before or {}, "after": policy})


if __name__ == "__main__":
    main()
