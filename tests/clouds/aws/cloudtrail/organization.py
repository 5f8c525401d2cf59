# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trails of an organization."""
from __future__ import annotations

from ..accounts import MANAGEMENT_ACCOUNT, organizations
from ..errors import AwsError
from ..mends import before
from ..request import ApiRequest
from .lookup import SERVICE, find_own


@before("cloudtrail", "CreateTrail", "UpdateTrail")
def refuse_trail_of_the_organization(request: ApiRequest) -> None:
    """moto lets every account have one.

    API_CreateTrail, IsOrganizationTrail: only in the management account or by a delegated administrator; the organization has all
    features and trusts CloudTrail. Without an organization: OrganizationsNotInUseException. API_UpdateTrail: only the management
    account converts a trail, assumption aws-organization-trail-conversion.

    See assumption aws-cloudtrail-organization-trails.

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
    if backend.org.feature_set != "ALL":
        raise AwsError("OrganizationNotInAllFeaturesModeException", "The organization does not have all features.")
    if MANAGEMENT_ACCOUNT != (request.account if request.action == "UpdateTrail" else request.owner):
        raise AwsError("NotOrganizationMasterAccountException",
                       "The account is not the management account of the organization.")
    if SERVICE not in {service["ServicePrincipal"] for service in backend.services}:
        raise AwsError("CloudTrailAccessNotEnabledException",
                       "Trusted access between CloudTrail and Organizations is not enabled.")
