# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playbooks that run against a cloud as a user runs them."""
from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from clouds.aws import LocalAws
from helpers import ROOT, warm
from helpers.alibaba import permissions as alibaba_permissions
from helpers.alibaba.clients import MISLEADING
from helpers.aws import permissions as aws_permissions
from helpers.aws.deployments import MANAGEMENT, REGION
from helpers.granted import Granted, runs_in

# The connection of all hosts, in place of that which the playbooks name.
CONNECTION = os.environ.get("CONNECTION")
# The Python whose Ansible runs the playbooks, see tests/tools/matrix.sh.
PYTHON = Path(os.environ.get("PYTHON_OF_ANSIBLE", sys.executable))


# The variables with which an environment names the clouds.
_CLOUDS = {"AWS_ENDPOINT_URL", "ALIBABA_LOCAL_URL"}


def environment_of(folder: Path, environment: dict[str, str], python: Path = PYTHON) -> dict[str, str]:
    """The environment of ansible-playbook in a folder, with what a test adds."""
    return {
        **{
            name: value for name, value in os.environ.items()
            if not name.startswith(("AWS_", "ANSIBLE_")) and name not in MISLEADING
        },
        "PATH": f"{python.parent}:{os.environ['PATH']}",
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": os.environ.get("ANSIBLE_COLLECTIONS_PATH", str(ROOT / ".venv/collections")),
        "ANSIBLE_HOME": str(folder / "home"),
        **environment,
    }


@dataclass
class Run:
    """What a run of ansible-playbook said and did."""

    status: int
    output: str

    @property
    def recap(self) -> dict[str, dict[str, int]]:
        """Counters of each host: ok, changed, failed, ..."""
        lines = self.output.split("PLAY RECAP")[-1].splitlines()[1:]
        return {
            line.split()[0]: {name: int(count) for name, count in re.findall(r"(\w+)=(\d+)", line)}
            for line in lines
            if "ok=" in line
        }

    @property
    def changed(self) -> dict[str, int]:
        """Number of changed tasks of each host."""
        return {host: counters["changed"] for host, counters in self.recap.items()}

    @property
    def lines(self) -> dict[str, str]:
        """The lines of the summary, by host: state and what there is to say."""
        return _lines(self.output)

    @property
    def summaries(self) -> list[dict[str, str]]:
        """The lines of each summary, if the run was one of several playbooks."""
        return [_lines(shown) for shown in re.findall(r'"msg": \[(\n +"[^]]*)\n *\]', self.output) if _lines(shown)]


def _lines(output: str) -> dict[str, str]:
    found = re.findall(r'"(FAILED|to do|changed|warning|ok) +\d+  (\S+)  (.*?)",?$', output, re.M)
    return {host: f"{state}: {text}" for state, host, text in found}


class Process(subprocess.Popen):
    """A run that is under way.

    :param at_end: is called when somebody has waited for its end.
    """

    def __init__(self, *arguments: Any, at_end: Callable[[], None], **options: Any) -> None:
        self._at_end = at_end
        super().__init__(*arguments, **options)

    def wait(self, timeout: float | None = None) -> int:
        """As that of Popen."""
        status = super().wait(timeout)
        self._at_end()
        return status


