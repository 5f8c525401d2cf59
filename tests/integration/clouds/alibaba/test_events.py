# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Audit events of the local Alibaba Cloud: what is in them, and what is not."""
from __future__ import annotations

import json
import time

import pytest
from helpers.alibaba.clients import Clients, code_of
from alibabacloud_actiontrail20200706 import models as actiontrail
from alibabacloud_ram20150501 import models as ram
from alibabacloud_sts20150401 import models as sts
from aliyunsdksts.request.v20150401.GetCallerIdentityRequest import GetCallerIdentityRequest

MANAGEMENT, MEMBER = "1000000000000001", "2000000000000002"
# Of the help page "Management event structure", but those of a VPC.
DOCUMENTED = {
    "acsRegion", "additionalEventData", "apiVersion", "errorCode", "errorMessage", "eventCategory", "eventId",
    "eventName", "eventRW", "eventSource", "eventTime", "eventType", "eventVersion", "isGlobal", "recipientAccountId",
    "referencedResources", "requestId", "requestParameterJson", "requestParameters", "resourceName", "resourceType",
    "responseElements", "serviceName", "sourceIpAddress", "userAgent", "userIdentity",
}
TRUST = json.dumps({"Version": "1", "Statement": [
    {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"RAM": [f"acs:ram::{MANAGEMENT}:root"]}},
]})


def events(alibaba, account_id=MANAGEMENT):
    """Newest first."""
    with alibaba.cloud.lock:
        return list(alibaba.cloud.accounts[account_id].events.newest_first(0, time.time() + 365 * 24 * 3600))


def create_role(clients, name="auditor"):
    clients.ram.create_role(ram.CreateRoleRequest(
        role_name=name, assume_role_policy_document=TRUST, description="reads logs",
    ))


@pytest.fixture
def created(alibaba, clients):
    """The event of a role that was created."""
    create_role(clients)
    return events(alibaba)[0]


def test_call_becomes_an_event(created):
    assert (created["eventName"], created["serviceName"], created["apiVersion"]) == ("CreateRole", "Ram", "2015-05-01")
    assert (created["eventType"], created["eventCategory"], created["eventVersion"]) == ("ApiCall", "Management", 1)


def test_fields_are_those_of_the_documents(alibaba, clients, created):
    with pytest.raises(Exception, match="EntityAlreadyExists"):
        create_role(clients)
    assert created.keys() | events(alibaba)[0].keys() == DOCUMENTED


def test_event_says_in_which_account(created):
    assert created["recipientAccountId"] == created["userIdentity"]["accountId"] == MANAGEMENT


def test_time_is_in_seconds_of_utc(created):
    time.strptime(created["eventTime"], "%Y-%m-%dT%H:%M:%SZ")


def test_event_is_found_by_the_request_id_of_the_answer(alibaba, clients):
    answer = clients.sts.get_caller_identity()
    assert events(alibaba)[0]["requestId"] == answer.body.request_id


def test_event_says_where_from(created):
    assert created["sourceIpAddress"] == "127.0.0.1"
    assert created["userAgent"].startswith("AlibabaCloud")


def test_event_has_the_parameters(created):
    assert created["requestParameters"]["RoleName"] == "auditor"
    assert json.loads(created["requestParameterJson"]) == created["requestParameters"]


def test_event_has_what_was_answered(created):
    assert created["responseElements"]["Role"]["RoleName"] == "auditor"


def test_event_has_the_resources(created):
    assert created["referencedResources"] == {"ACS::RAM::Role": ["auditor"]}
    assert (created["resourceType"], created["resourceName"]) == ("ACS::RAM::Role", "auditor")


def test_event_of_a_read_has_no_answer(alibaba, clients, created):
    clients.ram.get_role(ram.GetRoleRequest(role_name="auditor"))
    event = events(alibaba)[0]
    assert (event["eventRW"], "responseElements" in event) == ("Read", False)


def test_refused_call_is_an_event_too(alibaba, clients):
    with pytest.raises(Exception) as caught:
        clients.ram.get_role(ram.GetRoleRequest(role_name="nobody"))
    event = events(alibaba)[0]
    assert (event["errorCode"], code_of(caught.value)) == ("EntityNotExist.Role", "EntityNotExist.Role")
    assert "nobody" in event["errorMessage"]


def test_call_with_unknown_parameter_is_an_event(alibaba, clients):
    with pytest.raises(Exception, match="knows no parameter"):
        clients.call("GetRole", "2015-05-01", "ram.aliyuncs.com", {"RoleName": "auditor", "Colour": "red"})
    assert events(alibaba)[0]["errorCode"] == "InvalidParameter"


