# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The messages with which a playbook rejects inventories: one process for many, not an ansible-playbook for each.

Ansible itself loads the playbook and each inventory, collects the variables of groups, hosts, play and task, and
templates them. The action that computes the deployment runs with
them. So this file contains no copy of the playbook, which could
become different from the playbook.

Only a run of ansible-playbook shows the rest: that the run ends there, its exit status, and what it prints.
"""
from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
import traceback

import yaml
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.playbook import Playbook
from ansible.playbook.play import Play
from ansible.playbook.play_context import PlayContext
from ansible.plugins.loader import action_loader, connection_loader, init_plugin_loader
from ansible.template import Templar
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager
from helpers import ROOT
from helpers.playbooks import Playbooks

# Lets Python print each import of the main process; Ansible's workers print nothing.
LIST_IMPORTS = {"PYTHONPROFILEIMPORTTIME": "1"}
_SDK = re.compile(r"^import time: .*\| +alibabacloud_sls20201230\.models$")


def messages(playbooks: Playbooks, playbook: str, inventories: dict[str, dict]) -> dict[str, str]:
    """The message with which a playbook rejects each inventory. Empty: it does not. A traceback: it can't be evaluated.

    A process of its own does this, because Ansible imports collections in another way than the tests do.

    :param playbooks: where they would run, and with which environment.
    :param inventories: by any name.
    """
    paths = {}
    for number, (name, inventory) in enumerate(inventories.items()):
        path = playbooks.folder / f"inventory-{number}.yml"
        path.write_text(yaml.safe_dump(inventory), encoding="utf-8")
        paths[name] = str(path)
    done = subprocess.run(
        [sys.executable, "-m", "helpers.preflight", str(ROOT / "playbooks" / f"{playbook}.yml")],
        input=json.dumps(paths), stdout=subprocess.PIPE, text=True, check=True,
        cwd=playbooks.folder, env={**playbooks.environment, "PYTHONPATH": str(ROOT / "tests")},
    )
    return json.loads(done.stdout)


def one_line(text: str) -> str:
    """A message, or the output that contains it as JSON, in one line and without quotation marks."""
    return " ".join(text.replace('"', " ").split())


def together(common: dict, inventories: list[dict]) -> dict:
    """An inventory with whatever is different in each of some inventories from one that they have in common."""
    found = copy.deepcopy(common)
    for inventory in inventories:
        for key, value in inventory.items():
            if isinstance(value, dict) and isinstance(common.get(key), dict):
                found[key] = together(common[key], [found[key], value])
            elif value != common.get(key):
                found[key] = value
    return found


def plays_that_load(output: str) -> list[str]:
    """Names of the plays in which Ansible's main process loads an SDK, from the output of a run with LIST_IMPORTS."""
    found, play = [], ""
    for line in output.splitlines():
        if line.startswith("PLAY ["):
            play = line[len("PLAY ["):line.index("]")]
        elif _SDK.search(line):
            found.append(play)
    return found


def _main(playbook: str) -> None:
    """The process: reads the paths of inventories by name, and writes the messages by name."""
    output, sys.stdout = sys.stdout, sys.stderr
    init_plugin_loader()
    loader = DataLoader()
    play = Playbook.load(playbook, variable_manager=VariableManager(loader), loader=loader).get_plays()[0]
    found = {}
    for name, path in json.load(sys.stdin).items():
        try:
            found[name] = _message(play, path)
        except Exception:
            found[name] = traceback.format_exc()
    json.dump(found, output)


def _message(play: Play, path: str) -> str:
    loader = DataLoader()
    inventory = InventoryManager(loader, sources=[path])
    loader.set_basedir(play._included_path)
    variables = VariableManager(loader, inventory)
    HostVars(inventory, variables, loader)  # makes hostvars one of the variables
    action = "crossaccount.audit_logs.deployment"
    task = next(task for block in play.compile() for task in block.block if task.action == action)
    hosts = inventory.get_hosts(Templar(loader, variables.get_vars(play=play)).template(play.hosts))
    found = variables.get_vars(play=play, host=hosts[0], task=task)
    found["ansible_play_hosts"] = [host.name for host in hosts]
    templar = Templar(loader, found)
    task.args = templar.template(task.args)
    return action_loader.get(
        action, task=task, connection=connection_loader.get("ansible.builtin.local", PlayContext()), play_context=None,
        loader=loader, templar=templar, shared_loader_obj=None,
    ).run(task_vars=found).get("msg", "")


if __name__ == "__main__":
    _main(sys.argv[1])
