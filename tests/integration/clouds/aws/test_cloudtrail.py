# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""CloudTrail: trails, their settings and selectors."""
from __future__ import annotations

import json

import pytest
from botocore.config import Config

MANAGEMENT, MEMBER = "123456789012", "222222222222"
REGION, OTHER_REGION = "eu-west-1", "us-east-1"
BUCKET = "trail-bucket"
DEFAULT_SELECTOR = {
    "ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": [], "ExcludeManagementEventSources": [],
}
WRITE_ONLY = {**DEFAULT_SELECTOR, "ReadWriteType": "WriteOnly"}
UNCHECKED = Config(parameter_validation=False)


def arn(name, region=REGION, account=MANAGEMENT):
    return f"arn:aws:cloudtrail:{region}:{account}:trail/{name}"


@pytest.fixture
def session(aws):
    """A session in an account with a bucket that takes the logs of every account."""
    session = aws.session()
    s3 = session.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": ["s3:GetBucketAcl", "s3:PutObject"],
        "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
    }]}))
    return session


@pytest.fixture
def cloudtrail(session):
    return session.client("cloudtrail")


def names(trails):
    return [trail["Name"] for trail in trails]


def create(client, name="logs", **settings):
    return client.create_trail(Name=name, S3BucketName=BUCKET, **settings)


# By ARN

@pytest.mark.mends("deletes nothing by ARN")
def test_delete_by_arn(cloudtrail):
    cloudtrail.delete_trail(Name=create(cloudtrail)["TrailARN"])
    assert cloudtrail.list_trails()["Trails"] == []


@pytest.mark.parametrize(("operation", "parameter", "settings"), [
    ("update_trail", "Name", {"EnableLogFileValidation": True}),
    ("start_logging", "Name", {}),
    ("stop_logging", "Name", {}),
    ("get_trail", "Name", {}),
    ("get_trail_status", "Name", {}),
    ("get_event_selectors", "TrailName", {}),
    ("put_event_selectors", "TrailName", {"EventSelectors": [WRITE_ONLY]}),
    ("put_insight_selectors", "TrailName", {"InsightSelectors": [{"InsightType": "ApiCallRateInsight"}]}),
])
def test_by_arn(cloudtrail, operation, parameter, settings):
    trail = create(cloudtrail)["TrailARN"]
    getattr(cloudtrail, operation)(**{parameter: trail, **settings})


@pytest.mark.mends("deletes what is not there")
def test_delete_of_nothing(cloudtrail, refused):
    with refused("TrailNotFoundException"):
        cloudtrail.delete_trail(Name="nothing")


@pytest.mark.mends("an ARN that is none is not found, instead of invalid")
def test_invalid_arn(cloudtrail, refused):
    with refused("CloudTrailARNInvalidException"):
        cloudtrail.get_trail(Name="arn:aws:cloudtrail:nonsense")


# Names

@pytest.mark.mends("overwrites")
def test_duplicate(cloudtrail, refused):
    create(cloudtrail)
    with refused("TrailAlreadyExistsException"):
        create(cloudtrail)


@pytest.mark.mends("a multi-region trail is not there in other regions")
def test_duplicate_of_a_shadow_trail(session, cloudtrail, refused):
    create(cloudtrail, IsMultiRegionTrail=True)
    with refused("TrailAlreadyExistsException"):
        create(session.client("cloudtrail", region_name=OTHER_REGION))


@pytest.mark.mends("lets adjacent punctuation and addresses pass")
@pytest.mark.parametrize("name", ["my--logs", "my-_logs", "my..logs", "192.168.5.4"])
def test_invalid_name(cloudtrail, refused, name):
    with refused("InvalidTrailNameException"):
        create(cloudtrail, name)


@pytest.mark.parametrize("name", ["ab", "a" * 129, "-logs", "logs-", "my logs", "mÿlogs"])
def test_invalid_name_that_moto_refuses_too(cloudtrail, refused, name):
    with refused("InvalidTrailNameException"):
        create(cloudtrail, name)


@pytest.mark.mends("no limit")
def test_five_trails_in_a_region(session, cloudtrail, refused):
    for number in range(4):
        create(cloudtrail, f"logs-{number}")
    create(session.client("cloudtrail", region_name=OTHER_REGION), "shadow", IsMultiRegionTrail=True)
    with refused("MaximumNumberOfTrailsExceededException"):
        create(cloudtrail, "one-too-many")


