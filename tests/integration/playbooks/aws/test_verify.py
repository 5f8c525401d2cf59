# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verification on AWS: every member's event arrives; one link of the chain broken, its account fails with the cause.

Three deployments are in one local AWS, each with an archive account, a bucket and members of its own:

- BREAKS: each break is in a member of its own, and all breaks happen at once. One verification sees them, one run of
  setup mends them, and one verification sees that. The tests of single breaks read the two reports. Setup makes one
  member, of which the others are copies; all are verified like any other.
- A small deployment, for what has an effect on the archive or on all members. Each test leaves it as it was.
- A deployment with the trail of an organization.
"""
from __future__ import annotations

import json
import re

import pytest
from helpers.aws.deployments import (
    ARCHIVE, BUCKET, LOG_GROUP, MANAGEMENT, MEMBERS, REGION, ROLE, TRAIL, inventory_of, writes,
)
from helpers.aws.verifications import AwsDeployment
from helpers.verifications import verify_with_output

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import policies

TEAM_A, TEAM_B, TEAM_C = MEMBERS.values()
OURS = {"ANSIBLE_STDOUT_CALLBACK": "crossaccount.audit_logs.accounts"}


def make_inventory(members=3, hosts=None, **options):
    """An archive and members with everything that there is."""
    named = {"audit_logs_deployment": "prod", "aws_trail_name": TRAIL}
    options = {"aws_trail_bucket_encryption": "aws:kms", "audit_logs_aws_cloudwatch": True, **named, **options}
    return inventory_of(members, hosts, **options)


class FullDeployment(AwsDeployment):
    """An archive and members with everything that there is."""

    def __init__(self, aws, folder, inventory, *arguments):
        super().__init__(aws, folder, inventory)
        self.setup(*arguments)

    def change_key_policy(self, change):
        kms = self.client(self.archive, "kms")
        key = kms.describe_key(KeyId=f"alias/{self.bucket}")["KeyMetadata"]["KeyId"]
        policy = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
        change(policy["Statement"])
        kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(policy))

    def change_role_policy(self, account_id, change):
        iam = self.client(account_id, "iam")
        name = iam.list_role_policies(RoleName=ROLE)["PolicyNames"][0]
        policy = iam.get_role_policy(RoleName=ROLE, PolicyName=name)["PolicyDocument"]
        change(policy["Statement"][0])
        iam.put_role_policy(RoleName=ROLE, PolicyName=name, PolicyDocument=json.dumps(policy))


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


def path_of_another_account(account):
    """A change that puts another account's id into the path below which an account may write."""
    def change(statements):
        target = statement(statements, f"CloudTrailWrite{account}")
        target["Resource"] = target["Resource"].replace(f"/AWSLogs/{account}/", "/AWSLogs/999999999999/")
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
    return lambda deployment, account: getattr(deployment.client(account, "cloudtrail"), operation)(
        **{"TrailName" if operation == "put_event_selectors" else "Name": TRAIL}, **options
    )


def of_bucket(change):
    """A break of the bucket's policy for the account."""
    return lambda deployment, account: deployment.change_bucket_policy(change(account))


def of_key(change):
    """A break of the key's policy for the account."""
    return lambda deployment, account: deployment.change_key_policy(change(account))


def of_role(change):
    """A break of the policy of the role for CloudWatch Logs."""
    return lambda deployment, account: deployment.change_role_policy(account, change)


def untrusted(deployment, account):
    """CloudTrail may not assume the role for CloudWatch Logs any more."""
    trust = {"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole",
    }]}
    deployment.client(account, "iam").update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(trust))


def role_gone(deployment, account):
    """The role for CloudWatch Logs is deleted."""
    iam = deployment.client(account, "iam")
    for name in iam.list_role_policies(RoleName=ROLE)["PolicyNames"]:
        iam.delete_role_policy(RoleName=ROLE, PolicyName=name)
    iam.delete_role(RoleName=ROLE)


def own_bucket(deployment, account, trail_region):
    """A bucket of the account itself, which lets its trail deliver; the name."""
    s3 = deployment.client(account, "s3")
    name = f"own-{account}-{trail_region}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    policy = policies.bucket_policy(name, REGION, [{"account_id": account, "region": trail_region}])
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))
    return name


