# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Collection policies of Log Audit Service: what the modules say, what they do, what they call."""
from __future__ import annotations

import pytest
from helpers.alibaba.clients import Clients
from helpers.alibaba.modules import Account, without_waiting
from helpers.alibaba.sls_modules import (
    ALONE, BAD_DAYS, LOGSTORE, MANAGEMENT, MEMBER, PROJECT, REGION, everything, refusal, three_times, without_power,
)
from alibabacloud_sls20201230 import models
from clouds.alibaba.directory import LOG_AUDIT, Delegation
from clouds.alibaba.sls.collection_policies import CollectionPolicy

NAME = "oss-access"
CODES = {"product_code": "oss", "data_code": "access_log"}
PLAIN = {"name": NAME, **CODES}
CENTRAL = {"dest_region": REGION, "dest_project": PROJECT, "dest_logstore": LOGSTORE, "dest_ttl": 180}
POLICY = {
    **PLAIN, "centralize_enabled": True, "centralize_config": CENTRAL,
    "resource_directory": {"account_group_type": "all"},
}
NEW = {
    **CODES, "enabled": True, "policy_config": {"resource_mode": "all"}, "centralize_enabled": False,
    "centralize_config": {}, "data_region": "", "resource_directory": {},
}
READ = ["Sls:GetCollectionPolicy"]
CHANGE = [*READ, "Sls:UpsertCollectionPolicy"]


@pytest.fixture(name="account")
def fixture_account(alibaba):
    """The management account of a resource directory with a member, and with a project."""
    alibaba.add_account(MEMBER)
    account = Account(alibaba)
    account.run("sls_project", name=PROJECT)
    return account


@pytest.fixture(name="waiting")
def fixture_waiting(monkeypatch, alibaba):
    """Waiting takes no time."""
    return without_waiting(monkeypatch, alibaba)


def policies(account):
    return everything(account)[3]


def described(account, name=NAME):
    clients = Clients(account.alibaba, account.credential, region="cn-shanghai")
    return clients.sls.get_collection_policy(name, models.GetCollectionPolicyRequest()).body.collection_policy.to_map()


def make_internal(account, name="internal_cloudlens_oss"):
    """A policy of the service's own."""
    table = account.alibaba.cloud.account(account.account_id).collection_policies
    table.put(name, CollectionPolicy(name, "cp-1", {
        "productCode": "oss", "dataCode": "access_log", "enabled": True, "policyConfig": {"resourceMode": "all"},
        "centralizeEnabled": False}, internal=True))


class TestCreate:
    def test_for_the_account_alone(self, account):
        done = three_times(account, "sls_collection_policy", READ, **PLAIN)
        assert done["calls"] == CHANGE and done["diff"] == {"before": {}, "after": NEW}
        assert done["policy"] == {"name": NAME, **NEW}
        found = described(account)
        assert (found["enabled"], found["policyConfig"]["resourceMode"]) == (True, "all")

    def test_for_all_accounts(self, account):
        done = three_times(account, "sls_collection_policy", READ, **POLICY)
        assert done["diff"]["after"] == {
            **NEW, "centralize_enabled": True, "centralize_config": CENTRAL,
            "resource_directory": {"account_group_type": "all"},
        }
        found = described(account)
        assert found["centralizeConfig"] == {
            "destRegion": REGION, "destProject": PROJECT, "destLogstore": LOGSTORE, "destTTL": 180}
        assert found["resourceDirectory"]["accountGroupType"] == "all"
        assert account.clients.sls.get_log_store(PROJECT, LOGSTORE).body.ttl == 180

    @pytest.mark.parametrize("options", [
        {"resource_directory": {"account_group_type": "custom", "members": [MANAGEMENT, MEMBER]}},
        {"enabled": False}, {"data_region": "cn-hangzhou"},
        {"policy_config": {"resource_mode": "instanceMode", "instance_ids": ["b-2", "b-1"]}},
        {"policy_config": {"resource_mode": "attributeMode", "regions": ["cn-*"], "resource_tags": {"team": 7}}},
        {"policy_config": {"resource_mode": "attributeMode"}},
        {"centralize_config": CENTRAL},
    ])
    def test_settings(self, account, options):
        three_times(account, "sls_collection_policy", READ, **PLAIN, **options)

    def test_by_a_delegated_administrator(self, account):
        account.alibaba.cloud.directory.delegations.put((LOG_AUDIT, MEMBER), Delegation(MEMBER, LOG_AUDIT, 0))
        member = Account(account.alibaba, account.alibaba.credential(MEMBER))
        three_times(member, "sls_collection_policy", READ, **PLAIN, resource_directory={"account_group_type": "all"})
        assert policies(account) == []

    @pytest.mark.parametrize(("options", "host"), [
        ({}, "cn-shanghai"), ({"region": None}, "cn-shanghai"), ({"region": "ap-southeast-1"}, "ap-southeast-1"),
        ({"region": "cn-shanghai", "policy_region": "ap-southeast-1"}, "ap-southeast-1"),
    ])
    def test_endpoint(self, account, options, host):
        assert account.run("sls_collection_policy", **PLAIN, **options)["changed"]
        events = account.alibaba.cloud.account(MANAGEMENT).events.newest_first(0, 2**40)
        created = next(event for event in events if event["eventName"] == "UpsertCollectionPolicy")
        assert created["acsRegion"] == host


