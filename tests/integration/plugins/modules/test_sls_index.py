# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Indexes of logstores, and the search that they make possible: what the modules say, what they do, what they call."""
from __future__ import annotations

import time

import pytest
from helpers.alibaba.modules import Account, without_waiting
from helpers.alibaba.sls_modules import (
    ALONE, BAD_DAYS, IN_STORE, LOGSTORE, PROJECT, STORE, everything, refusal, three_times, without_power,
)
from alibabacloud_sls20201230 import models
from aliyun.log import LogItem, PutLogsRequest
from clouds.alibaba import Fault
from clouds.alibaba.sls.provision import ensure_logstore

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.client import Cloud

READ = ["Sls:GetIndex"]
SEARCH = ["Sls:GetLogsV2"]
TOKENS = sorted(", '\";=()[]{}?@&<>/:\n\t\r")
WORDS = {"case_sensitive": False, "chn": False, "token": TOKENS}
LINE = {"enabled": True, **WORDS, "include_keys": [], "exclude_keys": []}
FIELDS = [
    {"name": "owner_id"},
    {"name": "event", "type": "json", "json_keys": [{"name": "eventName"}, {"name": "size", "type": "long"}]},
    {"name": "duration", "type": "double", "alias": "seconds", "doc_value": False},
]
PLAIN = {"alias": "", "doc_value": True}
SEEN = {
    "duration": {"type": "double", "alias": "seconds", "doc_value": False},
    "event": {"type": "json", **PLAIN, **WORDS, "index_all": False, "max_depth": -1, "json_keys": {
        "eventName": {"type": "text", **PLAIN}, "size": {"type": "long", **PLAIN},
    }},
    "owner_id": {"type": "text", **PLAIN, **WORDS},
}


@pytest.fixture(name="account")
def fixture_account(alibaba):
    """The management account, with a project and a logstore."""
    account = Account(alibaba)
    account.run("sls_project", name=PROJECT)
    account.run("sls_logstore", **STORE)
    return account


@pytest.fixture(name="waiting")
def fixture_waiting(monkeypatch, alibaba):
    """Waiting takes no time."""
    return without_waiting(monkeypatch, alibaba)


def index_of(account):
    return account.clients.sls.get_index(PROJECT, LOGSTORE).body.to_map()


