# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A previous report that somebody has changed: verify uses it, or says in one sentence why it does not."""
from __future__ import annotations

import json

import pytest
from helpers import hostile, report_samples
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._report import report as reports
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._report.previous import Previous

CHAINS = {"trail": "arn:aws:cloudtrail:eu-west-1:222222222222:trail/audit-logs", "folder": "example-audit-logs/222222222222/AWSLogs/222222222222"}
KNOWN = {**CHAINS, "regions": [{"region": "us-east-1", "last": "2026-11-21T06:00:00Z", "start": None}]}
ACCOUNT = {"name": "team-a", "account_id": "222222222222", "digest_chains": CHAINS}


def places(value, path=()):
    """Where values are in a document."""
    yield path
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(item, (*path, key))


def replaced(value, path, other):
    if not path:
        return other
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(copy[path[0]], path[1:], other)
    return copy


def said(previous):
    return [*previous.problems, *previous.warnings()]


@pytest.mark.parametrize("text", [
    b"[" * 100_000, b'{"a": NaN}', b'{"accounts": [], "accounts": []}', b"\xff\xfe\x00", b"", b"null", b"9" * 5000, b'"\\ud800"',
])
@pytest.mark.parametrize("is_named", [True, False])
def test_files_that_are_no_report(tmp_path, text, is_named):
    path = tmp_path / "report.json" if is_named else reports.account_path(tmp_path, ACCOUNT["account_id"])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text)
    previous = Previous()
    assert previous.chains(ACCOUNT, tmp_path, str(path) if is_named else None) is None
    sentence, = said(previous)
    assert not hostile.sentence_problem(sentence)


def test_reports_that_were_changed(tmp_path):
    report_samples.write(tmp_path, [report_samples.result(digest_chains=KNOWN)])
    path = tmp_path / "report.json"
    right = json.loads(path.read_text(encoding="utf-8"))
    where = sorted(places(right), key=str)

    @hostile.examples(40)
    @given(st.data())
    def tried(data):
        if data.draw(st.booleans(), "bytes"):
            text = bytearray(json.dumps(right).encode())
            place = data.draw(st.integers(0, len(text) - 1), "place")
            text[place:place + data.draw(st.integers(0, 50), "length")] = data.draw(st.binary(max_size=20), "binary")
            path.write_bytes(text)
        else:
            changed = replaced(right, data.draw(st.sampled_from(where), "where"), data.draw(hostile.VALUES, "value"))
            path.write_text(json.dumps(changed), encoding="utf-8")
        previous = Previous()
        previous.chains(ACCOUNT, tmp_path / "elsewhere", str(path))
        for sentence in said(previous):
            assert not (problem := hostile.sentence_problem(sentence)), problem

    tried()