class Playbooks:
    """Runs playbooks in a folder of their own, against clouds.

    :param clouds: the local clouds that runs reach.
    :param other_permissions: why runs have others, for a test that is about credentials, or that reaches no local cloud.
    :ivar arguments: of all runs.
    :ivar clouds: their consistency windows end with each run, because a user's next run is a minute later.
    :ivar accounts: the inventory of runs that get no other, or get it as a file.
    :ivar without: actions that no run may do, each with the name of its statement in docs/permissions, by the id of the account.
    :ivar besides: policies that accounts have besides, as JSON documents by the id of the account: for an inventory plugin, for example.
    :ivar python: the Python whose Ansible runs the playbooks.
    :ivar is_warm: whether runs may do without the start-up of ansible-playbook, see helpers.warm. Not where the
        processes of a run are what a test is about.
    :ivar is_restricted: whether a run of our playbooks has the permissions of docs/permissions for its accounts, and no others. By
        default only if the variable RESTRICTED is in the environment.
    :ivar has_own_group: whether a run that start() starts is the leader of a group of processes, as in a shell.
    """

    is_warm = True
    is_restricted = bool(os.environ.get("RESTRICTED"))
    has_own_group = False
    accounts: dict | None = None

    def __init__(
        self, folder: Path, environment: dict[str, str], arguments: tuple[str, ...] = (), python: Path = PYTHON,
        clouds: Collection[Any] = (), other_permissions: str = "",
    ) -> None:
        assert clouds or other_permissions or not _CLOUDS & set(environment), "Which local clouds, or why not their permissions?"
        self.folder = folder
        self.clouds = clouds
        self.without: dict[str, Collection[tuple[str, str]]] = {}
        self.besides: dict[str, list[str]] = {}
        self._granted: list[Granted] = [] if other_permissions else [
            (aws_permissions if isinstance(cloud, LocalAws) else alibaba_permissions).Granted(cloud, self.besides) for cloud in clouds]
        self.arguments = arguments
        self.python = python
        self.environment = environment_of(folder, environment, python)

    def use_profiles(self, accounts: dict[str, str]) -> None:
        """From here on, credentials come from profiles, one for each account, and not from the environment.

        amazon.aws refuses a profile as long as the environment has keys.
        """
        keys = {name: self.environment.pop(name) for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
        sections = "".join(
            f"[profile {name}]\nsource_profile = management\nregion = {REGION}\n"
            f"role_arn = arn:aws:iam::{number}:role/OrganizationAccountAccessRole\n"
            for name, number in accounts.items()
            if number != MANAGEMENT
        )
        (self.folder / "config").write_text(sections, encoding="utf-8")
        (self.folder / "credentials").write_text(
            "".join(
                f"[{profile}]\n" + "".join(f"{name.lower()} = {value}\n" for name, value in keys.items())
                for profile in ["management", *(name for name, number in accounts.items() if number == MANAGEMENT)]
            ),
            encoding="utf-8",
        )
        self.environment["AWS_CONFIG_FILE"] = str(self.folder / "config")
        self.environment["AWS_SHARED_CREDENTIALS_FILE"] = str(self.folder / "credentials")

    def run(self, playbook: str | Path, *arguments: str, inventory: dict | None = None, **environment: str) -> Run:
        """Run a playbook: the path of a file, or the name of one in playbooks/."""
        try:
            if self.is_warm:
                with self._permissions(playbook, arguments, inventory):
                    command = self._command(playbook, arguments, inventory)
                    found = warm.run(command, self.folder, {**self.environment, **environment}, self.python)
                if found:
                    return Run(*found)
            process = self.start(playbook, *arguments, inventory=inventory, **environment)
            output = process.communicate()[0]
            return Run(process.returncode, output)
        finally:
            for cloud in self.clouds:
                cloud.settle()

    def start(
        self, playbook: str | Path, *arguments: str, inventory: dict | None = None, **environment: str
    ) -> subprocess.Popen:
        """As run, in a process of its own, and without waiting for its end."""
        restricted = self._permissions(playbook, arguments, inventory)
        return Process(
            self._command(playbook, arguments, inventory),
            at_end=restricted.close,
            cwd=self.folder,
            env={**self.environment, **environment, "PLAYBOOKS_OF_A_TEST": str(self.folder)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0 if self.has_own_group else None,
        )

    def _permissions(self, playbook: str | Path, arguments: tuple[str, ...], inventory: dict | None) -> contextlib.ExitStack:
        """Restrict the accounts, until it is closed."""
        stack = contextlib.ExitStack()
        runs = runs_in(playbook) if self._granted and self.is_restricted else []
        accounts = inventory or self.accounts
        assert accounts or not runs, "Which accounts? See Playbooks.accounts."
        for granted in self._granted if runs else []:
            stack.enter_context(granted.during(runs, accounts, [*self.arguments, *arguments], self.without))
        return stack

    def _command(self, playbook: str | Path, arguments: tuple[str, ...], inventory: dict | None) -> list[str]:
        path = playbook if isinstance(playbook, Path) else ROOT / "playbooks" / f"{playbook}.yml"
        command = ["ansible-playbook", *self.arguments, str(path), *arguments]
        if inventory is not None:
            hosts = self.folder / "inventory.yml"
            hosts.write_text(yaml.safe_dump(inventory), encoding="utf-8")
            if CONNECTION:  # the playbooks take no other from an inventory
                command += ["-e", f"ansible_connection={CONNECTION}"]
            command += ["-i", str(hosts)]
        return command

    def processes(self) -> list[int]:
        """Ids of the processes that are there because of a run."""
        mark = f"PLAYBOOKS_OF_A_TEST={self.folder}".encode()
        found = []
        for path in Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):  # it has ended
                if mark in path.read_bytes().split(b"\0"):
                    found.append(int(path.parent.name))
        return found
