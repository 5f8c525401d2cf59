# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Log Audit Service: what the modules say, what they do, what they call."""
from __future__ import annotations

import json
from dataclasses import replace

import pytest
from helpers.alibaba.modules import DEPLOYMENT, OURS, Account, without_waiting
from alibabacloud_sls20201230 import models as sls
from clouds.alibaba import Fault
from clouds.alibaba.directory import LOG_AUDIT, Delegation
from clouds.wire_faults import Fault as WireFault, Kind

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.client import Cloud
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.errors import CloudError

MANAGEMENT, MEMBER, OTHER, ALONE = "1000000000000001", "2000000000000002", "3000000000000003", "4000000000000004"
REGION = "cn-hangzhou"
CENTRAL = f"slsaudit-center-{MANAGEMENT}-{REGION}"
SHANGHAI = f"slsaudit-center-{MANAGEMENT}-cn-shanghai"
EVENTS = {"actiontrail": {"enabled": True, "ttl": 365}}
AUDIT = {"central_region": REGION, "accounts": [MEMBER], "products": EVENTS, "display_name": "audit of all"}
LOOK = ["Sls:DescribeApp"]
NEW = [*LOOK, "Sts:GetCallerIdentity", "Sls:AnalyzeAppLog", *LOOK]
CHANGE = [*LOOK, *LOOK, "Sls:AnalyzeAppLog", *LOOK]
BAD_DAYS = (Fault(behind=3), Fault(throttled=0.3), Fault(failed=0.05))


@pytest.fixture(name="account")
def fixture_account(alibaba):
    """The management account, where the logs are to be."""
    return Account(alibaba)


@pytest.fixture(name="alone")
def fixture_alone(alibaba):
    """An account outside the directory."""
    alibaba.add_account(ALONE, member=False)
    return Account(alibaba, alibaba.credential(ALONE))


@pytest.fixture(name="waiting")
def fixture_waiting(monkeypatch, alibaba):
    """Waiting takes no time."""
    return without_waiting(monkeypatch, alibaba)


def said(result):
    """What a module says, without how it found out."""
    return {name: value for name, value in result.items() if name not in ("calls", "writes")}


def three_times(account, **options):
    """Run the module in check mode, for real, and again: the result of the real run.

    In check mode it says what it does for real, and again it finds nothing to do, with one call.
    """
    plan = account.run("log_audit", check=True, **options)
    assert plan["changed"] and plan["writes"] == []
    done = account.run("log_audit", **options)
    assert said(done) == said(plan)
    assert done["writes"]
    again = account.run("log_audit", **options)
    assert not again["changed"] and again["calls"] == LOOK
    assert again["diff"]["before"] == again["diff"]["after"]
    assert again["log_audit"] == done["log_audit"]
    return done


def stored(alibaba, account_id=MANAGEMENT):
    """The map that the service has."""
    app = alibaba.cloud.account(account_id).log_audit.get("audit")
    return app and dict(app.variables)


def store(alibaba, **variables):
    """Let the console, or a client of others, put something into the map."""
    apps = alibaba.cloud.account(MANAGEMENT).log_audit
    app = apps.get("audit")
    apps.preset("audit", replace(app, variables={**app.variables, **variables}))


def refusal(account, **options):
    """What the module says when it fails; nothing is written."""
    before = stored(account.alibaba, account.account_id)
    done = account.run("log_audit", **options)
    assert done["failed"], done
    assert stored(account.alibaba, account.account_id) == before
    assert "Traceback" not in str(done)
    return done


