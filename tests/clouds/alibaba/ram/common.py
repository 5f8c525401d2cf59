# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What operations of RAM have in common: names, documents, resources of permissions, looking things up, paging.

Errors and their statuses: the RAM help pages "Error messages" and those of the operations. Limits: "Limitations".
"""
from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from .. import policy
from ..errors import CloudError
from ..parameters import Number, Text
from .state import CUSTOM, SYSTEM

if TYPE_CHECKING:
    from ..request import ApiRequest

Entity = TypeVar("Entity")

PRODUCT, VERSION = "Ram", "2015-05-01"


# Parameters

@dataclass(frozen=True)
class Sized(Text):
    """Text with an error of its own for its length, and another for its characters; ``code`` is how both begin."""

    def read(self, name: str, value: Any) -> str:
        if not isinstance(value, str):
            raise self.bad(name, "it is not a string")
        if self.length and not self.length[0] <= len(value) <= self.length[1]:
            raise CloudError(400, f"{self.code}.Length",
                             f"{name} has {self.length[0]} to {self.length[1]} characters, not {len(value)}.")
        if self.pattern and not re.fullmatch(self.pattern, value):
            raise CloudError(400, f"{self.code}.InvalidChars", f"{name} has a character that it may not have.")
        return value


@dataclass(frozen=True)
class Document(Sized):
    """A policy.

    :param grammar: reads one, or raises a PolicyError.
    """

    grammar: Callable[[str], Any] = policy.parse

    def read(self, name: str, value: Any) -> str:
        text = super().read(name, value)
        try:
            self.grammar(text)
        except policy.PolicyError as error:
            raise CloudError(400, "MalformedPolicyDocument", f"{name}: {error}.") from None
        return text


def text(name: str, most: int, pattern: str | None = None, *, required: bool = False) -> Sized:
    """A parameter that is text of at least one character."""
    return Sized(required=required, code=f"InvalidParameter.{name}", length=(1, most), pattern=pattern)


def policy_document(name: str) -> Document:
    """A parameter that says what somebody may do."""
    return Document(required=True, code=f"InvalidParameter.{name}", length=(1, 6144))


def trust_document(name: str, *, required: bool) -> Document:
    """A parameter that says who may assume a role: assumption alibaba-trust-policy-length."""
    return Document(required=required, code=f"InvalidParameter.{name}", length=(1, 2048), grammar=policy.parse_trust)


ROLE_NAME = text("RoleName", 64, r"[A-Za-z0-9.-]+", required=True)
USER_NAME = text("UserName", 64, r"[A-Za-z0-9._-]+", required=True)
POLICY_NAME = text("PolicyName", 128, r"[A-Za-z0-9-]+", required=True)
POLICY_TYPE = Text(required=True, code="InvalidParameter.PolicyType", choices=(CUSTOM, SYSTEM))
MARKER = Text()
MAX_ITEMS = Number(code="InvalidParameter.MaxItems", minimum=1, maximum=1000)


# Resources, as policies name them. The region is empty, so that a policy may write an asterisk or nothing.

def role_resource(request: ApiRequest) -> str:
    """The role of a request. Its name is in lower case, as in its ARN."""
    return f"acs:ram::{request.account.id}:role/{request['RoleName'].lower()}"


def all_roles(request: ApiRequest) -> str:
    """The roles of an account."""
    return f"acs:ram::{request.account.id}:role/*"


def user_resource(request: ApiRequest) -> str:
    """The user of a request; without a name, the caller."""
    return f"acs:ram::{request.account.id}:user/{request.get('UserName', request.caller.name)}"


def all_users(request: ApiRequest) -> str:
    """The users of an account."""
    return f"acs:ram::{request.account.id}:user/*"


def policy_resource(request: ApiRequest) -> str:
    """The policy of a request."""
    owner = "system" if request.get("PolicyType") == SYSTEM else request.account.id
    return f"acs:ram::{owner}:policy/{request['PolicyName']}"


def all_policies(request: ApiRequest) -> list[str]:
    """The policies of an account, those of the system, or both."""
    owners = {CUSTOM: request.account.id, SYSTEM: "system"}
    kinds = [request["PolicyType"]] if "PolicyType" in request else owners
    return [f"acs:ram::{owners[kind]}:policy/*" for kind in kinds]


# Things

def new_id(first: str) -> str:
    """An id of 18 digits; the first says what it is of."""
    return first + "".join(secrets.choice("0123456789") for _position in range(17))


def found(entity: Entity | None, kind: str, name: str) -> Entity:
    """The entity, if there is one.

    :param kind: as errors name it, such as ``Role``.
    :raises CloudError: there is none.
    """
    if entity is None:
        raise CloudError(404, f"EntityNotExist.{kind}", f"There is no {kind} {name}.")
    return entity


def check_new(there: bool, kind: str, name: str) -> None:
    """Check that an entity can be created.

    :raises CloudError: there is one of this name.
    """
    if there:
        raise CloudError(409, f"EntityAlreadyExists.{kind}", f"There is a {kind} {name} already.")


def check_limit(kind: str, number: int, most: int) -> None:
    """Check that there can be one more.

    :raises CloudError: there are as many as there can be.
    """
    if number >= most:
        raise CloudError(409, f"LimitExceeded.{kind}", f"There can be {most}.")


# Paging

def page(
    request: ApiRequest, entities: list[Entity], key: Callable[[Entity], str]
) -> tuple[list[Entity], dict[str, Any]]:
    """The entities of one answer, in the order of their names, and what it says of the rest.

    The marker is the key of the last entity, so that nothing is left out when entities come and go between two calls.

    :param key: identifies an entity, and is what entities are sorted by.
    """
    after = unpack(request["Marker"], "Marker") if "Marker" in request else ""
    rest = sorted((entity for entity in entities if key(entity) > after), key=key)
    most = request.get("MaxItems", 100)
    if len(rest) <= most:
        return rest, {"IsTruncated": False}
    return rest[:most], {"IsTruncated": True, "Marker": pack(key(rest[most - 1]))}


def pack(key: str) -> str:
    """A marker, opaque to clients."""
    return base64.urlsafe_b64encode(key.encode()).decode()


def unpack(marker: str, name: str) -> str:
    """The key in a marker.

    :param name: of the parameter.
    :raises CloudError: it is not from an answer.
    """
    try:
        return base64.b64decode(marker, altchars=b"-_", validate=True).decode()
    except ValueError:
        raise CloudError(400, f"InvalidParameter.{name}", f"{name} is not one of an answer.") from None
