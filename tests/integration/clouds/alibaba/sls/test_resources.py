# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Projects and logstores of SLS: as three clients see them, and the rules."""
from __future__ import annotations

import pytest
from helpers.alibaba.clients import Clients
from helpers.alibaba.sls import (
    LINE, LOGSTORE, OWNER, PROJECT, STRANGER, change_group, get_logstore, get_project, index, list_logstores,
    list_projects, make_logstore, make_project, tag, tags_of, update_logstore,
)
from alibabacloud_sls20201230 import models
from clouds.alibaba import Fault
from clouds.alibaba.sls.provision import ensure_logstore, ensure_project


# Projects: the current SDK

def test_sdk_creates_and_reads_a_project(sdk):
    make_project(sdk, description="of mine", data_redundancy_type="ZRS", resource_group_id="rg-1",
                 recycle_bin_enabled=False)
    project = get_project(sdk)
    assert (project.project_name, project.description, project.owner, project.region, project.status) == (
        PROJECT, "of mine", OWNER, "cn-hangzhou", "Normal")
    assert (project.data_redundancy_type, project.resource_group_id) == ("ZRS", "rg-1")
    assert project.internet_endpoint == "cn-hangzhou.log.aliyuncs.com"
    assert project.quota["logstore"] == 200
    assert project.create_time.isdecimal()


def test_sdk_updates_a_project(sdk):
    make_project(sdk, description="old")
    sdk.update_project(PROJECT, models.UpdateProjectRequest(description="new"))
    assert get_project(sdk).description == "new"


def test_sdk_moves_a_project_to_another_resource_group(sdk, refused_alibaba):
    make_project(sdk, resource_group_id="rg-1", description="of mine")
    change_group(sdk, "rg-2")
    assert (get_project(sdk).resource_group_id, get_project(sdk).description) == ("rg-2", "of mine")
    for wrong in ("", "2"):
        with refused_alibaba("ParameterInvalid"):
            change_group(sdk, wrong)


def test_sdk_lists_projects_in_pages(sdk):
    for number in range(5):
        make_project(sdk, f"project-{number}")
    pages = [list_projects(sdk, offset=offset, size=2) for offset in (0, 2, 4)]
    assert [[project.project_name for project in page.projects] for page in pages] == [
        ["project-0", "project-1"], ["project-2", "project-3"], ["project-4"]]
    assert [(page.count, page.total) for page in pages] == [(2, 5), (2, 5), (1, 5)]


def test_sdk_deletes_a_project(sdk, refused_alibaba):
    make_project(sdk)
    sdk.delete_project(PROJECT, models.DeleteProjectRequest())
    with refused_alibaba("ProjectNotExist"):
        get_project(sdk)


def test_sdk_sees_that_a_project_exists(sdk, refused_alibaba):
    make_project(sdk)
    with refused_alibaba("ProjectAlreadyExist"):
        make_project(sdk)


# Projects: aliyun-log-python-sdk

def test_old_sdk_creates_and_reads_a_project(log):
    log.create_project(PROJECT, "of mine")
    project = log.get_project(PROJECT)
    assert (project.projectName, project.description, project.owner) == (PROJECT, "of mine", OWNER)


def test_old_sdk_updates_a_project(log):
    log.create_project(PROJECT, "old")
    log.update_project(PROJECT, "new")
    assert log.get_project(PROJECT).description == "new"


def test_old_sdk_moves_a_project_to_another_resource_group(log):
    log.create_project(PROJECT, "of mine")
    log.change_resource_group(PROJECT, "rg-2")
    assert log.get_project(PROJECT).resourceGroupId == "rg-2"


def test_old_sdk_lists_projects_in_pages(log):
    for number in range(3):
        log.create_project(f"project-{number}", "")
    pages = [log.list_project(offset=offset, size=2) for offset in (0, 2)]
    assert [[project["projectName"] for project in page.get_projects()] for page in pages] == [
        ["project-0", "project-1"], ["project-2"]]


def test_old_sdk_lists_all_projects(log):
    for number in range(3):
        log.create_project(f"project-{number}", "")
    assert log.list_project(size=-1).get_total() == 3


def test_old_sdk_deletes_a_project(log, refused_alibaba):
    log.create_project(PROJECT, "")
    log.delete_project(PROJECT)
    with refused_alibaba("ProjectNotExist"):
        log.get_project(PROJECT)


