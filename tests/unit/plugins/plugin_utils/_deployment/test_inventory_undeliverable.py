# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventories that are well formed, and whose logs would never arrive: refused before anything is created."""

from __future__ import annotations

import time

import pytest
import yaml
from jinja2 import StrictUndefined

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import log_audit
from helpers import ROOT
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._deployment.inventory import CLOUDS

AWS, ALIBABA = CLOUDS
BUCKET = "example-audit-logs"
ARN = f"arn:aws:s3:::{BUCKET}"
CLOUDTRAIL = {"Service": "cloudtrail.amazonaws.com"}
MONITOR = yaml.safe_load(
    (ROOT / "roles/alibaba_log_audit_member/vars/main.yml").read_text(encoding="utf-8")
)["alibaba_log_audit_member_newest_document"]


def aws(*statements, members=2, hosts=None, **archive):
    ids = {"log-archive": "111111111111", **{f"team-{n}": str(222222222222 + n) for n in range(members)}}
    hostvars = {name: {"account_id": number, "aws_trail_bucket_name": BUCKET} for name, number in ids.items()}
    hostvars["log-archive"].update(archive)
    if statements:
        hostvars["log-archive"]["aws_trail_bucket_policy"] = {"Version": "2012-10-17", "Statement": list(statements)}
    for name, more in (hosts or {}).items():
        hostvars[name].update(more)
    groups = {"aws_archive": ["log-archive"], "aws_members": [name for name in ids if name != "log-archive"]}
    return AWS.read(hostvars, groups, "eu-west-1")[0]


def deny(**elements):
    found = {"Sid": "Mine", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [ARN, f"{ARN}/*"]}
    found.update(elements)
    return {name: value for name, value in found.items() if value is not None}


@pytest.mark.parametrize(
    "statements",
    [
        [],
        [deny(Condition={"Bool": {"aws:SecureTransport": "false"}})],
        [deny(Action=["s3:DeleteObject*", "s3:PutBucketPolicy"])],
        [deny(Principal={"AWS": "444444444444"})],
        [deny(Condition={"NumericLessThan": {"s3:TlsVersion": "1.2"}})],
        [deny(Condition={"Null": {"aws:SourceVpce": "true"}, "Bool": {"aws:PrincipalIsAWSService": "false"}})],
        [deny(Condition={"NotIpAddress": {"aws:SourceIp": "192.0.2.0/24"}})],
        [deny(Resource=f"{ARN}/other/*")],
        [deny(Effect="Allow", Action="s3:GetObject", Principal={"AWS": "444444444444"})],
    ],
)
def test_what_lets_the_trails_deliver(statements):
    assert aws(*statements) == []


def test_a_denial_is_said_once_for_all():
    only_here = deny(Condition={"StringNotEquals": {"aws:SourceVpce": "vpce-1"}})
    assert aws(only_here, members=5) == [
        "team-0, team-1, team-2 and 2 more: statement Mine of the policy of bucket example-audit-logs denies"
        f" cloudtrail.amazonaws.com s3:GetBucketAcl and s3:PutObject on {ARN}, {ARN}/*: its condition StringNotEquals"
        " aws:SourceVpce vpce-1 is met, as such a call has no aws:SourceVpce (aws_trail_bucket_policy)"
    ]


def test_a_statement_that_replaces_ours():
    mine = {
        "Sid": "CloudTrailWrite222222222222", "Effect": "Allow", "Principal": CLOUDTRAIL, "Action": "s3:PutObject",
        "Resource": f"{ARN}/AWSLogs/*",
    }
    assert aws(mine) == [
        "team-0: the policy of bucket example-audit-logs has no statement that allows cloudtrail.amazonaws.com"
        " s3:PutObject"
        " on example-audit-logs/222222222222/AWSLogs/222222222222/* for"
        " arn:aws:cloudtrail:eu-west-1:222222222222:trail/audit-logs: statement CloudTrailWrite222222222222 comes"
        " closest,"
        " but its Resource is arn:aws:s3:::example-audit-logs/AWSLogs/* (aws_trail_bucket_policy)"
    ]
    assert aws(mine, hosts={"team-0": {"aws_trail_s3_key_prefix": "none"}}) == []


