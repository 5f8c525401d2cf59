# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mode organization_trail: one trail records all accounts of the organization."""
from __future__ import annotations

import copy
import json
import shlex
import subprocess

import pytest
from clouds.aws import USUAL, LocalAws
from helpers import guides
from helpers.aws.deployments import ARCHIVE, BUCKET, MANAGEMENT, REGION, TRAIL, Account, inventory_of, writes
from helpers.aws.verifications import AwsDeployment
from helpers.verifications import SOON

NAME = "audit-logs-organization"
ARN = f"arn:aws:cloudtrail:{REGION}:{MANAGEMENT}:trail/{NAME}"
CLOUDTRAIL = "cloudtrail.amazonaws.com"
TEAM_A = "222222222222"
REGISTER = "audit_logs_aws_register_delegated_administrator"
MEMBERS = {"management": MANAGEMENT, "log-archive": ARCHIVE, "team-a": TEAM_A, "team-b": "333333333333"}
HOSTS = {"management": {"audit_logs_aws_role": ""}}
_VARIABLES, _DEREGISTER = guides.run_by(__file__, "docs/aws.md")


class Organization(AwsDeployment):
    """Four accounts; an account of them has the trail."""

    def __init__(self, aws, folder, administrator, **variables):
        organizations = aws.session().client("organizations")
        for account in MEMBERS.values():
            aws.session(account)
        organizations.enable_aws_service_access(ServicePrincipal=CLOUDTRAIL)
        if administrator != MANAGEMENT and not variables.get(REGISTER):
            organizations.register_delegated_administrator(AccountId=administrator, ServicePrincipal=CLOUDTRAIL)
        self.organization = organizations.describe_organization()["Organization"]["Id"]
        super().__init__(aws, folder, inventory_of(
            MEMBERS, HOSTS, **{
                **_VARIABLES.data, "audit_logs_aws_trail_account_id": administrator,
                "aws_trail_bucket_organization_id": self.organization, **variables,
            }))


@pytest.fixture(name="administrator", params=[MANAGEMENT, TEAM_A], ids=["management", "delegated"], scope="module")
def fixture_administrator(request):
    """The account that has the trail: the management account, or a delegated administrator."""
    return request.param


@pytest.fixture(name="deployment", scope="module")
def fixture_deployment(tmp_path_factory, administrator):
    """A deployment that is set up, in a local AWS of its own."""
    with LocalAws(windows=USUAL) as aws:
        found = Organization(aws, tmp_path_factory.mktemp("organization"), administrator, aws_trail_bucket_encryption="aws:kms",
                             audit_logs_aws_cloudwatch=True, aws_trail_event_selectors=[{"read_write_type": "All"}])
        found.first = found.setup()
        yield found


def test_one_account_has_the_trail(deployment, administrator):
    leader = next(name for name, account in MEMBERS.items() if account == administrator)
    changed = {name for name, line in deployment.first.lines.items() if line.startswith("changed")}
    assert changed == {"log-archive", leader}, deployment.first.lines
    trail = Account(deployment.aws, MANAGEMENT).trails()[NAME]
    assert (trail["TrailARN"], trail["IsOrganizationTrail"], trail["IsMultiRegionTrail"]) == (ARN, True, True)
    assert all(Account(deployment.aws, account).trails() == {} for account in MEMBERS.values() if account != MANAGEMENT)


def test_each_account_is_proven(deployment):
    report = deployment.verify()
    assert {one["name"]: one["probe"]["state"] for one in report["accounts"]} == dict.fromkeys(MEMBERS, "arrived"), report
    assert {one["state"] for one in report["accounts"]} <= {"ok", "warning"}, report


def test_a_second_run_changes_nothing(deployment):
    writes(deployment.aws)
    again = deployment.setup()
    assert set(again.lines.values()) == {"ok: nothing to do"}
    assert writes(deployment.aws) == []


def test_a_limit_that_leaves_out_members(deployment):
    run = deployment.playbooks.run("destroy", "--limit", "management,team-a", inventory=deployment.inventory)
    assert run.status != 0 and "records all members, but this run does not include" in run.output
    assert Account(deployment.aws, MANAGEMENT).client("cloudtrail").get_trail_status(Name=NAME)["IsLogging"]


def test_the_archive_alone(deployment):
    """As the last of several slices: nobody has deleted the trail."""
    deployment.playbooks.run("destroy", "--limit", "aws_archive", "-e", "audit_logs_updated=aws_members", "-e", "audit_logs_delete_logs=true",
                             inventory=deployment.inventory)
    assert Account(deployment.aws, ARCHIVE).buckets() == [BUCKET]


