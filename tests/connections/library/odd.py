# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module that does what modules should not, and one that looks whether another has."""
from __future__ import annotations

import atexit
import decimal
import gc
import locale
import logging
import multiprocessing
import os
import random
import resource
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import uuid
import warnings
from concurrent.futures import ThreadPoolExecutor

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.respawn import has_respawned, respawn_module


def look(_module):
    fds = {}
    for fd in os.listdir("/proc/self/fd"):
        try:
            fds[fd] = os.readlink(f"/proc/self/fd/{fd}").partition(":")[0]
        except OSError:
            pass
    payload = sys.modules["__main__"]._modlib_path
    umask = os.umask(0)
    os.umask(umask)
    with open("/proc/self/status", encoding="ascii") as status:
        masks = [line.split() for line in status if line.startswith(("SigBlk", "SigIgn"))]
    return {
        "environment": dict(os.environ), "cwd": os.getcwd(), "umask": umask, "argv": len(sys.argv),
        "file": __file__.replace(payload, ""),
        "signals": {str(number): str(signal.getsignal(number)) for number in signal.valid_signals()}, "masks": masks,
        "itimer": signal.getitimer(signal.ITIMER_REAL), "path": [path.replace(payload, "PAYLOAD") for path in sys.path],
        "fds": {fd: what for fd, what in fds.items() if fd in "012"},
        "tty": [os.isatty(fd) for fd in range(3)], "stdin": sys.stdin.read(),
        "streams": [(s.encoding, s.errors, s.line_buffering) for s in (sys.stdin, sys.stdout, sys.stderr)],
        "same_streams": [sys.stdin is sys.__stdin__, sys.stdout is sys.__stdout__, sys.stderr is sys.__stderr__],
        "locale": [locale.setlocale(category) for category in range(6)], "time_zone": time.tzname,
        "root_handlers": len(logging.getLogger().handlers), "root_level": logging.getLogger().level,
        "logging_disabled": logging.root.manager.disable, "odd_logger": logging.getLogger("odd").level,
        "filters": sorted(str((*entry[:3], str(entry[3]).replace("re.compile('__main__')", "__main__")))
                          for entry in warnings.filters if entry[2].__module__ == "builtins"),
        "main": threading.current_thread() is threading.main_thread(), "threads": threading.active_count(),
        "tmp": tempfile.gettempdir(), "decimal": str(decimal.getcontext()), "gc": [gc.isenabled(), gc.get_threshold()],
        "hooks": [sys.excepthook is sys.__excepthook__, threading.excepthook is threading.__excepthook__],
        "tracing": [str(sys.gettrace()), str(sys.getprofile())], "timeout": str(socket.getdefaulttimeout()),
        "opener": str(urllib.request._opener), "limits": resource.getrlimit(resource.RLIMIT_NOFILE),
        "flags": str(sys.flags), "nice": os.nice(0), "ids": [os.getuid(), os.getgid(), os.getgroups()],
        "controller": sorted(
            name for name in sys.modules if name.startswith("ansible.") and "module_utils" not in name),
        "finders": [str(finder) for finder in sys.meta_path if "ansible.utils" in str(finder)],
        "odd": [hasattr(os, "odd"), hasattr(AnsibleModule, "odd"), "odd_created" in sys.modules],
        "python": sys.executable, "daemon": multiprocessing.current_process().daemon,
        "__name__": __name__, "package": str(__package__),
    }


def spoil(_module):
    os.environ["ODD"] = "1"
    os.environ["AWS_ACCESS_KEY_ID"] = "ODD"
    os.chdir("/")
    os.umask(0o777)
    os.umask(0o123)
    for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGALRM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.alarm(1000)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])
    sys.path.insert(0, "/odd")
    sys.modules["odd_created"] = sys
    os.odd = AnsibleModule.odd = True
    random.seed(1)
    locale.setlocale(locale.LC_ALL, "C")
    logging.basicConfig(level=logging.DEBUG)
    logging.disable(logging.CRITICAL)
    logging.getLogger("odd").setLevel(5)
    warnings.simplefilter("error")
    tempfile.tempdir = "/odd"
    decimal.getcontext().prec = 3
    gc.disable()
    socket.setdefaulttimeout(3)
    sys.setrecursionlimit(5000)
    urllib.request.install_opener(urllib.request.build_opener())
    try:
        import boto3
        import botocore.session
        boto3.setup_default_session(aws_access_key_id="ODD", aws_secret_access_key="ODD", region_name="eu-west-3")
        botocore.session.odd = True
    except ImportError:
        pass
    os.open("/dev/zero", os.O_RDONLY)
    return {}


def chance(_module):
    return {"numbers": [random.random(), uuid.uuid4().hex, os.urandom(8).hex(), ssl.RAND_bytes(8).hex(),
                        uuid.uuid1().hex, next(tempfile._get_candidate_names()), random.SystemRandom().random()]}


