# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Audit events: what ActionTrail knows of a call.

Sources: the help pages "Management event structure", "Sample event logs for role assuming", "STS" and "ActionTrail"
of ActionTrail. AssumeRole: assumption alibaba-actiontrail-assume-role-events. Calls that were denied: assumption
alibaba-actiontrail-denied-calls. Services without a region: assumption
alibaba-actiontrail-global-event-region.
"""
from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

from ..clock import iso
from .errors import CloudError
from .principals import describe
from .request import ApiRequest

# Services that are in no region; their events carry the one in which the account has them stored.
_GLOBAL = frozenset({"Ram", "Sts", "ResourceDirectoryMaster"})
_HOSTS = {
    "Actiontrail": "actiontrail.{region}.aliyuncs.com",
    "Ram": "ram.aliyuncs.com",
    "ResourceDirectoryMaster": "resourcedirectory.aliyuncs.com",
    "Sls": "{region}.log.aliyuncs.com",
    "Sts": "sts.aliyuncs.com",
}
# Product of a resource name, and the one in types of resources.
_PRODUCTS = {
    "log": "SLS", "ram": "RAM", "resourcedirectory": "ResourceManager",
    "resourcemanager": "ResourceManager",
}
_KINDS = {"logstore": "Logstore", "mfa": "MFADevice", "serverdomain": "Domain"}
_SECRET = frozenset({"accesskeysecret", "password", "securitytoken", "signature", "secret"})


def new_id() -> str:
    """An id such as requests and events have."""
    return str(uuid.uuid4()).upper()


def record(request: ApiRequest, error: CloudError | None) -> dict[str, Any]:
    """Make the event of a call and keep it in its account: the one that the caller's credentials belong to."""
    event = dict(_fields(request, error))
    request.account.events.add(event)
    return event


def _fields(request: ApiRequest, error: CloudError | None) -> Iterator[tuple[str, Any]]:
    operation = request.operation
    everywhere = operation.product in _GLOBAL
    source = _source(request)
    parameters = dict(_parameters(request, source))
    resources = _referenced(request)
    yield "eventId", request.id
    yield "eventVersion", 1
    yield "eventType", "ApiCall"
    yield "eventCategory", "Management"
    yield "eventName", operation.name
    yield "eventRW", "Read" if operation.read_only else "Write"
    yield "eventSource", source
    yield "eventTime", iso(request.now)
    yield "acsRegion", request.account.storage_region if everywhere else request.region
    yield "isGlobal", everywhere
    yield "apiVersion", operation.version
    yield "serviceName", operation.product
    yield "recipientAccountId", request.account.id
    yield "requestId", request.id
    yield "requestParameters", parameters
    yield "requestParameterJson", json.dumps(parameters, ensure_ascii=False, separators=(",", ":"))
    yield "sourceIpAddress", request.http.source_ip
    yield "userAgent", request.http.headers.get("user-agent", "")
    yield "userIdentity", _identity(request)
    yield "additionalEventData", {"Scheme": "https"}
    if resources:
        yield "referencedResources", resources
        # A list of types, and the names of each type, in the same order.
        yield "resourceType", ";".join(resources)
        yield "resourceName", ";".join(",".join(names) for names in resources.values())
    if error:
        yield "errorCode", error.code
        yield "errorMessage", error.message
    elif not operation.read_only:
        yield "responseElements", {"RequestId": request.id, **_without_secrets(request.output)}


def _source(request: ApiRequest) -> str:
    if request.http.host.endswith(".aliyuncs.com"):
        return request.http.host
    # Reached directly, by address.
    return _HOSTS[request.operation.product].format(region=request.region)


def _parameters(request: ApiRequest, host: str) -> Iterator[tuple[str, Any]]:
    yield "AcsHost", host
    yield "AcsProduct", request.operation.product
    yield "HostId", host
    yield "Region", request.region
    yield "RegionId", request.region
    yield "RequestId", request.id
    if request.caller.session:
        yield "stsTokenPrincipalName", f"{request.caller.name}/{request.caller.session}"
    if request.project:
        yield "project", request.project
    for name, value in request.input.items():
        yield from _flat(name, value)


def _flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """A parameter as the RPC style sends it: ``Tag.1.Key``."""
    if name.rsplit(".", 1)[-1].lower() in _SECRET:
        return
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _flat(f"{name}.{key}", item)
    elif isinstance(value, list):
        for number, item in enumerate(value, 1):
            yield from _flat(f"{name}.{number}", item)
    elif not isinstance(value, bytes):
        yield name, value


def _identity(request: ApiRequest) -> dict[str, Any]:
    identity = describe(request.caller, request.credential)
    if request.credential.token:
        identity["sessionContext"] = {
            "attributes": {"creationDate": iso(request.credential.issued), "mfaAuthenticated": "false"}
        }
    return identity


def _referenced(request: ApiRequest) -> dict[str, list[str]]:
    """Names of resources by their types, from what the caller needed to be allowed for."""
    if request.operation.product == "Actiontrail" and request.get("Name"):  # permissions for its operations have no resources
        return {"ACS::ActionTrail::Trail": [request["Name"]]}
    try:
        resources = request.operation.resources(request)
    except (CloudError, KeyError):
        # Refused before it was clear what was meant.
        return {}
    referenced: dict[str, list[str]] = {}
    for resource in [resources] if isinstance(resources, str) else resources:
        _acs, product, _region, _account, path = (*resource.split(":", 4), "", "", "", "")[:5]
        parts = path.split("/")
        for kind, name in zip(parts[::2], parts[1::2]):
            if product in _PRODUCTS and name and "*" not in name:
                names = referenced.setdefault(f"ACS::{_PRODUCTS[product]}::{_KINDS.get(kind, kind.capitalize())}", [])
                if name not in names:
                    names.append(name)
    return referenced


def _without_secrets(output: Any) -> dict[str, Any]:
    if not isinstance(output, dict):
        return {}
    return {
        name: _without_secrets(value) if isinstance(value, dict) else value
        for name, value in output.items() if name.lower() not in _SECRET
    }
