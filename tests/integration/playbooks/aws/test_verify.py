# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verification on AWS: every member's event arrives; one link of the chain broken, its account fails with the cause.

The estate is made once. Each test breaks one link of one of two members, in turn, and mends it by setup.yml. The other
member, which the test before broke, has to be as in the beginning: so each mend is seen to hold, the last one by a test
of its own.
"""
from __future__ import annotations

import json

import pytest
from helpers.aws.deployments import ARCHIVE, BUCKET, LOG_GROUP, MANAGEMENT, MEMBERS, REGION, ROLE, TRAIL, writes
from helpers.aws.deployments import estate as inventory_of
from helpers.verifications import AwsEstate, verify

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import policies

from clouds.aws import LocalAws

TEAM_A, TEAM_B = MEMBERS["team-a"], MEMBERS["team-b"]


def make_inventory(**options):
    """An archive and two members with everything that there is."""
    return inventory_of(2, aws_trail_bucket_encryption="aws:kms", audit_logs_aws_cloudwatch=True, **options)


INVENTORY = make_inventory()
OURS = {"ANSIBLE_STDOUT_CALLBACK": "crossaccount.audit_logs.accounts"}


class Estate(AwsEstate):
    """An archive and two members with everything that there is."""

    def __init__(self, aws, folder):
        super().__init__(aws, folder, INVENTORY)
        self.setup()

    def change_key_policy(self, change):
        kms = self.client(ARCHIVE, "kms")
        key = kms.describe_key(KeyId=f"alias/{BUCKET}")["KeyMetadata"]["KeyId"]
        policy = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
        change(policy["Statement"])
        kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(policy))

    def change_role_policy(self, account_id, change):
        iam = self.client(account_id, "iam")
        name = iam.list_role_policies(RoleName=ROLE)["PolicyNames"][0]
        policy = iam.get_role_policy(RoleName=ROLE, PolicyName=name)["PolicyDocument"]
        change(policy["Statement"][0])
        iam.put_role_policy(RoleName=ROLE, PolicyName=name, PolicyDocument=json.dumps(policy))


@pytest.fixture(scope="module", name="estate")
def fixture_estate(tmp_path_factory):
    """An estate that is set up, in a local AWS of its own."""
    with LocalAws() as aws:
        yield Estate(aws, tmp_path_factory.mktemp("verify"))


def statement(statements, sid):
    """A statement by its Sid."""
    return next(one for one in statements if one["Sid"] == sid)


def drop(sid):
    """A change that drops a statement."""
    return lambda statements: statements.remove(statement(statements, sid))


def put(sid, keys, value):
    """A change that puts a value into a statement."""
    def change(statements):
        target = statement(statements, sid)
        for key in keys[:-1]:
            target = target[key]
        target[keys[-1]] = value
    return change


def other_trail(account):
    return f"arn:aws:cloudtrail:{REGION}:{account}:trail/other"


def forget_in_key(account):
    """A change that leaves an account out of the key's policy."""
    def change(statements):
        source = statement(statements, "CloudTrailEncrypts")["Condition"]["StringEquals"]
        source["aws:SourceArn"] = [arn for arn in source["aws:SourceArn"] if account not in arn]
    return change


def deny(account):
    """A change that denies what an account needs."""
    return lambda statements: statements.append({
        "Sid": "Surprise", "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{BUCKET}/{account}/*",
    })


def trail_call(operation, **options):
    """A break by a call about the trail."""
    return lambda estate, account: getattr(estate.client(account, "cloudtrail"), operation)(
        **{"TrailName" if operation == "put_event_selectors" else "Name": TRAIL}, **options
    )


def of_bucket(change):
    """A break of the bucket's policy, made for the account."""
    return lambda estate, account: estate.change_bucket_policy(change(account))


def of_key(change):
    """A break of the key's policy, made for the account."""
    return lambda estate, account: estate.change_key_policy(change(account))


def of_role(change):
    """A break of the policy of the role for CloudWatch Logs."""
    return lambda estate, account: estate.change_role_policy(account, change)


