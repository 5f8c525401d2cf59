# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CloudTrail: a trail that could not deliver is refused."""
from __future__ import annotations

import pytest
from helpers.aws.trails import (
    ACL, ARCHIVE, BUCKET, DESCRIBE, ENCRYPT, MANAGEMENT, MEMBER, PUT, REGION, SERVICE, TLS_ONLY, TRAIL, WRITE, Estate,
    allow, changed, document,
)


@pytest.fixture
def estate(aws):
    return Estate(aws)


# Bucket

def test_sufficient(estate):
    assert estate.create()["TrailARN"] == TRAIL


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
def test_insufficient(estate, refused, statements):
    estate.policy(*statements)
    with refused("InsufficientS3BucketPolicyException"):
        estate.create()


@pytest.mark.parametrize("condition", [
    None,
    {"StringEquals": {"aws:SourceAccount": MEMBER}},
    {"StringEquals": {"aws:SourceAccount": [ARCHIVE, MEMBER]}},
    {"ArnLike": {"aws:SourceArn": "arn:aws:cloudtrail:*:*:trail/*"}},
    {"StringLike": {"aws:SourceArn": f"arn:aws:cloudtrail:*:{MEMBER}:trail/*"}},
    {"Bool": {"aws:SecureTransport": "true"}},
])
def test_sufficient_conditions(estate, condition):
    put = changed(PUT)
    del put["Condition"]
    estate.policy(ACL, {**put, **({"Condition": condition} if condition else {})})
    estate.create()


def test_sufficient_by_organization_and_path_variable(estate):
    organization = estate.aws.session().client("organizations").describe_organization()["Organization"]["Id"]
    estate.policy(
        changed(ACL, Condition={"StringEquals": {"aws:SourceOrgID": organization}}),
        changed(PUT, Resource=f"arn:aws:s3:::{BUCKET}/*/AWSLogs/${{aws:SourceAccount}}/*",
                Condition={"StringEquals": {"aws:SourceOrgID": organization}}),
    )
    estate.create(S3KeyPrefix=MEMBER)


@pytest.mark.mends("the bucket policy is not looked at")
def test_prefix_is_part_of_the_path(estate, refused):
    with refused("InsufficientS3BucketPolicyException"):
        estate.create(S3KeyPrefix=MEMBER)
    estate.policy(ACL, changed(PUT, Resource=f"arn:aws:s3:::{BUCKET}/{MEMBER}/AWSLogs/{MEMBER}/*"))
    estate.create(S3KeyPrefix=MEMBER)


@pytest.mark.mends("the bucket policy is not looked at")
def test_digests_need_their_folder(estate, refused):
    estate.policy(ACL, changed(PUT, Resource=f"arn:aws:s3:::{BUCKET}/AWSLogs/{MEMBER}/CloudTrail/*"))
    with refused("InsufficientS3BucketPolicyException"):
        estate.create(EnableLogFileValidation=True)
    estate.create()


@pytest.mark.mends("UpdateTrail looks at nothing")
def test_update_asks_again(estate, refused):
    estate.create()
    estate.bucket("another")
    with refused("InsufficientS3BucketPolicyException"):
        estate.cloudtrail.update_trail(Name="logs", S3BucketName="another")
    with refused("InsufficientS3BucketPolicyException"):
        estate.cloudtrail.update_trail(Name="logs", S3KeyPrefix="prefix")
    with refused("S3BucketDoesNotExistException"):
        estate.cloudtrail.update_trail(Name="logs", S3BucketName="nothing")
    estate.policy()
    with refused("InsufficientS3BucketPolicyException"):
        estate.cloudtrail.update_trail(Name="logs", EnableLogFileValidation=True)
    assert estate.cloudtrail.get_trail(Name="logs")["Trail"]["S3BucketName"] == BUCKET


@pytest.mark.mends("a bad name is only not found")
@pytest.mark.parametrize("name", ["ab", "Archive", "arch..ive", "-archive"])
def test_bad_bucket_name(estate, refused, name):
    with refused("InvalidS3BucketNameException"):
        estate.create(S3BucketName=name)


def test_bucket_that_does_not_exist(estate, refused):
    with refused("S3BucketDoesNotExistException"):
        estate.create(S3BucketName="nothing")


@pytest.mark.mends("every prefix passes")
@pytest.mark.parametrize("prefix", ["/prefix", "AWSLogs", "a/AWSLogs/b", "p" * 201, "a\nb"])
def test_bad_prefix(estate, refused, prefix):
    estate.policy(ACL, changed(PUT, Resource=f"arn:aws:s3:::{BUCKET}/*"))
    with refused("InvalidS3PrefixException"):
        estate.create(S3KeyPrefix=prefix)


