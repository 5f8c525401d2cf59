# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""May CloudTrail deliver? What the policies of buckets, keys and roles do not allow, said in a sentence."""

from __future__ import annotations

import json

import pytest
from clouds.aws import policy as local

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


def test_a_bucket_key_needs_decrypt():
    with_bucket_key = {**trail(), "bucket_key": True}
    document = policies.key_policy("111111111111", "eu-west-1", [trail()])
    assert delivery.key_problems(document, KEY, trail()) == []
    found = delivery.key_problems(document, KEY, with_bucket_key)
    assert len(found) == 1 and "allows cloudtrail.amazonaws.com kms:Decrypt on" in found[0]
    assert delivery.key_problems(policies.with_decrypt(document), KEY, with_bucket_key) == []
    assert delivery.key_unknowns(policies.with_decrypt(document), KEY, with_bucket_key) == []
    # Nobody outside AWS knows the encryption context of this call.
    of_trail = {"StringEquals": {"kms:EncryptionContext:aws:cloudtrail:arn": "x"}}
    denied = {"Sid": "Context", "Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": of_trail}
    document = {**document, "Statement": [*policies.with_decrypt(document)["Statement"], denied]}
    assert delivery.key_problems(document, KEY, with_bucket_key) == []
    assert len(delivery.key_unknowns(document, KEY, with_bucket_key)) == 1


# Mutations of a policy with two accounts: each is named, in one sentence, and only for the account that it hits.

TRAIL = "arn:aws:cloudtrail:eu-west-1:222222222222:trail/audit-logs"
ARN = f"arn:aws:s3:::{BUCKET}"
ACL, WRITE = "CloudTrailAcl222222222222", "CloudTrailWrite222222222222"
OTHER_TRAIL = TRAIL.replace("222222222222", "333333333333")
NO_ACL = (
    "the policy of bucket example-audit-logs has no statement that allows cloudtrail.amazonaws.com s3:GetBucketAcl on"
    f" example-audit-logs for {TRAIL}"
)
NO_WRITE = (
    "the policy of bucket example-audit-logs has no statement that allows cloudtrail.amazonaws.com s3:PutObject on"
    f" example-audit-logs/222222222222/AWSLogs/222222222222/* for {TRAIL}"
)


def bucket_policy(form="accounts", **options):
    trails = [trail(), trail("333333333333")]
    return policies.bucket_policy(BUCKET, "eu-west-1", trails, form, ORGANIZATION, **options)


def changed(sid, form="accounts", **elements):
    """A policy of which one statement has other elements; None takes one away."""
    document = bucket_policy(form)
    statement = next(found for found in document["Statement"] if found["Sid"] == sid)
    statement.update(elements)
    for name in [name for name, value in elements.items() if value is None]:
        del statement[name]
    return document


def without(*sids):
    document = bucket_policy()
    return {**document, "Statement": [found for found in document["Statement"] if found["Sid"] not in sids]}


def with_condition(sid, operator, key, value):
    """A policy of which one statement has one condition more, or with another value."""
    statement = next(found for found in bucket_policy()["Statement"] if found["Sid"] == sid)
    condition = {**statement["Condition"], operator: {**statement["Condition"].get(operator, {}), key: value}}
    return changed(sid, Condition=condition)


OTHER = TRAIL.replace("222222222222", "333333333333")


