# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which elements policies may not have."""
from __future__ import annotations

import json
from typing import Any

from ..check import Check, Observation
from .account import ROLE, Alibaba

_PLAIN = {"Effect": "Allow", "Action": "ram:GetRole", "Resource": "*"}
STATEMENTS: dict[str, dict[str, Any]] = {
    "Sid": {**_PLAIN, "Sid": "conformance"},
    "NotResource": {"Effect": "Allow", "Action": "ram:GetRole", "NotResource": "acs:ram:*:*:role/x"},
    "IfExists": {**_PLAIN, "Condition": {"StringEqualsIfExists": {"acs:SourceIp": "192.0.2.1"}}},
    "ForAnyValue": {**_PLAIN, "Condition": {"ForAnyValue:StringEquals": {"acs:SourceIp": "192.0.2.1"}}},
    "ForAllValues": {**_PLAIN, "Condition": {"ForAllValues:StringEquals": {"acs:SourceIp": "192.0.2.1"}}},
    "a number as value": {**_PLAIN, "Condition": {"NumericEquals": {"acs:SourceIp": 1}}},
}


def run(alibaba: Alibaba) -> Observation:
    """Create a policy with each of them."""
    codes = {}
    for element, statement in STATEMENTS.items():
        name = alibaba.name()
        text = json.dumps({"Version": "1", "Statement": [statement]})
        codes[element] = alibaba.created(
            "RAM policy", name, ("ram", "DeletePolicy", {"PolicyName": name}),
            ("ram", "CreatePolicy", {"PolicyName": name, "PolicyDocument": text}))
    return Observation.of(all(codes.values()), codes=codes)


CHECK = Check(
    entry="alibaba-policy-grammar",
    question="Does RAM refuse policies with Sid, NotResource, IfExists, ForAnyValue, ForAllValues or values that are no text?",
    creates=("RAM policy",),
    permissions=ROLE,
    seconds=30,
    cents=0,
    run=run,
)
