# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the inventory has all accounts: the archive account itself, and those of the organization. Private."""
from __future__ import annotations

from ..._deployment.cloud import some
from ..result import FAILED, WARNING
from .findings import Findings


class Coverage(Findings):
    """Accounts that nobody verifies, and accounts of the inventory that are not active.

    :param host: variables of the archive account.
    :param account: of the deployment: the archive account.
    """

    def __init__(self, host: dict, account: dict):
        super().__init__()
        is_of_organization = account["mode"] != "account_trails"
        fate = "it is not proven that its own audit logs arrive" if is_of_organization else "its own audit logs are not collected here"
        self.unlisted_archive(account, "aws_members", fate)
        found = host.get("audit_logs_aws_organization") or {}
        if not found.get("accounts"):
            return
        self._title = f"organization {found['id']}"
        self.checked.append(self._title)
        ids, by_id = account["accounts"].values(), {one["id"]: one for one in found["accounts"]}
        self._check_unlisted(
            [one for one in found["accounts"] if one["state"] == "ACTIVE" and one["id"] not in ids
             and one["id"] not in account["removed_accounts"]],
            is_of_organization,
        )
        for name, number in account["accounts"].items():
            state = by_id[number]["state"] if number in by_id else None
            if state != "ACTIVE":
                what = f"is not in {self._title}" if state is None else f"has the state {state} in {self._title}"
                self._add(f"account {number} ({name}) {what}: remove it from the inventory, see 'Accounts that leave' in the README")

    def _check_unlisted(self, unlisted, is_of_organization):
        """See whether there are accounts that the inventory does not have. That is meant to be so, if each account has its own trail."""
        if not unlisted:
            return
        named = some([f"{one['id']} ({one['name']})" for one in unlisted])
        are = f"{len(unlisted)} active accounts of {self._title} are not in the inventory" if len(unlisted) > 1 else \
            f"an active account of {self._title} is not in the inventory"
        if is_of_organization:
            self._add(f"{are}, so it is not proven that their logs arrive: {named}. Add them to aws_members, or name them in"
                      " audit_logs_removed_accounts", FAILED, unlisted)
        else:
            self._add(f"{are}, so their logs are not collected here: {named}. Add them to aws_members, or if that is meant, name them in"
                      " audit_logs_removed_accounts", WARNING, unlisted)

    def _add(self, text, level=WARNING, unlisted=None):
        self.add("coverage", self._title, text, level=level, before=unlisted)
