# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bucket and key policies: exact documents, their sizes, what is merged in, what is refused."""

from __future__ import annotations

import json

import pytest
from clouds.aws.policy import Decision, Principal, Request, evaluate, parse
from helpers.parliament import findings

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import policies

ORGANIZATION = "o-a1b2c3d4e5"
CLOUDTRAIL = {"Service": "cloudtrail.amazonaws.com"}
TLS_ONLY = {
    "Sid": "DenyInsecureTransport",
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": ["arn:aws:s3:::logs", "arn:aws:s3:::logs/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
ACL_222222222222 = {
    "Sid": "CloudTrailAcl222222222222",
    "Effect": "Allow",
    "Principal": CLOUDTRAIL,
    "Action": "s3:GetBucketAcl",
    "Resource": "arn:aws:s3:::logs",
    "Condition": {
        "StringEquals": {"aws:SourceArn": "arn:aws:cloudtrail:eu-west-1:222222222222:trail/audit-logs"},
    },
}
WRITE_222222222222 = {
    "Sid": "CloudTrailWrite222222222222",
    "Effect": "Allow",
    "Principal": CLOUDTRAIL,
    "Action": "s3:PutObject",
    "Resource": "arn:aws:s3:::logs/222222222222/AWSLogs/222222222222/*",
    "Condition": {
        "StringEquals": {
            "aws:SourceArn": "arn:aws:cloudtrail:eu-west-1:222222222222:trail/audit-logs",
            "s3:x-amz-acl": "bucket-owner-full-control",
        },
    },
}


def members(number):
    return [{"account_id": str(100000000000 + index)} for index in range(number)]


def bucket_policy(*trails, bucket="logs", region="eu-west-1", **options):
    return policies.bucket_policy(bucket, region, list(trails), **options)


def by_sid(document):
    assert len({statement["Sid"] for statement in document["Statement"]}) == len(document["Statement"])
    return {statement["Sid"]: statement for statement in document["Statement"]}


def size(document):
    return len(json.dumps(document).encode())


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("eu-west-1", "aws"),
        ("us-east-1", "aws"),
        ("cn-northwest-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("us-iso-east-1", "aws-iso"),
        ("us-isob-east-1", "aws-iso-b"),
        ("eu-isoe-west-1", "aws-iso-e"),
        ("us-isof-south-1", "aws-iso-f"),
        ("eusc-de-east-1", "aws-eusc"),
    ],
)
def test_partition(region, partition):
    assert policies.partition(region) == partition


def test_one_account():
    assert bucket_policy({"account_id": "222222222222"}) == {
        "Version": "2012-10-17",
        "Statement": [TLS_ONLY, ACL_222222222222, WRITE_222222222222],
    }


def test_no_account():
    for form in policies.POLICY_FORMS:
        assert bucket_policy(form=form) == {"Version": "2012-10-17", "Statement": [TLS_ONLY]}


def test_accounts_come_in_one_order():
    first, second = {"account_id": "222222222222"}, {"account_id": "333333333333"}
    document = bucket_policy(first, second)
    assert [statement["Sid"] for statement in document["Statement"]] == [
        "DenyInsecureTransport",
        "CloudTrailAcl222222222222",
        "CloudTrailWrite222222222222",
        "CloudTrailAcl333333333333",
        "CloudTrailWrite333333333333",
    ]
    assert bucket_policy(second, first) == document


