# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Marks, and the loop that looks until everything was seen or its time is over."""
from __future__ import annotations

import datetime

import pytest

from ansible_collections.crossaccount.audit_logs.plugins.module_utils import _probes, _progress

START = datetime.datetime(2026, 11, 21, 6, 0, tzinfo=datetime.timezone.utc)


class World:
    """A time that passes when somebody sleeps, and probes that arrive at some second of it."""

    def __init__(self, monkeypatch, arrivals):
        self.seconds = 0.0
        self.arrivals = arrivals  # seconds by number of the probe
        self.looks = []  # second and numbers of the probes that were looked for
        self.probes = [{"created": _probes.text_of(START), "number": number} for number in range(len(arrivals))]
        monkeypatch.setattr(_probes, "now", lambda: START + datetime.timedelta(seconds=self.seconds))
        monkeypatch.setattr(_probes.time, "sleep", self.sleep)

    def sleep(self, seconds):
        self.seconds += seconds

    def look(self, probes):
        self.looks.append((self.seconds, sorted(probes)))
        return {
            number: {"seconds": self.seconds, "found_in": "there"} for number, probe in probes.items()
            if self.arrivals[probe["number"]] is not None and self.arrivals[probe["number"]] <= self.seconds
        }

    def search(self, timeout=100, interval=10, **options):
        return [found["state"] for found in _probes.search(self.probes, self.look, timeout, interval, **options)]


@pytest.fixture(name="world")
def fixture_world(monkeypatch):
    """Makes a world."""
    return lambda *arrivals: World(monkeypatch, arrivals)


def test_marks_are_names_that_every_cloud_takes():
    mark = _probes.new_mark()
    assert _probes.mark_problem(mark) is None and len(mark) == 32
    assert mark != _probes.new_mark()


@pytest.mark.parametrize("mark", ["", "probe-", "probe-0123456789ABCDEF0123456789", "x" * 32, f"{'probe-' + '0' * 26}\n"])
def test_what_is_no_mark(mark):
    assert "leave the option out" in _probes.mark_problem(mark)


def test_times_are_read_as_they_are_written():
    assert _probes.moment(_probes.text_of(START)) == START
    with pytest.raises(ValueError):
        _probes.moment("2026-11-21 06:00:00")


@pytest.mark.parametrize("created, is_good", [
    ("2026-11-21T06:00:00Z", True),
    ("2026-10-22T06:00:00Z", True),
    ("2026-11-21T06:15:00Z", True),  # clocks differ
    ("2026-10-22T05:59:59Z", False),
    ("1971-01-01T00:00:00Z", False),
    ("2026-11-21T06:15:01Z", False),
    ("2099-01-01T00:00:00Z", False),
])
def test_when_a_probe_may_have_been_created(monkeypatch, created, is_good):
    monkeypatch.setattr(_probes, "now", lambda: START)
    said = f"created: {created!r} is not within the last 30 days, according to the clock of this machine: give the time of a newer event"
    assert _probes.event_time_problem("created", created) == (None if is_good else said)


def test_leaves():
    assert list(_probes.leaves({"a": [1, {"b": "x"}], "c": None})) == [1, "x", None]
    deep = 1
    for _level in range(5000):
        deep = [deep]
    assert list(_probes.leaves(deep)) == [1]


def test_all_there_at_once(world):
    there = world(0, 0)
    assert there.search() == ["arrived", "arrived"]
    assert there.looks == [(0, [0, 1])]


def test_only_what_is_missing_is_looked_for_again(world):
    there = world(0, 15, 30)
    assert there.search() == ["arrived"] * 3
    assert there.looks == [(0, [0, 1, 2]), (10, [1, 2]), (20, [1, 2]), (30, [2])]


def test_one_that_never_arrives_is_given_up_at_the_deadline(world):
    there = world(0, None)
    assert there.search(timeout=25) == ["arrived", "missing"]
    assert [second for second, _numbers in there.looks] == [0, 10, 20, 25]


def test_no_time_means_one_look(world):
    there = world(0, None)
    assert there.search(timeout=0) == ["arrived", "missing"]
    assert len(there.looks) == 1


def test_the_time_counts_from_when_a_probe_was_created(world):
    there = world(None)
    there.seconds = 90.0
    assert there.search(timeout=100) == ["missing"]
    assert [second for second, _numbers in there.looks] == [90, 100]


def test_what_is_not_waited_for_is_looked_for_first_and_last(world):
    there = world(30, None, 20)
    there.probes[1]["wait"] = False
    there.probes[2]["wait"] = False
    assert there.search() == ["arrived", "missing", "arrived"]
    assert there.looks == [(0, [0, 1, 2]), (10, [0]), (20, [0]), (30, [0]), (30, [1, 2])]


def test_nothing_to_wait_for_means_one_look(world):
    there = world(None, None)
    for probe in there.probes:
        probe["wait"] = False
    assert there.search() == ["missing", "missing"]
    assert len(there.looks) == 1


def test_how_far_the_search_has_come(world, monkeypatch, capsys):
    """After each look that leaves some missing, if it is time."""
    monkeypatch.setattr(_progress, "INTERVAL", 0)
    world(0, 25, None).search(timeout=30)
    lines = [f"{_progress.MARK}{number} of 3 probes have arrived" for number in (1, 1, 1)]
    assert capsys.readouterr().err.splitlines() == lines
    monkeypatch.setattr(_progress, "INTERVAL", 30)
    world(0, 25).search()
    assert capsys.readouterr().err == ""


def test_no_probes(world):
    there = world()
    assert there.search() == [] and there.looks == []


def test_the_search_ends_before_the_probes_are_too_old(world):
    there = world(5, 50, None)
    there.probes[2]["wait"] = False
    assert there.search(longest=25) == ["arrived", "missing", "missing"]
    assert there.looks[-1] == (25, [1, 2])
    assert [_probes.is_awaited(probe, 100) for probe in there.probes] == [True, True, False]
    assert not _probes.is_awaited(there.probes[1], 25)
