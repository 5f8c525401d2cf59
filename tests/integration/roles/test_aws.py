# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of the roles, each role alone, in one account."""
from __future__ import annotations

import itertools
import json
import re

import boto3
import pytest
import yaml
from clouds.aws import Windows
from helpers.aws import faults
from helpers.aws.deployments import BUCKET, MANAGEMENT, MEMBERS, QUICK_TRIES, REGION, Account, writes
from helpers.parliament import findings

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import policies

ACCOUNT = MEMBERS["team-a"]
PLANNED = ["DescribeTrails", "GetTrailStatus", "ListTags"]  # what the plan asks CloudTrail, sorted


@pytest.fixture(name="role")
def fixture_role(aws, playbooks):
    """Runs a role in an account: for real, or as a plan that must not write; with twice, for two hosts in turn."""

    def run(name, plan=False, twice=False, account=ACCOUNT, **variables):
        if "AWS_CONFIG_FILE" not in playbooks.environment:
            playbooks.use_profiles({"here": account})
        plays = [{
            "hosts": host,
            "gather_facts": False,
            "module_defaults": {"group/crossaccount.audit_logs.aws": {"profile": "here"}},
            "vars": {
                "ansible_connection": "crossaccount.audit_logs.local_fork",
                "ansible_python_interpreter": "{{ ansible_playbook_python }}",
                "account_id": account,
                "audit_logs_aws_region": REGION,
                **QUICK_TRIES,
                **variables,
            },
            "roles": [f"crossaccount.audit_logs.{name}"],
        } for host in ["localhost", *(["again"] if twice else [])]]
        path = playbooks.folder / "role.yml"
        path.write_text(yaml.safe_dump(plays), encoding="utf-8")
        writes(aws)
        done = playbooks.run(path, "-i", "again,", *(["--check", "--diff"] if plan else []))
        assert not plan or writes(aws) == []
        return done

    return run


def converges(role, name, **variables):
    """The plan says something to do, the run does it, and the next one has nothing to do."""
    plan = role(name, plan=True, **variables)
    assert plan.status == 0 and plan.changed["localhost"] == 1, plan.output
    run = role(name, twice=True, **variables)
    assert run.status == 0 and run.changed["again"] == 0, run.output
    return plan


def make_access_log_bucket(s3):
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "logging.s3.amazonaws.com"},
                "Action": "s3:PutObject",
                "Resource": "arn:aws:s3:::access-logs/*",
                "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
            }
        ],
    }
    s3.create_bucket(Bucket="access-logs", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_policy(Bucket="access-logs", Policy=json.dumps(policy))


def test_bucket_options(aws, role):
    """Lifecycle, access logging, the user's own statements; each is changed and, where it can be, taken off again."""
    s3 = Account(aws, ACCOUNT).client("s3")
    make_access_log_bucket(s3)
    statement = {
        "Sid": "Auditors",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::999999999999:root"},
        "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
    }
    options = {
        "aws_trail_bucket_name": BUCKET,
        "aws_trail_bucket_trails": [{"account_id": ACCOUNT}],
        "aws_trail_bucket_policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        "aws_trail_bucket_transition_days": 90,
        "aws_trail_bucket_expiration_days": 3650,
        "aws_trail_bucket_logging_bucket": "access-logs",
    }
    converges(role, "aws_trail_bucket", **options)
    policy = Account(aws, ACCOUNT).bucket_policy()
    assert [one["Sid"] for one in policy["Statement"]] == [
        "DenyInsecureTransport",
        f"CloudTrailAcl{ACCOUNT}",
        f"CloudTrailWrite{ACCOUNT}",
        "Auditors",
    ]
    assert findings(policy) == []
    rule = s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"][0]
    assert rule["Transitions"] == [{"Days": 90, "StorageClass": "GLACIER"}]
    # Without a size, S3 leaves objects under 128 KB where they are: nearly all log files.
    assert rule["Filter"] == {"And": {"Prefix": "", "ObjectSizeGreaterThan": 1}}
    assert rule["Expiration"]["Days"] == 3650
    assert rule["NoncurrentVersionExpiration"]["NoncurrentDays"] == 3650
    logging = s3.get_bucket_logging(Bucket=BUCKET)["LoggingEnabled"]
    assert (logging["TargetBucket"], logging["TargetPrefix"]) == ("access-logs", f"{BUCKET}/")
    encryption = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert encryption["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    assert set(s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"].values()) == {True}
    ownership = s3.get_bucket_ownership_controls(Bucket=BUCKET)["OwnershipControls"]["Rules"]
    assert ownership == [{"ObjectOwnership": "BucketOwnerEnforced"}]

    # Somebody stops the expiry, and the option goes: it must not come back with the rule.
    expiring = {**rule, "Status": "Disabled"}
    s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": [expiring]})
    options.update(aws_trail_bucket_expiration_days=0)
    converges(role, "aws_trail_bucket", **options)
    rules = s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    assert [(one["Status"], "Expiration" in one) for one in rules] == [("Enabled", False)]
    moved = {**rules[0], "Filter": {"Prefix": "foo/"}}
    s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": [moved]})
    converges(role, "aws_trail_bucket", **options)
    rules = s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    assert [one["Filter"] for one in rules] == [{"And": {"Prefix": "", "ObjectSizeGreaterThan": 1}}]
    options.update(aws_trail_bucket_transition_storage_class="STANDARD_IA")
    converges(role, "aws_trail_bucket", **options)
    rules = s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    assert [one["Filter"] for one in rules] == [{"Prefix": ""}]

    options.update(
        aws_trail_bucket_transition_days=0, aws_trail_bucket_logging_bucket="none"
    )
    converges(role, "aws_trail_bucket", **options)
    with pytest.raises(s3.exceptions.ClientError, match="NoSuchLifecycleConfiguration"):
        s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)
    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=BUCKET)


