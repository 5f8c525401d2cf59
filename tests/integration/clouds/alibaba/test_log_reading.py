# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs of the local SLS, read by clients of others: by what they say, and by cursors."""
from __future__ import annotations

import json

import pytest
from helpers.alibaba.logs import LOGSTORE, PROJECT, TOKENS, add_index, make_store, notes, now, read, write
from alibabacloud_sls20201230 import models as sls
from aliyun.log import GetHistogramsRequest
from darabonba.runtime import RuntimeOptions


@pytest.fixture
def store(clients):
    """A logstore with an index, kept for two days."""
    make_store(clients)
    add_index(clients, keys={
        "level": sls.IndexKey(type="text", token=TOKENS), "bytes": sls.IndexKey(type="long"),
        "event": sls.IndexKey(type="json", token=TOKENS, json_keys={"eventName": sls.IndexJsonKey(type="text")}),
    })
    return clients


# Reading


def test_the_current_sdk_reads_with_all_compressions(store):
    write(store, {"note": "hello"})
    for accepted in ("zstd", "lz4", "gzip", "deflate", None):
        asked = sls.GetLogsV2Request(from_=now() - 60, to=now() + 60, query="hello")
        answer = store.sls.get_logs_v2with_options(
            PROJECT, LOGSTORE, asked, sls.GetLogsV2Headers(accept_encoding=accepted), RuntimeOptions()
        )
        assert answer.headers["x-log-compresstype"] == (accepted or "zstd")
        assert [log["note"] for log in answer.body.data] == ["hello"]


def test_what_is_said_about_an_answer(store):
    write(store, {"note": "hello"})
    asked = sls.GetLogsV2Request(from_=now() - 60, to=now() + 60, query="hello")
    meta = store.sls.get_logs_v2(PROJECT, LOGSTORE, asked).body.meta
    assert (meta.progress, meta.count, meta.has_sql, meta.where_query) == ("Complete", 1, False, "hello")


def test_get_logs_of_the_current_sdk(store):
    write(store, {"note": "hello"}, topic="greetings")
    found = store.sls.get_logs(PROJECT, LOGSTORE, sls.GetLogsRequest(from_=now() - 60, to=now() + 60)).body
    assert found.meta.count == 1
    assert found.data[0]["__topic__"] == "greetings"
    assert found.data[0]["__source__"] == "192.0.2.9"
    assert abs(int(found.data[0]["__time__"]) - now()) < 60


def test_the_older_operation_for_reading(store):
    write(store, {"note": "hello"}, {"note": "bye"})
    client = store.log()
    client._get_logs_v2_enabled = False
    answer = client.get_log(PROJECT, LOGSTORE, now() - 60, now() + 60, query="hello")
    assert [log.get_contents()["note"] for log in answer.get_logs()] == ["hello"]
    assert answer.is_completed() and answer.get_count() == 1


def test_log_cli_reads(store, tmp_path):
    write(store, {"note": "hello"})
    asked = {"project": PROJECT, "logstore": LOGSTORE, "from_time": now() - 60, "to_time": now() + 60}
    for version in ("v1", "v4"):
        found = store.cli(tmp_path, "get_log", query="hello", sign_version=version, **asked)
        assert [log["note"] for log in found] == ["hello"]


def test_log_cli_is_refused(store, tmp_path, refused_alibaba):
    with refused_alibaba("ParameterInvalid"):
        store.cli(tmp_path, "get_log", project=PROJECT, logstore=LOGSTORE, from_time=1, to_time=2, query="nowhere:x")


def test_the_start_of_a_time_is_in_it_and_its_end_is_not(store):
    at = now() - 60
    write(store, {"note": "x"}, at=at)
    assert notes(store, start=at, end=at + 1) == ["x"]
    assert notes(store, start=at - 1, end=at) == []
    assert notes(store, start=at + 1, end=at + 2) == []


@pytest.mark.parametrize("length", [0, -1])
def test_a_time_without_length_is_refused(store, refused_alibaba, length):
    with refused_alibaba("InvalidTimeRange"):
        read(store, start=now(), end=now() + length)


