# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients of one account: how its session is opened, where the services are, what a call looks like. Private.

An operation is called by its own name with its own parameters: C(cloud.call("ram", "GetRole", RoleName="x")).
"""
from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from ansible.module_utils.basic import env_fallback

from .._arguments import ArgumentsModule
from .._expiry import with_expiry
from .._secrets import proxy_problem, without_secrets
from .._texts import one_line
from .._values import host_problem, url_problem
from . import credentials, regions, retry, sdk, sessions
from .credentials import Credentials
from .errors import CloudError, from_exception, not_of_service

# Product: package of its SDK, and host of its endpoint.
PRODUCTS = {
    "ram": ("alibabacloud_ram20150501", "ram.aliyuncs.com"),
    "sts": ("alibabacloud_sts20150401", "sts.aliyuncs.com"),
    "sls": ("alibabacloud_sls20201230", "{region}.log.aliyuncs.com"),
    "actiontrail": ("alibabacloud_actiontrail20200706", "actiontrail.{region}.aliyuncs.com"),
    "resourcedirectory": ("alibabacloud_resourcedirectorymaster20220419", "resourcedirectory.aliyuncs.com"),
    # No SDK has Log Audit's operations.
    "log_audit": (None, "sls.aliyuncs.com"),
}
# What to do if Simple Log Service is not active: assumption alibaba-sls-activation
ACTIVATE = ("activate it in its console. If you may accept its terms of service, you can also set activate: true in the module"
            " sls_service, or audit_logs_alibaba_activate_sls: true for the playbooks of this collection")
_ASSUME = "check that the role exists, that its trust policy allows the caller, and that a policy of the caller allows sts:AssumeRole"
LOG_AUDIT_VERSION = "2019-10-23"
_TIMEOUTS = {"connect_timeout": 10_000, "read_timeout": 60_000}  # milliseconds
_REGION_NAMES = ["ALIBABA_CLOUD_REGION_ID", "ALIBABA_CLOUD_REGION", "ALICLOUD_REGION", "ALICLOUD_REGION_ID"]


def connection_options() -> dict[str, Any]:
    """Options of all modules; see the documentation fragment C(alibaba)."""
    return dict(
        **credentials.options(),
        assume_role=dict(type="dict", aliases=["alicloud_assume_role"], options=sessions.options()),
        region=dict(type="str", aliases=["alicloud_region", "region_id"], fallback=(env_fallback, _REGION_NAMES)),
        endpoints=dict(type="dict", default={}, options={product: dict(type="str") for product in PRODUCTS}),
        protocol=dict(type="str", choices=["https", "http"], default="https"),
        http_proxy=dict(type="str"),
    )


class AlibabaModule(ArgumentsModule):
    """A module for a resource of Alibaba Cloud. C(cloud) calls the services."""

    def __init__(self, argument_spec: dict[str, Any] | None = None, **options: Any) -> None:
        super().__init__(argument_spec={**connection_options(), **(argument_spec or {})}, supports_check_mode=True, **options)
        role = self.params["assume_role"]
        problem = role and sessions.problem(role)
        self.refuse(problem and f"assume_role: {problem}")
        self.refuse(self._connection_problem())
        self.cloud = Cloud(self)

    def _connection_problem(self) -> str | None:
        region, proxy = self.params["region"], self.params["http_proxy"]
        problem = region and regions.problem(region)
        if problem:
            return f"region: {problem}"
        for product, host in self.params["endpoints"].items():
            problem = host and host_problem(host.replace("{region}", "region"))
            if problem:
                return f"endpoints: {product}: {problem}"
        problem = proxy and (proxy_problem(proxy) or url_problem(proxy))
        return f"http_proxy: {problem}" if problem else None

    def fail_json(self, msg: str, **result: Any) -> NoReturn:
        """Leave. SDK and services repeat secrets in their messages."""
        credentials.hide_given(self)
        super().fail_json(one_line(without_secrets(with_expiry(msg))), **without_secrets(result))

    def warn(self, warning: str) -> None:
        """As in AnsibleModule, for a text that an SDK or a service may have a part in."""
        super().warn(one_line(without_secrets(warning)))

    def refuse(self, problem: str | bool | None) -> None:
        """Leave if there is a problem with the options."""
        if problem:
            self.fail_json(msg=problem)

    def fail_for(self, error: CloudError, what: str, advice: str = "") -> None:
        """Leave with the service's refusal.

        :param what: that was tried, such as "create role x".
        :param advice: what to do about it, for those refusals that don't say it; by default what the code says.
        """
        advice = advice or error.advice
        if error.is_inactive:
            advice = f"if Simple Log Service was never activated in the account, {ACTIVATE}"
        self.fail_json(msg=f"Could not {what}: {error}" + (advice and f"; {advice}"), error={
            "code": error.code, "message": error.sentence, "request_id": error.request_id, "action": error.action,
            "is_transient": error.is_uncertain or error.is_throttling,
        })


class Cloud:
    """Calls the services of one account.

    :param region: of the endpoints that have one; None for the one that the module was given.
    """

    def __init__(self, module: ArgumentsModule, region: str | None = None) -> None:
        self._module = module
        self._region = region or module.params["region"]
        self._clients: dict[str, Any] = {}
        self._credentials: Credentials | None = None

    @property
    def region(self) -> str:
        """The region; without one the module ends."""
        if not self._region:
            self._module.fail_json(msg="No region is given: set region, or ALIBABA_CLOUD_REGION_ID in the environment")
        return self._region

    def call(
        self, product: str, operation: str, *path: str, landed: tuple[str, ...] = (),
        was_done: Callable[[], bool] | None = None, check: Callable[[], None] | None = None, **parameters: Any,
    ) -> dict[str, Any]:
        """Make a call, again where that is right, and return the answer's body.

        :param path: what is in the path of an SLS operation, such as the project.
        :param landed: see retry.persistently; the body is empty then.
        :param was_done: likewise.
        :param check: likewise.
        :param parameters: by the names that the API has.
        :raises CloudError: the service refused, or did not answer.
        """
        client = self._client(product)
        call = self._named if PRODUCTS[product][0] is None else self._typed
        attempt = call(client, product, operation, path, parameters)
        host = self._host(product)
        return retry.persistently(lambda: _attempt(product, operation, host, attempt), landed, was_done, check) or {}

    def pages(self, product: str, operation: str, cursor: str, following: str, **parameters: Any) -> Iterator[dict]:
        """Make a call for each page of a list; yields the bodies.

        :param cursor: the parameter that says where to go on.
        :param following: the name under which an answer says so; without it, it is the last one.
        """
        while True:
            page = self.call(product, operation, **parameters)
            yield page
            if not page.get(following):
                return
            parameters[cursor] = page[following]

    def open_session(self) -> dict[str, Any] | None:
        """Find the credentials, and assume the role if there is one to assume; returns what AssumeRole answers.

        Calls do so by themselves, and hide the session's credentials.
        """
        self._credentials = credentials.find(self._module)
        role = self._module.params["assume_role"]
        if not role:
            return None
        try:
            session = self.call("sts", "AssumeRole", **sessions.parameters(role))
        except CloudError as error:
            doing = f"assume the role {role['role_arn']} with the credentials of {credentials.whose(self._module)}"
            self._module.fail_for(error, doing, _ASSUME if error.is_one_of(("NoPermission",)) else "")
        self._credentials = Credentials(*(session["Credentials"][name] for name in (
            "AccessKeyId", "AccessKeySecret", "SecurityToken")))
        # Those that there are act as the one who assumed the role.
        self._clients.clear()
        return session

    def _typed(self, client: Any, product: str, operation: str, path: tuple[str, ...], parameters: dict) -> Callable:
        """A call with the models of an SDK."""
        models = sdk.load(self._module, f"{PRODUCTS[product][0]}.models")
        model = getattr(models, f"{operation}Request", None)
        request = [model().from_map(parameters)] if model else []
        # A model is silent about names that it does not know.
        unknown = parameters.keys() - (request[0].to_map().keys() if model else set())
        if unknown:
            raise AssertionError(f"{operation} has no parameter {', '.join(sorted(unknown))}")
        method = getattr(client, _snake(operation))

        return lambda: method(*path, *request).to_map()

    def _named(self, client: Any, product: str, operation: str, path: tuple[str, ...], parameters: dict) -> Callable:
        """A call that no SDK has."""
        # Hosts of SLS have these operations under a path, which is a part of the endpoint then.
        pathname = "/" + self._endpoint(product).partition("/")[2]
        how = sdk.load(self._module, "alibabacloud_tea_openapi.utils_models").Params(
            action=operation, version=LOG_AUDIT_VERSION, style="RPC", method="POST", auth_type="AK", pathname=pathname,
            protocol="HTTPS", req_body_type="formData", body_type="json")
        request = sdk.load(self._module, "alibabacloud_tea_openapi.utils_models").OpenApiRequest(body=parameters)
        runtime = sdk.load(self._module, "darabonba.runtime").RuntimeOptions()
        return lambda: client.call_api(how, request, runtime)

    def _client(self, product: str) -> Any:
        if self._credentials is None and self.open_session():
            credentials.hide(self._module, self._credentials)
        if product not in self._clients:
            package = PRODUCTS[product][0] or "alibabacloud_tea_openapi"
            self._clients[product] = sdk.load(self._module, f"{package}.client").Client(self._config(product))
        return self._clients[product]

    def _config(self, product: str) -> Any:
        params = self._module.params
        return sdk.load(self._module, "alibabacloud_tea_openapi.utils_models").Config(
            **self._credentials._asdict(), endpoint=self._host(product), region_id=self._region,
            protocol=params["protocol"].upper(), http_proxy=params["http_proxy"], https_proxy=params["http_proxy"],
            user_agent="crossaccount.audit_logs", **_TIMEOUTS,
        )

    def _host(self, product: str) -> str:
        return self._endpoint(product).partition("/")[0]

    def _endpoint(self, product: str) -> str:
        endpoint = self._module.params["endpoints"].get(product) or PRODUCTS[product][1]
        return endpoint.replace("{region}", self.region) if "{region}" in endpoint else endpoint


def _attempt(product: str, operation: str, host: str, call: Callable[[], dict]) -> dict:
    try:
        answer = call()
    except Exception as error:  # the SDKs raise classes of four packages
        known = from_exception(operation, host, error)
        if known:
            raise known from None
        raise
    body = answer.get("body")
    # A proxy can answer with status 200, which is success where an operation has no result: assumption alibaba-request-id.
    if not (answer.get("headers", {}).get("x-log-requestid") if product == "sls" else isinstance(body, dict) and body.get("RequestId")):
        raise not_of_service(operation, host)
    # What is a list by itself gets a name.
    return body if isinstance(body, dict) else {} if body is None else {"body": body}


def _snake(operation: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", operation).lower()
