# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each action of the policies in docs/policies/aws is needed: without it, a run fails or says what it could not do, and names it.

Many members lack an action each, in one run, and so do many archive accounts. The account of an organization's trail lacks one in a
run of its own.
"""
from __future__ import annotations

import json
import random
import re

import pytest
import yaml
from clouds.aws import LocalAws
from helpers import permissions
from helpers.aws import landing_zone
from helpers.aws.deployments import ARCHIVE, BUCKET, LOG_GROUP, MANAGEMENT, MEMBERS, REGION, ROLE, TRAIL, inventory_of
from helpers.aws.permissions import Granted
from helpers.aws.verifications import AwsDeployment
from helpers.playbooks import Playbooks
from helpers.verifications import SOON

pytestmark = pytest.mark.usefixtures("restricted")

CONTROL = "control"
DELETE = ("-e", "audit_logs_delete_logs=true")
OF_A_SAMPLE = 3  # actions that make test tries in a run; make test-all tries all
# What is said in place of the action.
SAID = {"ReadKeyOfTrail": "because these credentials may not read the key", "UseServiceLinkedRole": "a service-linked role"}


def cases_of(account, run):
    """Names of statements and actions of a policy file."""
    return [(one.sid, action) for one in permissions.statements("aws", account, run) for action in one.actions]


def is_named(case, text):
    """Whether a text says what is missing without an action."""
    return case[1] in text or SAID.get(case[0], case[1]) in text


def warnings(run, case, account):
    """Warnings that name what is missing: in an account, or in some accounts."""
    found = re.findall(r"\[WARNING\]: [^\[]*", " ".join(run.output.split()))
    return [one for one in found if is_named(case, one) and (account in one or f"because {case[1]} " in one)]


@pytest.fixture(name="some")
def fixture_some(request, seed):
    """Chooses cases of those of a policy file."""
    def choose(cases):
        return cases if request.config.option.full else random.Random(seed).sample(cases, min(OF_A_SAMPLE, len(cases)))

    return choose


def unnoticed(scenarios, cases, tmp_path):
    """The cases that no run says anything of; each scenario tries those that are left."""
    left = list(cases)
    for scenario in scenarios:
        if left:
            with LocalAws() as aws:
                folder = tmp_path / scenario.__name__
                folder.mkdir()
                noticed = scenario(aws, folder, left)
            left = [case for case in left if case not in noticed]
    return left


class Members(AwsDeployment):
    """A deployment with a member for each case, which lacks its action, and one member that lacks nothing.

    :ivar noticed: what runs said of members, by the case.
    """

    def __init__(self, aws, folder, run, lacking, own=None, **variables):
        self.run_name = run
        self.lacking = {f"m{number}": case for number, case in enumerate(lacking)}
        self.accounts = {name: f"{number:012}" for number, name in enumerate([CONTROL, *self.lacking], 500000000000)}
        self.noticed = {}
        hosts = own and {name: own(aws, number) for name, number in self.accounts.items()}
        super().__init__(aws, folder, inventory_of(self.accounts, hosts, **{
            "aws_trail_bucket_policy_form": "source_accounts", "audit_logs_aws_cloudwatch": True, **variables}))

    def try_without(self, *arguments):
        """Run the playbook; each member lacks its action."""
        self.playbooks.without = {self.accounts[name]: {case} for name, case in self.lacking.items()}
        try:
            run = self.playbooks.run(self.run_name, *arguments, inventory=self.inventory)
        finally:
            self.playbooks.without = {}
        found = {name: self.told(run, name).replace(account, "ACCOUNT") for name, account in self.accounts.items()}
        for name, case in self.lacking.items():
            said = warnings(run, case, self.accounts[name])
            if said or found[name] != found[CONTROL] and is_named(case, found[name]):
                self.noticed[case] = [*said, found[name]]
        return run

    def told(self, run, name):
        """What a run says of a member."""
        if self.run_name != "verify":
            return run.lines[name]
        report = json.loads((self.playbooks.folder / "audit-logs-report/report.json").read_text(encoding="utf-8"))
        [account] = [one for one in report["accounts"] if one["name"] == name]
        return json.dumps([account["state"], account["reason"], account["findings"], (account["probe"] or {}).get("causes")])

    def in_each(self, service, change):
        """Change something in each member."""
        for account in self.accounts.values():
            change(self.client(account, service))


INSIGHTS = {"aws_trail_insight_types": ["ApiCallRateInsight"]}


def new_members(aws, folder, lacking):
    """Set up new members."""
    members = Members(aws, folder, "setup", lacking, **INSIGHTS)
    assert "changed: " in members.try_without().lines[CONTROL]
    return members.noticed


def changed_members(aws, folder, lacking):
    """Set up members in which everything differs from the inventory."""
    members = Members(aws, folder, "setup", lacking, **INSIGHTS)
    members.setup()
    selectors = [{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True, "DataResources": []}]
    members.in_each("cloudtrail", lambda client: client.put_event_selectors(TrailName=TRAIL, EventSelectors=selectors))
    members.in_each("logs", lambda client: client.put_retention_policy(logGroupName=LOG_GROUP, retentionInDays=3653))
    members.in_each("iam", lambda client: client.update_role(RoleName=ROLE, Description="other"))
    run = members.try_without("-e", json.dumps({
        "aws_trail_event_selectors": [{"read_write_type": "All"}], "aws_trail_s3_key_prefix": "none",
        "aws_trail_tags": {"team": "a"}, "aws_trail_cloudwatch_tags": {"team": "a"}, "aws_trail_enable_logging": False,
        "aws_trail_cloudwatch_trust_only_trail": True, "aws_trail_cloudwatch_retention_days": 90,
        "audit_logs_shorten_retention": True,
    }))
    assert "changed: " in run.lines[CONTROL], run.lines[CONTROL]
    return members.noticed


def key_of(aws, account):
    """Variables of a member: a key of its own encrypts its log files."""
    kms = aws.session(account).client("kms", region_name=REGION)
    policy = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "kms:*", "Resource": "*"},
        {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": ["kms:GenerateDataKey*", "kms:DescribeKey"],
         "Resource": "*"},
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ARCHIVE}:root"}, "Action": "kms:Decrypt", "Resource": "*"}]}
    return {"aws_trail_kms_key_id": kms.create_key(Policy=json.dumps(policy))["KeyMetadata"]["Arn"]}


def of_organization(aws):
    """Variables: the bucket policy names the organization."""
    return {"aws_trail_bucket_policy_form": "organization", "aws_trail_bucket_organization_id": organization_of(aws)}


def members_with_keys(aws, folder, lacking):
    """Set up members with a key each, in the archive of an organization."""
    members = Members(aws, folder, "setup", lacking, key_of, **of_organization(aws))
    members.try_without()
    return members.noticed


def verified_members(aws, folder, lacking):
    """Verify members whose role has a policy of somebody else."""
    members = Members(aws, folder, "verify", lacking, **INSIGHTS)
    members.setup()
    members.in_each("iam", attach_policy)
    members.try_without(*SOON)
    return members.noticed


def verified_members_with_keys(aws, folder, lacking):
    """Verify members whose trails record no read events, with a key each, in the archive of an organization."""
    members = Members(aws, folder, "verify", lacking, key_of, aws_trail_event_selectors=[{"read_write_type": "WriteOnly"}],
                      **of_organization(aws))
    members.setup()
    members.try_without(*SOON)
    return members.noticed


def verified_members_alone(aws, folder, lacking):
    """Verify members without their archive account."""
    members = Members(aws, folder, "verify", lacking, audit_logs_aws_cloudwatch=False, audit_logs_deployment="shared")
    members.setup()
    del members.inventory["all"]["children"]["aws_archive"]
    members.try_without(*SOON)
    return members.noticed


def verified_members_that_do_not_deliver(aws, folder, lacking):
    """Verify members with a key each, which no longer lets CloudTrail encrypt."""
    members = Members(aws, folder, "verify", lacking, key_of)
    members.setup()
    for account in members.accounts.values():
        kms = members.client(account, "kms")
        [key] = kms.list_keys()["Keys"]
        policy = json.loads(kms.get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"])
        policy["Statement"] = [one for one in policy["Statement"] if "Service" not in one["Principal"]]
        kms.put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy=json.dumps(policy))
    members.try_without(*SOON)
    return members.noticed


def verified_members_of_a_landing_zone(aws, folder, lacking):
    """Verify members that the trail of a landing zone records, without an archive account."""
    members = Members(aws, folder, "verify", lacking)
    landing_zone.place(aws, ARCHIVE, members.accounts.values())
    aws.settle()
    return members_with_a_trail_of(organization_of(aws), members)


def verified_members_of_another_organization(aws, folder, lacking):
    """Verify members that are not in the organization of the trail."""
    return members_with_a_trail_of("o-a1b2c3d4e5", Members(aws, folder, "verify", lacking))


def members_with_a_trail_of(organization, members):
    """Verify members without an archive account; the inventory names the trail of an organization."""
    variables = members.inventory["all"]["vars"]
    variables.update(
        audit_logs_aws_mode="existing_trail", aws_trail_bucket_name=f"aws-controltower-logs-{ARCHIVE}-{REGION}",
        audit_logs_aws_trail_arn=f"arn:aws:cloudtrail:{REGION}:{MANAGEMENT}:trail/{landing_zone.BASELINE_TRAIL}",
        aws_trail_s3_key_prefix=organization, aws_trail_bucket_organization_id=organization, audit_logs_aws_cloudwatch=False)
    del variables["aws_trail_bucket_policy_form"], members.inventory["all"]["children"]["aws_archive"]
    members.try_without(*SOON)
    return members.noticed


def organization_of(aws):
    """The id of the organization."""
    return aws.session().client("organizations").describe_organization()["Organization"]["Id"]


def destroyed_members(aws, folder, lacking):
    """Destroy members whose role has a policy of somebody else."""
    members = Members(aws, folder, "destroy", lacking, **INSIGHTS)
    members.setup()
    members.in_each("iam", attach_policy)
    run = members.try_without(*DELETE)
    assert "changed: " in run.lines[CONTROL], run.lines[CONTROL]
    return members.noticed


def attach_policy(iam, role=ROLE):
    """Attach a managed policy to a role."""
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sns:ListTopics", "Resource": "*"}]}
    arn = iam.create_policy(PolicyName="other", PolicyDocument=json.dumps(document))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=role, PolicyArn=arn)


OF_MEMBERS = {
    "setup": [new_members, changed_members, members_with_keys],
    "verify": [
        verified_members, verified_members_with_keys, verified_members_alone, verified_members_that_do_not_deliver,
        verified_members_of_a_landing_zone, verified_members_of_another_organization,
    ],
    "destroy": [destroyed_members],
}


@pytest.mark.sample(1)
@pytest.mark.parametrize("run", OF_MEMBERS)
def test_each_action_of_a_member_is_needed(tmp_path, some, run):
    assert unnoticed(OF_MEMBERS[run], some(cases_of("member", run)), tmp_path) == []


class Archives:
    """Archive accounts, each with a deployment of its own without members, on which one play runs the roles of an archive account.

    Each lacks the action of a case, but one lacks nothing.

    :ivar noticed: what runs said of the accounts, by the case.
    """

    def __init__(self, aws, folder, run, lacking):
        self.aws, self.run_name = aws, run
        self.lacking = {f"m{number}": case for number, case in enumerate(lacking)}
        self.accounts = {name: f"{number:012}" for number, name in enumerate([CONTROL, *self.lacking], 600000000000)}
        self.playbooks = Playbooks(folder, aws.environment, clouds=[aws])
        self.playbooks.use_profiles(self.accounts)
        self.noticed = {}

    def client(self, name, service):
        return self.aws.session(self.accounts[name]).client(service, region_name=REGION)

    def variables(self, account):
        """The options of the roles, with which they create all that they can."""
        return {
            "account_id": account, "audit_logs_aws_region": REGION, "aws_trail_bucket_name": f"archive-{account}",
            "aws_trail_bucket_account_id": account, "aws_trail_validation_account_id": account, "aws_trail_bucket_encryption": "aws:kms",
            "aws_trail_bucket_trails": [{"account_id": account}], "aws_trail_bucket_expiration_days": 400,
            "aws_trail_bucket_logging_bucket": f"access-{account}", "aws_trail_validation_principals": [MANAGEMENT],
            "aws_trail_bucket_deployment": f"archive-{account}", "aws_trail_validation_deployment": f"archive-{account}",
        }

    def run(self, *arguments, **variables):
        """Run the roles on all accounts; returns what was printed about each."""
        state = {"setup": "present", "verify": "verified", "destroy": "absent"}[self.run_name]
        play = {
            "hosts": "all", "gather_facts": False, "strategy": "free",
            "module_defaults": {"group/crossaccount.audit_logs.aws": {"profile": "{{ inventory_hostname }}"}},
            "vars": {
                "ansible_connection": "crossaccount.audit_logs.local_fork",
                "ansible_python_interpreter": "{{ ansible_playbook_python }}",
                "aws_trail_bucket_state": state, "aws_trail_validation_state": state, **variables,
            },
            "roles": ["crossaccount.audit_logs.aws_trail_validation", "crossaccount.audit_logs.aws_trail_bucket"],
        }
        inventory = {"all": {"hosts": {name: self.variables(account) for name, account in self.accounts.items()}}}
        path = self.playbooks.folder / "roles.yml"
        path.write_text(yaml.safe_dump([play], sort_keys=False), encoding="utf-8")
        return self.playbooks.run(path, *arguments, inventory=inventory, ANSIBLE_FORKS="8")

    def key(self, name):
        """Id of the key of an archive."""
        return self.client(name, "kms").describe_key(KeyId=f"alias/archive-{self.accounts[name]}")["KeyMetadata"]["KeyId"]

    def complete(self):
        """Run the roles with all permissions."""
        run = self.run()
        assert run.status == 0, run.output

    def try_without(self, **variables):
        """Run the roles; each account lacks its action."""
        inventory = {"all": {"children": {"aws_archive": {"hosts": {
            name: {**self.variables(account), "audit_logs_delete_logs": True} for name, account in self.accounts.items()}}}}}
        without = {self.accounts[name]: {case} for name, case in self.lacking.items()}
        with Granted(self.aws, {}).during([self.run_name], inventory, (), without):
            run = self.run(**variables)
        for name, case in self.lacking.items():
            said = re.findall(rf"(?:fatal|failed): \[{name}\].*{case[1]}\b.*", run.output) + warnings(run, case, self.accounts[name])
            if said:
                self.noticed[case] = said
        assert run.recap[CONTROL]["failed"] == 0, run.output
        return run


def all_settings_differ(archives, name, account):
    """Change what setup configures in an archive."""
    bucket, role = f"archive-{account}", f"archive-{account}-cloudtrail-validation"
    kms, s3, iam = (archives.client(name, service) for service in ("kms", "s3", "iam"))
    key = kms.describe_key(KeyId=f"alias/{bucket}")["KeyMetadata"]["KeyId"]
    policy = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps({**policy, "Statement": policy["Statement"][:1]}))
    kms.update_key_description(KeyId=key, Description="other")
    kms.disable_key(KeyId=key)
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]})
    s3.delete_public_access_block(Bucket=bucket)
    trust = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    trust["Statement"][0]["Principal"] = {"Service": "cloudtrail.amazonaws.com"}
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(trust))
    iam.update_role(RoleName=role, Description="other")


def let_log(archives):
    """Create the buckets for access logs."""
    for account in archives.accounts.values():
        bucket, s3 = f"access-{account}", archives.aws.session(account).client("s3", region_name=REGION)
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::{bucket}/*"}]}))


def new_archives(aws, folder, lacking):
    """Set up new archives."""
    archives = Archives(aws, folder, "setup", lacking)
    let_log(archives)
    run = archives.try_without(aws_trail_bucket_object_lock_mode="GOVERNANCE", aws_trail_bucket_object_lock_days=1)
    assert run.changed[CONTROL] > 3
    return archives.noticed


def changed_archives(aws, folder, lacking):
    """Set up archives in which everything differs from the options."""
    archives = Archives(aws, folder, "setup", lacking)
    let_log(archives)
    archives.complete()
    for name, account in archives.accounts.items():
        all_settings_differ(archives, name, account)
    archives.try_without(
        aws_trail_bucket_expiration_days=300,
        aws_trail_bucket_shorten_retention=True, **of_organization(aws))
    return archives.noticed


def archives_without_role(aws, folder, lacking):
    """Set up archives that no longer have a role for validation, and whose key is to be deleted."""
    archives = Archives(aws, folder, "setup", lacking)
    let_log(archives)
    archives.complete()
    for name, account in archives.accounts.items():
        attach_policy(archives.client(name, "iam"), f"archive-{account}-cloudtrail-validation")
        archives.client(name, "kms").schedule_key_deletion(KeyId=archives.key(name))
    archives.try_without(aws_trail_validation_state="absent")
    return archives.noticed


def verified_archives(aws, folder, lacking):
    """Verify archives."""
    archives = Archives(aws, folder, "verify", lacking)
    let_log(archives)
    archives.run(aws_trail_bucket_state="present", aws_trail_validation_state="present")
    archives.try_without()
    return archives.noticed


def destroyed_archives(aws, folder, lacking):
    """Destroy archives with a log file, and a role that has a policy of somebody else."""
    archives = Archives(aws, folder, "destroy", lacking)
    let_log(archives)
    archives.run(aws_trail_bucket_state="present", aws_trail_validation_state="present")
    for name, account in archives.accounts.items():
        archives.client(name, "s3").put_object(Bucket=f"archive-{account}", Key=f"{account}/AWSLogs/{account}/CloudTrail/log", Body=b"")
        attach_policy(archives.client(name, "iam"), f"archive-{account}-cloudtrail-validation")
    run = archives.try_without(aws_trail_bucket_delete_logs=True, aws_trail_bucket_destroyed_accounts=["{{ account_id }}"])
    assert run.changed[CONTROL] > 2, run.output
    return archives.noticed


OF_ARCHIVES = {
    "setup": [new_archives, changed_archives, archives_without_role], "verify": [verified_archives], "destroy": [destroyed_archives]}
# What only verify.yml does in an archive account, and not the roles.
OF_PLAYBOOK = [
    ("ReadLogFiles", "s3:GetObject"), ("ListVersions", "s3:ListBucketVersions"), ("DecryptLogFiles", "kms:Decrypt"),
    ("FindValidationRole", "iam:GetRole"), ("AssumeValidationRole", "sts:AssumeRole"), ("ValidateLogFiles", "cloudtrail:ListPublicKeys"),
    ("DescribeOrganization", "organizations:DescribeOrganization"), ("ListAccounts", "organizations:ListAccounts"),
]


@pytest.mark.sample(1)
@pytest.mark.parametrize("run", OF_ARCHIVES)
def test_each_action_of_an_archive_is_needed(tmp_path, some, run):
    cases = [case for case in cases_of("archive", run) if run != "verify" or case not in OF_PLAYBOOK]
    assert unnoticed(OF_ARCHIVES[run], some(cases), tmp_path) == []


@pytest.fixture(scope="module", name="verified")
def fixture_verified(tmp_path_factory):
    """A deployment with a KMS key and a role that validates log files, in the archive account that administers CloudTrail."""
    with LocalAws() as aws:
        deployment = AwsDeployment(aws, tmp_path_factory.mktemp("verified"), inventory_of(
            2, aws_trail_bucket_encryption="aws:kms", aws_trail_validation_principals=[ARCHIVE]))
        aws.session(ARCHIVE)
        organizations = aws.session().client("organizations")
        organizations.enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
        organizations.register_delegated_administrator(AccountId=ARCHIVE, ServicePrincipal="cloudtrail.amazonaws.com")
        aws.clock.advance(-7200)
        deployment.setup()
        aws.clock.advance(7200)  # now there are digest files
        # An account that the inventory does not have delivers, too.
        del deployment.inventory["all"]["children"]["aws_members"]["hosts"]["team-b"]
        yield deployment


@pytest.mark.sample(1)
@pytest.mark.parametrize("sid, action", OF_PLAYBOOK)
def test_verify_reads_the_archive(verified, sid, action):
    role = ("-e", f"audit_logs_aws_validation_role={BUCKET}-cloudtrail-validation") if action == "sts:AssumeRole" else ()
    verified.playbooks.without = {ARCHIVE: {(sid, action)}}
    run = verified.playbooks.run("verify", *SOON, *role, inventory=verified.inventory)
    report = json.loads((verified.playbooks.folder / "audit-logs-report/report.json").read_text(encoding="utf-8"))
    assert action in " ".join(run.output.split()) + json.dumps(report), run.output


# The account that has the trail of the organization, and the management account

TEAM_A = MEMBERS["team-a"]
REGISTER = "audit_logs_aws_register_delegated_administrator"
OF_REGISTRATION = {"UseServiceLinkedRole", "RegisterAdministrator", "CheckAdministrator", "DescribeMember", "RegisterMember"}
# Of verify, if the account that has the trail is not registered any more.
OF_LOST_REGISTRATION = {"organizations:ListAWSServiceAccessForOrganization", "organizations:DescribeAccount"}
CLOUDTRAIL = "cloudtrail.amazonaws.com"


class Organization(AwsDeployment):
    """A deployment with the trail of an organization, which the management account has or registers team-a for."""

    def __init__(self, aws, folder, owner):
        aws.reset()
        accounts = {"management": MANAGEMENT, "log-archive": ARCHIVE, "team-a": TEAM_A}
        for account in accounts.values():
            aws.session(account)
        aws.session().client("organizations").enable_aws_service_access(ServicePrincipal=CLOUDTRAIL)
        super().__init__(aws, folder, inventory_of(
            accounts, {"management": {"audit_logs_aws_role": ""}}, audit_logs_aws_mode="organization_trail",
            audit_logs_aws_management_account_id=MANAGEMENT, audit_logs_aws_trail_account_id=owner,
            **{**of_organization(aws), REGISTER: owner != MANAGEMENT}))


@pytest.fixture(scope="module", name="organization_of")
def fixture_organization_of(aws_server, tmp_path_factory):
    """Makes an organization; the last one again if it is set up with the same owner of the trail."""
    kept = {}

    def make(run, owner):
        if run == "setup" or kept.get("owner") != owner:
            kept.clear()
            kept["organization"] = Organization(aws_server, tmp_path_factory.mktemp("organization"), owner)
            if run != "setup":
                kept["organization"].setup()
                kept["owner"] = owner
        return kept["organization"]

    return make


def cases_of_organization():
    """Playbooks, names of statements, actions, and who has the trail: by that, the cases of verify and destroy share deployments."""
    found = [(run, *case, owner) for owner in (MANAGEMENT, TEAM_A) for run in permissions.RUNS for case in cases_of("management", run)]
    return [one for one in found if (one[3] == TEAM_A) == (one[1] in OF_REGISTRATION or one[2].endswith("ListDelegatedAdministrators"))]


@pytest.mark.sample(2)
@pytest.mark.parametrize("run, sid, action, owner", cases_of_organization())
def test_each_action_of_the_management_account_is_needed(organization_of, run, sid, action, owner):
    organization = organization_of(run, owner)
    organizations = organization.aws.session().client("organizations")
    is_lost = run == "verify" and action in OF_LOST_REGISTRATION
    if is_lost:
        organizations.deregister_delegated_administrator(AccountId=owner, ServicePrincipal=CLOUDTRAIL)
    organization.playbooks.without = {account: {(sid, action)} for account in (MANAGEMENT, TEAM_A)}
    try:
        found = organization.playbooks.run(run, *(SOON if run == "verify" else ()), inventory=organization.inventory)
    finally:
        organization.playbooks.without = {}
        if is_lost:
            organizations.register_delegated_administrator(AccountId=owner, ServicePrincipal=CLOUDTRAIL)
    assert is_named((sid, action), " ".join(found.output.split())), found.output
