# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each action of the policies in docs/policies/alibaba is needed: without it, a run fails or says what it could not do, and names it.

Many members lack an action each, in one run. An archive account lacks one in a run of its own.
"""
from __future__ import annotations

import copy
import json
import re

import pytest
from clouds.alibaba import policy as ram_policies
from helpers import permissions
from helpers.alibaba.clients import MISLEADING, Clients
from helpers.alibaba.deployments import (
    ARCHIVE, DISPATCH, DISPATCH_POLICY, LOG_AUDIT_TAG, MANAGEMENT, MEMBERS, MONITOR, MONITOR_POLICY, ORGANIZATION_TRAIL,
    PROJECT, TAG, TRAIL, WRITE_ROLE, Account, a_day_passes, delegate, forget, inventory_of, organization,
)
from helpers.playbooks import Playbooks
from helpers.verifications import SOON
from alibabacloud_actiontrail20200706 import models as trails
from alibabacloud_ram20150501 import models as ram
from alibabacloud_sls20201230 import models as sls

pytestmark = pytest.mark.usefixtures("restricted")

CONTROL = "control"
ADOPT = ("-e", "audit_logs_adopt=true")
# An adoption detaches nothing by itself.
PURGE = (*ADOPT, "-e", "alibaba_trail_archive_purge_policies=true")
DELETE = ("-e", "audit_logs_delete_logs=true")
DOCUMENT = {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "log:*", "Resource": "acs:log:*:*:project/slsaudit-*"}]}
SYSTEM = ("-e", json.dumps({"alibaba_trail_archive_further_policies": [{"name": "AliyunActionTrailDeliveryPolicy", "type": "system"}]}))


@pytest.fixture(scope="module", name="cloud")
def fixture_cloud(alibaba_server, tmp_path_factory):
    """A local Alibaba Cloud, and playbooks against it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in MISLEADING:
            patch.delenv(name)
        yield Cloud(alibaba_server, Playbooks(
            tmp_path_factory.mktemp("playbooks"), alibaba_server.environment, clouds=[alibaba_server]))


class Cloud:
    """A local Alibaba Cloud whose state can be kept and brought back."""

    def __init__(self, server, playbooks):
        self.server, self.playbooks, self._kept = server, playbooks, {}

    def state(self, key, make):
        """Bring a state back; the first time, make it from a cloud with nothing in it."""
        cloud = self.server.cloud
        if key not in self._kept:
            make()
            self.server.settle()
            with cloud.lock:
                self._kept[key] = self._copy({name: value for name, value in vars(cloud).items() if name != "lock"})
        with cloud.lock:
            vars(cloud).update(self._copy(self._kept[key]))

    def _copy(self, state):
        kept = self.server.cloud.lock, self.server.cloud.wire_faults
        return copy.deepcopy(state, {id(one): one for one in kept})

    def run(self, playbook, inventory, *arguments, without=None):
        """Run a playbook, with actions missing in accounts."""
        soon = SOON if playbook == "verify" else ()
        self.playbooks.without = without or {}
        try:
            return self.playbooks.run(playbook, *soon, *arguments, inventory=inventory)
        finally:
            self.playbooks.without = {}

    def told(self, run, playbook, name):
        """What a run says of an account."""
        said = [run.lines[name], *re.findall(rf'"([^":]*\b{name}\b[^":]*: not checked, [^"]*)"', run.output)]
        if playbook == "verify":
            report = json.loads((self.playbooks.folder / "audit-logs-report/report.json").read_text(encoding="utf-8"))
            [account] = [one for one in report["accounts"] if one["name"] == name]
            said.append(json.dumps([account["reason"], account["findings"], (account["probe"] or {}).get("causes")]))
        return " ".join(said)


def needed(account, run, **variables):
    """Names of statements and actions of a policy file that an account with these variables needs."""
    return [(one.sid, action) for one in permissions.statements("alibaba", account, run) if one.is_needed(variables)
            for action in one.actions]


def is_named(action, text):
    """Whether a text names an action, or the operation that it is for."""
    return action in text or OPERATIONS.get(action, action.partition(":")[2]) in text


# Operations with another name than the action that they need.
OPERATIONS = {
    "log:CreateApp": "AnalyzeAppLog", "log:UpdateApp": "AnalyzeAppLog", "log:GetApp": "DescribeApp",
    "log:GetLogStoreHistogram": "GetHistograms", "log:GetLogStoreLogs": "GetLogsV2",
}


