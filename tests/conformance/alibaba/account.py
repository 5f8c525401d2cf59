# Copyright (c) crossaccount.audit_logs contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An Alibaba Cloud account, and what checks create in it."""
from __future__ import annotations

import importlib
import json
import logging
import re
from collections.abc import Callable
from typing import Any

from ..account import PREFIX, Account, NotPossible
from ..clock import Clock
from ..undo import Undo

# Product: package of its SDK, and host of its endpoint.
PRODUCTS = {
    "ram": ("alibabacloud_ram20150501", "ram.aliyuncs.com"),
    "sts": ("alibabacloud_sts20150401", "sts.aliyuncs.com"),
    "sls": ("alibabacloud_sls20201230", "{region}.log.aliyuncs.com"),
    "actiontrail": ("alibabacloud_actiontrail20200706", "actiontrail.{region}.aliyuncs.com"),
    "resourcedirectory": ("alibabacloud_resourcedirectorymaster20220419", "resourcedirectory.aliyuncs.com"),
    # No SDK has these operations.
    "log_audit": (None, "sls.aliyuncs.com"),
}
VISIBLE = 180  # seconds until all services must have seen a change
DELIVERED = 1200  # seconds until an event must have been delivered
_GONE = ("AppNotExist", "EntityNotExist", "LogStoreNotExist", "PolicyNotExist", "ProjectNotExist", "TrailNotFoundException")
_NOT_YET = (
    "EntityNotExist", "InsufficientSlsPolicyException", "LogStoreNotExist", "NoPermission", "ProjectForbidden", "ProjectNotExist",
    "SlsProjectDoesNotExistException", "TrailNotFoundException",
)
# Permissions for what the methods below create, and remove.
PROJECT = ("log:CreateProject", "log:DeleteProject", "log:GetProject")
LOGS = ("actiontrail:DescribeTrails", "log:GetLogStoreLogs")
ROLE = (
    "ram:AttachPolicyToRole", "ram:CreatePolicy", "ram:CreateRole", "ram:DeletePolicy", "ram:DeleteRole", "ram:DetachPolicyFromRole",
    "ram:PassRole",
)
TRAIL = ("actiontrail:CreateTrail", "actiontrail:DeleteTrail", "actiontrail:StartLogging")


class Refused(Exception):
    """A call that a service refused, or did not answer.

    :param code: of the service; that of the exception if no answer came.
    :param sentence: of the service; it may have names of resources, and is never written to the result.
    """

    def __init__(self, operation: str, code: str, sentence: str = "") -> None:
        super().__init__(f"{operation}: {code}")
        self.code = code
        self.sentence = sentence


def document(*statements: dict[str, Any]) -> str:
    """A policy."""
    return json.dumps({"Version": "1", "Statement": list(statements)}, separators=(",", ":"))


