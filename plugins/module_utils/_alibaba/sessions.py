# SPDX-License-Identifier: GPL-3.0-or-later
"""Assuming a role: what there is to say about it, and its limits. Private to this collection."""
from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any


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
        return f"role_arn: {role['role_arn']} is not of the form acs:ram::<account id>:role/<name>"
    if not re.fullmatch(r"[A-Za-z0-9.@_-]{2,64}", role["session_name"]):
        return "session_name: it has 2 to 64 letters, digits and characters of .@_-"
    if not 900 <= role["duration_seconds"] <= 43200:
        return "duration_seconds: a session lasts 900 seconds to the maximum of its role, which is 43200 at most"
    if role["external_id"] is not None and not 2 <= len(role["external_id"]) <= 1224:
        return "external_id: it has 2 to 1224 characters"
    length = len(_text(role["policy"]) or "")
    return f"policy: it has {length} characters, and may have 2048" if length > 2048 else None


def _text(policy: dict | None) -> str | None:
    """A policy as it is sent."""
    return None if policy is None else json.dumps(policy, separators=(",", ":"))
