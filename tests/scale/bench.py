# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways in which a deployment is set up and taken down, and what each of them takes."""
from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from helpers import ROOT
from helpers.playbooks import Playbooks

from .jobs import Deployment
from .measure import Usage, run
from .stages import Aws, Alibaba, differences

LOCAL, LOCAL_FORK, SDK = "local", "local_fork", "sdk"
TITLES = {
    LOCAL: "playbooks, connection local",
    LOCAL_FORK: "playbooks, connection local_fork",
    SDK: "bare SDK script",
}
# A phase: its playbook, and what the bare script is told.
PHASES = {"create": ("setup", "present"), "second run": ("setup", "present"), "destroy": ("destroy", "absent")}
_CONNECTIONS = {LOCAL: "ansible.builtin.local", LOCAL_FORK: "crossaccount.audit_logs.local_fork"}
_NOTHING = [{"name": "Nothing", "hosts": "localhost", "gather_facts": False, "tasks": []}]
# Tasks that do nothing: what Ansible itself takes for a task, and for one that runs a module.
EMPTY = {"task": {"ansible.builtin.set_fact": {"nothing": 1}}, "module": {"ansible.builtin.ping": {}}}
_TASKS = 6


def ways() -> list[str]:
    """The ways that there are here."""
    plugin = ROOT / "plugins" / "connection" / "local_fork.py"
    return [way for way in TITLES if way != LOCAL_FORK or plugin.exists()]


@dataclass
class Measured:
    """One phase of one way.

    :param usage: start-up included.
    :param calls: how often each account was asked what: (account, call) to number.
    :param clouds: CPU seconds of the process with the local cloud.
    """

    usage: Usage
    calls: Counter[tuple[str, str]]
    clouds: float


