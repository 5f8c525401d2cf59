# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a resource directory whose answers are wrong, lost or from two moments: an error each time, never a shorter list."""
from __future__ import annotations

import pytest

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.errors import CloudError
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._accounts import AccountsError
from ansible_collections.crossaccount.audit_logs.plugins.plugin_utils._alibaba_accounts import Connection, Reader

MANAGER = "1000000000000001"
SECRET = "a-secret-of-the-options"
ROOT = "r-Root00"
DIRECTORY = {"ResourceDirectory": {
    "ResourceDirectoryId": "rd-Test00", "RootFolderId": ROOT, "MasterAccountId": MANAGER, "MasterAccountName": "boss",
    "CreateTime": "2026-01-01T00:00:00.000Z",
}}


class Answers:
    """A cloud that gives answers in their order.

    :ivar calls: operation and parameters of each call.
    """

    def __init__(self, *answers):
        self._answers = list(answers)
        self.calls = []

    def call(self, product, operation, **parameters):
        assert product == "resourcedirectory"
        self.calls.append((operation, dict(parameters)))
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def reader(*answers):
    connection = Connection({"access_key_id": "key", "access_key_secret": SECRET})
    cloud = Answers(*answers)
    return Reader(connection, cloud), cloud


def member(number, **others):
    return {"AccountId": f"200000000000000{number}", "DisplayName": f"team-{number}", "Status": "CreateSuccess", "FolderId": ROOT,
            "JoinTime": "2026-02-01T00:00:00.000Z", **others}


def page(*numbers, total=None, token=None, **others):
    body = {"Accounts": {"Account": [member(number, **others) for number in numbers]}}
    return {**body, **({"TotalCount": total} if total is not None else {}), **({"NextToken": token} if token is not None else {})}


def folders(*found, total=None):
    return {"Folders": {"Folder": [{"FolderId": id, "FolderName": name} for id, name in found]},
            **({} if total is None else {"TotalCount": total})}


def directory():
    return reader(DIRECTORY)[0].describe()


def accounts_of(found, tags=False):
    return found.read(directory(), paths=False, tags=tags).accounts


def ids(accounts):
    return [account["id"] for account in accounts]


def test_directory_has_its_management_account():
    found = directory()
    assert (found.id, found.root, found.manager["id"], found.manager["name"]) == ("rd-Test00", ROOT, MANAGER, "boss")


def test_management_account_is_added_to_the_members():
    found, cloud = reader(page(1, 2, total=2, token="next"), page(3, total=3))
    assert ids(accounts_of(found)) == [MANAGER, *(member(number)["AccountId"] for number in (1, 2, 3))]
    assert cloud.calls == [
        ("ListAccounts", {"MaxResults": 100}), ("ListAccounts", {"MaxResults": 100, "NextToken": "next"}),
    ]


def test_management_account_that_is_listed_is_there_once():
    found, _cloud = reader(page(1, total=1, AccountId=MANAGER, DisplayName="as listed"))
    accounts = accounts_of(found)
    assert [(account["id"], account["name"]) for account in accounts] == [(MANAGER, "as listed")]


def test_tags_come_with_the_accounts():
    tags = {"Tag": [{"Key": "team", "Value": "a"}, {"Key": "no value"}]}
    found, cloud = reader(page(1, total=1, Tags=tags))
    assert accounts_of(found, tags=True)[1]["tags"] == {"team": "a", "no value": ""}
    assert cloud.calls == [("ListAccounts", {"MaxResults": 100, "IncludeTags": True})]


@pytest.mark.parametrize("listed, status", [
    ({"Status": "PromoteFailed", "DeletionStatus": ""}, "PromoteFailed"),
    ({"Status": "CreateSuccess", "DeletionStatus": "Deleting"}, "Deleting"),
    # These accounts go on.
    ({"Status": "CreateSuccess", "DeletionStatus": "CheckFailed"}, "CreateSuccess"),
    ({"Status": "InviteSuccess", "DeletionStatus": "Checking"}, "InviteSuccess"),
])
def test_accounts_have_a_status(listed, status):
    found, _cloud = reader(page(1, **listed))
    assert accounts_of(found)[1]["status"] == status


@pytest.mark.parametrize("pages, words", [
    pytest.param([page(1, 2, total=3)], "counted 3 members and returned 2", id="NextToken is lost"),
    pytest.param([page(1, 2, total=4, token="a"), page(3, total=4, token="")], "counted 4 members and returned 3", id="short page"),
    pytest.param([page(1, total=3, token="a"), page(3, total=2)], "counted 3 members and returned 2", id="member left meanwhile"),
    pytest.param([page(1, token="a"), page(2, token="a")], "returned the same page token twice", id="NextToken is repeated"),
    pytest.param([page(1, token="a"), page(1, 2)], "account 2000000000000001 is listed twice", id="page is repeated"),
    pytest.param([{}], "a response of the service does not contain this list", id="empty answer"),
    pytest.param([{"Accounts": {"Account": [{"AccountId": "1"}]}}], "an account has no 'Status'", id="half a member"),
])
def test_incomplete_list_is_an_error(pages, words):
    found, _cloud = reader(*pages)
    with pytest.raises(AccountsError, match="The list of accounts may be incomplete") as error:
        accounts_of(found)
    assert words in str(error.value)


