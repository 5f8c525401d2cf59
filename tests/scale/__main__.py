# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the benchmark: ``python tests/scale [options]``. README.md says what it measures."""
from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from configparser import ConfigParser
from pathlib import Path

if not __package__:  # started by the path of the folder
    _TESTS = Path(__file__).resolve().parents[1]
    sys.path[0:1] = [str(_TESTS), str(_TESTS.parent / ".venv" / "collections")]

from scale import results
from scale.bench import EMPTY, SDK, TITLES, Bench, methods
from helpers import ROOT
from scale.measure import Failed
from scale.stages import Alibaba, Aws

_STAGES = {stage.name: stage for stage in (Aws, Alibaba)}


def main(arguments: Sequence[str]) -> int:
    """Run the program; returns its exit status."""
    options = _parse(arguments)
    outcomes, members = [], set()
    try:
        with tempfile.TemporaryDirectory() as folder:
            bench = Bench(Path(folder), options.forks, _progress)
            empty = {
                method: {kind: bench.empty_task(method, kind, options.empty_hosts) for kind in EMPTY}
                for method in options.methods if method != SDK
            }
            for name in options.clouds:
                with _STAGES[name](options.accounts, options.latency_ms / 1000) as stage:
                    members |= stage.members
                    outcomes.append(bench.measure(stage, options.methods))
    except (Failed, ValueError) as error:  # ValueError: so many accounts fit into no policy
        print(error, file=sys.stderr)
        return 1
    settings = {name: getattr(options, name) for name in ("accounts", "latency_ms", "forks")}
    found = results.data(outcomes, empty, settings, members)
    text = results.markdown(found)
    print(text, end="")
    for path, content in ((options.json, json.dumps(found, indent=1) + "\n"), (options.markdown, text)):
        if path:
            path.write_text(content, encoding="utf-8")
    return 1 if any(outcome.problems for outcome in outcomes) else 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    config = ConfigParser()
    config.read(ROOT / "ansible.cfg")
    parser = argparse.ArgumentParser(prog="scale", description="Measure what an account costs, on local clouds.")
    parser.add_argument("--accounts", type=_positive, default=3, metavar="N", help="members on each cloud (3)")
    parser.add_argument("--latency-ms", type=float, default=0.0, metavar="L", help="added to each API call (0)")
    parser.add_argument("--forks", type=_positive, default=config.getint("defaults", "forks"), metavar="N",
                        help="accounts at a time: forks of Ansible, threads of the script (as in ansible.cfg)")
    parser.add_argument("--clouds", nargs="+", choices=_STAGES, default=list(_STAGES), help="which clouds (both)")
    parser.add_argument(
        "--methods", nargs="+", choices=TITLES, default=methods(), help="which methods (default: all)")
    parser.add_argument("--empty-hosts", type=_positive, default=50, metavar="N",
                        help="hosts on which tasks that do nothing are measured (50)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write everything that was measured")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="also write what is printed")
    return parser.parse_args(arguments)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
