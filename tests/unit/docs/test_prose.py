# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plain English in the pages for users: short sentences, few commas, and the terms of CONTRIBUTING.md."""
from __future__ import annotations

import re
from collections.abc import Iterable

import pytest
from helpers import ROOT
from markdown_it import MarkdownIt

MOST_WORDS = 35  # of a sentence
MOST_COMMAS = 6  # between words; those of a list of names in code do not count
WRITTEN = {"assumptions.md", "faults.md", "permissions.md"}  # by programs
PAGES = sorted(
    path.relative_to(ROOT).as_posix() for pattern in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/*.md", "roles/*/README.md")
    for path in ROOT.glob(pattern) if path.name not in WRITTEN)
CODE = "`code`"
_MARKDOWN = MarkdownIt("commonmark").enable("table")


def texts(page: str) -> Iterable[tuple[int, str]]:
    """Paragraphs, headings and cells of tables of a page in Markdown: the line, and the text with CODE for each code."""
    for block in _MARKDOWN.parse(page):
        if block.type == "inline":
            words = {"code_inline": lambda _part: CODE, "text": lambda part: part.content, "softbreak": lambda _part: " "}
            yield block.map[0] + 1, "".join(words[part.type](part) for part in block.children if part.type in words)


def sentences(text: str) -> list[str]:
    """The sentences of a text; a colon ends one too if a capital letter follows."""
    return re.split(r"(?<=[.!?])\s+|(?<=:)\s+(?=[A-Z])", text)


def terms() -> dict[str, str]:
    """By expression that is not used, the term to use: the table in CONTRIBUTING.md."""
    table = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("<!-- terms -->")[2].partition("\n\n")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.strip().splitlines()[2:]]
    return {wrong: use for use, _meaning, not_used in rows for wrong in not_used.split(", ") if wrong}


def problems(page: str) -> Iterable[str]:
    """What is wrong with the sentences of a page."""
    wrong = terms()
    for line, text in texts(page):
        for sentence in sentences(text):
            words, commas = len(sentence.split()), len(re.findall(rf"(?<!{CODE}),", sentence))
            if words > MOST_WORDS:
                yield f"line {line}: {words} words: {sentence}"
            if commas > MOST_COMMAS:
                yield f"line {line}: {commas} commas: {sentence}"
            for expression in wrong:
                if re.search(rf"\b{re.escape(expression)}\b", sentence, re.IGNORECASE):
                    yield f"line {line}: \"{expression}\", use \"{wrong[expression]}\": {sentence}"


@pytest.mark.parametrize("page", PAGES)
def test_plain_english(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    head, mark, rest = text.partition("<!-- terms -->")
    found = list(problems(head + mark + re.sub(r"^\|.*\n", "\n", rest, flags=re.M)))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("text, says", [
    ("Setup creates the bucket.", []),
    ("word " * 35 + "word.", ["36 words"]),
    ("One, two, three, four, five, six, seven, eight.", ["7 commas"]),
    ("It needs `a`, `b`, `c`, `d`, `e`, `f`, `g`, `h`.", []),
    ("| a |\n|---|\n| The logs are kept. |", ["\"kept\", use \"retained\""]),
    ("```\nThe logs are kept.\n```", []),
    ("`kept`", []),
])
def test_the_check_finds(text, says):
    found = list(problems(text))
    assert len(found) == len(says)
    assert all(says[number] in problem for number, problem in enumerate(found))
