# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures of a run in the README; `make recording`.

Draws the end of each playbook of `make demo`, without lines of progress and the options -e, into docs/pictures/demo.svg. Takes a screenshot
of the report of the demo, docs/pictures/report.png.
"""
from __future__ import annotations

import io
import re
import subprocess

from helpers import ROOT
from playwright.sync_api import sync_playwright
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

OUTPUT = ROOT / "build/demo.txt"
REPORT = ROOT / "build/demo-report/report.html"
PICTURES = ROOT / "docs/pictures"
_SHOWN = ("Set up", "Again", "Verify")
_WIDTH = 120
_COLORS = {"changed": "yellow", "ok": "green", "warning": "magenta", "FAILED": "red", "$": "bold"}
# Without the font from the network, which pages that show the picture would not load.
_FORMAT = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.S)


def lines_of(output: str) -> list[str]:
    """The commands, and the lines of the summaries, of the parts that are shown."""
    found: list[str] = []
    for part in re.split(r"^### ", output, flags=re.M)[1:]:
        if part.startswith(_SHOWN):
            _title, command, *rest = part.rstrip().splitlines()
            summary = rest[len(rest) - rest[::-1].index(""):]
            found += [re.sub(r" -e \S+", "", command), *summary, ""]
    return found[:-1]


def draw(lines: list[str]) -> str:
    """A terminal with these lines, as SVG."""
    console = Console(record=True, width=_WIDTH, file=io.StringIO(), force_terminal=True)
    for line in lines:
        short = line if len(line) <= _WIDTH else f"{line[:_WIDTH - 1]}…"
        console.print(Text(short, style=_COLORS.get(short.split(" ")[0], "")), no_wrap=True, highlight=False)
    return console.export_svg(title="make demo", code_format=_FORMAT, unique_id="demo")


def photograph() -> None:
    """The upper part of the report of the demo."""
    chromium = subprocess.run([ROOT / "tests/tools/chromium.sh"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1100, "height": 700})
        page.goto(REPORT.as_uri())
        page.wait_for_timeout(500)
        page.screenshot(path=PICTURES / "report.png")
        browser.close()


if __name__ == "__main__":
    (PICTURES / "demo.svg").write_text(draw(lines_of(OUTPUT.read_text(encoding="utf-8"))), encoding="utf-8")
    photograph()