# Description

@pytest.mark.mends("trailNameList is ignored")
def test_describe_by_name(cloudtrail):
    create(cloudtrail, "first")
    second = create(cloudtrail, "second")["TrailARN"]
    for wanted in ("second", second):
        assert names(cloudtrail.describe_trails(trailNameList=[wanted])["trailList"]) == ["second"]
    assert cloudtrail.describe_trails(trailNameList=["third"])["trailList"] == []


def test_describe_shadow_trails(session, cloudtrail):
    create(cloudtrail, "everywhere", IsMultiRegionTrail=True)
    create(cloudtrail, "here")
    other = session.client("cloudtrail", region_name=OTHER_REGION)
    assert names(cloudtrail.describe_trails()["trailList"]) == ["everywhere", "here"]
    shadows = other.describe_trails()["trailList"]
    assert [(trail["Name"], trail["HomeRegion"]) for trail in shadows] == [("everywhere", REGION)]
    assert other.describe_trails(includeShadowTrails=False)["trailList"] == []
    assert other.describe_trails(trailNameList=["everywhere"])["trailList"] == []
    assert names(other.describe_trails(trailNameList=[arn("everywhere")])["trailList"]) == ["everywhere"]


@pytest.mark.mends("trailNameList is ignored")
def test_describe_a_trail_of_another_region_by_arn(session, cloudtrail):
    create(cloudtrail, "here")
    other = session.client("cloudtrail", region_name=OTHER_REGION)
    assert names(other.describe_trails(trailNameList=[arn("here")])["trailList"]) == ["here"]
    assert other.describe_trails(trailNameList=["here"])["trailList"] == []


@pytest.mark.mends("single-region trails of other regions are left out")
def test_list_trails_of_all_regions(session, cloudtrail):
    create(cloudtrail)
    listed = session.client("cloudtrail", region_name=OTHER_REGION).list_trails()["Trails"]
    assert listed == [{"Name": "logs", "TrailARN": arn("logs"), "HomeRegion": REGION}]


@pytest.mark.mends("no home region")
def test_get_trail(cloudtrail):
    create(cloudtrail, EnableLogFileValidation=True, S3KeyPrefix="prefix")
    assert cloudtrail.get_trail(Name="logs")["Trail"] == {
        "Name": "logs", "S3BucketName": BUCKET, "S3KeyPrefix": "prefix", "IncludeGlobalServiceEvents": True,
        "IsMultiRegionTrail": False, "HomeRegion": REGION, "TrailARN": arn("logs"), "LogFileValidationEnabled": True,
        "HasCustomEventSelectors": False, "HasInsightSelectors": False, "IsOrganizationTrail": False,
        "RecursiveLogging": True,
    }


@pytest.mark.mends("finds no shadow trails")
@pytest.mark.parametrize(("operation", "parameter"), [
    ("get_trail", "Name"), ("get_trail_status", "Name"), ("get_event_selectors", "TrailName"),
])
@pytest.mark.parametrize("name", ["logs", arn("logs")])
def test_reading_from_another_region(session, cloudtrail, operation, parameter, name):
    create(cloudtrail, IsMultiRegionTrail=True)
    other = session.client("cloudtrail", region_name=OTHER_REGION)
    assert succeeds(getattr(other, operation), **{parameter: name})
    # moto has the status, so that all three fail for the same reason: the multi-region trail must not be writable.
    assert not succeeds(other.stop_logging, Name=name)
    with pytest.raises(other.exceptions.InvalidHomeRegionException):
        other.delete_trail(Name=name)


def succeeds(operation, **parameters):
    try:
        operation(**parameters)
    except Exception:
        return False
    return True


@pytest.mark.mends("looks for a trail of another region, and finds none")
@pytest.mark.parametrize(("operation", "parameter", "settings"), [
    ("update_trail", "Name", {"EnableLogFileValidation": True}),
    ("start_logging", "Name", {}),
    ("stop_logging", "Name", {}),
    ("delete_trail", "Name", {}),
    ("put_event_selectors", "TrailName", {"EventSelectors": [WRITE_ONLY]}),
    ("put_insight_selectors", "TrailName", {"InsightSelectors": []}),
])
def test_writing_from_another_region(session, cloudtrail, refused, operation, parameter, settings):
    create(cloudtrail, IsMultiRegionTrail=True)
    other = session.client("cloudtrail", region_name=OTHER_REGION)
    with refused("InvalidHomeRegionException"):
        getattr(other, operation)(**{parameter: "logs", **settings})