@pytest.mark.mends("the bucket policy is not looked at")
def test_organization_trail_needs_both_folders(aws, estate, refused):
    organizations = aws.session().client("organizations")
    organizations.enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
    organization = organizations.describe_organization()["Organization"]["Id"]
    cloudtrail = aws.session().client("cloudtrail")

    def put(owner):
        return allow(SERVICE, "s3:PutObject", f"arn:aws:s3:::{BUCKET}/AWSLogs/{owner}/*")

    acl = allow(SERVICE, "s3:GetBucketAcl", f"arn:aws:s3:::{BUCKET}")
    for statements in ([acl, put(MANAGEMENT)], [acl, put(organization)]):
        estate.policy(*statements)
        with refused("InsufficientS3BucketPolicyException"):
            cloudtrail.create_trail(Name="logs", S3BucketName=BUCKET, IsOrganizationTrail=True)
    estate.policy(acl, put(MANAGEMENT), put(organization))
    cloudtrail.create_trail(Name="logs", S3BucketName=BUCKET, IsOrganizationTrail=True)


# Key

def test_sufficient_key(estate):
    key = estate.key(ENCRYPT, DESCRIBE)
    assert estate.create(KmsKeyId=key)["KmsKeyId"] == key


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
def test_insufficient_key(estate, refused, statements):
    key = estate.key(*statements)
    with refused("InsufficientEncryptionPolicyException"):
        estate.create(KmsKeyId=key)


@pytest.mark.mends("keys are not looked for")
def test_key_that_is_not_there(estate, refused):
    nothing = estate.key(ENCRYPT, DESCRIBE)[:-4] + "0000"
    elsewhere = estate.key(ENCRYPT, DESCRIBE, region="us-east-1")
    nowhere = nothing.replace(REGION, "eu-nowhere-1")
    for key in (nothing, elsewhere, nowhere, "alias/nothing"):
        with refused("KmsKeyNotFoundException"):
            estate.create(KmsKeyId=key)


@pytest.mark.mends("keys are not looked for")
def test_key_that_is_none(estate, refused):
    with refused("InvalidKmsKeyIdException"):
        estate.create(KmsKeyId="my key")


@pytest.mark.mends("keys are not looked for")
def test_key_that_is_disabled(estate, refused):
    key = estate.key(ENCRYPT, DESCRIBE)
    kms = estate.archive.client("kms")
    kms.disable_key(KeyId=key.rpartition("/")[2])
    with refused("KmsException"):
        estate.create(KmsKeyId=key)


@pytest.mark.mends("a key is shown as it was given")
@pytest.mark.parametrize("form", ["alias/logs", f"arn:aws:kms:{REGION}:{MEMBER}:alias/logs", "id"])
def test_key_is_shown_by_arn(estate, form):
    key = estate.key(ENCRYPT, DESCRIBE, session=estate.member)
    estate.member.client("kms").create_alias(AliasName="alias/logs", TargetKeyId=key)
    given = key.rpartition("/")[2] if form == "id" else form
    assert estate.create(KmsKeyId=given)["KmsKeyId"] == key


@pytest.mark.mends("the empty string is kept as the key")
def test_key_is_taken_away(estate):
    estate.create(KmsKeyId=estate.key(ENCRYPT, DESCRIBE))
    assert "KmsKeyId" not in estate.cloudtrail.update_trail(Name="logs", KmsKeyId="")


