# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a terminal would follow is shown instead."""
from __future__ import annotations

import sys
import unicodedata

import pytest

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._texts import one_line, visible

ALLOWED = {"\t", "\n"}


@pytest.mark.parametrize("text, shown", [
    ("a\x1b[2K\r\x9b\x00\u202eb\ud800\r\n\tc é 名", "a\\x1b[2K\\r\\x9b\\x00\\u202eb\\ud800\n\tc é 名"),
    ("\x1b]8;;https://example.org\x1b\\\\ok\x1b]8;;\x07", "\\x1b]8;;https://example.org\\x1b\\\\ok\\x1b]8;;\\x07"),
    ("te\u200bam\u2060-\ufeffa\U000e0041", "te\\u200bam\\u2060-\\ufeffa\\U000e0041"),
    ("a\u2028b\u2029c\x85d", "a\\u2028b\\u2029c\\x85d"),
    ("größe\u00a0e\u0301 \U0001f600\ufe0f", "größe\u00a0e\u0301 \U0001f600\ufe0f"),
])
def test_visible(text, shown):
    assert visible(text) == shown and visible(shown) == shown


def test_every_character():
    """Only what has a width and no effect remains: letters, marks, numbers, punctuation, symbols and spaces."""
    for number in range(sys.maxunicode + 1):
        character = chr(number)
        remains = visible(character) == character
        assert remains == (character in ALLOWED or unicodedata.category(character)[0] in "LMNPS" or unicodedata.category(character) == "Zs")


def test_values():
    value = {"before\x1b": ["\r", 1, ("\x9b",)], "after": None}
    assert visible(value) == {"before\\x1b": ["\\r", 1, ["\\x9b"]], "after": None}


def test_one_line():
    assert one_line("a\n  ok  1  team-b\tb\x85") == "a\\n  ok  1  team-b\\tb\\x85"