def untrusted(estate, account):
    """CloudTrail may not assume the role for CloudWatch Logs any more."""
    trust = {"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole",
    }]}
    estate.client(account, "iam").update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(trust))


def role_gone(estate, account):
    """The role for CloudWatch Logs is deleted."""
    iam = estate.client(account, "iam")
    for name in iam.list_role_policies(RoleName=ROLE)["PolicyNames"]:
        iam.delete_role_policy(RoleName=ROLE, PolicyName=name)
    iam.delete_role(RoleName=ROLE)


def own_bucket(estate, account, trail_region):
    """A bucket of the account itself, which lets its trail deliver; the name."""
    s3 = estate.client(account, "s3")
    name = f"own-{account}-{trail_region}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    policy = policies.bucket_policy(name, REGION, [{"account_id": account, "region": trail_region}])
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))
    return name


def other_region_only(estate, account):
    """There is a trail of that name, in another region, and it records that region alone."""
    estate.client(account, "cloudtrail").delete_trail(Name=TRAIL)
    there = estate.client(account, "cloudtrail", "us-east-1")
    there.create_trail(Name=TRAIL, S3BucketName=own_bucket(estate, account, "us-east-1"), S3KeyPrefix=account)
    there.start_logging(Name=TRAIL)


def tidy_other_region(estate, account):
    """As it was before other_region_only, but for the trail in the home region."""
    estate.client(account, "cloudtrail", "us-east-1").delete_trail(Name=TRAIL)


def other_bucket(estate, account):
    """The trail delivers to a bucket of its own account."""
    estate.client(account, "cloudtrail").update_trail(Name=TRAIL, S3BucketName=own_bucket(estate, account, REGION))


def other_prefix(estate, account):
    """The trail delivers elsewhere, where the bucket's policy does not let it any more."""
    s3 = estate.client(ARCHIVE, "s3")
    policy = s3.get_bucket_policy(Bucket=BUCKET)["Policy"]
    estate.change_bucket_policy(lambda statements: statements.append({
        "Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{BUCKET}/elsewhere/*",
    }))
    estate.client(account, "cloudtrail").update_trail(Name=TRAIL, S3KeyPrefix="elsewhere")
    s3.put_bucket_policy(Bucket=BUCKET, Policy=policy)


def other_key(estate, account):
    """The trail encrypts with a key that does not let it any more."""
    kms = estate.client(ARCHIVE, "kms")
    policy = policies.key_policy(ARCHIVE, REGION, [{"account_id": account}])
    key = kms.create_key(Policy=json.dumps(policy))["KeyMetadata"]["Arn"]
    estate.client(account, "cloudtrail").update_trail(Name=TRAIL, KmsKeyId=key)
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(policies.key_policy(ARCHIVE, REGION, [])))


def denied_by_the_role(estate, account):
    """Another policy of the role for CloudWatch Logs denies what ours allows."""
    denying = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Action": "logs:PutLogEvents", "Resource": "*"}]})
    estate.client(account, "iam").put_role_policy(RoleName=ROLE, PolicyName="denying", PolicyDocument=denying)


def tidy_role(estate, account):
    """As it was before denied_by_the_role."""
    estate.client(account, "iam").delete_role_policy(RoleName=ROLE, PolicyName="denying")


def selectors(basic=None, **fields):
    """A break of the event selectors: a basic one, or an advanced one of management events with more fields."""
    if basic:
        return trail_call("put_event_selectors", EventSelectors=[{"IncludeManagementEvents": True, **basic}])
    chosen = [{"Field": "eventCategory", "Equals": ["Management"]}]
    chosen += [{"Field": name, **operators} for name, operators in fields.items()]
    return trail_call("put_event_selectors", AdvancedEventSelectors=[{"FieldSelectors": chosen}])


DATA_ONLY = [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]},
                                 {"Field": "resources.type", "Equals": ["AWS::S3::Object"]}]}]
NO_MANAGEMENT = [{"ReadWriteType": "All", "IncludeManagementEvents": False, "DataResources": [
    {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}]}]

