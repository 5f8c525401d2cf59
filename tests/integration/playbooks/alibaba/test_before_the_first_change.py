# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run can't do on Alibaba Cloud is said by its plan, and by setup before its first change."""
from __future__ import annotations

import pytest
from helpers.alibaba.deployments import ARCHIVE, MEMBERS, Account, forget, inventory_of, writes
from helpers.roles import ALIBABA_VARIABLES, PROXY, run as run_role

SHOP = MEMBERS["shop"]
POLICIES = [{"name": "events", "product_code": "actiontrail", "data_code": "audit_event"}]


def neither(account, service):
    return (f"account {account} is neither the management account of a resource directory nor a delegated administrator of"
            f" {service}: let the management account register it as a delegated administrator, or use the management account instead")


NOT_DELEGATED = {
    "resource_directory": (
        inventory_of("resource_directory", members=0), {"root": f"FAILED: archive: {neither(ARCHIVE, 'audit.log.aliyuncs.com')}"}),
    "collection_policies": (
        inventory_of("collection_policies", members=0, alibaba_collection_policies=POLICIES),
        {"root": f"FAILED: archive: {neither(ARCHIVE, 'audit.log.aliyuncs.com')}"}),
    "organization trail": (
        inventory_of("organization_trail", members=1, audit_logs_alibaba_trail_account_id=SHOP),
        {"root": "FAILED: archive: no account would deliver to project example-audit-logs, so setup stops: "
                 f"{neither(SHOP, 'actiontrail.aliyuncs.com')}",
         "shop": f"FAILED: member: {neither(SHOP, 'actiontrail.aliyuncs.com')}"}),
}


@pytest.mark.parametrize("mode", NOT_DELEGATED)
@pytest.mark.parametrize("arguments", [["--check"], []], ids=["plan", "setup"])
def test_account_that_may_not_act_for_the_resource_directory(alibaba, alibaba_playbooks, mode, arguments):
    inventory, lines = NOT_DELEGATED[mode]
    forget(alibaba)
    run = alibaba_playbooks.run("setup", *arguments, inventory=inventory)
    assert run.status != 0 and run.lines == lines, run.output
    assert writes(alibaba) == []


@pytest.mark.parametrize("role", ["alibaba_collection", "alibaba_log_audit_directory"])
def test_role_alone(alibaba, alibaba_playbooks, role):
    session = alibaba.credential(ARCHIVE)
    alibaba_playbooks.environment.update({
        "ALIBABA_CLOUD_ACCESS_KEY_ID": session.access_key_id, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": session.secret,
        "ALIBABA_CLOUD_SECURITY_TOKEN": session.token,
    })
    forget(alibaba)
    run = run_role(alibaba_playbooks, role, ALIBABA_VARIABLES, **{"group/crossaccount.audit_logs.alibaba": PROXY})
    assert run.status != 0 and neither(ARCHIVE, "audit.log.aliyuncs.com") in run.output.replace("\n", " "), run.output
    assert writes(alibaba) == []


class TestActivation:
    """The archive account never activated Simple Log Service."""

    @pytest.mark.parametrize("mode", ["actiontrail", "log_audit"])
    @pytest.mark.parametrize("arguments", [["--check"], []], ids=["plan", "setup"])
    def test_account_without_it(self, alibaba, alibaba_playbooks, mode, arguments):
        alibaba.add_account(ARCHIVE, has_sls=False)
        forget(alibaba)
        run = alibaba_playbooks.run("setup", *arguments, inventory=inventory_of(mode))
        assert run.status != 0
        assert run.lines["root"].startswith("FAILED: archive: Simple Log Service is not active in the account (status NotExist): activate")
        assert run.lines["shop"].startswith("FAILED: member: not tried, because the archive account failed: Simple Log Service is not active")
        assert writes(alibaba) == [] and not Account(alibaba, ARCHIVE).state()["has_sls"]

    @pytest.mark.parametrize("mode", ["actiontrail", "log_audit"])
    def test_with_permission_to_activate(self, alibaba, alibaba_playbooks, mode):
        alibaba.add_account(ARCHIVE, has_sls=False)
        inventory = inventory_of(mode, audit_logs_alibaba_activate_sls=True)
        forget(alibaba)
        plan = alibaba_playbooks.run("setup", "--check", inventory=inventory)
        assert plan.status == 0 and writes(alibaba) == [], plan.output
        assert plan.lines["root"] == "to do: Simple Log Service: enabled, status"
        setup = alibaba_playbooks.run("setup", inventory=inventory)
        assert setup.status == 0 and "Simple Log Service: enabled, status" in setup.lines["root"], setup.output
        assert Account(alibaba, ARCHIVE).state()["has_sls"] and Account(alibaba, ARCHIVE).holdings()["projects"]
        again = alibaba_playbooks.run("setup", inventory=inventory)
        assert again.status == 0 and set(again.changed.values()) == {0}, again.output
