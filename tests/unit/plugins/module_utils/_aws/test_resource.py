# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies are compared by their meaning, in all partitions."""
from __future__ import annotations

import pytest

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.resource import compare, same_policies


def trust(*principals):
    return {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": list(principals)}, "Action": "sts:AssumeRole"}]}


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_an_account_is_its_root_user(partition):
    """IAM returns the ARN for an id."""
    returned = trust(f"arn:{partition}:iam::999999999999:root")
    assert same_policies(returned, trust("999999999999")) and not same_policies(returned, trust("888888888888"))
    asked = {"assume_role_policy_document": trust("999999999999")}
    assert compare({"assume_role_policy_document": returned}, asked)["changes"] == []


def test_no_policy():
    assert same_policies(None, None) and same_policies(None, {}) and not same_policies(None, trust("999999999999"))
