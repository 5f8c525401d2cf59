# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags of a resource: which it should have, and whose it is by them. Private to this collection."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Tags = Mapping[str, str]


def options() -> dict[str, Any]:
    """Options of modules for something with tags; see the documentation fragment C(alibaba.tags)."""
    return dict(
        tags=dict(type="dict"),
        purge_tags=dict(type="bool", default=True),
        required_tags=dict(type="dict"),
    )


def are_asked_for(params: Mapping[str, Any]) -> bool:
    """Whether the options say anything that tags have to be read for."""
    return params["tags"] is not None or bool(params["required_tags"])


def problem(params: Mapping[str, Any], most: int) -> str | None:
    """What is wrong with the options, or None.

    :param most: tags that a resource can have.
    """
    asked = {**(params["required_tags"] or {}), **(params["tags"] or {})}
    if len(asked) > most:
        return f"tags: {len(asked)} are too many: a resource has {most} at most"
    for key, value in as_text(asked).items():
        if not 1 <= len(key) <= 128 or len(value) > 256:
            return f"tags: {key}: a key has 1 to 128 characters, a value 256 at most"
        if key.lower().startswith(("aliyun", "acs:")) or "://" in f"{key} {value}":
            return f"tags: {key}: a key must not begin with aliyun or acs:, and none may have http:// or https://"
    return None


def desired(params: Mapping[str, Any], current: Mapping[str, Any] | None) -> dict[str, str] | None:
    """The tags that a resource should have; None: nothing is said about them.

    :param current: its settings; None for one that is to be created, which gets the required tags too.
    """
    asked = as_text(params["tags"]) if params["tags"] is not None else None
    if current is None:
        return {**as_text(params["required_tags"]), **(asked or {})} if are_asked_for(params) else None
    if asked is None:
        return None
    # The tags that make it a managed resource stay although somebody lists their own tags.
    stay = current["tags"] if not params["purge_tags"] else {
        key: value for key, value in current["tags"].items() if as_text(params["required_tags"]).get(key) == value
    }
    return {**stay, **asked}


def changes(current: Tags, desired: Tags) -> tuple[list[str], list[tuple[str, str]]]:
    """The keys of tags to remove, and the tags to set."""
    return sorted(current.keys() - desired.keys()), sorted(desired.items() - current.items())


def missing(params: Mapping[str, Any], current: Tags) -> str | None:
    """The required tag that it does not carry, such as "managed-by: someone", or None."""
    required = as_text(params["required_tags"])
    return next((f"{key}: {value}" for key, value in required.items() if current.get(key) != value), None)


def as_text(tags: Mapping[str, Any] | None) -> dict[str, str]:
    """Tags with text as values; YAML may have parsed one as a number, and yes as a boolean."""
    return {str(key): "" if value is None else str(value) for key, value in (tags or {}).items()}
