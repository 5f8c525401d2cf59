# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The methods by which a deployment is set up and removed, and what each of them costs."""
from __future__ import annotations

import json
import sys
import time
from collections import Counter
from contextlib import nullcontext
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from helpers import ROOT
from helpers.playbooks import environment_of

from .jobs import Deployment
from .measure import Usage, run
from .stages import Aws, Alibaba, differences

LOCAL, LOCAL_FORK, SDK = "local", "local_fork", "sdk"
TITLES = {
    LOCAL: "playbooks, connection local",
    LOCAL_FORK: "playbooks, connection local_fork",
    SDK: "bare SDK script",
}
# A phase: its playbook, and the state that the bare script is given.
PHASES = {
    "create": ("setup", "present"), "second run": ("setup", "present"), "verify": ("verify", "verified"), "destroy": ("destroy", "absent"),
}
_UNCHANGED = ("second run", "verify")
_CONNECTIONS = {LOCAL: "ansible.builtin.local", LOCAL_FORK: "crossaccount.audit_logs.local_fork"}
_SOON = ("-e", "audit_logs_probe_interval=1")  # what arrives here arrives at once
_NOTHING = [{"name": "Nothing", "hosts": "localhost", "gather_facts": False, "tasks": []}]
# Tasks that do nothing: what Ansible itself takes for a task, and for one that runs a module.
EMPTY = {"task": {"ansible.builtin.set_fact": {"nothing": 1}}, "module": {"ansible.builtin.ping": {}}}
_TASKS = 6


def methods() -> list[str]:
    """The methods that this checkout can measure."""
    plugin = ROOT / "plugins" / "connection" / "local_fork.py"
    return [method for method in TITLES if method != LOCAL_FORK or plugin.exists()]


@dataclass
class Measured:
    """One phase of one method.

    :param usage: start-up included.
    :param calls: how often each account was asked what: (account, call) to number.
    :param clouds: CPU seconds of the process with the local cloud.
    """

    usage: Usage
    calls: Counter[tuple[str, str]]
    clouds: float


