# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules of SLS, run as their tests need."""
from __future__ import annotations

from clouds.alibaba import Fault

MANAGEMENT, MEMBER, ALONE = "1000000000000001", "2000000000000002", "4000000000000004"
REGION = "cn-hangzhou"
PROJECT, LOGSTORE = "some-project", "events"
IN_PROJECT = {"project": PROJECT}
STORE = {**IN_PROJECT, "name": LOGSTORE, "ttl": 30}
IN_STORE = {**IN_PROJECT, "logstore": LOGSTORE}
BAD_DAYS = (Fault(behind=3), Fault(throttled=0.3), Fault(failed=0.05))
# What only the cloud decides.
FACTS = ("account_id", "arn", "create_time", "data_project", "internal_policy", "last_modify_time", "policy_uid",
         "region", "resource_group_id", "status")


def said(result):
    """What a module says, without how it found out and what only the cloud decides."""
    mine = {name: value for name, value in result.items() if name not in ("calls", "writes")}
    for thing in ("project", "policy"):
        if mine.get(thing):
            mine[thing] = {name: value for name, value in mine[thing].items() if name not in FACTS}
    return mine


def three_times(account, module, reads, **options):
    """Run a module in check mode, for real, and again: the result of the real run.

    In check mode it says what it does for real, and again it finds nothing to do, with no calls but these.
    """
    plan = account.run(module, check=True, **options)
    assert plan["changed"] and plan["writes"] == [], plan
    done = account.run(module, **options)
    assert said(done) == said(plan)
    assert done["writes"]
    again = account.run(module, **options)
    assert not again["changed"] and again["calls"] == reads, again
    assert again["diff"]["before"] == again["diff"]["after"]
    return done


def refusal(account, module, **options):
    """What a module says when it fails, in check mode too unless the cloud is who refuses; nothing is changed."""
    before = everything(account)
    done = account.run(module, **options)
    assert done.get("failed"), done
    assert "Traceback" not in str(done)
    assert everything(account) == before
    if "error" not in done:
        plan = account.run(module, check=True, **options)
        assert said(plan) == said(done)
    return done


def everything(account):
    """All that SLS has of all accounts, but logs."""
    sls = account.alibaba.cloud.sls
    policies = account.alibaba.cloud.account(account.account_id).collection_policies
    return [table.all() for table in (sls.projects, sls.logstores, sls.indexes, policies)]


def without_power(account):
    """Credentials of a role in the account that may do nothing."""
    account.run("ram_role", name="powerless", trusted_accounts=[account.account_id])
    role = {"role_arn": f"acs:ram::{account.account_id}:role/powerless"}
    return account.run("alibaba_session", gives_secrets=True, assume_role=role)["connection"]
