# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags of a resource: which it should have, and whose it is by them. Private to this collection."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import _ownership
from .._values import shown, text_problem

Tags = Mapping[str, str]


def options() -> dict[str, Any]:
    """Options of modules for something with tags; see the documentation fragment C(alibaba.tags)."""
    return dict(
        tags=dict(type="dict"),
        purge_tags=dict(type="bool", default=True),
        deployment=dict(type="str"),
        previous_deployments=dict(type="list", elements="str", default=[]),
        adopt=dict(type="bool", default=False),
    )


def are_asked_for(params: Mapping[str, Any]) -> bool:
    """Whether the options say anything that tags have to be read for."""
    return params["tags"] is not None or bool(params["deployment"])


def problem(params: Mapping[str, Any], most: int) -> str | None:
    """What is wrong with the options, or None.

    :param most: tags that a resource can have.
    """
    given = params["tags"] or {}
    asked = {**given, **_of_owner(params)}
    if len(asked) > most:
        return f"tags: {len(asked)} tags, including those of this collection, are too many: a resource can have {most}"
    for key, value in asked.items():
        wrong = next((text for text in (key, value) if not isinstance(text, str)), None)
        if wrong is not None or value is None:
            return f"tags: {shown(key)}: {shown(wrong)} is not text: write it in quotes"
        if not 1 <= len(key) <= 128 or len(value) > 256:
            return f"tags: {shown(key)}: a key has 1 to 128 characters, a value 256 at most"
        if key.lower().startswith(("aliyun", "acs:")) or "://" in f"{key} {value}":
            return f"tags: {shown(key)}: a key must not begin with aliyun or acs:, and none may have http:// or https://"
        problem = text_problem(key) or text_problem(value)
        if problem:
            return f"tags: {problem}"
    own = next((key for key, value in _of_owner(params).items() if given.get(key, value) != value), None)
    return own and f"tags: {own}: this collection sets this tag: choose another key"


def desired(params: Mapping[str, Any], current: Mapping[str, Any] | None) -> dict[str, str] | None:
    """The tags that a resource should have; None: nothing is said about them.

    :param current: its settings; None for one that is to be created.
    """
    if not are_asked_for(params):
        return None
    asked, purge = params["tags"], params["purge_tags"] and params["tags"] is not None
    return {**({} if purge or current is None else current["tags"]), **(asked or {}), **_of_owner(params)}


def changes(current: Tags, desired: Tags) -> tuple[list[str], list[tuple[str, str]]]:
    """The keys of tags to remove, and the tags to set."""
    return sorted(current.keys() - desired.keys()), sorted(desired.items() - current.items())


def foreign(params: Mapping[str, Any], current: Tags) -> str | None:
    """Why the options forbid to touch a resource, as the end of a sentence, or None.

    A resource of another deployment is never adopted, and none is adopted to be deleted.
    """
    if not params["deployment"]:
        return None
    adopts = params["adopt"] and params["state"] == "present" and not belongs_to_another(params, current)
    return None if adopts else _ownership.foreign(current, _deployments(params))


def belongs_to_another(params: Mapping[str, Any], current: Tags) -> bool:
    """Whether a resource belongs to another deployment than that of the options."""
    return bool(params["deployment"] and _ownership.other_deployment(current, _deployments(params)))


def _deployments(params):
    return _ownership.names(params["deployment"], params["previous_deployments"])


def _of_owner(params):
    return _ownership.owner_tags(params["deployment"]) if params["deployment"] else {}
