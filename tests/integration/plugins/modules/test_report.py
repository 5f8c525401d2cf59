# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plugins of the report in playbooks: files, check mode, what they return, and how they refuse bad input."""
from __future__ import annotations

import json
import re

import pytest
from helpers import report_samples
import yaml
from helpers.playbooks import Playbooks


@pytest.fixture(name="run")
def fixture_run(tmp_path):
    """Runs tasks and returns what the run said, and the results of the tasks that succeeded."""
    playbooks = Playbooks(tmp_path, {"ANSIBLE_CALLBACK_RESULT_FORMAT": "json"})

    def run(*tasks, arguments=(), **variables):
        playbook = tmp_path / "playbook.yml"
        play = {"hosts": "localhost", "gather_facts": False, "vars": variables, "tasks": [
            {f"crossaccount.audit_logs.{name}": options, "ignore_errors": True} for name, options in tasks
        ]}
        playbook.write_text(yaml.safe_dump([play]), encoding="utf-8")
        done = playbooks.run(playbook, "-v", *arguments)
        results = re.findall(r"^(?:ok|changed|fatal): \[localhost\](?:: FAILED!)? => (\{.*?\})$", done.output, re.M | re.S)
        assert len(results) == len(tasks), done.output
        return [json.loads(text) for text in results]

    return run


ACCOUNT = {"name": "localhost", "account_id": "222222222222", "cloud": "aws", "roles": ["member"], "region": "eu-west-1",
           "archive": None, "trail": {"name": "audit-logs", "prefix": "", "region": "eu-west-1"},
           "is_covered": False, "trail_arn": "arn:aws:cloudtrail:eu-west-1:222222222222:trail/audit-logs", "source_id": "222222222222",
           "digest_chains": {"trail": "arn:aws:cloudtrail:eu-west-1:222222222222:trail/audit-logs", "folder": "logs/AWSLogs/222222222222"}}
FAILED = {"phase": "credentials", "reason": "AccessDenied"}


def deployment(**more):
    """Variables of a play on localhost, which is an account in which no session could be opened."""
    facts = json.dumps({"account_id": "222222222222", "aws_trail_bucket_name": "logs", "audit_logs_failure": FAILED})
    return {"audit_logs_computed": {"accounts": {"localhost": {**ACCOUNT, **more}}}, "arguments": ["-e", facts]}


def test_an_account_and_its_report(run, tmp_path):
    directory = str(tmp_path / "reports" / "all")
    written, report = run(("report_account", {"directory": directory}), ("report", {"directory": directory}), **deployment())
    assert written["path"] == f"{directory}/accounts/222222222222.json"
    assert written["changed"] and report["changed"]
    account = json.loads((tmp_path / "reports/all/accounts/222222222222.json").read_text(encoding="utf-8"))
    assert account == written["result"] and account["reported"]
    assert (account["name"], account["state"], account["phase"], account["reason"]) == ("localhost", "failed", *FAILED.values())
    assert report["summary"]["accounts"] == report["summary"]["failed"] == 1


def test_a_report_of_accounts(run, tmp_path):
    directory = str(tmp_path / "reports")
    report_samples.write(tmp_path / "reports", report_samples.few())
    [report] = run(("report", {"directory": directory}))
    assert report["changed"]
    assert report["paths"] == {"json": f"{directory}/report.json", "html": f"{directory}/report.html"}
    with open(report["paths"]["json"], encoding="utf-8") as file:
        assert report["summary"] == json.load(file)["summary"]
    assert report["summary"]["accounts"] == 4


def test_check_mode_writes_nothing(run, tmp_path):
    directory = tmp_path / "reports"
    variables = deployment()
    written, report, named = run(
        ("report_account", {"directory": str(directory)}),
        ("report", {"directory": str(directory)}),
        ("report", {"directory": str(directory), "accounts": ["222222222222"]}),
        **{**variables, "arguments": ["--check", *variables["arguments"]]},
    )
    assert written["changed"] and report["changed"] and named["changed"]
    assert report["summary"]["accounts"] == named["summary"]["accounts"] == 0
    [bad] = run(("report_account", {"directory": str(directory)}),
                **{**deployment(region=1), "arguments": ["--check", *variables["arguments"]]})
    assert bad["msg"] == "result.region is 1: give a text"
    assert not directory.exists()


def test_what_is_wrong_is_one_sentence(run, tmp_path):
    directory = str(tmp_path / "reports")
    (tmp_path / "file").touch()
    messages = [one["msg"] for one in run(
        ("report_account", {"directory": str(tmp_path / "file")}),
        ("report_account", {}),
        ("report", {"directory": directory, "accounts": ["222222222222"]}),
        ("report", {"directory": directory, "source": str(tmp_path)}),
        **deployment(),
    )]
    assert "source. Supported parameters include: accounts, directory, max_age, readers, sources." in messages.pop()
    assert messages == [
        f"{tmp_path}/file/accounts/222222222222.json can't be written: Not a directory",
        "missing required arguments: directory",
        f"{directory}/accounts/222222222222.json can't be read: No such file or directory",
    ]
    [bad] = run(("report_account", {"directory": directory}), **deployment(account_id=222222222222))
    assert bad["msg"] == "result.account_id is 222222222222: give a text"


def test_a_summary_of_changes(run):
    arguments = deployment()["arguments"]
    [summary] = run(("summary", {"of": "changes"}), arguments=arguments)
    assert summary["lines"] == ["FAILED   222222222222  localhost  credentials: AccessDenied"]
    assert summary["limit"] == "localhost"


def test_slices_of_an_inventory(run, tmp_path):
    few = report_samples.few()
    for name, results in (("1", few[:2]), ("2", few[2:])):
        report_samples.write(tmp_path / name, results)
    sources = [str(tmp_path / name) for name in ("1", "2")]
    computed = {one["name"]: {**ACCOUNT, "name": one["name"], "account_id": one["account_id"]} for one in few}
    computed["team-z"] = {**ACCOUNT, "name": "team-z", "account_id": "999999999999"}
    [report] = run(("report", {"directory": str(tmp_path / "all"), "sources": sources, "max_age": 24 * 365 * 100}),
                   audit_logs_computed={"accounts": computed})
    assert report["summary"]["accounts"] == 5
    assert report["lines"][0].startswith("FAILED   222222222222") or "team-z" in report["lines"][0] + report["lines"][1]
    assert sorted(report["failed_accounts"]) == ["team-b", "team-z"]
    assert sorted(path.name for path in (tmp_path / "all").iterdir()) == ["report.html", "report.json"]
