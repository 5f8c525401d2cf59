# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The activation of SLS in an account.

Sources: the help pages "GetSlsService" and "OpenSlsService" (2020-12-30, and their earlier editions, 2019-10-23) and
"ServiceStatus". What other operations answer without activation: assumption alibaba-sls-activation.
"""
from __future__ import annotations

from typing import Any

from ..errors import CloudError
from ..operations import rest, rpc
from ..request import ApiRequest

ENDPOINT_REGIONS = ("cn-shanghai", "ap-southeast-1")
# Operations that need no activation. The creation of a project activates the service.
_BEFORE = ("CreateProject", "GetSlsService", "OpenSlsService")
_DONE = {"Code": "200", "Message": "successful", "Success": True}


def require(request: ApiRequest) -> None:
    """Refuse an operation of SLS in an account in which SLS was never activated.

    :raises CloudError: it is such an operation.
    """
    if request.operation.product == "Sls" and request.operation.name not in _BEFORE and not request.account.has_sls:
        raise CloudError(401, "Unauthorized", f"AccessKeyId {request.credential.access_key_id} is inactive")


def _resource(request: ApiRequest) -> str:
    return f"acs:log:*:{request.caller.account_id}:service"


@rest(
    "GetSlsService", "GET", "/slsservice", action="log:GetSlsService", read_only=True, resources=_resource,
    in_project=False,
)
def get_sls_service(request: ApiRequest) -> dict[str, Any]:
    """Whether SLS is activated."""
    _check_endpoint(request)
    return {"enabled": request.account.has_sls, "status": _status(request)}


@rest(
    "OpenSlsService", "POST", "/slsservice", action="log:OpenSlsService", read_only=False, resources=_resource,
    in_project=False,
)
def open_sls_service(request: ApiRequest) -> None:
    """Activate SLS."""
    _check_endpoint(request)
    request.account.has_sls = True


@rpc("Sls", "2019-10-23", "GetSlsService", action="log:GetSlsService", read_only=True, resources=_resource)
def get_sls_service_2019(request: ApiRequest) -> dict[str, Any]:
    """The same in the earlier API."""
    return {**_DONE, "Enabled": request.account.has_sls, "Status": _status(request)}


@rpc("Sls", "2019-10-23", "OpenSlsService", action="log:OpenSlsService", read_only=False, resources=_resource)
def open_sls_service_2019(request: ApiRequest) -> dict[str, Any]:
    """The same in the earlier API."""
    request.account.has_sls = True
    return _DONE


def _status(request: ApiRequest) -> str:
    return "Opened" if request.account.has_sls else "NotExist"


def _check_endpoint(request: ApiRequest) -> None:
    if request.region not in ENDPOINT_REGIONS:
        raise CloudError(400, "ParameterInvalid", f"The activation is served in {' and '.join(ENDPOINT_REGIONS)} only, not in"
                                                  f" {request.region}.")
