# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The local Resource Directory, driven by its SDK."""
from __future__ import annotations

import pytest
from helpers.alibaba.clients import Clients
from helpers.alibaba.directories import change_member
from alibabacloud_resourcedirectorymaster20220419 import models
from alibabacloud_sts20150401 import models as sts
from clouds.alibaba import Fault

MANAGEMENT = "1000000000000001"
MEMBERS = [f"200000000000000{number}" for number in range(1, 6)]
OUTSIDE = "9000000000000001"
ACTIONTRAIL = "actiontrail.aliyuncs.com"


class Directory:
    """The SDK, with the names and shapes that go over the wire.

    :param client: of alibabacloud_resourcedirectorymaster20220419.
    """

    def __init__(self, client):
        self._client = client

    def __getattr__(self, method):
        name = "".join(part.capitalize() for part in method.split("_"))

        def call(**parameters):
            request = getattr(models, f"{name}Request", None)
            if not request:
                return getattr(self._client, method)().body.to_map()
            return getattr(self._client, method)(request().from_map(parameters)).body.to_map()

        return call


@pytest.fixture
def directory(alibaba, clients):
    for member in MEMBERS:
        alibaba.add_account(member)
    return Directory(clients.directory)


@pytest.fixture
def root(directory):
    return directory.get_resource_directory()["ResourceDirectory"]["RootFolderId"]


def of_account(alibaba, account_id):
    return Directory(Clients(alibaba, alibaba.credential(account_id)).directory)


def ids(answer):
    return [account["AccountId"] for account in answer["Accounts"]["Account"]]


def make_folder(directory, name, parent=None):
    parameters = {"ParentFolderId": parent} if parent else {}
    return directory.create_folder(FolderName=name, **parameters)["Folder"]["FolderId"]


# The directory

def test_directory_has_its_manager(directory):
    assert directory.get_resource_directory()["ResourceDirectory"]["MasterAccountId"] == MANAGEMENT


def test_member_sees_directory_to_which_it_belongs(alibaba, directory):
    theirs = of_account(alibaba, MEMBERS[0]).get_resource_directory()["ResourceDirectory"]
    assert theirs == directory.get_resource_directory()["ResourceDirectory"]


def test_account_outside_is_in_no_directory(alibaba, refused_alibaba):
    alibaba.add_account(OUTSIDE, member=False)
    with refused_alibaba("ResourceDirectoryNotInUse"):
        of_account(alibaba, OUTSIDE).get_resource_directory()


def test_directory_is_enabled_once(directory, refused_alibaba):
    with refused_alibaba("EntityAlreadyExists.ResourceDirectory"):
        directory.enable_resource_directory(EnableMode="CurrentAccount")


def test_member_enables_no_directory_of_its_own(alibaba, directory, refused_alibaba):
    with refused_alibaba("NotSupport.AccountInAnotherResourceDirectory"):
        of_account(alibaba, MEMBERS[0]).enable_resource_directory(EnableMode="CurrentAccount")


@pytest.mark.parametrize("call", [
    lambda member: member.list_accounts(),
    lambda member: member.get_account(AccountId=MEMBERS[1]),
    lambda member: member.create_folder(FolderName="theirs"),
    lambda member: member.list_delegated_administrators(),
    lambda member: member.create_resource_account(DisplayName="theirs"),
])
def test_members_manage_nothing(alibaba, directory, refused_alibaba, call):
    with refused_alibaba("EntityNotExists.ResourceDirectory"):
        call(of_account(alibaba, MEMBERS[0]))


# Members

def test_members_are_listed_without_manager(directory):
    assert ids(directory.list_accounts()) == MEMBERS


def test_accounts_outside_are_not_listed(alibaba, directory):
    alibaba.add_account(OUTSIDE, member=False)
    assert OUTSIDE not in ids(directory.list_accounts())


