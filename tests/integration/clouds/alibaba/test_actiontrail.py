# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The local ActionTrail, driven by today's SDK and by the older one."""
from __future__ import annotations

import contextlib
import json

import pytest
from helpers.alibaba.clients import Clients
from helpers.alibaba.trails import MANAGEMENT, PROJECT, REGION, Current, of_account
from alibabacloud_ram20150501 import models as ram
from alibabacloud_resourcedirectorymaster20220419 import models as rd
from alibabacloud_sts20150401 import models as sts
from clouds.alibaba import Fault
from clouds.alibaba.actiontrail.reach import trails_for
from clouds.alibaba.actiontrail.state import Delivery
from clouds.alibaba.sls.provision import ensure_project

MEMBER, ARCHIVE = "2000000000000002", "3000000000000003"
ARCHIVE_PROJECT = f"acs:log:{REGION}:{ARCHIVE}:project/archive-logs"
ARCHIVE_ROLE = f"acs:ram::{ARCHIVE}:role/actiontrail-delivery"


def create(trails, name="audit-trail", **parameters):
    return trails.call("CreateTrail", **{"Name": name, "SlsProjectArn": PROJECT, **parameters})


def names(answer):
    return [trail["Name"] for trail in answer["TrailList"]]


def describe(trails, name="audit-trail", **parameters):
    return trails.call("DescribeTrails", NameList=name, **parameters)["TrailList"][0]


# Trails

def test_trail_is_created(trails):
    created = create(trails)
    assert (created["Name"], created["HomeRegion"], created["SlsProjectArn"]) == ("audit-trail", REGION, PROJECT)
    assert names(trails.call("DescribeTrails")) == ["audit-trail"]


def test_new_trail_is_off(trails):
    create(trails)
    assert describe(trails)["Status"] == "Fresh"
    assert trails.call("GetTrailStatus", Name="audit-trail")["IsLogging"] is False


def test_new_trail_has_writes_of_all_regions(trails):
    create(trails)
    trail = describe(trails)
    assert (trail["EventRW"], trail["TrailRegion"], trail["IsOrganizationTrail"]) == ("Write", "All", False)


def test_trail_is_changed(trails):
    create(trails)
    updated = trails.call("UpdateTrail", Name="audit-trail", EventRW="All", TrailRegion="cn-hangzhou,cn-beijing")
    assert (updated["EventRW"], updated["TrailRegion"]) == ("All", "cn-hangzhou,cn-beijing")
    assert describe(trails)["EventRW"] == "All"


def test_update_without_kind_of_events_means_the_default(trails):
    create(trails, EventRW="All")
    trails.call("UpdateTrail", Name="audit-trail", SlsProjectArn=PROJECT)
    assert describe(trails)["EventRW"] == "Write"


def test_trail_is_switched_on_and_off(trails):
    create(trails)
    trails.call("StartLogging", Name="audit-trail")
    assert describe(trails)["Status"] == "Enable"
    assert trails.call("GetTrailStatus", Name="audit-trail")["IsLogging"] is True
    trails.call("StopLogging", Name="audit-trail")
    assert describe(trails)["Status"] == "Disable"
    assert trails.call("GetTrailStatus", Name="audit-trail")["IsLogging"] is False


def test_switching_leaves_times(trails):
    create(trails)
    assert "StartLoggingTime" not in describe(trails)
    trails.call("StartLogging", Name="audit-trail")
    trails.call("StopLogging", Name="audit-trail")
    assert {"StartLoggingTime", "StopLoggingTime"} <= trails.call("GetTrailStatus", Name="audit-trail").keys()


def test_trail_is_deleted(trails):
    create(trails)
    trails.call("DeleteTrail", Name="audit-trail")
    assert names(trails.call("DescribeTrails")) == []


@pytest.mark.parametrize("name", ["UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging", "GetTrailStatus"])
def test_trail_that_is_not_there(trails, refused_alibaba, name):
    with refused_alibaba("TrailNotFoundException"):
        trails.call(name, Name="audit-trail")


@pytest.mark.parametrize("name", ["short", "a" * 37, "Audit-Trail", "1audit-trail", "audit.trail"])
def test_names_have_a_form(trails, refused_alibaba, name):
    with refused_alibaba("InvalidTrailNameException"):
        create(trails, name)


@pytest.mark.parametrize("name", ["a12345", "a" * 36, "audit_trail-1"])
def test_names_that_are_good(trails, name):
    assert create(trails, name)["Name"] == name


