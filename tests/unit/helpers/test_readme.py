# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page about the helpers lists all of them."""
from __future__ import annotations

import re

from helpers import ROOT

FOLDER = ROOT / "tests/helpers"


def test_all_are_listed():
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    listed = {name for row in re.findall(r"^\| (`.*?) \|", page, re.M) for name in re.findall(r"`([\w.]+)`", row)}
    there = {str(path.relative_to(FOLDER).with_suffix("")).replace("/", ".") for path in FOLDER.rglob("[!_]*.py")}
    assert listed == there | {"helpers"}