def test_members_are_listed_by_pages(directory):
    pages = [directory.list_accounts(PageNumber=number, PageSize=2) for number in (1, 2, 3, 4)]
    assert [ids(page) for page in pages] == [MEMBERS[:2], MEMBERS[2:4], MEMBERS[4:], []]
    assert {page["TotalCount"] for page in pages} == {5}


def test_members_are_listed_by_tokens(directory):
    found, token = [], None
    while token != "":
        page = directory.list_accounts(MaxResults=2, **({"NextToken": token} if token else {}))
        found += ids(page)
        token = page["NextToken"]
    assert found == MEMBERS


@pytest.mark.parametrize("parameters", [{"PageSize": 101}, {"PageNumber": 0}, {"MaxResults": 0}])
def test_pages_have_limits(directory, refused_alibaba, parameters):
    with refused_alibaba("InvalidParameter"):
        directory.list_accounts(**parameters)


def test_members_are_found_by_keyword(directory):
    directory.update_account(AccountId=MEMBERS[2], NewDisplayName="payments-production")
    assert ids(directory.list_accounts(QueryKeyword="payments")) == [MEMBERS[2]]


def test_member_has_its_folder(directory, root):
    account = directory.get_account(AccountId=MEMBERS[0])["Account"]
    directory_id = directory.get_resource_directory()["ResourceDirectory"]["ResourceDirectoryId"]
    assert account["ResourceDirectoryPath"] == f"{directory_id}/{root}/{MEMBERS[0]}"
    assert (account["Type"], account["Status"]) == ("ResourceAccount", "CreateSuccess")
    assert account["JoinMethod"] == "created"


@pytest.mark.parametrize("account_id", ["2999999999999999", MANAGEMENT])
def test_who_is_no_member_is_not_found(directory, refused_alibaba, account_id):
    with refused_alibaba("EntityNotExists.Account"):
        directory.get_account(AccountId=account_id)


def test_ids_of_accounts_have_a_form(directory, refused_alibaba):
    with refused_alibaba("InvalidParameter.AccountId"):
        directory.get_account(AccountId="123")


def test_id_of_account_is_needed(directory, refused_alibaba):
    with refused_alibaba("MissingParameter.AccountId"):
        directory.get_account()


def test_sessions_can_be_opened_in_a_new_account(alibaba, directory, clients):
    account = directory.create_resource_account(DisplayName="Dev", AccountNamePrefix="dev")["Account"]
    assert account["AccountName"].startswith("dev@rd-")
    assumed = clients.sts.assume_role(sts.AssumeRoleRequest(
        role_arn=f"acs:ram::{account['AccountId']}:role/ResourceDirectoryAccountAccessRole", role_session_name="check",
    ))
    assert assumed.status_code == 200
    assert directory.get_account(AccountId=account["AccountId"])["Account"]["DisplayName"] == "Dev"


def test_dry_run_makes_no_account(directory):
    directory.create_resource_account(DisplayName="Dev", DryRun=True)
    assert ids(directory.list_accounts()) == MEMBERS


def test_display_names_are_unique(directory, refused_alibaba):
    directory.create_resource_account(DisplayName="Dev")
    with refused_alibaba("InvalidParameter.Account.DisplayName.AlreadyUsed"):
        directory.create_resource_account(DisplayName="Dev")


@pytest.mark.parametrize("name, code", [
    ("x", "InvalidParameter.Account.DisplayName.Length"), ("x" * 51, "InvalidParameter.Account.DisplayName.Length"),
    ("a/b", "InvalidParameter.Account.DisplayName"),
])
def test_display_names_have_a_form(directory, refused_alibaba, name, code):
    with refused_alibaba(code):
        directory.create_resource_account(DisplayName=name)


def test_member_gets_another_name(directory):
    updated = directory.update_account(AccountId=MEMBERS[0], NewDisplayName="Audit")["Account"]
    assert updated["DisplayName"] == "Audit"
    assert directory.get_account(AccountId=MEMBERS[0])["Account"]["DisplayName"] == "Audit"


def test_update_says_what_to_change(directory, refused_alibaba):
    with refused_alibaba("MissingDisplayNameOrAccountType"):
        directory.update_account(AccountId=MEMBERS[0])


