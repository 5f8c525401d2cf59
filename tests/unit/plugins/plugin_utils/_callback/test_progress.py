# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the callback accounts draws and says."""
from __future__ import annotations

import locale

import pytest
from ansible.utils import color
from hypothesis import given
from hypothesis import strategies as some

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._callback import progress


@pytest.mark.parametrize(
    ("numbers", "drawn"),
    [
        ((0, 0, 0, 60), "░░░░░░░░░░"),
        ((0, 0, 10, 60), "▒▒░░░░░░░░"),
        ((30, 0, 10, 60), "█████▒▒░░░"),
        ((59, 0, 1, 60), "█████████▒"),
        ((59, 0, 0, 60), "█████████░"),
        ((60, 1, 0, 60), "██████████"),
        ((0, 0, 3, 3), "▒▒▒▒▒▒▒▒▒▒"),
        ((0, 0, 0, 0), "░░░░░░░░░░"),
    ],
)
def test_bar(numbers, drawn):
    """What is done, what is running, what is to come."""
    assert progress.draw_bar(*numbers, 10) == drawn


@given(*[some.integers(0, 1000)] * 4, some.integers(0, 200))
def test_width_of_bar(done, failed, running, total, width):
    """It is as wide as it should be, whatever the numbers, and full only when all is done."""
    drawn = progress.draw_bar(done, failed, running, total, width)
    assert len(drawn) == width
    assert total == 0 or width == 0 or ("█" * width == drawn) == (done >= total)


def test_colors_of_bar(monkeypatch):
    """One failure among many is red."""
    monkeypatch.setattr(color, "ANSIBLE_COLOR", True)
    assert progress.draw_bar(500, 1, 0, 1000, 20) == (
        "\x1b[0;32m█████████\x1b[0m" "\x1b[0;31m█\x1b[0m" "\x1b[0;34m░░░░░░░░░░\x1b[0m"
    )


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.9, "0:00"), (62, "1:02"), (3599.9, "59:59"), (3600, "1:00:00"), (36061, "10:01:01")]
)
def test_clock(seconds, shown):
    """Hours come when there are any."""
    assert progress.clock(seconds) == shown


def test_widths():
    """What counts is the columns that a terminal takes for it."""
    locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    assert progress.cut("名前 x", 4) == "名前" and progress.cut("名前 x", 3) == "名" and progress.cut("abc", 9) == "abc"
    assert progress.cut("e\u0301e\u0301", 2) == "e\u0301e\u0301" and progress.cut("x", 0) == ""
    assert progress.pad("名前", 6) == "名前  " and progress.pad("abc", 2) == "abc"
    assert progress.width("\U000e01f0\U000e0fff") >= 0


def test_counts():
    """What matters most comes first and gives the color."""
    numbers = {"ok": 3, "changed": 0, "FAILED": 1}
    assert progress.counts(numbers) == "1 failed, 3 ok"
    assert progress.worst(numbers) == "FAILED"
    assert progress.counts({}) == "" and progress.worst({"ok": 0}) is None


def test_lines_that_are_forged():
    assert progress.lines("FAILED", "a\nok  b", "T\tu", "x\ny") == "FAILED   a\\nok  b  T\\tu: x\n         y"


def test_named():
    """On one line if they fit there."""
    assert progress.named({"b": "x ", "a": [1, "é"]}) == 'a: [1, "é"], b: x'
    assert progress.named({"b": "x\ny", "a": 1}) == "a: 1\nb: x\ny"


def test_lines():
    """Like those of the module summary, so that a person, and grep, find all of an account."""
    assert progress.lines("FAILED", "team-a", "Task", "one\ntwo\n") == "FAILED   team-a  Task: one\n         two"
    assert progress.ACCOUNT_LINE.match("to do        222222222222  team-a  trail: create")[2] == "team-a"