@pytest.mark.parametrize("parameters, code", [
    ({"SlsProjectArn": ""}, "InvalidDeliveryConfigurationException"),
    ({"EventRW": "Everything"}, "InvalidQueryParameter"),
    ({"TrailRegion": "atlantis"}, "InvalidQueryParameter"),
    ({"SlsProjectArn": "audit-logs"}, "InvalidQueryParameter"),
    ({"SlsWriteRoleArn": "some-role"}, "InvalidQueryParameter"),
    ({"SlsProjectArn": PROJECT.replace("audit-logs", "nothing")}, "SlsProjectDoesNotExistException"),
    ({"SlsProjectArn": PROJECT.replace(REGION, "cn-beijing")}, "SlsProjectDoesNotExistException"),
    ({"SlsProjectArn": PROJECT.replace(MANAGEMENT, MEMBER)}, "SlsProjectDoesNotExistException"),
    ({"SlsWriteRoleArn": f"acs:ram::{MANAGEMENT}:role/nobody"}, "InsufficientSlsPolicyException"),
    ({"OssBucketName": "audit-logs", "OssKeyPrefix": "short"}, "InvalidPrefixException"),
    ({"OssBucketName": "audit-logs"}, "NotImplemented"),
])
def test_trail_is_refused(trails, refused_alibaba, parameters, code):
    with refused_alibaba(code):
        create(trails, **parameters)


def test_project_of_maxcompute_is_not_covered(current, refused_alibaba):
    with refused_alibaba("NotImplemented"):
        create(current, MaxComputeProjectArn=f"acs:odps:{REGION}:{MANAGEMENT}:project/actiontrail_x")


def test_trail_without_destination_is_refused(trails, refused_alibaba):
    with refused_alibaba("InvalidDeliveryConfigurationException"):
        trails.call("CreateTrail", Name="audit-trail")


def test_update_can_not_take_the_destination_away(trails, refused_alibaba):
    create(trails)
    with refused_alibaba("InvalidDeliveryConfigurationException"):
        trails.call("UpdateTrail", Name="audit-trail", SlsProjectArn="")


def test_names_are_unique_in_all_regions(alibaba, current, refused_alibaba):
    create(current)
    with refused_alibaba("TrailAlreadyExistsException"):
        create(of_account(alibaba, MANAGEMENT, "cn-beijing"))


def test_region_has_five_trails(alibaba, trails, refused_alibaba):
    for number in range(5):
        create(trails, f"audit-trail-{number}")
    with refused_alibaba("MaximumNumberOfTrailsExceededException"):
        create(trails, "audit-trail-5")
    assert create(of_account(alibaba, MANAGEMENT, "cn-beijing"), "audit-trail-5")["HomeRegion"] == "cn-beijing"


def test_trails_are_described_by_name(trails):
    for number in range(3):
        create(trails, f"audit-trail-{number}")
    described = trails.call("DescribeTrails", NameList="audit-trail-0,audit-trail-2,audit-trail-9")
    assert names(described) == ["audit-trail-0", "audit-trail-2"]


def test_bad_name_is_not_described(trails, refused_alibaba):
    with refused_alibaba("InvalidTrailNameException"):
        trails.call("DescribeTrails", NameList="x")


def test_other_regions_have_a_shadow(alibaba, current):
    create(current)
    elsewhere = of_account(alibaba, MANAGEMENT, "cn-beijing")
    assert names(elsewhere.call("DescribeTrails")) == []
    shadow = describe(elsewhere, IncludeShadowTrails=True)
    assert (shadow["HomeRegion"], shadow["Region"]) == (REGION, "cn-beijing")


def test_trail_of_one_region_has_no_shadow(alibaba, current):
    create(current, TrailRegion=REGION)
    elsewhere = of_account(alibaba, MANAGEMENT, "cn-beijing")
    assert names(elsewhere.call("DescribeTrails", IncludeShadowTrails=True)) == []


def test_trail_is_changed_at_home_only(alibaba, current, refused_alibaba):
    create(current)
    with refused_alibaba("TrailNotFoundException"):
        of_account(alibaba, MANAGEMENT, "cn-beijing").call("StartLogging", Name="audit-trail")


def session_of_member(alibaba, clients, statements):
    """ActionTrail in a member, for who may do only this."""
    session = clients.sts.assume_role(sts.AssumeRoleRequest(
        role_arn=f"acs:ram::{MEMBER}:role/ResourceDirectoryAccountAccessRole", role_session_name="session",
        policy=json.dumps({"Version": "1", "Statement": statements}),
    )).body.credentials
    return Current(Clients(alibaba, alibaba.cloud.credentials.get(session.access_key_id)))


