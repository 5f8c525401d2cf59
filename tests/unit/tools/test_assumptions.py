# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The register of assumptions, its page, and the code that depends on it."""
from __future__ import annotations

import collections
import datetime
import re

import pytest
from helpers import ROOT
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


REFERENCE = re.compile(r"\bassumption[\s#`]+(?:C\()?([a-z0-9]+(?:-[a-z0-9]+)+)")


def references(*folders):
    """Ids that files in some folders name, each with the paths that name it."""
    found = collections.defaultdict(set)
    for path in (path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in (".md", ".py", ".yml")):
        for name in REFERENCE.findall(path.read_text(encoding="utf-8")):
            found[name].add(str(path.relative_to(ROOT)))
    return found


BY_COLLECTION = references("plugins", "roles")
BY_LOCAL_CLOUDS = references("tests/clouds")


def test_code_names_entries_that_exist():
    assert {name: paths for name, paths in (BY_COLLECTION | BY_LOCAL_CLOUDS).items() if name not in IDS} == {}


@pytest.mark.parametrize("entry", ENTRIES, ids=IDS)
def test_code_names_entries_that_no_document_settles(entry):
    if entry["concerns"] == "local cloud":
        assert entry["id"] not in BY_COLLECTION, "then it concerns the collection"
    if entry["status"] != "documented":
        assert entry["id"] in (BY_COLLECTION if entry["concerns"] == "collection" else BY_LOCAL_CLOUDS)
