# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts that hang: they are cut off by their own deadline, and the others are done."""
from __future__ import annotations

import socket
import time

import alibaba_estates
import estates
import pytest
from playbook_runs import Playbooks
from reports import SOON

# Where a host is reached: where the cloud is for its session, and after that where nobody answers.
LATE = "{{ silence if audit_logs_%s_session is defined else lookup('ansible.builtin.env', '%s') }}"


@pytest.fixture(name="silence")
def fixture_silence():
    """The address of somebody who takes connections, and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture(name="both")
def fixture_both(aws, alibaba, tmp_path):
    """Playbooks that run against both clouds."""
    return Playbooks(tmp_path, {**aws.environment, **alibaba.environment})


def make_inventory(hosts) -> dict:
    """An archive and three members on each cloud; C(hosts) adds variables to hosts by name."""
    aws, alibaba = estates.estate(3, hosts, audit_logs_timeout=3)["all"], alibaba_estates.estate(members=3, hosts=hosts)["all"]
    return {"all": {"vars": aws["vars"] | alibaba["vars"], "children": aws["children"] | alibaba["children"]}}


def test_hanging(both, silence):
    """In the first phase and in a later one; each host has a deadline of its own."""
    hanging = {
        "team-a": {"audit_logs_aws_endpoint_url": silence, "audit_logs_timeout": 1},
        "team-b": {"audit_logs_aws_endpoint_url": LATE % ("aws", "AWS_ENDPOINT_URL"), "silence": silence},
        "shop": {"audit_logs_alibaba_http_proxy": silence, "audit_logs_timeout": "{{ 3 - 2 }}"},
        "blog": {"audit_logs_alibaba_http_proxy": LATE % ("alibaba", "ALIBABA_LOCAL_URL"), "silence": silence},
    }
    whole, broken = make_inventory({}), make_inventory(hanging)

    def run(playbook, later):
        started = time.monotonic()
        done = both.run(playbook, *SOON, inventory=broken)
        assert time.monotonic() - started < 60 and done.status != 0
        assert "--limit log-archive,root,team-a,team-b,blog,shop" in done.output
        late = "Timed out after {} seconds: the account does not answer, or audit_logs_timeout is too short"
        for host, phase, seconds in (("team-a", "credentials", 1), ("team-b", later, 3), ("shop", "credentials", 1),
                                     ("blog", later, 3)):
            assert done.lines[host] == f"FAILED: {phase}: {late.format(seconds)}"
        assert not both.processes()
        return done.lines

    found = run("setup", "member")
    assert found["team-c"] == "changed: trail audit-logs: create"
    assert found["bank"].startswith("changed: monitor policy: create")
    found = run("verify", "posture")
    assert found["team-c"].startswith("ok: ") and found["bank"].startswith("ok: ")
    found = run("destroy", "member")
    assert found["team-c"] == "changed: trail audit-logs: delete"
    mended = both.run("setup", "--limit", "log-archive,root,team-a,team-b,blog,shop", inventory=whole)
    assert mended.status == 0