class TestSettingUp:
    def test_for_the_first_time(self, account, alibaba):
        done = three_times(account, **AUDIT)
        assert done["calls"] == NEW
        assert done["diff"] == {"before": {}, "after": {
            "display_name": "audit of all", "central_region": REGION, "mode": "custom", "directory_accounts": "",
            "accounts": [MEMBER], "products": EVENTS, "other": {},
        }}
        assert stored(alibaba) == {
            "region": REGION, "aliuid": MANAGEMENT, "project": CENTRAL, "logstore": "slsaudit",
            "multi_account": json.dumps([{"uid": MEMBER}]), "actiontrail_enabled": "true", "actiontrail_ttl": "365",
        }
        assert alibaba.cloud.sls.projects.get(CENTRAL) and alibaba.cloud.sls.logstores.get((CENTRAL, "actiontrail_log"))

    def test_what_is_returned(self, account):
        found = account.run("log_audit", **AUDIT)["log_audit"]
        assert {name: found[name] for name in found if name != "products"} == {
            "exists": True, "account_id": MANAGEMENT, "display_name": "audit of all", "central_region": REGION,
            "project": CENTRAL, "mode": "custom", "directory_accounts": None, "accounts": [MEMBER], "other": {},
        }
        assert found["products"]["actiontrail"] == {
            "enabled": True, "ttl": 365, "ti_enabled": False, "collection_policy": "", "policy_setting": []}
        assert found["products"]["rds"] == {
            "enabled": False, "ttl": 180, "ti_enabled": False, "collection_policy": "", "policy_setting": []}
        assert found["products"]["cloudfirewall_vpc"] == {"enabled": False, "ttl": 180}
        assert found["products"]["oss_access"]["ttl"] == 7
        assert found["products"]["oss_sync"] == {"enabled": True, "ttl": 180}
        assert found["products"]["sas"]["ttl"] == 180 and found["products"]["sas"]["enabled"] is False

    def test_without_options(self, account, alibaba):
        done = three_times(account)
        assert done["log_audit"]["central_region"] == REGION and done["log_audit"]["display_name"] == "audit"
        assert done["log_audit"]["accounts"] == [] and "multi_account" not in stored(alibaba)

    def test_an_account_that_is_named_is_not_asked_for(self, account):
        assert account.run("log_audit", account_id=MANAGEMENT, **AUDIT)["calls"] == [call for call in NEW if call != "Sts:GetCallerIdentity"]

    def test_the_central_account_is_passed_over(self, account):
        done = three_times(account, **{**AUDIT, "accounts": [MANAGEMENT, MEMBER, MEMBER]})
        assert done["log_audit"]["accounts"] == [MEMBER]

    def test_under_open_api(self, account):
        endpoints = {"log_audit": "{region}.log.aliyuncs.com/open-api"}
        three_times(account, endpoints=endpoints, **AUDIT)
        assert account.run("log_audit_info", endpoints=endpoints)["log_audit"]["accounts"] == [MEMBER]
        assert account.run("log_audit_info")["log_audit"]["accounts"] == [MEMBER]


class TestAccounts:
    @pytest.fixture(autouse=True)
    def audit(self, account):
        account.run("log_audit", **{**AUDIT, "accounts": [MEMBER, OTHER]})

    def test_are_added(self, account):
        done = three_times(account, accounts=[ALONE])
        assert done["log_audit"]["accounts"] == [MEMBER, OTHER, ALONE] and done["calls"] == CHANGE
        assert done["log_audit"]["products"]["actiontrail"].items() >= EVENTS["actiontrail"].items()

    @pytest.mark.parametrize("accounts", [[], [OTHER], [OTHER, MEMBER], None])
    def test_stay(self, account, accounts):
        done = account.run("log_audit", accounts=accounts)
        assert not done["changed"] and done["log_audit"]["accounts"] == [MEMBER, OTHER]

    def test_are_taken_off(self, account):
        done = three_times(account, remove_accounts=[MEMBER, ALONE])
        assert done["log_audit"]["accounts"] == [OTHER]

    def test_one_comes_another_goes(self, account):
        done = three_times(account, accounts=[ALONE], remove_accounts=[MEMBER])
        assert done["log_audit"]["accounts"] == [OTHER, ALONE]

    def test_these_and_no_others(self, account):
        done = three_times(account, accounts=[ALONE, OTHER], purge_accounts=True)
        assert done["log_audit"]["accounts"] == [ALONE, OTHER]
        done = three_times(account, accounts=[], purge_accounts=True)
        assert done["log_audit"]["accounts"] == []

    def test_numbers_and_text_are_the_same(self, account, alibaba):
        store(alibaba, multi_account=json.dumps([{"uid": int(OTHER)}, {"uid": MEMBER}]))
        done = account.run("log_audit", **{**AUDIT, "accounts": [MEMBER, OTHER], "purge_accounts": True})
        assert not done["changed"] and done["log_audit"]["accounts"] == [OTHER, MEMBER]

    def test_a_hundred_at_most(self, account):
        many = [str(5000000000000000 + number) for number in range(98)]
        assert len(account.run("log_audit", accounts=many)["log_audit"]["accounts"]) == 100
        done = refusal(account, accounts=[ALONE])
        assert done["msg"].startswith("accounts: there would be 101, but Log Audit accepts at most 100") and done["calls"] == LOOK
        assert not account.run("log_audit", accounts=[ALONE], remove_accounts=[OTHER]).get("failed")