def test_pages(store):
    write(store, *[{"note": str(number)} for number in range(250)], at=now() - 5)
    assert len(notes(store)) == 100
    assert notes(store, offset=240) == [str(number) for number in range(240, 250)]
    assert notes(store, offset=250) == []
    assert len(notes(store, size=-1)) == 250
    assert notes(store, size=3, offset=2) == ["2", "3", "4"]
    assert notes(store, size=0) == []


@pytest.mark.parametrize(("options", "code"), [
    ({"line": 101}, "InvalidLine"), ({"line": -1}, "InvalidLine"), ({"offset": -1}, "InvalidOffset"),
    ({"reverse": "maybe"}, "InvalidReverse"), ({"power_sql": True}, "NotImplemented"),
    ({"session": "mode=scan"}, "NotImplemented"), ({"highlight": True}, "NotImplemented"),
    ({"from_": None}, "ParameterInvalid"), ({"query": "nowhere: x"}, "ParameterInvalid"),
    ({"query": "* | select 1"}, "ParameterInvalid"),
    ({"query": "* | select count(*) as c", "offset": 1}, "ParameterInvalid"),
])
def test_bad_questions_are_refused(store, refused_alibaba, options, code):
    with refused_alibaba(code):
        store.sls.get_logs_v2(PROJECT, LOGSTORE, sls.GetLogsV2Request(**{"from_": now(), "to": now() + 1, **options}))


def test_order(store):
    for note, age in (("b", 50), ("c", 40), ("a", 60)):
        write(store, {"note": note}, at=now() - age)
    assert notes(store) == ["a", "b", "c"]
    assert notes(store, reverse=True) == ["c", "b", "a"]


def test_topics(store):
    write(store, {"note": "x"}, topic="one")
    write(store, {"note": "y"}, topic="two")
    assert notes(store, topic="two") == ["y"]
    assert notes(store, query="__topic__: one") == ["x"]


@pytest.mark.parametrize(("query", "found"), [
    ("level: error", ["a"]), ("not level: error", ["b"]), ("bytes > 10", ["b"]), ("event.eventName: CreateRole", ["a"]),
    ("probe*", ["a"]), ("level: error or bytes in [20 30]", ["a", "b"]),
])
def test_queries(store, query, found):
    event = '{"eventName": "CreateRole"}'
    write(store, {"note": "a", "level": "ERROR", "bytes": "7", "event": event, "mark": "probe-1"},
          {"note": "b", "level": "info", "bytes": "20"})
    assert notes(store, query=query) == found


def test_json_that_is_nested_too_deeply_has_no_fields(store):
    write(store, {"note": "deep", "event": '{"a":' * 20_000})
    assert notes(store, query="event.eventName: CreateRole") == []
    assert notes(store) == ["deep"]


def test_counting(store):
    write(store, *[{"note": str(number)} for number in range(150)])
    assert read(store, query="* | select count(*) as c")[0]["c"] == "150"


def test_logs_without_index_are_not_searched(clients, refused_alibaba):
    make_store(clients)
    write(clients, {"note": "x"})
    with refused_alibaba("IndexConfigNotExist"):
        read(clients)


def test_an_index_is_for_later_logs(clients):
    make_store(clients)
    write(clients, {"note": "before"})
    add_index(clients)
    write(clients, {"note": "after"})
    assert notes(clients) == ["after"]


def test_histograms(store):
    start = now() // 60 * 60 - 120
    for age, count in ((10, 2), (70, 3)):
        write(store, *[{"note": "x"}] * count, at=start + age)
    answer = store.log().get_histograms(GetHistogramsRequest(PROJECT, LOGSTORE, start, start + 120, "", "x"))
    assert answer.is_completed() and answer.get_total_count() == 5
    assert [histogram.get_count() for histogram in answer.get_histograms() if histogram.get_count()] == [2, 3]
    today = store.sls.get_histograms(PROJECT, LOGSTORE, sls.GetHistogramsRequest(from_=start, to=start + 120)).body
    assert sum(histogram.count for histogram in today) == 5
    assert today[0].from_ == start and today[-1].to == start + 120


def test_histograms_of_analytic_statements_are_refused(store, refused_alibaba):
    with refused_alibaba("InvalidQueryString"):
        store.log().get_histograms(GetHistogramsRequest(PROJECT, LOGSTORE, 1, 2, "", "* | select count(*) as c"))


