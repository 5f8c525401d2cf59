# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the callback accounts says about a result."""
from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._callback import results


def event(msg, caused_by=None, among=(), help_text=None):
    """An event of ansible-core."""
    chain = caused_by and SimpleNamespace(event=caused_by)
    return SimpleNamespace(msg=msg, chain=chain, events=among, help_text=help_text)


@pytest.mark.parametrize(
    ("message", "happened", "shown"),
    [
        ("bad", event("Task failed.", event("Module failed.", event("bad"))), "bad"),
        ("Could not.", event("Task failed.", event("Could not.", event("No such file"))), "Could not: No such file"),
        ("", event("only here."), "only here"),
        ("", event("Task failed.", event("Action failed.")), "Task failed: Action failed"),
        ("a", event("a", help_text="do b"), "a: do b"),
        ("some", event("some", among=(event("one"), event("two", event("three")))), "some: one: two: three"),
    ],
)
def test_causes(message, happened, shown):
    """What the message leaves out is added to it."""
    assert results.with_causes(message, happened) == shown


def test_details():
    """What says nothing new is left out: what succeeded tasks return too, and what the message has."""
    answer = {
        "msg": "Could not: Denied", "changed": False, "stderr": "", "stdout": "new", "stdout_lines": ["new"], "rc": 1,
        "error": {"code": "D", "message": "Denied", "id": "7"}, "response_metadata": {}, "ansible_facts": {},
        "seen": "Denied", "hint": {"a": "b"}, "cmd": "x", "start": "now", "end": "later", "delta": "1", "none": None,
        "item": "each", "ansible_loop_var": "item",
    }
    assert results.details(answer, "Could not: Denied") == {
        "stdout": "new", "rc": 1, "error": {"code": "D", "id": "7"}, "hint": {"a": "b"}, "cmd": "x",
    }


def test_details_that_only_look_like_noise():
    """A module may use any name for what it has to say, and a word is not said by another that has it within."""
    answer = {
        "results": ["No space left"], "start": "invalid", "end": "before start", "delta": "neg", "item": "broken",
        "ansible_reason": "this", "out_lines": ["only here"], "code": "fuse", "skipped": 0, "flag": False,
    }
    assert results.details(answer, "refused") == {name: answer[name] for name in answer if name != "skipped"}
