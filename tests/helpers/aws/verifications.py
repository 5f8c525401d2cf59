# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deployments on the local AWS that tests set up, break, verify and repair."""
from __future__ import annotations

import json

from helpers.aws.deployments import REGION
from helpers.playbooks import Playbooks
from helpers.verifications import Deployment


class AwsDeployment(Deployment):
    """A deployment on a local AWS."""

    def __init__(self, aws, folder, inventory):
        super().__init__(Playbooks(folder, aws.environment, clouds=[aws]), inventory)
        self.aws = aws
        self.archive = inventory["all"]["children"]["aws_archive"]["hosts"]["log-archive"]["account_id"]
        self.bucket = inventory["all"]["vars"]["aws_trail_bucket_name"]

    def client(self, account_id, service, region=REGION):
        """A client of boto3 in an account."""
        return self.aws.session(account_id).client(service, region_name=region)

    def change_bucket_policy(self, change):
        """Change the statements of the bucket's policy, or return others."""
        s3 = self.client(self.archive, "s3")
        policy = json.loads(s3.get_bucket_policy(Bucket=self.bucket)["Policy"])
        policy["Statement"] = change(policy["Statement"]) or policy["Statement"]
        s3.put_bucket_policy(Bucket=self.bucket, Policy=json.dumps(policy))
