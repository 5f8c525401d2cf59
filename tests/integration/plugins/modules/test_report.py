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
        results = re.findall(r"^(?:changed|fatal): \[localhost\](?:: FAILED!)? => (\{.*?\})$", done.output, re.M | re.S)
        assert len(results) == len(tasks), done.output
        return [json.loads(text) for text in results]

    return run


def test_accounts_and_their_report(run, tmp_path):
    directory = str(tmp_path / "reports" / "all")
    results = report_samples.few()
    tasks = [("report_account", {"directory": directory, "result": f"{{{{ results[{n}] }}}}"}) for n in range(4)]
    *written, report = run(*tasks, ("report", {"directory": directory}), results=results)
    assert [one["path"] for one in written] == [f"{directory}/accounts/{one['account_id']}.json" for one in results]
    assert all(one["changed"] for one in [*written, report])
    for one, sample in zip(written, results):
        with open(one["path"], encoding="utf-8") as file:
            account = json.load(file)
        assert account.pop("reported")
        assert account == sample
    assert report["paths"] == {"json": f"{directory}/report.json", "html": f"{directory}/report.html"}
    with open(report["paths"]["json"], encoding="utf-8") as file:
        assert report["summary"] == json.load(file)["summary"]
    assert report["summary"]["accounts"] == 4


def test_values_of_variables_and_templates(run, tmp_path):
    templates = {"region": "{{ home }}", "reason": "{{ nothing }}", "checked": ["{{ 'a' ~ 'b' }}"]}
    sample = {**report_samples.result(), **templates}
    run(("report_account", {"directory": str(tmp_path), "result": sample}), home="eu-west-1", nothing=None)
    account = json.loads((tmp_path / "accounts/222222222222.json").read_text(encoding="utf-8"))
    assert (account["region"], account["reason"], account["checked"]) == ("eu-west-1", None, ["ab"])


def test_check_mode_writes_nothing(run, tmp_path):
    directory = tmp_path / "reports"
    written, report, named, bad = run(
        ("report_account", {"directory": str(directory), "result": report_samples.result()}),
        ("report", {"directory": str(directory)}),
        ("report", {"directory": str(directory), "accounts": ["222222222222"]}),
        ("report_account", {"directory": str(directory), "result": {}}),
        arguments=["--check"],
    )
    assert written["changed"] and report["changed"] and named["changed"]
    assert report["summary"]["accounts"] == named["summary"]["accounts"] == 0
    assert bad["msg"] == "result has no field name"
    assert not directory.exists()


def test_what_is_wrong_is_one_sentence(run, tmp_path):
    directory = str(tmp_path / "reports")
    (tmp_path / "file").touch()
    good = report_samples.result()
    messages = [one["msg"] for one in run(
        ("report_account", {"directory": directory, "result": {**good, "findngs": []}}),
        ("report_account", {"directory": directory, "result": {**good, "account_id": 222222222222}}),
        ("report_account", {"directory": str(tmp_path / "file"), "result": good}),
        ("report_account", {"directory": directory}),
        ("report", {"directory": directory, "accounts": ["222222222222"]}),
        ("report", {"directory": directory, "sources": [str(tmp_path)]}),
        ("report", {"directory": directory, "source": str(tmp_path)}),
    )]
    assert "source. Supported parameters include: accounts, directory, sources." in messages.pop()
    assert messages == [
        'result has a field "findngs", which is unknown',
        "result.account_id is 222222222222: give a text",
        f"{tmp_path}/file/accounts/222222222222.json can't be written: Not a directory",
        "missing required arguments: result",
        f"{directory}/accounts/222222222222.json can't be read: No such file or directory",
        f"{tmp_path}/report.json can't be read: No such file or directory",
    ]


def test_slices_of_an_inventory(run, tmp_path):
    few = report_samples.few()
    for name, results in (("1", few[:2]), ("2", few[2:])):
        report_samples.write(tmp_path / name, results)
    sources = [str(tmp_path / name) for name in ("1", "2")]
    [report] = run(("report", {"directory": str(tmp_path / "all"), "sources": sources}))
    assert report["summary"]["accounts"] == 4
    assert sorted(path.name for path in (tmp_path / "all").iterdir()) == ["report.html", "report.json"]
