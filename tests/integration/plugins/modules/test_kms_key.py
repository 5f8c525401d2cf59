# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A KMS key: created, changed, named by two runs at once, and refused."""
from __future__ import annotations

import json

import pytest
from clouds.aws import Windows
from helpers.aws import faults
from helpers.aws.modules import ACCOUNT, ALIAS, Account

READS = ["kms:DescribeKey", "kms:ListResourceTags", "kms:GetKeyRotationStatus"]
CREATES = ["kms:CreateKey", "kms:CreateAlias", "kms:EnableKeyRotation"]
POLICY = {"Version": "2012-10-17", "Statement": [
    {"Sid": "Account", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}]}
OPTIONS = {"alias": ALIAS, "description": "log files", "policy": POLICY, "tags": {"team": "security"}}
SETTINGS = {"alias": ALIAS, "description": "log files", "enabled": True, "enable_key_rotation": True, "tags": {"team": "security"}}


@pytest.fixture(name="account")
def fixture_account(aws):
    return Account(aws)


def key_of(account, key=ALIAS):
    """What KMS says of a key."""
    kms = account.client("kms")
    found = kms.describe_key(KeyId=key)["KeyMetadata"]
    tags = {tag["TagKey"]: tag["TagValue"] for tag in kms.list_resource_tags(KeyId=found["Arn"])["Tags"]}
    return found["Arn"], {
        "description": found["Description"], "state": found["KeyState"], "tags": tags,
        "rotation": kms.get_key_rotation_status(KeyId=found["Arn"])["KeyRotationEnabled"],
        "policy": json.loads(kms.get_key_policy(KeyId=found["Arn"], PolicyName="default")["Policy"])}


def keys(account):
    return [key["KeyArn"] for key in account.client("kms").list_keys()["Keys"]]


def test_create(account):
    plan = account.run("kms_key", check=True, **OPTIONS)
    assert plan["changed"] and plan["calls"] == READS[:1] and plan["changes"] == [f"KMS key {ALIAS}: create"] and "key_arn" not in plan
    assert plan["diff"] == {"before": {}, "after": SETTINGS}
    done = account.run("kms_key", **OPTIONS)
    assert done["changed"] and done["calls"] == [*READS[:1], *CREATES] and done["diff"] == plan["diff"]
    assert key_of(account) == (done["key_arn"], {
        "description": "log files", "state": "Enabled", "tags": {"team": "security"}, "rotation": True, "policy": POLICY})
    for check in (True, False):
        again = account.run("kms_key", check=check, **OPTIONS)
        assert not again["changed"] and again["calls"] == READS and again["changes"] == [] and again["key_arn"] == done["key_arn"]
        assert again["diff"] == {"before": SETTINGS, "after": SETTINGS}


def test_the_alias_without_its_beginning(account):
    created = account.run("kms_key", alias="example")
    assert key_of(account, "alias/example")[0] == created["key_arn"]
    assert account.run("kms_key", alias="alias/example")["changed"] is False


def disable(kms, arn):
    kms.disable_key(KeyId=arn)


def delete(kms, arn):
    kms.schedule_key_deletion(KeyId=arn, PendingWindowInDays=7)


def describe(kms, arn):
    kms.update_key_description(KeyId=arn, Description="other")


def untag(kms, arn):
    kms.untag_resource(KeyId=arn, TagKeys=["team"])


def rotate_no_more(kms, arn):
    kms.disable_key_rotation(KeyId=arn)


@pytest.mark.parametrize("drift, changes, writes", [
    (disable, ["enabled"], ["EnableKey"]),
    (delete, ["enabled"], ["CancelKeyDeletion", "EnableKey"]),
    (describe, ["description"], ["UpdateKeyDescription"]),
    (untag, ["tags"], ["TagResource"]),
    (rotate_no_more, ["enable_key_rotation"], ["EnableKeyRotation"]),
])
def test_change(account, drift, changes, writes):
    """A setting of a key that exists, and nothing else: neither the policy nor foreign tags."""
    arn = account.run("kms_key", **OPTIONS)["key_arn"]
    kms = account.client("kms")
    kms.tag_resource(KeyId=arn, Tags=[{"TagKey": "theirs", "TagValue": "x"}])
    kms.put_key_policy(KeyId=arn, PolicyName="default", Policy=json.dumps({**POLICY, "Id": "theirs"}))
    before = key_of(account)
    drift(kms, arn)
    plan = account.run("kms_key", check=True, **OPTIONS)
    assert plan["changed"] and plan["writes"] == [] and plan["changes"] == [f"KMS key {ALIAS}: {', '.join(changes)}"]
    done = account.run("kms_key", **OPTIONS)
    assert done["changed"] and done["key_arn"] == arn and done["diff"] == plan["diff"]
    assert done["writes"] == [f"kms:{write}" for write in writes]
    assert key_of(account) == before and not account.run("kms_key", **OPTIONS)["changed"]