# What is broken, and what the cause has to say; {account} is the account's id.
BREAKS = {
    "write statement": (of_bucket(lambda account: drop(f"CloudTrailWrite{account}")), "s3:PutObject"),
    "acl statement": (of_bucket(lambda account: drop(f"CloudTrailAcl{account}")), "s3:GetBucketAcl"),
    "source of the write statement": (
        of_bucket(lambda account: put(f"CloudTrailWrite{account}", ["Condition", "StringEquals", "aws:SourceArn"],
                                      other_trail(account))), "CloudTrailWrite{account}"),
    "path": (
        of_bucket(lambda account: put(f"CloudTrailWrite{account}", ["Resource"],
                                      f"arn:aws:s3:::{BUCKET}/{account}/AWSLogs/999999999999/*")), "CloudTrailWrite{account}"),
    "acl of the objects": (
        of_bucket(lambda account: put(f"CloudTrailWrite{account}", ["Condition", "StringEquals", "s3:x-amz-acl"],
                                      "private")), "s3:x-amz-acl"),
    "action": (of_bucket(lambda account: put(f"CloudTrailWrite{account}", ["Action"], "s3:GetObject")), "s3:PutObject"),
    "key policy": (of_key(forget_in_key), "CloudTrailEncrypts"),
    "trust of the role": (untrusted, "sts:AssumeRole"),
    "resource of the role": (
        of_role(lambda found: found.update(Resource=found["Resource"].removesuffix(":*"))), "logs:CreateLogStream"),
    "action of the role": (of_role(lambda found: found.update(Action="logs:CreateLogStream")), "logs:PutLogEvents"),
    "role": (role_gone, f"IAM role {ROLE} does not exist"),
    "log group": (
        lambda estate, account: estate.client(account, "logs").delete_log_group(logGroupName=LOG_GROUP),
        f"log group {LOG_GROUP} does not exist"),
    "stopped": (trail_call("stop_logging"), f"trail {TRAIL} is stopped"),
    "trail": (trail_call("delete_trail"), f"trail {TRAIL} does not exist in {REGION}"),
    "no management events": (trail_call("put_event_selectors", EventSelectors=NO_MANAGEMENT), "no management events"),
    "data events only": (
        trail_call("put_event_selectors", AdvancedEventSelectors=DATA_ONLY), "no management events"),
    "other region only": (other_region_only, f"does not exist in {REGION}, only in us-east-1"),
    "other bucket": (other_bucket, "delivers to the bucket own-{account}"),
    "other prefix": (other_prefix, "delivers below 'elsewhere'"),
    "other key": (other_key, "kms_key_id is"),
    "principal of the write statement": (
        of_bucket(lambda account: put(f"CloudTrailWrite{account}", ["Principal"], {"Service": "config.amazonaws.com"})),
        "CloudTrailWrite{account}"),
    "role denies": (denied_by_the_role, "denies logs:PutLogEvents"),
    "one region": (trail_call("update_trail", IsMultiRegionTrail=False), "is_multi_region_trail is false"),
    "no validation": (
        trail_call("update_trail", EnableLogFileValidation=False), "enable_log_file_validation is false"),
    "read events only": (selectors({"ReadWriteType": "ReadOnly"}), "records no write events"),
    "without events of KMS": (
        selectors({"ExcludeManagementEventSources": ["kms.amazonaws.com"]}),
        "no management events of kms.amazonaws.com"),
    "one event source": (
        selectors(eventSource={"Equals": ["cloudtrail.amazonaws.com"]}),
        "no management events of any source but cloudtrail.amazonaws.com"),
    "without the probe's event source": (
        selectors(eventSource={"NotEquals": ["cloudtrail.amazonaws.com"]}),
        "no management events of cloudtrail.amazonaws.com"),
}
TIDY = {"other region only": tidy_other_region, "role denies": tidy_role}
MENDS_SELECTORS = {what for what, (_cut, cause) in BREAKS.items() if "management events" in cause or "events" in what}


def expect_as_it_was(found):
    """A member with nothing to be said of, whose event arrived."""
    assert (found["state"], found["findings"]) == ("ok", []), found
    assert {place["kind"]: place["state"] for place in found["probe"]["places"]} == {
        "s3": "arrived", "cloudwatch_logs": "arrived",
    }


