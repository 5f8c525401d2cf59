# SPDX-License-Identifier: GPL-3.0-or-later
"""Collection policies of Log Audit Service, between the API's form and that of the modules. Private."""
from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .._values import shown
from . import regions, sls

# They are served here, wherever the logs are: assumption alibaba-collection-policy-names.
REGIONS = ("cn-shanghai", "ap-southeast-1", "cn-heyuan-acdr-1")
DEFAULT_REGION = "cn-shanghai"
MISSING = ("PolicyNotExist",)
INTERNAL = "internal_cloudlens_"  # names of policies that the service creates
PAGE = 100

# Parts of a policy, each with its settings and their names in the API.
PARTS = {
    "policy_config": ("policyConfig", {
        "resource_mode": "resourceMode", "instance_ids": "instanceIds", "regions": "regions",
        "resource_tags": "resourceTags",
    }),
    "centralize_config": ("centralizeConfig", {
        "dest_region": "destRegion", "dest_project": "destProject", "dest_logstore": "destLogstore",
        "dest_ttl": "destTTL",
    }),
    "resource_directory": ("resourceDirectory", {"account_group_type": "accountGroupType", "members": "members"}),
}
CODES = {"product_code": "productCode", "data_code": "dataCode"}
FLAGS = {"enabled": "enabled", "centralize_enabled": "centralizeEnabled"}
# For which mode of resources a setting counts.
_MODES = {"instance_ids": "instanceMode", "regions": "attributeMode", "resource_tags": "attributeMode"}


def region_for(params: Mapping[str, Any]) -> str:
    """The region whose endpoint is asked."""
    region = params["region"]
    return params["policy_region"] or (region if region in REGIONS else DEFAULT_REGION)


# Limits. Each function says what is wrong, or returns None.

def problem(params: Mapping[str, Any]) -> str | None:
    """What is wrong with the options."""
    return (
        name_problem(params["name"])
        or _code_problem(params)
        or _target_problem(params["policy_config"] or {})
        or _destination_problem(params["centralize_config"] or {}, params["centralize_enabled"])
        or _directory_problem(params["resource_directory"] or {})
    )


def target_options() -> dict[str, Any]:
    """The options of C(policy_config)."""
    return dict(
        resource_mode=dict(type="str", choices=["all", "instanceMode", "attributeMode"], required=True),
        instance_ids=dict(type="list", elements="str"),
        regions=dict(type="list", elements="str"),
        resource_tags=dict(type="dict"),
    )


def list_problem(policies: list[dict[str, Any]]) -> str | None:
    """What is wrong with a list of policies, each with the options of the role C(alibaba_collection)."""
    seen = set()
    for policy in policies:
        problem = (
            name_problem(policy["name"])
            or internal_problem(policy["name"])
            or _code_problem(policy)
            or _target_problem(policy.get("policy_config") or {})
            or _destination_problem({"dest_logstore": policy.get("logstore") or policy["name"]}, True)
            or (policy.get("data_region") is not None and _region_problem("data_region", policy["data_region"]))
            or (policy["name"] in seen and "there are two policies of this name: give each its own")
        )
        if problem:
            return f"{shown(policy['name'])}: {problem}"
        seen.add(policy["name"])
    return None


def _code_problem(policy: Mapping[str, Any]) -> str | None:
    for name in CODES:
        value = policy.get(name)
        if value is not None and not re.fullmatch(r"[A-Za-z0-9_.-]{1,128}", value):
            return f"{name}: {shown(value)} is not the code of a product or of a kind of logs, such as access_log"
    return None


def _region_problem(option: str, value: str) -> str | None:
    problem = regions.problem(value)
    return problem and f"{option}: {problem}"


def name_problem(name: str) -> str | None:
    """What is wrong with the name of a policy: assumption alibaba-collection-policy-names."""
    if not re.fullmatch(r"[a-z][a-z0-9_-]{2,62}", name):
        return (f"name: {shown(name)} is not valid. Use 3 to 63 lower-case letters, digits, hyphens and underscores, beginning with a"
                " letter")
    return None


