# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Projects and logstores of SLS: what the modules say, what they do, what they call."""
from __future__ import annotations

import datetime
import json
import time

import pytest
from helpers.alibaba.modules import DEPLOYMENT, OURS, Account, without_waiting
from helpers.alibaba.sls_modules import (
    ALONE, BAD_DAYS, IN_PROJECT, LOGSTORE, MANAGEMENT, MEMBER, PROJECT, REGION, STORE, everything, refusal, three_times,
    without_power,
)
from alibabacloud_sls20201230 import models
from aliyun.log import LogItem, PutLogsRequest
from clouds.alibaba import Fault
from clouds.alibaba.sls.log_data import append, logs_of
from clouds.alibaba.sls.matching import LogEntry
from clouds.alibaba.sls.provision import ensure_logstore
from clouds.alibaba.sls.state import Index

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.client import Cloud
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.errors import CloudError

READ = ["Sls:GetProject"]
READS = [*READ, "Sls:ListTagResources"]
READ_STORE = ["Sls:GetLogStore"]
AUDIT_LOGS = "actiontrail_audit-logs"
OPTIONS = {
    "name": PROJECT, "description": "For audit logs", "data_redundancy_type": "ZRS", "resource_group_id": "rg-1",
    "tags": OURS,
}
NEW_STORE = {
    "ttl": 30, "hot_ttl": 30, "infrequent_access_ttl": None, "shard_count": 2, "auto_split": False,
    "max_split_shard": 64, "append_meta": False, "enable_tracking": False, "mode": "standard",
    "telemetry_type": "None", "encrypt_conf": {"enable": False},
}
KEY = {"cmk_key_id": "key-1", "arn": "acs:ram::1000000000000001:role/r", "region_id": REGION}


@pytest.fixture(name="account")
def fixture_account(alibaba):
    """The management account."""
    return Account(alibaba)


@pytest.fixture(name="stranger")
def fixture_stranger(alibaba):
    """An account that has nothing to do with ours."""
    alibaba.add_account(ALONE, member=False)
    return Account(alibaba, alibaba.credential(ALONE))


@pytest.fixture(name="waiting")
def fixture_waiting(monkeypatch, alibaba):
    """Waiting takes no time."""
    return without_waiting(monkeypatch, alibaba)


def write(account, *texts):
    """Write logs into the logstore."""
    for text in texts:
        account.clients.log().put_logs(PutLogsRequest(
            PROJECT, LOGSTORE, "", "", [LogItem(int(time.time()), contents=[("text", text)])]))


class TestProject:
    def test_create(self, account):
        done = three_times(account, "sls_project", READS, **OPTIONS)
        assert done["calls"] == ["Sls:GetProject", "Sls:CreateProject", "Sls:GetProject", "Sls:TagResources"]
        assert done["diff"] == {"before": {}, "after": {
            "description": "For audit logs", "data_redundancy_type": "ZRS", "resource_group_id": "rg-1", "tags": OURS,
        }}
        assert done["project"]["arn"] == f"acs:log:{REGION}:{account.account_id}:project/{PROJECT}"
        assert (done["project"]["account_id"], done["project"]["region"]) == (MANAGEMENT, REGION)
        assert account.run("sls_project", **OPTIONS)["project"] == done["project"]
        found = account.clients.sls.get_project(PROJECT, models.GetProjectRequest()).body
        assert (found.description, found.data_redundancy_type, found.resource_group_id) == (
            "For audit logs", "ZRS", "rg-1")

    def test_only_what_is_said(self, account):
        three_times(account, "sls_project", READ, name=PROJECT)
        done = account.run("sls_project", name=PROJECT)
        assert (done["project"]["description"], done["project"]["data_redundancy_type"]) == ("", "LRS")

    def test_the_tags_of_the_deployment_are_put_on_a_new_one(self, account):
        done = three_times(account, "sls_project", READS, name=PROJECT, deployment=DEPLOYMENT)
        assert done["project"]["tags"] == OURS

    def test_change(self, account):
        account.run("sls_project", **OPTIONS)
        changed = {"name": PROJECT, "description": "", "resource_group_id": "rg-2", "tags": {"team": "audit"}}
        done = three_times(account, "sls_project", READS, **changed)
        assert done["writes"] == [
            "Sls:UpdateProject", "Sls:ChangeResourceGroup", "Sls:UntagResources", "Sls:TagResources"]
        assert done["diff"]["before"]["tags"] == OURS and done["diff"]["after"]["tags"] == {"team": "audit"}
        assert done["project"]["data_redundancy_type"] == "ZRS"

    def test_what_is_not_said_stays(self, account):
        account.run("sls_project", **OPTIONS)
        done = three_times(account, "sls_project", READ, name=PROJECT, description="new")
        assert done["writes"] == ["Sls:UpdateProject"]
        done = account.run("sls_project", name=PROJECT, tags={"team": "audit"}, purge_tags=False)
        assert done["writes"] == ["Sls:TagResources"]
        assert done["project"]["tags"] == {**OURS, "team": "audit"}
        done = account.run("sls_project", name=PROJECT, tags={}, deployment=DEPLOYMENT)
        assert done["project"]["tags"] == OURS and done["writes"] == ["Sls:UntagResources"]

    def test_delete(self, account):
        account.run("sls_project", **OPTIONS)
        done = three_times(account, "sls_project", READ, name=PROJECT, state="absent")
        assert done["calls"] == ["Sls:GetProject", "Sls:ListLogStores", "Sls:DeleteProject"]
        assert done["project"] is None and done["diff"]["after"] == {}

    def test_delete_one_with_logstores(self, account):
        account.run("sls_project", **OPTIONS)
        account.run("sls_logstore", **STORE)
        done = refusal(account, "sls_project", name=PROJECT, state="absent")
        assert done["msg"] == ("The project some-project has 1 logstores, which would be deleted with all "
                               "their logs. To delete them, set force: true")
        done = three_times(account, "sls_project", READ, name=PROJECT, state="absent", force=True)
        assert done["calls"] == ["Sls:GetProject", "Sls:ListLogStores", "Sls:GetHistograms", "Sls:DeleteProject"]
        assert everything(account)[:2] == [[], []]

    def test_in_another_region(self, account):
        account.run("sls_project", name=PROJECT, region="cn-shanghai")
        assert account.run("sls_project_info", region="cn-shanghai")["projects"][0]["region"] == "cn-shanghai"
        done = account.run("sls_project", name=PROJECT, state="absent")
        assert not done["changed"] and everything(account)[0]


