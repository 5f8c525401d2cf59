# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An IAM role with an inline policy: created, changed, and refused."""
from __future__ import annotations

import copy
import json

import pytest
from helpers.aws import faults
from helpers.aws.modules import ACCOUNT, ROLE, TRUST, WRITE_EVENTS, Account, throttle

MODULE = "iam_role"
READS = ["iam:GetRole", "iam:GetRolePolicy"]
CREATES = ["iam:CreateRole", "iam:PutRolePolicy"]
TAGS = {"team": "security"}
OPTIONS = {
    "name": ROLE, "assume_role_policy_document": TRUST, "description": "CloudTrail writes", "policy_name": "write", "policy": WRITE_EVENTS,
    "tags": TAGS}
SETTINGS = {name: value for name, value in OPTIONS.items() if name not in ("name", "policy_name")}
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
OTHER_TRUST = copy.deepcopy(TRUST)
OTHER_TRUST["Statement"][0]["Sid"] = "Other"
OTHER_POLICY = copy.deepcopy(WRITE_EVENTS)
OTHER_POLICY["Statement"][0]["Action"] = "logs:PutLogEvents"


@pytest.fixture(name="account")
def fixture_account(aws):
    """An account with a policy that can be a boundary."""
    account = Account(aws)
    account.client("iam").create_policy(PolicyName="boundary", PolicyDocument=json.dumps(WRITE_EVENTS))
    return account


def role_of(account):
    """What IAM says of the role."""
    iam = account.client("iam")
    role = iam.get_role(RoleName=ROLE)["Role"]
    policies = {name: iam.get_role_policy(RoleName=ROLE, PolicyName=name)["PolicyDocument"]
                for name in iam.list_role_policies(RoleName=ROLE)["PolicyNames"]}
    return {
        "assume_role_policy_document": role["AssumeRolePolicyDocument"], "description": role.get("Description"),
        "boundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"), "duration": role["MaxSessionDuration"],
        "tags": {tag["Key"]: tag["Value"] for tag in role.get("Tags", [])}, "policies": policies}


def test_create(account):
    plan = account.run(MODULE, check=True, boundary=BOUNDARY, **OPTIONS)
    assert plan["changed"] and plan["calls"] == READS[:1] and plan["changes"] == ["create"]
    assert plan["diff"] == {"before": {}, "after": {**SETTINGS, "boundary": BOUNDARY}}
    done = account.run(MODULE, boundary=BOUNDARY, **OPTIONS)
    assert done["changed"] and done["calls"] == [*READS[:1], *CREATES] and done["diff"] == plan["diff"]
    assert role_of(account) == {
        "assume_role_policy_document": TRUST, "description": "CloudTrail writes", "boundary": BOUNDARY, "duration": 3600, "tags": TAGS,
        "policies": {"write": WRITE_EVENTS}}
    for check in (True, False):
        again = account.run(MODULE, check=check, boundary=BOUNDARY, **OPTIONS)
        assert not again["changed"] and again["calls"] == READS and again["diff"] == {"before": {}, "after": {}}


@pytest.mark.parametrize("setting, value, write", [
    ("assume_role_policy_document", OTHER_TRUST, "UpdateAssumeRolePolicy"),
    ("description", "other", "UpdateRole"),
    ("boundary", BOUNDARY, "PutRolePermissionsBoundary"),
    ("tags", {"team": "audit"}, "TagRole"),
    ("policy", OTHER_POLICY, "PutRolePolicy"),
])
def test_change(account, setting, value, write):
    """One setting, and nothing else: not the maximum duration of sessions, foreign tags and other policies."""
    account.run(MODULE, **OPTIONS)
    iam = account.client("iam")
    iam.update_role(RoleName=ROLE, Description="CloudTrail writes", MaxSessionDuration=7200)
    iam.tag_role(RoleName=ROLE, Tags=[{"Key": "theirs", "Value": "x"}])
    iam.put_role_policy(RoleName=ROLE, PolicyName="theirs", PolicyDocument=json.dumps(WRITE_EVENTS))
    before = role_of(account)
    options = {**OPTIONS, setting: value}
    plan = account.run(MODULE, check=True, **options)
    assert plan["changed"] and plan["writes"] == [] and plan["changes"] == [setting]
    assert plan["diff"] == {"before": {setting: OPTIONS.get(setting)}, "after": {setting: value}}
    done = account.run(MODULE, **options)
    assert done["writes"] == [f"iam:{write}"] and done["diff"] == plan["diff"]
    expected = copy.deepcopy(before)
    if setting == "tags":
        expected["tags"].update(value)
    elif setting == "policy":
        expected["policies"]["write"] = value
    else:
        expected[setting] = value
    assert role_of(account) == expected and not account.run(MODULE, **options)["changed"]