def test_every_members_event_arrives(estate):
    writes(estate.aws)
    report = estate.verify()
    assert [account["state"] for account in report["accounts"]] == ["warning", "ok", "ok"]
    for member in report["accounts"][1:]:
        expect_as_it_was(member)
    assert not [call for call in writes(estate.aws) if not call.endswith("sts:AssumeRole")]


@pytest.mark.parametrize("what, number", [(what, number) for number, what in enumerate(BREAKS)], ids=list(BREAKS))
def test_one_link_broken(estate, what, number):
    (name, account), (other, _account) = [("team-a", TEAM_A), ("team-b", TEAM_B)][::-1 if number % 2 else 1]
    cut, cause = BREAKS[what]
    cut(estate, account)
    try:
        report = estate.verify()
    finally:
        TIDY.get(what, lambda *_: None)(estate, account)
        if what in MENDS_SELECTORS:  # the roles leave selectors alone that the inventory does not name
            trail_call("put_event_selectors", EventSelectors=[
                {"ReadWriteType": "All", "IncludeManagementEvents": True}])(estate, account)
        estate.setup()
    found = {one["name"]: one for one in report["accounts"]}
    assert found[name]["state"] == "failed" and found["log-archive"]["state"] == "warning"
    assert cause.format(account=account) in found[name]["reason"]
    expect_as_it_was(found[other])


def test_the_last_break_was_mended_too(estate):
    for member in estate.verify()["accounts"][1:]:
        expect_as_it_was(member)


def test_a_statement_of_somebody_else_that_denies(estate):
    estate.change_bucket_policy(deny(TEAM_A))
    report = estate.verify()
    failed = {found["name"]: found["reason"] for found in report["accounts"] if found["state"] == "failed"}
    assert set(failed) == {"team-a", "log-archive"}
    assert "Surprise" in failed["team-a"] and "Surprise" in failed["log-archive"]
    estate.setup()


def test_a_statement_that_leaves_out_digests(estate):
    """The archive tells of it too, which does not know whose trails are to have digests."""
    folder = f"arn:aws:s3:::{BUCKET}/{TEAM_B}/AWSLogs/{TEAM_B}/CloudTrail/*"
    estate.change_bucket_policy(put(f"CloudTrailWrite{TEAM_B}", ["Resource"], folder))
    report = estate.verify()
    failed = {found["name"]: found["reason"] for found in report["accounts"] if found["state"] == "failed"}
    assert set(failed) == {"team-b", "log-archive"}
    assert all(f"CloudTrailWrite{TEAM_B}" in reason for reason in failed.values()), failed
    assert all(found["probe"]["state"] == "arrived" for found in report["accounts"][-2:] if found["probe"])
    estate.setup()


def test_key_that_cannot_be_used(estate):
    kms = estate.client(ARCHIVE, "kms")
    key = kms.describe_key(KeyId=f"alias/{BUCKET}")["KeyMetadata"]["KeyId"]
    kms.disable_key(KeyId=key)
    report = estate.verify()
    failed = {found["name"]: found["reason"] for found in report["accounts"]}
    assert set(failed) == {"log-archive", "team-a", "team-b"}
    assert all("can't be used, its state is Disabled" in reason for reason in failed.values()), failed
    kms.enable_key(KeyId=key)


def test_posture_alone(estate):
    report = estate.verify("-e", "audit_logs_probe=false")
    assert [found["probe"] for found in report["accounts"]] == [None, None, None]
    assert report["summary"]["failed"] == 0


def test_what_is_weaker_or_differs(estate):
    estate.client(TEAM_B, "cloudtrail").update_trail(Name=TRAIL, EnableLogFileValidation=False)
    estate.client(TEAM_A, "logs").put_retention_policy(logGroupName=LOG_GROUP, retentionInDays=30)
    report = estate.verify()
    found = {one["name"]: one for one in report["accounts"]}
    assert [one["text"] for one in found["team-b"]["findings"]] == [
        f"trail {TRAIL}: enable_log_file_validation is false, and should be true",
    ]
    assert found["team-b"]["findings"][0]["controls"] == ["CIS AWS 3.2"]
    assert found["team-a"]["reason"] == f"log group {LOG_GROUP}: retention is 30, and should be 731"
    assert found["team-a"]["probe"]["state"] == "arrived"
    # Nothing is changed, and nothing said to be.
    output = estate.playbooks.run("verify", "-e", "audit_logs_probe=false", inventory=INVENTORY, **OURS).output
    assert "Members on AWS: ended" in output and "2 accounts, 2 to do\n" in output and "changed" not in output
    estate.setup()