def boto(_module):
    import boto3
    import botocore.session
    return {"session": str(boto3.DEFAULT_SESSION), "odd": hasattr(botocore.session, "odd")}


def crash(_module):
    raise ValueError("this is odd: \N{SNOWMAN}")


def chained(_module):
    try:
        crash(_module)
    except ValueError as error:
        raise KeyError("twice") from error


def leave(_module):
    print("left")
    sys.exit("with these words")


def noise(module):
    print("noise before")
    sys.stderr.write("noise beside\n")
    os.write(2, b"\xff raw\n")
    subprocess.run(["sh", "-c", "echo from a child; echo beside >&2"], check=True)
    atexit.register(print, "noise after")
    module.exit_json(a=1)


def junk(_module):
    os.write(1, b"\xfe\xff not JSON")
    os._exit(4)


def pool(_module):
    with ThreadPoolExecutor(8) as threads:
        return {"squares": list(threads.map(lambda x: x * x, range(100)))}


def processes(_module):
    with multiprocessing.get_context("fork").Pool(2) as workers:
        return {"lengths": workers.map(len, ["a", "bb"])}


def late(_module):
    """Ends while a thread still runs, which Python waits for."""
    threading.Thread(target=lambda: (time.sleep(.3), os.write(2, b"late"))).start()
    return {}


def deep(_module):
    def down(level):
        return level if level == 850 else down(level + 1)
    return {"level": down(0)}


def too_deep(_module):
    def down():
        return down() + 1
    return {"level": down()}


def leaves_files(module):
    tempfile.TemporaryDirectory().odd = module
    tempfile.NamedTemporaryFile()
    held = tempfile.TemporaryDirectory()
    module.held = held
    return {"tmpdir": os.path.isdir(module.tmpdir)}


def again(_module):
    if not has_respawned():
        respawn_module(sys.executable)
    return {"respawned": has_respawned()}


def files(module):
    """Whether files remain open that have the numbers of the worker's files."""
    gc.collect()
    opened = [os.open("/dev/null", os.O_RDONLY) for _number in range(30)]
    gc.collect()
    return {"open": [os.fstat(descriptor).st_rdev for descriptor in opened], "text": module.params["text"]}


def loaded(_module):
    """Python's and other packages' sources, not those of Ansible."""
    found = [getattr(module, "__file__", None) or "" for module in sys.modules.values()]
    return {"files": sorted({path for path in found if path.endswith(".py") and os.path.exists(path)})}


def warn(module):
    module.warn("careful")
    module.warn("careful")
    module.deprecate("old", version="9.0.0", collection_name="odd.odd")
    module.deprecate("old without a name", version="9.0.0")
    return {}


ACTS = {
    "big": lambda module: {"data": "x" * 3_000_000},
    "changed": lambda module: {
        "changed": True, "diff": {"before": "a\n", "after": "b\n"},
        "ansible_facts": {"odd_fact": module.params["text"]}},
    "exit": lambda module: os._exit(3),
    "fail": lambda module: module.fail_json(msg="failed", more=[1]),
    "hang": lambda module: time.sleep(600),
    "kill": lambda module: os.kill(os.getpid(), signal.SIGKILL),
    "slow": lambda module: time.sleep(3) or {"data": "x" * 3_000_000},
    "term": lambda module: os.kill(os.getpid(), signal.SIGTERM),
    "interrupt": lambda module: os.kill(os.getpid(), signal.SIGHUP),
    "mode": lambda module: {
        "check": module.check_mode, "diff": module._diff, "verbosity": module._verbosity, "name": module._name},
    "nothing": lambda module: sys.exit(0),
    "run": lambda module: dict(zip(
        ("rc", "out", "err"), module.run_command(["sh", "-c", "cat; echo out; echo err >&2; exit 5"]))),
    "secret": lambda module: {"text": f"a {module.params['secret']} b", "params": dict(module.params)},
    "text": lambda module: {
        "text": module.params["text"], "numbers": [1, 1.5, None, True, 10 ** 30], "odd": "\x00\u2028\U0001f600"},
}


def main():
    acts = {**ACTS, **{act.__name__: act for act in (
        again, boto, chained, chance, crash, deep, files, junk, late, leave, leaves_files, loaded, look,
        noise, pool, processes, spoil, too_deep, warn)}}
    module = AnsibleModule(
        argument_spec={
            "do": {"choices": sorted(acts), "required": True},
            "text": {"type": "str", "default": "t\N{LATIN SMALL LETTER A WITH DIAERESIS}xt"},
            "secret": {"type": "str", "no_log": True},
            "gone": {"type": "str", "removed_in_version": "9.0.0", "removed_from_collection": "odd.odd"},
        },
        supports_check_mode=True,
    )
    result = acts[module.params["do"]](module)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