class TestChange:
    @pytest.fixture(autouse=True)
    def policy(self, account):
        account.run("sls_collection_policy", **POLICY)

    def test_off_and_on(self, account):
        before = described(account)
        done = three_times(account, "sls_collection_policy", READ, name=NAME, enabled=False)
        assert done["calls"] == CHANGE
        assert done["diff"]["before"] == {**done["diff"]["after"], "enabled": True}
        assert described(account) == {**before, "enabled": False}
        three_times(account, "sls_collection_policy", READ, name=NAME, enabled=True)

    def test_what_is_not_said_stays(self, account):
        done = account.run("sls_collection_policy", name=NAME)
        assert not done["changed"] and done["calls"] == READ
        done = account.run("sls_collection_policy", name=NAME, centralize_config={"dest_project": PROJECT})
        assert not done["changed"]

    def test_members(self, account):
        custom = {"account_group_type": "custom", "members": [MEMBER, MANAGEMENT]}
        done = three_times(account, "sls_collection_policy", READ, name=NAME, resource_directory=custom)
        assert done["policy"]["resource_directory"]["members"] == [MANAGEMENT, MEMBER]
        custom["members"].reverse()
        assert not account.run("sls_collection_policy", name=NAME, resource_directory=custom)["changed"]
        three_times(account, "sls_collection_policy", READ, name=NAME, resource_directory={})
        assert "resourceDirectory" not in described(account)

    def test_instances(self, account):
        one = {"resource_mode": "instanceMode", "instance_ids": ["b-1"]}
        three_times(account, "sls_collection_policy", READ, name=NAME, policy_config=one)
        three_times(account, "sls_collection_policy", READ, name=NAME, policy_config={"resource_mode": "all"})
        assert not described(account)["policyConfig"].get("instanceIds")

    def test_destination(self, account):
        done = three_times(account, "sls_collection_policy", READ, name=NAME,
                           centralize_config={"dest_logstore": "others", "dest_ttl": 30})
        assert done["policy"]["centralize_config"] == {**CENTRAL, "dest_logstore": "others", "dest_ttl": 30}
        assert account.clients.sls.get_log_store(PROJECT, "others").body.ttl == 30

    def test_the_retention_of_a_logstore_that_is_there_is_its_own(self, account):
        done = account.run("sls_collection_policy", name=NAME, centralize_config={"dest_ttl": 7})
        assert not done["changed"]

    def test_no_more_centralized(self, account):
        done = three_times(account, "sls_collection_policy", READ, name=NAME, centralize_enabled=False)
        assert done["policy"]["centralize_config"] == CENTRAL
        three_times(account, "sls_collection_policy", READ, name=NAME, centralize_enabled=True)

    def test_delete(self, account):
        done = three_times(account, "sls_collection_policy", READ, name=NAME, state="absent")
        assert done["calls"] == [*READ, "Sls:DeleteCollectionPolicy"] and done["policy"] is None
        assert account.clients.sls.get_log_store(PROJECT, LOGSTORE).body.ttl == 180


