# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m faults``: tries calls that fail, on the local clouds. The exit status is not zero if an outcome is bad.

Results are appended to build/faults/results.jsonl, and what deployments are without faults is kept there as well. In the end, all results
are packed into tests/faults/results.jsonl.xz, so that a run on another machine goes on where the last one ended. A run tries bad cases
again. To start from the beginning, delete both.
"""
from __future__ import annotations

import argparse
import itertools
import json
import multiprocessing
import os
import pickle
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait

from helpers import ROOT

from . import table, workers
from .cases import Part, cases_of, shuffled
from .modes import MODES
from .plan import LARGEST, Plan
from .world import Reference

RESULTS = ROOT / "build" / "faults" / "results.jsonl"


def main() -> int:
    """Try all cases, or those that the time allows; returns the exit status."""
    options = _options()
    deadline = time.monotonic() + 60 * options.minutes
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(1))
    with ProcessPoolExecutor(options.processes, multiprocessing.get_context("spawn"), workers.start) as pool:
        references = _references(pool, [mode for mode in MODES if re.search(options.only, mode)])
        calls = [call for reference in references.values() for call in reference.calls]
        done = {table.key(one) for one in table.read(table.PACKED, RESULTS) if table.is_good(one)}
        all_cases = shuffled(cases_of(calls), options.seed, lambda case: table.key_of(case) in done)
        cases = [
            case for case in all_cases
            if options.case in str(case) and (options.case or table.key_of(case) not in done)]
        print(f"{len(calls)} calls, {len(all_cases)} cases, {len(cases)} to be tried, seed {options.seed}", flush=True)
        plan = Plan(cases, calls, 1 if options.case else LARGEST)
        is_over = _try(pool, options.processes, plan, references, deadline, options.seed)
    keys = {table.key_of(case) for case in all_cases}
    found = [one for one in table.read(table.PACKED, RESULTS) if table.key(one) in keys]  # calls may have changed since
    is_whole = options.write and not options.case and not options.only
    if is_whole:
        table.pack(found)
    return table.report(found, len(keys), table.DOCUMENT if is_whole else None) or int(not is_over)


def _try(
    pool: ProcessPoolExecutor, processes: int, plan: Plan, references: dict[str, Reference], deadline: float, seed: int,
) -> bool:
    """Run chains until nothing is left or the time is over; returns whether nothing is left."""
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    running: dict[Future, list[Part]] = {}
    with RESULTS.open("a", encoding="utf-8") as results:
        while True:
            while len(running) < processes and time.monotonic() < deadline and (parts := plan.next()):
                running[pool.submit(workers.chain, parts, [references[part.mode.key] for part in parts])] = parts
            if not running:
                return not len(plan)
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                attempts = future.result()
                for attempt in attempts:
                    if not attempt.is_clear:
                        found = f"one of {len(attempt.taken)}, such as {attempt.taken[-1]}: {attempt.text[:500]}"
                        print(f"{found}\n    {attempt.said}", flush=True)
                for outcome in plan.settle(running.pop(future), attempts):
                    results.write(json.dumps({**table.record(outcome.case, outcome), "commit": commit, "seed": seed}) + "\n")
                    if not outcome.is_good:
                        print(f"BAD {outcome.case}: {outcome.text}\n    {outcome.said}", flush=True)
                results.flush()
            print(f"{time.strftime('%H:%M:%S')} {len(plan)} left", flush=True)


def _references(pool: ProcessPoolExecutor, modes: Sequence[str]) -> dict[str, Reference]:
    path = RESULTS.with_name("references.pickle")
    known = pickle.loads(path.read_bytes()) if path.exists() else {}
    clouds = [[mode for mode in modes if mode not in known and MODES[mode].cloud == cloud] for cloud in ("aws", "alibaba")]
    pairs = [[mode for mode in pair if mode] for pair in itertools.zip_longest(*clouds)]
    for found in pool.map(workers.reference, pairs):
        known |= found
        path.write_bytes(pickle.dumps(known))
    return {mode: known[mode] for mode in modes}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="of the order of the cases")
    parser.add_argument("--minutes", type=float, default=24 * 60, help="start no chain of runs later than this")
    parser.add_argument("--only", default="", help="modes, a regular expression such as '^aws ' or 'organization_trail'")
    parser.add_argument("--case", default="", help="cases whose text has this in it, such as 'setup, archive' or 'HTML page', also if they "
                        "are done; each in a run of its own")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="default: one for each core")
    parser.add_argument("--no-table", dest="write", action="store_false", help="do not write docs/faults.md")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
