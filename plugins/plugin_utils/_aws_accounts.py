# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads an organization of AWS. Private."""
from __future__ import annotations

import datetime
from collections.abc import Iterator

from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

from ..module_utils._aws.causes import with_cause
from ..module_utils._aws.errors import AWS_ERRORS, code_of
from ..module_utils._aws.organization import state_of
from ..module_utils._secrets import without_secrets
from ._accounts import AccountsError, Organization, check, incomplete, pages, place

# TooManyRequestsException is among what amazon.aws retries anyway: assumption aws-organizations-retries.
RETRY = AWSRetry.jittered_backoff(catch_extra_error_codes=["ConcurrentModificationException", "ServiceException"])
_PAGE = 20  # assumption aws-organizations-pages
_MEANWHILE = {"ParentNotFoundException": "an organizational unit was deleted", "TargetNotFoundException": "an account left it"}


class Reader:
    """Makes the calls.

    :param client: of Organizations, with RETRY.
    :param caller: ARN of who calls, for messages.
    """

    def __init__(self, client, caller: str) -> None:
        self._client, self._caller = client, caller

    def describe(self) -> tuple[str, str]:
        """The id of the organization, and that of its management account."""
        found = self._call("describe_organization")["Organization"]
        return found["Id"], found["MasterAccountId"]

    def read(self, organization: str, management: str, paths: bool, tags: bool) -> Organization:
        """All accounts.

        :param management: id of the management account.
        :param paths: whether to find out which unit each account is in.
        :param tags: whether to read the tags of each account.
        :raises AccountsError: a call fails, or accounts are missing.
        """
        accounts = [_account(found) for found in self._list("list_accounts", "Accounts")]
        check(accounts, f"accounts of organization {organization}", management)
        found = Organization(organization, accounts, has_tags=tags)
        if paths:
            found.units = self._units()
            place(found, [(account["Id"], unit) for unit in found.units for account in self._in_unit(unit)])
        for account in accounts if tags else ():
            listed = self._list("list_tags_for_resource", "Tags", None, ResourceId=account["id"])
            account["tags"] = {tag["Key"]: tag["Value"] for tag in listed}
        return found

    def _units(self) -> dict[str, dict]:
        """Name and parent of each organizational unit and of the root, by id."""
        found = {root["Id"]: {"name": root["Name"], "parent": None} for root in self._list("list_roots", "Roots")}
        left = list(found)
        while left:
            parent = left.pop()
            for unit in self._list("list_organizational_units_for_parent", "OrganizationalUnits", ParentId=parent):
                if unit["Id"] in found:
                    raise incomplete("organizational units", f"{unit['Id']} was found twice")
                found[unit["Id"]] = {"name": unit["Name"], "parent": parent}
                left.append(unit["Id"])
        return found

    def _in_unit(self, unit: str) -> Iterator[dict]:
        return self._list("list_accounts_for_parent", "Accounts", ParentId=unit)

    def _list(self, operation: str, key: str, page: int | None = _PAGE, **arguments) -> Iterator[dict]:
        size = {"MaxResults": page} if page else {}

        def fetch(token):
            answer = self._call(operation, **arguments, **size, **({"NextToken": token} if token else {}))
            return answer.get(key) or [], answer.get("NextToken")

        return pages(fetch, f"{key} in {_action(operation)}")

    def _call(self, operation: str, **arguments) -> dict:
        try:
            return getattr(self._client, operation)(**arguments, aws_retry=True)
        except AWS_ERRORS as error:
            raise AccountsError(self._problem(error, _action(operation))) from None

    def _problem(self, error: Exception, action: str) -> str:
        code = code_of(error)
        if code == "AWSOrganizationsNotInUseException":
            return f"The account of {self._caller} is in no organization: use credentials of the management account of an organization"
        if code == "AccessDeniedException":  # assumption aws-organizations-readers
            return (f"{self._caller} may not call {action}. Allow the action, and use credentials of the management account or of a"
                    f" delegated administrator of AWS Organizations. AWS said: {without_secrets(with_cause(str(error)))}")
        if code in _MEANWHILE:
            return str(incomplete("accounts", f"{action}: {_MEANWHILE[code]} meanwhile"))
        if code == "TooManyRequestsException":
            return f"AWS still throttled {action} after minutes of retries (TooManyRequestsException). Run the command again later"
        return f"{action} failed: {without_secrets(with_cause(str(error)))}. Correct the cause, and run the command again"


def _action(operation: str) -> str:
    return f"organizations:{operation.title().replace('_', '')}"


def _account(found: dict) -> dict:
    """An account, from what AWS says of it."""
    status = state_of(found)
    if not status:
        raise AccountsError(f"The installed boto3 does not return the state of account {found['Id']}. Install boto3 1.41 or later")
    joined = found.get("JoinedTimestamp")
    return {
        "id": found["Id"],
        "name": found.get("Name", ""),
        "status": status,
        "joined": joined.astimezone(datetime.timezone.utc).date().isoformat() if joined else "",
        "email": found.get("Email", ""),
    }