class TestWhoLeavesAPolicy:
    """With purge_members: false, accounts are removed by their ids only."""

    OTHER = "4234567890123456"

    @staticmethod
    def only(*members):
        return {"resource_directory": {"account_group_type": "custom", "members": list(members)}, "purge_members": False}

    @pytest.fixture(autouse=True)
    def fixture_policy(self, account, alibaba):
        alibaba.add_account(self.OTHER)
        account.run("sls_collection_policy", **{**POLICY, **self.only(MEMBER, self.OTHER)})

    def members(self, account):
        return described(account)["resourceDirectory"]

    def test_nobody(self, account):
        done = account.run("sls_collection_policy", name=NAME, **self.only(MEMBER))
        assert not done["changed"] and done["retained_accounts"] == [self.OTHER]

    def test_one_that_is_named(self, account):
        done = three_times(account, "sls_collection_policy", READ, name=NAME, **self.only(MEMBER), remove_members=[self.OTHER])
        assert done["retained_accounts"] == [] and self.members(account)["members"] == [MEMBER]

    def test_all_do_not_become_some(self, account):
        account.run("sls_collection_policy", name=NAME, resource_directory={"account_group_type": "all"}, purge_members=False)
        done = account.run("sls_collection_policy", name=NAME, **self.only(MEMBER))
        assert not done["changed"] and done["retained_accounts"] == ["all"]
        three_times(account, "sls_collection_policy", READ, name=NAME, **self.only(MEMBER), remove_members=["all"])
        assert self.members(account)["members"] == [MEMBER]

    def test_absent_for_some(self, account):
        """The policy goes on for the others."""
        plan = account.run("sls_collection_policy", check=True, name=NAME, state="absent", **self.only(MEMBER))
        done = account.run("sls_collection_policy", name=NAME, state="absent", **self.only(MEMBER))
        assert plan["changed"] and done["changed"] and done["retained"] == f"it also collects from {self.OTHER}" == plan["retained"]
        assert self.members(account)["members"] == [self.OTHER]
        again = account.run("sls_collection_policy", name=NAME, state="absent", **self.only(MEMBER))
        assert not again["changed"] and again["retained"]
        account.run("sls_collection_policy", name=NAME, state="absent", **self.only(MEMBER), remove_members=[self.OTHER])
        assert policies(account) == []

    @pytest.mark.parametrize("asked, gone", [("all", True), ("custom", False)])
    def test_absent_for_all(self, account, asked, gone):
        everybody = {"resource_directory": {"account_group_type": "all"}, "purge_members": False}
        account.run("sls_collection_policy", name=NAME, **everybody)
        account.run("sls_collection_policy", name=NAME, state="absent", **(everybody if asked == "all" else self.only(MEMBER)))
        assert (policies(account) == []) is gone


