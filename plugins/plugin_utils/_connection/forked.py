# SPDX-License-Identifier: GPL-3.0-or-later
"""A child that runs a module, which sees what a Python sees that has just started. Private; see local_fork."""
from __future__ import annotations

import atexit
import base64
import contextlib
import contextvars
import ctypes
import gc
import io
import locale
import logging
import os
import signal
import sys
import tempfile
import threading
import time
import urllib.request
import warnings
import weakref
import zipfile
import zipimport
from pathlib import Path
from types import CodeType
from typing import Any

from ansible.utils.multiprocessing import context as processes

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import answers
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._connection.loaded import (
    LOADED,
    ROOT,
    default_warnings,
)

_PDEATHSIG = 1  # PR_SET_PDEATHSIG of linux/prctl.h
# Ansible's own modules, until the end: what they own must not be closed, as the numbers of its files are used anew.
_HELD: list = []


class Child(processes.Process):  # type: ignore[name-defined]
    """A child that does what is registered for its end, as those of Python 3.13 and later do."""

    def _bootstrap(self, parent_sentinel: Any = None) -> int:
        code = super()._bootstrap(parent_sentinel)
        atexit._run_exitfuncs()
        return code


def run(
    payload: dict[str, Any], environment: dict[str, str], cwd: str | None, outputs: tuple[int, int], worker: int,
) -> None:
    """Run a module.

    :param payload: what the script that Ansible created calls its main function with.
    :param outputs: descriptors for standard output and standard error.
    :param worker: id of the process that waits for it.
    """
    end_with(worker, signal.SIGKILL)
    gc.freeze()  # A garbage collection would close files of the worker by numbers that are used anew.
    _HELD.append((sys.path_importer_cache, LOADED.leave_ansible()))
    _reset_system(environment, cwd, outputs)
    _reset_python()
    archive = _archive(payload["zip_data"])
    run_module = _importer(archive)
    contextvars.Context().run(
        run_module, json_params=payload["params"].encode(), profile=payload["profile"], modlib_path=archive,
        module_fqn=payload["module_fqn"], extensions={})


def end_with(parent: int, number: int) -> None:
    """Let this process get a signal when its parent ends, or if it has already."""
    ctypes.CDLL(None).prctl(_PDEATHSIG, number)
    if os.getppid() != parent:
        os.kill(os.getpid(), number)


def kill(pid: int) -> list[str]:
    """Kill a child of this process and all processes that it has started; returns the names of those that it has started itself."""
    os.kill(pid, signal.SIGSTOP)  # it starts no others meanwhile
    found = {pid}
    processes_now = _processes()
    direct = [name for name, parent, _group in processes_now.values() if parent == pid]
    while new := {one for one, (_name, parent, _group) in processes_now.items() if parent in found} - found:
        found |= new
    if os.getpgrp() == os.getpid():  # the parent of some may have ended; Ansible gives each worker a group of its own
        found |= {one for one, (_name, _parent, group) in processes_now.items() if group == os.getpid() != one}
    for one in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)
    return direct


