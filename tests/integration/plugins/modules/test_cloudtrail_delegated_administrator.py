# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Delegated administrators of CloudTrail: registered, removed, and refused."""
from __future__ import annotations

import contextlib
import json
from unittest import mock

import pytest
from clouds.aws import mends
from clouds.aws.accounts import organizations
from clouds.aws.errors import AwsError
from helpers.aws.deployments import MANAGEMENT
from helpers.aws.modules import ACCOUNT, OTHER, Account
from helpers.aws.organizations import add_accounts, set_state

CLOUDTRAIL = "cloudtrail.amazonaws.com"
MODULE = "cloudtrail_delegated_administrator"
READS = ["organizations:DescribeOrganization", "sts:GetCallerIdentity", "organizations:ListDelegatedAdministrators"]
CHECKS = ["organizations:ListAWSServiceAccessForOrganization", "organizations:DescribeAccount"]
REGISTRATION = {"account_id": ACCOUNT, "service": CLOUDTRAIL}
CHANGE = f"delegated administrator of CloudTrail {ACCOUNT}"


class Organization:
    """An organization that trusts CloudTrail."""

    def __init__(self, aws):
        self.aws, self.management = aws, Account(aws, MANAGEMENT)
        self.client = self.management.client("organizations")
        self.id = self.client.describe_organization()["Organization"]["Id"]
        aws.session(ACCOUNT)
        self.client.enable_aws_service_access(ServicePrincipal=CLOUDTRAIL)

    def run(self, account=None, **options):
        return (account or self.management).run(MODULE, **{"account_id": ACCOUNT, **options})

    def registered(self):
        listed = self.client.list_delegated_administrators(ServicePrincipal=CLOUDTRAIL)["DelegatedAdministrators"]
        return [one["Id"] for one in listed]

    def register(self, *accounts):
        for account in accounts:
            self.aws.session(account)
            self.client.register_delegated_administrator(AccountId=account, ServicePrincipal=CLOUDTRAIL)

    def fails(self, said, **options):
        """Both in check mode and in a run, with one sentence and without a change."""
        before = self.registered() if organizations().org else []
        for check in (True, False):
            failed = self.run(check=check, **options)
            verb = "deregister" if options.get("state") == "absent" else "register"
            start = f"Failed to {verb} account {options.get('account_id', ACCOUNT)} as a delegated administrator of CloudTrail: "
            assert failed["msg"] == start + said, failed
            assert failed["writes"] == []
        assert not organizations().org or self.registered() == before


@pytest.fixture(name="organization")
def fixture_organization(aws):
    """The organization, without a delegated administrator."""
    return Organization(aws)


def test_register(organization):
    plan = organization.run(check=True)
    assert plan["changed"] and plan["calls"] == READS + CHECKS and plan["changes"] == [f"{CHANGE}: register"]
    assert plan["diff"] == {"before": {}, "after": REGISTRATION} and plan["administrators"] == [ACCOUNT]
    done = organization.run()
    assert done["changed"] and done["calls"] == [*READS, *CHECKS, "cloudtrail:RegisterOrganizationDelegatedAdmin"]
    assert all(done[key] == plan[key] for key in ("diff", "administrators", "changes"))
    assert organization.registered() == [ACCOUNT]
    for check in (True, False):
        again = organization.run(check=check)
        assert not again["changed"] and again["calls"] == READS and again["changes"] == []
        assert again["diff"] == {"before": {}, "after": {}} and again["administrators"] == [ACCOUNT]


def test_remove(organization):
    organization.register(ACCOUNT, OTHER)
    plan = organization.run(check=True, state="absent")
    assert plan["changed"] and plan["writes"] == [] and plan["changes"] == [f"{CHANGE}: deregister"]
    assert plan["diff"] == {"before": REGISTRATION, "after": {}} and plan["administrators"] == [OTHER]
    done = organization.run(state="absent")
    assert done["changed"] and done["calls"] == [*READS, "cloudtrail:DeregisterOrganizationDelegatedAdmin"]
    assert done["diff"] == plan["diff"] and organization.registered() == [OTHER]
    for check in (True, False):
        again = organization.run(check=check, state="absent")
        assert not again["changed"] and again["calls"] == READS and again["administrators"] == [OTHER]