class TestRefusals:
    @pytest.mark.parametrize(("options", "sentence"), [
        ({"name": "x"}, "name: 'x' is not valid. Use 3 to 63 lower-case letters"),
        ({"name": "1st-policy"}, "name: '1st-policy' is not valid. Use 3 to 63 lower-case letters"),
        ({"name": "internal_cloudlens_x"}, "name: internal_cloudlens_x is reserved: Simple Log Service"),
        ({"policy_region": REGION}, "value of policy_region must be one of: cn-shanghai, ap-southeast-1, "),
        ({"policy_config": {"resource_mode": "some"}}, "value of resource_mode must be one of: all, instanceMode, "),
        ({"policy_config": {}}, "missing required arguments: resource_mode found in policy_config"),
        ({"policy_config": {"resource_mode": "all", "instance_ids": ["b"]}},
         "policy_config: instance_ids is only for resource_mode instanceMode, not for all"),
        ({"policy_config": {"resource_mode": "instanceMode", "instance_ids": ["b"], "regions": ["x"]}},
         "policy_config: regions is only for resource_mode attributeMode, not for instanceMode"),
        ({"policy_config": {"resource_mode": "instanceMode"}}, "policy_config: resource_mode instanceMode needs"),
        ({"centralize_enabled": False, "centralize_config": CENTRAL}, "centralize_config is only for centralize_ena"),
        ({"centralize_config": {"dest_ttl": 0}}, "centralize_config: dest_ttl: 0 is not a number of days from 1 to 3650"),
        ({"centralize_config": {"dest_project": "A"}}, "centralize_config: dest_project: 'A' is not the name of a project"),
        ({"centralize_config": {"dest_logstore": "A"}}, "centralize_config: dest_logstore: 'A' is not the name of a logstore"),
        ({"resource_directory": {"account_group_type": "custom"}}, "resource_directory: account_group_type custom"),
        ({"resource_directory": {"account_group_type": "all", "members": [MEMBER]}},
         "resource_directory: members are only for account_group_type custom"),
        ({"resource_directory": {"members": [MEMBER]}}, "resource_directory: members are only for account_group_type"),
        ({"resource_directory": {"account_group_type": "custom", "members": ["12x"]}},
         "resource_directory: members: '12x' is not the id of an account: write its digits in quotes"),
    ])
    def test_bad_arguments(self, account, options, sentence):
        done = refusal(account, "sls_collection_policy", **{**PLAIN, **options})
        assert done["msg"].startswith(sentence) and done["calls"] == []

    @pytest.mark.parametrize(("options", "sentence"), [
        ({"product_code": None, "data_code": None}, "Collection policy oss-access does not exist: to create it, give "
                                                    "product_code and data_code"),
        ({"data_code": None}, "Collection policy oss-access does not exist: to create it, give data_code"),
        ({"centralize_enabled": True}, "centralize_config: centralize_enabled needs dest_region and dest_project and "
                                       "dest_logstore"),
    ])
    def test_what_a_new_one_needs(self, account, options, sentence):
        done = refusal(account, "sls_collection_policy", **{**PLAIN, **options})
        assert done["msg"] == sentence and done["calls"] == READ

    @pytest.mark.parametrize(("name", "value"), [
        ("product_code", "sls"), ("data_code", "metering_log"), ("data_region", "cn-beijing"),
    ])
    def test_what_can_not_be_changed(self, account, name, value):
        account.run("sls_collection_policy", **PLAIN, data_region=REGION)
        done = refusal(account, "sls_collection_policy", **{**PLAIN, "enabled": False, name: value})
        assert done["msg"].startswith(f"{name} of a collection policy cannot be changed, and the policy ")
        assert done["calls"] == READ

    def test_those_of_the_service(self, account):
        make_internal(account, "looks-like-any")
        for options in ({"enabled": False}, {"state": "absent"}):
            done = refusal(account, "sls_collection_policy", name="looks-like-any", **options)
            assert done["msg"].startswith("name: looks-like-any is reserved: Simple Log Service ")

    def test_no_project(self, account, waiting):
        nowhere = {**CENTRAL, "dest_project": "no-project"}
        done = refusal(account, "sls_collection_policy", **{**POLICY, "centralize_config": nowhere})
        assert done["msg"].startswith(
            "Could not create collection policy oss-access: UpsertCollectionPolicy: ProjectNot")
        assert done["error"]["request_id"] in done["msg"] and 55 < waiting.waited() < 65

    def test_no_member(self, account):
        account.alibaba.add_account(ALONE, member=False)
        others = {"account_group_type": "custom", "members": [ALONE]}
        done = refusal(account, "sls_collection_policy", **PLAIN, resource_directory=others)
        assert done["error"]["code"] == "ParameterInvalid" and ALONE in done["msg"]

    def test_the_directory_of_others(self, account):
        member = Account(account.alibaba, account.alibaba.credential(MEMBER))
        done = refusal(member, "sls_collection_policy", **POLICY)
        assert done["msg"].startswith("Could not create collection policy oss-access: UpsertCollectionPolicy: Unauth")

    def test_an_endpoint_of_elsewhere(self, account):
        """An option can point anywhere; the cloud says what is wrong with it."""
        done = refusal(account, "sls_collection_policy", **PLAIN, endpoints={"sls": f"{REGION}.log.aliyuncs.com"})
        assert done["error"]["code"] == "ParameterInvalid" and "cn-shanghai" in done["msg"]

    def test_who_may_do_nothing(self, account):
        power = without_power(account)
        for module in ("sls_collection_policy", "sls_collection_policy_info"):
            assert account.run(module, name=NAME, **power)["error"]["code"] == "Unauthorized"
        done = account.run("sls_collection_policy_info", **power)
        assert done["msg"].startswith("Could not list collection policies: ListCollectionPolicies: Unauthorized")


