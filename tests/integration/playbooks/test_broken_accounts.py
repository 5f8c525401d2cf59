# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Five accounts of each cloud are broken, each differently: setup names them with reasons, changes nothing there, and does all others.

`make test` has 2 other accounts on each cloud, and one mode of Alibaba Cloud. `make test-all` has 45.
"""
from __future__ import annotations

import dataclasses
import json
import re

import pytest
import yaml
from alibabacloud_ram20150501 import models as ram
from clouds.alibaba import LocalAlibaba
from clouds.aws import LocalAws
from helpers import dumps
from helpers.alibaba import deployments as alibaba_deployments
from helpers.alibaba import dumps as alibaba_dumps
from helpers.alibaba import foreign as alibaba_foreign
from helpers.alibaba import identities
from helpers.aws import deployments
from helpers.aws import dumps as aws_dumps
from helpers.alibaba import sls
from helpers.alibaba.trails import Current
from helpers.playbooks import Playbooks
from helpers.verifications import SOON
from tools import inventory

KINDS = ("credentials", "permission", "quota", "id", "foreign")
OTHER_DEPLOYMENT = "other-company-logs"
WITHOUT_ID = re.compile(r" \(request id \S+\)")


class Company:
    """Accounts on both clouds, five of each broken.

    :ivar broken: what the line of a broken account says in setup, by host: a regular expression.
    :ivar done: the other members, by host with their ids.
    """

    def __init__(self, aws, alibaba, folder, members, mode):
        self.aws, self.alibaba = aws, alibaba
        self.playbooks = Playbooks(folder, {**aws.environment, **alibaba.environment, "HOME": str(folder)}, clouds=[aws, alibaba])
        self.inventory = yaml.safe_load(inventory.inventory(members))
        self.inventory["all"]["vars"] |= {"audit_logs_alibaba_mode": mode, "audit_logs_alibaba_project": alibaba_deployments.PROJECT}
        self.mode, self.broken, self.done, self.ids = mode, {}, {}, []
        groups = self.inventory["all"]["children"]
        for cloud, break_ in (("aws", self.break_aws), ("alibaba", self.break_alibaba)):
            hosts = {name: host for name, host in groups[f"{cloud}_members"]["hosts"].items() if host}
            chosen = list(hosts)[1::max(1, len(hosts) // len(KINDS))][:len(KINDS)]
            for kind, name in zip(KINDS, chosen, strict=True):
                number = hosts[name]["account_id"]
                variables, said = break_(kind, number)
                hosts[name] |= variables
                self.broken[name] = said
                self.ids.append(number)
            self.done |= {name: host["account_id"] for name, host in hosts.items() if name not in chosen}

    def break_aws(self, kind, number):
        """Variables of the host, and what its line says."""
        account = deployments.Account(self.aws, number)
        if kind == "credentials":
            for name, lines in (("config", "[profile stale]\n"), ("credentials", "[stale]\naws_access_key_id = AKIA0123456789ABCDEF\n"
                                "aws_secret_access_key = 8f3kq0s7d6f5g4h3j2k1l0m9n8b7v6c5x4z3a2s1\n")):
                path = self.playbooks.folder / ".aws" / name
                path.parent.mkdir(exist_ok=True)
                path.write_text(lines, encoding="utf-8")
            return {"audit_logs_aws_profile": "stale"}, "credentials: .*profile stale.*InvalidClientTokenId"
        if kind == "permission":
            trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{deployments.MANAGEMENT}:root"}}
            document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
            account.client("iam").create_role(RoleName="Powerless", AssumeRolePolicyDocument=document)
            return {"audit_logs_aws_role": "Powerless"}, f"member: .*arn:aws:sts::{number}:assumed-role/Powerless/.*Allow logs:DescribeLogGroups in a policy of"
        if kind == "id":
            role = f"arn:aws:iam::{deployments.ARCHIVE}:role/OrganizationAccountAccessRole"
            return {"audit_logs_aws_role": role}, f"credentials: .*{deployments.ARCHIVE}.*{number}.*account_id"
        client, bucket = account.client("cloudtrail"), f"{OTHER_DEPLOYMENT}-{number}"
        account.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": deployments.REGION})
        service = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}}
        account.client("s3").put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
            {**service, "Action": "s3:GetBucketAcl", "Resource": f"arn:aws:s3:::{bucket}"},
            {**service, "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/AWSLogs/{number}/*"},
        ]}))
        if kind == "quota":
            for trail in range(5):
                client.create_trail(Name=f"team-{trail}", S3BucketName=bucket)
            return {}, f"member: .*trail {deployments.TRAIL}.*{deployments.REGION}.*5 trails"
        tags = deployments.TAG | {"audit-logs-deployment": OTHER_DEPLOYMENT}
        client.create_trail(Name=deployments.TRAIL, S3BucketName=bucket, TagsList=[{"Key": key, "Value": value} for key, value in tags.items()])
        client.start_logging(Name=deployments.TRAIL)
        return {}, f"member: .*trail {deployments.TRAIL} .*deployment {OTHER_DEPLOYMENT}.*aws_trail_name"

    def break_alibaba(self, kind, number):
        """As break_aws."""
        account = alibaba_deployments.Account(self.alibaba, number)
        if kind == "credentials":
            path = self.playbooks.folder / ".aliyun" / "config.json"
            path.parent.mkdir()
            path.write_text(json.dumps({"current": "stale", "profiles": [{
                "name": "stale", "mode": "AK", "access_key_id": "LTAI5t0123456789abcdefgh", "access_key_secret": "q8w7e6r5t4y3u2i1o0p9a8s7d6f5g4",
            }]}), encoding="utf-8")
            return {"audit_logs_alibaba_profile": "stale", "audit_logs_alibaba_role": ""}, "credentials: .*profile stale.*InvalidAccessKeyId"
        if kind == "permission":
            identities.make_role(account.clients, "powerless", identities.trust(f"acs:ram::{alibaba_deployments.MANAGEMENT}:root"))
            return {"audit_logs_alibaba_role": "powerless"}, "member: .*NoPermission.*Action: [a-z]+:[A-Za-z]+; .*allow the action in a policy"
        if kind == "id":
            role = f"acs:ram::{alibaba_deployments.ARCHIVE}:role/{alibaba_deployments.ACCESS_ROLE.lower()}"
            return {"audit_logs_alibaba_role": role}, f"credentials: .*{alibaba_deployments.ARCHIVE}.*{number}.*account_id"
        if kind == "quota":
            return {}, self.exhaust(account)
        if self.mode == "log_audit":
            tags = alibaba_deployments.LOG_AUDIT_TAG | {"audit-logs-deployment": "9234567890123456"}
            alibaba_foreign.create(
                self.alibaba, number, "ram_role", name=alibaba_deployments.MONITOR, trusted_accounts=["9234567890123456"], tags=tags)
            return {}, f"member: .*role {alibaba_deployments.MONITOR} .*deployment 9234567890123456"
        self.create_trail(account, alibaba_deployments.TRAIL, alibaba_deployments.REGION)
        return {}, f"member: .*trail {alibaba_deployments.TRAIL} .*{OTHER_DEPLOYMENT}"

    def exhaust(self, account):
        """Let an account have as much as it can have; what its line says."""
        if self.mode != "log_audit":
            for trail in range(5):
                self.create_trail(account, f"team-{trail}", alibaba_deployments.REGION)
            return "member: .*trail audit-logs: .*MaximumNumberOfTrailsExceededException.*quota.*delete a trail"
        roles = self.alibaba.cloud.account(account.account_id).ram.roles  # 1,000 calls would take long
        model = next(iter(roles.all()))
        for one in range(1000 - len(roles)):
            roles.put(f"team-{one}", dataclasses.replace(model, name=f"team-{one}", id=f"3000000{one:04}"))
        return f"member: .*role {alibaba_deployments.MONITOR}: .*LimitExceeded.Role.*quota.*delete"

    def create_trail(self, account, name, region):
        """Create a trail of another deployment; it writes into a project of the account."""
        project = f"{OTHER_DEPLOYMENT}-{account.account_id}"
        if project not in account.state()["sls"]["projects"]:
            sls.make_project(account.clients.sls, project)
            trust = identities.policy({"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": ["actiontrail.aliyuncs.com"]}})
            identities.make_role(account.clients, "writes", trust)
            account.clients.ram.attach_policy_to_role(ram.AttachPolicyToRoleRequest(
                role_name="writes", policy_name="AliyunActionTrailDeliveryPolicy", policy_type="System"))
        Current(account.clients).call(
            "CreateTrail", Name=name, SlsProjectArn=f"acs:log:{region}:{account.account_id}:project/{project}",
            SlsWriteRoleArn=f"acs:ram::{account.account_id}:role/writes")

    def run(self, playbook, *arguments):
        """A run that fails for the broken accounts alone; its lines."""
        run = self.playbooks.run(playbook, "--forks", "20", *arguments, inventory=self.inventory)
        failed = {name: line for name, line in run.lines.items() if line.startswith("FAILED")}
        for name, line in failed.items():
            print(f"{playbook} {name} {line}")
        assert run.status != 0 and set(failed) == set(self.broken), run.output
        assert set(run.lines) == {*self.broken, *self.done, "log-archive", "root"}
        return run.lines

    def dump(self):
        """What the broken accounts hold, but logs."""
        on_alibaba = [number for number in self.ids if number in self.alibaba.cloud.accounts]
        found = aws_dumps.dump(self.aws, *self.ids) | alibaba_dumps.dump(self.alibaba, *on_alibaba)
        return {name: value for name, value in dumps.settings(found).items() if not name.endswith((" events", "sts"))}


@pytest.fixture(name="company", scope="module", params=["log_audit", "actiontrail"])
def fixture_company(request, tmp_path_factory):
    """A company before its first run; on Alibaba Cloud, a write role trusts no more than about 40 accounts."""
    members = 7
    if request.config.option.full:
        members = 50 if request.param == "log_audit" else 40
    with LocalAws() as aws, LocalAlibaba() as alibaba:
        yield Company(aws, alibaba, tmp_path_factory.mktemp("company"), members, request.param)


@pytest.mark.sample(1)
def test_broken_accounts(company):
    before = company.dump()
    first = company.run("setup")
    for name, said in company.broken.items():
        assert re.match(f"FAILED: {said}", first[name]), f"{name} {first[name]}"
    assert all(first[name].startswith("changed: ") for name in company.done), first

    second = company.run("setup")
    assert {name: WITHOUT_ID.sub("", second[name]) for name in company.broken} == {
        name: WITHOUT_ID.sub("", first[name]) for name in company.broken}
    assert {second[name] for name in company.done} == {"ok: nothing to do"}

    verified = company.run("verify", *SOON)
    assert all(re.match("ok: |warning: ", verified[name]) for name in company.done), verified
    # Nothing is left of any run, not even a log group or a role.
    assert dumps.text(company.dump()) == dumps.text(before)