def other_region_only(deployment, account):
    """There is a trail of that name, in another region, and it records that region alone."""
    deployment.client(account, "cloudtrail").delete_trail(Name=TRAIL)
    there = deployment.client(account, "cloudtrail", "us-east-1")
    there.create_trail(Name=TRAIL, S3BucketName=own_bucket(deployment, account, "us-east-1"), S3KeyPrefix=account)
    there.start_logging(Name=TRAIL)


def tidy_other_region(deployment, account):
    """As it was before other_region_only, but for the trail in the home region."""
    deployment.client(account, "cloudtrail", "us-east-1").delete_trail(Name=TRAIL)


def other_bucket(deployment, account):
    """The trail delivers to a bucket of its own account."""
    bucket = own_bucket(deployment, account, REGION)
    deployment.client(account, "cloudtrail").update_trail(Name=TRAIL, S3BucketName=bucket)


def other_prefix(deployment, account):
    """The trail delivers elsewhere, where the bucket's policy does not let it any more."""
    s3 = deployment.client(deployment.archive, "s3")
    policy = s3.get_bucket_policy(Bucket=deployment.bucket)["Policy"]
    elsewhere = f"arn:aws:s3:::{deployment.bucket}/elsewhere/*"
    deployment.change_bucket_policy(put(f"CloudTrailWrite{account}", ["Resource"], elsewhere))
    deployment.client(account, "cloudtrail").update_trail(Name=TRAIL, S3KeyPrefix="elsewhere")
    s3.put_bucket_policy(Bucket=deployment.bucket, Policy=policy)


def other_key(deployment, account):
    """The trail encrypts with a key that does not let it any more."""
    kms = deployment.client(deployment.archive, "kms")
    policy = policies.key_policy(deployment.archive, REGION, [{"account_id": account}])
    key = kms.create_key(Policy=json.dumps(policy))["KeyMetadata"]["Arn"]
    deployment.client(account, "cloudtrail").update_trail(Name=TRAIL, KmsKeyId=key)
    nobody = policies.key_policy(deployment.archive, REGION, [])
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(nobody))


def denied_by_the_role(deployment, account):
    """Another policy of the role for CloudWatch Logs denies what ours allows."""
    denying = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Action": "logs:PutLogEvents", "Resource": "*"}]})
    deployment.client(account, "iam").put_role_policy(RoleName=ROLE, PolicyName="denying", PolicyDocument=denying)


def tidy_role(deployment, account):
    """As it was before denied_by_the_role."""
    deployment.client(account, "iam").delete_role_policy(RoleName=ROLE, PolicyName="denying")


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
    "path": (of_bucket(path_of_another_account), "CloudTrailWrite{account}"),
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
        lambda deployment, account: deployment.client(account, "logs").delete_log_group(logGroupName=LOG_GROUP),
        f"log group {LOG_GROUP} does not exist"),
    "stopped": (trail_call("stop_logging"), f"trail {TRAIL} is stopped"),
    "trail": (trail_call("delete_trail"), f"trail {TRAIL} does not exist in {REGION}"),
    "no management events": (trail_call("put_event_selectors", EventSelectors=NO_MANAGEMENT), "no management events"),
    "data events only": (
        trail_call("put_event_selectors", AdvancedEventSelectors=DATA_ONLY), "no management events"),
    "other region only": (other_region_only, f"does not exist in {REGION}, but in us-east-1"),
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


# A member for each break, named for it, and members that nothing is broken in.
CONTROLS = ["control-1", "control-2"]
HOSTS = {what: re.sub(r"\W+", "-", what) for what in BREAKS}
ACCOUNTS = {name: str(600000000001 + number) for number, name in enumerate([*HOSTS.values(), *CONTROLS])}


