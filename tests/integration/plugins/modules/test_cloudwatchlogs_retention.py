# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Retention of a log group: every value that CloudWatch Logs takes."""
from __future__ import annotations

import pytest
from helpers.aws.modules import LOG_GROUP, Account

READS = ["logs:DescribeLogGroups"]
WRITES = ["logs:PutRetentionPolicy"]


@pytest.fixture(name="account")
def fixture_account(aws):
    """An account with a log group."""
    account = Account(aws)
    account.make_log_group()
    return account


def test_set(account):
    plan = account.run("cloudwatchlogs_retention", check=True, name=LOG_GROUP, days=2192)
    assert plan["changed"] and plan["calls"] == READS
    assert plan["diff"] == {"before": {"retention": 731}, "after": {"retention": 2192}}
    done = account.run("cloudwatchlogs_retention", name=LOG_GROUP, days=2192)
    assert done["changed"] and done["calls"] == READS + WRITES and done["retention"] == 2192
    again = account.run("cloudwatchlogs_retention", name=LOG_GROUP, days=2192)
    assert not again["changed"] and again["calls"] == READS


def test_a_missing_log_group(account):
    assert account.run("cloudwatchlogs_retention", check=True, name="missing", days=30)["changed"]
    failed = account.run("cloudwatchlogs_retention", name="missing", days=30)
    assert failed["msg"].startswith("log group missing does not exist in eu-west-1: create it first")


def test_bad_arguments(account):
    failed = account.run("cloudwatchlogs_retention", name=LOG_GROUP, days=100)
    assert failed["calls"] == [] and "value of days must be one of: 1, 3, " in failed["msg"]
