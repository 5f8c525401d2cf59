# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Another region in the inventory of an existing deployment: no delivery ends, and no resource becomes foreign."""
from __future__ import annotations

import pytest
from helpers.alibaba.deployments import ARCHIVE, CENTRAL_PROJECT, MEMBERS, PROJECT, TRAIL, Account, delegate, forget, inventory_of, writes
from helpers.alibaba.verifications import AlibabaDeployment

SHANGHAI = "cn-shanghai"


def moved(inventory, **variables):
    """The same inventory with another region."""
    inventory["all"]["vars"].update(audit_logs_alibaba_region=SHANGHAI, **variables)
    return inventory


@pytest.mark.parametrize("mode", ["log_audit", "resource_directory"])
def test_log_audit_service(alibaba, alibaba_playbooks, mode):
    if mode == "resource_directory":
        delegate(alibaba)
    deployment = AlibabaDeployment(alibaba, alibaba_playbooks, inventory_of(mode))
    moved(deployment.inventory)
    assert deployment.setup().changed["root"]
    forget(alibaba)
    assert set(deployment.setup().changed.values()) == {0} and writes(alibaba) == []
    found = deployment.verify_accounts()
    assert found["shop"]["state"] == "ok" and "not managed" not in str(found["root"]), found

    deployment.destroy("-e", "audit_logs_delete_logs=true")
    assert Account(alibaba, ARCHIVE).holdings() == {"projects": [CENTRAL_PROJECT]}  # the logs of the first region


def test_trails_with_the_same_names(alibaba, alibaba_playbooks):
    deployment = AlibabaDeployment(alibaba, alibaba_playbooks, inventory_of("actiontrail"))
    moved(deployment.inventory)
    plan = alibaba_playbooks.run("setup", "--check", inventory=deployment.inventory)
    assert f"the home region of trail {TRAIL} is cn-hangzhou" in plan.lines["shop"] and "audit_logs_alibaba_region" in plan.lines["shop"]
    setup = alibaba_playbooks.run("setup", inventory=deployment.inventory)
    assert setup.status != 0
    assert "If this account has the project in another region" in setup.lines["root"]
    member = Account(alibaba, MEMBERS["shop"])
    assert Account(alibaba, ARCHIVE).logs(member.event(), PROJECT, f"actiontrail_{TRAIL}")


def test_trails_with_new_names(alibaba, alibaba_playbooks):
    """As the README says: the first trail delivers until the leftovers are deleted."""
    deployment = AlibabaDeployment(alibaba, alibaba_playbooks, inventory_of("actiontrail"))
    moved(deployment.inventory, audit_logs_alibaba_project="moved-audit-logs", alibaba_trail_name="moved-trail",
          audit_logs_previous_deployments=PROJECT)
    deployment.setup()
    archive, member = Account(alibaba, ARCHIVE), Account(alibaba, MEMBERS["shop"])
    event = member.event()
    assert archive.logs(event, PROJECT, f"actiontrail_{TRAIL}")
    assert deployment.verify_accounts()["shop"]["probe"]["state"] == "arrived"

    deployment.destroy("-e", "audit_logs_only_leftovers=true", "-e", "audit_logs_probe_deadline=2")
    assert member.holdings() == {"trails": ["moved-trail"]}
    assert archive.holdings()["projects"] == [PROJECT, "moved-audit-logs"]