class TestInfo:
    def test_one(self, account):
        account.run("sls_collection_policy", **POLICY)
        known = account.run("sls_collection_policy", name=NAME)["policy"]
        done = account.run("sls_collection_policy_info", name=NAME)
        assert done["policies"] == [known] and done["calls"] == READ and not done["changed"]
        assert known["policy_uid"] and known["internal_policy"] is False

    def test_none(self, account):
        account.run("sls_collection_policy", **POLICY)
        assert account.run("sls_collection_policy_info", name="other")["policies"] == []
        assert account.run("sls_collection_policy_info", name=NAME, product_code="sls")["policies"] == []

    def test_all(self, account):
        account.run("sls_collection_policy", **POLICY)
        account.run("sls_collection_policy", name="sls-audit", product_code="sls", data_code="audit_log")
        make_internal(account)
        for options, names in (
            ({}, ["internal_cloudlens_oss", NAME, "sls-audit"]), ({"product_code": "sls"}, ["sls-audit"]),
            ({"data_code": "access_log"}, ["internal_cloudlens_oss", NAME]), ({"central_project": PROJECT}, [NAME]),
        ):
            done = account.run("sls_collection_policy_info", **options)
            assert [one["name"] for one in done["policies"]] == names
            assert done["calls"] == ["Sls:ListCollectionPolicies"]
        assert account.run("sls_collection_policy_info")["policies"][0]["internal_policy"] is True

    @pytest.mark.parametrize(("count", "calls"), [(99, 1), (100, 2), (101, 2)])
    def test_pages(self, account, count, calls):
        for number in range(count):
            make_internal(account, f"policy-{number:03}")
        done = account.run("sls_collection_policy_info")
        assert [one["name"] for one in done["policies"]] == [f"policy-{number:03}" for number in range(count)]
        assert len(done["calls"]) == calls

    def test_bad_arguments(self, account):
        assert account.run("sls_collection_policy_info", name="X")["msg"].startswith("name: 'X' is not valid")
        done = account.run("sls_collection_policy_info", name=NAME, central_project=PROJECT)
        assert "mutually exclusive" in done["msg"] and done["calls"] == []


class TestBadDays:
    @pytest.mark.sample(1)
    @pytest.mark.parametrize("seed", range(4))
    def test_it_converges(self, alibaba, waiting, seed):
        alibaba.add_account(MEMBER)
        account = Account(alibaba)
        alibaba.bad_days(*BAD_DAYS, seed=seed)
        for _attempt in range(2):
            for module, options in (("sls_project", {"name": PROJECT}), ("sls_collection_policy", POLICY)):
                done = account.run(module, **options)
                assert not done.get("failed"), done
        alibaba.bad_days()
        with alibaba.cloud.lock:
            alibaba.cloud.clock.advance(5)
        assert not account.run("sls_collection_policy", **POLICY)["changed"]
        assert [one.name for one in policies(account)] == [NAME]
        alibaba.bad_days(*BAD_DAYS, seed=seed)
        assert account.run("sls_collection_policy", name=NAME, state="absent").get("changed")
        assert policies(account) == []
