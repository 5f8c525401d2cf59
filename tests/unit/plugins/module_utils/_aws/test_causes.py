# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Causes of a rejection that AWS does not name."""
from __future__ import annotations

import pytest

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._aws.causes import with_cause

DENIED = "Failed to put it: An error occurred (AccessDenied) when calling the PutBucketPolicy operation: "
USER = "User: arn:aws:sts::222222222222:assumed-role/Audit/x is not authorized to perform: s3:PutBucketPolicy"
POLICIES = (
    ". If the policies of the account allow it, a service control policy (SCP) or a resource control policy (RCP) of the organization"
    " may deny it: ask the administrator of the organization"
)


@pytest.mark.parametrize("text", [f"{DENIED}Access Denied", f"{DENIED.replace('Denied', 'DeniedException')}{USER}"])
def test_a_policy_of_the_organization_may_deny_it(text):
    assert with_cause(text) == text + POLICIES == with_cause(with_cause(text))


@pytest.mark.parametrize("text", [
    f"{DENIED}{USER} because no identity-based policy allows the s3:PutBucketPolicy action",
    f"{DENIED}{USER} with an explicit deny in a service control policy",
    "An error occurred (NoSuchBucket) when calling the PutBucketPolicy operation: The specified bucket does not exist",
    "AccessDenied", "",
])
def test_a_cause_that_is_named_or_unknown(text):
    assert with_cause(text) == text
