# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trails of an organization, and its delegated administrators of CloudTrail."""
from __future__ import annotations

import re
from typing import Any

from moto.organizations.models import FakeAccount

from .. import authorization, windows
from ..accounts import MANAGEMENT_ACCOUNT, delegated_administrators, organizations
from ..errors import AwsError
from ..mends import before, instead
from ..organizations import delegate
from ..partition import partition
from ..request import ApiRequest
from .lookup import SERVICE, find_own

_MOST_ADMINISTRATORS = 3


@before("cloudtrail", "CreateTrail", "UpdateTrail")
def refuse_trail_of_the_organization(request: ApiRequest) -> None:
    """moto lets every account have one.

    API_CreateTrail, IsOrganizationTrail: only in the management account or by a delegated administrator; the organization has all
    features and trusts CloudTrail. Without an organization: OrganizationsNotInUseException. API_UpdateTrail: only the management
    account converts a trail, assumption aws-organization-trail-conversion.

    See assumption aws-cloudtrail-organization-trails. A new delegated administrator: assumption aws-cloudtrail-administrator-visible.

    :raises AwsError: NotOrganizationMasterAccountException and the other exceptions named here
    """
    wanted = request.parameters.get("IsOrganizationTrail")
    if request.action == "UpdateTrail":
        is_one = find_own(request, request.parameters["Name"]).is_org_trail
        if wanted is None or wanted == is_one:
            return
    elif not wanted:
        return
    backend = organizations()
    members = {account.id for account in backend.accounts} if backend.org else set()
    if request.account not in members:
        raise AwsError("OrganizationsNotInUseException", "The account is not a member of an organization.")
    # "Actions, resources, and condition keys for AWS CloudTrail" (Service Authorization Reference): dependent actions of CreateTrail.
    may_ask = not authorization.refusal(request, "organizations:ListAWSServiceAccessForOrganization", "*")
    if not may_ask or not _may_use_service_linked_role(request):
        raise AwsError("InsufficientDependencyServiceAccessPermissionException",
                       "Access to one or more required APIs of the organization or of IAM has been denied.")
    if backend.org.feature_set != "ALL":
        raise AwsError("OrganizationNotInAllFeaturesModeException", "The organization does not have all features.")
    account = request.account if request.action == "UpdateTrail" else request.owner
    if account != MANAGEMENT_ACCOUNT or not windows.sees_administrator(request.account):
        raise AwsError("NotOrganizationMasterAccountException",
                       "The account is not the management account of the organization.")
    if SERVICE not in {service["ServicePrincipal"] for service in backend.services}:
        raise AwsError("CloudTrailAccessNotEnabledException",
                       "Trusted access between CloudTrail and Organizations is not enabled.")


@instead("cloudtrail", "RegisterOrganizationDelegatedAdmin")
def register_delegated_administrator(request: ApiRequest) -> dict[str, Any]:
    """moto does not have it.

    API_RegisterOrganizationDelegatedAdmin: the errors. "Organization delegated administrator" (User Guide): three at most. "Required
    permissions to assign a delegated administrator" (User Guide): what the caller needs besides.

    See assumption aws-cloudtrail-administrator-registration.
    """
    account = _member(request, "MemberAccountId", "RegisterDelegatedAdministrator")
    if not _may_use_service_linked_role(request):
        raise AwsError("InsufficientIAMAccessPermissionException",
                       "The task can't be completed because you are signed in with an account that lacks permissions to view or create"
                       " a service-linked role.")
    registered = delegated_administrators(SERVICE)
    if account.id == MANAGEMENT_ACCOUNT:
        raise AwsError("CannotDelegateManagementAccountException", "The management account can't be a delegated administrator.")
    if account.id in registered:
        raise AwsError("AccountRegisteredException", "The account is already registered as a delegated administrator.")
    if account.state != "ACTIVE":
        raise AwsError("OperationNotPermittedException", "The account is not active.")
    if len(registered) >= _MOST_ADMINISTRATORS:
        raise AwsError("DelegatedAdminAccountLimitExceededException", "The maximum number of delegated administrators is reached.")
    delegate(account, SERVICE)
    return {}


@instead("cloudtrail", "DeregisterOrganizationDelegatedAdmin")
def deregister_delegated_administrator(request: ApiRequest) -> dict[str, Any]:
    """moto does not have it.

    API_DeregisterOrganizationDelegatedAdmin: the errors.

    See assumption aws-cloudtrail-administrator-registration.
    """
    account = _member(request, "DelegatedAdminAccountId", "DeregisterDelegatedAdministrator")
    if account.id not in delegated_administrators(SERVICE):
        raise AwsError("AccountNotRegisteredException", "The account is not registered as a delegated administrator.")
    organizations().deregister_delegated_administrator(AccountId=account.id, ServicePrincipal=SERVICE)
    return {}


def _may_use_service_linked_role(request: ApiRequest) -> bool:
    """Whether the caller may see or create the role with which CloudTrail acts in the accounts of the organization."""
    role = f"arn:{partition()}:iam::{request.account}:role/aws-service-role/{SERVICE}/AWSServiceRoleForCloudTrail"
    return not any(authorization.refusal(request, f"iam:{action}", role, context={"iam:AWSServiceName": SERVICE})
                   for action in ("CreateServiceLinkedRole", "GetRole"))


def _member(request: ApiRequest, parameter: str, action: str) -> FakeAccount:
    """The account that a call registers or removes, if the caller may do that.

    :param action: of Organizations, which CloudTrail calls for the caller.
    """
    account_id, backend = request.parameters.get(parameter) or "", organizations()
    if not re.fullmatch(r"\d{12,16}", account_id):
        raise AwsError("InvalidParameterException", f"{parameter} is not the id of an account.")
    accounts = {account.id: account for account in backend.accounts} if backend.org else {}
    if request.account not in accounts:
        raise AwsError("OrganizationsNotInUseException", "The account is not a member of an organization.")
    if request.account != MANAGEMENT_ACCOUNT:
        raise AwsError("NotOrganizationManagementAccountException", "The account is not the management account of the organization.")
    arn = accounts[account_id].arn if account_id in accounts else "*"
    if any(authorization.refusal(request, f"organizations:{name}", resource)
           for name, resource in ((action, arn), ("ListAWSServiceAccessForOrganization", "*"))):
        raise AwsError("InsufficientDependencyServiceAccessPermissionException",
                       "Access to one or more required APIs of the organization has been denied.")
    if backend.org.feature_set != "ALL":
        raise AwsError("OrganizationNotInAllFeaturesModeException", "The organization does not have all features.")
    if SERVICE not in {service["ServicePrincipal"] for service in backend.services}:
        raise AwsError("CloudTrailAccessNotEnabledException",
                       "Trusted access between CloudTrail and Organizations is not enabled.")
    if account_id not in accounts:
        raise AwsError("AccountNotFoundException", "The account is not a member of the organization.")
    return accounts[account_id]