def test_accounts_that_the_inventory_does_not_have(deployment):
    stranger = "777777777777"
    deployment.aws.session(stranger)
    run = deployment.playbooks.run("destroy", inventory=deployment.inventory)
    assert run.status != 0 and f"also records 1 accounts that are not members in the inventory, such as {stranger}" in run.output
    run = deployment.playbooks.run("destroy", "-e", f"audit_logs_removed_accounts={stranger}", "-e", "audit_logs_delete_logs=true",
                                   inventory=deployment.inventory)
    assert run.status == 0, run.output
    assert Account(deployment.aws, MANAGEMENT).trails() == {}
    assert Account(deployment.aws, ARCHIVE).buckets() == []


class TestRegistration:
    """Setup registers the account that has the trail as a delegated administrator, in the session of the management account."""

    @pytest.fixture(autouse=True)
    def fixture_deployment(self, aws, tmp_path):
        self.aws = aws
        self.deployment = Organization(aws, tmp_path, TEAM_A, **{REGISTER: True})

    def registered(self):
        listed = self.aws.session().client("organizations").list_delegated_administrators(ServicePrincipal=CLOUDTRAIL)
        return [one["Id"] for one in listed["DelegatedAdministrators"]]

    def run(self, playbook, *arguments):
        return self.deployment.playbooks.run(playbook, *SOON, *arguments, inventory=self.deployment.inventory)

    def test_there_and_back(self):
        said = f"delegated administrator of CloudTrail {TEAM_A}: register"
        plan = self.deployment.setup("--check", "--diff")
        assert said in plan.lines["management"] and f"trail {NAME}: create" in plan.lines["team-a"], plan.output
        assert self.registered() == []
        self.aws.calls.clear()
        run = self.deployment.setup()
        # Until CloudTrail sees it
        assert "NotOrganizationMasterAccountException" in {call.error for call in self.aws.calls if call.action == "CreateTrail"}
        assert said in run.lines["management"] and f"trail {NAME}: create" in run.lines["team-a"], run.output
        assert self.registered() == [TEAM_A] and Account(self.aws, MANAGEMENT).trails()[NAME]["IsOrganizationTrail"]
        writes(self.aws)
        assert set(self.deployment.setup().lines.values()) == {"ok: nothing to do"}
        assert writes(self.aws) == []
        subprocess.run(shlex.split(_DEREGISTER.text), env=self.deployment.playbooks.environment, check=True)
        report = {one["name"]: one for one in self.deployment.verify()["accounts"]}
        assert report["management"]["reason"] == (
            f"account {TEAM_A} is not registered as a delegated administrator of CloudTrail: run setup")
        self.deployment.setup()
        self.deployment.destroy("-e", "audit_logs_removed_accounts=" + self.deployment.organization)
        assert Account(self.aws, MANAGEMENT).trails() == {} and self.registered() == [TEAM_A]

    def test_without_the_management_account(self):
        """A run that leaves it out registers nobody, and says what to do."""
        run = self.run("setup", "--limit", "log-archive,team-a")
        assert run.status != 0 and "run setup with the management account" in run.lines["team-a"], run.output
        assert self.registered() == [] and Account(self.aws, MANAGEMENT).trails() == {}

    def test_a_registration_that_fails(self):
        """Then there is no trail either."""
        self.aws.session().client("organizations").disable_aws_service_access(ServicePrincipal=CLOUDTRAIL)
        run = self.run("setup")
        assert "does not trust CloudTrail: run 'aws organizations enable-aws-service-access" in run.lines["management"], run.output
        assert run.lines["team-a"].startswith("FAILED")
        assert self.registered() == [] and Account(self.aws, MANAGEMENT).trails() == {}