def test_the_same_for_every_account_is_said_once():
    mine = {
        "Sid": "CloudTrailDelivers", "Effect": "Allow", "Principal": CLOUDTRAIL, "Resource": [ARN, f"{ARN}/*"],
        "Action": ["s3:GetBucketAcl", "s3:PutObjectAcl"],
    }
    assert aws(mine, members=5, aws_trail_bucket_policy_form="source_accounts") == [
        "team-0: the policy of bucket example-audit-logs has no statement that allows cloudtrail.amazonaws.com"
        " s3:PutObject"
        " on example-audit-logs/222222222222/AWSLogs/222222222222/* for"
        " arn:aws:cloudtrail:eu-west-1:222222222222:trail/audit-logs: statement CloudTrailDelivers comes closest, but"
        " its"
        " Action is s3:GetBucketAcl, s3:PutObjectAcl; likewise for team-1, team-2, team-3 and 1 more"
        " (aws_trail_bucket_policy)"
    ]


def test_only_what_a_trail_delivers_counts():
    no_digests = deny(Resource=f"{ARN}/*/CloudTrail-Digest/*")
    assert len(aws(no_digests)) == 1
    assert aws(no_digests, hosts={f"team-{n}": {"aws_trail_enable_log_file_validation": "no"} for n in range(2)}) == []


def test_how_log_files_are_encrypted_counts():
    def only(method):
        return deny(Action="s3:PutObject", Condition={"StringNotEquals": {"s3:x-amz-server-side-encryption": method}})

    kms = {"aws_trail_bucket_encryption": "aws:kms"}
    arn = "arn:aws:kms:eu-west-1:111111111111:key/11111111-2222-3333-4444-555555555555"
    assert len(aws(only("AES256"), **kms)) == 1
    assert aws(only("aws:kms"), **kms) == []
    # A trail without a key of its own or of the archive may have one and keep it; one is configured to have none.
    assert aws(only("aws:kms")) == []
    found = aws(only("aws:kms"), hosts={"team-1": {"aws_trail_kms_key_id": "none"}})
    assert [problem.partition(":")[0] for problem in found] == ["team-1"]
    mine = deny(Condition={"StringNotEqualsIfExists": {"s3:x-amz-server-side-encryption-aws-kms-key-id": arn}})
    mine["Action"] = "s3:PutObject"
    assert aws(mine, aws_trail_bucket_kms_key_arn=arn, **kms) == []
    assert len(aws(mine, aws_trail_bucket_kms_key_arn=f"{arn}0", **kms)) == 1


def test_a_denial_without_mfa_is_one_of_services():
    found = aws(deny(Condition={"Null": {"aws:MultiFactorAuthAge": "true"}}))
    assert len(found) == 1 and "such a call has no aws:MultiFactorAuthAge" in found[0]


def test_no_trail_leaves_its_partition():
    assert aws(hosts={"team-1": {"audit_logs_aws_region": "cn-north-1"}}) == [
        "team-1: audit_logs_aws_region: a trail cannot deliver into another partition of AWS, and the bucket is in"
        " eu-west-1. Give a region of aws"
    ]


def alibaba(document=None, mode="log_audit", members=2, hosts=None, **archive):
    ids = {"root": "1234567890123456", **{f"shop-{n}": str(2234567890123456 + n) for n in range(members)}}
    hostvars = {
        name: {
            "account_id": number, "audit_logs_alibaba_mode": mode, "audit_logs_alibaba_project": "example-audit-logs",
            "audit_logs_alibaba_region": "cn-hangzhou",
        }
        for name, number in ids.items()
    }
    hostvars["root"].update(archive)
    for name, found in hostvars.items():
        if document is not None:
            found["alibaba_log_audit_member_policy_document"] = document
        found.update((hosts or {}).get(name, {}))
    groups = {"alibaba_archive": ["root"], "alibaba_members": [name for name in ids if name != "root"]}
    return ALIBABA.read(hostvars, groups, "cn-hangzhou")[0]