class TestIndex:
    def test_create(self, account):
        done = three_times(account, "sls_index", READ, **IN_STORE, line={}, fields=FIELDS)
        assert done["calls"] == ["Sls:GetIndex", "Sls:CreateIndex"]
        assert done["diff"] == {"before": {}, "after": {"line": LINE, "fields": SEEN, "max_text_len": 2048}}
        index = done["index"]
        assert (index["project"], index["logstore"], index["line"]) == (PROJECT, LOGSTORE, LINE)
        assert [one["name"] for one in index["fields"]] == ["duration", "event", "owner_id"]
        assert [one["name"] for one in index["fields"][1]["json_keys"]] == ["eventName", "size"]
        found = index_of(account)
        assert found["line"]["token"] == TOKENS and found["line"]["caseSensitive"] is False
        assert {name: key["type"] for name, key in found["keys"].items()} == {
            "owner_id": "text", "event": "json", "duration": "double"}
        assert found["keys"]["event"]["json_keys"]["size"]["type"] == "long"

    def test_what_it_returns_can_be_given(self, account):
        created = account.run("sls_index", **IN_STORE, line={}, fields=FIELDS)["index"]
        done = account.run("sls_index", **created)
        assert not done["changed"] and done["index"] == created

    @pytest.mark.parametrize("options", [
        {"line": {"token": [",", " "], "case_sensitive": True, "chn": True, "exclude_keys": ["b", "a"]}},
        {"line": {"include_keys": ["a"]}}, {"line": {"token": []}},
        {"fields": [{"name": "event", "type": "json", "index_all": True, "max_depth": 3, "token": ["x"]}]},
        {"fields": [{"name": "text", "case_sensitive": True, "chn": True, "token": []}]},
        {"line": {}, "max_text_len": 16384},
    ])
    def test_settings(self, account, options):
        three_times(account, "sls_index", READ, **IN_STORE, **options)

    def test_order_means_nothing(self, account):
        account.run("sls_index", **IN_STORE, line={"token": [",", " ", ";"]}, fields=FIELDS)
        done = account.run("sls_index", **IN_STORE, line={"token": [";", ",", " ", ","]}, fields=FIELDS[::-1])
        assert not done["changed"]

    def test_change(self, account):
        account.run("sls_index", **IN_STORE, line={}, fields=FIELDS)
        done = three_times(account, "sls_index", READ, **IN_STORE, line={"case_sensitive": True}, fields=[
            {"name": "owner_id", "type": "long"}, FIELDS[1]])
        assert done["calls"] == ["Sls:GetIndex", "Sls:UpdateIndex"]
        assert sorted(index_of(account)["keys"]) == ["event", "owner_id"]

    def test_what_is_not_said_stays(self, account):
        account.run("sls_index", **IN_STORE, line={}, fields=FIELDS, max_text_len=4096)
        before = index_of(account)
        done = three_times(account, "sls_index", READ, **IN_STORE, line={"chn": True})
        assert done["index"]["max_text_len"] == 4096
        after = index_of(account)
        assert after["keys"] == before["keys"] and after["max_text_len"] == 4096
        done = three_times(account, "sls_index", READ, **IN_STORE, fields=[{"name": "more"}], purge_fields=False)
        assert [one["name"] for one in done["index"]["fields"]] == ["duration", "event", "more", "owner_id"]
        three_times(account, "sls_index", READ, **IN_STORE, max_text_len=64)

    def test_either_of_the_two(self, account):
        account.run("sls_index", **IN_STORE, line={}, fields=FIELDS)
        done = three_times(account, "sls_index", READ, **IN_STORE, line={"enabled": False})
        assert done["index"]["line"] == {"enabled": False} and "line" not in index_of(account)
        done = three_times(account, "sls_index", READ, **IN_STORE, line={}, fields=[])
        assert done["index"]["fields"] == []

    def test_one_created_by_others_is_left_as_it_is(self, account):
        """What there is no option for stays, and so does what a service leaves out."""
        account.clients.sls.create_index(PROJECT, LOGSTORE, models.CreateIndexRequest().from_map({"body": {
            "line": {"token": [" "]}, "log_reduce": True, "log_reduce_black_list": ["b"], "keys": {
                "a": {"type": "json", "token": [], "json_keys": {"x": {
                    "type": "text", "caseSensitive": True, "token": ["y"]}}},
                "b": {"type": "long"},
            }}}))
        before = index_of(account)
        done = account.run("sls_index", **IN_STORE, line={"token": [" "]}, purge_fields=False, fields=[
            {"name": "b", "type": "long", "doc_value": False}])
        assert not done["changed"], done["diff"]
        account.run("sls_index", **IN_STORE, purge_fields=False, fields=[{"name": "c"}])
        after = index_of(account)
        assert after["keys"].pop("c")
        assert {**after, "lastModifyTime": 0} == {**before, "lastModifyTime": 0}

    def test_that_of_a_trail(self, account):
        """The keys that ActionTrail makes stay when others are added."""
        with account.alibaba.cloud.lock:
            ensure_logstore(account.alibaba.cloud, PROJECT, "actiontrail_x", 30)
        where = {"project": PROJECT, "logstore": "actiontrail_x"}
        done = account.run("sls_index", **where)
        assert not done["changed"] and done["index"]["fields"][0]["name"] == "event"
        three_times(account, "sls_index", READ, **where, fields=[{"name": "more"}], purge_fields=False)

    def test_delete(self, account):
        account.run("sls_index", **IN_STORE, line={})
        done = three_times(account, "sls_index", READ, **IN_STORE, state="absent")
        assert done["calls"] == ["Sls:GetIndex", "Sls:DeleteIndex"] and done["index"] is None
        assert done["diff"]["after"] == {}

    @pytest.mark.parametrize("where", [{"project": "no-project"}, {"logstore": "none"}, {}])
    def test_there_was_none(self, account, where):
        done = account.run("sls_index", **{**IN_STORE, **where}, state="absent")
        assert not done["changed"] and done["calls"] == READ


