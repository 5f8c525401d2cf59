# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a new policy keeps of the deployed one, evaluated as AWS evaluates it."""
from __future__ import annotations

import itertools
import json

import pytest
from clouds.aws.policy import Decision, Principal, Request, evaluate, parse

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import policies, sources

ORGANIZATION, OTHER = "o-a1b2c3d4e5", "o-zzzzzzzzzz"
A, B, C = "222222222222", "333333333333", "444444444444"
BUCKET, REGION = "logs", "eu-west-1"
CLOUDTRAIL = Principal(service="cloudtrail.amazonaws.com")
FLOW_LOGS = {
    "Sid": "AWSLogDeliveryWrite", "Effect": "Allow", "Principal": {"Service": "delivery.logs.amazonaws.com"},
    "Action": "s3:PutObject", "Resource": "arn:aws:s3:::logs/AWSLogs/111111111111/vpcflowlogs/*",
}
FORMS = [
    ("accounts", None), ("source_arns", None), ("source_accounts", None), ("organization", ORGANIZATION), ("organization", OTHER),
]


def trail(account, **settings):
    return policies.with_defaults({"account_id": account, **settings}, REGION)


def bucket_policy(trails, form="accounts", organization_id=None, extra=None):
    return policies.bucket_policy(BUCKET, REGION, trails, form, organization_id, extra)


def key_policy(trails, form="accounts", organization_id=None):
    return policies.key_policy("111111111111", REGION, trails, form, organization_id)


def may_deliver(document, its_trail, organization_id=ORGANIZATION, acl="bucket-owner-full-control"):
    """Whether a bucket's policy lets CloudTrail write a file of a trail."""
    folder = f"{its_trail['prefix']}/AWSLogs" if its_trail["prefix"] else "AWSLogs"
    resource = f"arn:aws:s3:::{BUCKET}/{folder}/{its_trail['account_id']}/CloudTrail/eu-west-1/2026/01/01/x.json.gz"
    return allows(document, "s3:PutObject", resource, its_trail, organization_id, **{"s3:x-amz-acl": acl})


def may_encrypt(document, its_trail, organization_id=ORGANIZATION):
    return all(allows(document, action, "arn:aws:kms:eu-west-1:111111111111:key/k", its_trail, organization_id)
               for action in ("kms:GenerateDataKey", "kms:DescribeKey"))


def allows(document, action, resource, its_trail, organization_id, **more):
    context = {
        "aws:SourceArn": policies.trail_arn(its_trail), "aws:SourceAccount": its_trail["account_id"],
        "aws:SourceOrgID": organization_id, "aws:SecureTransport": "true", **more,
    }
    request = Request(action, resource, CLOUDTRAIL, context)
    return evaluate([parse(json.dumps(document))], [request][0]) is Decision.ALLOW


@pytest.mark.parametrize(("before", "after"), list(itertools.product(FORMS, FORMS)))
def test_an_account_that_the_inventory_has_not(before, after):
    """It delivers as before in any form, until it or its organization is named."""
    deployed = bucket_policy([trail(A), trail(B)], *before)
    document = bucket_policy([trail(A)], *after)
    merged = sources.merge(document, deployed, [A])
    assert may_deliver(merged.document, trail(A), before[1] or after[1])
    assert may_deliver(merged.document, trail(B), before[1] or OTHER)
    source = before[1] or B
    assert merged.retained == ([] if before == after and before[1] else [source])
    # What is kept is kept again, and is not a change.
    again = sources.merge(document, merged.document, [A])
    assert again.document == merged.document and again.retained == merged.retained
    left = sources.merge(document, merged.document, [A], removed=[source]).document
    assert left == document