def copy_member(deployment, source, target):
    """Give an account what setup gave another one: a log group, the role that CloudTrail writes to it with, a trail."""
    def client(service):
        return deployment.client(source, service), deployment.client(target, service)

    def for_target(value):
        return json.loads(json.dumps(value, default=str).replace(source, target))

    of_source, of_target = client("logs")
    group = of_source.describe_log_groups(logGroupNamePrefix=LOG_GROUP)["logGroups"][0]
    tags = of_source.list_tags_for_resource(resourceArn=group["arn"].removesuffix(":*"))["tags"]
    of_target.create_log_group(logGroupName=LOG_GROUP, tags=tags)
    of_target.put_retention_policy(logGroupName=LOG_GROUP, retentionInDays=group["retentionInDays"])

    of_source, of_target = client("iam")
    role = of_source.get_role(RoleName=ROLE)["Role"]
    of_target.create_role(
        RoleName=ROLE, AssumeRolePolicyDocument=json.dumps(for_target(role["AssumeRolePolicyDocument"])),
        Description=role["Description"], MaxSessionDuration=role["MaxSessionDuration"], Tags=role["Tags"],
    )
    for name in of_source.list_role_policies(RoleName=ROLE)["PolicyNames"]:
        policy = of_source.get_role_policy(RoleName=ROLE, PolicyName=name)["PolicyDocument"]
        of_target.put_role_policy(RoleName=ROLE, PolicyName=name, PolicyDocument=json.dumps(for_target(policy)))

    of_source, of_target = client("cloudtrail")
    trail = of_source.describe_trails(trailNameList=[TRAIL])["trailList"][0]
    tags = of_source.list_tags(ResourceIdList=[trail["TrailARN"]])["ResourceTagList"][0]["TagsList"]
    trail = for_target(trail)
    of_target.create_trail(
        TagsList=tags, EnableLogFileValidation=trail["LogFileValidationEnabled"],
        **{name: trail[name] for name in (
            "Name", "S3BucketName", "S3KeyPrefix", "IncludeGlobalServiceEvents", "IsMultiRegionTrail", "KmsKeyId",
            "CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn",
        )},
    )
    of_target.start_logging(Name=TRAIL)


@pytest.fixture(scope="module", name="reports")
def fixture_reports(aws_server, tmp_path_factory):
    """What is verified while all is broken, and after setup mended it; accounts by name. And the last one's writes."""
    inventory = make_inventory(
        ACCOUNTS, {"log-archive": {"account_id": "600000000000"}},
        aws_trail_bucket_name="archive",  # a longer name would make the policy for 30 accounts larger than S3 takes
    )
    folder, limit = tmp_path_factory.mktemp("breaks"), f"log-archive:{CONTROLS[0]}"
    deployment = FullDeployment(aws_server, folder, inventory, "--limit", limit)
    for name, account in ACCOUNTS.items():
        if name != CONTROLS[0]:
            copy_member(deployment, ACCOUNTS[CONTROLS[0]], account)  # in a tenth of the time that setup takes
    for what, (cut, _cause) in BREAKS.items():
        cut(deployment, ACCOUNTS[HOSTS[what]])
    broken = deployment.verify()
    for what, host in HOSTS.items():
        TIDY.get(what, lambda *_: None)(deployment, ACCOUNTS[host])
        if what in MENDS_SELECTORS:  # the roles leave selectors alone that the inventory does not name
            trail_call("put_event_selectors", EventSelectors=[
                {"ReadWriteType": "All", "IncludeManagementEvents": True}])(deployment, ACCOUNTS[host])
    deployment.setup()
    writes(aws_server)
    mended = deployment.verify()
    return by_name(broken), by_name(mended), writes(aws_server)


def by_name(report):
    """The accounts of a report by their names."""
    return {found["name"]: found for found in report["accounts"]}


def failures(report):
    """The accounts of a report that failed, by their names."""
    return {found["name"]: found for found in report["accounts"] if found["state"] == "failed"}


def expect_as_it_was(found):
    """A member with nothing to be said of, whose event arrived."""
    assert (found["state"], found["findings"]) == ("ok", []), found
    assert {one["kind"]: one["state"] for one in found["probe"]["destinations"]} == {
        "s3": "arrived", "cloudwatch_logs": "arrived",
    }


@pytest.mark.parametrize("what", BREAKS)
def test_one_link_broken(reports, what):
    broken, _mended, _writes = reports
    found, (_cut, cause) = broken[HOSTS[what]], BREAKS[what]
    assert found["state"] == "failed", found
    assert cause.format(account=ACCOUNTS[HOSTS[what]]) in found["reason"]


