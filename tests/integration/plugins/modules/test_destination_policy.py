# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A policy of a bucket or of a KMS key is replaced, unless it is another one than the one that is known."""
from __future__ import annotations

import json

import pytest
from helpers.aws.modules import ACCOUNT, BUCKET, Account

NAMES = {"bucket": ("s3:GetBucketPolicy", "s3:PutBucketPolicy"), "key_id": ("kms:GetKeyPolicy", "kms:PutKeyPolicy")}


def document(*sids):
    own = {"Sid": "Owner", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [own, *({**own, "Sid": sid, "Action": "kms:DescribeKey"} for sid in sids)]}


def of_bucket(policy):
    """The same for a bucket, whose statements are about the bucket."""
    text = json.dumps(policy).replace('"kms:*"', '"s3:*"').replace("kms:DescribeKey", "s3:ListBucket")
    return json.loads(text.replace('"Resource": "*"', f'"Resource": "arn:aws:s3:::{BUCKET}"'))


@pytest.fixture(name="target", params=NAMES)
def fixture_target(aws, request):
    """An account, options that name a bucket or a key with a policy, and a function that makes such policies."""
    account = Account(aws)
    if request.param == "bucket":
        account.make_bucket()
        account.client("s3").put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(of_bucket(document("first"))))
        return account, {"bucket": BUCKET}, lambda *sids: of_bucket(document(*sids)), NAMES["bucket"]
    arn = account.client("kms").create_key(Policy=json.dumps(document("first")))["KeyMetadata"]["Arn"]
    return account, {"key_id": arn}, document, NAMES["key_id"]


def test_replaced(target):
    account, options, policy, (read, write) = target
    wanted = {"policy": policy("first", "second"), "instead_of": policy("first")}
    planned = account.run("destination_policy", check=True, **options, **wanted)
    assert planned["changed"] and planned["calls"] == [read]
    done = account.run("destination_policy", **options, **wanted)
    assert done["changed"] and done["calls"] == [read, write, read]
    again = account.run("destination_policy", **options, **wanted)
    assert not again["changed"] and again["calls"] == [read]


def test_changed_meanwhile(target):
    account, options, policy, (read, _write) = target
    failed = account.run("destination_policy", **options, policy=policy("second"), instead_of=policy("other"))
    assert failed["error"]["code"] == "PolicyChanged" and failed["calls"] == [read]
    assert "something else changed the policy" in failed["msg"]
    without = account.run("destination_policy", **options, policy=policy("second"))
    assert without["error"]["code"] == "PolicyChanged"


def test_a_bucket_without_a_policy(aws):
    account = Account(aws)
    account.client("s3").create_bucket(Bucket="bare-bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    policy = json.loads(json.dumps(of_bucket(document())).replace(BUCKET, "bare-bucket"))
    assert account.run("destination_policy", bucket="bare-bucket", policy=policy)["changed"]


@pytest.mark.parametrize("options", [{"bucket": "missing-bucket"}, {"key_id": "00000000-0000-0000-0000-000000000000"}])
def test_missing(aws, options):
    failed = Account(aws).run("destination_policy", **options, policy=document())
    assert failed["msg"].startswith("Failed to change the policy of ")
