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
def trusts_cloudtrail(client) -> bool:
    """Whether CloudTrail has trusted access. Calls: ListAWSServiceAccessForOrganization, for each page."""
    listed = client.get_paginator("list_aws_service_access_for_organization").paginate().build_full_result()
    return _CLOUDTRAIL in [service["ServicePrincipal"] for service in listed["EnabledServicePrincipals"]]


@RETRY
def delegated_administrators(client) -> list[str]:
    """Ids of the accounts that may manage the trails of the organization; only they and the management account may ask: assumption
    aws-delegated-administrators.

    Calls: ListDelegatedAdministrators, for each page.
    """
    listed = client.get_paginator("list_delegated_administrators").paginate(ServicePrincipal=_CLOUDTRAIL).build_full_result()
    return [account["Id"] for account in listed["DelegatedAdministrators"]]


def trail_problem(client, account_id: str, owner_id: str, exists: bool, is_new: bool) -> str | None:
    """Why an account can't have a trail that records its organization; the end of a sentence.

    Calls: DescribeOrganization; ListDelegatedAdministrators, unless it is the management account; ListAWSServiceAccessForOrganization.

    :param owner_id: of the account that is to own the trail.
    :param exists: whether the trail is there, and records one account. Only the management account converts it: assumption
        aws-organization-trail-conversion.
    :param is_new: whether this run registers the account as a delegated administrator. Organizations may not know it yet (assumption
        aws-cloudtrail-administrator-visible), and the rest is checked by who registers it.
    """
    advice = (
        "let the management account have the trail (audit_logs_aws_trail_account_id), or register this account as a delegated"
        " administrator: set audit_logs_aws_register_delegated_administrator and run setup with the management account, or run 'aws"
        " cloudtrail"
        f" register-organization-delegated-admin --member-account-id {account_id}' there"
    )
    try:
        found = describe(client)
        if not found:
            return f"account {account_id} is in no organization: choose another mode (audit_logs_aws_mode)"
        management = found["MasterAccountId"]
        if owner_id != management:
            return (
                f"the management account of organization {found['Id']} is {management}, not {owner_id}: correct"
                " audit_logs_aws_management_account_id"
            )
        if account_id != management and exists:
            return f"only the management account {management} can convert it: choose another name (aws_trail_name)"
        if is_new:
            return None
        if account_id != management and account_id not in delegated_administrators(client):
            return (
                f"account {account_id} is neither the management account {management} nor a delegated administrator of CloudTrail in"
                f" organization {found['Id']}: {advice}"
            )
        if found["FeatureSet"] != "ALL":
            return f"organization {found['Id']} does not have all features: enable them in AWS Organizations"
        if not trusts_cloudtrail(client):
            return (
                f"organization {found['Id']} does not trust CloudTrail: run 'aws organizations enable-aws-service-access"
                f" --service-principal {_CLOUDTRAIL}' in account {management}"
            )
    except is_boto3_error_code("AccessDeniedException"):
        return (
            f"account {account_id} may not call organizations:DescribeOrganization,"
            " organizations:ListAWSServiceAccessForOrganization and, unless it is the management account,"
            " organizations:ListDelegatedAdministrators. Only the management account and delegated administrators may call them: allow"
            f" these actions, or if the account is neither of these, {advice}"
        )
    return None


def state_of(account: dict) -> str | None:
    """State of an account that ListAccounts returns, which older versions of the API have under another name: assumption
    aws-organizations-account-states. None if this boto3 knows neither.
    """
    return account.get("State") or account.get("Status")


@RETRY
def accounts(client) -> list[dict]:
    """Id, name and state of all accounts of the organization, and whether they are active. Calls: ListAccounts, for each page."""
    listed = client.get_paginator("list_accounts").paginate().build_full_result()["Accounts"]
    return [
        {"id": one["Id"], "name": one["Name"], "state": state_of(one), "is_active": state_of(one) == "ACTIVE"} for one in listed]


def active_accounts(client) -> list[str]:
    """Ids of the accounts of the organization that are active. Calls: as C(accounts)."""
    return [one["id"] for one in accounts(client) if one["state"] == "ACTIVE"]


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
            f"cannot check whether account {account_id} is in organization {organization_id}, because the account may not call"
            " organizations:DescribeOrganization"
        )
        return {"is_in_organization": None}
    if found != organization_id:
        raise PlanError(
            f"account {account_id} is in {found}, but the bucket policy would allow deliveries of {organization_id}: correct"
            " aws_trail_bucket_organization_id, or choose another form (aws_trail_bucket_policy_form)"
        )
    return {"is_in_organization": True}


def check_policy(plan, policy: dict | None, deployed: dict | None) -> None:
    """Whether an organization that a policy names and did not name before is that of the account; not all may read it."""
    new = sources.sources(policy) - sources.sources(deployed)
    for organization_id in sorted(source for source in new if not source.isdigit()):
        check(plan, organization_id)
