# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs of the local SLS, written and read by clients of others."""
from __future__ import annotations

import json
import time
import zlib

import lz4.block
import pytest
import zstd
from alibaba_clients import Clients
from alibabacloud_sls20201230 import models as sls
from alibabacloud_sts20150401 import models as sts
from aliyun.log import GetHistogramsRequest, LogItem, PutLogsRequest
from clouds.alibaba import Fault
from clouds.alibaba.principals import Credential
from clouds.alibaba.sls.protobuf import new_group
from darabonba.runtime import RuntimeOptions

PROJECT, LOGSTORE = "some-project", "some-logs"
TOKENS = list(", '\";=()[]{}?@&<>/:\n\t\r")
DAY = 24 * 3600
MEMBER = "2000000000000002"


@pytest.fixture
def store(clients):
    """A logstore with an index, kept for two days."""
    make_store(clients)
    add_index(clients, keys={
        "level": sls.IndexKey(type="text", token=TOKENS), "bytes": sls.IndexKey(type="long"),
        "event": sls.IndexKey(type="json", token=TOKENS, json_keys={"eventName": sls.IndexJsonKey(type="text")}),
    })
    return clients


def make_store(clients, ttl=2, shards=2):
    clients.sls.create_project(sls.CreateProjectRequest(project_name=PROJECT, description=""))
    clients.sls.create_log_store(PROJECT, sls.CreateLogStoreRequest(logstore_name=LOGSTORE, ttl=ttl, shard_count=shards))


def add_index(clients, keys=None):
    index = sls.Index(line=sls.IndexLine(token=TOKENS, case_sensitive=False), keys=keys)
    clients.sls.create_index(PROJECT, LOGSTORE, sls.CreateIndexRequest(body=index))


def now():
    return int(time.time())


def write(clients, *contents, at=None, topic="", source="192.0.2.9", tags=None, **options):
    items = [LogItem(at or now(), contents=list(content.items())) for content in contents]
    return clients.log().put_logs(PutLogsRequest(PROJECT, LOGSTORE, topic, source, items, logtags=tags, **options))


def read(clients, query="*", start=None, end=None, **options):
    """Contents of the logs that a query finds, by aliyun-log-python-sdk."""
    answer = clients.log().get_log(PROJECT, LOGSTORE, start or now() - 900, end or now() + 900, query=query, **options)
    return [log.get_contents() for log in answer.get_logs()]


def notes(*arguments, **options):
    return [contents["note"] for contents in read(*arguments, **options)]


def put_raw(clients, body, path="/shards/lb", **headers):
    """PutLogs with a body of ours."""
    clients.log()._send("POST", PROJECT, body, f"/logstores/{LOGSTORE}{path}", {}, {
        "Content-Type": "application/x-protobuf", "x-log-bodyrawsize": str(len(body)), **headers,
    })


def group(*logs):
    return new_group(logs, "", "", {}).SerializeToString()


# Writing


@pytest.mark.parametrize("kind", ["zstd", "lz4", "deflate", "gzip"])
def test_the_current_sdk_writes_compressed_logs(store, kind):
    entry = sls.LogItem(time=now(), contents=[sls.LogContent(key="note", value="ä" * 1000)])
    body = sls.LogGroup(log_items=[entry], log_tags=[sls.LogTag(key="rack", value="r1")], topic="t", source="s")
    store.sls.put_logs_with_options(PROJECT, LOGSTORE, sls.PutLogsRequest(body=body),
                                    sls.PutLogsHeaders(x_log_compresstype=kind), RuntimeOptions())
    assert read(store) == [{"note": "ä" * 1000, "__topic__": "t", "__tag__:rack": "r1"}]


@pytest.mark.parametrize("options", [{}, {"compress": False}, {"compress_type": "zstd"}, {"compress_type": "lz4"},
                                     {"hashKey": "f" * 32}])