class TestOtherLogstores:
    """With a list of logstores, a project that has others is retained."""

    @pytest.mark.parametrize("names, gone", [(["even*"], True), (["events"], True), (["others", "event"], False), ([], False)])
    def test_delete(self, account, names, gone):
        account.run("sls_project", **OPTIONS)
        account.run("sls_logstore", **STORE)
        account.run("sls_logstore", **{**STORE, "name": "internal-operation_log"})
        options = {"name": PROJECT, "state": "absent", "force": True, "logstores": names}
        plan = account.run("sls_project", check=True, **options)
        done = account.run("sls_project", **options)
        assert plan["changed"] is done["changed"] is gone and bool(everything(account)[0]) is not gone
        if not gone:
            assert done["retained"].startswith(f"The project {PROJECT} has foreign logstores: {LOGSTORE}. If their logs may be deleted, ")


def deliver(account, *accounts, logstore=AUDIT_LOGS, hours=0, index=True):
    """Events of accounts, as ActionTrail delivers them, some hours ago."""
    cloud = account.alibaba.cloud
    with cloud.lock:
        ensure_logstore(cloud, PROJECT, logstore, 3650, index)
        when = int(time.time() - hours * 3600)
        append(cloud, PROJECT, logstore, [
            LogEntry(when, "actiontrail_audit_event", "", {"event": json.dumps({"recipientAccountId": one})}) for one in accounts])
    return datetime.datetime.fromtimestamp(when, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class TestAnnounced:
    """Before logs are deleted, their amount and age are returned."""

    DELETE = {"name": PROJECT, "state": "absent", "force": True}

    @pytest.fixture(autouse=True)
    def project(self, account):
        account.run("sls_project", **OPTIONS)

    def announced(self, account):
        """In check mode and for real; the calls of the latter."""
        plan = account.run("sls_project", check=True, **self.DELETE)
        done = account.run("sls_project", **self.DELETE)
        assert plan["announced"] == done["announced"] and done["changed"]
        return done["announced"], done["calls"]

    def test_nothing_to_delete(self, account):
        assert self.announced(account)[0] == [] == account.run("sls_project", **self.DELETE)["announced"]

    def test_logs(self, account):
        oldest = deliver(account, *[MEMBER] * 3, hours=50)
        deliver(account, MEMBER, hours=30)
        newest = deliver(account, ALONE, logstore="actiontrail_renamed", hours=2)
        account.run("sls_logstore", **{**STORE, "name": "internal-operation_log"})
        said, calls = self.announced(account)
        assert said == [f"project {PROJECT} with 5 logs from {oldest[:10]} to {newest[:10]} in actiontrail_audit-logs, actiontrail_renamed"]
        assert calls == ["Sls:GetProject", "Sls:ListLogStores", *["Sls:GetHistograms", "Sls:GetLogsV2", "Sls:GetLogsV2"] * 2, "Sls:DeleteProject"]

    def test_logs_without_an_index(self, account):
        deliver(account, MEMBER, index=False)
        deliver(account, MEMBER, logstore="actiontrail_renamed")
        assert f"project {PROJECT} with at least 1 log from " in self.announced(account)[0][0]

    def test_many_logstores(self, account):
        for number in range(21):
            deliver(account, MEMBER, logstore=f"store-{number:02}")
        said, calls = self.announced(account)
        assert said[0].startswith(f"project {PROJECT} with at least 20 logs") and said[0].endswith(" in store-00, store-01, store-02 and 18 more")
        assert calls.count("Sls:GetHistograms") == 20

    def test_a_project_that_stays(self, account):
        deliver(account, MEMBER)
        assert account.run("sls_project", **self.DELETE, logstores=[])["announced"] == []


class TestDestroyedAccounts:
    """A project stays if an account that is not destroyed has delivered to it within the last day."""

    DELETE = {"name": PROJECT, "state": "absent", "force": True, "logstores": [AUDIT_LOGS, "actiontrail_renamed"]}
    SEARCHED = [*READ, "Sls:ListLogStores", "Sls:GetLogsV2"]

    @pytest.fixture(autouse=True)
    def project(self, account):
        account.run("sls_project", **OPTIONS)

    def retained(self, account, *destroyed, **options):
        """Why the project is retained, in check mode too; None if it is deleted."""
        asked = {**self.DELETE, "destroyed_accounts": list(destroyed), **options}
        plan = account.run("sls_project", check=True, **asked)
        done = account.run("sls_project", **asked)
        assert plan["changed"] is done["changed"] is ("retained" not in done) and plan.get("retained") == done.get("retained"), done
        assert bool(everything(account)[0]) is ("retained" in done)
        return done.get("retained")

    def test_an_account_that_goes_on(self, account):
        deliver(account, ALONE, hours=3)
        when = deliver(account, ALONE, hours=1)
        deliver(account, MEMBER)
        said = self.retained(account, MEMBER)
        assert said.startswith(f"The project {PROJECT} has logs of account {ALONE} of {when} in logstore {AUDIT_LOGS}, and this run does not"), said
        assert account.run("sls_project", **self.DELETE, destroyed_accounts=[MEMBER])["calls"] == self.SEARCHED
        assert self.retained(account, MEMBER, ALONE) is None

    def test_no_account_is_destroyed(self, account):
        deliver(account, MEMBER)
        assert f"of account {MEMBER} of" in self.retained(account)

    def test_an_account_that_stopped_a_day_ago(self, account):
        deliver(account, ALONE, hours=25)
        assert self.retained(account, MEMBER) is None

    def test_another_logstore_of_the_list(self, account):
        deliver(account, MEMBER)
        deliver(account, ALONE, logstore="actiontrail_renamed")
        assert "in logstore actiontrail_renamed, and this run" in self.retained(account, MEMBER)

    def test_a_logstore_without_index(self, account):
        deliver(account, MEMBER, index=False)
        assert f"has logstore {AUDIT_LOGS}. This run cannot" in (said := self.retained(account, MEMBER)) and "IndexConfigNotExist" in said

    def test_an_index_without_the_field(self, account):
        deliver(account, MEMBER)
        with account.alibaba.cloud.lock:
            account.alibaba.cloud.sls.indexes.put((PROJECT, AUDIT_LOGS), Index({}, {"token": [" "]}, time.time()))
        assert "key (event.recipientAccountId) is not config" in self.retained(account, MEMBER)

    def test_a_search_that_is_refused(self, account):
        deliver(account, MEMBER)
        denied = {"Version": "1", "Statement": [
            {"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "log:GetLogStoreLogs", "Resource": "*"},
        ]}
        account.run("ram_policy", name="no-search", document=denied)
        account.run("ram_role", name="no-search", trusted_accounts=[account.account_id], policies=[{"name": "no-search", "type": "custom"}])
        role = {"role_arn": f"acs:ram::{account.account_id}:role/no-search"}
        session = account.run("alibaba_session", gives_secrets=True, assume_role=role)["connection"]
        assert "cannot search it for events" in (said := self.retained(account, MEMBER, **session)) and "Unauthorized" in said

    def test_more_accounts_than_a_search_takes(self, account):
        others = [str(2 * 10**15 + number) for number in range(40)]
        deliver(account, others[-1])
        assert f"of account {others[-1]} of" in (said := self.retained(account, *others)) and "run destroy again a day later" in said
        deliver(account, ALONE)
        assert f"of account {ALONE} of" in self.retained(account, *others)

    @pytest.mark.parametrize("options, sentence", [
        ({"logstores": None}, "destroyed_accounts: also give logstores"), ({"destroyed_accounts": ["x"]}, "destroyed_accounts: "),
    ])
    def test_bad_options(self, account, options, sentence):
        done = refusal(account, "sls_project", **{**self.DELETE, "destroyed_accounts": [MEMBER], **options})
        assert done["msg"].startswith(sentence) and done["calls"] == []


class TestOwnership:
    def test_one_without_the_tag_is_refused_and_retained(self, account, waiting):
        account.run("sls_project", name=PROJECT)
        account.run("sls_logstore", **STORE)
        done = refusal(account, "sls_project", name=PROJECT, description="new", deployment=DEPLOYMENT)
        assert done["msg"].startswith("The project some-project exists, and does not carry the tag managed-by: ")
        assert "adopt it" in done["msg"]
        done = account.run("sls_project", name=PROJECT, state="absent", force=True, deployment=DEPLOYMENT)
        assert not done["changed"] and done["project"]["name"] == PROJECT
        assert done["retained"].startswith("The project some-project does not carry the tag managed-by: ")
        assert waiting.waited() < 40 and everything(account)[0]

    def test_one_that_was_never_tagged(self, account, waiting):
        """As a run leaves it that was killed: without any tag, and empty."""
        account.run("sls_project", name=PROJECT, tags={"team": "theirs"})
        done = refusal(account, "sls_project", name=PROJECT, tags=OURS, deployment=DEPLOYMENT)
        assert "does not carry the tag" in done["msg"]
        account.run("sls_project", name=PROJECT, tags={})
        retained = account.run("sls_project", name=PROJECT, state="absent", deployment=DEPLOYMENT)
        assert not retained["changed"] and waiting.waited() < 40
        done = account.run("sls_project", name=PROJECT, tags=OURS, deployment=DEPLOYMENT)
        assert done["writes"] == ["Sls:TagResources"]

    def test_adopt(self, account):
        account.run("sls_project", name=PROJECT)
        assert account.run("sls_project", name=PROJECT, tags=OURS)["writes"] == ["Sls:TagResources"]
        three_times(account, "sls_project", READ, name=PROJECT, deployment=DEPLOYMENT, state="absent")

    def test_one_of_another_deployment(self, account, waiting):
        """It is not adopted; one with an earlier name of the deployment gets the new name."""
        account.run("sls_project", name=PROJECT, deployment="theirs")
        reason = "belongs to the deployment theirs (tag audit-logs-deployment)"
        for more in ({}, {"adopt": True}):
            done = refusal(account, "sls_project", name=PROJECT, deployment=DEPLOYMENT, **more)
            assert f"exists, and {reason}: choose another name, or if that is an earlier name" in done["msg"]
            done = account.run("sls_project", name=PROJECT, state="absent", force=True, deployment=DEPLOYMENT, **more)
            assert done["retained"] == f"The project {PROJECT} {reason}." and done["writes"] == []
        assert waiting.waited() == 0
        renamed = {"name": PROJECT, "deployment": DEPLOYMENT, "previous_deployments": ["theirs"]}
        done = three_times(account, "sls_project", READS, **renamed)
        assert done["writes"] == ["Sls:TagResources"] and done["project"]["tags"] == OURS
        account.run("sls_project", name=PROJECT, tags={"audit-logs-deployment": "theirs"}, purge_tags=False)
        assert account.run("sls_project", **renamed, state="absent", force=True)["changed"]

    def test_a_tag_that_is_seen_later(self, account, waiting):
        account.run("sls_project", name=PROJECT)
        account.alibaba.bad_days(Fault(behind=3, action="ListTagResources"), seed=1)
        for number in range(5):
            account.run("sls_project", name=PROJECT, tags={**OURS, "number": str(number)})
            done = account.run("sls_project", name=PROJECT, deployment=DEPLOYMENT)
            assert not done.get("failed") and not done["changed"], done


class TestNamesOfOthers:
    def test_in_the_same_region(self, account, stranger):
        stranger.run("sls_project", name=PROJECT)
        for state in ("present", "absent"):
            done = refusal(account, "sls_project", name=PROJECT, state=state, force=True)
            assert done["msg"].startswith("Could not read project some-project: GetProject: Unauthorized: ")
            assert "(request id " in done["msg"]
            assert "; names of projects are unique in Alibaba Cloud, across all accounts and regions. If this" in done["msg"]
            assert done["calls"] == READ
        done = account.run("sls_project_info", name=PROJECT)
        assert done["error"]["code"] == "Unauthorized"

    def test_in_another_region(self, account, stranger, waiting):
        stranger.run("sls_project", name=PROJECT, region="cn-shanghai")
        done = refusal(account, "sls_project", name=PROJECT)
        assert done["msg"].startswith("Could not create project some-project: CreateProject: ProjectAlreadyExist: ")
        assert "Otherwise choose another name" in done["msg"] and done["error"]["request_id"]
        assert waiting.waited() < 15

    def test_of_ours_in_another_region(self, account, waiting):
        account.run("sls_project", name=PROJECT, region="cn-shanghai")
        assert refusal(account, "sls_project", name=PROJECT)["error"]["code"] == "ProjectAlreadyExist"

    def test_an_attempt_that_failed_does_not_hide_it(self, account, stranger, waiting):
        stranger.run("sls_project", name=PROJECT, region="cn-shanghai")
        for seed in range(6):
            account.alibaba.bad_days(Fault(failed=0.5, action="CreateProject"), seed=seed)
            done = account.run("sls_project", name=PROJECT)
            assert done.get("failed"), done
        assert len(everything(account)[0]) == 1


class TestRefusals:
    @pytest.mark.parametrize(("options", "sentence"), [
        ({"name": "No-Capitals"}, "name: 'No-Capitals' is not the name of a project. Use 3 to 63 lower-case letters"),
        ({"name": "ab"}, "name: 'ab' is not the name of a project. Use 3 to 63"),
        ({"name": "abc-"}, "name: 'abc-' is not the name of a project. Use 3 to 63"),
        ({"description": "é" * 257}, "description: it has 514 bytes, but Simple Log Service allows 512"),
        ({"data_redundancy_type": "GRS"}, "value of data_redundancy_type must be one of: LRS, ZRS, got: GRS"),
        ({"resource_group_id": ""}, "resource_group_id: every project belongs to a resource group"),
        ({"tags": {"empty": ""}}, "tags: 'empty': a value has 1 to 128 characters"),
        ({"tags": {"long": "x" * 129}}, "tags: 'long': a value has 1 to 128 characters"),
        ({"tags": {"acs:x": "y"}}, "tags: 'acs:x': a key must not begin with aliyun or acs:"),
        ({"tags": {str(number): "x" for number in range(21)}}, "tags: 21 tags, including those of this collection, are too many"),
        ({"region": None}, "No region is given: set region"),
    ])
    def test_bad_arguments(self, account, options, sentence):
        done = refusal(account, "sls_project", **{"name": PROJECT, **options})
        assert done["msg"].startswith(sentence) and done["calls"] == []

    def test_redundancy_stays(self, account):
        account.run("sls_project", **OPTIONS)
        done = refusal(account, "sls_project", name=PROJECT, description="new", data_redundancy_type="LRS")
        assert done["msg"] == ("data_redundancy_type of a project cannot be changed, and the project some-project "
                               "has ZRS: leave the option out, or choose another name")
        assert done["calls"] == READ

    def test_too_many(self, account):
        for number in range(150):
            account.clients.sls.create_project(models.CreateProjectRequest(
                project_name=f"project-{number}", description=""))
        done = refusal(account, "sls_project", name=PROJECT)
        assert done["error"]["code"] == "ProjectQuotaExceed"
        assert done["calls"] == ["Sls:GetProject", "Sls:CreateProject"]

    @pytest.mark.parametrize("seconds, is_visible", [(100, True), (1000, False)])
    def test_new_project_is_forbidden_for_a_while(self, account, waiting, monkeypatch, seconds, is_visible):
        really, created = Cloud.call, []

        def call(self, product, operation, *path, **parameters):
            body = really(self, product, operation, *path, **parameters)
            created.extend([waiting.waited()] if operation == "CreateProject" else [])
            if operation in ("GetProject", "TagResources") and created and waiting.waited() < created[0] + seconds:
                raise CloudError(operation, "ProjectForbidden", "The project is forbidden.", "id", 403)
            return body

        monkeypatch.setattr(Cloud, "call", call)
        done = account.run("sls_project", **OPTIONS)
        if is_visible:
            assert done["changed"] and done["project"]["tags"] == OURS and seconds <= waiting.waited() < seconds + 10
        else:
            assert done["msg"].startswith("Could not read project some-project: GetProject: ProjectForbidden: ")
            assert "names of projects are unique in Alibaba Cloud" in done["msg"] and "run again later" in done["msg"]
            assert 120 <= waiting.waited() < 130

    @pytest.mark.parametrize("module", ["sls_project", "sls_project_info"])
    def test_other_project_that_is_forbidden(self, account, waiting, monkeypatch, module):
        def call(_self, _product, operation, *_path, **_parameters):
            raise CloudError(operation, "ProjectForbidden", "The project is forbidden.", "id", 403)

        monkeypatch.setattr(Cloud, "call", call)
        done = account.run(module, name=PROJECT)
        assert "GetProject: ProjectForbidden: The project is forbidden." in done["msg"] and waiting.waited() == 0
        assert ("names of projects are unique in Alibaba Cloud" in done["msg"]) == (module == "sls_project")

    def test_bad_resource_group(self, account):
        account.run("sls_project", name=PROJECT)
        done = refusal(account, "sls_project", name=PROJECT, resource_group_id="2")
        assert done["msg"].startswith("Could not change project some-project: ChangeResourceGroup: ParameterInvalid: ")

    def test_who_may_do_nothing(self, account):
        power = without_power(account)
        for module in ("sls_project", "sls_project_info"):
            done = account.run(module, name=PROJECT, **power)
            assert done["error"]["code"] == "Unauthorized" and "choose another" not in done["msg"]
        done = account.run("sls_project_info", **power)
        assert done["msg"].startswith("Could not list projects: ListProject: Unauthorized: ")


class TestProjectInfo:
    def test_one(self, account):
        created = account.run("sls_project", **OPTIONS)["project"]
        for name in ("b-store", "a-store"):
            account.run("sls_logstore", **{**STORE, "name": name})
        done = account.run("sls_project_info", name=PROJECT)
        assert done["calls"] == ["Sls:GetProject", "Sls:ListTagResources", "Sls:ListLogStores"]
        assert not done["changed"]
        assert done["projects"] == [{**created, "tags": OURS, "logstores": ["a-store", "b-store"],
                                     "last_modify_time": done["projects"][0]["last_modify_time"]}]

    def test_none(self, account):
        done = account.run("sls_project_info", name=PROJECT)
        assert done["projects"] == [] and done["calls"] == READ

    def test_all(self, account, stranger):
        stranger.run("sls_project", name="another-project")
        for number in range(3):
            account.run("sls_project", name=f"project-{number}")
        done = account.run("sls_project_info")
        assert [one["name"] for one in done["projects"]] == ["project-0", "project-1", "project-2"]
        assert done["calls"] == ["Sls:ListProject"]

    def test_bad_name(self, account):
        done = account.run("sls_project_info", name="X")
        assert done["msg"].startswith("name: ") and "is not the name of a project" in done["msg"] and done["calls"] == []


class TestLogstore:
    @pytest.fixture(autouse=True)
    def project(self, account):
        account.run("sls_project", name=PROJECT)

    def test_create(self, account):
        done = three_times(account, "sls_logstore", READ_STORE, **STORE)
        assert done["calls"] == ["Sls:GetLogStore", "Sls:CreateLogStore"]
        assert done["diff"] == {"before": {}, "after": NEW_STORE}
        assert done["logstore"] == {"project": PROJECT, "name": LOGSTORE, **NEW_STORE}
        assert account.run("sls_logstore", **STORE)["logstore"] == done["logstore"]

    def test_create_with_everything(self, account):
        options = {
            "ttl": 365, "hot_ttl": 30, "infrequent_access_ttl": 60, "shard_count": 4, "auto_split": True,
            "max_split_shard": 16, "append_meta": True, "enable_tracking": True, "mode": "query",
            "telemetry_type": "None", "encrypt_conf": {"enable": True, "encrypt_type": "sm4", "user_cmk_info": KEY},
        }
        done = three_times(account, "sls_logstore", READ_STORE, **{**STORE, **options})
        assert done["diff"]["after"] == options
        found = account.clients.sls.get_log_store(PROJECT, LOGSTORE).body.to_map()
        assert (found["ttl"], found["hot_ttl"], found["infrequentAccessTTL"], found["shardCount"]) == (365, 30, 60, 4)
        assert (found["autoSplit"], found["maxSplitShard"], found["mode"]) == (True, 16, "query")
        assert (found["appendMeta"], found["enable_tracking"]) == (True, True)
        assert found["encrypt_conf"] == options["encrypt_conf"]

    def test_forever(self, account):
        three_times(account, "sls_logstore", READ_STORE, **{**STORE, "ttl": None, "retention_days": 3650})
        assert account.clients.sls.get_log_store(PROJECT, LOGSTORE).body.ttl == 3650

    def test_change(self, account):
        account.run("sls_logstore", **STORE)
        options = {"ttl": 365, "hot_ttl": 30, "infrequent_access_ttl": 30, "auto_split": True, "append_meta": True,
                   "enable_tracking": True, "max_split_shard": 8}
        done = three_times(account, "sls_logstore", READ_STORE, **{**STORE, **options})
        assert done["calls"] == ["Sls:GetLogStore", "Sls:UpdateLogStore"]
        assert done["diff"]["after"] == {**NEW_STORE, **options} and done["diff"]["before"] == NEW_STORE

    def test_what_is_not_said_stays(self, account):
        options = {"hot_ttl": 7, "auto_split": True, "append_meta": True, "mode": "query", "encryption": {}}
        account.run("sls_logstore", **{**STORE, **options})
        before = account.clients.sls.get_log_store(PROJECT, LOGSTORE).body.to_map()
        three_times(account, "sls_logstore", READ_STORE, **IN_PROJECT, name=LOGSTORE, enable_tracking=True)
        after = account.clients.sls.get_log_store(PROJECT, LOGSTORE).body.to_map()
        assert after == {**before, "enable_tracking": True, "lastModifyTime": after["lastModifyTime"]}

    def test_all_of_the_time_stays_hot(self, account):
        account.run("sls_logstore", **STORE)
        for days in (60, 5, 90):
            done = three_times(account, "sls_logstore", READ_STORE, **{**STORE, "ttl": days})
            assert done["logstore"]["hot_ttl"] == days
        account.run("sls_logstore", **{**STORE, "ttl": 90, "hot_ttl": 7})
        done = three_times(account, "sls_logstore", READ_STORE, **{**STORE, "ttl": 90, "hot_ttl": 90})
        assert done["diff"]["before"]["hot_ttl"] == 7
        done = three_times(account, "sls_logstore", READ_STORE, **{**STORE, "ttl": 100})
        assert done["logstore"]["hot_ttl"] == 100

    def test_the_same_days_become_a_tier(self, account):
        account.run("sls_logstore", **STORE)
        three_times(account, "sls_logstore", READ_STORE, **{**STORE, "ttl": 365, "hot_ttl": 30})
        assert account.clients.sls.get_log_store(PROJECT, LOGSTORE).body.hot_ttl == 30

    def test_encryption_on_and_off(self, account):
        account.run("sls_logstore", **STORE, encrypt_conf={"enable": False})
        done = three_times(account, "sls_logstore", READ_STORE, **STORE, encrypt_conf={"user_cmk_info": KEY})
        whole = {"enable": True, "encrypt_type": "default", "user_cmk_info": KEY}
        assert done["logstore"]["encrypt_conf"] == whole
        done = three_times(account, "sls_logstore", READ_STORE, **STORE, encrypt_conf={"enable": False})
        assert done["logstore"]["encrypt_conf"] == {**whole, "enable": False}
        done = three_times(account, "sls_logstore", READ_STORE, **STORE, encrypt_conf={})
        assert done["logstore"]["encrypt_conf"] == whole

    def test_query_becomes_standard(self, account):
        account.run("sls_logstore", **STORE, mode="query")
        three_times(account, "sls_logstore", READ_STORE, **STORE, mode="standard")

    def test_shards_that_were_split_stay(self, account):
        account.run("sls_logstore", **STORE, shard_count=2)
        account.clients.sls.split_shard(PROJECT, LOGSTORE, "0", models.SplitShardRequest())
        done = account.run("sls_logstore", **STORE, shard_count=2)
        assert not done["changed"] and done["logstore"]["shard_count"] == 3

    def test_delete(self, account):
        account.run("sls_logstore", **STORE)
        done = three_times(account, "sls_logstore", READ_STORE, **STORE, state="absent")
        assert done["calls"] == [
            "Sls:GetLogStore", "Sls:ListShards", *["Sls:GetCursor"] * 4, "Sls:DeleteLogStore"]
        assert done["diff"] == {"before": NEW_STORE, "after": {}} and done["logstore"] is None

    def test_delete_one_with_logs(self, account):
        account.run("sls_logstore", **STORE)
        write(account, "something")
        done = refusal(account, "sls_logstore", **STORE, state="absent")
        assert done["msg"] == ("The logstore some-project/events has logs, which would be deleted with it. To delete them, set "
                               "force: true")
        done = three_times(account, "sls_logstore", READ_STORE, **STORE, state="absent", force=True)
        assert done["calls"] == ["Sls:GetLogStore", "Sls:DeleteLogStore"]

    def test_delete_one_whose_logs_are_over(self, account):
        account.run("sls_logstore", **{**STORE, "ttl": 1})
        cloud = account.alibaba.cloud
        with cloud.lock:
            logs = logs_of(cloud, cloud.sls.logstores.get((PROJECT, LOGSTORE)))
            logs.add(0, time.time() - 2 * 86400, None, [LogEntry(int(time.time()), "", "", {"text": "x"}, {})])
        assert account.run("sls_logstore", **STORE, state="absent")["changed"]

    def test_delete_where_no_project_is(self, account):
        done = account.run("sls_logstore", **{**STORE, "project": "no-project"}, state="absent")
        assert not done["changed"] and done["calls"] == READ_STORE and done["logstore"] is None


class TestLogstoreRefusals:
    @pytest.fixture(autouse=True)
    def project(self, account):
        account.run("sls_project", name=PROJECT)

    @pytest.mark.parametrize(("options", "sentence"), [
        ({"name": "A"}, "name: 'A' is not the name of a logstore. Use 2 to 63 lower-case letters"),
        ({"project": "A"}, "project: 'A' is not the name of a project. Use 3 to 63 lower-case letters"),
        ({"ttl": 0}, "ttl: 0 is not a number from 1 to 3650"),
        ({"ttl": 3651}, "ttl: 3651 is not a number from 1 to 3650"),
        ({"shard_count": 0}, "shard_count: 0 is not a number from 1 to 100"),
        ({"max_split_shard": 257}, "max_split_shard: 257 is not a number from 1 to 256"),
        ({"max_split_shard": 8, "auto_split": False}, "max_split_shard has no effect with auto_split: false"),
        ({"mode": "cheap"}, "value of mode must be one of: standard, query, lite, got: cheap"),
        ({"telemetry_type": "Traces"}, "value of telemetry_type must be one of: None, Metrics, got: Traces"),
        ({"encrypt_conf": {"user_cmk_info": {"arn": "x"}}}, "missing required arguments: cmk_key_id, region_id found"),
        ({"project": None}, "missing required arguments: project"),
    ])
    def test_bad_arguments(self, account, options, sentence):
        done = refusal(account, "sls_logstore", **{**STORE, **options})
        assert done["msg"].startswith(sentence) and done["calls"] == []

    @pytest.mark.parametrize(("options", "sentence"), [
        ({"ttl": None}, "Logstore some-project/events does not exist: to create it, give ttl, the number of days"),
        ({"hot_ttl": 6}, "hot_ttl: 6 is not a number of days from 7 to ttl, which is 30"),
        ({"hot_ttl": 31}, "hot_ttl: 31 is not a number of days from 7 to ttl, which is 30"),
        ({"infrequent_access_ttl": 30}, "infrequent_access_ttl: logs get to the infrequent access tier after hot_ttl days: give hot_ttl"),
        ({"ttl": 365, "hot_ttl": 7, "infrequent_access_ttl": 29}, "infrequent_access_ttl: 29 is too short: give 0, or at least 30"),
        ({"ttl": 365, "hot_ttl": 7, "infrequent_access_ttl": 0}, "hot_ttl: 7 is too short: logs that go directly to the archive tier"),
        ({"ttl": 96, "hot_ttl": 7, "infrequent_access_ttl": 30}, "infrequent_access_ttl: logs are in the archive tier for the rest of ttl"),
    ])
    def test_tiers_of_a_new_one(self, account, options, sentence):
        done = refusal(account, "sls_logstore", **{**STORE, **options})
        assert done["msg"].startswith(sentence) and done["calls"] == READ_STORE

    @pytest.mark.parametrize(("options", "sentence"), [
        ({"shard_count": 3}, "shard_count of the logstore some-project/events is 2 and cannot be changed"),
        ({"mode": "lite"}, "mode of the logstore some-project/events is query and can only be changed to standard"),
        ({"telemetry_type": "Metrics"}, "telemetry_type of the logstore some-project/events is None and cannot"),
        ({"encrypt_conf": {"encrypt_type": "sm4"}}, "encrypt_conf: encrypt_type of the logstore some-project/events"),
        ({"encrypt_conf": {"user_cmk_info": KEY}}, "encrypt_conf: user_cmk_info of the logstore some-project/events"),
        ({"ttl": 20}, "hot_ttl: 25 is not a number of days from 7 to ttl, which is 20"),
        ({"hot_ttl": 31}, "hot_ttl: 31 is not a number of days from 7 to ttl, which is 30"),
    ])
    def test_what_can_not_be_changed(self, account, options, sentence):
        account.run("sls_logstore", **STORE, mode="query", encrypt_conf={}, hot_ttl=25)
        done = refusal(account, "sls_logstore", **{**STORE, "append_meta": True, **options})
        assert done["msg"].startswith(sentence) and done["calls"] == READ_STORE

    def test_metrics_are_asked_for(self, account):
        """The local cloud does not have them."""
        done = refusal(account, "sls_logstore", **STORE, telemetry_type="Metrics")
        assert done["error"]["code"] == "NotImplemented"

    def test_no_project(self, account, waiting):
        done = refusal(account, "sls_logstore", **{**STORE, "project": "no-project"})
        assert done["msg"].startswith("Could not create logstore no-project/events: CreateLogStore: ProjectNotExist: ")
        assert "(request id " in done["msg"] and 55 < waiting.waited() < 65

    def test_too_many(self, account):
        for number in range(4):
            account.clients.sls.create_log_store(PROJECT, models.CreateLogStoreRequest(
                logstore_name=f"store-{number}", ttl=1, shard_count=100))
        assert refusal(account, "sls_logstore", **STORE)["error"]["code"] == "ProjectQuotaExceed"

    def test_bad_encryption(self, account):
        done = refusal(account, "sls_logstore", **STORE, encrypt_conf={"encrypt_type": "rot13"})
        assert done["error"]["code"] == "LogStoreInfoInvalid"

    def test_in_a_project_of_others(self, account, stranger):
        done = refusal(stranger, "sls_logstore", **STORE)
        assert done["msg"].startswith("Could not read logstore some-project/events: GetLogStore: Unauthorized: ")

    def test_who_may_do_nothing(self, account):
        done = account.run("sls_logstore", **STORE, **without_power(account))
        assert done["error"]["code"] == "Unauthorized"


class TestBadDays:
    @pytest.mark.sample(1)
    @pytest.mark.parametrize("seed", range(4))
    def test_it_converges(self, account, waiting, seed):
        account.alibaba.bad_days(*BAD_DAYS, seed=seed)
        for _attempt in range(2):
            for module, options in (
                ("sls_project", {**OPTIONS, "deployment": DEPLOYMENT}),
                ("sls_logstore", {**STORE, "auto_split": True, "hot_ttl": 7}),
            ):
                done = account.run(module, **options)
                assert not done.get("failed"), done
        account.alibaba.bad_days()
        with account.alibaba.cloud.lock:
            account.alibaba.cloud.clock.advance(5)
        assert not account.run("sls_project", **OPTIONS, deployment=DEPLOYMENT)["changed"]
        assert not account.run("sls_logstore", **STORE, auto_split=True, hot_ttl=7)["changed"]
        projects, stores = everything(account)[:2]
        assert [one.name for one in projects] == [PROJECT] and [one.name for one in stores] == [LOGSTORE]

    @pytest.mark.sample(1)
    @pytest.mark.parametrize("seed", range(4))
    def test_what_is_deleted_is_gone(self, account, waiting, seed):
        account.run("sls_project", **OPTIONS)
        account.run("sls_logstore", **STORE)
        account.alibaba.bad_days(*BAD_DAYS, seed=seed)
        done = account.run("sls_logstore", **STORE, state="absent")
        assert done.get("changed"), done
        done = account.run("sls_project", name=PROJECT, state="absent", force=True, deployment=DEPLOYMENT)
        assert done.get("changed"), done
        assert everything(account)[:2] == [[], []]

    def test_it_ends(self, account, waiting):
        account.alibaba.bad_days(Fault(throttled=1))
        done = account.run("sls_project", name=PROJECT)
        assert done["msg"].startswith("Could not read project some-project: GetProject: MetaOperationQpsLimit")
        assert len(done["calls"]) == 10 and waiting.waited() < 60

    def test_an_attempt_of_which_nobody_heard(self, account, waiting):
        for seed in range(4):
            account.alibaba.bad_days(Fault(dropped=0.5), seed=seed)
            name = f"project-{seed}"
            done = account.run("sls_project", name=name, tags=OURS)
            assert done.get("changed") or "no answer from" in done["msg"], done
            account.alibaba.bad_days()
            account.run("sls_project", name=name, tags=OURS)
        assert [(one.name, one.tags) for one in everything(account)[0]] == [
            (f"project-{seed}", OURS) for seed in range(4)]
