# SPDX-License-Identifier: GPL-3.0-or-later
"""The accounts of a resource directory. Private to this collection."""
from __future__ import annotations

from typing import Any

from .client import Cloud

PRODUCT = "resourcedirectory"
PAGE = 100  # the most that the service takes: assumption alibaba-directory-pages
# assumption alibaba-directory-statuses
INACTIVE = ("Deleting", "CreateVerifying", "CreateFailed", "CreateExpired", "CreateCancelled")


def status_of(member: dict[str, Any]) -> str:
    """The status of a member that ListAccounts returns. Of a deletion, only the status Deleting ends an account."""
    return member["DeletionStatus"] if member.get("DeletionStatus") == "Deleting" else member["Status"]


def accounts(cloud: Cloud, manager: dict[str, Any]) -> list[dict[str, Any]]:
    """Id, name and state of all accounts, and whether they are in use. Calls: ListAccounts, for each page.

    :param manager: what GetResourceDirectory returns; the list may not have the management account: assumption
        alibaba-directory-members.
    """
    found = {manager["MasterAccountId"]: {
        "id": manager["MasterAccountId"], "name": manager.get("MasterAccountName") or manager["MasterAccountId"], "state": "CreateSuccess",
        "is_active": True,
    }}
    token = None
    while True:
        body = cloud.call(PRODUCT, "ListAccounts", MaxResults=PAGE, **({"NextToken": token} if token else {}))
        for member in (body.get("Accounts") or {}).get("Account") or []:
            state = status_of(member)
            found[member["AccountId"]] = {
                "id": member["AccountId"], "name": member.get("DisplayName") or member["AccountId"], "state": state,
                "is_active": state not in INACTIVE,
            }
        token = body.get("NextToken")
        if not token:
            return list(found.values())