class TestIndexRefusals:
    @pytest.mark.parametrize(("options", "sentence"), [
        ({"project": "A"}, "project: 'A' is not the name of a project. Use 3 to 63"),
        ({"logstore": "A"}, "logstore: 'A' is not the name of a logstore. Use 2 to 63"),
        ({"line": {"include_keys": ["a"], "exclude_keys": ["b"]}}, "line: give include_keys or exclude_keys, not"),
        ({"max_text_len": 63}, "max_text_len: 63 is not a number of bytes from 64 to 16384"),
        ({"fields": [{"name": "a"}, {"name": "a"}]}, "fields: a is given twice"),
        ({"fields": [{"name": "a", "type": "long", "token": [], "chn": True}]},
         "fields: a: a field of type long has no chn and no token"),
        ({"fields": [{"name": "a", "json_keys": [{"name": "b"}]}]}, "fields: a: a field of type text has no json_keys"),
        ({"fields": [{"name": "a", "type": "json", "json_keys": [{"name": "b"}, {"name": "b"}]}]},
         "fields: a: json_keys: b is given twice"),
        ({"fields": [{"name": "a", "type": "int"}]}, "value of type must be one of: text, long, double, json, got"),
        ({"fields": [{"type": "text"}]}, "missing required arguments: name found in fields"),
    ])
    def test_bad_arguments(self, account, options, sentence):
        done = refusal(account, "sls_index", **{**IN_STORE, "line": {}, **options})
        assert done["msg"].startswith(sentence) and done["calls"] == []

    @pytest.mark.parametrize("options", [{}, {"line": {"enabled": False}}, {"fields": []}])
    def test_of_nothing(self, account, options):
        done = refusal(account, "sls_index", **IN_STORE, **options)
        assert done["msg"] == ("line, fields: an index needs at least one of them. To delete the index of logstore "
                               "some-project/events, set state: absent")
        assert done["calls"] == READ

    def test_the_last_is_not_taken_off(self, account):
        account.run("sls_index", **IN_STORE, line={})
        assert refusal(account, "sls_index", **IN_STORE, line={"enabled": False})["msg"].startswith("line, fields: an ")

    @pytest.mark.parametrize(("where", "code"), [
        ({"project": "no-project"}, "ProjectNotExist"), ({"logstore": "none"}, "LogStoreNotExist"),
    ])
    def test_no_logstore(self, account, waiting, where, code):
        done = refusal(account, "sls_index", **{**IN_STORE, **where}, line={})
        assert done["error"]["code"] == code and done["error"]["request_id"] in done["msg"]
        assert done["msg"].startswith("Could not create the index of logstore ")
        assert 55 < waiting.waited() < 65

    def test_a_logstore_of_a_service(self, account):
        account.run("log_audit", region="cn-hangzhou", products={"actiontrail": {"enabled": True}})
        store = next(one for one in everything(account)[1] if one.dedicated)
        done = refusal(account, "sls_index", project=store.project, logstore=store.name, line={"chn": True})
        assert done["error"]["code"] == "Unauthorized" and "dedicated" in done["msg"]

    def test_who_may_do_nothing(self, account):
        done = account.run("sls_index", **IN_STORE, line={}, **without_power(account))
        assert done["msg"].startswith("Could not read the index of logstore some-project/events: GetIndex: Unauth")


