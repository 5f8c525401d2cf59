# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which cases of tests run without --full."""
from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter

import pytest
from helpers import ROOT

FILE = """
import pytest
@pytest.mark.sample(2)
@pytest.mark.parametrize("case", range(50))
def test_many(case): pass
@pytest.mark.sample(2)
def test_one(): pass
@pytest.mark.parametrize("case", range(3))
def test_all(case): pass
@pytest.mark.full
def test_slow(): pass
@pytest.mark.sample(2, by="story")
class TestStories:
    @pytest.mark.parametrize("story, step", [(story, step) for story in "abcd" for step in range(3)])
    def test_step(self, story, step): pass
    @pytest.mark.parametrize("story", ["a", "b", "c", "d"])
    def test_end(self, story): pass
"""


@pytest.fixture(name="collect", scope="module")
def fixture_collect(tmp_path_factory):
    """Names of the tests that run with some options."""
    folder = tmp_path_factory.mktemp("sample")
    (folder / "test_it.py").write_text(FILE, encoding="utf-8")
    (folder / "conftest.py").symlink_to(ROOT / "tests/conftest.py")

    def collect(*options):
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-c", ROOT / "pytest.ini", "--rootdir", folder, "--collect-only", "-q",
             *options, folder],
            cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True)
        return [line.partition("::")[2] for line in done.stdout.splitlines() if "::" in line]

    return collect


def test_full(collect):
    assert len(collect("--full")) == 50 + 1 + 3 + 1 + 12 + 4


def test_sample(collect):
    found = collect("--seed", "1")
    assert Counter(name.partition("[")[0] for name in found) == {
        "test_many": 2, "test_one": 1, "test_all": 3, "TestStories::test_step": 6, "TestStories::test_end": 2}
    stories = [name.partition("[")[2][0] for name in found if "Stories" in name]
    assert sorted(Counter(stories).values()) == [4, 4]
    assert collect("--seed", "1") == found


def test_every_case_gets_its_turn(collect):
    """Different seeds choose different cases."""
    assert len({tuple(collect("--seed", str(seed))) for seed in range(4)}) == 4


def test_files_of_the_slowest_folder(tmp_path):
    """Three of five run, unless somebody names them; all workers choose the same."""
    folder = tmp_path / "tests/integration/playbooks"
    folder.mkdir(parents=True)
    for number in range(10):
        (folder / f"test_{number}.py").write_text("def test(): pass", encoding="utf-8")
    (tmp_path / "tests/conftest.py").symlink_to(ROOT / "tests/conftest.py")
    (tmp_path / "pytest.ini").write_text("[pytest]\ntestpaths = tests\n", encoding="utf-8")

    def passed(*arguments):
        done = subprocess.run([sys.executable, "-m", "pytest", *arguments], cwd=tmp_path, capture_output=True, text=True, check=True)
        return int(re.search(r"(\d+) passed", done.stdout)[1])

    assert passed("-n2") == passed() == 6
    assert passed("--full") == 10 and passed("tests/integration/playbooks") == 10