class TestCoveredAccounts:
    """Accounts that the trail of another account records: setup changes nothing in them, and says if no trail records them."""

    @pytest.fixture(autouse=True)
    def fixture_deployment(self, aws, tmp_path):
        self.aws = aws
        self.deployment = Organization(aws, tmp_path, MANAGEMENT)

    def run(self, *arguments):
        return self.deployment.playbooks.run("setup", *arguments, inventory=self.deployment.inventory)

    def test_alone(self):
        for arguments in (("--check", "--diff"), ()):
            run = self.run("--limit", "team-b", *arguments)
            assert run.status != 0 and run.lines["team-b"] == (
                f"FAILED: member: no trail records this account: trail {NAME} in {REGION} does not exist, or does not record this account."
                " Add management, which has the trail, to --limit"), run.output
        assert self.run("--check", "--diff").status == 0
        self.deployment.setup()
        run = self.run("--limit", "team-b")
        assert run.status == 0 and run.lines["team-b"] == "ok: nothing to do"
        trails = Account(self.aws, MANAGEMENT).client("cloudtrail")
        trails.stop_logging(Name=NAME)
        run = self.run("--limit", "team-b")
        assert run.status != 0 and f"no trail records this account: trail {NAME} in {REGION} is stopped" in run.lines["team-b"], run.output
        assert self.run().status == 0 and trails.get_trail_status(Name=NAME)["IsLogging"]

    def test_the_account_that_has_the_trail_fails(self):
        self.aws.session().client("organizations").disable_aws_service_access(ServicePrincipal=CLOUDTRAIL)
        run = self.run()
        assert run.status != 0 and "does not trust CloudTrail" in run.lines["management"]
        assert run.lines["team-b"] == (
            f"FAILED: member: no trail records this account: trail {NAME} in {REGION} does not exist, or does not record this account."
            " management, which has the trail, failed"), run.output


def keep_out(aws, path):
    """Let the bucket refuse what is put at a path."""
    policy = Account(aws, ARCHIVE).bucket_policy()
    policy["Statement"].append(
        {"Sid": "KeepOut", "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{path}"})
    Account(aws, ARCHIVE).client("s3").put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))


def let_another_trail_deliver(statements):
    """Add a statement for a trail that an account does not have."""
    shared = next(one for one in statements if one["Sid"] == "CloudTrailDelivers")
    arn = f"arn:aws:cloudtrail:{REGION}:{TEAM_A}:trail/another"
    statements.append({**shared, "Sid": f"CloudTrailWrite{TEAM_A}", "Condition": {"StringEquals": {"aws:SourceArn": arn}}})


@pytest.fixture(name="mover", params=[MANAGEMENT, TEAM_A], ids=["management", "delegated"])
def fixture_mover(request):
    """The account that has the trail of the organization after a move."""
    return request.param


