# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probes on Alibaba Cloud: how they are created, what is taken for one, how long and how often it is looked for."""
from __future__ import annotations

import copy
import datetime
import json
import time
from types import SimpleNamespace

import pytest
from helpers.alibaba import directories
from helpers.alibaba.modules import Account, without_waiting
from alibabacloud_resourcedirectorymaster20220419 import models as directory
from clouds.alibaba import Fault
from clouds.alibaba.sls import log_data
from clouds.alibaba.sls.matching import LogEntry
from clouds.alibaba.sls.provision import ensure_logstore, ensure_project

from ansible_collections.crossaccount.audit_logs.plugins.module_utils import _probes
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import probe as probes
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.client import Cloud

MANAGEMENT, MEMBER, OTHER, ALONE = (
    "1000000000000001", "2000000000000002", "3000000000000003", "4000000000000004",
)
REGION = "cn-hangzhou"
CENTRAL = f"slsaudit-center-{MANAGEMENT}-{REGION}"
DESTINATION = {"project": CENTRAL, "logstores": ["actiontrail_log"]}
MARK = "probe-0123456789abcdef0123456789"
SEARCH = "Sls:GetLogsV2"
BAD_DAYS = (Fault(throttled=0.3), Fault(failed=0.1), Fault(dropped=0.1))


@pytest.fixture(name="archive")
def fixture_archive(alibaba):
    """The management account, which collects the events of all members."""
    archive = Account(alibaba)
    archive.run("ram_service_linked_role", service_name="audit.log.aliyuncs.com")
    done = archive.run("log_audit", mode="resource_directory", products={"actiontrail": {"enabled": True}})
    assert done["changed"], done
    return archive


@pytest.fixture(name="member")
def fixture_member(alibaba, archive):
    return Account(alibaba, alibaba.credential(MEMBER))


@pytest.fixture(name="waiting")
def fixture_waiting(monkeypatch, alibaba):
    """Waiting takes no time, and times of the modules are those of the cloud."""
    waiting = without_waiting(monkeypatch, alibaba)
    clock = alibaba.cloud.clock
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        with alibaba.cloud.lock:
            clock.advance(seconds)

    monkeypatch.setattr(_probes, "time", SimpleNamespace(sleep=sleep))
    monkeypatch.setattr(_probes, "now", lambda: datetime.datetime.fromtimestamp(clock.now(), datetime.timezone.utc))
    return SimpleNamespace(slept=slept, waited=waiting.waited)


def created_by(account, **options):
    done = account.run("actiontrail_probe", **options)
    assert not done.get("failed"), done
    return {"account_id": account.account_id,
            **{name: done["probe"][name] for name in ("mark", "event_name", "created")}}


def look_for(archive, *asked, **options):
    """What became of probes, by account."""
    done = archive.run("actiontrail_probe_info", **{**DESTINATION, "timeout": 0, **options}, probes=list(asked))
    assert not done.get("failed"), done
    assert not done["changed"] and not done["writes"]
    return done


def states(done):
    return {account: one["state"] for account, one in done["probes"].items()}


def event_of(asked, **changes):
    """An event that is a probe's, but for what is changed."""
    parameters = {"NameList": asked["mark"], "AcsProduct": "Actiontrail", "Region": REGION}
    return {
        "eventName": asked["event_name"], "serviceName": "Actiontrail", "recipientAccountId": asked["account_id"],
        "userIdentity": {"accountId": asked["account_id"]}, "eventTime": asked["created"],
        "requestParameters": parameters,
        "requestParameterJson": json.dumps(parameters), **changes,
    }


def deliver(alibaba, event, *, owner=None, topic="actiontrail_event", project=CENTRAL, logstore="actiontrail_log"):
    """Write a log as a service does that delivers."""
    text = event if isinstance(event, str) else json.dumps(event)
    fields = {"event": text, **({"owner_id": owner} if owner else {})}
    with alibaba.cloud.lock:
        log_data.append(alibaba.cloud, project, logstore, [LogEntry(int(alibaba.cloud.clock.now()), topic, "", fields)])


