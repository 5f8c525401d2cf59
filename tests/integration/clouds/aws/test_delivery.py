# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CloudTrail: a trail that could not deliver is refused."""
from __future__ import annotations

import pytest
from helpers.aws.trails import (
    ACL, ARCHIVE, BUCKET, DESCRIBE, ENCRYPT, MANAGEMENT, MEMBER, PUT, REGION, SERVICE, TLS_ONLY, TRAIL, WRITE, Trails,
    allow, changed, document,
)


@pytest.fixture
def trails(aws):
    return Trails(aws)


# Bucket

def test_sufficient(trails):
    assert trails.create()["TrailARN"] == TRAIL


@pytest.mark.mends("the bucket policy is not looked at")
@pytest.mark.parametrize("statements", [
    (),
    (ACL,),
    (PUT,),
    (ACL, changed(PUT, Principal={"Service": "config.amazonaws.com"})),
    (ACL, changed(PUT, Principal={"AWS": MEMBER})),
    (ACL, changed(PUT, Resource=f"arn:aws:s3:::{BUCKET}/AWSLogs/{ARCHIVE}/*")),
    (ACL, changed(PUT, Resource=f"arn:aws:s3:::{BUCKET}/{MEMBER}/AWSLogs/{MEMBER}/*")),
    (ACL, changed(PUT, Condition={"StringEquals": {"aws:SourceArn": TRAIL.replace("logs", "other")}})),
    (ACL, changed(PUT, Condition={"StringEquals": {"aws:SourceAccount": ARCHIVE}})),
    (ACL, changed(PUT, Condition={"StringEquals": {"aws:SourceOrgID": "o-another"}})),
    (ACL, changed(PUT, Condition={"StringEquals": {"s3:x-amz-acl": "private"}})),
    (ACL, PUT, changed(TLS_ONLY, Condition={"Bool": {"aws:SecureTransport": "true"}})),
    (ACL, PUT, changed(PUT, Effect="Deny", Condition={"StringNotEquals": {"aws:SourceAccount": ARCHIVE}})),
])
def test_insufficient(trails, refused, statements):
    trails.policy(*statements)
    with refused("InsufficientS3BucketPolicyException"):
        trails.create()


@pytest.mark.parametrize("condition", [
    None,
    {"StringEquals": {"aws:SourceAccount": MEMBER}},
    {"StringEquals": {"aws:SourceAccount": [ARCHIVE, MEMBER]}},
    {"ArnLike": {"aws:SourceArn": "arn:aws:cloudtrail:*:*:trail/*"}},
    {"StringLike": {"aws:SourceArn": f"arn:aws:cloudtrail:*:{MEMBER}:trail/*"}},
    {"Bool": {"aws:SecureTransport": "true"}},
])
def test_sufficient_conditions(trails, condition):
    put = changed(PUT)
    del put["Condition"]
    trails.policy(ACL, {**put, **({"Condition": condition} if condition else {})})
    trails.create()


def test_sufficient_by_organization_and_path_variable(trails):
    organization = trails.aws.session().client("organizations").describe_organization()["Organization"]["Id"]
    trails.policy(
        changed(ACL, Condition={"StringEquals": {"aws:SourceOrgID": organization}}),
        changed(PUT, Resource=f"arn:aws:s3:::{BUCKET}/*/AWSLogs/${{aws:SourceAccount}}/*",
                Condition={"StringEquals": {"aws:SourceOrgID": organization}}),
    )
    trails.create(S3KeyPrefix=MEMBER)


@pytest.mark.mends("the bucket policy is not looked at")
def test_prefix_is_part_of_the_path(trails, refused):
    with refused("InsufficientS3BucketPolicyException"):
        trails.create(S3KeyPrefix=MEMBER)
    trails.policy(ACL, changed(PUT, Resource=f"arn:aws:s3:::{BUCKET}/{MEMBER}/AWSLogs/{MEMBER}/*"))
    trails.create(S3KeyPrefix=MEMBER)


@pytest.mark.mends("the bucket policy is not looked at")
def test_digests_need_their_folder(trails, refused):
    trails.policy(ACL, changed(PUT, Resource=f"arn:aws:s3:::{BUCKET}/AWSLogs/{MEMBER}/CloudTrail/*"))
    with refused("InsufficientS3BucketPolicyException"):
        trails.create(EnableLogFileValidation=True)
    trails.create()