def test_a_delegated_administrator_of_another_service(organization):
    organization.client.register_delegated_administrator(AccountId=ACCOUNT, ServicePrincipal="guardduty.amazonaws.com")
    assert organization.run()["changed"] and organization.registered() == [ACCOUNT]


def test_bad_arguments(organization):
    assert "account id '1' is not a string of 12 digits" in organization.run(account_id="1")["msg"]
    assert "value of state must be one of: present, absent" in organization.run(state="there")["msg"]


def test_an_account_that_is_not_the_management_account(organization):
    said = f"account {OTHER} is not the management account of organization {organization.id}: use credentials of account {MANAGEMENT}"
    organization.fails(said, account=Account(organization.aws, OTHER))
    organization.register(OTHER)
    organization.fails(said, account=Account(organization.aws, OTHER))
    organization.fails(said, account=Account(organization.aws, OTHER), state="absent", account_id=OTHER)


def test_an_account_of_no_organization(organization):
    stranger = Account(organization.aws, OTHER)
    organization.client.remove_account_from_organization(AccountId=OTHER)
    organization.fails(f"account {OTHER} is in no organization: use credentials of a management account", account=stranger)


def test_what_is_missing_in_the_organization(organization, monkeypatch):
    monkeypatch.setattr(organizations().org, "feature_set", "CONSOLIDATED_BILLING")
    organization.fails(f"organization {organization.id} does not have all features: enable them in AWS Organizations")
    monkeypatch.undo()
    organization.client.disable_aws_service_access(ServicePrincipal=CLOUDTRAIL)
    organization.fails(
        f"organization {organization.id} does not trust CloudTrail: run 'aws organizations enable-aws-service-access --service-principal"
        f" {CLOUDTRAIL}' in account {MANAGEMENT}")


def test_accounts_that_cannot_be_registered(organization):
    organization.fails(f"account {MANAGEMENT} is the management account, which needs no registration", account_id=MANAGEMENT)
    organization.fails(f"account 999999999999 is not in organization {organization.id}", account_id="999999999999")
    set_state(ACCOUNT, "SUSPENDED")
    organization.fails(f"account {ACCOUNT} is not active (SUSPENDED): choose another account")


def test_the_limit(organization):
    """The plan warns: only CloudTrail knows how many it allows."""
    registered = ["444444444444", "555555555555", "666666666666"]
    organization.register(*registered)
    plan = organization.run(check=True)
    assert plan["changed"]
    assert f"allows 3 delegated administrators, but the organization already has {', '.join(registered)}" in str(plan["warnings"])
    failed = organization.run()
    assert f"already has the maximum number of delegated administrators of CloudTrail ({', '.join(registered)}): remove" in failed["msg"]
    assert failed["error"]["code"] == "DelegatedAdminAccountLimitExceededException" and organization.registered() == registered


def limited(organization, *denied):
    """The management account, with credentials that may do all but some actions."""
    statements = [{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": list(denied), "Resource": "*"}]
    iam, role = organization.management.client("iam"), "limited"
    with contextlib.suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps({
            "Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": MANAGEMENT}, "Action": "sts:AssumeRole"}}))
    iam.put_role_policy(RoleName=role, PolicyName="all", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}))
    assumed = organization.management.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{MANAGEMENT}:role/{role}", RoleSessionName="test")
    return organization.management.with_credentials(assumed["Credentials"])


@pytest.mark.parametrize("action", ["DescribeOrganization", *(call.partition(":")[2] for call in [READS[-1], *CHECKS])])
def test_reads_that_are_not_allowed(organization, action):
    said = f"the credentials may not call organizations:{action}: allow it in the management account"
    organization.fails(said, account=limited(organization, f"organizations:{action}"))


