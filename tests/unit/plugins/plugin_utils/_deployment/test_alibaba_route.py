# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The route of an account's events."""
from __future__ import annotations

import pytest

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._deployment import inventory
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._deployment.alibaba_route import route

ARCHIVE = {"account_id": "1234567890123456", "audit_logs_alibaba_project": "example-audit-logs"}
SHOP = {"account_id": "2234567890123456"}


@pytest.mark.parametrize("regions, probe_region", [
    (None, "cn-hangzhou"), (["All"], "cn-hangzhou"), (["cn-shanghai", "cn-hangzhou"], "cn-hangzhou"),
    (["cn-shanghai"], "cn-shanghai"),
])
def test_the_probe_is_created_where_the_trail_covers_it(regions, probe_region):
    host = {"audit_logs_alibaba_mode": "actiontrail", "alibaba_trail_trail_region": regions}
    assert route({**SHOP, **host}, ARCHIVE, {**SHOP, **host}, ["member"], "cn-hangzhou").probe_region == probe_region


@pytest.mark.parametrize("mode, is_source", [
    ("actiontrail", False), ("organization_trail", False), ("existing_trail", False), ("collection_policies", False), ("log_audit", True),
    ("resource_directory", True),
])
def test_events_of_the_archive_account_itself(mode, is_source):
    """Log Audit Service collects them anyway; the other modes only if the account is a member too."""
    host = {**ARCHIVE, "audit_logs_alibaba_mode": mode}
    assert route(host, host, host, ["archive"], "cn-hangzhou").is_source == is_source
    assert route(host, host, host, ["archive", "member"], "cn-hangzhou").is_source


@pytest.mark.parametrize("mode, of_archive, of_member", [
    ("log_audit", None, None), ("resource_directory", "audit.log.aliyuncs.com", None),
    ("collection_policies", "audit.log.aliyuncs.com", None), ("actiontrail", None, None),
    ("organization_trail", None, "actiontrail.aliyuncs.com"), ("existing_trail", None, None),
])
def test_service_in_which_an_account_acts_for_its_resource_directory(mode, of_archive, of_member):
    host = {**ARCHIVE, "audit_logs_alibaba_mode": mode}
    found = [route(host, host, host, [role], "cn-hangzhou").directory_service for role in ("archive", "member")]
    assert found == [of_archive, of_member]


@pytest.mark.parametrize("value", [False, "no", "No", "off", "0", 0, "False"])
def test_trail_that_the_inventory_stops(value):
    """All forms of false that ansible-core accepts for C(logging) of the module actiontrail_trail."""
    everywhere = {"audit_logs_alibaba_mode": "actiontrail", "audit_logs_alibaba_project": "example-audit-logs"}
    hostvars = {"root": {**ARCHIVE, **everywhere},
                "shop": {"account_id": "2234567890123456", "alibaba_trail_logging": value, **everywhere}}
    groups = {"alibaba_archive": ["root"], "alibaba_members": ["shop"]}
    problems, accounts = inventory.read(hostvars, groups, {"alibaba": "cn-hangzhou"})
    assert problems == []
    assert accounts["shop"]["route"]["skipped"] == "trail audit-logs is stopped, as configured in the inventory"
