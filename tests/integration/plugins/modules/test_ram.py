# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles, policies and sessions of RAM: what the modules say, what they do, what they call."""
from __future__ import annotations

import json

import pytest
from helpers.alibaba.clients import REGION
from helpers.alibaba.modules import DEPLOYMENT, OURS, Account, without_waiting
from clouds.alibaba import Fault
from clouds.alibaba.ram.state import Attachment

ROLE = {
    "name": "sls-audit-service-monitor",
    "trusted_services": ["log.aliyuncs.com", "1234567890123456@log.aliyuncs.com"],
    "description": "Collects logs",
    "max_session_duration": 7200,
    "policies": [{"name": "Monitor"}, {"name": "ReadOnlyAccess", "type": "system"}],
    "tags": OURS,
}
TRUST = {"Version": "1", "Statement": [{
    "Effect": "Allow", "Action": "sts:AssumeRole",
    "Principal": {"Service": ["1234567890123456@log.aliyuncs.com", "log.aliyuncs.com"]},
}]}
READS = ["Ram:GetRole", "Ram:ListPoliciesForRole", "Ram:ListTagResources"]
POLICY_READS = ["Ram:GetPolicy", "Ram:ListTagResources"]
BAD_DAYS = (Fault(behind=3), Fault(throttled=0.3), Fault(failed=0.05))


def document(*actions, resource="*"):
    """What lets these be done."""
    return {"Version": "1", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": resource}]}


POLICY = {"name": "Monitor", "document": document("log:*"), "description": "For Log Audit", "tags": OURS}


@pytest.fixture(name="account")
def fixture_account(alibaba):
    """The management account."""
    return Account(alibaba)


@pytest.fixture(name="waiting")
def fixture_waiting(monkeypatch, alibaba):
    """Waiting takes no time."""
    return without_waiting(monkeypatch, alibaba)


@pytest.fixture(name="powerless")
def fixture_powerless(account):
    """The management account with a role that may do nothing."""
    account.run("ram_role", name="powerless", trusted_accounts=[account.account_id])
    return session(account, role_arn=f"acs:ram::{account.account_id}:role/powerless")["connection"]


def session(account, **role):
    """What comes back from assuming a role."""
    return account.run("alibaba_session", gives_secrets=True, assume_role=role)


def said(result):
    """What a module says, without how it found out and what only the cloud decides."""
    mine = {name: value for name, value in result.items() if name not in ("calls", "writes")}
    facts = ("arn", "role_id", "create_date", "default_version", "type", "attachment_count")
    for thing in ("role", "policy"):
        if mine.get(thing):
            mine[thing] = {name: value for name, value in mine[thing].items() if name not in facts}
    return mine


def three_times(account, module, reads, **options):
    """Run a module in check mode, for real, and again: the result of the real run.

    In check mode it says what it does for real, and again it finds nothing to do, with the fewest calls.
    """
    plan = account.run(module, check=True, **options)
    assert plan["changed"] and plan["writes"] == []
    done = account.run(module, **options)
    assert said(done) == said(plan)
    assert done["writes"]
    again = account.run(module, **options)
    assert not again["changed"]
    assert again["calls"] == reads
    assert again["diff"]["before"] == again["diff"]["after"]
    return done


class TestRole:
    @pytest.fixture(autouse=True)
    def policy(self, account):
        account.run("ram_policy", **POLICY)

    def test_create(self, account):
        done = three_times(account, "ram_role", READS, **ROLE)
        assert done["writes"] == ["Ram:CreateRole", "Ram:AttachPolicyToRole", "Ram:AttachPolicyToRole"]
        assert done["diff"] == {"before": {}, "after": {
            "trust_policy": TRUST, "description": "Collects logs", "max_session_duration": 7200, "tags": OURS,
            "policies": [{"name": "Monitor", "type": "custom"}, {"name": "ReadOnlyAccess", "type": "system"}],
        }}
        assert done["role"]["arn"] == f"acs:ram::{account.account_id}:role/sls-audit-service-monitor"
        again = account.run("ram_role", **ROLE)
        assert again["role"] == done["role"]

    def test_only_what_is_said(self, account):
        three_times(account, "ram_role", ["Ram:GetRole"], name="plain", trusted_accounts=[account.account_id])
        done = account.run("ram_role", name="plain")
        assert not done["changed"]
        assert done["role"]["description"] == "" and done["role"]["max_session_duration"] == 3600

    def test_change(self, account):
        account.run("ram_role", **ROLE)
        changed = {**ROLE, "trusted_services": ["log.aliyuncs.com"], "description": "Collects", "max_session_duration": 3600,
                   "tags": {**OURS, "team": "audit"}}
        done = three_times(account, "ram_role", READS, **changed)
        assert done["writes"] == ["Ram:UpdateRole", "Ram:TagResources"]
        assert done["diff"]["before"]["trust_policy"] == TRUST
        assert done["diff"]["after"]["trust_policy"]["Statement"][0]["Principal"] == {"Service": ["log.aliyuncs.com"]}

    def test_what_is_not_said_stays(self, account):
        account.run("ram_role", **ROLE)
        done = account.run("ram_role", name=ROLE["name"], description="Collects")
        assert done["calls"] == ["Ram:GetRole", "Ram:UpdateRole"]
        found = account.run("ram_role_info", name=ROLE["name"])["roles"][0]
        assert found["trust_policy"] == TRUST and found["max_session_duration"] == 7200 and found["tags"] == OURS
        assert len(found["policies"]) == 2

    def test_a_trust_policy_of_the_same_meaning(self, account):
        account.run("ram_role", **ROLE)
        principals = TRUST["Statement"][0]["Principal"]["Service"]
        apart = {"Version": 1, "Statement": [
            {"Action": ["sts:AssumeRole"], "Principal": {"Service": name}, "Effect": "Allow", "Condition": {}}
            for name in principals[::-1]
        ]}
        for form in (apart, json.dumps(apart, indent=2)):
            done = account.run("ram_role", name=ROLE["name"], trust_policy=form)
            assert not done["changed"] and done["role"]["trust_policy"] == TRUST

    def test_services_and_accounts(self, account):
        done = account.run("ram_role", name="both", trusted_services=["log.aliyuncs.com"],
                           trusted_accounts=["1234567890123456"])
        assert done["role"]["trust_policy"]["Statement"] == [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": ["log.aliyuncs.com"]}},
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"RAM": ["acs:ram::1234567890123456:root"]}},
        ]

    def test_policies_purged_or_not(self, account):
        account.run("ram_role", **ROLE)
        account.run("ram_policy", name="Other", document=document("log:Get*"))
        other = {"name": ROLE["name"], "policies": [{"name": "Other"}]}
        done = three_times(account, "ram_role", READS[:2], purge_policies=False, **other)
        assert [one["name"] for one in done["role"]["policies"]] == ["Monitor", "Other", "ReadOnlyAccess"]
        done = three_times(account, "ram_role", READS[:2], **other)
        assert done["role"]["policies"] == [{"name": "Other", "type": "custom"}]
        assert done["writes"] == ["Ram:DetachPolicyFromRole"] * 2
        assert not account.run("ram_role", name=ROLE["name"], policies=[], purge_policies=False)["changed"]
        done = three_times(account, "ram_role", READS[:2], name=ROLE["name"], policies=[])
        assert done["role"]["policies"] == []

    def test_policies_come_before_others_go(self, account):
        account.run("ram_role", **ROLE)
        account.run("ram_policy", name="Other", document=document("log:Get*"))
        done = account.run("ram_role", name=ROLE["name"], policies=[{"name": "Other"}])
        assert done["writes"] == ["Ram:AttachPolicyToRole"] + ["Ram:DetachPolicyFromRole"] * 2

    def test_as_many_policies_as_there_can_be_are_exchanged(self, account):
        names = [f"policy-{number}" for number in range(20)]
        for name in names:
            account.run("ram_policy", name=name, document=document("log:*"))
        account.run("ram_role", name="full", trusted_services=["log.aliyuncs.com"],
                    policies=[{"name": name} for name in names[:10]])
        done = account.run("ram_role", name="full", policies=[{"name": name} for name in names[10:]])
        assert done["changed"]
        assert {one["name"] for one in account.run("ram_role_info", name="full")["roles"][0]["policies"]} == set(names[10:])

    def test_case_of_names_makes_no_difference(self, account):
        account.run("ram_role", **ROLE)
        done = account.run("ram_role", name=ROLE["name"].upper(), policies=[
            {"name": "MONITOR"}, {"name": "monitor"}, {"name": "readonlyaccess", "type": "system"},
        ])
        assert not done["changed"]

    def test_a_policy_that_is_not_there(self, account, waiting):
        before = account.run("ram_role", **ROLE)
        new = {"trusted_services": ["log.aliyuncs.com"], "policies": [{"name": "Monitor"}, {"name": "Missing"}]}
        for name in (ROLE["name"], "new"):
            done = account.run("ram_role", name=name, **new)
            assert done["failed"] and done["writes"] == []
            assert f"role {name}: GetPolicy: EntityNotExist.Policy: " in done["msg"] and "(request id" in done["msg"]
        assert 60 <= waiting.waited() < 150
        assert account.run("ram_role", **ROLE)["role"] == before["role"]
        assert account.run("ram_role_info", name="new")["roles"] == []

    def test_a_system_policy_that_is_not_there_is_not_waited_for(self, account, waiting):
        done = account.run("ram_role", name="new", trusted_services=["log.aliyuncs.com"],
                           policies=[{"name": "Missing", "type": "system"}])
        assert done["error"]["code"] == "EntityNotExist.Policy" and done["writes"] == [] and not waiting.waited()

    def test_delete(self, account):
        account.run("ram_role", **ROLE)
        done = three_times(account, "ram_role", ["Ram:GetRole"], name=ROLE["name"], state="absent")
        assert done["writes"] == ["Ram:DetachPolicyFromRole", "Ram:DetachPolicyFromRole", "Ram:DeleteRole"]
        assert done["diff"]["before"]["trust_policy"] == TRUST and done["diff"]["after"] == {}
        assert done["role"] is None
        assert account.run("ram_policy_info", name="Monitor")["policies"][0]["attachment_count"] == 0

    def test_delete_while_somebody_attaches(self, account, waiting, monkeypatch):
        account.run("ram_role", **ROLE)
        account.alibaba.bad_days(Fault(behind=3))
        ram = account.alibaba.cloud.account(account.account_id).ram
        late = [Attachment("System", "AliyunLogFullAccess", 0)]
        detach = type(ram).detach

        def detach_and_attach(self, kind, name, attachment):
            detach(self, kind, name, attachment)
            if late:
                self.attach(kind, name, late.pop())

        monkeypatch.setattr(type(ram), "detach", detach_and_attach)
        done = account.run("ram_role", name=ROLE["name"], state="absent")
        assert done["changed"] and ROLE["name"] not in ram.roles
        assert done["writes"].count("Ram:DeleteRole") > 1