def asked_for(account_id=MEMBER, **changes):
    """A probe that somebody has created who created no event for it."""
    return {"account_id": account_id, "mark": MARK, "event_name": "DescribeTrails",
            "created": _probes.text_of(_probes.now()), **changes}


class TestMake:
    @pytest.mark.parametrize(("kind", "name"), [("read", "DescribeTrails"), ("write", "StopLogging")])
    @pytest.mark.parametrize("check", [True, False])
    def test_call(self, member, kind, name, check):
        before = member.alibaba.cloud.account(MEMBER).trails.all()
        done = member.run("actiontrail_probe", kind=kind, check=check)
        created = done["probe"]
        assert not done["changed"] and done["calls"] == [f"Actiontrail:{name}"]
        assert _probes.mark_problem(created["mark"]) is None
        assert (created["event_name"], created["service_name"], created["region"]) == (name, "Actiontrail", REGION)
        assert abs(time.time() - _probes.moment(created["created"]).timestamp()) < 10
        assert list(member.alibaba.cloud.account(MEMBER).trails.all()) == list(before) == []

    def test_each_has_a_mark_of_its_own(self, member):
        assert len({member.run("actiontrail_probe")["probe"]["mark"] for _number in range(3)}) == 3
        assert member.run("actiontrail_probe", mark=MARK)["probe"]["mark"] == MARK

    @pytest.mark.parametrize("mark", ["", "probe-1", f"{MARK}0", MARK.upper(), "audit-logs"])
    def test_bad_marks(self, member, mark):
        done = member.run("actiontrail_probe", mark=mark)
        assert done["msg"].startswith(f"mark: {mark!r} is not valid. Write probe- and 26") and done["calls"] == []

    def test_other_region(self, member):
        done = member.run("actiontrail_probe", region="cn-shanghai")
        assert done["probe"]["region"] == "cn-shanghai"
        event = next(member.alibaba.cloud.account(MEMBER).events.newest_first(0, time.time() + 60))
        assert (event["acsRegion"], event["eventName"]) == ("cn-shanghai", "DescribeTrails")

    @pytest.mark.parametrize("kind", ["read", "write"])
    def test_denied_call_is_a_probe(self, archive, member, kind):
        """The account of the event is that of the session, and the parameters are in it."""
        member.run("ram_role", name="powerless", trusted_accounts=[MEMBER])
        session = member.run("alibaba_session", gives_secrets=True,
                             assume_role={"role_arn": f"acs:ram::{MEMBER}:role/powerless"})["connection"]
        assert member.run("actiontrail_probe", kind=kind)["probe"]["denied"] is False
        done = member.run("actiontrail_probe", kind=kind, **session)
        assert done["probe"]["denied"] is True and [call.error for call in member.alibaba.calls][-1] == "NoPermission"
        asked = {"account_id": MEMBER, **{name: done["probe"][name] for name in ("mark", "event_name", "created")}}
        assert states(look_for(archive, asked)) == {MEMBER: "arrived"}

    def test_other_failures_are_none(self, member):
        done = member.run("actiontrail_probe", region="cn-nowhere")
        assert done["msg"].startswith("Could not create the probe: DescribeTrails: InvalidRegionId: ")

    @pytest.mark.parametrize("kind", ["read", "write"])
    @pytest.mark.sample(1)
    @pytest.mark.parametrize("seed", range(3))
    def test_bad_days(self, archive, member, waiting, kind, seed):
        """However often it has to be tried, it is one probe."""
        member.alibaba.bad_days(*BAD_DAYS, seed=seed)
        asked = created_by(member, kind=kind)
        member.alibaba.bad_days()
        assert states(look_for(archive, asked)) == {MEMBER: "arrived"}


