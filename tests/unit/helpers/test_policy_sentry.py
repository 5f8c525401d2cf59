# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The analysis finds what is wider than it has to be, and what does not exist."""
from __future__ import annotations

import pytest
from helpers import policy_sentry


def findings(action, resource, **condition):
    statement = {"Action": [action], "Resource": [resource], **({"Condition": condition} if condition else {})}
    return policy_sentry.findings({"Statement": [statement]})


@pytest.mark.parametrize(("action", "resource", "expected"), [
    ("s3:GetObjects", "*", "s3:GetObjects is not an action of"),
    ("nothing:GetObject", "*", "nothing:GetObject is not an action of"),
    ("s3:GetObject", "*", "s3:GetObject is allowed on all resources"),
    ("s3:GetObject", "arn:aws:s3:::logs", "s3:GetObject is allowed on ['arn:aws:s3:::logs']"),
    ("cloudtrail:CreateTrail", "arn:aws:cloudtrail:*:*:channel/logs", "cloudtrail:CreateTrail is allowed on"),
    ("cloudtrail:CreateTrail", "arn:aws:s3:::trail/logs", "cloudtrail:CreateTrail is allowed on"),
    ("logs:CreateLogGroup", "not an ARN", "logs:CreateLogGroup is allowed on"),
])
def test_what_is_wrong(action, resource, expected):
    [found] = findings(action, resource)
    assert found.startswith(expected)


@pytest.mark.parametrize(("action", "resource"), [
    ("s3:GetObject", "arn:aws:s3:::logs/*"), ("kms:ListKeys", "*"), ("logs:CreateLogGroup", "arn:aws:logs:*:*:log-group:logs:*"),
    ("cloudtrail:CreateTrail", "arn:aws:cloudtrail:*:*:trail/logs"), ("account:ListRegions", "arn:aws:account::*:account"),
])
def test_what_is_right(action, resource):
    assert findings(action, resource) == []


def test_condition_keys():
    pair = {"aws:RequestTag/team": "a"}
    assert findings("kms:CreateKey", "*", StringEquals=pair) == []
    assert findings("kms:ListKeys", "*", StringEquals=pair) == ["kms:ListKeys does not know the condition key aws:RequestTag/team"]