def test_permission_is_needed(alibaba, clients, current, refused_alibaba):
    reader = session_of_member(alibaba, clients, [
        {"Effect": "Allow", "Action": "actiontrail:Describe*", "Resource": "*"}])
    assert names(reader.call("DescribeTrails")) == []
    with refused_alibaba("NoPermission"):
        reader.call("DeleteTrail", Name="audit-trail")


def test_new_trail_is_not_seen_by_readers_that_are_behind(alibaba, current):
    alibaba.bad_days(Fault(behind=3600))
    create(current)
    assert names(current.call("DescribeTrails")) == []
    alibaba.cloud.clock.advance(3601)
    assert names(current.call("DescribeTrails")) == ["audit-trail"]


# Where a trail leads

def test_trail_writes_through_a_role_of_its_own(clients, trails):
    created = create(trails)
    assert created["SlsWriteRoleArn"] == f"acs:ram::{MANAGEMENT}:role/aliyunserviceroleforactiontrail"
    role = clients.ram.get_role(ram.GetRoleRequest(role_name="AliyunServiceRoleForActionTrail")).body.role
    assert "actiontrail.aliyuncs.com" in role.assume_role_policy_document


@pytest.mark.parametrize("resource, is_created", [
    ("*", True), (f"acs:ram::{MEMBER}:role/*", True), (f"acs:ram:*:{MANAGEMENT}:role/*", False), (None, False),
])
def test_role_of_its_own_is_created_for_who_may(alibaba, clients, refused_alibaba, resource, is_created):
    allowed = [{"Effect": "Allow", "Action": "actiontrail:CreateTrail", "Resource": "*"}]
    if resource:
        allowed.append({"Effect": "Allow", "Action": "ram:CreateServiceLinkedRole", "Resource": resource, "Condition": {
            "StringEquals": {"ram:ServiceName": "actiontrail.aliyuncs.com"}}})
    with alibaba.cloud.lock:
        ensure_project(alibaba.cloud, MEMBER, "member-logs", REGION)
    maker = session_of_member(alibaba, clients, allowed)
    with contextlib.nullcontext() if is_created else refused_alibaba("NoPermission"):
        create(maker, SlsProjectArn=f"acs:log:{REGION}:{MEMBER}:project/member-logs")
    assert ("AliyunServiceRoleForActionTrail" in alibaba.cloud.account(MEMBER).ram.roles) == is_created


@pytest.fixture
def archive(alibaba):
    """RAM in an archive account, with a project and a role that opens it."""
    with alibaba.cloud.lock:
        ensure_project(alibaba.cloud, ARCHIVE, "archive-logs", REGION)
    client = Clients(alibaba, alibaba.credential(ARCHIVE)).ram
    client.create_role(ram.CreateRoleRequest(
        role_name="actiontrail-delivery", assume_role_policy_document=trust(f"{MANAGEMENT}@actiontrail.aliyuncs.com"),
    ))
    client.attach_policy_to_role(ram.AttachPolicyToRoleRequest(
        policy_type="System", policy_name="AliyunActionTrailDeliveryPolicy", role_name="actiontrail-delivery",
    ))
    return client


