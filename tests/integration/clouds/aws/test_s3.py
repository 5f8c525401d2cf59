# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""S3: what AWS refuses, and how new buckets are."""
from __future__ import annotations

import datetime
import json

import pytest
from botocore.exceptions import ClientError

ARCHIVE, MEMBER = "111111111111", "222222222222"
BUCKET = "archive"
IN_EUROPE = {"LocationConstraint": "eu-west-1"}
ALL_BLOCKED = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True,
               "RestrictPublicBuckets": True}


@pytest.fixture
def s3(aws):
    return aws.session(ARCHIVE).client("s3")


@pytest.fixture
def bucket(s3):
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=IN_EUROPE)
    return BUCKET


def statement(**elements):
    return {"Effect": "Allow", "Principal": {"AWS": MEMBER}, "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{BUCKET}/*", **elements}


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


# New buckets

@pytest.mark.mends("new buckets are open, as before 2023")
def test_new_bucket_blocks_public_access(s3, bucket):
    assert answer(s3.get_public_access_block).get("PublicAccessBlockConfiguration") == ALL_BLOCKED


@pytest.mark.mends("new buckets have ACLs, as before 2023")
def test_new_bucket_has_no_acls(s3, bucket):
    assert answer(s3.get_bucket_ownership_controls).get("OwnershipControls") == {
        "Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


@pytest.mark.mends("new buckets are not encrypted, as before 2023")
def test_new_bucket_is_encrypted(s3, bucket):
    assert answer(s3.get_bucket_encryption).get("ServerSideEncryptionConfiguration") == {"Rules": [{
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}]}


@pytest.mark.mends("without its configuration, a bucket is not encrypted")
def test_deleting_the_encryption_leaves_the_default(s3, bucket):
    s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [{
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]})
    s3.delete_bucket_encryption(Bucket=BUCKET)
    rules = answer(s3.get_bucket_encryption).get("ServerSideEncryptionConfiguration", {}).get("Rules", [{}])
    assert rules[0].get("ApplyServerSideEncryptionByDefault") == {"SSEAlgorithm": "AES256"}


def answer(operation, **parameters):
    """The answer, or nothing if it is an error."""
    try:
        return operation(Bucket=BUCKET, **parameters)
    except ClientError:
        return {}


def test_ownership_can_be_chosen(s3):
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=IN_EUROPE, ObjectOwnership="ObjectWriter")
    rules = s3.get_bucket_ownership_controls(Bucket=BUCKET)["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "ObjectWriter"}]


@pytest.mark.mends("every name passes")
@pytest.mark.parametrize("name", ["Archive", "my_bucket", "my..bucket", "192.168.5.4", "sthree-logs", "logs--ol-s3", "logs-an"])
def test_bad_name(s3, refused, name):
    with refused("InvalidBucketName"):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration=IN_EUROPE)


def test_bucket_that_is_not_empty(s3, bucket, refused):
    s3.put_object(Bucket=BUCKET, Key="key", Body=b"")
    with refused("BucketNotEmpty"):
        s3.delete_bucket(Bucket=BUCKET)


def test_name_of_another_account(aws, s3, bucket, refused):
    with refused("BucketAlreadyExists"):
        aws.session(MEMBER).client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=IN_EUROPE)


# Policies

@pytest.mark.mends("keeps every text")
@pytest.mark.parametrize("document", [
    "{",
    "[]",
    policy(statement(Resource="arn:aws:s3:::another/*")),
    policy(statement(Resource=f"arn:aws:s3:::{BUCKET}-2/*")),
    policy(statement(Resource="*")),
    policy(statement(Action="iam:GetRole")),
    policy(statement(Action="s3:GetObject", Resource=f"arn:aws:s3:::{BUCKET}")),
    policy(statement(Action="s3:ListBucket")),
    policy(statement(Principal={"AWS": f"arn:aws:iam::{MEMBER}:role/nobody"})),
    policy({"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"}),
    policy(*(statement(Sid=f"s{number}", Resource=f"arn:aws:s3:::{BUCKET}/{'p' * 100}/*") for number in range(90))),
])
def test_malformed_policy(s3, bucket, refused, document):
    with refused("MalformedPolicy"):
        s3.put_bucket_policy(Bucket=BUCKET, Policy=document)


def test_largest_policy(s3, bucket, refused):
    document = policy(statement(Sid="s"))
    s3.put_bucket_policy(Bucket=BUCKET, Policy=document.replace('"s"', f'"{"s" * (20480 - len(document) + 1)}"'))
    with refused("MalformedPolicy"):
        s3.put_bucket_policy(Bucket=BUCKET, Policy=document.replace('"s"', f'"{"s" * (20480 - len(document) + 2)}"'))


