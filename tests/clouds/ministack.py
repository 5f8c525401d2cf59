# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ministack, an emulator of AWS that others wrote: a second opinion."""
from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self

from . import processes
from .session import Session

_LOOPBACK = "127.0.0.1"
_REGION = "eu-west-1"
_ACCESS_ROLE = "OrganizationAccountAccessRole"
_START_TIMEOUT = 60  # seconds
_POLL = 0.05  # seconds
# An access key of 12 digits is the account that ministack acts in.
_ACCOUNT = "123456789012"


class Ministack:
    """A ministack on loopback, in a process of its own; a context manager.

    :param port: TCP port; 0 for a free one.
    :raises FileNotFoundError: ministack is not installed beside this Python or on PATH.
    :raises RuntimeError: it ended, or did not answer in time.
    """

    def __init__(self, port: int = 0) -> None:
        self._port = port or _free_port()
        self._process: subprocess.Popen | None = None

    def __enter__(self) -> Self:
        self._process = processes.start(
            [_program()],
            {**os.environ, "BIND_HOST": _LOOPBACK, "GATEWAY_PORT": str(self._port)},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        try:
            self._wait()
        except BaseException:
            processes.stop(self._process)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        processes.stop(self._process)

    @property
    def url(self) -> str:
        """Endpoint of all services."""
        return f"http://{_LOOPBACK}:{self._port}"

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables that point AWS clients here."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": _ACCOUNT,
            # Long: Ansible masks a secret wherever it is in the output.
            "AWS_SECRET_ACCESS_KEY": "ministack-checks-no-signatures",
            "AWS_DEFAULT_REGION": _REGION,
        }

    def session(self, account_id: str | None = None) -> Session:
        """A boto3 session in an account.

        :param account_id: 12 digits; None for the account of the environment.
        """
        return Session(
            self.url,
            aws_access_key_id=account_id or _ACCOUNT,
            aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
            region_name=_REGION,
        )

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_TIMEOUT
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(f"ministack ended with status {self._process.returncode}")
            try:
                with urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=5):
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(_POLL)
        raise RuntimeError(f"ministack did not answer within {_START_TIMEOUT} seconds")


def _program() -> str:
    found = shutil.which("ministack", path=str(Path(sys.executable).parent)) or shutil.which("ministack")
    if not found:
        raise FileNotFoundError("ministack is not installed")
    return found


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind((_LOOPBACK, 0))
        return listener.getsockname()[1]
