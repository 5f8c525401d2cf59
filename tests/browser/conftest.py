# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A browser without a screen, and reports that are opened in it as from a disk."""
from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from helpers import ROOT
from helpers import report_samples
from playwright.sync_api import sync_playwright

CHROMIUM = ROOT / "tests/tools/chromium.sh"
# Playwright gives it a profile of its own each time. Chromium's sandbox refuses root, which containers are.
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]
RENDERED = """() => new Promise(done => {
  const look = () => {
    const [mark] = performance.getEntriesByName("rendered");
    if (mark) done();
    else setTimeout(look, 5);
  };
  look();
})"""

# The address is written once the rows are filtered.
FILTERED = """([field, value]) => new Promise(done => {
  const look = () => {
    if ((new URLSearchParams(location.hash.slice(1)).get(field) ?? "") === value) done();
    else setTimeout(look, 5);
  };
  look();
})"""


@pytest.fixture(scope="session", name="chromium")
def fixture_chromium():
    """A running Chromium."""
    found = subprocess.run([CHROMIUM], stdout=subprocess.PIPE, text=True, check=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found.stdout.strip(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session", name="reports")
def fixture_reports(tmp_path_factory):
    """Reports on few and on a thousand accounts: the path of the page, and what report.json says."""
    results = {"few": report_samples.few(), "thousand": report_samples.many(1000)}
    return {name: report_samples.write(tmp_path_factory.mktemp(name), accounts) for name, accounts in results.items()}


class Opened:
    """A page of a report, what it asked the network for, and what it complained of."""

    def __init__(self, context, path: Path, report: dict, fragment: str = "") -> None:
        self.report = report
        self.url = path.as_uri()
        self.page = context.new_page()
        self.requests, self.complaints = [], []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(self.url + fragment)
        self.wait_until_rendered()

    def wait_until_rendered(self) -> None:
        """Until the page says that all of it is there."""
        self.page.evaluate(RENDERED)

    @property
    def rows(self):
        """The rows that are shown."""
        return self.page.locator("#accounts > .row:visible")

    @property
    def names(self) -> list[str]:
        """Names of the accounts whose rows are shown, from top to bottom."""
        return self.page.locator("#accounts > .row:visible > summary > b").all_text_contents()

    def expected(self, **wanted) -> list[str]:
        """Names that report.json has for a cloud or state, in its order."""
        accounts = self.report["accounts"]
        return [one["name"] for one in accounts if all(one[field] == value for field, value in wanted.items())]

    def row(self, name: str):
        """The row of an account."""
        return self.page.locator("#accounts > .row").filter(has=self.page.locator("summary > b", has_text=name))

    def choose(self, field: str, value: str) -> None:
        """Choose a state or cloud, and wait until the rows are filtered by it."""
        self.page.locator(f"input[name={field}][value='{value}']").check()
        self.page.evaluate(FILTERED, [field, "" if value == "all" else value])

    def search(self, text: str) -> None:
        """Type into the field for text, and wait until the rows are filtered by it."""
        self.page.locator("input[name=text]").fill(text)
        self.page.evaluate(FILTERED, ["text", text.strip()])


@pytest.fixture(name="open_report")
def fixture_open_report(chromium, reports, tmp_path):
    """Opens a report by its name, or one of the results that are given.

    After the test, no page may have complained or have asked for anything but itself.
    """
    contexts, opened = [], []

    def open_report(what, fragment="", **options):
        path, report = reports[what] if isinstance(what, str) else report_samples.write(tmp_path, what)
        contexts.append(chromium.new_context(**options))
        opened.append(Opened(contexts[-1], path, report, fragment))
        return opened[-1]

    yield open_report
    for context in contexts:
        context.close()
    for each in opened:
        assert {url.partition("#")[0] for url in each.requests} == {each.url}
        assert not each.complaints
