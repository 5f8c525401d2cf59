# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that end when we do."""
from __future__ import annotations

import ctypes
import os
import signal
import subprocess
from collections.abc import Sequence

_PR_SET_PDEATHSIG = 1
_GRACE = 10  # seconds between asking to end and ending
_libc = ctypes.CDLL(None, use_errno=True)


def start(command: Sequence[str], environment: dict[str, str], **options) -> subprocess.Popen:
    """Start a program in a process group of its own; it is ended if this process is killed.

    :param options: those of subprocess.Popen.
    :raises OSError: the program can't be started.
    """
    return subprocess.Popen(
        command, env=environment, process_group=0, preexec_fn=_end_with_parent, **options
    )


def stop(process: subprocess.Popen) -> int:
    """End a program's whole process group, and return its exit status."""
    _signal_group(process, signal.SIGTERM)
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        pass
    _signal_group(process, signal.SIGKILL)
    return process.wait()


def _signal_group(process: subprocess.Popen, number: int) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        pass


def _end_with_parent() -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