def test_old_sdk_sees_that_a_project_exists(log, refused_alibaba):
    log.create_project(PROJECT, "")
    with refused_alibaba("ProjectAlreadyExist"):
        log.create_project(PROJECT, "")


# Projects and logstores: the command line

def test_command_line_and_a_project(cli, refused_alibaba):
    cli("create_project", project_name=PROJECT, project_des="of mine")
    assert cli("get_project", project_name=PROJECT)["description"] == "of mine"
    assert [project["projectName"] for project in cli("list_project")["projects"]] == [PROJECT]
    cli("delete_project", project_name=PROJECT)
    with refused_alibaba("ProjectNotExist"):
        cli("get_project", project_name=PROJECT)


def test_command_line_lists_projects_in_pages(cli, sls):
    make_project(sls, "another-project")
    pages = [cli("list_project", offset=offset, size=1) for offset in (0, 1)]
    assert [page["projects"][0]["projectName"] for page in pages] == ["another-project", PROJECT]


def test_command_line_and_a_logstore(cli, sls, refused_alibaba):
    cli("create_logstore", project_name=PROJECT, logstore_name=LOGSTORE, ttl=7, shard_count=1)
    cli("update_logstore", project_name=PROJECT, logstore_name=LOGSTORE, ttl=8)
    assert cli("get_logstore", project_name=PROJECT, logstore_name=LOGSTORE)["ttl"] == 8
    assert cli("list_logstore", project_name=PROJECT)["logstores"] == [LOGSTORE]
    cli("delete_logstore", project_name=PROJECT, logstore_name=LOGSTORE)
    with refused_alibaba("LogStoreNotExist"):
        cli("get_logstore", project_name=PROJECT, logstore_name=LOGSTORE)


def test_command_line_lists_logstores_in_pages(cli, sls):
    for name in "bca":
        make_logstore(sls, f"store-{name}")
    pages = [cli("list_logstore", project_name=PROJECT, offset=offset, size=2)["logstores"] for offset in (0, 2)]
    assert pages == [["store-a", "store-b"], ["store-c"]]


# Rules of projects

@pytest.mark.parametrize("name", ["ab", "a" * 64, "Upper", "under_score", "-first", "last-"])
def test_name_of_a_project(owner, refused_alibaba, name):
    with refused_alibaba("ParameterInvalid"):
        make_project(owner.sls, name)


@pytest.mark.parametrize("name", ["abc", "a" * 63, "1-2"])
def test_good_name_of_a_project(owner, name):
    make_project(owner.sls, name)
    assert get_project(owner.sls, name).project_name == name


def test_description_of_a_project(owner, refused_alibaba):
    make_project(owner.sls, description="d" * 512)
    with refused_alibaba("ParameterInvalid"):
        make_project(owner.sls, "another-project", description="d" * 513)


def test_names_of_projects_are_global(owner, stranger, refused_alibaba):
    make_project(owner.sls)
    with refused_alibaba("ProjectAlreadyExist"):
        make_project(stranger.sls)


def test_names_of_projects_are_those_of_all_regions(alibaba, owner, refused_alibaba):
    make_project(owner.sls)
    with refused_alibaba("ProjectAlreadyExist"):
        make_project(Clients(alibaba, owner.credential, region="cn-shanghai").sls)


def test_projects_of_another_account_are_not_listed(owner, stranger):
    make_project(owner.sls)
    assert list_projects(stranger.sls).total == 0


@pytest.mark.parametrize("call", [
    get_project, make_logstore, list_logstores, get_logstore, update_logstore,
    lambda client: client.delete_project(PROJECT, models.DeleteProjectRequest()),
    lambda client: client.update_project(PROJECT, models.UpdateProjectRequest(description="")),
    lambda client: change_group(client, "rg-2"),
    lambda client: client.delete_log_store(PROJECT, LOGSTORE),
    lambda client: client.list_shards(PROJECT, LOGSTORE),
    lambda client: client.create_index(PROJECT, LOGSTORE, index(line=LINE)),
    lambda client: tag(client, "project", PROJECT, color="blue"),
    lambda client: tags_of(client, "project", PROJECT),
])
def test_projects_of_another_account_are_closed(sls, stranger, refused_alibaba, call):
    make_logstore(sls)
    with refused_alibaba("Unauthorized"):
        call(stranger.sls)


