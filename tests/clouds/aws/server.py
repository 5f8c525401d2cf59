# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server and what tests need to talk to it."""
from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from types import TracebackType
from typing import Any, Self

from moto.core.base_backend import BackendDict
from moto.moto_server.werkzeug_app import MotoRequestHandler

from ..calls import Call, Observers
from ..clock import Clock
from ..http import Listener
from ..session import Session
from ..wire_faults import WireFaults
from . import regions
from .accounts import ACCESS_ROLE, MANAGEMENT_ACCOUNT, Accounts, organizations
from .cloudtrail.recorder import Recorder
from .gateway import Gateway
from .partition import PARTITIONS, enter
from .tls import Authority
from .windows import NONE, OBSERVER, Consistency, Windows


class LocalAws:
    """A local AWS on loopback, in a thread of this process; a context manager.

    moto keeps the accounts in the process, so two of them in one process are two doors to the same accounts.

    :param port: TCP port; 0 for a free one.
    :param on_call: is called with each call when it is answered, in the thread that answers it.
    :param delivery_interval: seconds from an audit event to its delivery, with all others since; 0 for at once, each in
        a file of its own.
    :param windows: how long changes are not in effect yet; by default, they are at once.
    :param partition: ``aws``, ``aws-cn`` or ``aws-us-gov``; the same for all of a process that run at the same time.
    :param tls: whether to serve HTTPS, and nothing else, with a certificate authority of its own.
    :raises OSError: the port is taken.
    """

    def __init__(
        self, port: int = 0, on_call: Callable[[Call], None] | None = None, delivery_interval: float = 0.0, *,
        windows: Windows = NONE, partition: str = "aws", tls: bool = False,
    ) -> None:
        self._partition = PARTITIONS[partition]
        self.calls: list[Call] = []
        # CloudTrail's time: of events, deliveries and digests. To advance it ends consistency windows as well.
        self.clock = Clock()
        self._observers = Observers(on_call)
        self._accounts = Accounts()
        self._recorder = Recorder(self.clock, delivery_interval)
        self._consistency = Consistency(self.clock, windows)
        self._gateway = Gateway(self._accounts, self._recorder, self._consistency, self._record)
        self._authority = Authority() if tls else None
        self._listener = self._listen(self._gateway, port, "local-aws")

    def __enter__(self) -> Self:
        self.reset()
        self._listener.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._listener.stop()
        if self._authority:
            self._authority.close()
        self.reset()
        enter(PARTITIONS["aws"])

    @property
    def url(self) -> str:
        """Endpoint of all services."""
        return self._listener.url

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables that point AWS clients here, as an administrator of the management account."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": self._accounts.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self._accounts.secret,
            "AWS_DEFAULT_REGION": self._partition.region,
            **({"AWS_CA_BUNDLE": self._authority.bundle} if self._authority else {}),
        }

    @property
    def latency(self) -> float:
        """Seconds that each call takes longer; calls at the same time wait together."""
        return self._gateway.latency

    @latency.setter
    def latency(self, seconds: float) -> None:
        self._gateway.latency = seconds

    @property
    def delivery_interval(self) -> float:
        """Seconds from an audit event to its delivery."""
        return self._recorder.interval

    @delivery_interval.setter
    def delivery_interval(self, seconds: float) -> None:
        self._recorder.interval = seconds

    @property
    def faults(self) -> WireFaults:
        """Faults of single calls."""
        return self._gateway.faults

    @property
    def windows(self) -> Windows:
        """How long later changes are not in effect."""
        return self._consistency.windows

    @windows.setter
    def windows(self, windows: Windows) -> None:
        self._consistency.windows = windows

    @property
    def restrictions(self) -> dict[str, list[str]]:
        """Policies, JSON documents, in place of those of administrators: users and roles that have AdministratorAccess.

        By account, for the accounts in which they are not to have all permissions. Does not concern whoever uses C(session).
        """
        return self._accounts.restrictions

    @property
    def issued_secrets(self) -> list[str]:
        """Secrets and tokens of the sessions since the last reset, which must not turn up anywhere."""
        return self._accounts.issued()

    @cached_property
    def _management(self) -> Session:
        return self._session(self._accounts.access_key_id, self._accounts.secret)

    @cached_property
    def _sts(self) -> Any:
        return self._management.client("sts")

    def session(self, account_id: str | None = None) -> Session:
        """A boto3 session in an account, as an administrator.

        Whoever uses it looks at the cloud from outside: a call sees everything as it is, and ends all consistency windows.

        :param account_id: 12 digits; None for the management account.
        """
        if account_id in (None, MANAGEMENT_ACCOUNT):
            return self._management
        credentials = self._sts.assume_role(
            RoleArn=f"arn:{self._partition.name}:iam::{account_id}:role/{ACCESS_ROLE}", RoleSessionName="local-aws"
        )["Credentials"]
        return self._session(credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"])

    def add_account(self, account_id: str, name: str) -> None:
        """Let the organization have an account, with a name.

        :param account_id: 12 digits.
        """
        with self._gateway.lock:
            self._accounts.ensure(MANAGEMENT_ACCOUNT)
            self._accounts.ensure(account_id)
            organizations().get_account_by_id(account_id).name = name

    def _session(self, key: str, secret: str, token: str | None = None) -> Session:
        return Session(
            self.url,
            OBSERVER,
            self._authority and self._authority.bundle,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            region_name=self._partition.region,
        )

    def _listen(self, application: Callable, port: int, name: str) -> Listener:
        return Listener(application, port, name, _RequestHandler, self._authority and self._authority.context)

    def _record(self, call: Call) -> None:
        self.calls.append(call)
        self._observers.report(call)

    def door(self, on_call: Callable[[Call], None], on_request: Callable[[dict], None] | None = None) -> Listener:
        """Another address of this cloud, whose calls are reported besides; to be started and stopped.

        :param on_call: as that of the cloud.
        :param on_request: is called with the WSGI environment of each request before anything is done, and may take its time.
        """
        return self._listen(self._observers.at(self._gateway, on_call, on_request), 0, "local-aws-door")

    def end_sessions(self, account_id: str | None = None) -> None:
        """Let the sessions end that are there now, as if they had lasted as long as they may.

        :param account_id: those in this account; None for all.
        """
        with self._gateway.lock:
            self._accounts.end_sessions(account_id)

    def settle(self) -> None:
        """Let all windows end."""
        with self._gateway.lock:
            self._consistency.reset()

    def reset(self) -> None:
        """Empty all accounts and end all sessions. The credentials in the environment stay good."""
        with self._gateway.lock:
            self._accounts.forget()
            self._recorder.reset()
            self._consistency.reset()
            self._gateway.faults.set()
            regions.forget()
            BackendDict.reset()
            enter(self._partition)
            self._accounts.ensure(MANAGEMENT_ACCOUNT)


class _RequestHandler(MotoRequestHandler):
    """Prints nothing: the gateway keeps the record of calls."""

    def log_request(self, *arguments: Any) -> None:
        """Called by werkzeug for each request."""

    def log_error(self, *arguments: Any) -> None:
        """Called for each request that is not valid HTTP, and each failed handshake; the client gets an error."""