class TestWhoIsTrusted:
    """With purge_trusted_services: false, services lose their trust by their names only."""

    A, B, C = (f"{number}234567890123456@actiontrail.aliyuncs.com" for number in (1, 2, 3))
    ROLE = {"name": "writer", "purge_trusted_services": False}

    @pytest.fixture(autouse=True)
    def fixture_role(self, account):
        account.run("ram_role", name="writer", trusted_services=[self.A, self.B])

    def trusted(self, account):
        role = account.run("ram_role_info", name="writer")["roles"][0]
        services = role["trust_policy"]["Statement"][0]["Principal"]["Service"]
        return services if isinstance(services, list) else [services]

    def test_all_stay(self, account):
        done = account.run("ram_role", trusted_services=[self.A], **self.ROLE)
        assert not done["changed"] and done["retained_services"] == [self.B]
        plan = account.run("ram_role", check=True, trusted_services=[self.C], **self.ROLE)
        done = account.run("ram_role", trusted_services=[self.C], **self.ROLE)
        assert said(plan) == said(done) and done["changed"] and self.trusted(account) == [self.A, self.B, self.C]

    def test_one_that_is_named_goes(self, account):
        options = {"trusted_services": [self.A], "remove_trusted_services": [self.B, self.C], **self.ROLE}
        done = account.run("ram_role", **options)
        assert done["changed"] and done["retained_services"] == [] and self.trusted(account) == [self.A]
        assert not account.run("ram_role", **options)["changed"]

    def test_absent(self, account):
        kept = account.run("ram_role", state="absent", remove_trusted_services=[self.A], **self.ROLE)
        assert not kept["changed"] and kept["retained"] == f"The role writer still trusts {self.B}."
        gone = account.run("ram_role", state="absent", remove_trusted_services=[self.A, self.B], **self.ROLE)
        assert gone["changed"] and account.run("ram_role_info", name="writer")["roles"] == []

    def test_a_condition_stays(self, account):
        """A retained service is not trusted for more than before."""
        condition = {"StringEquals": {"sts:ExternalId": "example"}}
        deployed = statement(self.A), statement(self.B, self.C, Condition=condition)
        account.run("ram_role", name="writer", trust_policy={"Version": "1", "Statement": deployed})
        options = {"trusted_services": [self.A], "remove_trusted_services": [self.C], **self.ROLE}
        done = account.run("ram_role", **options)
        assert done["changed"] and done["retained_services"] == [self.B]
        found = account.run("ram_role_info", name="writer")["roles"][0]["trust_policy"]["Statement"]
        assert found == [statement(self.A), statement(self.B, Condition=condition)]
        assert not account.run("ram_role", **options)["changed"]
        extended = account.run("ram_role", **{**options, "trusted_services": [self.A, self.B]})
        found = account.run("ram_role_info", name="writer")["roles"][0]["trust_policy"]["Statement"]
        assert extended["changed"] and found == [statement(self.A, self.B)]

    def test_contradiction(self, account):
        done = account.run("ram_role", trusted_services=[self.A], remove_trusted_services=[self.A], **self.ROLE)
        assert done["msg"] == f"trusted_services, remove_trusted_services: {self.A} is in both"