def test_several_trails_of_one_account_share_a_pair():
    document = bucket_policy(
        {"account_id": "222222222222"},
        {"account_id": "222222222222", "name": "second", "region": "us-east-1", "prefix": "shared/second"},
        {"account_id": "222222222222", "name": "third", "prefix": ""},
    )
    statements = by_sid(document)
    assert set(statements) == {
        "DenyInsecureTransport", "CloudTrailAcl222222222222", "CloudTrailWrite222222222222"
    }  # fmt: skip
    arns = [
        "arn:aws:cloudtrail:eu-west-1:222222222222:trail/audit-logs",
        "arn:aws:cloudtrail:us-east-1:222222222222:trail/second",
        "arn:aws:cloudtrail:eu-west-1:222222222222:trail/third",
    ]
    assert statements["CloudTrailAcl222222222222"]["Condition"]["StringEquals"]["aws:SourceArn"] == arns
    assert statements["CloudTrailWrite222222222222"]["Condition"]["StringEquals"]["aws:SourceArn"] == arns
    assert statements["CloudTrailWrite222222222222"]["Resource"] == [
        "arn:aws:s3:::logs/222222222222/AWSLogs/222222222222/*",
        "arn:aws:s3:::logs/shared/second/AWSLogs/222222222222/*",
        "arn:aws:s3:::logs/AWSLogs/222222222222/*",
    ]


def test_the_trail_of_an_organization_has_its_folder_too():
    document = bucket_policy({"account_id": "222222222222", "prefix": "org", "organization_id": ORGANIZATION})
    assert by_sid(document)["CloudTrailWrite222222222222"]["Resource"] == [
        "arn:aws:s3:::logs/org/AWSLogs/222222222222/*",
        "arn:aws:s3:::logs/org/AWSLogs/o-a1b2c3d4e5/*",
    ]


def test_every_arn_is_of_the_partition():
    trail = {"account_id": "222222222222", "region": "cn-northwest-1"}
    documents = [
        bucket_policy(trail, region="cn-north-1", form=form, organization_id=ORGANIZATION)
        for form in policies.POLICY_FORMS
    ] + [
        policies.key_policy("111111111111", "cn-north-1", [trail], form, ORGANIZATION) for form in policies.POLICY_FORMS
    ]
    for document in documents:
        assert "arn:aws-cn:" in json.dumps(document)
        assert "arn:aws:" not in json.dumps(document)
    assert "arn:aws-cn:cloudtrail:cn-northwest-1:222222222222:trail/audit-logs" in json.dumps(documents[0])


