# SPDX-License-Identifier: GPL-3.0-or-later
"""The products of Log Audit Service, and which settings of each the documents name. Private to this collection.

Keys: "ALIYUN::SLS::Audit" (ROS), 177 keys, as in ros-cdk-sls 1.15.0 of 2026-09-04. Defaults and the spelling on the wire: the
documentation of alicloud_log_audit (aliyun/terraform-provider-alicloud, 2026-08-21), and for keys that it lacks ROS. Where the two
contradict each other: assumption alibaba-log-audit-defaults.
"""
from __future__ import annotations

from dataclasses import dataclass

SOURCE = "ALIYUN::SLS::Audit of ROS, 2026-09-04"


@dataclass(frozen=True)
class Product:
    """Every product has the settings C(enabled) and C(ttl).

    :param logstore: in the central project; empty if no document names it: assumption alibaba-log-audit-logstores.
    :param settings: further ones.
    :param infix: what the keys of C(collection_policy) and C(policy_setting) have after the name of the product.
    :param ttl: days for which logs are stored if the map does not say.
    """

    logstore: str = ""
    settings: tuple[str, ...] = ()
    infix: str = ""
    ttl: int = 180


_REGIONAL = 7  # days: logs that stay in the regions of their resources
_SCRIPT = ("collection_policy",)
_FILTERS = ("ti_enabled", "collection_policy", "policy_setting")

PRODUCTS = {
    "actiontrail": Product("actiontrail_log", _FILTERS, "_openapi"),
    "alb_access": Product(settings=_SCRIPT),
    "alb_sync": Product(),
    "apigateway": Product("apigateway_log", _FILTERS, "_access"),
    "appconnect": Product("appconnect_log", _FILTERS, "_op"),
    "bastion": Product("baston_log", _FILTERS, "_audit"),  # the documents spell the logstore like this
    "cloudconfig_change": Product(),
    "cloudconfig_noncom": Product(),
    "cloudfirewall": Product("cloudfirewall_log", _FILTERS, "_access"),
    "cloudfirewall_vpc": Product("cloudfirewall_log"),
    "cps": Product("cps_log", _FILTERS, "_callback"),
    "ddos_bgp_access": Product("ddos_log"),
    "ddos_coo_access": Product("ddos_log", _FILTERS),
    "ddos_dip_access": Product("ddos_log"),
    "dns_intranet": Product(settings=_SCRIPT, ttl=_REGIONAL),
    "dns_sync": Product(),
    "drds_audit": Product(settings=_FILTERS, ttl=_REGIONAL),
    "drds_sync": Product(),
    "idaas_mng": Product(settings=_SCRIPT),
    "idaas_user": Product(settings=_SCRIPT),
    "k8s_audit": Product("k8s_log", _FILTERS),
    "k8s_event": Product("k8s_log", _FILTERS),
    "k8s_ingress": Product("k8s_ingress_log", _FILTERS),
    "nas": Product("nas_log", _FILTERS, "_audit"),
    "oss_access": Product(settings=_FILTERS, ttl=_REGIONAL),
    "oss_metering": Product("oss_log", _FILTERS),
    "oss_sync": Product(),
    "polardb": Product("polardb_log", _FILTERS, "_audit"),
    "polardb_error": Product(settings=_SCRIPT),
    "polardb_perf": Product(settings=_FILTERS),
    "polardb_slow": Product("polardb_log", _FILTERS),
    "rds": Product("rds_log", _FILTERS, "_audit"),
    "rds_error": Product(settings=_SCRIPT),
    "rds_perf": Product(settings=_FILTERS),
    "rds_slow": Product("rds_log", _FILTERS),
    "redis_audit": Product(settings=_FILTERS, ttl=_REGIONAL),
    "redis_sync": Product(),
    "sas": Product(settings=("ti_enabled",)),
    "slb_access": Product(settings=_FILTERS, ttl=_REGIONAL),
    "slb_sync": Product(),
    "vpc_flow": Product(settings=_SCRIPT, ttl=_REGIONAL),
    "vpc_sync": Product(),
    "waf": Product("waf_log", _FILTERS, "_access"),
}
# Security Center: each kind of logs has a switch instead of one C(enabled).
SAS_KINDS = (
    "crack", "dns", "dns_query", "http", "local_dns", "login", "network", "process", "security_alert", "security_hc", "security_vul",
    "session", "snapshot_account", "snapshot_port", "snapshot_process",
)