def test_a_project_lives_in_the_region_of_the_endpoint(alibaba, owner):
    shanghai = Clients(alibaba, owner.credential, region="cn-shanghai").sls
    make_project(shanghai)
    assert get_project(shanghai).region == "cn-shanghai"
    assert list_projects(owner.sls).total == 0


@pytest.mark.parametrize("wanted, found", [
    ({"project_name": "roject-1"}, ["project-1"]), ({"description": "BLUE"}, ["project-1"]),
    ({"resource_group_id": "rg-1"}, ["project-0"]), ({"project_name": "x"}, []),
])
def test_projects_are_found(owner, wanted, found):
    make_project(owner.sls, "project-0", resource_group_id="rg-1")
    make_project(owner.sls, "project-1", "A blue one")
    assert [project.project_name for project in list_projects(owner.sls, **wanted).projects] == found


def test_quotas_are_listed_on_request(sls):
    assert list_projects(sls).projects[0].quota is None
    assert list_projects(sls, fetch_quota=True).projects[0].quota["shard"] == 400


def test_a_page_has_at_most_500(sls, refused_alibaba):
    with refused_alibaba("ParameterInvalid"):
        list_projects(sls, size=501)


def test_an_account_has_at_most_150_projects(owner, refused_alibaba):
    for number in range(150):
        make_project(owner.sls, f"project-{number}")
    with refused_alibaba("ProjectQuotaExceed"):
        make_project(owner.sls, "project-150")


def test_a_deleted_project_leaves_nothing(sls, refused_alibaba):
    make_logstore(sls)
    sls.delete_project(PROJECT, models.DeleteProjectRequest())
    make_project(sls)
    assert list_logstores(sls).total == 0


def test_a_recycle_bin_is_not_served(owner, refused_alibaba):
    with refused_alibaba("NotImplemented"):
        make_project(owner.sls, recycle_bin_enabled=True)


# Logstores

def test_sdk_creates_and_reads_a_logstore(sdk):
    make_project(sdk)
    make_logstore(sdk, ttl=100, shard_count=3, hot_ttl=10, infrequent_access_ttl=30, auto_split=True,
                  max_split_shard=64, append_meta=True, enable_tracking=True, mode="query", telemetry_type="None")
    found = get_logstore(sdk).to_map()
    times = [found.pop(name) for name in ("createTime", "lastModifyTime")]
    assert all(isinstance(time, int) for time in times)
    assert found == {
        "logstoreName": LOGSTORE, "ttl": 100, "shardCount": 3, "hot_ttl": 10, "infrequentAccessTTL": 30,
        "autoSplit": True, "maxSplitShard": 64, "appendMeta": True, "enable_tracking": True, "mode": "query",
        "telemetryType": "None", "enableModify": False, "productType": "", "resourceGroupId": "",
    }


def test_sdk_updates_a_logstore(sdk):
    make_project(sdk)
    make_logstore(sdk, append_meta=True)
    update_logstore(sdk, ttl=60, shard_count=9, hot_ttl=-1)
    found = get_logstore(sdk)
    assert (found.ttl, found.shard_count, found.append_meta, found.hot_ttl) == (60, 2, True, -1)


def test_sdk_lists_logstores_in_pages(sdk):
    make_project(sdk)
    for number in range(5):
        make_logstore(sdk, f"store-{number}")
    pages = [list_logstores(sdk, offset=offset, size=2) for offset in (0, 2, 4)]
    assert [page.logstores for page in pages] == [["store-0", "store-1"], ["store-2", "store-3"], ["store-4"]]
    assert [(page.count, page.total) for page in pages] == [(2, 5), (2, 5), (1, 5)]


def test_sdk_deletes_a_logstore(sdk, refused_alibaba):
    make_project(sdk)
    make_logstore(sdk)
    sdk.delete_log_store(PROJECT, LOGSTORE)
    with refused_alibaba("LogStoreNotExist"):
        get_logstore(sdk)


def test_sdk_sees_that_a_logstore_exists(sdk, refused_alibaba):
    make_project(sdk)
    make_logstore(sdk)
    with refused_alibaba("LogStoreAlreadyExist"):
        make_logstore(sdk)


