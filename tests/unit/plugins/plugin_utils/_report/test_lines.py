# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines of the summary."""
from __future__ import annotations

import json

import pytest

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._report.lines import bounded, of_changes, of_results


class TestLines:
    PLAN = {"changes": [], "retained": []}

    def lines(self, planned=False, alive=("a", "b", "c", "d"), **hosts):
        hostvars = {name: {"account_id": name * 12, **variables} for name, variables in hosts.items()}
        return of_changes(hostvars, list(hostvars), list(alive), planned, {}, True)

    def test_failures_first_then_changes(self):
        assert self.lines(
            a={"aws_trail_plan": self.PLAN},
            b={"aws_trail_plan": {"changes": ["trail audit-logs: create"], "retained": []}},
            c={"audit_logs_failure": {"phase": "member", "reason": "no"}, "aws_trail_plan": self.PLAN},
            d={},
        ) == [
            "FAILED   cccccccccccc  c  member: no",
            "changed  bbbbbbbbbbbb  b  trail audit-logs: create",
            "ok       aaaaaaaaaaaa  a  nothing to do",
            "ok       dddddddddddd  d  nothing to do",
        ]

    def test_all_plans_of_a_host(self):
        plans = {
            "aws_trail_bucket_plan": {"changes": [], "retained": ["s3 bucket x: it has object lock"]},
            "aws_trail_plan": {"changes": ["log group y: delete", "trail z: delete"], "retained": []},
            "aws_trail_validation_plan": {"changes": ["iam role v: delete"], "retained": []},
        }
        assert self.lines(a=plans) == [
            "changed  aaaaaaaaaaaa  a  log group y: delete; trail z: delete; iam role v: delete;"
            " retained s3 bucket x: it has object lock"
        ]
        assert self.lines(a={"aws_trail_bucket_plan": plans["aws_trail_bucket_plan"]}) == [
            "ok       aaaaaaaaaaaa  a  retained s3 bucket x: it has object lock"
        ]

    def test_a_plan(self):
        assert self.lines(planned=True, a={"aws_trail_plan": {"changes": ["trail x: tags"], "retained": []}}) == [
            "to do    aaaaaaaaaaaa  a  trail x: tags"
        ]

    def test_a_host_that_dropped_out(self):
        assert self.lines(alive=[], a={"aws_trail_plan": {"changes": ["x"], "retained": []}}) == [
            "FAILED   aaaaaaaaaaaa  a  stopped: see the task that failed above"
        ]

    @pytest.mark.parametrize("plan", [None, {"skipped": True}, {"failed": True, "msg": "no"}])
    def test_a_plan_that_was_not_created(self, plan):
        assert self.lines(a={"aws_trail_plan": plan}) == ["ok       aaaaaaaaaaaa  a  nothing to do"]

    def test_a_host_without_id(self):
        assert of_changes({"a": {}}, ["a"], ["a"], False, {}, True) == ["ok                  ?  a  nothing to do"]


@pytest.mark.parametrize("levels, more", [
    (["warning"], ""), (["warning", "warning"], " (and 1 more)"), (["warning"] * 4, " (and 3 more)"),
])
def test_warnings_of_a_verification_are_counted(levels, more):
    result = {"account_id": "222222222222", "name": "team-a", "state": "warning", "phase": None, "reason": "first",
              "probe": None, "findings": [{"level": level} for level in levels]}
    assert of_results([result]) == [f"warning  222222222222  team-a  first{more}"]


def test_lines_of_10000_accounts_fit_in_an_event_of_awx():
    failures = [f"FAILED   {number:012}  team-{number}  verify: the trail audit-logs is stopped \u2028" for number in range(6000)]
    lines = [*failures, *(f"ok       {number:012}  shop-{number}  nothing to do" for number in range(6000, 10000))]
    found = bounded(lines)
    assert 550_000 < len(json.dumps(found)) < 700_000
    shown = len(found) - 1
    assert found[:-1] == lines[:shown] and shown > 6000
    assert found[-1] == f"and {10000 - shown:,} more accounts: {10000 - shown:,} ok"
    assert bounded(failures * 2)[-1].endswith(" FAILED")
    assert bounded([line.replace("ok   ", "to do") for line in lines[6000:]] * 4)[-1].endswith(" to do")


def test_lines_of_a_hundred_accounts_are_all_shown():
    lines = [f"ok       {number:012}  shop-{number}  nothing to do" for number in range(100)]
    assert bounded(lines) == lines
