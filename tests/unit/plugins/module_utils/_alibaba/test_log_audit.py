# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The map of Log Audit Service, where a local cloud would not have it so."""
from __future__ import annotations

import json

import pytest

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import log_audit

ACCOUNT, MEMBER = "1000000000000001", "2000000000000002"
FIXED = {
    "region": "cn-hangzhou", "aliuid": ACCOUNT, "project": f"slsaudit-center-{ACCOUNT}-cn-hangzhou",
    "logstore": "slsaudit",
}


def there_and_back(variables):
    """A map, read and written again."""
    return log_audit.map_of(ACCOUNT, log_audit.settings_of("audit", {**FIXED, **variables}))


def test_what_nobody_knows_is_sent_as_it_came():
    unknown = {"quantum": {"a": 1}, "quantum_list": [1], "quantum_number": 9, "rds_policy_setting": "x", "sas_enabled": True}
    assert there_and_back(unknown) == {**FIXED, **unknown}


@pytest.mark.parametrize("filters", ['[{"a": 1}]', [{"a": 1}], "", None, "no JSON", {"a": 1}])
def test_what_the_console_has_set_is_sent_as_it_came(filters):
    keys = ("rds_audit_policy_setting", "slb_access_policy_setting", "quantum_policy_setting")
    assert there_and_back(dict.fromkeys(keys, filters)) == {**FIXED, **dict.fromkeys(keys, filters)}


def test_products_that_nobody_knows_are_sent():
    known_form = {"quantum_enabled": "true", "quantum_ttl": "9", "quantum_ti_enabled": "false", "sas_quantum_enabled": "true"}
    assert there_and_back(known_form) == {**FIXED, **known_form}
    settings = log_audit.settings_of("audit", {**FIXED, **known_form})
    assert settings["products"] == {"quantum": {"enabled": True, "ttl": 9, "ti_enabled": False}, "sas": {"quantum": True}}
    assert settings["other"] == {} and log_audit.is_used(settings)
    found = log_audit.result_of(settings, ACCOUNT)["products"]
    assert found["quantum"] == settings["products"]["quantum"] and found["sas"]["enabled"] is True


@pytest.mark.parametrize("option, sent", [
    ({"quantum": {"enabled": True, "ttl": "30", "ti_enabled": False}},
     {"quantum_enabled": "true", "quantum_ttl": "30", "quantum_ti_enabled": "false"}),
    ({"quantum": {"kind": "x", "level": 3, "on": True, "list": [1], "map": {"a": 1}}},
     {"quantum_kind": "x", "quantum_level": "3", "quantum_on": "true", "quantum_list": "[1]", "quantum_map": '{"a": 1}'}),
    ({"sas": {"quantum": True}}, {"sas_quantum_enabled": "true"}),
    ({"waf": {"policy_setting": [{"a": 1}]}}, {"waf_access_policy_setting": '[{"a": 1}]'}),
    ({"vpc_flow": {"ti_enabled": "yes"}}, {"vpc_flow_ti_enabled": "true"}),
])
def test_what_is_asked_for_is_text(option, sent):
    """Also a product or setting that no document names."""
    asked = log_audit.with_asked(None, log_audit.asked_products(option))
    settings = {**log_audit.settings_of("audit", FIXED), **asked}
    assert log_audit.map_of(ACCOUNT, settings) == {**FIXED, **sent}
    assert log_audit.with_asked(log_audit.settings_of("audit", {**FIXED, **sent}), log_audit.asked_products(option)) == asked


@pytest.mark.parametrize("stored", ['[{"a": 1, "b": 2}]', '[{"b":2,"a":1}]', [{"a": 1, "b": 2}]])
def test_filters_that_mean_the_same_stay_as_they_are(stored):
    current = log_audit.settings_of("audit", {**FIXED, "rds_audit_policy_setting": stored})
    asked = log_audit.asked_products({"rds": {"policy_setting": [{"a": 1, "b": 2}]}})
    assert log_audit.with_asked(current, asked)["products"] == {"rds": {"policy_setting": stored}}
    assert log_audit.result_of(current, ACCOUNT)["products"]["rds"]["policy_setting"] == [{"a": 1, "b": 2}]


def test_a_script_is_text():
    current = log_audit.settings_of("audit", {**FIXED, "rds_audit_collection_policy": '"accept"'})
    asked = log_audit.asked_products({"rds": {"collection_policy": "accept"}})
    assert log_audit.with_asked(current, asked)["products"] == {"rds": {"collection_policy": "accept"}}


