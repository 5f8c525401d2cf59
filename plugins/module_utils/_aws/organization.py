# SPDX-License-Identifier: GPL-3.0-or-later
"""The organization of an account: whether it is the one that a policy names, and whether trails can record it. Private."""
from __future__ import annotations

from ansible_collections.amazon.aws.plugins.module_utils.botocore import is_boto3_error_code

from . import sources
from .resource import PlanError
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


def check(plan, organization_id: str | None) -> dict:
    """Whether the account is in the organization that the bucket's policy is about to name in place of accounts.

    :param plan: its module and its clients are used.
    """
    if not organization_id:
        return {}
    account_id = plan.module.params["account_id"]
    try:
        found = describe(plan.client("organizations")).get("Id", "no organization")
    except is_boto3_error_code("AccessDeniedException"):
        plan.module.warn(
            f"whether account {account_id} is in organization {organization_id} is not known here, because it may not call"
            " organizations:DescribeOrganization"
        )
        return {"is_in_organization": None}
    if found != organization_id:
        raise PlanError(
            f"account {account_id} is in {found}, and the policy of the bucket is to let {organization_id} deliver: correct"
            " aws_trail_bucket_organization_id, or choose another form (aws_trail_bucket_policy_form)"
        )
    return {"is_in_organization": True}


def check_policy(plan, policy: dict | None, deployed: dict | None) -> None:
    """Whether an organization that a policy names and did not name before is that of the account; not all may read it."""
    new = sources.sources(policy) - sources.sources(deployed)
    for organization_id in sorted(source for source in new if not source.isdigit()):
        check(plan, organization_id)
