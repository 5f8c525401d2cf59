# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shards, indexes and tags of SLS: as three clients see them, and the rules."""
from __future__ import annotations

import json

import pytest
from helpers.alibaba.sls import LINE, LOGSTORE, PROJECT, get_logstore, index, make_logstore, make_project, tag, tags_of
from alibabacloud_sls20201230 import models
from aliyun.log import IndexConfig, IndexKeyConfig, IndexLineConfig


# Shards

def test_sdk_lists_shards(sdk):
    make_project(sdk)
    make_logstore(sdk, shard_count=2)
    shards = sdk.list_shards(PROJECT, LOGSTORE).body
    assert [(shard.shard_id, shard.status, shard.inclusive_begin_key, shard.exclusive_end_key) for shard in shards] == [
        (0, "readwrite", "0" * 32, "8" + "0" * 31), (1, "readwrite", "8" + "0" * 31, "f" * 32),
    ]


def test_sdk_splits_a_shard(sdk):
    make_project(sdk)
    make_logstore(sdk, shard_count=1)
    found = sdk.split_shard(PROJECT, LOGSTORE, "0", models.SplitShardRequest(key="4" + "0" * 31, shard_count=2)).body
    assert [(shard.shard_id, shard.status) for shard in found] == [(0, "readonly"), (1, "readwrite"), (2, "readwrite")]
    assert found[1].exclusive_end_key == found[2].inclusive_begin_key == "4" + "0" * 31
    assert get_logstore(sdk).shard_count == 2


def test_sdk_merges_shards(sdk):
    make_project(sdk)
    make_logstore(sdk, shard_count=2)
    sdk.merge_shard(PROJECT, LOGSTORE, "0")
    shards = sdk.list_shards(PROJECT, LOGSTORE).body
    assert [(shard.shard_id, shard.status) for shard in shards] == [(0, "readonly"), (1, "readonly"), (2, "readwrite")]


def test_old_sdk_and_shards(log):
    log.create_project(PROJECT, "")
    log.create_logstore(PROJECT, LOGSTORE, shard_count=1)
    log.split_shard(PROJECT, LOGSTORE, 0, "4" + "0" * 31)
    log.merge_shard(PROJECT, LOGSTORE, 1)
    assert [shard["status"] for shard in log.list_shards(PROJECT, LOGSTORE).get_shards_info()] == [
        "readonly", "readonly", "readonly", "readwrite"]


def test_command_line_and_shards(cli, sls):
    make_logstore(sls, shard_count=1)
    logstore = {"project_name": PROJECT, "logstore_name": LOGSTORE}
    cli("split_shard", **logstore, shardId=0, split_hash="4" + 31 * "0")
    cli("merge_shard", **logstore, shardId=1)
    shards = cli("list_shards", **logstore)
    assert [(shard["shardID"], shard["status"]) for shard in shards] == [
        (0, "readonly"), (1, "readonly"), (2, "readonly"), (3, "readwrite")]


@pytest.mark.parametrize("shard, key, expected", [
    ("7", None, "ShardNotExist"), ("0", "0" * 32, "ParameterInvalid"), ("0", "middle", "ParameterInvalid"),
    ("x", None, "ParameterInvalid"),
])
def test_splits_that_are_refused(sls, refused_alibaba, shard, key, expected):
    make_logstore(sls, shard_count=1)
    with refused_alibaba(expected):
        sls.split_shard(PROJECT, LOGSTORE, shard, models.SplitShardRequest(key=key))


def test_the_last_shard_has_none_to_merge_with(sls, refused_alibaba):
    make_logstore(sls, shard_count=2)
    with refused_alibaba("ParameterInvalid"):
        sls.merge_shard(PROJECT, LOGSTORE, "1")


def test_a_shard_is_split_once(sls, refused_alibaba):
    make_logstore(sls, shard_count=1)
    sls.split_shard(PROJECT, LOGSTORE, "0", models.SplitShardRequest())
    with refused_alibaba("ParameterInvalid"):
        sls.split_shard(PROJECT, LOGSTORE, "0", models.SplitShardRequest())


# Indexes

def test_sdk_creates_and_reads_an_index(sdk):
    make_project(sdk)
    make_logstore(sdk, ttl=7)
    nested = models.IndexKey(type="json", token=[","], index_all=True, max_depth=2, json_keys={
        "inner": models.IndexJsonKey(type="long", doc_value=True),
    })
    sdk.create_index(PROJECT, LOGSTORE, index(
        line=LINE, keys={"outer": nested, "code": models.IndexKey(type="long")}, max_text_len=4096, log_reduce=True,
        log_reduce_white_list=["code"],
    ))
    found = sdk.get_index(PROJECT, LOGSTORE).body.to_map()
    assert isinstance(found.pop("lastModifyTime"), int)
    assert found == {
        "index_mode": "v2", "storage": "pg", "ttl": 7, "max_text_len": 4096, "log_reduce": True,
        "log_reduce_white_list": ["code"], "line": {"token": [",", " "], "caseSensitive": False},
        "keys": {
            "code": {"type": "long", "json_keys": {}},  # the empty object is the SDK's own
            "outer": {"type": "json", "token": [","], "index_all": True, "max_depth": 2,
                      "json_keys": {"inner": {"type": "long", "doc_value": True}}},
        },
    }


