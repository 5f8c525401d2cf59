# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the inventory has all accounts: the archive account itself, and those of the organization. Private."""
from __future__ import annotations

from .._deployment.cloud import some
from .result import FAILED, WARNING, Findings


class Coverage(Findings):
    """Accounts that nobody verifies, and accounts of the inventory that are not active.

    :param account: of the deployment: the archive account.
    :param group: of the members.
    :param records_all: whether the trail of an organization is meant to record all of its accounts.
    """

    def __init__(self, account: dict, group: str, records_all: bool):
        super().__init__()
        self._account, self._group, self._records_all = account, group, records_all

    def check_archive(self, may_be_recorded: bool) -> None:
        """Warn of an archive account that is not a member, unless the inventory says that this is meant.

        :param may_be_recorded: whether a trail that the account does not have may record it.
        """
        number, group = self._account["account_id"], self._group
        if "member" in self._account["roles"] or number in self._account["removed_accounts"]:
            return
        fate = "verify cannot prove that its own audit logs arrive" if may_be_recorded else "its own audit logs are not collected here"
        self.add("coverage", f"account {number}", f"the archive account is not in {group}, so {fate}. Add it to {group} too. If you left"
                 f" it out on purpose, add {number} to audit_logs_removed_accounts", level=WARNING)

    def check_organization(self, title: str, listed: list[dict]) -> None:
        """Compare the inventory with the accounts of the organization or resource directory.

        :param title: what it is, and its id.
        :param listed: all its accounts, each with C(id), C(name), C(state) and C(is_active).
        """
        self.checked.append(title)
        names, by_id = self._account["accounts"], {one["id"]: one for one in listed}
        known = {*names.values(), *self._account["removed_accounts"]}
        self._check_unlisted(title, [one for one in listed if one["is_active"] and one["id"] not in known])
        for name, number in names.items():
            found = by_id.get(number)
            if not found and not self._records_all:
                continue  # an independent account, which has what it needs itself
            if not found or not found["is_active"]:
                what = f"has the state {found['state']} in {title}" if found else f"is not in {title}"
                self.add("coverage", title, f"account {number} ({name}) {what}: remove it from the inventory, see 'Accounts that leave' in"
                         " the README", level=WARNING)

    def _check_unlisted(self, title, unlisted):
        """See whether there are accounts that the inventory does not have. That may be meant, unless one trail records all."""
        if not unlisted:
            return
        named = some([f"{one['id']} ({one['name']})" for one in unlisted])
        are = f"{len(unlisted)} active accounts of {title} are not in the inventory" if len(unlisted) > 1 else \
            f"an active account of {title} is not in the inventory"
        if self._records_all:
            self.add("coverage", title, f"{are}, so verify cannot prove that their logs arrive: {named}. Add them to {self._group} or to"
                     " audit_logs_removed_accounts", level=FAILED, before=unlisted)
        else:
            self.add("coverage", title, f"{are}, so their logs are not collected here: {named}. Add them to {self._group}. If you left"
                     " them out on purpose, add them to audit_logs_removed_accounts", level=WARNING, before=unlisted)
