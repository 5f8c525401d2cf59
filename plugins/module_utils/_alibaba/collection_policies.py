# SPDX-License-Identifier: GPL-3.0-or-later
"""Collection policies of Log Audit Service, between the API's form and that of the modules. Private."""
from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from . import sls

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
        or _target_problem(params["policy_config"] or {})
        or _destination_problem(params["centralize_config"] or {}, params["centralize_enabled"])
        or _directory_problem(params["resource_directory"] or {})
    )


def name_problem(name: str) -> str | None:
    """What is wrong with the name of a policy: assumption alibaba-collection-policy-names."""
    if not re.fullmatch(r"[a-z][a-z0-9_-]{2,62}", name):
        return ("name: a policy's name has 3 to 63 lower case letters, digits, hyphens and underscores, and begins "
                f"with a letter; {name!r} does not fit")
    return None


def _target_problem(config: Mapping[str, Any]) -> str | None:
    mode = config.get("resource_mode")
    for name, wanted in _MODES.items():
        if config.get(name) and mode != wanted:
            return f"policy_config: {name} is for resource_mode {wanted}, and not for {mode}"
    if mode == "instanceMode" and not config["instance_ids"]:
        return "policy_config: resource_mode instanceMode needs instance_ids"
    return None


def _destination_problem(config: Mapping[str, Any], enabled: bool | None) -> str | None:
    if config and enabled is False:
        return "centralize_config: it is for centralize_enabled: true"
    ttl = config.get("dest_ttl")
    if ttl is not None and not 1 <= ttl <= sls.FOREVER:
        return f"centralize_config: dest_ttl is from 1 to {sls.FOREVER} days; {ttl} is not"
    project, logstore = config.get("dest_project"), config.get("dest_logstore")
    return (
        (sls.project_name_problem(project, "centralize_config: dest_project") if project else None)
        or (sls.logstore_name_problem(logstore, "centralize_config: dest_logstore") if logstore else None)
    )


def _directory_problem(directory: Mapping[str, Any]) -> str | None:
    kind, members = directory.get("account_group_type"), directory.get("members")
    wrong = next((member for member in members or () if not re.fullmatch("[0-9]+", member)), None)
    if wrong is not None:
        return f"resource_directory: members: {wrong!r} is not the id of an account, which is all digits"
    if kind == "custom" and not members:
        return "resource_directory: account_group_type custom needs members"
    if kind != "custom" and members:
        return "resource_directory: members are for account_group_type custom"
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
