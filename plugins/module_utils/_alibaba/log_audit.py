# SPDX-License-Identifier: GPL-3.0-or-later
"""Log Audit Service, between the map that the API has and the options of the modules. Private to this collection.

The map has text for values, and two of them are JSON. What comes back may be a number or a boolean where text was sent.
"""
from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from . import account_ids
from .client import Cloud

APP = "audit"
# assumption alibaba-log-audit-app
MISSING = ("AppNotExist",)
CENTRAL_REGIONS = (
    "ap-northeast-1", "ap-southeast-1", "ap-southeast-3", "ap-southeast-5", "cn-beijing", "cn-hangzhou", "cn-hongkong",
    "cn-huhehaote", "cn-qingdao", "cn-shanghai", "cn-shenzhen", "cn-wulanchabu", "cn-zhangjiakou", "eu-central-1",
)
# assumption alibaba-log-audit-limits
MOST_ACCOUNTS = 100
LONGEST_TTL = 3650  # days
DIRECTORY, CUSTOM = "resource_directory", "custom"

# Days for which logs are kept unless the map says otherwise: centrally, and in the regions of their resources.
_CENTRAL_TTL, _REGIONAL_TTL = 180, 7
_REGIONAL = ("dns_intranet", "drds_audit", "oss_access", "slb_access", "vpc_flow")
# They bring regional logs to the central project, and are on by default.
_SYNCS = ("dns_sync", "drds_sync", "oss_sync", "slb_sync", "vpc_sync")
_CENTRAL = (
    "actiontrail", "apigateway", "appconnect", "bastion", "cloudfirewall", "cloudfirewall_vpc", "cps",
    "ddos_bgp_access", "ddos_coo_access", "ddos_dip_access", "idaas_mng", "idaas_user", "k8s_audit", "k8s_event",
    "k8s_ingress", "nas", "oss_metering", "polardb", "polardb_perf", "polardb_slow", "rds", "rds_perf", "rds_slow",
    "waf",
)
_WITH_POLICY = (
    "dns_intranet", "drds_audit", "idaas_mng", "idaas_user", "k8s_audit", "k8s_event", "k8s_ingress", "polardb",
    "polardb_perf", "polardb_slow", "rds", "rds_perf", "rds_slow", "slb_access", "vpc_flow",
)
# Of Security Center, many kinds of logs have a switch each, and one retention.
_SAS = (
    "crack", "dns", "http", "local_dns", "login", "network", "process", "security_alert", "security_hc", "security_vul",
    "session", "snapshot_account", "snapshot_port", "snapshot_process",
)
PRODUCTS = tuple(sorted((*_CENTRAL, *_REGIONAL, *_SYNCS, "sas")))
# Logstores of the central project, by product; empty where no document has the name: assumption alibaba-log-audit-logstores.
LOGSTORES = {
    **dict.fromkeys(PRODUCTS, ""),
    **{product: f"{product}_log" for product in (
        "actiontrail", "apigateway", "appconnect", "cloudfirewall", "cps", "k8s_ingress", "nas", "polardb", "rds", "waf",
    )},
    **dict.fromkeys(("ddos_bgp_access", "ddos_coo_access", "ddos_dip_access"), "ddos_log"),
    **dict.fromkeys(("k8s_audit", "k8s_event"), "k8s_log"),
    "bastion": "baston_log", "cloudfirewall_vpc": "cloudfirewall_log", "oss_metering": "oss_log",
    "polardb_slow": "polardb_log", "rds_slow": "rds_log",
}
_FIXED = ("region", "aliuid", "project", "logstore")
_ACCOUNTS = ("multi_account", "resource_directory")
# What the console has set: assumption alibaba-log-audit-console-settings.
_CONSOLE = "_policy_setting"

Products = dict[str, dict[str, Any]]


def _keys_of(product: str) -> dict[str, str]:
    """The settings of a product, with their keys in the map."""
    if product == "sas":
        return {"ttl": "sas_ttl", **{name: f"sas_{name}_enabled" for name in _SAS}}
    keys = {"enabled": f"{product}_enabled", "ttl": f"{product}_ttl"}
    if product in _WITH_POLICY:
        infix = "_audit" if product in ("rds", "polardb") else ""
        keys["collection_policy"] = f"{product}{infix}_collection_policy"
    return keys


