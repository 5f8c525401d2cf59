# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which cases are tried together, and how a failure is traced to one of them."""
from __future__ import annotations

from collections import Counter

from clouds.wire_faults import Kind
from faults.cases import CONVERGED, KINDS_OF_HOSTS, NOT_MADE, REPAIRED, STAGES, ApiCall, Attempt, Part, cases_of, shuffled
from faults.modes import MODES
from faults.plan import LARGEST, Plan
import pytest

CALLS = [
    ApiCall(mode, stage, kind, service, action, occurrence)
    for mode, service in (("aws trails", "s3"), ("aws organization_trail", "iam"), ("alibaba log_audit", "Ram"))
    for stage in STAGES for kind in KINDS_OF_HOSTS if kind != "management" or MODES[mode].has_management
    for action in ("GetRole", "CreateRole", "PutRole") for occurrence in (1, 2)
]
POSITIONS = {call: number for number, call in enumerate(CALLS)}
CASES = shuffled(cases_of(CALLS), 1)


class Clouds:
    """Runs in which some cases go wrong.

    :param bad: these leave something bad.
    :param failing: these let the account fail, as all lasting ones do.
    :param missing: whose call is not made.
    """

    def __init__(self, bad=(), failing=(), missing=()):
        self.bad, self.failing, self.missing = set(bad), set(failing), set(missing)
        self.chains = self.runs = 0

    def chain(self, parts: list[Part]) -> list[Attempt]:
        self.chains += 1
        found = []
        for stage in STAGES:
            for number in range(max(len(part.cases.get(stage, ())) for part in parts)):
                self.runs += 1
                given = [(part, dict(enumerate(part.cases.get(stage, ()))).get(number, {})) for part in parts]
                is_alone = sum(len(cases) for _part, hosts in given for cases in hosts.values()) == 1
                for part, hosts in given:
                    attempts = self._attempts(part, hosts, is_alone)
                    found += attempts
                    if any(attempt.text == "bad" for attempt in attempts):
                        return found
        return found

    def _attempts(self, part, hosts, is_alone):
        found, failed = [], set()
        for host, cases in hosts.items():
            others = failed - {part.kind_of(host)}
            taken = () if others else self._taken(cases)
            text = REPAIRED if taken and (taken[-1].is_lasting or taken[-1] in self.failing) or others else CONVERGED
            if text == REPAIRED:
                failed.add(part.kind_of(host))
            found.append(Attempt(cases, taken, "bad" if self.bad & set(taken) else text, "", is_alone))
        return found

    def _taken(self, cases):
        found = []
        for case in sorted(set(cases) - self.missing, key=lambda case: (POSITIONS[case.call], case.is_lasting)):
            found.append(case)
            if case.is_lasting or case in self.failing:
                break
        return tuple(found)


def outcomes_of(clouds, plan):
    """The outcomes of all chains of a plan."""
    found = {}
    while parts := plan.next():
        assert len({part.mode.cloud for part in parts}) == len(parts)
        for part in parts:
            for stage, runs in part.cases.items():
                for host, cases in [item for run in runs for item in run.items()]:
                    assert len(cases) <= LARGEST and len({case.call for case in cases}) == len(cases)
                    assert sum(case.is_lasting for case in cases) <= 1
                    assert {(case.call.mode, case.call.stage, case.call.kind_of_host) for case in cases} == {
                        (part.mode.key, stage, part.kind_of(host))}
        for outcome in plan.settle(parts, clouds.chain(parts)):
            assert outcome.case not in found
            found[outcome.case] = outcome.text
    assert not len(plan)
    return found


def test_each_case_is_tried():
    clouds = Clouds()
    found = outcomes_of(clouds, Plan(CASES, CALLS))
    assert found == {case: REPAIRED if case.is_lasting else CONVERGED for case in CASES}
    assert len(found) / clouds.runs > 3


@pytest.mark.parametrize("largest", [1, LARGEST])
def test_whatever_goes_wrong_is_narrowed_down(largest):
    bad, failing, missing = (
        [case for case in CASES if case.kind is kind and not case.is_lasting and case.call.action == "CreateRole"][:3]
        for kind in (Kind.HTML, Kind.EMPTY, Kind.GZIP))
    bad += [case for case in CASES if case.is_lasting][:2]
    found = outcomes_of(Clouds(bad, failing, missing), Plan(CASES, CALLS, largest))
    assert Counter(found.values()) == Counter(
        "bad" if case in bad else NOT_MADE if case in missing else REPAIRED if case.is_lasting or case in failing else CONVERGED
        for case in CASES)
    assert {case for case, text in found.items() if text == "bad"} == set(bad)


def test_what_differs_most_comes_first():
    """The same kind of fault in another mode, or for a later call of the action, is tried when all others have been tried."""
    plan = Plan(CASES, CALLS)
    seen = []
    for _number in range(3):
        for part in plan.next():
            seen += [case.family for case in part.all_cases() if case.is_lasting]
    assert len(set(seen)) == len(seen) > 10