@dataclass
class Outcome:
    """All methods on one cloud.

    :param start_up: of each method, of a run that has nothing to do.
    :param measured: by method and phase.
    :param problems: what should not be: end states that differ, changes on a second run, questions asked twice.
    """

    title: str
    members: int
    runs: int
    start_up: dict[str, Usage] = field(default_factory=dict)
    measured: dict[str, dict[str, Measured]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def cpu(self, method: str, phase: str) -> float:
        """CPU seconds per account of the client, without its start-up."""
        return (self.measured[method][phase].usage.cpu - self.runs * self.start_up[method].cpu) / self.members

    def calls(self, method: str, phase: str, members: set[str]) -> Counter[str]:
        """How often a member is asked what, on average."""
        found: Counter[str] = Counter()
        for (account, call), number in self.measured[method][phase].calls.items():
            if account in members:
                found[call] += number
        return Counter({call: number / self.members for call, number in found.items()})


class Bench:
    """Measures the methods.

    :param folder: for files; empty.
    :param forks: accounts at a time.
    :param progress: is called with a line of text after each phase.
    """

    def __init__(self, folder: Path, forks: int, progress: Callable[[str], None]) -> None:
        self._folder = folder
        self._forks = forks
        self._progress = progress

    def measure(self, stage: Aws | Alibaba, chosen: Iterable[str]) -> Outcome:
        """Measure methods on a cloud, in turn, each beginning with empty accounts.

        :raises Failed: a run failed.
        """
        outcome = Outcome(stage.title, len(stage.members), len(stage.deployments))
        held: dict[str, tuple[str, Any]] = {}
        for method in chosen:
            stage.reset()
            self._start_up(stage, method)  # fills caches
            outcome.start_up[method] = self._start_up(stage, method)
            outcome.measured[method] = {}
            for phase in PHASES:
                outcome.measured[method][phase] = self._phase(stage, method, phase, outcome.problems)
                wall = outcome.measured[method][phase].usage.wall
                self._progress(f"{stage.title}, {TITLES[method]}, {phase}: {wall:.1f} s")
                if phase in _UNCHANGED:
                    continue
                holdings = stage.holdings()
                first, reference = held.setdefault(phase, (method, holdings))
                found = list(differences(reference, holdings))
                if found:
                    outcome.problems.append(
                        f"after {phase}, {first} and {method} left different things: {'; '.join(found[:5])}"
                    )
        return outcome

    def empty_task(self, method: str, kind: str, number_of_hosts: int) -> float:
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
            command = ["ansible-playbook", "-i", str(hosts), *self._options(method), str(playbook)]
            cpu.append(run(command, self._environment({}), self._folder).cpu)
        return (cpu[1] - cpu[0]) / number_of_hosts / _TASKS

    def set_up(self, stage: Aws | Alibaba, method: str) -> Usage:
        """Make everything what it should be.

        :raises Failed: a run failed.
        """
        return self._go(stage, method, "create")

    def _go(self, stage: Aws | Alibaba, method: str, phase: str) -> Usage:
        usage = Usage()
        for deployment in stage.deployments:
            usage += self._run(self._command(stage, method, phase, deployment), stage)
        return usage

    def _start_up(self, stage: Aws | Alibaba, method: str) -> Usage:
        if method == SDK:
            return self._run(self._script(stage, {"members": []}), stage)
        playbook = self._file("nothing.yml", _NOTHING)
        return self._run(["ansible-playbook", "-i", "localhost,", *self._options(method), str(playbook)], stage)

    def _phase(self, stage: Aws | Alibaba, method: str, phase: str, problems: list[str]) -> Measured:
        stage.calls.clear()
        begin = time.process_time()
        with stage.delivering() if phase == "verify" else nullcontext():
            usage = self._go(stage, method, phase)
        clouds = time.process_time() - begin
        writes = stage.writes() if phase in _UNCHANGED else []
        if writes:
            problems.append(f"{method}, {phase}: it changed things: {'; '.join(writes[:5])}")
        calls = stage.counts()
        twice = [f"{account} {call}" for (account, call), number in calls.items() if number > 1]
        if phase == "second run" and twice:
            problems.append(f"{method}: the second run asked {len(twice)} things twice: {'; '.join(twice[:5])}")
        return Measured(usage, calls, clouds)

    def _command(self, stage: Aws | Alibaba, method: str, phase: str, deployment: Deployment) -> list[str]:
        playbook, state = PHASES[phase]
        if method == SDK:
            return self._script(stage, deployment.job(state, self._forks, url=stage.url))
        accounts, path = self._file("accounts.yml", deployment.inventory), ROOT / "playbooks" / f"{playbook}.yml"
        return ["ansible-playbook", "-i", str(accounts), *self._options(method), str(path), *(_SOON if playbook == "verify" else ())]

    def _options(self, method: str) -> list[str]:
        return ["--forks", str(self._forks), "-e", f"ansible_connection={_CONNECTIONS[method]}"]

    def _script(self, stage: Aws | Alibaba, job: dict[str, Any]) -> list[str]:
        script = Path(__file__).with_name(f"sdk_{stage.name}.py")
        return [sys.executable, str(script), str(self._file("job.json", job))]

    def _run(self, command: list[str], stage: Aws | Alibaba) -> Usage:
        return run(command, self._environment(stage.environment), self._folder)

    def _environment(self, cloud: dict[str, str]) -> dict[str, str]:
        return {
            **environment_of(self._folder, cloud),
            "ANSIBLE_STDOUT_CALLBACK": "crossaccount.audit_logs.accounts",
            "ANSIBLE_DEPRECATION_WARNINGS": "false",
        }

    def _file(self, name: str, content: Any) -> Path:
        path = self._folder / name
        text = json.dumps(content) if name.endswith(".json") else yaml.safe_dump(content)
        path.write_text(text, encoding="utf-8")
        return path