def test_a_broken_link_is_that_of_its_member_alone(reports):
    broken, _mended, _writes = reports
    assert broken["log-archive"]["state"] == "warning", broken["log-archive"]
    for name in CONTROLS:
        expect_as_it_was(broken[name])


@pytest.mark.parametrize("what", BREAKS)
def test_setup_mends_it(reports, what):
    _broken, mended, _writes = reports
    expect_as_it_was(mended[HOSTS[what]])


def test_every_members_event_arrives(reports):
    _broken, mended, changing = reports
    assert set(mended) == {"log-archive", *ACCOUNTS} and mended["log-archive"]["state"] == "warning"
    for name in ACCOUNTS:
        expect_as_it_was(mended[name])
    assert not [call for call in changing if not call.endswith("sts:AssumeRole")]


def test_what_is_weaker(reports):
    broken, _mended, _writes = reports
    findings = broken[HOSTS["no validation"]]["findings"]
    assert [one["text"] for one in findings] == [
        f"trail {TRAIL}: enable_log_file_validation is false, and should be true",
    ]
    assert findings[0]["controls"] == ["CIS AWS 3.2"]


@pytest.fixture(scope="module", name="deployment")
def fixture_deployment(aws_server, tmp_path_factory):
    """An archive and three members; all of them are ok before each test."""
    return FullDeployment(aws_server, tmp_path_factory.mktemp("small"), make_inventory())


@pytest.fixture(scope="module", name="changed")
def fixture_changed(deployment):
    """What is verified, by name of the account, and the output, while each member has a trouble of its own.

    A statement denies what team-a needs, one leaves out the digests of team-b, and the log group of team-c differs.
    """
    deployment.change_bucket_policy(deny(TEAM_A))
    log_files = f"arn:aws:s3:::{BUCKET}/{TEAM_B}/AWSLogs/{TEAM_B}/CloudTrail/*"
    deployment.change_bucket_policy(put(f"CloudTrailWrite{TEAM_B}", ["Resource"], log_files))
    deployment.client(TEAM_C, "logs").put_retention_policy(logGroupName=LOG_GROUP, retentionInDays=30)
    report, output = verify_with_output(deployment.playbooks, deployment.inventory, **OURS)
    deployment.change_bucket_policy(lambda statements: [one for one in statements if one["Sid"] != "Surprise"])
    deployment.setup()
    return by_name(report), output


def reported_for(text, accounts):
    """The accounts with a finding that has a text."""
    return {name for name, found in accounts.items() if any(text in one["text"] for one in found["findings"])}


def test_a_statement_of_somebody_else_that_denies(changed):
    accounts, _output = changed
    assert accounts["team-a"]["state"] == accounts["log-archive"]["state"] == "failed"
    assert reported_for("Surprise", accounts) == {"team-a", "log-archive"}
    assert "Surprise" in accounts["team-a"]["reason"]


def test_a_statement_that_leaves_out_digests(changed):
    """The archive has the finding too, because it does not know which trails are to have digests."""
    accounts, _output = changed
    assert accounts["team-b"]["state"] == accounts["log-archive"]["state"] == "failed"
    assert reported_for(f"CloudTrailWrite{TEAM_B}", accounts) == {"team-b", "log-archive"}
    assert all(f"CloudTrailWrite{TEAM_B}" in accounts[name]["reason"] for name in ("team-b", "log-archive")), accounts
    assert accounts["team-b"]["probe"]["state"] == "arrived"


def test_what_differs(changed):
    accounts, output = changed
    assert accounts["team-c"]["reason"] == f"log group {LOG_GROUP}: retention is 30, and should be 731"
    assert accounts["team-c"]["probe"]["state"] == "arrived"
    # Nothing is changed, and nothing said to be.
    assert "Member accounts on AWS: ended" in output and "3 accounts, 1 to do\n" in output and "changed" not in output


