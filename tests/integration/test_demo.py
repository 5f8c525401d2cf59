# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo: its accounts come from the inventory plugins alone."""
from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest
from helpers import ROOT

COMMAND = [sys.executable, "tests/clouds", "--windows", "--accounts", "--"]


def run(*command):
    """Run a command in the local clouds of the demo; returns its output."""
    done = subprocess.run([*COMMAND, *command], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_make_runs_it():
    assert "python " + " ".join([*COMMAND[1:], "tests/tools/demo.sh"]) in (ROOT / "Makefile").read_text(encoding="utf-8")


def test_inventory():
    found = json.loads(run("ansible-inventory", "-i", "tests/demo", "--list"))
    assert {group: found[group]["hosts"] for group in ("aws_archive", "alibaba_archive")} == {
        "aws_archive": ["log-archive"], "alibaba_archive": ["logs"]}
    assert found["aws_members"]["hosts"] == ["management", "log-archive", "team-a", "team-b"]
    assert found["alibaba_members"]["hosts"] == ["management-1000000000000001", "logs", "shop", "blog"]


@pytest.mark.full
def test_each_step():
    output = run("tests/tools/demo.sh")
    assert re.findall(r"^ +[0-9]+:[0-9]{2}  8 accounts: (.*)$", output, re.M) == [
        "8 changed", "8 ok", "8 to do", "1 warning, 7 ok", "8 changed"], output
