# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks with an inventory of the plugin alibaba_accounts only."""
from __future__ import annotations

import json

import pytest
import yaml
from helpers.alibaba import directories
from helpers.alibaba.clients import REGION
from helpers.alibaba.deployments import ARCHIVE, MANAGEMENT, MEMBERS, PROJECT, TRAIL, Account, forget, inventory_of, writes

MANAGEMENT_HOST = f"management-{MANAGEMENT}"
LOCAL_URL = "{{ lookup('ansible.builtin.env', 'ALIBABA_LOCAL_URL') }}"


# As the documentation of the plugin says.
OF_PLUGIN = ("GetResourceDirectory", "ListAccounts", "ListFoldersForParent", "ListAccountsForParent")
HOSTS = {MANAGEMENT_HOST: MANAGEMENT, "log-archive": ARCHIVE, "shop": MEMBERS["shop"], "blog": MEMBERS["blog"]}


@pytest.fixture(name="inventory")
def fixture_inventory(alibaba, alibaba_playbooks, tmp_path):
    """The path of an inventory: an archive and two members in folders, a third member that is excluded, and one that ends."""
    workloads = directories.add_folder(alibaba, "Workloads")
    directories.add_member(alibaba, ARCHIVE, "log archive")
    directories.add_member(alibaba, MEMBERS["shop"], "shop", workloads)
    directories.add_member(alibaba, MEMBERS["blog"], "blog", workloads)
    directories.add_member(alibaba, MEMBERS["bank"], "bank", directories.add_folder(alibaba, "Sandbox"))
    directories.add_member(alibaba, "5234567890123456", "gone", workloads, deletion="Deleting")
    folder = tmp_path / "accounts"
    (folder / "group_vars").mkdir(parents=True)
    (folder / "group_vars/all.yml").write_text(yaml.safe_dump({
        "audit_logs_alibaba_region": REGION, "audit_logs_alibaba_mode": "actiontrail", "audit_logs_alibaba_project": PROJECT,
        "audit_logs_alibaba_protocol": "http", "audit_logs_alibaba_http_proxy": LOCAL_URL,
    }), encoding="utf-8")
    path = folder / "org.alibaba_accounts.yml"
    path.write_text(yaml.safe_dump({
        "plugin": "crossaccount.audit_logs.alibaba_accounts", "archive": "log archive", "exclude": [{"folder": "/Sandbox"}],
        "protocol": "http", "http_proxy": LOCAL_URL,
    }), encoding="utf-8")
    alibaba_playbooks.accounts = inventory_of("actiontrail", accounts=HOSTS)
    alibaba_playbooks.besides[MANAGEMENT] = [json.dumps({"Version": "1", "Statement": [
        {"Effect": "Allow", "Action": [f"resourcemanager:{name}" for name in OF_PLUGIN], "Resource": "*"}]})]
    return path


def test_setup_verify_and_destroy(alibaba, alibaba_playbooks, inventory):
    setup = alibaba_playbooks.run("setup", "-i", str(inventory))
    assert setup.status == 0 and set(setup.lines) == set(HOSTS), setup.output
    for account_id in HOSTS.values():
        assert TRAIL in Account(alibaba, account_id).state()["trails"]
    assert Account(alibaba, MEMBERS["bank"]).holdings() == {}
    forget(alibaba)
    again = alibaba_playbooks.run("setup", "-i", str(inventory))
    assert again.status == 0 and writes(alibaba) == [], again.output
    verify = alibaba_playbooks.run("verify", "-i", str(inventory), "-e", "audit_logs_probe_deadline=2")
    assert verify.status == 0 and {line.partition(":")[0] for line in verify.lines.values()} <= {"ok", "warning"}, verify.output
    destroy = alibaba_playbooks.run("destroy", "-i", str(inventory), "-e", "audit_logs_delete_logs=true")
    assert destroy.status == 0, destroy.output
    assert {host: Account(alibaba, account_id).holdings() for host, account_id in HOSTS.items()} == dict.fromkeys(HOSTS, {})


def test_directory_that_cannot_be_read_ends_the_run_before_any_change(alibaba, alibaba_playbooks, inventory, monkeypatch):
    directories.refuse(monkeypatch, alibaba, "ListAccounts", {1})
    run = alibaba_playbooks.run("setup", "-i", str(inventory))
    assert run.status != 0 and "ListAccounts: NoPermission" in run.output and "Traceback" not in run.output
    assert writes(alibaba) == []