# Updates

def test_update_leaves_what_is_not_given(cloudtrail):
    create(cloudtrail, S3KeyPrefix="prefix", IsMultiRegionTrail=True)
    cloudtrail.update_trail(Name="logs", EnableLogFileValidation=True)
    trail = cloudtrail.get_trail(Name="logs")["Trail"]
    assert (trail["S3KeyPrefix"], trail["IsMultiRegionTrail"], trail["LogFileValidationEnabled"]) == (
        "prefix", True, True)


@pytest.mark.mends("the empty string is stored as the prefix")
def test_update_takes_the_prefix_away(cloudtrail):
    create(cloudtrail, S3KeyPrefix="prefix")
    assert "S3KeyPrefix" not in cloudtrail.update_trail(Name="logs", S3KeyPrefix="")
    assert "S3KeyPrefix" not in cloudtrail.describe_trails()["trailList"][0]


@pytest.mark.mends("a multi-region trail without global events passes")
def test_update_to_multi_region_without_global_events(cloudtrail, refused):
    create(cloudtrail, IncludeGlobalServiceEvents=False)
    with refused("InvalidParameterCombinationException"):
        cloudtrail.update_trail(Name="logs", IsMultiRegionTrail=True)


@pytest.mark.mends("RecursiveLogging is forgotten")
def test_recursive_logging(cloudtrail):
    if "RecursiveLogging" not in cloudtrail.meta.service_model.operation_model("CreateTrail").input_shape.members:
        pytest.skip("this botocore does not know it")
    create(cloudtrail, RecursiveLogging=False)
    assert cloudtrail.get_trail(Name="logs")["Trail"].get("RecursiveLogging") is False
    cloudtrail.update_trail(Name="logs", EnableLogFileValidation=True)
    assert cloudtrail.get_trail(Name="logs")["Trail"]["RecursiveLogging"] is False


# Tags

@pytest.mark.mends("a new trail has the tags of the one that had its name")
def test_tags_go_with_the_trail(cloudtrail):
    create(cloudtrail, TagsList=[{"Key": "a", "Value": "b"}])
    cloudtrail.delete_trail(Name="logs")
    create(cloudtrail)
    assert cloudtrail.list_tags(ResourceIdList=[arn("logs")])["ResourceTagList"][0]["TagsList"] == []


@pytest.mark.mends("tags what is not there")
def test_tags_of_nothing(cloudtrail, refused):
    with refused("ResourceNotFoundException"):
        cloudtrail.add_tags(ResourceId=arn("nothing"), TagsList=[{"Key": "a", "Value": "b"}])


# Status

@pytest.mark.mends("claims deliveries that were none")
def test_status(session, cloudtrail):
    create(cloudtrail)
    assert {name: value for name, value in status(cloudtrail).items() if value != ""} == {"IsLogging": False}
    session.client("s3").delete_bucket_policy(Bucket=BUCKET)
    cloudtrail.start_logging(Name="logs")
    started = status(cloudtrail)
    assert (started["IsLogging"], started.keys() & {"StartLoggingTime", "StopLoggingTime"}) == (
        True, {"StartLoggingTime"})
    assert "LatestDeliveryTime" not in started
    cloudtrail.stop_logging(Name="logs")
    stopped = status(cloudtrail)
    assert (stopped["IsLogging"], stopped["StartLoggingTime"]) == (False, started["StartLoggingTime"])
    assert stopped["StopLoggingTime"] >= stopped["StartLoggingTime"]


def status(client):
    answer = client.get_trail_status(Name="logs")
    del answer["ResponseMetadata"]
    return answer


# Organization

def trust_cloudtrail(session):
    session.client("organizations").enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")


@pytest.mark.mends("every account has organization trails")
def test_organization_trail_of_a_member(aws, session, refused):
    trust_cloudtrail(session)
    with refused("NotOrganizationMasterAccountException"):
        create(aws.session(MEMBER).client("cloudtrail"), IsOrganizationTrail=True)