@pytest.mark.parametrize("option, sentences", [
    ({"actiontrail": {"enabled": True}}, []),
    ({"action_trail": {"enabled": True}}, [
        "products.action_trail: the documentation of Log Audit Service that this release knows (ALIYUN::SLS::Audit of ROS, 2026-09-04) does"
        " not contain action_trail_enabled. The module sends the setting as given. Did you mean actiontrail?"]),
    ({"zzz": {"enabled": True, "ttl": 3}}, ["contain zzz_enabled, zzz_ttl. The module sends the setting as given. Check the spelling."]),
    ({"rds": {"tl": 3}}, ["contain rds_tl. The module sends the setting as given. Did you mean ttl?"]),
    ({"sas": {"logins": True}}, ["contain sas_logins_enabled. The module sends the setting as given. Did you mean login?"]),
])
def test_warnings(option, sentences):
    found = log_audit.undocumented(log_audit.asked_products(option))
    assert len(found) == len(sentences) and all(one.endswith(sentence) for one, sentence in zip(found, sentences))


def test_values_are_text():
    sent = there_and_back({"rds_enabled": True, "rds_ttl": 30, "rds_audit_collection_policy": ""})
    assert sent == {**FIXED, "rds_enabled": "true", "rds_ttl": "30", "rds_audit_collection_policy": ""}


def test_what_can_not_be_read_stays():
    odd = {"rds_enabled": "perhaps", "rds_ttl": ""}
    assert there_and_back(odd) == {**FIXED, **odd}


@pytest.mark.parametrize("accounts", [
    {}, {"multi_account": ""}, {"multi_account": "[]"}, {"multi_account": None}, {"resource_directory": ""},
    {"resource_directory": "{}"}, {"resource_directory": {}},
])
def test_no_accounts(accounts):
    assert there_and_back(accounts) == FIXED


@pytest.mark.parametrize("accounts", [
    [{"uid": MEMBER}], [{"uid": int(MEMBER)}], json.dumps([{"uid": int(MEMBER)}]), json.dumps([MEMBER]),
])
def test_accounts(accounts):
    assert json.loads(there_and_back({"multi_account": accounts})["multi_account"]) == [{"uid": MEMBER}]


@pytest.mark.parametrize("members", [[MEMBER], [int(MEMBER)], [{"uid": MEMBER}]])
def test_members(members):
    setting = {"type": "custom", "multi_account": members}
    for form in (setting, json.dumps(setting)):
        sent = there_and_back({"resource_directory": form})
        assert json.loads(sent["resource_directory"]) == {"type": "custom", "multi_account": [MEMBER]}
        assert "multi_account" not in sent


def test_all_members():
    sent = there_and_back({"resource_directory": '{"type": "all"}'})
    assert json.loads(sent["resource_directory"]) == {"type": "all", "multi_account": []}


def test_cleared():
    settings = log_audit.settings_of("audit", {
        **FIXED, "resource_directory": '{"type": "all"}', "rds_enabled": "true", "rds_ttl": "9", "rds_ti_enabled": "true",
        "sas_login_enabled": "1", "sas_quantum_enabled": "1", "quantum_enabled": True, "quantum_ttl": "9", "odd_enabled": "perhaps",
        "old_enabled": "false", "rds_audit_policy_setting": [1],
    })
    assert log_audit.map_of(ACCOUNT, log_audit.cleared(settings)) == {
        **FIXED, "rds_enabled": "false", "rds_ttl": "9", "rds_ti_enabled": "true", "sas_login_enabled": "false",
        "sas_quantum_enabled": "false", "quantum_enabled": "false", "quantum_ttl": "9", "odd_enabled": "false",
        "old_enabled": "false", "rds_audit_policy_setting": [1],
    }
    assert not log_audit.is_used(log_audit.cleared(settings))


def test_without():
    settings = log_audit.settings_of("audit", {
        **FIXED, "rds_enabled": "true", "rds_audit_policy_setting": [1], "waf_access_policy_setting": "[]", "quantum": 1, "other": 2})
    left = log_audit.without(settings, ["rds_audit_policy_setting", "waf_access_policy_setting", "quantum", "gone"])
    assert log_audit.map_of(ACCOUNT, left) == {**FIXED, "rds_enabled": "true", "other": 2}
    assert left["products"] == {"rds": {"enabled": True}}
    assert log_audit.console_settings(settings) == {
        "rds_audit_policy_setting": [1], "waf_access_policy_setting": "[]", "quantum": 1, "other": 2}