class TestBadDays:
    @pytest.mark.sample(1)
    @pytest.mark.parametrize("seed", range(4))
    def test_it_converges(self, alibaba, waiting, seed):
        account = Account(alibaba)
        alibaba.bad_days(*BAD_DAYS, seed=seed)
        for _attempt in range(2):
            for module, options in (
                ("sls_project", {"name": PROJECT}), ("sls_logstore", STORE),
                ("sls_index", {**IN_STORE, "line": {}, "fields": FIELDS}),
            ):
                done = account.run(module, **options)
                assert not done.get("failed"), done
        alibaba.bad_days()
        with alibaba.cloud.lock:
            alibaba.cloud.clock.advance(5)
        assert not account.run("sls_index", **IN_STORE, line={}, fields=FIELDS)["changed"]
        assert [len(table) for table in everything(account)[:3]] == [1, 1, 1]
        alibaba.bad_days(*BAD_DAYS, seed=seed)
        assert account.run("sls_index", **IN_STORE, state="absent").get("changed")
        assert everything(account)[2] == []


class TestSearch:
    @pytest.fixture(autouse=True)
    def index(self, account):
        account.run("sls_index", **IN_STORE, line={}, fields=[{"name": "text"}])

    @staticmethod
    def write(account, texts, ago=10, topic=""):
        items = [LogItem(int(time.time()) - ago, contents=[("text", text)]) for text in texts]
        account.clients.log().put_logs(PutLogsRequest(PROJECT, LOGSTORE, topic, "192.0.2.1", items))

    @staticmethod
    def texts(done):
        assert not done.get("failed") and not done["changed"], done
        return [log["text"] for log in done["logs"]]

    def test_all(self, account):
        self.write(account, ["one", "two"], topic="some")
        for check in (True, False):
            done = account.run("sls_logs_info", check=check, **IN_STORE)
            assert self.texts(done) == ["one", "two"] and done["calls"] == SEARCH
            assert done["complete"] and not done["more"]
            assert done["to"] - done["from"] == 900 and abs(done["to"] - time.time()) < 5
        assert done["logs"][0] == {"text": "one", "__topic__": "some", "__source__": "192.0.2.1",
                                   "__time__": done["logs"][0]["__time__"]}

    def test_some(self, account):
        self.write(account, ["one", "two"], topic="a")
        self.write(account, ["three", "one"], topic="b")
        assert self.texts(account.run("sls_logs_info", **IN_STORE, query="one")) == ["one", "one"]
        assert self.texts(account.run("sls_logs_info", **IN_STORE, query="text: three")) == ["three"]
        assert self.texts(account.run("sls_logs_info", **IN_STORE, topic="b")) == ["three", "one"]
        assert self.texts(account.run("sls_logs_info", **IN_STORE, query="none")) == []

    def test_times(self, account):
        self.write(account, ["old"], ago=7200)
        self.write(account, ["new"], ago=10)
        now = int(time.time())
        for range_, texts in (
            ({}, ["new"]), ({"from": "-3h"}, ["old", "new"]), ({"from": "-1d", "to": "-1h"}, ["old"]),
            ({"from": str(now - 7300), "to": str(now - 7100)}, ["old"]), ({"from": now - 60}, ["new"]),
            ({"from": "-10800s", "to": "-119m"}, ["old"]), ({"from": "-1w"}, ["old", "new"]),
            ({"from": "0", "to": "1"}, []),
        ):
            assert self.texts(account.run("sls_logs_info", **IN_STORE, **range_)) == texts

    def test_newest_first(self, account):
        self.write(account, ["old"], ago=300)
        self.write(account, ["new"])
        assert self.texts(account.run("sls_logs_info", **IN_STORE, reverse=True)) == ["new", "old"]

    @pytest.mark.parametrize(("limit", "found", "calls", "more"), [
        (1, 1, 1, True), (100, 100, 1, True), (249, 249, 3, True), (250, 250, 3, True), (251, 250, 3, False),
        (1000, 250, 3, False),
    ])
    def test_pages(self, account, limit, found, calls, more):
        self.write(account, [str(number) for number in range(250)])
        done = account.run("sls_logs_info", **IN_STORE, limit=limit)
        assert self.texts(done) == [str(number) for number in range(found)]
        assert done["calls"] == SEARCH * calls and done["more"] is more

    def test_sql_is_not_paged(self, account):
        self.write(account, ["one"] * 3)
        done = account.run("sls_logs_info", **IN_STORE, query="* | select count(*) as n", limit=1)
        assert done["logs"][0]["n"] == "3" and done["calls"] == SEARCH and not done["more"]

    def test_until_it_is_complete(self, account, waiting, monkeypatch):
        self.write(account, ["one"])
        progress = iter(["Incomplete", "Incomplete", "Complete"])
        self.pretend(monkeypatch, progress)
        done = account.run("sls_logs_info", **IN_STORE)
        assert self.texts(done) == ["one"] and done["complete"] and done["calls"] == SEARCH * 3
        assert "warnings" not in done

    def test_it_never_is(self, account, waiting, monkeypatch):
        self.write(account, ["one"])
        self.pretend(monkeypatch, iter(lambda: "Incomplete", None))
        done = account.run("sls_logs_info", **IN_STORE, timeout=20)
        assert self.texts(done) == ["one"] and not done["complete"]
        assert "After 20 seconds the search is not complete: there may be more logs" in str(done["warnings"])
        assert 19 < waiting.waited() < 25

    @staticmethod
    def pretend(monkeypatch, progress):
        """Let the cloud say how far it is; the local one is always done."""
        really = Cloud.call

        def call(self, product, operation, *path, **parameters):
            body = really(self, product, operation, *path, **parameters)
            body["meta"]["progress"] = next(progress)
            return body

        monkeypatch.setattr(Cloud, "call", call)

    @pytest.mark.parametrize(("options", "sentence"), [
        ({"project": "A"}, "project: 'A' is not the name of a project. Use 3 to 63"),
        ({"logstore": "A"}, "logstore: 'A' is not the name of a logstore. Use 2 to 63"),
        ({"from": "yesterday"}, "from: 'yesterday' is not a time: give seconds since 1970, a time before now"),
        ({"to": "-5"}, "to: '-5' is not a time"),
        ({"from": "-5m", "to": "-1h"}, "from, to: -5m is not before -1h"),
        ({"from": "now"}, "from, to: now is not before now"),
        ({"limit": 0}, "limit: give 1 or more"),
        ({"region": None}, "No region is given"),
    ])
    def test_bad_arguments(self, account, options, sentence):
        done = refusal(account, "sls_logs_info", **{**IN_STORE, **options})
        assert done["msg"].startswith(sentence) and done["calls"] == []

    @pytest.mark.parametrize(("where", "code"), [
        ({"project": "no-project"}, "ProjectNotExist"), ({"logstore": "none"}, "LogStoreNotExist"),
        ({"query": "(a"}, "ParameterInvalid"),
    ])
    def test_refusals(self, account, where, code):
        done = refusal(account, "sls_logs_info", **{**IN_STORE, **where})
        assert done["error"]["code"] == code and done["error"]["request_id"] in done["msg"]
        assert done["msg"].startswith("Could not search logstore ") and done["calls"] == SEARCH

    def test_without_an_index(self, account):
        account.run("sls_index", **IN_STORE, state="absent")
        done = refusal(account, "sls_logs_info", **IN_STORE)
        assert done["msg"].startswith("Could not search logstore some-project/events: GetLogsV2: IndexConfigNotExist: ")
        assert done["msg"].endswith("; the module sls_index gives it an index")

    def test_logs_of_others(self, account):
        account.alibaba.add_account(ALONE, member=False)
        stranger = Account(account.alibaba, account.alibaba.credential(ALONE))
        assert refusal(stranger, "sls_logs_info", **IN_STORE)["error"]["code"] == "Unauthorized"
        done = refusal(account, "sls_logs_info", **IN_STORE, **without_power(account))
        assert done["error"]["code"] == "Unauthorized"

    @pytest.mark.sample(1)
    @pytest.mark.parametrize("seed", range(3))
    def test_bad_days(self, account, waiting, seed):
        self.write(account, [str(number) for number in range(250)])
        account.alibaba.bad_days(Fault(throttled=0.3), Fault(failed=0.1), Fault(dropped=0.1), seed=seed)
        done = account.run("sls_logs_info", **IN_STORE, limit=1000)
        assert self.texts(done) == [str(number) for number in range(250)]
