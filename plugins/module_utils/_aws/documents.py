# SPDX-License-Identifier: GPL-3.0-or-later
"""Policy documents of users: reading them, checking them, and merging their statements. Private to this collection."""
from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from .._values import json_problem, read_json, shown

# assumption aws-policy-documents
VERSION = "2012-10-17"
# Which parts a statement has: in the policy of a bucket or key, of a role, and in a trust policy.
RESOURCE, IDENTITY, TRUST = "resource", "identity", "trust"
_HAS_PRINCIPAL = {RESOURCE: True, IDENTITY: False, TRUST: True}
_HAS_RESOURCE = {RESOURCE: True, IDENTITY: True, TRUST: False}
_PARTS = {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
_ACTION = re.compile(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+")
_PRINCIPALS = {
    # Not the unique id of a user or role: AWS shows it in the place of one that was deleted, and accepts it from nobody.
    "AWS": re.compile(r"\*|[0-9]{12}|arn:aws[a-z-]*:(iam|sts)::([0-9]{12}|cloudfront):(root|(user|role|assumed-role|federated-user)/.+)"),
    "Service": re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+"),
    "Federated": re.compile(r"\S+"),
    "CanonicalUser": re.compile(r"[0-9a-f]{64}"),
}


def merge_statements(statements, extra):
    """Statements with those of the document C(extra) merged in by Sid: a known Sid is replaced, a new one appended.

    Raises ValueError if C(extra) is not a policy document.
    """
    merged = {statement["Sid"]: statement for statement in statements}
    for number, statement in enumerate(policy_statements(extra)):
        merged[statement.get("Sid") or number] = statement
    return list(merged.values())


def policy_statements(document):
    """The statements of a policy document: a dictionary, a JSON string, or nothing at all.

    Raises ValueError with a sentence that says what is wrong with it.
    """
    if not document:
        return []
    if isinstance(document, str):
        try:
            document = read_json(document)
        except ValueError as error:
            raise ValueError(f"the policy {error}") from error
    statements = statements_of(document) if isinstance(document, dict) and "Statement" in document else None
    if not isinstance(statements, list) or not all(isinstance(statement, dict) for statement in statements):
        raise ValueError("the policy is not a policy document: it has no list of statements under 'Statement'")
    unknown = sorted(map(str, document.keys() - {"Version", "Id", "Statement"}))
    if unknown:
        raise ValueError(f"the policy has {shown(unknown[0])}, but it may only have Version, Id and Statement")
    if document.get("Version", VERSION) != VERSION:
        raise ValueError(f"the Version of the policy is {shown(document['Version'])}, but must be '{VERSION}', in quotes")
    problem = json_problem(statements)
    if problem:
        raise ValueError(f"the policy {problem}")
    if not all(isinstance(statement.get("Sid", ""), str) for statement in statements):
        raise ValueError("the policy has a statement whose Sid is not text")
    sids = [statement["Sid"] for statement in statements if statement.get("Sid")]
    if len(sids) != len(set(sids)):
        twice = next(sid for sid in sids if sids.count(sid) > 1)
        raise ValueError(f"the policy has two statements with the Sid {shown(twice)}: give each its own")
    return statements


def statements_of(document):
    """The statements of a policy document as AWS returned it, which may be one that stands without a list; or of none.

    Nothing is checked: AWS took the document.
    """
    statements = (document or {}).get("Statement", [])
    return [statements] if isinstance(statements, dict) else statements


def problem(document: Any, kind: str) -> str | None:
    """What is wrong with a policy document that a user gives, or None.

    :param document: a dictionary, or JSON.
    :param kind: C(RESOURCE), C(IDENTITY) or C(TRUST).
    """
    try:
        statements = policy_statements(document)
    except ValueError as error:
        return str(error)
    for number, statement in enumerate(statements, start=1):
        wrong = _statement_problem(statement, kind)
        if wrong:
            label = f"with the Sid {shown(statement['Sid'])}" if statement.get("Sid") else f"number {number}"
            return f"the statement {label} of the policy {wrong}"
    return None


def size_without_blanks(document: Any) -> int:
    """Characters of a policy document as IAM counts them."""
    document = read_json(document) if isinstance(document, str) and document else document
    return len(json.dumps(document, separators=(",", ":"), ensure_ascii=False))


def _statement_problem(statement: Mapping[str, Any], kind: str) -> str | None:
    unknown = sorted(statement.keys() - _PARTS)
    if unknown:
        return f"has {shown(unknown[0])}, which a statement may not have"
    if statement.get("Effect") not in ("Allow", "Deny"):
        return f"has the Effect {shown(statement.get('Effect'))}, but must have Allow or Deny"
    for name, is_part in (("Principal", _HAS_PRINCIPAL[kind]), ("Action", True), ("Resource", _HAS_RESOURCE[kind])):
        having = [part for part in (name, f"Not{name}") if part in statement]
        if len(having) != 1 and is_part:
            return f"needs either {name} or Not{name}"
        if having and not is_part:
            return f"has {having[0]}, which a statement of this kind of policy may not have"
        wrong = having and (_principal_problem if name == "Principal" else _texts_problem)(statement[having[0]])
        if wrong:
            return f"has a wrong {having[0]}: {wrong}"
    actions = _listed(statement.get("Action", statement.get("NotAction")))
    wrong = next((action for action in actions if not _ACTION.fullmatch(action)), None)
    if wrong is not None:
        return f"has the action {shown(wrong)}: write it as service:Action, such as s3:GetObject"
    if not isinstance(statement.get("Condition", {}), dict):
        return f"has the Condition {shown(statement['Condition'])}, which must be a dictionary"
    wrong = next((name for name, keys in statement.get("Condition", {}).items() if not isinstance(keys, dict)), None)
    return f"has a Condition in which {shown(wrong)} is not a dictionary of condition keys" if wrong is not None else None


def _texts_problem(value: Any) -> str | None:
    values = _listed(value)
    if values and all(isinstance(item, str) and item for item in values):
        return None
    return f"{shown(value)} is neither text nor a list of texts"


def _principal_problem(value: Any) -> str | None:
    if value == "*":
        return None
    if not isinstance(value, dict) or not value:
        return f"{shown(value)} is neither '*' nor a dictionary with AWS, Service, Federated or CanonicalUser"
    for kind, names in value.items():
        pattern = _PRINCIPALS.get(kind)
        if pattern is None:
            return f"{shown(kind)} is not one of AWS, Service, Federated and CanonicalUser"
        wrong = _texts_problem(names)
        if wrong:
            return wrong
        wrong = next((name for name in _listed(names) if not pattern.fullmatch(name)), None)
        if wrong is not None:
            wanted = "the id of an account in quotes, or the ARN of an account, user or role" if kind == "AWS" else f"a {kind}"
            return f"{shown(wrong)} is not {wanted}"
    return None


def _listed(value: Any) -> list:
    return value if isinstance(value, list) else [value]