def test_the_boundary_comes_first_and_goes_last(account):
    """A policy of the caller may allow changes only of a role that has the boundary."""
    account.run(MODULE, **OPTIONS)
    done = account.run(MODULE, **{**OPTIONS, "boundary": BOUNDARY, "assume_role_policy_document": OTHER_TRUST})
    assert done["writes"] == ["iam:PutRolePermissionsBoundary", "iam:UpdateAssumeRolePolicy"]
    done = account.run(MODULE, **{**OPTIONS, "boundary": ""})
    assert done["writes"] == ["iam:UpdateAssumeRolePolicy", "iam:DeleteRolePermissionsBoundary"]
    assert role_of(account)["boundary"] is None and not account.run(MODULE, **{**OPTIONS, "boundary": ""})["changed"]


def test_a_missing_policy(account):
    """As after a run that was interrupted between the two calls."""
    account.run(MODULE, **OPTIONS)
    account.client("iam").delete_role_policy(RoleName=ROLE, PolicyName="write")
    assert account.run(MODULE, **OPTIONS)["writes"] == ["iam:PutRolePolicy"]


def test_what_is_not_given_stays(account):
    account.run(MODULE, boundary=BOUNDARY, **OPTIONS)
    again = account.run(MODULE, name=ROLE)
    assert not again["changed"] and again["calls"] == READS[:1]


def test_a_new_role_that_is_not_found(account, monkeypatch):
    """For a while; and longer than the module waits."""
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    faults.refuse(monkeypatch, "PutRolePolicy", ["NoSuchEntity"] * 3, service="iam")
    assert account.run(MODULE, **OPTIONS)["changed"] and role_of(account)["policies"] == {"write": WRITE_EVENTS}
    account.client("iam").delete_role_policy(RoleName=ROLE, PolicyName="write")
    account.client("iam").delete_role(RoleName=ROLE)
    faults.refuse(monkeypatch, "PutRolePolicy", ["NoSuchEntity"], service="iam")
    assert account.run(MODULE, wait=0, **OPTIONS)["error"]["code"] == "NoSuchEntity"
    assert account.run(MODULE, **OPTIONS)["writes"] == ["iam:PutRolePolicy"]


@pytest.mark.parametrize("action, verb", [("GetRole", "read"), ("CreateRole", "create"), ("PutRolePolicy", "create")])
@pytest.mark.parametrize("code", ["AccessDenied", "LimitExceeded", "MalformedPolicyDocument"])
def test_errors(account, monkeypatch, action, verb, code):
    """One sentence with the error, and the next run completes the role."""
    faults.refuse(monkeypatch, action, [code], service="iam")
    failed = account.run(MODULE, **OPTIONS)
    assert failed["msg"].startswith(f"Failed to {verb} the role {ROLE}: ") and failed["error"]["code"] == code
    assert account.run(MODULE, **OPTIONS)["changed"] and not account.run(MODULE, **OPTIONS)["changed"]


@pytest.mark.parametrize("setting, value, action", [
    ("assume_role_policy_document", OTHER_TRUST, "UpdateAssumeRolePolicy"), ("description", "other", "UpdateRole"),
    ("boundary", BOUNDARY, "PutRolePermissionsBoundary"), ("tags", {"team": "audit"}, "TagRole"), ("policy", OTHER_POLICY, "PutRolePolicy"),
])
def test_changes_that_are_refused(account, monkeypatch, setting, value, action):
    account.run(MODULE, **OPTIONS)
    faults.refuse(monkeypatch, action, ["AccessDenied"], service="iam")
    failed = account.run(MODULE, **{**OPTIONS, setting: value})
    assert failed["msg"].startswith(f"Failed to change the role {ROLE}: ") and failed["error"]["code"] == "AccessDenied"


def test_throttling_is_waited_out(account, monkeypatch):
    throttled = throttle(monkeypatch)
    throttled.left.update(dict.fromkeys(["GetRole", "CreateRole", "PutRolePolicy"], 4))  # botocore itself gives up after three
    assert account.run(MODULE, **OPTIONS)["changed"]


@pytest.mark.parametrize("options, said", [
    ({}, "missing required arguments: name"),
    ({"name": ROLE}, f"role {ROLE} does not exist: give its trust policy, assume_role_policy_document"),
    ({**OPTIONS, "name": "a b"}, "role"),
    ({**OPTIONS, "policy_name": None}, "an inline policy needs both policy and policy_name: give both"),
    ({**OPTIONS, "assume_role_policy_document": {"Statement": "x"}}, "Statement"),
    ({**OPTIONS, "boundary": "x"}, "x"),
])
def test_bad_arguments(account, options, said):
    failed = account.run(MODULE, **options)
    assert failed["failed"] and failed["writes"] == [] and said in failed["msg"], failed["msg"]
