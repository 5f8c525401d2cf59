# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bare boto3 script that makes what our playbooks make on AWS: the yardstick of the benchmark.

``python sdk_aws.py JOB.json``: threads in one process, a boto3 session for each account, as people write it. It reads
before it writes, and knows nothing of plans, check mode, other people's resources, retries or failures.
"""
from __future__ import annotations

import gzip
import json
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

Job = dict[str, Any]
# As the playbooks name it, so that their calls and these can be compared.
SESSION = "crossaccount.audit_logs"
DEADLINE = 60  # seconds until a probe has arrived


def main(path: str) -> None:
    """Do the job in a file; jobs.aws says what is in it."""
    job = json.loads(Path(path).read_text(encoding="utf-8"))
    if not job["members"]:
        return
    sts = boto3.client("sts", region_name=job["region"])
    # When everything is to go, logs stay, and with them the bucket and its key.
    if job["state"] != "absent":
        archive = open_session(sts, job, job["archive"])
        job["key_arn"] = make_archive(job, archive)
    do_member = {"present": make_member, "verified": verify_member, "absent": remove_member}[job["state"]]
    with ThreadPoolExecutor(job["threads"]) as threads:
        found = list(threads.map(lambda account: do_member(job, open_session(sts, job, account), account), job["members"]))
        if job["state"] == "verified":
            s3 = archive.client("s3", config=Config(max_pool_connections=job["threads"]))
            list(threads.map(lambda account, mark: wait_for(job, s3, account, mark), job["members"], found))


def open_session(sts: Any, job: Job, account: str) -> boto3.Session:
    """A session in an account."""
    role = f"arn:aws:iam::{account}:role/{job['role']}"
    found = sts.assume_role(RoleArn=role, RoleSessionName=SESSION)["Credentials"]
    return boto3.Session(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"], job["region"])


def ask(call: Any, missing: str, **parameters: Any) -> dict[str, Any] | None:
    """The answer; None if the service says that there is none."""
    try:
        return call(**parameters)
    except ClientError as error:
        if error.response["Error"]["Code"] == missing:
            return None
        raise


def pairs(tags: dict[str, str]) -> list[dict[str, str]]:
    """Tags, as most services want them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


# The archive

def make_archive(job: Job, session: boto3.Session) -> str:
    """Make key and bucket what they should be; returns the key's ARN."""
    arn = make_key(session.client("kms"), job["kms_key"])
    make_bucket(session.client("s3"), job, arn)
    return arn


def make_key(kms: Any, wanted: dict[str, Any]) -> str:
    """Make a key what it should be; returns its ARN."""
    tags = [{"TagKey": key, "TagValue": value} for key, value in wanted["tags"].items()]
    found = ask(kms.describe_key, "NotFoundException", KeyId=wanted["alias"])
    if found is None:
        arn = kms.create_key(
            Description=wanted["description"], Policy=json.dumps(wanted["policy"]), Tags=tags
        )["KeyMetadata"]["Arn"]
        kms.create_alias(AliasName=wanted["alias"], TargetKeyId=arn)
        kms.enable_key_rotation(KeyId=arn)
        return arn
    arn = found["KeyMetadata"]["Arn"]
    if json.loads(kms.get_key_policy(KeyId=arn, PolicyName="default")["Policy"]) != wanted["policy"]:
        kms.put_key_policy(KeyId=arn, PolicyName="default", Policy=json.dumps(wanted["policy"]))
    if kms.list_resource_tags(KeyId=arn)["Tags"] != tags:
        kms.tag_resource(KeyId=arn, Tags=tags)
    if not kms.get_key_rotation_status(KeyId=arn)["KeyRotationEnabled"]:
        kms.enable_key_rotation(KeyId=arn)
    return arn


