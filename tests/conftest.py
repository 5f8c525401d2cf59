# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How tests are distributed over cores, and which of the many cases of a slow test run."""
from __future__ import annotations

import random

import pytest
from helpers.playbooks import Playbooks
from xdist.scheduler import LoadFileScheduling

_ONE_WORKER = "tests/integration/clouds/alibaba"  # its last test looks back at all others


def pytest_addoption(parser):
    group = parser.getgroup("crossaccount.audit_logs")
    group.addoption("--full", action="store_true", help="run all cases, also those that are sampled otherwise")
    group.addoption("--seed", type=int, help="seed of the sample and of all that is random (default: another one each time)")


def pytest_configure(config):
    if hasattr(config, "workerinput"):
        config.option.seed = config.workerinput["seed"]
    elif config.option.seed is None:
        config.option.seed = random.randrange(10**6)
    Playbooks.is_warm = not config.option.full


def pytest_configure_node(node):
    """Of pytest-xdist: all workers have the same seed, because they have to choose the same cases."""
    node.workerinput["seed"] = node.config.option.seed


def pytest_report_header(config):
    cases = "all cases" if config.option.full else "a sample of the cases of slow tests (--full runs all)"
    return f"{cases}; --seed {config.option.seed} repeats this run"


def pytest_collection_modifyitems(config, items):
    if config.option.full:
        return
    cases: dict[str, list[pytest.Item]] = {}
    for item in items:
        cases.setdefault(item.nodeid.partition("[")[0], []).append(item)
    kept = {item for test, found in cases.items() for item in _sample(found, f"{config.option.seed} {test}")}
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = [item for item in items if item in kept]


def _sample(cases: list[pytest.Item], seed: str) -> list[pytest.Item]:
    """Those cases of one test that run."""
    if cases[0].get_closest_marker("full"):
        return []
    marker = cases[0].get_closest_marker("sample")
    if marker is None or len(cases) <= marker.args[0]:
        return cases
    return random.Random(seed).sample(cases, marker.args[0])


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
