# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Removing what checks created: order, failures, signals."""
from __future__ import annotations

import os
import signal

import pytest
from conformance.undo import Interrupted, Signals, Undo


class Clock:
    """A clock that notes for how long it was waited."""

    def __init__(self):
        self.waited = 0

    def now(self):
        return self.waited

    def sleep(self, seconds):
        self.waited += seconds


@pytest.fixture(name="lines")
def fixture_lines():
    return []


@pytest.fixture(name="signals")
def fixture_signals():
    with Signals() as signals:
        yield signals


@pytest.fixture(name="clock")
def fixture_clock():
    return Clock()


@pytest.fixture(name="undo")
def fixture_undo(signals, clock, lines):
    return Undo(signals, clock, lines.append)


def interrupt(number=signal.SIGINT):
    os.kill(os.getpid(), number)


def test_the_last_goes_first(undo):
    removed = []
    for name in ("bucket", "trail"):
        assert undo.create(name, lambda name=name: removed.append(name), lambda name=name: f"created {name}") == f"created {name}"
    undo.run()
    undo.run()
    assert removed == ["trail", "bucket"] and undo.retained == []


def test_a_call_without_an_answer_is_undone(undo):
    removed = []

    def create():
        raise TimeoutError

    with pytest.raises(TimeoutError):
        undo.create("trail", lambda: removed.append("trail"), create)
    undo.run()
    assert removed == ["trail"]


def test_a_removal_is_repeated(undo, clock):
    results = iter([OSError("not empty"), OSError("not empty"), None])

    def remove():
        result = next(results)
        if result:
            raise result

    undo.create("bucket", remove, lambda: None)
    undo.run()
    assert (undo.retained, clock.waited) == ([], 30)


def test_what_resists_is_named_and_the_others_are_removed(undo, lines, clock):
    removed = []
    undo.create("bucket x", lambda: removed.append("bucket"), lambda: None)
    undo.create("trail y", lambda: 1 / 0, lambda: None)
    undo.run()
    assert (removed, undo.retained, clock.waited) == (["bucket"], ["trail y"], 135)
    assert lines == ["Could not remove trail y: division by zero. Remove it by hand."]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_run(signals, number):
    with pytest.raises(Interrupted) as caught:
        interrupt(number)
    assert caught.value.number == number


def test_a_signal_waits_for_a_creation(undo):
    events = []

    def create():
        interrupt()
        events.append("created")

    with pytest.raises(Interrupted):
        undo.create("trail", lambda: events.append("removed"), create)
    undo.run()
    assert events == ["created", "removed"]


def test_a_second_signal_does_not_stop_the_removal(undo):
    removed = []

    def remove():
        interrupt()
        interrupt(signal.SIGTERM)
        removed.append("trail")

    undo.create("trail", remove, lambda: None)
    with pytest.raises(Interrupted):
        interrupt()
    undo.run()
    assert removed == ["trail"]


def test_signals_are_as_before_afterwards():
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with Signals():
        assert signal.getsignal(signal.SIGINT) != before[0]
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