def test_bucket_that_is_gone(estate):
    s3 = estate.client(ARCHIVE, "s3")
    # All pages first: the local S3 finds no page after a version that is gone.
    for page in list(s3.get_paginator("list_object_versions").paginate(Bucket=BUCKET)):
        for entry in page.get("Versions", []) + page.get("DeleteMarkers", []):
            s3.delete_object(Bucket=BUCKET, Key=entry["Key"], VersionId=entry["VersionId"])
    s3.delete_bucket(Bucket=BUCKET)
    report = estate.verify()
    reasons = {found["name"]: found["reason"] for found in report["accounts"] if found["state"] == "failed"}
    assert set(reasons) == {"log-archive", "team-a", "team-b"}
    assert all(f"bucket {BUCKET} does not exist" in reason for reason in reasons.values()), reasons
    estate.setup()
    assert estate.verify()["summary"]["failed"] == 0


def test_an_account_that_cannot_be_entered(estate):
    inventory = make_inventory(hosts={"team-a": {"audit_logs_aws_role": "nobody"}})
    report = verify(estate.playbooks, inventory)
    failed = {found["name"]: found for found in report["accounts"] if found["state"] == "failed"}
    assert list(failed) == ["team-a"] and failed["team-a"]["phase"] == "credentials"


def test_an_archive_that_is_left_out(estate):
    report = estate.verify("--limit", "team-b")
    assert [found["name"] for found in report["accounts"]] == ["team-b"]
    assert "name it in --limit" in report["accounts"][0]["reason"]
    assert estate.verify("--limit", "team-b,log-archive")["summary"]["failed"] == 0


def test_a_bucket_of_somebody_else(estate):
    inventory = make_inventory()
    del inventory["all"]["children"]["aws_archive"]
    inventory["all"]["vars"]["aws_trail_kms_key_id"] = "{{ omit }}"
    patience = ("-e", "audit_logs_probe_deadline=300")  # times of deliveries are of whole seconds: it takes a second one
    report = verify(estate.playbooks, inventory, *patience)
    assert [found["reason"] for found in report["accounts"]] == [None, None]
    places = [place for found in report["accounts"] for place in found["probe"]["places"]]
    assert {place["found_in"] for place in places if place["kind"] == "s3"} == {"GetTrailStatus"}
    estate.client(TEAM_A, "cloudtrail").stop_logging(Name=TRAIL)
    report = verify(estate.playbooks, inventory, *patience)
    assert {found["name"]: found["state"] for found in report["accounts"]} == {"team-a": "failed", "team-b": "ok"}


def test_the_trail_of_an_organization(aws, playbooks):
    organizations = aws.session(MANAGEMENT).client("organizations")
    organizations.enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
    organization = organizations.describe_organization()["Organization"]["Id"]
    inventory = inventory_of(0, {"log-archive": {"audit_logs_aws_role": "OrganizationAccountAccessRole"}},
                             aws_trail_is_organization_trail=True, aws_trail_bucket_organization_id=organization)
    del inventory["all"]["vars"]["audit_logs_aws_role"]  # the management account is that of the environment
    inventory["all"]["children"]["aws_members"]["hosts"] = {"management": {"account_id": MANAGEMENT}}
    run = playbooks.run("setup", inventory=inventory)
    assert run.status == 0, run.output
    report = verify(playbooks, inventory)
    found = {one["name"]: one for one in report["accounts"]}["management"]
    assert found["state"] == "ok", found
    assert f"/AWSLogs/{organization}/{MANAGEMENT}/CloudTrail/" in found["probe"]["places"][0]["found_in"]
