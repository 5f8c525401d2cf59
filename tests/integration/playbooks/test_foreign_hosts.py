# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers in the inventory cost what Ansible itself takes to read them."""
from __future__ import annotations

import pytest
import yaml
from helpers import ROOT
from helpers.alibaba.deployments import inventory_of as alibaba_inventory_of
from helpers.aws.deployments import inventory_of
from helpers.playbooks import environment_of
from scale.measure import run

SERVERS = 2000
MOST = 1.3  # times


@pytest.mark.alone
@pytest.mark.full
def test_many_servers(aws, alibaba, tmp_path):
    """CPU time of four accounts among the servers, as against four accounts alone and a play that does nothing among the servers."""
    environment = environment_of(tmp_path, {**aws.environment, **alibaba.environment})
    on_aws, on_alibaba = inventory_of()["all"], alibaba_inventory_of()["all"]
    few = {"vars": on_aws["vars"] | on_alibaba["vars"] | {"audit_logs_probe": False},
           "children": on_aws["children"] | on_alibaba["children"]}
    servers = {f"web{number}": {"ansible_host": f"10.0.{number // 250}.{number % 250}", "ansible_user": "deploy"}
               for number in range(SERVERS)}
    inventories = {"few": few, "many": {**few, "children": {**few["children"], "web": {"hosts": servers}}}}
    for name, inventory in inventories.items():
        (tmp_path / f"{name}.yml").write_text(yaml.safe_dump({"all": inventory}), encoding="utf-8")
    nothing = tmp_path / "nothing.yml"
    nothing.write_text(yaml.safe_dump([{"hosts": ":".join(few["children"]), "gather_facts": False, "tasks": []}]), encoding="utf-8")

    def cpu(playbook, inventory):
        return run(["ansible-playbook", str(playbook), "-i", f"{inventory}.yml"], environment, tmp_path).cpu

    cpu(ROOT / "playbooks/setup.yml", "few")
    cpu(nothing, "few")
    servers_alone = cpu(nothing, "many") - cpu(nothing, "few")
    found = {}
    for playbook in ("setup", "verify"):
        path = ROOT / f"playbooks/{playbook}.yml"
        accounts_alone, together = cpu(path, "few"), cpu(path, "many")
        found[playbook] = together / (accounts_alone + servers_alone)
        print(f"{playbook}: {accounts_alone:.2f} s, servers {servers_alone:.2f} s, together {together:.2f} s, {found[playbook]:.2f} times")
    assert max(found.values()) <= MOST
