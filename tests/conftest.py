# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How tests are distributed over cores, and which of the many cases of a slow test run."""
from __future__ import annotations

import random
from pathlib import Path

import hypothesis
import pytest
from xdist.scheduler import LoadFileScheduling

_SLOWEST = Path(__file__).parent / "integration/playbooks"
_ONE_WORKER = "tests/integration/clouds/alibaba"  # its last test looks back at all others


def pytest_addoption(parser):
    group = parser.getgroup("crossaccount.audit_logs")
    group.addoption("--full", action="store_true", help="run all cases, also those that are sampled otherwise")
    group.addoption("--seed", type=int, help="seed of the sample and of all that is random (default: another one each time)")


def pytest_configure(config):
    config.option.names_files = config.args_source is not pytest.Config.ArgsSource.TESTPATHS
    if hasattr(config, "workerinput"):
        config.option.seed, config.option.names_files = config.workerinput["seed"], config.workerinput["names_files"]
    elif config.option.seed is None:
        config.option.seed = random.randrange(10**6)
    # By default, Hypothesis fails an example that takes 200 ms, which says something of the machine.
    hypothesis.settings.register_profile("untimed", hypothesis.settings.get_profile(hypothesis.settings.get_current_profile_name()), deadline=None)
    hypothesis.settings.load_profile("untimed")


def pytest_configure_node(node):
    """Of pytest-xdist: all workers have to choose the same cases."""
    node.workerinput.update(seed=node.config.option.seed, names_files=node.config.option.names_files)


def pytest_report_header(config):
    cases = "all cases" if config.option.full else "a sample of the cases of slow tests (--full runs all)"
    return f"{cases}; --seed {config.option.seed} repeats this run"


def pytest_collection_modifyitems(config, items):
    if config.option.full:
        return
    left_out = _left_out(config, items)
    config.hook.pytest_deselected(items=[item for item in items if item.path in left_out])
    items[:] = [item for item in items if item.path not in left_out]
    groups: dict[str, dict[str, list[pytest.Item]]] = {}
    for item in items:
        group, case = _case(item)
        groups.setdefault(group, {}).setdefault(case, []).append(item)
    selected = {item for group, cases in groups.items() for item in _sample(cases, f"{config.option.seed} {group}")}
    config.hook.pytest_deselected(items=[item for item in items if item not in selected])
    items[:] = [item for item in items if item in selected]


def _left_out(config, items: list[pytest.Item]) -> set[Path]:
    """Files of the slowest folder that do not run, unless somebody has asked for certain files: with all, a run takes an hour or more."""
    if config.option.names_files:
        return set()
    files = sorted({item.path for item in items if item.path.is_relative_to(_SLOWEST)})
    return set(random.Random(f"{config.option.seed} files").sample(files, len(files) * 2 // 5))


def _case(item: pytest.Item) -> tuple[str, str]:
    """What a test is sampled in, and its case: that of its test, or that of its file by a parameter of many tests."""
    marker = item.get_closest_marker("sample")
    if marker and "by" in marker.kwargs:
        return str(item.path), str(item.callspec.params[marker.kwargs["by"]])
    return item.nodeid.partition("[")[0], item.nodeid


def _sample(cases: dict[str, list[pytest.Item]], seed: str) -> list[pytest.Item]:
    """The tests that run, of those that are sampled together."""
    first = next(iter(cases.values()))[0]
    if first.get_closest_marker("full"):
        return []
    marker = first.get_closest_marker("sample")
    chosen = cases if marker is None else random.Random(seed).sample(list(cases), min(marker.args[0], len(cases)))
    return [item for case in chosen for item in cases[case]]


def pytest_xdist_make_scheduler(config, log):
    return _ByFile(config, log)


class _ByFile(LoadFileScheduling):
    """The tests of a file share local clouds and deployments, so that they run in one worker."""

    def _split_scope(self, nodeid: str) -> str:
        if self.config.option.full and nodeid.startswith(_ONE_WORKER):
            return _ONE_WORKER
        return super()._split_scope(nodeid)


@pytest.fixture(name="seed")
def fixture_seed(request) -> int:
    """The seed of this run, for tests that try something at random."""
    return request.config.option.seed
