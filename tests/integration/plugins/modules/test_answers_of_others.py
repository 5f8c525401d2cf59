# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A proxy answers with HTTP status 200 and a page of its own, or an answer arrives without its body."""
from __future__ import annotations

import pytest
from clouds.wire_faults import Fault, Kind
from helpers.alibaba.modules import Account as AlibabaAccount
from helpers.aws.modules import ACCOUNT, LOG_GROUP, Account as AwsAccount

SHOP = "2200000000000001"
LOGSTORE = {"project": "example-audit-logs", "name": "events", "ttl": 180}


@pytest.fixture(autouse=True)
def fixture_without_pauses(monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)


def test_a_write_without_a_result_on_aws(aws):
    """The page is not taken for success."""
    account = AwsAccount(aws)
    account.make_log_group(retention=7)
    aws.faults.set(Fault(Kind.HTML, ACCOUNT, "logs", "PutRetentionPolicy", is_lasting=True))
    found = account.run("cloudwatchlogs_log_group", name=LOG_GROUP, retention=731)
    assert found["failed"] and "(502) when calling the PutRetentionPolicy operation" in found["msg"]
    assert "The response does not come from AWS, or is incomplete: check whether a proxy" in found["msg"]
    aws.faults.set(Fault(Kind.HTML, ACCOUNT, "logs", "PutRetentionPolicy"))
    assert account.run("cloudwatchlogs_log_group", name=LOG_GROUP, retention=731)["changed"]
    assert account.client("logs").describe_log_groups()["logGroups"][0]["retentionInDays"] == 731


@pytest.mark.parametrize("kind", [Kind.EMPTY, Kind.MALFORMED, Kind.GZIP, Kind.HTML])
def test_a_session_on_aws(aws, kind):
    account = AwsAccount(aws)
    aws.faults.set(Fault(kind, ACCOUNT, "sts", "GetCallerIdentity"))
    assert account.run("aws_session", account_id=ACCOUNT)["account_id"] == ACCOUNT
    aws.faults.set(Fault(kind, ACCOUNT, "sts", "GetCallerIdentity", is_lasting=True))
    assert "The response does not come from AWS" in account.run("aws_session", account_id=ACCOUNT)["msg"]


def test_a_write_without_a_result_on_alibaba(alibaba):
    account = AlibabaAccount(alibaba, alibaba.credential(SHOP))
    assert account.run("sls_project", name=LOGSTORE["project"], description="logs")["changed"]
    alibaba.faults.set(Fault(Kind.HTML, SHOP, "Sls", "CreateLogStore", is_lasting=True))
    found = account.run("sls_logstore", **LOGSTORE)
    assert found["failed"] and "CreateLogStore: the response does not come from cn-hangzhou.log.aliyuncs.com" in found["msg"]
    alibaba.faults.set(Fault(Kind.HTML, SHOP, "Sls", "CreateLogStore"))
    assert account.run("sls_logstore", **LOGSTORE)["changed"]
    assert not account.run("sls_logstore", **LOGSTORE)["changed"]
