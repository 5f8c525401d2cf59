# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server and what tests need to talk to it."""
from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

from ..calls import Call, Observers
from ..http import Listener
from ..wire_faults import WireFaults
from . import sts
from .cloud import MANAGEMENT_ACCOUNT, Cloud
from .consistency import NONE, Windows
from .control import Control
from .faults import Fault
from .gateway import Gateway
from .principals import Credential


class LocalAlibaba:
    """A local Alibaba Cloud on loopback, in a thread of this process; a context manager.

    :param port: TCP port of the cloud; 0 for a free one.
    :param control_port: TCP port of the control address; 0 for a free one.
    :param on_call: is called with each call when it is answered, in the thread that answers it.
    :param windows: for how long callers see what was before a write; by default they see each at once.
    :raises OSError: a port is taken.
    """

    def __init__(
        self, port: int = 0, control_port: int = 0, on_call: Callable[[Call], None] | None = None, windows: Windows = NONE,
    ) -> None:
        self.cloud = Cloud(windows)
        self._observers = Observers(on_call)
        self._gateway = Gateway(self.cloud, self._observers.report)
        self._listener = Listener(self._gateway, port, "local-alibaba")
        self._observer = Listener(self._gateway.for_observers, 0, "local-alibaba-observer")
        try:
            self._control = Listener(Control(self.cloud), control_port, "local-alibaba-control")
        except OSError:
            self._listener.stop()
            self._observer.stop()
            raise

    def __enter__(self) -> Self:
        self.reset()
        self._listener.start()
        self._observer.start()
        self._control.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._control.stop()
        self._observer.stop()
        self._listener.stop()

    def door(self, on_call: Callable[[Call], None], on_request: Callable[[dict], None] | None = None) -> Listener:
        """Another address of this cloud, whose calls are reported besides; to be started and stopped.

        :param on_call: as that of the cloud.
        :param on_request: is called with the WSGI environment of each request before anything is done, and may take its time.
        """
        return Listener(self._observers.at(self._gateway, on_call, on_request), 0, "local-alibaba-door")

    @property
    def url(self) -> str:
        """Address of all services, and the proxy under which they have their real names."""
        return self._listener.url

    @property
    def observer_url(self) -> str:
        """The same for those who look from outside: they see every write at once, and let all windows end."""
        return self._observer.url

    @property
    def control_url(self) -> str:
        """The control address."""
        return self._control.url

    @property
    def calls(self) -> list[Call]:
        """What was called, the last hundred thousand of it."""
        with self.cloud.lock:
            return list(self.cloud.calls)

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables that point clients here, as an administrator of the management account."""
        return {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": self.cloud.administrator.access_key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": self.cloud.administrator.secret,
            "ALIBABA_CLOUD_REGION_ID": "cn-hangzhou",
            "ALIBABA_LOCAL_URL": self.url,
            "ALIBABA_LOCAL_CONTROL_URL": self.control_url,
        }

    @property
    def restrictions(self) -> dict[str, list[str]]:
        """Policies, JSON documents, in place of those of administrators: users and roles that have AdministratorAccess.

        By account, for the accounts in which they are not to have all permissions. Does not concern whoever uses C(observer_url).
        """
        return self.cloud.restrictions

    @property
    def issued_secrets(self) -> list[str]:
        """Secrets and tokens since the last reset, which must not turn up anywhere."""
        with self.cloud.lock:
            return self.cloud.credentials.secrets()

    def credential(self, account_id: str | None = None) -> Credential:
        """Of an administrator of the management account, or of a session in another account, of an hour.

        :raises CloudError: the role for sessions in that account was changed or deleted.
        """
        if account_id in (None, MANAGEMENT_ACCOUNT):
            return self.cloud.administrator
        with self.cloud.lock:
            return sts.open_session(self.cloud, account_id)

    def add_account(self, account_id: str, *, member: bool = True, has_sls: bool = True, name: str | None = None) -> None:
        """Make an account that nobody spoke of before.

        :param account_id: 16 digits.
        :param member: of the resource directory; an independent account has an ordinary role to get into it.
        :param has_sls: whether Simple Log Service was ever activated in it.
        :param name: display name of a member.
        :raises ValueError: it is there already.
        """
        with self.cloud.lock:
            if account_id in self.cloud.accounts:
                raise ValueError(f"There is an account {account_id} already")
            if member:
                self.cloud.directory.join(account_id, name)
            self.cloud.account(account_id, member=member).has_sls = has_sls

    def root_key(self, account_id: str = MANAGEMENT_ACCOUNT) -> Credential:
        """A new access key of an account's root user: may do everything there."""
        with self.cloud.lock:
            return self.cloud.root_key(account_id)

    @property
    def faults(self) -> WireFaults:
        """Faults of single calls."""
        return self.cloud.wire_faults

    def bad_days(self, *faults: Fault, seed: int = 0) -> None:
        """Let these faults happen from now on, and no others; without any, good days."""
        with self.cloud.lock:
            self.cloud.faults.set(list(faults), seed)

    def settle(self) -> None:
        """Let all windows end."""
        with self.cloud.lock:
            self.cloud.consistency.settle()

    def reset(self) -> None:
        """Empty all accounts and end all sessions. The credentials in the environment stay good."""
        with self.cloud.lock:
            self.cloud.reset()
