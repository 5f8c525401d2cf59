# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which cases are tried in the same run, and what a run says of each of them.

In a run, several calls of one account may fail, each once, and at most one action may fail until the run has ended. Whatever goes wrong is
traced to one case, by halves.
"""
from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from math import ceil, inf

from .cases import CONVERGED, KINDS_OF_HOSTS, MEMBERS, NOT_MADE, REPAIRED, STAGES, ApiCall, Attempt, Case, Outcome, Part
from .modes import MODES

LARGEST = 12  # cases of an account in a run
_MOST_TIMEOUTS = 2  # of these: somebody waits for each
_MOST_RUNS = 4  # second runs and verifies of a deployment
_PATIENCE = 3  # runs that converge without the call, until it is one that is not always made
_Key = tuple[str, str, str]  # mode, stage, kind of host


class _Queue:
    """Cases of one kind of host in a stage of a mode."""

    def __init__(self, positions: dict[ApiCall, int]) -> None:
        self.once: list[Case] = []
        self.lasting: list[Case] = []
        self.suspects: list[tuple[Case, ...]] = []  # of each, at least one may be to blame
        self._positions = positions

    def __len__(self) -> int:
        return len(self.once) + len(self.lasting) + sum(map(len, self.suspects))

    def runs(self, hosts: int) -> int:
        """Number of runs that are still needed, about."""
        return ceil((len(self.lasting) + len(self.suspects)) / hosts) or ceil(len(self.once) / LARGEST / hosts)

    def pick(self, largest: int) -> tuple[Case, ...]:
        """Cases for one host. Of calls that come after one that fails for good, none."""
        if self.suspects:
            return self.suspects.pop(0)
        found = [self.lasting.pop(0)] if self.lasting else []
        limit = self._positions[found[0].call] if found else inf
        timeouts = sum(case.kind.is_timeout for case in found)
        left = []
        chosen: set[ApiCall] = set()
        for case in self.once:
            if (len(found) < largest and case.call not in chosen and self._positions[case.call] < limit
                    and timeouts + case.kind.is_timeout <= _MOST_TIMEOUTS):
                found.append(case)
                chosen.add(case.call)
                timeouts += case.kind.is_timeout
            else:
                left.append(case)
        self.once = left
        return tuple(found)


class Plan:
    """Cases that are still to be tried.

    :param cases: in the order in which they are to be tried.
    :param calls: of all runs without faults, in their order.
    :param largest: cases of an account in a run.
    :param members: of a deployment.
    """

    def __init__(self, cases: Iterable[Case], calls: Iterable[ApiCall], largest: int = LARGEST, members: int = MEMBERS) -> None:
        positions: dict[ApiCall, int] = {call: number for number, call in enumerate(calls)}
        self._queues: dict[_Key, _Queue] = {
            (mode, stage, kind): _Queue(positions) for mode in MODES for stage in STAGES for kind in KINDS_OF_HOSTS}
        self._largest, self._members = largest, members
        self._alone: list[Case] = []
        self._misses: Counter[Case] = Counter()
        self._first: set[Case] = set()  # of those that are alike but for the mode and the number of the call
        kinds_seen = set()
        for case in cases:
            self._put(case)
            if case.family not in kinds_seen:
                kinds_seen.add(case.family)
                self._first.add(case)
        for queue in self._queues.values():
            queue.once.sort(key=lambda case: case not in self._first)
            queue.lasting.sort(key=lambda case: case not in self._first)

    def __len__(self) -> int:
        return sum(map(len, self._queues.values())) + len(self._alone)

    def _put(self, case: Case) -> None:
        queue = self._queues[case.call.mode, case.call.stage, case.call.kind_of_host]
        (queue.lasting if case.is_lasting else queue.once).append(case)

    def next(self) -> list[Part]:
        """The deployments of the next chain of runs, one on each cloud; none if there is nothing left, or only in chains that run."""
        if self._alone:
            case = self._alone.pop(0)
            part = Part(MODES[case.call.mode], self._members)
            part.cases[case.call.stage] = [{part.hosts(case.call.kind_of_host)[0]: (case,)}]
            return [part]
        return [part for cloud in ("aws", "alibaba") if (part := self._part(cloud))]

    def _part(self, cloud: str) -> Part | None:
        weights = {name: self._weight(name) for name, mode in MODES.items() if mode.cloud == cloud}
        name = max(weights, key=weights.__getitem__)
        if not any(weights[name]):
            return None
        part = Part(MODES[name], self._members)
        runs = {stage: sum(self._queues[name, stage, kind].runs(len(part.hosts(kind)) or 1) for kind in KINDS_OF_HOSTS) for stage in STAGES}
        chains = max(runs["setup"], runs["destroy"], 1)
        for stage in STAGES:
            count = min(ceil(runs[stage] / chains), _MOST_RUNS if stage in ("second run", "verify") else 1)
            part.cases[stage] = [given for _number in range(count) if (given := self._run(part, stage))]
        return part

    def _weight(self, mode: str) -> tuple[int, int]:
        """How much a mode is to be preferred."""
        queues = [queue for key, queue in self._queues.items() if key[0] == mode]
        cases = [case for queue in queues for case in queue.once + queue.lasting]
        first = sum(1 if case.is_lasting else 1 / LARGEST for case in cases if case in self._first)
        return ceil(first), sum(map(len, queues))

    def _run(self, part: Part, stage: str) -> dict[str, tuple[Case, ...]]:
        """The cases of a run, by host. If accounts of one kind fail for good, the others are not tried: they may depend on them."""
        queues = {kind: self._queues[part.mode.key, stage, kind] for kind in KINDS_OF_HOSTS if part.hosts(kind)}
        lasting = {
            kind: (sum(case in self._first for case in queue.lasting) / len(part.hosts(kind)), len(queue.lasting) / len(part.hosts(kind)))
            for kind, queue in queues.items()}
        last = max(lasting, key=lasting.__getitem__)
        kinds = [last] if queues[last].lasting else list(queues)
        return {
            host: cases for kind in kinds for host in part.hosts(kind) if (cases := queues[kind].pick(self._largest))}

    def settle(self, parts: Sequence[Part], attempts: Iterable[Attempt]) -> Iterator[Outcome]:
        """What a chain says of its cases. What it says nothing of is tried again."""
        tried = set()
        for attempt in attempts:
            tried |= set(attempt.cases)
            yield from self._conclude(attempt)
        for part in parts:
            for case in part.all_cases():
                if case not in tried:
                    self._put_first(case)

    def _put_first(self, case: Case) -> None:
        queue = self._queues[case.call.mode, case.call.stage, case.call.kind_of_host]
        (queue.lasting if case.is_lasting else queue.once).insert(0, case)

    def _conclude(self, attempt: Attempt) -> Iterator[Outcome]:
        taken = attempt.taken
        for case in attempt.cases:
            if case not in taken:
                self._misses[case] += 1 if attempt.text == CONVERGED else 0
                if self._misses[case] < _PATIENCE:
                    self._put_first(case)
                else:
                    yield Outcome(case, NOT_MADE)
        if not taken:
            return
        if attempt.is_clear:
            yield from (Outcome(case, CONVERGED) for case in taken[:-1])
            yield Outcome(taken[-1], attempt.text, attempt.said)
        elif len(taken) == 1:
            self._alone.append(taken[0])
        else:
            call = taken[0].call
            suspects = self._queues[call.mode, call.stage, call.kind_of_host].suspects
            middle = len(taken) - 1 if attempt.text == REPAIRED else len(taken) // 2
            suspects += [taken[:middle], taken[middle:]]
