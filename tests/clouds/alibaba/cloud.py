# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that there is."""
from __future__ import annotations

import re
import threading
from collections import deque

from ..calls import Call
from ..clock import Clock
from ..wire_faults import WireFaults
from . import accounts
from .account import Account
from .consistency import Consistency, Windows
from .directory import Directory
from .errors import CloudError
from .faults import Faults
from .principals import Caller, Credential, Credentials
from .sls.state import SlsState
from .wire.freshness import Nonces

MANAGEMENT_ACCOUNT = "1000000000000001"
_MOST_CALLS = 100_000


class Cloud:
    """All accounts and what is common to them. Who uses it holds the lock.

    :param windows: of callers other than observers.
    """

    def __init__(self, windows: Windows) -> None:
        self.lock = threading.RLock()
        self.clock = Clock()
        self.faults = Faults(self.clock)
        self.wire_faults = WireFaults()
        self.consistency = Consistency(self.clock, self.faults, windows)
        self.nonces = Nonces()
        self.calls: deque[Call] = deque(maxlen=_MOST_CALLS)
        self.restrictions: dict[str, list[str]] = {}  # see LocalAlibaba.restrictions
        self.administrator = Credentials(self.clock).issue(accounts.administrator(MANAGEMENT_ACCOUNT))
        self.reset()

    def reset(self) -> None:
        """Empty all accounts and end all sessions; the administrator's access key stays what it is."""
        self.accounts: dict[str, Account] = {}
        self.credentials = Credentials(self.clock)
        self.clock.reset()
        self.faults.set([], 0)
        self.wire_faults.set()
        self.sls = SlsState(self.consistency.of("sls"))
        self.directory = Directory(MANAGEMENT_ACCOUNT, self.consistency)
        # Keys in the map of Log Audit Service, by pattern: "kept", or accepted and "dropped". Others are checked, and refused if no
        # document has them: assumption alibaba-log-audit-console-settings, assumption alibaba-log-audit-map-keys.
        self.log_audit_keys: dict[str, str] = {}
        self.credentials.keep(self.administrator)
        accounts.add_administrator(self.account(MANAGEMENT_ACCOUNT), self.administrator)

    def account(self, account_id: str, *, member: bool = True) -> Account:
        """An account by its id.

        :param member: whether an account that nobody spoke of before is a member of the directory, or independent.
        :raises CloudError: there can be no account with this id.
        """
        if account_id not in self.accounts:
            if not re.fullmatch(r"[1-9][0-9]{14,19}", account_id):
                raise CloudError(404, "EntityNotExist.Account", f"There is no account {account_id}.")
            account = Account(account_id, self.consistency, member)
            if account_id != MANAGEMENT_ACCOUNT:
                accounts.add_access_role(account, MANAGEMENT_ACCOUNT)
                if member:
                    self.directory.join(account_id)
            self.accounts[account_id] = account
        return self.accounts[account_id]

    def root_key(self, account_id: str) -> Credential:
        """A new access key of an account's root user."""
        self.account(account_id)
        return self.credentials.issue(Caller(account_id, "root-account", "", account_id))