@pytest.mark.parametrize(("before", "after"), list(itertools.product(FORMS, FORMS)))
def test_a_key(before, after):
    deployed = key_policy([trail(A), trail(B)], *before)
    document = key_policy([trail(A)], *after)
    merged = sources.merge(document, deployed, [A])
    assert may_encrypt(merged.document, trail(A), before[1] or after[1])
    assert may_encrypt(merged.document, trail(B), before[1] or OTHER)
    assert sources.merge(document, merged.document, [A]).document == merged.document
    assert sources.merge(document, merged.document, [A], removed=[before[1] or B]).document == document


@pytest.mark.parametrize(("before", "after"), list(itertools.product(FORMS, FORMS)))
def test_no_account_at_all(before, after):
    """As after a failed sync of an inventory."""
    deployed = bucket_policy([trail(A)], *before)
    merged = sources.merge(bucket_policy([], *after), deployed)
    assert may_deliver(merged.document, trail(A), before[1] or OTHER)
    assert not may_deliver(merged.document, trail(A), before[1] or OTHER, acl="public-read")


def test_a_pending_account_delivers_to_both():
    old, new = trail(A), trail(A, prefix="new")
    deployed = bucket_policy([old])
    for form in FORMS[:3]:
        pending = sources.merge(bucket_policy([new], *form), deployed, [A], pending=[A])
        assert may_deliver(pending.document, old) and may_deliver(pending.document, new)
        updated = sources.merge(bucket_policy([new], *form), pending.document, [A])
        assert updated.document == bucket_policy([new], *form) and not updated.retained


@pytest.mark.parametrize("form", ["source_arns", "source_accounts"])
def test_an_account_that_is_removed(form):
    deployed = bucket_policy([trail(A), trail(B), trail(C)], form)
    merged = sources.merge(bucket_policy([trail(A)], form), deployed, [A], removed=[B])
    assert merged.retained == [C]
    assert may_deliver(merged.document, trail(C)) and not may_deliver(merged.document, trail(B), OTHER)


def test_names_of_trails_in_an_organization():
    """Accounts that nobody knows may have trails of another name."""
    deployed = bucket_policy([trail(A), trail(B, name="other", prefix="")], "organization", ORGANIZATION)
    merged = sources.merge(bucket_policy([trail(A)], "organization", ORGANIZATION), deployed, [A])
    assert may_deliver(merged.document, trail(B, name="other", prefix=""))
    assert merged.retained == [ORGANIZATION]


def test_foreign_statements_stay():
    extra = {"Statement": [{**FLOW_LOGS, "Sid": "Mine"}]}
    deployed = bucket_policy([trail(A)], extra={"Statement": [FLOW_LOGS, {**FLOW_LOGS, "Sid": "Mine", "Action": "s3:*"}]})
    document = bucket_policy([trail(A)], extra=extra)
    merged = sources.merge(document, deployed, [A])
    assert merged.foreign == [FLOW_LOGS]
    assert merged.document["Statement"] == [*document["Statement"], FLOW_LOGS]
    assert sources.merge(document, deployed, [A], removed_statements=["AWSLogDeliveryWrite"]).document == document


