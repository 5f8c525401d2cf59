# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What took how long in the last `make test`, by kind and by file; `make durations`.

Prints a table and writes it into CONTRIBUTING.md. The seconds of each file of tests go into tests/durations.json, by
which `make check` decides what there is time for.
"""
from __future__ import annotations

import json
import os
import re
import sys
from collections import defaultdict
from datetime import date
from xml.etree import ElementTree

from helpers import ROOT

FILE = ROOT / "tests/durations.json"
_GUIDE = ROOT / "CONTRIBUTING.md"
_TABLE = re.compile(r"(?<=<!-- durations -->\n).*(?=<!-- end of durations -->)", re.S)
_LONGEST = 10
_CHECKS = ("molecule", "sanity", "lint", "package", "conformance")


def of_tests() -> dict[str, tuple[int, float]]:
    """Number of cases and seconds of each file of tests in the last run."""
    found: dict[str, tuple[int, float]] = defaultdict(lambda: (0, 0.0))
    for report in (ROOT / "build/junit").glob("*.xml"):
        for case in ElementTree.parse(report).iter("testcase"):
            # tests.unit.plugins.test_x or tests.unit.plugins.test_x.TestClass
            path = re.sub(r"(\.Test\w+)+$", "", case.attrib["classname"]).replace(".", "/") + ".py"
            count, seconds = found[path]
            found[path] = count + 1, seconds + float(case.attrib["time"])
    return found


def of_kinds(files: dict[str, tuple[int, float]]) -> dict[str, tuple[int, float]]:
    """The same by folder."""
    found: dict[str, tuple[int, float]] = defaultdict(lambda: (0, 0.0))
    for path, (cases, seconds) in files.items():
        parts = path.split("/")[:-1]
        kind = "/".join(parts[:2] if parts[1] != "integration" else parts[:4])
        found[kind] = found[kind][0] + cases, found[kind][1] + seconds
    return found


def table() -> str:
    """The table of the last run, in Markdown."""
    files = of_tests()
    checks = json.loads((ROOT / "build/checks.json").read_text(encoding="utf-8"))
    lines = [
        f"Measured on {date.today()} on {_cores()}. `make test` took {checks['all']} seconds, with {checks['pytest']} for"
        " pytest on all cores. The seconds of tests are those of one core.",
        "", "| tests, checks | cases | seconds |", "|---|---|---|",
    ]
    for kind, (cases, seconds) in _longest_first(of_kinds(files)):
        lines.append(f"| `{kind}` | {cases} | {seconds:.0f} |")
    for check in sorted(_CHECKS, key=lambda name: -checks[name]):
        lines.append(f"| `make {check}` | | {checks[check]} |")
    lines += ["", "| longest files | cases | seconds |", "|---|---|---|"]
    for path, (cases, seconds) in _longest_first(files)[:_LONGEST]:
        lines.append(f"| `{path}` | {cases} | {seconds:.0f} |")
    return "\n".join(lines) + "\n"


def _longest_first(found: dict[str, tuple[int, float]]) -> list[tuple[str, tuple[int, float]]]:
    return sorted(found.items(), key=lambda item: -item[1][1])


def _cores() -> str:
    count = len(os.sched_getaffinity(0))
    return f"{count} cores" if count > 1 else "1 core"


def main() -> int:
    """Run the program; returns its exit status."""
    if not (ROOT / "build/checks.json").exists():
        print("There is nothing to show: run `make test` first.", file=sys.stderr)
        return 1
    text = table()
    _GUIDE.write_text(_TABLE.sub(lambda _match: text, _GUIDE.read_text(encoding="utf-8")), encoding="utf-8")
    seconds = {path: round(took, 1) for path, (_cases, took) in sorted(of_tests().items())}
    FILE.write_text(json.dumps(seconds, indent=1) + "\n", encoding="utf-8")
    print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
