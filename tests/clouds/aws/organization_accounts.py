# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Organizations: accounts and organizational units, and who may list them. Pages named API_... are of the API Reference."""
from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.utils import unix_time
from moto.organizations.models import FakeAccount

from .accounts import MANAGEMENT_ACCOUNT, organizations
from .errors import AwsError
from .mends import before, instead
from .request import ApiRequest

_CLOSING = 120  # seconds of the clock until an account is closed; AWS says "a few minutes"
_PAGE = 20


def not_allowed() -> AwsError:
    """The refusal of a call that other accounts may make."""
    return AwsError("AccessDeniedException", "You don't have permissions to access this resource.")


def _reads(action: str) -> Callable:
    """Register a mend that lists or describes, for the management account and delegated administrators.

    moto knows no organization in other accounts than the management account, and answers with empty lists there.

    API_ListAccounts and others: "You can only call this operation from the management account or a member account that is a delegated
    administrator."

    See assumption aws-organizations-readers.
    """

    def register(mend: Callable[[ApiRequest], dict[str, Any]]) -> Callable[[ApiRequest], dict[str, Any]]:
        def allowed(request: ApiRequest) -> dict[str, Any]:
            if request.account not in {MANAGEMENT_ACCOUNT, *(one.account.id for one in organizations().admins)}:
                raise not_allowed()
            try:
                return mend(request)
            except AwsError:
                raise
            except ServiceException as error:  # of moto, which is not there to answer with it
                raise AwsError(error.code, error.message) from None

        instead("organizations", action)(allowed)
        return mend

    return register


def _page(request: ApiRequest, key: str, items: list) -> dict[str, Any]:
    """A page of a list.

    moto has 100 accounts on a page, and finds the next page by the second in which an account joined, which others share.

    API_ListAccounts and others: MaxResults is 20 at most; InvalidInputException for a token of something else.

    See assumption aws-organizations-pages.
    """
    of = [request.action, request.parameters.get("ParentId")]
    start, token = 0, request.parameters.get("NextToken")
    if token:
        try:
            *of_token, start = json.loads(base64.b64decode(token, validate=True))
        except ValueError:
            of_token = []
        if of_token != of:
            raise AwsError("InvalidInputException", "The value for the NextToken parameter is not valid.")
    end = start + request.parameters.get("MaxResults", _PAGE)
    more = {"NextToken": base64.b64encode(json.dumps([*of, end]).encode()).decode()} if end < len(items) else {}
    return {key: items[start:end], **more}


def _describe(request: ApiRequest, account: FakeAccount) -> dict[str, Any]:
    """moto knows no account whose closure is not complete, calls a closed account suspended, and still gives the Status.

    API_Account: State. Status is retired since 2026-09-09. "Monitor the state of your AWS accounts" (User Guide): the states.

    See assumption aws-organizations-account-states.
    """
    if account.state == "PENDING_CLOSURE" and request.recorder.clock.now() >= account.closed_at:
        account.state = "CLOSED"
    return {
        "Id": account.id, "Arn": account.arn, "Email": account.email, "Name": account.name, "State": account.state,
        "JoinedMethod": account.joined_method, "JoinedTimestamp": unix_time(account.create_time),
    }


@_reads("ListAccounts")
def _list_accounts(request: ApiRequest) -> dict[str, Any]:
    found = _page(request, "Accounts", organizations().accounts)
    return {**found, "Accounts": [_describe(request, account) for account in found["Accounts"]]}


@_reads("ListAccountsForParent")
def _list_accounts_for_parent(request: ApiRequest) -> dict[str, Any]:
    parent = organizations().validate_parent_id(request.parameters["ParentId"])
    found = _page(request, "Accounts", [account for account in organizations().accounts if account.parent_id == parent])
    return {**found, "Accounts": [_describe(request, account) for account in found["Accounts"]]}


@_reads("ListOrganizationalUnitsForParent")
def _list_units(request: ApiRequest) -> dict[str, Any]:
    parent = organizations().validate_parent_id(request.parameters["ParentId"])
    units = [unit.describe()["OrganizationalUnit"] for unit in organizations().ou if unit.parent_id == parent]
    return _page(request, "OrganizationalUnits", units)


