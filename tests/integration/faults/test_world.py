# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A sample of `make faults`: calls of one deployment fail, in setup, a second run, and verify or destroy."""
from __future__ import annotations

import random
from collections import Counter

from faults.cases import CONVERGED, REPAIRED, STAGES, Part, cases_of, shuffled
from faults.modes import MODES
from faults.plan import Plan
from faults.world import World


def test_a_sample(tmp_path, seed):
    """A chain of runs with faults. After the second run, another state is expected, to see that the comparison is able to fail."""
    choose = random.Random(seed).choice
    mode, stages = choose(sorted(MODES)), (*STAGES[:2], choose(STAGES[2:]))
    with World(tmp_path) as world:
        [reference] = world.references([Part(MODES[mode], members=1)], stages)
        [part] = Plan(shuffled(cases_of(reference.calls), seed), reference.calls, members=1).next()
        world.begin([part])
        attempts = []
        for stage in stages:
            if stage == "verify" and world.has_more_keys:
                continue
            found, left = world.step(stage, [part], [reference], part.cases[stage][:1] or [{}])
            attempts += found
            assert not left
            if stage == "second run":
                _expect_another_state(reference, stage)
                [bad, *_others], left = world.step(stage, [part], [reference], [{part.mode.archive: ()}])
                assert bad.text.startswith("false ok: ok: ") and left == [part]
    assert sum(len(attempt.taken) for attempt in attempts) > 2
    assert not [f"{attempt.taken}: {attempt.text}: {attempt.said}" for attempt in attempts if attempt.text not in (CONVERGED, REPAIRED)]


def _expect_another_state(reference, stage):
    """Expect another setting of a resource."""
    [changed, *_others] = (line for line in reference.states[stage] if " true" in line)
    reference.states[stage] = reference.states[stage] - Counter([changed]) + Counter([changed.replace(" true", " false")])
