# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A case is a call of a run that works, and what happens to it. Its outcome is good, or in one of the bad classes."""
from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from clouds.wire_faults import Fault, Kind

from .modes import Mode

STAGES = ("setup", "second run", "verify", "destroy")
KINDS_OF_HOSTS = ("archive", "management", "member")
MEMBERS = 2  # of a deployment
# Kinds that SDKs and modules try again: whether they end if they do not succeed is another case than whether they succeed. To a client
# that gives up, a reset is what a timeout is, and no answer of the service what a page of a proxy is.
_LASTING = (Kind.ERROR, Kind.THROTTLING, Kind.TIMEOUT, Kind.HTML)

CONVERGED = "converged"
REPAIRED = "failed, next run converged"
NOT_MADE = "call not made"  # such as one that waits for something that came sooner than in the run without faults
# What no line of a person may have: exceptions of Python, and messages of parsers.
_UNCLEAR = re.compile(
    r"Traceback|MODULE FAILURE|Module failed|unhandled exception|Unexpected Exception|Unable to parse response|see the task that failed"
    r"|: '\w+'$|KeyError|TypeError|AttributeError|NoneType|has no attribute|not subscriptable|codec can't|Expecting value"
    r"|list index|unhashable|object is not|Error was a <class")


@dataclass(frozen=True)
class ApiCall:
    """A call of a stage, as a run without faults makes it.

    :param mode: key of modes.MODES.
    :param kind_of_host: ``archive``, ``management`` or ``member``.
    :param occurrence: of the host's calls of this action in the stage, from 1.
    """

    mode: str
    stage: str
    kind_of_host: str
    service: str
    action: str
    occurrence: int

    def __str__(self) -> str:
        number = f" ({self.occurrence})" if self.occurrence > 1 else ""
        return f"{self.mode}, {self.stage}, {self.kind_of_host}: {self.service}:{self.action}{number}"


@dataclass(frozen=True)
class Case:
    """A call that fails in one way.

    :param is_lasting: whether all later ones of the same action fail as well, until the run has ended.
    """

    call: ApiCall
    kind: Kind
    is_lasting: bool

    def __str__(self) -> str:
        return f"{self.call}: {self.kind.value}{', lasting' if self.is_lasting else ''}"

    @property
    def family(self) -> tuple[str, ...]:
        """What it has in common with cases of other modes, and of other calls of the action."""
        call = self.call
        return call.mode.split()[0], call.stage, call.kind_of_host, call.service, call.action, self.kind.value, str(self.is_lasting)

    def fault(self, account: str) -> Fault:
        """The fault for an account."""
        return Fault(self.kind, account, self.call.service, self.call.action, self.call.occurrence, self.is_lasting)


@dataclass
class Part:
    """The deployment on one cloud in a chain of runs.

    :ivar cases: by stage, for each run of the stage, by host.
    """

    mode: Mode
    members: int = MEMBERS
    cases: dict[str, list[dict[str, tuple[Case, ...]]]] = field(default_factory=dict)

    @property
    def accounts(self) -> dict[str, str]:
        """Account ids by host."""
        return self.mode.accounts(self.members)

    def hosts(self, kind: str) -> list[str]:
        """The accounts of a kind."""
        return [host for host in self.accounts if self.kind_of(host) == kind]

    def kind_of(self, host: str) -> str:
        """What the account is in the deployment."""
        if host == self.mode.archive:
            return "archive"
        return "management" if host.endswith("-management") else "member"

    def all_cases(self) -> list[Case]:
        """The cases of all runs."""
        return [case for runs in self.cases.values() for run in runs for cases in run.values() for case in cases]


@dataclass(frozen=True)
class Attempt:
    """A run in which calls of one account failed.

    :param cases: that were to be tried.
    :param taken: those whose call was made, in the order in which they happened; a lasting one by its last call.
    :param text: what became of the account: CONVERGED, REPAIRED, or what is bad.
    :param said: the account's line, if it failed.
    :param is_alone: whether no other case was tried in the run.
    """

    cases: tuple[Case, ...]
    taken: tuple[Case, ...]
    text: str
    said: str
    is_alone: bool

    @property
    def is_clear(self) -> bool:
        """Whether it says what became of each case that was taken."""
        if self.text == REPAIRED:
            return len(self.taken) == 1 or not self.taken or self.taken[-1].is_lasting
        return self.text == CONVERGED or not self.taken or self.is_alone


@dataclass(frozen=True)
class Outcome:
    """What became of a case.

    :param text: CONVERGED, REPAIRED, NOT_MADE, or what is bad.
    :param said: the account's line, if it failed.
    """

    case: Case
    text: str
    said: str = ""

    @property
    def is_good(self) -> bool:
        """Whether it is not bad."""
        return self.text in (CONVERGED, REPAIRED, NOT_MADE)


def cases_of(calls: Iterable[ApiCall]) -> list[Case]:
    """All cases of some calls."""
    return [
        Case(call, kind, is_lasting)
        for call in calls for kind in Kind for is_lasting in (False, True)
        if not is_lasting or kind in _LASTING and call.occurrence == 1
    ]


def shuffled(cases: Iterable[Case], seed: int, is_done: Callable[[Case], bool] = lambda case: False) -> list[Case]:
    """The cases in an order that the seed decides, after those that are done.

    Of lasting cases that differ only in the mode, the first is left: each takes a run of its own.
    """
    found = list(cases)
    random.Random(seed).shuffle(found)
    found.sort(key=is_done, reverse=True)
    first: dict[tuple[str, ...], Case] = {}
    return [case for case in found if not case.is_lasting or first.setdefault(case.family, case) is case]


def unclear(line: str) -> str | None:
    """What is not clear in the line of an account that failed; None if nothing is."""
    match = _UNCLEAR.search(line)
    if match:
        return match[0]
    return "more than one line" if "\n" in line or "\\n" in line else None
