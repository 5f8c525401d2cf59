# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the results of Alibaba Cloud tasks say of reads that RAM denied."""
from __future__ import annotations

import pytest
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._deployment import alibaba_results
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._report import lines

DENIED = {"action": "GetSlsService", "code": "NoPermission", "message": "You are not authorized."}
TEXT = "GetSlsService: NoPermission: You are not authorized."


def error(**changes):
    return {"error": {**DENIED, **changes}, "failed": False}


@pytest.mark.parametrize("found, expected", [
    ({}, []),
    ({"audit_logs_alibaba_service": error()}, [TEXT]),
    ({"audit_logs_alibaba_indexes": {"results": [{"changed": False}, error(), error()]}}, [TEXT, TEXT]),
    ({"audit_logs_alibaba_indexes": {"results": [error(code="IndexConfigNotExist")]}}, []),
    ({"audit_logs_alibaba_service": error(code="Unauthorized", message="denied by sts or ram, action: log:GetIndex")},
     ["GetSlsService: Unauthorized: denied by sts or ram, action: log:GetIndex"]),
    ({"audit_logs_alibaba_service": error(code="Unauthorized", message="The project does not belong to you.")}, []),
    ({"alibaba_trail_trail": error()}, []),  # the run can't do without it
    ({"audit_logs_alibaba_probe": {"probe": {"denied": False, "event_name": "DescribeTrails"}}}, []),
    # The permission is for all trails of the account, so that nobody is told to grant it.
    ({"audit_logs_alibaba_probe": {"probe": {"denied": True, "event_name": "StopLogging"}}}, []),
])
def test_denied(found, expected):
    assert list(alibaba_results.denied(found)) == expected


def test_a_denied_probe():
    [said] = alibaba_results.denied({"audit_logs_alibaba_probe": {"probe": {"denied": True, "event_name": "DescribeTrails"}}})
    assert said.endswith("grant actiontrail:DescribeTrails")


def test_a_line_for_all_accounts_that_lack_a_permission():
    hostvars = {"shop": {"audit_logs_alibaba_service": error()}, "blog": {}, "bank": {"audit_logs_alibaba_service": error()}}
    assert lines.not_permitted(hostvars, hostvars) == [
        f"shop, bank: not checked, because a permission is missing, see docs/permissions.md: {TEXT}"]
