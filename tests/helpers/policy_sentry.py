# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the Service Authorization Reference of AWS says about a policy, as the package policy_sentry has it offline."""
from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from policy_sentry.querying.actions import get_action_data
from policy_sentry.querying.all import get_service_authorization_url

ANY = "*"


def rows(action: str) -> list[dict[str, Any]]:
    """The rows of the reference for an action, one for each type of resource; empty if there is no such action."""
    service, name = action.split(":")
    return (get_action_data(service, name) or {}).get(service, [])


def formats(action: str) -> set[str]:
    """The ARNs of the types of resource that an action has, with C(*) for what they leave open; empty if it has none."""
    return {re.sub(r"\$\{\w+\}", "*", row["resource_arn_format"]) for row in rows(action)} - {ANY}


def findings(policy: dict[str, Any]) -> list[str]:
    """A sentence for each action that is not in the reference, is allowed on all resources although it has types of them, has no resource
    of its types, or has a condition key that it does not know.
    """
    return [finding for statement in policy["Statement"] for action in statement["Action"]
            for finding in _findings(action, statement["Resource"], statement.get("Condition", {}))]


def _findings(action: str, resources: list[str], conditions: dict[str, dict[str, Any]]) -> Iterable[str]:
    if not rows(action):
        yield f"{action} is not an action of {get_service_authorization_url(action.split(':')[0]) or 'a known service'}"
        return
    known = formats(action)
    if ANY in resources and known:
        yield f"{action} is allowed on all resources, and has the types {sorted(known)}"
    elif ANY not in resources and not any(matches(resource, one) for resource in resources for one in known):
        yield f"{action} is allowed on {resources}, and has the types {sorted(known)}"
    keys = {key.split("${")[0] for row in rows(action) for key in row["condition_keys"]}
    for key in (key for pairs in conditions.values() for key in pairs):
        if not any(key.startswith(one) if one.endswith("/") else key == one for one in keys):
            yield f"{action} does not know the condition key {key}"


def matches(resource: str, form: str) -> bool:
    """Whether an ARN, or a pattern of ARNs, is one of a type of resource. It may not leave open what the type fixes."""
    parts, wanted = resource.split(":", 5), form.split(":", 5)
    if len(parts) < 6 or parts[2] != wanted[2]:
        return False
    pattern = "".join(".*" if part == ANY else re.escape(part) for part in re.split(r"(\*)", wanted[5]))
    return re.fullmatch(f"{pattern}(:\\*)?", parts[5]) is not None
