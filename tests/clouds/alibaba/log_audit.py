# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Log Audit Service: the application ``audit`` of an account, and which accounts' logs it collects.

Sources: aliyun/terraform-provider-alicloud (alicloud_log_audit), the request and response classes of the older SDKs,
and the help pages "Log Audit Service". The codes of the refusals, but AppNotExist: assumption alibaba-log-audit-error-codes.
"""
from __future__ import annotations

import fnmatch
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from . import authorization
from .cloud import Cloud
from .directory import LOG_AUDIT
from .errors import CloudError
from .log_audit_map import LOGS, SAS, SAS_TTL, CollectedAccounts, check_map, read_accounts
from .operations import rpc
from .parameters import Json, Mapped, Parameter, Structure, Text
from .request import ApiRequest
from .sls.provision import ensure_logstore, ensure_project

APP = "audit"
_VERSION = "2019-10-23"
_DONE = {"Code": "200", "Message": "successful", "Success": True}


@dataclass(frozen=True)
class LogAuditApp:
    """The application of a central account.

    :param variables: the map as it was last sent; uids stay numbers or strings as they came.
    :param created: seconds since 1970.
    """

    display_name: str
    variables: Mapping[str, str]
    created: float
    updated: float

    @property
    def region(self) -> str:
        """Of the central project."""
        return self.variables["region"]

    @property
    def project(self) -> str:
        """The central project."""
        return self.variables["project"]

    @property
    def accounts(self) -> CollectedAccounts:
        """Whose logs are collected, beside those of the central account itself."""
        return read_accounts(self.variables)

    def collects(self, logs: str) -> bool:
        """Whether a kind of logs, such as ``actiontrail``, is switched on."""
        return self.variables.get(f"{logs}_enabled", "false") == "true"

    def ttl(self, logs: str) -> int:
        """For how many days a kind of logs is kept."""
        return int(self.variables.get(f"{logs}_ttl", LOGS[logs].ttl))


def _refuse_if_sent(*names: str) -> dict[str, Parameter]:
    return {name: _ConsoleOnly() for name in names}


class _ConsoleOnly(Text):
    """A parameter that nobody documents; consoles send it."""

    def read(self, name: str, value: Any) -> str:
        raise CloudError(501, "NotImplemented", f"The local Alibaba Cloud does not know what {name} means.")


class _AnyValue(Parameter):
    """A value of the map, of any type: which keys take what is up to _treated()."""

    def read(self, name: str, value: Any) -> Any:
        return value


def _app_resource(request: ApiRequest) -> str:
    return f"acs:log:*:{request.caller.account_id}:app/{request.get('AppName', APP)}"


@rpc(
    "Sls", _VERSION, "AnalyzeAppLog", action="log:CreateApp", read_only=False, resources=_app_resource,
    AppType=Text(required=True, choices=(APP,)), DisplayName=Text(required=True, length=(1, 128)),
    VariableMap=Json(required=True, content=Mapped(item=_AnyValue())), **_refuse_if_sent("SlsAccessToken"),
)
def analyze_app_log(request: ApiRequest) -> dict[str, Any]:
    """Set the application up, or replace its whole map: assumption alibaba-log-audit-map-overwrite.

    Which permissions it needs: assumption alibaba-log-audit-app-permissions.
    """
    if request.account.log_audit.get(APP):
        authorization.require(request, "log:UpdateApp", _app_resource(request))
    _set_up(request, request["DisplayName"], request["VariableMap"])
    return _DONE


@rpc(
    "Sls", _VERSION, "CreateApp", action="log:CreateApp", read_only=False, resources=_app_resource,
    AppName=Text(required=True, choices=(APP,)), DisplayName=Text(length=(0, 128)),
    Config=Json(required=True, content=Structure(fields={"initParam": Mapped(required=True)})),
    **_refuse_if_sent("ClientIp", "ClientToken", "SlsAccessToken"),
)
def create_app(request: ApiRequest) -> dict[str, Any]:
    """Set the application up, if it is not; without a name to display, it has an empty one."""
    if request.account.log_audit.get(APP):
        raise CloudError(409, "AppAlreadyExist", f"app {APP} already exists.")
    _set_up(request, request.get("DisplayName", ""), request["Config"]["initParam"])
    return {**_DONE, "AppName": APP}


@rpc(
    "Sls", _VERSION, "DescribeApp", action="log:GetApp", read_only=True, resources=_app_resource,
    AppName=Text(required=True), **_refuse_if_sent("ClientIp", "SlsAccessToken"),
)
def describe_app(request: ApiRequest) -> dict[str, Any]:
    """The application as it was last set up."""
    app = request.account.log_audit.seen(APP) if request["AppName"] == APP else None
    if not app:
        raise _no_app(request["AppName"])
    config = json.dumps({"initParam": app.variables}, separators=(",", ":"))
    return {**_DONE, "AppModel": {
        "AppName": APP, "DisplayName": app.display_name, "Uid": int(request.account.id), "Config": config,
    }}


@rpc(
    "Sls", _VERSION, "DeleteApp", action="log:DeleteApp", read_only=False, resources=_app_resource,
    AppName=Text(required=True), **_refuse_if_sent("ClientIp", "SlsAccessToken"),
)
def delete_app(request: ApiRequest) -> dict[str, Any]:
    """End the collection. Projects and logs stay: assumption alibaba-log-audit-delete."""
    if request["AppName"] != APP or not request.account.log_audit.get(APP):
        raise _no_app(request["AppName"])
    request.account.log_audit.delete(APP)
    return _DONE


def _set_up(request: ApiRequest, display_name: str, sent: Mapping[str, Any]) -> None:
    apps, now = request.account.log_audit, request.now
    before = apps.get(APP)
    variables = _treated(request.cloud, request.account.id, sent)
    accounts = read_accounts(variables)
    if accounts.directory:
        _check_directory(request.cloud, request.account.id, accounts)
    elif accounts.custom and before and before.accounts.directory:
        raise CloudError(400, "InvalidParameter", "The accounts of a resource directory are collected: this has to be "
                                                  "cleared before single accounts are named.")
    app = LogAuditApp(display_name, variables, before.created if before else now, now)
    _create_destinations(request.cloud, request.account.id, app)
    apps.put(APP, app)


def _treated(cloud: Cloud, account_id: str, sent: Mapping[str, Any]) -> dict[str, Any]:
    """The map as it is stored: what no document settles about a key is what the cloud was told.

    :raises CloudError: a key is refused.
    """
    said = {key: how for key in sent for pattern, how in cloud.log_audit_keys.items() if fnmatch.fnmatchcase(key, pattern)}
    check_map({key: Text().read(f"VariableMap.{key}", value) for key, value in sent.items() if key not in said}, account_id)
    return {key: value for key, value in sent.items() if said.get(key) != "dropped"}


def _check_directory(cloud: Cloud, central: str, accounts: CollectedAccounts) -> None:
    directory = cloud.directory
    if central != directory.manager and not directory.is_delegated(central, LOG_AUDIT):
        raise CloudError(403, "NoPermission", f"Account {central} is neither the management account of a resource "
                                              f"directory nor a delegated administrator of {LOG_AUDIT} there.")
    for member in accounts.custom:
        if not directory.is_member(member):
            raise CloudError(400, "InvalidParameter", f"Account {member} is no member of the resource directory.")


def _create_destinations(cloud: Cloud, account_id: str, app: LogAuditApp) -> None:
    """The central project, and a logstore for each kind of logs that is switched on, kept for as long as the map says.

    Logs that stay in the regions of their resources are not created: there are no such resources.
    """
    try:
        ensure_project(cloud, account_id, app.project, app.region, "Log Audit Service")
    except ValueError as error:
        raise CloudError(409, "ProjectAlreadyExist", str(error)) from None
    ttls: dict[str, int] = {}
    for name, logs in LOGS.items():
        if logs.logstore and app.collects(name):
            ttls[logs.logstore] = max(app.ttl(name), ttls.get(logs.logstore, 0))
    if any(app.variables.get(f"sas_{name}_enabled") == "true" for name in SAS):
        ttls["sas_log"] = int(app.variables.get("sas_ttl", SAS_TTL))
    for logstore, ttl in ttls.items():
        created = ensure_logstore(cloud, app.project, logstore, ttl)
        if (created.ttl, created.dedicated) != (ttl, True):
            cloud.sls.logstores.put(created.key, replace(created, ttl=ttl, dedicated=True, modified=cloud.clock.now()))


def _no_app(name: str) -> CloudError:
    return CloudError(404, "AppNotExist", f"app {name} does not exist.")
