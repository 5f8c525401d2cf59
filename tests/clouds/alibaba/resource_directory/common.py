# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What operations of Resource Directory have in common: who may call, paging, looking things up, texts."""
from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from ..directory import Directory, Folder, Member
from ..errors import CloudError
from ..parameters import Items, Number, Structure, Text

if TYPE_CHECKING:
    from ..request import ApiRequest

PRODUCT, VERSION = "ResourceDirectoryMaster", "2022-04-19"
PAGES = {"PageNumber": Number(minimum=1), "PageSize": Number(minimum=1, maximum=100)}


@dataclass(frozen=True)
class Named(Text):
    """Text with an error of its own for its length.

    :param code: of the other errors; that for the length has ``.Length`` after it.
    """

    def read(self, name: str, value: Any) -> str:
        least, most = self.length
        if not isinstance(value, str) or not least <= len(value) <= most:
            raise CloudError(400, f"{self.code}.Length", f"The length of {name} is not within {least} to {most}.")
        if not re.fullmatch(self.pattern, value):
            raise self.bad(name, f"it does not match {self.pattern}")
        return value


def account_id(required: bool = True) -> Text:
    """The parameter AccountId."""
    return Text(required=required, pattern=r"[0-9]{15,20}", code="InvalidParameter.AccountId",
                missing="MissingParameter.AccountId")


def folder_id(name: str = "FolderId", required: bool = True) -> Text:
    """A parameter with the id of a folder, by its name."""
    return Text(required=required, pattern=r"r-[A-Za-z0-9]{6}|fd-[A-Za-z0-9]{10}", code=f"InvalidParameter.{name}",
                missing=f"MissingParameter.{name}")


TAGS = Items(
    item=Structure(fields={"Key": Text(required=True, length=(1, 128)), "Value": Text(length=(0, 128))}), most=20
)


def managed(request: ApiRequest) -> Directory:
    """The directory that the caller's account manages.

    :raises CloudError: the account manages none; the code: assumption alibaba-directory-refusal-codes.
    """
    directory = request.cloud.directory
    if request.account.id != directory.manager:
        raise CloudError(404, "EntityNotExists.ResourceDirectory",
                         "The account is not the management account of a resource directory.")
    return directory


def readable(request: ApiRequest) -> Directory:
    """The directory that the caller's account may look into: as its manager or a delegated administrator.

    :raises CloudError: it may look into none.
    """
    directory = request.cloud.directory
    if any(delegation.account_id == request.account.id for delegation in directory.delegations.all_seen()):
        return directory
    return managed(request)


def found_member(member: Member | None) -> Member:
    """A member, if there is one.

    :raises CloudError: there is none.
    """
    if not member:
        raise CloudError(404, "EntityNotExists.Account", "The account is not a member of the resource directory.")
    return member


def found_folder(folder: Folder | None) -> Folder:
    """A folder, if there is one.

    :raises CloudError: there is none.
    """
    if not folder:
        raise CloudError(404, "EntityNotExists.Folder", "There is no such folder in the resource directory.")
    return folder


def account_resource(request: ApiRequest) -> str:
    """The member of a request, or any, as policies name it."""
    return f"acs:resourcemanager::{request.account.id}:account/{request.get('AccountId', '*')}"


def folder_resource(request: ApiRequest) -> str:
    """The folder of a request, or any, as policies name it."""
    return f"acs:resourcemanager::{request.account.id}:folder/{request.get('FolderId', '*')}"


def page(request: ApiRequest, items: Sequence[Any]) -> tuple[Sequence[Any], dict[str, int]]:
    """One page of a listing, and what the answer says of it."""
    number, size = request.get("PageNumber", 1), request.get("PageSize", 10)
    return items[(number - 1) * size:number * size], {
        "PageNumber": number, "PageSize": size, "TotalCount": len(items),
    }


def token_page(request: ApiRequest, items: Sequence[Any]) -> tuple[Sequence[Any], str]:
    """One page of a listing that goes on with a token, and the token of the next page; empty: there is none.

    :raises CloudError: the token is not one of ours.
    """
    token = request.get("NextToken") or "0"
    if not re.fullmatch(r"[0-9]{1,9}", token):
        raise CloudError(400, "InvalidParameter.NextToken", "The NextToken is invalid.")
    end = int(token) + request.get("MaxResults", 10)
    return items[int(token):end], str(end) if end < len(items) else ""


def tags_of(request: ApiRequest) -> dict[str, str]:
    """The tags in a request."""
    return {tag["Key"]: tag.get("Value", "") for tag in request.get("Tag", [])}


def tag_list(tagged: Folder | Member) -> list[dict[str, str]]:
    """Tags as answers have them."""
    return [{"Key": key, "Value": value} for key, value in tagged.tags.items()]


def matches(request: ApiRequest, tagged: Folder | Member, name: str) -> bool:
    """Whether a listing wants something, by its name and its tags."""
    wanted = request.get("Tag", [])
    return request.get("QueryKeyword", "") in name and all(
        tag["Key"] in tagged.tags and tag.get("Value") in (None, tagged.tags[tag["Key"]]) for tag in wanted
    )


def exact(seconds: float) -> str:
    """Such as ``2026-01-31T23:59:59.123Z``."""
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
