# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom the deployed policy of a bucket or key lets deliver, and what a new policy keeps of it. Private.

A source is the id of an account or of an organization. A source leaves a policy only if it is named, never because an
inventory is shorter than before.
"""
from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, Optional

from ansible_collections.amazon.aws.plugins.module_utils.policy import compare_policies

from .documents import statements_of

_CLOUDTRAIL = "cloudtrail.amazonaws.com"
_OF_ACCOUNT = re.compile(r"CloudTrail(?:Acl|Write)(\d{12})")
_SHARED = re.compile(r"(CloudTrail(?:Delivers|Encrypts))(?:Retained\d*)?")
# Kinds of statements with a list of trails or accounts.
_LISTS = ("CloudTrailDelivers", "CloudTrailEncrypts")
_TLS = "DenyInsecureTransport"
# Statements without sources, by the kind of those that need them.
_COMPANIONS = {"CloudTrailDelivers": "DenyOtherAcl"}
_TRAIL = re.compile(r"arn:[^:]+:cloudtrail:[^:]*:(\d{12}):trail/.*")
# By key of a condition, the source in a value; None if the value names no single source.
_SOURCES: dict[str, Callable[[str], Optional[str]]] = {
    "aws:sourceaccount": str,
    "aws:sourceorgid": str,
    "aws:sourcearn": lambda value: found[1] if (found := _TRAIL.fullmatch(value)) else None,
}


@dataclass
class Merged:
    """A new policy with what it keeps of the deployed one.

    :ivar document: the policy.
    :ivar retained: sources that the deployed policy lets deliver as C(document) alone would not.
    :ivar foreign: statements of somebody else, which stay.
    """

    document: dict
    retained: list[str] = field(default_factory=list)
    foreign: list[dict] = field(default_factory=list)


def sources(policy: dict | None) -> set[str]:
    """The sources that the managed statements of a policy name."""
    return {source for statement in statements_of(policy) if _is_managed(statement) for source in _sources(statement)}


def without_managed(policy: dict, instead: dict) -> dict:
    """A policy with which no trail can deliver, and in which foreign statements, such as those that protect the logs, stay.

    :param instead: the policy if no statement would be left, because a policy must have one.
    """
    left = [statement for statement in statements_of(policy) if not _is_managed(statement)]
    return {**policy, "Statement": left} if left else instead


def folder(policy: dict | None, source: str) -> str:
    """The folder of a bucket into which a policy lets an account deliver; that of the default prefix, if it names none."""
    end = f"AWSLogs/{source}/*"
    for statement in statements_of(policy):
        resources = statement.get("Resource", [])
        for resource in [resources] if isinstance(resources, str) else resources:
            path = resource.partition("/")[2].removesuffix("*")
            if resource.endswith(end) and "*" not in path:
                return path
    return f"{source}/AWSLogs/{source}/"


def merge(document: dict, deployed: dict | None, accounts: Collection[str] = (), pending: Collection[str] = (),
          removed: Collection[str] = (), removed_statements: Collection[str] = ()) -> Merged:
    """A policy that goes on to let the sources of the deployed policy deliver as they do now.

    Statements that do not look like those of this collection are foreign, and stay as well.

    :param document: the policy that is asked for.
    :param accounts: ids of accounts that C(document) is for, besides those that it names. They keep nothing that it does
        not say.
    :param pending: among these, accounts that keep what they have, because their trails may not have reached their new
        configuration yet.
    :param removed: sources that keep nothing. An organization that is not among them keeps what it has: nobody knows its
        accounts.
    :param removed_statements: Sids of foreign statements that do not stay; an empty one for those without a Sid.
    """
    named = {source for source in sources(document) if source.isdigit()}
    updated = named.union(accounts).difference(pending)

    def stays(source):
        return source not in removed and source not in updated

    result = [dict(statement) for statement in statements_of(document)]
    retained, companions, foreign = [], [], []
    for statement in statements_of(deployed):
        if not _is_managed(statement):
            sid = statement.get("Sid", "")
            # Under a Sid of the new policy, only what denies or concerns CloudTrail stays: the rest would undo what is asked for.
            stays_beside = statement.get("Effect") == "Deny" and sid == _TLS or _SHARED.fullmatch(sid)
            if sid in removed_statements or _is_in(statement, document) or sid in _sids(result) and not stays_beside:
                continue
            foreign.append({**statement, "Sid": f"{sid}Foreign"} if sid in _sids(result) else statement)
        elif statement["Sid"] in _COMPANIONS.values():
            companions.append(statement)
        elif (left := _restricted(statement, stays)) and not any(_covers(one, left) for one in result):
            retained += [source for source in _add(result, left) if source not in retained]
    needed = {_COMPANIONS[kind] for statement in result if (kind := _kind(statement)) in _COMPANIONS}
    result += [one for one in companions if one["Sid"] in needed - _sids(result)]
    return Merged({**document, "Statement": result + foreign}, retained, foreign)


def _is_managed(statement):
    """Whether a statement is one of those that this collection writes for trails."""
    sid = statement.get("Sid", "")
    if statement.get("Principal") not in ({"Service": _CLOUDTRAIL}, {"Service": [_CLOUDTRAIL]}):
        return False
    is_shared = _SHARED.fullmatch(sid) and _sources(statement)
    return bool(_OF_ACCOUNT.fullmatch(sid) or is_shared or sid in _COMPANIONS.values())


def _covers(statement, other):
    """Whether the statement with a list of trails or accounts lets those of another one do the same."""
    if _kind(statement) != "CloudTrailDelivers" or not set(_sources(other)) <= set(_sources(statement)):
        return False
    names, trails = ([value for _operator, key, values in _conditions(one) if key == "aws:SourceArn" for value in values] for one in (statement, other))
    return (
        bool(trails) and _match(trails, names) and _match(_list(other.get("Resource", "?")), _list(statement.get("Resource", [])))
    )


def _match(values, patterns):
    return all(any(fnmatch.fnmatchcase(value, pattern) for pattern in patterns) for value in values)


def _kind(statement):
    """The Sid of a statement, without what tells apart two of the same kind."""
    shared = _SHARED.fullmatch(statement.get("Sid", ""))
    return shared[1] if shared else statement.get("Sid")


def _conditions(statement) -> Iterator[tuple[str, str, list[str]]]:
    for operator, keys in statement.get("Condition", {}).items():
        for key, values in keys.items():
            yield operator, key, [str(value) for value in _list(values)]


def _sources(statement) -> list[str]:
    of_account = _OF_ACCOUNT.fullmatch(statement.get("Sid", ""))
    if of_account:
        return [of_account[1]]
    found = [
        source for _operator, key, values in _conditions(statement) if key.lower() in _SOURCES
        for value in values if (source := _SOURCES[key.lower()](value))
    ]
    return sorted(set(found))


def _restricted(statement, stays) -> dict[str, Any] | None:
    """A statement for those of its sources that stay; None if none of them does."""
    if _OF_ACCOUNT.fullmatch(statement["Sid"]):
        return statement if all(map(stays, _sources(statement))) else None
    if not any(map(stays, _sources(statement))):
        return None
    conditions: dict[str, dict] = {}
    for operator, key, values in _conditions(statement):
        source_of = _SOURCES.get(key.lower(), lambda value: None)
        left = [value for value in values if (source := source_of(value)) is None or stays(source)]
        if not left:  # of a statement with two kinds of sources, one is gone: nobody meets both
            return None
        conditions.setdefault(operator, {})[key] = _one_or_list(left)
    return {**statement, "Condition": conditions}


def _add(result: list[dict], statement: dict) -> list[str]:
    """Add a statement, or what it allows to one of the same kind; the sources that may do more by that."""
    kind, sids = _kind(statement), _sids(result)
    for number, other in enumerate(result):
        if _kind(other) == kind and _shape(other) == _shape(statement):
            result[number] = _united(other, statement)
            new = [source for source in _sources(statement) if source not in _sources(other)]
            return new or ([] if _is_same(other, result[number]) else _sources(statement))
    if kind in sids and kind not in _LISTS:
        return []  # the statement that is asked for has another shape, on purpose
    names = [kind, f"{kind}Retained", *(f"{kind}Retained{number}" for number in range(2, len(sids) + 2))]
    result.append({**statement, "Sid": next(name for name in names if name not in sids)})
    return _sources(statement)


def _shape(statement):
    """Operators and keys of a statement's conditions, and whether it names its resources."""
    return {(operator, key) for operator, key, _values in _conditions(statement)}, "Resource" in statement


def _united(one, more):
    """The first statement, with what the second one of the same shape allows."""
    conditions = {
        operator: {key: _union(value, more["Condition"][operator][key]) for key, value in keys.items()}
        for operator, keys in one.get("Condition", {}).items()
    }
    resources = {"Resource": _union(one["Resource"], more["Resource"])} if "Resource" in one else {}
    return {**one, **resources, **({"Condition": conditions} if conditions else {})}


def _union(one, other):
    return _one_or_list(sorted({str(value) for values in (one, other) for value in _list(values)}))


def _list(value):
    return value if isinstance(value, list) else [value]


def _one_or_list(values):
    return values[0] if len(values) == 1 else values


def _sids(statements):
    return {statement["Sid"] for statement in statements if statement.get("Sid")}


def _is_in(statement, document):
    return any(_is_same(statement, other) for other in statements_of(document))


def _is_same(one, other):
    documents = [{"Version": "2012-10-17", "Statement": [statement]} for statement in (one, other)]
    return not compare_policies(*documents)