# Members

class Members:
    """A deployment with a member for each action of a policy file, which lacks it, and one member that lacks nothing."""

    def __init__(self, cloud, mode, run, **variables):
        self.cloud, self.run_name, self.mode = cloud, run, mode
        self.lacking = {f"m{number}": one for number, one in enumerate(needed(
            "member", run, audit_logs_alibaba_mode=mode, alibaba_trail_logging=False))}
        self.accounts = {name: str(3000000000000000 + number) for number, name in enumerate([CONTROL, *self.lacking])}
        self.inventory = inventory_of(mode, accounts=self.accounts, **variables)
        self.noticed = {}
        cloud.server.reset()

    def setup(self):
        run = self.cloud.run("setup", self.inventory)
        assert run.status == 0, run.output

    def try_without(self, *arguments, run=None):
        """Run the playbook; each member lacks its action."""
        found = self.cloud.run(run or self.run_name, self.inventory, *arguments, without={
            self.accounts[name]: {one} for name, one in self.lacking.items()})
        for name, (_sid, action) in self.lacking.items():
            told = self.cloud.told(found, run or self.run_name, name)
            if is_named(action, told):
                self.noticed[name] = told
        return self.cloud.told(found, run or self.run_name, CONTROL)

    def each(self, change):
        """Change something in each account of a member."""
        for name, number in self.accounts.items():
            change(name, Account(self.cloud.server, number).clients)


def log_audit_setup(members):
    """New members, and members whose role and policy somebody changed."""
    assert "changed: " in members.try_without()
    members.setup()

    def spoil(name, clients):
        spoil_role(clients, MONITOR, MONITOR_POLICY, LOG_AUDIT_TAG, keeps_version=members.lacking.get(name, ("", ""))[1] in (
            "ram:SetDefaultPolicyVersion",))

    members.each(spoil)
    assert "changed: " in members.try_without(*ADOPT)


def log_audit_verify(members):
    """Members whose role has a policy of somebody else."""
    members.setup()
    members.each(lambda _name, clients: attach_other(clients, MONITOR))
    members.try_without()


def log_audit_destroy(members):
    members.setup()
    assert "changed: " in members.try_without()


def trails_setup(members):
    """New members, and members whose trail somebody changed."""
    assert "changed: " in members.try_without()
    members.setup()
    members.each(lambda _name, clients: clients.actiontrail.update_trail(trails.UpdateTrailRequest(name=TRAIL, event_rw="Write")))
    assert "changed: " in members.try_without("-e", "alibaba_trail_logging=false")


def trails_verify(members):
    """Members whose trail is stopped, so that verify asks for its status."""
    members.setup()
    members.each(lambda _name, clients: clients.actiontrail.stop_logging(trails.StopLoggingRequest(name=TRAIL)))
    members.try_without()


def trails_destroy(members):
    """Members with a trail of an earlier name, which is deleted before the others."""
    members.setup()
    members.try_without("-e", "audit_logs_only_leftovers=true")
    assert "changed: " in members.try_without()


