# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Histories of a deployment, made by Hypothesis: inventories change, runs follow each other, others do something. No log is lost.

What is true after each run is read from the local cloud, and not from our code.
"""
from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

import hypothesis
from helpers.dumps import CONTENTS, Dump, lost, part, settings, text
from helpers.playbooks import Playbooks, Run
from hypothesis import HealthCheck, Phase
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

# Is in the names of all that others have in our destinations.
THEIRS = "their"
_CRASHES = ("Traceback", "MODULE FAILURE", "An unhandled exception", "Unexpected Exception")


@dataclass(frozen=True)
class Delivery:
    """A trail, or another way by which logs of an account arrive.

    :param what: which logs.
    :param source: what delivers them; several of an account may stand in for each other, unless they are somebody else's.
    :param place: the name in the dump of the contents that they arrive in.
    """

    account: str
    what: str
    source: str
    place: str

    @property
    def is_theirs(self) -> bool:
        """Whether somebody else set it up."""
        return THEIRS in self.source

    @property
    def kind(self) -> tuple[str, ...]:
        """What must go on: logs of the account, or what somebody else has, as it is."""
        return (self.account, self.what, *((self.source, self.place) if self.is_theirs else ()))


@dataclass
class Asked:
    """What the person who starts a run says.

    :ivar ended: accounts that are destroyed or removed by name.
    :ivar removed: those of them whose trails may stay.
    :ivar may_go: whether a log may be deleted, by its name in the dump.
    :ivar changes_nothing: the run may only look.
    """

    ended: Collection[str] = ()
    removed: Collection[str] = ()
    may_go: Callable[[str], bool] = lambda name: False
    changes_nothing: bool = False


@dataclass
class Seen:
    """What the local cloud holds, and what arrives there."""

    dump: Dump
    deliveries: set[Delivery] = field(default_factory=set)


class History(RuleBasedStateMachine):
    """A history of a deployment.

    :cvar cloud: the local cloud.
    :cvar folder: where the playbooks run.
    """

    cloud = None
    folder = None

    def __init__(self):
        super().__init__()
        self.playbooks = Playbooks(self.folder, self.cloud.environment, clouds=[self.cloud])
        self.foreign: Dump = {}

    @staticmethod
    def limited(limit: Iterable[str] | None) -> list[str]:
        """The arguments for a limit; none for all hosts."""
        return [] if limit is None else ["--limit", ",".join(sorted(limit))]

    def see(self) -> Seen:
        """Make an event in each account, and see what arrives where."""
        raise NotImplementedError

    def run(self, asked: Asked, playbook: str, *arguments: str, inventory: dict, **options) -> tuple[Run, Seen]:
        """Run a playbook, and check that nothing is lost."""
        extra = {name: value for name, value in options.items() if value}
        before = self.see()
        run = self.playbooks.run(playbook, *arguments, f"-e{json.dumps(extra)}", inventory=inventory)
        after = self.see()
        hypothesis.note(f"{' '.join([playbook, *arguments])} {extra}: {run.status} {run.lines}")
        assert not [crash for crash in _CRASHES if crash in run.output], run.output
        failed = any(line.startswith("FAILED") for line in run.lines.values()) or not run.lines
        assert failed == (run.status != 0), run.output
        assert text(part(after.dump, self.foreign)) == text(self.foreign), run.output
        ended = {
            one.kind for one in before.deliveries
            if one.account not in (asked.removed if one.is_theirs else asked.ended)
        } - {one.kind for one in after.deliveries}
        assert not ended, f"{ended} ended\n{run.output}"
        gone = lost(before.dump, after.dump)
        kept = [name for name in gone if not asked.may_go(name)]
        assert not kept, f"{kept} are gone\n{run.output}"
        for place in {name.partition(f" {CONTENTS} ")[0] + f" {CONTENTS}" for name in gone}:
            needed = [one for one in before.deliveries if one.place == place and not self._is_over(one, asked, after)]
            assert not needed, f"logs in {place} are gone, and {needed} still delivered\n{run.output}"
        if asked.changes_nothing:
            assert text(settings(after.dump)) == text(settings(before.dump)), run.output
        return run, after

    def _is_over(self, delivery, asked, after):
        """Whether a delivery was ended by name, and not only because its destination is gone."""
        return delivery.account in asked.removed or delivery.account in asked.ended and not self.is_there(delivery, after)

    def is_there(self, delivery: Delivery, seen: Seen) -> bool:
        """Whether the source of a delivery is still there."""
        raise NotImplementedError


def tell(history: type[History], cloud, folder, count: int, steps: int, seed: int, *, shrinks: bool = False) -> None:
    """Let histories happen.

    :param count: how many, at most nine: among ten or more, Hypothesis tries small ones and mutations of earlier ones. The first
        is the simplest that there is.
    :param steps: of each.
    :param shrinks: whether to look for a shorter history that fails as well, which takes minutes.
    """
    folder.mkdir(exist_ok=True)
    # Not the class itself: Hypothesis notes the seed there.
    one = hypothesis.seed(seed)(type(history.__name__, (history,), {"cloud": cloud, "folder": folder}))
    run_state_machine_as_test(one, settings=hypothesis.settings(
        max_examples=count, stateful_step_count=steps, deadline=None, database=None, print_blob=False,
        suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.shrink] if shrinks else [Phase.generate],
    ))


def some(items: Iterable):
    """A strategy: some of these items, or none."""
    items = sorted(items)
    return hypothesis.strategies.lists(hypothesis.strategies.sampled_from(items), unique=True, max_size=len(items)) if items \
        else hypothesis.strategies.just([])