def make_bucket(s3: Any, job: Job, key_arn: str) -> None:
    """Make the bucket what it should be."""
    wanted, name = job["s3_bucket"], {"Bucket": job["s3_bucket"]["name"]}
    if ask(s3.head_bucket, "404", **name) is None:
        s3.create_bucket(**name, CreateBucketConfiguration={"LocationConstraint": job["region"]})
    policy = ask(s3.get_bucket_policy, "NoSuchBucketPolicy", **name)
    if policy is None or json.loads(policy["Policy"]) != wanted["policy"]:
        s3.put_bucket_policy(**name, Policy=json.dumps(wanted["policy"]))
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key_arn}
    rule = s3.get_bucket_encryption(**name)["ServerSideEncryptionConfiguration"]["Rules"][0]
    if rule["ApplyServerSideEncryptionByDefault"] != default:
        rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}
        s3.put_bucket_encryption(**name, ServerSideEncryptionConfiguration=rules)
    if s3.get_bucket_versioning(**name).get("Status") != "Enabled":
        s3.put_bucket_versioning(**name, VersioningConfiguration={"Status": "Enabled"})
    blocked = dict.fromkeys(
        ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
    )
    if s3.get_public_access_block(**name)["PublicAccessBlockConfiguration"] != blocked:
        s3.put_public_access_block(**name, PublicAccessBlockConfiguration=blocked)
    owner = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    if s3.get_bucket_ownership_controls(**name)["OwnershipControls"] != owner:
        s3.put_bucket_ownership_controls(**name, OwnershipControls=owner)
    if ask(s3.get_bucket_lifecycle_configuration, "NoSuchLifecycleConfiguration", **name):
        s3.delete_bucket_lifecycle(**name)
    tags = ask(s3.get_bucket_tagging, "NoSuchTagSet", **name)
    if tags is None or tags["TagSet"] != pairs(wanted["tags"]):
        s3.put_bucket_tagging(**name, Tagging={"TagSet": pairs(wanted["tags"])})


# The members

def make_member(job: Job, session: boto3.Session, account: str) -> None:
    """Make log group, role and trail what they should be."""
    group = f"arn:aws:logs:{job['region']}:{account}:log-group:{job['log_group']['name']}:*"
    role = f"arn:aws:iam::{account}:role/{job['iam_role']['name']}"
    make_log_group(session.client("logs"), job["log_group"])
    make_role(session.client("iam"), job["iam_role"], group)
    make_trail(session.client("cloudtrail"), {
        **job["trail"], "S3KeyPrefix": account, "KmsKeyId": job["key_arn"], "CloudWatchLogsLogGroupArn": group,
        "CloudWatchLogsRoleArn": role,
    }, job)


def make_log_group(logs: Any, wanted: dict[str, Any]) -> None:
    """Make the log group what it should be."""
    name, days = wanted["name"], wanted["retention"]
    found = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    group = next((group for group in found if group["logGroupName"] == name), None)
    if group is None:
        logs.create_log_group(logGroupName=name, tags=wanted["tags"])
        logs.put_retention_policy(logGroupName=name, retentionInDays=days)
        return
    if group.get("retentionInDays") != days:
        logs.put_retention_policy(logGroupName=name, retentionInDays=days)
    if logs.list_tags_log_group(logGroupName=name)["tags"] != wanted["tags"]:
        logs.tag_log_group(logGroupName=name, tags=wanted["tags"])


def make_role(iam: Any, wanted: dict[str, Any], group_arn: str) -> None:
    """Make the role what it should be."""
    name, trust, tags = wanted["name"], wanted["trust"], pairs(wanted["tags"])
    policy = json.loads(json.dumps(wanted["policy"]).replace("LOG_GROUP", group_arn))
    found = ask(iam.get_role, "NoSuchEntity", RoleName=name)
    written = None
    if found is None:
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust), Description=wanted["description"],
                        Tags=tags)
    else:
        if found["Role"]["AssumeRolePolicyDocument"] != trust:
            iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust))
        if found["Role"].get("Description") != wanted["description"]:
            iam.update_role(RoleName=name, Description=wanted["description"])
        if found["Role"].get("Tags") != tags:
            iam.tag_role(RoleName=name, Tags=tags)
        written = ask(iam.get_role_policy, "NoSuchEntity", RoleName=name, PolicyName=wanted["policy_name"])
    if written is None or written["PolicyDocument"] != policy:
        iam.put_role_policy(RoleName=name, PolicyName=wanted["policy_name"], PolicyDocument=json.dumps(policy))


