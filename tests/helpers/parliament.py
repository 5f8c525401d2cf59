# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What parliament, the policy linter, finds in a document.

parliament knows identity policies. Where a resource policy means something else by the same words, the document is
put into the words of an identity policy, or the one finding that does not apply is left out; each case below says why.
"""

from __future__ import annotations

import copy
import json
import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of pkg_resources, which parliament imports, and of its own old string literals
    import parliament
    from parliament import statement as parliament_statement

# A global condition key since 2023-11 that parliament 1.6.4 does not have in its table:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourceorgid
parliament_statement.GLOBAL_CONDITION_KEYS.setdefault("aws:SourceOrgID", "String")

_SOME_ROLE = "arn:aws:iam::111111111111:role/some-role"


def findings(document: dict | str) -> list[str]:
    """A line for each finding in a policy document: what kind, and what parliament says about it.

    :param document: identity policy, bucket policy, key policy or trust policy, as a dictionary or as JSON.
    """
    document = copy.deepcopy(document) if isinstance(document, dict) else json.loads(document)
    statements = document.get("Statement", [])
    statements = statements if isinstance(statements, list) else [statements]
    for statement in statements:
        if _is_trust(statement):
            # A trust policy has no Resource, it is that of the role; parliament calls that malformed and stops.
            statement["Resource"] = _SOME_ROLE
    key_policy = bool(statements) and all(_is_of_key(statement) for statement in statements)
    found = parliament.analyze_policy_string(json.dumps(document)).findings
    # In a key policy, "*" means the key that it belongs to, and is the only value there is:
    # https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
    return [f"{one.issue}: {one.detail}" for one in found if not (key_policy and one.issue == "RESOURCE_STAR")]


def _is_trust(statement: dict) -> bool:
    return "Principal" in statement and "Resource" not in statement and _services(statement) == {"sts"}


def _is_of_key(statement: dict) -> bool:
    return "Principal" in statement and statement.get("Resource") == "*" and _services(statement) == {"kms"}


def _services(statement: dict) -> set[str]:
    actions = statement.get("Action", [])
    return {action.split(":")[0] for action in ([actions] if isinstance(actions, str) else actions)}
