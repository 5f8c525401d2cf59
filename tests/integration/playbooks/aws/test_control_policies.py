# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Control policies of the organization: who fails because of one, and what names it."""
from __future__ import annotations

from helpers.aws.deployments import ARCHIVE, MEMBERS, TRAIL, Account, inventory_of
from helpers.aws.organizations import RCP, SCP, Organization
from helpers.verifications import verify

POSSIBLE = "A resource control policy (RCP) of the organization may deny CloudTrail access to the bucket or its KMS key"


def test_an_scp_denies_a_trail_in_one_member(aws, playbooks):
    for number in MEMBERS.values():
        aws.session(number)
    Organization(aws).attach(SCP, MEMBERS["team-b"], {"Effect": "Deny", "Action": "cloudtrail:CreateTrail", "Resource": "*"})
    run = playbooks.run("setup", inventory=inventory_of(members=2))
    assert run.status != 0
    assert run.lines["team-b"].startswith("FAILED: member: ") and "Traceback" not in run.output
    assert run.lines["team-b"].endswith("with an explicit deny in a service control policy"), run.lines
    assert not run.lines["team-a"].startswith("FAILED") and not run.lines["log-archive"].startswith("FAILED")
    assert [name for name, number in MEMBERS.items() if TRAIL in Account(aws, number).trails()] == ["team-a"]


def test_an_rcp_denies_the_bucket(aws, playbooks):
    inventory = inventory_of()
    run = playbooks.run("setup", inventory=inventory)
    assert run.status == 0, run.output
    Organization(aws).attach(RCP, ARCHIVE, {
        "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "*",
        "Condition": {"Bool": {"aws:PrincipalIsAWSService": "true"}},
    })
    report = verify(playbooks, inventory)
    team_a = next(account for account in report["accounts"] if account["account_id"] == MEMBERS["team-a"])
    assert team_a["state"] == "failed"
    assert team_a["probe"]["causes"] == ["CloudTrail can't deliver to the bucket: AccessDenied", POSSIBLE]