MUTATIONS = [
    (without(ACL), [NO_ACL]),
    (without(WRITE), [NO_WRITE]),
    (without(ACL, WRITE), [NO_ACL, NO_WRITE]),
    ({"Version": "2012-10-17", "Statement": []}, [NO_ACL, NO_WRITE]),
    (changed(WRITE, Sid="Mine"), []),
    (changed(WRITE, Sid=None), []),
    (changed(WRITE, Principal="*"), []),
    (
        changed(WRITE, Principal={"Service": "config.amazonaws.com"}),
        [f"{NO_WRITE}: statement {WRITE} comes closest, but its Principal is config.amazonaws.com"],
    ),
    (
        changed(WRITE, Principal=None, NotPrincipal={"Service": "cloudtrail.amazonaws.com"}),
        [f"{NO_WRITE}: statement {WRITE} comes closest, but its NotPrincipal leaves cloudtrail.amazonaws.com out"],
    ),
    (changed(WRITE, Action="s3:Put*"), []),
    (
        changed(WRITE, Action="s3:PutObjectAcl"),
        [f"{NO_WRITE}: statement {WRITE} comes closest, but its Action is s3:PutObjectAcl"],
    ),
    (
        changed(WRITE, Action=None, NotAction=["s3:Get*", "s3:Put*"]),
        [f"{NO_WRITE}: statement {WRITE} comes closest, but its NotAction leaves s3:PutObject out"],
    ),
    (changed(WRITE, Resource=f"{ARN}/*"), []),
    (changed(WRITE, Resource="*"), []),
    (
        changed(WRITE, Resource=ARN),
        [f"{NO_WRITE}: statement {WRITE} comes closest, but its Resource is {ARN}, without /* at its end"],
    ),
    (
        changed(WRITE, Resource=f"{ARN}/222222222222/AWSLogs/333333333333/*", Sid=None),
        [
            f"{NO_WRITE}: statement 3 comes closest, but its Resource is {ARN}/222222222222/AWSLogs/333333333333/*"
        ],
    ),
    (
        changed(WRITE, Resource=f"{ARN}/222222222222/AWSLogs/222222222222/CloudTrail/*"),
        [
            f"{NO_WRITE}: statement {WRITE} comes closest, but its Resource is"
            f" {ARN}/222222222222/AWSLogs/222222222222/CloudTrail/*"
        ],
    ),
    (
        changed(WRITE, Resource=None, NotResource=f"{ARN}/222222222222/*"),
        [f"{NO_WRITE}: statement {WRITE} comes closest, but its NotResource leaves {ARN}/222222222222/* out"],
    ),
    (
        changed(ACL, Resource=f"{ARN}/*"),
        [f"{NO_ACL}: statement {ACL} comes closest, but its Resource is {ARN}/*"],
    ),
    (
        with_condition(ACL, "StringEquals", "aws:SourceArn", OTHER),
        [
            f"{NO_ACL}: statement {ACL} comes closest, but its condition StringEquals aws:SourceArn {OTHER} is not"
            " met,"
            f" as aws:SourceArn is {TRAIL}"
        ],
    ),
    (with_condition(ACL, "StringEquals", "aws:SourceArn", [OTHER, TRAIL]), []),
    (with_condition(ACL, "ArnLike", "aws:SourceArn", "arn:aws:cloudtrail:*:222222222222:trail/*"), []),
    (
        with_condition(ACL, "ArnLike", "aws:SourceArn", "arn:aws:cloudtrail:us-*:222222222222:trail/*"),
        [
            f"{NO_ACL}: statement {ACL} comes closest, but its condition ArnLike aws:SourceArn"
            f" arn:aws:cloudtrail:us-*:222222222222:trail/* is not met, as aws:SourceArn is {TRAIL}"
        ],
    ),
    (
        with_condition(WRITE, "StringEquals", "aws:SourceArn", [f"a{n}" for n in range(60)]),
        [
            f"{NO_WRITE}: statement {WRITE} comes closest, but its condition StringEquals aws:SourceArn a0, a1, a2"
            " and"
            f" 57 more is not met, as aws:SourceArn is {TRAIL}"
        ],
    ),
    (
        with_condition(WRITE, "StringEquals", "s3:x-amz-acl", "private"),
        [
            f"{NO_WRITE}: statement {WRITE} comes closest, but its condition StringEquals s3:x-amz-acl private is"
            " not"
            " met, as s3:x-amz-acl is bucket-owner-full-control"
        ],
    ),
    (
        changed(WRITE, Resource=ARN, Condition={"StringEquals": {"aws:SourceAccount": "333333333333"}}),
        [
            f"{NO_WRITE}: statement {WRITE} comes closest, but its Resource is {ARN}, without /* at its end and its"
            " condition StringEquals aws:SourceAccount 333333333333 is not met, as aws:SourceAccount is"
            " 222222222222"
        ],
    ),
    (with_condition(WRITE, "StringEquals", "aws:SourceAccount", "222222222222"), []),
    (with_condition(WRITE, "StringEquals", "aws:SourceOrgID", ORGANIZATION), []),
    (with_condition(WRITE, "StringEquals", "aws:SourceIp", "192.0.2.1"), []),
    (with_condition(WRITE, "StringMatches", "aws:SourceArn", "x"), []),
    (
        with_condition(WRITE, "StringEquals", "aws:PrincipalOrgID", ORGANIZATION),
        [
            f"{NO_WRITE}: statement {WRITE} comes closest, but its condition StringEquals aws:PrincipalOrgID"
            f" {ORGANIZATION} is not met, as such a call has no aws:PrincipalOrgID"
        ],
    ),
    (
        with_condition(WRITE, "Bool", "aws:SecureTransport", False),
        [
            f"{NO_WRITE}: statement {WRITE} comes closest, but its condition Bool aws:SecureTransport false is not"
            " met,"
            " as aws:SecureTransport is true"
        ],
    ),
    (
        changed(WRITE, Effect="Deny"),
        [
            f"statement {WRITE} of the policy of bucket example-audit-logs denies cloudtrail.amazonaws.com"
            " s3:PutObject"
            f" on {ARN}/222222222222/AWSLogs/222222222222/*: its condition StringEquals aws:SourceArn {TRAIL} is"
            " met, as"
            f" aws:SourceArn is {TRAIL} and its condition StringEquals s3:x-amz-acl bucket-owner-full-control is"
            " met, as"
            " s3:x-amz-acl is bucket-owner-full-control"
        ],
    ),
    (
        changed("CloudTrailDelivers", form="source_accounts", Action="s3:PutObject"),
        [f"{NO_ACL}: statement CloudTrailDelivers comes closest, but its Action is s3:PutObject"],
    ),
    (
        changed("CloudTrailDelivers", form="source_arns", Condition={"StringEquals": {"aws:SourceArn": [OTHER_TRAIL]}}),
        [
            f"{sentence}: statement CloudTrailDelivers comes closest, but its condition StringEquals aws:SourceArn {OTHER_TRAIL}"
            f" is not met, as aws:SourceArn is {TRAIL}" for sentence in (NO_ACL, NO_WRITE)
        ],
    ),
    (
        changed("DenyOtherAcl", form="source_accounts", Action="s3:*", Resource="*"),
        [
            "statement DenyOtherAcl of the policy of bucket example-audit-logs denies cloudtrail.amazonaws.com"
            " s3:GetBucketAcl on *: its condition StringNotEquals s3:x-amz-acl bucket-owner-full-control is met, as"
            " such a call has no s3:x-amz-acl"
        ],
    ),
]