@pytest.mark.mends("trusted access is not looked at")
def test_organization_trail_without_trusted_access(session, cloudtrail, refused):
    with refused("CloudTrailAccessNotEnabledException"):
        create(cloudtrail, IsOrganizationTrail=True)
    create(cloudtrail)
    with refused("CloudTrailAccessNotEnabledException"):
        cloudtrail.update_trail(Name="logs", IsOrganizationTrail=True)


@pytest.mark.mends("organization trails are not there in the members")
def test_organization_trail(aws, session, cloudtrail):
    trust_cloudtrail(session)
    create(cloudtrail, IsOrganizationTrail=True)
    member = aws.session(MEMBER).client("cloudtrail")
    seen = member.describe_trails()["trailList"]
    assert [(trail["TrailARN"], trail["IsOrganizationTrail"]) for trail in seen] == [(arn("logs"), True)]
    assert member.list_trails()["Trails"] == []
    with pytest.raises(member.exceptions.NotOrganizationMasterAccountException):
        member.delete_trail(Name="logs")


class TestDelegatedAdministrator:
    """A delegated administrator manages trails that the management account owns."""

    @pytest.fixture(autouse=True)
    def fixture_administrator(self, aws, session):
        trust_cloudtrail(session)
        aws.session(MEMBER)  # the account is in the organization from now on
        session.client("organizations").register_delegated_administrator(
            AccountId=MEMBER, ServicePrincipal="cloudtrail.amazonaws.com")
        self.management, self.own = session.client("cloudtrail"), aws.session(MEMBER).client("cloudtrail")
        self.other = aws.session("333333333333").client("cloudtrail")

    def test_it_creates_changes_and_deletes(self):
        created = create(self.own, IsOrganizationTrail=True, IsMultiRegionTrail=True, TagsList=[{"Key": "by", "Value": "us"}])
        assert created["TrailARN"] == arn("logs")
        self.own.start_logging(Name=arn("logs"))
        assert self.management.get_trail_status(Name="logs")["IsLogging"]
        self.own.update_trail(Name=arn("logs"), S3KeyPrefix="all")
        self.own.put_event_selectors(TrailName=arn("logs"), EventSelectors=[{"ReadWriteType": "WriteOnly"}])
        self.own.add_tags(ResourceId=arn("logs"), TagsList=[{"Key": "more", "Value": "1"}])
        tags = self.own.list_tags(ResourceIdList=[arn("logs")])["ResourceTagList"][0]["TagsList"]
        assert {tag["Key"] for tag in tags} == {"by", "more"}
        assert self.management.get_trail(Name="logs")["Trail"]["S3KeyPrefix"] == "all"
        assert self.management.get_event_selectors(TrailName="logs")["EventSelectors"][0]["ReadWriteType"] == "WriteOnly"
        assert names(self.other.describe_trails()["trailList"]) == ["logs"]
        self.own.delete_trail(Name=arn("logs"))
        assert self.management.describe_trails()["trailList"] == []

    def test_a_trail_of_its_own_is_its_own(self, refused):
        assert create(self.own)["TrailARN"] == arn("logs", account=MEMBER)
        with refused("NotOrganizationMasterAccountException"):
            self.own.update_trail(Name="logs", IsOrganizationTrail=True)

    def test_it_cannot_convert_back(self, refused):
        create(self.management, IsOrganizationTrail=True)
        with refused("NotOrganizationMasterAccountException"):
            self.own.update_trail(Name=arn("logs"), IsOrganizationTrail=False)

    def test_others_do_not_read_whom_the_organization_trusts(self, aws):
        trusted = aws.session(MEMBER).client("organizations").list_aws_service_access_for_organization()["EnabledServicePrincipals"]
        assert [service["ServicePrincipal"] for service in trusted] == ["cloudtrail.amazonaws.com"]
        other = aws.session("333333333333").client("organizations")
        with pytest.raises(other.exceptions.AccessDeniedException):
            other.list_aws_service_access_for_organization()

    def test_others_do_not_manage_it(self, refused):
        create(self.own, IsOrganizationTrail=True)
        with refused("NotOrganizationMasterAccountException"):
            self.other.delete_trail(Name=arn("logs"))

    def test_of_another_service(self, session, refused):
        session.client("organizations").deregister_delegated_administrator(
            AccountId=MEMBER, ServicePrincipal="cloudtrail.amazonaws.com")
        with refused("NotOrganizationMasterAccountException"):
            create(self.own, IsOrganizationTrail=True)