def test_resource_account_without_phone_does_not_become_cloud_account(directory, refused_alibaba):
    with refused_alibaba("MissingSecurityInfo"):
        directory.update_account(AccountId=MEMBERS[0], NewAccountType="CloudAccount")


def test_resource_account_is_not_removed(directory, refused_alibaba):
    with refused_alibaba("AccountTypeOrStatusMismatch"):
        directory.remove_cloud_account(AccountId=MEMBERS[0])


@pytest.mark.parametrize("upgrade, deletion", [("PromoteFailed", ""), ("", "Deleting")])
def test_members_have_statuses_of_upgrade_and_deletion(alibaba, directory, upgrade, deletion):
    change_member(alibaba, MEMBERS[0], upgrade=upgrade, deletion=deletion)
    listed = directory.list_accounts()["Accounts"]["Account"]
    assert [(account["Status"], account["DeletionStatus"]) for account in listed[:2]] == [
        (upgrade or "CreateSuccess", deletion), ("CreateSuccess", ""),
    ]


def test_tokens_win_over_numbers_of_pages(directory):
    page = directory.list_accounts(PageNumber=2, PageSize=2, MaxResults=3)
    assert ids(page) == MEMBERS[:3] and page["NextToken"]


# Folders

def test_folder_is_created_changed_and_deleted(directory, root, refused_alibaba):
    folder_id = make_folder(directory, "Core")
    assert directory.get_folder(FolderId=folder_id)["Folder"]["ParentFolderId"] == root
    directory.update_folder(FolderId=folder_id, NewFolderName="Core-2")
    assert directory.get_folder(FolderId=folder_id)["Folder"]["FolderName"] == "Core-2"
    directory.delete_folder(FolderId=folder_id)
    with refused_alibaba("EntityNotExists.Folder"):
        directory.get_folder(FolderId=folder_id)


def test_folders_are_listed_by_pages(directory):
    created = [make_folder(directory, f"folder-{number}") for number in range(3)]
    pages = [directory.list_folders_for_parent(PageNumber=number, PageSize=2)["Folders"]["Folder"] for number in (1, 2)]
    assert [[folder["FolderId"] for folder in page] for page in pages] == [created[:2], created[2:]]


def test_folders_have_ancestors(directory, root):
    upper = make_folder(directory, "upper")
    lower = make_folder(directory, "lower", upper)
    above = directory.list_ancestors(ChildId=lower)["Folders"]["Folder"]
    assert [folder["FolderId"] for folder in above] == [root, upper]


def test_names_of_folders_are_unique_in_their_parent(directory, refused_alibaba):
    upper = make_folder(directory, "same")
    make_folder(directory, "same", upper)
    with refused_alibaba("InvalidParameter.Folder.Name.AlreadyUsed"):
        make_folder(directory, "same")


@pytest.mark.parametrize("name, code", [
    ("", "InvalidParameter.Folder.Name.Length"), ("x" * 25, "InvalidParameter.Folder.Name.Length"),
    ("a b", "InvalidParameter.Folder.Name"),
])
def test_names_of_folders_have_a_form(directory, refused_alibaba, name, code):
    with refused_alibaba(code):
        make_folder(directory, name)


def test_folders_are_five_deep(directory, refused_alibaba):
    parent = None
    for level in range(5):
        parent = make_folder(directory, f"level-{level}", parent)
    with refused_alibaba("LimitExceeded.Folder.Depth"):
        make_folder(directory, "too-deep", parent)


def test_member_moves_into_folder(directory, root):
    folder_id = make_folder(directory, "Core")
    directory.move_account(AccountId=MEMBERS[1], DestinationFolderId=folder_id)
    assert ids(directory.list_accounts_for_parent(ParentFolderId=folder_id)) == [MEMBERS[1]]
    assert MEMBERS[1] not in ids(directory.list_accounts_for_parent(ParentFolderId=root))