def statement(*services, **more):
    """A statement of a trust policy that lets services assume the role."""
    return {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": list(services)}, **more}


class TestManagedPolicies:
    """Policies that are there for one role alone, which a task manages with it."""

    OWN = {**ROLE, "policies": [{"name": "Monitor", "document": document("log:*")}, ROLE["policies"][1]]}
    READS = READS + POLICY_READS

    @staticmethod
    def names(done):
        return [part["before_header"] for part in done["diff"]]

    @staticmethod
    def four_times(account, reads, **options):
        """As three_times does, for both."""
        plan = account.run("ram_role", check=True, **options)
        assert plan["changed"] and plan["writes"] == []
        done = account.run("ram_role", **options)
        assert done["changed"] and done["writes"]
        assert (plan["diff"], len(plan["managed_policies"])) == (done["diff"], len(done["managed_policies"]))
        for one, other in zip(plan["managed_policies"], done["managed_policies"]):
            assert said(one) == said(other)
        for check in (True, False):
            again = account.run("ram_role", check=check, **options)
            assert not again["changed"] and not any(one["changed"] for one in again["managed_policies"])
            assert all(part["before"] == part["after"] for part in again["diff"])
            assert again["calls"] == reads
        return done

    def test_create(self, account):
        done = self.four_times(account, self.READS, **self.OWN)
        assert done["writes"] == ["Ram:CreatePolicy", "Ram:CreateRole", "Ram:AttachPolicyToRole", "Ram:AttachPolicyToRole"]
        assert self.names(done) == ["policy Monitor", "role sls-audit-service-monitor"]
        assert [part["before"] for part in done["diff"]] == [{}, {}]
        assert done["diff"][0]["after"] == {"document": document("log:*"), "description": "", "tags": OURS}
        assert done["role"]["policies"] == [
            {"name": "Monitor", "type": "custom"}, {"name": "ReadOnlyAccess", "type": "system"}]
        found = account.run("ram_policy_info", name="Monitor")["policies"][0]
        assert (found["document"], found["tags"], found["attachment_count"]) == (document("log:*"), OURS, 1)

    def test_change(self, account):
        account.run("ram_role", **self.OWN)
        changed = {**self.OWN, "policies": [{"name": "Monitor", "document": document("log:Get*")}, ROLE["policies"][1]]}
        done = self.four_times(account, self.READS, **changed)
        assert done["writes"] == ["Ram:CreatePolicyVersion"]
        policy, role = done["diff"]
        assert policy["before"]["document"] == document("log:*") and policy["after"]["document"] == document("log:Get*")
        assert role["before"] == role["after"]
        tagged = self.four_times(account, self.READS, **{**changed, "tags": {**OURS, "team": "audit"}})
        assert tagged["writes"] == ["Ram:TagResources", "Ram:TagResources"]

    def test_mend(self, account):
        """What somebody took away comes back: the policy from the role, or altogether."""
        account.run("ram_role", **self.OWN)
        account.run("ram_role", name=ROLE["name"], policies=ROLE["policies"][1:])
        assert self.four_times(account, self.READS, **self.OWN)["writes"] == ["Ram:AttachPolicyToRole"]
        account.run("ram_policy", name="Monitor", state="absent", detach=True)
        done = self.four_times(account, self.READS, **self.OWN)
        assert done["writes"] == ["Ram:CreatePolicy", "Ram:AttachPolicyToRole"]

    def test_only_the_others_are_looked_up_before(self, account):
        done = account.run("ram_role", **self.OWN)
        assert [call for call in done["calls"] if call == "Ram:GetPolicy"] == ["Ram:GetPolicy"] * 2

    def test_delete(self, account):
        account.run("ram_role", **self.OWN)
        gone = {"name": ROLE["name"], "state": "absent", "policies": self.OWN["policies"], "deployment": DEPLOYMENT}
        done = self.four_times(account, ["Ram:GetRole", "Ram:GetPolicy"], **gone)
        assert done["writes"] == ["Ram:DetachPolicyFromRole", "Ram:DetachPolicyFromRole", "Ram:DeleteRole",
                                  "Ram:DeletePolicy"]
        assert [part["after"] for part in done["diff"]] == [{}, {}] and done["role"] is None
        assert account.run("ram_policy_info", name="Monitor")["policies"] == []

    def test_the_policy_that_is_left_is_deleted(self, account):
        account.run("ram_policy", **POLICY)
        done = account.run("ram_role", name="gone", state="absent", policies=self.OWN["policies"])
        assert done["changed"] and done["writes"] == ["Ram:DeletePolicy"]

    def test_a_role_of_somebody_else(self, account):
        """It is refused before there is a policy for it, and with state absent the policy stays with it."""
        account.run("ram_role", name=ROLE["name"], trusted_services=["ecs.aliyuncs.com"])
        ours = {**self.OWN, "deployment": DEPLOYMENT}
        for check in (True, False):
            done = account.run("ram_role", check=check, **ours)
            assert done["failed"] and done["writes"] == [] and "exists, and does not carry the tag" in done["msg"]
        account.run("ram_policy", **POLICY)
        retained = account.run("ram_role", **{**ours, "state": "absent"})
        assert not retained["changed"] and retained["writes"] == [] and retained["managed_policies"] == []
        assert retained["retained"].startswith("The role sls-audit-service-monitor does not carry")
        assert self.names(retained) == ["role sls-audit-service-monitor"]

    def test_a_policy_of_somebody_else(self, account):
        account.run("ram_policy", name="Monitor", document=document("log:Get*"))
        ours = {**self.OWN, "deployment": DEPLOYMENT}
        done = account.run("ram_role", **ours)
        assert done["failed"] and done["writes"] == []
        assert done["msg"].startswith("The policy Monitor exists, and does not carry the tag managed-by: ")
        done = account.run("ram_role", **ours, adopt=True)
        assert done["writes"][:2] == ["Ram:CreatePolicyVersion", "Ram:TagResources"]
        account.run("ram_policy", name="Monitor", tags={})
        done = account.run("ram_role", **{**ours, "state": "absent"})
        assert done["writes"][-1] == "Ram:DeleteRole"
        reason = done["managed_policies"][0]["retained"]
        assert reason.startswith("The policy Monitor does not carry the tag managed-by: ")
        assert account.run("ram_policy_info", name="Monitor")["policies"]

    @pytest.mark.parametrize("trust, there", [
        ({"trust_policy": {"Version": "1", "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}]}}, False),
        ({"trust_policy": {"Version": "1", "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}]}}, True),
        ({"policies": [*OWN["policies"], {"name": "Missing", "type": "system"}]}, False),
    ])
    def test_a_role_that_ram_refuses(self, account, trust, there):
        """The policy that was created for it is taken back; one that was there stays."""
        own = {name: value for name, value in self.OWN.items() if name != "trusted_services" or "policies" in trust}
        if there:
            account.run("ram_policy", **POLICY)
        done = account.run("ram_role", **{**own, **trust})
        assert done["failed"] and done["msg"].startswith("Could not create role sls-audit-service-monitor: ")
        assert done["writes"][0] == ("Ram:CreateRole" if there else "Ram:CreatePolicy")
        assert (done["writes"][-1] == "Ram:DeletePolicy") is not there
        assert bool(account.run("ram_policy_info", name="Monitor")["policies"]) is there

    def test_a_policy_that_ram_refuses(self, account):
        """Nothing else is created, and one before it is taken back."""
        policies = [{"name": "First", "document": document("log:*")}, {"name": "Second", "document": document("no such")}]
        done = account.run("ram_role", name="new", trusted_services=["log.aliyuncs.com"], policies=policies)
        assert done["error"]["code"] == "MalformedPolicyDocument"
        assert done["msg"].startswith("Could not create policy Second")
        assert done["writes"] == ["Ram:CreatePolicy", "Ram:CreatePolicy", "Ram:DeletePolicy"]
        assert account.run("ram_policy_info")["policies"] == []

    def test_a_role_that_can_not_be_created(self, account):
        done = account.run("ram_role", name="new", policies=self.OWN["policies"])
        assert done["writes"] == [] and done["msg"].startswith("Role new does not exist: to create it, give trust_policy")

    def test_a_policy_that_another_role_has(self, account):
        account.run("ram_role", **self.OWN)
        account.run("ram_role", name="other", trusted_services=["log.aliyuncs.com"], policies=[{"name": "Monitor"}])
        done = account.run("ram_role", **{**self.OWN, "state": "absent"})
        assert done["error"]["code"] == "DeleteConflict.Role.Policy"
        assert done["msg"].startswith("Could not delete policy Monitor, which is attached to users, groups or roles")
        assert account.run("ram_policy_info", name="Monitor")["policies"][0]["attachment_count"] == 1

    @pytest.mark.parametrize("policy, sentence", [
        ({"name": "ReadOnlyAccess", "type": "system", "document": document("log:*")},
         "policies: ReadOnlyAccess is a system policy: remove its document"),
        ({"name": "Own", "document": {"Version": "2"}}, 'policies: Own: document: its Version is \'2\', but must be "1"'),
        ({"name": "Own", "document": "{"}, "policies: Own: document: it is not JSON: "),
        ({"name": "Own", "document": document("log:" + "x" * 6144)}, "policies: Own: document: it has 6225 characters"),
    ])
    def test_bad_input(self, account, policy, sentence):
        done = account.run("ram_role", name="new", trusted_services=["log.aliyuncs.com"], policies=[policy])
        assert done["msg"].startswith(sentence) and done["calls"] == []


class TestTags:
    def test_purged_or_not(self, account):
        role = {"name": "tagged", "trusted_services": ["log.aliyuncs.com"]}
        account.run("ram_role", tags={**OURS, "team": "audit"}, **role)
        done = account.run("ram_role", tags={"stage": "1"}, purge_tags=False, **role)
        assert done["changed"] and done["role"]["tags"] == {**OURS, "team": "audit", "stage": "1"}
        done = account.run("ram_role", tags={"stage": "1"}, deployment=DEPLOYMENT, **role)
        assert done["writes"] == ["Ram:UntagResources"]
        assert done["role"]["tags"] == {**OURS, "stage": "1"}
        done = account.run("ram_role", tags={}, **role)
        assert done["changed"] and done["role"]["tags"] == {}
        assert account.run("ram_role_info", name="tagged")["roles"][0]["tags"] == {}

    @pytest.mark.parametrize("module, thing", [("ram_role", "role"), ("ram_policy", "policy")])
    def test_somebody_elses_is_refused_and_retained(self, account, module, thing):
        options = {"ram_role": {"trusted_services": ["log.aliyuncs.com"]}, "ram_policy": {"document": document("log:*")}}
        theirs = {"name": "theirs", **options[module]}
        account.run(module, **theirs)
        refused = account.run(module, description="Ours", deployment=DEPLOYMENT, **theirs)
        assert refused["failed"] and refused["writes"] == []
        assert refused["msg"].startswith(
            f"The {thing} theirs exists, and does not carry the tag managed-by: crossaccount.audit_logs: choose another")
        retained = account.run(module, name="theirs", state="absent", deployment=DEPLOYMENT)
        assert not retained["changed"] and retained["writes"] == []
        assert retained["retained"] == f"The {thing} theirs does not carry the tag managed-by: crossaccount.audit_logs."
        assert retained[thing]["name"] == "theirs"
        adopted = account.run(module, deployment=DEPLOYMENT, adopt=True, **theirs)
        assert adopted["changed"] and adopted[thing]["tags"] == OURS
        assert account.run(module, deployment=DEPLOYMENT, **theirs)["changed"] is False
        assert account.run(module, name="theirs", state="absent", deployment=DEPLOYMENT)["changed"]

    @pytest.mark.parametrize("module, thing", [("ram_role", "role"), ("ram_policy", "policy")])
    def test_one_of_another_deployment(self, account, module, thing):
        """It is not adopted; one with an earlier name of the deployment gets the new name."""
        options = {"ram_role": {"trusted_services": ["log.aliyuncs.com"]}, "ram_policy": {"document": document("log:*")}}
        theirs = {"name": "theirs", **options[module]}
        account.run(module, **theirs, deployment="earlier")
        reason = "belongs to the deployment earlier (tag audit-logs-deployment)"
        for more in ({}, {"adopt": True}):
            refused = account.run(module, deployment=DEPLOYMENT, description="Ours", **theirs, **more)
            assert f"exists, and {reason}: choose another name, or if that is an earlier name" in refused["msg"]
            retained = account.run(module, name="theirs", state="absent", deployment=DEPLOYMENT, **more)
            assert retained["retained"] == f"The {thing} theirs {reason}." and refused["writes"] == retained["writes"] == []
        renamed = {"deployment": DEPLOYMENT, "previous_deployments": ["earlier"], **theirs}
        done = account.run(module, **renamed)
        assert done["writes"] == ["Ram:TagResources"] and done[thing]["tags"] == OURS
        assert account.run(module, name="theirs", state="absent", deployment="x", previous_deployments=[DEPLOYMENT])["changed"]

    def test_new_ones_get_the_tags_of_the_deployment(self, account):
        done = three_times(account, "ram_policy", POLICY_READS, name="ours", document=document("log:*"),
                           deployment=DEPLOYMENT)
        assert done["policy"]["tags"] == OURS
        assert account.run("ram_policy_info", name="ours")["policies"][0]["tags"] == OURS


class TestPolicy:
    def versions(self, account, name="Monitor"):
        return account.run("ram_policy_info", name=name)["policies"][0]["versions"]

    def test_create(self, account):
        done = three_times(account, "ram_policy", POLICY_READS, **POLICY)
        assert done["writes"] == ["Ram:CreatePolicy"]
        assert done["policy"]["document"] == POLICY["document"] and done["policy"]["default_version"] == "v1"
        assert done["diff"]["before"] == {}
        assert account.run("ram_policy", name="Monitor")["calls"] == ["Ram:GetPolicy"]

    def test_change(self, account):
        account.run("ram_policy", **POLICY)
        changed = {**POLICY, "document": document("log:Get*"), "description": "For Log Audit Service", "tags": {"a": "b"}}
        done = three_times(account, "ram_policy", POLICY_READS, **changed)
        assert done["writes"] == ["Ram:CreatePolicyVersion", "Ram:UpdatePolicyDescription", "Ram:UntagResources",
                                  "Ram:TagResources"]
        assert done["diff"]["before"]["document"] == document("log:*")
        assert done["diff"]["after"]["document"] == document("log:Get*")
        assert done["policy"]["default_version"] == "v2"

    def test_same_meaning(self, account):
        account.run("ram_policy", name="Monitor", document=document("log:Get*", "log:List*"))
        for same in (document("log:List*", "log:Get*"), json.dumps(document("log:Get*", "log:List*"), indent=4)):
            assert not account.run("ram_policy", name="Monitor", document=same)["changed"]

    def test_a_version_of_the_same_meaning_is_used_again(self, account):
        for action in ("log:*", "log:Get*"):
            account.run("ram_policy", name="Monitor", document=document(action))
        done = account.run("ram_policy", name="Monitor", document=document("log:*"))
        assert done["writes"] == ["Ram:SetDefaultPolicyVersion"] and done["policy"]["default_version"] == "v1"
        assert [one["is_default"] for one in self.versions(account)] == [True, False]

    def test_twenty_changes_leave_five_versions(self, account):
        for number in range(20):
            done = account.run("ram_policy", name="Monitor", document=document(f"log:Get{number}"))
            assert done["changed"] and "failed" not in done
        versions = self.versions(account)
        assert [one["version_id"] for one in versions] == ["v16", "v17", "v18", "v19", "v20"]
        assert [one["is_default"] for one in versions] == [False] * 4 + [True]
        assert versions[-1]["document"] == document("log:Get19")

    @pytest.mark.parametrize("kind", ["failed", "dropped"])
    def test_a_failure_after_the_work_was_done_leaves_no_second_version(self, account, waiting, kind):
        account.run("ram_policy", **POLICY)
        added = 0
        for seed in range(12):
            account.alibaba.bad_days(Fault(action="CreatePolicyVersion", **{kind: 0.7}), Fault(behind=3), seed=seed)
            done = account.run("ram_policy", name="Monitor", document=document(f"log:Get{seed}"))
            added += done["calls"].count("Ram:CreatePolicyVersion") > 1
            account.alibaba.bad_days()
            versions = self.versions(account)
            assert versions[-1]["document"] == document(f"log:Get{seed}") and versions[-1]["is_default"]
            assert versions[-1]["version_id"] == f"v{seed + 2}"
        assert added

    def test_delete(self, account):
        for action in ("log:*", "log:Get*", "log:List*"):
            account.run("ram_policy", **{**POLICY, "document": document(action)})
        done = three_times(account, "ram_policy", ["Ram:GetPolicy"], name="Monitor", state="absent")
        assert done["writes"] == ["Ram:DeletePolicy"]
        assert done["policy"] is None and done["diff"]["before"]["document"] == document("log:List*")

    def test_one_that_somebody_has_stays_whole(self, account, waiting):
        account.run("ram_policy", **POLICY)
        account.run("ram_policy", **{**POLICY, "document": document("log:Get*")})
        account.run("ram_role", **ROLE)
        done = account.run("ram_policy", name="Monitor", state="absent")
        assert done["failed"] and done["error"]["code"] == "DeleteConflict.Role.Policy"
        assert done["msg"].startswith("Could not delete policy Monitor, which is attached to users, groups or roles (detach: true of "
                                      "ram_policy detaches it): DeletePolicy: DeleteConflict.Role.Policy: ")
        assert 10 <= waiting.waited() < 20
        assert len(self.versions(account)) == 2

    def test_detach(self, account):
        account.run("ram_policy", **POLICY)
        account.run("ram_role", **ROLE)
        account.clients.call("CreateUser", "2015-05-01", "ram.aliyuncs.com", {"UserName": "reader"})
        account.clients.call("AttachPolicyToUser", "2015-05-01", "ram.aliyuncs.com",
                             {"UserName": "reader", "PolicyName": "Monitor", "PolicyType": "Custom"})
        done = three_times(account, "ram_policy", ["Ram:GetPolicy"], name="Monitor", state="absent", detach=True)
        assert done["writes"] == ["Ram:DetachPolicyFromUser", "Ram:DetachPolicyFromRole", "Ram:DeletePolicy"]
        assert [one["name"] for one in account.run("ram_role_info", name=ROLE["name"])["roles"][0]["policies"]] == [
            "ReadOnlyAccess"]

    def test_one_that_a_role_had_a_moment_ago(self, account, waiting):
        account.run("ram_policy", **POLICY)
        account.run("ram_role", **ROLE)
        account.alibaba.bad_days(Fault(behind=3))
        assert account.run("ram_role", name=ROLE["name"], state="absent")["changed"]
        assert account.run("ram_policy", name="Monitor", state="absent")["changed"]


class TestServiceLinkedRole:
    OPTIONS = {"service_name": "audit.log.aliyuncs.com"}

    def test_create(self, account):
        done = three_times(account, "ram_service_linked_role", ["Ram:GetRole"], **self.OPTIONS)
        assert done["writes"] == ["Ram:CreateServiceLinkedRole"]
        assert done["role"]["name"] == "AliyunServiceRoleForSLSAudit"
        assert done["role"]["arn"] == f"acs:ram::{account.account_id}:role/aliyunserviceroleforslsaudit"

    def test_a_service_that_nobody_heard_of(self, account):
        service = "alert.log.aliyuncs.com"
        done = three_times(account, "ram_service_linked_role", ["Ram:GetServiceLinkedRoleTemplate", "Ram:GetRole"],
                           service_name=service)
        assert done["role"]["name"] == "AliyunServiceRoleForSLSAlert"
        done = account.run("ram_service_linked_role", service_name="no.aliyuncs.com")
        assert done["failed"] and done["error"]["code"].startswith("EntityNotExist")
        assert done["msg"].startswith("Could not read service-linked role of no.aliyuncs.com: GetServiceLinkedRoleTemplate")

    def test_delete(self, account):
        account.run("ram_service_linked_role", **self.OPTIONS)
        done = three_times(account, "ram_service_linked_role", ["Ram:GetRole"], state="absent", **self.OPTIONS)
        assert done["writes"] == ["Ram:DeleteServiceLinkedRole"] and done["role"] is None

    def test_one_that_the_service_needs(self, account, waiting, monkeypatch):
        account.run("ram_service_linked_role", **self.OPTIONS)
        roles = account.alibaba.cloud.account(account.account_id).ram.roles
        monkeypatch.setattr(roles, "delete", lambda name: None)  # as if the task of deletion had failed
        done = account.run("ram_service_linked_role", state="absent", **self.OPTIONS)
        assert done["failed"] and 60 <= waiting.waited() < 70
        assert "RAM did not delete the role AliyunServiceRoleForSLSAudit within 60 seconds" in done["msg"]
        assert "task/acs-service-role/audit.log.aliyuncs.com/AliyunServiceRoleForSLSAudit/" in done["msg"]

    def test_another_module_leaves_it_alone(self, account):
        account.run("ram_service_linked_role", **self.OPTIONS)
        for state in ("present", "absent"):
            done = account.run("ram_role", name="AliyunServiceRoleForSLSAudit", state=state)
            assert done["failed"] and done["writes"] == [] and "use the module ram_service_linked_role" in done["msg"]

    def test_a_role_of_that_name_which_is_none(self, account):
        account.run("ram_role", name="AliyunServiceRoleForSLSAudit", trusted_services=["log.aliyuncs.com"])
        done = account.run("ram_service_linked_role", **self.OPTIONS)
        assert done["msg"] == "The role AliyunServiceRoleForSLSAudit exists, but is not a service-linked role"


class TestInfo:
    def test_a_role(self, account):
        account.run("ram_policy", **POLICY)
        created = account.run("ram_role", **ROLE)["role"]
        found = account.run("ram_role_info", name=ROLE["name"])
        assert found["roles"] == [{**created, "service_linked": False}]
        assert found["calls"] == ["Ram:GetRole", "Ram:ListPoliciesForRole", "Ram:ListTagResources"]
        assert not found["changed"]

    def test_all_roles_page_by_page(self, account, monkeypatch):
        for number in range(5):
            account.run("ram_role", name=f"role-{number}", trusted_services=["log.aliyuncs.com"], tags={"n": str(number)})
        module = __import__(
            "ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.client", fromlist=["Cloud"])
        original = module.Cloud.call
        monkeypatch.setattr(module.Cloud, "call", lambda *args, **more: original(
            *args, **{**more, **({"MaxItems": 2} if "MaxItems" in more else {})}))
        found = account.run("ram_role_info")
        roles = {role["name"]: role for role in found["roles"]}
        assert found["calls"] == ["Ram:ListRoles"] * -(-len(roles) // 2)
        assert {f"role-{number}" for number in range(5)} <= roles.keys()
        assert roles["role-3"]["tags"] == {"n": "3"} and roles["role-3"]["max_session_duration"] == 3600
        assert "trust_policy" not in roles["role-3"]

    def test_a_policy(self, account):
        created = account.run("ram_policy", **POLICY)["policy"]
        found = account.run("ram_policy_info", name="Monitor")
        versions = found["policies"][0].pop("versions")
        assert found["policies"] == [created]
        assert versions == [{"version_id": "v1", "is_default": True, "document": POLICY["document"],
                             "create_date": created["create_date"]}]
        assert found["calls"] == ["Ram:GetPolicy", "Ram:ListPolicyVersions", "Ram:ListTagResources"]

    def test_policies_of_a_type(self, account):
        account.run("ram_policy", **POLICY)
        assert [one["name"] for one in account.run("ram_policy_info")["policies"]] == ["Monitor"]
        system = account.run("ram_policy_info", type="system")["policies"]
        assert "ReadOnlyAccess" in {one["name"] for one in system} and {one["type"] for one in system} == {"system"}
        found = account.run("ram_policy_info", type="system", name="ReadOnlyAccess")
        assert found["policies"][0]["document"]["Statement"]
        assert found["calls"] == ["Ram:GetPolicy", "Ram:ListPolicyVersions"]

    @pytest.mark.parametrize("module, key", [("ram_role_info", "roles"), ("ram_policy_info", "policies")])
    def test_nothing_of_this_name(self, account, module, key):
        assert account.run(module, name="missing")[key] == []


class TestSession:
    MEMBER = "2000000000000002"
    ARN = f"acs:ram::{MEMBER}:role/resourcedirectoryaccountaccessrole"

    def test_a_member(self, account):
        done = session(account, role_arn=self.ARN, session_name="setup")
        assert done["changed"] is False and done["calls"] == ["Sts:AssumeRole"]
        assert done["account_id"] == self.MEMBER and done["identity_type"] == "AssumedRoleUser"
        assert done["arn"].lower() == f"{self.ARN}/setup" and done["principal_id"].endswith(":setup")
        again = account.run("alibaba_session", **done["connection"])
        assert again["calls"] == ["Sts:GetCallerIdentity"]
        assert [again[name] == done[name] for name in ("account_id", "identity_type", "principal_id")] == [True] * 3

    def test_check_mode_opens_sessions_too(self, account):
        done = account.run("alibaba_session", check=True, gives_secrets=True, assume_role={"role_arn": self.ARN})
        assert done["connection"]["security_token"]

    def test_without_a_role(self, account):
        """What was given comes back, as far as Ansible does not hide it."""
        done = account.run("alibaba_session", profile="ours", endpoints={"ram": "ram.aliyuncs.com"})
        assert done["changed"] is False and done["calls"] == ["Sts:GetCallerIdentity"]
        assert (done["account_id"], done["identity_type"]) == (account.account_id, "RAMUser")
        assert done["connection"] == {
            "profile": "ours", "endpoints": {"ram": "ram.aliyuncs.com"}, "region": REGION, "protocol": "http",
            "http_proxy": account.alibaba.observer_url,
        }

    @pytest.mark.parametrize("role, found", [({"assume_role": {"role_arn": ARN}}, MEMBER), ({}, None)])
    @pytest.mark.parametrize("check", [True, False])
    def test_another_account(self, account, role, found, check):
        found = found or account.account_id
        assert "failed" not in account.run("alibaba_session", gives_secrets=True, account_id=found, check=check, **role)
        done = account.run("alibaba_session", account_id="9000000000000009", check=check, **role)
        assert done["failed"] and "connection" not in done
        assert done["msg"] == (
            f"These credentials belong to account {found}, but the inventory says 9000000000000009: correct account_id, or"
            " give a role, a profile or credentials of account 9000000000000009")

    def test_a_session_that_may_do_less(self, account):
        less = session(account, role_arn=self.ARN, policy=document("ram:GetRole"))["connection"]
        assert account.run("ram_role_info", name="missing", **less)["roles"] == []
        assert account.run("ram_policy_info", **less)["error"]["code"] == "NoPermission"

    def test_external_id(self, account):
        trust = {"Version": "1", "Statement": [{
            "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"RAM": [f"acs:ram::{account.account_id}:root"]},
            "Condition": {"StringEquals": {"sts:ExternalId": "7f3c"}},
        }]}
        arn = account.run("ram_role", name="partner", trust_policy=trust)["role"]["arn"]
        assert account.run("alibaba_session", assume_role={"role_arn": arn})["error"]["code"] == "NoPermission"
        assert session(account, role_arn=arn, external_id="7f3c")["connection"]["security_token"]

    def test_the_key_of_an_account_cannot(self, account):
        root = Account(account.alibaba, account.alibaba.root_key())
        done = root.run("alibaba_session", assume_role={"role_arn": self.ARN})
        assert done["msg"].startswith(
            f"Could not assume the role {self.ARN} with the credentials of the options: AssumeRole: NoPermission: Roles may not be"
            f" assumed by root accounts. (request id ")

    @pytest.mark.parametrize("options, sentence", [
        ({"role_arn": "auditors"}, "role_arn: 'auditors' is not the ARN of a role: write acs:ram::<account id>:role/<name>"),
        ({"session_name": "a b"}, "session_name: use 2 to 64 letters, digits and characters of .@_-"),
        ({"duration_seconds": 899}, "duration_seconds: give a number of seconds from 900 to the maximum of the role, which is "
                                    "43200 at most"),
        ({"external_id": "1"}, "external_id: it is not an external id: use 2 to 1224 letters, digits and characters of _+=,.@:/-"),
        ({"policy": document("log:" + "x" * 2048)}, "policy: it has 2129 characters, but STS allows 2048: shorten it"),
    ])
    def test_bad_input(self, account, options, sentence):
        done = account.run("alibaba_session", assume_role={"role_arn": self.ARN, **options})
        assert done["msg"] == f"assume_role: {sentence}" and done["calls"] == []


class TestInput:
    @pytest.mark.parametrize("module, options, sentence", [
        ("ram_role", {"name": "a_b"}, "name: 'a_b' is not the name of a role. Use 1 to 64 letters, digits, periods and hyphens"),
        ("ram_role", {"name": "a" * 65}, "1 to 64 letters"),
        ("ram_role", {"name": "new"}, "Role new does not exist: to create it, give trust_policy, "
                                      "trusted_services or trusted_accounts"),
        ("ram_role", {"name": "a", "trusted_accounts": ["12x"]},
         "trusted_accounts: '12x' is not the id of an account: write its digits in quotes"),
        ("ram_role", {"name": "a", "trusted_accounts": []},
         "trusted_services, trusted_accounts: both are empty, but a role must trust at least one service or account"),
        ("ram_role", {"name": "a", "trust_policy": {"Version": "1"}}, "trust_policy: it has no list of statements under"),
        ("ram_role", {"name": "a", "trust_policy": "{"}, "trust_policy: it is not JSON: "),
        ("ram_role", {"name": "a", "trust_policy": {}, "trusted_services": ["x"]},
         "parameters are mutually exclusive: trust_policy|trusted_services"),
        ("ram_role", {"name": "a", "description": ""}, "description: it has 0 characters, but RAM allows 1 to 1024"),
        ("ram_role", {"name": "a", "description": "x" * 1025}, "description: it has 1025 characters"),
        ("ram_role", {"name": "a", "max_session_duration": 900},
         "max_session_duration: 900 is not a number of seconds from 3600 to 43200"),
        ("ram_role", {"name": "a", "policies": [{"name": "a.b"}]}, "policies: name: 'a.b' is not the name of a policy"),
        ("ram_role", {"name": "a", "tags": {str(n): "" for n in range(21)}}, "tags: 21 tags, including those of this collection"),
        ("ram_role", {"name": "a", "tags": {"aliyun": "x"}}, "tags: 'aliyun': a key must not begin with aliyun"),
        ("ram_role", {"name": "a", "tags": {"x": "y" * 257}}, "tags: 'x': a key has 1 to 128 characters"),
        ("ram_role", {}, "missing required arguments: name"),
        ("ram_role_info", {"name": "a_b"}, "name: 'a_b' is not the name of a role"),
        ("ram_policy", {"name": "a.b"}, "name: 'a.b' is not the name of a policy. Use 1 to 128 letters, digits and hyphens"),
        ("ram_policy", {"name": "new"}, "Policy new does not exist: to create it, give its document"),
        ("ram_policy", {"name": "a", "document": document("log:" + "x" * 6144)},
         "document: it has 6225 characters without blanks, but RAM allows 6144: split it into two policies"),
        ("ram_policy", {"name": "a", "document": {"Version": "2012-10-17", "Statement": []}},
         'document: its Version is \'2012-10-17\', but must be "1"'),
        ("ram_policy", {"name": "a", "description": ""}, "description: it has 0 characters"),
        ("ram_policy", {}, "missing required arguments: name"),
        ("ram_policy_info", {"name": "a.b"}, "name: 'a.b' is not the name of a policy"),
        ("ram_service_linked_role", {}, "missing required arguments: service_name"),
        ("alibaba_session", {"assume_role": {}}, "missing required arguments: role_arn found in assume_role"),
    ])
    def test_one_sentence_before_anything_is_changed(self, account, module, options, sentence):
        for check in (True, False):
            done = account.run(module, check=check, **options)
            assert done["failed"] and done["writes"] == []
            assert sentence in done["msg"] and "\n" not in done["msg"]

    @pytest.mark.parametrize("module, options, action", [
        ("ram_role", ROLE, "GetRole"),
        ("ram_role", {"name": "powerless", "state": "absent"}, "GetRole"),
        ("ram_role_info", {}, "ListRoles"),
        ("ram_policy", POLICY, "GetPolicy"),
        ("ram_policy_info", {}, "ListPolicies"),
        ("ram_service_linked_role", {"service_name": "audit.log.aliyuncs.com"}, "GetRole"),
    ])
    def test_missing_permission(self, account, powerless, module, options, action):
        done = account.run(module, **powerless, **options)
        assert done["error"]["code"] == "NoPermission" and done["error"]["action"] == action
        assert f": {action}: NoPermission: " in done["msg"] and "(request id " in done["msg"]


class TestRefusals:
    """What the cloud alone can know: its own code, and nothing changed."""

    def test_a_document_that_ram_does_not_understand(self, account):
        account.run("ram_policy", **POLICY)
        for name in ("Monitor", "new"):
            done = account.run("ram_policy", name=name, document=document("no such action"), description="Other")
            assert done["error"]["code"] == "MalformedPolicyDocument"
            assert f"policy {name}: CreatePolicy" in done["msg"] and "\n" not in done["msg"]
        assert account.run("ram_policy", **POLICY)["changed"] is False
        assert [one["name"] for one in account.run("ram_policy_info")["policies"]] == ["Monitor"]

    def test_a_trust_policy_that_ram_does_not_understand(self, account):
        account.run("ram_policy", **POLICY)
        account.run("ram_role", **ROLE)
        trust = {"Version": "1", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}]}
        done = account.run("ram_role", name=ROLE["name"], trust_policy=trust, policies=[], tags={})
        assert done["error"]["code"] == "MalformedPolicyDocument"
        assert account.run("ram_role", **ROLE)["changed"] is False

    def test_more_policies_than_a_role_can_have(self, account):
        names = [f"policy-{number}" for number in range(11)]
        for name in names:
            account.run("ram_policy", name=name, document=document("log:*"))
        done = account.run("ram_role", name="full", trusted_services=["log.aliyuncs.com"],
                           policies=[{"name": name} for name in names])
        assert done["msg"].startswith("Could not create role full: AttachPolicyToRole: LimitExceeded.Role.Policy: ")

    @pytest.mark.parametrize("module, table, limit, options, code", [
        ("ram_role", "roles", "clouds.alibaba.ram.roles.MOST_ROLES", {"trusted_services": ["log.aliyuncs.com"]},
         "LimitExceeded.Role"),
        ("ram_policy", "policies", "clouds.alibaba.ram.policies.MOST_POLICIES", {"document": document("log:*")},
         "LimitExceeded.Policy"),
    ])
    def test_more_than_an_account_can_have(self, account, monkeypatch, module, table, limit, options, code):
        ram = account.alibaba.cloud.account(account.account_id).ram
        monkeypatch.setattr(limit, len(getattr(ram, table)))
        done = account.run(module, name="new", **options)
        assert done["error"]["code"] == code and done["msg"].startswith(f"Could not create {module[4:]} new: ")


class TestBadDays:
    """What is needed a moment later is waited for; what is wished otherwise a moment later needs a reader who has seen."""

    LINKED = {"service_name": "audit.log.aliyuncs.com"}
    OWN = {"name": "own", "trusted_services": ["log.aliyuncs.com"]}
    CREATED = [
        ("ram_policy", POLICY), ("ram_role", ROLE), ("ram_service_linked_role", LINKED),
        ("ram_role", {**OWN, "policies": [{"name": "Own", "document": document("log:*")}], "tags": OURS}),
    ]
    CHANGED = [
        ("ram_policy", {**POLICY, "document": document("log:Get*")}),
        ("ram_role", {**ROLE, "trusted_services": ["log.aliyuncs.com"], "policies": ROLE["policies"][:1]}),
        ("ram_service_linked_role", LINKED),
        ("ram_role", {**OWN, "policies": [{"name": "Own", "document": document("log:Get*")}]}),
    ]
    GONE = [
        ("ram_role", {**OWN, "state": "absent", "policies": [{"name": "Own", "document": document("log:Get*")}]}),
        ("ram_service_linked_role", {**LINKED, "state": "absent"}),
        ("ram_role", {"name": ROLE["name"], "state": "absent"}),
        ("ram_policy", {"name": "Monitor", "state": "absent"}),
    ]

    @pytest.mark.sample(1)
    @pytest.mark.parametrize("seed", range(5))
    def test_it_converges(self, account, waiting, seed):
        for wishes in (self.CREATED, self.CHANGED, self.GONE):
            account.alibaba.cloud.clock.advance(3)
            account.alibaba.bad_days(*BAD_DAYS, seed=seed)
            for module, options in wishes:
                done = account.run(module, **options)
                assert "failed" not in done, done["msg"]
            account.alibaba.bad_days()
            for module, options in wishes:
                assert not account.run(module, **options)["changed"]
            if wishes is self.CHANGED:
                policy = account.run("ram_policy_info", name="Monitor")["policies"][0]
                assert [one["is_default"] for one in policy["versions"]] == [False, True]
                assert policy["attachment_count"] == 1