def test_old_sdk_creates_and_updates_a_logstore(log):
    log.create_project(PROJECT, "")
    log.create_logstore(PROJECT, LOGSTORE, ttl=7)
    log.update_logstore(PROJECT, LOGSTORE, ttl=8, append_meta=True)
    found = log.get_logstore(PROJECT, LOGSTORE)
    assert (found.get_ttl(), found.append_meta, found.get_shard_count()) == (8, True, 2)


def test_old_sdk_lists_logstores_in_pages(log):
    log.create_project(PROJECT, "")
    for number in range(3):
        log.create_logstore(PROJECT, f"store-{number}")
    pages = [log.list_logstore(PROJECT, offset=offset, size=2).get_logstores() for offset in (0, 2)]
    assert pages == [["store-0", "store-1"], ["store-2"]]


def test_old_sdk_deletes_a_logstore(log, refused_alibaba):
    log.create_project(PROJECT, "")
    log.create_logstore(PROJECT, LOGSTORE)
    log.delete_logstore(PROJECT, LOGSTORE)
    with refused_alibaba("LogStoreNotExist"):
        log.delete_logstore(PROJECT, LOGSTORE)


@pytest.mark.parametrize("options", [
    {"name": "a"}, {"name": "a" * 64}, {"name": "Upper"}, {"name": "_first"}, {"name": "last-"},
    {"ttl": 0}, {"ttl": 3651}, {"ttl": None}, {"shard_count": 0}, {"shard_count": 101}, {"shard_count": None},
    {"auto_split": True, "max_split_shard": 257}, {"auto_split": True, "max_split_shard": 0},
    {"hot_ttl": 6}, {"hot_ttl": 31}, {"ttl": 100, "infrequent_access_ttl": 30},
    {"ttl": 90, "hot_ttl": 10, "infrequent_access_ttl": 20}, {"ttl": 80, "hot_ttl": 10, "infrequent_access_ttl": 30},
    {"mode": "fast"}, {"telemetry_type": "Events"}, {"encrypt_conf": models.EncryptConf(enable=True)},
    {"encrypt_conf": models.EncryptConf(enable=True, encrypt_type="rot13")},
    {"encrypt_conf": models.EncryptConf(encrypt_type="default")},
])
def test_bad_settings_of_a_logstore(sls, refused_alibaba, options):
    with refused_alibaba("LogStoreInfoInvalid"):
        make_logstore(sls, **options)


@pytest.mark.parametrize("options", [
    {"name": "ab"}, {"name": "a_-" * 20 + "a"}, {"ttl": 1}, {"ttl": 3650}, {"shard_count": 100}, {"hot_ttl": 30},
    {"ttl": 120, "hot_ttl": 60, "infrequent_access_ttl": 0},
    {"encrypt_conf": models.EncryptConf(enable=True, encrypt_type="default")},
])
def test_good_settings_of_a_logstore(sls, options):
    make_logstore(sls, **options)
    assert get_logstore(sls, options.get("name", LOGSTORE)).ttl == options.get("ttl", 30)


@pytest.mark.parametrize("options", [
    {"telemetry_type": "Metrics"}, {"processor_id": "p"}, {"sharding_policy": models.ShardingPolicy(enabled=True)},
])
def test_settings_that_are_not_served(sls, refused_alibaba, options):
    with refused_alibaba("NotImplemented"):
        make_logstore(sls, **options)


def test_a_tier_that_is_not_named_stays(sls):
    make_logstore(sls, ttl=100, hot_ttl=10, infrequent_access_ttl=30)
    update_logstore(sls, ttl=109, hot_ttl=9, infrequent_access_ttl=-1)
    found = get_logstore(sls)
    assert (found.hot_ttl, found.infrequent_access_ttl) == (9, 30)


def test_an_update_is_checked_with_what_stays(sls, refused_alibaba):
    make_logstore(sls, ttl=100, hot_ttl=10, infrequent_access_ttl=30)
    with refused_alibaba("LogStoreInfoInvalid"):
        update_logstore(sls, ttl=80)


def test_an_update_names_its_logstore(sls, refused_alibaba):
    make_logstore(sls)
    with refused_alibaba("LogStoreInfoInvalid"):
        update_logstore(sls, logstore_name="another")


