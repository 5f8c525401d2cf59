# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several operators at the same time: none of them takes away what another has set up, and the next run repairs what is left."""
from __future__ import annotations

import contextlib

import pytest
from helpers.alibaba.deployments import ARCHIVE, MEMBERS, WRITE_ROLE, Account, inventory_of
from helpers.operators import Operator

SHOP, BLOG, BANK = MEMBERS.values()
# Requests that read and change what all members share.
READS = {"log_audit": "DescribeApp", "actiontrail": "GetRole"}
WRITES = {"log_audit": "AnalyzeAppLog", "actiontrail": "UpdateRole"}


def collected(alibaba, mode):
    """Ids of the accounts whose logs the archive account accepts."""
    account = Account(alibaba, ARCHIVE)
    return account.collected() if mode == "log_audit" else {service.partition("@")[0] for service in account.trusted(WRITE_ROLE)}


def operator(alibaba, folder, mode, *names):
    return Operator(folder, inventory_of(mode, accounts={name: MEMBERS[name] for name in names}), alibaba)


@pytest.fixture(name="mode", params=READS)
def fixture_mode(request):
    return request.param


@pytest.fixture(name="operators")
def fixture_operators(alibaba, tmp_path, mode):
    """Two operators of a deployment that has shop. The first one adds blog, and the second one bank."""
    with operator(alibaba, tmp_path / "first", mode, "shop", "blog") as first, (
            operator(alibaba, tmp_path / "second", mode, "shop", "bank")) as second:
        start = first.playbooks.run("setup", inventory=inventory_of(mode, accounts={"shop": SHOP}))
        assert start.status == 0, start.output
        yield first, second


@pytest.mark.sample(1)
def test_what_was_read_before_another_run_changed_it(alibaba, operators, mode):
    """The first run reads once more when it is about to change what all members share, and computes the change again."""
    first, second = operators
    with first.stopped("setup", at=READS[mode], number=2) as runs:
        assert second.run("setup").status == 0
        assert collected(alibaba, mode) == {SHOP, BANK}
    assert runs[0].status == 0, runs[0].output
    assert collected(alibaba, mode) == {SHOP, BLOG, BANK}


@pytest.mark.parametrize("mode", ["actiontrail"], indirect=True)
def test_what_another_run_undoes_until_the_end_of_the_run(alibaba, operators, mode):
    """The second run reads the trust policy once more at its end."""
    first, second = operators
    with contextlib.ExitStack() as stack:
        of_first = stack.enter_context(first.stopped("setup", at=WRITES[mode]))
        with second.stopped("setup", at="StartLogging") as of_second:
            stack.close()
            assert collected(alibaba, mode) == {SHOP, BLOG}
    assert [run.status for run in of_first + of_second] == [0, 0], of_first + of_second
    assert collected(alibaba, mode) == {SHOP, BLOG, BANK}


@pytest.mark.parametrize("mode", ["log_audit"], indirect=True)
def test_a_member_that_is_added_while_the_last_one_is_removed(alibaba, operators, mode):
    """Destroy turns off the products together with the last account, and not if another one has come."""
    first, second = operators
    with first.stopped("destroy", at=READS[mode], number=3) as runs:
        assert second.run("setup").status == 0
    assert runs[0].status == 0, runs[0].output
    assert collected(alibaba, mode) == {BANK}
    assert Account(alibaba, ARCHIVE).state()["log_audit"]["audit"]["variables"]["actiontrail_enabled"] == "true"


RUNS = [("setup", "setup"), ("setup", "destroy"), ("verify", "setup"), ("verify", "destroy"), ("setup", "setup", "setup")]


@pytest.mark.full
@pytest.mark.parametrize("playbooks", RUNS, ids=" ".join)
def test_at_the_same_time(alibaba, tmp_path, mode, playbooks):
    """As it happens: whatever comes first, the next run of each operator repairs what is left."""
    with contextlib.ExitStack() as stack:
        operators = [
            stack.enter_context(operator(alibaba, tmp_path / f"operator-{number}", mode, *{"shop", list(MEMBERS)[number]}))
            for number in range(len(playbooks))
        ]
        assert playbooks[0] != "verify" or operators[0].run("setup").status == 0
        started = [one.playbooks.start(playbook, inventory=one.inventory) for one, playbook in zip(operators, playbooks)]
        outputs = [process.communicate()[0] for process in started]
        assert not [output for output in outputs if "Traceback" in output], outputs
        for one in operators:
            run = one.run("setup")
            assert run.status == 0, run.output
        for one in operators:
            assert set(one.run("setup").changed.values()) == {0}
        assert collected(alibaba, mode) == set(list(MEMBERS.values())[:len(playbooks)])
