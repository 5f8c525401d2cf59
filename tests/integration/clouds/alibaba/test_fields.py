# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was sent comes back with every field that the models have: settings that are seldom used."""
from __future__ import annotations

import pytest
from helpers.alibaba.clients import Clients
from helpers.alibaba.logs import LOGSTORE, PROJECT, make_store
from alibabacloud_resourcedirectorymaster20220419 import models as directory
from alibabacloud_sls20201230 import models as sls

MEMBER = "2000000000000002"
TAGS = {"Tag": [{"Key": "team", "Value": "a"}]}
KEY = {"type": "text", "alias": "a", "caseSensitive": True, "chn": False, "doc_value": True, "token": [",", " "]}
INDEX = {
    "keys": {"plain": KEY, "nested": {
        "type": "json", "doc_value": True, "chn": True, "token": [" "], "caseSensitive": False, "alias": "",
        "index_all": True, "max_depth": 3, "json_keys": {"inner": KEY},
    }},
    "log_reduce": True, "log_reduce_black_list": ["plain"], "max_text_len": 4096,
}
ENCRYPTION = {"enable": True, "encrypt_type": "default", "user_cmk_info": {
    "cmk_key_id": "key-1", "arn": "acs:ram::1000000000000001:role/r", "region_id": "cn-hangzhou"}}


@pytest.mark.parametrize("line", [{"include_keys": ["plain"]}, {"exclude_keys": ["nested"]}])
def test_index(clients, line):
    make_store(clients)
    index = {**INDEX, "line": {"token": [" "], "caseSensitive": True, "chn": True, **line}}
    clients.sls.create_index(PROJECT, LOGSTORE, sls.CreateIndexRequest(body=sls.Index().from_map(index)))
    found = clients.sls.get_index(PROJECT, LOGSTORE).body.to_map()
    keys = index.pop("keys")
    assert {name: found[name] for name in index} == index
    # The model adds objects that nobody sent.
    assert {name: {part: found["keys"][name][part] for part in key} for name, key in keys.items()} == keys


def test_encryption(clients):
    make_store(clients)
    clients.sls.create_log_store(PROJECT, sls.CreateLogStoreRequest(
        logstore_name="encrypted", ttl=1, shard_count=1, encrypt_conf=sls.EncryptConf().from_map(ENCRYPTION)))
    assert clients.sls.get_log_store(PROJECT, "encrypted").body.encrypt_conf.to_map() == ENCRYPTION


@pytest.mark.parametrize("target", [
    {"resourceMode": "instanceMode", "instanceIds": ["b-1"], "regions": ["cn-hangzhou"]},
    {"resourceMode": "attributeMode", "regions": ["cn-hangzhou"], "resourceTags": {"team": "a"}},
])
def test_collection_policy(alibaba, target):
    clients = Clients(alibaba, region="cn-shanghai")
    alibaba.add_account(MEMBER)
    policy = {
        "policyName": "some-policy", "productCode": "oss", "dataCode": "access_log", "enabled": True,
        "policyConfig": target, "dataConfig": {"dataRegion": "cn-hangzhou"},
        "resourceDirectory": {"accountGroupType": "custom", "members": [MEMBER]}, "centralizeEnabled": True,
        "centralizeConfig": {"destRegion": "cn-hangzhou", "destProject": PROJECT, "destLogstore": LOGSTORE, "destTTL": 9},
    }
    make_store(Clients(alibaba))
    clients.sls.upsert_collection_policy(sls.UpsertCollectionPolicyRequest().from_map(policy))
    found = clients.sls.get_collection_policy("some-policy", sls.GetCollectionPolicyRequest()).body.collection_policy
    listed, = clients.sls.list_collection_policies(sls.ListCollectionPoliciesRequest()).body.data
    for each in (found.to_map(), listed.to_map()):
        assert {name: each[name] for name in policy} == policy


def test_tags_of_members(alibaba, clients):
    alibaba.add_account(MEMBER)
    clients.directory.tag_resources(directory.TagResourcesRequest().from_map(
        {"ResourceType": "Account", "ResourceId": [MEMBER], **TAGS}))
    for lister, request in (
        (clients.directory.list_accounts, directory.ListAccountsRequest),
        (clients.directory.list_accounts_for_parent, directory.ListAccountsForParentRequest),
    ):
        account, = lister(request(include_tags=True)).body.accounts.account
        assert account.tags.to_map() == TAGS


def test_tags_of_folders(clients):
    clients.directory.create_folder(directory.CreateFolderRequest().from_map({"FolderName": "f", **TAGS}))
    folder, = clients.directory.list_folders_for_parent(directory.ListFoldersForParentRequest()).body.folders.folder
    assert folder.tags.to_map() == TAGS
