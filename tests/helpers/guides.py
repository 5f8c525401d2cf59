# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The blocks of code in the pages for users, as they stand there.

A comment above a block says what tests do with it::

    <!-- run: tests/integration/test_install.py -->   this file runs it
    <!-- parsed -->    unit/docs/test_commands.py checks its names: it needs a cloud, a scheduler or a service that is not here
    <!-- shown -->     nothing: it is output, or a command of another program
"""
from __future__ import annotations

import functools
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from helpers import ROOT

PAGES = ["README.md", "CONTRIBUTING.md", *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md"))]
_BLOCK = re.compile(r"^(?:<!-- (?P<use>[^\n]*) -->\n)?```(?P<language>\w*)\n(?P<text>.*?)^```$", re.M | re.S)


@dataclass(frozen=True)
class Block:
    """A block of code.

    :param use: ``run: <file>``, ``parsed`` or ``shown``; empty without a comment.
    """

    page: str
    use: str
    language: str
    text: str

    @property
    def file(self) -> str:
        """The name of the file that the first line names; empty without one."""
        found = re.match(r"# (\S+)\n", self.text)
        return found[1] if found else ""

    @property
    def data(self) -> Any:
        """What the YAML contains."""
        return yaml.safe_load(self.text)

    @property
    def commands(self) -> list[list[str]]:
        """The command lines, each as its words."""
        lines = self.text.replace("\\\n", " ").splitlines()
        return [words for line in lines if (words := shlex.split(line, comments=True))]

    @property
    def playbooks(self) -> list[tuple[str, list[str]]]:
        """The runs of our playbooks: the name of the playbook, and its arguments without those of the inventory."""
        prefix = ["ansible-playbook", "crossaccount.audit_logs.", "-i"]
        return [(words[1].removeprefix(prefix[1]), words[4:]) for words in self.commands
                if [words[0], words[1][:len(prefix[1])], *words[2:3]] == prefix]


@functools.cache
def blocks(page: str) -> list[Block]:
    """All blocks of a page.

    :param page: its path from the root of the project.
    """
    return [Block(page, found["use"] or "", found["language"], found["text"])
            for found in _BLOCK.finditer((ROOT / page).read_text(encoding="utf-8"))]


def run_by(test: str, page: str) -> list[Block]:
    """The blocks of a page that a test runs.

    :param test: ``__file__`` of the test.
    """
    use = f"run: {Path(test).relative_to(ROOT)}"
    return [block for block in blocks(page) if block.use == use]


def all_blocks() -> Iterator[Block]:
    """The blocks of all pages."""
    for page in PAGES:
        yield from blocks(page)
