# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A log group: created, changed, and refused."""
from __future__ import annotations

import pytest
from helpers.aws import faults
from helpers.aws.modules import ACCOUNT, LOG_GROUP, REGION, Account, throttle

MODULE = "cloudwatchlogs_log_group"
READ, CREATE, RETAIN, TAG = (f"logs:{call}" for call in ("DescribeLogGroups", "CreateLogGroup", "PutRetentionPolicy", "TagLogGroup"))
TAGS = {"team": "security"}
OPTIONS = {"name": LOG_GROUP, "retention": 731, "tags": TAGS}


@pytest.fixture(name="account")
def fixture_account(aws):
    return Account(aws)


def group(account):
    """What CloudWatch Logs says of the log group."""
    logs = account.client("logs")
    [found] = logs.describe_log_groups()["logGroups"]
    return {"retention": found.get("retentionInDays"), "kms_key_id": found.get("kmsKeyId"),
            "tags": logs.list_tags_log_group(logGroupName=LOG_GROUP)["tags"]}


def test_create(account):
    plan = account.run(MODULE, check=True, **OPTIONS)
    assert plan["changed"] and plan["calls"] == [READ] and plan["changes"] == ["create"]
    assert plan["diff"] == {"before": {}, "after": {"retention": 731, "tags": TAGS}}
    done = account.run(MODULE, **OPTIONS)
    assert done["changed"] and done["calls"] == [READ, CREATE, RETAIN] and done["diff"] == plan["diff"]
    assert group(account) == {"retention": 731, "tags": TAGS, "kms_key_id": None}
    for check in (True, False):
        again = account.run(MODULE, check=check, **OPTIONS)
        assert not again["changed"] and again["calls"] == [READ, "logs:ListTagsLogGroup"] and again["changes"] == []


def test_without_settings(account):
    """It stores events forever, and the settings of one that exists stay."""
    assert account.run(MODULE, name=LOG_GROUP)["writes"] == [CREATE]
    assert group(account)["retention"] is None
    account.run(MODULE, **OPTIONS)
    assert not account.run(MODULE, name=LOG_GROUP)["changed"]


def test_a_key(account):
    """Of a new log group only."""
    root = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
    key = account.make_key(policy={"Version": "2012-10-17", "Statement": [
        root, {**root, "Principal": {"Service": f"logs.{REGION}.amazonaws.com"}}]})
    account.run(MODULE, kms_key_id=key, **OPTIONS)
    assert group(account)["kms_key_id"] == key
    assert not account.run(MODULE, kms_key_id=key.replace(key[-4:], "0000"), **OPTIONS)["changed"]


@pytest.mark.parametrize("options, before, writes", [
    ({"retention": 2192}, {"retention": 731}, [RETAIN]),
    ({"tags": {"team": "audit"}}, {"tags": TAGS}, [TAG]),
    ({"retention": 30, "tags": {"a": "1"}}, {"retention": 731, "tags": {}}, [TAG, RETAIN]),
])
def test_change(account, options, before, writes):
    account.run(MODULE, **OPTIONS)
    account.client("logs").tag_log_group(logGroupName=LOG_GROUP, tags={"theirs": "x"})
    plan = account.run(MODULE, check=True, **{**OPTIONS, **options})
    assert plan["changed"] and plan["writes"] == [] and plan["changes"] == list(before)
    assert plan["diff"] == {"before": before, "after": options}
    done = account.run(MODULE, **{**OPTIONS, **options})
    assert done["writes"] == writes and done["diff"] == plan["diff"]
    assert group(account)["tags"]["theirs"] == "x" and not account.run(MODULE, **{**OPTIONS, **options})["changed"]


def test_a_name_that_begins_another(account):
    account.make_log_group(f"{LOG_GROUP}-2")
    assert account.run(MODULE, **OPTIONS)["changes"] == ["create"]


def test_a_new_log_group_that_is_not_found(account, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    faults.refuse(monkeypatch, "PutRetentionPolicy", ["ResourceNotFoundException"] * 3, service="logs")
    assert account.run(MODULE, **OPTIONS)["changed"] and group(account)["retention"] == 731


@pytest.mark.parametrize("action, verb", [("DescribeLogGroups", "read"), ("CreateLogGroup", "create"), ("PutRetentionPolicy", "create")])
@pytest.mark.parametrize("code", ["AccessDeniedException", "LimitExceededException", "InvalidParameterException"])
def test_errors(account, monkeypatch, action, verb, code):
    """One sentence with the error, and the next run completes the log group."""
    faults.refuse(monkeypatch, action, [code], service="logs")
    failed = account.run(MODULE, **OPTIONS)
    assert failed["msg"].startswith(f"Failed to {verb} the log group {LOG_GROUP}: ") and failed["error"]["code"] == code
    assert account.run(MODULE, **OPTIONS)["changed"] and not account.run(MODULE, **OPTIONS)["changed"]


def test_throttling_is_waited_out(account, monkeypatch):
    throttled = throttle(monkeypatch)
    throttled.left.update(dict.fromkeys(["DescribeLogGroups", "CreateLogGroup", "PutRetentionPolicy"], 4))  # botocore gives up after three
    assert account.run(MODULE, **OPTIONS)["changed"]


@pytest.mark.parametrize("options, said", [
    ({}, "missing required arguments: name"),
    ({"name": "a b"}, "log group"),
    ({"name": LOG_GROUP, "retention": 100}, "value of retention must be one of: 1, 3, "),
    ({"name": LOG_GROUP, "tags": {"aws:x": "y"}}, "aws:"),
])
def test_bad_arguments(account, options, said):
    failed = account.run(MODULE, **options)
    assert failed["failed"] and failed["calls"] == [] and said in failed["msg"], failed["msg"]