@pytest.mark.mends("UpdateTrail looks at nothing")
def test_update_asks_again(trails, refused):
    trails.create()
    trails.bucket("another")
    with refused("InsufficientS3BucketPolicyException"):
        trails.cloudtrail.update_trail(Name="logs", S3BucketName="another")
    with refused("InsufficientS3BucketPolicyException"):
        trails.cloudtrail.update_trail(Name="logs", S3KeyPrefix="prefix")
    with refused("S3BucketDoesNotExistException"):
        trails.cloudtrail.update_trail(Name="logs", S3BucketName="nothing")
    trails.policy()
    with refused("InsufficientS3BucketPolicyException"):
        trails.cloudtrail.update_trail(Name="logs", EnableLogFileValidation=True)
    assert trails.cloudtrail.get_trail(Name="logs")["Trail"]["S3BucketName"] == BUCKET


@pytest.mark.mends("a bad name is only not found")
@pytest.mark.parametrize("name", ["ab", "Archive", "arch..ive", "-archive"])
def test_bad_bucket_name(trails, refused, name):
    with refused("InvalidS3BucketNameException"):
        trails.create(S3BucketName=name)


def test_bucket_that_does_not_exist(trails, refused):
    with refused("S3BucketDoesNotExistException"):
        trails.create(S3BucketName="nothing")


@pytest.mark.mends("every prefix passes")
@pytest.mark.parametrize("prefix", ["/prefix", "AWSLogs", "a/AWSLogs/b", "p" * 201, "a\nb"])
def test_bad_prefix(trails, refused, prefix):
    trails.policy(ACL, changed(PUT, Resource=f"arn:aws:s3:::{BUCKET}/*"))
    with refused("InvalidS3PrefixException"):
        trails.create(S3KeyPrefix=prefix)


@pytest.mark.mends("the bucket policy is not looked at")
def test_organization_trail_needs_both_folders(aws, trails, refused):
    organizations = aws.session().client("organizations")
    organizations.enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
    organization = organizations.describe_organization()["Organization"]["Id"]
    cloudtrail = aws.session().client("cloudtrail")

    def put(owner):
        return allow(SERVICE, "s3:PutObject", f"arn:aws:s3:::{BUCKET}/AWSLogs/{owner}/*")

    acl = allow(SERVICE, "s3:GetBucketAcl", f"arn:aws:s3:::{BUCKET}")
    for statements in ([acl, put(MANAGEMENT)], [acl, put(organization)]):
        trails.policy(*statements)
        with refused("InsufficientS3BucketPolicyException"):
            cloudtrail.create_trail(Name="logs", S3BucketName=BUCKET, IsOrganizationTrail=True)
    trails.policy(acl, put(MANAGEMENT), put(organization))
    cloudtrail.create_trail(Name="logs", S3BucketName=BUCKET, IsOrganizationTrail=True)


# Key

def test_sufficient_key(trails):
    key = trails.key(ENCRYPT, DESCRIBE)
    assert trails.create(KmsKeyId=key)["KmsKeyId"] == key


@pytest.mark.mends("the key policy is not looked at")
@pytest.mark.parametrize("statements", [
    (),
    (ENCRYPT,),
    (DESCRIBE,),
    (DESCRIBE, changed(ENCRYPT, Condition={"StringEquals": {
        "kms:EncryptionContext:aws:cloudtrail:arn": TRAIL.replace(MEMBER, ARCHIVE)}})),
    (DESCRIBE, changed(ENCRYPT, Condition={"StringEquals": {"aws:SourceArn": TRAIL.replace("logs", "other")}})),
    (changed(DESCRIBE, Condition=ENCRYPT["Condition"]), ENCRYPT),
    (DESCRIBE, ENCRYPT, changed(ENCRYPT, Effect="Deny", Condition={"Bool": {"aws:PrincipalIsAWSService": "true"}})),
])
def test_insufficient_key(trails, refused, statements):
    key = trails.key(*statements)
    with refused("InsufficientEncryptionPolicyException"):
        trails.create(KmsKeyId=key)


@pytest.mark.mends("the key policy is not looked at")
def test_a_bucket_key_needs_decrypt(aws, trails, refused):
    key = trails.key(ENCRYPT, DESCRIBE)
    trails.create(KmsKeyId=key)
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}, "BucketKeyEnabled": True}
    aws.session(ARCHIVE).client("s3").put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]})
    with refused("InsufficientEncryptionPolicyException"):
        trails.cloudtrail.update_trail(Name="logs", IsMultiRegionTrail=True)
    trails.cloudtrail.delete_trail(Name="logs")
    with refused("InsufficientEncryptionPolicyException"):
        trails.create(KmsKeyId=key)
    trails.create(KmsKeyId=trails.key(changed(ENCRYPT, Action=["kms:GenerateDataKey*", "kms:Decrypt"]), DESCRIBE))


@pytest.mark.mends("keys are not looked for")
def test_key_that_is_not_there(trails, refused):
    nothing = trails.key(ENCRYPT, DESCRIBE)[:-4] + "0000"
    elsewhere = trails.key(ENCRYPT, DESCRIBE, region="us-east-1")
    nowhere = nothing.replace(REGION, "eu-nowhere-1")
    for key in (nothing, elsewhere, nowhere, "alias/nothing"):
        with refused("KmsKeyNotFoundException"):
            trails.create(KmsKeyId=key)


