# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions that end before a run does: they are renewed between two steps, and what ends within a step is a clear failure."""
from __future__ import annotations

from collections import Counter

import pytest
from helpers.alibaba import deployments as alibaba_deployments
from helpers.aws import deployments
from helpers.playbooks import Playbooks

from clouds.alibaba import LocalAlibaba
from clouds.aws import LocalAws
from clouds.aws.accounts import ACCESS_ROLE, iam

TEAM_A = deployments.MEMBERS["team-a"]
SENTENCE = "the session of {} expired; run the account again. If it expires again, give longer sessions"


class Deployment:
    """Two members on each cloud, and a trap for each call."""

    def __init__(self, folder):
        self.trap = lambda call: None
        self.aws, self.alibaba = (cloud(on_call=self._called) for cloud in (LocalAws, LocalAlibaba))
        self.folder = folder

    def _called(self, call):
        self.trap(call)

    def run(self, playbook, duration=None, **variables):
        """A run, and how often a session was opened in each account."""
        opened = Counter()
        caught = self.trap

        def trap(call):
            if call.action == "AssumeRole":
                opened[len(opened)] += 1
            caught(call)

        self.trap = trap
        first = deployments.inventory_of(2, **variables)
        second = alibaba_deployments.inventory_of("actiontrail", 2, audit_logs_alibaba_role="ResourceDirectoryAccountAccessRole")
        first["all"]["vars"] |= second["all"]["vars"]
        first["all"]["children"] |= second["all"]["children"]
        if duration:
            first["all"]["vars"] |= {f"audit_logs_{cloud}_role_duration": duration for cloud in ("aws", "alibaba")}
        playbooks = Playbooks(self.folder, {**self.aws.environment, **self.alibaba.environment}, clouds=[self.aws, self.alibaba])
        done = playbooks.run(playbook, inventory=first)
        self.trap = lambda call: None
        return done, opened.total()


@pytest.fixture(name="deployment", scope="module")
def fixture_deployment(tmp_path_factory):
    deployment = Deployment(tmp_path_factory.mktemp("sessions"))
    with deployment.aws, deployment.alibaba:
        yield deployment


def once(condition, do):
    """A trap that does something at the first call of a kind."""
    left = [do]

    def trap(call):
        if left and condition(call):
            left.pop()()
    return trap


def test_no_session_is_opened_twice_without_need(deployment):
    done, opened = deployment.run("setup")
    assert done.status == 0, done.output
    assert opened == len(done.lines) == 6


def test_sessions_are_renewed_between_two_steps(deployment):
    """They end when the archive account is compared: before the first step of the members."""
    ids = [*deployments.MEMBERS.values()]

    def end():
        for number in ids:
            deployment.aws.end_sessions(number)

    deployment.trap = once(lambda call: call.account == deployments.ARCHIVE and call.action != "AssumeRole", end)
    done, opened = deployment.run("setup", duration=900)
    assert done.status == 0, done.output
    assert set(done.lines.values()) == {"ok: nothing to do"} and opened > 6


@pytest.mark.full
def test_a_session_that_ends_within_a_step(deployment):
    """Its account fails, and says so; the others are done, and the next run does the rest."""
    deployment.aws.session(TEAM_A).client("cloudtrail", region_name=deployments.REGION).stop_logging(Name=deployments.TRAIL)

    traps = [
        once(lambda call: call.account == TEAM_A and call.action == "DescribeTrails", lambda: deployment.aws.end_sessions(TEAM_A)),
        once(lambda call: call.account == alibaba_deployments.ARCHIVE and call.action != "AssumeRole", lambda: deployment.alibaba.cloud.clock.advance(3700)),
    ]
    deployment.trap = lambda call: [trap(call) for trap in traps]
    done, _opened = deployment.run("setup")
    assert done.status != 0
    failed = {host: line for host, line in done.lines.items() if line.startswith("FAILED")}
    assert failed.keys() == {"team-a", "root", "shop", "blog"}, done.output
    for host, line in failed.items():
        phase = {"team-a": "member", "root": "archive"}.get(host, "member: not tried, because the archive account failed")
        assert line.startswith(f"FAILED: {phase}: {SENTENCE.format(host if host == 'team-a' else 'root')}"), line
    assert done.lines["team-b"] == "ok: nothing to do" and "Traceback" not in done.output, done.output
    done, _opened = deployment.run("setup")
    assert done.status == 0 and done.lines["team-a"].startswith("changed: "), done.output


def test_credentials_that_have_expired_before_a_renewal(deployment):
    """The role may no longer be assumed when the session has to be renewed."""
    [role] = [role for role in iam(TEAM_A).roles.values() if role.name == ACCESS_ROLE]

    def end():
        deployment.aws.end_sessions(TEAM_A)
        role.assume_role_policy_document = DENY

    deployment.trap = once(lambda call: call.account == deployments.ARCHIVE and call.action != "AssumeRole", end)
    done, _opened = deployment.run("setup", duration=900)
    assert done.status != 0 and done.lines["team-a"].startswith("FAILED: credentials: Failed to assume the role "), done.output
    assert done.lines["team-b"] == "ok: nothing to do"


DENY = """{"Version": "2012-10-17", "Statement": [{
    "Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}"""