def test_the_older_sdk_writes_logs(store, options):
    write(store, {"note": "one"}, {"note": "two"}, topic="t", tags=[("rack", "r1")], **options)
    assert read(store) == [{"note": note, "__topic__": "t", "__tag__:rack": "r1"} for note in ("one", "two")]


def test_a_log_can_go_to_the_path_of_older_clients(store):
    put_raw(store, group((now(), {"note": "old"})), path="")
    assert notes(store) == ["old"]


def test_logs_go_to_the_shards_in_turn(store):
    for number in range(4):
        write(store, {"note": str(number)})
    client = store.log()
    pulled = [
        [item["note"] for answer in client.pull_log(PROJECT, LOGSTORE, shard, now() - 60, now() + 60)
         for item in answer.get_flatten_logs_json()] for shard in (0, 1)
    ]
    assert sorted(map(len, pulled)) == [2, 2]
    assert {note for shard in pulled for note in shard} == set("0123")


def test_a_hash_decides_the_shard(store):
    write(store, {"note": "low"}, hashKey="0" * 32)
    write(store, {"note": "high"}, hashKey="f" * 32)
    client = store.log()
    assert [item["note"] for answer in client.pull_log(PROJECT, LOGSTORE, 1, now() - 60, now() + 60)
            for item in answer.get_flatten_logs_json()] == ["high"]


@pytest.mark.parametrize(("body", "headers", "code"), [
    (b"no protobuf", {}, "PostBodyInvalid"),
    (group(), {}, "PostBodyInvalid"),
    (group((1, {"note": "x"})), {}, "PostBodyInvalid"),
    (group((now() - 169 * 3600, {"note": "x"})), {}, "PostBodyInvalid"),
    (group((now() + 1200, {"note": "x"})), {}, "PostBodyInvalid"),
    (group((now(), {})), {}, "PostBodyInvalid"),
    (group((now(), {"": "x"})), {}, "InvalidKey"),
    (group((now(), {"__time__": "x"})), {}, "InvalidKey"),
    (group((now(), {"n": "ä"})).replace("ä".encode(), b"\xff\xfe"), {}, "InvalidEncoding"),
    (group(*[(now(), {"n": ""})] * 4097), {}, "PostBodyTooLarge"),
    (group((now(), {"n": "x" * (1024 * 1024 + 1)})), {}, "PostBodyTooLarge"),
    (b"x" * (10 * 1024 * 1024 + 1), {}, "PostBodyTooLarge"),
    (b"x", {"x-log-bodyrawsize": "many"}, "InvalidBodyRawSize"),
    (b"x", {"x-log-bodyrawsize": "2"}, "PostBodyUncompressError"),
    (b"x", {"x-log-compresstype": "lz4"}, "PostBodyUncompressError"),
    (b"x", {"x-log-compresstype": "zstd"}, "PostBodyUncompressError"),
    (b"x", {"x-log-compresstype": "deflate"}, "PostBodyUncompressError"),
    (b"x", {"x-log-compresstype": "snappy"}, "InvalidCompressType"),
    (lz4.block.compress(b"xx", store_size=False), {"x-log-compresstype": "lz4", "x-log-bodyrawsize": "9"},
     "PostBodyUncompressError"),
    (zstd.compress(b"xx"), {"x-log-compresstype": "zstd", "x-log-bodyrawsize": "9"}, "PostBodyUncompressError"),
    (zlib.compress(b"xx" * 50), {"x-log-compresstype": "deflate", "x-log-bodyrawsize": "9"}, "PostBodyUncompressError"),
    (b"x", {"Content-Type": "application/json"}, "InvalidContentType"),
], ids=lambda value: "" if isinstance(value, bytes) else str(value))
def test_bad_logs_are_refused(store, refused_alibaba, body, headers, code):
    with refused_alibaba(code):
        put_raw(store, body, **headers)
    assert not read(store)


def test_a_hash_that_is_none_is_refused(store, refused_alibaba):
    with refused_alibaba("ParameterInvalid"):
        write(store, {"note": "x"}, hashKey="zz")


