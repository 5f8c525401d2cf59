# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both local clouds, and runs of playbooks in which calls fail."""
from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from clouds.alibaba import LocalAlibaba
from clouds.aws import LocalAws
from clouds.calls import Call
from clouds.wire_faults import Fault
from helpers import warm
from helpers.alibaba import deployments as alibaba_deployments
from helpers.alibaba import dumps as alibaba_dumps
from helpers.aws import deployments as aws_deployments
from helpers.aws import dumps as aws_dumps
from helpers.dumps import settings
from helpers.playbooks import Playbooks, Run

from .cases import CONVERGED, REPAIRED, STAGES, ApiCall, Attempt, Case, Part, unclear
from .doors import Doors

_OPTIONS = {
    "setup": ["setup"],
    "second run": ["setup"],
    "verify": ["verify", "-e", "audit_logs_probe_deadline=3", "-e", "audit_logs_probe_interval=1"],
    "destroy": ["destroy", "-e", "audit_logs_delete_logs=true"],
}
# What is another value in every run.
_RANDOM = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b(?=\d*[A-Z])[A-Z0-9]{16,21}\b|\b[0-9a-f]{64}\b"
    r"|\bcp-[0-9a-f]{24}\b|\b\d{18}\b|\bo-[a-z0-9]{10}\b"
    r"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+]00:00)?|\b1[789]\d{8}(?:\.\d+|\d{3})?\b")
# The user whose keys are in the environment: other ones in each process.
_ADMINISTRATOR = re.compile(r" iam aws (users|access_keys) |^\d{16} access_keys ")
# Of verify: the proof of each account does not depend on it, so it is a warning, which names the call.
_NOT_COMPARED = "the inventory was not compared with the accounts of the resource directory: "
_DIRECTORY = ("GetResourceDirectory", "ListAccounts")
# CreateKey has no token that would make a second attempt harmless. If the answer to it is lost, a key is left without an alias and
# unused. Verify reports it, and destroy deletes it.
_KEY_LEFT = re.compile(r"\d+ kms \S+ (keys|tagger) \.\.\.")
State = Counter  # lines of a dump, without what is random


@dataclass
class Reference:
    """What a deployment is without faults.

    :ivar states: of the cloud after each stage.
    :ivar lines: of the hosts after each stage.
    :ivar calls: of each stage.
    """

    states: dict[str, State] = field(default_factory=dict)
    lines: dict[str, dict[str, str]] = field(default_factory=dict)
    calls: list[ApiCall] = field(default_factory=list)


@dataclass
class _Seen:
    """What a run has left of a part.

    :ivar doors: that were open during the run, by account.
    :ivar happened: the cases whose call was made, in the order in which they happened, by host.
    :ivar repaired: the next run, if there was one.
    :ivar left: the differences after that.
    """

    stage: str
    part: Part
    reference: Reference
    run: Run
    differences: dict[str, str]
    doors: Mapping[str, Sequence[str]]
    happened: Mapping[str, tuple[Case, ...]]
    repaired: Run | None = None
    left: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_done(self) -> bool:
        """Whether no account failed, and all are as without faults."""
        return not any(self.differences[host] or self.said(host) for host in self.part.accounts)

    def said(self, host: str) -> str:
        """The line of an account that failed."""
        line = self.run.lines.get(host, "")
        return line if line.startswith("FAILED") else ""

    def is_free(self, host: str) -> bool:
        """Whether no fault let an account fail on which it may depend: in destroy and log_audit, the archive waits for the others."""
        kind = self.part.kind_of(host)
        return not any(self.said(other) for other, cases in self.happened.items() if cases and self.part.kind_of(other) != kind)

    def text(self, host: str) -> str:
        """What became of an account: its own trouble, or that of the run or of an account without a fault."""
        own = self._trouble(host)
        others = (self._trouble(other) for other in self.part.accounts if not self.happened.get(other))
        found = own or self._trouble_of_run() or next((text for text in others if text), None)
        return found or (REPAIRED if self.said(host) else CONVERGED)

    def _trouble_of_run(self) -> str | None:
        if "Traceback (most recent" in self.run.output:
            return "traceback"
        if any(line.startswith("FAILED") for line in self.run.lines.values()) != bool(self.run.status):
            return f"exit status {self.run.status}"
        if self.repaired and any(line.startswith("FAILED") for line in self.repaired.lines.values()) != bool(self.repaired.status):
            return f"exit status of the next run {self.repaired.status}"
        return None

    def _could_not_compare(self, line: str, expected: str) -> bool:
        """Whether verify has one more warning: that it could not compare the inventory with the resource directory.

        Only the first warning of an account is in its line.
        """
        happened = [case for cases in self.happened.values() for case in cases]  # in the account that may list the others
        if self.stage != "verify" or not any(case.is_lasting and case.call.action in _DIRECTORY for case in happened):
            return False
        text, besides = _more(line)
        if _NOT_COMPARED in text:
            return unclear(text) is None
        expected, expected_besides = _more(expected)
        return _without_numbers(text) == _without_numbers(expected) and besides == expected_besides + 1

    def _trouble(self, host: str) -> str | None:
        line, failed, difference = self.run.lines.get(host, ""), bool(self.said(host)), self.differences[host]
        expected = self.reference.lines[self.stage][host]
        doors = self.doors.get(self.part.accounts[host])
        if not line:
            return "no line"
        if failed and (word := unclear(line)):
            return f"unclear line ({word})"
        if doors:
            return f"open door: {doors[0]}"
        if difference and not failed and self.is_free(host):
            return f"false ok: {line}: {difference}"
        if difference and self.stage in ("second run", "verify"):
            return f"a failed {self.stage} made a change: {difference}"
        is_other = _without_numbers(line) != _without_numbers(expected) and not self._could_not_compare(line, expected)
        if is_other and not failed and self.stage in ("second run", "verify") and self.is_free(host):
            return f"said otherwise: {line}"
        if self.repaired and (next_line := self.repaired.lines.get(host, "no line")).startswith(("FAILED", "no line")):
            return f"the next run fails: {next_line}"
        if self.left.get(host):
            return f"the next run does not converge: {self.left[host]}"
        return None


