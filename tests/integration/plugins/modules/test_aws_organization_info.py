# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The accounts of an organization, as far as an account may list them."""
from __future__ import annotations

from unittest import mock

import pytest
from clouds.aws import mends
from clouds.aws.errors import AwsError
from helpers.aws.deployments import MANAGEMENT
from helpers.aws.modules import ACCOUNT, Account
from helpers.aws.organizations import add_accounts, set_state


def test_the_management_account(aws):
    aws.session(ACCOUNT)
    add_accounts({str(400_000_000_000 + number): f"account-{number}" for number in range(45)})
    set_state(ACCOUNT, "SUSPENDED")
    found = Account(aws, MANAGEMENT).run("aws_organization_info")
    assert found["calls"] == ["organizations:DescribeOrganization", *["organizations:ListAccounts"] * 3]
    assert found["management_account_id"] == MANAGEMENT and found["id"].startswith("o-")
    states = {one["id"]: one["state"] for one in found["accounts"]}
    assert len(states) == 47 and states[ACCOUNT] == "SUSPENDED" and states[MANAGEMENT] == "ACTIVE"


def test_an_account_that_may_not_list_them(aws):
    found = Account(aws).run("aws_organization_info")
    assert found["accounts"] is None and not found["changed"] and not found.get("warnings")


@pytest.mark.parametrize("action", ["DescribeOrganization", "ListAccounts"])
def test_a_missing_permission_is_a_warning(aws, monkeypatch, action):
    refusal = AwsError("AccessDeniedException", f"User: a is not authorized to perform: organizations:{action} on resource: *")
    monkeypatch.setitem(mends.BEFORE, ("organizations", action), [mock.Mock(side_effect=refusal)])
    found = Account(aws, MANAGEMENT).run("aws_organization_info")
    assert found["accounts"] is None and f"because organizations:{action} is denied" in str(found["warnings"])


def test_an_account_of_no_organization(aws):
    account = Account(aws)
    Account(aws, MANAGEMENT).client("organizations").remove_account_from_organization(AccountId=ACCOUNT)
    found = account.run("aws_organization_info")
    assert (found["id"], found["management_account_id"], found["accounts"]) == ("", None, None)