def test_logs_of_nowhere_are_refused(store, refused_alibaba):
    store.sls.delete_log_store(PROJECT, LOGSTORE)
    with refused_alibaba("LogStoreNotExist"):
        write(store, {"note": "x"})
    store.sls.delete_project(PROJECT, sls.DeleteProjectRequest())
    with refused_alibaba("ProjectNotExist"):
        write(store, {"note": "x"})


def test_logs_of_another_account_are_refused(store, alibaba, refused_alibaba):
    with refused_alibaba("Unauthorized"):
        write(Clients(alibaba, alibaba.credential(MEMBER)), {"note": "x"})
    with refused_alibaba("Unauthorized"):
        read(Clients(alibaba, alibaba.credential(MEMBER)))


def test_writing_and_reading_are_allowed_one_by_one(alibaba, clients, refused_alibaba):
    member = Clients(alibaba, alibaba.credential(MEMBER))
    make_store(member)
    add_index(member)
    writer = session(clients, "log:PostLogStoreLogs", f"acs:log:*:{MEMBER}:project/{PROJECT}/logstore/{LOGSTORE}")
    reader = session(clients, "log:GetLogStoreLogs", f"acs:log:cn-hangzhou:*:project/{PROJECT}/logstore/{LOGSTORE}")
    write(writer, {"note": "x"})
    assert notes(reader) == ["x"]
    with refused_alibaba("Unauthorized"):
        write(reader, {"note": "x"})
    with refused_alibaba("Unauthorized"):
        read(writer)
    with refused_alibaba("Unauthorized"):
        reader.log().get_begin_cursor(PROJECT, LOGSTORE, 0)


def session(clients, action, resource):
    """Clients of a session in the member, which may do one thing."""
    key = clients.sts.assume_role(sts.AssumeRoleRequest(
        role_arn=f"acs:ram::{MEMBER}:role/ResourceDirectoryAccountAccessRole", role_session_name="test",
        policy=json.dumps({"Version": "1", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]}),
    )).body.credentials
    return Clients(clients, Credential(key.access_key_id, key.access_key_secret, None, key.security_token))


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


def test_the_older_way_of_reading(store):
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
    write(store, {"note": "a", "level": "ERROR", "bytes": "7", "event": '{"eventName": "CreateRole"}', "mark": "probe-1"},
          {"note": "b", "level": "info", "bytes": "20"})
    assert notes(store, query=query) == found


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


# Retention


def test_logs_go_when_their_time_is_over(store, alibaba):
    write(store, {"note": "x"})
    alibaba.cloud.clock.advance(2 * DAY - 60)
    assert notes(store) == ["x"]
    alibaba.cloud.clock.advance(120)
    assert notes(store) == []


def test_a_shorter_retention_counts_at_once(store, alibaba):
    write(store, {"note": "x"})
    alibaba.cloud.clock.advance(DAY + 60)
    assert notes(store) == ["x"]
    store.log().update_logstore(PROJECT, LOGSTORE, ttl=1)
    assert notes(store) == []


def test_logs_can_stay_for_ever(clients, alibaba):
    make_store(clients, ttl=3650)
    add_index(clients)
    write(clients, {"note": "x"})
    alibaba.cloud.clock.advance(3651 * DAY)
    assert notes(clients) == ["x"]


def test_the_newest_logs_are_not_found_on_a_bad_day(store, alibaba):
    alibaba.bad_days(Fault(behind=300))
    write(store, {"note": "x"})
    looks = {tuple(notes(store)) for _look in range(30)}
    assert () in looks
    alibaba.bad_days()
    assert notes(store) == ["x"]


def test_reading_and_writing_logs_makes_no_events(store, alibaba):
    events = len(alibaba.cloud.account("1000000000000001").events)
    write(store, {"note": "x"})
    read(store)
    assert len(alibaba.cloud.account("1000000000000001").events) == events
