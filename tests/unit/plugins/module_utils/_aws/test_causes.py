# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Causes of a failure that AWS or its SDK does not name."""
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


@pytest.mark.parametrize("policy, where", [
    ("identity-based", "a policy of this user or role"), ("session", "the session policy"),
])
def test_a_permission_that_is_missing(policy, where):
    text = f"{DENIED}{USER} because no {policy} policy allows the s3:PutBucketPolicy action"
    assert with_cause(text) == f"{text}. Allow s3:PutBucketPolicy in {where}" == with_cause(with_cause(text))


@pytest.mark.parametrize("code, advice", [
    ("MaximumNumberOfTrailsExceededException", "delete a trail"), ("LimitExceeded", "request a higher quota"), ("TooManyBuckets", "request a higher quota"),
])
def test_a_quota(code, advice):
    text = f"Failed to create it: An error occurred ({code}) when calling the Create operation: There are too many"
    assert advice in with_cause(text)


@pytest.mark.parametrize("problem", [
    "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate (_ssl.c:1020)",
    "[Errno 2] No such file or directory",
])
def test_a_certificate_that_is_not_trusted(problem):
    text = f"Failed to ask who the caller is: SSL validation failed for https://sts.eu-west-1.amazonaws.com/ {problem}"
    assert with_cause(text).startswith(f"{text}. If a proxy of your network inspects TLS, set the environment variable AWS_CA_BUNDLE")
    assert with_cause(with_cause(text)) == with_cause(text)


@pytest.mark.parametrize("text", [
    f"{DENIED}{USER} with an explicit deny in a service control policy",
    "An error occurred (NoSuchBucket) when calling the PutBucketPolicy operation: The specified bucket does not exist",
    "AccessDenied", "",
])
def test_a_cause_that_is_named_or_unknown(text):
    assert with_cause(text) == text