class TestMove:
    """From a trail in each account to one of the organization and back, without a time in which an account is not recorded."""

    @pytest.fixture(autouse=True)
    def fixture_moving(self, aws, tmp_path, mover):
        self.aws = aws
        self.moving = Organization(aws, tmp_path, mover)
        self.of_organization = self.moving.inventory
        self.of_accounts = inventory_of(MEMBERS, HOSTS)

    def run(self, playbook, inventory, *arguments):
        run = self.moving.playbooks.run(playbook, *SOON, *arguments, inventory=inventory)
        assert run.status == 0, run.output
        return run

    def trails(self):
        """Names of the trails of each account that record."""
        found = {}
        for name, account in MEMBERS.items():
            client = Account(self.aws, account).client("cloudtrail")
            found[name] = {
                trail["Name"] for trail in client.describe_trails()["trailList"]
                if client.get_trail_status(Name=trail["TrailARN"])["IsLogging"]
            }
        return found

    def sources(self):
        """Sids of the statements of the bucket's policy that are for accounts."""
        statements = Account(self.aws, ARCHIVE).bucket_policy()["Statement"]
        return {one["Sid"].removeprefix("CloudTrailWrite") for one in statements if one["Sid"].startswith("CloudTrailWrite")}

    def may_deliver(self):
        """Names of the trails that the bucket's policy names."""
        arns = json.dumps(Account(self.aws, ARCHIVE).bucket_policy())
        return {name for name in (TRAIL, NAME) if f'trail/{name}"' in arns}

    @pytest.mark.sample(1)
    def test_there_and_back(self):
        only_leftovers = ("-e", "audit_logs_only_leftovers=true")
        self.run("setup", self.of_accounts)
        assert self.trails() == dict.fromkeys(MEMBERS, {TRAIL})
        self.run("setup", self.of_organization)
        assert self.trails() == dict.fromkeys(MEMBERS, {TRAIL, NAME})
        assert self.sources() == set(MEMBERS.values())  # their own trails go on to deliver
        assert "There is also trail audit-logs in eu-west-1" in self.run("verify", self.of_organization).output
        self.run("destroy", self.of_organization, *only_leftovers)
        assert self.trails() == dict.fromkeys(MEMBERS, {NAME})
        self.run("setup", self.of_organization)
        assert self.sources() == {MANAGEMENT}
        assert "There is also" not in self.run("verify", self.of_organization).output

        refused = self.moving.playbooks.run("setup", "-e", f"aws_trail_name={NAME}", inventory=self.of_accounts)
        assert refused.status != 0 and "records the whole organization, and this run would end that" in refused.output
        self.run("setup", self.of_accounts)
        assert self.trails() == dict.fromkeys(MEMBERS, {TRAIL, NAME})
        assert self.may_deliver() == {TRAIL, NAME}  # until the trail of the organization is deleted
        assert "that the inventory does not need: delete earlier trails" in self.run("verify", self.of_accounts).output
        stopped = Account(self.aws, TEAM_A).client("cloudtrail")
        stopped.stop_logging(Name=TRAIL)
        run = self.moving.playbooks.run("destroy", *only_leftovers, inventory=self.of_accounts)
        assert run.status != 0 and f"also records 1 accounts that are not members in the inventory, such as {TEAM_A}" in run.output
        assert self.trails() == {**dict.fromkeys(MEMBERS, {TRAIL, NAME}), "team-a": {NAME}}
        stopped.start_logging(Name=TRAIL)
        self.run("destroy", self.of_accounts, *only_leftovers)
        assert self.trails() == dict.fromkeys(MEMBERS, {TRAIL})
        self.run("setup", self.of_accounts)
        assert self.may_deliver() == {TRAIL}
        self.run("verify", self.of_accounts)

    @pytest.mark.sample(1)
    @pytest.mark.parametrize("mover", [MANAGEMENT], indirect=True)
    @pytest.mark.parametrize("form", ["source_arns", "source_accounts"])
    def test_back_with_a_policy_of_lists(self, form):
        """Until the trail of the organization is deleted, verify warns of what the policy has for that trail, and of nothing else."""
        for inventory in (self.of_organization, self.of_accounts):
            inventory["all"]["vars"]["aws_trail_bucket_policy_form"] = form
        self.run("setup", self.of_organization)
        self.run("setup", self.of_accounts)
        assert self.may_deliver() == {TRAIL, NAME}
        archive = self.verified()
        assert archive["state"] == "warning" and "that the inventory does not need: delete earlier trails" in archive["reason"], archive
        self.moving.change_bucket_policy(let_another_trail_deliver)
        assert self.verified()["state"] == "failed"
        self.run("setup", self.of_accounts)
        assert self.may_deliver() == {TRAIL, NAME}
        self.run("destroy", self.of_accounts, "-e", "audit_logs_only_leftovers=true")
        assert self.may_deliver() == {TRAIL, NAME}
        archive = self.verified()
        assert archive["state"] == "failed" and ", which is not in the inventory" in archive["reason"], archive
        self.run("setup", self.of_accounts)
        assert self.may_deliver() == {TRAIL} and self.verified()["state"] != "failed"

    def verified(self):
        """The result of the archive account."""
        return next(one for one in self.moving.verify(inventory=self.of_accounts)["accounts"] if one["name"] == "log-archive")

    @pytest.mark.parametrize("mover", [MANAGEMENT], indirect=True)
    def test_another_name_of_the_trail_of_the_organization(self):
        """The earlier one goes only if an event of each account arrives by the new one."""
        self.run("setup", self.of_organization)
        renamed = copy.deepcopy(self.of_organization)
        renamed["all"]["vars"]["aws_trail_name"] = "other"
        self.run("setup", renamed)
        assert self.trails() == dict.fromkeys(MEMBERS, {NAME, "other"}) and self.may_deliver() >= {NAME}
        organization = self.moving.organization
        keep_out(self.aws, f"{BUCKET}/*/{organization}/{TEAM_A}/*")
        run = self.moving.playbooks.run("destroy", *SOON, "-e", "audit_logs_only_leftovers=true", inventory=renamed)
        assert run.status != 0 and f"accounts that are not members in the inventory, such as {TEAM_A}" in run.output
        assert self.trails() == dict.fromkeys(MEMBERS, {NAME, "other"})

    @pytest.mark.parametrize("mover", [MANAGEMENT], indirect=True)
    def test_a_trail_of_the_organization_that_does_not_record_an_account(self):
        """It delivers logs of others; the account keeps its own trail."""
        self.run("setup", self.of_accounts)
        self.run("setup", self.of_organization)
        keep_out(self.aws, f"{BUCKET}/*/{self.moving.organization}/{TEAM_A}/*")
        run = self.moving.playbooks.run("destroy", *SOON, "-e", "audit_logs_only_leftovers=true", inventory=self.of_organization)
        assert "the trail of the organization did not deliver an event of this account" in run.lines["team-a"], run.output
        assert TRAIL in self.trails()["team-a"] and self.trails()["team-b"] == {NAME}
