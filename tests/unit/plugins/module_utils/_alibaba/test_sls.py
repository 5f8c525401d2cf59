# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Simple Log Service between the API's form and that of the modules."""
from __future__ import annotations

import pytest

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import (
    collection_policies, sls, sls_index,
)

BODY = {"ttl": 30, "shardCount": 2, "mode": "standard"}


class Lister:
    """A cloud with this many items in a list."""

    def __init__(self, count):
        self.items = list(range(count))
        self.calls = []

    def call(self, product, operation, *path, offset, size, **parameters):
        self.calls.append((product, operation, path, offset, size, parameters))
        return {"items": self.items[offset:offset + size]}


@pytest.mark.parametrize(("count", "calls"), [(0, 1), (1, 1), (499, 1), (500, 2), (1001, 3)])
def test_pages(count, calls):
    cloud = Lister(count)
    assert list(sls.listed(cloud, "ListThings", "p", key="items", filter="x")) == cloud.items
    assert len(cloud.calls) == calls
    assert cloud.calls[0] == ("sls", "ListThings", ("p",), 0, 500, {"filter": "x"})


class TestTiers:
    @pytest.mark.parametrize("settings", [
        {"ttl": 1, "hot_ttl": 1}, {"ttl": 30, "hot_ttl": 30}, {"ttl": 30, "hot_ttl": 7}, {"ttl": 3650, "hot_ttl": 3650},
        {"ttl": 97, "hot_ttl": 7, "infrequent_access_ttl": 30},
        {"ttl": 120, "hot_ttl": 60, "infrequent_access_ttl": 0},
    ])
    def test_good(self, settings):
        assert sls.tier_problem(settings) is None

    @pytest.mark.parametrize(("settings", "option"), [
        ({"ttl": 30, "hot_ttl": 6}, "hot_ttl"), ({"ttl": 30, "hot_ttl": 31}, "hot_ttl"),
        ({"ttl": 100, "hot_ttl": 100, "infrequent_access_ttl": 30}, "infrequent_access_ttl"),
        ({"ttl": 100, "hot_ttl": 7, "infrequent_access_ttl": 29}, "infrequent_access_ttl"),
        ({"ttl": 96, "hot_ttl": 7, "infrequent_access_ttl": 30}, "infrequent_access_ttl"),
        ({"ttl": 100, "hot_ttl": 29, "infrequent_access_ttl": 0}, "hot_ttl"),
    ])
    def test_bad(self, settings, option):
        assert sls.tier_problem(settings).startswith(f"{option}: ")

    @pytest.mark.parametrize(("tiers", "hot", "infrequent"), [
        ({}, 30, None), ({"hot_ttl": -1, "infrequentAccessTTL": -1}, 30, None), ({"hot_ttl": 0}, 30, None),
        ({"hot_ttl": 30, "infrequentAccessTTL": 0}, 30, None), ({"hot_ttl": 7}, 7, None),
        ({"hot_ttl": 7, "infrequentAccessTTL": 0}, 7, 0), ({"hot_ttl": 7, "infrequentAccessTTL": -1}, 7, None),
    ])
    def test_of_an_answer(self, tiers, hot, infrequent):
        settings = sls.logstore({**BODY, **tiers})
        assert (settings["hot_ttl"], settings["infrequent_access_ttl"]) == (hot, infrequent)

    @pytest.mark.parametrize(("before", "desired", "sent"), [
        ({}, {"ttl": 60, "hot_ttl": 60}, {"ttl": 60}), ({"hot_ttl": -1}, {"ttl": 60, "hot_ttl": 60}, {"ttl": 60}),
        ({"hot_ttl": 30}, {"ttl": 60, "hot_ttl": 60}, {"ttl": 60, "hot_ttl": 60}),
        ({"hot_ttl": 7}, {"hot_ttl": 30}, {"ttl": 30, "hot_ttl": 30}), ({}, {"hot_ttl": 7}, {"ttl": 30, "hot_ttl": 7}),
        ({"hot_ttl": 7}, {"auto_split": True}, {"ttl": 30, "hot_ttl": 7, "autoSplit": True, "maxSplitShard": 64}),
    ])
    def test_what_is_sent(self, before, desired, sent):
        given = sls.changed_logstore({**BODY, **before}, desired)
        assert {name: value for name, value in given.items() if value != -1} == {"mode": "standard", **sent}


