# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line, and the file that it writes."""
from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import signal

import conformance.__main__ as program
import jsonschema
import pytest
from botocore.exceptions import NoCredentialsError
from conformance import alibaba, aws, local, result, runner
from conformance.account import NotPossible
from conformance.alibaba.account import Refused
from conformance.check import AS_ASSUMED, OTHERWISE, UNDECIDED, Check, Observation
from conformance.undo import Signals, Undo
from helpers import ROOT
from tools import assumptions

SCHEMA = json.loads((ROOT / "docs/conformance.schema.json").read_text(encoding="utf-8"))
ACCOUNT = "222222222222"
CHECKS = [check for package in (aws, alibaba) for check in package.CHECKS]
ENTRIES = {entry["id"]: entry for entry in assumptions.read()}


class Account:
    """An account that does nothing."""

    account, accounts, described, region, partition = ACCOUNT, [ACCOUNT], f"account {ACCOUNT}", "eu-west-1", "aws"

    def __init__(self, signals, lines):
        self.clock = type("Clock", (), {"now": staticmethod(lambda: 0), "sleep": staticmethod(lambda seconds: None)})
        self.undo = Undo(signals, self.clock, lines.append)

    @staticmethod
    def error(problem):
        return type(problem).__name__


def check_with(answer):
    def run(_account):
        if isinstance(answer, Exception):
            raise answer
        return answer() if callable(answer) else answer

    return Check(entry="aws-regions", question="?", creates=("trail",), permissions=("cloudtrail:CreateTrail",), seconds=60, cents=1, run=run)


@pytest.fixture(name="start")
def fixture_start(monkeypatch, tmp_path, capsys):
    """Run the program with some checks on AWS; returns exit status, file and output."""

    def start(*answers, arguments=(), created=()):
        lines = []
        monkeypatch.setattr(aws, "CHECKS", tuple(map(check_with, answers)))
        monkeypatch.setattr(program, "PACKAGES", {"aws": aws})

        @contextlib.contextmanager
        def connect(_checks, signals, _tell):
            account = Account(signals, lines)
            for name in created:
                account.undo.create(name, lambda: 1 / 0, lambda: None)
            yield account

        monkeypatch.setattr(local, "aws", connect)
        path = tmp_path / "conformance.json"
        status = program.main(["--output", str(path), *arguments])
        return status, json.loads(path.read_text(encoding="utf-8")), capsys.readouterr().out

    return start


@pytest.mark.parametrize("answer, status, expected", [
    (Observation(AS_ASSUMED, {"number": 1}), 0, (AS_ASSUMED, None)),
    (Observation.undecided("no organization"), 1, (UNDECIDED, None)),
    (Observation.of(False, code="AccessDenied"), 1, (OTHERWISE, None)),
    (NotPossible("CreateTrail: AccessDenied"), 1, (UNDECIDED, "CreateTrail: AccessDenied")),
    (ValueError("a secret"), 1, (UNDECIDED, "ValueError")),
])
def test_answers(start, answer, status, expected):
    found, written, output = start(answer)
    [observation] = written["runs"][0]["observations"]
    assert (found, (observation["answer"], observation["error"])) == (status, expected)
    assert written["runs"][0]["local"] and "a secret" not in output
    jsonschema.validate(written, SCHEMA)


def test_a_check_that_fails_does_not_end_the_others(start):
    status, written, _output = start(ValueError(), Observation(AS_ASSUMED))
    assert status == 1 and [item["answer"] for item in written["runs"][0]["observations"]] == [UNDECIDED, AS_ASSUMED]


def test_what_is_retained_is_a_problem(start):
    status, written, output = start(Observation(AS_ASSUMED), created=["trail x"])
    assert (status, written["runs"][0]["retained"]) == (1, ["trail x"]) and "trail x could not be removed" in output
    jsonschema.validate(written, SCHEMA)


def test_account_ids_are_masked(start):
    assert start(Observation(AS_ASSUMED, {"arn": f"arn:aws:iam::{ACCOUNT}:root"}))[1]["runs"][0] | {"started": "", "finished": ""} == {
        "cloud": "AWS", "local": True, "accounts": ["********2222"], "region": "eu-west-1", "started": "", "finished": "",
        "interrupted": False, "retained": [], "observations": [{
            "check": "test-main", "entry": "aws-regions", "answer": AS_ASSUMED, "facts": {"arn": "arn:aws:iam::********2222:root"},
            "seconds": 0, "error": None}],
    }
    assert start(Observation(AS_ASSUMED), arguments=["--show-account-ids"])[1]["runs"][0]["accounts"] == [ACCOUNT]


def test_what_is_announced(start):
    output = start(Observation(AS_ASSUMED))[2]
    for text in (ACCOUNT, "eu-west-1", "about 1 minutes", "trail", "at most 1 cents", "cloudtrail:CreateTrail", "audit-logs-conformance-"):
        assert text in output


@pytest.mark.parametrize("arguments, message", [
    (["--cloud", "aws"], "--account"),
    (["--only", "x"], "there is no check x"),
    (["--cloud", "aws", "--account", ACCOUNT, "--only", "trust-policy-length"], "there is no check trust-policy-length"),
])
def test_bad_arguments(arguments, message, capsys):
    with pytest.raises(SystemExit) as caught:
        program.main(arguments)
    assert caught.value.code == 2 and message in capsys.readouterr().err


