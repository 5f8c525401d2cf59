# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Access analysis of the policies for Alibaba Cloud, for which there is no program as there is for AWS.

What actions there are, which of them change something and which are for single resources, is what the local cloud has from the
documents.
"""
from __future__ import annotations

import json
import re

import pytest
import yaml
from clouds.alibaba import operations, services
from helpers import ROOT, permissions

services.load()
OPERATIONS = [one for one in (*operations.RPC.values(), *operations.REST) if one.action]
# Permissions that operations need beside their own.
FURTHER = {"log:UpdateApp", "ram:PassRole"}
# All pages that show a policy with this action have an asterisk as its resource.
FOR_ALL_ROLES = {"ram:CreateServiceLinkedRole"}
# Whoever may do this decides what somebody may do.
GRANTING = {"ram:AttachPolicyToRole", "ram:CreatePolicy", "ram:CreatePolicyVersion", "ram:CreateRole", "ram:PassRole",
            "ram:SetDefaultPolicyVersion", "ram:UpdateRole"}
ROWS = [(account, one) for account in permissions.ACCOUNTS for one in {
    one.sid: one for run in permissions.RUNS for one in permissions.statements("alibaba", account, run)}.values()]
IDS = [f"{account}-{one.sid}" for account, one in ROWS]


def known(action):
    return {one.action for one in OPERATIONS if one.action == action} | ({action} & FURTHER)


def has_resources(action):
    """Whether documents list resources for an action."""
    unspecific = operations.rpc.__kwdefaults__["resources"], operations.rest.__kwdefaults__["resources"]
    return action in FURTHER or any(one.resources not in unspecific for one in OPERATIONS if one.action == action)


@pytest.mark.parametrize("account, row", ROWS, ids=IDS)
def test_actions_are_known_and_named_one_by_one(account, row):
    assert [action for action in row.actions if not known(action)] == []


@pytest.mark.parametrize("account, row", ROWS, ids=IDS)
def test_resources_are_named_where_documents_have_them(account, row):
    for action in row.actions:
        assert ("*" in row.resources) == (not has_resources(action) or action in FOR_ALL_ROLES), action
    assert all(re.fullmatch(r"\*|acs:(log|ram|resourcemanager):\*:(\*|system|ARCHIVE_ACCOUNT_ID):\S+", one) for one in row.resources)


@pytest.mark.parametrize("account, row", ROWS, ids=IDS)
def test_who_may_grant_permissions_may_do_so_for_named_roles_and_policies(account, row):
    for action in GRANTING & set(row.actions):
        assert not [one for one in row.resources if one.rpartition(":")[2].endswith("*")], action
    if "ram:CreateRole" in row.actions:
        assert row.conditions == {"StringEquals": {"ram:TrustedPrincipalTypes": "Service"}}
    if "ram:PassRole" in row.actions:
        assert row.conditions == {"StringEquals": {"acs:Service": "actiontrail.aliyuncs.com"}}


@pytest.mark.parametrize("account", permissions.ACCOUNTS)
def test_verify_changes_nothing(account):
    allowed = {action for one in permissions.statements("alibaba", account, "verify") for action in one.actions}
    assert {one.action for one in OPERATIONS if not one.read_only} & allowed == set()
    assert not allowed & FURTHER


@pytest.mark.parametrize("account", permissions.ACCOUNTS)
def test_only_destroy_deletes(account):
    for run in ("setup", "verify"):
        allowed = {action for one in permissions.statements("alibaba", account, run) for action in one.actions}
        assert [action for action in allowed if ":Delete" in action] == []


def test_write_role_may_write_into_its_projects_only():
    variables = yaml.safe_load((ROOT / "roles/alibaba_trail_archive/vars/main.yml").read_text(encoding="utf-8"))
    for statement in variables["alibaba_trail_archive_policies"][0]["document"]["Statement"]:
        assert "alibaba_trail_archive_projects" in statement["Resource"]
        assert "*" not in json.dumps(statement["Action"])