@_reads("ListChildren")
def _list_children(request: ApiRequest) -> dict[str, Any]:
    return _page(request, "Children", organizations().list_children(**request.parameters)["Children"])


@_reads("ListRoots")
def _list_roots(request: ApiRequest) -> dict[str, Any]:
    return _page(request, "Roots", organizations().list_roots()["Roots"])


@_reads("ListParents")
def _list_parents(request: ApiRequest) -> dict[str, Any]:
    return organizations().list_parents(**request.parameters)


@_reads("ListTagsForResource")
def _list_tags(request: ApiRequest) -> dict[str, Any]:
    return organizations().list_tags_for_resource(**request.parameters)


@_reads("DescribeAccount")
def _describe_account(request: ApiRequest) -> dict[str, Any]:
    return {"Account": _describe(request, organizations().get_account_by_id(request.parameters["AccountId"]))}


@_reads("DescribeOrganizationalUnit")
def _describe_unit(request: ApiRequest) -> dict[str, Any]:
    return organizations().describe_organizational_unit(**request.parameters)


@before("organizations", "CreateOrganizationalUnit", "MoveAccount", "CloseAccount")
def refuse_others(request: ApiRequest) -> None:
    """moto looks for an organization of the caller's own.

    API_CreateOrganizationalUnit, API_MoveAccount and API_CloseAccount: only the management account may.

    See assumption aws-organizations-readers.
    """
    if request.account != MANAGEMENT_ACCOUNT:
        raise not_allowed()


@before("organizations", "CreateOrganizationalUnit")
def refuse_second_unit(request: ApiRequest) -> None:
    """moto creates a unit with the name of another in the same parent.

    API_CreateOrganizationalUnit: DuplicateOrganizationalUnitException.

    See assumption aws-organizations-units.
    """
    parent, name = request.parameters["ParentId"], request.parameters["Name"]
    if any(unit.parent_id == parent and unit.name == name for unit in organizations().ou):
        raise AwsError("DuplicateOrganizationalUnitException", "An OU with the same name already exists.")


@before("organizations", "MoveAccount")
def refuse_move(request: ApiRequest) -> None:
    """moto moves an account from where it is not, and to where it is.

    API_MoveAccount: DuplicateAccountException, SourceParentNotFoundException, DestinationParentNotFoundException.

    See assumption aws-organizations-units.
    """
    units = {unit.id for unit in organizations().ou}
    for name in ("Source", "Destination"):
        if request.parameters[f"{name}ParentId"] not in units:
            raise AwsError(f"{name}ParentNotFoundException", f"You specified a {name.lower()} root or OU that doesn't exist.")
    account = next((one for one in organizations().accounts if one.id == request.parameters["AccountId"]), None)
    if account and account.parent_id == request.parameters["DestinationParentId"]:
        raise AwsError("DuplicateAccountException", "The account is already in the destination.")


@instead("organizations", "CloseAccount")
def close_account(request: ApiRequest) -> dict[str, Any]:
    """moto closes an account at once, and the management account too.

    API_CloseAccount: the state is PENDING_CLOSURE for a few minutes; AccountAlreadyClosedException; ConstraintViolationException for the
    management account.

    See assumption aws-organizations-account-states.
    """
    if request.parameters["AccountId"] == MANAGEMENT_ACCOUNT:
        raise AwsError("ConstraintViolationException", "You can't close the management account.")
    account = next((one for one in organizations().accounts if one.id == request.parameters["AccountId"]), None)
    if account is None:
        raise AwsError("AccountNotFoundException", "The account is not a member of the organization.")
    if account.state in ("PENDING_CLOSURE", "CLOSED"):
        raise AwsError("AccountAlreadyClosedException", "The account is closed or its closure is pending already.")
    account.state, account.closed_at = "PENDING_CLOSURE", request.recorder.clock.now() + _CLOSING
    return {}