class TestProducts:
    @pytest.fixture(autouse=True)
    def audit(self, account):
        account.run("log_audit", **AUDIT)

    def test_change(self, account, alibaba):
        products = {"actiontrail": {"ttl": 90}, "rds": {"enabled": "yes", "ttl": "30"}}
        done = three_times(account, products=products, shorten_retention=True)
        assert done["announced"] == ["Log Audit Service: actiontrail: logs older than 90 days (now 365 days)"]
        assert done["diff"]["before"]["products"] == EVENTS
        assert done["diff"]["after"]["products"] == {
            "actiontrail": {"enabled": True, "ttl": 90}, "rds": {"enabled": True, "ttl": 30},
        }
        assert stored(alibaba)["rds_enabled"] == "true" and stored(alibaba)["rds_ttl"] == "30"
        assert done["log_audit"]["accounts"] == [MEMBER]

    @pytest.mark.parametrize("products, refused", [
        ({"actiontrail": {"ttl": 90}}, "actiontrail.ttl: logs older than 90 days (now 365 days) would be deleted"),
        ({"actiontrail": {"ttl": 366}}, None),
        ({"rds": {"enabled": True, "ttl": 1}}, None),  # was never collected
    ])
    def test_a_shorter_retention(self, account, products, refused):
        account.run("log_audit", products={"actiontrail": {"ttl": 365}})
        if refused:
            assert refused in refusal(account, products=products)["msg"]
        else:
            assert account.run("log_audit", products=products)["changed"]

    def test_collection_policies(self, account, alibaba):
        script = 'accept tag.env == "prod"'
        three_times(account, products={
            "rds": {"collection_policy": script}, "polardb": {"collection_policy": script},
            "vpc_flow": {"enabled": True, "collection_policy": script},
        })
        for name in ("rds_audit", "polardb_audit", "vpc_flow"):
            assert stored(alibaba)[f"{name}_collection_policy"] == script
        three_times(account, products={"rds": {"collection_policy": ""}})
        assert stored(alibaba)["rds_audit_collection_policy"] == ""

    def test_security_center(self, account, alibaba):
        done = three_times(account, products={"sas": {"ttl": 90, "login": True}})
        assert stored(alibaba)["sas_login_enabled"] == "true" and "sas_crack_enabled" not in stored(alibaba)
        assert done["log_audit"]["products"]["sas"]["enabled"] is True
        assert done["log_audit"]["products"]["sas"]["crack"] is False
        three_times(account, products={"sas": {"enabled": False, "crack": True}})
        assert stored(alibaba)["sas_login_enabled"] == "false" and stored(alibaba)["sas_crack_enabled"] == "true"

    def test_all_of_them(self, account):
        names = account.run("log_audit_info")["log_audit"]["products"]
        products = {name: {"enabled": True, "ttl": 33} for name in names}
        done = three_times(account, products=products, shorten_retention=True)
        assert all(one["enabled"] and one["ttl"] == 33 for one in done["log_audit"]["products"].values())

    def test_what_came_back_otherwise_is_the_same(self, account, alibaba):
        store(alibaba, actiontrail_enabled=True, actiontrail_ttl=365, rds_enabled="True", aliuid=int(MANAGEMENT))
        done = account.run("log_audit", **AUDIT, account_id=MANAGEMENT)
        assert not done["changed"]
        assert done["log_audit"]["products"]["rds"]["enabled"] is True
        assert three_times(account, remove_accounts=[MEMBER])["log_audit"]["account_id"] == MANAGEMENT
        assert stored(alibaba)["actiontrail_enabled"] == "true" and stored(alibaba)["actiontrail_ttl"] == "365"

    def test_what_nobody_knows_is_shown(self, account, alibaba):
        store(alibaba, quantum_enabled="true", quantum_ttl=9, quantum="entangled")
        done = account.run("log_audit", **AUDIT)
        assert not done["changed"] and done["log_audit"]["other"] == {"quantum": "entangled"}
        assert done["log_audit"]["products"]["quantum"] == {"enabled": True, "ttl": 9}


class TestName:
    def test_change(self, account):
        account.run("log_audit", **AUDIT)
        done = three_times(account, display_name="another")
        assert done["diff"]["before"]["display_name"] == "audit of all"
        assert account.run("log_audit")["log_audit"]["display_name"] == "another"

    def test_an_empty_one_is_no_other(self, account, alibaba):
        account.run("log_audit", **AUDIT)
        apps = alibaba.cloud.account(MANAGEMENT).log_audit
        apps.preset("audit", replace(apps.get("audit"), display_name=""))
        assert not account.run("log_audit", **AUDIT)["changed"]
        assert account.run("log_audit", accounts=[OTHER])["changed"]
        assert apps.get("audit").display_name == "audit"


