# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook report: one report of the whole inventory, from the reports of runs on parts of it."""
from __future__ import annotations

import json

import pytest
from helpers import report_samples
from helpers.aws.deployments import ARCHIVE, MEMBERS, inventory_of
from helpers.playbooks import Playbooks

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._report import report as reports

STATS = {"ANSIBLE_SHOW_CUSTOM_STATS": "true", "ANSIBLE_CALLBACK_RESULT_FORMAT": "json"}


@pytest.fixture(name="merge")
def fixture_merge(tmp_path):
    """Merges the reports of slices, each with the accounts of these names; the run, and the merged report by account."""
    numbers = {"log-archive": ARCHIVE, **MEMBERS}
    playbooks = Playbooks(tmp_path, STATS)

    def merge(*slices, arguments=(), **variables):
        for place, names in enumerate(slices):
            report_samples.write(tmp_path / str(place), [
                {**report_samples.result(name=name, account_id=numbers[name]), "reported": reports.now()} for name in names])
        sources = ",".join(str(place) for place in range(len(slices)))
        run = playbooks.run("report", "-e", f"audit_logs_report_sources={sources}", *arguments, inventory=inventory_of(members=3, **variables))
        path = tmp_path / "audit-logs-report/report.json"
        found = json.loads(path.read_text(encoding="utf-8"))["accounts"] if path.exists() else []
        return run, {one["name"]: one["state"] for one in found}

    return merge


def test_all_accounts_have_a_result(merge):
    run, states = merge(["log-archive", "team-a"], ["log-archive", "team-b", "team-c"])
    assert run.status == 0, run.output
    assert states == dict.fromkeys(["log-archive", "team-a", "team-b", "team-c"], "ok")
    assert set(run.lines) == set(states)


def test_a_slice_is_missing(merge):
    run, states = merge(["log-archive", "team-a"])
    assert run.status != 0
    assert states == {"log-archive": "ok", "team-a": "ok", "team-b": "failed", "team-c": "failed"}
    assert run.lines["team-c"].startswith("FAILED: report: no report has a result of this account: run verify for the account")
    assert "2 of 4 accounts failed" in run.output
    stats = json.loads(run.output.split("CUSTOM STATS:")[1].partition("RUN: ")[2])["audit_logs_report"]
    assert stats["failed_accounts"] == ["team-b", "team-c"] and stats["summary"]["failed"] == 2
    assert stats["path"] == "audit-logs-report/report.json"


def test_no_sources(merge):
    run, states = merge()  # an empty text, as from a survey
    assert run.status != 0 and "audit_logs_report_sources is missing. Give the directories" in run.output and states == {}


def test_an_inventory_with_a_problem(merge):
    run, states = merge(["team-a"], audit_logs_report_max_age="long")
    assert run.status != 0 and "audit_logs_report_max_age" in run.output and states == {}