class TestLogstore:
    def test_what_is_there_is_sent_again(self):
        body = {**BODY, "appendMeta": True, "enable_tracking": False, "autoSplit": True, "maxSplitShard": 8,
                "telemetryType": "", "shardingPolicy": {"enabled": True}, "createTime": 1,
                "encrypt_conf": {"enable": True}}
        sent = sls.changed_logstore(body, {"enable_tracking": True})
        passed = {name: value for name, value in body.items() if name not in ("shardCount", "createTime")}
        assert sent == {**passed, "enable_tracking": True}

    def test_new(self):
        given = sls.new_logstore({"ttl": 30, "encrypt_conf": {"enable": False}, "auto_split": True})
        assert given == {"ttl": 30, "shardCount": 2, "autoSplit": True, "maxSplitShard": 64}

    @pytest.mark.parametrize(("current", "asked", "becomes"), [
        (None, {"enable": True}, {"enable": True, "encrypt_type": "default"}),
        (None, {"enable": False}, {"enable": False}),
        ({"enable": False, "encrypt_type": "sm4"}, {"enable": True}, {"enable": True, "encrypt_type": "sm4"}),
        ({"enable": True, "encrypt_type": "sm4"}, {"enable": False}, {"enable": False, "encrypt_type": "sm4"}),
    ])
    def test_encryption(self, current, asked, becomes):
        option = {"encrypt_type": None, "user_cmk_info": None, **asked}
        assert sls.changed_encryption(sls.encryption(current), option) == becomes


class TestIndex:
    @staticmethod
    def field(**options):
        """As Ansible makes it of an option."""
        return {**dict.fromkeys(("alias", "token", "case_sensitive", "chn", "index_all", "max_depth", "json_keys")),
                "type": "text", "doc_value": True, **options}

    def test_answers_and_options_that_mean_the_same(self):
        answer = sls_index.fields_of_answer({
            "b": {"type": "text", "token": [";", ","], "doc_value": True},
            "a": {"type": "json", "token": sls_index.TOKENS, "doc_value": True, "alias": "", "caseSensitive": False,
                  "json_keys": {"x": {"type": "long", "doc_value": True, "alias": ""}}},
            "c": {"type": "double", "alias": "d", "token": [], "json_keys": {}},
        })
        option = sls_index.fields_of_option([
            self.field(name="a", type="json", json_keys=[{"name": "x", "type": "long", "doc_value": True}]),
            self.field(name="b", token=[",", ";", ","]),
            self.field(name="c", type="double", alias="d", doc_value=False),
        ])
        assert answer == option
        assert [one["name"] for one in sls_index.shown(answer)] == ["a", "b", "c"]

    def test_there_and_back(self):
        fields = sls_index.fields_of_option([
            self.field(name="a", type="json", max_depth=3, index_all=True, chn=True, json_keys=[
                {"name": "x", "type": "text", "doc_value": False, "alias": "y"}]),
            self.field(name="b", case_sensitive=True, token=[]), self.field(name="c", type="long"),
        ])
        sent = {name: sls_index.field_to_send(field) for name, field in fields.items()}
        assert sls_index.fields_of_answer(sent) == fields
        assert sent["c"] == {"type": "long", "alias": "", "doc_value": True}
        line = sls_index.line_of_option({
            "enabled": True, "token": None, "case_sensitive": True, "chn": False, "include_keys": ["b", "a"],
            "exclude_keys": None})
        assert sls_index.line_of_answer(sls_index.line_to_send(line)) == line
        assert "exclude_keys" not in sls_index.line_to_send(line)


class TestCollectionPolicy:
    @pytest.mark.parametrize(("region", "policy_region", "asked"), [
        (None, None, "cn-shanghai"), ("cn-hangzhou", None, "cn-shanghai"), ("eu-central-1", None, "cn-shanghai"),
        ("ap-southeast-1", None, "ap-southeast-1"), ("ap-southeast-1", "cn-shanghai", "cn-shanghai"),
    ])
    def test_region(self, region, policy_region, asked):
        params = {"region": region, "policy_region": policy_region}
        assert collection_policies.region_for(params) == asked

    def test_what_an_answer_leaves_empty(self):
        settings, facts = collection_policies.policy({
            "policyName": "p", "productCode": "oss", "dataCode": "access_log", "enabled": True,
            "policyConfig": {"resourceMode": "all", "instanceIds": [], "regions": None, "resourceTags": {}},
            "centralizeConfig": {"destTTL": 0, "destProject": ""},
            "resourceDirectory": {"accountGroupType": "", "members": []},
            "dataConfig": {"dataRegion": "cn-beijing", "dataProject": "q"},
        })
        assert settings == {
            "product_code": "oss", "data_code": "access_log", "enabled": True, "centralize_enabled": False,
            "policy_config": {"resource_mode": "all"}, "centralize_config": {}, "resource_directory": {},
            "data_region": "cn-beijing",
        }
        assert facts == {"name": "p", "policy_uid": None, "internal_policy": False, "data_project": "q"}

    def test_what_is_sent(self):
        settings = {
            "product_code": "oss", "data_code": "access_log", "enabled": True, "centralize_enabled": False,
            "policy_config": {"resource_mode": "all"}, "centralize_config": {}, "data_region": "",
            "resource_directory": {"account_group_type": "all"},
        }
        assert collection_policies.to_send("p", settings) == {
            "policyName": "p", "productCode": "oss", "dataCode": "access_log", "enabled": True,
            "centralizeEnabled": False, "policyConfig": {"resourceMode": "all"},
            "resourceDirectory": {"accountGroupType": "all", "members": []},
        }