class TestRegion:
    def test_a_change_makes_another_project(self, account, alibaba):
        account.run("log_audit", **AUDIT)
        done = three_times(account, central_region="cn-shanghai")
        assert done["log_audit"]["project"] == f"slsaudit-center-{MANAGEMENT}-cn-shanghai"
        assert alibaba.cloud.sls.projects.get(CENTRAL)
        assert done["log_audit"]["accounts"] == [MEMBER]

    def moved(self, account, region, **options):
        """Run the module in check mode, for real, and again; the result of the real run."""
        plan = account.run("log_audit", check=True, central_region=region, deployment=DEPLOYMENT, **options)
        done = account.run("log_audit", central_region=region, deployment=DEPLOYMENT, **options)
        assert plan["writes"] == [] and said(plan) == said(done) and done["changed"]
        again = account.run("log_audit", central_region=region, deployment=DEPLOYMENT)
        assert not again["changed"] and again["writes"] == [] and again["log_audit"] == done["log_audit"]
        return done

    def test_the_new_project_belongs_to_the_deployment(self, account):
        account.run("log_audit", **AUDIT, deployment=DEPLOYMENT)
        done = self.moved(account, "cn-shanghai")
        assert done["log_audit"]["central_region"] == "cn-shanghai" and done["writes"] == ["Sls:AnalyzeAppLog", "Sls:TagResources"]
        assert f"new logs go into project {SHANGHAI}. The logs so far stay in project {CENTRAL}, which destroy retains" in str(done["warnings"])
        # And back, into the project that is there from before.
        assert self.moved(account, REGION)["writes"] == ["Sls:AnalyzeAppLog"]

    def test_a_foreign_project_of_the_other_region_is_not_taken(self, account):
        account.run("log_audit", **{**AUDIT, "central_region": "cn-shanghai"})  # without tags
        account.run("log_audit", state="absent")
        account.run("log_audit", **AUDIT, deployment=DEPLOYMENT)
        for check in (True, False):
            done = account.run("log_audit", check=check, central_region="cn-shanghai", deployment=DEPLOYMENT)
            assert done["msg"].startswith(f"central_region: project {SHANGHAI} exists, and does not carry the tag managed-by"), done
            assert done["writes"] == []
        assert self.moved(account, "cn-shanghai", adopt=True)["log_audit"]["central_region"] == "cn-shanghai"

    def test_the_region_of_the_endpoints_changes_nothing(self, account):
        account.run("log_audit", **AUDIT)
        done = account.run("log_audit", region="us-west-1")
        assert not done["changed"] and done["log_audit"]["central_region"] == REGION

    def test_none(self, account):
        done = refusal(account, region=None)
        assert done["msg"] == "No region is given: set region, or ALIBABA_CLOUD_REGION_ID in the environment"

    def test_without_log_audit(self, account):
        done = refusal(account, central_region="us-west-1")
        assert done["msg"].startswith("central_region: Log Audit has no central project in us-west-1")
        assert done["calls"] == []
        done = refusal(account, region="us-west-1")
        assert done["msg"].startswith("central_region, region: Log Audit has no central project in us-west-1")