class TestRegistration:
    """CloudTrail registers its delegated administrators itself."""

    @pytest.fixture(autouse=True)
    def fixture_management(self, aws, session):
        self.aws, self.client, self.organizations = aws, session.client("cloudtrail"), session.client("organizations")
        aws.session(MEMBER)

    def registered(self):
        listed = self.organizations.list_delegated_administrators(ServicePrincipal="cloudtrail.amazonaws.com")
        return [one["Id"] for one in listed["DelegatedAdministrators"]]

    def test_there_and_back(self, session, refused):
        trust_cloudtrail(session)
        self.client.register_organization_delegated_admin(MemberAccountId=MEMBER)
        assert self.registered() == [MEMBER]
        with refused("AccountRegisteredException"):
            self.client.register_organization_delegated_admin(MemberAccountId=MEMBER)
        self.client.deregister_organization_delegated_admin(DelegatedAdminAccountId=MEMBER)
        assert self.registered() == []
        with refused("AccountNotRegisteredException"):
            self.client.deregister_organization_delegated_admin(DelegatedAdminAccountId=MEMBER)

    def test_the_trail_stays(self, session):
        trust_cloudtrail(session)
        self.client.register_organization_delegated_admin(MemberAccountId=MEMBER)
        create(self.aws.session(MEMBER).client("cloudtrail"), IsOrganizationTrail=True)
        self.client.deregister_organization_delegated_admin(DelegatedAdminAccountId=MEMBER)
        assert names(self.client.describe_trails()["trailList"]) == ["logs"]

    @pytest.mark.parametrize("call", ["register", "deregister"])
    def test_who_may_not(self, session, refused, call):
        parameter = {"register": "MemberAccountId", "deregister": "DelegatedAdminAccountId"}[call]

        def run(client, account):
            return getattr(client, f"{call}_organization_delegated_admin")(**{parameter: account})

        with refused("CloudTrailAccessNotEnabledException"):
            run(self.client, MEMBER)
        trust_cloudtrail(session)
        with refused("AccountNotFoundException"):
            run(self.client, "999999999999")
        with refused("InvalidParameterException"):
            run(self.client, "a" * 12)
        with refused("NotOrganizationManagementAccountException"):
            run(self.aws.session(MEMBER).client("cloudtrail"), MEMBER)
        with refused("CannotDelegateManagementAccountException" if call == "register" else "AccountNotRegisteredException"):
            run(self.client, MANAGEMENT)
        stranger = self.aws.session("333333333333").client("cloudtrail")
        self.organizations.remove_account_from_organization(AccountId="333333333333")
        with refused("OrganizationsNotInUseException"):
            run(stranger, MEMBER)

    def test_three_at_most(self, session, refused):
        trust_cloudtrail(session)
        for number in range(3, 6):
            self.aws.session(str(number) * 12)
            self.client.register_organization_delegated_admin(MemberAccountId=str(number) * 12)
        with refused("DelegatedAdminAccountLimitExceededException"):
            self.client.register_organization_delegated_admin(MemberAccountId=MEMBER)


# Event selectors

@pytest.mark.mends("no selectors on a new trail")
def test_default_selectors(cloudtrail):
    create(cloudtrail)
    selectors = cloudtrail.get_event_selectors(TrailName="logs")
    assert selectors["EventSelectors"] == [DEFAULT_SELECTOR]
    assert "AdvancedEventSelectors" not in selectors


@pytest.mark.mends("defaults are not filled in")
def test_selector_with_defaults(cloudtrail):
    create(cloudtrail)
    answer = cloudtrail.put_event_selectors(TrailName="logs", EventSelectors=[{"ReadWriteType": "WriteOnly"}])
    assert answer["EventSelectors"] == [WRITE_ONLY]
    assert cloudtrail.get_event_selectors(TrailName="logs")["EventSelectors"] == [WRITE_ONLY]


def advanced(*conditions, name="selector"):
    return {"Name": name, "FieldSelectors": [
        {"Field": field, **({"Equals": [value]} if isinstance(value, str) else value)} for field, value in conditions
    ]}


MANAGEMENT_EVENTS = advanced(("eventCategory", "Management"))
S3_EVENTS = advanced(("eventCategory", "Data"), ("resources.type", "AWS::S3::Object"))