def test_pages_that_count_only_themselves_are_complete():
    """See assumption alibaba-directory-page-counts."""
    found, _cloud = reader(page(1, 2, total=2, token="a"), page(3, total=1))
    assert len(accounts_of(found)) == 4


@pytest.mark.parametrize("failing", [0, 1, 2])
def test_refused_page_is_an_error(failing):
    pages = [page(1, token="a"), page(2, token="b"), page(3)]
    pages[failing] = CloudError("ListAccounts", "NoPermission", f"You are not allowed, {SECRET}.", "1234", 403)
    found, _cloud = reader(*pages)
    with pytest.raises(AccountsError) as error:
        accounts_of(found)
    said = str(error.value)
    assert said.startswith("Could not read the resource directory: ListAccounts: NoPermission: ")
    assert said.endswith("and allow resourcemanager:ListAccounts")
    assert SECRET not in said


@pytest.mark.parametrize("code, status, words", [
    ("Throttling.User", 400, "run the command again later"),
    (None, None, "did not respond"),
    ("InternalError", 500, "run the command again later"),
    ("ResourceDirectoryNotInUse", 404, "is in no resource directory"),
    ("EntityNotExists.ResourceDirectory", 404, "use credentials of the management account"),
])
def test_advice_fits_the_refusal(code, status, words):
    found, _cloud = reader(CloudError("ListAccounts", code, "No.", "1234", status))
    with pytest.raises(AccountsError) as error:
        accounts_of(found)
    assert words in str(error.value) and ("allow " in str(error.value)) == (code or "").startswith("EntityNotExists")


@pytest.mark.parametrize("missing", ["MasterAccountId", "RootFolderId", "ResourceDirectoryId"])
def test_half_a_directory_is_an_error(missing):
    found, _cloud = reader({"ResourceDirectory": {key: value for key, value in DIRECTORY["ResourceDirectory"].items() if key != missing}})
    with pytest.raises(AccountsError, match=f"has no '{missing}'"):
        found.describe()


def paths_of(*answers, unit=ROOT):
    found, cloud = reader(page(1, FolderId=unit), *answers)
    organization = found.read(directory(), paths=True, tags=False)
    return {unit: organization.path(unit) for unit in organization.units}, cloud


def test_folders_have_paths():
    found, cloud = paths_of(folders(("fd-a", "Workloads"), ("fd-b", "Core")), folders(), folders(("fd-c", "Prod")), folders(), unit="fd-c")
    assert found == {ROOT: "/", "fd-a": "/Workloads", "fd-b": "/Core", "fd-c": "/Workloads/Prod"}
    assert len(cloud.calls) == 5  # the accounts, and one for each folder


def test_many_folders_take_several_pages():
    many = [(f"fd-{number}", f"folder-{number}") for number in range(150)]
    found, cloud = paths_of(folders(*many[:100], total=150), folders(*many[100:], total=150), *[folders()] * 150)
    assert len(found) == 151
    assert [parameters["PageNumber"] for _operation, parameters in cloud.calls[1:3]] == [1, 2]


@pytest.mark.parametrize("answers, words", [
    pytest.param([folders(total=1)], f"counted 1 folders in {ROOT} and returned 0", id="lost"),
    pytest.param([folders(("fd-a", "a")), folders(("fd-a", "a"))], "folder fd-a is listed twice", id="moved"),
    pytest.param([{}], "does not contain this list", id="empty answer"),
    pytest.param([folders(), folders()], "folder fd-z of account 2000000000000001 is missing", id="deleted before"),
    pytest.param([CloudError("ListFoldersForParent", "EntityNotExists.Folder", "No.", "1", 404)], f"folder {ROOT} was deleted", id="deleted"),
])
def test_incomplete_folders_are_an_error(answers, words):
    with pytest.raises(AccountsError, match="The list of folders may be incomplete") as error:
        paths_of(*answers, unit="fd-z")
    assert words in str(error.value)


@pytest.mark.parametrize("options, words", [
    ({"protocol": "ftp"}, "value of protocol must be one of: https, http"),
    ({"endpoints": {"nothing": "x"}}, "nothing"),
    ({"assume_role": {}}, "role_arn"),
    ({"assume_role": {"role_arn": "admin"}}, "assume_role: role_arn: 'admin' is not the ARN of a role"),
])
def test_wrong_options_are_an_error(options, words):
    with pytest.raises(AccountsError) as error:
        Connection(options)
    assert words in str(error.value)
