# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents that would not let Log Audit Service collect: one clear sentence, before anything is changed."""
from __future__ import annotations

import pytest
from helpers.alibaba.deployments import ARCHIVE, MEMBERS, Account, inventory_of

PROJECTS, APPLICATION = "acs:log:*:*:project/slsaudit-*", "acs:log:*:*:app/audit"
CASES = {
    "a resource left out": (
        [{"Effect": "Allow", "Action": "log:*", "Resource": PROJECTS}],
        "blog: the policies of role sls-audit-service-monitor have no statement that allows log:CreateApp on"
        " acs:log:*:3234567890123456:app/audit: statement 1 of policy 1 comes closest, but its Resource is"
        " acs:log:*:*:project/slsaudit-*; likewise for shop (alibaba_log_audit_member_policy_document)",
    ),
    "a denial": (
        [
            {"Effect": "Allow", "Action": "log:*", "Resource": [PROJECTS, APPLICATION]},
            {"Effect": "Deny", "Action": "log:Create*", "Resource": PROJECTS},
        ],
        "blog, shop: statement 2 of policy 1 of role sls-audit-service-monitor denies log:CreateProject on"
        " acs:log:*:*:project/slsaudit-* (alibaba_log_audit_member_policy_document)",
    ),
}


def document(statements):
    return {"Version": "1", "Statement": statements}


@pytest.mark.parametrize("case", CASES)
def test_one_sentence_before_anything(alibaba, alibaba_playbooks, case):
    statements, sentence = CASES[case]
    inventory = inventory_of(members=2, alibaba_log_audit_member_policy_document=document(statements))
    run = alibaba_playbooks.run("setup", inventory=inventory)
    assert run.status != 0
    said = " ".join(run.output.replace('"', " ").split())
    assert sentence in said, run.output
    assert "Traceback" not in run.output
    assert not list(alibaba.calls)


def test_a_document_of_ones_own_that_is_enough(alibaba, alibaba_playbooks):
    """The local Alibaba Cloud agrees: what is collected arrives."""
    mine = document([{"Effect": "Allow", "Action": ["log:Create*", "log:Post*"], "Resource": [PROJECTS, APPLICATION]}])
    run = alibaba_playbooks.run("setup", inventory=inventory_of(alibaba_log_audit_member_policy_document=mine))
    assert run.status == 0, run.output
    event = Account(alibaba, MEMBERS["shop"]).event()
    archive = Account(alibaba, ARCHIVE)
    project = f"slsaudit-center-{ARCHIVE}-cn-hangzhou"
    assert archive.logs(event, project, "actiontrail_log")
