# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts and organizational units of the organization, and who may list them."""
from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from helpers.aws.organizations import Organization, add_accounts
from helpers.aws.trails import ARCHIVE, MANAGEMENT, MEMBER


@pytest.fixture
def organization(aws):
    return Organization(aws)


def code_of(call):
    """The code of the error that a call ends with; none if it succeeds."""
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


def all_pages(call, key):
    """What is on each page of a list."""
    pages, token = [], {}
    while True:
        answer = call(**token)
        pages.append([item["Id"] for item in answer[key]])
        if not answer.get("NextToken"):
            return pages
        token = {"NextToken": answer["NextToken"]}


NUMBERED = {f"2{number:011}": f"account {number}" for number in range(44)}


@pytest.mark.mends("a page of accounts has 100")
def test_pages_of_accounts(organization):
    add_accounts(NUMBERED)
    pages = all_pages(organization.client.list_accounts, "Accounts")
    assert [len(page) for page in pages] == [20, 20, 5]
    assert {account for page in pages for account in page} == {MANAGEMENT, *NUMBERED}


@pytest.mark.mends("accounts that joined at the same time are on the first page again and again")
def test_pages_of_accounts_that_joined_together(organization):
    add_accounts(NUMBERED)
    first = organization.client.list_accounts(MaxResults=15)
    second = organization.client.list_accounts(MaxResults=15, NextToken=first["NextToken"])
    ids = [account["Id"] for page in (first, second) for account in page["Accounts"]]
    assert len(set(ids)) == 30


def test_pages_of_a_unit(organization):
    add_accounts(NUMBERED)
    unit = organization.child("Workloads", accounts=NUMBERED)
    pages = all_pages(lambda **token: organization.client.list_accounts_for_parent(ParentId=unit, **token), "Accounts")
    assert [len(page) for page in pages] == [20, 20, 4]
    assert all_pages(lambda **token: organization.client.list_accounts_for_parent(ParentId=organization.root, **token),
                     "Accounts") == [[MANAGEMENT]]


def test_pages_of_units(organization):
    units = [organization.child(f"unit {number}") for number in range(21)]
    pages = all_pages(
        lambda **token: organization.client.list_organizational_units_for_parent(ParentId=organization.root, **token),
        "OrganizationalUnits")
    assert pages == [units[:20], units[20:]]


@pytest.mark.mends("a token of one list is good for another")
def test_token_of_another_list(organization):
    add_accounts(NUMBERED)
    unit = organization.child("Workloads", accounts=list(NUMBERED)[:22])
    token = organization.client.list_accounts_for_parent(ParentId=unit)["NextToken"]
    assert code_of(lambda: organization.client.list_accounts(NextToken=token)) == "InvalidInputException"


@pytest.mark.mends("a page can be as large as one likes")
def test_size_of_pages(organization):
    assert code_of(lambda: organization.client.list_accounts(MaxResults=21)) == "InvalidInputException"


# Who may list

READS = {
    "list_accounts": {}, "list_roots": {}, "list_accounts_for_parent": {"ParentId": "root"},
    "list_organizational_units_for_parent": {"ParentId": "root"}, "list_children": {"ParentId": "root", "ChildType": "ACCOUNT"},
    "list_parents": {"ChildId": MEMBER}, "list_tags_for_resource": {"ResourceId": MEMBER}, "describe_account": {"AccountId": MEMBER},
}


def ask(aws, organization, account, operation):
    """A call in an account."""
    arguments = {name: organization.root if value == "root" else value for name, value in READS[operation].items()}
    return getattr(aws.session(account).client("organizations"), operation)(**arguments)


@pytest.mark.parametrize("operation", READS)
def test_members_may_not_read(aws, organization, operation):
    aws.session(MEMBER)
    assert code_of(lambda: ask(aws, organization, MEMBER, operation)) == "AccessDeniedException"
    assert code_of(lambda: ask(aws, organization, MANAGEMENT, operation)) is None


@pytest.mark.parametrize("operation", READS)
def test_delegated_administrators_read_the_same(aws, organization, operation):
    aws.session(MEMBER)
    organization.client.register_delegated_administrator(AccountId=MEMBER, ServicePrincipal="cloudtrail.amazonaws.com")
    found = [ask(aws, organization, account, operation) for account in (MANAGEMENT, MEMBER)]
    for answer in found:
        del answer["ResponseMetadata"]
    assert found[0] == found[1]


def test_members_may_not_change(aws, organization):
    other = aws.session(MEMBER).client("organizations")
    assert code_of(lambda: other.create_organizational_unit(ParentId=organization.root, Name="x")) == "AccessDeniedException"
    assert code_of(lambda: other.close_account(AccountId=MEMBER)) == "AccessDeniedException"


# States

def test_closed_account(aws, organization):
    aws.session(MEMBER)

    def state():
        [found] = [one for one in organization.client.list_accounts()["Accounts"] if one["Id"] == MEMBER]
        return found["State"], "Status" in found

    assert state() == ("ACTIVE", False)
    organization.client.close_account(AccountId=MEMBER)
    assert state() == ("PENDING_CLOSURE", False)
    aws.clock.advance(300)
    assert state() == ("CLOSED", False)
    assert code_of(lambda: organization.client.close_account(AccountId=MEMBER)) == "AccountAlreadyClosedException"
    assert code_of(lambda: organization.client.close_account(AccountId=ARCHIVE)) == "AccountNotFoundException"


@pytest.mark.mends("the management account can be closed")
def test_closed_management_account(organization):
    assert code_of(lambda: organization.client.close_account(AccountId=MANAGEMENT)) == "ConstraintViolationException"


# Units

@pytest.mark.mends("two units in the same parent can have the same name")
def test_units_of_the_same_name(organization):
    unit = organization.child("Workloads")
    assert code_of(lambda: organization.child("Workloads")) == "DuplicateOrganizationalUnitException"
    assert code_of(lambda: organization.child("Workloads", unit)) is None


@pytest.mark.mends("an account can be moved to where it is")
def test_move_to_where_it_is(organization):
    add_accounts(NUMBERED)
    account = next(iter(NUMBERED))
    move = organization.client.move_account
    assert code_of(lambda: move(AccountId=account, SourceParentId=organization.root,
                                DestinationParentId=organization.root)) == "DuplicateAccountException"


@pytest.mark.mends("the error for a unit that does not exist names no side")
def test_move_from_nowhere(organization):
    add_accounts(NUMBERED)
    account, missing = next(iter(NUMBERED)), organization.root.replace("r-", "ou-") + "-12345678"
    move = organization.client.move_account
    assert code_of(lambda: move(AccountId=account, SourceParentId=missing,
                                DestinationParentId=organization.root)) == "SourceParentNotFoundException"
    assert code_of(lambda: move(AccountId=account, SourceParentId=organization.root,
                                DestinationParentId=missing)) == "DestinationParentNotFoundException"