def test_call_of_nobody_is_no_event(alibaba, clients):
    before = len(events(alibaba))
    nobody = Clients(alibaba, alibaba.root_key().__class__("LTAI0000000000000000", "x" * 30, None))
    with pytest.raises(Exception, match="InvalidAccessKeyId.NotFound"):
        nobody.sts.get_caller_identity()
    assert len(events(alibaba)) == before


def test_user_is_named(created):
    identity = created["userIdentity"]
    assert (identity["type"], identity["userName"]) == ("ram-user", "administrator")
    assert "sessionContext" not in identity


def test_root_user_is_named(alibaba):
    Clients(alibaba, alibaba.root_key()).sts.get_caller_identity()
    assert events(alibaba)[0]["userIdentity"]["type"] == "root-account"


@pytest.fixture
def session(alibaba, clients):
    """What STS answered who became a member's administrator."""
    return clients.sts.assume_role(sts.AssumeRoleRequest(
        role_arn=f"acs:ram::{MEMBER}:role/ResourceDirectoryAccountAccessRole", role_session_name="audit-logs-run",
    )).body


def test_session_is_named(alibaba, session):
    member = Clients(alibaba, alibaba.cloud.credentials.get(session.credentials.access_key_id))
    member.sts.get_caller_identity()
    event = events(alibaba, MEMBER)[0]
    identity = event["userIdentity"]
    assert (identity["type"], identity["accountId"]) == ("assumed-role", MEMBER)
    assert identity["userName"] == "ResourceDirectoryAccountAccessRole:audit-logs-run"
    assert identity["principalId"].endswith(":audit-logs-run")
    assert identity["sessionContext"]["attributes"]["mfaAuthenticated"] == "false"
    time.strptime(identity["sessionContext"]["attributes"]["creationDate"], "%Y-%m-%dT%H:%M:%SZ")
    assert event["requestParameters"]["stsTokenPrincipalName"] == "ResourceDirectoryAccountAccessRole/audit-logs-run"


def test_becoming_a_role_is_an_event_of_who_becomes_it(alibaba, session):
    event = events(alibaba)[0]
    assert (event["eventName"], event["requestParameters"]["RoleSessionName"]) == ("AssumeRole", "audit-logs-run")
    assert events(alibaba, MEMBER) == []


def test_no_secret_is_in_an_event(alibaba, clients, session):
    clients.ram.create_user(ram.CreateUserRequest(user_name="robot"))
    clients.ram.create_access_key(ram.CreateAccessKeyRequest(user_name="robot"))
    clients.old(GetCallerIdentityRequest)
    text = json.dumps([event for account in (MANAGEMENT, MEMBER) for event in events(alibaba, account)])
    assert session.credentials.access_key_id in text
    assert [secret for secret in alibaba.issued_secrets if secret in text] == []
    assert "Signature" not in text


def test_parameters_are_named_as_they_travel(alibaba, clients):
    clients.ram.create_role(ram.CreateRoleRequest(
        role_name="auditor", assume_role_policy_document=TRUST, tag=[ram.CreateRoleRequestTag(key="team", value="it")],
    ))
    assert events(alibaba)[0]["requestParameters"]["Tag.1.Key"] == "team"


def test_global_service_is_named_so(alibaba, clients, created):
    assert (created["isGlobal"], created["acsRegion"], created["eventSource"]) == (
        True, "cn-hangzhou", "ram.aliyuncs.com")


def test_regional_service_is_in_its_region(alibaba):
    Clients(alibaba, region="cn-beijing").actiontrail.describe_regions(actiontrail.DescribeRegionsRequest())
    event = events(alibaba)[0]
    assert (event["isGlobal"], event["acsRegion"], event["eventSource"]) == (
        False, "cn-beijing", "actiontrail.cn-beijing.aliyuncs.com")


def test_events_are_small(alibaba, clients):
    for _call in range(100):
        clients.ram.list_roles(ram.ListRolesRequest())
    account = alibaba.cloud.accounts[MANAGEMENT]
    size = sum(len(packed) for _seconds, packed in account.events._packed)  # pylint: disable=protected-access
    assert size / 100 < 1000


def test_events_are_forgotten_after_ninety_days(alibaba, clients, created):
    account = alibaba.cloud.accounts[MANAGEMENT]
    alibaba.cloud.clock.advance(89 * 24 * 3600)
    assert len(account.events) == 1
    alibaba.cloud.clock.advance(2 * 24 * 3600)
    assert len(account.events) == 0
