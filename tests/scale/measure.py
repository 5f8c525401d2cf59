# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a program and everything that it starts takes: CPU time, time, memory."""
from __future__ import annotations

import os
import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from clouds import processes

_PAUSE = 0.1  # seconds between looks at the memory, at the least
_SHARE = 10  # looking takes at most one part in so many of the time
# A cloud has processors of its own. On those that it shares here with the client's many processes it would get the share of
# one of them, and answer the later the more of them wait for it.
_POLITE = ("nice", "-n", "10")


@dataclass(frozen=True)
class Usage:
    """What a run took.

    :param cpu: seconds, user and system, of the program and all of its descendants.
    :param wall: seconds.
    :param memory: bytes, the most at any look: proportional set sizes of all its processes. Pages that several share
        count once.
    :param processes: the most at any look.
    """

    cpu: float = 0.0
    wall: float = 0.0
    memory: int = 0
    processes: int = 0

    def __add__(self, other: Usage) -> Usage:
        """Of one run after the other."""
        return Usage(self.cpu + other.cpu, self.wall + other.wall, max(self.memory, other.memory),
                     max(self.processes, other.processes))


class Failed(Exception):
    """A run ended with an error; its output is the message."""


def run(command: Sequence[str], environment: dict[str, str], folder: Path) -> Usage:
    """Run a program to its end, with a lower priority than the local clouds that this process serves.

    :param folder: in which it runs, and gets a file with its output.
    :raises Failed: it ended with another status than zero.
    """
    output = folder / "output.txt"
    with output.open("wb") as file:
        begin = time.monotonic()
        process = processes.start(
            [*_POLITE, *command], environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
        watch = _Watch(process.pid)
        try:
            status, used = os.wait4(process.pid, 0)[1:]
            wall = time.monotonic() - begin
            process.returncode = os.waitstatus_to_exitcode(status)
        finally:
            watch.stop()
            if process.returncode is None:
                processes.stop(process)
    if process.returncode:
        said = output.read_text(encoding="utf-8", errors="replace")
        raise Failed(f"{' '.join(command)} ended with status {process.returncode}:\n{said[-4000:]}")
    return Usage(used.ru_utime + used.ru_stime, wall, watch.memory, watch.processes)


class _Watch:
    """Looks at the memory of a process and its descendants until stop() is called."""

    def __init__(self, pid: int) -> None:
        self.memory = 0
        self.processes = 0
        self._pid = pid
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, name="memory", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no longer."""
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        pause = _PAUSE
        while not self._ended.wait(pause):
            begin = time.monotonic()
            tree = _tree(self._pid)
            self.memory = max(self.memory, sum(map(_memory, tree)))
            self.processes = max(self.processes, len(tree))
            pause = max(_PAUSE, _SHARE * (time.monotonic() - begin))


def _tree(root: int) -> list[int]:
    """A process and its descendants."""
    children = defaultdict(list)
    for entry in os.listdir("/proc"):
        if entry.isdecimal():
            try:
                stat = Path("/proc", entry, "stat").read_text(encoding="utf-8", errors="replace")
            except OSError:
                continue
            children[int(stat.rpartition(")")[2].split()[1])].append(int(entry))
    found = [root]
    for pid in found:
        found += children[pid]
    return found


def _memory(pid: int) -> int:
    """Proportional set size of a process in bytes; 0 for one that is gone."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
