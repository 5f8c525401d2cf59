# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation site: it builds without a warning, is complete, and is readable on a telephone and in dark mode."""
from __future__ import annotations

import re
import subprocess

import pytest
from helpers import ROOT
from helpers.contrast import CONTRAST, ENOUGH

KINDS = {"modules": "module"}  # others have the name of their folder


@pytest.fixture(scope="module", name="site")
def fixture_site():
    """The folder of the built site."""
    built = subprocess.run(["tests/tools/docsite.sh"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    return ROOT / "build/docsite/html"


@pytest.fixture(name="open_page")
def fixture_open_page(chromium, site):
    """Opens a page of the site as a telephone does. No page may complain or ask the network for anything."""
    contexts, complaints, requests = [], [], []

    def open_page(name, scheme="light"):
        contexts.append(chromium.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme))
        page = contexts[-1].new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto((site / name).as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints
    assert not [url for url in requests if not url.startswith("file:")]


def test_every_plugin_and_role_has_a_page(site):
    plugins = {f"{path.stem}_{KINDS.get(path.parent.name, path.parent.name)}" for folder in
               ("callback", "connection", "filter", "inventory", "modules") for path in (ROOT / "plugins" / folder).glob("*.py")}
    roles = {f"{path.name}_role" for path in (ROOT / "roles").iterdir()}
    assert plugins | roles <= {path.stem for path in (site / "reference").glob("*.html")}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["index.html", "docs/variables.html", "reference/ram_role_module.html", "reference/aws_trail_role.html"])
def test_a_page_is_readable(open_page, name, scheme):
    page = open_page(name, scheme)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    found = page.evaluate(CONTRAST)
    assert len(found) > 100
    assert found[0][0] >= ENOUGH, found[:5]
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (max(map(int, re.findall(r"\d+", background)[:3])) < 64) == (scheme == "dark")
    assert page.get_by_text("Furo-based").count() == 0  # how the theme reports that it does not support a page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pictures_have_the_colors_of_the_page(open_page, scheme):
    pictures = open_page("index.html", scheme).locator("article img:visible")
    loaded = pictures.evaluate_all("images => images.filter(image => image.naturalWidth).map(image => image.src.split('/').pop())")
    assert loaded[:2] == [f"aws-{scheme}.svg", f"alibaba-{scheme}.svg"]
    assert len(loaded) == pictures.count()