def test_sdk_replaces_an_index(sdk):
    make_project(sdk)
    make_logstore(sdk)
    sdk.create_index(PROJECT, LOGSTORE, index(line=LINE))
    sdk.update_index(PROJECT, LOGSTORE, models.UpdateIndexRequest(
        body=models.Index(keys={"code": models.IndexKey(type="long")})))
    found = sdk.get_index(PROJECT, LOGSTORE).body
    assert (found.line, list(found.keys)) == (None, ["code"])


def test_sdk_deletes_an_index(sdk, refused_alibaba):
    make_project(sdk)
    make_logstore(sdk)
    sdk.create_index(PROJECT, LOGSTORE, index(line=LINE))
    sdk.delete_index(PROJECT, LOGSTORE)
    with refused_alibaba("IndexConfigNotExist"):
        sdk.get_index(PROJECT, LOGSTORE)


def test_sdk_sees_that_an_index_exists(sdk, refused_alibaba):
    make_project(sdk)
    make_logstore(sdk)
    sdk.create_index(PROJECT, LOGSTORE, index(line=LINE))
    with refused_alibaba("IndexAlreadyExist"):
        sdk.create_index(PROJECT, LOGSTORE, index(line=LINE))


def test_old_sdk_and_an_index(log, refused_alibaba):
    log.create_project(PROJECT, "")
    log.create_logstore(PROJECT, LOGSTORE)
    log.create_index(PROJECT, LOGSTORE, IndexConfig(line_config=IndexLineConfig(token_list=[","])))
    log.update_index(PROJECT, LOGSTORE, IndexConfig(key_config_list={"code": IndexKeyConfig(index_type="long")}))
    assert log.get_index_config(PROJECT, LOGSTORE).get_index_config().key_config_list["code"].index_type == "long"
    log.delete_index(PROJECT, LOGSTORE)
    with refused_alibaba("IndexConfigNotExist"):
        log.get_index_config(PROJECT, LOGSTORE)


def test_command_line_and_an_index(cli, sls, refused_alibaba):
    make_logstore(sls)
    logstore = {"project_name": PROJECT, "logstore_name": LOGSTORE}
    cli("create_index", **logstore, index_detail=json.dumps({"line": {"token": [","], "caseSensitive": False}}))
    cli("update_index", **logstore, index_detail=json.dumps({"line": {"token": [";"], "caseSensitive": False}}))
    assert cli("get_index_config", **logstore)["line"]["token"] == [";"]
    cli("delete_index", **logstore)
    with refused_alibaba("IndexConfigNotExist"):
        cli("get_index_config", **logstore)


@pytest.mark.parametrize("options", [
    {}, {"keys": {}}, {"line": models.IndexLine()}, {"keys": {"a": models.IndexKey()}},
    {"keys": {"a": models.IndexKey(type="text")}}, {"keys": {"a": models.IndexKey(type="date")}},
    {"keys": {"a": models.IndexKey(type="long", json_keys={"b": models.IndexJsonKey(type="long")})}},
    {"line": models.IndexLine(token=[","], include_keys=["a"], exclude_keys=["b"])},
    {"line": LINE, "max_text_len": 63}, {"line": LINE, "max_text_len": 16385},
    {"line": LINE, "log_reduce_white_list": ["a"], "log_reduce_black_list": ["b"]},
])
def test_bad_indexes(sls, refused_alibaba, options):
    make_logstore(sls)
    with refused_alibaba("IndexInfoInvalid"):
        sls.create_index(PROJECT, LOGSTORE, index(**options))


@pytest.mark.parametrize("options", [
    {"line": LINE, "scan_index": True}, {"keys": {"a": models.IndexKey(type="text", token=[","], embedding="e")}},
])
def test_indexes_that_are_not_served(sls, refused_alibaba, options):
    make_logstore(sls)
    with refused_alibaba("NotImplemented"):
        sls.create_index(PROJECT, LOGSTORE, index(**options))


@pytest.mark.parametrize("call", [
    lambda sls: sls.update_index(PROJECT, LOGSTORE, models.UpdateIndexRequest(body=models.Index(line=LINE))),
    lambda sls: sls.delete_index(PROJECT, LOGSTORE),
])
def test_an_index_that_is_not_there(sls, refused_alibaba, call):
    make_logstore(sls)
    with refused_alibaba("IndexConfigNotExist"):
        call(sls)


