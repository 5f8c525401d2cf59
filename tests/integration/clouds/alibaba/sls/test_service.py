# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts in which Simple Log Service was never activated."""
from __future__ import annotations

import pytest
from helpers.alibaba import sls
from helpers.alibaba.clients import Clients
from helpers.alibaba.deployments import ARCHIVE

ENDPOINTS = pytest.mark.parametrize("region", ["cn-shanghai", "ap-southeast-1"])


@pytest.fixture(name="clients")
def fixture_clients(alibaba):
    """Clients of an account without SLS, by region."""
    alibaba.add_account(ARCHIVE, has_sls=False)
    return lambda region="cn-hangzhou": Clients(alibaba, alibaba.credential(ARCHIVE), region)


def status(client):
    found = client.get_sls_service().body
    return found.enabled, found.status


@ENDPOINTS
def test_activation(clients, region):
    client = clients(region).sls
    assert status(client) == (False, "NotExist")
    client.open_sls_service()
    assert status(client) == (True, "Opened")
    assert sls.list_projects(client).total == 0


def test_activation_in_the_earlier_api(clients):
    def call(action):
        return clients().call(action, "2019-10-23", "sls.aliyuncs.com")

    assert (call("GetSlsService")["Enabled"], call("GetSlsService")["Status"]) == (False, "NotExist")
    assert call("OpenSlsService")["Success"] is True
    assert (call("GetSlsService")["Enabled"], call("GetSlsService")["Status"]) == (True, "Opened")


@pytest.mark.parametrize("operation", [sls.list_projects, sls.get_project, sls.make_logstore])
def test_other_operations_are_refused(clients, operation):
    with pytest.raises(Exception, match="is inactive") as refusal:
        operation(clients().sls)
    assert refusal.value.code == "Unauthorized"


def test_log_audit_is_refused(clients):
    with pytest.raises(Exception, match="is inactive"):
        clients().call("DescribeApp", "2019-10-23", "sls.aliyuncs.com", body={"AppName": "audit"})


def test_creation_of_a_project_activates(clients):
    sls.make_project(clients().sls)
    assert status(clients("cn-shanghai").sls) == (True, "Opened")


def test_other_endpoints_do_not_serve_it(clients):
    with pytest.raises(Exception, match="cn-shanghai and ap-southeast-1 only"):
        status(clients().sls)


def test_other_accounts_have_it(alibaba):
    assert status(Clients(alibaba, region="cn-shanghai").sls) == (True, "Opened")