def test_the_mode_does_not_become_a_lesser_one(sls, refused_alibaba):
    make_logstore(sls)
    with refused_alibaba("NotSupported"):
        update_logstore(sls, mode="query")


def test_encryption_stays_what_it_is(sls, refused_alibaba):
    make_logstore(sls, encrypt_conf=models.EncryptConf(enable=True, encrypt_type="default"))
    update_logstore(sls, encrypt_conf=models.EncryptConf(enable=False, encrypt_type="default"))
    assert get_logstore(sls).encrypt_conf.enable is False
    with refused_alibaba("LogStoreInfoInvalid"):
        update_logstore(sls, encrypt_conf=models.EncryptConf(enable=True, encrypt_type="m4"))


@pytest.mark.parametrize("wanted, found", [
    ({"logstore_name": "tore-1"}, ["store-1"]), ({"mode": "query"}, ["store-1"]), ({"mode": "slow"}, []),
    ({"telemetry_type": "None"}, ["store-0", "store-1"]), ({"telemetry_type": "Metrics"}, []),
])
def test_logstores_are_found(sls, wanted, found):
    make_logstore(sls, "store-0")
    make_logstore(sls, "store-1", mode="query")
    assert list_logstores(sls, **wanted).logstores == found


def test_a_project_has_at_most_400_shards(sls, refused_alibaba):
    for number in range(4):
        make_logstore(sls, f"store-{number}", shard_count=100)
    with refused_alibaba("ProjectQuotaExceed"):
        make_logstore(sls, shard_count=1)


def test_a_project_has_at_most_200_logstores(alibaba, sls, refused_alibaba):
    for number in range(200):
        ensure_logstore(alibaba.cloud, PROJECT, f"store-{number}", 1)
    with refused_alibaba("ProjectQuotaExceed"):
        make_logstore(sls, shard_count=1)


@pytest.mark.parametrize("call", [get_logstore, update_logstore, make_logstore, list_logstores])
def test_logstores_need_their_project(owner, refused_alibaba, call):
    with refused_alibaba("ProjectNotExist"):
        call(owner.sls)


def test_a_new_project_is_not_seen_at_once(alibaba, owner, refused_alibaba):
    alibaba.cloud.faults.set([Fault(action="CreateLogStore", behind=1000)], 1)
    make_project(owner.sls)
    with refused_alibaba("ProjectNotExist"):
        make_logstore(owner.sls)
    alibaba.cloud.clock.advance(1001)
    make_logstore(owner.sls)


@pytest.mark.parametrize("call", [
    make_logstore, update_logstore, lambda client: tag(client, "project", PROJECT, color="blue"),
    lambda client: client.delete_project(PROJECT, models.DeleteProjectRequest()),
    lambda client: client.update_project(PROJECT, models.UpdateProjectRequest(description="")),
])
def test_a_deleted_project_that_is_still_seen_is_not_changed(alibaba, sls, refused_alibaba, call):
    alibaba.cloud.faults.set([Fault(behind=1000)], 1)
    alibaba.cloud.sls.delete_project(PROJECT)
    assert get_project(sls).project_name == PROJECT
    with refused_alibaba("ProjectNotExist"):
        call(sls)
    assert not alibaba.cloud.sls.projects.get(PROJECT)


# What services make for themselves

def test_a_logstore_that_a_service_makes(alibaba, owner):
    ensure_project(alibaba.cloud, OWNER, PROJECT, "cn-hangzhou", "of a service")
    ensure_logstore(alibaba.cloud, PROJECT, LOGSTORE, 180)
    assert get_project(owner.sls).description == "of a service"
    assert get_logstore(owner.sls).ttl == 180
    assert owner.sls.get_index(PROJECT, LOGSTORE).body.line.token


def test_what_is_there_stays_as_it_is(alibaba, sls):
    make_logstore(sls, ttl=7)
    ensure_project(alibaba.cloud, OWNER, PROJECT, "cn-hangzhou", "of a service")
    ensure_logstore(alibaba.cloud, PROJECT, LOGSTORE, 180)
    assert (get_project(sls).description, get_logstore(sls).ttl) == ("", 7)


def test_a_service_does_not_take_a_strangers_project(alibaba, sls):
    with pytest.raises(ValueError):
        ensure_project(alibaba.cloud, STRANGER, PROJECT, "cn-hangzhou")