def test_member_does_not_move_into_nothing(directory, refused_alibaba):
    with refused_alibaba("EntityNotExists.Folder"):
        directory.move_account(AccountId=MEMBERS[1], DestinationFolderId="fd-0123456789")


def test_folder_with_account_is_not_deleted(directory, refused_alibaba):
    folder_id = make_folder(directory, "Core")
    directory.move_account(AccountId=MEMBERS[1], DestinationFolderId=folder_id)
    with refused_alibaba("DeleteConflict.Folder.Account"):
        directory.delete_folder(FolderId=folder_id)


def test_folder_with_folder_is_not_deleted(directory, refused_alibaba):
    folder_id = make_folder(directory, "Core")
    make_folder(directory, "within", folder_id)
    with refused_alibaba("DeleteConflict.Folder.SubFolder"):
        directory.delete_folder(FolderId=folder_id)


def test_root_folder_stays(directory, root, refused_alibaba):
    with refused_alibaba("InvalidParameter.FolderId"):
        directory.delete_folder(FolderId=root)


# Delegated administrators

def test_delegated_administrator_is_registered_and_deregistered(alibaba, directory):
    directory.register_delegated_administrator(AccountId=MEMBERS[0], ServicePrincipal=ACTIONTRAIL)
    assert alibaba.cloud.directory.is_delegated(MEMBERS[0], ACTIONTRAIL)
    listed = directory.list_delegated_administrators(ServicePrincipal=ACTIONTRAIL)
    assert ids(listed) == [MEMBERS[0]]
    services = directory.list_delegated_services_for_account(AccountId=MEMBERS[0])["DelegatedServices"]
    assert [item["ServicePrincipal"] for item in services["DelegatedService"]] == [ACTIONTRAIL]
    directory.deregister_delegated_administrator(AccountId=MEMBERS[0], ServicePrincipal=ACTIONTRAIL)
    assert ids(directory.list_delegated_administrators()) == []


def test_delegated_administrators_are_listed_by_pages(directory):
    for member in MEMBERS[:3]:
        directory.register_delegated_administrator(AccountId=member, ServicePrincipal="audit.log.aliyuncs.com")
    pages = [directory.list_delegated_administrators(PageNumber=number, PageSize=2) for number in (1, 2)]
    assert [ids(page) for page in pages] == [MEMBERS[:2], MEMBERS[2:3]]


def test_delegated_administrator_looks_but_does_not_manage(alibaba, directory, refused_alibaba):
    directory.register_delegated_administrator(AccountId=MEMBERS[0], ServicePrincipal=ACTIONTRAIL)
    delegated = of_account(alibaba, MEMBERS[0])
    assert ids(delegated.list_accounts()) == MEMBERS
    with refused_alibaba("EntityNotExists.ResourceDirectory"):
        delegated.create_folder(FolderName="theirs")


def test_service_of_delegated_administrator_is_trusted(directory):
    directory.register_delegated_administrator(AccountId=MEMBERS[0], ServicePrincipal=ACTIONTRAIL)
    trusted = directory.list_trusted_service_status()["EnabledServicePrincipals"]["EnabledServicePrincipal"]
    assert [item["ServicePrincipal"] for item in trusted] == [ACTIONTRAIL]


@pytest.mark.parametrize("account_id, service, code", [
    (MEMBERS[0], ACTIONTRAIL, "AccountAlreadyRegistered"),
    (MEMBERS[1], ACTIONTRAIL, "DelegatedAccountNumberExceeded"),
    (MEMBERS[1], "nothing.aliyuncs.com", "InvalidParameter.ServicePrincipal"),
    (MANAGEMENT, ACTIONTRAIL, "CannotRegisterMasterAsDelegatedAdministrator"),
    ("2999999999999999", ACTIONTRAIL, "EntityNotExists.Account"),
])
def test_delegation_is_refused(directory, refused_alibaba, account_id, service, code):
    directory.register_delegated_administrator(AccountId=MEMBERS[0], ServicePrincipal=ACTIONTRAIL)
    with refused_alibaba(code):
        directory.register_delegated_administrator(AccountId=account_id, ServicePrincipal=service)


