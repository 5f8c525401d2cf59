# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deployments of Alibaba Cloud that tests set up, break and verify."""
from __future__ import annotations

import json

import pytest
from helpers.alibaba.clients import MISLEADING
from helpers.alibaba.deployments import Account, forget
from helpers.playbooks import Playbooks


class Deployment:
    """A deployment that is set up, and verified.

    :ivar accounts: by host.
    :ivar results: of the last verification, by host.
    """

    def __init__(self, alibaba, playbooks, inventory, is_set_up=True):
        self.alibaba, self.playbooks, self.inventory = alibaba, playbooks, inventory
        groups = inventory["all"]["children"].values()
        hosts = {name: host for group in groups for name, host in group["hosts"].items() if "account_id" in host}
        self.accounts = {name: Account(alibaba, host["account_id"]) for name, host in hosts.items()}
        self.results = {}
        if is_set_up:
            self.setup()

    def setup(self, *arguments):
        """Run setup.yml; returns its run."""
        done = self.playbooks.run("setup", *arguments, inventory=self.inventory)
        assert done.status == 0, done.output
        assert "FAILED" not in done.output
        return done

    def destroy(self, *arguments):
        """Remove everything but the logs."""
        done = self.playbooks.run("destroy", *arguments, inventory=self.inventory)
        assert done.status == 0, done.output

    def verify(self, *arguments):
        """Verify: the reasons of the accounts that failed, by host."""
        reports = self.playbooks.folder / "audit-logs-report"
        for path in reports.glob("accounts/*.json"):
            path.unlink()
        forget(self.alibaba)
        done = self.playbooks.run(
            "verify", "-e", "audit_logs_probe_deadline=2", "-e", "audit_logs_probe_interval=1", *arguments,
            inventory=self.inventory)
        found = [json.loads(path.read_text()) for path in reports.glob("accounts/*.json")]
        assert found, done.output
        self.results = {result["name"]: result for result in found}
        # A probe may be a call that would write, if there were what it speaks of.
        calls = [call for call in self.alibaba.calls if not call.read_only and call.action != "AssumeRole"]
        assert {(call.action, call.error) for call in calls} <= {("StopLogging", "TrailNotFoundException")}
        failed = {name: result["reason"] for name, result in self.results.items() if result["state"] == "failed"}
        assert (done.status != 0) == bool(failed), done.output
        return failed

    def passes(self):
        """Nobody fails, and every probe arrives."""
        assert self.verify() == {}
        for name, result in self.results.items():
            assert_arrived(name, result)

    def breaks(self, steps, expected):
        """Break something, on top of what is broken already: who fails for it, and a sentence that each has as a cause.

        :param expected: words of the sentence by host; a list of words where there is more than one.
        """
        for step in steps:
            step(self)
        failed = self.verify()
        assert set(failed) == set(expected), (failed, expected)
        for name, words in expected.items():
            assert_broken(name, self.results[name], words)
        for name in set(self.results) - set(expected):
            assert_arrived(name, self.results[name])

    def mends(self, *arguments):
        """Set up again: all is well."""
        self.setup(*arguments)
        self.passes()

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


def on_a_cloud_of_its_own(server, folder, tell):
    """What a story says that many tests read; it happens once, on a local Alibaba Cloud with nothing in it.

    :param server: the local cloud of a file. It is empty again for each test, so the story is over before the first.
    :param folder: where the playbooks run.
    :param tell: is called with the cloud and the playbooks.
    """
    server.reset()
    server.cloud.calls.clear()
    with pytest.MonkeyPatch.context() as patch:
        for name in MISLEADING:
            patch.delenv(name)
        return tell(server, Playbooks(folder, server.environment))