def spoil_role(clients, role, policy, tags, keeps_version=False):
    """Change all of a role and its policy that setup repairs.

    :param keeps_version: whether the version of the policy that setup wants is still there.
    """
    trusted = {"Version": "1", "Statement": [
        {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": ["ecs.aliyuncs.com"]}}]}
    clients.ram.update_role(ram.UpdateRoleRequest(role_name=role, new_assume_role_policy_document=json.dumps(trusted)))
    clients.ram.create_policy_version(ram.CreatePolicyVersionRequest(
        policy_name=policy, policy_document=json.dumps(DOCUMENT), set_as_default=True))
    if not keeps_version:
        clients.ram.delete_policy_version(ram.DeletePolicyVersionRequest(policy_name=policy, version_id="v1"))
    for kind, name in (("role", role), ("policy", policy)):
        clients.ram.untag_resources(ram.UntagResourcesRequest(resource_type=kind, resource_names=[name], tag_keys=list(tags)))


def attach_other(clients, role):
    """Attach a policy of somebody else to a role."""
    clients.ram.create_policy(ram.CreatePolicyRequest(policy_name="other", policy_document=json.dumps(DOCUMENT)))
    clients.ram.attach_policy_to_role(ram.AttachPolicyToRoleRequest(role_name=role, policy_name="other", policy_type="Custom"))


MEMBERS_OF = {
    ("log_audit", "setup"): log_audit_setup, ("log_audit", "verify"): log_audit_verify, ("log_audit", "destroy"): log_audit_destroy,
    ("actiontrail", "setup"): trails_setup, ("actiontrail", "verify"): trails_verify, ("actiontrail", "destroy"): trails_destroy,
}


@pytest.mark.sample(2)
@pytest.mark.parametrize("mode, run", MEMBERS_OF)
def test_each_action_of_a_member_is_needed(cloud, mode, run):
    members = Members(cloud, mode, run)
    MEMBERS_OF[mode, run](members)
    unnoticed = {one for name, one in members.lacking.items() if name not in members.noticed}
    assert unnoticed == set()


# The archive account. What it has before the run: nothing (new), not even Simple Log Service (inactive), what setup made (done), or
# that, changed by somebody (changed).

MODES = {
    "audit": inventory_of(),
    "older": inventory_of(alibaba_log_audit_archive_central_roles="custom"),
    "collection": inventory_of("collection_policies", alibaba_collection_policies=[
        {"name": "events", "product_code": "actiontrail", "data_code": "audit_event"}]),
    "trails": inventory_of("actiontrail"),
}
AT_SETUP = {
    "ReadProject": ("trails", "done"), "ListLogstores": ("trails", "empty"), "CreateProject": ("trails", "new"),
    "TagProject": ("trails", "new"),
    "ReadActivation": ("trails", "new"), "Activate": ("trails", "inactive", "-e", "audit_logs_alibaba_activate_sls=true"),
    "ReadLogAudit": ("audit", "new"), "ConfigureLogAudit": ("audit", "changed"), "ReadCollectionPolicies": ("collection", "done"),
    "ConfigureCollectionPolicies": ("collection", "new"), "ReadServiceLinkedRole": ("audit", "new"),
    "CreateServiceLinkedRole": ("audit", "new"), "ReadWriteRole": ("trails", "done"), "ReadWritePolicy": ("trails", "done"),
    "CreateWriteRole": ("trails", "new"), "AttachWritePolicy": ("trails", "new"),
    "RepairWriteRole": ("trails", "changed", *ADOPT), "DetachFromWriteRole": ("trails", "changed", *PURGE),
    "AttachDeliveryPolicy": ("trails", "new", *SYSTEM), "ReadDirectory": ("collection", "new"), "ReadOlderRoles": ("older", "done"),
    "ReadOlderPolicies": ("older", "done"), "CreateOlderRoles": ("older", "new"), "AttachOlderPolicies": ("older", "new"),
    "RepairOlderRoles": ("older", "changed", *ADOPT), "AttachReadOnlyAccess": ("older", "new"),
}
OTHERWISE = {
    ("AttachWritePolicy", "ram:TagResources"): ("trails", "changed", *ADOPT),
    ("AttachOlderPolicies", "ram:TagResources"): ("older", "changed", *ADOPT),
    ("RepairWriteRole", "ram:SetDefaultPolicyVersion"): ("trails", "outdated"),
    ("RepairOlderRoles", "ram:SetDefaultPolicyVersion"): ("older", "outdated"),
    ("ReadTrails", "actiontrail:GetTrailStatus"): ("trails", "with a trail"),
    ("DetachOtherPolicies", "ram:DetachPolicyFromRole"): ("trails", "with a policy"),
}
AT_VERIFY = {
    "ReadLogAudit": ("audit", "done"), "ReadServiceLinkedRole": ("audit", "done"), "ReadCollectionPolicies": ("collection", "done"),
    "CheckDirectory": ("collection", "done"), "ListAccounts": ("collection", "done"), "CreateProbe": ("audit", "done"),
    "ReadOlderRoles": ("older", "done"), "ReadPolicies": ("trails", "changed"),
}
AT_DESTROY = {
    "ReadLogAudit": ("audit", "done"), "ConfigureLogAudit": ("audit", "done"), "ReadCollectionPolicies": ("collection", "done"),
    "ConfigureCollectionPolicies": ("collection", "others"), "DeleteCollectionPolicies": ("collection", "done"),
    "ReadOlderRoles": ("older", "done"), "ReadOlderPolicies": ("older", "done"), "DeleteOlderRoles": ("older", "done"),
}


def scenario(run, sid, action):
    """The mode, what there is before the run, and arguments of a run that needs an action."""
    if run == "setup":
        return OTHERWISE.get((sid, action)) or AT_SETUP[sid]
    if run == "verify":
        return AT_VERIFY.get(sid, ("trails", "done"))
    return (*(OTHERWISE.get((sid, action)) or AT_DESTROY.get(sid, ("trails", "done"))), *DELETE)


def cases_of(account):
    """Playbooks, names of statements, and actions of the policy files of an account."""
    return [(run, one.sid, action) for run in permissions.RUNS for one in permissions.statements("alibaba", account, run)
            for action in one.actions]


def prepare(cloud, mode, before):
    """Bring a deployment into a state."""
    inventory = MODES[mode]

    def new():
        cloud.server.reset()
        if mode == "collection":
            delegate(cloud.server)

    def inactive():
        new()
        cloud.server.cloud.account(ARCHIVE).has_sls = False

    def done():
        new()
        forget(cloud.server)
        run = cloud.run("setup", inventory)
        assert run.status == 0, run.output
        run = cloud.run("verify", inventory)
        assert run.status == 0 and "not checked" not in run.output, run.output
        # Nothing that the playbooks do is missing in the policies.
        assert [str(call) for call in cloud.server.calls if call.error in ("NoPermission", "Unauthorized")] == []
        a_day_passes(cloud.server)

    def from_done():
        cloud.state((mode, "done"), done)
        CHANGES[mode, before](Account(cloud.server, ARCHIVE))

    def empty():
        cloud.server.reset()
        Account(cloud.server, ARCHIVE).clients.sls.create_project(sls.CreateProjectRequest(project_name=PROJECT, description=""))

    cloud.state((mode, before), {"new": new, "inactive": inactive, "done": done, "empty": empty}.get(before, from_done))


def outdated(account, policy):
    """A version of the policy is in the place of the one that setup wants."""
    account.clients.ram.create_policy_version(ram.CreatePolicyVersionRequest(
        policy_name=policy, policy_document=json.dumps(DOCUMENT), set_as_default=True))


def spoil_older(account):
    spoil_role(account.clients, MONITOR, MONITOR_POLICY, LOG_AUDIT_TAG)
    spoil_role(account.clients, DISPATCH, DISPATCH_POLICY, LOG_AUDIT_TAG)


def spoil_write_role(account):
    attach_other(account.clients, WRITE_ROLE)
    spoil_role(account.clients, WRITE_ROLE, WRITE_ROLE, TAG)


def switch_off(account):
    clients = account.clients
    config = json.loads(clients.call("DescribeApp", "2019-10-23", "sls.aliyuncs.com", query={"AppName": "audit"})["AppModel"]["Config"])
    clients.call("AnalyzeAppLog", "2019-10-23", "sls.aliyuncs.com", body={
        "AppType": "audit", "DisplayName": "audit", "VariableMap": json.dumps({**config["initParam"], "actiontrail_enabled": "false"})})


def collect_from_others(account):
    """The collection policy also collects from an account that the inventory does not have, so that destroy retains it."""
    client = Clients(account.alibaba, account.clients.credential, region="cn-shanghai").sls
    found = client.get_collection_policy("events", sls.GetCollectionPolicyRequest()).body.collection_policy.to_map()
    wanted = {name: found[name] for name in (
        "policyName", "productCode", "dataCode", "enabled", "policyConfig", "centralizeEnabled", "centralizeConfig", "resourceDirectory")}
    wanted["resourceDirectory"]["members"].append(MEMBERS["bank"])
    client.upsert_collection_policy(sls.UpsertCollectionPolicyRequest().from_map(wanted))


def add_trail(account):
    """The archive account has a trail of its own, into another project."""
    account.clients.sls.create_project(sls.CreateProjectRequest(project_name="elsewhere", description=""))
    account.clients.actiontrail.create_trail(trails.CreateTrailRequest(
        name="their-trail", event_rw="All", sls_project_arn=f"acs:log:cn-hangzhou:{ARCHIVE}:project/elsewhere"))


CHANGES = {
    ("trails", "with a trail"): add_trail, ("trails", "with a policy"): lambda account: attach_other(account.clients, WRITE_ROLE),
    ("audit", "changed"): switch_off, ("older", "changed"): spoil_older, ("trails", "changed"): spoil_write_role,
    ("trails", "outdated"): lambda account: outdated(account, WRITE_ROLE),
    ("older", "outdated"): lambda account: outdated(account, MONITOR_POLICY),
    ("collection", "others"): collect_from_others,
}


@pytest.mark.sample(6)
@pytest.mark.parametrize("run, sid, action", cases_of("archive"))
def test_each_action_of_the_archive_is_needed(cloud, run, sid, action):
    mode, before, *arguments = scenario(run, sid, action)
    prepare(cloud, mode, before)
    found = cloud.run(run, MODES[mode], *arguments, without={ARCHIVE: {(sid, action)}})
    told = cloud.told(found, run, "root")
    assert is_named(action, told), (told, found.output[-3000:])


def test_moves_from_the_system_policy_without_a_gap(cloud):
    """As an earlier version left the write role; the policy for the project is attached before that of the system goes."""
    prepare(cloud, "trails", "done")
    clients = Account(cloud.server, ARCHIVE).clients
    role = {"role_name": WRITE_ROLE}
    clients.ram.attach_policy_to_role(ram.AttachPolicyToRoleRequest(
        policy_name="AliyunActionTrailDeliveryPolicy", policy_type="System", **role))
    clients.ram.detach_policy_from_role(ram.DetachPolicyFromRoleRequest(policy_name=WRITE_ROLE, policy_type="Custom", **role))
    clients.ram.delete_policy(ram.DeletePolicyRequest(policy_name=WRITE_ROLE))
    forget(cloud.server)

    def attached():
        listed = clients.ram.list_policies_for_role(ram.ListPoliciesForRoleRequest(role_name=WRITE_ROLE)).body.policies.policy
        return {one.policy_name for one in listed}

    run = cloud.run("setup", MODES["trails"], "-e", "alibaba_trail_archive_purge_policies=false")
    assert run.lines["root"] == "changed: write policy: create; write role: policies", run.output
    assert attached() == {WRITE_ROLE, "AliyunActionTrailDeliveryPolicy"}
    run = cloud.run("setup", MODES["trails"])
    assert run.lines["root"] == "changed: write role: policies", run.output
    done = [call.action for call in cloud.server.calls if not call.read_only and call.action != "AssumeRole"]
    assert done == ["CreatePolicy", "AttachPolicyToRole", "DetachPolicyFromRole"]
    assert attached() == {WRITE_ROLE}


@pytest.mark.parametrize("project, logstore, is_allowed", [
    (PROJECT, "actiontrail_any-trail", True), (PROJECT, "flow-logs", False), ("other-project", "actiontrail_any-trail", False),
])
def test_write_role_may_write_into_logstores_of_trails_in_its_project(cloud, project, logstore, is_allowed):
    prepare(cloud, "trails", "done")
    found = cloud.server.cloud.account(ARCHIVE).ram.policies_of_role(WRITE_ROLE)
    asked = ram_policies.Request("log:PostLogStoreLogs", f"acs:log:cn-hangzhou:{ARCHIVE}:project/{project}/logstore/{logstore}")
    assert (ram_policies.evaluate(found, asked) is ram_policies.Decision.ALLOW) == is_allowed


# The account that has the trail of the organization

@pytest.mark.sample(2)
@pytest.mark.parametrize("run, sid, action", cases_of("management"))
def test_each_action_of_the_management_account_is_needed(cloud, run, sid, action):
    def done():
        cloud.server.reset()
        made = cloud.run("setup", organization())
        assert made.status == 0, made.output

    def changed():
        cloud.state("organization", done)
        Account(cloud.server, MANAGEMENT).clients.actiontrail.update_trail(
            trails.UpdateTrailRequest(name=ORGANIZATION_TRAIL, event_rw="Write"))

    is_new = action in ("actiontrail:CreateTrail", "actiontrail:StartLogging", "ram:PassRole")
    cloud.state("nothing", cloud.server.reset) if is_new else cloud.state("organization changed", changed)
    stops = ("-e", "alibaba_trail_logging=false") if action == "actiontrail:StopLogging" else ()
    found = cloud.run(run, organization(), *stops, without={MANAGEMENT: {(sid, action)}})
    told = cloud.told(found, run, "management" if sid != "ListAccounts" or run != "verify" else "root")
    assert is_named(action, told + found.lines["management"]), (told, found.output[-3000:])
