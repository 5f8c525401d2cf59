# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input is said in one sentence, good input passes."""

from __future__ import annotations

import datetime
import json
import time

import pytest

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import checks

STATEMENT = {
    "Sid": "Auditors", "Effect": "Allow", "Principal": {"AWS": "222222222222"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::logs/*",
}
TRUST = {"Effect": "Allow", "Principal": {"AWS": "222222222222"}, "Action": "sts:AssumeRole"}
OWN = {"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"}
KEY = "arn:aws:kms:eu-west-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def policy_of(*statements, **parts):
    return {"Version": "2012-10-17", "Statement": list(statements), **parts}


def with_parts(statement, **parts):
    return {name: value for name, value in {**statement, **parts}.items() if value is not None}


GOOD = {
    checks.account_id: ["123456789012", "000000000001"],
    checks.region: ["eu-west-1", "us-east-1", "cn-north-1", "us-gov-west-1", "ap-southeast-5", "eusc-de-east-1"],
    checks.bucket_name: ["abc", "example-audit-logs", "a.b.c", "1logs1", "a" * 63, "a--b", "logs-111122223333-eu-west-1-an"],
    checks.trail_name: ["abc", "audit-logs", "a_b.c-d", "A" * 128, "trail1"],
    checks.key_prefix: ["", "222222222222", "a/b/c", "x" * 200, "AWSLogs-of-mine"],
    checks.retention: [1, 731, "731", 1096, 2192, 2557, 2922, 3288, 3653],
    checks.resource_policy: [
        None, "", {}, {"Statement": []}, json.dumps({"Statement": STATEMENT}), policy_of(STATEMENT, Id="example"),
        policy_of(with_parts(STATEMENT, Sid=None), with_parts(STATEMENT, Sid="")),
        policy_of(with_parts(STATEMENT, Principal="*", Condition={"Bool": {"aws:SecureTransport": False}})),
        policy_of(with_parts(STATEMENT, Principal={"AWS": ["arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1", "*"]})),
        policy_of(with_parts(STATEMENT, Principal=None, NotPrincipal={"Service": "s3.amazonaws.com"}, Action=None, NotAction=["s3:Get*"])),
    ],
    checks.bucket_statements: [
        policy_of(STATEMENT), policy_of(with_parts(STATEMENT, Action="*", Resource=["arn:aws:s3:::*", "arn:aws:s3:::${aws:PrincipalTag/x}/*"])),
    ],
    checks.identity_policy: [None, policy_of(OWN), policy_of(with_parts(OWN, Action="*"))],
    checks.trust_policy: [None, policy_of(TRUST), {"Statement": {**TRUST, "Principal": {"Service": ["cloudtrail.amazonaws.com"]}}}],
    checks.role: ["Audit", "path/to/Audit", "arn:aws:iam::111111111111:role/path/Audit", "arn:aws-cn:iam::111111111111:role/A", "a" * 64],
    checks.role_arn: ["arn:aws:iam::111111111111:role/Audit"],
    checks.policy_name: ["validate-logs", "a" * 128],
    checks.external_id: ["ab", "x" * 1224, "a:/b@c"],
    checks.key_arn: [KEY, KEY.replace("key/", "key/mrk-"), KEY.replace("arn:aws:", "arn:aws-us-gov:")],
    checks.key_alias: ["alias/logs", "logs", "a/b-c_d"],
    checks.log_group_name: ["/audit/logs", "a", "x" * 512, "aws-logs"],
    checks.log_group_arn: ["arn:aws:logs:eu-west-1:111111111111:log-group:/audit/logs:*"],
    checks.topic: ["topic", "arn:aws:sns:eu-west-1:111111111111:topic"],
    checks.organization_id: ["o-a1b2c3d4e5"],
    checks.log_prefix: ["", "logs/", "x" * 950],
    checks.principals: [["222222222222", " arn:aws:iam::222222222222:role/a"], "222222222222", ["arn:aws:iam::222222222222:root"]],
    checks.tags: [{}, {"a": ""}, {"größe": "straße 1"}, {str(number): "" for number in range(50)}, {"a:b/c": "x@y+z=_.-"}],
    checks.own_tags: [{"a": "b"}, {str(number): "" for number in range(48)}],
    checks.role_tags: [{"a": "b", "c": "d"}],
    checks.trails: [[{"account_id": "222222222222", "region": "eu-west-1", "name": "mine", "prefix": ""}], []],
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
        "{", {"Statement": [{}]}, *[
            policy_of({**TRUST, "Principal": principal}) for principal in (
                None, {"AWS": []}, {"AWS": ""}, {}, "", "*", {"AWS": "*"}, {"AWS": "x"}, {"Service": "cloudtrail"}, {"Nobody": "x"})
        ], policy_of({**TRUST, "Resource": "*"}), policy_of({**TRUST, "Effect": "allow"}),
    ],
    checks.identity_policy: [
        policy_of({**OWN, "Principal": "*"}), policy_of(with_parts(OWN, Resource=None)),
        policy_of(with_parts(OWN, Resource=["x" * 10240])), policy_of({**OWN, "Action": "PutLogEvents"}),
    ],
    checks.bucket_statements: [
        policy_of({**STATEMENT, "Action": "kms:Decrypt"}), policy_of({**STATEMENT, "Resource": "logs/*"}),
        policy_of({**STATEMENT, "Resource": ["arn:aws:s3:::logs", "logs"]}),
    ],
    checks.role: ["", "a b", "a" * 65, "arn:aws:iam::111111111111:user/x", "arn:aws:iam::1:role/x", "arn:aws:iam::111111111111:role/", "x\n"],
    checks.role_arn: ["Audit", "", "arn:aws:iam::111111111111:user/x"],
    checks.policy_name: ["", "a b", "a" * 129, "\u00e4"],
    checks.external_id: ["", "a", "x" * 1225, "a b", "a\n"],
    checks.key_arn: ["", "logs", "alias/logs", KEY.replace("key/", "alias/"), KEY.rpartition("/")[2], KEY.replace("1111", ""), KEY + "\n", KEY + "/x"],
    checks.key_alias: ["", "alias/", "alias/aws/s3", "a b", "x" * 251, "a:b"],
    checks.log_group_name: ["", "a b", "x" * 513, "aws/logs", "a*"],
    checks.log_group_arn: ["", "logs", "arn:aws:logs:eu-west-1:111111111111:log-group:logs", "arn:aws:logs:eu-west-1:1:log-group:logs:*"],
    checks.topic: ["", "a b", "x" * 257, "arn:aws:sqs:eu-west-1:111111111111:topic", "arn:aws:sns:eu-west-1:111111111111:" + "x" * 256],
    checks.organization_id: ["", "o-1", "a1b2c3d4e5", "o-A1B2C3D4E5"],
    checks.log_prefix: ["x" * 951, "ä" * 500],
    checks.principals: [["*"], [1], ["22222222222"], ["team-a"], ["arn:aws:s3:::x"], [None], "", ["arn:aws:iam::222222222222:group/x"]],
    checks.tags: [
        "x", [], {1: "a"}, {"a": 1}, {"a": True}, {"a": None}, {"": "a"}, {"x" * 129: ""}, {"a": "x" * 257}, {"aws:a": ""}, {"AWS:a": ""},
        {"a": "b\n"}, {"a": "b\x1b[2J"}, {"a;b": ""}, {"a": "\u202e"}, {str(number): "" for number in range(51)},
    ],
    checks.own_tags: [{"managed-by": "me"}, {"audit-logs-deployment": "x"}, {str(number): "" for number in range(49)}, {"a": 1}],
    checks.role_tags: [{"Team": "a", "team": "b"}, {"managed-by": "me"}],
    checks.trails: [
        [{"account_id": "1"}], [{"account_id": "222222222222", "region": "nowhere"}], [{"account_id": "222222222222", "name": "a b"}],
        [{"account_id": "222222222222", "prefix": "/x"}], [{"account_id": "222222222222", "organization_id": "x"}],
    ],
    checks.lifecycle: [
        {"transition_days": 90, "expiration_days": 90},
        {"transition_days": 90, "expiration_days": 30},
        {"transition_days": -1},
        {"expiration_days": -1},
        {"transition_days": 29, "storage_class": "STANDARD_IA"},
        {"transition_days": 1, "storage_class": "ONEZONE_IA"},
    ],
    checks.object_lock: [{"mode": "GOVERNANCE", "days": 0}, {"mode": "GOVERNANCE", "days": -5}, {"mode": "GOVERNANCE", "days": 36501}],
    checks.resource_policy: [
        "{", "text", "[]", '"text"', {"Statement": "x"}, {"statement": []}, {"Statement": ["x"]}, [1], 5, "[" * 100_000, '{"Statement": NaN}',
        '{"Statement": [], "Statement": []}', {"Statement": [], "Extra": 1}, {**policy_of(STATEMENT), "Version": "2008-10-17"},
        {**policy_of(STATEMENT), "Version": datetime.date(2012, 10, 17)}, policy_of(STATEMENT, STATEMENT), policy_of({**STATEMENT, "Sid": 1}),
        policy_of({}), *[
            policy_of(with_parts(STATEMENT, **parts)) for parts in (
                {"Effect": "allow"}, {"Effect": None}, {"Principal": None}, {"NotPrincipal": "*"}, {"Action": None}, {"Action": "s3"},
                {"Action": []}, {"Action": 1}, {"NotAction": "s3:*"}, {"Resource": None}, {"Resource": [1]}, {"Resource": ""},
                {"Principal": {"AWS": 222222222222}}, {"Principal": {"AWS": "22222222222"}}, {"Principal": {"AWS": "AIDAQ3EXAMPLE"}},
                {"Principal": "222222222222"}, {"Principal": {"CanonicalUser": "x"}}, {"Condition": "x"}, {"Condition": {"Bool": "x"}},
                {"Condition": {"DateLessThan": {"aws:CurrentTime": datetime.datetime(2030, 1, 1)}}}, {"Conditions": {}},
                {"Condition": {"NumericEquals": {"s3:max-keys": float("nan")}}}, {"Resource": "arn:aws:s3:::\ud800"})
        ],
    ],
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
    (checks.resource_policy, "[]"): "the policy is not a policy document: it has no list of statements under 'Statement'",
    (checks.resource_policy, "{"): (
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
    assert checks.region("eu-west-9").endswith(": correct the name, or update botocore")


def test_a_thousand_regions_are_checked_at_once():
    """An inventory of 1,000 accounts has 1,000 of them, and reading botocore's list takes 30 ms."""
    checks.region("eu-west-1")
    start = time.process_time()
    for _number in range(1000):
        checks.region("eu-west-1")
    assert time.process_time() - start < 1
