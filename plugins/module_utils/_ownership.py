# SPDX-License-Identifier: GPL-3.0-or-later
"""Who manages a resource, by its tags. Private to this collection."""
from __future__ import annotations

from collections.abc import Mapping, Sequence

COLLECTION = {"managed-by": "crossaccount.audit_logs"}  # tag of what this collection manages
DEPLOYMENT = "audit-logs-deployment"  # tag with the deployment that manages it


def names(deployment: str | None, previous: Sequence[str] = ()) -> list[str]:
    """The name of a deployment, and its earlier names; none without a name."""
    return [deployment, *filter(None, (name.strip() for name in previous))] if deployment else []


def owner_tags(deployment: str) -> dict[str, str]:
    """The tags of what a deployment manages."""
    return {**COLLECTION, DEPLOYMENT: deployment}


def other_deployment(tags: Mapping[str, str] | None, deployments: Sequence[str]) -> str | None:
    """The deployment that manages a resource, if it is none of these; None for a resource without such a tag."""
    owner = (tags or {}).get(DEPLOYMENT)
    return None if owner in deployments else owner


def foreign(tags: Mapping[str, str] | None, deployments: Sequence[str]) -> str | None:
    """Why a resource is managed by none of these deployments, as the end of a sentence; None if one of them manages it.

    :param tags: of the resource.
    :param deployments: the name of the deployment, and its earlier names.
    """
    tags = tags or {}
    for key, value in COLLECTION.items():
        if tags.get(key) != value:
            return f"does not carry the tag {key}: {value}"
    owner = other_deployment(tags, deployments)
    if owner:
        return f"belongs to the deployment {owner} (tag {DEPLOYMENT})"
    return None if tags.get(DEPLOYMENT) else f"does not carry the tag {DEPLOYMENT}: {deployments[0]}"
