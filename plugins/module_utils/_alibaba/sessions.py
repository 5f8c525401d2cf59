# SPDX-License-Identifier: GPL-3.0-or-later
"""Assuming a role: what there is to say about it, and its limits. Private to this collection."""
from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from .._values import json_problem, shown


SHORTEST, LONGEST = 900, 43200  # seconds: assumption alibaba-session-limits


def options() -> dict[str, Any]:
    """What there is to say about a role to assume."""
    return dict(
        role_arn=dict(type="str", required=True),
        session_name=dict(type="str", default="crossaccount.audit_logs", aliases=["role_session_name"]),
        duration_seconds=dict(type="int", default=3600, aliases=["session_expiration"]),
        external_id=dict(type="str"),
        policy=dict(type="dict"),
    )


def parameters(role: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of AssumeRole."""
    asked = {"RoleArn": role["role_arn"], "RoleSessionName": role["session_name"],
             "DurationSeconds": role["duration_seconds"], "ExternalId": role["external_id"], "Policy": _text(role["policy"])}
    return {name: value for name, value in asked.items() if value is not None}


def problem(role: Mapping[str, Any]) -> str | None:
    """What is wrong with these options, or None: assumption alibaba-session-limits."""
    if not re.fullmatch(r"acs:ram::\d+:role/[A-Za-z0-9.-]{1,64}", role["role_arn"]):
        return f"role_arn: {shown(role['role_arn'])} is not the ARN of a role: write acs:ram::<account id>:role/<name>"
    if not re.fullmatch(r"[A-Za-z0-9.@_-]{2,64}", role["session_name"]):
        return "session_name: use 2 to 64 letters, digits and characters of .@_-"
    if not SHORTEST <= role["duration_seconds"] <= LONGEST:
        return f"duration_seconds: give a number of seconds from {SHORTEST} to the maximum of the role, which is {LONGEST} at most"
    problem = role["external_id"] is not None and external_id_problem(role["external_id"])
    if problem:
        return f"external_id: {problem}"
    wrong = json_problem(role["policy"])
    if wrong:
        return f"policy: it {wrong}"
    length = len(_text(role["policy"]) or "")
    return f"policy: it has {length} characters, but STS allows 2048: shorten it" if length > 2048 else None


def external_id_problem(value: str) -> str | None:
    """What is wrong with an external id: assumption alibaba-session-limits. It can be a secret, so that no sentence repeats it."""
    if re.fullmatch(r"[A-Za-z0-9_+=,.@:/-]{2,1224}", value):
        return None
    return "it is not an external id: use 2 to 1224 letters, digits and characters of _+=,.@:/-"


def _text(policy: dict | None) -> str | None:
    """A policy as it is sent."""
    return None if policy is None else json.dumps(policy, separators=(",", ":"))
