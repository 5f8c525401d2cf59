# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The activation of Simple Log Service."""
from __future__ import annotations

import pytest
from helpers.alibaba.deployments import ARCHIVE
from helpers.alibaba.modules import Account, without_waiting

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.client import Cloud

READ = ["Sls:GetSlsService"]
OPENED, NOT_EXIST = {"enabled": True, "status": "Opened"}, {"enabled": False, "status": "NotExist"}


@pytest.fixture(name="account")
def fixture_account(alibaba):
    """An account in which the service was never activated."""
    alibaba.add_account(ARCHIVE, has_sls=False)
    return Account(alibaba, alibaba.credential(ARCHIVE))


@pytest.mark.parametrize("check", [True, False])
def test_reading(account, check):
    done = account.run("sls_service", check=check)
    assert not done["changed"] and done["service"] == NOT_EXIST and done["calls"] == READ
    assert done["problem"].startswith("Simple Log Service is not active in the account (status NotExist): activate it in its console")


@pytest.mark.parametrize("region", ["cn-hangzhou", "eu-central-1"])
def test_activation(account, region):
    plan = account.run("sls_service", activate=True, region=region, check=True)
    assert plan["changed"] and plan["diff"] == {"before": NOT_EXIST, "after": OPENED} and plan["calls"] == READ
    assert plan["problem"] is None
    done = account.run("sls_service", activate=True, region=region)
    assert done["changed"] and done["diff"] == plan["diff"]
    assert done["calls"] == [*READ, "Sls:OpenSlsService", *READ] and done["writes"] == ["Sls:OpenSlsService"]
    again = account.run("sls_service", activate=True, region=region)
    assert not again["changed"] and again["service"] == OPENED and again["calls"] == READ


def answers(monkeypatch, *services):
    """Let GetSlsService return these, one after another."""
    really, left = Cloud.call, list(services)

    def call(self, product, operation, *path, **parameters):
        body = really(self, product, operation, *path, **parameters)
        return (left.pop(0) if len(left) > 1 else left[0]) if operation == "GetSlsService" else body

    monkeypatch.setattr(Cloud, "call", call)


def test_activation_that_takes_a_while(alibaba, account, monkeypatch):
    without_waiting(monkeypatch, alibaba)
    answers(monkeypatch, NOT_EXIST, {"enabled": False, "status": "Opening"}, OPENED)
    assert account.run("sls_service", activate=True)["service"] == OPENED


def test_activation_that_does_not_end(alibaba, account, monkeypatch):
    without_waiting(monkeypatch, alibaba)
    answers(monkeypatch, NOT_EXIST, {"enabled": False, "status": "Opening"})
    done = account.run("sls_service", activate=True)
    assert done["msg"].startswith("Could not activate Simple Log Service: Simple Log Service is not active in the account (status Opening)")


@pytest.mark.parametrize("activate", [True, False])
def test_overdue_payment(account, monkeypatch, activate):
    answers(monkeypatch, {"enabled": False, "status": "Closed"})
    done = account.run("sls_service", activate=activate)
    assert "because a payment is overdue" in done["msg" if activate else "problem"] and done["writes"] == []


@pytest.mark.parametrize("module, options", [
    ("sls_project", {"name": "example-audit-logs"}), ("sls_project_info", {}), ("log_audit", {"central_region": "cn-hangzhou"}),
])
def test_what_other_modules_say(account, module, options):
    done = account.run(module, **options)
    assert " is inactive" in done["msg"] and "or audit_logs_alibaba_activate_sls: true" in done["msg"]