_KEYS = {product: _keys_of(product) for product in PRODUCTS}
_KNOWN = {*_FIXED, *_ACCOUNTS, *(key for keys in _KEYS.values() for key in keys.values())}


# Options

def account_problem(option: str, ids: Iterable[str]) -> str | None:
    """What is wrong with ids of accounts, or None."""
    for account in ids:
        problem = account_ids.problem(account)
        if problem:
            return f"{option}: {problem}"
    return None


def region_problem(option: str, region: str) -> str | None:
    """What is wrong with the region of a central project, or None."""
    if region in CENTRAL_REGIONS:
        return None
    return f"{option}: Log Audit has no central project in {region}; it can be in {', '.join(CENTRAL_REGIONS)}"


def asked_products(option: Mapping[str, Any]) -> Products:
    """The option C(products), checked, each value of the right type.

    :raises ValueError: it is wrong; the sentence says what.
    """
    return {product: dict(_asked(product, settings)) for product, settings in option.items()}


def _asked(product: str, settings: Any) -> Iterator[tuple[str, Any]]:
    if product not in _KEYS:
        raise ValueError(f"products: there is no {product!r}; there are {', '.join(PRODUCTS)}")
    if not isinstance(settings, dict):
        raise ValueError(f"products.{product}: it is a dictionary, such as {{enabled: true, ttl: 180}}")
    if product == "sas" and "enabled" in settings:
        settings = {**dict.fromkeys(_SAS, settings["enabled"]), **settings}
        del settings["enabled"]
    for name, value in settings.items():
        if name not in _KEYS[product]:
            known = ", ".join(_KEYS[product])
            raise ValueError(f"products.{product}: it has no setting {name!r}; there are {known}")
        try:
            yield name, _read(name, value)
        except ValueError:
            raise ValueError(f"products.{product}.{name}: {_WANTED.get(name, _WANTED['enabled'])}; {value!r} is not"
                             ) from None


_WANTED = {
    "enabled": "it is true or false",
    "ttl": f"it is a number of days from 1 to {LONGEST_TTL}",
    "collection_policy": "it is text",
}


def _read(name: str, value: Any) -> Any:
    """A setting of a product, from an option or from the map.

    :raises ValueError: it can't be one.
    """
    if name == "collection_policy":
        if not isinstance(value, str):
            raise ValueError(name)
        return value
    text = str(value).strip().lower()
    if name == "ttl":
        if not re.fullmatch("[0-9]{1,4}", text) or not 1 <= int(text) <= LONGEST_TTL:
            raise ValueError(name)
        return int(text)
    if text not in _SWITCH:
        raise ValueError(name)
    return _SWITCH[text]


def _read_leniently(name: str, value: Any) -> Any:
    """What the map says; text that nobody here would send stays what it is."""
    try:
        return _read(name, value)
    except ValueError:
        return value


_SWITCH = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


# The map

def describe(cloud: Cloud) -> tuple[str, dict[str, Any]]:
    """The name to display and the map of the account.

    :raises CloudError: among others with one of the codes in C(MISSING).
    :raises ValueError: the answer can't be understood.
    """
    model = cloud.call("log_audit", "DescribeApp", AppName=APP)["AppModel"]
    variables = _loads(_loads(model.get("Config")).get("initParam"))
    return model.get("DisplayName") or "", {**variables, "aliuid": str(variables.get("aliuid") or model.get("Uid"))}


