# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first run in accounts that others use, while reads are behind writes: no account fails, and the next run changes nothing."""
from __future__ import annotations

import pytest
from helpers.alibaba import foreign
from helpers.alibaba.deployments import ARCHIVE, MEMBERS, PROJECT, TRAIL, Account, inventory_of, writes
from helpers.playbooks import Playbooks

from clouds.alibaba import LocalAlibaba, Windows

# Longer than the usual ones, so that modules wait for each of them in turn.
LONG = Windows(ram=10, sls=8, actiontrail=6, new_project=12)
MANY = {f"member-{number}": str(2_200_000_000_000_000 + number) for number in range(50)}


@pytest.fixture(name="late")
def fixture_late():
    """A local Alibaba Cloud with long consistency windows."""
    with LocalAlibaba(windows=LONG) as server:
        yield server


def assert_first_run(late, folder, mode, members):
    for account in (ARCHIVE, *members.values()):
        foreign.place(late, account)
    inventory = inventory_of(mode, accounts=members)
    playbooks = Playbooks(folder, late.environment, clouds=[late])
    late.cloud.calls.clear()
    first = playbooks.run("setup", inventory=inventory)
    assert first.status == 0, first.output
    assert len(first.lines) == len(members) + 1 and all(line.startswith("changed: ") for line in first.lines.values()), first.lines
    assert late.cloud.consistency.misses
    writes(late)
    again = playbooks.run("setup", inventory=inventory)
    assert again.status == 0 and set(again.changed.values()) == {0}, again.output
    assert writes(late) == []
    logstore = (PROJECT, f"actiontrail_{TRAIL}") if mode == "actiontrail" else None
    for account in members.values() if logstore else ():
        assert len(Account(late, ARCHIVE).logs(Account(late, account).event(), *logstore)) == 1


@pytest.mark.parametrize("mode", ["actiontrail", "log_audit"])
def test_first_run(late, tmp_path, mode):
    assert_first_run(late, tmp_path, mode, dict(list(MEMBERS.items())[:2]))


@pytest.mark.full
@pytest.mark.parametrize("mode", ["actiontrail", "log_audit"])
def test_first_run_of_many(late, tmp_path, mode):
    # The trust policy of the write role has room for no more than 44 accounts: assumption alibaba-trust-policy-length.
    assert_first_run(late, tmp_path, mode, dict(list(MANY.items())[:44]) if mode == "actiontrail" else MANY)