@pytest.mark.parametrize(("action", "code", "said"), [
    ("cloudtrail:RegisterOrganizationDelegatedAdmin", "AccessDeniedException", "allow cloudtrail:RegisterOrganizationDelegatedAdmin in"),
    ("organizations:RegisterDelegatedAdministrator", "InsufficientDependencyServiceAccessPermissionException",
     "allow organizations:RegisterDelegatedAdministrator and organizations:ListAWSServiceAccessForOrganization in"),
    ("iam:CreateServiceLinkedRole", "InsufficientIAMAccessPermissionException", "allow iam:CreateServiceLinkedRole and iam:GetRole in"),
    ("iam:GetRole", "InsufficientIAMAccessPermissionException", "allow iam:CreateServiceLinkedRole and iam:GetRole in"),
])
def test_changes_that_are_not_allowed(organization, action, code, said):
    failed = organization.run(limited(organization, action))
    assert f"CloudTrail: {said} account {MANAGEMENT}" in failed["msg"] and failed["error"]["code"] == code
    assert organization.registered() == []


def test_a_removal_that_is_not_allowed(organization):
    organization.register(ACCOUNT)
    failed = organization.run(limited(organization, "organizations:DeregisterDelegatedAdministrator"), state="absent")
    assert f"Failed to deregister account {ACCOUNT} as a delegated administrator of CloudTrail: allow" in failed["msg"]
    assert "organizations:DeregisterDelegatedAdministrator" in failed["msg"] and organization.registered() == [ACCOUNT]


def answer(monkeypatch, operation, *codes):
    """Let CloudTrail refuse an operation, with one code after the other."""
    refused = mock.Mock(side_effect=[*(AwsError(code, "refused") for code in codes), *[None] * 9])
    monkeypatch.setitem(mends.BEFORE, ("cloudtrail", operation), [refused])


@pytest.mark.parametrize(("code", "said"), [
    ("AccountNotFoundException", f"account {ACCOUNT} is not in organization o-"),
    ("CannotDelegateManagementAccountException", f"account {ACCOUNT} is the management account"),
    ("CloudTrailAccessNotEnabledException", "does not trust CloudTrail: run 'aws organizations enable-aws-service-access"),
    ("NotOrganizationManagementAccountException", f"use credentials of the management account {MANAGEMENT}"),
    ("OrganizationNotInAllFeaturesModeException", "does not have all features: enable them in AWS Organizations"),
    ("OrganizationsNotInUseException", "the account of the credentials is in no organization"),
    ("UnsupportedOperationException", "CloudTrail does not have delegated administrators in this partition"),
    ("OperationNotPermittedException", "An error occurred (OperationNotPermittedException)"),
])
def test_what_changes_after_the_checks(organization, monkeypatch, code, said):
    """CloudTrail refuses what the module found to be possible."""
    answer(monkeypatch, "RegisterOrganizationDelegatedAdmin", code)
    failed = organization.run()
    start = f"Failed to register account {ACCOUNT} as a delegated administrator of CloudTrail: "
    assert failed["msg"].startswith(start) and said in failed["msg"] and failed["error"]["code"] == code


def test_another_run_was_faster(organization, monkeypatch):
    answer(monkeypatch, "RegisterOrganizationDelegatedAdmin", "AccountRegisteredException")
    done = organization.run()
    assert not done["changed"] and done["administrators"] == [ACCOUNT] and done["diff"] == {"before": {}, "after": {}}
    organization.register(ACCOUNT)
    answer(monkeypatch, "DeregisterOrganizationDelegatedAdmin", "AccountNotRegisteredException")
    done = organization.run(state="absent")
    assert not done["changed"] and done["administrators"] == []


def test_cloudtrail_is_busy(organization, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    answer(monkeypatch, "RegisterOrganizationDelegatedAdmin", "ConflictException", "ConflictException")
    assert organization.run()["changed"] and organization.registered() == [ACCOUNT]
    answer(monkeypatch, "DeregisterOrganizationDelegatedAdmin", "ConflictException")
    failed = organization.run(state="absent", wait=0)
    assert "CloudTrail is busy with another change: run it again in a few minutes" in failed["msg"]


def test_many_accounts(organization):
    """An account is read by its id."""
    add_accounts({str(400_000_000_000 + number): f"account-{number}" for number in range(45)})
    assert organization.run(check=True)["calls"] == READS + CHECKS