class TestSearch:
    def test_arrived(self, archive, member):
        other = Account(archive.alibaba, archive.alibaba.credential(OTHER))
        asked = [created_by(account) for account in (member, archive, other)]
        for check in (True, False):
            done = look_for(archive, *asked, check=check)
            assert states(done) == dict.fromkeys((MEMBER, MANAGEMENT, OTHER), "arrived")
            assert done["calls"] == [SEARCH] and done["looks"] == 1
            assert {one["found_in"] for one in done["probes"].values()} == {"actiontrail_log"}
            assert all(0 <= one["seconds"] < 60 for one in done["probes"].values())

    def test_behind_a_trail(self, archive, member):
        """Its logs have another topic, and say in the event alone whose it is."""
        archive.run("sls_project", name="behind-a-trail")
        archive.run("ram_role", name="delivery", trusted_services=[f"{MEMBER}@actiontrail.aliyuncs.com"],
                    policies=[{"name": "AliyunActionTrailDeliveryPolicy", "type": "system"}])
        for event_rw, kind, state in (
            ("All", "read", "arrived"), ("Write", "read", "missing"), ("Write", "write", "arrived"),
        ):
            member.run("actiontrail_trail", name="audit-logs", event_rw=event_rw,
                       sls_project_arn=f"acs:log:{REGION}:{MANAGEMENT}:project/behind-a-trail",
                       sls_write_role_arn=f"acs:ram::{MANAGEMENT}:role/delivery")
            done = look_for(archive, created_by(member, kind=kind), project="behind-a-trail",
                            logstores=["actiontrail_audit-logs"])
            assert states(done) == {MEMBER: state}

    @pytest.mark.parametrize("change", [
        {},
        {"requestParameters": None}, {"requestParameterJson": None}, {"requestParameterJson": "{"},
        {"requestParameters": json.dumps({"NameList": MARK}), "requestParameterJson": None},
        {"requestParameters": {"Names": [{"Name": MARK}]}, "requestParameterJson": None},
        {"serviceName": "ActionTrail"}, {"eventTime": "soon"}, {"eventTime": None}, {"userIdentity": None},
    ], ids=str)
    def test_forms(self, alibaba, archive, change):
        asked = asked_for()
        deliver(alibaba, event_of(asked, **change), owner=MEMBER)
        deliver(alibaba, event_of(asked, **change), topic="actiontrail_audit_event")
        assert states(look_for(archive, asked)) == {MEMBER: "arrived"}

    @pytest.mark.parametrize(("change", "log"), [
        ({"eventName": "StopLogging"}, {}), ({"eventName": None}, {}), ({"serviceName": "Ram"}, {}),
        ({"recipientAccountId": OTHER}, {}), ({}, {"owner": OTHER}), ({}, {"topic": ""}),
        ({"recipientAccountId": OTHER}, {"owner": MEMBER}), ({"recipientAccountId": None, "userIdentity": {}}, {}),
        ({"recipientAccountId": None, "userIdentity": {"accountId": OTHER}}, {}),
        ({"requestParameters": {"NameList": f"{MARK},x"}, "requestParameterJson": None}, {}),
        ({"requestParameters": {MARK: "x"}, "requestParameterJson": None}, {}),
        ({"requestParameters": None, "requestParameterJson": MARK, "userAgent": MARK}, {}),
    ], ids=str)
    def test_not_the_probe(self, alibaba, archive, change, log):
        """What has the mark somewhere, and is somebody's or something else."""
        asked = asked_for()
        deliver(alibaba, event_of(asked, **change), **log)
        deliver(alibaba, f"no event {MARK}", owner=MEMBER)
        deliver(alibaba, json.dumps([MARK]), owner=MEMBER)
        assert states(look_for(archive, asked)) == {MEMBER: "missing"}
        deliver(alibaba, event_of(asked), owner=MEMBER)
        assert states(look_for(archive, asked)) == {MEMBER: "arrived"}

    @pytest.mark.parametrize("mark", [MARK[:-1] + "0", MARK[:-1], MARK + "0", f"{MARK}-x"])
    def test_a_similar_mark(self, alibaba, archive, mark):
        asked = asked_for()
        deliver(alibaba, event_of({**asked, "mark": mark}), owner=MEMBER)
        assert states(look_for(archive, asked)) == {MEMBER: "missing"}

    def test_marks_of_two_accounts_are_exchanged(self, alibaba, archive):
        one, other = asked_for(), asked_for(OTHER, mark=f"{MARK[:-1]}f")
        deliver(alibaba, event_of({**one, "mark": other["mark"]}), owner=MEMBER)
        deliver(alibaba, event_of({**other, "mark": one["mark"]}), owner=OTHER)
        assert states(look_for(archive, one, other)) == {MEMBER: "missing", OTHER: "missing"}

    def test_many(self, alibaba, archive):
        """As few searches as SLS lets one make."""
        asked = [asked_for(str(int(MEMBER) + number), mark=f"probe-{number:026x}") for number in range(100)]
        for one in asked[:95]:
            deliver(alibaba, event_of(one), owner=one["account_id"])
        done = look_for(archive, *asked)
        assert done["calls"] == [SEARCH] * 4
        assert [one["state"] for one in done["probes"].values()] == ["arrived"] * 95 + ["missing"] * 5

    @pytest.mark.parametrize(("strays", "state", "calls"), [
        (99, "arrived", 1), (250, "arrived", 3), (1000, "missing", 10),
    ])
    def test_pages(self, alibaba, archive, strays, state, calls):
        asked = asked_for()
        for _number in range(strays):
            deliver(alibaba, event_of(asked, eventName="LookupEvents"), owner=MEMBER)
        deliver(alibaba, event_of(asked), owner=MEMBER)
        done = look_for(archive, asked)
        assert states(done) == {MEMBER: state} and done["calls"] == [SEARCH] * calls

    def test_logstores(self, alibaba, archive):
        """Each probe in its own, or in one of several."""
        with alibaba.cloud.lock:
            ensure_project(alibaba.cloud, MANAGEMENT, "some-project", REGION)
            for name in ("one", "two"):
                ensure_logstore(alibaba.cloud, "some-project", name, 30)
        first, second = asked_for(logstores=["one"]), asked_for(OTHER, mark=f"{MARK[:-1]}f")
        for one in (first, second):
            deliver(alibaba, event_of(one), project="some-project", logstore="two")
        done = look_for(archive, first, second, project="some-project", logstores=["one", "two"])
        assert states(done) == {MEMBER: "missing", OTHER: "arrived"}
        assert done["probes"][OTHER]["found_in"] == "two" and done["calls"] == [SEARCH] * 2


