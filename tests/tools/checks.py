# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run all checks, targets of the Makefile, as many at once as keep the machine busy; `make test` and `make test-all`.

A check prints its output when it has failed; that of all is in build/logs. The end is a table of what each took.
"""
from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from helpers import ROOT

# pytest uses all cores. Of the others, one after another runs beside it.
BESIDE = ["molecule", "sanity", "browser", "lint", "package", "conformance"]
BUILD = ROOT / "build"
# The last line of pytest.
CLOSING = re.compile(r"^=+ .*\b(?:passed|failed|error|errors|no tests ran)\b.* =+$", re.M)


def run(check: str) -> tuple[bool, float]:
    """Run a check and say how it ended: whether it passed, and how many seconds it took."""
    start = time.monotonic()
    with open(log_of(check), "wb") as log:
        status = subprocess.run(
            ["make", "--no-print-directory", check], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log,
            stderr=subprocess.STDOUT, check=False,
        ).returncode
    seconds = time.monotonic() - start
    failed = f"{output_of(check)}\nFAILED  {check}, see above" if status else f"passed  {check}"
    print(f"{failed} after {seconds:.0f} s", flush=True)
    return status == 0, seconds


def log_of(check: str) -> Path:
    """Where the output of a check goes."""
    return BUILD / "logs" / f"{check}.log"


def output_of(check: str) -> str:
    """What a check printed."""
    return log_of(check).read_text(encoding="utf-8", errors="replace")


def main() -> int:
    """Run all checks; returns the exit status."""
    log_of("").parent.mkdir(parents=True, exist_ok=True)
    # What our make has set for its recipes is not for those that we start.
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL"):
        os.environ.pop(name, None)
    start = time.monotonic()
    print("Output goes to build/logs/. That of a check that fails is shown here too.", flush=True)
    with ThreadPoolExecutor(1) as first, ThreadPoolExecutor(1) as beside:
        futures = {"pytest": first.submit(run, "pytest"), **{check: beside.submit(run, check) for check in BESIDE}}
    results = {check: future.result() for check, future in futures.items()}
    results["alone"] = run("alone")
    results["all"] = (all(passed for passed, _seconds in results.values()), time.monotonic() - start)
    print("\ncheck        result  seconds")
    for check, (passed, seconds) in results.items():
        print(f"{check:11}  {'passed' if passed else 'FAILED'}  {seconds:7.0f}")
    for check in ("pytest", "browser", "alone"):
        print(*CLOSING.findall(output_of(check))[-1:], sep="\n")
    times = {check: round(seconds) for check, (_passed, seconds) in results.items()}
    (BUILD / "checks.json").write_text(json.dumps(times, indent=1) + "\n", encoding="utf-8")
    return 0 if results["all"][0] else 1


if __name__ == "__main__":
    sys.exit(main())
