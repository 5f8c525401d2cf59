# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policies that Alibaba Cloud has ready in every account."""
from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

CREATED = 1_430_438_400.0  # 2015-05-01


@dataclass(frozen=True)
class SystemPolicy:
    """A policy of the system.

    :param document: JSON.
    """

    description: str
    document: str
    version: str = "v1"


def _policy(description: str, *statements: dict[str, Any]) -> SystemPolicy:
    return SystemPolicy(description, json.dumps({"Version": "1", "Statement": list(statements)}, indent=2))


def _allow(actions: str | list[str], resource: str | list[str] = "*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resource}


POLICIES = {
    "AdministratorAccess": _policy("Provides full access to Alibaba Cloud services and resources.", _allow("*")),
    "AliyunRAMFullAccess": _policy("Provides full access to RAM.", _allow(["ram:*"])),
    "AliyunSTSAssumeRoleAccess": _policy("Provides access to the AssumeRole operation of STS.",
                                         _allow("sts:AssumeRole")),
    "ReadOnlyAccess": _policy("Provides read-only access.", _allow([
        "*:Describe*", "*:List*", "*:Get*", "*:BatchGet*", "*:Query*", "*:BatchQuery*", "actiontrail:LookupEvents",
        "actiontrail:Check*", "dm:Desc*", "dm:SenderStatistics*", "ram:GenerateCredentialReport", "cloudsso:Check*",
        "notifications:Read*", "selectdb:Check*",
    ])),
    "AliyunLogFullAccess": _policy("Provides full access to Log Service.", _allow("log:*")),
    "AliyunLogReadOnlyAccess": _policy("Provides read-only access to Log Service.", _allow([
        "log:Get*", "log:List*", "log:Query*",
    ])),
    "AliyunActionTrailFullAccess": _policy("Provides full access to ActionTrail.", _allow("actiontrail:*")),
    "AliyunResourceDirectoryFullAccess": _policy("Provides full access to Resource Directory.",
                                                 _allow("resourcemanager:*")),
    "AliyunActionTrailDeliveryPolicy": _policy(
        "Lets ActionTrail deliver events.", _allow(["oss:PutObject", "oss:GetBucketLocation"]), _allow("log:GetProject"),
        _allow(["log:PostLogStoreLogs", "log:CreateLogstore", "log:GetLogstore", "log:CreateIndex", "log:UpdateIndex",
                "log:GetIndex"], "acs:log:*:*:project/*/logstore/actiontrail_*"),
        _allow(["log:CreateDashboard", "log:UpdateDashboard"], "acs:log:*:*:project/*/dashboard/*"),
        _allow(["log:CreateSavedSearch", "log:UpdateSavedSearch"], "acs:log:*:*:project/*/savedsearch/actiontrail_*"),
    ),
    "AliyunServiceRolePolicyForSLSAudit": _policy("Lets Log Audit Service collect logs.", _allow([
        "log:*",
    ], "acs:log:*:*:project/slsaudit-*")),
    "AliyunServiceRolePolicyForActionTrail": _policy("Lets ActionTrail deliver events.", _allow([
        "log:PostLogStoreLogs", "log:CreateLogstore", "log:GetLogstore", "log:GetProject", "log:CreateIndex",
        "log:UpdateIndex", "oss:PutObject", "oss:GetBucketLocation",
    ])),
    "AliyunServiceRolePolicyForSLSAlert": _policy("Lets alerts of Log Service be sent.", _allow("log:Get*")),
    "AliyunServiceRolePolicyForConfig": _policy("Lets Cloud Config look at resources.", _allow("*:Describe*")),
    "AliyunServiceRolePolicyForResourceDirectory": _policy("Lets Resource Directory work.", _allow("resourcemanager:*")),
}
