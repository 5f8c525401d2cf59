# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages for users: links lead somewhere, blocks of YAML are YAML, lists are complete, and the README is short."""
from __future__ import annotations

import functools
import html
import re
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml
from helpers import ROOT

MOST_WORDS = 900  # of the README
PAGES = sorted(
    path for path in subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split())
_FENCE = re.compile(r"^(?:```|~~~).*?^(?:```|~~~)$", re.M | re.S)
_LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|srcset|href)=\"([^\"]+)\"")


@functools.cache
def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@functools.cache
def anchors(path: Path) -> set[str]:
    """The anchors of a page, as GitHub makes them of its headings."""
    found: set[str] = set(re.findall(r"<a (?:id|name)=\"([^\"]+)\"", text_of(path)))
    for title in re.findall(r"^#{1,6} +(.*)$", _FENCE.sub("", text_of(path)), re.M):
        plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", title).replace("`", "")
        name = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        number = 0
        while (numbered := f"{name}-{number}" if number else name) in found:
            number += 1
        found.add(numbered)
    return found


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    path = ROOT / page
    broken = []
    for groups in _LINK.findall(_FENCE.sub("", text_of(path))):
        target = unquote(groups[0] or groups[1])
        if re.match(r"[a-z]+:", target):
            continue
        name, _hash, anchor = target.partition("#")
        other = (path.parent / name).resolve() if name else path
        if not other.exists() or anchor and other.suffix == ".md" and anchor not in anchors(other):
            broken.append(target)
    assert not broken


def blocks(page: str, *languages: str) -> list[str]:
    """The blocks of code in some languages; the empty string is that of a block that names none."""
    return re.findall(rf"^ *```(?:{'|'.join(languages)})\n(.*?)^ *```", text_of(ROOT / page), re.M | re.S)


@pytest.mark.parametrize("page", PAGES)
def test_blocks_of_yaml(page):
    for block in blocks(page, "yaml", "yml"):
        list(yaml.safe_load_all(block))


def test_the_readme_is_short():
    assert len(re.sub(r"<!--.*?-->", "", text_of(ROOT / "README.md")).split()) <= MOST_WORDS


def test_the_readme_leads_to_every_page():
    linked = {groups[0].partition("#")[0] for groups in _LINK.findall(text_of(ROOT / "README.md"))}
    assert {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")} <= linked


@pytest.mark.parametrize("page, folder", [("docs/modules.md", "plugins/modules"), ("docs/roles.md", "roles")])
def test_a_list_is_complete(page, folder):
    listed = set(re.findall(r"`(\w+)`|\[(\w+)\]", re.sub(r"^(\|[^|]*\|).*$", r"\1", text_of(ROOT / page), flags=re.M)))
    names = {path.stem for path in (ROOT / folder).iterdir() if re.match("[a-z]", path.name)}
    assert names <= {one or other for one, other in listed}


def test_the_evidence_names_all_controls():
    found = set()
    for path in (ROOT / "plugins/plugin_utils/_verdict").rglob("*.py"):
        found |= set(re.findall(r"CIS [A-Z][A-Za-z ]* \d+(?:\.\d+)+(?=\")", text_of(path)))
    assert found == set(re.findall(r"^\| (CIS [\w. ]+) \|", text_of(ROOT / "docs/evidence.md"), re.M))


@pytest.mark.parametrize("source", sorted((ROOT / "docs/pictures").glob("*.dot")), ids=lambda path: path.name)
@pytest.mark.parametrize("colors", ["light", "dark"])
def test_a_picture_was_drawn_again(source, colors):
    """`make pictures` after each change of a source."""
    wanted = {line for label in re.findall(r"label=\"([^\"]+)\"", text_of(source)) for line in label.split(r"\n")}
    drawn = {html.unescape(text) for text in re.findall(r"<text [^>]*>([^<]+)</text>", text_of(source.with_name(f"{source.stem}-{colors}.svg")))}
    assert drawn == wanted | {"verify"}
