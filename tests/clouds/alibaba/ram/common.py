# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What operations of RAM have in common: names, texts, resources of permissions, looking things up."""
from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import CloudError
from ..parameters import Items, Json, Structure, Text
from .state import CUSTOM, SYSTEM, ManagedPolicy, Role, User

if TYPE_CHECKING:
    from ..request import ApiRequest

PRODUCT, VERSION = "Ram", "2015-05-01"


@dataclass(frozen=True)
class Sized(Text):
    """Text with an error of its own for its length, and another for its characters.

    :param code: how both errors begin, such as ``InvalidParameter.RoleName``.
    """

    def read(self, name: str, value: Any) -> str:
        if not isinstance(value, str):
            raise self.bad(name, "it is not a string")
        if self.length and not self.length[0] <= len(value) <= self.length[1]:
            raise CloudError(400, f"{self.code}.Length", f"The length of {name} is not within {self.length[0]} to "
                                                         f"{self.length[1]} characters.")
        if self.pattern and not re.fullmatch(self.pattern, value):
            raise CloudError(400, f"{self.code}.InvalidChars", f"{name} has characters other than {self.pattern}.")
        return value


def _name(code: str, most: int, pattern: str) -> Sized:
    return Sized(required=True, code=f"InvalidParameter.{code}", length=(1, most), pattern=pattern)


ROLE_NAME = _name("RoleName", 64, r"[A-Za-z0-9.-]+")
USER_NAME = _name("UserName", 64, r"[A-Za-z0-9._-]+")
POLICY_NAME = _name("PolicyName", 128, r"[A-Za-z0-9-]+")
POLICY_TYPE = Text(required=True, code="InvalidParameter.PolicyType", choices=(CUSTOM, SYSTEM))
TAGS = Json(content=Items(item=Structure(fields={"Key": Text(required=True), "Value": Text()})))


def new_id(first: str) -> str:
    """An id of 18 digits; the first says what it is of."""
    return first + "".join(secrets.choice("0123456789") for _position in range(17))


def role_resource(request: ApiRequest) -> str:
    """The role of a request, as policies name it."""
    return f"acs:ram:*:{request.caller.account_id}:role/{request['RoleName']}"


def user_resource(request: ApiRequest) -> str:
    """The user of a request, as policies name it."""
    return f"acs:ram:*:{request.caller.account_id}:user/{request['UserName']}"


def policy_resource(request: ApiRequest) -> str:
    """The policy of a request, as policies name it."""
    owner = "system" if request.get("PolicyType") == SYSTEM else request.caller.account_id
    return f"acs:ram:*:{owner}:policy/{request['PolicyName']}"


def role_arn(request: ApiRequest, role: Role) -> str:
    """The name of a role in trust policies, in parameters and in answers."""
    return f"acs:ram::{request.account.id}:role/{role.name.lower()}"


def found_role(role: Role | None, name: str) -> Role:
    """The role, if there is one.

    :raises CloudError: there is none.
    """
    if not role:
        raise CloudError(404, "EntityNotExist.Role", f"The role not exists : {name} .")
    return role


def found_user(user: User | None, name: str) -> User:
    """The user, if there is one.

    :raises CloudError: there is none.
    """
    if not user:
        raise CloudError(404, "EntityNotExist.User", f"The user not exists : {name} .")
    return user


def found_policy(managed: ManagedPolicy | None, name: str) -> ManagedPolicy:
    """The policy, if there is one.

    :raises CloudError: there is none.
    """
    if not managed:
        raise CloudError(404, "EntityNotExist.Policy", f"The policy not exists : {name} .")
    return managed