def settings_of(display_name: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    """A map in the terms of the options; products have the settings of which the map speaks.

    :raises ValueError: it can't be understood.
    """
    directory = _loads(variables.get("resource_directory"))
    members = directory.get("multi_account") if directory else _loads(variables.get("multi_account"))
    return {
        "display_name": display_name,
        "central_region": variables.get("region"),
        "mode": DIRECTORY if directory else CUSTOM,
        "directory_accounts": directory.get("type", "") if directory else "",
        "accounts": [str(item["uid"] if isinstance(item, dict) else item) for item in members or []],
        "products": _products_of(variables),
        "other": {
            name: value for name, value in variables.items() if name not in _KNOWN and not name.endswith(_CONSOLE)
        },
    }


def _products_of(variables: Mapping[str, Any]) -> Products:
    products = {}
    for product, keys in _KEYS.items():
        settings = {name: _read_leniently(name, variables[key]) for name, key in keys.items() if key in variables}
        if settings:
            products[product] = settings
    return products


def map_of(account_id: str, settings: Mapping[str, Any]) -> dict[str, str]:
    """The map to send, as a whole: assumption alibaba-log-audit-map-overwrite. What the console has set can't be sent."""
    region, accounts = settings["central_region"], settings["accounts"]
    variables = {
        "region": region, "aliuid": account_id, "project": project(account_id, region), "logstore": "slsaudit",
    }
    if settings["mode"] == DIRECTORY:
        members = {"type": settings["directory_accounts"], "multi_account": accounts}
        variables["resource_directory"] = json.dumps(members)
    elif accounts:
        variables["multi_account"] = json.dumps([{"uid": account} for account in accounts])
    for product, values in settings["products"].items():
        variables.update({_KEYS[product][name]: _text(value) for name, value in values.items()})
    variables.update({name: _text(value) for name, value in settings["other"].items()})
    return variables


def cleared(settings: Mapping[str, Any]) -> dict[str, Any]:
    """These settings, without accounts, and with all switches off, also those that nobody knows here."""
    return {
        **settings, "mode": CUSTOM, "directory_accounts": "", "accounts": [],
        "products": {
            product: {name: False if value is True else value for name, value in values.items()}
            for product, values in settings["products"].items()
        },
        "other": {
            name: "false" if name.endswith("_enabled") and _SWITCH.get(_text(value)) is not False else value
            for name, value in settings["other"].items()
        },
    }


def project(account_id: str, region: str) -> str:
    """Name of the central project."""
    return f"slsaudit-center-{account_id}-{region}"


def merged(current: Products, asked: Products) -> Products:
    """Products as they are, with what is asked for."""
    return {
        product: {**current.get(product, {}), **asked.get(product, {})} for product in PRODUCTS
        if product in current or product in asked
    }


# Results

def result_of(settings: Mapping[str, Any] | None, account_id: str | None) -> dict[str, Any]:
    """What modules return.

    :param settings: None if it was never set up.
    """
    if settings is None:
        return {
            "exists": False, "account_id": account_id, "display_name": None, "central_region": None, "project": None,
            "mode": None, "directory_accounts": None, "accounts": [], "products": {}, "other": {},
        }
    return {
        "exists": True, "account_id": account_id, **settings,
        "directory_accounts": settings["directory_accounts"] or None,
        "project": project(account_id, settings["central_region"]),
        "products": {product: _whole(product, settings["products"].get(product, {})) for product in PRODUCTS},
    }


def _whole(product: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """All settings of a product: what the map does not have is as it is by default."""
    whole = {name: _default(product, name) for name in _KEYS[product]} | dict(settings)
    if product == "sas":
        whole["enabled"] = any(whole[name] for name in _SAS)
    return whole


def is_used(settings: Mapping[str, Any]) -> bool:
    """Whether anything is collected, or an account is listed. The C(_sync) products collect nothing by themselves."""
    switches = (
        value for product, values in settings["products"].items() if product not in _SYNCS for value in values.values()
    )
    return bool(settings["accounts"]) or any(value is True for value in switches)


def shorter_retention(current: Products, asked: Products) -> dict[str, str]:
    """Which logs are to be deleted earlier than now, by product, with the days now and then."""
    found = {}
    for product, settings in asked.items():
        before = current.get(product)
        days = _whole(product, before)["ttl"] if before and "ttl" in _KEYS[product] else None
        if isinstance(days, int) and "ttl" in settings and settings["ttl"] < days:
            found[product] = f"logs older than {settings['ttl']} days (now {days} days)"
    return found


def _default(product: str, name: str) -> Any:
    if name == "ttl":
        return _REGIONAL_TTL if product in _REGIONAL else _CENTRAL_TTL
    return "" if name == "collection_policy" else product in _SYNCS


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else json.dumps(value)


def _loads(value: Any) -> Any:
    """What JSON text says; empty for nothing, and what came without being wrapped in text as it is."""
    if not isinstance(value, str):
        return value or {}
    return json.loads(value) if value.strip() else {}
