# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""May CloudTrail deliver? What the policies of buckets, keys and roles do not allow, said in a sentence."""

from __future__ import annotations

import pytest

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import delivery, policies

BUCKET = "example-audit-logs"
KEY = "arn:aws:kms:eu-west-1:111111111111:key/11111111-2222-3333-4444-555555555555"
ORGANIZATION = "o-a1b2c3d4e5"


def trail(account="222222222222", **more):
    return policies.with_defaults({"account_id": account, **more}, "eu-west-1")


@pytest.mark.parametrize("form", policies.POLICY_FORMS)
@pytest.mark.parametrize(
    "mine",
    [
        trail(),
        trail(prefix=""),
        trail(name="other", region="us-east-1", prefix="a/b"),
        trail(organization_id=ORGANIZATION),
        trail(kms_key_arn=KEY),
    ],
)
def test_what_the_roles_make_lets_every_trail_deliver(form, mine):
    trails = [mine, trail("333333333333"), trail("444444444444", name="mine")]
    bucket = policies.bucket_policy(BUCKET, "eu-west-1", trails, form, ORGANIZATION)
    key = policies.key_policy("111111111111", "eu-west-1", trails, form, ORGANIZATION)
    for one in trails:
        assert delivery.bucket_problems(bucket, BUCKET, one) == []
        assert delivery.key_problems(key, KEY, one) == []
        known = form != "organization" or "organization_id" in one
        assert (delivery.bucket_unknowns(bucket, BUCKET, one) == []) is known
        assert (delivery.key_unknowns(key, KEY, one) == []) is known
