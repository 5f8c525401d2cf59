# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which trail records an account of Alibaba Cloud, by the mode of the deployment."""
from __future__ import annotations

import pytest

from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._deployment.inventory import read

MANAGEMENT, SHOP, BLOG = IDS = ["1000000000000001", "2234567890123456", "3234567890123456"]
ARN = f"acs:actiontrail:cn-shanghai:{MANAGEMENT}:trail/landing-zone"
ORGANIZATION = {"audit_logs_alibaba_mode": "organization_trail", "audit_logs_alibaba_management_account_id": MANAGEMENT}
EXISTING = {"audit_logs_alibaba_mode": "existing_trail", "audit_logs_alibaba_trail_arn": ARN}


def deployment(everywhere, archive="1234567890123456", **of_shop):
    """Problems and accounts of an inventory of three members."""
    ids = {"root": archive, **dict(zip(("management", "shop", "blog"), IDS))}
    hosts = {name: {"account_id": number, "audit_logs_alibaba_project": "logs-of-all", "audit_logs_alibaba_region": "cn-hangzhou", **everywhere}
             for name, number in ids.items() if number != archive or name == "root"}
    hosts["shop"].update(of_shop)
    return read(hosts, {"alibaba_members": [name for name in hosts if name != "root"], "alibaba_archive": ["root"]}, {"alibaba": ""})


@pytest.mark.parametrize("leader", ["management", "shop"])
def test_the_trail_of_the_organization(leader):
    ids = dict(zip(("management", "shop", "blog"), IDS))
    more = {} if leader == "management" else {"audit_logs_alibaba_trail_account_id": ids[leader]}
    problems, accounts = deployment({**ORGANIZATION, **more})
    assert problems == []
    assert {name: accounts[name]["route"]["has_trail"] for name in accounts} == {name: name == leader for name in accounts}
    assert {accounts[name]["recorder"] for name in accounts} == {leader}
    assert {accounts[name]["route"]["trail"] for name in accounts} == {"audit-logs-organization"}
    assert {name: accounts[name]["route"]["directory_service"] for name in ids} == {
        name: "actiontrail.aliyuncs.com" if name == leader else None for name in ids}
    archive = accounts["root"]
    assert (archive["source_ids"], archive["logstores"]) == ([ids[leader]], ["actiontrail_audit-logs-organization"])
    assert archive["covered_accounts"] == [number for number in IDS if number != ids[leader]]


def test_the_settings_of_the_trail_are_those_of_its_account():
    accounts = deployment({**ORGANIZATION, "alibaba_trail_event_rw": "Write", "alibaba_trail_trail_region": ["cn-beijing"]})[1]
    assert {(accounts[name]["route"]["kind"], accounts[name]["route"]["probe_region"]) for name in ("management", "shop")} == {
        ("write", "cn-beijing")}


def test_the_trail_of_somebody_else():
    problems, accounts = deployment(EXISTING)
    assert problems == []
    found = {name: accounts[name]["route"] for name in ("management", "shop")}
    assert {(one["trail"], one["trail_account_id"], one["has_trail"], one["manages_trails"]) for one in found.values()} == {
        ("landing-zone", MANAGEMENT, False, False)}
    assert {name: one["is_organization_trail"] for name, one in found.items()} == {"management": False, "shop": True}
    assert accounts["root"]["logstores"] == ["actiontrail_landing-zone"]


def test_trails_of_the_accounts():
    accounts = deployment({"audit_logs_alibaba_mode": "actiontrail"})[1]
    assert all(accounts[name]["route"]["has_trail"] and accounts[name]["recorder"] == name for name in ("management", "shop"))
    assert (accounts["root"]["source_ids"], accounts["root"]["covered_accounts"]) == (IDS, [])


@pytest.mark.parametrize("everywhere, of_shop, problem", [
    ({"audit_logs_alibaba_mode": "organization_trail"}, {},
     "management, shop, blog: audit_logs_alibaba_management_account_id is missing. In the mode organization_trail"),
    ({"audit_logs_alibaba_mode": "existing_trail"}, {}, "management, shop, blog: audit_logs_alibaba_trail_arn is missing"),
    ({"audit_logs_alibaba_mode": "actiontrail", "audit_logs_alibaba_trail_arn": ARN}, {}, "is only for the mode existing_trail"),
    ({"audit_logs_alibaba_mode": "actiontrail", "audit_logs_alibaba_trail_account_id": SHOP}, {}, "is only for the mode organization"),
    ({**ORGANIZATION, "audit_logs_alibaba_trail_arn": ARN}, {}, "is only for the mode existing_trail"),
    ({**EXISTING, "audit_logs_alibaba_trail_arn": "landing-zone"}, {}, "'landing-zone' is not the ARN of a trail"),
    (ORGANIZATION, {"alibaba_trail_name": "another-trail"}, "alibaba_trail_name differs between members (audit-logs-organization, another-trail)"),
    (ORGANIZATION, {"audit_logs_alibaba_region": "cn-beijing"}, "audit_logs_alibaba_region differs between members"),
    (ORGANIZATION, {"alibaba_trail_event_rw": "Read"}, "alibaba_trail_event_rw differs between members (All, Read)"),
    ({**ORGANIZATION, "audit_logs_alibaba_trail_account_id": "9999999999999999"}, {},
     "no host of alibaba_members has the account id 9999999999999999"),
    ({**ORGANIZATION, "audit_logs_deployment": "a-name-of-24-characters-"}, {}, "give another name in alibaba_trail_name"),
])
def test_wrong_variables(everywhere, of_shop, problem):
    problems, _accounts = deployment(everywhere, **of_shop)
    assert problems and problem in problems[0], problems