def test_a_key_without_an_alias(account):
    """An interrupted run has created it."""
    arn = account.client("kms").create_key(Policy=json.dumps(POLICY))["KeyMetadata"]["Arn"]
    plan = account.run("kms_key", check=True, key_id=arn, **OPTIONS)
    assert plan["changes"] == [f"KMS key {ALIAS}: alias, description, enable_key_rotation, tags"]
    assert account.run("kms_key", key_id=arn, **OPTIONS)["key_arn"] == arn
    assert key_of(account)[0] == arn and keys(account) == [arn]
    assert not account.run("kms_key", key_id=arn, **OPTIONS)["changed"]


def test_what_is_not_given_stays(account):
    account.run("kms_key", **OPTIONS)
    assert not account.run("kms_key", alias=ALIAS)["changed"]


def test_kms_does_not_find_the_new_key(aws, account, monkeypatch):
    """For a while; and longer than the module waits."""
    monkeypatch.setattr(aws, "windows", Windows(kms=3))
    done = account.run("kms_key", **OPTIONS)
    assert done["changed"], done
    aws.settle()
    assert key_of(account)[1]["rotation"] and keys(account) == [done["key_arn"]]


def test_waiting_ends(account, monkeypatch):
    faults.refuse(monkeypatch, "CreateAlias", ["NotFoundException"] * 9, service="kms")
    failed = account.run("kms_key", wait=0, **OPTIONS)
    assert failed["error"]["code"] == "NotFoundException" and failed["msg"].startswith(f"Failed to create KMS key {ALIAS}: ")


def test_another_run_gives_the_alias_to_its_key(account, monkeypatch):
    """The alias stays with the other key."""
    theirs = account.run("kms_key", **OPTIONS)["key_arn"]
    faults.refuse(monkeypatch, "DescribeKey", ["NotFoundException"], service="kms")  # as before the other run
    done = account.run("kms_key", **OPTIONS)
    assert done["key_arn"] == theirs == key_of(account)[0] and len(keys(account)) == 2, done


@pytest.mark.parametrize("action, verb", [
    ("DescribeKey", "read"), ("CreateKey", "create"), ("CreateAlias", "create"), ("EnableKeyRotation", "create"),
])
@pytest.mark.parametrize("code", ["AccessDeniedException", "KMSInternalException", "LimitExceededException"])
def test_errors(account, monkeypatch, action, verb, code):
    """One sentence with the error of KMS, and the next run completes the key."""
    faults.refuse(monkeypatch, action, [code] * (1 if code != "KMSInternalException" else 30), service="kms")
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    failed = account.run("kms_key", **OPTIONS)
    assert failed["msg"].startswith(f"Failed to {verb} KMS key {ALIAS}: ") and failed["error"]["code"] == code, failed
    monkeypatch.undo()
    left = keys(account)
    done = account.run("kms_key", **OPTIONS, **({"key_id": left[0]} if left else {}))
    assert done["changed"] and key_of(account)[1]["rotation"] and len(keys(account)) == 1


@pytest.mark.parametrize("options, said", [
    ({}, "missing required arguments: alias"),
    ({"alias": "alias/aws/s3"}, "is not an alias of a KMS key"),
    ({"alias": "a b"}, "is not an alias of a KMS key"),
    ({"alias": ALIAS, "policy": {"Statement": "x"}}, "Statement"),
    ({"alias": ALIAS, "tags": "x"}, "tags"),
    ({"alias": ALIAS, "wait": "x"}, "wait"),
    ({"alias": ALIAS, "key_id": f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/12345678-1234-1234-1234-123456789012"}, "key_id: KMS does not find"),
])
def test_bad_arguments(account, options, said):
    failed = account.run("kms_key", **options)
    assert failed["failed"] and said in failed["msg"] and failed["writes"] == [], failed
