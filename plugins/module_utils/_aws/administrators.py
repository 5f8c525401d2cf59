# SPDX-License-Identifier: GPL-3.0-or-later
"""The delegated administrators of CloudTrail in an organization, and why an account cannot become one. Private."""
from __future__ import annotations

import contextlib

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code

from . import organization
from .resource import PlanError

MOST = 3  # assumption aws-cloudtrail-administrator-registration
# Why CloudTrail refuses a registration or its removal: ends of sentences.
REASONS = {
    "AccessDeniedException": "allow cloudtrail:{operation} in account {management}",
    "AccountNotFoundException": "account {account} is not in organization {organization}",
    "CannotDelegateManagementAccountException": "account {account} is the management account, which needs no registration",
    "CloudTrailAccessNotEnabledException": (
        "organization {organization} does not trust CloudTrail: run 'aws organizations enable-aws-service-access"
        " --service-principal cloudtrail.amazonaws.com' in account {management}"
    ),
    "ConflictException": "CloudTrail is busy with another change: run it again in a few minutes",
    "DelegatedAdminAccountLimitExceededException": (
        "organization {organization} already has the maximum number of delegated administrators of CloudTrail ({registered}): remove one"
        " that is not needed, with 'aws cloudtrail deregister-organization-delegated-admin --delegated-admin-account-id <id>' in account"
        " {management}"
    ),
    "InsufficientDependencyServiceAccessPermissionException": (
        "allow organizations:{organizations_operation} and organizations:ListAWSServiceAccessForOrganization in account {management}"
    ),
    "InsufficientIAMAccessPermissionException": (
        "allow iam:CreateServiceLinkedRole and iam:GetRole in account {management}, where CloudTrail creates its service-linked role"
    ),
    "NotOrganizationManagementAccountException": "use credentials of the management account {management}",
    "OrganizationNotInAllFeaturesModeException": (
        "organization {organization} does not have all features: enable them in AWS Organizations"
    ),
    "OrganizationsNotInUseException": "the account of the credentials is in no organization: use credentials of its management account",
    "UnsupportedOperationException": "CloudTrail does not have delegated administrators in this partition of AWS",
}


@contextlib.contextmanager
def _allowed(action):
    """For a call of Organizations: PlanError if the credentials may not make it."""
    try:
        yield
    except is_boto3_error_code("AccessDeniedException") as error:
        raise PlanError(f"the credentials may not call organizations:{action}: allow it in the management account") from error


class Administrators:
    """Reads the organization, in a session of its management account.

    :ivar registered: ids of the delegated administrators.
    """

    def __init__(self, organizations, sts):
        self._client = organizations
        with _allowed("DescribeOrganization"):
            found = organization.describe(organizations)
        caller = sts.get_caller_identity(aws_retry=True)["Account"]
        if not found:
            raise PlanError(f"account {caller} is in no organization: use credentials of a management account")
        self._id, self._features, self._management = found["Id"], found["FeatureSet"], found["MasterAccountId"]
        if caller != self._management:
            raise PlanError(
                f"account {caller} is not the management account of organization {self._id}: use credentials of account {self._management}"
            )
        with _allowed("ListDelegatedAdministrators"):
            self.registered = sorted(organization.delegated_administrators(organizations))

    def check(self, account_id: str) -> None:
        """Raises PlanError if the account cannot be registered. Calls: ListAWSServiceAccessForOrganization, DescribeAccount."""
        if account_id == self._management:
            raise PlanError(self.reason("CannotDelegateManagementAccountException", account_id))
        if self._features != "ALL":
            raise PlanError(self.reason("OrganizationNotInAllFeaturesModeException", account_id))
        with _allowed("ListAWSServiceAccessForOrganization"):
            if not organization.trusts_cloudtrail(self._client):
                raise PlanError(self.reason("CloudTrailAccessNotEnabledException", account_id))
        try:
            with _allowed("DescribeAccount"):
                account = self._client.describe_account(AccountId=account_id, aws_retry=True)["Account"]
        except is_boto3_error_code("AccountNotFoundException"):
            raise PlanError(self.reason("AccountNotFoundException", account_id)) from None
        state = organization.state_of(account)
        if state != "ACTIVE":
            raise PlanError(f"account {account_id} is not active ({state}): choose another account")

    def reason(self, code: str, account_id: str, verb: str = "register") -> str | None:
        """What is wrong and what to do, for an error code of CloudTrail; None for a code that says nothing more."""
        text = REASONS.get(code)
        return text and text.format(
            account=account_id, management=self._management, organization=self._id, registered=", ".join(self.registered),
            operation=f"{verb.title()}OrganizationDelegatedAdmin", organizations_operation=f"{verb.title()}DelegatedAdministrator",
        )
