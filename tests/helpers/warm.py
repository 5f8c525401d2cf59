# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-playbook without its start-up, which takes half of the time of a short run.

A process imports Ansible and lets the connection local_fork load what it loads in each run of our playbooks. For each run
it forks. One process serves one environment, because Ansible and SDKs read variables when they are imported.
"""
from __future__ import annotations

import atexit
import json
import os
import socket
import subprocess
import sys
import time
import warnings
from pathlib import Path

from clouds import processes

IMPATIENT = "IMPATIENT_PLAYBOOKS_OF_A_TEST"  # the variable with which an environment says that timeouts and pauses are short
_UNANSWERED = 4  # seconds until a call times out
_FASTER = 20  # as many times
_SHORTEST = 0.05  # seconds: Ansible itself sleeps for less while it waits for its workers
MOST = 2  # processes that wait at the same time, of about 100 MB each
_waiting: dict[tuple, Warm] = {}
_seen: set[tuple] = set()


def run(command: list[str], folder: Path, environment: dict[str, str], python: Path) -> tuple[int, str] | None:
    """Run ansible-playbook: its status and its output. None if no process waits for this environment.

    The first run with an environment is one of those. Most environments that are used twice are used often.
    """
    key = _key(environment, python)
    if key not in _seen:
        _seen.add(key)
        return None
    if key not in _waiting:
        while len(_waiting) >= MOST:
            _waiting.pop(next(iter(_waiting))).end()
        _waiting[key] = Warm(environment, python)
    return _waiting[key].run(command, folder)


def expect(environment: dict[str, str], python: Path) -> None:
    """Let the first run with an environment be one of those already, because many follow."""
    _seen.add(_key(environment, python))


def _key(environment: dict[str, str], python: Path) -> tuple:
    # Ansible's own files may be in the folder of another test.
    return python, *sorted(item for item in environment.items() if item[0] != "ANSIBLE_HOME")


class Warm:
    """A process that has loaded Ansible."""

    def __init__(self, environment: dict[str, str], python: Path) -> None:
        ours, theirs = socket.socketpair()
        # Not with -m: Python would put this folder into sys.path.
        start = f"import sys; sys.path.insert(0, {str(Path(__file__).parents[1])!r}); from helpers import warm; warm.serve()"
        self._process = processes.start(
            [str(python), "-c", start, str(theirs.fileno())], environment, pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
        )
        theirs.close()
        self._requests = ours.makefile("rw", encoding="utf-8")
        ours.close()

    def run(self, command: list[str], folder: Path) -> tuple[int, str]:
        """Run ansible-playbook: its status and its output."""
        output = folder / "output"
        self._requests.write(json.dumps([command, str(folder), str(output)]) + "\n")
        self._requests.flush()
        return int(self._requests.readline()), output.read_text(encoding="utf-8")

    def end(self) -> None:
        """End the process."""
        self._requests.close()
        self._process.wait()


def serve() -> None:
    """The process: forks for each request, until there are no more."""
    sys.path.pop(0)
    requests = socket.socket(fileno=int(sys.argv.pop())).makefile("rw", encoding="utf-8")
    _load()
    while request := requests.readline():
        child = os.fork()
        if not child:
            requests.detach().close()
            _run(*json.loads(request))
        requests.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
        requests.flush()


def _load() -> None:
    import ansible.cli.playbook
    from ansible.playbook.play_context import PlayContext
    from ansible.plugins.loader import connection_loader, init_plugin_loader

    init_plugin_loader()
    connection_loader.get("crossaccount.audit_logs.local_fork", PlayContext(), os.devnull).reset()
    if IMPATIENT in os.environ:
        _be_impatient()


def _be_impatient() -> None:
    """Let calls that nobody answers, and pauses before the next attempt, take a short time: they are constants of SDKs and modules."""
    import botocore.config
    from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._connection.loaded import LOADED

    botocore.config.Config.OPTION_DEFAULTS.update(connect_timeout=_UNANSWERED, read_timeout=_UNANSWERED)
    client = LOADED.modules["ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.client"]
    client._TIMEOUTS.update(connect_timeout=_UNANSWERED * 1000, read_timeout=_UNANSWERED * 1000)
    sleep = time.sleep
    time.sleep = lambda seconds: sleep(seconds if seconds < _SHORTEST else max(_SHORTEST, seconds / _FASTER))


def _run(command: list[str], folder: str, output: str) -> None:
    from ansible.cli.playbook import PlaybookCLI
    from ansible.utils.path import cleanup_tmp_file

    os.chdir(folder)
    with open(output, "wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    # Ansible's temporary folder is for all children.
    atexit.unregister(cleanup_tmp_file)
    warnings.filterwarnings("ignore", message="AnsibleCollectionFinder has already been configured")
    sys.argv = command
    PlaybookCLI.cli_executor(command)
