# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The map of Log Audit Service: which keys it has, and what they may say.

Sources: the help pages "ALIYUN::SLS::Audit" (ROS; keys and number of accounts) and "Log applications" (regions), and the
documentation of alicloud_log_audit in aliyun/terraform-provider-alicloud. Other keys: assumption alibaba-log-audit-map-keys.
"""
from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import CloudError

CENTRAL_REGIONS = frozenset({
    "cn-qingdao", "cn-beijing", "cn-zhangjiakou", "cn-huhehaote", "cn-wulanchabu", "cn-hangzhou", "cn-shanghai",
    "cn-shenzhen", "cn-hongkong", "ap-southeast-1", "ap-northeast-1", "eu-central-1", "ap-southeast-5",
    "ap-southeast-3",
})
_MOST_ACCOUNTS = 100
_ACCOUNT_ID = re.compile(r"[1-9][0-9]{14,19}")


@dataclass(frozen=True)
class Logs:
    """A kind of logs with a switch and a retention of its own.

    :param ttl: days, where the map says nothing.
    :param logstore: of the central project; None: regional, or for metrics.
    """

    ttl: int
    logstore: str | None = None


LOGS: Mapping[str, Logs] = {
    "actiontrail": Logs(180, "actiontrail_log"),
    "alb_access": Logs(7),
    "alb_sync": Logs(180),
    "apigateway": Logs(180, "apigateway_log"),
    "appconnect": Logs(180, "appconnect_log"),
    "bastion": Logs(180, "baston_log"),  # so it is called
    "cloudconfig_change": Logs(180),
    "cloudconfig_noncom": Logs(180),
    "cloudfirewall": Logs(180, "cloudfirewall_log"),
    "cloudfirewall_vpc": Logs(180, "cloudfirewall_log"),
    "cps": Logs(180, "cps_log"),
    "ddos_bgp_access": Logs(180, "ddos_log"),
    "ddos_coo_access": Logs(180, "ddos_log"),
    "ddos_dip_access": Logs(180, "ddos_log"),
    "dns_intranet": Logs(7),
    "dns_sync": Logs(180),
    "drds_audit": Logs(7),
    "drds_sync": Logs(180),
    "idaas_mng": Logs(180),
    "idaas_user": Logs(180),
    "k8s_audit": Logs(180, "k8s_log"),
    "k8s_event": Logs(180, "k8s_log"),
    "k8s_ingress": Logs(180, "k8s_ingress_log"),
    "nas": Logs(180, "nas_log"),
    "oss_access": Logs(7),
    "oss_metering": Logs(180, "oss_log"),
    "oss_sync": Logs(180),
    "polardb": Logs(180, "polardb_log"),
    "polardb_error": Logs(180),
    "polardb_perf": Logs(180),
    "polardb_slow": Logs(180, "polardb_log"),
    "rds": Logs(180, "rds_log"),
    "rds_error": Logs(180),
    "rds_perf": Logs(180),
    "rds_slow": Logs(180, "rds_log"),
    "redis_audit": Logs(7),
    "redis_sync": Logs(180),
    "slb_access": Logs(7),
    "slb_sync": Logs(180),
    "vpc_flow": Logs(7),
    "vpc_sync": Logs(180),
    "waf": Logs(180, "waf_log"),
}
# Of Security Center, many switches have one retention and one logstore.
SAS = ("crack", "dns", "dns_query", "http", "local_dns", "login", "network", "process", "security_alert", "security_hc",
       "security_vul", "session", "snapshot_account", "snapshot_port", "snapshot_process")
SAS_TTL = 180
_SCRIPTS = (
    "actiontrail_openapi", "alb_access", "apigateway_access", "appconnect_op", "bastion_audit", "cloudfirewall_access",
    "cps_callback", "ddos_coo_access", "dns_intranet", "drds_audit", "idaas_mng", "idaas_user", "k8s_audit", "k8s_event",
    "k8s_ingress", "nas_audit", "oss_access", "oss_metering", "polardb_audit", "polardb_error", "polardb_perf", "polardb_slow",
    "rds_audit", "rds_error", "rds_perf", "rds_slow", "redis_audit", "slb_access", "vpc_flow", "waf_access",
)
# With threat intelligence, whose effect is not known here.
_INTELLIGENCE = (
    "actiontrail", "apigateway", "appconnect", "bastion", "cloudfirewall", "cps", "ddos_coo_access", "drds_audit", "k8s_audit",
    "k8s_event", "k8s_ingress", "nas", "oss_access", "oss_metering", "polardb", "polardb_perf", "polardb_slow", "rds", "rds_perf",
    "rds_slow", "redis_audit", "sas", "slb_access", "waf",
)
_SWITCHES = frozenset(
    f"{name}_enabled" for name in (*LOGS, *(f"sas_{name}" for name in SAS), *(f"{name}_ti" for name in _INTELLIGENCE))
)
_RETENTIONS = frozenset(f"{name}_ttl" for name in (*LOGS, "sas"))
_POLICIES = frozenset(f"{name}_collection_policy" for name in _SCRIPTS)
_FIXED = ("region", "aliuid", "project", "logstore")
_ACCOUNTS = ("multi_account", "resource_directory")


@dataclass(frozen=True)
class CollectedAccounts:
    """Whose logs are collected.

    :param custom: ids of single accounts.
    :param directory: they are members of the resource directory; without single accounts, all of them are meant.
    """

    custom: tuple[str, ...] = ()
    directory: bool = False


def check_map(variables: Mapping[str, str], account_id: str) -> None:
    """Check a map that an account sends.

    :raises CloudError: a key is unknown, missing or bad.
    """
    for name in _FIXED:
        if name not in variables:
            raise CloudError(400, "MissingParameter", f"VariableMap lacks {name}.")
    region = variables["region"]
    if region not in CENTRAL_REGIONS:
        raise _bad("region", "a central project can't be there")
    fixed = {"aliuid": account_id, "project": f"slsaudit-center-{account_id}-{region}", "logstore": "slsaudit"}
    for name, value in fixed.items():
        if variables[name] != value:
            raise _bad(name, f"it has to be {value}")
    for name, value in variables.items():
        _check_entry(name, value)
    accounts = read_accounts(variables)
    if account_id in accounts.custom:
        raise _bad("multi_account", "the central account is collected anyhow")


def _check_entry(name: str, value: str) -> None:
    if name in _SWITCHES:
        if value not in ("true", "false"):
            raise _bad(name, "it is neither true nor false")
    elif name in _RETENTIONS:
        if not re.fullmatch(r"[0-9]{1,4}", value) or not 1 <= int(value) <= 3650:
            raise _bad(name, "it is no number of days from 1 to 3650")
    elif name.endswith("_policy_setting"):
        raise _bad(name, "the console makes it")
    elif name not in _POLICIES and name not in _FIXED and name not in _ACCOUNTS:
        raise _bad(name, "it is unknown")


def read_accounts(variables: Mapping[str, str]) -> CollectedAccounts:
    """The accounts of a map.

    :raises CloudError: they can't be read.
    """
    custom, directory = variables.get("multi_account") or "[]", variables.get("resource_directory") or "{}"
    entries = _json("multi_account", custom)
    if not isinstance(entries, list) or not all(isinstance(item, dict) and item.keys() == {"uid"} for item in entries):
        raise _bad("multi_account", 'it is no list such as [{"uid": "1234567890123456"}]')
    single = _ids("multi_account", [item["uid"] for item in entries])
    if len(single) > _MOST_ACCOUNTS:
        raise _bad("multi_account", f"it has more than {_MOST_ACCOUNTS} accounts")
    settings = _json("resource_directory", directory)
    if settings == {}:
        return CollectedAccounts(single)
    if single:
        raise _bad("multi_account", "it can't be together with resource_directory")
    if (not isinstance(settings, dict) or not settings.keys() <= {"type", "multi_account"}
            or not isinstance(settings.get("multi_account") or [], list)):
        raise _bad("resource_directory", 'it is no object such as {"type": "custom", "multi_account": ["..."]}')
    members = _ids("resource_directory", settings.get("multi_account") or [])
    if settings.get("type") not in ("all", "custom") or (settings["type"] == "custom") != bool(members):
        raise _bad("resource_directory", "its type is all, without accounts, or custom, with some")
    return CollectedAccounts(members, directory=True)


def _ids(name: str, values: list[Any]) -> tuple[str, ...]:
    ids = tuple(map(str, values))  # numbers, too
    if not all(_ACCOUNT_ID.fullmatch(item) for item in ids):
        raise _bad(name, "one of the accounts has no id of 15 to 20 digits")
    if len(set(ids)) < len(ids):
        raise _bad(name, "an account is there twice")
    return ids


def _json(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise _bad(name, "it is not JSON") from None


def _bad(name: str, why: str) -> CloudError:
    return CloudError(400, "InvalidParameter", f"The parameter VariableMap.{name} is invalid: {why}.")
