# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trusted services, and members that are their delegated administrators.

How many there may be: assumption alibaba-actiontrail-delegated-administrators.
"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..directory import ACTIONTRAIL, LOG_AUDIT, Delegation
from ..errors import CloudError
from ..operations import rpc
from ..parameters import Number, Text
from .common import (
    PAGES, PRODUCT, VERSION, account_id, account_resource, exact, found_member, managed, page, readable, token_page,
)

if TYPE_CHECKING:
    from ..request import ApiRequest

# Those for which there can be one, with how many there can be.
_MOST = {ACTIONTRAIL: 1, LOG_AUDIT: 5, "cloudfw.aliyuncs.com": 5, "config.aliyuncs.com": 5, "sas.aliyuncs.com": 5}


@rpc(
    PRODUCT, VERSION, "RegisterDelegatedAdministrator", action="resourcemanager:RegisterDelegatedAdministrator",
    read_only=False, resources=account_resource, AccountId=account_id(), ServicePrincipal=Text(required=True),
)
def register_delegated_administrator(request: ApiRequest) -> None:
    """Make a member delegated administrator of a service."""
    directory, service = managed(request), _service(request)
    if request["AccountId"] == directory.manager:
        raise CloudError(409, "CannotRegisterMasterAsDelegatedAdministrator",
                         "The management account can't be a delegated administrator.")
    member = found_member(directory.members.get(request["AccountId"]))
    if directory.is_delegated(member.account_id, service):
        raise CloudError(409, "AccountAlreadyRegistered", "The account is a delegated administrator of the service.")
    if sum(item.service == service for item in directory.delegations.all()) >= _MOST[service]:
        raise CloudError(409, "DelegatedAccountNumberExceeded",
                         "The service has as many delegated administrators as it can have.")
    directory.delegations.put((service, member.account_id), Delegation(member.account_id, service, request.now))
    directory.trusted.setdefault(service, request.now)


@rpc(
    PRODUCT, VERSION, "DeregisterDelegatedAdministrator", action="resourcemanager:DeregisterDelegatedAdministrator",
    read_only=False, resources=account_resource, AccountId=account_id(), ServicePrincipal=Text(required=True),
)
def deregister_delegated_administrator(request: ApiRequest) -> None:
    """End that a member is delegated administrator of a service."""
    directory, service = managed(request), _service(request)
    if not directory.is_delegated(request["AccountId"], service):
        raise CloudError(409, "AccountNotRegistered", "The account is no delegated administrator of the service.")
    directory.delegations.delete((service, request["AccountId"]))


@rpc(
    PRODUCT, VERSION, "ListDelegatedAdministrators", action="resourcemanager:ListDelegatedAdministrators",
    read_only=True, ServicePrincipal=Text(), **PAGES,
)
def list_delegated_administrators(request: ApiRequest) -> dict[str, Any]:
    """The delegated administrators of one service or of all."""
    directory = managed(request)
    if "ServicePrincipal" in request:
        _service(request)
    listed, counts = page(request, [
        item for item in directory.delegations.all_seen()
        if request.get("ServicePrincipal") in (None, item.service) and directory.members.get(item.account_id)
    ])
    return {**counts, "Accounts": {"Account": [
        {
            "AccountId": item.account_id, "ServicePrincipal": item.service,
            "DelegationEnabledTime": _milliseconds(item.since),
            "DisplayName": directory.members.get(item.account_id).display_name,
            "JoinMethod": "invited" if directory.members.get(item.account_id).invited else "created",
        }
        for item in listed
    ]}}


@rpc(
    PRODUCT, VERSION, "ListDelegatedServicesForAccount", action="resourcemanager:ListDelegatedServicesForAccount",
    read_only=True, resources=account_resource, AccountId=account_id(), NextToken=Text(),
    MaxResults=Number(minimum=1, maximum=100),
)
def list_delegated_services_for_account(request: ApiRequest) -> dict[str, Any]:
    """The services of which a member is delegated administrator."""
    directory = managed(request)
    found_member(directory.members.seen(request["AccountId"]))
    listed, token = token_page(request, [
        item for item in directory.delegations.all_seen() if item.account_id == request["AccountId"]
    ])
    return {"MaxResults": request.get("MaxResults", 10), "NextToken": token, "DelegatedServices": {
        "DelegatedService": [
            {"ServicePrincipal": item.service, "Status": "ENABLED", "DelegationEnabledTime": _milliseconds(item.since)}
            for item in listed
        ],
    }}


@rpc(
    PRODUCT, VERSION, "ListTrustedServiceStatus", action="resourcemanager:ListTrustedServiceStatus", read_only=True,
    AdminAccountId=account_id(required=False), **PAGES,
)
def list_trusted_service_status(request: ApiRequest) -> dict[str, Any]:
    """The services with access to the directory, in its management account or in a delegated administrator's."""
    directory = readable(request)
    admin = request.get("AdminAccountId", directory.manager)
    if admin != directory.manager:
        found_member(directory.members.seen(admin))
    listed, counts = page(request, [
        (service, since) for service, since in directory.trusted.items()
        if admin == directory.manager or directory.is_delegated(admin, service)
    ])
    return {**counts, "EnabledServicePrincipals": {"EnabledServicePrincipal": [
        {"ServicePrincipal": service, "EnableTime": exact(since)} for service, since in listed
    ]}}


def _service(request: ApiRequest) -> str:
    service = request["ServicePrincipal"]
    if service not in _MOST:
        raise CloudError(409, "InvalidParameter.ServicePrincipal", f"{service} has no delegated administrators.")
    return service


def _milliseconds(seconds: float) -> str:
    return str(int(seconds * 1000))