def test_an_account_without_a_session(deployment, changed):
    """And the others are as they were, with the help of setup."""
    report = deployment.verify(inventory=make_inventory(hosts={"team-a": {"audit_logs_aws_role": "nobody"}}))
    failed = failures(report)
    assert list(failed) == ["team-a"] and failed["team-a"]["phase"] == "credentials"


def test_posture_alone(deployment):
    report = deployment.verify("-e", "audit_logs_probe=false")
    assert [found["probe"] for found in report["accounts"]] == [None] * 4
    assert report["summary"]["failed"] == 0


def test_key_that_cannot_be_used(deployment):
    kms = deployment.client(ARCHIVE, "kms")
    key = kms.describe_key(KeyId=f"alias/{BUCKET}")["KeyMetadata"]["KeyId"]
    kms.disable_key(KeyId=key)
    failed = failures(deployment.verify())
    kms.enable_key(KeyId=key)
    assert set(failed) == {"log-archive", *MEMBERS}
    assert all("cannot be used because its state is Disabled" in found["reason"] for found in failed.values()), failed


def test_an_archive_that_is_left_out(deployment):
    report = deployment.verify("--limit", "team-b")
    assert [found["name"] for found in report["accounts"]] == ["team-b"]
    assert "add it to --limit" in report["accounts"][0]["reason"]
    assert deployment.verify("--limit", "team-b,log-archive")["summary"]["failed"] == 0


def test_a_bucket_of_somebody_else(deployment):
    """Without the archive it is CloudTrail that says what it delivered; that of team-a is stopped."""
    inventory = make_inventory(aws_trail_kms_key_id="{{ omit }}")
    del inventory["all"]["children"]["aws_archive"]
    cloudtrail = deployment.client(TEAM_A, "cloudtrail")
    cloudtrail.stop_logging(Name=TRAIL)
    # Times of deliveries are of whole seconds: it takes a second one.
    report = deployment.verify("-e", "audit_logs_probe_deadline=300", inventory=inventory)
    cloudtrail.start_logging(Name=TRAIL)
    assert {found["name"]: found["state"] for found in report["accounts"]} == {
        "team-a": "failed", "team-b": "ok", "team-c": "ok",
    }
    delivering = report["accounts"][1:]
    assert [found["reason"] for found in delivering] == [None, None]
    destinations = [one for found in delivering for one in found["probe"]["destinations"]]
    assert {one["found_in"] for one in destinations if one["kind"] == "s3"} == {"GetTrailStatus"}


def test_bucket_that_is_gone(deployment):
    s3 = deployment.client(ARCHIVE, "s3")
    # All pages first: the local S3 finds no page after a version that is gone.
    for page in list(s3.get_paginator("list_object_versions").paginate(Bucket=BUCKET)):
        for entry in page.get("Versions", []) + page.get("DeleteMarkers", []):
            s3.delete_object(Bucket=BUCKET, Key=entry["Key"], VersionId=entry["VersionId"])
    s3.delete_bucket(Bucket=BUCKET)
    failed = failures(deployment.verify())
    assert set(failed) == {"log-archive", *MEMBERS}
    assert all(f"bucket {BUCKET} does not exist" in found["reason"] for found in failed.values()), failed
    deployment.setup()
    assert deployment.verify()["summary"]["failed"] == 0


def test_the_trail_of_an_organization(aws_server, tmp_path):
    organizations = aws_server.session(MANAGEMENT).client("organizations")
    organizations.enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
    organization = organizations.describe_organization()["Organization"]["Id"]
    archive = {"account_id": "700000000000", "audit_logs_aws_role": "OrganizationAccountAccessRole"}
    inventory = inventory_of(
        {"management": MANAGEMENT}, {"log-archive": archive}, aws_trail_bucket_name="organization-archive",
        audit_logs_aws_mode="organization_trail", audit_logs_aws_management_account_id=MANAGEMENT,
        aws_trail_bucket_organization_id=organization,
    )
    del inventory["all"]["vars"]["audit_logs_aws_role"]  # the management account is that of the environment
    found = by_name(FullDeployment(aws_server, tmp_path, inventory).verify())["management"]
    assert found["state"] == "ok", found
    assert f"/AWSLogs/{organization}/{MANAGEMENT}/CloudTrail/" in found["probe"]["destinations"][0]["found_in"]
