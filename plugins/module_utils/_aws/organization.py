# SPDX-License-Identifier: GPL-3.0-or-later
"""The organization of an account, and whether its trails can record it. Private to this collection."""
from __future__ import annotations

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code

from .retry import RETRY

_CLOUDTRAIL = "cloudtrail.amazonaws.com"


def describe(client) -> dict:
    """The organization of the account; empty if it is in none. One call, DescribeOrganization, which not all may make."""
    try:
        return client.describe_organization(aws_retry=True)["Organization"]
    except is_boto3_error_code("AWSOrganizationsNotInUseException"):
        return {}


@RETRY
def _trusted_services(client) -> list[str]:
    listed = client.get_paginator("list_aws_service_access_for_organization").paginate().build_full_result()
    return [service["ServicePrincipal"] for service in listed["EnabledServicePrincipals"]]


def trail_problem(client, account_id: str) -> str | None:
    """Why the trail of an account can't record its organization; the end of a sentence.

    amazon.aws.cloudtrail creates a trail of the account alone, which is then converted. Only the management account may do that:
    assumption aws-organization-trail-conversion. Calls: DescribeOrganization, ListAWSServiceAccessForOrganization.
    """
    try:
        found = describe(client)
        if not found:
            return f"account {account_id} is in no organization: set it to false"
        if found["MasterAccountId"] != account_id:
            return (
                f"account {account_id} is not the management account of its organization {found['Id']}. Setup cannot create such a"
                f" trail in a member account, also not in that of a delegated administrator: give account {found['MasterAccountId']}"
                " as the member that has the trail"
            )
        if found["FeatureSet"] != "ALL":
            return f"organization {found['Id']} does not have all features: enable them in AWS Organizations"
        if _CLOUDTRAIL not in _trusted_services(client):
            return (
                f"organization {found['Id']} does not trust CloudTrail: run 'aws organizations enable-aws-service-access"
                f" --service-principal {_CLOUDTRAIL}' in account {account_id}"
            )
    except is_boto3_error_code("AccessDeniedException"):
        return (
            f"account {account_id} may not call organizations:DescribeOrganization and"
            " organizations:ListAWSServiceAccessForOrganization, which CloudTrail needs as well: allow these actions"
        )
    return None
