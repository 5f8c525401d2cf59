# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each check on its local cloud: its answer, with its permissions and no others, and that nothing is left, also after an interruption."""
from __future__ import annotations

import os
import signal

import pytest
from conformance import alibaba, aws, local, runner
from conformance.check import AS_ASSUMED
from conformance.undo import Signals
from helpers import dumps
from helpers.alibaba.dumps import dump as alibaba_dump
from helpers.aws.dumps import dump as aws_dump

CLOUDS = {"aws": (aws, local.aws_in, aws_dump), "alibaba": (alibaba, local.alibaba_in, alibaba_dump)}
CASES = [pytest.param(name, check, id=f"{name}-{check.name}") for name, (package, _connect, _dump) in CLOUDS.items() for check in package.CHECKS]


@pytest.fixture(name="run")
def fixture_run(request):
    """Run a check on its local cloud; returns what it observed. Nothing may be left."""

    def run(name, check, on_call=lambda call: None):
        package, connect, dump = CLOUDS[name]
        cloud = request.getfixturevalue(name)
        cloud.reset()
        door = cloud.door(on_call)
        door.start()
        lines = []
        with Signals(lines.append) as signals:
            account = connect(cloud, [check], signals, lines.append, door.url)
            before = dumps.settings(dump(cloud))
            found, interruption = runner.run(account, package, [check], account.undo, lines.append)
        door.stop()
        assert dumps.text(dumps.settings(dump(cloud))) == dumps.text(before)
        assert found["retained"] == [] and found["interrupted"] == (interruption is not None)
        return found["observations"]

    return run


@pytest.mark.parametrize("name, check", CASES)
def test_answer(run, name, check):
    [observation] = run(name, check)
    assert (observation["answer"], observation["error"]) == (AS_ASSUMED, None)


@pytest.mark.sample(4)
@pytest.mark.parametrize("name, check", CASES)
def test_interruption(run, name, check):
    """The check is interrupted at each call that changes something, as soon as the cloud has carried it out."""
    writes = []
    run(name, check, lambda call: writes.append(call) if not call.read_only else None)
    assert writes
    for number in range(1, len(writes) + 1):
        seen = []

        def interrupt(call, number=number, seen=seen):
            if not call.read_only:
                seen.append(call)
                if len(seen) == number:
                    os.kill(os.getpid(), signal.SIGINT)

        observations = run(name, check, interrupt)
        assert len(seen) >= number and len(observations) <= 1
