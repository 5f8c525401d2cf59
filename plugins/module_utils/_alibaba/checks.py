# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input for Alibaba Cloud, said in one sentence. Each check returns None if there is nothing to say. Private to this collection."""
from __future__ import annotations

import re
from typing import Any

from .._values import host_problem, shown
from . import account_ids, collection_policies, documents, log_audit, ram, sls, tags
from .client import PRODUCTS

_ROLE = re.compile(r"[A-Za-z0-9.-]{1,64}|acs:ram::[0-9]+:role/[a-z0-9.-]{1,64}")


def role(value: Any) -> str | None:
    """A role to assume."""
    if isinstance(value, str) and _ROLE.fullmatch(value):
        return None
    return f"{shown(value)} is neither the name nor the ARN (acs:ram::ID:role/NAME, in lower case) of a role"


def account_list(value: list[str]) -> str | None:
    """Ids of accounts."""
    return next(filter(None, map(account_ids.problem, value)), None)


def project(value: Any) -> str | None:
    """The name of a project."""
    return _unnamed(sls.project_name_problem(value)) if isinstance(value, str) else f"{shown(value)} is not text: write it in quotes"


def logstores(value: list[str]) -> str | None:
    """Names of logstores."""
    return _unnamed(next(filter(None, map(sls.logstore_name_problem, value)), None))


def role_name(value: str) -> str | None:
    """The name of a role of RAM."""
    return _unnamed(ram.role_name_problem(value))


def policy_name(value: str) -> str | None:
    """The name of a policy of RAM."""
    return _unnamed(ram.policy_name_problem(value))


def policy_document(value: Any) -> str | None:
    """A policy of RAM."""
    try:
        return _unnamed(ram.document_problem(documents.read(value)))
    except ValueError as error:
        return str(error)


def endpoints(value: dict) -> str | None:
    """Hosts of services, by product."""
    for product, host in value.items():
        if product not in PRODUCTS:
            return f"there is no service {shown(product)}: use {', '.join(PRODUCTS)}"
        problem = host is not None and host_problem(host.replace("{region}", "region") if isinstance(host, str) else host)
        if problem:
            return f"{product}: {problem}"
    return None


def products(value: dict) -> str | None:
    """What Log Audit Service collects."""
    try:
        log_audit.asked_products(value)
    except ValueError as error:
        return str(error).removeprefix("products").lstrip(".: ")
    return None


def console_settings(value: list[str]) -> str | None:
    """Keys of settings of the console of Log Audit Service."""
    return (log_audit.drop_problem(value) or "").removeprefix("drop_console_settings: ") or None


def policy_region(value: str) -> str | None:
    """The region whose endpoint serves collection policies: assumption alibaba-collection-policy-names."""
    if value in collection_policies.REGIONS:
        return None
    return f"{shown(value)} is not one of {', '.join(collection_policies.REGIONS)}"


def all_tags(value: dict) -> str | None:
    """Tags of roles, policies and projects."""
    problem = tags.problem({"tags": value, "deployment": "any"}, min(ram.MOST_TAGS, sls.MOST_TAGS)) or sls.tag_value_problem(value)
    return problem and problem.removeprefix("tags: ")


def _unnamed(problem: str | None) -> str | None:
    """Without the name of the option of a module, where another option is meant."""
    return problem and re.sub(r"^(name|document): ", "", problem)