@pytest.mark.mends("advanced selectors stay beside new basic ones")
def test_one_kind_replaces_the_other(cloudtrail):
    create(cloudtrail)
    cloudtrail.put_event_selectors(TrailName="logs", AdvancedEventSelectors=[MANAGEMENT_EVENTS])
    assert "EventSelectors" not in shown(cloudtrail)
    cloudtrail.put_event_selectors(TrailName="logs", EventSelectors=[WRITE_ONLY])
    assert shown(cloudtrail) == {"TrailARN": arn("logs"), "EventSelectors": [WRITE_ONLY]}
    cloudtrail.put_event_selectors(TrailName="logs", AdvancedEventSelectors=[S3_EVENTS])
    assert shown(cloudtrail) == {"TrailARN": arn("logs"), "AdvancedEventSelectors": [S3_EVENTS]}


def shown(client):
    answer = client.get_event_selectors(TrailName="logs")
    return {name: value for name, value in answer.items() if name != "ResponseMetadata" and value}


@pytest.mark.mends("always false")
@pytest.mark.parametrize("selectors", [
    {"EventSelectors": [WRITE_ONLY]}, {"AdvancedEventSelectors": [MANAGEMENT_EVENTS]},
])
def test_has_custom_event_selectors(cloudtrail, selectors):
    create(cloudtrail)
    assert has(cloudtrail) == (False, False)
    cloudtrail.put_event_selectors(TrailName="logs", **selectors)
    assert has(cloudtrail) == (True, False)
    cloudtrail.put_event_selectors(TrailName="logs", EventSelectors=[DEFAULT_SELECTOR])
    assert has(cloudtrail) == (False, False)


def has(client):
    trail = client.describe_trails()["trailList"][0]
    return trail["HasCustomEventSelectors"], trail["HasInsightSelectors"]


def data(kind, *values):
    return {"DataResources": [{"Type": kind, "Values": list(values)}]}


def objects(count):
    return data("AWS::S3::Object", *(f"arn:aws:s3:::bucket-{number}/" for number in range(count)))


@pytest.mark.mends("keeps what it gets")
@pytest.mark.parametrize("selectors", [
    {"EventSelectors": [WRITE_ONLY], "AdvancedEventSelectors": [MANAGEMENT_EVENTS]},
    {"EventSelectors": [WRITE_ONLY] * 6},
    {"EventSelectors": [{"ReadWriteType": "read-only"}]},
    {"EventSelectors": [{"ExcludeManagementEventSources": ["s3.amazonaws.com"]}]},
    {"EventSelectors": [{"IncludeManagementEvents": False}]},
    {"EventSelectors": [data("AWS::S3::Bucket", "arn:aws:s3:::bucket/")]},
    {"EventSelectors": [data("AWS::S3::Object", "bucket/")]},
    {"EventSelectors": [objects(251)]},
    {"EventSelectors": [objects(126), objects(125)]},
    {"AdvancedEventSelectors": [advanced(("readOnly", "true"))]},
    {"AdvancedEventSelectors": [advanced(("eventCategory", "Everything"))]},
    {"AdvancedEventSelectors": [advanced(("eventCategory", {"NotEquals": ["Management"]}))]},
    {"AdvancedEventSelectors": [advanced(("eventCategory", {"Equals": ["Management", "Data"]}))]},
    {"AdvancedEventSelectors": [advanced(("eventCategory", "Management"), ("eventCategory", "Management"))]},
    {"AdvancedEventSelectors": [advanced(("eventCategory", "Management"), ("readOnly", "yes"))]},
    {"AdvancedEventSelectors": [advanced(("eventCategory", "Management"), ("resources.ARN", "arn:aws:s3:::b"))]},
    {"AdvancedEventSelectors": [advanced(("eventCategory", "Data"))]},
    {"AdvancedEventSelectors": [advanced(("eventCategory", "Data"), ("resources.type", "S3"))]},
    {"AdvancedEventSelectors": [advanced(("eventCategory", "NetworkActivity"))]},
    {"AdvancedEventSelectors": [advanced(("eventCategory", "Data"), ("resources.type", "AWS::S3::Object"),
                                         ("region", "eu-west-1"))]},
    {"AdvancedEventSelectors": [advanced(("eventCategory", "Management"), name="n" * 1001)]},
    {"AdvancedEventSelectors": [advanced(("eventCategory", "Data"), ("resources.type", "AWS::S3::Object"),
                                         ("eventName", {"Equals": [f"Get{number}" for number in range(499)]}))]},
])
def test_bad_selectors(session, refused, selectors):
    client = session.client("cloudtrail", config=UNCHECKED)
    create(client)
    with refused("InvalidEventSelectorsException"):
        client.put_event_selectors(TrailName="logs", **selectors)