class TestDirectory:
    ALL = {"central_region": REGION, "mode": "resource_directory", "products": EVENTS}

    @pytest.fixture(autouse=True)
    def members(self, alibaba):
        alibaba.cloud.account(MEMBER)
        alibaba.cloud.account(OTHER)

    def test_all_members(self, account, alibaba):
        done = three_times(account, **self.ALL)
        assert json.loads(stored(alibaba)["resource_directory"]) == {"type": "all", "multi_account": []}
        assert done["log_audit"]["mode"] == "resource_directory" and done["log_audit"]["directory_accounts"] == "all"

    def test_some_members(self, account, alibaba):
        done = three_times(account, **self.ALL, accounts=[MEMBER])
        assert json.loads(stored(alibaba)["resource_directory"]) == {"type": "custom", "multi_account": [MEMBER]}
        assert "multi_account" not in stored(alibaba)
        assert done["log_audit"]["directory_accounts"] == "custom"
        assert three_times(account, accounts=[OTHER])["log_audit"]["accounts"] == [MEMBER, OTHER]
        assert three_times(account, remove_accounts=[MEMBER])["log_audit"]["accounts"] == [OTHER]

    def test_a_delegated_administrator(self, alibaba):
        alibaba.cloud.directory.delegations.preset((LOG_AUDIT, MEMBER), Delegation(MEMBER, LOG_AUDIT, 0))
        three_times(Account(alibaba, alibaba.credential(MEMBER)), **self.ALL)

    def test_from_some_to_all_and_back(self, account):
        account.run("log_audit", **self.ALL, accounts=[MEMBER])
        assert three_times(account, directory_accounts="all")["log_audit"]["accounts"] == []
        stays = account.run("log_audit", directory_accounts="custom", accounts=[OTHER])
        assert not stays["changed"] and stays["retained_accounts"] == ["all"]
        some = three_times(account, directory_accounts="custom", accounts=[OTHER], remove_accounts=["all"])
        assert some["log_audit"]["accounts"] == [OTHER] and some["retained_accounts"] == []

    def test_from_single_accounts(self, account, alibaba):
        account.run("log_audit", **AUDIT)
        done = three_times(account, mode="resource_directory", directory_accounts="custom")
        assert done["log_audit"]["accounts"] == [MEMBER] and "multi_account" not in stored(alibaba)

    def test_from_single_accounts_to_all(self, account):
        account.run("log_audit", **AUDIT)
        assert three_times(account, mode="resource_directory")["log_audit"]["accounts"] == []

    def test_to_single_accounts_it_is_refused(self, account):
        account.run("log_audit", **self.ALL)
        done = refusal(account, mode="custom", accounts=[MEMBER])
        assert done["msg"].startswith("mode: ") and "clear_directory: true" in done["msg"] and done["calls"] == LOOK
        assert refusal(account, check=True, mode="custom")["msg"] == done["msg"]

    def test_to_single_accounts_in_two_steps(self, account):
        account.run("log_audit", **self.ALL)
        done = three_times(account, mode="custom", accounts=[MEMBER], clear_directory=True)
        assert done["writes"] == ["Sls:AnalyzeAppLog", "Sls:AnalyzeAppLog"]
        assert done["log_audit"]["accounts"] == [MEMBER] and done["log_audit"]["directory_accounts"] is None
        assert done["log_audit"]["products"]["actiontrail"].items() >= EVENTS["actiontrail"].items()

    def test_to_no_accounts_in_one_step(self, account):
        account.run("log_audit", **self.ALL)
        assert three_times(account, mode="custom", clear_directory=True)["writes"] == ["Sls:AnalyzeAppLog"]

    def test_from_some_members_to_single_accounts(self, account):
        account.run("log_audit", **self.ALL, accounts=[MEMBER])
        done = three_times(account, mode="custom", accounts=[ALONE], clear_directory=True)
        assert done["log_audit"]["accounts"] == [MEMBER, ALONE]

    def test_all_and_some_contradict(self, account):
        done = refusal(account, **self.ALL, directory_accounts="all", accounts=[MEMBER])
        assert done["msg"].startswith("directory_accounts: with all, do not list accounts") and not done["calls"]
        account.run("log_audit", **self.ALL)
        for options in ({"accounts": [MEMBER]}, {"remove_accounts": [MEMBER]}):
            assert "set directory_accounts: custom" in refusal(account, **options)["msg"]

    def test_some_are_not_none(self, account):
        account.run("log_audit", **self.ALL, accounts=[MEMBER])
        assert "no member of the resource directory would be left" in refusal(account, remove_accounts=[MEMBER])["msg"]

    def test_outside_a_directory(self, alone):
        for accounts in (None, [MEMBER]):
            done = refusal(alone, **self.ALL, accounts=accounts)
            assert done["msg"].startswith("Could not use Resource Directory mode, which needs the management account "
                                          "of a resource directory or a delegated administrator of Log Audit, ")
            assert ": AnalyzeAppLog: NoPermission: " in done["msg"] and "(request id " in done["msg"]
            assert done["error"]["code"] == "NoPermission" and done["error"]["request_id"]

    def test_a_member_without_delegation(self, alibaba):
        assert refusal(Account(alibaba, alibaba.credential(MEMBER)), **self.ALL)["error"]["code"] == "NoPermission"

    def test_an_account_that_is_no_member(self, account, alone):
        done = refusal(account, **self.ALL, accounts=[alone.account_id])
        assert done["error"]["code"] == "InvalidParameter" and ALONE in done["msg"]