@pytest.mark.mends("public policies are stored, whatever the bucket blocks")
@pytest.mark.parametrize("elements", [
    {"Principal": "*"},
    {"Principal": {"AWS": "*"}},
    {"Principal": "*", "Condition": {"StringLike": {"aws:UserAgent": "curl*"}}},
    {"Principal": "*", "Condition": {"StringLike": {"aws:SourceArn": "arn:aws:cloudtrail:*"}}},
    {"Principal": "*", "Condition": {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}},
])
def test_public_policy(s3, bucket, refused, elements):
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=ALL_BLOCKED)
    with refused("AccessDenied"):
        s3.put_bucket_policy(Bucket=BUCKET, Policy=policy(statement(**elements)))
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration={**ALL_BLOCKED, "BlockPublicPolicy": False})
    s3.put_bucket_policy(Bucket=BUCKET, Policy=policy(statement(**elements)))
    assert s3.get_bucket_policy_status(Bucket=BUCKET)["PolicyStatus"]["IsPublic"]


@pytest.mark.parametrize("elements", [
    {},
    {"Principal": {"Service": "cloudtrail.amazonaws.com"}},
    {"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-example"}}},
    {"Principal": "*", "Effect": "Deny"},
])
def test_policy_that_is_not_public(s3, bucket, elements):
    s3.put_bucket_policy(Bucket=BUCKET, Policy=policy(statement(**elements)))
    assert not s3.get_bucket_policy_status(Bucket=BUCKET)["PolicyStatus"]["IsPublic"]


# Access control lists

def enforce(s3, ownership="BucketOwnerEnforced"):
    s3.put_bucket_ownership_controls(Bucket=BUCKET, OwnershipControls={"Rules": [{"ObjectOwnership": ownership}]})


@pytest.mark.mends("ACLs are stored where the owner is enforced")
def test_acls_where_the_owner_is_enforced(s3, bucket, refused):
    enforce(s3)
    s3.put_object(Bucket=BUCKET, Key="key", Body=b"", ACL="bucket-owner-full-control")
    for operation, parameters in (
        (s3.put_bucket_acl, {"ACL": "log-delivery-write"}),
        (s3.put_object_acl, {"Key": "key", "ACL": "authenticated-read"}),
        (s3.put_object, {"Key": "other", "Body": b"", "ACL": "authenticated-read"}),
    ):
        with refused("AccessControlListNotSupported"):
            operation(Bucket=BUCKET, **parameters)


@pytest.mark.mends("public ACLs are stored, whatever the bucket blocks")
def test_public_acl(s3, bucket, refused):
    enforce(s3, "BucketOwnerPreferred")
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration=ALL_BLOCKED)
    with refused("AccessDenied"):
        s3.put_bucket_acl(Bucket=BUCKET, ACL="public-read")


@pytest.mark.mends("ACLs are stored where the owner is enforced")
def test_new_bucket_with_acl(s3, refused):
    with refused("InvalidBucketAclWithObjectOwnership"):
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=IN_EUROPE, ACL="public-read")


# Versions and locks

@pytest.fixture
def locked(s3):
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=IN_EUROPE, ObjectLockEnabledForBucket=True)
    return BUCKET


def retention(**length):
    return {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", **length}}}


def test_locked_version_can_not_be_deleted(s3, locked, refused):
    s3.put_object_lock_configuration(Bucket=BUCKET, ObjectLockConfiguration=retention(Days=1))
    version = s3.put_object(Bucket=BUCKET, Key="key", Body=b"")["VersionId"]
    with refused("AccessDenied"):
        s3.delete_object(Bucket=BUCKET, Key="key", VersionId=version)
    s3.delete_object(Bucket=BUCKET, Key="key")
    with refused("BucketNotEmpty"):
        s3.delete_bucket(Bucket=BUCKET)


@pytest.mark.mends("0 years are shown beside the days")
@pytest.mark.parametrize("length", [{"Days": 30}, {"Years": 7}])
def test_lock_is_shown_as_it_was_put(s3, locked, length):
    s3.put_object_lock_configuration(Bucket=BUCKET, ObjectLockConfiguration=retention(**length))
    shown = s3.get_object_lock_configuration(Bucket=BUCKET)["ObjectLockConfiguration"]
    assert shown == retention(**length)


@pytest.mark.mends("a lock is refused on a bucket that has objects")
def test_lock_on_a_bucket_with_objects(s3, locked):
    s3.put_object(Bucket=BUCKET, Key="key", Body=b"")
    assert answer(s3.put_object_lock_configuration, ObjectLockConfiguration=retention(Days=1))


def test_lock_needs_versions(s3, bucket, refused):
    with refused("InvalidBucketState"):
        s3.put_object_lock_configuration(Bucket=BUCKET, ObjectLockConfiguration=retention(Days=1))


def test_no_lock(s3, bucket, refused):
    with refused("ObjectLockConfigurationNotFoundError"):
        s3.get_object_lock_configuration(Bucket=BUCKET)


@pytest.mark.mends("versions of a locked bucket can be suspended")
def test_locked_bucket_keeps_its_versions(s3, locked, refused):
    with refused("InvalidBucketState"):
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})


