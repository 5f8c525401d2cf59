# SPDX-License-Identifier: GPL-3.0-or-later
"""Log Audit Service, between the map that the API has and the options of the modules. Private to this collection.

The map has text for values, and two of them are JSON. What comes back may be a number or a boolean where text was sent.
"""
from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .._values import json_problem, shown
from . import account_ids
from .client import Cloud
from .log_audit_products import PRODUCTS, SAS_KINDS, SOURCE

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

_FIXED = ("region", "aliuid", "project", "logstore")
_ACCOUNTS = ("multi_account", "resource_directory")
_FURTHER = ("ti_enabled", "ttl", "collection_policy", "policy_setting")
_SETTINGS = (*_FURTHER, "enabled")
# Names in the map: assumption alibaba-log-audit-map-keys.
_NAME = re.compile("[a-z0-9]+(_[a-z0-9]+)*")

Products = dict[str, dict[str, Any]]


def _key(product: str, setting: str) -> str:
    """The key of a setting in the map, also of one that no document names."""
    if product == "sas" and setting not in _FURTHER:
        return f"sas_{setting}_enabled"
    infix = PRODUCTS[product].infix if product in PRODUCTS and setting in ("collection_policy", "policy_setting") else ""
    return f"{product}{infix}_{setting}"


def _settings(product: str) -> tuple[str, ...]:
    """The settings of a product that the documents name."""
    return (*(SAS_KINDS if product == "sas" else ("enabled",)), "ttl", *PRODUCTS[product].settings)


LOGSTORES = {product: documented.logstore for product, documented in PRODUCTS.items()}
DOCUMENTED = {_key(product, setting): (product, setting) for product in PRODUCTS for setting in _settings(product)}


def _place(key: str) -> tuple[str, str] | None:
    """The product and setting of a key; None if it does not look like a setting of a product."""
    if key in DOCUMENTED:
        return DOCUMENTED[key]
    places = [("sas", key.removeprefix("sas_").removesuffix("_enabled"))]
    places += [(key.removesuffix(f"_{setting}"), setting) for setting in _SETTINGS]
    return next((place for place in places if all(place) and _key(*place) == key), None)


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