@dataclass
class Outcome:
    """All ways on one cloud.

    :param start_up: of each way, of a run that has nothing to do.
    :param measured: by way and phase.
    :param problems: what should not be: end states that differ, changes on a second run, questions asked twice.
    """

    title: str
    members: int
    runs: int
    start_up: dict[str, Usage] = field(default_factory=dict)
    measured: dict[str, dict[str, Measured]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def cpu(self, way: str, phase: str) -> float:
        """CPU seconds per account of the client, without its start-up."""
        return (self.measured[way][phase].usage.cpu - self.runs * self.start_up[way].cpu) / self.members

    def calls(self, way: str, phase: str, members: set[str]) -> Counter[str]:
        """How often a member is asked what, on average."""
        found: Counter[str] = Counter()
        for (account, call), number in self.measured[way][phase].calls.items():
            if account in members:
                found[call] += number
        return Counter({call: number / self.members for call, number in found.items()})


class Bench:
    """Measures ways.

    :param folder: for files; empty.
    :param forks: accounts at a time.
    :param tell: is told what is going on.
    """

    def __init__(self, folder: Path, forks: int, tell: Callable[[str], None]) -> None:
        self._folder = folder
        self._forks = forks
        self._tell = tell

    def measure(self, stage: Aws | Alibaba, chosen: Iterable[str]) -> Outcome:
        """Measure ways on a cloud, in turn, each beginning with empty accounts.

        :raises Failed: a run failed.
        """
        outcome = Outcome(stage.title, len(stage.members), len(stage.deployments))
        held: dict[str, tuple[str, Any]] = {}
        for way in chosen:
            stage.reset()
            self._start_up(stage, way)  # fills caches
            outcome.start_up[way] = self._start_up(stage, way)
            outcome.measured[way] = {}
            for phase in PHASES:
                outcome.measured[way][phase] = self._phase(stage, way, phase, outcome.problems)
                self._tell(f"{stage.title}, {TITLES[way]}, {phase}: {outcome.measured[way][phase].usage.wall:.1f} s")
                if phase == "second run":
                    continue
                holdings = stage.holdings()
                first, reference = held.setdefault(phase, (way, holdings))
                found = list(differences(reference, holdings))
                if found:
                    outcome.problems.append(
                        f"after {phase}, {first} and {way} left different things: {'; '.join(found[:5])}"
                    )
        return outcome

    def empty_task(self, way: str, kind: str, number_of_hosts: int) -> float:
        """CPU seconds that a task takes which does nothing.

        :param kind: of EMPTY.
        :param number_of_hosts: on which the task runs; more give a better average.
        :raises Failed: a run failed.
        """
        hosts = self._file("hosts.yml", {"all": {"hosts": {f"host-{number}": {} for number in range(number_of_hosts)}}})
        load = {"ansible.builtin.meta": "reset_connection"}
        cpu = []
        for number in (0, _TASKS):
            play = {"hosts": "all", "gather_facts": False,
                    "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}", "ansible_pipelining": True},
                    "tasks": [load, *[EMPTY[kind]] * number]}
            playbook = self._file("empty.yml", [play])
            command = ["ansible-playbook", "-i", str(hosts), *self._options(way), str(playbook)]
            cpu.append(run(command, self._environment({}), self._folder).cpu)
        return (cpu[1] - cpu[0]) / number_of_hosts / _TASKS

    def set_up(self, stage: Aws | Alibaba, way: str) -> Usage:
        """Make everything what it should be.

        :raises Failed: a run failed.
        """
        return self._go(stage, way, "create")

    def _go(self, stage: Aws | Alibaba, way: str, phase: str) -> Usage:
        usage = Usage()
        for deployment in stage.deployments:
            usage += self._run(self._command(stage, way, phase, deployment), stage)
        return usage

    def _start_up(self, stage: Aws | Alibaba, way: str) -> Usage:
        if way == SDK:
            return self._run(self._script(stage, {"members": []}), stage)
        playbook = self._file("nothing.yml", _NOTHING)
        return self._run(["ansible-playbook", "-i", "localhost,", *self._options(way), str(playbook)], stage)

    def _phase(self, stage: Aws | Alibaba, way: str, phase: str, problems: list[str]) -> Measured:
        stage.calls.clear()
        begin = time.process_time()
        usage = self._go(stage, way, phase)
        clouds = time.process_time() - begin
        writes = stage.writes() if phase == "second run" else []
        if writes:
            problems.append(f"{way}: the second run changed things: {'; '.join(writes[:5])}")
        calls = stage.counts()
        twice = [f"{account} {call}" for (account, call), number in calls.items() if number > 1]
        if phase == "second run" and twice:
            problems.append(f"{way}: the second run asked {len(twice)} things twice: {'; '.join(twice[:5])}")
        return Measured(usage, calls, clouds)

    def _command(self, stage: Aws | Alibaba, way: str, phase: str, deployment: Deployment) -> list[str]:
        playbook, state = PHASES[phase]
        if way == SDK:
            return self._script(stage, deployment.job(state, self._forks, url=stage.url))
        accounts, path = self._file("accounts.yml", deployment.inventory), ROOT / "playbooks" / f"{playbook}.yml"
        return ["ansible-playbook", "-i", str(accounts), *self._options(way), str(path)]

    def _options(self, way: str) -> list[str]:
        return ["--forks", str(self._forks), "-e", f"ansible_connection={_CONNECTIONS[way]}"]

    def _script(self, stage: Aws | Alibaba, job: dict[str, Any]) -> list[str]:
        script = Path(__file__).with_name(f"sdk_{stage.name}.py")
        return [sys.executable, str(script), str(self._file("job.json", job))]

    def _run(self, command: list[str], stage: Aws | Alibaba) -> Usage:
        return run(command, self._environment(stage.environment), self._folder)

    def _environment(self, cloud: dict[str, str]) -> dict[str, str]:
        return {
            **Playbooks(self._folder, cloud).environment,
            "ANSIBLE_STDOUT_CALLBACK": "crossaccount.audit_logs.accounts",
            "ANSIBLE_DEPRECATION_WARNINGS": "false",
        }

    def _file(self, name: str, content: Any) -> Path:
        path = self._folder / name
        text = json.dumps(content) if name.endswith(".json") else yaml.safe_dump(content)
        path.write_text(text, encoding="utf-8")
        return path
