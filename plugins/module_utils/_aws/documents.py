# SPDX-License-Identifier: GPL-3.0-or-later
"""Policy documents of users: reading them, and merging their statements. Private to this collection."""
from __future__ import annotations

import json


def merge_statements(statements, extra):
    """Statements with those of the document C(extra) merged in by Sid: a known Sid is replaced, a new one appended.

    Raises ValueError if C(extra) is not a policy document.
    """
    merged = {statement["Sid"]: statement for statement in statements}
    for number, statement in enumerate(policy_statements(extra)):
        merged[statement.get("Sid", number)] = statement
    return list(merged.values())


def policy_statements(document):
    """The statements of a policy document: a dictionary, a JSON string, or nothing at all.

    Raises ValueError with a sentence that says what is wrong with it.
    """
    if not document:
        return []
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError as error:
            raise ValueError(f"the policy is not JSON: {error}") from error
    statements = statements_of(document) if isinstance(document, dict) and "Statement" in document else None
    if not isinstance(statements, list) or not all(isinstance(statement, dict) for statement in statements):
        raise ValueError("the policy is not a policy document: it has no list of statements under 'Statement'")
    if not all(isinstance(statement.get("Sid", ""), str) for statement in statements):
        raise ValueError("the policy has a statement whose Sid is not text")
    sids = [statement["Sid"] for statement in statements if statement.get("Sid")]
    if len(sids) != len(set(sids)):
        twice = next(sid for sid in sids if sids.count(sid) > 1)
        raise ValueError(f"the policy has two statements with the Sid {twice}: give each its own")
    return statements


def statements_of(document):
    """The statements of a policy document as AWS returned it, which may be one that stands without a list; or of none.

    Nothing is checked: AWS took the document.
    """
    statements = (document or {}).get("Statement", [])
    return [statements] if isinstance(statements, dict) else statements