def test_an_index_needs_its_logstore(sls, refused_alibaba):
    with refused_alibaba("LogStoreNotExist"):
        sls.create_index(PROJECT, LOGSTORE, index(line=LINE))


# Tags

def test_sdk_tags_a_project(sdk):
    make_project(sdk)
    tag(sdk, "project", PROJECT, color="blue", size="small")
    tag(sdk, "project", PROJECT, color="red")
    assert tags_of(sdk, "project", PROJECT) == {PROJECT: {"color": "red", "size": "small"}}


def test_sdk_tags_a_logstore(sdk):
    make_project(sdk)
    make_logstore(sdk)
    resource = f"{PROJECT}#{LOGSTORE}"
    tag(sdk, "logstore", resource, color="blue")
    assert tags_of(sdk, "logstore", resource) == {resource: {"color": "blue"}}


def test_sdk_removes_tags(sdk):
    make_project(sdk)
    tag(sdk, "project", PROJECT, color="blue", size="small", shape="round")
    untag = models.UntagResourcesRequest(resource_type="project", resource_id=[PROJECT], tags=["color", "none"])
    sdk.untag_resources(untag)
    assert tags_of(sdk, "project", PROJECT) == {PROJECT: {"size": "small", "shape": "round"}}
    sdk.untag_resources(models.UntagResourcesRequest(resource_type="project", resource_id=[PROJECT], all=True))
    assert tags_of(sdk, "project", PROJECT) == {}


def test_old_sdk_and_tags_of_a_project(log):
    log.create_project(PROJECT, "")
    log.tag_project(PROJECT, color="blue", size="small")
    log.untag_project(PROJECT, "size")
    assert [page.get_tags() for page in log.get_project_tags(PROJECT)] == [{"color": "blue"}]


def test_old_sdk_and_tags_of_a_logstore(log):
    log.create_project(PROJECT, "")
    log.create_logstore(PROJECT, LOGSTORE)
    resource = f"{PROJECT}#{LOGSTORE}"
    log.tag_resources("logstore", resource, color="blue", size="small")
    log.untag_resources("logstore", resource, "size")
    (page,) = log.list_tag_resources("logstore", resource)
    assert [(found.get_tag_key(), found.get_tag_value()) for found in page.get_tags()] == [("color", "blue")]


def test_resources_are_found_by_their_tags(sls, stranger):
    make_project(sls, "another-project")
    make_project(stranger.sls, "foreign-project")
    tag(sls, "project", PROJECT, color="blue", size="small")
    tag(sls, "project", "another-project", color="red")
    tag(stranger.sls, "project", "foreign-project", color="blue")
    assert set(tags_of(sls, "project", wanted=[("color", None)])) == {PROJECT, "another-project"}
    assert set(tags_of(sls, "project", wanted=[("color", "blue"), ("size", "small")])) == {PROJECT}
    assert tags_of(sls, "project", PROJECT, wanted=[("color", "red")]) == {}


def test_tags_come_in_pages(owner):
    log = owner.log()
    for number in range(15):
        log.create_project(f"project-{number:02}", "")
        log.tag_project(f"project-{number:02}", all="same", **{f"key-{part}": "v" for part in range(9)})
    pages = list(log.list_tag_resources("project", None, all="same"))
    assert [len(page.get_tags()) for page in pages] == [100, 50]


@pytest.mark.parametrize("tags, expected", [
    ({}, "PostBodyInvalid"), ({f"k{number}": "v" for number in range(21)}, "PostBodyInvalid"),
    ({"k" * 129: "v"}, "ParameterInvalid"), ({"k": "v" * 129}, "ParameterInvalid"), ({"k": ""}, "ParameterInvalid"),
    ({"acs:k": "v"}, "ParameterInvalid"), ({"aliyun": "v"}, "ParameterInvalid"),
    ({"k": "http://v"}, "ParameterInvalid"),
])
def test_tags_that_are_refused(sls, refused_alibaba, tags, expected):
    with refused_alibaba(expected):
        tag(sls, "project", PROJECT, **tags)


@pytest.mark.parametrize("kind, resource, expected", [
    ("house", PROJECT, "ParameterInvalid"), ("dashboard", f"{PROJECT}#d", "NotImplemented"),
    ("project", "no-such-project", "ProjectNotExist"), ("logstore", f"{PROJECT}#none", "LogStoreNotExist"),
])
def test_resources_that_have_no_tags(sls, refused_alibaba, kind, resource, expected):
    with refused_alibaba(expected):
        tag(sls, kind, resource, color="blue")


def test_a_resource_has_at_most_20_tags(sls, refused_alibaba):
    tag(sls, "project", PROJECT, **{f"k{number}": "v" for number in range(20)})
    with refused_alibaba("PostBodyInvalid"):
        tag(sls, "project", PROJECT, another="v")


def test_tags_of_nothing_in_particular(sls, refused_alibaba):
    with refused_alibaba("ParameterInvalid"):
        tags_of(sls, "project")
