# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a case is, and what is said of cases."""
from __future__ import annotations

import json

from clouds.wire_faults import Kind
from faults import table
from faults.cases import CONVERGED, NOT_MADE, REPAIRED, STAGES, ApiCall, Outcome, cases_of, shuffled, unclear
import pytest

CALLS = [
    ApiCall(mode, stage, host, service, action, occurrence)
    for mode, service in (("aws trails", "s3"), ("aws organization_trail", "iam"), ("alibaba log_audit", "Ram"))
    for stage in STAGES for host in ("archive", "member") for action in ("GetRole", "CreateRole") for occurrence in (1, 2)
]


def test_a_seed_decides_the_order():
    cases = cases_of(CALLS)
    assert shuffled(cases, 1) == shuffled(cases, 1) != shuffled(cases, 2)


def test_faults_that_last():
    """Of a call that is made several times, those of all calls are one case."""
    lasting = [case for case in cases_of(CALLS) if case.is_lasting]
    assert {case.call.occurrence for case in lasting} == {1} and Kind.ERROR in {case.kind for case in lasting}


def test_lasting_cases_of_one_mode():
    """Of those that differ only in the mode, one is tried: the one that is done, or the first."""
    calls = [ApiCall(mode, "setup", "archive", "s3", "GetBucket", 1) for mode in ("aws trails", "aws existing_trail")]
    cases = cases_of(calls)
    lasting = [case for case in shuffled(cases, 1) if case.is_lasting]
    assert len({case.family for case in lasting}) == len(lasting) == len([case for case in cases if case.is_lasting]) / 2
    done = {case for case in cases if case.is_lasting and case not in lasting}
    assert {case for case in shuffled(cases, 1, done.__contains__) if case.is_lasting} == done


def test_results_are_packed(tmp_path, monkeypatch):
    monkeypatch.setattr(table, "PACKED", tmp_path / "results.jsonl.xz")
    assert table.read(table.PACKED) == []
    record = table.record(cases_of(CALLS)[0], Outcome(cases_of(CALLS)[0], "no line"))
    table.pack([record])
    (tmp_path / "results.jsonl").write_text(json.dumps({**record, "text": CONVERGED}) + "\n", encoding="utf-8")
    assert table.read(table.PACKED) == [record]
    assert [one["text"] for one in table.read(table.PACKED, tmp_path / "results.jsonl")] == [CONVERGED]


@pytest.mark.parametrize("line", [
    "FAILED: member: Task failed: Module failed: 'trailList'", "FAILED: member: 'IsLogging'", "FAILED: archive: Unable to parse response",
    "FAILED: posture: 'NoneType' object is not subscriptable", "FAILED: member: MODULE FAILURE: see stdout",
])
def test_lines_that_are_not_clear(line):
    assert unclear(line)


def test_a_clear_line():
    assert not unclear("FAILED: member: Failed to read the trail: An error occurred (502) when calling the DescribeTrails operation")


@pytest.mark.parametrize("texts, status", [
    ((CONVERGED, REPAIRED), 0), ((CONVERGED, NOT_MADE), 0), ((CONVERGED, "false ok: trail"), 1), ((), 1)])
def test_report(tmp_path, texts, status):
    results, document = tmp_path / "results", tmp_path / "faults.md"
    cases = [case for case in cases_of(CALLS) if not case.is_lasting]
    records = [table.record(case, Outcome(case, text)) | {"commit": "1a2b", "seed": 5} for case, text in zip(cases, texts)]
    earlier = [{**record, "text": "no line"} for record in records]
    results.write_text("".join(f"{json.dumps(one)}\n" for one in earlier + records), encoding="utf-8")
    found = table.read(results)
    assert [table.is_good(one) for one in found] == [text in (CONVERGED, REPAIRED, NOT_MADE) for text in texts]
    assert table.report(found, len(cases), document) == status
    text = document.read_text(encoding="utf-8")
    assert ("false ok" in text) == ("false ok: trail" in texts)
    if texts:
        assert f"2 of {len(cases):,} cases were tried" in text and "2 by commit `1a2b` with seed 5" in text
    if REPAIRED in texts:
        assert "| AWS, `trails` | 2 | 1 | 1 | 0 | 0 |" in text and "| setup | archive | `s3:GetRole` | 1 | 1 f |" in text
