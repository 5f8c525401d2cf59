# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventory plugins, each run in a child of a process that has loaded Ansible.

In the process of the tests, Ansible can't load plugins of this collection, because the tests have imported parts of it.
"""
from __future__ import annotations

import importlib
import json
import os
import resource
import subprocess
import sys
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml
from clouds import processes
from helpers import ROOT
from helpers.alibaba.clients import MISLEADING

# Imported once, because that takes longer than most runs.
_SDKS = ("alibabacloud_resourcedirectorymaster20220419.client", "alibabacloud_sts20150401.client", "boto3")
_workers: dict[tuple, Any] = {}


class PluginFailed(Exception):
    """The plugin raised an error.

    :ivar kind: name of its class.
    :ivar parsed: what the inventory has all the same.
    """

    def __init__(self, kind: str, message: str, parsed: Parsed) -> None:
        super().__init__(message)
        self.kind = kind
        self.parsed = parsed


@dataclass
class Parsed:
    """What a plugin made of its file.

    :ivar hosts: variables by host.
    :ivar groups: names of the hosts of each group.
    :ivar group_variables: variables by group.
    :ivar trusted: texts in the variables of hosts that Ansible would treat as templates.
    :ivar waited: seconds for which it would have waited between tries.
    :ivar cpu: seconds of CPU time that it took.
    """

    hosts: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=dict)
    group_variables: dict[str, dict[str, Any]] = field(default_factory=dict)
    trusted: list[str] = field(default_factory=list)
    waited: float = 0.0
    cpu: float = 0.0


class Plugin:
    """An inventory plugin with its file.

    :param name: of the plugin.
    :param path: of the file.
    :param options: of all runs.
    :ivar environment: further variables of the environment of all runs.
    """

    def __init__(self, name: str, path: Path, **options: Any) -> None:
        self.path = path
        self.options = options
        self.environment: dict[str, str] = {}
        self._name = name

    def write(self, **options: Any) -> Path:
        """Write the file."""
        settings = {"plugin": self._name, **self.options, **options}
        self.path.write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
        return self.path

    def run(self, cache: bool = True, **options: Any) -> Parsed:
        """Run the plugin; it does not wait between tries.

        :param cache: False as with --flush-cache.
        :raises PluginFailed: it raised an error.
        """
        request = {"name": self._name, "path": str(self.write(**options)), "cache": cache}
        worker = _worker(self.environment)
        worker.stdin.write(json.dumps(request) + "\n")
        worker.stdin.flush()
        answer = json.loads(worker.stdout.readline())
        error, parsed = answer.pop("error"), Parsed(**answer)
        if error:
            raise PluginFailed(*error, parsed)
        return parsed


def _worker(more: dict[str, str]) -> Any:
    """The process for an environment: SDKs read variables when they are imported."""
    key = tuple(sorted(more.items()))
    if key not in _workers:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ANSIBLE_")) and name not in MISLEADING},
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": os.environ.get("ANSIBLE_COLLECTIONS_PATH", str(ROOT / ".venv/collections")),
            **more,
        }
        # Not with -m: Python would put this folder into sys.path.
        start = f"import sys; sys.path.insert(0, {str(Path(__file__).parents[1])!r}); from helpers import inventories; inventories.serve()"
        _workers[key] = processes.start(
            [sys.executable, "-c", start], environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    return _workers[key]


def serve() -> None:
    """The process: forks for each request, until there are no more."""
    sys.path.pop(0)
    from ansible.plugins.loader import init_plugin_loader

    init_plugin_loader()
    for package in _SDKS:
        importlib.import_module(package)
    for request in sys.stdin:
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            with os.fdopen(writing, "w") as pipe:
                json.dump(_run(**json.loads(request)), pipe)
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            answer = pipe.read()
        os.waitpid(child, 0)
        print(answer, flush=True)


def _run(name: str, path: str, cache: bool) -> dict[str, Any]:
    from ansible.inventory.data import InventoryData
    from ansible.parsing.dataloader import DataLoader
    from ansible.plugins.loader import inventory_loader

    waited = _do_not_wait()
    plugin, data, error = inventory_loader.get(name), InventoryData(), None
    before = resource.getrusage(resource.RUSAGE_SELF)
    try:
        assert plugin.verify_file(path)
        plugin.parse(data, DataLoader(), path, cache=cache)
        if plugin.get_option("cache"):
            plugin.update_cache_if_changed()
    except Exception as raised:
        error = type(raised).__name__, str(raised) or traceback.format_exc()
    after = resource.getrusage(resource.RUSAGE_SELF)
    hosts = {
        host: {name: value for name, value in found.vars.items() if not name.startswith("inventory_")} for host, found in data.hosts.items()
    }
    return {
        "error": error, "hosts": hosts, "trusted": list(_trusted(hosts)), "waited": waited[0],
        "groups": {name: [host.name for host in group.get_hosts()] for name, group in data.groups.items()},
        "group_variables": {name: dict(group.vars) for name, group in data.groups.items()},
        "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
    }


def _do_not_wait() -> list[float]:
    from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import retry

    waited = [0.0]

    def sleep(seconds: float) -> None:
        waited[0] += seconds

    time.sleep = sleep  # of amazon.aws and botocore
    retry.time = SimpleNamespace(sleep=sleep, monotonic=lambda: waited[0])
    return waited


def _trusted(value: Any) -> Any:
    from ansible.template import is_trusted_as_template

    if isinstance(value, dict):
        for item in value.values():
            yield from _trusted(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _trusted(item)
    elif isinstance(value, str) and is_trusted_as_template(value):
        yield str(value)