def test_a_given_key(aws, role):
    """With a key of somebody's own no key is created, and theirs is neither changed nor deleted."""
    account = Account(aws, ACCOUNT)
    policy = policies.key_policy(ACCOUNT, REGION, [{"account_id": ACCOUNT}])
    key = account.client("kms").create_key(Description="theirs", Policy=json.dumps(policy))["KeyMetadata"]["Arn"]
    options = {
        "aws_trail_bucket_name": BUCKET,
        "aws_trail_bucket_trails": [{"account_id": ACCOUNT}],
        "aws_trail_bucket_encryption": "aws:kms",
        "aws_trail_bucket_kms_key_arn": key,
    }
    converges(role, "aws_trail_bucket", **options)
    rule = account.client("s3").get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    absent = {"aws_trail_bucket_state": "absent", "aws_trail_bucket_delete_logs": True, **options}
    kept = role("aws_trail_bucket", **absent)  # the trail of the policy may deliver
    assert kept.status == 0 and sorted(account.holdings()) == ["buckets", "keys"]
    gone = role("aws_trail_bucket", aws_trail_bucket_removed_accounts=[ACCOUNT], **absent)
    assert gone.status == 0, gone.output
    assert list(account.holdings()) == ["keys"]


def test_an_s3_bucket_key(aws, role):
    """It is switched on, the key allows for it, and it stays on when the encryption changes and nothing is said about it."""
    account = Account(aws, ACCOUNT)
    options = {
        "aws_trail_bucket_name": BUCKET, "aws_trail_bucket_trails": [{"account_id": ACCOUNT}], "aws_trail_bucket_encryption": "aws:kms",
    }
    refused = role("aws_trail_bucket", **{**options, "aws_trail_bucket_encryption": "AES256"}, aws_trail_bucket_key_enabled=True)
    assert refused.status != 0 and "an S3 Bucket Key needs aws_trail_bucket_encryption: aws:kms" in refused.output
    assert account.holdings() == {}
    converges(role, "aws_trail_bucket", **options, aws_trail_bucket_key_enabled=True)
    key = account.client("kms").describe_key(KeyId=f"alias/{BUCKET}")["KeyMetadata"]["Arn"]
    account.client("cloudtrail").create_trail(Name="audit-logs", S3BucketName=BUCKET, S3KeyPrefix=ACCOUNT, KmsKeyId=key)
    policy = policies.with_decrypt(policies.key_policy(ACCOUNT, REGION, [{"account_id": ACCOUNT}]))
    other = account.client("kms").create_key(Description="theirs", Policy=json.dumps(policy))["KeyMetadata"]["Arn"]
    converges(role, "aws_trail_bucket", **options, aws_trail_bucket_kms_key_arn=other)
    rule = account.client("s3").get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] == other and rule["BucketKeyEnabled"] is True
    converges(role, "aws_trail_bucket", **options, aws_trail_bucket_kms_key_arn=other, aws_trail_bucket_key_enabled=False)
    rule = account.client("s3").get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["BucketKeyEnabled"] is False


