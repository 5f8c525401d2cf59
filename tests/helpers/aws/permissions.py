# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of playbooks on a local AWS with the policies of docs/policies/aws, and with no other permission."""
from __future__ import annotations

import itertools
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from clouds.aws import LocalAws
from helpers import granted, permissions
from helpers.aws.deployments import MANAGEMENT

_DEFAULTS = {"audit_logs_aws_mode": "account_trails"}


class Granted(granted.Granted):
    """The policies of docs/policies/aws."""

    def __init__(self, aws: LocalAws, besides: Mapping[str, list[str]]) -> None:
        super().__init__(aws, besides)
        self._names: dict[str, list[dict[str, str]]] = {}

    def policies(
        self, run: str, inventory: dict, arguments: Sequence[str] = (), without: Mapping[str, Collection[tuple[str, str]]] | None = None,
    ) -> dict[str, list[str]]:
        accounts = list(_accounts(inventory, permissions.extra_variables(arguments)))
        named = {str(variables.get("audit_logs_aws_role") or "").rpartition("role/")[2] for _kind, variables in accounts}
        assumed = sorted(named - {""} | {"OrganizationAccountAccessRole"})  # of a profile, the inventory does not say the role
        # All that the base credentials need.
        base = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": [f"arn:*:iam::*:role/{role}" for role in assumed]}
        found = {MANAGEMENT: [json.dumps({"Version": "2012-10-17", "Statement": [base]})]}
        for kind, variables in accounts:
            account, names = variables.get("account_id"), _names(variables)
            boundary = str(variables.get("audit_logs_aws_permissions_boundary") or "").replace("{{ account_id }}", str(account))
            earlier = self._names.setdefault(account, [])
            if names not in earlier:
                earlier.append(names)
            for one, file in itertools.product(earlier, _files(kind, run, variables)):
                policy = permissions.policy("aws", kind, file, variables=variables, without=(without or {}).get(account, ()),
                                            bounded=bool(boundary), BOUNDARY=boundary, **one)
                found.setdefault(account, []).append(_in_partition(json.dumps(policy), variables.get("audit_logs_aws_region")))
        return found


def _in_partition(document: str, region: str | None) -> str:
    """A policy document for the partition of a region, as docs/permissions.md says."""
    name = next((name for prefix, name in {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}.items() if str(region).startswith(prefix)), "aws")
    return document.replace("arn:aws:", f"arn:{name}:")


def _accounts(inventory: dict, extra: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The kinds of account and their variables. An account can be of several kinds, and its host in several groups."""
    everybody = inventory["all"]
    groups = {name: everybody.get("children", {}).get(name) or {} for name in ("aws_archive", "aws_members")}
    of_host: dict[str, dict[str, Any]] = {}
    for group in groups.values():
        for host, own in (group.get("hosts") or {}).items():
            of_host[host] = {**of_host.get(host, {}), **group.get("vars", {}), **(own or {})}
    for group, kind in {"aws_archive": "archive", "aws_members": "member"}.items():
        for host in groups[group].get("hosts") or {}:
            variables = _DEFAULTS | permissions.given(everybody.get("vars", {}), of_host[host], extra)
            yield kind, variables
            owners = (_trail_account(variables), variables.get("audit_logs_aws_management_account_id"))
            if kind == "member" and variables.get("account_id") in owners:
                yield "management", variables


def _files(kind: str, run: str, variables: Mapping[str, Any]) -> set[str]:
    """The policy files that an account needs for a run, as docs/permissions.md says in "Which files"."""
    has_own_trail = variables["audit_logs_aws_mode"] == "account_trails" or variables["account_id"] == _trail_account(variables)
    if kind == "member" and not has_own_trail:
        return {"verify"}
    return {run, "verify"} if variables.get("audit_logs_only_leftovers") else {run}


def _trail_account(variables: Mapping[str, Any]) -> str | None:
    """Id of the account that has the trail of the organization."""
    return variables.get("audit_logs_aws_trail_account_id") or variables.get("audit_logs_aws_management_account_id")


def _names(variables: Mapping[str, Any]) -> dict[str, str]:
    """What replaces the placeholders."""
    bucket = variables.get("aws_trail_bucket_name") or ""
    return {
        "ARCHIVE_ACCOUNT_ID": variables.get("account_id"),
        "BUCKET": bucket,
        "DEPLOYMENT": "@".join(str(part) for part in (variables.get("audit_logs_deployment"), bucket) if part),
        "TRAIL": _trail(variables),
    }


def _trail(variables: Mapping[str, Any]) -> str:
    if variables.get("aws_trail_name"):
        return variables["aws_trail_name"]
    suffix = variables.get("audit_logs_deployment")
    name = f"audit-logs-{suffix}" if suffix else "audit-logs"
    return f"{name}-organization" if variables["audit_logs_aws_mode"] == "organization_trail" else name