class TestOwner:
    """Whose Log Audit Service is: the tags of its central project."""

    OWNED = {"deployment": DEPLOYMENT}

    def tags(self, account):
        return account.run("log_audit_info", **self.OWNED)["log_audit"]["tags"]

    def test_a_new_one_is_tagged(self, account):
        plan = account.run("log_audit", check=True, **AUDIT, **self.OWNED)
        done = account.run("log_audit", **AUDIT, **self.OWNED)
        assert said(plan) == said(done) and done["diff"]["after"]["tags"] == OURS == self.tags(account)
        again = account.run("log_audit", **AUDIT, **self.OWNED)
        assert not again["changed"] and again["calls"] == [*LOOK, "Sls:ListTagResources"]

    @pytest.mark.parametrize("state", ["present", "absent"])
    def test_one_of_somebody_else(self, account, state):
        account.run("log_audit", **AUDIT)
        done = account.run("log_audit", state=state, accounts=[OTHER], **self.OWNED)
        if state == "present":
            assert done["failed"] and "does not carry the tag managed-by" in done["msg"] and "adopt" in done["msg"]
        else:
            assert not done["changed"] and "does not carry the tag managed-by" in done["retained"]
        assert done["writes"] == []

    def test_adoption_changes_nothing_else(self, account, alibaba):
        account.run("log_audit", **{**AUDIT, "products": {"actiontrail": {"enabled": True, "ttl": 3650}}})
        before = stored(alibaba)
        done = account.run("log_audit", products={"actiontrail": {"enabled": True}}, adopt=True, **self.OWNED)
        assert done["changed"] and stored(alibaba) == before and self.tags(account) == OURS
        assert not account.run("log_audit", **self.OWNED)["changed"]

    def test_one_that_collects_nothing(self, account):
        account.run("log_audit", **AUDIT)
        account.run("log_audit", state="absent")
        assert account.run("log_audit", **AUDIT, **self.OWNED)["changed"]
        assert self.tags(account) == OURS

    def test_one_of_another_deployment(self, account):
        """It is not adopted either; if it is this one under an earlier name, it gets the new name."""
        account.run("log_audit", **AUDIT, deployment="earlier")
        reason = "belongs to the deployment earlier (tag audit-logs-deployment)"
        for state in ("present", "absent"):
            done = account.run("log_audit", **AUDIT, state=state, adopt=True, **self.OWNED)
            assert f"{reason}: choose another name, or if that is an earlier name" in done["msg"] if state == "present" else (
                reason in done["retained"])
            assert done["writes"] == []
        assert account.run("log_audit_info", **self.OWNED)["log_audit"]["foreign"] == reason
        renamed = {"previous_deployments": ["earlier"], **self.OWNED}
        assert account.run("log_audit_info", **renamed)["log_audit"]["foreign"] is None
        done = account.run("log_audit", **AUDIT, **renamed)
        assert done["writes"] == ["Sls:TagResources"] and self.tags(account) == OURS


class TestAbsent:
    def test_all_is_off(self, account, alibaba):
        account.run("log_audit", **AUDIT)
        account.run("log_audit", products={
            "rds": {"enabled": True}, "sas": {"login": True}, "oss_sync": {"enabled": True, "ttl": 10},
        })
        done = three_times(account, state="absent")
        assert done["calls"] == CHANGE
        assert done["log_audit"]["exists"] and done["log_audit"]["accounts"] == []
        assert done["diff"]["after"]["products"]["actiontrail"] == {"enabled": False, "ttl": 365}
        assert {value for name, value in stored(alibaba).items() if name.endswith("_enabled")} == {"false"}
        assert "multi_account" not in stored(alibaba)
        assert alibaba.cloud.sls.projects.get(CENTRAL) and alibaba.cloud.sls.logstores.get((CENTRAL, "actiontrail_log"))

    def test_of_a_directory(self, account, alibaba):
        account.run("log_audit", **TestDirectory.ALL)
        done = three_times(account, state="absent")
        assert done["log_audit"]["mode"] == "custom" and "resource_directory" not in stored(alibaba)
        account.run("log_audit", **AUDIT)
        assert account.run("log_audit_info")["log_audit"]["accounts"] == [MEMBER]

    def test_and_back(self, account, alibaba):
        account.run("log_audit", **AUDIT)
        before = stored(alibaba)
        account.run("log_audit", state="absent")
        account.run("log_audit", **AUDIT)
        assert stored(alibaba) == before

    def test_there_was_nothing(self, account, alibaba):
        for check in (True, False):
            done = account.run("log_audit", check=check, state="absent")
            assert not done["changed"] and done["calls"] == LOOK and not done["log_audit"]["exists"]
            assert done["diff"] == {"before": {}, "after": {}}
        assert stored(alibaba) is None


class TestInfo:
    def test_nothing(self, account):
        done = account.run("log_audit_info")
        assert done["calls"] == LOOK and not done["changed"]
        assert done["log_audit"]["exists"] is False and done["log_audit"]["accounts"] == []

    def test_it_says_what_the_module_says(self, account):
        created = account.run("log_audit", **AUDIT)["log_audit"]
        done = account.run("log_audit_info", check=True)
        assert done["log_audit"].pop("logstores")["actiontrail"] == "actiontrail_log"
        assert done["calls"] == LOOK and done["log_audit"] == created

    def test_an_answer_that_is_no_json(self, account, alibaba):
        account.run("log_audit", **AUDIT)
        store(alibaba, multi_account="[")
        for module in ("log_audit", "log_audit_info"):
            done = account.run(module)
            assert done["msg"].startswith("DescribeApp: the module cannot read the response about audit: ")
            assert done["failed"] and done["writes"] == []


