# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a run is, and what happened to its hosts, for the callback accounts. Private."""
from __future__ import annotations

import time
from collections import Counter

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._texts import one_line

from . import progress

WIDTH = 30
"""Columns for the names in the lines at the end; a longer one does not push the others apart."""


class Run:
    """Counts hosts."""

    def __init__(self):
        # Names of play and task; that of the play is empty or None if nothing is said about it.
        self.name = self.step = self._play_id = None
        self._turn, self._plays, self._play_began = 0, 0, time.monotonic()
        self.hosts, self.known, self.through, self.running = [], set(), set(), set()
        self.failed, self._failed_before = set(), set()
        self._changes, self._changes_of_play = {}, {}
        self.lines = {}  # of the filter account_lines that were printed, state and text by host

    def start_playbook(self, plays):
        """Begin a playbook of so many plays."""
        self._turn, self._plays = 0, plays
        self.lines.clear()

    def start_play(self, play):
        """Begin a play, or the next batch of C(serial)."""
        if play._uuid != self._play_id:
            self._play_id = play._uuid
            self._turn += 1
        # After the lines of account_lines, plays only have what these have said.
        # A play whose hosts were computed, and are none, is for nobody.
        self.name, self.step = "" if self.lines or not play.hosts else play.get_name().strip(), None
        self._play_began = time.monotonic()
        variables = play.get_variable_manager().get_vars(play=play)
        # The batch lacks a localhost that the inventory does not name.
        self.hosts = variables["ansible_play_batch"] or variables["ansible_play_hosts"]
        self.known = set(variables["ansible_play_hosts_all"])
        self._failed_before = set(self.failed)
        for hosts in (self.through, self.running, self._changes_of_play):
            hosts.clear()

    def end_play(self, how):
        """End the play that is running; returns how it went, and the state that this is."""
        failed = self.failed - self._failed_before
        changes = Counter(word for host, word in self._changes_of_play.items() if host not in failed)
        numbers = {"FAILED": len(failed), **changes}
        text = f"{self.name}: {how} after {progress.clock(time.monotonic() - self._play_began)}"
        self.name = None
        parts = [text, progress.accounts(len(self.hosts)), progress.counts(numbers)]
        return ", ".join(filter(None, parts)), progress.worst(numbers) or "ok"

    def finish(self, host, change):
        """A host is through the task, with the change C(changed) or C(to do), or None."""
        self.running.discard(host)
        self.through.add(host)
        if change:
            for changes in (self._changes, self._changes_of_play):
                changes[host] = "changed" if changes.get(host) == "changed" else change

    def state(self):
        """How far the play is."""
        failed, running = len(self.failed.intersection(self.hosts)), sorted(self.running)
        total = str(len(self.hosts))
        # Where there is little room, the numbers are seen first.
        return one_line("".join(filter(None, [
            f"{len(self.through.intersection(self.hosts)):>{len(total)}}/{total}",
            failed and f", {failed} failed",
            f"  {self.name} ({self._turn}/{self._plays})",
            f", {len(running)} running" if len(running) > 2 else running and f", waiting for {' and '.join(running)}",
            self.step and f": {self.step}",
        ])))

    def draw_bar(self, width):
        """The same as a bar."""
        numbers = map(len, (self.through, self.failed & self.through, self.running, self.hosts))
        return progress.draw_bar(*numbers, width)

    def is_summed_up(self, host, text):
        """Whether the line of an account says that it failed with this text, be it with a supplement."""
        state, said = self.lines.get(host, ("", ""))
        return state == "FAILED" and f"{said}; ".startswith(f"{text}; ")

    def sum_up(self, stats):
        """Add lines for the accounts of which account_lines has not said enough; returns them, failures first."""
        names = {host: one_line(host) for host in sorted(stats.processed)}
        lines, width = {}, min(max(map(progress.width, names.values()), default=0), WIDTH)
        for host, name in names.items():
            numbers = stats.summarize(host)
            numbers = {"failed": numbers.pop("failures"), **numbers}
            bad = numbers["failed"] or numbers["unreachable"]
            if not self.lines or bad and self.lines.get(host, ("",))[0] != "FAILED":
                state = "FAILED" if bad else "warning" if numbers["rescued"] else self._changes.get(host, "ok")
                text = ", ".join(f"{count} {name}" for name, count in numbers.items() if count)
                lines[host] = state, f"{state:8} {progress.pad(name, width)}  {text}"
        self.lines.update(lines)
        return sorted(lines.values(), key=lambda value: list(progress.COLORS).index(value[0]))

    def total(self):
        """How many accounts have which state, and the worst of these."""
        states = Counter(state for state, _line in self.lines.values())
        text = f"{progress.accounts(len(self.lines))}: {progress.counts(states)}"
        return text.removesuffix(": "), progress.worst(states)