class TestTime:
    def test_until_it_is_there(self, alibaba, archive, waiting, monkeypatch):
        asked = [asked_for(), asked_for(OTHER, mark=f"{MARK[:-1]}f")]
        arrivals = {2: asked[0], 4: asked[1]}
        really = probes.Search.look

        def look(self, wanted):
            if self.looks in arrivals:
                deliver(alibaba, event_of(arrivals[self.looks]), owner=arrivals[self.looks]["account_id"])
            looked.append(len(wanted))
            return really(self, wanted)

        looked = []
        monkeypatch.setattr(probes.Search, "look", look)
        done = look_for(archive, *asked, timeout=600, interval=30)
        assert states(done) == {MEMBER: "arrived", OTHER: "arrived"}
        assert looked == [2, 2, 2, 1, 1] and done["looks"] == 5 and waiting.slept == [30] * 4
        assert 60 <= done["probes"][MEMBER]["seconds"] < 62 and 120 <= done["probes"][OTHER]["seconds"] < 122

    def test_until_its_time_is_over(self, archive, waiting):
        done = look_for(archive, asked_for(), timeout=100, interval=30)
        assert states(done) == {MEMBER: "missing"}
        assert done["probes"][MEMBER] == {"state": "missing", "seconds": None, "found_in": None}
        assert 90 <= sum(waiting.slept) <= 101 and done["calls"] == [SEARCH] * 5

    def test_time_runs_from_the_event_on(self, archive, waiting):
        created = _probes.text_of(_probes.now() - datetime.timedelta(seconds=70))
        look_for(archive, asked_for(created=created), timeout=100, interval=30)
        assert 29 <= sum(waiting.slept) <= 31
        waiting.slept.clear()
        assert look_for(archive, asked_for(created=created), timeout=60)["looks"] == 1 and waiting.slept == []

    def test_not_waited_for(self, archive, member, waiting):
        """It is seen if it is there, and nobody waits; it is looked for once more at the end."""
        hopeless = asked_for(OTHER, wait=False)
        done = look_for(archive, hopeless, {**created_by(member), "wait": False}, timeout=600)
        assert states(done) == {OTHER: "missing", MEMBER: "arrived"} and waiting.slept == []
        done = look_for(archive, hopeless, asked_for(), timeout=60, interval=30)
        assert states(done) == {OTHER: "missing", MEMBER: "missing"} and done["looks"] == 3

    def test_readers_that_are_behind(self, archive, member, waiting):
        archive.alibaba.bad_days(Fault(behind=20), seed=1)
        done = look_for(archive, created_by(member), timeout=60, interval=10)
        assert states(done) == {MEMBER: "arrived"}

    @pytest.mark.sample(1)
    @pytest.mark.parametrize("seed", range(3))
    def test_bad_days(self, archive, member, waiting, seed):
        asked = [created_by(member), asked_for(OTHER)]
        archive.alibaba.bad_days(*BAD_DAYS, Fault(latency=0.01), seed=seed)
        done = look_for(archive, *asked, timeout=60, interval=30)
        assert states(done) == {MEMBER: "arrived", OTHER: "missing"}


