# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of a deployment whose inventory is the plugin aws_accounts alone, with the example of playbooks/inventory."""
from __future__ import annotations

import json

from helpers import ROOT
from helpers.aws.deployments import ARCHIVE, BUCKET, MANAGEMENT, MEMBERS, QUICK_TRIES, TRAIL, Account
from helpers.aws.organizations import rename, set_state

A, B, C = MEMBERS.values()


def test_life_of_a_deployment(aws, playbooks):
    for account, name in {ARCHIVE: "log-archive", A: "Team {{ 1 / 0 }}", B: "team-b", C: "team-c"}.items():
        aws.session(account)
        rename(account, name)
    set_state(C, "SUSPENDED")
    arguments = ("-i", str(ROOT / "playbooks/inventory/organization.aws_accounts.yml"), "-e", json.dumps(QUICK_TRIES))

    def run(playbook):
        found = playbooks.run(playbook, *arguments)
        assert found.status == 0, found.output
        return found

    hosts = {"log-archive", "master", "Team-1-0", "team-b"}
    assert run("setup").lines.keys() == hosts
    recorded = {account: TRAIL in Account(aws, account).trails() for account in (MANAGEMENT, ARCHIVE, A, B, C)}
    assert recorded == {MANAGEMENT: True, ARCHIVE: True, A: True, B: True, C: False}
    again = run("setup")
    assert set(again.changed.values()) == {0}, again.output
    verified = run("verify").lines
    assert verified.keys() == hosts and not any(line.startswith("FAILED") for line in verified.values())
    set_state(B, "CLOSED")
    gone = run("setup")
    assert "team-b" not in gone.lines
    assert f"{B}/AWSLogs/{B}" in json.dumps(Account(aws, ARCHIVE).bucket_policy()), "an account leaves the policy only if it is named"
    set_state(B, "ACTIVE")
    run("destroy")
    assert not any(TRAIL in Account(aws, account).trails() for account in (MANAGEMENT, ARCHIVE, A, B))
    assert BUCKET in Account(aws, ARCHIVE).buckets(), "the logs are retained"
