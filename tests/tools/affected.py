# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the tests that a change concerns, within about a minute: `make check`.

The change is what differs from the last commit, or from the commit that is given (`make check BASE=main`). Tests are
chosen in this order, until the time is used up; what is left out is printed:

1. tests that were changed, tests with the path of what was changed (tests/README.md has the rule), and tests that run the code of a
   page that was changed,
2. tests that import what was changed, directly or through other modules, or name it as a module of Ansible.
"""
from __future__ import annotations

import ast
import functools
import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from helpers import ROOT, guides
from tools.durations import FILE as DURATIONS

# Seconds of one core, as tests/durations.json has them. What a file of tests takes that is not in there is a guess.
BUDGET = 90
UNKNOWN = 5
PREFIX = "ansible_collections.crossaccount.audit_logs."
# Tests of files that Ansible reads and no test imports.
OTHERS = {
    r"plugins/(plugin_utils|filter|action)/.*(?P<cloud>aws|alibaba)": ["integration/playbooks/{cloud}/test_verify"],
    r"roles/": ["unit/roles/test_"],
    r"roles/aws_": ["integration/roles/test_aws"],
    r"(playbooks/.*|roles/)(?P<cloud>aws|alibaba)": ["integration/playbooks/{cloud}/test_setup"],
    r"playbooks/parts/preflight|plugins/action/deployment": ["integration/playbooks/aws/test_preflight", "integration/playbooks/alibaba/test_preflight"],
    r"playbooks/parts/\w+\.yml|plugins/action/(account_session|summary)": ["integration/playbooks/test_foreign_credentials"],
    r"tests/tools/(ansible|python)\.sh": ["integration/playbooks/test_hostile_estate"],
    r"tests/estate/": ["integration/playbooks/test_hostile_estate", "integration/playbooks/test_foreign_credentials"],
    r"README\.md": ["unit/roles/test_documents"],
    r"meta/|requirements|execution-environment\.yml|galaxy\.yml": ["unit/meta/test_", "integration/test_"],
    r"docs/assumptions": ["unit/tools/test_assumptions"],
    r"docs/(permissions|policies)": ["unit/tools/test_permissions", "integration/playbooks/aws/test_permissions"],
    r"tests/faults/": ["integration/faults/test_", "unit/faults/test_"],
    r"tests/conformance/": ["integration/conformance/test_", "unit/conformance/test_"],
    r".*\.md": ["unit/docs/test_"],
    r"docs/docsite/|tests/tools/docsite": ["browser/test_docsite"],
    r"extensions/awx/": ["integration/extensions/test_awx"],
    r"docs/report": ["unit/plugins/plugin_utils/_report/test_report"],
}


def changed(base: str) -> list[str]:
    """Paths of the files that differ from a commit, relative to the checkout; of those that still exist."""
    commands = (["git", "diff", "--name-only", base], ["git", "ls-files", "--others", "--exclude-standard"])
    found = [
        line for command in commands
        for line in subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    ]
    return sorted(path for path in set(found) if (ROOT / path).exists())


@functools.cache
def tests() -> list[str]:
    """Paths of all files of tests."""
    return sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("test_*.py"))


def with_path_of(path: str) -> set[str]:
    """Tests that have the path of a file: of plugins/modules/ram_role.py, tests/*/plugins/modules/test_ram*.py."""
    if Path(path).name.startswith("test_"):
        return {path}
    starts = [start.format(**match.groupdict()) for pattern, some in OTHERS.items() if (match := re.match(pattern, path))
              for start in some]
    if path in guides.PAGES:
        starts += [block.use.removeprefix("run: tests/") for block in guides.blocks(path) if block.use.startswith("run: ")]
    if path.endswith(".py"):
        folder, name = Path(path.removeprefix("tests/")).parent, Path(path).stem.strip("_")
        ends = [name, *(name[:match.start()] + ".py" for match in re.finditer("_", name))]
        starts += [f"{kind}/{folder}/test_{end}" for kind in ("unit", "integration") for end in ends]
    return {test for test in tests() if starts and test.removeprefix("tests/").startswith(tuple(starts))}


def users() -> dict[str, set[str]]:
    """By path of a Python file, the paths of those that use it."""
    files = [path for folder in ("plugins", "tests") for path in (ROOT / folder).rglob("*.py")]
    paths = {str(path.relative_to(ROOT)) for path in files}
    modules = {path.stem for path in (ROOT / "plugins/modules").glob("*.py")}
    found = defaultdict(set)
    for path in sorted(paths):
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        for used in _used(tree, path, modules):
            if used in paths:
                found[used].add(path)
        if Path(path).name == "conftest.py":
            found[path] |= {test for test in tests() if test.startswith(f"{Path(path).parent}/")}
    return found


def _used(tree: ast.Module, path: str, modules: set[str]) -> Iterable[str]:
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = ".".join(Path(path).parts[:-node.level]) if node.level else ""
            name = f"{above}.{node.module or ''}".strip(".")
            names = [name, *(f"{name}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Constant) and node.value in modules and path.startswith("tests/"):
            yield f"plugins/modules/{node.value}.py"
        for name in names:
            for folder in ("", "tests/"):
                yield f"{folder}{name.removeprefix(PREFIX).replace('.', '/')}.py"
                yield f"{folder}{name.removeprefix(PREFIX).replace('.', '/')}/__init__.py"


def choose(paths: list[str]) -> tuple[list[str], list[str]]:
    """Tests to run for changed files, and those for which there is no time."""
    seconds = json.loads(DURATIONS.read_text(encoding="utf-8")) if DURATIONS.exists() else {}
    near = set().union(*map(with_path_of, paths))
    using, reached, waiting = users(), set(), list(paths)
    while waiting:
        for user in using[waiting.pop()] - reached:
            reached.add(user)
            waiting.append(user)
    further = {path for path in reached if Path(path).name.startswith("test_")} - near
    chosen, left, total = sorted(near), [], sum(seconds.get(test, UNKNOWN) for test in near)
    for test in sorted(further, key=lambda path: seconds.get(path, UNKNOWN)):
        total += seconds.get(test, UNKNOWN)
        (chosen if total < BUDGET else left).append(test)
    return chosen, left


def main() -> int:
    """Run the program; returns its exit status."""
    paths = changed(sys.argv[1] if len(sys.argv) > 1 else "HEAD")
    chosen, left = choose(paths)
    print(f"Changed files: {len(paths)}. Files of tests: {len(chosen)}.")
    if left:
        print(f"For {len(left)} more there is no time; `make pytest` runs them:", *left, sep="\n  ")
    if not chosen:
        return 0
    command = [sys.executable, "-m", "pytest", "--quiet", "--numprocesses", "auto", *chosen]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