class Alibaba(Account):
    """An Alibaba Cloud account.

    :param credential: access key, secret and token, as keyword arguments of the SDKs' configuration.
    :param settings: others of these, such as the protocol.
    :ivar member: a second account, whose logs are collected in the first; None if the caller gave none.
    """

    def __init__(self, credential: Callable[[], dict[str, Any]], region: str, clock: Clock, undo: Undo, **settings: Any) -> None:
        self.credential = credential
        self._settings = settings
        self._clients: dict[tuple[str, str, int], Any] = {}
        self.member: Alibaba | None = None
        self.region = region
        self.clock = clock
        super().__init__(self.call("sts", "GetCallerIdentity")["AccountId"], region, clock, undo)

    @property
    def accounts(self) -> list[str]:
        """Ids of the accounts in which something is created."""
        return [self.account, *(self.member.accounts if self.member else [])]

    @property
    def described(self) -> str:
        """The accounts, for people."""
        return f"account {self.account}" + (f" and member account {self.member.account}" if self.member else "")

    @staticmethod
    def error(problem: Exception) -> str:
        """What went wrong, without names of resources."""
        return str(problem) if isinstance(problem, Refused) else type(problem).__name__

    def call(self, product: str, operation: str, *path: str, region: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Make a call; returns the body of the answer.

        :param path: what is in the path of an operation of Simple Log Service, such as the project.
        :raises Refused: by the service.
        """
        package = PRODUCTS[product][0]
        try:
            client = self._client(product, region or self.region)
            if package is None:
                return self._named(client, operation, parameters)
            models = importlib.import_module(f"{package}.models")
            model = getattr(models, f"{operation}Request", None)
            request = [model().from_map(parameters)] if model else []
            body = getattr(client, _snake(operation))(*path, *request).to_map().get("body")
        except Exception as error:  # the SDKs raise classes of four packages
            if isinstance(error, (AttributeError, ImportError, NotPossible, TypeError)):
                raise
            code = getattr(error, "code", None)
            code = code if isinstance(code, str) and code else type(error).__name__
            raise Refused(operation, code, str(getattr(error, "message", None) or error)) from None
        return body if isinstance(body, dict) else {}

    def code(self, product: str, operation: str, *path: str, **parameters: Any) -> str:
        """Make a call; returns the code of the refusal, and nothing if there is none."""
        try:
            self.call(product, operation, *path, **parameters)
        except Refused as error:
            return error.code
        return ""

    def surely(self, product: str, operation: str, *path: str, **parameters: Any) -> dict[str, Any]:
        """Repeat a call while its refusal can end by itself; returns the body of the answer.

        :raises NotPossible: it is refused.
        """
        return self._patiently(lambda: self.call(product, operation, *path, **parameters))

    def _patiently(self, call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        start = self.clock.now()
        while True:
            try:
                return call()
            except Refused as error:
                if not error.code.startswith(_NOT_YET) or self.clock.now() - start > VISIBLE:
                    raise NotPossible(str(error)) from None
            self.clock.sleep(5)

    @staticmethod
    def _named(client: Any, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        models = importlib.import_module("alibabacloud_tea_openapi.utils_models")
        runtime = importlib.import_module("darabonba.runtime").RuntimeOptions()
        how = models.Params(
            action=operation, version="2019-10-23", style="RPC", method="POST", auth_type="AK", pathname="/", protocol="HTTPS",
            req_body_type="formData", body_type="json")
        return client.call_api(how, models.OpenApiRequest(body=parameters), runtime)["body"]

    def _client(self, product: str, region: str) -> Any:
        package, host = PRODUCTS[product]
        # Credentials of a session last an hour.
        key = product, region, int(self.clock.now() // 1200)
        if key not in self._clients:
            module = importlib.import_module(f"{package or 'alibabacloud_tea_openapi'}.client")
            models = importlib.import_module("alibabacloud_tea_openapi.utils_models")
            # Their imports attach handlers that print to standard error.
            for name in ("darabonba-core", "alibabacloud-tea", "credentials"):
                logging.getLogger(name).handlers.clear()
                logging.getLogger(name).setLevel(logging.CRITICAL)
            config = models.Config(
                **{"protocol": "HTTPS", **self._settings}, **self.credential(), endpoint=host.replace("{region}", region),
                region_id=region, user_agent=PREFIX, connect_timeout=10_000, read_timeout=60_000)
            self._clients[key] = module.Client(config)
        return self._clients[key]

    # Resources

    def create(self, kind: str, name: str, remove: tuple[Any, ...], create: tuple[Any, ...]) -> dict[str, Any]:
        """Create a resource.

        :param remove: product, operation, path and, as the last, parameters of the call that removes the resource.
        :param create: likewise.
        """
        return self.undo.create(f"{kind} {name}", lambda: self._remove(remove), lambda: self.call(*create[:-1], **create[-1]))

    def created(self, kind: str, name: str, remove: tuple[Any, ...], create: tuple[Any, ...]) -> str:
        """Create a resource likewise; returns the code of the refusal, and nothing if there is none."""
        try:
            self.create(kind, name, remove, create)
        except Refused as error:
            return error.code
        return ""

    def _remove(self, call: tuple[Any, ...]) -> None:
        try:
            self.call(*call[:-1], **call[-1])
        except Refused as error:
            if not error.code.startswith(_GONE):
                raise

    def project(self) -> str:
        """Create a project of Simple Log Service, and wait until it is there."""
        name = self.name()
        self.create(
            "project", name, ("sls", "DeleteProject", name, {}),
            ("sls", "CreateProject", {"projectName": name, "description": "Conformance check. It can be deleted."}))
        self.surely("sls", "GetProject", name)
        return name

    def role(self, trust: str, *, name: str | None = None, **settings: Any) -> str:
        """Create a role; returns its name."""
        name = name or self.name()
        self.create(
            "RAM role", name, ("ram", "DeleteRole", {"RoleName": name}),
            ("ram", "CreateRole", {"RoleName": name, "AssumeRolePolicyDocument": trust, **settings}))
        return name

    def policy(self, *statements: dict[str, Any], name: str | None = None) -> str:
        """Create a policy of RAM; returns its name."""
        name = name or self.name()
        self.create(
            "RAM policy", name, ("ram", "DeletePolicy", {"PolicyName": name, "CascadingDelete": True}),
            ("ram", "CreatePolicy", {"PolicyName": name, "PolicyDocument": document(*statements)}))
        return name

    def attach(self, policy: str, role: str) -> None:
        """Attach a policy to a role."""
        parameters = {"PolicyName": policy, "PolicyType": "Custom", "RoleName": role}
        self.create("attachment of RAM policy", policy, ("ram", "DetachPolicyFromRole", parameters), ("ram", "AttachPolicyToRole", parameters))

    def writer(self, project: str, *actions: str, service: str = "actiontrail.aliyuncs.com") -> str:
        """Create a role with which ActionTrail may do something in a project; returns its ARN.

        :param service: that the role trusts.
        """
        role = self.role(self.trusting_service(service))
        arn = f"acs:log:*:{self.account}:project/{project}"
        self.attach(self.policy({"Effect": "Allow", "Action": list(actions), "Resource": [arn, f"{arn}/*"]}), role)
        return self.arn(role)

    def arn(self, role: str) -> str:
        """The ARN of a role."""
        return f"acs:ram::{self.account}:role/{role}"

    def session(self, role: str, **settings: Any) -> Alibaba:
        """Assume a role of the account, which must trust the account.

        :param settings: parameters of AssumeRole.
        """
        return self.other(lambda: self.assume(self.arn(role), **settings))

    def assume(self, role_arn: str, **settings: Any) -> dict[str, str]:
        """Assume a role; returns its credentials, as keyword arguments of the SDKs' configuration."""
        found = self.surely("sts", "AssumeRole", RoleArn=role_arn, RoleSessionName=PREFIX, **settings)["Credentials"]
        return {
            "access_key_id": found["AccessKeyId"], "access_key_secret": found["AccessKeySecret"], "security_token": found["SecurityToken"],
        }

    def other(self, credential: Callable[[], dict[str, Any]]) -> Alibaba:
        """The account of other credentials, with the same clock and the same steps of removal."""
        return Alibaba(credential, self.region, self.clock, self.undo, **self._settings)

    @staticmethod
    def trusting_service(service: str = "actiontrail.aliyuncs.com") -> str:
        """A trust policy with which a service may assume a role."""
        return document({"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": [service]}})

    def trusting_itself(self) -> str:
        """A trust policy with which the account may assume a role."""
        return document({"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"RAM": [f"acs:ram::{self.account}:root"]}})

    def trail(self, project: str, role: str, *, logging: bool = True, **settings: Any) -> str:
        """Create a trail to a project, and start it."""
        name = self.name()
        parameters = {**self._trail(name, project, role), **settings}
        self._patiently(lambda: self.create(
            "trail", name, ("actiontrail", "DeleteTrail", {"Name": name}), ("actiontrail", "CreateTrail", parameters)))
        if logging:
            self.surely("actiontrail", "StartLogging", Name=name)
        return name

    def trail_code(self, project: str, role: str) -> str:
        """Create a trail likewise; returns the code of the refusal, and nothing if there is none."""
        name = self.name()
        return self.created(
            "trail", name, ("actiontrail", "DeleteTrail", {"Name": name}), ("actiontrail", "CreateTrail", self._trail(name, project, role)))

    def _trail(self, name: str, project: str, role: str) -> dict[str, str]:
        return {"Name": name, "SlsProjectArn": self.project_arn(project), "SlsWriteRoleArn": role}

    def project_arn(self, project: str) -> str:
        """The ARN of a project."""
        return f"acs:log:{self.region}:{self.account}:project/{project}"

    def mark(self) -> str:
        """Make a call that leaves a mark in the events of the account; returns the mark."""
        mark = self.name()
        self.call("actiontrail", "DescribeTrails", NameList=mark)
        return mark

    def logs(self, project: str, trail: str, mark: str) -> list[dict[str, Any]]:
        """The logs of a trail that have a mark."""
        return self.search(project, f"actiontrail_{trail}", mark)

    def search(self, project: str, logstore: str, mark: str) -> list[dict[str, Any]]:
        """The logs that have a mark; nothing while the project, the logstore or its index is missing."""
        now = int(self.clock.now())
        parameters = {"from": now - 3600, "to": now + 60, "query": f'"{mark}"', "line": 10}
        try:
            found = self.call("sls", "GetLogsV2", project, logstore, **parameters)
        except Refused as error:
            if error.code in ("IndexConfigNotExist", "LogStoreNotExist", "ProjectForbidden", "ProjectNotExist"):
                return []
            raise
        return found.get("data") or []

    def described_trail(self, name: str) -> dict[str, Any]:
        """What DescribeTrails says about a trail; empty for nothing."""
        found = self.call("actiontrail", "DescribeTrails", NameList=name)["TrailList"]
        return found[0] if found else {}


def _snake(operation: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", operation).lower()
