# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: local_fork
short_description: Run modules on the controller in forked processes, without a new Python for every task
version_added: 0.4.0
author: crossaccount.audit_logs contributors (@crossaccount)
description:
  - Works like P(ansible.builtin.local#connection), with the same results. But the module of a task runs in a child process that is forked
    from the worker process of the task. With P(ansible.builtin.local#connection), each task starts a new Python, which unpacks the module
    and imports boto3 again.
  - C(ansible.builtin.meta) with C(reset_connection) prepares the main process of Ansible. The main process then imports everything that the
    modules of this collection, and the other modules that its roles use, import, and loads the models of the AWS services. All later tasks
    inherit this state.
  - Put this task before the first task that runs a module. A second such task has no effect. Without such a task, each child process
    imports everything itself.
  - The connection runs a loaded module only if it is identical, byte for byte, to the module that Ansible would send. Otherwise, the
    connection runs the module that Ansible sends.
options:
  become_success_timeout:
    description: Seconds to wait for C(become) to succeed, as for P(ansible.builtin.local#connection).
    type: int
    default: 10
    vars:
      - name: ansible_local_become_success_timeout
  become_strip_preamble:
    description: Whether to remove the internal output of C(become) that precedes the output of the command, as for
      P(ansible.builtin.local#connection).
    type: bool
    default: true
    vars:
      - name: ansible_local_become_strip_preamble
  host:
    description: Name of the host, for what the connection displays.
    type: str
    vars:
      - name: inventory_hostname
    version_added: 0.7.0
extends_documentation_fragment:
  - connection_pipelining
notes:
  - To turn off this connection, set the variable C(ansible_connection) to V(local) for hosts, or with C(-e).
  - The connection runs a module in the same way as P(ansible.builtin.local#connection) in the following cases. C(-v) shows such a case.
  - The module is not written in Python.
  - The module runs with another interpreter than Ansible. To use the same interpreter, set C(ansible_python_interpreter) to
    C({{ ansible_playbook_python }}).
  - The task uses C(become) or C(async).
  - The task gets an C(environment) with a variable that Python or an SDK reads when it starts, such as E(PYTHONPATH), E(LC_ALL) or
    E(ALIBABA_CLOUD_ACCESS_KEY_ID).
  - The module is debugged (E(ANSIBLE_KEEP_REMOTE_FILES), E(ANSIBLE_DISPLAY_TRACEBACK)).
  - The operating system of the controller is not Linux.
  - The connection sends modules through a pipe even if O(pipelining) is off, so no arguments are written into temporary files.
  - Modules of this collection that take minutes, such as the validation of log files, say every 30 seconds how far they have come. The
    connection displays this at once, on standard error.
  - If a module fails, the connection removes query strings, signed requests, tokens and keys from the messages of the module.
  - If a task times out, its module ends too. If Ansible ends, even if Ansible is killed, all tasks and modules end. The commands that a
    module has started end together with the module.
  - For an implicit C(localhost), Ansible sets the variable C(ansible_connection) to V(ansible.builtin.local). This variable overrides the
    C(connection) of a play. To use this connection for C(localhost), set the variable C(ansible_connection).
"""

import ast
import gc
import json
import multiprocessing
import os
import re
import selectors
import shlex
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils import _requirements

_requirements.check_core()

from ansible.module_utils.common.json import Direction, get_module_decoder, get_module_encoder
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.connection import ensure_connect
from ansible.plugins.connection.local import Connection as Local
from ansible.plugins.loader import action_loader, filter_loader, lookup_loader, test_loader
from ansible.template import Templar, trust_as_template
from ansible.utils.display import Display

from ansible_collections.crossaccount.audit_logs.plugins.module_utils import _progress as progress
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._secrets import without_secrets
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._texts import one_line
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._connection import forked
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._connection.loaded import LOADED
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._roles.options import ROLES, specification

display = Display()

_LINUX = hasattr(os, "memfd_create")
# Variables that are read when Python starts, or when one of the packages that are loaded in advance is imported.
_AT_START = re.compile(
    r"_?PY|LD_|DYLD_|LC_|LANG$|HOME$|MALLOC_|GLIBC_|OPENSSL_"
    r"|ALIBABA_CLOUD_|AWS_DATA_PATH$|BOTO_|UNIX|\w+_NO_EXTENSIONS$")


class Ordinary(Exception):
    """Why this is for local."""


class Connection(Local):
    """Runs modules in children of this process, and everything else as local does."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._said: set[str] = set()
        self.ended: list[str] = []  # names of the commands that a module had started when its task timed out
        self._worker = "ansible_playbook_pid" in options
        if self._worker and _LINUX:
            signal.signal(signal.SIGUSR2, _end_group)
            forked.end_with(multiprocessing.parent_process().pid, signal.SIGUSR2)

    def is_pipelining_enabled(self, wrap_async: bool = False) -> bool:
        """Modules come by in_data wherever they can be forked."""
        return super().is_pipelining_enabled(wrap_async) or not wrap_async and not self.become

    def reset(self) -> None:
        """In the main process: load what modules need. Ansible calls this for C(meta: reset_connection)."""
        super().reset()
        if LOADED.modules or self._worker:
            return
        deadline = time.monotonic() + 1  # for those that have given their results
        for worker in multiprocessing.active_children():
            worker.join(max(0, deadline - time.monotonic()))
        if multiprocessing.active_children():
            display.v("local_fork: nothing is loaded, because other tasks are running")
            return
        LOADED.load()
        _warm_up()
        # What never changes need not be copied, as a garbage collection in a child otherwise has it.
        gc.collect()
        gc.freeze()
        os.register_at_fork(after_in_child=gc.freeze)

    @ensure_connect
    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        """Run a module in a child, or anything else as local does."""
        try:
            environment = self._environment(cmd, in_data)
            payload = _payload(in_data)
        except Ordinary as reason:
            if str(reason) and str(reason) not in self._said:
                self._said.add(str(reason))
                display.v(f"local_fork: a module runs as with the connection local: {reason}",
                          host=self._play_context.remote_addr)
            return super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        display.vvv(f"FORK {cmd}", host=self._play_context.remote_addr)
        outputs, inputs = zip(os.pipe(), os.pipe())
        child = forked.Child(target=forked.run, args=(payload, environment, self.cwd, inputs, os.getpid()))
        try:
            try:
                child.start()
            finally:
                for descriptor in inputs:
                    os.close(descriptor)
            output = _read(outputs, self._tell)
        except BaseException:  # a timeout, for example
            if child.pid:
                self.ended = forked.kill(child.pid)
            raise
        finally:
            for descriptor in outputs:
                os.close(descriptor)
            if child.pid:
                child.join()
        if child.exitcode:
            output = [_without_secrets(text) for text in output]
        if child.exitcode < 0:  # as the shell reports it
            output[1] += f"{signal.strsignal(-child.exitcode)}\n".encode()
            return 128 - child.exitcode, *output
        return child.exitcode, *output

    def _tell(self, text: str) -> None:
        """Display how far a module has come."""
        display.display(f"{self.get_option('host')}: {one_line(without_secrets(text))}", stderr=True)

    def _environment(self, cmd: str, in_data: bytes | None) -> dict[str, str]:
        """Variables that a command sets, if it runs a module as this process could."""
        if in_data is None:
            module = "AnsiballZ_" in cmd
            raise Ordinary("it is not piped to Python (become, async, not a module in Python)" if module else "")
        if self.become:
            raise Ordinary("become")
        if not _LINUX:
            raise Ordinary("no Linux")
        words = shlex.split(cmd)
        words = shlex.split(words[2]) if words[1:2] == ["-c"] and len(words) == 3 else words
        words = words[:-3] if words[-3:] == ["&&", "sleep", "0"] else words  # before ansible-core 2.21
        environment = dict(word.split("=", 1) for word in words[:-1] if "=" in word)
        if len(environment) != len(words) - 1 or not _is_this_python(words[-1]):
            raise Ordinary(f"its interpreter is not {sys.executable}")
        for name, value in environment.items():
            if _AT_START.match(name) and os.environ.get(name) != value:
                raise Ordinary(f"it gets an environment with {name}")
        return environment


def _end_group(_number: int, _frame: Any) -> None:
    """End a worker and the commands that it has started, because Ansible has ended.

    Not with SIGTERM alone, which Ansible sends, too: a second one kills the worker before it has passed on the first.
    """
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.kill(0 if os.getpgrp() == os.getpid() else os.getpid(), signal.SIGTERM)


def _warm_up() -> None:
    """Let Ansible's main process do once what each of its workers would do anew."""
    for path in (Path(__file__).parents[1] / "filter").glob("[!_]*.py"):
        filter_loader.get(f"crossaccount.audit_logs.{path.stem}")
    for name in ("ansible.legacy.normal", "crossaccount.audit_logs.account_session", "crossaccount.audit_logs.aws_plan"):
        action_loader.get(name, class_only=True)
    for role in ROLES.glob("aws_*"):
        specification(role.name)
    lookup_loader.get("ansible.builtin.env")
    for _test in test_loader.all():
        pass
    for profile in ("legacy", "modern"):
        get_module_encoder(profile, Direction.CONTROLLER_TO_MODULE)
        get_module_decoder(profile, Direction.MODULE_TO_CONTROLLER)
    Templar(DataLoader()).template(trust_as_template("{{ 'a' is defined }}"))


def _read(descriptors: tuple[int, ...], tell: Callable[[str], None]) -> list[bytes]:
    """Everything that is written, until all writers are gone.

    :param tell: gets what standard error, the last of the descriptors, says of the progress of the module; this is not returned.
    """
    read = {descriptor: bytearray() for descriptor in descriptors}
    with selectors.DefaultSelector() as selector:
        for descriptor in descriptors:
            selector.register(descriptor, selectors.EVENT_READ)
        while selector.get_map():
            for key, _events in selector.select():
                chunk = os.read(key.fd, 1 << 16)
                read[key.fd] += chunk
                if key.fd == descriptors[-1]:
                    _take_progress(read[key.fd], len(chunk), tell)
                if not chunk:
                    selector.unregister(key.fd)
    return [bytes(data) for data in read.values()]


def _take_progress(text: bytearray, new: int, tell: Callable[[str], None]) -> None:
    """Take whole lines of C(Progress) out of a text.

    :param new: number of bytes at its end that were not looked at before; a line that is not whole begins shortly before them.
    """
    start = max(0, len(text) - new - 1000)
    while (begin := text.find(progress.MARK.encode(), start)) >= 0 and (end := text.find(b"\n", begin)) >= 0:
        tell(text[begin + len(progress.MARK):end].decode("utf-8", "replace"))
        del text[begin:end + 1]


def _without_secrets(output: bytes) -> bytes:
    """What a module printed that failed: SDKs repeat what they sent, and the modules of other collections do not look at it."""
    text = output.decode("utf-8", "surrogateescape")
    try:
        result = without_secrets(json.loads(text))
        text = json.dumps({**result, "msg": one_line(result["msg"])} if isinstance(result.get("msg"), str) else result)
    except (AttributeError, ValueError):
        text = without_secrets(text)
    return text.encode("utf-8", "surrogateescape")


def _is_this_python(path: str) -> bool:
    folder, _slash, _name = sys.executable.rpartition("/")
    return os.path.dirname(path) == folder and os.path.realpath(path) == os.path.realpath(sys.executable)


def _payload(script: bytes) -> dict[str, Any]:
    """What the script that Ansible created calls its main function with."""
    marker = b'if __name__ == "__main__":\n    _ansiballz_main('
    try:
        call = ast.parse(b"call(" + script[script.rindex(marker) + len(marker):], mode="eval").body
        payload = {word.arg: ast.literal_eval(word.value) for word in call.keywords if word.arg != "date_time"}
        options = {name: payload[name] for name in ("module_fqn", "params", "profile", "zip_data")}
        debugged = payload["extensions"] or payload["rlimit_nofile"]
    except (ValueError, SyntaxError, KeyError) as error:
        raise Ordinary(f"it does not look like a module in Python ({error})") from error
    if debugged or '"_ansible_tracebacks_for": []' not in options["params"]:
        raise Ordinary("it is debugged, or gets another limit of open files")
    return options
