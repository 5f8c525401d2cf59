# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The README of the local clouds, as far as it is about Alibaba Cloud: its examples work, its list is complete."""
from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from helpers import ROOT
import pytest
from clouds.alibaba.operations import REST, RPC

TESTS = ROOT / "tests"
README = (TESTS / "clouds" / "README.md").read_text(encoding="utf-8").partition("## The local Alibaba Cloud\n")[2]
PYTHON = re.findall(r"^```python\n(.*?)^```", README, re.M | re.S)
CONSOLE = ["".join(re.findall(r"^\$ (.*\n)", block, re.M)) for block in
           re.findall(r"^```console\n(.*?)^```", README, re.M | re.S)]


def title(example):
    return re.search(r"from (\S+)|\b(curl|aliyunlog)\b", example)[0]


@pytest.fixture
def run(alibaba, tmp_path):
    """Runs a command as somebody does who has pasted what the program prints."""

    def start(*command):
        environment = {**os.environ, **alibaba.environment, "HOME": str(tmp_path), "PYTHONPATH": str(TESTS),
                       "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    return start


@pytest.mark.parametrize("example", PYTHON, ids=title)
def test_python(alibaba, run, example):
    run(sys.executable, "-c", example)
    if "ALIBABA_LOCAL_URL" in example:
        assert len({call.service for call in alibaba.calls}) == max(1, example.count('(local("'))
        assert {call.status for call in alibaba.calls} == {200}


@pytest.mark.parametrize("example", CONSOLE, ids=title)
def test_console(run, example):
    run("sh", "-e", "-c", example)


def test_list_of_operations():
    rows = re.findall(r"^\| (\w+) (\S+) \| (.*) \|$", README, re.M)
    listed = {(product, version, name) for product, version, names in rows for name in names.split(", ")}
    assert listed == {(operation.product, operation.version, operation.name) for operation in (*RPC.values(), *REST)}