# Cursors


def test_cursors(clients):
    make_store(clients, shards=1)
    client = clients.log()
    for number in range(5):
        write(clients, {"note": str(number)}, topic="t", tags=[("rack", "r1")])
    begin = client.get_begin_cursor(PROJECT, LOGSTORE, 0).get_cursor()
    end = client.get_end_cursor(PROJECT, LOGSTORE, 0).get_cursor()
    first = client.pull_logs(PROJECT, LOGSTORE, 0, begin, count=2, end_cursor=end)
    assert first.get_loggroup_count() == 2
    rest = client.pull_logs(PROJECT, LOGSTORE, 0, first.get_next_cursor(), compress=False)
    assert rest.get_next_cursor() == end
    pulled = [*first.get_flatten_logs_json(), *rest.get_flatten_logs_json()]
    assert [log["note"] for log in pulled] == list("01234")
    assert (pulled[0]["__topic__"], pulled[0]["__tag__:rack"], pulled[0]["__source__"]) == ("t", "r1", "192.0.2.9")
    assert abs(int(client.get_cursor_time(PROJECT, LOGSTORE, 0, begin).get_cursor_time()) - now()) < 60
    assert client.pull_logs(PROJECT, LOGSTORE, 0, end).get_loggroup_count() == 0


def test_cursor_of_a_time(clients):
    make_store(clients, shards=1)
    write(clients, {"note": "x"})
    client = clients.log()
    begin = client.get_begin_cursor(PROJECT, LOGSTORE, 0).get_cursor()
    assert client.get_cursor(PROJECT, LOGSTORE, 0, now() - 3600).get_cursor() == begin
    end = client.get_end_cursor(PROJECT, LOGSTORE, 0).get_cursor()
    assert client.get_cursor(PROJECT, LOGSTORE, 0, now() + 3600).get_cursor() == end != begin
    asked = sls.GetCursorRequest(from_="begin")
    assert clients.sls.get_cursor(PROJECT, LOGSTORE, "0", asked).body.cursor == begin


def test_log_cli_pulls(clients, tmp_path):
    make_store(clients, shards=1)
    write(clients, {"note": "x"})
    pulled = clients.cli(tmp_path, "pull_log", project_name=PROJECT, logstore_name=LOGSTORE, shard_id=0,
                         from_time="begin", to_time="end")
    assert "x" in json.dumps(pulled)


def test_bad_cursors_are_refused(clients, refused_alibaba):
    make_store(clients, shards=1)
    client = clients.log()
    for cursor in ("no cursor", "MQ=="):
        with refused_alibaba("ParameterInvalid"):
            client.pull_logs(PROJECT, LOGSTORE, 0, cursor)
    begin = client.get_begin_cursor(PROJECT, LOGSTORE, 0).get_cursor()
    with refused_alibaba("ShardNotExist"):
        client.pull_logs(PROJECT, LOGSTORE, 1, begin)
    with refused_alibaba("ParameterInvalid"):
        client.pull_logs(PROJECT, LOGSTORE, 0, begin, count=1001)
    with refused_alibaba("NotImplemented"):
        client.pull_logs(PROJECT, LOGSTORE, 0, begin, query="* | where a = 'b'")


def test_a_cursor_of_a_deleted_logstore_is_none_of_the_next_one(clients, refused_alibaba):
    make_store(clients, shards=1)
    write(clients, {"note": "x"})
    client = clients.log()
    cursor = client.get_begin_cursor(PROJECT, LOGSTORE, 0).get_cursor()
    clients.sls.delete_log_store(PROJECT, LOGSTORE)
    clients.sls.create_log_store(PROJECT, sls.CreateLogStoreRequest(logstore_name=LOGSTORE, ttl=1, shard_count=1))
    with refused_alibaba("ParameterInvalid"):
        client.pull_logs(PROJECT, LOGSTORE, 0, cursor)
    assert client.pull_logs(PROJECT, LOGSTORE, 0, client.get_begin_cursor(PROJECT, LOGSTORE, 0).get_cursor()
                            ).get_loggroup_count() == 0