class TestBadArguments:
    @pytest.mark.parametrize(("options", "sentence"), [
        ({"accounts": ["12e4"]}, "accounts: account id '12e4' is not a string of digits: write it in quotes, with all its digits"),
        ({"accounts": ["123456789012345x"]}, "accounts: account id '123456789012345x' is not a string of digits"),
        ({"remove_accounts": ["x"]}, "remove_accounts: account id 'x' is not a string of digits"),
        ({"account_id": "my account"}, "account_id: account id 'my account' is not a string of digits"),
        ({"accounts": [MEMBER], "remove_accounts": [MEMBER]}, f"accounts, remove_accounts: {MEMBER} is in both"),
        ({"purge_accounts": True}, "purge_accounts is True but all of the following are missing: accounts"),
        ({"mode": "custom", "directory_accounts": "all"}, "directory_accounts is only for mode: resource_directory"),
        ({"display_name": ""}, "display_name: use 1 to 128 characters"),
        ({"mode": "all"}, "value of mode must be one of: custom, resource_directory, got: all"),
        ({"products": {"Action Trail": {}}}, "products: 'Action Trail' is not the name of a product: use lower-case letters"),
        ({"products": {"rds": {"TTL": 3}}}, "products.rds: 'TTL' is not the name of a setting: use lower-case letters"),
        ({"products": {"rds": {"slow_enabled": True}}}, "products.rds.slow_enabled: write it as products.rds_slow.enabled"),
        ({"products": {"rds_audit": {"policy_setting": []}}}, "products.rds_audit.policy_setting: write it as products.rds.policy_setting"),
        ({"products": {"quantum": {"log_ttl": 3}}}, "products.quantum.log_ttl: write it as products.quantum_log.ttl"),
        ({"products": {"multi": {"account": 3}}}, "products.multi.account: multi_account is not a setting of a product: use the option"),
        ({"products": {"rds": True}}, "products.rds: write a dictionary, such as {enabled: true, ttl: 180}"),
        ({"products": {"rds": {"days": None}}}, "products.rds.days: null is not text, a number, a boolean, a list or a dictionary"),
        ({"products": {"rds": {"ti_enabled": 2}}}, "products.rds.ti_enabled: 2 is not true or false"),
        ({"products": {"rds": {"policy_setting": "[]"}}}, "products.rds.policy_setting: '[]' is not a list, as log_audit_info returns it"),
        ({"products": {"quantum": {"ttl": 9999}}}, "products.quantum.ttl: 9999 is not a number of days from 1 to 3650"),
        ({"drop_console_settings": [""]}, "drop_console_settings: '' is not a key of the settings: use lower-case letters"),
        ({"drop_console_settings": ["rds_ttl"]}, "drop_console_settings: rds_ttl is not a setting of the console. Give only keys"),
        ({"drop_console_settings": ["aliuid"]}, "drop_console_settings: aliuid is not a setting of the console. Give only keys"),
        ({"drop_console_settings": ["multi_account"]}, "drop_console_settings: multi_account is not a setting of the console"),
        ({"drop_console_settings": ["quantum_ttl"], "products": {"quantum": {"ttl": 3}}},
         "products, drop_console_settings: quantum_ttl is in both"),
        ({"products": {"rds": {"ttl": 0}}}, "products.rds.ttl: 0 is not a number of days from 1 to 3650"),
        ({"products": {"rds": {"ttl": "a year"}}}, "products.rds.ttl: 'a year' is not a number of days from 1 to 3650"),
        ({"products": {"rds": {"enabled": "maybe"}}}, "products.rds.enabled: 'maybe' is not true or false"),
        ({"products": {"rds": {"collection_policy": 3}}}, "products.rds.collection_policy: 3 is not text"),
        ({"products": {"sas": {"enabled": 3}}}, "products.sas."),
    ])
    def test_are_refused_before_any_call(self, account, options, sentence):
        done = refusal(account, **options)
        assert done["msg"].startswith(sentence) and done["calls"] == []

    def test_the_wrong_account(self, account):
        done = refusal(account, **AUDIT, account_id=OTHER)
        assert done["error"]["code"] == "InvalidParameter" and "aliuid" in done["msg"]
        account.run("log_audit", **AUDIT)
        done = refusal(account, accounts=[OTHER], account_id=MEMBER)
        assert done["msg"] == f"account_id: these credentials belong to account {MANAGEMENT}, not to {MEMBER}"