def _processes() -> dict[int, tuple[str, int, int]]:
    """Name, parent and group of each process of the machine, by its id."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended
            before, _bracket, after = path.read_text(encoding="utf-8", errors="replace").rpartition(")")
            parent, group = after.split()[1:3]
            found[int(path.parent.name)] = before.partition("(")[2], int(parent), int(group)
    return found


def _reset_system(environment: dict[str, str], cwd: str | None, outputs: tuple[int, int]) -> None:
    for number in signal.valid_signals():
        # Python ignores one or the other; what was ignored when it started remains so.
        if signal.getsignal(number) not in (signal.SIG_IGN, signal.SIG_DFL):
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_IGN)
    end, start = os.pipe()
    os.dup2(end, 0)
    for descriptor, output in zip((1, 2), outputs):
        os.dup2(output, descriptor)
    for descriptor in os.listdir("/proc/self/fd"):
        if int(descriptor) > 2:
            with contextlib.suppress(OSError):  # that of the folder itself
                os.close(int(descriptor))
    os.environ.update(environment)
    if cwd:
        os.chdir(cwd)
    with contextlib.suppress(OSError):
        os.environ["PWD"] = os.getcwd()  # as a shell does
    time.tzset()
    locale.setlocale(locale.LC_ALL, "C")
    lenient = locale.setlocale(locale.LC_CTYPE, "") in ("C", "POSIX", "C.UTF-8", "C.utf8", "UTF-8")
    errors = "surrogateescape" if lenient else "strict"
    sys.stdin = sys.__stdin__ = _stream(0, "rb", errors)
    sys.stdout = sys.__stdout__ = _stream(1, "wb", errors)
    sys.stderr = sys.__stderr__ = _stream(2, "wb", "backslashreplace", line_buffering=True)


def _stream(descriptor: int, mode: str, errors: str, line_buffering: bool = False) -> io.TextIOWrapper:
    unbuffered = mode == "wb" and bool(os.environ.get("PYTHONUNBUFFERED"))
    file = open(descriptor, mode, 0 if unbuffered else -1, closefd=False)
    return io.TextIOWrapper(file, "utf-8", errors, None, line_buffering and not unbuffered, unbuffered)


def _reset_python() -> None:
    depth = 0
    frame = sys._getframe()
    while frame := frame.f_back:
        depth += 1
    sys.setrecursionlimit(1000 + depth)
    main = getattr(sys.modules["__main__"], "__file__", None)
    beside = main and os.path.dirname(os.path.realpath(main))
    sys.path[:] = [path for path in sys.path if path and path != beside]
    sys.argv[:] = [""]
    sys.excepthook, threading.excepthook = sys.__excepthook__, threading.__excepthook__
    logging.getLogger().handlers.clear()
    logging.getLogger().setLevel(logging.WARNING)
    logging.disable(logging.NOTSET)
    logging.captureWarnings(False)
    default_warnings()
    if LOADED.warning_filters:
        warnings.filters[:] = LOADED.warning_filters
    tempfile.tempdir = None
    urllib.request._opener = None
    # What the main process does at its end is not for its children; what modules do at theirs, is.
    weakref.finalize._registry.clear()
    weakref.finalize._registered_with_atexit = False
    atexit._clear()
    atexit.register(lambda: (sys.stdout.flush(), sys.stderr.flush()))
    atexit.register(logging.shutdown)


def _archive(data: str) -> str:
    """Path of a zip file, that is nowhere but in memory, and that other processes can read."""
    descriptor = os.memfd_create("module.zip")
    with open(descriptor, "wb", closefd=False) as file:
        file.write(base64.b64decode(data))
    return f"/proc/{os.getpid()}/fd/{descriptor}"


def _importer(archive: str) -> Any:
    """Let imports come from an archive, with what was loaded if that is the same; returns what runs a module."""
    with zipfile.ZipFile(archive) as file:
        sums = {_name_of(info.filename): info.CRC for info in file.infolist()}
    sys.path.insert(0, archive)
    if all(LOADED.checksums.get(name, crc) == crc for name, crc in sums.items()) and LOADED.modules:
        for name in sums.keys() & LOADED.modules.keys():
            module = sys.modules[name] = LOADED.modules[name]
            if hasattr(module, "__path__"):
                elsewhere = module.__path__ if name in ("ansible", "ansible.module_utils") else []
                module.__path__ = [f"{archive}/{name.replace('.', '/')}", *elsewhere]
        sys.path_hooks.insert(0, _Importer)
        sys.meta_path += LOADED.finders
    if LOADED.botocore_loader:
        import botocore.session

        create = botocore.session.create_loader
        botocore.session.create_loader = lambda paths=None: create(paths) if paths else LOADED.botocore_loader
        # Modules of amazon.aws take an answer that is not of AWS for an empty one, or for success.
        answers.install()
    from ansible.module_utils._internal._ansiballz import _loader

    return _loader.run_module


def _name_of(filename: str) -> str:
    return filename.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


class _Importer(zipimport.zipimporter):
    """Imports from the archive as if it were where Ansible is, and does not compile again what was loaded."""

    def get_filename(self, fullname: str) -> str:
        """Where a module is in the archive. The inherited method compiles it to find out."""
        end = "/__init__.py" if self.is_package(fullname) else ".py"
        return f"{self.archive}/{self.prefix}{fullname.rpartition('.')[2]}{end}"

    def get_code(self, fullname: str) -> CodeType:
        """The code of a module."""
        if fullname in LOADED.codes:
            return LOADED.codes[fullname]
        path = ROOT / Path(self.get_filename(fullname)).relative_to(self.archive)
        return compile(self.get_source(fullname), path, "exec", dont_inherit=True)
