# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An address of the local clouds for each host of an inventory: so each call is known to be one for this host."""
from __future__ import annotations

from pathlib import Path
from typing import Self

import yaml
from clouds.calls import Call
from helpers.estates import ALIBABA_ACCOUNTS, AWS_ACCOUNTS, ACCOUNTS

_IDENTIFYING = ("AssumeRole", "GetCallerIdentity")


class Doors:
    """An address for each account of the estate, and one for calls without the address of an account; a context manager.

    :ivar calls: by host; those to the address that the environment names are under C(environment).
    """

    def __init__(self, aws, alibaba) -> None:
        self.calls: dict[str, list[Call]] = {name: [] for name in (*ACCOUNTS, "environment")}
        self._doors = {
            name: (alibaba if name in ALIBABA_ACCOUNTS else aws).door(calls.append) for name, calls in self.calls.items()
        }

    def __enter__(self) -> Self:
        for door in self._doors.values():
            door.start()
        return self

    def __exit__(self, *error) -> None:
        for door in self._doors.values():
            door.stop()

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables that lead clients without an address of their own to a door."""
        return {"AWS_ENDPOINT_URL": self._doors["environment"].url}

    def options(self, host: str) -> dict[str, str]:
        """Variables of a host that lead its calls to its door."""
        url = self._doors[host].url
        return {"audit_logs_aws_endpoint_url": url} if host in AWS_ACCOUNTS else {"audit_logs_alibaba_http_proxy": url}

    def inventory(self, folder: Path, **variables: str) -> str:
        """A second inventory of the estate, with the doors and more variables of all accounts; its path."""
        path = folder / "doors.yml"
        hosts = {
            name: self.options(name) | {key: value for key, value in variables.items()
                                        if key.startswith("audit_logs_alibaba_") == (name in ALIBABA_ACCOUNTS)}
            for name in ACCOUNTS
        }
        path.write_text(yaml.safe_dump({"all": {"hosts": hosts}}), encoding="utf-8")
        return str(path)

    def foreign(self) -> list[str]:
        """The calls with credentials of another account than that of the host, other than those that only tell who calls."""
        return [
            f"{host}: {call}" for host, calls in self.calls.items() for call in calls
            if call.account != ACCOUNTS.get(host) and call.action not in _IDENTIFYING
        ]

    def changes(self) -> list[str]:
        """The calls that change something, or try to."""
        return [
            f"{host}: {call}" for host, calls in self.calls.items() for call in calls
            if not call.read_only and call.action not in _IDENTIFYING
        ]
