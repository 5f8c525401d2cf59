# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deployments of any size: the inventory for our playbooks, and the same as a job for the bare SDK script."""
from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from helpers import ROOT
import yaml
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws import policies
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._ownership import owner_tags
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._roles import aws_trail_cloudwatch
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._roles.options import Options
from tools.inventory import FIRST_ACCOUNT, FIRST_ALIBABA_ACCOUNT, MOST_FOR_LOG_AUDIT, inventory


_PRODUCTS = {"actiontrail_enabled": "true"}


@dataclass(frozen=True)
class Deployment:
    """An archive and its members on one cloud, which one run of a playbook sets up.

    :param archive: id of the account.
    :param members: ids of the accounts.
    :param inventory: of Ansible.
    :param settings: of the bare SDK script, but for what concerns how it runs.
    :param absent: those of them that are others when everything is to go.
    """

    archive: str
    members: list[str]
    inventory: dict[str, Any]
    settings: dict[str, Any]
    absent: dict[str, Any]

    def job(self, state: str, threads: int, **more: Any) -> dict[str, Any]:
        """What the bare SDK script has to do.

        :param state: C(present) or C(absent).
        :param more: settings that depend on the run.
        """
        return {
            **self.settings, **(self.absent if state == "absent" else {}), "archive": self.archive,
            "members": self.members, "state": state, "threads": threads, **more,
        }


def aws(count: int) -> list[Deployment]:
    """One deployment with this many members, as tests/tools/inventory.py has it."""
    found = yaml.safe_load(inventory(count))["all"]
    del found["children"]["aws_members"]["hosts"]["log-archive"]  # what is measured is the members
    variables = found["vars"]
    archive = _ids(found, "aws_archive")[0]
    members = [str(FIRST_ACCOUNT + number) for number in range(count)]
    region, bucket = variables["audit_logs_aws_region"], variables["aws_trail_bucket_name"]
    form = variables.get("aws_trail_bucket_policy_form", "accounts")
    trails = [{"account_id": member} for member in members]
    trail = policies.TRAIL_NAME
    variables_of_role = {"audit_logs_aws_region": region, "account_id": archive, "aws_trail_bucket_name": bucket}
    options, tags = Options("aws_trail_cloudwatch", variables_of_role, str), owner_tags(bucket)
    log_group, role = (aws_trail_cloudwatch.plan(options)[resource] for resource in ("log_group", "iam_role"))
    settings = {
        "region": region,
        "role": variables["audit_logs_aws_role"],
        "tags": tags,
        "kms_key": {
            "alias": f"alias/{bucket}",
            "description": f"Log files in {bucket}",
            "policy": policies.key_policy(archive, region, trails, form),
            "tags": {**tags, "bucket": bucket},
        },
        "s3_bucket": {
            "name": bucket, "policy": policies.bucket_policy(bucket, region, trails, form), "tags": tags,
        },
        "log_group": {"name": log_group["name"], "retention": log_group["retention"], "tags": tags},
        "iam_role": {
            "name": role["name"],
            "description": role["description"],
            "trust": role["assume_role_policy_document"],
            "policy_name": role["policy_name"],
            "policy": aws_trail_cloudwatch.role_policy("LOG_GROUP"),
            "tags": tags,
        },
        "trail": {
            "Name": trail, "S3BucketName": bucket, "IsMultiRegionTrail": True, "IncludeGlobalServiceEvents": True,
            "EnableLogFileValidation": True,
        },
    }
    return [Deployment(archive, members, _of_one_cloud(found, "aws"), settings, {})]


def alibaba(count: int) -> list[Deployment]:
    """Deployments of 100 members at most, each with an archive of its own: Log Audit Service takes no more in one."""
    first = yaml.safe_load(inventory(1))["all"]
    archive = int(_ids(first, "alibaba_archive")[0])
    return [
        _alibaba_deployment(first, str(archive + number), [
            str(FIRST_ALIBABA_ACCOUNT + member) for member in range(begin, min(begin + MOST_FOR_LOG_AUDIT, count))
        ])
        for number, begin in enumerate(range(0, count, MOST_FOR_LOG_AUDIT))
    ]


def _alibaba_deployment(first: dict[str, Any], archive: str, members: list[str]) -> Deployment:
    variables, role = first["vars"], _variables("alibaba_log_audit_member")
    region = variables["audit_logs_alibaba_region"]
    defaults, tags = _variables("alibaba_log_audit_member", "defaults"), owner_tags(archive)
    policy = defaults["alibaba_log_audit_member_policy_name"]
    groups = {"alibaba_archive": _hosts("root", [archive]), "alibaba_members": _hosts("shop", members)}
    central = {
        "region": region, "aliuid": archive, "project": f"slsaudit-center-{archive}-{region}", "logstore": "slsaudit",
    }
    settings = {
        "region": region,
        "role": variables["audit_logs_alibaba_role"],
        "tags": tags,
        "policy": {"name": policy, "document": role["alibaba_log_audit_member_newest_document"]},
        "monitor_role": {
            "name": defaults["alibaba_log_audit_member_role_name"],
            "trust": {"Version": "1", "Statement": [{
                "Effect": "Allow", "Action": "sts:AssumeRole",
                "Principal": {"Service": [f"{archive}@log.aliyuncs.com", "log.aliyuncs.com"]},
            }]},
            "policies": [(policy, "Custom"), ("ReadOnlyAccess", "System")],
        },
        "service_linked_role": "AliyunServiceRoleForSLSAudit",
        "map": {**central, "multi_account": json.dumps([{"uid": member} for member in members]), **_PRODUCTS},
    }
    return Deployment(archive, members, _of_one_cloud({**first, "children": groups}, "alibaba"), settings, {
        "map": {**central, **_PRODUCTS, "actiontrail_enabled": "false"},
    })


def _of_one_cloud(found: dict[str, Any], cloud: str) -> dict[str, Any]:
    """An inventory with the groups of one cloud only, and with nothing that says how modules are run."""
    children = {name: group for name, group in found["children"].items() if name.startswith(cloud)}
    variables = {name: value for name, value in found["vars"].items() if name != "ansible_connection"}
    return {"all": {"vars": variables, "children": children}}


def _hosts(name: str, accounts: list[str]) -> dict[str, Any]:
    return {"hosts": {f"{name}-{account}": {"account_id": account} for account in accounts}}


def _ids(found: dict[str, Any], group: str) -> list[str]:
    return [host["account_id"] for host in found["children"][group]["hosts"].values()]


def _variables(role: str, kind: str = "vars") -> dict[str, Any]:
    """A role's own variables, untemplated."""
    return yaml.safe_load((ROOT / "roles" / role / kind / "main.yml").read_text(encoding="utf-8"))