def test_who_is_not_registered_is_not_deregistered(directory, refused_alibaba):
    with refused_alibaba("AccountNotRegistered"):
        directory.deregister_delegated_administrator(AccountId=MEMBERS[0], ServicePrincipal=ACTIONTRAIL)


# Tags

def test_member_is_tagged_and_untagged(directory):
    directory.tag_resources(ResourceType="Account", ResourceId=MEMBERS[:1], Tag=[{"Key": "team", "Value": "audit"}])
    listed = directory.list_tag_resources(ResourceType="Account", ResourceId=MEMBERS[:2])["TagResources"]
    assert listed == [{"ResourceType": "Account", "ResourceId": MEMBERS[0], "TagKey": "team", "TagValue": "audit"}]
    account = directory.get_account(AccountId=MEMBERS[0], IncludeTags=True)["Account"]
    assert account["Tags"] == [{"Key": "team", "Value": "audit"}]
    assert ids(directory.list_accounts(Tag=[{"Key": "team", "Value": "audit"}])) == MEMBERS[:1]
    directory.untag_resources(ResourceType="Account", ResourceId=MEMBERS[:1], TagKey=["team"])
    assert directory.list_tag_resources(ResourceType="Account")["TagResources"] == []


def test_tags_are_listed_with_members(directory, root):
    directory.tag_resources(ResourceType="Account", ResourceId=MEMBERS[:1], Tag=[{"Key": "team", "Value": "audit"}])
    for listed in (directory.list_accounts(IncludeTags=True),
                   directory.list_accounts_for_parent(ParentFolderId=root, IncludeTags=True)):
        assert listed["Accounts"]["Account"][0]["Tags"] == {"Tag": [{"Key": "team", "Value": "audit"}]}


def test_folder_is_created_with_tags(directory):
    directory.create_folder(FolderName="Core", Tag=[{"Key": "team", "Value": "audit"}])
    make_folder(directory, "Other")
    found = directory.list_folders_for_parent(Tag=[{"Key": "team"}])["Folders"]["Folder"]
    assert [(folder["FolderName"], folder["Tags"]) for folder in found] == [
        ("Core", {"Tag": [{"Key": "team", "Value": "audit"}]})]


def test_tags_are_listed_by_pages(directory):
    directory.tag_resources(ResourceType="Account", ResourceId=MEMBERS[:3], Tag=[{"Key": "team", "Value": "audit"}])
    first = directory.list_tag_resources(ResourceType="Account", MaxResults=2)
    second = directory.list_tag_resources(ResourceType="Account", MaxResults=2, NextToken=first["NextToken"])
    assert [len(page["TagResources"]) for page in (first, second)] == [2, 1]
    assert second["NextToken"] == ""


def test_reserved_tags_are_refused(directory, refused_alibaba):
    with refused_alibaba("InvalidParameter.Tag"):
        directory.tag_resources(ResourceType="Account", ResourceId=MEMBERS[:1], Tag=[{"Key": "acs:x", "Value": "y"}])


# Invitations

@pytest.fixture
def outside(alibaba, directory):
    alibaba.add_account(OUTSIDE, member=False)
    return of_account(alibaba, OUTSIDE)


@pytest.fixture
def invited(directory, outside):
    return directory.invite_account_to_resource_directory(TargetEntity=OUTSIDE, TargetType="Account", Note="join us")[
        "Handshake"]["HandshakeId"]


def test_account_outside_becomes_member(alibaba, directory, outside, invited):
    assert outside.accept_handshake(HandshakeId=invited)["Handshake"]["Status"] == "Accepted"
    account = directory.get_account(AccountId=OUTSIDE)["Account"]
    assert (account["Type"], account["JoinMethod"]) == ("CloudAccount", "invited")
    assert of_account(alibaba, OUTSIDE).get_resource_directory()["ResourceDirectory"]["MasterAccountId"] == MANAGEMENT