def _asked(product: Any, settings: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(product, str) or not _NAME.fullmatch(product):
        raise ValueError(f"products: {shown(product)} is not the name of a product: use lower-case letters, digits and _")
    if not isinstance(settings, dict):
        raise ValueError(f"products.{product}: write a dictionary, such as {{enabled: true, ttl: 180}}")
    if product == "sas" and "enabled" in settings:
        settings = {**dict.fromkeys(SAS_KINDS, settings["enabled"]), **settings}
        del settings["enabled"]
    for name, value in settings.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise ValueError(f"products.{product}: {shown(name)} is not the name of a setting: use lower-case letters, digits and _")
        key = _key(product, name)
        if key in _FIXED + _ACCOUNTS:
            raise ValueError(f"products.{product}.{name}: {key} is not a setting of a product: use the option of the module for it")
        place = _place(key)
        if place and place != (product, name):
            raise ValueError(f"products.{product}.{name}: write it as products.{'.'.join(place)}")
        kind = _kind(product, name)
        try:
            read = _read(kind, value)
        except ValueError:
            raise ValueError(f"products.{product}.{name}: {shown(value)} is not {_WANTED[kind]}") from None
        problem = json_problem(read)
        if problem:
            raise ValueError(f"products.{product}.{name}: it {problem}")
        yield name, json.dumps(read) if kind in ("policy_setting", "any") and not isinstance(read, str) else read


def undocumented(asked: Products) -> list[str]:
    """A warning for each product of which settings are asked for that no document names."""
    found = []
    for product, settings in asked.items():
        names = [name for name in settings if _key(product, name) not in DOCUMENTED]
        if not names:
            continue
        known = sorted(PRODUCTS) if product not in PRODUCTS else _settings(product)
        similar = difflib.get_close_matches(product if product not in PRODUCTS else names[0], known, 1)
        found.append(
            f"products.{product}: the documentation of Log Audit Service that this release knows ({SOURCE}) does not contain"
            f" {', '.join(_key(product, name) for name in names)}. The module sends the setting as given. "
            + (f"Did you mean {similar[0]}?" if similar else "Check the spelling."))
    return found


def asked_keys(asked: Products) -> set[str]:
    """The keys in the map of what is asked for."""
    return {_key(product, name) for product, settings in asked.items() for name in settings}


def drop_problem(keys: Iterable[str]) -> str | None:
    """What is wrong with keys that may be dropped from the map, or None."""
    for key in keys:
        if not _NAME.fullmatch(key):
            return f"drop_console_settings: {shown(key)} is not a key of the settings: use lower-case letters, digits and _"
        if key in _FIXED + _ACCOUNTS or key in DOCUMENTED and not _is_console_setting(key):
            return (f"drop_console_settings: {key} is not a setting of the console. Give only keys that end in _policy_setting or that"
                    " are not documented; the module has options for the other keys")
    return None


def _kind(product: str, setting: str) -> str:
    """What values a setting has."""
    if setting in ("ttl", "collection_policy", "policy_setting"):
        return setting
    return "switch" if setting in _SETTINGS or product == "sas" else "any"


_WANTED = {
    "switch": "true or false",
    "ttl": f"a number of days from 1 to {LONGEST_TTL}",
    "collection_policy": "text",
    "policy_setting": "a list, as log_audit_info returns it",
    "any": "text, a number, a boolean, a list or a dictionary",
}
_TYPES = {"collection_policy": str, "policy_setting": list, "any": (str, int, float, bool, list, dict)}


def _read(kind: str, value: Any) -> Any:
    """A setting of a product, from an option or from the map.

    :raises ValueError: it can't be one.
    """
    if kind in _TYPES:
        if not isinstance(value, _TYPES[kind]):
            raise ValueError(kind)
        return value
    text = str(value).strip().lower()
    if kind == "ttl":
        if not re.fullmatch("[0-9]{1,4}", text) or not 1 <= int(text) <= LONGEST_TTL:
            raise ValueError(kind)
        return int(text)
    if text not in _SWITCH:
        raise ValueError(kind)
    return _SWITCH[text]


def _read_leniently(kind: str, value: Any) -> Any:
    """What the map says; what nobody here would send stays what it is."""
    try:
        return _read(kind, value)
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
    products: Products = {}
    other = {}
    for key, value in variables.items():
        place = None if key in _FIXED + _ACCOUNTS else _place(key)
        if place:
            products.setdefault(place[0], {})[place[1]] = _read_leniently(_kind(*place), value)
        elif key not in _FIXED + _ACCOUNTS:
            other[key] = value
    return {
        "display_name": display_name,
        "central_region": variables.get("region"),
        "mode": DIRECTORY if directory else CUSTOM,
        "directory_accounts": directory.get("type", "") if directory else "",
        "accounts": [str(item["uid"] if isinstance(item, dict) else item) for item in members or []],
        "products": products,
        "other": other,
    }


def map_of(account_id: str, settings: Mapping[str, Any]) -> dict[str, str]:
    """The map to send, as a whole: assumption alibaba-log-audit-map-overwrite.

    What the options do not say is sent as it was read: assumption alibaba-log-audit-console-settings.
    """
    region, accounts = settings["central_region"], settings["accounts"]
    variables = {
        "region": region, "aliuid": account_id, "project": project(account_id, region), "logstore": "slsaudit",
    }
    if settings["mode"] == DIRECTORY:
        members = {"type": settings["directory_accounts"], "multi_account": accounts}
        variables["resource_directory"] = json.dumps(members)
    elif accounts:
        variables["multi_account"] = json.dumps([{"uid": account} for account in accounts])
    return {**variables, **_by_key(settings)}


def console_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Keys with their values of which no document says both that there are such keys and that the API accepts them."""
    return {key: value for key, value in _by_key(settings).items() if _is_console_setting(key)}


def _is_console_setting(key: str) -> bool:
    return key.endswith("_policy_setting") or key not in DOCUMENTED


def _by_key(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings by their keys in the map, with the values to send."""
    products = settings["products"].items()
    return {
        **{_key(product, name): _sent(value) for product, values in products for name, value in values.items()},
        **settings["other"],
    }


def cleared(settings: Mapping[str, Any]) -> dict[str, Any]:
    """These settings, without accounts, and with all switches off, also those that nobody knows here."""
    return {
        **settings, "mode": CUSTOM, "directory_accounts": "", "accounts": [],
        "products": {
            product: {name: False if _is_switch(product, name) else value for name, value in values.items()}
            for product, values in settings["products"].items()
        },
    }


def without(settings: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    """These settings without some keys of the map."""
    products = {
        product: {name: value for name, value in values.items() if _key(product, name) not in keys}
        for product, values in settings["products"].items()
    }
    return {
        **settings,
        "products": {product: values for product, values in products.items() if values},
        "other": {key: value for key, value in settings["other"].items() if key not in keys},
    }


def project(account_id: str, region: str) -> str:
    """Name of the central project."""
    return f"slsaudit-center-{account_id}-{region}"


def with_asked(current: Mapping[str, Any] | None, asked: Products) -> dict[str, Any]:
    """The products and other keys of the map as they are, with what is asked for.

    :param current: None if it was never set up.
    """
    products = {product: dict(values) for product, values in current["products"].items()} if current else {}
    other = dict(current["other"]) if current else {}
    for product, settings in asked.items():
        for name, value in settings.items():
            key = _key(product, name)
            into, called = (products.setdefault(product, {}), name) if _place(key) else (other, key)
            if called not in into or not _alike(_kind(product, name), into[called], value):
                into[called] = value
    return {"products": products, "other": other}


def _alike(kind: str, one: Any, other: Any) -> bool:
    """Whether two values mean the same: where JSON is sent as text, the service may return either."""
    return one == other or kind in ("policy_setting", "any") and _parsed(one) == _parsed(other)


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
        "products": {
            product: _whole(product, settings["products"].get(product, {}))
            for product in sorted({*PRODUCTS, *settings["products"]})
        },
    }


def _whole(product: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """All settings of a product: what the map does not have is as it is by default."""
    documented = _settings(product) if product in PRODUCTS else ()
    whole = {name: _default(product, name) for name in documented} | dict(settings)
    if product == "sas":
        whole["enabled"] = any(value is True for name, value in whole.items() if _is_switch(product, name))
    if "policy_setting" in whole:
        whole["policy_setting"] = _parsed(whole["policy_setting"])
    return whole


def is_used(settings: Mapping[str, Any]) -> bool:
    """Whether anything is collected, or an account is listed. The C(_sync) products collect nothing by themselves."""
    switches = (
        value for product, values in settings["products"].items() if not product.endswith("_sync")
        for name, value in values.items() if _is_switch(product, name)
    )
    return bool(settings["accounts"]) or any(value is True for value in switches)


def _is_switch(product: str, setting: str) -> bool:
    """Whether a setting starts the collection of logs."""
    return setting == "enabled" or product == "sas" and setting not in _SETTINGS


def shorter_retention(current: Products, asked: Products) -> dict[str, str]:
    """Which logs are to be deleted earlier than now, by product, with the days now and then."""
    found = {}
    for product, settings in asked.items():
        before = current.get(product)
        days = _whole(product, before).get("ttl") if before else None
        if isinstance(days, int) and "ttl" in settings and settings["ttl"] < days:
            found[product] = f"logs older than {settings['ttl']} days (now {days} days)"
    return found


def _default(product: str, name: str) -> Any:
    """assumption alibaba-log-audit-defaults"""
    if name == "ttl":
        return PRODUCTS[product].ttl
    return {"collection_policy": "", "policy_setting": []}.get(name, name == "enabled" and product.endswith("_sync"))


def _sent(value: Any) -> Any:
    """Switches and days are text in the map."""
    return str(value).lower() if isinstance(value, (bool, int)) else value


def _parsed(value: Any) -> Any:
    """What JSON text means; other text as it is."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _loads(value: Any) -> Any:
    """What JSON text says; empty for nothing, and what came without being wrapped in text as it is."""
    if not isinstance(value, str):
        return value or {}
    return json.loads(value) if value.strip() else {}
