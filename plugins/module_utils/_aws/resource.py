# SPDX-License-Identifier: GPL-3.0-or-later
"""What every resource of a plan has in common. Private to this collection.

A resource is a function C(read) that returns its settings as they are, in the terms of the options that ask for them,
or None if it does not exist. What is compared, shown and carried out follows from that.
"""
from __future__ import annotations

import json
import re

from ansible_collections.amazon.aws.plugins.module_utils.policy import compare_policies

from .._values import KNOWN_LATER  # pylint: disable=unused-import
from . import checks

KEY_OF_BUCKET = checks.TAG_OF_KEY
_ROOT = re.compile(r'"arn:aws[a-z-]*:iam::(\d{12}):root"')


class PlanError(Exception):
    """A plan that can't be carried out; the text says what, where and what to do instead."""


def compare(current: dict | None, asked: dict) -> dict:
    """How a resource differs from what is asked for.

    Settings that are None in C(asked) are left alone; an empty string asks for the setting to be taken off.
    """
    asked = {name: value for name, value in asked.items() if value is not None}
    if current is None:
        return {"exists": False, "changes": ["create"], "before": {}, "after": _without_empty(asked)}
    changes = [name for name, value in asked.items() if not _same(name, current.get(name), value)]
    return {
        "exists": True,
        "changes": changes,
        "before": {name: _shown(name, current.get(name), asked[name]) for name in changes},
        "after": {name: asked[name] for name in changes},
    }


def compare_absent(current: dict | None, keep: str | None) -> dict:
    """Whether a resource has to go: only if it exists, and there is no reason to keep it."""
    if current is None:
        return {"exists": False, "changes": [], "before": {}, "after": {}}
    if keep:
        return {"exists": True, "changes": [], "before": {}, "after": {}, "retained": keep}
    return {"exists": True, "changes": ["delete"], "before": _without_empty(current), "after": {}}


def same_policies(one: dict | None, other: dict | None) -> bool:
    """Whether two policies mean the same; None for no policy. In each partition, an account is its root user."""
    return not compare_policies(*(json.loads(_ROOT.sub(r'"\1"', json.dumps(policy or {}))) for policy in (one, other)))


def _same(name, current, asked):
    if name == "tags":  # stored as text; YAML may have parsed one as a number
        return {key: str(value) for key, value in asked.items()}.items() <= (current or {}).items()
    if asked and (name.endswith("policy") or name.endswith("policy_document")):
        return current is not None and same_policies(current, asked)
    return (current or None) == (asked or None) or (current is False and asked is False)


def _shown(name, current, asked):
    if name == "tags":
        return {key: value for key, value in (current or {}).items() if key in asked}
    return current


def _without_empty(settings):
    return {name: value for name, value in settings.items() if value not in (None, "", [], {})}