class World:
    """Both local clouds in this process; a context manager.

    :param folder: of the runs.
    :ivar has_more_keys: whether the last run left a KMS key, which is not bad.
    """

    def __init__(self, folder: Path) -> None:
        self.aws, self.alibaba = LocalAws(on_call=self._called), LocalAlibaba(on_call=self._called)
        self._doors: Doors | None = None
        self._folder = folder
        self.has_more_keys = False
        self._groups: dict[str, dict[str, Any]] = {}  # of the inventory, by the key of a mode

    def __enter__(self) -> Self:
        self.aws.__enter__()
        self.alibaba.__enter__()
        self.playbooks = Playbooks(self._folder, {
            **self.aws.environment, **self.alibaba.environment, warm.IMPATIENT: "1", "ANSIBLE_FORKS": "10"},
            clouds=[self.aws, self.alibaba])
        warm.expect(self.playbooks.environment, self.playbooks.python)
        return self

    def __exit__(self, *error) -> None:
        self.alibaba.__exit__(*error)
        self.aws.__exit__(*error)

    def _called(self, call: Call) -> None:
        if self._doors:
            self._doors.look(call)

    def cloud(self, part: Part) -> Any:
        """The local cloud of a part."""
        return self.aws if part.mode.cloud == "aws" else self.alibaba

    def references(self, parts: Sequence[Part], stages: Sequence[str] = STAGES) -> list[Reference]:
        """What the deployments of some parts, of different clouds, are without faults after each stage."""
        found = [Reference() for _part in parts]
        self.begin(parts)
        for stage in stages:
            for part in parts:
                self._forget_calls(part)
            run = self._run(stage, parts)
            if run.status:
                raise RuntimeError(f"{[part.mode.key for part in parts]}: {stage} without a fault failed\n{run.output}")
            for part, reference in zip(parts, found):
                reference.calls += self._calls(stage, part)
                reference.states[stage] = self.state(part)
                reference.lines[stage] = {host: run.lines[host] for host in part.accounts}
        return found

    def chain(self, parts: Sequence[Part], references: Sequence[Reference]) -> list[Attempt]:
        """Set up, run again, verify and destroy, with the faults of the cases. Leaves out a deployment that is not as it should be."""
        self.begin(parts)
        left = list(zip(parts, references))
        found: list[Attempt] = []
        for stage in STAGES:
            if stage == "verify" and self.has_more_keys:  # it says so
                continue
            runs = max((len(part.cases.get(stage, ())) for part, _reference in left), default=0)
            # Without a deployment there is nothing to look at.
            for number in range(max(runs, 1 if stage == STAGES[0] else 0)):
                cases = [dict(enumerate(part.cases.get(stage, ()))).get(number, {}) for part, _reference in left]
                attempts, bad = self.step(stage, *zip(*left), cases)
                found += attempts
                left = [one for one in left if one[0] not in bad]
                if not left:
                    return found
        return found

    def begin(self, parts: Sequence[Part]) -> None:
        """Reset the clouds for a chain of runs."""
        self._doors = None
        self.aws.reset()
        self.alibaba.reset()
        accounts = {account for part in parts for account in part.accounts.values()}
        for part in parts:
            for host, account in part.accounts.items():  # before the first call, which may fail
                if part.mode.cloud == "aws":
                    self.aws.add_account(account, host)
                else:
                    with self.alibaba.cloud.lock:
                        self.alibaba.cloud.account(account)
        self._groups = {part.mode.key: part.mode.inventory(part.members, **part.mode.prepare(self.cloud(part))) for part in parts}
        self._doors = Doors(self.alibaba, accounts | {aws_deployments.MANAGEMENT, alibaba_deployments.MANAGEMENT})

    def _run(self, stage: str, parts: Sequence[Part]) -> Run:
        groups = {name: group for part in parts for name, group in self._groups[part.mode.key].items()}
        return self.playbooks.run(*_OPTIONS[stage], inventory={"all": {"children": groups}})

    def step(
        self, stage: str, parts: Sequence[Part], references: Sequence[Reference], cases: Sequence[Mapping[str, tuple[Case, ...]]],
    ) -> tuple[list[Attempt], list[Part]]:
        """A run in which calls fail, and if an account then is not as it should be, the next run.

        :param cases: of each part, by host.
        :returns: what became of the accounts with cases, and the parts that are not as without faults.
        """
        faults: dict[Fault, Case] = {}
        for part, hosts in zip(parts, cases):
            own = {case.fault(part.accounts[host]): case for host, given in hosts.items() for case in given}
            self.cloud(part).faults.set(*own)
            faults |= own
        run = self._run(stage, parts)
        doors, self._doors.found = self._doors.found, {}
        taken = {fault: number for part in parts for number, fault in enumerate(self.cloud(part).faults.taken)}
        for part in parts:
            self.cloud(part).faults.set()
        self.has_more_keys = False
        seen = []
        for part, reference, hosts in zip(parts, references, cases):
            happened = {
                host: tuple(faults[fault] for fault in sorted(taken, key=taken.__getitem__) if fault.account == part.accounts[host])
                for host in hosts}
            seen.append(_Seen(stage, part, reference, run, self._differences(stage, part, reference), doors, happened))
        again = [one for one in seen if not one.is_done] if stage in ("setup", "destroy") else []
        if again:
            repaired = self._run(stage, [one.part for one in again])
            self._doors.found = {}
            for one in again:
                one.repaired, one.left = repaired, self._differences(stage, one.part, one.reference)
        found: list[Attempt] = []
        for one, hosts in zip(seen, cases):
            found += [
                Attempt(given, one.happened[host], one.text(host), one.said(host), len(faults) == 1)
                if one.is_free(host) else Attempt(given, (), REPAIRED, "", len(faults) == 1)
                for host, given in hosts.items()]
        return found, [one.part for one in seen if any((one.left if one.repaired else one.differences).values())]

    def _differences(self, stage: str, part: Part, reference: Reference) -> dict[str, str]:
        """How accounts differ from what they are without faults, by host."""
        state, expected = self.state(part), reference.states[stage]
        self.has_more_keys |= any(_KEY_LEFT.match(line) for line in state - expected)
        return {host: difference_of(expected, state, account) for host, account in part.accounts.items()}

    def state(self, part: Part) -> State:
        """What the accounts of a part hold, but logs."""
        dump = (aws_dumps if part.mode.cloud == "aws" else alibaba_dumps).dump(self.cloud(part), *part.accounts.values())
        resources = {name: value for name, value in settings(dump).items() if not _ADMINISTRATOR.search(name)}
        lines = (f"{name}: {json.dumps(value, sort_keys=True)}" for name, value in resources.items())
        return Counter(_RANDOM.sub("...", line) for line in lines if "PendingDeletion" not in line)

    def _forget_calls(self, part: Part) -> None:
        if part.mode.cloud == "aws":
            self.aws.calls.clear()
        else:
            with self.alibaba.cloud.lock:
                self.alibaba.cloud.calls.clear()

    def _calls(self, stage: str, part: Part) -> list[ApiCall]:
        hosts = {account: host for host, account in part.accounts.items()}
        counts: Counter[tuple[str, str, str]] = Counter()
        found = []
        for call in self.cloud(part).calls:
            host = hosts.get(_account(call))
            if host:
                counts[host, call.service, call.action] += 1
                if part.kind_of(host) != "member" or host.endswith("-01"):
                    found.append(ApiCall(part.mode.key, stage, part.kind_of(host), call.service, call.action,
                                         counts[host, call.service, call.action]))
        return found