class TestRefusals:
    def test_who_may_do_nothing(self, account):
        account.run("ram_role", name="powerless", trusted_accounts=[MANAGEMENT])
        role = {"role_arn": f"acs:ram::{MANAGEMENT}:role/powerless"}
        for module in ("log_audit", "log_audit_info"):
            done = account.run(module, assume_role=role)
            assert done["failed"] and ": DescribeApp: " in done["msg"] and "(request id " in done["msg"]
            assert done["error"]["code"].startswith(("NoPermission", "Unauthorized", "Forbidden"))

    def test_who_may_only_look(self, account):
        account.run("ram_role", name="reader", trusted_accounts=[MANAGEMENT],
                    policies=[{"name": "ReadOnlyAccess", "type": "system"}])
        role = {"role_arn": f"acs:ram::{MANAGEMENT}:role/reader"}
        done = refusal(account, assume_role=role, **AUDIT)
        assert done["msg"].startswith("Could not create Log Audit's application audit: AnalyzeAppLog: ")

    def test_a_project_of_another_account(self, account, alone):
        alone.clients.sls.create_project(sls.CreateProjectRequest(project_name=CENTRAL, description="mine"))
        done = refusal(account, **AUDIT)
        assert done["error"]["code"] == "ProjectAlreadyExist" and CENTRAL in done["msg"]


class TestBadDays:
    @pytest.mark.sample(1)
    @pytest.mark.parametrize("seed", range(4))
    def test_it_converges(self, account, alibaba, waiting, seed):
        alibaba.bad_days(*BAD_DAYS, seed=seed)
        assert not account.run("log_audit", **AUDIT).get("failed")
        assert not account.run("log_audit", **AUDIT, account_id=MANAGEMENT).get("failed")
        alibaba.cloud.clock.advance(3)
        done = account.run("log_audit", accounts=[OTHER])
        assert done["changed"]
        alibaba.cloud.clock.advance(3)
        assert not account.run("log_audit", **AUDIT)["changed"]
        assert json.loads(stored(alibaba)["multi_account"]) == [{"uid": MEMBER}, {"uid": OTHER}]
        account.run("log_audit", state="absent")
        alibaba.cloud.clock.advance(3)
        assert not account.run("log_audit", state="absent")["changed"]
        assert waiting.waited() < 300

    def test_it_ends_when_the_change_is_seen(self, account, alibaba, waiting):
        alibaba.bad_days(Fault(behind=3))
        done = account.run("log_audit", **AUDIT)
        assert done["calls"].count("Sls:AnalyzeAppLog") == 1 and done["calls"][-1] == "Sls:DescribeApp"
        assert waiting.waited() < 12


def test_new_central_project_is_forbidden_for_a_while(account, waiting, monkeypatch):
    really, written = Cloud.call, []

    def call(self, product, operation, *path, **parameters):
        body = really(self, product, operation, *path, **parameters)
        written.extend([waiting.waited()] if operation == "AnalyzeAppLog" else [])
        if operation in ("ListTagResources", "TagResources") and written and waiting.waited() < written[0] + 100:
            raise CloudError(operation, "ProjectForbidden", "The project is forbidden.", "id", 403)
        return body

    monkeypatch.setattr(Cloud, "call", call)
    done = account.run("log_audit", products={"actiontrail": {"enabled": True}}, deployment=DEPLOYMENT)
    assert done["changed"], done
    monkeypatch.undo()
    assert not account.run("log_audit", products={"actiontrail": {"enabled": True}}, deployment=DEPLOYMENT)["changed"]


@pytest.mark.parametrize("is_switched_off", [False, True])
@pytest.mark.parametrize("kind, action, occurrence", [
    (Kind.RESET, "ListTagResources", 1), (Kind.ERROR, "DescribeApp", 2), (Kind.EMPTY, "AnalyzeAppLog", 1),
    (Kind.ERROR, "AnalyzeAppLog", 1), (Kind.HTML, "TagResources", 1)])
def test_a_setup_that_fails_does_not_make_the_next_one_take_it_for_foreign(
        account, alibaba, waiting, kind, action, occurrence, is_switched_off):
    if is_switched_off:
        account.run("log_audit", **AUDIT)
        account.run("log_audit", state="absent")
    calls = [call for call in account.run("log_audit", check=True, **AUDIT, deployment=DEPLOYMENT)["calls"] if call.endswith(f":{action}")]
    alibaba.faults.set(WireFault(kind, MANAGEMENT, "Sls", action, max(occurrence, len(calls) + 1), is_lasting=True))
    assert action in account.run("log_audit", **AUDIT, deployment=DEPLOYMENT)["msg"]
    assert alibaba.faults.taken
    alibaba.faults.set()
    account.run("log_audit", **AUDIT, deployment=DEPLOYMENT)
    assert not account.run("log_audit", **AUDIT, deployment=DEPLOYMENT)["changed"]
