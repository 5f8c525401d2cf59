# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check with parliament still finds what it is for."""

from __future__ import annotations

import json

import pytest
from helpers.parliament import findings

TRUST = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111111111111:root"}, "Action": "sts:AssumeRole"}
KEY = {**TRUST, "Action": "kms:*", "Resource": "*"}
# Trap of the original: the stream's ARN is missing, so nothing matches.
NO_STREAM = {
    "Effect": "Allow",
    "Action": "logs:PutLogEvents",
    "Resource": "arn:aws:logs:eu-west-1:111111111111:log-group:trail",
}


def document(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


@pytest.mark.parametrize("statement", [TRUST, KEY])
def test_finds_nothing_in_resource_policies_that_are_right(statement):
    assert findings(document(statement)) == []
    assert findings(json.dumps(document(statement))) == []


@pytest.mark.parametrize(
    ("policy", "issue"),
    [
        (document(NO_STREAM), "RESOURCE_MISMATCH"),
        (document({**TRUST, "Principal": {"AWS": "12345"}}), "UNKNOWN_PRINCIPAL"),
        (document({**TRUST, "Action": "sts:AssumeRoll"}), "UNKNOWN_ACTION"),
        (document({**TRUST, "Condition": {"StringEquals": {"sts:External": "x"}}}), "UNKNOWN_CONDITION_FOR_ACTION"),
        (document({**KEY, "Action": "kms:Decipher"}), "UNKNOWN_ACTION"),
        (document({**KEY, "Action": ["kms:Decrypt", "s3:GetObject"]}), "RESOURCE_STAR"),
        (document({"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}), "RESOURCE_STAR"),
        (document({**TRUST, "Action": "s3:GetObject"}), "MALFORMED"),
        ({"Statement": [TRUST]}, "NO_VERSION"),
    ],
)
def test_finds_what_is_wrong(policy, issue):
    assert [line.split(":")[0] for line in findings(policy)] == [issue]


def test_leaves_the_document_alone():
    policy = document(dict(TRUST))
    findings(policy)
    assert policy == document(TRUST)