def trust(*services):
    return json.dumps({"Version": "1", "Statement": [
        {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": list(services)}},
    ]})


def to_archive(trails, **parameters):
    return create(trails, SlsProjectArn=ARCHIVE_PROJECT, SlsWriteRoleArn=ARCHIVE_ROLE, **parameters)


def test_trail_leads_to_another_account(archive, trails):
    assert to_archive(trails)["SlsWriteRoleArn"] == ARCHIVE_ROLE


def test_another_account_needs_a_role_there(archive, trails, refused_alibaba):
    with refused_alibaba("InsufficientSlsPolicyException"):
        create(trails, SlsProjectArn=ARCHIVE_PROJECT)


@pytest.mark.parametrize("principal", [
    "actiontrail.aliyuncs.com", f"{MEMBER}@actiontrail.aliyuncs.com", f"{MANAGEMENT}@log.aliyuncs.com",
])
def test_role_has_to_trust_the_trails_account(archive, trails, refused_alibaba, principal):
    archive.update_role(ram.UpdateRoleRequest(
        role_name="actiontrail-delivery", new_assume_role_policy_document=trust(principal),
    ))
    with refused_alibaba("InsufficientSlsPolicyException"):
        to_archive(trails)


def test_role_has_to_allow_the_project(archive, trails, refused_alibaba):
    archive.detach_policy_from_role(ram.DetachPolicyFromRoleRequest(
        policy_type="System", policy_name="AliyunActionTrailDeliveryPolicy", role_name="actiontrail-delivery",
    ))
    with refused_alibaba("InsufficientSlsPolicyException"):
        to_archive(trails)


SERVICE_IS_ACTIONTRAIL = {"StringEquals": {"acs:Service": "actiontrail.aliyuncs.com"}}


@pytest.mark.parametrize("resource, condition, is_allowed", [
    ("*", SERVICE_IS_ACTIONTRAIL, True), (f"acs:ram:*:{ARCHIVE}:role/actiontrail-delivery", SERVICE_IS_ACTIONTRAIL, True),
    (f"acs:ram:*:{MEMBER}:role/*", SERVICE_IS_ACTIONTRAIL, False),
    ("*", {"StringEquals": {"acs:Service": "log.aliyuncs.com"}}, False), (None, {}, False),
])
def test_role_is_handed_over_by_who_may(alibaba, clients, archive, refused_alibaba, resource, condition, is_allowed):
    archive.update_role(ram.UpdateRoleRequest(
        role_name="actiontrail-delivery", new_assume_role_policy_document=trust(f"{MEMBER}@actiontrail.aliyuncs.com")))
    allowed = [{"Effect": "Allow", "Action": "actiontrail:*", "Resource": "*"}]
    maker = session_of_member(alibaba, clients, allowed)
    with refused_alibaba("NoPermission"):
        to_archive(maker)
    if resource:
        allowed.append({"Effect": "Allow", "Action": "ram:PassRole", "Resource": resource, "Condition": condition})
    maker = session_of_member(alibaba, clients, allowed)
    with contextlib.nullcontext() if is_allowed else refused_alibaba("NoPermission"):
        to_archive(maker)
        maker.call("UpdateTrail", Name="audit-trail", EventRW="All", SlsWriteRoleArn=ARCHIVE_ROLE)


@pytest.mark.parametrize("resource", [f"acs:actiontrail:*:{MEMBER}:trail/audit-trail", f"acs:actiontrail:*:{MEMBER}:*"])
def test_no_permission_is_for_a_single_trail(alibaba, clients, refused_alibaba, resource):
    """The operations of ActionTrail have no resources: "RAM authorization" (ActionTrail, 2025-12-27)."""
    reader = session_of_member(alibaba, clients, [{"Effect": "Allow", "Action": "actiontrail:*", "Resource": resource}])
    with refused_alibaba("NoPermission"):
        reader.call("DescribeTrails")


def test_role_of_archive_does_not_open_own_project(archive, trails, refused_alibaba):
    with refused_alibaba("InsufficientSlsPolicyException"):
        create(trails, SlsWriteRoleArn=ARCHIVE_ROLE)


def test_status_says_whether_there_is_a_logstore(alibaba, trails):
    create(trails)
    assert trails.call("GetTrailStatus", Name="audit-trail")["SlsLogStoreStatus"] is True
    with alibaba.cloud.lock:
        alibaba.cloud.sls.delete_logstore(("audit-logs", "actiontrail_audit-trail"))
    assert trails.call("GetTrailStatus", Name="audit-trail")["SlsLogStoreStatus"] is False


def test_status_says_how_the_trail_fared(alibaba, trails):
    create(trails)
    with alibaba.cloud.lock:
        fared = alibaba.cloud.accounts[MANAGEMENT].deliveries["audit-trail"] = Delivery()
        fared.succeed(1767225600)
        fared.fail("the role does not exist")
    status = trails.call("GetTrailStatus", Name="audit-trail")
    assert status["LatestDeliveryLogServiceTime"] == status["LatestDeliveryTime"] == "2026-01-01T00:00:00Z"
    assert status["LatestDeliveryLogServiceError"] == status["LatestDeliveryError"] == "the role does not exist"


def test_new_trail_of_an_old_name_has_not_fared_yet(alibaba, trails):
    create(trails)
    with alibaba.cloud.lock:
        alibaba.cloud.accounts[MANAGEMENT].deliveries.setdefault("audit-trail", Delivery()).succeed(1767225600)
    trails.call("DeleteTrail", Name="audit-trail")
    create(trails)
    assert not trails.call("GetTrailStatus", Name="audit-trail").get("LatestDeliveryTime")


# Multi-account trails

def organization(trails, name="organization", **parameters):
    return create(trails, name, IsOrganizationTrail=True, **parameters)


def test_manager_makes_a_multi_account_trail(trails):
    organization(trails)
    trail = describe(trails, "organization", IncludeOrganizationTrail=True)
    assert trail["IsOrganizationTrail"] is True
    assert trail["OrganizationId"].startswith("rd-")


def test_multi_account_trails_are_described_on_demand(trails):
    organization(trails)
    assert names(trails.call("DescribeTrails")) == []


def test_there_is_one_multi_account_trail(alibaba, trails, refused_alibaba):
    organization(trails)
    with refused_alibaba("MaximumNumberOfOrganizationTrailExceeded"):
        organization(of_account(alibaba, MANAGEMENT, "cn-beijing"), "organization-2")


def test_multi_account_trail_does_not_count_as_one_of_five(trails):
    organization(trails)
    for number in range(5):
        create(trails, f"audit-trail-{number}")


def test_member_makes_no_multi_account_trail(alibaba, current, refused_alibaba):
    with refused_alibaba("NotAllowCreateOrganizationTrail"):
        organization(of_account(alibaba, MEMBER, REGION))


def test_account_outside_makes_no_multi_account_trail(alibaba, current, refused_alibaba):
    alibaba.add_account("9000000000000001", member=False)
    with refused_alibaba("NotAllowCreateOrganizationTrail"):
        organization(of_account(alibaba, "9000000000000001", REGION))


def test_delegated_administrator_makes_a_multi_account_trail(alibaba, clients, current):
    alibaba.credential(MEMBER)
    clients.directory.register_delegated_administrator(rd.RegisterDelegatedAdministratorRequest(
        account_id=MEMBER, service_principal="actiontrail.aliyuncs.com",
    ))
    with alibaba.cloud.lock:
        ensure_project(alibaba.cloud, MEMBER, "members-logs", REGION)
    organization(of_account(alibaba, MEMBER, REGION), SlsProjectArn=f"acs:log:{REGION}:{MEMBER}:project/members-logs")
    assert names(current.call("DescribeTrails", IncludeOrganizationTrail=True)) == ["organization"]


def test_member_sees_multi_account_trail_but_does_not_change_it(alibaba, current, refused_alibaba):
    organization(current)
    member = of_account(alibaba, MEMBER, REGION)
    assert names(member.call("DescribeTrails", IncludeOrganizationTrail=True)) == ["organization"]
    assert member.call("GetTrailStatus", Name="organization", IsOrganizationTrail=True)["IsLogging"] is False
    with refused_alibaba("TrailNotFoundException"):
        member.call("StopLogging", Name="organization")


def test_status_of_multi_account_trail_is_asked_for_as_such(trails, refused_alibaba):
    organization(trails)
    assert trails.call("GetTrailStatus", Name="organization", IsOrganizationTrail=True)["IsLogging"] is False
    with refused_alibaba("TrailNotFoundException"):
        trails.call("GetTrailStatus", Name="organization")


# Which trails want an event

def event(account=MANAGEMENT, rw="Write", region=REGION):
    return {"recipientAccountId": account, "eventRW": rw, "acsRegion": region, "eventCategory": "Management"}


def wanting(alibaba, **parameters):
    with alibaba.cloud.lock:
        return [trail.name for trail in trails_for(alibaba.cloud, event(**parameters))]


def test_trail_that_is_off_wants_nothing(alibaba, current):
    create(current)
    assert wanting(alibaba) == []


@pytest.mark.parametrize("event_rw, wanted", [("Write", ["Write"]), ("Read", ["Read"]), ("All", ["Write", "Read"])])
def test_trail_wants_reads_or_writes(alibaba, current, event_rw, wanted):
    create(current, EventRW=event_rw)
    current.call("StartLogging", Name="audit-trail")
    assert [rw for rw in ("Write", "Read") if wanting(alibaba, rw=rw)] == wanted


def test_trail_wants_its_regions(alibaba, current):
    create(current, TrailRegion="cn-beijing,cn-shanghai")
    current.call("StartLogging", Name="audit-trail")
    assert (wanting(alibaba), wanting(alibaba, region="cn-beijing")) == ([], ["audit-trail"])


def test_trail_wants_events_of_its_account_only(alibaba, current):
    create(current)
    current.call("StartLogging", Name="audit-trail")
    assert wanting(alibaba, account=MEMBER) == []


def test_multi_account_trail_wants_events_of_members_and_manager(alibaba, current):
    alibaba.add_account("9000000000000001", member=False)
    organization(current)
    current.call("StartLogging", Name="organization")
    assert [bool(wanting(alibaba, account=account)) for account in (MANAGEMENT, MEMBER, "9000000000000001")] == [
        True, True, False]
