# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters that somebody sets in the console of Log Audit Service stay when the inventory has one more account."""
from __future__ import annotations

from dataclasses import replace

import pytest
from helpers.alibaba.deployments import ARCHIVE, Account, delegate, inventory_of

FILTERS = {"rds_audit_policy_setting": [{"condition": "tag.env", "value": "prod"}], "quantum_enabled": "true"}
OPTIONS = {"log_audit": "alibaba_log_audit_archive", "resource_directory": "alibaba_log_audit_directory"}


@pytest.mark.parametrize("mode", OPTIONS)
def test_one_more_account(alibaba, alibaba_playbooks, mode):
    """If the API refuses them, nothing is changed until the option names them. Destroy leaves them."""
    delegate(alibaba)
    assert alibaba_playbooks.run("setup", inventory=inventory_of(mode, members=1)).status == 0
    archive = Account(alibaba, ARCHIVE)
    apps = alibaba.cloud.account(ARCHIVE).log_audit
    apps.preset("audit", replace(apps.get("audit"), variables={**apps.get("audit").variables, **FILTERS}))
    before = dict(apps.get("audit").variables)

    run = alibaba_playbooks.run("setup", inventory=inventory_of(mode, members=2))
    assert run.status != 0 and dict(apps.get("audit").variables) == before
    assert "drop_console_settings: [quantum_enabled, rds_audit_policy_setting]" in run.lines["root"], run.output
    assert f"{OPTIONS[mode]}_drop_console_settings" in run.lines["root"]

    alibaba.cloud.log_audit_keys["rds_audit_policy_setting"] = "kept"
    option = {f"{OPTIONS[mode]}_drop_console_settings": ["quantum_enabled"]}
    run = alibaba_playbooks.run("setup", inventory=inventory_of(mode, members=2, **option))
    assert run.status == 0 and len(archive.collected()) == 2, run.output
    left = {key: value for key, value in apps.get("audit").variables.items() if key in FILTERS}
    assert left == {"rds_audit_policy_setting": FILTERS["rds_audit_policy_setting"]}

    run = alibaba_playbooks.run("destroy", inventory=inventory_of(mode, members=2))
    assert run.status == 0 and archive.collected() == set(), run.output
    assert apps.get("audit").variables["rds_audit_policy_setting"] == FILTERS["rds_audit_policy_setting"]
    assert apps.get("audit").variables["actiontrail_enabled"] == "false"


def test_a_product_that_no_document_names(alibaba, alibaba_playbooks):
    """It is switched on with a warning, and destroy switches it off, with its logs."""
    alibaba.cloud.log_audit_keys["quantum_*"] = "kept"
    inventory = inventory_of(alibaba_log_audit_archive_products={"actiontrail": {"enabled": True}, "quantum": {"enabled": True}})
    run = alibaba_playbooks.run("setup", inventory=inventory)
    assert run.status == 0 and "does not contain quantum_enabled" in run.output.replace("\n", " "), run.output
    apps = alibaba.cloud.account(ARCHIVE).log_audit
    assert apps.get("audit").variables["quantum_enabled"] == "true"
    run = alibaba_playbooks.run("destroy", "-e", "audit_logs_delete_logs=true", inventory=inventory)
    assert run.status == 0 and not alibaba.cloud.sls.projects.all(), run.output
    assert apps.get("audit").variables["quantum_enabled"] == "false"