def test_a_foreign_statement_under_our_sid():
    """It is neither taken for one of ours, nor does it survive beside the one that is asked for."""
    public = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::logs/*"}
    deployed = {"Version": "2012-10-17", "Statement": [
        {"Sid": f"CloudTrailWrite{A}", **public}, {"Sid": f"CloudTrailWrite{B}", **public}]}
    merged = sources.merge(bucket_policy([trail(A)]), deployed, [A])
    assert merged.foreign == [{"Sid": f"CloudTrailWrite{B}", **public}] and not merged.retained
    assert merged.document["Statement"][:-1] == bucket_policy([trail(A)])["Statement"]
    open_to_all = {"Sid": "CloudTrailDelivers", "Effect": "Allow", "Principal": {"Service": CLOUDTRAIL.service},
                   "Action": "s3:PutObject", "Resource": "arn:aws:s3:::logs/*"}
    kept = sources.merge(bucket_policy([trail(A)], "source_accounts"), {"Statement": [open_to_all]}, [A])
    assert kept.foreign == [{**open_to_all, "Sid": "CloudTrailDeliversForeign"}] and not kept.retained
    again = sources.merge(bucket_policy([trail(A)], "source_accounts"), kept.document, [A])
    assert again.document == kept.document


def test_the_same_statement_in_other_words():
    deployed = bucket_policy([trail(A), trail(B)], "source_accounts")
    deployed["Statement"][1]["Principal"] = {"Service": ["cloudtrail.amazonaws.com"]}
    merged = sources.merge(bucket_policy([trail(A)], "source_accounts"), deployed, [A])
    assert merged.retained == [B] and not merged.foreign
    numbers = json.loads(json.dumps(bucket_policy([trail(B)], "source_accounts")).replace(f'"{B}"', B))
    assert sources.merge(bucket_policy([trail(A)], "source_accounts"), numbers, [A]).retained == [B]


def test_a_stricter_statement_about_tls():
    """One of somebody else under the usual Sid stays beside ours."""
    stricter = {"Sid": "DenyInsecureTransport", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
                "Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}}}
    document = bucket_policy([trail(A)])
    merged = sources.merge(document, {"Statement": [stricter]}, [A])
    assert merged.document["Statement"] == [*document["Statement"], {**stricter, "Sid": "DenyInsecureTransportForeign"}]


@pytest.mark.parametrize("new, covered", [
    (trail(A), True), (trail(A, prefix="new"), True), (trail(A, prefix=""), False), (trail(A, name="new"), False),
])
def test_a_pending_account_that_the_new_form_covers(new, covered):
    """Both statements would not fit into the policy of a bucket for 29 accounts."""
    merged = sources.merge(bucket_policy([new], "source_accounts"), bucket_policy([trail(A)]), [A], pending=[A])
    assert may_deliver(merged.document, trail(A)) and may_deliver(merged.document, new)
    assert (merged.document == bucket_policy([new], "source_accounts")) is covered


@pytest.mark.parametrize("before, after", [("accounts", "source_arns"), ("source_arns", "source_accounts")])
def test_a_change_to_the_next_form_takes_no_more_room(before, after):
    """Of a policy that is as large as it can be, both forms would not fit."""
    trails = [trail(str(200000000000 + number)) for number in range(29 if before == "accounts" else 317)]
    accounts = [one["account_id"] for one in trails]
    document = bucket_policy(trails, after)
    merged = sources.merge(document, bucket_policy(trails, before), accounts, pending=accounts)
    assert merged.document == document and not merged.retained


def test_a_form_with_exact_trails_keeps_what_the_pattern_of_another_form_allows():
    """The trail of a pending account may be in another region than the inventory says."""
    old = trail(A, region="us-east-1")
    merged = sources.merge(bucket_policy([trail(A)], "source_arns"), bucket_policy([trail(A)], "source_accounts"), [A], pending=[A])
    assert may_deliver(merged.document, old) and may_deliver(merged.document, trail(A))


def test_statements_without_resources():
    statement = {**bucket_policy([trail(A)])["Statement"][2], "NotResource": "arn:aws:s3:::other/*"}
    del statement["Resource"]
    document = bucket_policy([trail(A)], extra={"Statement": [statement]})
    assert sources.merge(document, document, [A], pending=[A]).document == document


def test_a_policy_of_one_statement_without_a_list():
    statement = bucket_policy([trail(B)])["Statement"][2]
    merged = sources.merge(bucket_policy([trail(A)]), {"Version": "2012-10-17", "Statement": statement}, [A])
    assert merged.retained == [B]


def test_no_policy():
    document = bucket_policy([trail(A)])
    assert sources.merge(document, None) == sources.Merged(document)


@pytest.mark.parametrize("form", FORMS)
def test_sources(form):
    expected = {form[1]} if form[1] else {A, B}
    assert sources.sources(bucket_policy([trail(A), trail(B)], *form)) == expected
    assert sources.sources(key_policy([trail(A), trail(B)], *form)) == expected
    assert sources.sources(None) == set()
