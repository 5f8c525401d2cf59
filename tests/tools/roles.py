# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Create, in each account of the organizations of `make demo`, a role for each playbook, with the policies of docs/policies.

All accounts are members. The environment has credentials of the management accounts, which the roles trust.
"""
from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import boto3
import yaml
from alibabacloud_actiontrail20200706 import models as trails
from alibabacloud_actiontrail20200706.client import Client as ActionTrail
from alibabacloud_ram20150501 import models as ram
from alibabacloud_ram20150501.client import Client as Ram
from alibabacloud_resourcedirectorymaster20220419 import models as directories
from alibabacloud_resourcedirectorymaster20220419.client import Client as ResourceDirectory
from alibabacloud_sts20150401 import models as sts
from alibabacloud_sts20150401.client import Client as Sts
from alibabacloud_tea_openapi.exceptions import ClientException
from alibabacloud_tea_openapi.utils_models import Config
from botocore.exceptions import ClientError
from helpers import ROOT, permissions

VARIABLES = yaml.safe_load((ROOT / "tests/demo/group_vars/all.yml").read_text(encoding="utf-8"))
ROLES = {run: f"audit-logs-{run}" for run in permissions.RUNS}
_TRIES, _PAUSE = 300, 0.2  # seconds


class Aws:
    """An AWS organization."""

    archive = "log-archive"
    access = "OrganizationAccountAccessRole"

    def __init__(self) -> None:
        self.management = boto3.client("sts").get_caller_identity()["Account"]
        pages = boto3.client("organizations").get_paginator("list_accounts").paginate()
        self.accounts = {one["Name"]: one["Id"] for page in pages for one in page["Accounts"]}
        bucket = VARIABLES["aws_trail_bucket_name"]
        self._values = {"ARCHIVE_ACCOUNT_ID": self.accounts[self.archive], "BUCKET": bucket, "DEPLOYMENT": bucket, "TRAIL": "audit-logs"}

    def create(self, account: str, run: str, kinds: list[str]) -> None:
        """Create the role of a playbook in an account."""
        iam = (boto3.Session() if account == self.management else self._assumed(account, self.access)).client("iam")
        statement = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{self.management}:root"}, "Action": "sts:AssumeRole"}
        iam.create_role(RoleName=ROLES[run], AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
        for kind in kinds:
            document = json.dumps(permissions.policy("aws", kind, run, **self._values))
            iam.put_role_policy(RoleName=ROLES[run], PolicyName=kind, PolicyDocument=document)

    def use(self, account: str, run: str) -> None:
        """Make a call with a role."""
        self._assumed(account, ROLES[run]).client("cloudtrail").describe_trails()

    @staticmethod
    def _assumed(account: str, role: str) -> boto3.Session:
        found = boto3.client("sts").assume_role(RoleArn=f"arn:aws:iam::{account}:role/{role}", RoleSessionName="roles")["Credentials"]
        return boto3.Session(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])


class Alibaba:
    """A resource directory on the local Alibaba Cloud, which clients reach as their proxy."""

    archive = "logs"
    access = "ResourceDirectoryAccountAccessRole"

    def __init__(self) -> None:
        directory = self._client(ResourceDirectory, "resourcedirectory")
        self.management = directory.get_resource_directory().body.resource_directory.master_account_id
        listed = directory.list_accounts(directories.ListAccountsRequest(page_size=100)).body.accounts.account
        self.accounts = {one.display_name: one.account_id for one in listed} | {"management": self.management}
        project = VARIABLES["audit_logs_alibaba_project"]
        self._values = {"ARCHIVE_ACCOUNT_ID": self.accounts[self.archive], "PROJECT": project, "WRITE_ROLE": f"{project}-actiontrail"}

    def create(self, account: str, run: str, kinds: list[str]) -> None:
        """Create the role of a playbook in an account."""
        client = self._client(Ram, "ram", *(() if account == self.management else self._assumed(account, self.access)))
        statement = {"Effect": "Allow", "Principal": {"RAM": [f"acs:ram::{self.management}:root"]}, "Action": "sts:AssumeRole"}
        client.create_role(ram.CreateRoleRequest(
            role_name=ROLES[run], assume_role_policy_document=json.dumps({"Version": "1", "Statement": [statement]})))
        for kind in kinds:
            name, document = f"{ROLES[run]}-{kind}", json.dumps(permissions.policy("alibaba", kind, run, **self._values))
            client.create_policy(ram.CreatePolicyRequest(policy_name=name, policy_document=document))
            client.attach_policy_to_role(ram.AttachPolicyToRoleRequest(policy_type="Custom", policy_name=name, role_name=ROLES[run]))

    def use(self, account: str, run: str) -> None:
        """Make a call with a role."""
        client = self._client(ActionTrail, "actiontrail.cn-hangzhou", *self._assumed(account, ROLES[run]))
        client.describe_trails(trails.DescribeTrailsRequest())

    def _assumed(self, account: str, role: str) -> tuple[str, str, str]:
        found = self._client(Sts, "sts.cn-hangzhou").assume_role(sts.AssumeRoleRequest(
            role_arn=f"acs:ram::{account}:role/{role.lower()}", role_session_name="roles")).body.credentials
        return found.access_key_id, found.access_key_secret, found.security_token

    @staticmethod
    def _client(kind: Callable[[Config], Any], service: str, key: str = "", secret: str = "", token: str | None = None) -> Any:
        return kind(Config(
            access_key_id=key or os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
            access_key_secret=secret or os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
            security_token=token, endpoint=f"{service}.aliyuncs.com", protocol="HTTP", http_proxy=os.environ["ALIBABA_LOCAL_URL"]))


def main() -> int:
    """Run the program; returns its exit status."""
    for cloud in (Aws(), Alibaba()):
        for name, account in cloud.accounts.items():
            for run in ROLES:
                cloud.create(account, run, ["member", "archive"] if name == cloud.archive else ["member"])
            _wait(cloud, account)
        print(f"Roles {', '.join(ROLES.values())} in {', '.join(cloud.accounts)}")
    return 0


def _wait(cloud: Aws | Alibaba, account: str) -> None:
    """Wait until the last role and its policies are in effect."""
    run = list(ROLES)[-1]
    for _try in range(_TRIES):
        try:
            cloud.use(account, run)
            return
        except (ClientError, ClientException):
            time.sleep(_PAUSE)
    raise SystemExit(f"account {account}: role {ROLES[run]} is not in effect after {_TRIES * _PAUSE:.0f} seconds")


if __name__ == "__main__":
    sys.exit(main())
