# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The register of assumptions about the real clouds: writes docs/assumptions.md from docs/assumptions.yml; `make assumptions`.

Arguments are files of `make conformance`, whose results are taken into the register before.
"""
from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import conformance.alibaba
import conformance.aws
import yaml
from helpers import ROOT
from tools import observations

FILE = ROOT / "docs/assumptions.yml"
PAGE = ROOT / "docs/assumptions.md"
CLOUDS = ("AWS", "Alibaba Cloud")
# Checks of `make conformance` by the entry that they settle.
CHECKS = {check.entry: check for package in (conformance.aws, conformance.alibaba) for check in package.CHECKS}
CONCERNS = {
    "collection": "the collection depends on these",
    "local cloud": "only the local cloud depends on these",
}
STATUSES = {
    "open": "No document settles these, and we found no published observation. The line Otherwise of each entry says what follows.",
    "observed": "No document settles these, but somebody saw the real cloud behave in this way on the given date.",
    "documented": "A document of the cloud, or a client that the cloud publishes, settles these. A date is that of the edition.",
}
_INTRODUCTION = """\
# Assumptions about the real clouds

This collection and its [local clouds](../tests/clouds/README.md) are built from documents. This page lists each behaviour of
a real cloud on which the code of the collection or of a local cloud depends: what the cloud does, where that is written, and
what you see if the cloud does something else.

Before you decide whether to trust the collection, read the open entries on which the collection depends. Entries on which
only a local cloud depends say where a test on that local cloud proves less than it seems to.

The tests of the collection run on local clouds, and not on real accounts. `verify` is the proof in your accounts: it reads the
configuration back, and waits until an event of each account has arrived in the archive. In an account for tests,
[`make conformance`](conformance.md) settles entries that have a line Check.

The page is written by `make assumptions` from [assumptions.yml](assumptions.yml). The code names an entry as "assumption", then
the id of the entry. To see where it does, search for the id: `git grep aws-cloudtrail-digest-hours`.
"""


def read() -> list[dict[str, Any]]:
    """The entries of the register."""
    return yaml.safe_load(FILE.read_text(encoding="utf-8"))


def page(entries: list[dict[str, Any]]) -> str:
    """The page, in Markdown: open entries first, by cloud."""
    lines = [
        _INTRODUCTION,
        "| status | cloud | the collection depends on | only the local cloud depends on | with a check of `make conformance` |",
        "|---|---|---|---|---|",
    ]
    for status in STATUSES:
        for cloud in CLOUDS:
            counts = " | ".join(str(len(_chosen(entries, status, cloud, concerns))) for concerns in CONCERNS)
            settled = sum(entry["id"] in CHECKS for concerns in CONCERNS for entry in _chosen(entries, status, cloud, concerns))
            lines.append(f"| [{status}](#{status}) | {cloud} | {counts} | {settled} |")
    for status, meaning in STATUSES.items():
        lines += ["", f"## {status.capitalize()}", "", meaning]
        for concerns, title in CONCERNS.items():
            for cloud in CLOUDS:
                found = _chosen(entries, status, cloud, concerns)
                if found:
                    lines += ["", f"### {cloud}, {status}: {title}"]
                for entry in found:
                    lines += ["", *_section(entry)]
    return "\n".join(lines) + "\n"


def _chosen(entries: list[dict[str, Any]], status: str, cloud: str, concerns: str) -> list[dict[str, Any]]:
    return [entry for entry in entries if (entry["status"], entry["cloud"], entry["concerns"]) == (status, cloud, concerns)]


def _section(entry: dict[str, Any]) -> list[str]:
    date = f" ({entry['date']})" if "date" in entry and "region" not in entry else ""
    lines = [
        f"#### {entry['id']}", "",
        *_wrapped(f"{entry['service']}. {entry['behaviour']}"), "",
        *_wrapped(f"- Source{date}: {entry['source']}"),
        *_wrapped(f"- Otherwise: {entry['otherwise']}"),
    ]
    if "region" in entry:
        lines.append(f"- Observed with `make conformance` on {entry['date']} in {entry['region']}.")
    if entry["id"] in CHECKS:
        lines.append(f"- Check: `{CHECKS[entry['id']].name}`.")
    return lines


def _wrapped(text: str) -> list[str]:
    indent = "  " if text.startswith("- ") else ""
    return textwrap.wrap(text, 128, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def main(files: Sequence[str]) -> int:
    """Run the program; returns its exit status."""
    results = [json.loads(Path(name).read_text(encoding="utf-8")) for name in files]
    register, told, is_refuted = observations.take_in(FILE.read_text(encoding="utf-8"), results)
    FILE.write_text(register, encoding="utf-8")
    print("".join(f"{line}\n" for line in told), end="")
    entries = read()
    PAGE.write_text(page(entries), encoding="utf-8")
    print(f"{PAGE.relative_to(ROOT)}: {len(entries)} entries, {sum(entry['status'] == 'open' for entry in entries)} of them open")
    return 1 if is_refuted else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