def test_a_key_that_is_completed_later(role, monkeypatch):
    """The message is that of KMS. The next run completes the key and creates no second one."""
    options = {
        "aws_trail_bucket_name": BUCKET, "aws_trail_bucket_trails": [{"account_id": ACCOUNT}], "aws_trail_bucket_encryption": "aws:kms"}
    faults.refuse(monkeypatch, "EnableKeyRotation", ["KMSInvalidStateException"], service="kms")
    refused = role("aws_trail_bucket", **options)
    assert refused.status != 0 and f"Failed to create KMS key alias/{BUCKET}: An error occurred (KMSInvalidStateException)" in refused.output
    run = role("aws_trail_bucket", twice=True, **options)
    assert run.status == 0 and run.changed["again"] == 0, run.output


@pytest.mark.parametrize(
    "number, form", [(317, {"aws_trail_bucket_policy_form": "source_arns"}),
                     (1000, {"aws_trail_bucket_policy_form": "source_accounts"}),
                     (1000, {"aws_trail_bucket_policy_form": "organization", "aws_trail_bucket_organization_id": "organization"})]
)  # fmt: skip
def test_a_policy_for_many_accounts(aws, role, number, form):
    """It fits, it is accepted, one of the accounts can create a trail with it, and a stranger cannot."""
    organization = aws.session().client("organizations").describe_organization()["Organization"]["Id"]
    trails = [{"account_id": str(200000000000 + number)} for number in range(number - 1)] + [{"account_id": ACCOUNT}]
    run = role(
        "aws_trail_bucket",
        aws_trail_bucket_name=BUCKET,
        aws_trail_bucket_encryption="aws:kms",
        aws_trail_bucket_trails=trails,
        **{name: organization if value == "organization" and name.endswith("_id") else value
           for name, value in form.items()},
    )  # fmt: skip
    assert run.status == 0, run.output
    policy = Account(aws, ACCOUNT).bucket_policy()
    assert len(json.dumps(policy)) <= 20480
    assert findings(policy) == []
    kms = Account(aws, ACCOUNT).client("kms")
    key = kms.describe_key(KeyId=f"alias/{BUCKET}")["KeyMetadata"]["Arn"]
    assert findings(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]) == []
    trail = {"S3BucketName": BUCKET, "KmsKeyId": key, "S3KeyPrefix": ACCOUNT}
    cloudtrail = Account(aws, "200000000007").client("cloudtrail")
    cloudtrail.create_trail(Name="audit-logs", **trail)
    with pytest.raises(cloudtrail.exceptions.InsufficientS3BucketPolicyException):
        cloudtrail.create_trail(Name="another-name", **trail)
    if "organization" not in form.values():
        stranger = Account(aws, "999999999999").client("cloudtrail")
        with pytest.raises(stranger.exceptions.InsufficientS3BucketPolicyException):
            stranger.create_trail(Name="audit-logs", **trail)