def _account(call: Call) -> str:
    """The account that a call is for, as clouds.wire_faults.Fault has it."""
    role = re.search(r"RoleArn=(?:arn:[\w-]+:iam:|acs:ram):*(\d+)", call.subject) if call.action == "AssumeRole" else None
    return role[1] if role else call.account


def difference_of(expected: State, found: State, account: str = "") -> str:
    """How a state, or the part of an account, differs from the expected one; empty if it does not."""
    missing = sorted(line for line in expected - found if line.startswith(account))
    more = sorted(line for line in found - expected if line.startswith(account) and not _KEY_LEFT.match(line))
    return "; ".join([*(f"missing {_short(line, more)}" for line in missing), *(f"more {_short(line, missing)}" for line in more)])


def _short(line: str, others: Sequence[str]) -> str:
    """A line without its settings, or those of them that differ from a line of the same name."""
    name, _colon, value = line.partition(": ")
    return f"{name} {value[:1500]}" if any(other.startswith(f"{name}: ") for other in others) else name


def _without_numbers(line: str) -> str:
    return re.sub(r"\d+", "N", line)


def _more(line: str) -> tuple[str, int]:
    """The first warning of a line, and how many there are besides."""
    found = re.search(r" \(and (\d+) more\)$", line)
    return (line[:found.start()], int(found[1])) if found else (line, 0)
