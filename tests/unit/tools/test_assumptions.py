# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The register of assumptions, its page, and the code that depends on it."""
from __future__ import annotations

import datetime
import re

import pytest
from tools import assumptions

ENTRIES = assumptions.read()
IDS = [entry["id"] for entry in ENTRIES]


def test_page_is_current():
    assert assumptions.PAGE.read_text(encoding="utf-8") == assumptions.page(ENTRIES), "run make assumptions"


def test_ids_are_unique_and_sorted():
    assert IDS == sorted(set(IDS))


@pytest.mark.parametrize("entry", ENTRIES, ids=IDS)
def test_entry_is_complete(entry):
    assert set(entry) - {"date"} == {"id", "cloud", "service", "concerns", "behaviour", "source", "status", "otherwise"}
    assert all(isinstance(entry[name], str) and entry[name].strip() == entry[name] != "" for name in set(entry) - {"date"})
    assert entry["cloud"] in assumptions.CLOUDS and entry["status"] in assumptions.STATUSES and entry["concerns"] in assumptions.CONCERNS
    # A hyphen, so that no word of a sentence is taken for an id.
    assert re.fullmatch(rf"{entry['cloud'].split()[0].lower()}(-[a-z0-9]+)+", entry["id"])
    assert isinstance(entry.get("date"), datetime.date if entry["status"] == "observed" else datetime.date | None)
    if entry["status"] != "open":
        assert re.search(r'"[^"]{4,}"|https://\S+', entry["source"]), "name the document by its title or address"
    assert all(entry[name].endswith(".") for name in ("behaviour", "source", "otherwise"))
