# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: local_fork
short_description: Execute on the controller, without a new Python for every task
version_added: 0.3.0
author: crossaccount.audit_logs contributors
description:
  - Like P(ansible.builtin.local#connection), with the same results. But a task's module runs in a child that is forked
    from the process that has its task, in place of a Python that starts, unpacks the module and imports boto3 anew.
  - C(ansible.builtin.meta) with C(reset_connection) loads what the modules of this collection and those that its roles
    use import, with the models of AWS's services, into Ansible's main process, which all tasks after it inherit.
    Put it first in a play. Later ones do nothing. Without it, each child imports for itself.
  - A module that was loaded is used only if it is what Ansible would send, byte for byte. Otherwise what Ansible sends
    is run.
options:
  become_success_timeout:
    description: As that of P(ansible.builtin.local#connection).
    type: int
    default: 10
    vars:
      - name: ansible_local_become_success_timeout
  become_strip_preamble:
    description: As that of P(ansible.builtin.local#connection).
    type: bool
    default: true
    vars:
      - name: ansible_local_become_strip_preamble
extends_documentation_fragment:
  - connection_pipelining
notes:
  - "To turn it off, set the variable C(ansible_connection) to V(local) for hosts, or with C(-e)."
  - Executed as by P(ansible.builtin.local#connection), which C(-v) says, is what is not a module in Python, runs with
    another interpreter than Ansible (set C(ansible_python_interpreter) to C({{ ansible_playbook_python }})), or with
    C(become) or C(async), gets an C(environment) that Python reads when it starts (such as E(PYTHONPATH) or E(LC_ALL)),
    or is debugged (E(ANSIBLE_KEEP_REMOTE_FILES), E(ANSIBLE_DISPLAY_TRACEBACK)); and everything where there is no Linux.
  - Modules go through a pipe even if O(pipelining) is off, so no arguments are written into temporary files.
  - A module dies with its task, when that times out or Ansible is killed.
"""

import ast
import atexit
import base64
import contextlib
import contextvars
import ctypes
import gc
import importlib
import io
import locale
import logging
import multiprocessing
import os
import re
import selectors
import shlex
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
import zlib
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import ansible
from ansible.plugins.connection import ensure_connect
from ansible.plugins.connection.local import Connection as Local
from ansible.plugins.loader import action_loader, filter_loader
from ansible.release import __author__, __version__
from ansible.utils.display import Display
from ansible.utils.multiprocessing import context as processes

display = Display()

# What is loaded in advance. Of our own collection all modules.
MODULES = {
    "crossaccount.audit_logs": ["*"],
    "amazon.aws": ["aws_caller_info", "cloudtrail", "cloudwatchlogs_log_group", "iam_policy", "iam_role", "kms_key",
                   "s3_bucket", "sts_assume_role"],
    "community.aws": ["s3_lifecycle"],
}
SERVICES = ["cloudtrail", "iam", "kms", "logs", "s3", "sts"]
PACKAGES = [
    "alibabacloud_tea_openapi.client", "alibabacloud_tea_openapi.utils_models", "darabonba.runtime",
    *(f"alibabacloud_{product}.{part}" for part in ("client", "models") for product in (
        "actiontrail20200706", "ram20150501", "resourcedirectorymaster20220419", "sls20201230", "sts20150401")),
]
# Variables that do something when Python, or a library of it, starts.
_AT_START = re.compile(r"PYTHON|LD_|DYLD_|LC_|LANG$|HOME$|AWS_DATA_PATH$|MALLOC_|GLIBC_|OPENSSL_")
# Packages that are not the same for modules as they are for Ansible.
ANSIBLE = ("ansible", "ansible_collections")
# Above Ansible's own package.
_ROOT = Path(ansible.__file__).parents[1]
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


class Ordinary(Exception):
    """Why this is for local."""


class Loaded:
    """What the main process has loaded for the modules: as a module sees it, which is not as Ansible does."""

    def __init__(self) -> None:
        self.modules: dict[str, ModuleType] = {}  # by name
        self.codes: dict[str, CodeType] = {}  # of Ansible's modules, by name
        self.checksums: dict[str, int] = {}  # of the sources of both
        self.finders: list = []  # what they import with, as the six of Ansible 2.19
        self.botocore_loader: Any = None
        self.warning_filters: list = []

    def load(self) -> None:
        """Load it. Nothing else may run in this process at the time: for as long, Ansible's own modules are away."""
        collections = {}
        for name in MODULES:
            with contextlib.suppress(ImportError):
                found = importlib.import_module(f"ansible_collections.{name}")
                collections[name] = Path(found.__file__).parent
        state = (sys.meta_path[:], sys.path_hooks[:], sys.path_importer_cache.copy(), sys.dont_write_bytecode)
        with warnings.catch_warnings():
            theirs = _leave_ansible()
            try:
                _default_warnings()
                sys.dont_write_bytecode = True
                self._import(collections)
                self.warning_filters = warnings.filters[:]
                self.finders = [finder for finder in sys.meta_path if finder not in state[0]]
                for name, module in sys.modules.items():
                    if name.partition(".")[0] in ANSIBLE:
                        self.checksums[name] = zlib.crc32(_source(name, module))
                self.modules = _leave_ansible()
            finally:
                _leave_ansible()
                sys.modules.update(theirs)
                sys.meta_path[:], sys.path_hooks[:], cache, sys.dont_write_bytecode = state
                sys.path_importer_cache.clear()
                sys.path_importer_cache.update(cache)

    def _import(self, collections: dict[str, Path]) -> None:
        # As in module_common.recursive_finder.
        extend = "from pkgutil import extend_path\n__path__=extend_path(__path__,__name__)\n"
        ours = _ROOT / "ansible"
        _package("ansible", ours, f'{extend}__version__="{__version__}"\n__author__="{__author__}"\n')
        _package("ansible.module_utils", ours / "module_utils", extend)
        _package("ansible_collections", None, "")
        _try("ansible.module_utils._internal._ansiballz._loader")
        _try("ansible.module_utils.basic")
        for profile in ("legacy", "modern"):
            for way in ("c2m", "m2c"):
                _try(f"ansible.module_utils._internal._json._profiles._module_{profile}_{way}")
        for name in PACKAGES:
            _try(name)
        for name, folder in collections.items():
            _package(f"ansible_collections.{name.partition('.')[0]}", None, "")
            _package(f"ansible_collections.{name}", folder, "")
        for name, folder in collections.items():
            for path in sorted(path for glob in MODULES[name] for path in (folder / "plugins/modules").glob(f"{glob}.py")):
                self._import_module(f"ansible_collections.{name}.plugins.modules.{path.stem}", path)
        with contextlib.suppress(Exception):
            self._read_models()

    def _import_module(self, name: str, path: Path) -> None:
        source = path.read_bytes()
        self.checksums[name] = zlib.crc32(source)
        self.codes[name] = compile(source, path, "exec", dont_inherit=True)
        with contextlib.suppress(Exception):
            exec(self.codes[name], {"__name__": name, "__package__": name.rpartition(".")[0], "__file__": str(path)})

    def _read_models(self) -> None:
        import boto3
        import botocore.session
        from botocore.loaders import create_loader

        self.botocore_loader = create_loader()
        session = botocore.session.Session()
        session.register_component("data_loader", self.botocore_loader)
        session = boto3.session.Session("none", "none", region_name="us-east-1", botocore_session=session)
        for service in SERVICES:
            session.client(service)
            for kind in ("paginators-1", "waiters-2"):
                with contextlib.suppress(Exception):
                    self.botocore_loader.load_service_model(service, kind)


LOADED = Loaded()


class Connection(Local):
    """Runs modules in children of this process, and everything else as local does."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._playbook = options.get("ansible_playbook_pid")
        self._said: set[str] = set()

    def is_pipelining_enabled(self, wrap_async: bool = False) -> bool:
        """Modules come by in_data wherever they can be forked."""
        return super().is_pipelining_enabled(wrap_async) or not wrap_async and not self.become

    def reset(self) -> None:
        """In the main process: load what modules need. Ansible calls this for C(meta: reset_connection)."""
        super().reset()
        if LOADED.modules or multiprocessing.parent_process():
            return
        for worker in multiprocessing.active_children():
            worker.join(1)
        if multiprocessing.active_children():
            display.v("local_fork: nothing is loaded, because other tasks are running")
            return
        LOADED.load()
        # Ansible itself would compile these anew for each task that uses one of them.
        for path in (Path(__file__).parents[1] / "filter").glob("[!_]*.py"):
            filter_loader.get(f"crossaccount.audit_logs.{path.stem}")
        action_loader.get("ansible.builtin.normal", class_only=True)
        # What never changes need not be copied, as a garbage collection in a child otherwise has it.
        gc.collect()
        gc.freeze()

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
        child = processes.Process(target=_run, args=(payload, environment, self.cwd, inputs, os.getpid()))
        try:
            try:
                child.start()
            finally:
                for descriptor in inputs:
                    os.close(descriptor)
            output = self._read(outputs)
        except BaseException:  # a timeout, for example
            if child.pid:
                child.kill()
            raise
        finally:
            for descriptor in outputs:
                os.close(descriptor)
            if child.pid:
                child.join()
        if child.exitcode < 0:  # as the shell reports it
            output[1] += f"{signal.strsignal(-child.exitcode)}\n".encode()
            return 128 - child.exitcode, *output
        return child.exitcode, *output

    def _environment(self, cmd: str, in_data: bytes | None) -> dict[str, str]:
        """Variables that a command sets, if it runs a module as this process could."""
        if in_data is None:
            raise Ordinary("it is not piped to Python (become, async, not a module in Python)" if "AnsiballZ_" in cmd else "")
        if self.become:
            raise Ordinary("become")
        if not hasattr(os, "memfd_create"):
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

    def _read(self, descriptors: tuple[int, ...]) -> list[bytes]:
        """Everything that is written, until all writers are gone."""
        read = {descriptor: bytearray() for descriptor in descriptors}
        with selectors.DefaultSelector() as selector:
            for descriptor in descriptors:
                selector.register(descriptor, selectors.EVENT_READ)
            while selector.get_map():
                for key, _events in selector.select(1):
                    chunk = os.read(key.fd, 1 << 16)
                    read[key.fd] += chunk
                    if not chunk:
                        selector.unregister(key.fd)
                if self._playbook not in (None, str(os.getppid())):
                    # Nobody is interested any more; the worker's own way out.
                    os.kill(os.getpid(), signal.SIGTERM)
        return [bytes(data) for data in read.values()]


def _is_this_python(path: str) -> bool:
    here = os.path.dirname(sys.executable)
    return path == sys.executable or os.path.dirname(path) == here and os.path.realpath(path) == os.path.realpath(sys.executable)


def _payload(script: bytes) -> dict[str, Any]:
    """What the script that Ansible made calls its main function with."""
    marker = b'if __name__ == "__main__":\n    _ansiballz_main('
    try:
        call = ast.parse(b"call(" + script[script.rindex(marker) + len(marker):], mode="eval").body
        payload = {word.arg: ast.literal_eval(word.value) for word in call.keywords if word.arg != "date_time"}
        options = {name: payload[name] for name in ("module_fqn", "params", "profile", "zip_data")}
    except (ValueError, SyntaxError, KeyError) as error:
        raise Ordinary(f"it does not look like a module in Python ({error})") from error
    if payload["extensions"] or payload["rlimit_nofile"] or '"_ansible_tracebacks_for": []' not in options["params"]:
        raise Ordinary("it is debugged, or gets another limit of open files")
    return options


def _try(name: str) -> None:
    with contextlib.suppress(Exception):
        importlib.import_module(name)


def _package(name: str, folder: Path | None, source: str) -> None:
    """Make a package, of which nothing is executed but the source given."""
    if name in sys.modules:
        return
    module = sys.modules[name] = ModuleType(name)
    module.__dict__.update(__path__=[str(folder)] if folder else [], __package__=name,
                           __file__=str((folder or _ROOT / name.replace(".", "/")) / "__init__.py"), _source=source.encode())
    exec(source, module.__dict__)
    parent, _dot, attribute = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], attribute, module)


def _source(name: str, module: ModuleType) -> bytes:
    """The source of a module that was imported by that name; it may have put another in its place."""
    if hasattr(module, "_source"):
        return module._source
    parent, _dot, leaf = name.rpartition(".")
    package = sys.modules[parent]
    folders = getattr(package, "__path__", None) or [os.path.dirname(getattr(package, "__file__", ""))]
    files = (Path(folder, *file) for folder in folders for file in ((f"{leaf}.py",), (leaf, "__init__.py")))
    return next((file.read_bytes() for file in files if file.is_file()), b"")


def _leave_ansible() -> dict[str, ModuleType]:
    """Forget Ansible's modules, and how it imports those of collections; returns the modules."""
    def is_ansible(thing: Any) -> bool:
        return (getattr(thing, "__module__", None) or type(thing).__module__).partition(".")[0] == "ansible"

    sys.meta_path[:] = [finder for finder in sys.meta_path if not is_ansible(finder)]
    sys.path_hooks[:] = [hook for hook in sys.path_hooks if not is_ansible(hook)]
    sys.path_importer_cache.clear()
    names = [name for name in sys.modules if name.partition(".")[0] in ANSIBLE]
    return {name: sys.modules.pop(name) for name in names}


def _default_warnings() -> None:
    """As Python has them when it starts."""
    warnings.resetwarnings()
    for category in (ResourceWarning, ImportWarning, PendingDeprecationWarning, DeprecationWarning):
        warnings.simplefilter("ignore", category)
    warnings.filterwarnings("default", category=DeprecationWarning, module="__main__")
    warnings._processoptions(sys.warnoptions)


# From here on: in the child.


def _run(payload: dict[str, Any], environment: dict[str, str], cwd: str | None, outputs: tuple[int, int], worker: int) -> None:
    """Run a module. What it sees is what a Python would see that has just started."""
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != worker:
        os._exit(1)
    ansibles = _leave_ansible()
    _reset_system(environment, cwd, outputs)
    _reset_python()
    archive = _archive(payload["zip_data"])
    run = _importer(archive)
    # Held until the end: what they own must not be closed meanwhile, as the numbers of its files are the module's now.
    atexit.register(ansibles.clear)
    contextvars.Context().run(
        run, json_params=payload["params"].encode(), profile=payload["profile"], module_fqn=payload["module_fqn"],
        modlib_path=archive, extensions={})


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
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    os.environ.update(environment)
    if cwd:
        os.chdir(cwd)
    with contextlib.suppress(OSError):
        os.environ["PWD"] = os.getcwd()  # as a shell does
    time.tzset()
    locale.setlocale(locale.LC_ALL, "C")
    lenient = locale.setlocale(locale.LC_CTYPE, "") in ("C", "POSIX", "C.UTF-8", "C.utf8", "UTF-8")
    errors = "surrogateescape" if lenient else "strict"
    sys.stdin = sys.__stdin__ = _stream(0, "r", errors)
    sys.stdout = sys.__stdout__ = _stream(1, "w", errors)
    sys.stderr = sys.__stderr__ = _stream(2, "w", "backslashreplace", line_buffering=True)


def _stream(descriptor: int, mode: str, errors: str, line_buffering: bool = False) -> io.TextIOWrapper:
    unbuffered = mode == "w" and bool(os.environ.get("PYTHONUNBUFFERED"))
    file = open(descriptor, f"{mode}b", 0 if unbuffered else -1, closefd=False)
    return io.TextIOWrapper(file, "utf-8", errors, None, line_buffering and not unbuffered, unbuffered)


def _reset_python() -> None:
    depth = 0
    frame = sys._getframe()
    while frame := frame.f_back:
        depth += 1
    sys.setrecursionlimit(1000 + depth)
    main = getattr(sys.modules["__main__"], "__file__", None)
    sys.path[:] = [path for path in sys.path if path and path != (main and os.path.dirname(os.path.realpath(main)))]
    sys.argv[:] = [""]
    sys.excepthook, threading.excepthook = sys.__excepthook__, threading.__excepthook__
    logging.getLogger().handlers.clear()
    logging.getLogger().setLevel(logging.WARNING)
    logging.disable(logging.NOTSET)
    logging.captureWarnings(False)
    _default_warnings()
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
    from ansible.module_utils._internal._ansiballz import _loader

    return _loader.run_module


def _name_of(filename: str) -> str:
    return filename.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


class _Importer(zipimport.zipimporter):
    """Imports from the archive as if it were where Ansible is, and does not compile again what was loaded."""

    def get_code(self, fullname: str) -> CodeType:
        """The code of a module."""
        if fullname in LOADED.codes:
            return LOADED.codes[fullname]
        path = _ROOT / Path(self.get_filename(fullname)).relative_to(self.archive)
        return compile(self.get_source(fullname), path, "exec", dont_inherit=True)
