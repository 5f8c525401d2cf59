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
    unknown = {"quantum_enabled": "true", "quantum_ttl": 9, "quantum": {"a": 1}}
    assert there_and_back(unknown) == {
        **FIXED, "quantum_enabled": "true", "quantum_ttl": "9", "quantum": '{"a": 1}',
    }


def test_what_the_console_has_set_is_not_sent():
    assert there_and_back({"rds_policy_setting": "x"}) == FIXED


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
        **FIXED, "resource_directory": '{"type": "all"}', "rds_enabled": "true", "rds_ttl": "9",
        "sas_login_enabled": "1", "quantum_enabled": True, "quantum_ttl": "9", "old_enabled": "false",
    })
    assert log_audit.map_of(ACCOUNT, log_audit.cleared(settings)) == {
        **FIXED, "rds_enabled": "false", "rds_ttl": "9", "sas_login_enabled": "false",
        "quantum_enabled": "false", "quantum_ttl": "9", "old_enabled": "false",
    }