@pytest.mark.mends("keys are not looked for")
def test_key_that_is_none(trails, refused):
    with refused("InvalidKmsKeyIdException"):
        trails.create(KmsKeyId="my key")


@pytest.mark.mends("keys are not looked for")
def test_key_that_is_disabled(trails, refused):
    key = trails.key(ENCRYPT, DESCRIBE)
    kms = trails.archive.client("kms")
    kms.disable_key(KeyId=key.rpartition("/")[2])
    with refused("KmsException"):
        trails.create(KmsKeyId=key)


@pytest.mark.mends("a key is shown as it was given")
@pytest.mark.parametrize("form", ["alias/logs", f"arn:aws:kms:{REGION}:{MEMBER}:alias/logs", "id"])
def test_key_is_shown_by_arn(trails, form):
    key = trails.key(ENCRYPT, DESCRIBE, session=trails.member)
    trails.member.client("kms").create_alias(AliasName="alias/logs", TargetKeyId=key)
    given = key.rpartition("/")[2] if form == "id" else form
    assert trails.create(KmsKeyId=given)["KmsKeyId"] == key


@pytest.mark.mends("the empty string is stored as the key")
def test_key_is_taken_away(trails):
    trails.create(KmsKeyId=trails.key(ENCRYPT, DESCRIBE))
    assert "KmsKeyId" not in trails.cloudtrail.update_trail(Name="logs", KmsKeyId="")