def monitoring(**elements):
    return {"Version": "1", "Statement": [{**MONITOR["Statement"][0], **elements}]}


@pytest.mark.parametrize(
    "document",
    [
        None,
        MONITOR,
        monitoring(),
        monitoring(Action=["log:Create*", "log:Post*"]),
        monitoring(Condition={"IpAddress": {"acs:SourceIp": "192.0.2.0/24"}}),
    ],
)
def test_what_lets_log_audit_collect(document):
    assert alibaba(document) == []


def test_what_does_not_let_log_audit_collect():
    projects_only = monitoring(Resource="acs:log:*:*:project/slsaudit-*")
    assert alibaba(projects_only) == [
        "shop-0: the policies of role sls-audit-service-monitor have no statement that allows log:CreateApp on"
        " acs:log:*:2234567890123456:app/audit: statement 1 of policy 1 comes closest, but its Resource is"
        " acs:log:*:*:project/slsaudit-*; likewise for shop-1 (alibaba_log_audit_member_policy_document)"
    ]
    assert alibaba(projects_only, mode="actiontrail") == []
    denied = {**MONITOR, "Statement": [*MONITOR["Statement"], {"Effect": "Deny", "Action": "*", "Resource": "*"}]}
    found = alibaba(hosts={"shop-1": {"alibaba_log_audit_member_policy_document": denied}})
    assert len(found) == 1
    assert found[0].startswith("shop-1: statement 4 of policy 1 of role sls-audit-service-monitor denies")


def test_the_older_roles_of_the_archive():
    mine = {"alibaba_log_audit_member_policy_document": monitoring(Action="log:Get*")}
    assert alibaba(hosts={"root": mine}) == []
    found = alibaba(hosts={"root": mine}, alibaba_log_audit_archive_central_roles="custom")
    assert [problem.partition(":")[0] for problem in found] == ["root", "root"]


def test_a_thousand_accounts_take_no_time(monkeypatch):
    monkeypatch.setattr(log_audit, "MOST_ACCOUNTS", 1000)
    started = time.process_time()
    mine = deny(Principal={"AWS": "444444444444"})
    assert aws(mine, members=1000, aws_trail_bucket_policy_form="source_accounts") == []
    assert alibaba(MONITOR, members=1000) == []
    assert time.process_time() - started < 2


@pytest.mark.parametrize("options, service", [
    ({"mode": "actiontrail"}, "actiontrail"),
    ({"alibaba_log_audit_archive_central_roles": "custom"}, "log"),
    ({"alibaba_log_audit_archive_central_roles": "service_linked"}, None),
])
def test_members_for_whom_a_trust_policy_has_no_room(options, service):
    """Where a role of the archive trusts a service for each member; a service-linked role does not."""
    found = alibaba(members=70, **options)
    assert [f"a role in this account would trust {service}.aliyuncs.com for each of 70 members" in problem for problem in found] == (
        [True] if service else [])
    assert alibaba(members=20, **options) == []


@pytest.mark.parametrize("number, is_refused", [(18, False), (19, True)])
def test_tags_beside_those_of_the_deployment(number, is_refused):
    """RAM takes 20 tags, of which two are those of the deployment."""
    tags = {f"key-{index}": "value" for index in range(number)}
    found = alibaba(alibaba_log_audit_archive_tags=tags)
    assert bool(found) == is_refused and all("alibaba_log_audit_archive_tags" in problem for problem in found)


def test_an_account_without_an_id():
    groups = {"alibaba_archive": ["root"]}
    found = ALIBABA.read({"root": {"audit_logs_alibaba_region": "cn-hangzhou"}}, groups, "")[0]
    assert found == ["root: account_id is missing: give the account's id, all its digits in quotes"]


def test_a_region_that_cannot_be_resolved_is_one_problem():
    assert alibaba(hosts={"root": {"audit_logs_alibaba_region": StrictUndefined(name="nowhere")}}) == [
        "root: audit_logs_alibaba_region: 'nowhere' is undefined"]