def test_source_accounts_is_one_pair():
    document = bucket_policy(
        {"account_id": "333333333333"}, {"account_id": "222222222222"}, {"account_id": "222222222222", "name": "b"},
        form="source_accounts",
    )  # fmt: skip
    statement = by_sid(document)["CloudTrailDelivers"]
    assert statement["Effect"] == "Allow"
    assert statement["Principal"] == CLOUDTRAIL
    assert statement["Action"] == ["s3:GetBucketAcl", "s3:PutObject"]
    assert statement["Resource"] == ["arn:aws:s3:::logs", "arn:aws:s3:::logs/*/AWSLogs/*"]
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ["222222222222", "333333333333"]},
        "ArnLike": {
            "aws:SourceArn": ["arn:aws:cloudtrail:*:*:trail/audit-logs", "arn:aws:cloudtrail:*:*:trail/b"],
        },
    }
    assert by_sid(document)["DenyOtherAcl"] == {
        "Sid": "DenyOtherAcl",
        "Effect": "Deny",
        "Principal": CLOUDTRAIL,
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::logs/*",
        "Condition": {"StringNotEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}},
    }
    assert len(document["Statement"]) == 3


def test_source_arns_is_one_pair_with_each_trail():
    document = bucket_policy(
        {"account_id": "333333333333"}, {"account_id": "222222222222"}, {"account_id": "222222222222", "name": "b"},
        form="source_arns",
    )  # fmt: skip
    shared = bucket_policy({"account_id": "333333333333"}, form="source_accounts")
    statement = by_sid(document)["CloudTrailDelivers"]
    assert statement == {**by_sid(shared)["CloudTrailDelivers"], "Condition": {"StringEquals": {"aws:SourceArn": [
        "arn:aws:cloudtrail:eu-west-1:222222222222:trail/audit-logs",
        "arn:aws:cloudtrail:eu-west-1:222222222222:trail/b",
        "arn:aws:cloudtrail:eu-west-1:333333333333:trail/audit-logs",
    ]}}}
    assert by_sid(document)["DenyOtherAcl"] == by_sid(shared)["DenyOtherAcl"]
    assert len(document["Statement"]) == 3


def test_organization_is_one_pair():
    document = bucket_policy(
        {"account_id": "222222222222", "prefix": ""},
        {"account_id": "333333333333"},
        form="organization",
        organization_id=ORGANIZATION,
    )
    statement = by_sid(document)["CloudTrailDelivers"]
    assert statement["Resource"] == [
        "arn:aws:s3:::logs",
        "arn:aws:s3:::logs/*/AWSLogs/*",
        "arn:aws:s3:::logs/AWSLogs/*",
    ]
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceOrgID": "o-a1b2c3d4e5"},
        "ArnLike": {"aws:SourceArn": "arn:aws:cloudtrail:*:*:trail/audit-logs"},
    }


def test_tls_only_covers_bucket_and_objects_in_every_form():
    for form in policies.POLICY_FORMS:
        document = bucket_policy({"account_id": "222222222222"}, form=form, organization_id=ORGANIZATION)
        assert document["Statement"][0] == TLS_ONLY


class TestWhatItAllows:
    """The documents, evaluated as AWS evaluates them."""

    PRINCIPAL = Principal(service="cloudtrail.amazonaws.com")
    KEY = "arn:aws:s3:::logs/{prefix}/AWSLogs/{account}/CloudTrail/eu-west-1/2026/01/01/file.json.gz"

    def allowed(
        self, form, *, action="s3:PutObject", resource=None, principal=PRINCIPAL, trail="audit-logs", **context
    ):
        document = bucket_policy(
            {"account_id": "222222222222"}, {"account_id": "333333333333"}, form=form, organization_id=ORGANIZATION
        )
        context = {
            "aws:SourceArn": f"arn:aws:cloudtrail:eu-west-1:222222222222:trail/{trail}",
            "aws:SourceAccount": "222222222222",
            "aws:SourceOrgID": ORGANIZATION,
            "aws:SecureTransport": "true",
            "s3:x-amz-acl": "bucket-owner-full-control",
            **{name.replace("_", ":", 1).replace("acl", "x-amz-acl"): value for name, value in context.items()},
        }
        if action == "s3:GetBucketAcl":
            del context["s3:x-amz-acl"]
        resource = resource or self.KEY.format(prefix="222222222222", account="222222222222")
        context = {name: value for name, value in context.items() if value is not None}
        decision = evaluate([parse(json.dumps(document))], Request(action, resource, principal, context))
        return decision is Decision.ALLOW

    @pytest.mark.parametrize("form", policies.POLICY_FORMS)
    def test_cloudtrail_delivers(self, form):
        assert self.allowed(form)
        assert self.allowed(form, action="s3:GetBucketAcl", resource="arn:aws:s3:::logs")

    @pytest.mark.parametrize("form", policies.POLICY_FORMS)
    def test_nobody_else_does(self, form):
        assert not self.allowed(form, principal=Principal(service="config.amazonaws.com"))
        assert not self.allowed(
            form, principal=Principal(account="222222222222", arns=("arn:aws:iam::222222222222:root",))
        )

    @pytest.mark.parametrize("form", policies.POLICY_FORMS)
    def test_not_for_another_trail(self, form):
        assert not self.allowed(form, trail="other")
        assert not self.allowed(form, trail="other", action="s3:GetBucketAcl", resource="arn:aws:s3:::logs")

    @pytest.mark.parametrize("form", policies.POLICY_FORMS)
    @pytest.mark.parametrize("acl", ["private", "public-read", None])
    def test_not_with_another_acl(self, form, acl):
        assert not self.allowed(form, s3_acl=acl)

    @pytest.mark.parametrize("form", policies.POLICY_FORMS)
    def test_not_without_tls(self, form):
        assert not self.allowed(form, aws_SecureTransport="false")

    @pytest.mark.parametrize("form", policies.POLICY_FORMS)
    def test_not_outside_of_the_log_folders(self, form):
        assert not self.allowed(form, resource="arn:aws:s3:::logs/elsewhere/file")
        assert not self.allowed(form, resource="arn:aws:s3:::other/222222222222/AWSLogs/222222222222/file")

    @pytest.mark.parametrize("form", policies.POLICY_FORMS)
    @pytest.mark.parametrize("action", ["s3:GetObject", "s3:DeleteObject", "s3:PutBucketPolicy"])
    def test_nothing_else(self, form, action):
        assert not self.allowed(form, action=action)

    def test_accounts_keeps_the_accounts_apart(self):
        other = self.KEY.format(prefix="333333333333", account="333333333333")
        assert not self.allowed("accounts", resource=other)

    @pytest.mark.parametrize("form", ["accounts", "source_arns", "source_accounts"])
    def test_accounts_that_are_named(self, form):
        stranger = "arn:aws:cloudtrail:eu-west-1:999999999999:trail/audit-logs"
        assert not self.allowed(form, aws_SourceAccount="999999999999", aws_SourceArn=stranger)

    def test_source_arns_depends_on_the_trail_alone(self):
        assert self.allowed("source_arns", aws_SourceAccount=None, aws_SourceOrgID=None)

    def test_organization_knows_its_organization(self):
        assert not self.allowed("organization", aws_SourceOrgID="o-zzzzzzzzzz")
        assert not self.allowed("organization", aws_SourceOrgID=None)


class TestKeyPolicy:
    def test_own_account_alone(self):
        assert policies.key_policy("111111111111", "eu-west-1", []) == {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "AccountAdministers",
                    "Effect": "Allow",
                    "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
                    "Action": "kms:*",
                    "Resource": "*",
                }
            ],
        }

    @pytest.mark.parametrize(
        ("form", "condition"),
        [
            (
                "accounts",
                {
                    "StringEquals": {
                        "aws:SourceArn": [
                            "arn:aws:cloudtrail:eu-west-1:222222222222:trail/audit-logs",
                            "arn:aws:cloudtrail:eu-west-1:333333333333:trail/audit-logs",
                        ]
                    }
                },
            ),
            (
                "source_arns",
                {
                    "StringEquals": {
                        "aws:SourceArn": [
                            "arn:aws:cloudtrail:eu-west-1:222222222222:trail/audit-logs",
                            "arn:aws:cloudtrail:eu-west-1:333333333333:trail/audit-logs",
                        ]
                    }
                },
            ),
            (
                "source_accounts",
                {
                    "StringEquals": {"aws:SourceAccount": ["222222222222", "333333333333"]},
                    "ArnLike": {"aws:SourceArn": "arn:aws:cloudtrail:*:*:trail/audit-logs"},
                },
            ),
            (
                "organization",
                {
                    "StringEquals": {"aws:SourceOrgID": "o-a1b2c3d4e5"},
                    "ArnLike": {"aws:SourceArn": "arn:aws:cloudtrail:*:*:trail/audit-logs"},
                },
            ),
        ],
    )
    def test_who_encrypts(self, form, condition):
        trails = [{"account_id": "333333333333"}, {"account_id": "222222222222"}]
        statements = by_sid(policies.key_policy("111111111111", "eu-west-1", trails, form, ORGANIZATION))
        assert set(statements) == {"AccountAdministers", "CloudTrailEncrypts"}
        assert statements["CloudTrailEncrypts"] == {
            "Sid": "CloudTrailEncrypts",
            "Effect": "Allow",
            "Principal": CLOUDTRAIL,
            "Action": ["kms:DescribeKey", "kms:GenerateDataKey*"],
            "Resource": "*",
            "Condition": condition,
        }

    @pytest.mark.parametrize("form", policies.POLICY_FORMS)
    def test_with_decrypt(self, form):
        document = policies.key_policy("111111111111", "eu-west-1", [{"account_id": "222222222222"}], form, ORGANIZATION)
        expected = by_sid(document)
        actions = ["kms:DescribeKey", "kms:GenerateDataKey*", "kms:Decrypt"]
        expected["CloudTrailEncrypts"] = {**expected["CloudTrailEncrypts"], "Action": actions}
        assert by_sid(policies.with_decrypt(document)) == expected
        assert findings(policies.with_decrypt(document)) == []

    def test_too_large(self):
        with pytest.raises(ValueError, match="the policy of the KMS key for 1000 trails has .* but AWS allows 32768"):
            policies.key_policy("111111111111", "eu-west-1", members(1000))

    def test_a_thousand_accounts_fit(self):
        for form in ("source_accounts", "organization"):
            assert size(policies.key_policy("111111111111", "eu-west-1", members(1000), form, ORGANIZATION)) < 32768


class TestSize:
    def test_how_many_accounts_fit_one_by_one(self):
        """29, with a bucket name of 18 letters; the README says about thirty."""
        assert size(bucket_policy(*members(29), bucket="example-audit-logs")) <= 20480
        with pytest.raises(ValueError) as error:
            bucket_policy(*members(30), bucket="example-audit-logs")
        assert str(error.value).startswith("the policy of bucket example-audit-logs for 30 trails has 2")
        assert str(error.value).endswith(
            " bytes, but AWS allows 20480: the form 'accounts' has room for about 29 trails in the policy of a bucket,"
            " so choose the policy form 'source_arns' (about 317 trails) or 'organization' (one organization)"
        )

    def test_how_many_trails_fit_as_a_list(self):
        assert size(bucket_policy(*members(317), bucket="example-audit-logs", form="source_arns")) <= 20480
        with pytest.raises(ValueError, match="the form 'source_arns' has room for about 317 trails in the policy of a bucket"):
            bucket_policy(*members(318), bucket="example-audit-logs", form="source_arns")
        assert size(policies.key_policy("111111111111", "eu-west-1", members(317), "source_arns")) < 32768

    @pytest.mark.parametrize("form", ["source_accounts", "organization"])
    def test_a_thousand_accounts_fit(self, form):
        name = "b" * 63
        document = bucket_policy(*members(1000), bucket=name, form=form, organization_id=ORGANIZATION)
        assert size(document) <= 20480

    def test_the_advice_gets_shorter(self):
        for form, number, choice in [
            ("accounts", 318, "'source_accounts' (about 1,223 trails) or 'organization' (one organization)"),
            ("source_arns", 318, "'source_accounts' (about 1,223 trails) or 'organization' (one organization)"),
            ("source_accounts", 1300, "'organization' (one organization)"),
        ]:
            with pytest.raises(ValueError) as error:
                bucket_policy(*members(number), bucket="example-audit-logs", form=form)
            assert str(error.value).endswith(f"so choose the policy form {choice}")
        extra = {"Statement": [{"Sid": "Big", "Effect": "Deny", "Resource": "x" * 21000}]}
        with pytest.raises(ValueError, match="AWS allows 20480: shorten the statements$"):
            bucket_policy(*members(2), form="organization", organization_id=ORGANIZATION, extra=extra)

    def test_bytes_are_counted_not_letters(self):
        extra = {"Statement": [{"Sid": "Big", "Effect": "Deny", "Resource": "ü" * 7000}]}
        with pytest.raises(ValueError, match="20480"):
            bucket_policy(extra=extra)


class TestMerge:
    MINE = {"Sid": "Readers", "Effect": "Allow", "Principal": {"AWS": "999999999999"}, "Action": "s3:GetObject"}

    @pytest.mark.parametrize("as_text", [False, True])
    def test_a_new_statement_is_appended(self, as_text):
        extra = {"Version": "2012-10-17", "Statement": [self.MINE]}
        document = bucket_policy({"account_id": "222222222222"}, extra=json.dumps(extra) if as_text else extra)
        assert document["Statement"] == [TLS_ONLY, ACL_222222222222, WRITE_222222222222, self.MINE]

    def test_a_known_sid_is_replaced_at_its_position(self):
        mine = {**self.MINE, "Sid": "CloudTrailAcl222222222222"}
        document = bucket_policy({"account_id": "222222222222"}, extra={"Statement": [mine]})
        assert document["Statement"] == [TLS_ONLY, mine, WRITE_222222222222]

    def test_statements_without_sid_are_all_retained(self):
        one, two = ({"Effect": "Deny", "Action": action} for action in ("s3:PutObjectAcl", "s3:DeleteBucket"))
        assert bucket_policy(extra={"Statement": [one, two]})["Statement"] == [TLS_ONLY, one, two]

    def test_a_single_statement_needs_no_list(self):
        assert bucket_policy(extra={"Statement": self.MINE})["Statement"] == [TLS_ONLY, self.MINE]

    @pytest.mark.parametrize("nothing", [None, "", {}, []])
    def test_nothing_to_merge(self, nothing):
        assert bucket_policy(extra=nothing)["Statement"] == [TLS_ONLY]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"extra": "{not json"}, "the policy is not JSON: "),
        ({"extra": '["a"]'}, "the policy is not a policy document: it has no list of statements under 'Statement'"),
        ({"extra": {"Statment": []}}, "the policy is not a policy document: "),
        ({"extra": {"Statement": ["a"]}}, "the policy is not a policy document: "),
        (
            {"form": "organization"},
            "the policy form 'organization' needs the id of the organization, such as o-a1b2c3d4e5",
        ),
        ({"form": "everyone"}, "the policy form 'everyone' is not one of accounts, source_arns, source_accounts, organization"),
    ],
)
def test_refused(options, sentence):
    trails = [{"account_id": "222222222222"}]
    with pytest.raises(ValueError) as error:
        policies.bucket_policy("logs", "eu-west-1", trails, **options)
    assert str(error.value).startswith(sentence)
    if "form" in options:
        with pytest.raises(ValueError) as error:
            policies.key_policy("111111111111", "eu-west-1", trails, **options)
        assert str(error.value).startswith(sentence)


@pytest.mark.parametrize("account, shown", [(None, "null"), ("", "''"), ("12345", "'12345'"), (222222222222, "222222222222")])
def test_an_account_that_is_none(account, shown):
    sentence = f"account id {shown} is not a string of 12 digits"
    with pytest.raises(ValueError, match=sentence):
        policies.bucket_policy("logs", "eu-west-1", [{"account_id": account}])
    with pytest.raises(ValueError, match=sentence):
        policies.key_policy(account, "eu-west-1", [])


@pytest.mark.parametrize("region", ["eu-west-1", "cn-north-1", "us-gov-west-1"])
@pytest.mark.parametrize("form", policies.POLICY_FORMS)
@pytest.mark.parametrize("with_organization_trail", [False, True])
def test_parliament_finds_nothing(form, region, with_organization_trail):
    trails = [
        {"account_id": "222222222222"},
        {"account_id": "333333333333", "prefix": ""},
        {"account_id": "333333333333", "name": "second"},
    ]
    if with_organization_trail:
        trails.append({"account_id": "444444444444", "organization_id": ORGANIZATION})
    assert findings(policies.bucket_policy("logs", region, trails, form, ORGANIZATION)) == []
    assert findings(policies.key_policy("111111111111", region, trails, form, ORGANIZATION)) == []
    assert findings(policies.bucket_policy("logs", region, [], form, ORGANIZATION)) == []
    assert findings(policies.key_policy("111111111111", region, [], form, ORGANIZATION)) == []