def internal_problem(name: str, is_internal: bool = False) -> str | None:
    """What is wrong with changing a policy of the service.

    :param is_internal: whether the service says that the policy is its own.
    """
    if not is_internal and not name.startswith(INTERNAL):
        return None
    return f"name: {name} is reserved: Simple Log Service itself creates the policies named {INTERNAL}*. Choose another name"


def _target_problem(config: Mapping[str, Any]) -> str | None:
    mode = config.get("resource_mode")
    for name, wanted in _MODES.items():
        if config.get(name) and mode != wanted:
            return f"policy_config: {name} is only for resource_mode {wanted}, not for {mode}: remove it, or change resource_mode"
    if mode == "instanceMode" and not config["instance_ids"]:
        return "policy_config: resource_mode instanceMode needs instance_ids: give them"
    return None


def _destination_problem(config: Mapping[str, Any], enabled: bool | None) -> str | None:
    if config and enabled is False:
        return "centralize_config is only for centralize_enabled: true"
    ttl = config.get("dest_ttl")
    if ttl is not None and not 1 <= ttl <= sls.FOREVER:
        return f"centralize_config: dest_ttl: {shown(ttl)} is not a number of days from 1 to {sls.FOREVER}"
    region, project, logstore = (config.get(f"dest_{part}") for part in ("region", "project", "logstore"))
    return (
        (_region_problem("centralize_config: dest_region", region) if region else None)
        or (sls.project_name_problem(project, "centralize_config: dest_project") if project else None)
        or (sls.logstore_name_problem(logstore, "centralize_config: dest_logstore") if logstore else None)
    )


def _directory_problem(directory: Mapping[str, Any]) -> str | None:
    kind, members = directory.get("account_group_type"), directory.get("members")
    wrong = next((member for member in members or () if not re.fullmatch("[0-9]+", member)), None)
    if wrong is not None:
        return f"resource_directory: members: {shown(wrong)} is not the id of an account: write its digits in quotes"
    if kind == "custom" and not members:
        return "resource_directory: account_group_type custom needs members: list the accounts"
    if kind != "custom" and members:
        return "resource_directory: members are only for account_group_type custom: remove them, or change account_group_type"
    return None


# The module's form

def policy(body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Settings and facts of a policy, from an answer. A part that it does not have is empty."""
    settings = {
        **{name: body[key] for name, key in CODES.items()},
        **{name: bool(body.get(key)) for name, key in FLAGS.items()},
        **{name: part(name, body.get(key)) for name, (key, _names) in PARTS.items()},
        "data_region": (body.get("dataConfig") or {}).get("dataRegion") or "",
    }
    return settings, {
        "name": body["policyName"], "policy_uid": body.get("policyUid"),
        "internal_policy": bool(body.get("internalPolicy")),
        "data_project": (body.get("dataConfig") or {}).get("dataProject") or "",
    }


def part(name: str, values: Mapping[str, Any] | None, *, by_option: bool = False) -> dict[str, Any]:
    """A part of a policy, without what it does not say, and with what has no order in order."""
    found = {}
    for setting, key in PARTS[name][1].items():
        value = (values or {}).get(setting if by_option else key)
        if value not in (None, "", 0, [], {}):
            found[setting] = sorted(set(value)) if isinstance(value, list) else value
    if "resource_tags" in found:
        found["resource_tags"] = {key: str(value) for key, value in found["resource_tags"].items()}
    return found


# The API's form

def to_send(name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters that create or replace a policy: all of it."""
    parts = {
        key: {names[setting]: value for setting, value in settings[part_name].items()}
        for part_name, (key, names) in PARTS.items() if settings[part_name]
    }
    data = {"dataConfig": {"dataRegion": settings["data_region"]}} if settings["data_region"] else {}
    if "resourceDirectory" in parts:
        # Also for all accounts: assumption alibaba-collection-policy-empty-members.
        parts["resourceDirectory"].setdefault("members", [])
    plain = {key: settings[setting] for setting, key in {**CODES, **FLAGS}.items()}
    return {"policyName": name, **plain, **parts, **data}