class TestInTheWay:
    def test_a_search_that_is_not_complete(self, archive, member, waiting, monkeypatch):
        asked = created_by(member)
        progress = iter(["Incomplete", "Incomplete", "Complete"])
        pretend(monkeypatch, progress)
        done = look_for(archive, asked)
        assert states(done) == {MEMBER: "arrived"} and done["calls"] == [SEARCH] * 3 and done["looks"] == 1

    def test_it_never_is(self, archive, waiting, monkeypatch):
        pretend(monkeypatch, iter(lambda: "Incomplete", None))
        done = look_for(archive, asked_for())
        assert done["probes"][MEMBER]["state"] == "missing"
        assert done["probes"][MEMBER]["problem"] == "the search of logstore actiontrail_log did not complete"

    def test_no_logstore_yet(self, alibaba, archive, waiting, monkeypatch):
        done = look_for(archive, asked_for(), logstores=["none-yet"])
        assert done["probes"][MEMBER]["problem"] == (
            f"logstore none-yet of project {CENTRAL} does not exist")
        really = _probes.time.sleep

        def sleep(seconds):
            really(seconds)
            with alibaba.cloud.lock:
                ensure_logstore(alibaba.cloud, CENTRAL, "none-yet", 30)
            deliver(alibaba, event_of(asked), owner=MEMBER, logstore="none-yet")

        asked = asked_for()
        monkeypatch.setattr(_probes, "time", SimpleNamespace(sleep=sleep))
        done = look_for(archive, asked, logstores=["none-yet"], timeout=60)
        assert done["probes"][MEMBER]["state"] == "arrived" and "problem" not in done["probes"][MEMBER]

    def test_no_index(self, alibaba, archive):
        with alibaba.cloud.lock:
            ensure_logstore(alibaba.cloud, CENTRAL, "unsearchable", 30, index=False)
        done = look_for(archive, asked_for(), logstores=["unsearchable"])
        assert done["probes"][MEMBER]["problem"] == (
            f"logstore unsearchable of project {CENTRAL} has no index, so verify cannot find events in it")

    def test_no_project(self, archive, waiting):
        """It is not waited for, but for what readers may be behind."""
        done = look_for(archive, asked_for(), asked_for(OTHER), project="no-project", timeout=600)
        assert states(done) == {MEMBER: "missing", OTHER: "missing"}
        assert {one["problem"] for one in done["probes"].values()} == {
            "project no-project does not exist in cn-hangzhou"}
        assert waiting.slept == [] and waiting.waited() < 15

    def test_a_project_of_others(self, archive, member):
        done = member.run("actiontrail_probe_info", **DESTINATION, probes=[asked_for()], timeout=0)
        assert done["msg"].startswith(f"Could not search for probes in project {CENTRAL}: GetLogsV2: Unauthorized: ")
        assert done["error"]["code"] == "Unauthorized" and done["calls"] == [SEARCH]

    @pytest.mark.parametrize(("options", "sentence"), [
        ({"timeout": -1}, "timeout, interval: "), ({"interval": 0}, "timeout, interval: "),
        ({"logstores": []}, "logstores: give one at least"),
        ({"project": "A"}, "project: 'A' is not the name of a project. Use 3 to 63"),
        ({"logstores": ["A"]}, "logstores: 'A' is not the name of a logstore"), ({"region": None}, "No region is given"),
        ({"probes": [asked_for("1x")]}, "probes: number 1: account_id: account id '1x' is not a string of digits"),
        ({"probes": [asked_for(mark="x")]}, "probes: number 1: mark: 'x' is not valid. Write probe-"),
        ({"probes": [asked_for(created="now")]}, "probes: number 1: created: 'now' is not a time in UTC such as"),
        ({"probes": [asked_for(), asked_for()]}, f"probes: number 2: account {MEMBER} has two probes: give one"),
        ({"probes": [asked_for(logstores=["-"])]}, "logstores: '-' is not the name of a logstore"),
        ({"probes": [{"mark": MARK}]}, "missing required arguments: "),
    ], ids=lambda value: value if isinstance(value, str) else ", ".join(value))
    def test_bad_arguments(self, archive, options, sentence):
        options = {**DESTINATION, "probes": [asked_for()], "timeout": 0, **options}
        done = archive.run("actiontrail_probe_info", **options)
        assert done.get("failed") and done["msg"].startswith(sentence) and done["calls"] == []

    def test_nothing_to_look_for(self, archive):
        done = look_for(archive)
        assert done["probes"] == {} and done["calls"] == []


