# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input is said in one sentence, good input passes."""

from __future__ import annotations

import time

import pytest

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import checks

GOOD = {
    checks.account_id: ["123456789012", "000000000001"],
    checks.region: ["eu-west-1", "us-east-1", "cn-north-1", "us-gov-west-1", "ap-southeast-5", "eusc-de-east-1"],
    checks.bucket_name: ["abc", "example-audit-logs", "a.b.c", "1logs1", "a" * 63, "a--b", "logs-111122223333-eu-west-1-an"],
    checks.trail_name: ["abc", "audit-logs", "a_b.c-d", "A" * 128, "trail1"],
    checks.key_prefix: ["", "222222222222", "a/b/c", "x" * 200, "AWSLogs-of-mine"],
    checks.retention: [1, 731, "731", 1096, 2192, 2557, 2922, 3288, 3653],
    checks.policy: [None, "", {}, {"Statement": []}, '{"Statement": {"Effect": "Allow"}}', {"Statement": [{}]}],
    checks.trust_policy: [
        None,
        {"Statement": [{"Principal": {"AWS": "222222222222"}}]},
        {"Statement": {"Principal": {"Service": ["cloudtrail.amazonaws.com"]}}},
    ],
    checks.lifecycle: [
        {},
        {"transition_days": 90},
        {"expiration_days": 1},
        {"transition_days": 90, "expiration_days": 91},
        {"transition_days": 0, "expiration_days": 0},
        {"transition_days": None, "expiration_days": 5},
        {"transition_days": 30, "storage_class": "STANDARD_IA"},
        {"transition_days": 1, "storage_class": "GLACIER"},
    ],
    checks.object_lock: [{"mode": "GOVERNANCE", "days": 1}, {"mode": "COMPLIANCE", "days": 36500}],
}
BAD = {
    checks.account_id: [
        "12345678901",
        "1234567890123",
        "12345678901a",
        123456789012,
        12345,
        None,
        "",
        " 123456789012",
        "123456789012\n",
        "١٢٣٤٥٦٧٨٩٠١٢",
    ],
    checks.region: ["eu-west-9", "", None, "EU-WEST-1", "eu_west_1", "eu-west-1a", "ireland"],
    checks.bucket_name: [
        "ab",
        "a" * 64,
        "Upper",
        "under_score",
        "-abc",
        "abc-",
        "xn--logs",
        "sthree-logs",
        "amzn-s3-demo-logs",
        "logs-s3alias",
        "logs--ol-s3",
        "logs.mrap",
        "logs--x-s3",
        "logs--table-s3",
        "logs-an",
        ".abc",
        "abc.",
        "a..b",
        "a b c",
        "a/b/c",
        "",
        "192.168.5.4",
        "abc\n",
    ],
    checks.trail_name: [
        "ab",
        "a" * 129,
        "-abc",
        "abc-",
        "a--b",
        "a._b",
        "a b",
        "a/b",
        "",
        "192.168.5.4",
        "abc\n",
        "tr\u00e4il",
    ],
    checks.key_prefix: ["/a", "a/", "/", "x" * 201, "AWSLogs", "a/AWSLogs/b"],
    checks.retention: [0, 100, -1, 732, "100", "", "forever", None, True, 731.5],
    checks.trust_policy: [
        "{",
        {"Statement": [{}]},
        {"Statement": [{"Principal": {"AWS": []}}]},
        {"Statement": [{"Principal": {"AWS": ""}}]},
        {"Statement": [{"Principal": {"AWS": "x"}}, {"Principal": {}}]},
        {"Statement": [{"Principal": ""}]},
    ],
    checks.lifecycle: [
        {"transition_days": 90, "expiration_days": 90},
        {"transition_days": 90, "expiration_days": 30},
        {"transition_days": -1},
        {"expiration_days": -1},
        {"transition_days": 29, "storage_class": "STANDARD_IA"},
        {"transition_days": 1, "storage_class": "ONEZONE_IA"},
    ],
    checks.object_lock: [{"mode": "GOVERNANCE", "days": 0}, {"mode": "GOVERNANCE", "days": -5}],
    checks.policy: ["{", "text", "[]", '"text"', {"Statement": "x"}, {"statement": []}, {"Statement": ["x"]}, [1], 5],
}
SENTENCES = {
    (checks.account_id, "12345678901"): (
        "account id '12345678901' is not a string of 12 digits: write it in quotes, with its leading zeros"
    ),
    (
        checks.account_id,
        12345,
    ): "account id 12345 is not a string of 12 digits: write it in quotes, with its leading zeros",
    (
        checks.bucket_name,
        "Upper",
    ): ("bucket name 'Upper': S3 takes 3 to 63 lower-case letters, digits, dots and hyphens, and no IP address"),
    (checks.key_prefix, "/logs/"): "key prefix '/logs/': write it without a slash at its ends, as 'logs'",
    (checks.retention, 100): (
        "retention of 100 days: CloudWatch Logs takes one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545,"
        " 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653"
    ),
    (checks.bucket_name, "sthree-logs"): (
        "bucket name 'sthree-logs': S3 reserves names that begin with xn--, sthree-, amzn-s3-demo-:"
        " choose another name"
    ),
    (checks.bucket_name, "logs--x-s3"): (
        "bucket name 'logs--x-s3': S3 reserves names that end with -s3alias, --ol-s3, .mrap, --x-s3, --table-s3:"
        " choose another name"
    ),
    (checks.bucket_name, "logs-an"): (
        "bucket name 'logs-an': S3 reserves names that end with -an for buckets in the namespace of an account and a region,"
        " such as 'logs-111122223333-eu-west-1-an': choose another name"
    ),
    (checks.trust_policy, '{"Statement": [{"Principal": "*"}]}'): (
        "the trust policy would let everybody assume the role: name accounts, roles or users"
    ),
    (checks.policy, "[]"): "the policy is not a policy document: it has no list of statements under 'Statement'",
    (checks.policy, "{"): (
        "the policy is not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"
    ),
}


@pytest.mark.parametrize(("check", "value"), [(check, value) for check in GOOD for value in GOOD[check]])
def test_good(check, value):
    assert check(value) is None


@pytest.mark.parametrize(("check", "value"), [(check, value) for check in BAD for value in BAD[check]])
def test_bad(check, value):
    sentence = check(value)
    assert sentence
    assert "\n" not in sentence
    assert len(sentence) < 400


@pytest.mark.parametrize(("check", "value", "sentence"), [(*case, SENTENCES[case]) for case in SENTENCES])
def test_sentence(check, value, sentence):
    assert check(value) == sentence


def test_region_names_the_version():
    assert checks.region("eu-west-9").startswith("region 'eu-west-9' is not known to botocore 1.")
    assert checks.region("eu-west-9").endswith(": mend the name, or update botocore")


def test_a_thousand_regions_are_checked_at_once():
    """An inventory of 1,000 accounts has 1,000 of them, and reading botocore's list takes 30 ms."""
    checks.region("eu-west-1")
    start = time.process_time()
    for _number in range(1000):
        checks.region("eu-west-1")
    assert time.process_time() - start < 1
