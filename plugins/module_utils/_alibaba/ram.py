# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles and policies of RAM, between the API's form and that of the modules. Private to this collection."""
from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .._values import shown
from . import documents
from .client import Cloud
from .tags import changes

# assumption alibaba-ram-limits
MOST_TAGS = 20
MOST_ATTACHED = 10  # policies of a role, of each type; system policies may be more
LONGEST_DOCUMENT = 6144
LONGEST_DESCRIPTION = 1024
POLICY_TYPES = {"custom": "Custom", "system": "System"}


# Limits. Each function says what is wrong, or returns None.

def role_name_problem(name: str) -> str | None:
    """What is wrong with the name of a role: assumption alibaba-ram-limits."""
    if re.fullmatch(r"[A-Za-z0-9.-]{1,64}", name):
        return None
    return f"name: {shown(name)} is not the name of a role. Use 1 to 64 letters, digits, periods and hyphens"


def policy_name_problem(name: str) -> str | None:
    """What is wrong with the name of a policy: assumption alibaba-ram-limits."""
    if re.fullmatch(r"[A-Za-z0-9-]{1,128}", name):
        return None
    return f"name: {shown(name)} is not the name of a policy. Use 1 to 128 letters, digits and hyphens"


def document_problem(document: dict[str, Any]) -> str | None:
    """What is wrong with the length of a policy.

    :param document: as documents.read returns it.
    """
    length = len(documents.text(document))
    if length <= LONGEST_DOCUMENT:
        return None
    return f"document: it has {length} characters without blanks, but RAM allows {LONGEST_DOCUMENT}: split it into two policies"


def description_problem(description: str | None) -> str | None:
    """What is wrong with a description."""
    if description is None or 1 <= len(description) <= LONGEST_DESCRIPTION:
        return None
    return (f"description: it has {len(description)} characters, but RAM allows 1 to {LONGEST_DESCRIPTION}. Leave the option out to leave"
            " the description unchanged")


# Roles

def role(body: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Settings and facts of a role, from an answer."""
    settings = {
        "description": body.get("Description") or "",
        "max_session_duration": body.get("MaxSessionDuration"),
    }
    if "AssumeRolePolicyDocument" in body:
        settings["trust_policy"] = documents.from_cloud(body["AssumeRolePolicyDocument"])
    return settings, {
        "name": body["RoleName"], "arn": body["Arn"], "role_id": body["RoleId"], "create_date": body["CreateDate"],
    }


def policies_of_role(cloud: Cloud, name: str) -> list[dict[str, str]]:
    """The policies that a role has, in the form of the option C(policies)."""
    listed = cloud.call("ram", "ListPoliciesForRole", RoleName=name)["Policies"]["Policy"]
    return in_order({"name": one["PolicyName"], "type": one["PolicyType"].lower()} for one in listed)


def in_order(policies: Any) -> list[dict[str, str]]:
    """Policies of a role, each once, in an order of their own."""
    found = {(one["name"].lower(), one["type"]): {"name": one["name"], "type": one["type"]} for one in policies}
    return [found[key] for key in sorted(found)]


def key_of(policy: dict[str, str]) -> tuple[str, str]:
    """What identifies a policy: names are not case-sensitive, but see assumption alibaba-policy-name-case."""
    return policy["name"].lower(), policy["type"]


# Policies

def policy(body: dict[str, Any], document: str | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Settings and facts of a policy, from an answer.

    :param document: its default version's.
    """
    settings = {"description": body.get("Description") or ""}
    if document is not None:
        settings["document"] = documents.from_cloud(document)
    return settings, {
        "name": body["PolicyName"], "type": body["PolicyType"].lower(), "default_version": body.get("DefaultVersion"),
        "attachment_count": body.get("AttachmentCount", 0), "create_date": body.get("CreateDate"),
    }


# Lists

def listed(cloud: Cloud, what: str, **parameters: Any) -> Iterator[dict[str, Any]]:
    """All roles, or all policies of a type, with their tags.

    :param what: C(Roles) or C(Policies).
    """
    item, form = {"Roles": ("Role", role), "Policies": ("Policy", policy)}[what]
    for page in cloud.pages("ram", f"List{what}", cursor="Marker", following="Marker", MaxItems=1000, **parameters):
        for body in page[what][item]:
            settings, facts = form(body)
            tags_of = (body.get("Tags") or {}).get("Tag", [])
            yield {**facts, **settings, "tags": {tag["TagKey"]: tag.get("TagValue") or "" for tag in tags_of}}


# Tags

def tags(cloud: Cloud, kind: str, name: str) -> dict[str, str]:
    """The tags of a role or a policy.

    :param kind: C(role) or C(policy).
    """
    listed = cloud.call("ram", "ListTagResources", ResourceType=kind, ResourceNames=[name])["TagResources"]
    return {tag["TagKey"]: tag.get("TagValue") or "" for tag in listed}


def change_tags(cloud: Cloud, kind: str, name: str, current: dict[str, str], desired: dict[str, str]) -> None:
    """Give a role or a policy these tags, and no others."""
    gone, changed = changes(current, desired)
    if gone:
        cloud.call("ram", "UntagResources", ResourceType=kind, ResourceNames=[name], TagKeys=gone)
    if changed:
        cloud.call("ram", "TagResources", ResourceType=kind, ResourceNames=[name], Tag=tag_list(dict(changed)))


def tag_list(desired: dict[str, str]) -> list[dict[str, str]]:
    """Tags, in the API's form."""
    return [{"Key": key, "Value": value} for key, value in sorted(desired.items())]
