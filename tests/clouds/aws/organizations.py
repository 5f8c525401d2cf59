# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Organizations: what moto gets wrong. Pages named API_... are of the Organizations API Reference."""
from __future__ import annotations

from typing import Any

from moto.iam.models import iam_backends
from moto.organizations.models import FakeAccount, FakeDelegatedAdministrator, FakePolicy

from . import windows
from .accounts import CLOUDTRAIL, MANAGEMENT_ACCOUNT, create_access_role, delegated_administrators, organizations
from .control_policies import RCP, SCP
from .errors import AwsError
from .mends import after, before, instead
from .organization_accounts import not_allowed
from .policy import PolicyError, parse
from .request import ApiRequest


@after("organizations", "CreateAccount")
def let_the_management_account_in(request: ApiRequest, output: dict[str, Any]) -> None:
    """moto's role in a new account may do nothing, and is in the partition aws.

    API_CreateAccount, RoleName: the role allows users in the management account to assume it, and has administrator
    permissions in the new account.

    See assumption aws-organization-access-role.
    """
    account, role = output["CreateAccountStatus"]["AccountId"], request.parameters.get("RoleName")
    iam_backends.pop(account, None)
    create_access_role(account, *([role] if role else []))


class _Administrator(FakeDelegatedAdministrator):
    """A delegated administrator, of CloudTrail too."""

    @staticmethod
    def supported_service(service_principal: str) -> bool:
        return service_principal == CLOUDTRAIL or FakeDelegatedAdministrator.supported_service(service_principal)


def _service(request: ApiRequest) -> str | None:
    service = request.parameters.get("ServicePrincipal")
    if service is not None and not _Administrator.supported_service(service):
        raise AwsError("InvalidInputException", "You specified an unrecognized service principal.")
    return service


@instead("organizations", "RegisterDelegatedAdministrator")
def register_delegated_administrator(request: ApiRequest) -> dict[str, Any]:
    """moto does not know that CloudTrail can have one.

    API_RegisterDelegatedAdministrator: only the management account may; ConstraintViolationException for itself,
    AccountNotFoundException, AccountAlreadyRegisteredException. "AWS services that you can use with AWS Organizations" (User Guide): CloudTrail is among them.

    See assumption aws-delegated-administrators.
    """
    backend, service, account_id = organizations(), _service(request), request.parameters["AccountId"]
    if request.account != MANAGEMENT_ACCOUNT:
        raise not_allowed()
    if account_id == MANAGEMENT_ACCOUNT:
        raise AwsError("ConstraintViolationException", "The management account can't be a delegated administrator.")
    account = next((account for account in backend.accounts if account.id == account_id), None)
    if account is None:
        raise AwsError("AccountNotFoundException", "The account is not a member of the organization.")
    if account_id in delegated_administrators(service):
        raise AwsError("AccountAlreadyRegisteredException", "The account is a delegated administrator of this service already.")
    delegate(account, service)
    return {}


def delegate(account: FakeAccount, service: str) -> None:
    """Let an account be a delegated administrator of a service."""
    administrators = organizations().admins
    administrator = next((one for one in administrators if one.account.id == account.id), None)
    if administrator is None:
        administrator = _Administrator(account)
        administrators.append(administrator)
    administrator.add_service_principal(service)


@instead("organizations", "ListAWSServiceAccessForOrganization")
def list_aws_service_access_for_organization(request: ApiRequest) -> dict[str, Any]:
    """moto answers every account, a member with an empty list.

    API_ListAWSServiceAccessForOrganization: only the management account and delegated administrators may.

    See assumption aws-delegated-administrators.
    """
    backend = organizations()
    if request.account not in {MANAGEMENT_ACCOUNT, *(one.account.id for one in backend.admins)}:
        raise not_allowed()
    return {"EnabledServicePrincipals": backend.services}


@instead("organizations", "ListDelegatedAdministrators")
def list_delegated_administrators(request: ApiRequest) -> dict[str, Any]:
    """moto refuses to look for those of CloudTrail; see ``register_delegated_administrator``.

    API_ListDelegatedAdministrators: only the management account and delegated administrators may. ServicePrincipal: only those of
    this service.

    See assumption aws-delegated-administrators.
    """
    administrators = organizations().admins
    known = {MANAGEMENT_ACCOUNT, *(one.account.id for one in administrators)}
    if request.account not in known or not windows.sees_administrator(request.account):
        raise not_allowed()
    service = _service(request)
    found = [one.describe() for one in administrators if service is None or service in one.services]
    return {"DelegatedAdministrators": found}


def _policy(request: ApiRequest) -> FakePolicy | None:
    return next((policy for policy in organizations().policies if policy.id == request.parameters["PolicyId"]), None)


@before("organizations", "CreatePolicy", "UpdatePolicy")
def refuse_bad_policy(request: ApiRequest) -> None:
    """moto keeps every text as a policy.

    API_CreatePolicy, MalformedPolicyDocumentException. "SCP syntax": no principals; "RCP syntax" (User Guide): the effect Deny only, and
    the principal "*" only. Both have resources.

    See assumption aws-control-policies.
    """
    content, kind = request.parameters.get("Content"), request.parameters.get("Type")
    if content is None:
        return
    if request.action == "UpdatePolicy":
        kind = getattr(_policy(request), "type", None)
    if kind not in (SCP, RCP):
        return
    try:
        statements = parse(content).statements
    except PolicyError as error:
        raise AwsError("MalformedPolicyDocumentException", str(error)) from None
    for one in statements:
        good = one["Effect"] == "Deny" and one.get("Principal") == "*" if kind == RCP else not {"Principal", "NotPrincipal"} & one.keys()
        if not good or not {"Resource", "NotResource"} & one.keys():
            raise AwsError("MalformedPolicyDocumentException", "The provided policy document does not meet the requirements of the "
                           "specified policy type.")


@before("organizations", "AttachPolicy", "DetachPolicy")
def refuse_bad_attachment(request: ApiRequest) -> None:
    """moto attaches policies that do not count, attaches them again, and detaches the last one.

    API_AttachPolicy: PolicyTypeNotEnabledException, DuplicatePolicyAttachmentException. API_DetachPolicy: PolicyNotAttachedException;
    ConstraintViolationException, because each root, unit and account has at least one SCP. "RCP syntax" (User Guide): RCPFullAWSAccess
    can't be detached.

    See assumption aws-control-policies.
    """
    backend = organizations()
    policy = _policy(request)
    targets = {target.id: target for target in (*backend.ou, *backend.accounts)}
    target = targets.get(request.parameters["TargetId"])
    if policy is None or target is None:  # moto says so
        return
    attached = [one for one in target.attached_policies if one.type == policy.type]
    if request.action == "AttachPolicy":
        if {"Type": policy.type, "Status": "ENABLED"} not in targets[backend.org.root_id].policy_types:
            raise AwsError("PolicyTypeNotEnabledException", "The specified policy type isn't currently enabled in this root.")
        if policy in attached:
            raise AwsError("DuplicatePolicyAttachmentException", "The selected policy is already attached to the specified target.")
    elif policy not in attached:
        raise AwsError("PolicyNotAttachedException", "The policy isn't attached to the specified target in the specified root.")
    elif policy.type == RCP and policy.aws_managed or policy.type == SCP and len(attached) == 1:
        raise AwsError("ConstraintViolationException", "You can't detach the last policy of this type from this target.")