def test_key_of_the_bucket_does_not_matter(estate):
    """Without a key of the trail, CloudTrail asks for SSE-S3."""
    estate.archive.client("s3").put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [{
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": estate.key()}}]})
    estate.create()


@pytest.mark.mends("the bucket policy is not looked at")
def test_bucket_that_wants_a_key(estate, refused):
    estate.policy(ACL, PUT, changed(PUT, Effect="Deny", Condition={
        "StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}))
    with refused("InsufficientS3BucketPolicyException"):
        estate.create()
    estate.create(KmsKeyId=estate.key(ENCRYPT, DESCRIBE))


# CloudWatch Logs

def test_sufficient_log_group(estate):
    group, role = estate.log_group(), estate.role(WRITE)
    trail = estate.create(CloudWatchLogsLogGroupArn=group, CloudWatchLogsRoleArn=role)
    assert (trail["CloudWatchLogsLogGroupArn"], trail["CloudWatchLogsRoleArn"]) == (group, role)


@pytest.mark.mends("the log group is not looked at")
def test_bad_log_group(estate, refused):
    group, role = estate.log_group(), estate.role(WRITE)
    elsewhere = estate.log_group(region="us-east-1")
    for bad in (group.removesuffix(":*"), group.replace("group:group", "group:nothing"), elsewhere,
                group.replace(MEMBER, ARCHIVE), "group"):
        with refused("InvalidCloudWatchLogsLogGroupArnException"):
            estate.create(CloudWatchLogsLogGroupArn=bad, CloudWatchLogsRoleArn=role)
    with refused("InvalidCloudWatchLogsLogGroupArnException"):
        estate.create(CloudWatchLogsRoleArn=role)


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
def test_role_that_can_not_write(estate, refused, statements):
    group, role = estate.log_group(), estate.role(*statements)
    with refused("InvalidCloudWatchLogsRoleArnException"):
        estate.create(CloudWatchLogsLogGroupArn=group, CloudWatchLogsRoleArn=role)


@pytest.mark.mends("the role is not looked at")
def test_role_that_does_not_trust_cloudtrail(estate, refused):
    group = estate.log_group()
    stranger = estate.role(WRITE, trusted={"Service": "config.amazonaws.com"}, name="stranger")
    for bad in (stranger, f"arn:aws:iam::{MEMBER}:role/nothing", "nothing"):
        with refused("InvalidCloudWatchLogsRoleArnException"):
            estate.create(CloudWatchLogsLogGroupArn=group, CloudWatchLogsRoleArn=bad)
    with refused("InvalidCloudWatchLogsRoleArnException"):
        estate.create(CloudWatchLogsLogGroupArn=group)


def test_role_with_the_whole_group(estate):
    resource = f"arn:aws:logs:{REGION}:{MEMBER}:log-group:group:*"
    estate.create(CloudWatchLogsLogGroupArn=estate.log_group(),
                  CloudWatchLogsRoleArn=estate.role(changed(WRITE, Resource=resource)))


@pytest.mark.mends("the empty string is kept as group and role")
def test_log_group_is_taken_away(estate):
    estate.create(CloudWatchLogsLogGroupArn=estate.log_group(), CloudWatchLogsRoleArn=estate.role(WRITE))
    trail = estate.cloudtrail.update_trail(Name="logs", CloudWatchLogsLogGroupArn="", CloudWatchLogsRoleArn="")
    assert not {"CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn"} & trail.keys()


@pytest.mark.mends("iam:PassRole is not asked for")
def test_caller_must_be_allowed_to_pass_the_role(estate, refused):
    group, role = estate.log_group(), estate.role(WRITE)
    iam = estate.member.client("iam")
    iam.create_role(RoleName="operator", AssumeRolePolicyDocument=document(
        {"Effect": "Allow", "Principal": {"AWS": MANAGEMENT}, "Action": "sts:AssumeRole"}))
    iam.put_role_policy(RoleName="operator", PolicyName="p", PolicyDocument=document(
        {"Effect": "Allow", "Action": "cloudtrail:*", "Resource": "*"}))
    found = estate.aws.session().client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{MEMBER}:role/operator", RoleSessionName="test")["Credentials"]
    client = estate.member.client(
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
def test_topic_by_name_or_arn(estate):
    arn = topic(estate.member, PUBLISH)
    for given in ("topic", arn):
        trail = created(estate, SnsTopicName=given)
        assert (trail.get("SnsTopicName"), trail.get("SnsTopicARN")) == ("topic", arn)
        estate.cloudtrail.delete_trail(Name="logs")


def created(estate, **settings):
    try:
        return estate.create(**settings)
    except estate.cloudtrail.exceptions.InsufficientSnsTopicPolicyException:
        return {}


@pytest.mark.mends("topics of other accounts are not found")
def test_topic_of_another_account(estate):
    arn = topic(estate.archive, PUBLISH)
    assert created(estate, SnsTopicName=arn).get("SnsTopicARN") == arn
    assert estate.cloudtrail.describe_trails()["trailList"][0]["SnsTopicARN"] == arn


@pytest.mark.mends("the topic's policy is not looked at")
@pytest.mark.parametrize("statements", [
    (),
    (changed(PUBLISH, Principal={"Service": "config.amazonaws.com"}),),
    (changed(PUBLISH, Condition={"StringEquals": {"aws:SourceAccount": ARCHIVE}}),),
])
def test_insufficient_topic(estate, refused, statements):
    topic(estate.member, *statements)
    with refused("InsufficientSnsTopicPolicyException"):
        estate.create(SnsTopicName="topic")


@pytest.mark.mends("a topic that is not there passes in UpdateTrail")
def test_topic_that_is_not_there(estate, refused):
    estate.create()
    with refused("InsufficientSnsTopicPolicyException"):
        estate.cloudtrail.update_trail(Name="logs", SnsTopicName="nothing")
    with refused("InvalidSnsTopicNameException"):
        estate.cloudtrail.update_trail(Name="logs", SnsTopicName="my topic")


@pytest.mark.mends("the empty string is kept as the topic")
def test_topic_is_taken_away(estate):
    topic(estate.member, PUBLISH)
    estate.create(SnsTopicName="topic")
    trail = estate.cloudtrail.update_trail(Name="logs", SnsTopicName="")
    assert not {"SnsTopicName", "SnsTopicARN"} & trail.keys()
