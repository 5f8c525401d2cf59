# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each check on its local cloud: its answer, with its permissions and no others, and that nothing is left, also after an interruption."""
from __future__ import annotations

import os
import signal
from functools import partial

import pytest
from conformance import alibaba, aws

CHECKS = {f"{name}-{check.name}": check for name, package in (("aws", aws), ("alibaba", alibaba)) for check in package.CHECKS}
SLOW = [name for name, check in CHECKS.items() if check.slow]


@pytest.mark.parametrize("name", CHECKS)
def test_answer(run, name):
    [observation] = run(name)
    assert (observation["answer"], observation["error"]) == (CHECKS[name].local_answer, None)


@pytest.mark.sample(2)
@pytest.mark.parametrize("name", [name for name in CHECKS if name not in SLOW])
def test_interruption(run, name):
    interrupt_everywhere(run, name)


@pytest.mark.full
@pytest.mark.parametrize("name", SLOW)
def test_interruption_of_slow_checks(run, name):
    interrupt_everywhere(run, name)


def interrupt_everywhere(run, name):
    """Interrupt the check at each call that changes something, as soon as the cloud has carried the call out."""
    writes = []
    run(name, lambda call: writes.append(call) if not call.read_only else None)
    for number in range(1, len(writes) + 1):
        seen = []
        observations = run(name, partial(interrupt, number, seen))
        assert len(seen) >= number and len(observations) <= 1


def interrupt(number, seen, call):
    if not call.read_only:
        seen.append(call)
        if len(seen) == number:
            os.kill(os.getpid(), signal.SIGINT)
