# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Audit events arrive only if the whole chain of roles, trust and policies holds.

Each mutation starts from a set-up that works, takes one link away, sees that a later event does not arrive,
repairs it, and sees that the next one does.
"""
from __future__ import annotations

import copy
import json
import time

import pytest
from helpers.alibaba.clients import Clients
from alibabacloud_actiontrail20200706 import models as trails
from alibabacloud_ram20150501 import models as ram
from alibabacloud_resourcedirectorymaster20220419 import models as directory
from alibabacloud_sls20201230 import models as sls

REGION = "cn-hangzhou"
CENTRAL, MEMBER, OTHER = "1234567890123456", "2234567890123456", "3234567890123456"
MANAGEMENT = "1000000000000001"
PROJECT, LOGSTORE = f"slsaudit-center-{CENTRAL}-{REGION}", "actiontrail_log"
MONITOR, DISPATCH = "sls-audit-service-monitor", "sls-audit-service-dispatch"
MONITOR_POLICY, DISPATCH_POLICY = "AliyunLogAuditServiceMonitorAccess", "AliyunLogAuditServiceDispatchPolicy"
LOG = "log.aliyuncs.com"
DELIVERY_POLICY = "AliyunActionTrailDeliveryPolicy"
DAY = 24 * 3600

# The newest text of the documents.
MONITOR_DOCUMENT = {"Version": "1", "Statement": [
    {"Effect": "Allow", "Action": "log:*",
     "Resource": ["acs:log:*:*:project/slsaudit-*", "acs:log:*:*:app/audit"]},
    {"Effect": "Allow", "Resource": "*", "Action": [
        "rds:ModifySQLCollectorPolicy", "vpc:*FlowLog*", "drds:*SqlAudit*", "kvstore:ModifyAuditLogConfig",
        "polardb:ModifyDBClusterAuditLogCollector", "config:UpdateIntegratedServiceStatus",
        "config:StartConfigurationRecorder", "config:PutConfigurationRecorder",
    ]},
    {"Effect": "Allow", "Action": "ram:CreateServiceLinkedRole", "Resource": "*",
     "Condition": {"StringEquals": {"ram:ServiceName": ["config.aliyuncs.com"]}}},
]}
DISPATCH_DOCUMENT = {"Version": "1", "Statement": [
    {"Effect": "Allow", "Action": "log:*", "Resource": "acs:log:*:*:project/slsaudit-*"},
]}
DENY = {"Effect": "Deny", "Action": "log:*", "Resource": "*"}


def trust(*services):
    return json.dumps({"Version": "1", "Statement": [
        {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": list(services)}},
    ]})


class Account:
    """An account as its administrator changes it."""

    def __init__(self, alibaba, account_id):
        self.id = account_id
        self.clients = Clients(alibaba, alibaba.credential(account_id))
        self.ram = self.clients.ram

    def event(self):
        """Make an event; its request id."""
        return self.clients.sts.get_caller_identity().body.request_id

    def make_role(self, name, services, policies):
        self.ram.create_role(ram.CreateRoleRequest(role_name=name, assume_role_policy_document=trust(*services)))
        for policy in policies:
            self.attach(name, *policy)

    def set_trust(self, name, *services):
        self.ram.update_role(ram.UpdateRoleRequest(role_name=name, new_assume_role_policy_document=trust(*services)))

    def make_policy(self, name, document):
        self.ram.create_policy(ram.CreatePolicyRequest(policy_name=name, policy_document=json.dumps(document)))

    def set_policy(self, name, document):
        self.ram.create_policy_version(ram.CreatePolicyVersionRequest(
            policy_name=name, policy_document=json.dumps(document), set_as_default=True,
            rotate_strategy="DeleteOldestNonDefaultVersionWhenLimitExceeded",
        ))

    def attach(self, role, kind, policy):
        self.ram.attach_policy_to_role(ram.AttachPolicyToRoleRequest(
            role_name=role, policy_type=kind, policy_name=policy,
        ))

    def detach(self, role, kind, policy):
        self.ram.detach_policy_from_role(ram.DetachPolicyFromRoleRequest(
            role_name=role, policy_type=kind, policy_name=policy,
        ))

    def found(self, request_id, project=PROJECT, logstore=LOGSTORE):
        """The logs of an event in a logstore of this account."""
        now = int(time.time())
        answer = self.clients.sls.get_logs_v2(project, logstore, sls.GetLogsV2Request(
            from_=now - 400 * DAY, to=now + 400 * DAY, query=f'event.requestId: "{request_id}"', line=100,
        ))
        return answer.body.data


MONITOR_ROLE = (MONITOR, [("Custom", MONITOR_POLICY), ("System", "ReadOnlyAccess")])


class LogAudit:
    """Log Audit Service in custom mode: a central account that collects from a member, neither in a directory."""

    def __init__(self, alibaba, older_pair=False):
        for account_id in (CENTRAL, MEMBER):
            alibaba.add_account(account_id, member=False)
        self.central, self.member = Account(alibaba, CENTRAL), Account(alibaba, MEMBER)
        name, policies = MONITOR_ROLE
        self.member.make_policy(MONITOR_POLICY, MONITOR_DOCUMENT)
        self.member.make_role(name, [f"{CENTRAL}@{LOG}", LOG], policies)
        if older_pair:
            self.central.make_policy(MONITOR_POLICY, MONITOR_DOCUMENT)
            self.central.make_policy(DISPATCH_POLICY, DISPATCH_DOCUMENT)
            self.central.make_role(name, [LOG], policies)
            self.central.make_role(DISPATCH, [f"{MEMBER}@{LOG}", LOG], [("Custom", DISPATCH_POLICY)])
        else:
            self.central.ram.create_service_linked_role(
                ram.CreateServiceLinkedRoleRequest(service_name="audit.log.aliyuncs.com")
            )
        self.configure()

    def configure(self, accounts=(MEMBER,), **settings):
        variables = {
            "region": REGION, "aliuid": CENTRAL, "project": PROJECT, "logstore": "slsaudit",
            "multi_account": json.dumps([{"uid": account} for account in accounts]),
            "actiontrail_enabled": "true", "actiontrail_ttl": "180", **settings,
        }
        self.central.clients.call("AnalyzeAppLog", "2019-10-23", "sls.aliyuncs.com", body={
            "AppType": "audit", "DisplayName": "audit", "VariableMap": json.dumps(variables),
        })

    def arrives(self, account):
        return len(self.central.found(account.event()))


@pytest.fixture(name="log_audit")
def fixture_log_audit(alibaba):
    return LogAudit(alibaba)


@pytest.fixture(name="older")
def fixture_older(alibaba):
    return LogAudit(alibaba, older_pair=True)


def prove(broken, event_arrives, repaired):
    """A link that matters: without it nothing arrives, with it everything does."""
    assert event_arrives() == 1
    broken()
    assert event_arrives() == 0
    repaired()
    assert event_arrives() == 1


def without(document, path):
    """A document without a statement, or without an action or resource of one."""
    changed = copy.deepcopy(document)
    statement, *rest = path
    if not rest:
        del changed["Statement"][statement]
        return changed
    element, item = rest
    values = changed["Statement"][statement][element]
    changed["Statement"][statement][element] = [value for value in values if value != item]
    return changed


def paths(document):
    """Everything that can be taken out of a policy and leaves one."""
    for number, statement in enumerate(document["Statement"]):
        if len(document["Statement"]) > 1:
            yield (number,)
        for element in ("Action", "Resource"):
            if isinstance(statement[element], list):
                yield from ((number, element, item) for item in statement[element])


# Log Audit, custom mode

def test_an_event_arrives_once_with_its_account(log_audit):
    [found] = log_audit.central.found(log_audit.member.event())
    assert found["__topic__"] == "actiontrail_event"
    assert found["owner_id"] == MEMBER
    event = json.loads(found["event"])
    assert event["recipientAccountId"] == MEMBER
    assert event["eventName"] == "GetCallerIdentity"


def test_the_events_of_the_central_account_arrive_too(log_audit):
    assert log_audit.arrives(log_audit.central) == 1


def test_a_refused_call_is_an_event_as_well(log_audit, refused_alibaba):
    with refused_alibaba("EntityNotExist.Role"):
        log_audit.member.ram.get_role(ram.GetRoleRequest(role_name="nobody"))
    answer = log_audit.central.clients.sls.get_logs_v2(PROJECT, LOGSTORE, sls.GetLogsV2Request(
        from_=int(time.time()) - 60, to=int(time.time()) + 60, query="event.errorCode: EntityNotExist.Role",
    ))
    assert len(answer.body.data) == 1


def test_member_not_named(log_audit):
    prove(lambda: log_audit.configure(accounts=()), lambda: log_audit.arrives(log_audit.member), log_audit.configure)


def test_product_not_enabled(log_audit):
    prove(lambda: log_audit.configure(actiontrail_enabled="false"), lambda: log_audit.arrives(log_audit.member),
          log_audit.configure)


def test_trust_in_the_central_account(log_audit):
    member = log_audit.member
    prove(lambda: member.set_trust(MONITOR, LOG), lambda: log_audit.arrives(member),
          lambda: member.set_trust(MONITOR, f"{CENTRAL}@{LOG}", LOG))


def test_trust_in_another_account_is_not_enough(log_audit):
    log_audit.member.set_trust(MONITOR, f"{OTHER}@{LOG}", LOG)
    assert log_audit.arrives(log_audit.member) == 0


@pytest.mark.parametrize("kind, policy", MONITOR_ROLE[1])
def test_attachment_of_the_member(log_audit, kind, policy):
    member = log_audit.member
    prove(lambda: member.detach(MONITOR, kind, policy), lambda: log_audit.arrives(member),
          lambda: member.attach(MONITOR, kind, policy))


@pytest.mark.parametrize("path", [path for path in paths(MONITOR_DOCUMENT) if path[0] == 0], ids=str)
def test_part_of_the_policy_that_matters(log_audit, path):
    member = log_audit.member
    prove(lambda: member.set_policy(MONITOR_POLICY, without(MONITOR_DOCUMENT, path)),
          lambda: log_audit.arrives(member),
          lambda: member.set_policy(MONITOR_POLICY, MONITOR_DOCUMENT))


@pytest.mark.parametrize("path", [path for path in paths(MONITOR_DOCUMENT) if path[0] > 0], ids=str)
def test_part_of_the_policy_that_is_for_other_products(log_audit, path):
    log_audit.member.set_policy(MONITOR_POLICY, without(MONITOR_DOCUMENT, path))
    assert log_audit.arrives(log_audit.member) == 1


def test_a_deny_in_the_policy(log_audit):
    member = log_audit.member
    denied = {**MONITOR_DOCUMENT, "Statement": [*MONITOR_DOCUMENT["Statement"], DENY]}
    prove(lambda: member.set_policy(MONITOR_POLICY, denied), lambda: log_audit.arrives(member),
          lambda: member.set_policy(MONITOR_POLICY, MONITOR_DOCUMENT))


def test_role_of_the_member(log_audit):
    member = log_audit.member

    def remove():
        for kind, policy in MONITOR_ROLE[1]:
            member.detach(MONITOR, kind, policy)
        member.ram.delete_role(ram.DeleteRoleRequest(role_name=MONITOR))

    prove(remove, lambda: log_audit.arrives(member),
          lambda: member.make_role(MONITOR, [f"{CENTRAL}@{LOG}"], MONITOR_ROLE[1]))


@pytest.mark.parametrize("of", ["central", "member"])
def test_service_linked_role_of_the_central_account(log_audit, of):
    central = log_audit.central
    prove(
        lambda: central.ram.delete_service_linked_role(
            ram.DeleteServiceLinkedRoleRequest(role_name="AliyunServiceRoleForSLSAudit")
        ),
        lambda: log_audit.arrives(getattr(log_audit, of)),
        lambda: central.ram.create_service_linked_role(
            ram.CreateServiceLinkedRoleRequest(service_name="audit.log.aliyuncs.com")
        ),
    )


def test_project_of_the_central_account(log_audit):
    log_audit.central.clients.sls.delete_project(PROJECT, sls.DeleteProjectRequest())
    lost = log_audit.member.event()
    log_audit.configure()
    assert log_audit.central.found(lost) == []
    assert log_audit.arrives(log_audit.member) == 1


# Log Audit with the older pair of roles in the central account

@pytest.mark.parametrize("of, left", [("member", [LOG]), ("central", [f"{MEMBER}@{LOG}"])])
def test_trust_of_the_dispatch_role(older, of, left):
    account = getattr(older, of)
    prove(lambda: older.central.set_trust(DISPATCH, *left), lambda: older.arrives(account),
          lambda: older.central.set_trust(DISPATCH, f"{MEMBER}@{LOG}", LOG))


def test_attachment_of_the_dispatch_role(older):
    central = older.central
    prove(lambda: central.detach(DISPATCH, "Custom", DISPATCH_POLICY), lambda: older.arrives(older.member),
          lambda: central.attach(DISPATCH, "Custom", DISPATCH_POLICY))


def test_resource_of_the_dispatch_policy(older):
    central, restricted = older.central, copy.deepcopy(DISPATCH_DOCUMENT)
    restricted["Statement"][0]["Resource"] = "acs:log:*:*:project/something-else"
    prove(lambda: central.set_policy(DISPATCH_POLICY, restricted), lambda: older.arrives(older.member),
          lambda: central.set_policy(DISPATCH_POLICY, DISPATCH_DOCUMENT))


def test_action_of_the_dispatch_policy(older):
    central, read = older.central, copy.deepcopy(DISPATCH_DOCUMENT)
    read["Statement"][0]["Action"] = ["log:Get*", "log:List*"]
    prove(lambda: central.set_policy(DISPATCH_POLICY, read), lambda: older.arrives(older.member),
          lambda: central.set_policy(DISPATCH_POLICY, DISPATCH_DOCUMENT))


def test_trust_of_the_central_monitor_role(older):
    central = older.central
    prove(lambda: central.set_trust(MONITOR, f"{OTHER}@{LOG}"), lambda: older.arrives(central),
          lambda: central.set_trust(MONITOR, LOG))


@pytest.mark.parametrize("kind, policy", MONITOR_ROLE[1])
def test_attachment_of_the_central_monitor_role(older, kind, policy):
    central = older.central
    prove(lambda: central.detach(MONITOR, kind, policy), lambda: older.arrives(central),
          lambda: central.attach(MONITOR, kind, policy))


# Log Audit in Resource Directory mode

def configure_directory(account, **directory_settings):
    project = f"slsaudit-center-{account.id}-{REGION}"
    variables = {
        "region": REGION, "aliuid": account.id, "project": project, "logstore": "slsaudit",
        "actiontrail_enabled": "true", "resource_directory": json.dumps(directory_settings),
    }
    account.clients.call("AnalyzeAppLog", "2019-10-23", "sls.aliyuncs.com", body={
        "AppType": "audit", "DisplayName": "audit", "VariableMap": json.dumps(variables),
    })
    return project


@pytest.fixture(name="delegated")
def fixture_delegated(alibaba, clients):
    """An account that is delegated administrator of Log Audit, with its service-linked role."""
    account = Account(alibaba, CENTRAL)
    delegate(clients, CENTRAL, "audit.log.aliyuncs.com")
    account.ram.create_service_linked_role(
        ram.CreateServiceLinkedRoleRequest(service_name="audit.log.aliyuncs.com")
    )
    return account


def delegate(clients, account_id, service):
    clients.directory.register_delegated_administrator(
        directory.RegisterDelegatedAdministratorRequest(account_id=account_id, service_principal=service)
    )


def revoke(clients, account_id, service):
    clients.directory.deregister_delegated_administrator(
        directory.DeregisterDelegatedAdministratorRequest(account_id=account_id, service_principal=service)
    )


def test_all_members_of_the_directory(alibaba, delegated):
    project = configure_directory(delegated, type="all")
    for account_id in (MEMBER, OTHER):
        assert len(delegated.found(Account(alibaba, account_id).event(), project)) == 1


def test_named_members_of_the_directory(alibaba, delegated):
    member, other = Account(alibaba, MEMBER), Account(alibaba, OTHER)
    project = configure_directory(delegated, type="custom", multi_account=[MEMBER])
    assert len(delegated.found(member.event(), project)) == 1
    assert delegated.found(other.event(), project) == []


def test_independent_accounts_are_not_in_the_directory(alibaba, delegated):
    alibaba.add_account(OTHER, member=False)
    project = configure_directory(delegated, type="all")
    assert delegated.found(Account(alibaba, OTHER).event(), project) == []


def test_delegation_of_the_central_account(alibaba, clients, delegated):
    member = Account(alibaba, MEMBER)
    project = configure_directory(delegated, type="all")
    prove(lambda: revoke(clients, CENTRAL, "audit.log.aliyuncs.com"), lambda: len(delegated.found(member.event(), project)),
          lambda: delegate(clients, CENTRAL, "audit.log.aliyuncs.com"))


# Collection policies

def test_collection_policy(alibaba, clients, delegated):
    member = Account(alibaba, MEMBER)
    alibaba.add_account(OTHER)
    delegated.clients.sls.create_project(sls.CreateProjectRequest(project_name="example-audit", description="x"))
    policies = Clients(alibaba, delegated.clients.credential, region="cn-shanghai").sls

    def upsert(enabled=True, members=(MEMBER,), centralize=True):
        policies.upsert_collection_policy(sls.UpsertCollectionPolicyRequest().from_map({
            "policyName": "example", "productCode": "actiontrail", "dataCode": "audit_log", "enabled": enabled,
            "policyConfig": {"resourceMode": "all"},
            "centralizeEnabled": centralize,
            "centralizeConfig": {"destRegion": REGION, "destProject": "example-audit", "destLogstore": "events",
                                 "destTTL": 30},
            "resourceDirectory": {"accountGroupType": "custom", "members": list(members)},
        }))

    def arrives():
        return len(delegated.found(member.event(), "example-audit", "events"))

    upsert()
    prove(lambda: upsert(enabled=False), arrives, upsert)
    prove(lambda: upsert(members=(OTHER,)), arrives, upsert)
    prove(lambda: upsert(centralize=False), arrives, upsert)
    prove(lambda: revoke(clients, CENTRAL, "audit.log.aliyuncs.com"), arrives,
          lambda: delegate(clients, CENTRAL, "audit.log.aliyuncs.com"))
    prove(
        lambda: delegated.ram.delete_service_linked_role(
            ram.DeleteServiceLinkedRoleRequest(role_name="AliyunServiceRoleForSLSAudit")
        ),
        arrives,
        lambda: delegated.ram.create_service_linked_role(
            ram.CreateServiceLinkedRoleRequest(service_name="audit.log.aliyuncs.com")
        ),
    )


# Trails

class TrailToProject:
    """A trail of a member that writes into the project of the central account."""

    role = "write-audit-logs"

    def __init__(self, alibaba, source=MEMBER, organization=False):
        self.central, self.member = Account(alibaba, CENTRAL), Account(alibaba, source)
        self.service = f"{source}@actiontrail.aliyuncs.com"
        self.central.make_role(self.role, [self.service], [("System", DELIVERY_POLICY)])
        self.make_project()
        self.trail = self.member.clients.actiontrail
        self.organization = organization
        self.make()

    def make(self):
        self.trail.create_trail(trails.CreateTrailRequest(
            name="audit-logs", event_rw="All", is_organization_trail=self.organization,
            sls_project_arn=f"acs:log:{REGION}:{CENTRAL}:project/example-audit",
            sls_write_role_arn=f"acs:ram::{CENTRAL}:role/{self.role}",
        ))
        self.start()

    def remove(self):
        self.trail.delete_trail(trails.DeleteTrailRequest(name="audit-logs"))

    def logstores(self):
        return self.central.clients.sls.list_log_stores("example-audit", sls.ListLogStoresRequest()).body.logstores

    def make_project(self):
        self.central.clients.sls.create_project(sls.CreateProjectRequest(project_name="example-audit", description="x"))

    def start(self):
        self.trail.start_logging(trails.StartLoggingRequest(name="audit-logs"))

    def stop(self):
        self.trail.stop_logging(trails.StopLoggingRequest(name="audit-logs"))

    def arrives(self):
        return len(self.found(self.member.event()))

    def found(self, request_id):
        return self.central.found(request_id, "example-audit", "actiontrail_audit-logs")

    def status(self):
        return self.trail.get_trail_status(trails.GetTrailStatusRequest(name="audit-logs")).body


@pytest.fixture(name="trail")
def fixture_trail(alibaba):
    return TrailToProject(alibaba)


def test_trail_delivers_its_own_form_of_logs(trail):
    [found] = trail.found(trail.member.event())
    assert found["__topic__"] == "actiontrail_audit_event"
    assert json.loads(found["event"])["recipientAccountId"] == MEMBER
    assert trail.status().latest_delivery_time


def test_trail_is_stopped(trail):
    prove(trail.stop, trail.arrives, trail.start)


def test_trust_of_the_write_role(trail):
    central = trail.central
    prove(lambda: central.set_trust(trail.role, f"{OTHER}@actiontrail.aliyuncs.com", "actiontrail.aliyuncs.com"),
          trail.arrives, lambda: central.set_trust(trail.role, trail.service))


def test_attachment_of_the_write_role(trail):
    central = trail.central
    prove(lambda: central.detach(trail.role, "System", DELIVERY_POLICY), trail.arrives,
          lambda: central.attach(trail.role, "System", DELIVERY_POLICY))


def test_project_of_the_trail(trail):
    assert trail.arrives() == 1
    trail.central.clients.sls.delete_project("example-audit", sls.DeleteProjectRequest())
    trail.make_project()
    trail.member.event()
    assert trail.logstores() == []
    trail.remove()
    trail.make()
    assert trail.arrives() == 1


def test_the_logstore_of_a_trail_is_created_with_it_and_never_again(trail):
    assert trail.logstores() == ["actiontrail_audit-logs"]
    trail.central.clients.sls.delete_log_store("example-audit", "actiontrail_audit-logs")
    trail.stop()
    trail.start()
    trail.member.event()
    assert trail.logstores() == [] and "was deleted" in trail.status().latest_delivery_log_service_error
    trail.remove()
    trail.make()
    assert trail.arrives() == 1


def test_what_prevents_delivery_is_in_the_status(trail):
    trail.central.detach(trail.role, "System", DELIVERY_POLICY)
    trail.member.event()
    assert "does not allow log:PostLogStoreLogs" in trail.status().latest_delivery_log_service_error


WRITE_POLICY = "write-audit-logs"
WRITE_DOCUMENT = {"Version": "1", "Statement": [
    {"Effect": "Allow", "Action": "log:GetProject", "Resource": f"acs:log:{REGION}:{CENTRAL}:project/example-audit"},
    {"Effect": "Allow", "Action": ["log:PostLogStoreLogs", "log:CreateLogstore", "log:GetLogstore", "log:CreateIndex"],
     "Resource": [f"acs:log:{REGION}:{CENTRAL}:project/example-audit/logstore/actiontrail_*"]},
]}


@pytest.fixture(name="restricted")
def fixture_restricted(trail):
    """The trail with a policy of its own for the write role."""
    trail.central.make_policy(WRITE_POLICY, WRITE_DOCUMENT)
    trail.central.attach(trail.role, "Custom", WRITE_POLICY)
    trail.central.detach(trail.role, "System", DELIVERY_POLICY)
    return trail


@pytest.mark.parametrize("path", [(1,), (1, "Action", "log:PostLogStoreLogs")], ids=str)
def test_part_of_the_write_policy_that_matters(restricted, path):
    central = restricted.central
    prove(lambda: central.set_policy(WRITE_POLICY, without(WRITE_DOCUMENT, path)), restricted.arrives,
          lambda: central.set_policy(WRITE_POLICY, WRITE_DOCUMENT))


def test_resource_of_the_write_policy(restricted):
    central, other = restricted.central, copy.deepcopy(WRITE_DOCUMENT)
    other["Statement"][1]["Resource"] = [f"acs:log:{REGION}:{CENTRAL}:project/other-project/logstore/actiontrail_*"]
    prove(lambda: central.set_policy(WRITE_POLICY, other), restricted.arrives,
          lambda: central.set_policy(WRITE_POLICY, WRITE_DOCUMENT))


def test_a_deny_in_the_write_policy(restricted):
    central = restricted.central
    denied = {**WRITE_DOCUMENT, "Statement": [*WRITE_DOCUMENT["Statement"], DENY]}
    prove(lambda: central.set_policy(WRITE_POLICY, denied), restricted.arrives,
          lambda: central.set_policy(WRITE_POLICY, WRITE_DOCUMENT))


def test_a_logstore_is_created_by_who_may(restricted):
    central = restricted.central
    central.set_policy(WRITE_POLICY, without(WRITE_DOCUMENT, (1, "Action", "log:CreateLogstore")))
    assert restricted.arrives() == 1  # it is there
    restricted.remove()
    central.clients.sls.delete_log_store("example-audit", "actiontrail_audit-logs")
    restricted.make()
    lost = restricted.member.event()
    assert restricted.logstores() == []
    central.set_policy(WRITE_POLICY, WRITE_DOCUMENT)
    assert restricted.arrives() == 1
    assert restricted.found(lost) == []


def test_write_role_of_the_trail(trail):
    central = trail.central

    def remove():
        central.detach(trail.role, "System", DELIVERY_POLICY)
        central.ram.delete_role(ram.DeleteRoleRequest(role_name=trail.role))

    prove(remove, trail.arrives,
          lambda: central.make_role(trail.role, [trail.service], [("System", DELIVERY_POLICY)]))


@pytest.mark.parametrize("event_rw, arrives", [("Read", 1), ("Write", 0)])
def test_kinds_of_events(trail, event_rw, arrives):
    trail.trail.update_trail(trails.UpdateTrailRequest(name="audit-logs", event_rw=event_rw))
    assert trail.arrives() == arrives


def test_organization_trail(alibaba):
    trail = TrailToProject(alibaba, source=MANAGEMENT, organization=True)
    assert len(trail.found(Account(alibaba, OTHER).event())) == 1
    alibaba.add_account("4234567890123456", member=False)
    assert trail.found(Account(alibaba, "4234567890123456").event()) == []


# Retention

def test_logs_go_after_their_ttl(alibaba, log_audit):
    log_audit.configure(actiontrail_ttl="7")
    request_id = log_audit.member.event()
    alibaba.cloud.clock.advance(6 * DAY)
    central = Account(alibaba, CENTRAL)
    assert len(central.found(request_id)) == 1
    alibaba.cloud.clock.advance(2 * DAY)
    central = Account(alibaba, CENTRAL)
    assert central.found(request_id) == []