@pytest.mark.parametrize("arguments, message", [
    (["--only", "log-audit"], "check log-audit needs a second account: give its id with --member"),
    ([], "no check is chosen: without --slow or --member, no check of the cloud alibaba runs"),
])
def test_no_check_is_chosen(monkeypatch, capsys, arguments, message):
    """Nothing is compared, so that is no success."""
    if not arguments:
        monkeypatch.setattr(alibaba, "CHECKS", tuple(check for check in alibaba.CHECKS if check.slow or check.member_permissions))
    with pytest.raises(SystemExit) as caught:
        program.main(["--cloud", "alibaba", "--account", ACCOUNT, *arguments])
    assert caught.value.code == 2 and message in capsys.readouterr().err


@pytest.mark.parametrize("answer", ["n", "", None])
def test_nothing_happens_without_confirmation(monkeypatch, tmp_path, answer):
    def ask(_question):
        if answer is None:
            raise EOFError
        return answer

    monkeypatch.setattr("builtins.input", ask)
    monkeypatch.setattr(aws, "CHECKS", (check_with(AssertionError("must not run")),))
    monkeypatch.setitem(program.CONNECT, "aws", lambda options, clock, undo: Account(Signals(), []))
    path = tmp_path / "conformance.json"
    assert program.main(["--cloud", "aws", "--account", ACCOUNT, "--output", str(path)]) == 2
    assert not path.exists()


@pytest.mark.parametrize("error", [NoCredentialsError(), Refused("GetCallerIdentity", "InvalidAccessKeyId.NotFound"), NotPossible("AssumeRole: NoPermission")])
def test_no_access(monkeypatch, error):
    def refuse(*_arguments):
        raise error

    monkeypatch.setitem(program.CONNECT, "aws", refuse)
    with pytest.raises(SystemExit) as caught:
        program.main(["--cloud", "aws", "--account", ACCOUNT, "--yes"])
    assert caught.value.code == (
        f"No access to account {ACCOUNT}: {error}. Check the credentials in the environment or the profile. Nothing was created.")


@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interruption(start, number, status):
    """What was observed before is written."""
    found, written, _output = start(Observation(AS_ASSUMED), lambda: os.kill(os.getpid(), number))
    assert found == status
    assert written["runs"][0]["interrupted"] and len(written["runs"][0]["observations"]) == 1


def test_credentials_of_another_account(monkeypatch, tmp_path):
    monkeypatch.setattr(aws, "CHECKS", (check_with(AssertionError("must not run")),))
    monkeypatch.setitem(program.CONNECT, "aws", lambda options, clock, undo: Account(Signals(), []))
    with pytest.raises(SystemExit) as caught:
        program.main(["--cloud", "aws", "--account", "111111111111", "--yes", "--output", str(tmp_path / "x")])
    assert "222222222222" in caught.value.code and "Nothing was created" in caught.value.code


# What checks say about themselves

@pytest.mark.parametrize("check", CHECKS, ids=[f"{ENTRIES[check.entry]['cloud']} {check.name}" for check in CHECKS])
def test_check_is_complete(check):
    assert check.question.endswith("?") and check.creates == tuple(dict.fromkeys(check.creates)) and check.seconds > 0
    assert check.permissions and all(re.fullmatch(r"[a-z0-9]+:[A-Za-z]+", action) for action in check.permissions)


def test_a_second_attempt_is_undone_once():
    removed = []
    with Signals() as signals:
        undo = Undo(signals, None, print)
        for _attempt in range(2):
            undo.create("trail x", lambda: removed.append("trail x"), lambda: None)
        undo.run()
    assert removed == ["trail x"]


def test_an_entry_has_one_check():
    assert len({check.entry for check in CHECKS}) == len(CHECKS)


@pytest.mark.parametrize("cloud", [aws, alibaba])
def test_permissions_fit_into_one_policy(cloud):
    """Managed policies of IAM, and policies of RAM, have at most 6,144 characters."""
    for document in cloud.policies(cloud.CHECKS, Account).values():
        assert len(json.dumps(document, separators=(",", ":"))) <= 6144


def test_a_check_that_needs_a_member_does_not_run_without():
    options = {"cloud": "alibaba", "only": None, "slow": True, "member": None}
    names = [check.name for check in program.chosen(argparse.Namespace(**options), "alibaba")]
    with_member = [check.name for check in program.chosen(argparse.Namespace(**{**options, "member": ACCOUNT}), "alibaba")]
    assert sorted({*with_member} - {*names}) == ["log-audit"]


def test_moment():
    assert result.moment(0) == "1970-01-01T00:00:00Z"


def test_problems():
    check = check_with(None)
    item = {"check": check.name, "entry": check.entry, "answer": OTHERWISE, "error": None}
    assert runner.problems({"observations": [item], "retained": ["trail y"], "local": False}, [check]) == [
        "test-main: the cloud does not do what aws-regions says", "trail y could not be removed"]
    assert runner.problems({"observations": [item], "retained": [], "local": True}, [check]) == [
        "test-main: the local cloud answers otherwise, and not as assumed"]
    undecided = {**item, "answer": UNDECIDED}
    assert runner.problems({"observations": [undecided], "retained": [], "local": False}, [check]) == []