@pytest.mark.mends("keeps what it gets")
@pytest.mark.parametrize("content", [
    {"EventSelectors": [{"ReadWriteTypes": "All"}]},
    {"AdvancedEventSelectors": [{"FieldSelectors": [{"Field": "eventCategory", "Contains": ["Management"]}]}]},
])
def test_unknown_field(cloudtrail, refused, content):
    create(cloudtrail)
    # botocore does not send what it does not know.
    cloudtrail.meta.events.register("before-call.cloudtrail.PutEventSelectors", lambda params, **more: params.update(
        body=json.dumps({"TrailName": "logs", **content}).encode()))
    with refused("InvalidEventSelectorsException"):
        cloudtrail.put_event_selectors(TrailName="logs", EventSelectors=[])


@pytest.mark.parametrize("selectors", [
    {"EventSelectors": [objects(250)]},
    {"EventSelectors": [{"ReadWriteType": "ReadOnly", "ExcludeManagementEventSources": ["kms.amazonaws.com"]}]},
    {"EventSelectors": [data("AWS::Lambda::Function", "arn:aws:lambda")]},
    {"AdvancedEventSelectors": [
        advanced(("eventCategory", "Management"), ("readOnly", "false"),
                 ("eventSource", {"NotEquals": ["kms.amazonaws.com"]})),
        advanced(("eventCategory", "Data"), ("resources.type", "AWS::S3::Object"),
                 ("resources.ARN", {"StartsWith": ["arn:aws:s3:::bucket/"]})),
        advanced(("eventCategory", "NetworkActivity"), ("eventSource", "kms.amazonaws.com")),
    ]},
    {"AdvancedEventSelectors": [advanced(("eventCategory", "Data"), ("resources.type", "AWS::S3::Object"),
                                         ("eventName", {"Equals": [f"Get{number}" for number in range(498)]}))]},
])
def test_good_selectors(cloudtrail, selectors):
    create(cloudtrail)
    cloudtrail.put_event_selectors(TrailName="logs", **selectors)


# Insights selectors

CALLS, ERRORS = {"InsightType": "ApiCallRateInsight"}, {"InsightType": "ApiErrorRateInsight"}


@pytest.mark.mends("adds to what is there")
def test_insight_selectors_are_replaced(cloudtrail):
    create(cloudtrail)
    cloudtrail.put_insight_selectors(TrailName="logs", InsightSelectors=[CALLS])
    cloudtrail.put_insight_selectors(TrailName="logs", InsightSelectors=[ERRORS])
    assert cloudtrail.get_insight_selectors(TrailName="logs")["InsightSelectors"] == [ERRORS]


@pytest.mark.mends("a trail without Insights answers with nothing")
def test_no_insight_selectors(cloudtrail, refused):
    create(cloudtrail)
    with refused("InsightNotEnabledException"):
        cloudtrail.get_insight_selectors(TrailName="logs")


@pytest.mark.mends("an empty list changes nothing")
def test_insights_are_turned_off(cloudtrail, refused):
    create(cloudtrail)
    cloudtrail.put_insight_selectors(TrailName="logs", InsightSelectors=[CALLS])
    cloudtrail.put_insight_selectors(TrailName="logs", InsightSelectors=[])
    with refused("InsightNotEnabledException"):
        cloudtrail.get_insight_selectors(TrailName="logs")


@pytest.mark.mends("always false")
def test_has_insight_selectors(cloudtrail):
    create(cloudtrail)
    cloudtrail.put_insight_selectors(TrailName="logs", InsightSelectors=[CALLS, ERRORS])
    assert has(cloudtrail) == (False, True)


@pytest.mark.mends("keeps what it gets")
@pytest.mark.parametrize("selector", [
    {"InsightType": "ApiSpeedInsight"}, {}, {**CALLS, "EventCategories": ["Network"]},
])
def test_bad_insight_selectors(session, refused, selector):
    client = session.client("cloudtrail", config=UNCHECKED)
    create(client)
    with refused("InvalidInsightSelectorsException"):
        client.put_insight_selectors(TrailName="logs", InsightSelectors=[selector])
