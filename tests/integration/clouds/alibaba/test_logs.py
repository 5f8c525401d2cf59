# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs of the local SLS: written by clients of others, and gone when their time is over."""
from __future__ import annotations

import json
import zlib

import lz4.block
import pytest
import zstd
from helpers.alibaba.clients import Clients
from helpers.alibaba.logs import LOGSTORE, PROJECT, add_index, make_store, notes, now, read, write
from alibabacloud_sls20201230 import models as sls
from alibabacloud_sts20150401 import models as sts
from clouds.alibaba import Fault
from clouds.alibaba.principals import Credential
from clouds.alibaba.sls.protobuf import new_group
from darabonba.runtime import RuntimeOptions

DAY = 24 * 3600
MEMBER = "2000000000000002"


@pytest.fixture
def store(clients):
    """A logstore with an index, kept for two days."""
    make_store(clients)
    add_index(clients)
    return clients


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


# With a time, the body is created when the test runs: a long run comes to it much later than it was collected.
@pytest.mark.parametrize(("body", "headers", "code"), [
    (b"no protobuf", {}, "PostBodyInvalid"),
    (group(), {}, "PostBodyInvalid"),
    (group((1, {"note": "x"})), {}, "PostBodyInvalid"),
    (lambda: group((now() - 169 * 3600, {"note": "x"})), {}, "PostBodyInvalid"),
    (lambda: group((now() + 1200, {"note": "x"})), {}, "PostBodyInvalid"),
    (lambda: group((now(), {})), {}, "PostBodyInvalid"),
    (lambda: group((now(), {"": "x"})), {}, "InvalidKey"),
    (lambda: group((now(), {"__time__": "x"})), {}, "InvalidKey"),
    (lambda: group((now(), {"n": "ä"})).replace("ä".encode(), b"\xff\xfe"), {}, "InvalidEncoding"),
    (lambda: group(*[(now(), {"n": ""})] * 4097), {}, "PostBodyTooLarge"),
    (lambda: group((now(), {"n": "x" * (1024 * 1024 + 1)})), {}, "PostBodyTooLarge"),
    (b"x" * (10 * 1024 * 1024 + 1), {}, "PostBodyTooLarge"),
    (b"x", {"x-log-bodyrawsize": "many"}, "InvalidBodyRawSize"),
    pytest.param(b"x", {"x-log-bodyrawsize": "9" * 5000}, "InvalidBodyRawSize", id="long size"),
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
], ids=lambda value: "" if isinstance(value, bytes) or callable(value) else str(value))
def test_bad_logs_are_refused(store, refused_alibaba, body, headers, code):
    with refused_alibaba(code):
        put_raw(store, body() if callable(body) else body, **headers)
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
    project = f"acs:log:cn-hangzhou:*:project/{PROJECT}"
    writer = session(alibaba, clients, "log:PostLogStoreLogs", f"acs:log:*:{MEMBER}:project/{PROJECT}/logstore/{LOGSTORE}")
    reader = session(alibaba, clients, "log:GetLogStoreLogs", [project, f"{project}/logstore/{LOGSTORE}"])
    write(writer, {"note": "x"})
    assert notes(reader) == ["x"]
    with refused_alibaba("Unauthorized"):
        write(reader, {"note": "x"})
    with refused_alibaba("Unauthorized"):
        read(writer)
    with refused_alibaba("Unauthorized"):
        reader.log().get_begin_cursor(PROJECT, LOGSTORE, 0)
    for resource in (project, f"{project}/logstore/{LOGSTORE}"):
        with refused_alibaba("Unauthorized"):
            read(session(alibaba, clients, "log:GetLogStoreLogs", resource))


def session(alibaba, clients, action, resource):
    """Clients of a session in the member, which may do one thing."""
    key = clients.sts.assume_role(sts.AssumeRoleRequest(
        role_arn=f"acs:ram::{MEMBER}:role/ResourceDirectoryAccountAccessRole", role_session_name="test",
        policy=json.dumps({"Version": "1", "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]}),
    )).body.credentials
    return Clients(alibaba, Credential(key.access_key_id, key.access_key_secret, None, key.security_token))


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