def make_topic(sns, account):
    """A topic to which CloudTrail may write, as its documentation says."""
    arn = sns.create_topic(Name="log-files")["TopicArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": "SNS:Publish",
        "Resource": arn,
        "Condition": {"StringEquals": {"aws:SourceArn": f"arn:aws:cloudtrail:{REGION}:{account}:trail/audit-logs"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)


def prepare_trail(aws, role, account=ACCOUNT, **trail):
    """What a trail with everything needs: bucket, key, log group, role, topic. Returns options for the role."""
    run = role(
        "aws_trail_bucket",
        account=account,
        aws_trail_bucket_name=BUCKET,
        aws_trail_bucket_encryption="aws:kms",
        aws_trail_bucket_trails=[{"account_id": account, **trail}, {"account_id": account, **trail, "prefix": ""}],
    )
    assert run.status == 0, run.output
    run = role("aws_trail_cloudwatch", account=account, aws_trail_cloudwatch_deployment=BUCKET)
    assert run.status == 0, run.output
    here = Account(aws, account)
    make_topic(here.client("sns"), account)
    return {
        "account": account,
        "aws_trail_s3_bucket_name": BUCKET,
        "aws_trail_sns_topic_name": "log-files",
        "aws_trail_kms_key_id": here.client("kms").describe_key(KeyId=f"alias/{BUCKET}")["KeyMetadata"]["Arn"],
        "aws_trail_cloudwatch_logs_log_group_arn": here.log_groups()["audit-logs-cloudtrail-log-group"]["arn"],
        "aws_trail_cloudwatch_logs_role_arn": f"arn:aws:iam::{account}:role/audit-logs-cloudtrail-cloudwatch",
    }


def test_trail_with_its_log_group(aws, role):
    """Nothing else has to be created for it, it is all in one plan, and it goes with the trail."""
    bucket = {"aws_trail_bucket_name": BUCKET, "aws_trail_bucket_trails": [{"account_id": ACCOUNT}]}
    assert role("aws_trail_bucket", **bucket).status == 0
    options = {"aws_trail_bucket_name": BUCKET, "aws_trail_cloudwatch_retention_days": 90}
    assert converges(role, "aws_trail", **options).changed == {"localhost": 1}
    here = Account(aws, ACCOUNT)
    assert "CloudWatchLogsLogGroupArn" not in here.trails()["audit-logs"] and not here.log_groups()

    options["aws_trail_cloudwatch_logs"] = True
    plan = converges(role, "aws_trail", **options)
    for title in (
        "log group audit-logs-cloudtrail-log-group (create)",
        "iam role audit-logs-cloudtrail-cloudwatch (create)",
        "trail audit-logs (cloudwatch_logs_log_group_arn, cloudwatch_logs_role_arn)",
    ):
        assert title in plan.output
    group = here.log_groups()["audit-logs-cloudtrail-log-group"]
    assert group["retentionInDays"] == 90
    assert here.trails()["audit-logs"]["CloudWatchLogsLogGroupArn"] == group["arn"]

    # What is as it should be is left to the plan, which only reads.
    options["aws_trail_cloudwatch_retention_days"] = 180
    assert role("aws_trail", **options).status == 0
    assert sorted(call.action for call in aws.calls if call.service == "cloudtrail") == PLANNED
    assert writes(aws) == [f"{ACCOUNT} logs:PutRetentionPolicy"]
    # A value that amazon.aws.cloudwatchlogs_log_group does not know: it would delete the log group.
    options["aws_trail_cloudwatch_retention_days"] = 2192
    assert role("aws_trail", **options).status == 0
    assert writes(aws) == [f"{ACCOUNT} logs:PutRetentionPolicy"]
    assert here.log_groups()["audit-logs-cloudtrail-log-group"]["retentionInDays"] == 2192
    options["aws_trail_tags"] = {"team": "security"}
    assert role("aws_trail", **options).status == 0
    assert writes(aws) == [f"{ACCOUNT} cloudtrail:AddTags"]

    # Without the option, what is there is left alone.
    options["aws_trail_cloudwatch_logs"] = False
    assert role("aws_trail", **options).changed == {"localhost": 0}

    options.update(aws_trail_cloudwatch_logs="true", aws_trail_state="absent", audit_logs_delete_logs=True)
    converges(role, "aws_trail", **options)
    assert not here.trails() and not here.log_groups() and "audit-logs-cloudtrail-cloudwatch" not in here.roles()


@pytest.mark.parametrize("asked", ["aws_trail_adopt", "aws_trail_cloudwatch_adopt"])
def test_trail_and_log_group_are_taken_over_each_by_itself(aws, role, asked):
    assert role("aws_trail_bucket", aws_trail_bucket_name=BUCKET, aws_trail_bucket_trails=[{"account_id": ACCOUNT}]).status == 0
    here = Account(aws, ACCOUNT)
    here.client("logs").create_log_group(logGroupName="audit-logs-cloudtrail-log-group")
    here.client("cloudtrail").create_trail(Name="audit-logs", S3BucketName=BUCKET, S3KeyPrefix=ACCOUNT)
    writes(aws)
    options = {"aws_trail_s3_bucket_name": BUCKET, "aws_trail_cloudwatch_logs": True}
    run = role("aws_trail", **options, **{asked: True})
    other = "log group audit-logs-cloudtrail-log-group" if asked == "aws_trail_adopt" else "trail audit-logs"
    assert run.status != 0 and f"{other} exists and does not carry the tag" in run.output
    assert writes(aws) == []
    converges(role, "aws_trail", audit_logs_adopt=True, **options)


def test_trail_options(aws, role):
    """Everything is set, then what can be taken off is taken off, with what amazon.aws.cloudtrail cannot do."""
    options = prepare_trail(aws, role)
    management = {"name": "management", "field_selectors": [{"field": "eventCategory", "equals": ["Management"]}]}  # insights need them
    writes_of_objects = {
        "name": "writes of objects",
        "field_selectors": [
            {"field": "eventCategory", "equals": ["Data"]},
            {"field": "resources.type", "equals": ["AWS::S3::Object"]},
            {"field": "readOnly", "equals": ["false"]},
        ],
    }
    converges(
        role,
        "aws_trail",
        aws_trail_advanced_event_selectors=[writes_of_objects, management],
        aws_trail_insight_types=["ApiErrorRateInsight", "ApiCallRateInsight"],
        aws_trail_tags={"team": "security"},
        **options,
    )
    cloudtrail = Account(aws, ACCOUNT).client("cloudtrail")
    trail = Account(aws, ACCOUNT).trails()["audit-logs"]
    assert trail["SnsTopicName"] == "log-files" and trail["KmsKeyId"] == options["aws_trail_kms_key_id"]
    assert trail["S3KeyPrefix"] == ACCOUNT
    found = cloudtrail.get_event_selectors(TrailName="audit-logs")
    assert found["AdvancedEventSelectors"][0]["Name"] == "writes of objects"
    assert not found.get("EventSelectors")

    bare = {
        "account": ACCOUNT,
        "aws_trail_s3_bucket_name": BUCKET,
        "aws_trail_s3_key_prefix": "none",
        "aws_trail_sns_topic_name": "none",
        "aws_trail_kms_key_id": "none",
        "aws_trail_cloudwatch_logs_log_group_arn": "none",
        "aws_trail_cloudwatch_logs_role_arn": "none",
        "aws_trail_event_selectors": [{"read_write_type": "WriteOnly"}],
        "aws_trail_insight_types": [],
    }
    plan = converges(role, "aws_trail", **bare)
    assert '-    "sns_topic_name": "log-files"' in plan.output
    trail = Account(aws, ACCOUNT).trails()["audit-logs"]
    assert not {"S3KeyPrefix", "SnsTopicName", "KmsKeyId", "CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn"} & {
        name for name, value in trail.items() if value
    }
    found = cloudtrail.get_event_selectors(TrailName="audit-logs")
    assert found["EventSelectors"][0]["ReadWriteType"] == "WriteOnly" and not found.get("AdvancedEventSelectors")

    # Nothing that is not asked for is touched.
    again = role("aws_trail", account=ACCOUNT, aws_trail_s3_bucket_name=BUCKET, aws_trail_s3_key_prefix="none")
    assert again.changed == {"localhost": 0}, again.output


def test_organization_trail(aws, role):
    """The management account makes its trail one of the organization, and takes it back."""
    organizations = aws.session().client("organizations")
    organizations.enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
    organization = organizations.describe_organization()["Organization"]["Id"]
    options = prepare_trail(aws, role, account=MANAGEMENT, organization_id=organization)
    options = {name: value for name, value in options.items() if "cloudwatch" not in name}
    converges(role, "aws_trail", aws_trail_is_organization_trail=True, **options)
    unsaid = role("aws_trail", **options)
    assert unsaid.status != 0 and "records the whole organization, and this run would end that" in unsaid.output
    back = role("aws_trail", aws_trail_is_organization_trail=False, **options)
    assert back.status != 0 and "records the whole organization, and this run would end that" in back.output
    assert Account(aws, MANAGEMENT).trails()["audit-logs"]["IsOrganizationTrail"]


def test_a_member_cannot_have_an_organization_trail(aws, role):
    options = prepare_trail(aws, role, organization_id="o-a1b2c3d4e5")
    run = role("aws_trail", aws_trail_is_organization_trail=True, **options)
    assert run.status != 0
    assert "the management account of organization" in run.output and f"not {ACCOUNT}" in run.output and "Traceback" not in run.output
    assert Account(aws, ACCOUNT).trails() == {}


def test_a_bucket_that_does_not_let_the_trail_deliver(aws, role):
    """AWS refuses; the role waits for a while, because policies take time to be seen, and says what AWS says."""
    Account(aws, ACCOUNT).client("s3").create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    run = role("aws_trail", aws_trail_s3_bucket_name=BUCKET, aws_trail_wait="2", aws_trail_delay="1")  # as -e gives it
    assert run.status != 0
    assert "InsufficientS3BucketPolicyException" in run.output
    assert "If the policy of the bucket allows it, a resource control policy (RCP) of the organization may deny it" in run.output
    assert not Account(aws, ACCOUNT).trails()


def prepare_bucket(role):
    """A bucket in which a trail may deliver. Returns options for the role of the trail."""
    bucket = {"aws_trail_bucket_name": BUCKET, "aws_trail_bucket_trails": [{"account_id": ACCOUNT}]}
    assert role("aws_trail_bucket", **bucket).status == 0
    return {"aws_trail_s3_bucket_name": BUCKET}


def assert_it_records(aws, role, **options):
    """One run creates a trail that records, and the next has nothing to do."""
    run = role("aws_trail", twice=True, **options)
    assert run.status == 0 and run.changed["again"] == 0, run.output
    assert Account(aws, ACCOUNT).client("cloudtrail").get_trail_status(Name="audit-logs")["IsLogging"]


@pytest.mark.parametrize("refused", [
    {"CreateTrail": ["ConflictException", "KmsKeyNotFoundException", "KmsException", "S3BucketDoesNotExistException"]},
    {"GetTrailStatus": ["TrailNotFoundException"], "ListTags": ["ResourceNotFoundException"]},
    {"StartLogging": ["ConflictException", "TrailNotFoundException"]},
    {"PutEventSelectors": ["ConflictException"], "PutInsightSelectors": ["TrailNotFoundException", "ConflictException"]},
], ids="-".join)  # fmt: skip
def test_a_trail_that_is_not_ready(aws, role, monkeypatch, refused):
    """What is refused for a moment after a trail was created does not leave a trail behind that records nothing."""
    options = prepare_bucket(role)
    for action, codes in refused.items():
        faults.refuse(monkeypatch, action, codes)
    selectors = {"aws_trail_event_selectors": [{"read_write_type": "WriteOnly"}], "aws_trail_insight_types": ["ApiCallRateInsight"]}
    assert_it_records(aws, role, **options, **selectors)


def test_a_name_that_somebody_else_takes_at_this_moment(aws, role, monkeypatch):
    """The plan saw no trail of this name. A second try would take the trail over."""
    options = prepare_bucket(role)
    faults.refuse(monkeypatch, "CreateTrail", ["TrailAlreadyExistsException"])
    run = role("aws_trail", **options)
    assert run.status != 0 and "TrailAlreadyExistsException" in run.output and Account(aws, ACCOUNT).trails() == {}


def test_a_trail_that_is_not_listed_yet(aws, role, monkeypatch):
    """Also one that the next try would create a second time."""
    options = prepare_bucket(role)
    monkeypatch.setattr(aws, "windows", Windows(new_trail=8))
    assert_it_records(aws, role, **options)


def test_a_changed_trail_that_is_not_ready(aws, role, monkeypatch):
    options = prepare_bucket(role)
    assert_it_records(aws, role, **options)
    faults.refuse(monkeypatch, "UpdateTrail", ["ConflictException"])
    faults.refuse(monkeypatch, "AddTags", ["ConflictException"])
    assert_it_records(aws, role, aws_trail_enable_log_file_validation=False, aws_trail_tags={"team": "security"}, **options)
    faults.refuse(monkeypatch, "DeleteTrail", ["ConflictException"])
    run = role("aws_trail", aws_trail_state="absent", **options)
    assert run.status == 0 and not Account(aws, ACCOUNT).trails(), run.output


@pytest.mark.parametrize(("state", "action"), [("present", "StartLogging"), ("absent", "DeleteTrail")])
def test_a_trail_that_somebody_else_changes_all_the_time(aws, role, monkeypatch, state, action):
    options = prepare_bucket(role)
    assert_it_records(aws, role, **options)
    Account(aws, ACCOUNT).client("cloudtrail").stop_logging(Name="audit-logs")
    faults.refuse(monkeypatch, action, itertools.repeat("ConflictException"))
    aws.calls.clear()
    run = role("aws_trail", **{**options, "aws_trail_wait": 1, "aws_trail_delay": 0.5, "aws_trail_state": state})
    assert run.status != 0
    assert len([call for call in aws.calls if call.action == action]) == 3
    assert re.search(
        r"trail audit-logs in eu-west-1: Failed to .*\(ConflictException\).*\. CloudTrail has answered so for 1 seconds"
        r" \(aws_trail_wait\)\. Something else is changing this trail, or the trail is not ready\. Check whether AWS Control Tower,",
        run.output,
    ), run.output


def test_what_does_not_end_by_itself_is_not_tried_again(aws, role, monkeypatch):
    options = prepare_bucket(role)
    faults.refuse(monkeypatch, "CreateTrail", ["KmsKeyDisabledException"])
    aws.calls.clear()
    run = role("aws_trail", **options)
    assert run.status != 0 and "KmsKeyDisabledException" in run.output
    assert len([call for call in aws.calls if call.action == "CreateTrail"]) == 1


def test_validation_role(aws, role):
    """Somebody with the external id may assume it and look at the bucket; nobody else, and nothing else."""
    options = {
        "aws_trail_validation_s3_bucket_name": BUCKET,
        "aws_trail_validation_principals": [f"arn:aws:iam::{MANAGEMENT}:root"],
        "aws_trail_validation_external_id": "validators-52c1",
    }
    make = {"aws_trail_bucket_name": BUCKET, "aws_trail_bucket_trails": [{"account_id": ACCOUNT}]}
    assert role("aws_trail_bucket", **make).status == 0
    converges(role, "aws_trail_validation", **options)
    sts = aws.session().client("sts")
    arn = f"arn:aws:iam::{ACCOUNT}:role/{BUCKET}-cloudtrail-validation"
    with pytest.raises(sts.exceptions.ClientError, match="AccessDenied"):
        sts.assume_role(RoleArn=arn, RoleSessionName="validator")
    keys = sts.assume_role(RoleArn=arn, RoleSessionName="validator", ExternalId="validators-52c1")["Credentials"]
    validator = {
        "aws_access_key_id": keys["AccessKeyId"],
        "aws_secret_access_key": keys["SecretAccessKey"],
        "aws_session_token": keys["SessionToken"],
        "endpoint_url": aws.url,
        "region_name": REGION,
    }
    boto3.client("cloudtrail", **validator).describe_trails()
    s3 = boto3.client("s3", **validator)
    s3.list_objects_v2(Bucket=BUCKET)
    with pytest.raises(s3.exceptions.ClientError, match="AccessDenied|Forbidden|403"):
        s3.put_object(Bucket=BUCKET, Key="forged", Body=b"")
    iam = Account(aws, ACCOUNT).client("iam")
    trust = iam.get_role(RoleName=f"{BUCKET}-cloudtrail-validation")["Role"]["AssumeRolePolicyDocument"]
    assert findings(trust) == []
    gone = role("aws_trail_validation", aws_trail_validation_state="absent", **options)
    assert gone.status == 0 and "roles" not in Account(aws, ACCOUNT).holdings()
