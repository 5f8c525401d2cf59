# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Server access logging of a bucket: on, changed and off."""
from __future__ import annotations

import pytest
from helpers.aws.modules import ACCESS_LOGS, BUCKET, OTHER, Account

READS = ["s3:GetBucketLogging"]
WRITES = ["s3:PutBucketLogging"]


@pytest.fixture(name="account")
def fixture_account(aws):
    """An account with a bucket, and one for access logs."""
    account = Account(aws)
    account.make_bucket()
    account.make_bucket("access-logs", policy=ACCESS_LOGS)
    return account


@pytest.fixture(name="target")
def fixture_target():
    return {"name": BUCKET, "target_bucket": "access-logs", "target_prefix": "x/"}


def test_on_changed_and_off(account, target):
    wanted = {"target_bucket": "access-logs", "target_prefix": "x/"}
    plan = account.run("s3_bucket_logging", check=True, **target)
    assert plan["changed"] and plan["calls"] == READS
    assert plan["diff"] == {"before": {}, "after": wanted}
    done = account.run("s3_bucket_logging", **target)
    assert done["changed"] and done["calls"] == READS + WRITES and done["logging"] == wanted
    again = account.run("s3_bucket_logging", **target)
    assert not again["changed"] and again["calls"] == READS
    other = account.run("s3_bucket_logging", **{**target, "target_prefix": "y/"})
    assert other["changed"] and other["diff"]["before"] == wanted
    enabled = account.client("s3").get_bucket_logging(Bucket=BUCKET)["LoggingEnabled"]
    assert (enabled["TargetBucket"], enabled["TargetPrefix"]) == ("access-logs", "y/")
    assert account.run("s3_bucket_logging", check=True, name=BUCKET, target_bucket="")["writes"] == []
    off = account.run("s3_bucket_logging", name=BUCKET, target_bucket="")
    assert off["changed"] and off["logging"] == {}
    assert "LoggingEnabled" not in account.client("s3").get_bucket_logging(Bucket=BUCKET)
    again = account.run("s3_bucket_logging", name=BUCKET, target_bucket="")
    assert not again["changed"] and again["calls"] == READS


def test_without_prefix(account, target):
    del target["target_prefix"]
    assert account.run("s3_bucket_logging", **target)["changed"]
    assert not account.run("s3_bucket_logging", **target)["changed"]


def test_a_missing_bucket(account, target):
    target["name"] = "missing-bucket"
    assert account.run("s3_bucket_logging", check=True, **target)["changed"]
    failed = account.run("s3_bucket_logging", **target)
    assert failed["error"]["code"] == "NoSuchBucket"
    assert failed["msg"].startswith("bucket missing-bucket does not exist in eu-west-1: create it first: ")


def test_a_bucket_of_another_account(account, aws, target):
    Account(aws, OTHER).make_bucket("other-bucket")
    failed = account.run("s3_bucket_logging", **{**target, "name": "other-bucket"})
    assert failed["error"]["code"] == "AccessDenied" and failed["writes"] == []


def test_bad_arguments(account):
    assert "missing required arguments: target_bucket" in account.run("s3_bucket_logging", name=BUCKET)["msg"]