def make_trail(cloudtrail: Any, settings: dict[str, Any], job: Job) -> None:
    """Make the trail what it should be."""
    name, tags = settings["Name"], pairs(job["tags"])
    found = cloudtrail.describe_trails(trailNameList=[name])["trailList"]
    if not found:
        cloudtrail.create_trail(**settings, TagsList=tags)
        cloudtrail.start_logging(Name=name)
        return
    # The option and the answer have two names for one thing.
    trail = {**found[0], "EnableLogFileValidation": found[0].get("LogFileValidationEnabled")}
    if any(trail.get(key) != value for key, value in settings.items()):
        cloudtrail.update_trail(**settings)
    if not cloudtrail.get_trail_status(Name=trail["TrailARN"])["IsLogging"]:
        cloudtrail.start_logging(Name=name)
    if cloudtrail.list_tags(ResourceIdList=[trail["TrailARN"]])["ResourceTagList"][0]["TagsList"] != tags:
        cloudtrail.add_tags(ResourceId=trail["TrailARN"], TagsList=tags)


def verify_member(job: Job, session: boto3.Session, account: str) -> str:
    """Read the member back, which is as it should be, and create a probe in it; returns its mark."""
    make_member(job, session, account)
    cloudtrail, mark = session.client("cloudtrail"), f"probe-{uuid.uuid4().hex[:26]}"
    cloudtrail.get_event_selectors(TrailName=job["trail"]["Name"])
    ask(cloudtrail.get_insight_selectors, "InsightNotEnabledException", TrailName=job["trail"]["Name"])
    cloudtrail.describe_trails(trailNameList=[mark])
    return mark


def wait_for(job: Job, s3: Any, account: str, mark: str) -> None:
    """Wait until the probe of a member is in the bucket, and look for its digest files."""
    bucket, folder = job["s3_bucket"]["name"], f"{account}/AWSLogs/{account}"
    today = datetime.now(timezone.utc)
    since = f"{account}_CloudTrail_{job['region']}_{today - timedelta(minutes=15):%Y%m%dT%H%M}"
    day = f"{folder}/CloudTrail/{job['region']}/{today:%Y/%m/%d}/"
    for _second in range(DEADLINE):
        for entry in s3.list_objects_v2(Bucket=bucket, Prefix=day, StartAfter=day + since).get("Contents", []):
            if mark.encode() in gzip.decompress(s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()):
                s3.list_objects_v2(Bucket=bucket, Prefix=f"{folder}/CloudTrail-Digest/")
                return
        time.sleep(1)
    raise TimeoutError(f"the probe of {account} did not arrive in {bucket} within {DEADLINE} seconds")


def remove_member(job: Job, session: boto3.Session, _account: str) -> None:
    """Delete trail, role and log group, if they carry our tags; a log group that holds logs stays."""
    tags = pairs(job["tags"])
    cloudtrail = session.client("cloudtrail")
    for trail in cloudtrail.describe_trails(trailNameList=[job["trail"]["Name"]])["trailList"]:
        arn = trail["TrailARN"]
        if cloudtrail.list_tags(ResourceIdList=[arn])["ResourceTagList"][0]["TagsList"] == tags:
            cloudtrail.delete_trail(Name=arn)
    iam, role = session.client("iam"), {"RoleName": job["iam_role"]["name"]}
    found = ask(iam.get_role, "NoSuchEntity", **role)
    if found and found["Role"].get("Tags") == tags:
        for name in iam.list_role_policies(**role)["PolicyNames"]:
            iam.delete_role_policy(**role, PolicyName=name)
        for policy in iam.list_attached_role_policies(**role)["AttachedPolicies"]:
            iam.detach_role_policy(**role, PolicyArn=policy["PolicyArn"])
        iam.delete_role(**role)
    logs, group = session.client("logs"), {"logGroupName": job["log_group"]["name"]}
    groups = logs.describe_log_groups(logGroupNamePrefix=job["log_group"]["name"])["logGroups"]
    if any(one["logGroupName"] == job["log_group"]["name"] for one in groups):
        ours = logs.list_tags_log_group(**group)["tags"] == job["tags"]
        if ours and not logs.describe_log_streams(**group, limit=1)["logStreams"]:
            logs.delete_log_group(**group)


if __name__ == "__main__":
    main(sys.argv[1])