@pytest.mark.parametrize(("document", "sentences"), MUTATIONS)
def test_mutations_of_a_bucket_policy(document, sentences):
    assert delivery.bucket_problems(document, BUCKET, trail()) == sentences
    if "CloudTrailAcl333333333333" in str(document):
        assert delivery.bucket_problems(document, BUCKET, trail("333333333333")) == []


def denying(**elements):
    mine = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [ARN, f"{ARN}/*"], **elements}
    document = bucket_policy()
    document["Statement"].append({name: value for name, value in mine.items() if value is not None})
    return document


DENIES = "statement 6 of the policy of bucket example-audit-logs denies cloudtrail.amazonaws.com"
BOTH = f"{DENIES} s3:GetBucketAcl and s3:PutObject on {ARN}, {ARN}/*"


DENIALS = [
    (denying(), [BOTH]),
    (denying(Sid="Locked"), [BOTH.replace("statement 6", "statement Locked")]),
    (denying(Sid="<b>\n"), [BOTH.replace("statement 6", 'statement "<b>\\n"')]),
    (denying(Principal={"AWS": "333333333333"}), []),
    (
        denying(Principal=None, NotPrincipal={"AWS": ["333333333333", "444444444444"]}),
        [f"{BOTH}: it is about all but 333333333333, 444444444444"],
    ),
    (denying(Principal=None, NotPrincipal={"Service": "cloudtrail.amazonaws.com"}), []),
    (
        denying(Action=None, NotAction="s3:Get*"),
        [f"{DENIES} s3:PutObject on {ARN}, {ARN}/*: it is about all but s3:Get*"],
    ),
    (
        denying(Resource=None, NotResource=f"{ARN}/AWSLogs/*"),
        [f"{DENIES} s3:GetBucketAcl and s3:PutObject: it is about all but {ARN}/AWSLogs/*"],
    ),
    (denying(Resource=f"{ARN}/*"), [f"{DENIES} s3:PutObject on {ARN}/*"]),
    (denying(Resource=f"{ARN}/333333333333/*"), []),
    (
        denying(Condition={"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}),
        [
            f"{BOTH}: its condition StringNotEquals aws:SourceVpce vpce-1 is met, as such a call has no"
            " aws:SourceVpce"
        ],
    ),
    (
        denying(Condition={"StringNotEqualsIfExists": {"aws:PrincipalOrgID": ORGANIZATION}}),
        [
            f"{BOTH}: its condition StringNotEqualsIfExists aws:PrincipalOrgID {ORGANIZATION} is met, as such a"
            " call has"
            " no aws:PrincipalOrgID"
        ],
    ),
    (
        denying(Condition={"Null": {"aws:SourceVpc": "true"}}),
        [f"{BOTH}: its condition Null aws:SourceVpc true is met, as such a call has no aws:SourceVpc"],
    ),
    (
        denying(Condition={"ForAllValues:StringNotEquals": {"aws:PrincipalTag/team": "audit"}}),
        [
            f"{BOTH}: its condition ForAllValues:StringNotEquals aws:PrincipalTag/team audit is met, as such a"
            " call has"
            " no aws:PrincipalTag/team"
        ],
    ),
    (
        denying(Condition={"StringNotLike": {"aws:SourceArn": "arn:aws:cloudtrail:us-*"}}),
        [
            f"{BOTH}: its condition StringNotLike aws:SourceArn arn:aws:cloudtrail:us-* is met, as aws:SourceArn is"
            f" {TRAIL}"
        ],
    ),
    (
        denying(Condition={"NotIpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}}),
        [
            f"{BOTH}: its condition NotIpAddress aws:VpcSourceIp 10.0.0.0/8 is met, as such a call has no"
            " aws:VpcSourceIp"
        ],
    ),
    (denying(Condition={"StringNotEquals": {"aws:SourceAccount": ["222222222222", "333333333333"]}}), []),
    (
        denying(
            Condition={
                "StringNotEqualsIfExists": {"aws:PrincipalOrgID": ORGANIZATION},
                "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
            }
        ),
        [],
    ),
    (denying(Condition={"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}), []),
    (denying(Condition={"StringNotEquals": {"aws:PrincipalAccount": "111111111111"}}), []),
    (denying(Condition={"StringUnlike": {"aws:SourceArn": "x"}}), []),
    (denying(Action="s3:PutObject", Condition={"Null": {"s3:x-amz-server-side-encryption": "true"}}), []),
]


@pytest.mark.parametrize(("document", "sentences"), DENIALS)
def test_statements_that_deny(document, sentences):
    assert delivery.bucket_problems(document, BUCKET, trail()) == sentences


@pytest.mark.parametrize(("document", "sentences"), MUTATIONS + DENIALS)
def test_the_local_aws_is_of_the_same_opinion(document, sentences):
    """It knows more of a call, or guesses, and so refuses also what is not known here."""
    try:
        policy = local.parse(json.dumps(document))
    except local.PolicyError:
        return
    own = {"aws:SourceArn": TRAIL, "aws:SourceAccount": "222222222222", "aws:SecureTransport": "true",
           "aws:PrincipalIsAWSService": "true", "aws:SourceOrgID": ORGANIZATION}
    upload = {**own, "s3:x-amz-acl": "bucket-owner-full-control"}
    folder = f"{ARN}/222222222222/AWSLogs/222222222222"
    needs = [("s3:GetBucketAcl", ARN, own), ("s3:PutObject", f"{folder}/CloudTrail/eu-west-1/x.json.gz", upload),
             ("s3:PutObject", f"{folder}/CloudTrail-Digest/eu-west-1/x.json.gz", upload)]
    cloudtrail = local.Principal(service="cloudtrail.amazonaws.com")
    allowed = all(
        local.evaluate([policy], local.Request(action, resource, cloudtrail, context)) is local.Decision.ALLOW
        for action, resource, context in needs
    )
    if sentences:
        assert not allowed
    elif not delivery.bucket_unknowns(document, BUCKET, trail()):
        assert allowed


def test_what_is_not_known_can_be_asked_for():
    from_office = denying(Sid="Office", Condition={"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}})
    assert delivery.bucket_unknowns(from_office, BUCKET, trail()) == [
        "only AWS can evaluate whether statement Office of the policy of bucket example-audit-logs denies cloudtrail.amazonaws.com"
        " s3:GetBucketAcl on example-audit-logs, because of its condition NotIpAddress aws:SourceIp"
        " 192.0.2.0/24",
        "only AWS can evaluate whether statement Office of the policy of bucket example-audit-logs denies cloudtrail.amazonaws.com"
        " s3:PutObject"
        " on example-audit-logs/222222222222/AWSLogs/222222222222/*, because of its condition"
        " NotIpAddress aws:SourceIp 192.0.2.0/24",
    ]
    assert delivery.bucket_unknowns(bucket_policy(), BUCKET, trail()) == []


def test_what_is_denied_comes_first():
    document = denying(Resource=f"{ARN}/*")
    del document["Statement"][1]
    found = delivery.bucket_problems(document, BUCKET, trail())
    assert found == [f"{DENIES} s3:PutObject on {ARN}/*".replace("statement 6", "statement 5"), NO_ACL]


def test_of_several_near_misses_the_one_that_is_meant():
    """Without Sids, both statements about the ACL lack one thing, and the other account's comes first."""
    document = changed("CloudTrailAcl333333333333", Action="s3:GetBucketLocation")
    for statement in document["Statement"]:
        del statement["Sid"]
    assert delivery.bucket_problems(document, BUCKET, trail("333333333333")) == [
        NO_ACL.replace("222222222222", "333333333333")
        + ": statement 4 comes closest, but its Action is s3:GetBucketLocation"
    ]


def test_the_only_statement_is_the_one_that_is_meant():
    """A policy that was copied from another account."""
    document = policies.bucket_policy(BUCKET, "eu-west-1", [trail("333333333333")])
    for statement in document["Statement"]:
        del statement["Sid"]
    assert delivery.bucket_problems(document, BUCKET, trail()) == [
        f"{NO_ACL}: statement 2 comes closest, but its condition StringEquals aws:SourceArn {OTHER} is not met, as"
        f" aws:SourceArn is {TRAIL}",
        f"{NO_WRITE}: statement 3 comes closest, but its Resource is {ARN}/333333333333/AWSLogs/333333333333/* and its"
        f" condition StringEquals aws:SourceArn {OTHER} is not met, as aws:SourceArn is {TRAIL}",
    ]


def test_no_policy_at_all():
    assert delivery.bucket_problems(None, BUCKET, trail()) == [
        f"bucket example-audit-logs has no policy, and so does not let cloudtrail.amazonaws.com deliver for {TRAIL}"
    ]


def test_only_kms_counts_for_the_log_files_of_a_trail_with_a_key():
    """Of the others it is not documented what CloudTrail asks for."""
    aes = denying(Action="s3:PutObject", Condition={"StringNotEquals": {"s3:x-amz-server-side-encryption": "AES256"}})
    assert delivery.bucket_problems(aes, BUCKET, trail()) == []
    assert delivery.bucket_problems(aes, BUCKET, trail(kms_key_arn=KEY)) == [
        f"{DENIES} s3:PutObject on {ARN}, {ARN}/*: its condition StringNotEquals s3:x-amz-server-side-encryption"
        " AES256 is"
        " met, as s3:x-amz-server-side-encryption is aws:kms"
    ]


ENCRYPTION = "s3:x-amz-server-side-encryption"
ENCRYPTION_KEY = f"{ENCRYPTION}-aws-kms-key-id"


@pytest.mark.parametrize(
    ("key", "validation", "condition", "expected"),
    [
        # Without a key SSE-S3, asked for or not.
        ("", True, {"StringNotEquals": {ENCRYPTION: "aws:kms"}}, "denied"),
        ("", True, {"StringNotEquals": {ENCRYPTION_KEY: KEY}}, "denied"),
        ("", True, {"Null": {ENCRYPTION: "true"}}, "unknown"),
        ("", True, {"StringNotEquals": {ENCRYPTION: "AES256"}}, "unknown"),
        ("", True, {"StringEquals": {ENCRYPTION: "aws:kms"}}, "fine"),
        # With a key the log files have it; of digest files editions of the User Guide say this and that.
        (KEY, True, {"StringNotEquals": {ENCRYPTION: "aws:kms"}}, "unknown"),
        (KEY, False, {"StringNotEquals": {ENCRYPTION: "aws:kms"}}, "fine"),
        (KEY, False, {"StringNotEquals": {ENCRYPTION: "AES256"}}, "denied"),
        (KEY, True, {"StringNotEquals": {ENCRYPTION_KEY: KEY}}, "unknown"),
        (KEY, False, {"StringNotEquals": {ENCRYPTION_KEY: KEY}}, "fine"),
        (KEY, True, {"StringNotEqualsIfExists": {ENCRYPTION_KEY: f"{KEY}0"}}, "denied"),
        # A key that is not created yet, or not given by its ARN.
        ("alias/logs", False, {"StringNotEquals": {ENCRYPTION: "aws:kms"}}, "fine"),
        ("alias/logs", False, {"StringNotEquals": {ENCRYPTION_KEY: KEY}}, "unknown"),
    ],
)
def test_how_files_are_encrypted(key, validation, condition, expected):
    document = denying(Sid="Encrypt", Action="s3:PutObject", Condition=condition)
    mine = trail(kms_key_arn=key, validation=validation)
    problems = delivery.bucket_problems(document, BUCKET, mine)
    unknowns = delivery.bucket_unknowns(document, BUCKET, mine)
    assert [bool(problems), bool(unknowns)] == [expected == "denied", expected == "unknown"]
    assert all("statement Encrypt of the policy" in sentence for sentence in problems + unknowns)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"Null": {"aws:MultiFactorAuthAge": "true"}}, "denied"),
        ({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}, "denied"),
        ({"Bool": {"aws:MultiFactorAuthPresent": "false"}}, "unknown"),
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, "fine"),
        ({"Bool": {"aws:ViaAWSService": "true"}}, "fine"),
        ({"ForAllValues:StringNotEquals": {"aws:CalledVia": "athena.amazonaws.com"}}, "denied"),
        ({"StringNotLike": {"aws:Referer": "https://example.com/*"}}, "denied"),
        ({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/*"}}, "unknown"),
        ({"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}}, "unknown"),
        ({"Null": {"aws:SourceIp": "true"}}, "unknown"),
    ],
)
def test_keys_of_people(condition, expected):
    document = denying(Sid="People", Condition=condition)
    problems = delivery.bucket_problems(document, BUCKET, trail())
    unknowns = delivery.bucket_unknowns(document, BUCKET, trail())
    assert [bool(problems), bool(unknowns)] == [expected == "denied", expected == "unknown"]


def test_a_fact_that_is_one_of_two():
    document = denying(Action="s3:PutObject", Condition={"StringNotEquals": {ENCRYPTION: "aws:kms"}})
    assert delivery.bucket_problems(document, BUCKET, trail(kms_key_arn="")) == [
        f"{DENIES} s3:PutObject on {ARN}, {ARN}/*: its condition StringNotEquals {ENCRYPTION} aws:kms is met, as such a"
        f" call has no {ENCRYPTION} or {ENCRYPTION} is AES256"
    ]


def test_what_may_allow_can_be_left_out():
    """Whose organization an account belongs to is not known here, and a policy that goes by it is meant so."""
    organization = bucket_policy("organization")
    assert delivery.bucket_unknowns(organization, BUCKET, trail())
    assert delivery.bucket_unknowns(organization, BUCKET, trail(), denials=True) == []
    from_office = denying(Condition={"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}})
    assert delivery.bucket_unknowns(from_office, BUCKET, trail(), denials=True)


def test_the_folders_of_an_organization():
    own = {"organization_id": ORGANIZATION}
    document = changed(WRITE)
    assert delivery.bucket_problems(document, BUCKET, trail()) == []
    assert delivery.bucket_problems(document, BUCKET, trail(**own)) == [
        NO_WRITE.replace("AWSLogs/222222222222/*", f"AWSLogs/{ORGANIZATION}/222222222222/*")
        + f": statement {WRITE} comes closest, but its Resource is {ARN}/222222222222/AWSLogs/222222222222/*"
    ]


def test_digests_count_if_there_are_any():
    restricted = changed(WRITE, Resource=f"{ARN}/*/CloudTrail/*")
    assert len(delivery.bucket_problems(restricted, BUCKET, trail())) == 1
    assert delivery.bucket_problems(restricted, BUCKET, trail(validation=False)) == []


def key_policy(**elements):
    document = policies.key_policy("111111111111", "eu-west-1", [trail(), trail("333333333333")])
    statement = document["Statement"][1]
    statement.update(elements)
    return document


NO_KEY = (
    f"the policy of key {KEY} has no statement that allows cloudtrail.amazonaws.com kms:GenerateDataKey on {KEY} for"
    f" {TRAIL}"
)
NO_DESCRIPTION = NO_KEY.replace("GenerateDataKey", "DescribeKey")
CONTEXT_KEY = "kms:EncryptionContext:aws:cloudtrail:arn"


@pytest.mark.parametrize(
    ("document", "sentences"),
    [
        (key_policy(), []),
        (key_policy(Action="kms:*"), []),
        (key_policy(Resource=KEY), []),
        (key_policy(Condition={"StringLike": {CONTEXT_KEY: "arn:aws:cloudtrail:*:222222222222:trail/*"}}), []),
        (
            key_policy(Action="kms:Encrypt"),
            [f"{one}: statement CloudTrailEncrypts comes closest, but its Action is kms:Encrypt" for one in (NO_KEY, NO_DESCRIPTION)],
        ),
        (
            key_policy(Condition={"StringLike": {CONTEXT_KEY: "arn:aws:cloudtrail:*:333333333333:trail/*"}}),
            [
                f"{NO_KEY}: statement CloudTrailEncrypts comes closest, but its condition StringLike {CONTEXT_KEY}"
                f" arn:aws:cloudtrail:*:333333333333:trail/* is not met, as {CONTEXT_KEY} is {TRAIL}"
            ],
        ),
        (
            key_policy(Condition={"StringEquals": {"aws:SourceArn": OTHER}}),
            [
                f"{one}: statement CloudTrailEncrypts comes closest, but its condition StringEquals aws:SourceArn"
                f" {OTHER} is not met, as aws:SourceArn is {TRAIL}" for one in (NO_KEY, NO_DESCRIPTION)
            ],
        ),
        (
            key_policy(Effect="Deny", Condition={}),
            [
                f"statement CloudTrailEncrypts of the policy of key {KEY} denies cloudtrail.amazonaws.com"
                " kms:GenerateDataKey and kms:DescribeKey on *"
            ],
        ),
        (
            {"Version": "2012-10-17", "Statement": key_policy()["Statement"][:1]},
            [NO_KEY, NO_DESCRIPTION],
        ),
        (None, [NO_KEY, NO_KEY.replace("GenerateDataKey", "DescribeKey")]),
    ],
)
def test_key_policies(document, sentences):
    assert delivery.key_problems(document, KEY, trail()) == sentences


GROUP = "arn:aws:logs:eu-west-1:222222222222:log-group:audit-logs"
STREAM = f"{GROUP}:log-stream:222222222222_CloudTrail_eu-west-1"
TRUST = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "sts:AssumeRole"}
MAY_WRITE = {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": f"{GROUP}:*"}
NO_TRUST = "the trust policy of role writer has no statement that allows cloudtrail.amazonaws.com sts:AssumeRole"
NO_STREAM = f"the policy of role writer has no statement that allows logs:CreateLogStream on {STREAM}"
NO_EVENTS = NO_STREAM.replace("CreateLogStream", "PutLogEvents")


def as_documents(*statements):
    return [{"Version": "2012-10-17", "Statement": [one]} for one in statements]


@pytest.mark.parametrize(
    ("trusting", "writing", "sentences"),
    [
        (TRUST, [MAY_WRITE], []),
        (TRUST, [{**MAY_WRITE, "Resource": f"{GROUP}:log-stream:222222222222_CloudTrail_eu-west-1*"}], []),
        (TRUST, [{**MAY_WRITE, "Resource": "arn:aws:logs:*:*:*"}], []),
        (TRUST, [{**MAY_WRITE, "Action": "logs:Create*"}, {**MAY_WRITE, "Action": "logs:Put*"}], []),
        (
            TRUST,
            [{**MAY_WRITE, "Resource": GROUP}],
            [
                f"{NO_STREAM}: statement 1 comes closest, but its Resource is {GROUP}, without :* at its end",
                f"{NO_EVENTS}: statement 1 comes closest, but its Resource is {GROUP}, without :* at its end",
            ],
        ),
        (
            TRUST,
            [{**MAY_WRITE, "Action": "logs:CreateLogStream"}],
            [f"{NO_EVENTS}: statement 1 comes closest, but its Action is logs:CreateLogStream"],
        ),
        (
            TRUST,
            [MAY_WRITE, {"Sid": "No", "Effect": "Deny", "Action": "logs:*", "Resource": "*"}],
            ["statement No of policy 2 of role writer denies logs:CreateLogStream and logs:PutLogEvents on *"],
        ),
        (
            {**TRUST, "Principal": {"Service": "config.amazonaws.com"}},
            [MAY_WRITE],
            [f"{NO_TRUST}: statement 1 comes closest, but its Principal is config.amazonaws.com"],
        ),
        (
            {**TRUST, "Effect": "Deny"},
            [MAY_WRITE],
            ["statement 1 of the trust policy of role writer denies cloudtrail.amazonaws.com sts:AssumeRole"],
        ),
        ({**TRUST, "Condition": {"StringEquals": {"aws:SourceArn": OTHER}}}, [MAY_WRITE], []),
        (
            TRUST,
            [],
            [
                f"the policies of role writer have no statement that allows {action} on {STREAM}"
                for action in MAY_WRITE["Action"]
            ],
        ),
    ],
)
def test_roles(trusting, writing, sentences):
    documents = as_documents(*writing)
    for arn in (GROUP, f"{GROUP}:*"):
        assert delivery.role_problems(as_documents(trusting)[0], documents, "writer", arn, trail()) == sentences


def test_no_trust_policy():
    assert delivery.role_problems(None, as_documents(MAY_WRITE), "writer", GROUP, trail()) == [NO_TRUST]
