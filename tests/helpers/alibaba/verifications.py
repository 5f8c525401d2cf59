# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deployments on the local Alibaba Cloud that tests set up, break, verify and repair."""
from __future__ import annotations

import json

import pytest
from helpers.alibaba.clients import MISLEADING
from helpers.alibaba.deployments import Account, forget
from helpers.playbooks import Playbooks
from helpers.verifications import Deployment


class AlibabaDeployment(Deployment):
    """A deployment on a local Alibaba Cloud.

    :ivar accounts: by host.
    """

    def __init__(self, alibaba, playbooks, inventory, is_set_up=True):
        super().__init__(playbooks, inventory)
        self.alibaba = alibaba
        groups = inventory["all"]["children"].values()
        hosts = {name: host for group in groups for name, host in group["hosts"].items() if "account_id" in host}
        self.accounts = {name: Account(alibaba, host["account_id"]) for name, host in hosts.items()}
        if is_set_up:
            self.setup()

    def verify(self, *arguments, inventory=None) -> dict:
        """Run verify.yml; returns report.json. Asserts that verify.yml changed nothing."""
        forget(self.alibaba)
        report = super().verify("-e", "audit_logs_probe_deadline=2", *arguments, inventory=inventory)
        # A probe may be a call that would change something if the resource that it names existed.
        calls = [call for call in self.alibaba.calls if not call.read_only and call.action != "AssumeRole"]
        assert {(call.action, call.error) for call in calls} <= {("StopLogging", "TrailNotFoundException")}
        return report

    def verify_accounts(self, *arguments) -> dict:
        """Run verify.yml; returns the results of accounts by host."""
        return {result["name"]: result for result in self.verify(*arguments)["accounts"]}

    def client(self, name, service):
        return getattr(self.accounts[name].clients, service)

    def settings(self, change):
        """Change the map of Log Audit Service."""
        variables = json.loads(json.dumps(dict(self.accounts["root"].state()["log_audit"]["audit"]["variables"])))
        change(variables)
        self.accounts["root"].clients.call("AnalyzeAppLog", "2019-10-23", "sls.aliyuncs.com", body={
            "AppType": "audit", "DisplayName": "audit", "VariableMap": json.dumps(variables),
        })


def assert_broken(name, result, words):
    """An account failed; its causes have these words, and its reason is the first of them. Its probe is missing.

    :param words: those of one sentence, or a list of such.
    """
    assert result["state"] == "failed", (name, result)
    said = [one["text"] for one in result["findings"]] or [result["reason"]]
    causes = result["probe"]["causes"] if result["probe"] else said
    for some in [words] if isinstance(words, str) else words:
        assert some in " / ".join(causes), (name, some, causes)
    assert causes[0] in result["reason"], (name, result["reason"], causes)
    if result["probe"]:
        assert result["probe"]["state"] == "missing" and result["phase"] == "probe", (name, result)


def assert_arrived(name, result):
    """An account's probe arrived, or it has none."""
    assert (result["probe"] or {"state": "arrived"})["state"] == "arrived", (name, result)


def on_a_cloud_of_its_own(server, folder, run):
    """What a story says that many tests read; it happens once, on a local Alibaba Cloud with nothing in it.

    :param server: the local cloud of a file. It is empty again for each test, so the story is over before the first.
    :param folder: where the playbooks run.
    :param run: is called with the cloud and the playbooks.
    """
    server.reset()
    server.cloud.calls.clear()
    with pytest.MonkeyPatch.context() as patch:
        for name in MISLEADING:
            patch.delenv(name)
        return run(server, Playbooks(folder, server.environment, clouds=[server]))
