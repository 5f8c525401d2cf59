#!/usr/bin/python
# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
module: s3_bucket_logging
short_description: Set server access logging of an S3 bucket
version_added: 0.1.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Sets where S3 writes the server access logs of a bucket.
  - C(community.aws.s3_logging) grants access with an ACL on the target bucket. S3 refuses this ACL if the object ownership of the bucket is
    C(BucketOwnerEnforced), which is the default since 2023. C(amazon.aws.s3_bucket) supports access logging only since version 11.3.0.
options:
  name: {description: Name of the bucket., type: str, required: true}
  target_bucket:
    description:
      - Bucket that gets the access logs. It must be in the same account and region. Its policy must allow C(logging.s3.amazonaws.com) to
        put objects. An empty string turns access logging off.
    type: str
    required: true
  target_prefix: {description: Prefix of the keys of the access logs., type: str, default: ""}
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
  - crossaccount.audit_logs.attributes
notes:
  - In check mode, the module treats a bucket that does not exist as a new bucket.
  - "API calls: GetBucketLogging, and PutBucketLogging if something differs."
"""

EXAMPLES = r"""
- name: Log who reads the log files
  crossaccount.audit_logs.s3_bucket_logging:
    name: example-audit-logs
    target_bucket: example-access-logs
    target_prefix: example-audit-logs/
"""

RETURN = r"""
logging:
  description: Target bucket and prefix of the access logs after the run. Empty if access logging is off.
  returned: success
  type: dict
  sample: {target_bucket: example-access-logs, target_prefix: example-audit-logs/}
"""


from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import bucket
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.module import AwsModule
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.retry import RETRY
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.setting import Setting
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.setting import run


class BucketLogging(Setting):
    """Where one bucket's access logs go; empty for nowhere."""

    owner = "bucket"
    missing = "NoSuchBucket"
    title = "access logging"

    def desired(self):
        if not self.params["target_bucket"]:
            return {}
        return {key: self.params[key] for key in ("target_bucket", "target_prefix")}

    def read(self):
        return bucket.read_logging(self.client, self.name)["logging"] or {}

    def fresh(self):
        return {}

    def write(self, current, desired):
        status = {}
        if desired:
            status = {
                "LoggingEnabled": {"TargetBucket": desired["target_bucket"], "TargetPrefix": desired["target_prefix"]}
            }
        self.client.put_bucket_logging(Bucket=self.name, BucketLoggingStatus=status, aws_retry=True)

    def result(self, desired):
        return {"logging": desired}


def main():
    module = AwsModule(argument_spec=dict(
        name=dict(type="str", required=True),
        target_bucket=dict(type="str", required=True),
        target_prefix=dict(type="str", default=""),
    ), supports_check_mode=True)
    run(module, module.client("s3", retry_decorator=RETRY), BucketLogging)


if __name__ == "__main__":
    main()