def pretend(monkeypatch, progress):
    """Let the cloud say how far it is; the local one is always done."""
    really = Cloud.call

    def call(self, product, operation, *path, **parameters):
        body = copy.deepcopy(really(self, product, operation, *path, **parameters))
        if operation == "GetLogsV2":
            body["meta"]["progress"] = next(progress)
        return body

    monkeypatch.setattr(Cloud, "call", call)


class TestDirectory:
    LOOK = ["ResourceDirectoryMaster:GetResourceDirectory", "ResourceDirectoryMaster:ListTrustedServiceStatus"]

    @staticmethod
    def delegate(alibaba, *services):
        alibaba.cloud.account(MEMBER)
        for service in services:
            Account(alibaba).clients.directory.register_delegated_administrator(
                directory.RegisterDelegatedAdministratorRequest(account_id=MEMBER, service_principal=service))

    @pytest.mark.parametrize("services", [
        [], ["audit.log.aliyuncs.com"], ["actiontrail.aliyuncs.com"],
        ["actiontrail.aliyuncs.com", "audit.log.aliyuncs.com"],
    ], ids=str)
    @pytest.mark.parametrize("check", [True, False])
    def test_member(self, alibaba, services, check):
        self.delegate(alibaba, *services)
        account = Account(alibaba, alibaba.credential(MEMBER))
        done = account.run("alibaba_directory_info", account_id=MEMBER, service="actiontrail.aliyuncs.com", check=check)
        assert (done["management_account_id"], done["trusted_services"]) == (MANAGEMENT, services)
        assert not done["changed"] and done["calls"] == self.LOOK
        assert (done["problem"] is None) == ("actiontrail.aliyuncs.com" in services)

    def test_management_account(self, alibaba):
        self.delegate(alibaba, "audit.log.aliyuncs.com")
        done = Account(alibaba).run("alibaba_directory_info", service="actiontrail.aliyuncs.com")
        assert done["account_id"] == done["management_account_id"] == MANAGEMENT and done["problem"] is None
        assert "audit.log.aliyuncs.com" in done["trusted_services"]
        assert done["calls"] == ["Sts:GetCallerIdentity", *self.LOOK]

    def test_independent_account(self, alibaba):
        alibaba.add_account(ALONE, member=False)
        done = Account(alibaba, alibaba.credential(ALONE)).run("alibaba_directory_info", account_id=ALONE)
        assert (done["account_id"], done["management_account_id"], done["trusted_services"]) == (ALONE, None, [])
        assert "problem" not in done
        assert done["calls"] == self.LOOK[:1]

    def test_refusals(self, alibaba, member):
        done = member.run("alibaba_directory_info", account_id="1x")
        assert done["msg"].startswith("account_id: account id '1x' is not a string of digits") and done["calls"] == []
        member.run("ram_role", name="powerless", trusted_accounts=[MEMBER])
        session = member.run("alibaba_session", gives_secrets=True,
                             assume_role={"role_arn": f"acs:ram::{MEMBER}:role/powerless"})["connection"]
        done = member.run("alibaba_directory_info", account_id=MEMBER, **session)
        assert done["msg"].startswith("Could not read the resource directory: ")
        assert done["error"]["code"] == "NoPermission"

    def test_accounts(self, alibaba):
        manager = Account(alibaba)
        found = manager.run("alibaba_directory_info", account_id=MANAGEMENT, include_accounts=True)
        before = {one["id"] for one in found["accounts"]}
        assert MANAGEMENT in before and found["id"] == alibaba.cloud.directory.id
        ids = directories.add_members(alibaba, 250)
        directories.change_member(alibaba, ids[7], deletion="Deleting")
        found = manager.run("alibaba_directory_info", account_id=MANAGEMENT, include_accounts=True)
        assert found["calls"].count("ResourceDirectoryMaster:ListAccounts") == 3 and not found["changed"]
        assert {one["id"]: one["is_active"] for one in found["accounts"] if one["id"] not in before} == {
            number: number != ids[7] for number in ids}
        assert {one["state"] for one in found["accounts"]} == {"CreateSuccess", "Deleting"}

    def test_accounts_for_a_member_alone(self, alibaba, member):
        """It may not list them."""
        done = member.run("alibaba_directory_info", account_id=MEMBER, include_accounts=True)
        assert done["msg"].startswith("Could not read the resource directory: ListAccounts: ")

    def test_accounts_without_a_directory(self, alibaba):
        alibaba.add_account(ALONE, member=False)
        done = Account(alibaba, alibaba.credential(ALONE)).run("alibaba_directory_info", account_id=ALONE, include_accounts=True)
        assert (done["id"], done["accounts"]) == (None, None)

    @pytest.mark.sample(1)
    @pytest.mark.parametrize("seed", range(3))
    def test_bad_days(self, alibaba, waiting, seed):
        self.delegate(alibaba, "audit.log.aliyuncs.com")
        account = Account(alibaba, alibaba.credential(MEMBER))
        alibaba.bad_days(*BAD_DAYS, seed=seed)
        done = account.run("alibaba_directory_info", account_id=MEMBER)
        assert done["trusted_services"] == ["audit.log.aliyuncs.com"]