def test_invited_member_can_be_removed(alibaba, directory, outside, invited, clients, refused_alibaba):
    outside.accept_handshake(HandshakeId=invited)
    directory.remove_cloud_account(AccountId=OUTSIDE)
    assert OUTSIDE not in ids(directory.list_accounts())
    with refused_alibaba("EntityNotExist.Role"):
        clients.sts.assume_role(sts.AssumeRoleRequest(
            role_arn=f"acs:ram::{OUTSIDE}:role/ResourceDirectoryAccountAccessRole", role_session_name="check",
        ))


def test_delegated_administrator_is_not_removed(directory, outside, invited, refused_alibaba):
    outside.accept_handshake(HandshakeId=invited)
    directory.register_delegated_administrator(AccountId=OUTSIDE, ServicePrincipal=ACTIONTRAIL)
    with refused_alibaba("Deny.TrustedService"):
        directory.remove_cloud_account(AccountId=OUTSIDE)


def test_declined_invitation_can_not_be_accepted(outside, invited, refused_alibaba):
    outside.decline_handshake(HandshakeId=invited)
    with refused_alibaba("HandshakeStatusMismatch"):
        outside.accept_handshake(HandshakeId=invited)


def test_cancelled_invitation_can_not_be_accepted(directory, outside, invited, refused_alibaba):
    directory.cancel_handshake(HandshakeId=invited)
    with refused_alibaba("HandshakeStatusMismatch"):
        outside.accept_handshake(HandshakeId=invited)


def test_invitation_expires(alibaba, outside, invited, refused_alibaba):
    alibaba.cloud.clock.advance(15 * 24 * 3600)
    outside = of_account(alibaba, OUTSIDE)
    assert outside.get_handshake(HandshakeId=invited)["Handshake"]["Status"] == "Expired"
    with refused_alibaba("HandshakeStatusMismatch"):
        outside.accept_handshake(HandshakeId=invited)


def test_manager_does_not_accept_for_others(directory, invited, refused_alibaba):
    with refused_alibaba("EntityNotExists.Handshake"):
        directory.accept_handshake(HandshakeId=invited)


def test_invitations_are_listed_on_both_sides(directory, outside, invited):
    for listed in (directory.list_handshakes_for_resource_directory(PageSize=1), outside.list_handshakes_for_account()):
        assert [item["HandshakeId"] for item in listed["Handshakes"]["Handshake"]] == [invited]


@pytest.mark.parametrize("target, code", [
    (OUTSIDE, "EntityAlreadyExists.Handshake"), (MEMBERS[0], "EntityAlreadyExists.ResourceDir.Account"),
    ("9999999999999999", "InvalidParameter.TargetEntity"),
])
def test_invitation_is_refused(directory, invited, refused_alibaba, target, code):
    with refused_alibaba(code):
        directory.invite_account_to_resource_directory(TargetEntity=target, TargetType="Account")


# What is common to all services

def test_permission_is_needed(alibaba, directory, clients, refused_alibaba):
    session = clients.sts.assume_role(sts.AssumeRoleRequest(
        role_arn=f"acs:ram::{MEMBERS[0]}:role/ResourceDirectoryAccountAccessRole", role_session_name="reader",
        policy='{"Version": "1", "Statement": [{"Effect": "Allow", "Action": "ram:*", "Resource": "*"}]}',
    )).body.credentials
    credential = alibaba.cloud.credentials.get(session.access_key_id)
    with refused_alibaba("NoPermission"):
        Directory(Clients(alibaba, credential).directory).get_resource_directory()


def test_new_member_is_not_seen_by_readers_that_are_behind(alibaba, directory, refused_alibaba):
    alibaba.bad_days(Fault(behind=3600))
    account = directory.create_resource_account(DisplayName="Dev")["Account"]
    with refused_alibaba("EntityNotExists.Account"):
        directory.get_account(AccountId=account["AccountId"])
    alibaba.cloud.clock.advance(3601)
    assert directory.get_account(AccountId=account["AccountId"])["Account"]["DisplayName"] == "Dev"
