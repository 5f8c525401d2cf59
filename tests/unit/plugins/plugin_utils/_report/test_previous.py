# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the previous verification knew: where it is read from, and what of it is not used."""
from __future__ import annotations

import pytest
from helpers import report_samples

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._report import report as reports
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._report.previous import Previous

CHAINS = {"trail": "arn:aws:cloudtrail:eu-west-1:222222222222:trail/audit-logs", "folder": "example-audit-logs/222222222222/AWSLogs/222222222222"}
KNOWN = {**CHAINS, "regions": [{"region": "us-east-1", "last": "2026-11-21T06:00:00Z", "start": None}]}
ACCOUNT = {"name": "team-a", "account_id": "222222222222", "digest_chains": CHAINS}


@pytest.fixture(name="directory")
def fixture_directory(tmp_path):
    """A report on an account whose digest files are known."""
    report_samples.write(tmp_path, [report_samples.result(digest_chains=KNOWN)])
    return tmp_path


@pytest.mark.parametrize("is_named", [False, True])
def test_what_is_known(directory, is_named):
    known = Previous().chains(ACCOUNT, "elsewhere" if is_named else directory, str(directory / "report.json") if is_named else None)
    assert known["regions"] == KNOWN["regions"] and known["reported"]


@pytest.mark.parametrize("path", [None, "none", "report"])
def test_nothing_is_known(directory, path):
    other = {**ACCOUNT, "account_id": "333333333333"}
    previous = Previous()
    path = str(directory / "report.json") if path == "report" else path
    assert previous.chains(ACCOUNT if path == "none" else other, directory, path) is None
    assert (previous.problems, previous.warnings()) == ([], [])


@pytest.mark.parametrize("name, value", [
    ("trail", "arn:aws:cloudtrail:us-east-1:222222222222:trail/audit-logs"),  # another home region
    ("trail", "arn:aws:cloudtrail:eu-west-1:222222222222:trail/renamed"),
    ("folder", "another-archive/222222222222/AWSLogs/222222222222"),
    ("folder", "example-audit-logs/AWSLogs/222222222222"),
])
def test_another_trail_bucket_or_prefix_is_said_once(directory, name, value):
    previous = Previous()
    for host in "team-a", "team-b":
        assert previous.chains({**ACCOUNT, "name": host, "digest_chains": {**CHAINS, name: value}}, directory, None) is None
    assert previous.warnings() == [
        f"team-a, team-b: the previous report has digest files of another trail, bucket or folder: {CHAINS['trail']} in {CHAINS['folder']} for"
        " team-a. Verify does not compare digest files with it"]


def test_a_result_that_cannot_be_read(directory):
    path = reports.account_path(directory, ACCOUNT["account_id"])
    path.write_text("{}", encoding="utf-8")
    previous = Previous()
    assert previous.chains(ACCOUNT, directory, None) is None
    assert previous.warnings() == [
        f"team-a: the previous result cannot be used: {path} has no field name. Verify does not compare digest files with it"]


def test_a_report_that_somebody_named_and_that_cannot_be_read(tmp_path):
    previous = Previous()
    for _account in range(2):
        assert previous.chains(ACCOUNT, tmp_path, str(tmp_path / "gone.json")) is None
    assert previous.problems == [
        f"audit_logs_previous_report: {tmp_path}/gone.json can't be read: No such file or directory. Name the report.json of the previous verify,"
        " or none to compare with no report"]