def test_key_of_the_bucket_does_not_matter(trails):
    """Without a key of the trail, CloudTrail asks for SSE-S3."""
    trails.archive.client("s3").put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [{
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": trails.key()}}]})
    trails.create()


@pytest.mark.mends("the bucket policy is not looked at")
def test_bucket_that_wants_a_key(trails, refused):
    trails.policy(ACL, PUT, changed(PUT, Effect="Deny", Condition={
        "StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}))
    with refused("InsufficientS3BucketPolicyException"):
        trails.create()
    trails.create(KmsKeyId=trails.key(ENCRYPT, DESCRIBE))


# CloudWatch Logs

def test_sufficient_log_group(trails):
    group, role = trails.log_group(), trails.role(WRITE)
    trail = trails.create(CloudWatchLogsLogGroupArn=group, CloudWatchLogsRoleArn=role)
    assert (trail["CloudWatchLogsLogGroupArn"], trail["CloudWatchLogsRoleArn"]) == (group, role)


@pytest.mark.mends("the log group is not looked at")
def test_bad_log_group(trails, refused):
    group, role = trails.log_group(), trails.role(WRITE)
    elsewhere = trails.log_group(region="us-east-1")
    for bad in (group.removesuffix(":*"), group.replace("group:group", "group:nothing"), elsewhere,
                group.replace(MEMBER, ARCHIVE), "group"):
        with refused("InvalidCloudWatchLogsLogGroupArnException"):
            trails.create(CloudWatchLogsLogGroupArn=bad, CloudWatchLogsRoleArn=role)
    with refused("InvalidCloudWatchLogsLogGroupArnException"):
        trails.create(CloudWatchLogsRoleArn=role)


@pytest.mark.mends("the role is not looked at")
@pytest.mark.parametrize("statements", [
    (),
    (changed(WRITE, Action="logs:PutLogEvents"),),
    (changed(WRITE, Action="logs:CreateLogStream"),),
    # A log group's ARN without :* matches none of its streams.
    (changed(WRITE, Resource=f"arn:aws:logs:{REGION}:{MEMBER}:log-group:group"),),
    (changed(WRITE, Resource=WRITE["Resource"].replace("group:group", "group:other")),),
    (WRITE, {"Effect": "Deny", "Action": "logs:*", "Resource": "*"}),
])
def test_role_that_can_not_write(trails, refused, statements):
    group, role = trails.log_group(), trails.role(*statements)
    with refused("InvalidCloudWatchLogsRoleArnException"):
        trails.create(CloudWatchLogsLogGroupArn=group, CloudWatchLogsRoleArn=role)


@pytest.mark.mends("the role is not looked at")
def test_role_that_does_not_trust_cloudtrail(trails, refused):
    group = trails.log_group()
    stranger = trails.role(WRITE, trusted={"Service": "config.amazonaws.com"}, name="stranger")
    for bad in (stranger, f"arn:aws:iam::{MEMBER}:role/nothing", "nothing"):
        with refused("InvalidCloudWatchLogsRoleArnException"):
            trails.create(CloudWatchLogsLogGroupArn=group, CloudWatchLogsRoleArn=bad)
    with refused("InvalidCloudWatchLogsRoleArnException"):
        trails.create(CloudWatchLogsLogGroupArn=group)


def test_role_with_the_whole_group(trails):
    resource = f"arn:aws:logs:{REGION}:{MEMBER}:log-group:group:*"
    trails.create(CloudWatchLogsLogGroupArn=trails.log_group(),
                  CloudWatchLogsRoleArn=trails.role(changed(WRITE, Resource=resource)))


@pytest.mark.mends("the empty string is stored as group and role")
def test_log_group_is_taken_away(trails):
    trails.create(CloudWatchLogsLogGroupArn=trails.log_group(), CloudWatchLogsRoleArn=trails.role(WRITE))
    trail = trails.cloudtrail.update_trail(Name="logs", CloudWatchLogsLogGroupArn="", CloudWatchLogsRoleArn="")
    assert not {"CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn"} & trail.keys()


@pytest.mark.mends("iam:PassRole is not asked for")
def test_caller_must_be_allowed_to_pass_the_role(trails, refused):
    group, role = trails.log_group(), trails.role(WRITE)
    iam = trails.member.client("iam")
    iam.create_role(RoleName="operator", AssumeRolePolicyDocument=document(
        {"Effect": "Allow", "Principal": {"AWS": MANAGEMENT}, "Action": "sts:AssumeRole"}))
    iam.put_role_policy(RoleName="operator", PolicyName="p", PolicyDocument=document(
        {"Effect": "Allow", "Action": "cloudtrail:*", "Resource": "*"}))
    found = trails.aws.session().client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{MEMBER}:role/operator", RoleSessionName="test")["Credentials"]
    client = trails.member.client(
        "cloudtrail", aws_access_key_id=found["AccessKeyId"], aws_secret_access_key=found["SecretAccessKey"],
        aws_session_token=found["SessionToken"])
    with refused("AccessDeniedException") as caught:
        client.create_trail(Name="logs", S3BucketName=BUCKET, CloudWatchLogsLogGroupArn=group,
                            CloudWatchLogsRoleArn=role)
    assert "iam:PassRole" in str(caught.value)


# Topic

def topic(session, *statements, name="topic"):
    sns = session.client("sns")
    arn = sns.create_topic(Name=name)["TopicArn"]
    if statements:
        sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=document(
            *(changed(statement, Resource=arn) for statement in statements)))
    return arn


PUBLISH = allow(SERVICE, "sns:Publish", StringEquals={"aws:SourceArn": TRAIL})


@pytest.mark.mends("the ARN of a topic is taken for its name")
def test_topic_by_name_or_arn(trails):
    arn = topic(trails.member, PUBLISH)
    for given in ("topic", arn):
        trail = created(trails, SnsTopicName=given)
        assert (trail.get("SnsTopicName"), trail.get("SnsTopicARN")) == ("topic", arn)
        trails.cloudtrail.delete_trail(Name="logs")


def created(trails, **settings):
    try:
        return trails.create(**settings)
    except trails.cloudtrail.exceptions.InsufficientSnsTopicPolicyException:
        return {}


@pytest.mark.mends("topics of other accounts are not found")
def test_topic_of_another_account(trails):
    arn = topic(trails.archive, PUBLISH)
    assert created(trails, SnsTopicName=arn).get("SnsTopicARN") == arn
    assert trails.cloudtrail.describe_trails()["trailList"][0]["SnsTopicARN"] == arn


@pytest.mark.mends("the topic's policy is not looked at")
@pytest.mark.parametrize("statements", [
    (),
    (changed(PUBLISH, Principal={"Service": "config.amazonaws.com"}),),
    (changed(PUBLISH, Condition={"StringEquals": {"aws:SourceAccount": ARCHIVE}}),),
])
def test_insufficient_topic(trails, refused, statements):
    topic(trails.member, *statements)
    with refused("InsufficientSnsTopicPolicyException"):
        trails.create(SnsTopicName="topic")


@pytest.mark.mends("a topic that is not there passes in UpdateTrail")
def test_topic_that_is_not_there(trails, refused):
    trails.create()
    with refused("InsufficientSnsTopicPolicyException"):
        trails.cloudtrail.update_trail(Name="logs", SnsTopicName="nothing")
    with refused("InvalidSnsTopicNameException"):
        trails.cloudtrail.update_trail(Name="logs", SnsTopicName="my topic")


@pytest.mark.mends("the empty string is stored as the topic")
def test_topic_is_taken_away(trails):
    topic(trails.member, PUBLISH)
    trails.create(SnsTopicName="topic")
    trail = trails.cloudtrail.update_trail(Name="logs", SnsTopicName="")
    assert not {"SnsTopicName", "SnsTopicARN"} & trail.keys()
