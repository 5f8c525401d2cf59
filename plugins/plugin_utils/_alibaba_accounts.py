# SPDX-License-Identifier: GPL-3.0-or-later
"""The accounts and folders of a resource directory, all of them or none. Private."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, NoReturn

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values

from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba import credentials, sessions
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.client import Cloud, connection_options
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.directory import PAGE, PRODUCT, status_of
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._alibaba.errors import CloudError
from ansible_collections.crossaccount.audit_logs.plugins.module_utils._secrets import without_secrets

from ._accounts import AccountsError, Organization, check, incomplete, pages

_WHO = "credentials of the management account or of a delegated administrator of a trusted service"


class Directory(NamedTuple):
    """A resource directory, with its management account."""

    id: str
    root: str
    manager: dict[str, Any]


class Connection:
    """What Cloud needs of an Ansible module: the options, and a way to end with a sentence.

    :param options: by the names that the modules have; None stands for what is not given.
    :raises AccountsError: an option is wrong.
    """

    def __init__(self, options: dict[str, Any]) -> None:
        self.no_log_values: set[str] = set()
        given = {name: value for name, value in options.items() if value is not None}
        checked = ArgumentSpecValidator(connection_options()).validate(given)
        self.params = checked.validated_parameters
        if checked.error_messages:
            self.fail_json("; ".join(checked.error_messages))
        problem = self.params["assume_role"] and sessions.problem(self.params["assume_role"])
        if problem:
            self.fail_json(f"assume_role: {problem}")

    def fail_json(self, msg: str, **_result: Any) -> NoReturn:
        """End. Services and SDKs repeat secrets in their messages."""
        credentials.hide_given(self)
        raise AccountsError(remove_values(without_secrets(msg), self.no_log_values))

    def fail_for(self, error: CloudError, what: str, advice: str = "") -> NoReturn:
        """End with the service's refusal.

        :param what: that was tried, such as "assume the role x".
        """
        self.fail_json(f"Could not {what}: {error}" + (advice and f": {advice}"))

    def base_account(self, cloud: Cloud) -> str:
        """Id of the account to which the credentials belong before a role is assumed.

        :param cloud: of this connection.
        """
        base = Cloud(Connection({**self.params, "assume_role": None})) if self.params["assume_role"] else cloud
        try:
            return base.call("sts", "GetCallerIdentity")["AccountId"]
        except CloudError as error:
            self.fail_for(error, "get the account of the credentials", "give valid credentials")
        except KeyError as error:
            self.fail_json(f"The response to GetCallerIdentity has no {error}. Check endpoints and http_proxy")


class Reader:
    """Makes the calls.

    :param connection: whose errors it raises.
    """

    def __init__(self, connection: Connection, cloud: Cloud) -> None:
        self._connection = connection
        self._cloud = cloud

    def describe(self) -> Directory:
        """The directory to which the account of the credentials belongs."""
        found = self._call("GetResourceDirectory").get("ResourceDirectory") or {}
        try:
            manager = {
                "id": found["MasterAccountId"], "name": found.get("MasterAccountName") or found["MasterAccountId"],
                "status": "CreateSuccess", "joined": _date(found.get("CreateTime")), "unit": found["RootFolderId"], "tags": {},
            }
            return Directory(found["ResourceDirectoryId"], found["RootFolderId"], manager)
        except KeyError as error:
            self._connection.fail_json(f"The response to GetResourceDirectory has no {error}. Check endpoints and http_proxy")

    def read(self, directory: Directory, paths: bool, tags: bool) -> Organization:
        """All accounts: the management account and the members.

        :param paths: whether to read the folders.
        :param tags: whether to read the tags of the members; the management account has none here.
        :raises AccountsError: a call fails, or accounts are missing.
        """
        accounts = self._members(tags)
        if all(account["id"] != directory.manager["id"] for account in accounts):  # assumption alibaba-directory-members
            accounts.insert(0, directory.manager)
        check(accounts, "accounts")
        found = Organization(directory.id, accounts, has_tags=tags)
        if paths:
            found.units = self._folders(directory)
            for account in accounts:
                if account["unit"] not in found.units:
                    raise incomplete("folders", f"folder {account['unit']} of account {account['id']} is missing")
        return found

    def _members(self, tags: bool) -> list[dict[str, Any]]:
        options = {"MaxResults": PAGE, **({"IncludeTags": True} if tags else {})}
        most = 0

        def fetch(token):
            nonlocal most
            body = self._call("ListAccounts", **options, **({"NextToken": token} if token else {}))
            most = max(most, body.get("TotalCount") or 0)
            return _items(body, "Accounts", "Account"), body.get("NextToken")

        found = [_account(member) for member in pages(fetch, "accounts")]
        # More accounts than the service counted are no error: assumption alibaba-directory-page-counts.
        if len(found) < most:
            raise incomplete("accounts", f"the service counted {most} members and returned {len(found)}")
        return found

    def _folders(self, directory: Directory) -> dict[str, dict]:
        """Name and parent of each folder, by id."""
        found: dict[str, dict] = {directory.root: {"name": "Root", "parent": None}}
        left = [directory.root]
        while left:
            parent = left.pop()
            for folder in self._subfolders(parent):
                if folder["FolderId"] in found:
                    raise incomplete("folders", f"folder {folder['FolderId']} is listed twice")
                found[folder["FolderId"]] = {"name": folder["FolderName"], "parent": parent}
                left.append(folder["FolderId"])
        return found

    def _subfolders(self, parent: str) -> Iterator[dict[str, Any]]:
        count, number = 0, 1
        while True:
            body = self._call("ListFoldersForParent", ParentFolderId=parent, PageNumber=number, PageSize=PAGE)
            page = _items(body, "Folders", "Folder")
            yield from page
            count, number = count + len(page), number + 1
            if len(page) < PAGE:
                break
        if count != body.get("TotalCount", count):
            raise incomplete("folders", f"the service counted {body['TotalCount']} folders in {parent} and returned {count}")

    def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        try:
            return self._cloud.call(PRODUCT, operation, **parameters)
        except CloudError as error:
            if error.code == "EntityNotExists.Folder":
                raise incomplete("folders", f"folder {parameters.get('ParentFolderId')} was deleted meanwhile") from None
            self._connection.fail_for(error, "read the resource directory", _advice(error, operation))


def _advice(error: CloudError, operation: str) -> str:
    if error.is_throttling:
        return "the service still throttled the call after several retries; run the command again later"
    if error.code is None or error.is_uncertain:
        return "the service did not respond, even after several retries; run the command again later"
    if error.is_one_of(("ResourceDirectoryNotInUse",)):
        return f"the account of the credentials is in no resource directory; use {_WHO}"
    # assumption alibaba-directory-refusal-codes
    return f"use {_WHO}, and allow resourcemanager:{operation}"


def _items(body: dict[str, Any], plural: str, singular: str) -> list[dict[str, Any]]:
    found = (body.get(plural) or {}).get(singular)
    if found is None:
        raise incomplete(plural.lower(), "a response of the service does not contain this list")
    return found


def _account(member: dict[str, Any]) -> dict[str, Any]:
    try:
        return {
            "id": member["AccountId"], "name": member.get("DisplayName") or member["AccountId"],
            "status": status_of(member),
            "joined": _date(member.get("JoinTime")), "unit": member["FolderId"],
            "tags": {tag["Key"]: tag.get("Value") or "" for tag in (member.get("Tags") or {}).get("Tag") or []},
        }
    except KeyError as error:
        raise incomplete("accounts", f"an account has no {error}") from None


def _date(time: str | None) -> str:
    """The date in a time such as 2026-01-31T23:59:59.123Z."""
    return (time or "")[:10]