@pytest.mark.mends("the retention of an object can't be asked for")
def test_retention_of_an_object(s3, locked):
    s3.put_object_lock_configuration(Bucket=BUCKET, ObjectLockConfiguration=retention(Days=1))
    s3.put_object(Bucket=BUCKET, Key="key", Body=b"")
    shown = answer(s3.get_object_retention, Key="key").get("Retention", {})
    assert shown.get("Mode") == "COMPLIANCE"
    assert shown["RetainUntilDate"] > datetime.datetime.now(datetime.timezone.utc)


@pytest.mark.mends("MFA delete is forgotten")
def test_mfa_delete(s3, bucket, refused):
    with refused("AccessDenied"):
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled", "MFADelete": "Enabled"})


# Encryption and lifecycle

@pytest.mark.mends("every algorithm passes")
def test_bad_encryption(s3, bucket, refused):
    for code, rule in (("MalformedXML", {"SSEAlgorithm": "ROT13"}),
                       ("InvalidArgument", {"SSEAlgorithm": "AES256", "KMSMasterKeyID": "key"})):
        with refused(code):
            s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={
                "Rules": [{"ApplyServerSideEncryptionByDefault": rule}]})


@pytest.mark.mends("rules that contradict themselves pass")
@pytest.mark.parametrize("rule", [
    {"Transitions": [{"Days": 29, "StorageClass": "STANDARD_IA"}]},
    {"Transitions": [{"Days": 90, "StorageClass": "GLACIER"}], "Expiration": {"Days": 90}},
])
def test_bad_lifecycle(s3, bucket, refused, rule):
    with refused("InvalidArgument"):
        s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={
            "Rules": [{"ID": "a", "Status": "Enabled", "Filter": {"Prefix": ""}, **rule}]})


def test_good_lifecycle(s3, bucket):
    s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": [{
        "ID": "a", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 91},
        "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 90, "StorageClass": "GLACIER"}],
        "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
    }]})


@pytest.mark.mends("sizes in a filter are forgotten, and so is the default size")
@pytest.mark.parametrize(("given", "returned"), [
    ({}, "all_storage_classes_128K"),
    ({"TransitionDefaultMinimumObjectSize": "varies_by_storage_class"}, "varies_by_storage_class"),
])
def test_sizes_of_a_lifecycle(s3, bucket, given, returned):
    rule = {"ID": "a", "Status": "Enabled", "Filter": {"And": {"Prefix": "", "ObjectSizeGreaterThan": 1}},
            "Transitions": [{"Days": 90, "StorageClass": "GLACIER"}]}
    s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": [rule]}, **given)
    found = s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)
    assert (found["Rules"], found["TransitionDefaultMinimumObjectSize"]) == ([rule], returned)
    s3.delete_bucket_lifecycle(Bucket=BUCKET)
    with pytest.raises(s3.exceptions.ClientError, match="NoSuchLifecycleConfiguration"):
        s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)


# Access logging

@pytest.mark.mends("conditions of the target's policy are not looked at, and \"*\" as principal is an internal failure")
@pytest.mark.parametrize(("source", "allowed"), [("archive", True), ("another", False)])
def test_policy_of_the_target_of_access_logs(s3, bucket, source, allowed):
    s3.create_bucket(Bucket="access-logs", CreateBucketConfiguration=IN_EUROPE)
    logs = "arn:aws:s3:::access-logs"
    s3.put_bucket_policy(Bucket="access-logs", Policy=policy(
        statement(Effect="Deny", Principal="*", Action="s3:*", Resource=[logs, f"{logs}/*"],
                  Condition={"Bool": {"aws:SecureTransport": "false"}}),
        statement(Principal={"Service": "logging.s3.amazonaws.com"}, Action="s3:PutObject", Resource=f"{logs}/archive/*",
                  Condition={"ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{source}"}}),
    ))
    target = {"LoggingEnabled": {"TargetBucket": "access-logs", "TargetPrefix": "archive/"}}
    try:
        s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus=target)
    except ClientError as error:
        assert not allowed
        assert error.response["Error"]["Code"] == "InvalidTargetBucketForLogging"
    else:
        assert allowed
