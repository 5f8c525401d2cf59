# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles that setup creates have a permissions boundary, and the policies of setup allow no change of roles without it."""
from __future__ import annotations

import json

import boto3
import pytest
from clouds.aws import LocalAws
from helpers.aws.deployments import ARCHIVE, BUCKET, MEMBERS, REGION, ROLE, Account, inventory_of
from helpers.aws.permissions import Granted
from helpers.aws.verifications import AwsDeployment

pytestmark = pytest.mark.usefixtures("restricted")

TEAM_A = MEMBERS["team-a"]
BOUNDARY = "arn:aws:iam::{{ account_id }}:policy/audit-logs"
# As docs/permissions.md says.
ALLOWED = ["cloudtrail:DescribeTrails", "cloudtrail:ListPublicKeys", "kms:Decrypt", "logs:CreateLogStream", "logs:PutLogEvents",
           "s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket"]
ROLES = {ARCHIVE: f"{BUCKET}-cloudtrail-validation", TEAM_A: ROLE}
ACCESS_ROLE_ARN = f"arn:aws:iam::{TEAM_A}:role/OrganizationAccountAccessRole"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"AWS": ACCESS_ROLE_ARN}, "Action": "sts:AssumeRole"}]})


@pytest.fixture(name="deployment", scope="module")
def fixture_deployment(tmp_path_factory):
    """A deployment that is set up with a boundary."""
    with LocalAws() as aws:
        found = AwsDeployment(aws, tmp_path_factory.mktemp("bounded"), inventory_of(
            audit_logs_aws_permissions_boundary=BOUNDARY, audit_logs_aws_cloudwatch=True,
            aws_trail_validation_principals=[f"arn:aws:iam::{ARCHIVE}:root"]))
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ALLOWED, "Resource": "*"}]}
        for account in ROLES:
            Account(aws, account).client("iam").create_policy(PolicyName="audit-logs", PolicyDocument=json.dumps(document))
        found.setup()
        yield found


def boundaries(deployment):
    """The boundaries of the roles, by account."""
    found = {account: deployment.client(account, "iam").get_role(RoleName=role)["Role"] for account, role in ROLES.items()}
    return {account: role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn") for account, role in found.items()}


def test_roles_have_it_and_logs_arrive(deployment):
    assert boundaries(deployment) == {account: f"arn:aws:iam::{account}:policy/audit-logs" for account in ROLES}
    again = deployment.setup()
    assert set(again.changed.values()) == {0}, again.output
    report = deployment.verify()
    assert {one["probe"]["state"] for one in report["accounts"] if one["probe"]} == {"arrived"}, report


def test_a_role_without_it_is_drift(deployment):
    for account, role in ROLES.items():
        deployment.client(account, "iam").delete_role_permissions_boundary(RoleName=role)
    report = deployment.verify()
    for account in report["accounts"]:
        assert "boundary" in json.dumps(account["findings"]), account
    deployment.playbooks.without = {account: {(sid, "iam:PutRolePermissionsBoundary")} for account, sid in {
        ARCHIVE: "ConfigureValidationRole", TEAM_A: "ConfigureRole"}.items()}
    refused = deployment.playbooks.run("setup", inventory=deployment.inventory)
    deployment.playbooks.without = {}
    assert refused.status != 0 and "iam:PutRolePermissionsBoundary" in refused.output, refused.output
    plan = deployment.setup("--check", "--diff")
    assert plan.lines["team-a"] == f"to do: iam role {ROLE}: boundary", plan.lines
    deployment.setup()
    assert None not in boundaries(deployment).values()


def session_of(aws, key, secret, role, token=None):
    """Options of a client in a session of a role."""
    common = {"endpoint_url": aws.url, "region_name": REGION}
    sts = boto3.client("sts", aws_access_key_id=key, aws_secret_access_key=secret, aws_session_token=token, **common)
    found = sts.assume_role(RoleArn=role, RoleSessionName="thief")["Credentials"]
    return {**common, "aws_access_key_id": found["AccessKeyId"], "aws_secret_access_key": found["SecretAccessKey"],
            "aws_session_token": found["SessionToken"]}


def test_it_limits_who_has_the_policies_of_setup(deployment):
    """What a thief of the credentials could do to become an administrator of an account."""
    aws, iam = deployment.aws, deployment.client(TEAM_A, "iam")
    with Granted(aws, {}).during(["setup"], deployment.inventory, (), {}):
        keys = session_of(aws, aws.environment["AWS_ACCESS_KEY_ID"], aws.environment["AWS_SECRET_ACCESS_KEY"], ACCESS_ROLE_ARN)
        client = boto3.client("iam", **keys)
        everything = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
        own = f"arn:aws:iam::{TEAM_A}:policy/audit-logs"
        client.put_role_policy(RoleName=ROLE, PolicyName="more", PolicyDocument=everything)  # the boundary limits what it allows
        for call in (
            lambda: client.delete_role_permissions_boundary(RoleName=ROLE),
            lambda: client.put_role_permissions_boundary(RoleName=ROLE, PermissionsBoundary="arn:aws:iam::aws:policy/AdministratorAccess"),
            lambda: client.create_policy_version(PolicyArn=own, PolicyDocument=everything, SetAsDefault=True),
        ):
            with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
                call()
        client.update_assume_role_policy(RoleName=ROLE, PolicyDocument=TRUST)
        limited = boto3.client("iam", **session_of(aws, keys["aws_access_key_id"], keys["aws_secret_access_key"],
                                                   f"arn:aws:iam::{TEAM_A}:role/{ROLE}", keys["aws_session_token"]))
        with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
            limited.list_roles()
        iam.delete_role_permissions_boundary(RoleName=ROLE)
        for call in (
            lambda: client.put_role_policy(RoleName=ROLE, PolicyName="more", PolicyDocument=everything),
            lambda: client.update_assume_role_policy(RoleName=ROLE, PolicyDocument=TRUST),
        ):
            with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
                call()
        iam.delete_role_policy(RoleName=ROLE, PolicyName="more")
        iam.delete_role_policy(RoleName=ROLE, PolicyName=iam.list_role_policies(RoleName=ROLE)["PolicyNames"][0])
        iam.delete_role(RoleName=ROLE)
        with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
            client.create_role(RoleName=ROLE, AssumeRolePolicyDocument=TRUST)
