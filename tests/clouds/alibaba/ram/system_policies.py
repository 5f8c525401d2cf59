# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policies that Alibaba Cloud has ready in every account, as far as they matter here.

As their help pages have them: AliyunLogFullAccess (v4), AliyunActionTrailFullAccess (v2).
AliyunServiceRolePolicyForActionTrail (v11) and AliyunActionTrailDeliveryPolicy end here with the dashboards and saved
searches; what comes after is for services that are not here.

Abridged, since the whole text was not to be had: ReadOnlyAccess, AliyunLogReadOnlyAccess, and AliyunServiceRolePolicyForSLSAudit, which is
the beginning of the text on its help
page and what the service has to do here; also those for SLSAlert, Config and ResourceDirectory, not used here.
AliyunResourceDirectoryFullAccess allows more than it may for real: all of Resource Management, of which only Resource
Directory is here. Versions that are not known are v1.
"""
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
    version: str


def _policy(description: str, *statements: dict[str, Any], version: str = "v1") -> SystemPolicy:
    return SystemPolicy(description, json.dumps({"Version": "1", "Statement": list(statements)}, indent=2), version)


def _allow(actions: str | list[str], resource: str | list[str] = "*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resource}


def _service_linked_roles(action: str, *services: str) -> dict[str, Any]:
    """Creating or deleting the roles of some services."""
    return {**_allow(f"ram:{action}"), "Condition": {"StringEquals": {"ram:ServiceName": list(services)}}}


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
    "AliyunLogFullAccess": _policy(
        "Provides full access to Log Service.", _allow("log:*"),
        _service_linked_roles(
            "CreateServiceLinkedRole", "audit.log.aliyuncs.com", "alert.log.aliyuncs.com",
            "middlewarelens.log.aliyuncs.com", "storagelens.log.aliyuncs.com", "ai-lens.log.aliyuncs.com",
            "securitylens.log.aliyuncs.com",
        ),
        _allow(["cms:CreateChat", "cms:CreateThread"], "acs:cms:*:*:digitalemployee/apsara-*"), version="v4",
    ),
    "AliyunLogReadOnlyAccess": _policy("Provides read-only access to Log Service.", _allow([
        "log:Get*", "log:List*", "log:Query*",
    ])),
    "AliyunActionTrailFullAccess": _policy(
        "Provides full access to ActionTrail.",
        _allow("actiontrail:*"),
        {**_allow("ram:PassRole"), "Condition": {"StringEquals": {"acs:Service": "actiontrail.aliyuncs.com"}}},
        _service_linked_roles("CreateServiceLinkedRole", "actiontrail.aliyuncs.com"),
        version="v2",
    ),
    "AliyunResourceDirectoryFullAccess": _policy("Provides full access to Resource Directory.",
                                                 _allow("resourcemanager:*")),
    "AliyunActionTrailDeliveryPolicy": _policy(
        "Lets ActionTrail deliver events.",
        _allow([
            "oss:PutObject", "oss:GetBucketInfo", "oss:GetBucketLifecycle", "oss:GetBucketLocation", "kms:ListKeys", "kms:Listalias",
            "kms:ListAliasesByKeyId", "kms:DescribeKey", "kms:GenerateDataKey", "kms:Decrypt",
        ]),
        _allow(["log:GetProject"]),
        _allow([
            "log:PostLogStoreLogs", "log:CreateLogstore", "log:GetLogstore", "log:CreateIndex", "log:UpdateIndex", "log:GetIndex",
            "log:GetLogStoreLogs",
        ], [f"acs:log:*:*:project/*/logstore/{begin}_*" for begin in ("actiontrail", "insights")]),
        _allow(["log:CreateDashboard", "log:UpdateDashboard"], "acs:log:*:*:project/*/dashboard/*"),
        _allow(["log:CreateSavedSearch", "log:UpdateSavedSearch"],
               [f"acs:log:*:*:project/*/savedsearch/{begin}_*" for begin in ("actiontrail", "insights")]),
    ),
    "AliyunServiceRolePolicyForSLSAudit": _policy(
        "Lets Log Audit Service collect logs.",
        _allow([
            "resourcemanager:ListAccounts", "resourcemanager:GetAccount", "resourcemanager:GetResourceDirectory",
            "resourcemanager:GetFolder", "resourcemanager:ListFoldersForParent",
            "resourcemanager:ListAccountsForParent", "rds:DescribeRegions", "rds:DescribeSqlLogInstances",
            "rds:DescribeDBInstanceAttribute", "rds:ListTagResources", "rds:DisableSqlLogDistribution",
            "rds:EnableSqlLogDistribution",
            "rds:ModifySQLCollectorPolicy", "rds:DescribeSQLCollectorRetention", "polardb:DescribeRegions",
            "polardb:DescribeDBClusters", "polardb:DescribeSqlLogClusters", "polardb:ModifyDBClusterAuditLogCollector",
            "polardb:DescribeDBClusterAttribute", "polardb:DescribeSQLExplorerRetention", "kvstore:DescribeRegions",
            "kvstore:DescribeInstances", "kvstore:DescribeRedisLogConfig", "kvstore:ModifyAuditLogConfig",
            "kvstore:DescribeInstanceAttribute", "kvstore:DescribeEngineVersion",
            "kvstore:InitializeKvstorePermission", "drds:DescribeDrdsInstances", "drds:DescribeDrdsDBs",
        ]),
        _allow("log:*", "acs:log:*:*:project/slsaudit-*"),
        _service_linked_roles("DeleteServiceLinkedRole", "audit.log.aliyuncs.com"),
    ),
    "AliyunServiceRolePolicyForActionTrail": _policy(
        "Lets ActionTrail deliver events.",
        _allow([
            "oss:ListObjects", "oss:PutObject", "oss:GetBucketInfo", "oss:GetBucketLifecycle", "oss:GetBucketLocation",
            "kms:ListKeys", "kms:Listalias", "kms:ListAliasesByKeyId", "kms:DescribeKey", "kms:GenerateDataKey",
            "kms:Decrypt",
        ]),
        _allow(["log:GetProject", "log:ListJobs", "log:DescribeService"]),
        _allow([
            "log:PostLogStoreLogs", "log:CreateLogstore", "log:GetLogstore", "log:CreateIndex", "log:UpdateIndex",
            "log:GetIndex", "log:GetLogStoreLogs", "log:UpdateLogStore",
        ], [f"acs:log:*:*:project/*/logstore/{begin}_*" for begin in ("actiontrail", "innertrail", "insights")]),
        _allow(["log:CreateDashboard", "log:UpdateDashboard"], "acs:log:*:*:project/*/dashboard/*"),
        _allow(["log:CreateSavedSearch", "log:UpdateSavedSearch"],
               [f"acs:log:*:*:project/*/savedsearch/{begin}_*" for begin in ("actiontrail", "innertrail")]),
        version="v11",
    ),
    "AliyunServiceRolePolicyForSLSAlert": _policy("Lets alerts of Log Service be sent.", _allow("log:Get*")),
    "AliyunServiceRolePolicyForConfig": _policy("Lets Cloud Config look at resources.", _allow("*:Describe*")),
    "AliyunServiceRolePolicyForResourceDirectory": _policy(
        "Lets Resource Directory work.", _allow("resourcemanager:*"),
    ),
}
